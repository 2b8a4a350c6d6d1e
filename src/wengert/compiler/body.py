"""What stands inside the loops of a nest: its operations at one place of the domain, or at neighbours in a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.compiler import entrywise, ir
from wengert.compiler.buffers import Buffer, spread
from wengert.compiler.counting import INDEX, number
from wengert.compiler.plan import Entry, Nest, Piece, Read, kind_of
from wengert.compiler.prefetching import prefetch
from wengert.compiler.reducing import Accumulator
from wengert.compiler.shape import Loops
from wengert.compiler.values import Builder, Value
from wengert.graph import Literal, Var

__all__ = ["Body", "Index", "Rows"]


@dataclass(frozen=True)
class Index:
    """A place in the domain, or `lanes` neighbours along one axis: per loop the number, and what range it is in."""

    places: tuple[Any, ...]
    ranges: tuple[tuple[int, int], ...]
    lanes: int | None

    def moved(self, axis: int, place: Any) -> Index:
        """The same with another number on one axis."""
        return Index((*self.places[:axis], place, *self.places[axis + 1 :]), self.ranges, self.lanes)


@dataclass(frozen=True)
class Rows:
    """A block of rows of a nest: from `least` to `most` of them, and LLVM's numbers of how many and the first."""

    least: int
    most: int
    count: Any
    start: Any


class Body:
    """Writes the operations of a nest at one place after the other.

    `buffers` are where it reads and writes, `fetched` where the next step of a loop does, and whether it writes.
    """

    def __init__(
        self,
        builder: Builder,
        nest: Nest,
        loops: Loops,
        buffers: Mapping[Read | Var, Buffer],
        accumulators: Sequence[Accumulator],
        rows: Rows | None,
        fetched: Sequence[tuple[Buffer, bool]] = (),
    ) -> None:
        self.builder = builder
        self.nest = nest
        self.loops = loops
        self.buffers = buffers
        self.accumulators = accumulators
        self.rows = rows
        self.fetched = fetched

    def write(self, index: Index, fresh: Value | None = None) -> None:
        """All operations at one place; `fresh` are the lanes that no earlier vector has held."""
        known: dict[Var, Value] = {}
        for entry in self.nest.entries:
            value = known[entry.result] = self._entry(entry, index, known)
            if entry.result in self.buffers:
                self.buffers[entry.result].put(index.places, value)
        for accumulator in self.accumulators:
            read = accumulator.reduction.read
            accumulator.add(self._operand(read, index, known), index.places, fresh)
        for buffer, is_written in self.fetched:
            prefetch(self.builder, buffer, index.places, index.lanes, is_written)

    def _entry(self, entry: Entry, index: Index, known: dict[Var, Value], fitting: Value | None = None) -> Value:
        operands = [self._operand(read, index, known, fitting) for read in entry.reads]
        if entry.equation is None:
            return operands[0]
        if entry.equation.primitive.name not in ("put_add", "replace", "concatenate", "assemble"):
            return entrywise.entry(entry.equation, operands)
        dtype = entry.result.type.dtype
        value = operands[0] if operands else None
        for piece, box in zip(entry.pieces, self.loops.boxes.get(entry.result, ()), strict=True):
            value = self._piece(piece, box, index, value, known, dtype)
        return entrywise.constant(0, dtype, self.builder, index.lanes) if value is None else value

    def _piece(self, piece: Piece, box: Any, index: Index, otherwise: Value | None, known: Any, dtype: Any) -> Any:
        """A piece where it holds the place, else what stands there without it, None for zero."""
        conditions: list[Value] = []
        inside, fitting = index, None
        for axis, ((low, high), (first, last)) in enumerate(zip(box, index.ranges, strict=True)):
            if high <= first or low >= last:
                return otherwise
            if first >= low and last <= high:
                continue
            moving = self.rows is not None and axis == self.loops.row
            bounds = [self._local(edge) if moving else number(edge) for edge in (low, high)]
            if axis == self.loops.vector and index.lanes is not None:
                fitting = self._lanes_within(index.places[axis], bounds, index.lanes)
                conditions.append(fitting)
            else:
                held = self._within(index.places[axis], bounds)
                conditions.append(held)
                # outside of the piece its own first entry is read, and not used
                inside = inside.moved(axis, self.builder.select(held.ir, index.places[axis], bounds[0]))
        # what a piece computes for itself holds in its box only
        within = {} if piece.entries else known
        for entry in piece.entries:
            within[entry.result] = self._entry(entry, inside, within, fitting)
        read = self._operand(piece.read, inside, within, fitting)
        value = entrywise.cast(read, kind_of(piece.read.base).dtype, dtype)
        if piece.adds and otherwise is not None:
            value = otherwise + value
        if otherwise is None:
            otherwise = entrywise.constant(0, dtype, self.builder, index.lanes)
        for condition in conditions:
            value = value.wrap(self.builder.select(condition.ir, value.ir, otherwise.ir))
        return value

    def _local(self, edge: int) -> Any:
        """A row of the whole domain, counted from the first one of the block."""
        assert self.rows is not None
        return self.builder.sub(number(edge), self.rows.start)

    def _within(self, place: Any, bounds: list[Any]) -> Value:
        builder = self.builder
        above, below = builder.icmp_signed(">=", place, bounds[0]), builder.icmp_signed("<", place, bounds[1])
        return Value(builder.and_(above, below), builder)

    def _lanes_within(self, place: Any, bounds: list[Any], lanes: int) -> Value:
        """Which lanes of a vector lie between two bounds."""
        steps = ir.Constant(ir.VectorType(INDEX, lanes), list(range(lanes)))
        places = self.builder.add(spread(self.builder, place, lanes), steps)
        return self._within(places, [spread(self.builder, bound, lanes) for bound in bounds])

    def _operand(self, read: Read, index: Index, known: dict[Var, Value], fitting: Value | None = None) -> Value:
        """An operand; of lanes that do not fit nothing is read."""
        base = read.base
        if isinstance(base, Literal) and not np.ndim(base.value):
            return entrywise.constant(base.value, kind_of(base).dtype, self.builder, index.lanes)
        if isinstance(base, Var) and base in known and self.loops.is_own(read):
            return known[base]
        return self.buffers[read].get(index.places, index.lanes, fitting)
