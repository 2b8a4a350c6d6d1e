"""The tape: a recording that keeps of each equation what its derivative needs, and the two sweeps over it.

Reverse and forward sweeps run under NumPy's floating-point traps: where a zero meets an infinity the processor
says so, and only that equation is computed again with zeros that annihilate. What is finite pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wengert.errors import NonlinearError
from wengert.graph import ArrayType, Operand, Primitive, bind, locate
from wengert.primitives.shaping import broadcast_to
from wengert.tracing import Recording, Tracer, type_of
from wengert.tracing.capture import Captured, capture
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
        self.captured = Captured()

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self.quick = False

    def input(self, value: Any) -> Tracer:
        """A value to differentiate with respect to."""
        slot = self.count
        self.count += 1
        return Tracer(capture(value, self.captured), type_of(value), self, slot)

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

    def binary(self, primitive: Primitive, left: Operand, right: Any) -> Any:
        """`apply`, for two operands of which the right one may be a Python float."""
        slots = left.payload
        if right.__class__ is float:
            rule = primitive.rules.get(((), 1, left.type, _FLOAT))
            y: Any = right
        else:
            rule = primitive.rules.get(((), 3, left.type, right.type))
            y = right.value
            if right.payload is None:
                rule = None
            slots = (slots, right.payload)
        if rule is None or left.payload is None or not self.quick:
            return self.apply(primitive, (left, right), ())
        x = left.value
        value = rule.evaluate(x, y)
        slot = self.count
        self.count = slot + 1
        self.entries.append((rule.pull_raw, slot, slots, rule.save(x, y, value), rule))
        return Tracer(value, rule.result, self, slot)

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if self.closed:
            raise self.leaked()
        values: list[Any] = []
        slots: list[int] = []
        active = 0
        for position, arg in enumerate(args):
            if isinstance(arg, Operand) and arg.recording is self:
                values.append(arg.value)
                if arg.payload is not None:
                    slots.append(arg.payload)
                    active |= 1 << position
            else:
                values.append(arg)
        result = primitive.function(params)(*values) if not self.nested else bind(primitive, tuple(values), params)
        if not primitive.differentiable:
            return result
        if not active:
            return self._constants(result) if primitive.outputs > 1 else self.box(result)
        results = result if primitive.outputs > 1 else (result,)
        types = tuple([type_of(value) for value in results])
        if not types[0].inexact:
            return result
        if primitive.rule_maker is not None:
            rule = primitive.rule_maker(values, results, active, self.level)
        else:
            rule = rule_for(primitive, params, values, active, types)
        if self.linear_only:
            _require_linear(rule)
        return self._append(rule, slots, values, results, types)

    def _constants(self, results: Sequence[Any]) -> tuple[Any, ...]:
        return tuple([self.box(value) for value in results])

    def _append(
        self, rule: Any, slots: list[int], values: list[Any], results: Sequence[Any], types: Sequence[ArrayType]
    ) -> Any:
        for position in rule.keep_constant:
            if isinstance(values[position], np.ndarray):
                values[position] = capture(values[position], self.captured)
        saved = rule.save(*values, *results)
        slot = self.count
        self.count += len(results)
        pull = rule.pull_raw if len(results) == 1 else None
        self.entries.append((pull, slot, slots[0] if len(slots) == 1 else tuple(slots), saved, rule))
        traced = tuple([Tracer(v, t, self, slot + i) for i, (v, t) in enumerate(zip(results, types, strict=True))])
        return traced if len(results) > 1 else traced[0]

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
        entries = iter(self.entries.pop, None) if consume else reversed(self.entries[1:])
        with np.errstate(invalid="raise", divide="ignore", over="ignore", under="ignore"):
            if raw and not batch:
                _pull_plain(entries, cotangents)
            else:
                _pull_general(entries, cotangents, raw, batch)
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


def _pull_plain(entries: Iterable[Any], cotangents: list[Any]) -> None:
    """The inner loop of reverse mode on plain arrays."""
    for pull, slot, slots, saved, rule in entries:
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


def _pull_general(entries: Iterable[Any], cotangents: list[Any], raw: bool, batch: int) -> None:
    """The same for traced cotangents, and for many cotangents at once."""
    for _, slot, slots, saved, rule in entries:
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


_FLOAT = type_of(1.0)


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
