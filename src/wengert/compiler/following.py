"""A recording that is to be run again in the place of the program: it notes every value at which Python looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler.errstate import is_quiet, setting
from wengert.compiler.postponing import LARGE, VIEWING, Types, is_postponed, room
from wengert.compiler.refusals import NotRecordable
from wengert.graph import REGISTRY, Equation, Literal, Locator, Operand, Primitive, Var, concrete_type, locate
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


# the first whole number that is none of 64 bits
_LARGEST: Final = 1 << 63


class ValueNeeded(BaseException):
    """Python looks at a value that was not computed: the program is recorded once more, with all values."""


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
        # whether long loops are not run, nor arithmetic of large arrays done: what depends on that has stand-ins
        self.deferring = deferring
        self.deferred: set[Var] = set()
        self.types = Types()
        self.locator = Locator()
        # so many of the first inputs are arguments of the call, and no captured arrays
        self.arguments = 0
        self.steered: list[tuple[Var, Expected]] = []
        self.memory = set()
        # what NumPy does about floating-point errors
        self.setting = setting()

    def __exit__(self, *details: object) -> None:
        self.locator.close()
        super().__exit__(*details)

    def atom(self, value: Any) -> Var | Literal:
        if value.__class__ is Hosted:
            value = np.array(value, subok=False)
        elif value.__class__ is np.ndarray and value.size >= LARGE and 0 in value.strides:
            # what is repeated is kept once
            part = value[tuple([slice(0, None if step else 1) for step in value.strides])]
            return Literal(np.broadcast_to(part.copy(), value.shape), type_of(value))
        return super().atom(value)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if path_taken() is not None:
            raise NotRecordable(
                "its derivative is the limit of others, since values of a decomposition coincide", passing=True
            )
        if self.closed:
            raise self.leaked()
        if setting() is not self.setting:
            self._require_quiet()
        if params:
            params = tuple(map(_plain_param, params))
        fixed = self.fixed
        inputs: list[Any] = []
        plain: list[Any] = []
        changing = large = False
        for arg in _of_machine_size(primitive, args):
            if isinstance(arg, Operand):
                if arg.is_view:
                    arg.refresh()
                if arg.recording is not self:
                    raise NotRecordable(_OUTSIDE, passing=True)
                atom = arg.payload
                if not (changing or atom.__class__ is Literal or atom in fixed):
                    changing = True
                if arg.type.size >= LARGE:
                    large = True
                inputs.append(atom)
                plain.append(arg.value)
            else:
                inputs.append(self.atom(arg))
                plain.append(arg)
        values = None
        if changing and self.deferring and (large or params or self.deferred):
            values = self._without_values(primitive, inputs, plain, params, large)
        found = self._note(primitive, tuple(inputs), plain, params, values)
        if not changing:
            fixed.update(self.equations[-1].outputs)
        elif found.__class__ is Tracer and found.type.weak:
            self._guard_numbers(primitive, (*args, *params[:1]), found)
        return found

    def _require_quiet(self) -> None:
        """Raise where the program wants to be told of floating-point errors."""
        if not is_quiet():
            raise NotRecordable("it computes where floating-point errors are more than warned of")
        self.setting = setting()

    def _note(
        self,
        primitive: Primitive,
        inputs: tuple[Any, ...],
        plain: list[Any],
        params: tuple[Any, ...],
        values: tuple[Any, ...] | None,
    ) -> Any:
        """Write down an equation, whose results have these stand-ins if it is not carried out."""
        # two calls of Wengert's own lie between the program and `apply` at least
        source = self.locator.locate(5)
        if values is None and primitive.outputs == 1:
            value = self._evaluated(primitive, plain, params)
            output = Var(concrete_type(value))  # type: ignore[arg-type]
            self.equations.append(Equation(primitive, inputs, params, (output,), source))
            return Tracer(value, output.type, self, output)
        deferred = values is not None
        if values is None:
            values = self._evaluated(primitive, plain, params)
        outputs = tuple([Var(concrete_type(value)) for value in values])  # type: ignore[arg-type]
        if deferred:
            self.deferred.update(outputs)
        self.equations.append(Equation(primitive, inputs, params, outputs, source))
        results = tuple([Tracer(v, o.type, self, o) for v, o in zip(values, outputs, strict=True)])
        return results if primitive.outputs > 1 else results[0]

    def _without_values(
        self, primitive: Primitive, inputs: list[Any], plain: list[Any], params: tuple[Any, ...], large: bool
    ) -> tuple[Any, ...] | None:
        """Stand-ins for the results of what is long or large, or depends on that; None where it is computed."""
        depends = bool(self.deferred) and not self.deferred.isdisjoint(inputs)
        if (large or depends) and is_postponed(primitive):
            made = room(primitive, self.types.of(primitive, inputs, params), plain)
            if made is not None:
                return (made,)
        if depends:
            if primitive.name in VIEWING and self.deferred.isdisjoint(inputs[1:]):
                return (self._evaluated(primitive, plain, params),)
            return stand_ins(primitive, inputs, plain, params)
        if params and params[0].__class__ is Loop and params[0].work > _LONG:
            return stand_ins(primitive, inputs, plain, params)
        return None

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

    def reached(self, what: str) -> None:
        raise NotRecordable(f"it calls np.{what}, which looks at the world outside")

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


def _of_machine_size(primitive: Primitive, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands, in which a whole number of too many bits is what NumPy and Python make of it beside a float."""
    large = [arg.__class__ is int and not -_LARGEST <= arg < _LARGEST for arg in args]
    if True not in large:
        return args
    if primitive.infix in ("+", "-", "*", "/") and any([getattr(type_of(arg), "inexact", False) for arg in args]):
        return tuple([float(arg) if is_large else arg for arg, is_large in zip(args, large, strict=True)])
    raise NotRecordable("it computes with a whole number of more than 64 bits")


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
