"""Nests of loops: from operations on one domain to LLVM code that runs over it in vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from llvmlite import ir

from wengert.compiler import entrywise
from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.plan import Entry, Nest, Piece, Read, Reduction, kind_of
from wengert.compiler.reducing import Accumulator
from wengert.compiler.shape import Access, Loops, loops_of
from wengert.compiler.values import Builder, Value
from wengert.graph import Literal, Var

__all__ = ["NestWriter", "Rows"]

INDEX: Final = ir.IntType(64)
BYTE: Final = ir.IntType(8)
# Operations at one place from which on a vector of one register has enough to do.
_MANY: Final = 12


@dataclass(frozen=True)
class Index:
    """A place in the domain, or `lanes` neighbours along one axis: per loop the number, and what range it is in."""

    places: tuple[Any, ...]
    ranges: tuple[tuple[int, int], ...]
    lanes: int | None

    def moved(self, axis: int, place: Any) -> Index:
        """The same with another number on one axis."""
        return Index((*self.places[:axis], place, *self.places[axis + 1 :]), self.ranges, self.lanes)


def number(value: int) -> Any:
    """LLVM's constant for an index."""
    return ir.Constant(INDEX, value)


@dataclass(frozen=True)
class Rows:
    """A block of rows of a nest: from `least` to `most` of them, and LLVM's numbers of how many and the first."""

    least: int
    most: int
    count: Any
    start: Any


class _Span(NamedTuple):
    """A range of a loop: its bounds as far as they are known, and as LLVM's numbers."""

    low: int
    high: int
    start: Any
    stop: Any


class NestWriter:
    """Writes one nest, or a block of its rows, at the builder's place.

    `pointer` gives the memory of a value. To sums over the rows other blocks add as well.
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
    ) -> None:
        self.builder = builder
        self.nest = nest
        self.stored = stored
        self.rows = rows
        self.inside = {entry.result for entry in nest.entries}
        self.loops: Loops = loops_of(nest, stored, self.inside, rows.most if rows else None, targets or {})
        # what is read and written at one place must not be met twice
        self.once = bool(targets)
        self.pointer = pointer
        self.starts: dict[Any, Any] = {}
        self.width = width
        self.accumulators: list[Accumulator] = []

    def write(self) -> None:
        """The loops."""
        if 0 in self.loops.lengths:
            return
        accesses = [*self.loops.reads.values(), *self.loops.written.values()]
        self.starts = {(access.key, access.row): self._start(access) for access in accesses}
        self.accumulators = [self._accumulator(reduction) for reduction in self.nest.reductions]
        for accumulator in self.accumulators:
            accumulator.clear(self.rows.count if self.rows else None)
        self._outer(0, [], [])

    def _start(self, access: Access) -> Any:
        """The address of the first row of the block in an array."""
        base = self.pointer(access.key)
        if self.rows is None or not access.row:
            return base
        offset = self.builder.mul(self.rows.start, number(access.row))
        return self.builder.gep(base, [offset], inbounds=True, source_etype=_stored(self.loops.dtypes[access.key]))

    def _accumulator(self, reduction: Reduction) -> Accumulator:
        access = self.loops.written[reduction.result]
        pointer = self.starts[access.key, access.row]
        goes_on = self.rows is not None and 0 in reduction.axes
        return Accumulator(self.builder, reduction, access, self.loops, pointer, goes_on)

    def _outer(self, axis: int, places: list[Any], ranges: list[tuple[int, int]]) -> None:
        """The loops outside of the vector's axis."""
        loops = self.loops
        if axis == len(loops.lengths):
            # a domain without axes
            self._body(Index((), (), None))
            return
        if axis == loops.vector:
            for accumulator in self.accumulators:
                accumulator.begin(places)
            self._vector_axis(places, ranges)
            for accumulator in self.accumulators:
                accumulator.end(places)
            return
        with self.loop(number(0), self._bound(axis), 1) as place:
            self._outer(axis + 1, [*places, place], [*ranges, (0, loops.lengths[axis])])

    def _bound(self, axis: int) -> Any:
        """Where a loop ends."""
        if self.rows is None or axis != self.loops.row:
            return number(self.loops.lengths[axis])
        return self.builder.mul(self.rows.count, number(self.loops.lengths[axis] // self.rows.most))

    def _vector_axis(self, places: list[Any], ranges: list[tuple[int, int]]) -> None:
        """The loop in vectors, for each stretch between the edges of pieces."""
        axis = self.loops.vector
        if self.rows is not None and axis == self.loops.row:
            length = self.loops.lengths[axis]
            least = length // self.rows.most * self.rows.least
            self._stretch(places, ranges, _Span(0, length, number(0), self._bound(axis)), self._lanes(least), True)
            return
        for low, high in self.loops.stretches:
            lanes = self._lanes(high - low)
            span = _Span(low, high, number(low), number(high))
            self._stretch(places, ranges, span, lanes, (high - low) % (lanes or 1) != 0)

    def _lanes(self, length: int) -> int | None:
        """How many lanes a stretch of this length is run through with."""
        heavy = any(
            [entry.equation is not None and entry.equation.primitive.name in FUNCTIONS for entry in self.nest.entries]
        )
        if self.once:
            return next((lanes for lanes in (self.width, 4, 2) if length % lanes == 0), None)
        most = self.width if heavy or len(self.nest.entries) > _MANY else 2 * self.width
        while most > self.width and most > length:
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

        def once(start: Any) -> None:
            place, fresh = start, None
            if clipped:
                last = self.builder.sub(span.stop, number(step))
                place = self.builder.select(self.builder.icmp_signed("<", start, last), start, last)
                fresh = self._from(self.builder.sub(start, place), step) if masked else None
            for small in np.ndindex(*rest):
                spans = [*ranges, (span.low, span.high), *[(int(i), int(i) + 1) for i in small]]
                inner = map(number, map(int, small))
                self._body(Index((*places, place, *inner), tuple(spans), lanes), fresh)
            for accumulator in self.accumulators:
                accumulator.step()

        block = max([1, *[accumulator.block(count) for accumulator in self.accumulators]])
        if count == 1:
            once(span.start)
        elif block == 1:
            with self.loop(span.start, span.stop, step) as start:
                once(start)
        else:
            with self.loop(span.start, span.stop, step * block) as first:
                end = self.builder.add(first, number(step * block))
                end = self.builder.select(self.builder.icmp_signed("<", end, span.stop), end, span.stop)
                with self.loop(first, end, step) as start:
                    once(start)
                for accumulator in self.accumulators:
                    accumulator.carry()
        for accumulator in self.accumulators:
            accumulator.close(places)

    def _from(self, skipped: Any, lanes: int) -> Value:
        """Which lanes come after so many first ones."""
        word = ir.IntType(32)
        numbers = ir.Constant(ir.VectorType(word, lanes), list(range(lanes)))
        first = self._spread(self.builder.trunc(skipped, word), lanes)
        return Value(self.builder.icmp_signed(">=", numbers, first), self.builder)

    @contextmanager
    def loop(self, start: Any, stop: Any, step: int) -> Iterator[Any]:
        """A counting loop that runs at least once."""
        builder = self.builder
        before = builder.block
        head = builder.append_basic_block("loop")
        builder.branch(head)
        builder.position_at_end(head)
        place = builder.phi(INDEX)
        place.add_incoming(start, before)
        yield place
        following = builder.add(place, number(step))
        place.add_incoming(following, builder.block)
        after = builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", following, stop), head, after)
        builder.position_at_end(after)

    # One place of the domain.

    def _body(self, index: Index, fresh: Value | None = None) -> None:
        """All operations at one place; `fresh` are the lanes that no earlier vector has held."""
        known: dict[Var, Value] = {}
        for entry in self.nest.entries:
            value = self._entry(entry, index, known)
            known[entry.result] = value
            if entry.result in self.stored:
                self._put(self.loops.written[entry.result], index, value, entry.result.type.dtype)
        for accumulator in self.accumulators:
            read = accumulator.reduction.read
            accumulator.add(self._operand(read, index, known), index.places, fresh)

    def _entry(self, entry: Entry, index: Index, known: dict[Var, Value]) -> Value:
        operands = [self._operand(read, index, known) for read in entry.reads]
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
            moving = self.rows is not None and axis == self.loops.row
            if not moving:
                if high <= first or low >= last:
                    return otherwise
                if first >= low and last <= high:
                    continue
            elif (low, high) == (0, self.nest.domain[0]):
                continue
            bounds = [self._local(edge) if moving else number(edge) for edge in (low, high)]
            if axis == self.loops.vector and index.lanes is not None:
                fitting = self._lanes_within(index.places[axis], bounds, index.lanes)
                conditions.append(fitting)
            else:
                within = self._within(index.places[axis], bounds)
                conditions.append(within)
                # outside of the piece its own first entry is read, and not used
                inside = inside.moved(axis, self.builder.select(within.ir, index.places[axis], bounds[0]))
        read = self._operand(piece.read, inside, known, fitting)
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
        places = self.builder.add(self._spread(place, lanes), steps)
        return self._within(places, [self._spread(bound, lanes) for bound in bounds])

    def _operand(self, read: Read, index: Index, known: dict[Var, Value], fitting: Value | None = None) -> Value:
        """An operand; of lanes that do not fit nothing is read."""
        base = read.base
        if isinstance(base, Literal) and not np.ndim(base.value):
            return entrywise.constant(base.value, kind_of(base).dtype, self.builder, index.lanes)
        if isinstance(base, Var) and base in known and self.loops.is_own(read):
            return known[base]
        return self._get(self.loops.reads[read], index, kind_of(base).dtype, fitting)

    # Memory.

    def _address(self, access: Access, index: Index, dtype: Any, inside: bool = True) -> Any:
        builder = self.builder
        offset: Any = number(access.offset)
        for place, stride in zip(index.places, access.strides, strict=True):
            if stride:
                offset = builder.add(offset, builder.mul(place, number(stride)) if stride != 1 else place)
        start = self.starts[access.key, access.row]
        return builder.gep(start, [offset], inbounds=inside, source_etype=_stored(dtype))

    def _get(self, access: Access, index: Index, dtype: Any, fitting: Value | None = None) -> Value:
        lanes = index.lanes
        stride = access.strides[self.loops.vector] if lanes else 0
        address = self._address(access, index, dtype, fitting is None)
        if lanes is None:
            return self._loaded(self._load(address, _stored(dtype), dtype), dtype)
        if stride == 0:
            one = self._load(address, _stored(dtype), dtype)
            return self._loaded(self._spread(one, lanes), dtype)
        kind = ir.VectorType(_stored(dtype), lanes)
        if stride == 1:
            found = self._load(address, kind, dtype) if fitting is None else self._load_fitting(address, kind, fitting)
            return self._loaded(found, dtype)
        gathered = ir.Constant(kind, ir.Undefined)
        for lane in range(lanes):
            place = self.builder.gep(address, [number(lane * stride)], source_etype=_stored(dtype))
            if fitting is not None:
                # any entry will do where none is used
                place = self.builder.select(fitting.lane(lane).ir, place, self.starts[access.key, access.row])
            one = self._load(place, _stored(dtype), dtype)
            gathered = self.builder.insert_element(gathered, one, ir.Constant(ir.IntType(32), lane))
        return self._loaded(gathered, dtype)

    def _load_fitting(self, address: Any, kind: Any, fitting: Value) -> Any:
        """The entries of some lanes, zero in the others, of which nothing is read."""
        module, word = self.builder.module, ir.IntType(32)
        name = f"llvm.masked.load.v{kind.count}{kind.element.intrinsic_name}.p0"
        function = module.globals.get(name)
        if function is None:
            operands = [ir.PointerType(), word, fitting.type, kind]
            function = ir.Function(module, ir.FunctionType(kind, operands), name)
        nothing = ir.Constant(kind, [ir.Constant(kind.element, 0)] * kind.count)
        return self.builder.call(function, [address, ir.Constant(word, 1), fitting.ir, nothing])

    def _load(self, address: Any, kind: Any, dtype: Any) -> Any:
        return self.builder.load(address, align=dtype.itemsize, typ=kind)

    def _spread(self, one: Any, lanes: int) -> Any:
        kind = ir.VectorType(one.type, lanes)
        nothing = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(nothing, one, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        return self.builder.shuffle_vector(first, nothing, places)

    def _loaded(self, value: Any, dtype: Any) -> Value:
        loaded = Value(value, self.builder, dtype.kind != "u")
        return loaded != 0 if dtype.kind == "b" else loaded

    def _put(self, access: Access, index: Index, value: Value, dtype: Any) -> None:
        stored = value.to_integer(8).ir if dtype.kind == "b" else value.ir
        address = self._address(access, index, dtype)
        stride = access.strides[self.loops.vector] if index.lanes else 1
        if stride == 1:
            self.builder.store(stored, address, align=dtype.itemsize)
            return
        assert index.lanes is not None
        for lane in range(index.lanes):
            place = self.builder.gep(address, [number(lane * stride)], inbounds=True, source_etype=_stored(dtype))
            one = self.builder.extract_element(stored, ir.Constant(ir.IntType(32), lane))
            self.builder.store(one, place, align=dtype.itemsize)


def _stored(dtype: np.dtype[Any]) -> Any:
    """LLVM's type of one number in memory: a truth value takes a byte."""
    return BYTE if dtype.kind == "b" else entrywise.element(dtype)
