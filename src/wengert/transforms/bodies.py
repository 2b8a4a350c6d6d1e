"""The body of a loop or a branch as a graph: a program that runs once, in the place of many runs.

It runs on *stand-ins*: values of the right types, as those of the first step. What it computes of them is thrown away,
and must therefore steer nothing: where Python looks at such a value, the recording is given up. Values of the program
around it, which the body finds in its closure, become inputs of the graph.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final, NoReturn, Self

import numpy as np

from wengert.errors import TracingError
from wengert.graph import REGISTRY, ArrayType, Equation, Literal, Operand, Primitive, Var, locate
from wengert.programs import RUNNER
from wengert.tracing import GraphRecording, Tracer, active_recordings, type_of
from wengert.transforms.tape import snapshot
from wengert.transforms.vmap import BatchRecording

__all__ = ["BodyRecording", "stand_in", "stand_ins"]

# What costs as much as a program, and whose types are known without running it.
_LONG: Final = frozenset({"loop", "branch"})


class BodyRecording(GraphRecording):
    """Records a body; `outside` are the values that it has found around it, in the order of their inputs.

    What is computed of these alone is left to the program around it, as it is the same in all steps; unless the body
    `claims` it, since it may never run.
    """

    repeats = True
    varies = True

    def __init__(self, told: str, differs: str, claims: bool = False) -> None:
        super().__init__(constants=True)
        self.claims = claims
        self._claimed: list[tuple[Any, dict[str, Any]]] = []
        self.told, self.differs = told, differs
        self.memory = set()
        self.outside: list[Any] = []
        self._known: dict[int, tuple[Any, Any, Tracer]] = {}
        # by what makes operands the same value, all of which `outside` keeps alive
        self._inputs_by_value: dict[tuple[int, ...], Tracer] = {}
        self.outer_inputs: list[Var] = []

    def __enter__(self) -> Self:
        for recording in active_recordings() if self.claims else ():
            held = vars(recording)
            # a tape has shortcuts, and another body may claim already
            self._claimed.append((recording, {key: held[key] for key in ("apply", "quick") if key in held}))
            held.update(apply=self.apply, **({"quick": False} if "quick" in held else {}))
        return super().__enter__()

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        for recording, before in self._claimed:
            del recording.apply
            vars(recording).update(before)
        self._claimed.clear()

    def given(self, kind: ArrayType, operand: Any) -> Tracer:
        """An input of this type, with a stand-in for values like this operand."""
        return self.input(kind, stand_in(operand, kind))

    def _from_outside(self, operand: Operand) -> Tracer:
        """The input for a value of a recording around this one."""
        found = self._known.get(id(operand))
        if found is None or found[1] is not operand.value:
            kept = snapshot(operand)
            key = (id(kept.recording), id(kept.value), id(kept.payload), id(kept.type))
            traced = self._inputs_by_value.get(key)
            if traced is None:
                variable = Var(operand.type)
                self.outer_inputs.append(variable)
                self.outside.append(kept)
                traced = Tracer(stand_in(kept, operand.type), operand.type, self, variable)
                self._inputs_by_value[key] = traced
            found = self._known[id(operand)] = (operand, operand.value, traced)
        return found[2]

    def atom(self, value: Any) -> Var | Literal:
        if isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if value.recording is not self:
                if value.recording.closed:
                    raise value.recording.leaked()
                value = self._from_outside(value)
            return value.payload  # type: ignore[no-any-return]
        if isinstance(value, np.ndarray):
            value = np.array(value, order="K", subok=False)
        return super().atom(value)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if self.closed:
            return self.outlived(primitive, args, params)
        params = tuple(map(_plain_param, params)) if params else params
        inputs: list[Any] = []
        values: list[Any] = []
        for arg in args:
            inputs.append(self.atom(arg))
            operand = arg
            if isinstance(arg, Operand) and arg.recording is not self:
                operand = self._from_outside(arg)
            values.append(operand.value if isinstance(operand, Operand) else operand)
        fixed = all(map(self.is_fixed, inputs))
        results = self._values(primitive, inputs, values, params, fixed)
        outputs = tuple([Var(type_of(value)) for value in results])
        self.equations.append(Equation(primitive, tuple(inputs), params, outputs, locate()))
        if fixed:
            self.fixed.update(outputs)
        found = tuple([Tracer(v, o.type, self, o) for v, o in zip(results, outputs, strict=True)])
        return found if primitive.outputs > 1 else found[0]

    def _values(
        self, primitive: Primitive, inputs: list[Any], values: list[Any], params: tuple[Any, ...], fixed: bool
    ) -> tuple[Any, ...]:
        """What an operation gives: of constants its value, of stand-ins a stand-in."""
        if not fixed:
            return stand_ins(primitive, inputs, values, params)
        result = _computed(primitive, values, params)
        return result if primitive.outputs > 1 else (result,)

    # Where Python looks at a value.

    def truth(self, operand: Operand) -> bool:
        if not self.is_constant(operand):
            self._refuse("decides by", "Choose with wengert.cond or numpy.where, which follow every")
        return bool(operand.value)

    def number(self, operand: Operand) -> int:
        if not self.is_constant(operand):
            self._refuse("makes a Python number of", "Leave it an array; what is counted must be the same in every")
        return int(operand.value)

    def strip(self, operand: Operand) -> Any:
        operand.refresh()
        self.peeked(operand)
        return operand.value

    def truncated(self, operand: Any) -> int:
        return self.number(operand)

    def peeked(self, operand: Operand) -> None:
        if not self.is_constant(operand):
            self._refuse("looks at the content of", "Compute with NumPy's functions alone, which follow every")

    def drew(self, what: str) -> None:
        raise TracingError(
            f"{self.told} draws random numbers by {what}{_place()}, which would be the same in every {self.differs}. "
            f"Draw them before, and pass them as arrays"
        )

    def _refuse(self, does: str, remedy: str) -> NoReturn:
        raise TracingError(
            f"{self.told} {does} a value that differs from {self.differs} to {self.differs}{_place()}, but Python runs "
            f"it only once. {remedy} {self.differs}"
        )


def stand_ins(
    primitive: Primitive, inputs: Sequence[Any], values: Sequence[Any], params: tuple[Any, ...]
) -> tuple[Any, ...]:
    """What an operation gives, in its types at least: for `inputs` of a graph with values that are stand-ins."""
    opaque = [a.value if isinstance(a, Literal) and not isinstance(a.type, ArrayType) else a.type for a in inputs]
    if primitive.name in _LONG:
        return tuple(map(_ones, primitive.infer(tuple(opaque), params)))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = _computed(primitive, values, params)
        return result if primitive.outputs > 1 else (result,)
    except Exception:
        # an operation may be undefined for the stand-ins, as an inverse is
        try:
            return tuple(map(_ones, primitive.infer(tuple(opaque), params)))
        except Exception:  # noqa: BLE001 (what went wrong first says more)
            pass
        raise


def _computed(primitive: Primitive, values: Sequence[Any], params: tuple[Any, ...]) -> Any:
    # around a function of the user's, which computes with plain values
    token = RUNNER.set(RUNNER.get() if REGISTRY.get(primitive.name) is primitive else None)
    try:
        return primitive.function(params)(*values)
    finally:
        RUNNER.reset(token)


def _place() -> str:
    place = locate(4)
    return f", at {place}" if place else ""


def _plain_param(param: Any) -> Any:
    if isinstance(param, Operand):
        return param.recording.strip(param)
    return tuple(map(_plain_param, param)) if param.__class__ is tuple else param


def stand_in(value: Any, kind: ArrayType) -> Any:
    """A plain value of this type, like that of an operand: of many examples the first."""
    found = _plain(value)
    if found is None or type_of(found).shape != kind.shape:
        return _ones(kind)
    if kind.weak:
        return found if type_of(found).weak else np.asarray(found).item()
    if type_of(found) is kind:
        return found.copy() if isinstance(found, np.ndarray) else found
    return np.asarray(found).astype(kind.dtype)[()]


def _plain(value: Any) -> Any:
    if not isinstance(value, Operand):
        return value
    if value.is_view:
        value.refresh()
    inner = _plain(value.value)
    if isinstance(value.recording, BatchRecording) and value.payload and inner is not None:
        return inner[0] if len(inner) else None
    return inner


def _ones(kind: ArrayType) -> Any:
    ones = np.ones(kind.shape, kind.dtype)
    return ones if kind.shape else ones.item() if kind.weak else ones[()]
