"""A recording that is to be run again in the place of the program: it notes every value at which Python looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler.refusals import NotRecordable
from wengert.graph import REGISTRY, Equation, Literal, Operand, Primitive, Var, locate
from wengert.graph.walk import dependents
from wengert.numpy.host import HostArray as Hosted
from wengert.primitives.linalg.parting import path_taken
from wengert.primitives.loops import Loop
from wengert.programs import RUNNER
from wengert.tracing import GraphRecording, Tracer, type_of
from wengert.transforms.bodies import stand_ins

__all__ = ["Expected", "GuardedRecording", "ValueNeeded", "kept"]

# operations that raise on Python's numbers
_DIVIDING: Final = frozenset({"/", "//", "%"})
_POWERS: Final = frozenset({"power", "power_constant"})


class ValueNeeded(BaseException):  # noqa: N818 (no error: the program is recorded once more, with all values)
    """Python looks at a value that was not computed."""


class Expected(NamedTuple):
    """What a steering output was when it was recorded.

    Attributes
    ----------
    value
        A Python bool, or an array or number.
    how
        `"truth"`: the truth value of the output is this one; `"equal"`: all its entries equal these, NaN equal to NaN.
    """

    value: Any
    how: str


# Operations in the steps of a loop, beyond which it is run as machine code only.
_LONG: Final = 2000
_OUTSIDE: Final = "it reads a value that a derivative outside of it follows"


class GuardedRecording(GraphRecording):
    """A recording that notes every value at which Python looks."""

    repeats = True

    def __init__(self, deferring: bool = False) -> None:
        super().__init__(constants=True)
        # whether long loops are not run: what depends on them then has stand-ins for values
        self.deferring = deferring
        self.deferred: set[Var] = set()
        # so many of the first inputs are arguments of the call, and no captured arrays
        self.arguments = 0
        self.steered: list[tuple[Var, Expected]] = []
        self.memory = set()

    def atom(self, value: Any) -> Var | Literal:
        if value.__class__ is Hosted:
            value = np.array(value, subok=False)
        return super().atom(value)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if path_taken() is not None:
            raise NotRecordable(
                "its derivative is the limit of others, since values of a decomposition coincide", passing=True
            )
        if self.closed:
            raise self.leaked()
        if params:
            params = tuple(map(_plain_param, params))
        inputs: list[Any] = []
        plain: list[Any] = []
        changing = False
        for arg in args:
            if isinstance(arg, Operand):
                if arg.is_view:
                    arg.refresh()
                if arg.recording is not self:
                    raise NotRecordable(_OUTSIDE, passing=True)
                atom = arg.payload
                changing = changing or not self.is_fixed(atom)
                inputs.append(atom)
                plain.append(arg.value)
            else:
                inputs.append(self.atom(arg))
                plain.append(arg)
        defers = self.deferring and changing and self._defers(primitive, inputs, params)
        if defers:
            values = stand_ins(primitive, inputs, plain, params)
        else:
            result = self._evaluated(primitive, plain, params)
            values = result if primitive.outputs > 1 else (result,)
        outputs = tuple([Var(type_of(value)) for value in values])
        if defers:
            self.deferred.update(outputs)
        self.equations.append(Equation(primitive, tuple(inputs), params, outputs, locate()))
        if not changing:
            self.fixed.update(outputs)
        results = tuple([Tracer(v, o.type, self, o) for v, o in zip(values, outputs, strict=True)])
        found = results if primitive.outputs > 1 else results[0]
        if changing and outputs[0].type.weak:
            self._guard_numbers(primitive, (*args, *params[:1]), found)
        return found

    def _defers(self, primitive: Primitive, inputs: list[Any], params: tuple[Any, ...]) -> bool:
        if self.deferred and not self.deferred.isdisjoint(inputs):
            return True
        return bool(params) and params[0].__class__ is Loop and params[0].work > _LONG

    def _evaluated(self, primitive: Primitive, operands: list[Any], params: tuple[Any, ...]) -> Any:
        if REGISTRY.get(primitive.name) is primitive:
            return primitive.function(params)(*operands)
        # around a function of the user's, which computes with plain values here as it does later
        token = RUNNER.set(None)
        try:
            return primitive.function(params)(*operands)
        finally:
            RUNNER.reset(token)

    def _guard_numbers(self, primitive: Primitive, args: tuple[Any, ...], result: Any) -> None:
        """Note where Python's own arithmetic of numbers raises, or gives another class, and NumPy's does not."""
        if primitive.infix in _DIVIDING:
            self._look(args[1], lambda divisor: divisor != 0)
        elif primitive.name in _POWERS:
            self._look(result, np.isfinite)
            exponent = args[1]
            if isinstance(exponent, Operand) or not float(exponent.real).is_integer():
                self._look(args[0], lambda base: base.real >= 0)

    def _look(self, operand: Any, ask: Callable[[Any], Any]) -> None:
        if isinstance(operand, Operand) and not self.is_constant(operand):
            bool(ask(operand))

    def steer(self, operand: Operand, value: Any, how: str) -> None:
        """Note that Python has seen this value of an operand, or its truth value."""
        if operand.payload in self.deferred:
            raise ValueNeeded
        if not self.is_constant(operand):
            self.steered.append((operand.payload, Expected(value, how)))

    def truth(self, operand: Operand) -> bool:
        answer = bool(operand.value)
        self.steer(operand, answer, "truth")
        return answer

    def number(self, operand: Operand) -> int:
        answer = int(operand.value)
        self.steer(operand, operand.value, "equal")
        return answer

    def strip(self, operand: Operand) -> Any:
        operand.refresh()
        self._require_repeatable(operand)
        self.steer(operand, kept(operand.value), "equal")
        return operand.value

    def truncated(self, operand: Any) -> int:
        whole = np.trunc(operand)
        self.steer(whole, whole.value, "equal")
        return int(operand.value)

    def peeked(self, operand: Operand) -> None:
        self._require_repeatable(operand)
        self.steer(operand, kept(operand.value), "equal")

    def drew(self, what: str) -> None:
        raise NotRecordable(f"it draws random numbers by np.random's {what}")

    def _require_repeatable(self, operand: Operand) -> None:
        """Raise where no other call could have this value, because it is a float that comes from the arguments."""
        if operand.type.kind in "biu" or self.is_constant(operand):
            return
        if operand.payload in dependents(self.equations, self.inputs[: self.arguments]):
            place = locate()
            raise NotRecordable(
                f"it looks at the content of a float{f' at {place}' if place else ''}, to write it as text or to "
                f"decide by it in a way that is not recorded"
            )


def _plain_param(param: Any) -> Any:
    """A parameter as a plain value: a length that the program has computed may be an integer that is followed."""
    if isinstance(param, Operand):
        return param.recording.strip(param)
    if param.__class__ is tuple:
        return tuple(map(_plain_param, param))
    return param


def kept(value: Any) -> Any:
    """A value that later writes do not reach."""
    return value.copy() if isinstance(value, np.ndarray) else value
