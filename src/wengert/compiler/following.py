"""A recording that is to be run again in the place of the program: it notes every value at which Python looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler.catching import raises
from wengert.compiler.errstate import is_quiet, setting
from wengert.compiler.operands import is_too_large, kept, of_machine_size, plain_param
from wengert.compiler.postponing import FACTORING, LARGE, VIEWING, Types, factored, is_postponed, room
from wengert.compiler.refusals import NotRecordable
from wengert.compiler.repeated import repeated_part
from wengert.compiler.retracing import retracing_of
from wengert.graph import REGISTRY, Equation, Literal, Operand, Primitive, Var, array_type, concrete_type, locate
from wengert.graph.walk import dependents
from wengert.numpy.host import HostArray as Hosted
from wengert.primitives.linalg.parting import OpenChoiceError, path_taken
from wengert.primitives.loops import Loop
from wengert.programs import RUNNER
from wengert.tracing import GraphRecording, Tracer, type_of
from wengert.transforms.bodies import stand_ins

__all__ = ["Expected", "GuardedRecording", "ValueNeeded"]

# operations that raise on Python's numbers
_DIVIDING: Final = frozenset({"/", "//", "%"})
_POWERS: Final = frozenset({"power", "power_constant"})


class ValueNeeded(BaseException):
    """Python looks at a value that was not computed: the program is recorded once more, with all values."""


class Expected(NamedTuple):
    """What a steering output was when it was recorded.

    Attributes
    ----------
    value
        A Python bool, or an array or number.
    how
        `"truth"`: the truth value of the output is this one; `"equal"`: all its entries equal these, NaN equal to NaN;
        `"finite"`: all its entries are finite, or NumPy has to run the call.
    """

    value: Any
    how: str


# Operations in the steps of a loop, beyond which it is run as machine code only.
_LONG: Final = 2000
_ANSWER: Final = array_type((), np.dtype(bool))
_BY_VALUES: Final = (np.linalg.LinAlgError, OpenChoiceError)
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
        # how Wengert's own operations entry by entry are carried out, which raise no errors
        self.functions: dict[Primitive, Callable[..., Any]] = {}
        self._numbers: dict[Any, Literal] = {}
        # errors that other values would not have raised
        self.raised: list[Exception] = []
        # so many of the first inputs are arguments of the call, and no captured arrays
        self.arguments = 0
        self.steered: list[tuple[Var, Expected]] = []
        self.memory = set()
        # what NumPy does about floating-point errors
        self.setting = setting()

    def atom(self, value: Any) -> Var | Literal:
        kind = value.__class__
        if (kind is float or kind is int) and value:
            # equal numbers are one constant, but for zeros, which have signs
            found = self._numbers.get((kind, value))
            if found is None:
                found = self._numbers[kind, value] = Literal(value, type_of(value))
            return found
        if kind is Hosted:
            value = np.array(value, subok=False)
        elif kind is np.ndarray and value.size >= LARGE:
            # what is repeated is kept once
            part = repeated_part(value)
            if part is not value:
                return Literal(np.broadcast_to(part.copy(), value.shape), type_of(value))
        return super().atom(value)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if path_taken() is not None or self.closed or setting() is not self.setting:
            self._require_usual()
        if params:
            params = tuple(map(plain_param, params))
        fixed = self.fixed
        inputs: list[Any] = []
        plain: list[Any] = []
        changing = large = False
        for arg in args:
            kind = arg.__class__
            if kind is Tracer or isinstance(arg, Operand):
                if arg.is_view:
                    arg.refresh()
                if arg.recording is not self:
                    raise NotRecordable(_OUTSIDE, passing=True)
                atom = arg.payload
                if not (changing or atom.__class__ is Literal or atom in fixed):
                    changing = True
                if atom.type.size >= LARGE:
                    large = True
                inputs.append(atom)
                plain.append(arg.value)
            else:
                if kind is int and is_too_large(arg):
                    return self.apply(primitive, of_machine_size(primitive, args), params)
                inputs.append(self.atom(arg))
                plain.append(arg)
        if primitive.outputs > 1:
            return self._note_several(primitive, inputs, plain, params, changing, large)
        value, output = self.note(primitive, inputs, plain, params, changing, large)
        found = Tracer(value, output.type, self, output)
        if changing and output.type.weak:
            self._guard_numbers(primitive, (*args, *params[:1]), found)
        return found

    def unary(self, primitive: Primitive, operand: Operand, params: tuple[Any, ...]) -> Any:
        function = self.functions.get(primitive)
        if params or function is None or self._is_delicate() or not self._is_simple(operand):
            return self.apply(primitive, (operand,), params)
        return self._followed(primitive, (operand.payload,), function(operand.value))

    def binary(self, primitive: Primitive, left: Operand, right: Operand) -> Any:
        function = self.functions.get(primitive)
        if function is None or self._is_delicate() or not (self._is_simple(left) and self._is_simple(right)):
            return self.apply(primitive, (left, right), ())
        return self._followed(primitive, (left.payload, right.payload), function(left.value, right.value))

    def with_constant(self, primitive: Primitive, operand: Operand, constant: Any, constant_first: bool) -> Any:
        function = self.functions.get(primitive)
        known = self._numbers.get((constant.__class__, constant)) if constant.__class__ is float else None
        if function is None or known is None or self._is_delicate() or not self._is_simple(operand):
            return self.apply(primitive, (constant, operand) if constant_first else (operand, constant), ())
        if constant_first:
            return self._followed(primitive, (known, operand.payload), function(constant, operand.value))
        return self._followed(primitive, (operand.payload, known), function(operand.value, constant))

    def _is_delicate(self) -> bool:
        """Whether more has to be asked than of a usual operation on what is simple."""
        return bool(self.deferred) or path_taken() is not None or self.closed or setting() is not self.setting

    def _is_simple(self, operand: Operand) -> bool:
        """Whether a value depends on an input, and is neither a number of Python's nor large."""
        atom, kind = operand.payload, operand.type
        followed = operand.__class__ is Tracer and operand.recording is self and atom.__class__ is Var
        return followed and not kind.weak and kind.size < LARGE and atom not in self.fixed

    def _followed(self, primitive: Primitive, inputs: tuple[Any, ...], value: Any) -> Tracer:
        output = Var(concrete_type(value))  # type: ignore[arg-type]
        self.equations.append(Equation(primitive, inputs, (), (output,)))
        return Tracer(value, output.type, self, output)

    def retraced(self, rule: Any, operands: tuple[Any, ...]) -> Any:
        retracing = retracing_of(rule)
        if retracing is None or self.closed or path_taken() is not None:
            return NotImplemented
        if setting() is not self.setting:
            self._require_quiet()
        fixed = self.fixed
        values: list[Any] = []
        atoms: list[Any] = []
        for operand in operands:
            if operand.__class__ is Tracer:
                atom = operand.payload
                if operand.recording is not self or operand.type.weak or atom.__class__ is Literal or atom in fixed:
                    return NotImplemented
                values.append(operand.value)
                atoms.append(atom)
            elif isinstance(operand, Operand) or is_too_large(operand):
                return NotImplemented
            else:
                values.append(operand)
                atoms.append(None)
        deferring = self.deferring and (bool(self.deferred) or retracing.long)
        try:
            return retracing.write(self, operands, values, atoms, deferring)
        except _BY_VALUES as error:
            self.raised.append(error)
            raise

    def _note_error(
        self, error: Exception, primitive: Primitive, inputs: list[Any], plain: list[Any], params: tuple[Any, ...]
    ) -> None:
        """The program may catch an error, and go on where other values would not lead it."""
        if isinstance(error, ZeroDivisionError) and primitive.infix in _DIVIDING:
            if inputs[1].__class__ is Var:
                self._look(Tracer(plain[1], inputs[1].type, self, inputs[1]), lambda divisor: divisor != 0)
            return
        if isinstance(error, np.linalg.LinAlgError) and REGISTRY.get(primitive.name) is primitive:
            answer = Var(_ANSWER)
            self.equations.append(Equation(raises, tuple(inputs), (primitive.name, params), (answer,)))
            self.steered.append((answer, Expected(True, "truth")))
            return
        found = isinstance(error, (*_BY_VALUES, ArithmeticError))
        found = found or (isinstance(error, IndexError) and len(inputs) > 2)
        # a negative power of whole numbers, or one of SciPy's functions that asks whether its arguments are finite
        if found or (isinstance(error, ValueError) and self._fits(primitive, inputs, params)):
            self.raised.append(error)

    def _fits(self, primitive: Primitive, inputs: list[Any], params: tuple[Any, ...]) -> bool:
        """Whether an operation accepts operands of these shapes and dtypes."""
        try:
            return bool(self.types.of(primitive, inputs, params))
        except Exception:  # noqa: BLE001 (it says in what way they do not fit)
            return False

    def _require_usual(self) -> None:
        """Raise where what is computed here is not what a later call computes."""
        if path_taken() is not None:
            raise NotRecordable(
                "its derivative is the limit of others, since values of a decomposition coincide", passing=True
            )
        if self.closed:
            raise self.leaked()
        self._require_quiet()

    def _require_quiet(self) -> None:
        """Raise where the program wants to be told of floating-point errors."""
        if not is_quiet():
            raise NotRecordable("it computes where floating-point errors are more than warned of")
        self.setting = setting()

    def note(
        self,
        primitive: Primitive,
        inputs: list[Any],
        plain: list[Any],
        params: tuple[Any, ...],
        changing: bool,
        large: bool,
    ) -> tuple[Any, Var]:
        """Write down an equation with one result: its value, or a stand-in, and the variable."""
        values = None
        if changing and self.deferring and (large or params or self.deferred):
            values = self._without_values(primitive, inputs, plain, params, large)
        if values is None:
            function = None if params else self.functions.get(primitive)
            try:
                value = self._evaluated(primitive, plain, params) if function is None else function(*plain)
            except Exception as error:
                if changing:
                    self._note_error(error, primitive, inputs, plain, params)
                raise
            output = Var(concrete_type(value))  # type: ignore[arg-type]
        else:
            (value,) = values
            output = Var(concrete_type(value))  # type: ignore[arg-type]
            self.deferred.add(output)
        self.equations.append(Equation(primitive, tuple(inputs), params, (output,)))
        if not changing:
            self.fixed.add(output)
        return value, output

    def _note_several(
        self,
        primitive: Primitive,
        inputs: list[Any],
        plain: list[Any],
        params: tuple[Any, ...],
        changing: bool,
        large: bool,
    ) -> tuple[Any, ...]:
        """Write down an equation with several results."""
        values = None
        if changing and self.deferring and (large or params or self.deferred):
            values = self._without_values(primitive, inputs, plain, params, large)
        deferred = values is not None
        if values is None:
            try:
                values = self._evaluated(primitive, plain, params)
            except Exception as error:
                if changing:
                    self._note_error(error, primitive, inputs, plain, params)
                raise
        outputs = tuple([Var(concrete_type(value)) for value in values])  # type: ignore[arg-type]
        if deferred:
            self.deferred.update(outputs)
        self.equations.append(Equation(primitive, tuple(inputs), params, outputs))
        if not changing:
            self.fixed.update(outputs)
        return tuple([Tracer(v, o.type, self, o) for v, o in zip(values, outputs, strict=True)])

    def _without_values(
        self, primitive: Primitive, inputs: list[Any], plain: list[Any], params: tuple[Any, ...], large: bool
    ) -> tuple[Any, ...] | None:
        """Stand-ins for the results of what is long or large, or depends on that; None where it is computed."""
        depends = bool(self.deferred) and not self.deferred.isdisjoint(inputs)
        if (large or depends) and is_postponed(primitive):
            made = room(primitive, self.types.of(primitive, inputs, params)[0], plain)
            if made is not None:
                return (made,)
        if (large or depends) and REGISTRY.get(primitive.name) is primitive and primitive.name in FACTORING:
            several = factored(primitive, self.types.of(primitive, inputs, params))
            if several is not None:
                return several
        if depends:
            if primitive.name in VIEWING and self.deferred.isdisjoint(inputs[1:]):
                return (self._evaluated(primitive, plain, params),)
            return stand_ins(primitive, inputs, plain, params)
        if params and params[0].__class__ is Loop and params[0].work > _LONG:
            return stand_ins(primitive, inputs, plain, params)
        return None

    def _evaluated(self, primitive: Primitive, operands: list[Any], params: tuple[Any, ...]) -> Any:
        if REGISTRY.get(primitive.name) is primitive:
            function = primitive.function(params)
            if not params and primitive.elementwise and primitive.name not in _POWERS:
                self.functions[primitive] = function
            return function(*operands)
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
        if how != "finite" and operand.payload in self.deferred:
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

    def erred(self, error: Exception) -> None:
        self.raised.append(error)

    def drew(self, what: str) -> None:
        raise NotRecordable(f"it draws random numbers by np.random's {what}")

    def _require_repeatable(self, operand: Operand) -> None:
        """Raise where no other call could have this value, because it is a float that comes from the arguments."""
        if operand.type.kind in "biu" or self.is_constant(operand):
            return
        if operand.payload in dependents(self.equations, self.inputs[: self.arguments]):
            place = locate()
            where = f" at {place}" if place else ""
            why = f"it looks at the content of a float{where}, to write it as text or to decide by it in a way that is"
            raise NotRecordable(f"{why} not recorded")
