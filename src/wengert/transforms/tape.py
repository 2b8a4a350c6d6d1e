"""The tape: a recording that keeps of each equation what its derivative needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from wengert.errors import MutationError, NonlinearError, UnsupportedError
from wengert.graph import OPAQUE, Operand, Primitive, bind, concrete_type, locate
from wengert.tracing import FUNCTIONS, Recording, Tracer, beneath, primal, type_of
from wengert.tracing.capture import ROOM, SMALL, Captured
from wengert.tracing.tracer import joined, joined_with
from wengert.transforms.finite import is_lost
from wengert.transforms.merging import key_of, merged, place_of, take_as_finite
from wengert.transforms.rule import Rule, rule_for
from wengert.transforms.structured import dense, recomputed, settled
from wengert.transforms.sweep import any_traced, pull_block, push_all, reaching, zeros

__all__ = ["Tape", "apart", "own", "snapshot", "zeros"]

# Tapes on arrays of more entries than this free what they hold after every few equations of a consuming sweep.
_HEAVY_SIZE: Final = 1 << 16
_BLOCK: Final = 8
_NUMBERS: Final = {float: type_of(1.0), int: type_of(1)}


def snapshot(value: Any) -> Any:
    """A traced value that later writes into the original do not reach; anything else as it is."""
    if isinstance(value, Tracer):
        if value.is_view:
            value.refresh()
        return Tracer(value.value, value.type, value.recording, value.payload)
    return value


def apart(value: Any, others: Sequence[Any]) -> Any:
    """An array in memory of its own, apart from these; anything else as it is."""
    if isinstance(value, np.ndarray) and (value.base is not None or any([value is other for other in others])):
        return value.copy()
    return value


def own(value: Any) -> Any:
    """A value that the caller may write into, apart from what a recording keeps."""
    return value.copy(order="K") if isinstance(value, np.ndarray) else snapshot(value)


class Tape(Recording):
    """Equations in the order of their execution, with the operands that their derivatives need."""

    def __init__(self, linear_only: bool = False) -> None:
        super().__init__()
        self.entries: list[Any] = []
        self.count = 0
        self.linear_only = linear_only
        # whether the shortcuts for usual operands may be taken
        self.quick = not linear_only
        self.captured: Captured | None = None
        # how many bytes may still be copied where guarding would do
        self.room = ROOM
        self.heavy = False
        # results of operations, where equal ones are to be one: in what is recorded to be run again
        self.met = merged()
        self.scaling = False

    def __exit__(self, *details: object) -> None:
        self.quick = False
        self._forget()
        super().__exit__(*details)

    def _forget(self) -> None:
        """Look for no more equal operations: what is known refers to the tape."""
        self.scaling = self.scaling or (self.met is not None and self.met.scaling)
        self.met = None

    def input(self, value: Any) -> Tracer:
        """A value to differentiate with respect to."""
        slot = self.count
        self.count += 1
        return Tracer(self.capture(value), type_of(value), self, slot)

    def capture(self, value: Any) -> Any:
        """What may be kept of a value from outside: safe from later writes, see `Captured`."""
        if value.__class__ is np.ndarray:
            size = value.nbytes
            if size <= SMALL:
                return value.copy(order="K")
            if size <= self.room:
                self.room -= size
                return value.copy(order="K")
        if isinstance(value, Operand):
            self.see_traced()
            return snapshot(value)
        if not isinstance(value, np.ndarray):
            return value
        self.heavy = self.heavy or value.size > _HEAVY_SIZE
        if self.captured is None:
            self.captured = Captured()
        self.captured.lock(value)
        return value

    def see_traced(self) -> None:
        """Note that operands of an outer recording take part, so that plain NumPy calls will not do."""
        self.nested = True

    def release(self) -> None:
        """Give captured arrays back; the tape is of no further use."""
        if self.captured is not None:
            self.captured.release()

    def box(self, value: Any) -> Tracer:
        return Tracer(value, type_of(value), self, None)

    def is_constant(self, operand: Operand) -> bool:
        return operand.payload is None

    def unary(self, primitive: Primitive, operand: Operand, params: tuple[Any, ...]) -> Any:
        """`apply`, for a single operand."""
        place = operand.payload
        rule = primitive.rules.get((params, 1, operand.type))
        if rule is None or place is None or not self.quick:
            return self.apply(primitive, (operand,), params)
        if self.met is not None and (met := self.met.get((primitive, params, place))) is not None:
            return met
        x = operand.value
        value = bind(primitive, (x,), params) if self.nested else rule.evaluate(x)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, place, rule.save(x, value), rule))
        result = Tracer(value, rule.result, self, slot)
        return result if self.met is None else self._noted((primitive, params, place), result)

    def binary(self, primitive: Primitive, left: Operand, right: Operand) -> Any:
        """`apply`, for two operands."""
        slots = (left.payload, right.payload)
        rule = primitive.rules.get(((), 3, left.type, right.type))
        if rule is None or None in slots or not self.quick:
            return self.apply(primitive, (left, right), ())
        if self.met is not None and (met := self.met.get((primitive, (), *slots))) is not None:
            return met
        x, y = left.value, right.value
        value = joined(primitive, x, y) if self.nested else rule.evaluate(x, y)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, slots, rule.save(x, y, value), rule))
        result = Tracer(value, rule.result, self, slot)
        return result if self.met is None else self._noted((primitive, (), *slots), result)

    def with_constant(self, primitive: Primitive, operand: Operand, constant: Any, constant_first: bool) -> Any:
        """`apply`, for an operand and a plain number or array."""
        place = operand.payload
        kind = _NUMBERS.get(constant.__class__) or concrete_type(constant)
        key = ((), 2, kind, operand.type) if constant_first else ((), 1, operand.type, kind)
        rule = primitive.rules.get(key)
        if rule is None or place is None or not self.quick:
            return self.apply(primitive, (constant, operand) if constant_first else (operand, constant), ())
        noted = None
        if self.met is not None and (other := place_of(constant, self)) is not None:
            noted = (primitive, (), other, place) if constant_first else (primitive, (), place, other)
            if (met := self.met.get(noted)) is not None:
                return met
        x, y = (constant, operand.value) if constant_first else (operand.value, constant)
        if self.nested:
            value = joined_with(primitive, operand.value, constant, constant_first)
        else:
            value = rule.evaluate(x, y)
        if rule.keep_constant and constant.__class__ is np.ndarray:
            kept = self.capture(constant)
            x, y = (kept, y) if constant_first else (x, kept)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, place, rule.save(x, y, value), rule))
        result = Tracer(value, rule.result, self, slot)
        return result if noted is None else self._noted(noted, result)

    def with_opaque(self, primitive: Primitive, operand: Operand, opaque: Any, params: tuple[Any, ...]) -> Any:
        """`apply`, for an operand and an opaque object such as an index."""
        place = operand.payload
        if place is None or self.nested or not self.quick:
            return self.apply(primitive, (operand, opaque), params)
        x = operand.value
        value = primitive.function(params)(x, opaque)
        rule = primitive.rules.get((params, 1, operand.type, OPAQUE, concrete_type(value)))
        if rule is None:
            return self.apply(primitive, (operand, opaque), params)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, place, rule.save(x, opaque, value), rule))
        return Tracer(value, rule.result, self, slot)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if self.closed:
            return self.outlived(primitive, args, params)
        noted = None if self.met is None else key_of(primitive, args, params, self)
        if self.met is None or noted is None:
            return self._carry_out(primitive, args, params)
        met = self.met.get(noted)
        return self._noted(noted, self._carry_out(primitive, args, params)) if met is None else met

    def _carry_out(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        """An operation, with what its derivative needs."""
        values: list[Any] = []
        slots: list[int] = []
        key: list[Any] = [params, 0]
        active = 0
        for position, arg in enumerate(args):
            if isinstance(arg, Operand):
                key.append(arg.type)
                if arg.recording is self:
                    values.append(arg.value)
                    if arg.payload is not None:
                        slots.append(arg.payload)
                        active |= 1 << position
                    continue
                self.see_traced()
            else:
                key.append(concrete_type(arg))
            values.append(arg)
        if self.nested:
            result = bind(primitive, tuple(values), params)
        else:
            result = primitive.function(params)(*values)
        if not primitive.differentiable:
            if self.linear_only and active and primitive.name != "stop_gradient":
                raise _nonlinear(primitive)
            return FUNCTIONS["constant of a program"](result, self) if self.hosts else result
        if not active:
            return self._constants(result) if primitive.outputs > 1 else self.box(result)
        results = result if primitive.outputs > 1 else (result,)
        key[1] = active
        if primitive.value_shaped:
            key.append(type_of(result))
        rule = primitive.rules.get(tuple(key))
        if rule is None:
            rule = self._find_rule(primitive, params, values, results, active)
            if rule is None:
                return _constant_result(primitive, result)
        if self.linear_only:
            _require_linear(rule, values, results)
        return self._append(rule, slots, values, results)

    def _noted(self, key: Any, result: Any) -> Any:
        """A result, which the same operation will have again."""
        if self.met is not None:
            self.met.note(key, result, self)
            if self.met.is_idle:
                self._forget()
        return result

    def _find_rule(
        self, primitive: Primitive, params: tuple[Any, ...], values: list[Any], results: Sequence[Any], active: int
    ) -> Any:
        """The rule of an operation that is not at hand; None where the result has no derivative."""
        types = tuple([type_of(value) for value in results])
        if not any([kind.inexact for kind in types]):
            return None
        if primitive.rule_maker is None:
            return rule_for(primitive, params, values, active, types)
        return primitive.rule_maker(values, results, active, self.level)

    def _constants(self, results: Sequence[Any]) -> tuple[Any, ...]:
        return tuple([self.box(value) for value in results])

    def _append(self, rule: Any, slots: list[int], values: list[Any], results: Sequence[Any]) -> Any:
        for position in rule.keep_constant:
            values[position] = self.capture(values[position])
        slot = self.count
        self.count += len(results)
        place = slots[0] if len(slots) == 1 else tuple(slots)
        if len(results) == 1:
            self.entries.append((rule.pull_raw, slot, place, rule.save(*values, results[0]), rule))
            return Tracer(results[0], rule.result, self, slot)
        self.entries.append((rule.pull_raw, slot, place, rule.save(*values, *results), rule))
        return tuple([Tracer(v, t, self, slot + i) for i, (v, t) in enumerate(zip(results, rule.results, strict=True))])

    def slot_of(self, value: Any) -> int | None:
        """Where on the tape a result stands; None for a constant."""
        if isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if value.recording is self:
                return value.payload  # type: ignore[no-any-return]
        return None

    @np.errstate(all="ignore")
    def pull(
        self, seeds: Iterable[tuple[int | None, Any]], inputs: int, batch: int = 0, consume: bool = False
    ) -> list[Any]:
        """The reverse sweep: cotangents at slots in, cotangents of the first `inputs` slots out, None for zero.

        With `batch`, cotangents carry that many seeds along axis 0; a seed may be a `Unit`. With `consume`, the tape is
        eaten up, so that large arrays in it are freed as the sweep goes.
        """
        self._verify_captured()
        cotangents: list[Any] = [None] * self.count
        raw = not self.nested
        for slot, seed in seeds:
            if slot is not None:
                present = cotangents[slot]
                cotangents[slot] = seed if present is None else dense(present) + dense(seed)
            raw = raw and not isinstance(seed, Operand)
        if consume and self._is_heavy():
            while self.entries:
                pull_block(self.entries[-_BLOCK:], cotangents, self.count, raw, batch)
                del self.entries[-_BLOCK:]
        else:
            pull_block(self.entries, cotangents, inputs, raw, batch)
        found = cotangents[:inputs]
        if self.scaling or (self.met is not None and self.met.scaling):
            take_as_finite(found)
        return [None if part is None else settled(part) for part in found] if batch else found

    @np.errstate(all="ignore")
    def push(self, tangents: Sequence[Any], wanted: Sequence[int | None], batch: int = 0) -> list[Any]:
        """The forward sweep: tangents of the first slots in, tangents at the wanted slots out, None for zero."""
        self._verify_captured()
        raw = not self.nested and not any_traced(tangents)
        seeds = [*tangents, *([None] * (self.count - len(tangents)))]
        entries = reaching(self.entries, wanted, self.count)

        def sweep(annihilate: bool) -> list[Any]:
            pushed = push_all(entries, seeds.copy(), raw, batch, annihilate)
            return [None if slot is None else dense(pushed[slot], annihilate) for slot in wanted]

        found = sweep(annihilate=False)
        lost = any([part is not None and is_lost(part) for part in found])
        return list(recomputed(found, raw, sweep)) if lost else found

    def _is_heavy(self) -> bool:
        """Whether what is kept is large enough to be freed as the sweep goes."""
        return self.heavy and any([entry[4].result.size > _HEAVY_SIZE for entry in self.entries])

    def _verify_captured(self) -> None:
        if self.captured is not None and not self.captured.unchanged():
            raise MutationError(
                "an array whose value a derivative still needs was overwritten through another view of its memory. "
                "Write into a copy (a = a.copy()), or build a new array instead of changing it"
            )


def _constant_result(primitive: Primitive, result: Any) -> Any:
    """A result without a derivative: integers and Booleans; what Wengert does not know is refused."""
    kind: Any = type_of(result)
    if kind is OPAQUE or kind.kind not in "iub":
        place = locate(3)
        raise UnsupportedError(
            f"{primitive.name}{f' at {place}' if place else ''} gave {type(beneath(result)).__name__} of dtype "
            f"{getattr(kind, 'dtype', 'object')}, which carries no derivative; convert the operands to "
            f"floating-point numbers first"
        )
    return result


def _nonlinear(primitive: Primitive) -> NonlinearError:
    place = locate(3)
    return NonlinearError(
        f"linear_transpose needs a linear function, and {primitive.name}{f' at {place}' if place else ''} is not "
        f"linear in what it is given; linearize the function first, or take its pullback with wengert.vjp"
    )


def _require_linear(rule: Rule, values: Sequence[Any], results: Sequence[Any]) -> None:
    primitive = rule.primitive
    judge = getattr(rule, "is_linear", None)
    if judge is not None:
        # an operation with a body says it itself
        if not judge(values, results):
            raise _nonlinear(primitive)
        return
    jointly = primitive.linear == "jointly"
    if not (jointly or len(rule.active) == 1) or not all(map(primitive.transposable, rule.active)):
        raise _nonlinear(primitive)
    if jointly:
        # a constant summand makes an affine function
        constant = [i for i in range(len(values)) if i not in rule.active and primitive.transposable(i)]
        for value in (primal(values[i]) for i in constant):
            if value is not None and np.any(value):
                raise _nonlinear(primitive)
