"""The tape: a recording that keeps of each equation what its derivative needs, and the two sweeps over it.

Reverse and forward sweeps run under NumPy's floating-point traps: where a zero meets an infinity the processor
says so, and only that equation is computed again with zeros that annihilate. What is finite pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from wengert.errors import NonlinearError
from wengert.graph import OPAQUE, ArrayType, Operand, Primitive, bind, concrete_type, locate
from wengert.primitives.shaping import broadcast_to
from wengert.tracing import Recording, Tracer, type_of
from wengert.tracing.capture import SMALL, Captured
from wengert.transforms.rule import Rule, rule_for

__all__ = ["SWEEP_ERRORS", "Tape", "zeros"]

# what a zero that meets an infinity raises: NumPy's trap, or Python's own on plain floats
SWEEP_ERRORS = (FloatingPointError, ZeroDivisionError, OverflowError)
Entry = tuple[Any, int, Any, tuple[Any, ...], Any]


class Tape(Recording):
    """Equations in the order of their execution, with the operands that their derivatives need."""

    def __init__(self, linear_only: bool = False) -> None:
        super().__init__()
        # the sentinel ends a sweep that pops
        self.entries: list[Entry | None] = [None]
        self.count = 0
        self.linear_only = linear_only
        # whether the shortcuts for plain operands may be taken
        self.quick = not (linear_only or self.nested)
        self.captured: Captured | None = None

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self.quick = False

    def input(self, value: Any) -> Tracer:
        """A value to differentiate with respect to."""
        slot = self.count
        self.count += 1
        return Tracer(self.capture(value), type_of(value), self, slot)

    def capture(self, value: Any) -> Any:
        """What may be kept of a plain value: itself, a copy of a small array, or a large one made read-only."""
        if not isinstance(value, np.ndarray):
            return value
        if value.nbytes <= SMALL:
            return value.copy()
        if self.captured is None:
            self.captured = Captured()
        self.captured.lock(value)
        return value

    def release(self) -> None:
        """Give captured arrays back; the tape is of no further use."""
        if self.captured is not None:
            self.captured.release()

    def box(self, value: Any) -> Tracer:
        return Tracer(value, type_of(value), self, None)

    def unary(self, primitive: Primitive, operand: Operand, params: tuple[Any, ...]) -> Any:
        """`apply`, for a single operand."""
        place = operand.payload
        rule = primitive.rules.get((params, 1, operand.type))
        if rule is None or place is None or not self.quick:
            return self.apply(primitive, (operand,), params)
        x = operand.value
        value = rule.evaluate(x)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, place, rule.save(x, value), rule))
        return Tracer(value, rule.result, self, slot)

    def binary(self, primitive: Primitive, left: Operand, right: Operand) -> Any:
        """`apply`, for two operands."""
        slots = (left.payload, right.payload)
        rule = primitive.rules.get(((), 3, left.type, right.type))
        if rule is None or None in slots or not self.quick:
            return self.apply(primitive, (left, right), ())
        x, y = left.value, right.value
        value = rule.evaluate(x, y)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, slots, rule.save(x, y, value), rule))
        return Tracer(value, rule.result, self, slot)

    def with_number(self, primitive: Primitive, operand: Operand, number: Any, number_first: bool) -> Any:
        """`apply`, for an operand and a Python number."""
        place = operand.payload
        weak = _NUMBERS[number.__class__]
        key = ((), 2, weak, operand.type) if number_first else ((), 1, operand.type, weak)
        rule = primitive.rules.get(key)
        if rule is None or place is None or not self.quick:
            return self.apply(primitive, (number, operand) if number_first else (operand, number), ())
        x, y = (number, operand.value) if number_first else (operand.value, number)
        value = rule.evaluate(x, y)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, place, rule.save(x, y, value), rule))
        return Tracer(value, rule.result, self, slot)

    def with_opaque(self, primitive: Primitive, operand: Operand, opaque: Any, params: tuple[Any, ...]) -> Any:
        """`apply`, for an operand and an opaque object such as an index."""
        place = operand.payload
        if place is None or not self.quick:
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
            raise self.leaked()
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
            else:
                key.append(concrete_type(arg))
            values.append(arg)
        if self.nested:
            result = bind(primitive, tuple(values), params)
        else:
            result = primitive.function(params)(*values)
        if not primitive.differentiable:
            return result
        if not active:
            return self._constants(result) if primitive.outputs > 1 else self.box(result)
        results = result if primitive.outputs > 1 else (result,)
        key[1] = active
        if primitive.value_shaped:
            key.append(type_of(result))
        rule = primitive.rules.get(tuple(key))
        if rule is None:
            types = tuple([type_of(value) for value in results])
            if not types[0].inexact:
                return result
            if primitive.rule_maker is None:
                rule = rule_for(primitive, params, values, active, types)
            else:
                rule = primitive.rule_maker(values, results, active, self.level)
        if self.linear_only:
            _require_linear(rule)
        return self._append(rule, slots, values, results)

    def _constants(self, results: Sequence[Any]) -> tuple[Any, ...]:
        return tuple([self.box(value) for value in results])

    def _append(self, rule: Any, slots: list[int], values: list[Any], results: Sequence[Any]) -> Any:
        for position in rule.keep_constant:
            if isinstance(values[position], np.ndarray):
                values[position] = self.capture(values[position])
        slot = self.count
        self.count += len(results)
        place = slots[0] if len(slots) == 1 else tuple(slots)
        if len(results) == 1:
            self.entries.append((rule.pull_raw, slot, place, rule.save(*values, results[0]), rule))
            return Tracer(results[0], rule.result, self, slot)
        self.entries.append((None, slot, place, rule.save(*values, *results), rule))
        return tuple([Tracer(v, t, self, slot + i) for i, (v, t) in enumerate(zip(results, rule.results, strict=True))])

    def slot_of(self, value: Any) -> int | None:
        """Where on the tape a result stands; None for a constant."""
        if isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if value.recording is self:
                return value.payload  # type: ignore[no-any-return]
        return None

    def pull(
        self, seeds: Iterable[tuple[int | None, Any]], inputs: int, batch: int = 0, consume: bool = False
    ) -> list[Any]:
        """The reverse sweep: cotangents at slots in, cotangents of the first `inputs` slots out, None for zero.

        With `batch`, cotangents carry that many seeds along axis 0. With `consume`, the tape is eaten up, so that
        what it holds is freed as the sweep goes.
        """
        cotangents: list[Any] = [None] * self.count
        raw = not self.nested
        for slot, seed in seeds:
            if slot is not None:
                _accumulate(cotangents, slot, seed)
            raw = raw and not isinstance(seed, Operand)
        following = self.entries.pop if consume else reversed(self.entries).__next__
        with np.errstate(invalid="raise", divide="ignore", over="ignore", under="ignore"):
            if raw and not batch:
                _pull_plain(following, cotangents)
            else:
                _pull_general(following, cotangents, raw, batch)
        return cotangents[:inputs]

    def push(self, tangents: Sequence[Any], batch: int = 0) -> list[Any]:
        """The forward sweep: tangents of the first slots in (None for zero), tangents of all slots out."""
        found: list[Any] = [*tangents, *([None] * (self.count - len(tangents)))]
        raw = not self.nested and not any(isinstance(tangent, Operand) for tangent in tangents)
        with np.errstate(invalid="raise", divide="ignore", over="ignore", under="ignore"):
            for _, slot, slots, saved, rule in self.entries[1:]:  # type: ignore[misc]
                places = (slots,) if slots.__class__ is int else slots
                given = [found[place] for place in places]
                if all(part is None for part in given):
                    continue
                given = [
                    zeros(rule.types[i], batch) if part is None else part
                    for part, i in zip(given, rule.active, strict=True)
                ]
                try:
                    out = rule.pushforward(raw=raw, batch=batch)(*saved, *given)
                except SWEEP_ERRORS:
                    out = _again(rule.pushforward(raw=raw, annihilate=True, batch=batch), (*saved, *given))
                if len(rule.results) == 1:
                    found[slot] = out
                else:
                    found[slot : slot + len(out)] = out
        return found


def _pull_plain(following: Callable[[], Entry | None], cotangents: list[Any]) -> None:
    """The inner loop of reverse mode on plain arrays."""
    while (entry := following()) is not None:
        pull, slot, slots, saved, rule = entry
        if pull is None:
            _pull_one(cotangents, slot, slots, saved, rule, True, 0)
            continue
        cotangent = cotangents[slot]
        if cotangent is None:
            continue
        cotangents[slot] = None
        try:
            outgoing = pull(*saved, cotangent)
        except SWEEP_ERRORS:
            outgoing = _again(rule.pullback(raw=True, annihilate=True), (*saved, cotangent))
        if slots.__class__ is int:
            present = cotangents[slots]
            cotangents[slots] = outgoing if present is None else present + outgoing
        else:
            for place, part in zip(slots, outgoing):  # noqa: B905 (a keyword would cost a tenth of the loop)
                present = cotangents[place]
                cotangents[place] = part if present is None else present + part


def _pull_general(following: Callable[[], Entry | None], cotangents: list[Any], raw: bool, batch: int) -> None:
    """The same for traced cotangents, and for many cotangents at once."""
    while (entry := following()) is not None:
        _, slot, slots, saved, rule = entry
        _pull_one(cotangents, slot, slots, saved, rule, raw, batch)


def _pull_one(
    cotangents: list[Any], slot: int, slots: Any, saved: tuple[Any, ...], rule: Any, raw: bool, batch: int
) -> None:
    count = len(rule.results)
    incoming = cotangents[slot : slot + count]
    cotangents[slot : slot + count] = [None] * count
    if all(part is None for part in incoming):
        return
    if count > 1:
        incoming = [
            zeros(kind, batch) if part is None else part for part, kind in zip(incoming, rule.results, strict=True)
        ]
    try:
        outgoing = rule.pullback(raw=raw, batch=batch)(*saved, *incoming)
    except SWEEP_ERRORS:
        outgoing = _again(rule.pullback(raw=raw, annihilate=True, batch=batch), (*saved, *incoming))
    if slots.__class__ is int:
        _accumulate(cotangents, slots, outgoing)
    else:
        for place, part in zip(slots, outgoing, strict=True):
            _accumulate(cotangents, place, part)


def _accumulate(cotangents: list[Any], slot: int, cotangent: Any) -> None:
    present = cotangents[slot]
    cotangents[slot] = cotangent if present is None else present + cotangent


def _again(function: Any, operands: tuple[Any, ...]) -> Any:
    """Compute once more with zeros that annihilate; a NaN that is left is in the mathematics."""
    with np.errstate(invalid="ignore"):
        return function(*operands)


_NUMBERS = {float: type_of(1.0), int: type_of(1)}


def zeros(kind: ArrayType, batch: int) -> Any:
    """A zero tangent of this type, with a batch axis where asked."""
    shape = (batch, *kind.shape) if batch else kind.shape
    return bind(broadcast_to, (kind.dtype.type(0),), (shape,)) if shape else kind.dtype.type(0)


def _require_linear(rule: Rule) -> None:
    primitive = rule.primitive
    together = primitive.linear == "jointly" or len(rule.active) == 1
    if not together or not all(map(primitive.transposable, rule.active)):
        place = locate(3)
        raise NonlinearError(
            f"linear_transpose needs a linear function, and {primitive.name}"
            f"{f' at {place}' if place else ''} is not linear in what it is given; linearize the function first, "
            f"or take its pullback with wengert.vjp"
        )
