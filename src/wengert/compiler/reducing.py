"""Sums, products and extremes along the loops of a nest.

Sums of floating-point numbers are kept per lane in short blocks, whose sums are added with the error of each addition
kept (D. E. Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B): as accurate as NumPy's pairwise
sums, for any length.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any, Final

import numpy as np

from wengert.compiler import entrywise, ir
from wengert.compiler.buffers import Buffer, as_stored, stored_type
from wengert.compiler.counting import counting, least, number
from wengert.compiler.plan import Reduction
from wengert.compiler.shape import Loops
from wengert.compiler.values import Builder, Value, any_lane, maximum, minimum, select

__all__ = ["Accumulator", "clear"]

# Vectors that are added up plainly before their sum is carried over.
_BLOCK: Final = 16
# Entries that are cleared at once.
_CLEARED: Final = 8


def _combined(name: str, x: Value, y: Value) -> Value:
    if name == "sum":
        return x + y
    if name == "prod":
        return x * y
    if name in ("max", "min"):
        return (maximum if name == "max" else minimum)(x, y)
    return x | y if name == "any" else x & y


def clear(builder: Builder, reduction: Reduction, pointer: Any, size: Any) -> None:
    """Fill the room of a result with what changes nothing in its reduction."""
    dtype = reduction.result.type.dtype
    known = size.constant if isinstance(size, ir.Constant) else 0
    lanes = _CLEARED if known >= _CLEARED and dtype.kind == "f" else None
    neutral = as_stored(entrywise.constant(_neutral(reduction.name, dtype), dtype, builder, lanes))
    with counting(builder, 0, size, lanes or 1) as place:
        # the last vector begins earlier where it would not fit
        start = least(builder, place, number(known - lanes)) if lanes and known % lanes else place
        address = builder.gep(pointer, [start], inbounds=True, source_etype=stored_type(dtype))
        builder.store(neutral, address, align=dtype.itemsize)


def _neutral(name: str, dtype: np.dtype[Any]) -> Any:
    if name in ("max", "min"):
        if dtype.kind == "f":
            return -np.inf if name == "max" else np.inf
        if dtype.kind == "b":
            return name == "min"
        limits = np.iinfo(dtype)
        return limits.min if name == "max" else limits.max
    return name in ("prod", "all")


class Accumulator:
    """One reduction of a nest: in registers along the vector's axis, in memory along the loops outside of it."""

    def __init__(self, builder: Builder, reduction: Reduction, loops: Loops, buffer: Buffer, goes_on: bool) -> None:
        self.builder = builder
        self.reduction = reduction
        self.name = reduction.name
        self.dtype = reduction.result.type.dtype
        self.loops = loops
        self.buffer = buffer
        axes = loops.reduced[reduction.result]
        self.along = loops.vector in axes
        # whether loops outside add to what is in memory, this nest's own or those that come back to it
        self.again = goes_on or any([axis in axes for axis in range(loops.vector)])
        self.goes_on = goes_on
        trailing = range(loops.vector + 1, len(loops.lengths))
        self.kept = [axis for axis in trailing if axis not in axes]
        self.keys = list(itertools.product(*[range(loops.lengths[axis]) for axis in self.kept]))
        self.totals: dict[Any, Any] = {}
        self.partial: dict[Any, Any] = {}
        self.carried: dict[Any, tuple[Any, Any]] = {}
        self.pending: dict[Any, tuple[Any, Value]] = {}
        self.lanes: int | None = None

    def _constant(self, lanes: int | None) -> Value:
        return entrywise.constant(_neutral(self.name, self.dtype), self.dtype, self.builder, lanes)

    def _room(self, like: Value) -> Any:
        """A variable, in the first block of the function so that it becomes a register."""
        with self.builder.goto_entry_block():
            return self.builder.alloca(like.type)

    def _value(self, room: Any, kind: Any) -> Value:
        return Value(self.builder.load(room, typ=kind), self.builder, self.dtype.kind != "u")

    def clear(self, rows: Any) -> None:
        """What is added to in memory begins with what changes nothing: that of so many rows, or all."""
        if self.again and not self.goes_on:
            size = number(self.reduction.result.type.size)
            row = self.buffer.access.row
            if rows is not None and row:
                size = self.builder.mul(rows, number(row))
            clear(self.builder, self.reduction, self.buffer.start, size)

    def begin(self, places: list[Any]) -> None:
        """Before the vector's axis is run through."""
        if self.along:
            for key in self.keys:
                neutral = self._constant(None)
                self.totals[key] = self._room(neutral)
                self.builder.store(neutral.ir, self.totals[key])

    def open(self, lanes: int | None, count: int) -> None:
        """Before a stretch of steps with so many lanes."""
        self.lanes = lanes
        if not self.along:
            return
        for key in self.keys:
            neutral = self._constant(lanes)
            self.partial[key] = (self._room(neutral), neutral)
            self.builder.store(neutral.ir, self.partial[key][0])
            if self.block(count) > 1:
                self.carried[key] = (self._room(neutral), self._room(neutral))
                for room in self.carried[key]:
                    self.builder.store(neutral.ir, room)
            else:
                self.carried.pop(key, None)

    def block(self, count: int) -> int:
        """How many steps are added up plainly."""
        exact = self.name == "sum" and self.dtype.kind == "f" and self.along
        return _BLOCK if exact and count > 2 * _BLOCK else 1

    def add(self, value: Value, places: tuple[Any, ...], fresh: Value | None) -> None:
        """One place of the domain, or several beside one another, of which only the `fresh` ones count."""
        if fresh is not None and (self.along or self.again):
            value = select(fresh, value, self._constant(value.lanes))
        if not self.loops.lengths:
            # nothing is reduced
            self._keep(places, value)
            return
        key = tuple([int(places[axis].constant) for axis in self.kept])
        if self.along:
            room, neutral = self.partial[key]
            total = _combined(self.name, self._value(room, neutral.type), value)
            self.builder.store(total.ir, room)
        else:
            found = self.pending.get(key)
            self.pending[key] = (places, value if found is None else _combined(self.name, found[1], value))

    def step(self) -> None:
        """After all places of one step."""
        pending = list(self.pending.values())
        if self.again and self.dtype.kind == "f" and self.buffer.holds_group([value for _, value in pending]):
            self.buffer.combine(pending[0][0], [value for _, value in pending], partial(_combined, self.name))
        else:
            for places, value in pending:
                self._keep(places, value)
        self.pending.clear()

    def carry(self) -> None:
        """The sum of a block goes into the whole one, with what the addition loses."""
        for key, (high, low) in self.carried.items():
            room, neutral = self.partial[key]
            a, b = self._value(high, neutral.type), self._value(room, neutral.type)
            total = a + b
            part = total - a
            lost = (a - (total - part)) + (b - part)
            # what overflowed has no error that could be told
            lost = _finite(lost)
            self.builder.store((self._value(low, neutral.type) + lost).ir, low)
            self.builder.store(total.ir, high)
            self.builder.store(neutral.ir, room)

    def close(self, places: list[Any]) -> None:
        """After a stretch: its lanes become one number."""
        if not self.along:
            return
        self.carry()
        for key in self.keys:
            room, neutral = self.partial[key]
            if key in self.carried:
                high, low = [self._value(r, neutral.type) for r in self.carried[key]]
                value = high + low
            else:
                value = self._value(room, neutral.type)
            total = self._value(self.totals[key], neutral.element)
            self.builder.store(_combined(self.name, total, self._across(value)).ir, self.totals[key])

    def _across(self, value: Value) -> Value:
        """All lanes combined."""
        lanes = value.lanes
        if lanes is not None and value.width == 1 and self.name in ("any", "all"):
            return any_lane(value) if self.name == "any" else ~any_lane(~value)
        while lanes is not None and lanes > 1 and lanes % 2 == 0:
            half = lanes // 2
            nothing = ir.Constant(value.type, ir.Undefined)
            halves = [
                value.wrap(
                    self.builder.shuffle_vector(
                        value.ir, nothing, ir.Constant(ir.VectorType(ir.IntType(32), half), list(range(s, s + half)))
                    )
                )
                for s in (0, half)
            ]
            value = _combined(self.name, *halves)
            lanes = half
        if lanes is None:
            return value
        result = value.lane(0)
        for place in range(1, lanes):
            result = _combined(self.name, result, value.lane(place))
        return result

    def end(self, places: list[Any]) -> None:
        """After the vector's axis: the result goes to memory."""
        if not self.along:
            return
        for key in self.keys:
            value = self._value(self.totals[key], entrywise.element(self.dtype))
            inner: list[Any] = [number(0)] * (len(self.loops.lengths) - self.loops.vector)
            for axis, place in zip(self.kept, key, strict=True):
                inner[axis - self.loops.vector] = number(place)
            self._keep((*places, *inner), value)

    def _keep(self, places: tuple[Any, ...], value: Value) -> None:
        """Into memory, together with what is there already from loops outside."""
        if self.again:
            value = _combined(self.name, self.buffer.get(places, value.lanes), value)
        self.buffer.put(places, value)


def _finite(lost: Value) -> Value:
    return select(lost == lost, lost, 0.0)
