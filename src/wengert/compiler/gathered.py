"""Entries of small matrices in registers: of one matrix as numbers, of several as vectors with one lane for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from wengert.compiler import ir
from wengert.compiler.buffers import spread
from wengert.compiler.counting import counting, least, number
from wengert.compiler.values import Builder, Value, any_lane, select

__all__ = ["Part", "Seen", "columns", "larger", "largest_lane", "like", "swapped"]

BIT: Final = ir.IntType(1)
WORD: Final = ir.IntType(32)
# Columns of a right-hand side that are solved for at once, at most.
_WIDEST: Final = 8


class Part:
    """One operand or result of a function for small matrices: where it begins, and how far its matrices are apart.

    With `lanes` every entry is read and written for so many matrices at once.
    """

    def __init__(self, builder: Builder, start: Any, kind: Any, columns: int, distance: int, lanes: int | None) -> None:
        self.builder = builder
        self.start = start
        self.kind = kind
        self.columns = columns
        self.distance = distance
        self.lanes = lanes

    @property
    def align(self) -> int:
        """The bytes of one number."""
        return 8 if isinstance(self.kind, ir.DoubleType) else 4

    def address(self, place: Any) -> Any:
        """Where an entry stands."""
        return self.builder.gep(self.start, [number(place)], inbounds=True, source_etype=self.kind)

    # One matrix.

    def get(self, place: Any, width: int | None = None) -> Value:
        """An entry of one matrix, or as many neighbours as that."""
        kind = self.kind if width is None else ir.VectorType(self.kind, width)
        return Value(self.builder.load(self.address(place), align=self.align, typ=kind), self.builder)

    def put(self, place: Any, value: Value) -> None:
        """Write what `get` reads."""
        self.builder.store(value.ir, self.address(place), align=self.align)

    # One matrix or several.

    def entries(self, count: int, start: Any = 0, step: int = 1) -> list[Value]:
        """So many entries at equal distances, of every matrix."""
        builder, places = self.builder, [_further(self.builder, start, step * k) for k in range(count)]
        if self.lanes is None:
            return [self.get(place) for place in places]
        room, kind = self._room(count)
        # a vector is put together from so many places in memory that a loop is shorter
        with counting(builder, 0, count) as turn:
            first = _further(builder, builder.mul(turn, number(step)), start)
            held: Any = ir.Constant(kind, ir.Undefined)
            for lane in range(self.lanes):
                one = self.get(_further(builder, first, lane * self.distance))
                held = builder.insert_element(held, one.ir, ir.Constant(WORD, lane))
            builder.store(held, builder.gep(room, [turn], source_etype=kind))
        return [Value(builder.load(self._held(room, kind, k), typ=kind), builder) for k in range(count)]

    def fill(self, values: list[Value], start: Any = 0, step: int = 1) -> None:
        """Write what `entries` reads."""
        builder = self.builder
        if self.lanes is None:
            for k, value in enumerate(values):
                self.put(_further(builder, start, step * k), value)
            return
        room, kind = self._room(len(values))
        for k, value in enumerate(values):
            builder.store(value.ir, self._held(room, kind, k))
        with counting(builder, 0, len(values)) as turn:
            first = _further(builder, builder.mul(turn, number(step)), start)
            held = Value(builder.load(builder.gep(room, [turn], source_etype=kind), typ=kind), builder)
            for lane in range(self.lanes):
                self.put(_further(builder, first, lane * self.distance), held.lane(lane))

    def matrix(self, rows: int) -> list[list[Value]]:
        """All entries, row by row."""
        entries = self.entries(rows * self.columns)
        return [entries[self.columns * row : self.columns * (row + 1)] for row in range(rows)]

    def constant(self, value: float) -> Value:
        """A number as an entry of every matrix."""
        kind = self.kind if self.lanes is None else ir.VectorType(self.kind, self.lanes)
        return Value(ir.splat(kind, value), self.builder)

    def _room(self, count: int) -> tuple[Any, Any]:
        kind = ir.VectorType(self.kind, self.lanes)
        with self.builder.goto_entry_block():
            return self.builder.alloca(kind, size=count), kind

    def _held(self, room: Any, kind: Any, place: int) -> Any:
        return self.builder.gep(room, [number(place)], source_etype=kind)


class Seen:
    """Whether a condition has held for any of some values, in loops as well."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        with builder.goto_entry_block():
            self.room = builder.alloca(BIT)
            builder.store(ir.Constant(BIT, 0), self.room)

    def note(self, condition: Value) -> None:
        """Remember whether it holds, in any lane."""
        self.builder.store(self.builder.or_(any_lane(condition).ir, self.any()), self.room)

    def any(self) -> Any:
        """Whether it has held."""
        return self.builder.load(self.room, typ=BIT)


def _further(builder: Builder, start: Any, distance: Any) -> Any:
    return builder.add(number(start), number(distance))


def like(one: Value, other: Value) -> Value:
    """A number in as many lanes as another value has."""
    return one if other.lanes is None or one.lanes is not None else one.wrap(spread(one.builder, one.ir, other.lanes))


def swapped(condition: Value, one: Value, other: Value) -> tuple[Value, Value]:
    """Two values, in the other order where the condition holds."""
    return select(condition, other, one), select(condition, one, other)


def largest_lane(value: Value) -> Value:
    """The largest number in a vector."""
    found = value if value.lanes is None else value.lane(0)
    for lane in range(1, value.lanes or 1):
        found = larger(found, value.lane(lane))
    return found


def larger(one: Value, other: Value) -> Value:
    """The larger one of two numbers, the first if the second is none."""
    return select(other > one, other, one)


@contextmanager
def columns(part: Part, count: int) -> Iterator[tuple[Any, int | None]]:
    """A loop over the columns of a right-hand side, so many at once: where these begin, and their number."""
    builder = part.builder
    width = 1 if part.lanes is not None else min(count, _WIDEST)
    if width == count:
        yield number(0), width if width > 1 else None
        return
    with counting(builder, 0, count, width) as start:
        first = start if count % width == 0 else least(builder, start, number(count - width))
        yield first, width if width > 1 else None
