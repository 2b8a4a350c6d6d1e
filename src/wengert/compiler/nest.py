"""Nests of loops: from operations on one domain to LLVM code that runs over it in vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler import ir
from wengert.compiler.body import Body, Index, Rows
from wengert.compiler.buffers import Buffer, spread, stored_type
from wengert.compiler.counting import INDEX, counting, greatest, least, number
from wengert.compiler.interleaving import MOST
from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.plan import Nest, Read, Reduction, kind_of
from wengert.compiler.prefetching import LINE, Ahead
from wengert.compiler.reducing import Accumulator
from wengert.compiler.shape import Access, Loops, loops_of
from wengert.compiler.values import Builder, Value
from wengert.graph import Var

__all__ = ["NestWriter"]

# Operations at one place from which on a vector of one register has enough to do.
_MANY: Final = 12
# Vectors of a stretch that are worth it to begin where a line of the cache does.
_SEVERAL: Final = 4
# The part of all places, one of so many, that may be computed twice for the sake of long vectors.
_WASTE: Final = 16


class _Span(NamedTuple):
    """A range of a loop: its bounds as far as they are known, and as LLVM's numbers."""

    low: int
    high: int
    start: Any
    stop: Any


class NestWriter:
    """Writes one nest, or a block of its rows, at the builder's place.

    `pointer` gives the memory of a value, `targets` the part of another one that a result is. To sums over the rows
    other blocks add as well. What is changed in its own memory must be met `once`. What comes later is fetched `ahead`.
    """

    def __init__(
        self,
        builder: Builder,
        nest: Nest,
        stored: dict[Var, None],
        pointer: Callable[[Any], Any],
        width: int,
        rows: Rows | None = None,
        targets: Mapping[Var, Any] | None = None,
        once: bool = False,
        ahead: Sequence[Ahead] = (),
    ) -> None:
        self.builder = builder
        self.nest = nest
        self.rows = rows
        inside = {entry.result for entry in nest.entries}
        self.loops: Loops = loops_of(nest, stored, inside, rows.most if rows else None, targets or {})
        self.once = once
        self.ahead = ahead
        # parts of arrays may begin inside of what stands beside one another
        self.in_parts = bool(targets)
        self.pointer = pointer
        self.width = width
        self.accumulators: list[Accumulator] = []
        self.body: Body

    def write(self) -> None:
        """The loops."""
        if 0 in self.loops.lengths:
            return
        buffers = self._buffers()
        self.accumulators = [self._accumulator(reduction, buffers) for reduction in self.nest.reductions]
        fetched = [self._fetched(ahead, buffers) for ahead in self.ahead]
        self.body = Body(self.builder, self.nest, self.loops, buffers, self.accumulators, self.rows, fetched)
        for accumulator in self.accumulators:
            accumulator.clear(self.rows.count if self.rows else None)
        self._outer(0, [], [])

    def _buffers(self) -> dict[Read | Var, Buffer]:
        """Where operands and results stand."""
        starts: dict[Any, Any] = {}
        # what a piece reads may begin or end inside of a group
        pieces = [piece for entry in self.nest.entries for piece in entry.pieces]
        pieced = {read for piece in pieces for read in (piece.read, *piece.reads())}
        buffers: dict[Read | Var, Buffer] = {}
        accesses: list[tuple[Read | Var, Access]] = [*self.loops.reads.items(), *self.loops.written.items()]
        for what, access in accesses:
            place = access.key, access.row
            dtype = self.loops.dtypes[access.key]
            if place not in starts:
                starts[place] = self._start(access, stored_type(dtype))
            group = 0 if what in pieced else _group(access, self.loops)
            buffer = buffers[what] = Buffer(self.builder, access, starts[place], dtype, self.loops.vector, group)
            if isinstance(what, Read) and not group and not self.in_parts:
                buffer.beside = _beside(what)
        return buffers

    def _start(self, access: Access, kind: Any) -> Any:
        """The address of the first row of the block in an array."""
        base = self.pointer(access.key)
        if self.rows is None or not access.row:
            return base
        offset = self.builder.mul(self.rows.start, number(access.row))
        return self.builder.gep(base, [offset], inbounds=True, source_etype=kind)

    def _fetched(self, ahead: Ahead, buffers: Mapping[Read | Var, Buffer]) -> tuple[Buffer, bool]:
        """Where the next step of a loop reads or writes, and whether it writes."""
        guide, stream = buffers[ahead.guide], ahead.stream
        this_step = self._start(replace(guide.access, key=stream.variable), guide.type)
        start = self.builder.gep(this_step, [number(stream.distance)], source_etype=ir.IntType(8))
        return guide.at(start), stream.is_written

    def _accumulator(self, reduction: Reduction, buffers: Mapping[Read | Var, Buffer]) -> Accumulator:
        goes_on = self.rows is not None and 0 in reduction.axes
        return Accumulator(self.builder, reduction, self.loops, buffers[reduction.result], goes_on)

    def _outer(self, axis: int, places: list[Any], ranges: list[tuple[int, int]]) -> None:
        """The loops outside of the vector's axis."""
        loops = self.loops
        if axis == len(loops.lengths):
            # a domain without axes
            self.body.write(Index((), (), None))
            return
        if axis == loops.vector:
            for accumulator in self.accumulators:
                accumulator.begin(places)
            self._vector_axis(places, ranges)
            for accumulator in self.accumulators:
                accumulator.end(places)
            return
        several = self.loops.stretches[axis]
        for low, high in several:
            span = self._span(axis, low, high)
            in_part = self._is_of_rows(axis) and len(several) > 1
            with counting(self.builder, span.start, span.stop, perhaps_never=in_part) as place:
                self._outer(axis + 1, [*places, place], [*ranges, (low, high)])

    def _is_of_rows(self, axis: int) -> bool:
        """Whether a loop runs over the rows of a block only."""
        return self.rows is not None and axis == self.loops.row

    def _span(self, axis: int, low: int, high: int) -> _Span:
        """A stretch of a loop, of the rows as many as the block has of it."""
        if self.rows is None or axis != self.loops.row:
            return _Span(low, high, number(low), number(high))
        builder, rows = self.builder, self.rows
        each = self.loops.lengths[axis] // rows.most
        end = builder.mul(rows.count, number(each))
        if len(self.loops.stretches[axis]) == 1:
            return _Span(low, high, number(0), end)
        # only rows that are loops of their own are parted
        start = builder.sub(number(low), rows.start)
        start = builder.select(builder.icmp_signed("<", start, number(0)), number(0), start)
        return _Span(low, high, start, least(builder, builder.sub(number(high), rows.start), end))

    def _vector_axis(self, places: list[Any], ranges: list[tuple[int, int]]) -> None:
        """The loop in vectors, for each stretch between the edges of pieces."""
        axis, rows = self.loops.vector, self.rows
        several = self.loops.stretches[axis]
        for low, high in several:
            span = self._span(axis, low, high)
            if rows is None or axis != self.loops.row:
                lanes = self._lanes(high - low)
                self._stretch(places, ranges, span, lanes, (high - low) % (lanes or 1) != 0)
            elif len(several) == 1:
                each = self.loops.lengths[axis] // rows.most
                lanes = self._lanes(each * (math.gcd(rows.most, rows.least) if self.once else rows.least))
                self._stretch(places, ranges, span, lanes, lanes is not None and not self.once)
            else:
                self._part_of_rows(places, ranges, span)

    def _part_of_rows(self, places: list[Any], ranges: list[tuple[int, int]], span: _Span) -> None:
        """A stretch of the rows, of which a block may have any number: few of them one by one."""
        builder = self.builder
        lanes = self._lanes(min(span.high - span.low, self.loops.lengths[self.loops.vector]))
        if lanes is None or lanes < self.width:
            self._stretch(places, ranges, span, None, False)
            return
        fits = builder.icmp_signed(">=", builder.sub(span.stop, span.start), number(lanes))
        with builder.if_else(fits) as (many, few):
            with many:
                self._stretch(places, ranges, span, lanes, True)
            with few:
                self._stretch(places, ranges, span, None, False)

    def _lanes(self, length: int) -> int | None:
        """How many lanes a stretch of this length is run through with."""
        heavy = any(
            [entry.equation is not None and entry.equation.primitive.name in FUNCTIONS for entry in self.nest.entries]
        )
        if self.once:
            return next((lanes for lanes in (self.width, 4, 2) if length % lanes == 0), None)
        most = self.width if heavy or len(self.nest.entries) > _MANY else 2 * self.width
        while most > self.width and (most > length or _is_wasteful(length, most)):
            most //= 2
        return min(most, length) if length > 1 else None

    def _stretch(
        self, places: list[Any], ranges: list[tuple[int, int]], span: _Span, lanes: int | None, clipped: bool
    ) -> None:
        """One stretch of the vector's axis: the last vector begins earlier where it would not fit."""
        step = lanes or 1
        rest = self.loops.lengths[self.loops.vector + 1 :]
        count = -(-(span.high - span.low) // step)
        for accumulator in self.accumulators:
            accumulator.open(lanes, count)
        masked = clipped and any([accumulator.along or accumulator.again for accumulator in self.accumulators])
        begin = self._on_line(places, span, lanes) if clipped and not self.accumulators and count >= _SEVERAL else None

        def once(start: Any) -> None:
            place, fresh = start, None
            if clipped:
                place = least(self.builder, start, self.builder.sub(span.stop, number(step)))
                fresh = self._from(self.builder.sub(start, place), step) if masked else None
            if begin is not None:
                place = greatest(self.builder, place, span.start)
            for small in np.ndindex(*rest):
                spans = [*ranges, (span.low, span.high), *[(int(i), int(i) + 1) for i in small]]
                inner = map(number, map(int, small))
                self.body.write(Index((*places, place, *inner), tuple(spans), lanes), fresh)
            for accumulator in self.accumulators:
                accumulator.step()

        block = max([1, *[accumulator.block(count) for accumulator in self.accumulators]])
        in_part = self._is_of_rows(self.loops.vector) and len(self.loops.stretches[self.loops.vector]) > 1
        if count == 1 and not in_part:
            once(span.start)
        elif block == 1:
            first = span.start if begin is None else begin
            with counting(self.builder, first, span.stop, step, perhaps_never=in_part) as start:
                once(start)
        else:
            with counting(self.builder, span.start, span.stop, step * block, perhaps_never=in_part) as first:
                end = least(self.builder, self.builder.add(first, number(step * block)), span.stop)
                with counting(self.builder, first, end, step) as start:
                    once(start)
                for accumulator in self.accumulators:
                    accumulator.carry()
        for accumulator in self.accumulators:
            accumulator.close(places)

    def _on_line(self, places: list[Any], span: _Span, lanes: int | None) -> Any:
        """The last place, not behind the first one, from which vectors of a result do not lie across two lines."""
        results = [buffer for what, buffer in self.body.buffers.items() if isinstance(what, Var)]
        if not results or lanes is None or results[0].access.strides[self.loops.vector] != 1:
            return None
        builder, guide = self.builder, results[0]
        rest = [number(0) for _ in self.loops.lengths[self.loops.vector + 1 :]]
        address = builder.ptrtoint(guide.address((*places, span.start, *rest), False), INDEX)
        size = guide.dtype.itemsize
        entry = builder.lshr(address, number(size.bit_length() - 1))
        return builder.sub(span.start, builder.and_(entry, number(min(lanes, LINE // size) - 1)))

    def _from(self, skipped: Any, lanes: int) -> Value:
        """Which lanes come after so many first ones."""
        word = ir.IntType(32)
        numbers = ir.Constant(ir.VectorType(word, lanes), list(range(lanes)))
        first = spread(self.builder, self.builder.trunc(skipped, word), lanes)
        return Value(self.builder.icmp_signed(">=", numbers, first), self.builder)


def _is_wasteful(length: int, lanes: int) -> bool:
    """Whether vectors of half as many lanes compute much less twice: the last one begins earlier where it must."""
    half = lanes // 2
    return -(-length // lanes) * lanes * _WASTE > -(-length // half) * half * (_WASTE + 1)


def _beside(read: Read) -> tuple[int, int]:
    """Of an operand that is one of a few entries along the last axis of an array: how many there are, and which one."""
    shape = kind_of(read.base).shape
    if not shape or not 1 < shape[-1] <= MOST or read.view[-1].source is not None:
        return 0, 0
    return shape[-1], read.view[-1].offset


def _group(access: Access, loops: Loops) -> int:
    """How many entries of an array stand beside one another for each place of the vector's loop, if there are few."""
    inner = loops.lengths[loops.vector + 1 :]
    if len(inner) != 1 or not 2 <= inner[0] <= MOST:
        return 0
    return inner[0] if access.strides[loops.vector :] == (inner[0], 1) else 0
