"""Products whose entries further products read from registers, in LLVM's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from wengert.compiler import entrywise, ir
from wengert.compiler.body import Rows
from wengert.compiler.buffers import spread
from wengert.compiler.counting import counting, least, number
from wengert.compiler.plan import Contraction, Entry, Read, kind_of
from wengert.compiler.relaying import Relay, first_operands
from wengert.compiler.shape import Access, access_of
from wengert.compiler.values import Builder, Value, fma, select
from wengert.graph import Literal, Var

__all__ = ["RelayWriter"]

WORD = ir.IntType(32)


class RelayWriter:
    """Writes one at the builder's place, for a block of rows.

    A tile has several lines and several vectors. The last one of a column, and of a line, begins before the end of the
    one before it, and what both have counts once. The sums along the columns are kept lane by lane until the end.
    """

    def __init__(self, builder: Builder, relay: Relay, pointer: Callable[[Any], Any], rows: Rows) -> None:
        self.builder = builder
        self.relay = relay
        self.pointer = pointer
        self.rows = rows
        self.product = relay.product
        self.between = relay.between
        self.result = self.product.reductions[0].result
        self.own = {self.result, *[entry.result for entry in self.between.entries]}
        self.dtype = self.result.type.dtype
        self.number = entrywise.element(self.dtype)
        self.columns = self.product.domain[2]
        self.lines, self.vectors, self.lanes = relay.tile
        self.kind = ir.VectorType(self.number, self.lanes)
        numbers, vectors = first_operands(self.product)
        self.first = self._begin(numbers), self._begin(vectors)
        self.strides = numbers.strides, vectors.strides
        # the sums along the columns, for each entry of a row of their results those of all lines, and those of all
        self.rooms = [self.lines * sum([one.domain[2] for one in relay.along[:n]]) for n in range(len(relay.along))]
        self.count = relay.sums + len(self.between.reductions)
        with builder.goto_entry_block():
            self.room = builder.alloca(self.kind, size=max(1, self.count))

    def write(self) -> None:
        """The loops over tiles of lines, and over the tiles of each."""
        builder = self.builder
        with counting(builder, 0, self.rows.count, self.lines) as index:
            line = least(builder, index, builder.sub(self.rows.count, number(self.lines)))
            again = builder.sub(index, line)
            self._clear()
            step = self.vectors * self.lanes
            with counting(builder, 0, self.columns, step) as place:
                column = least(builder, place, number(self.columns - step))
                fresh = self._from(builder.sub(place, column), [n * self.lanes for n in range(self.vectors)], 1)
                lines = self._from(again, range(self.lines), 0)
                values = self._entries(line, column, fresh, lines)
                for nest, rooms in zip(self.relay.along, self.rooms, strict=True):
                    self._along(nest, column, values, fresh, rooms)
                for nest in self.relay.down:
                    self._down(nest, line, column, values, fresh, lines)
            for nest, rooms in zip(self.relay.along, self.rooms, strict=True):
                self._finish(nest, line, rooms)
            self._add_up()

    # Addresses.

    def _begin(self, access: Access) -> Any:
        """The address of an operand's entry at the first row of the block."""
        offset = number(access.offset)
        if access.row:
            offset = self.builder.add(offset, self.builder.mul(self.rows.start, number(access.row)))
        return self._at(self.pointer(access.key), offset)

    def _at(self, address: Any, offset: Any, stride: int = 1) -> Any:
        """The address so many strides further."""
        if isinstance(offset, int):
            offset = number(offset * stride)
        elif stride != 1:
            offset = self.builder.mul(offset, number(stride))
        return self.builder.gep(address, [offset], inbounds=True, source_etype=self.number)

    def _load(self, address: Any) -> Value:
        return Value(self.builder.load(address, align=self.dtype.itemsize, typ=self.kind), self.builder)

    def _store(self, value: Value, address: Any) -> None:
        self.builder.store(value.ir, address, align=self.dtype.itemsize)

    def _spread(self, address: Any) -> Value:
        one = self.builder.load(address, align=self.dtype.itemsize, typ=self.number)
        return Value(spread(self.builder, one, self.lanes), self.builder)

    def _row_of(self, address: Any) -> list[Value]:
        """The vectors of one line of a tile."""
        return [self._load(self._at(address, n * self.lanes)) for n in range(self.vectors)]

    def _zero(self) -> Value:
        return entrywise.constant(0.0, self.dtype, self.builder, self.lanes)

    # A tile of the first product, line by line.

    def _entries(self, line: Any, column: Any, fresh: list[Value], lines: list[Value]) -> list[list[Value]]:
        """What the operations give that is handed on; of `fresh` columns and `lines` it is added to the sums of all."""
        products = self._product(line, column)
        starts = {read: self._outside(read, line, column) for entry in self.between.entries for read in entry.reads}
        found = []
        sums = [self._zero() for _ in self.between.reductions]
        for i, row in enumerate(products):
            known: list[dict[Any, Value]] = [{self.result: value} for value in row]
            for entry in self.between.entries:
                for n, values in enumerate(known):
                    values[entry.result] = self._entry(entry, values, starts, i, n)
            found.append([one[self.relay.handed] for one in known])
            for place, reduction in enumerate(self.between.reductions):
                for c, values in zip(fresh, known, strict=True):
                    once = Value(self.builder.and_(c.ir, lines[i].ir), self.builder)
                    sums[place] += select(once, values[reduction.read.base], 0.0)
        for place, total in enumerate(sums):
            room = self._room(number(self.relay.sums + place))
            self._store(self._load(room) + total, room)
        return found

    def _outside(self, read: Read, line: Any, column: Any) -> tuple[Any, tuple[int, ...]] | None:
        """Where a tile of an operand begins that stands in memory, and its strides."""
        if isinstance(read.base, Literal) and not np.ndim(read.base.value):
            return None
        if read.base in self.own:
            return None
        access = access_of(read, self.between.domain)
        start = self._at(self._at(self._begin(access), line, access.strides[0]), column, access.strides[1])
        return start, access.strides

    def _entry(self, entry: Entry, known: dict[Var, Value], starts: dict[Read, Any], i: int, n: int) -> Value:
        operands = []
        for read in entry.reads:
            if isinstance(read.base, Literal) and not np.ndim(read.base.value):
                kind = kind_of(read.base).dtype
                operands.append(entrywise.constant(read.base.value, kind, self.builder, self.lanes))
            elif starts[read] is None:
                assert isinstance(read.base, Var)
                operands.append(known[read.base])
            else:
                start, (down, across) = starts[read]
                place = self._at(self._at(start, i, down), n * self.lanes, across)
                operands.append(self._load(place) if across else self._spread(place))
        assert entry.equation is not None
        return entrywise.entry(entry.equation, operands)

    def _product(self, line: Any, column: Any) -> list[list[Value]]:
        """The sums of a tile."""
        (numbers, vectors), (down, across) = self.first, self.strides
        numbers, vectors = self._at(numbers, line, down[0]), self._at(vectors, column)
        builder, before = self.builder, self.builder.block
        sums = [[self._zero() for _ in range(self.vectors)] for _ in range(self.lines)]
        with counting(builder, 0, self.product.domain[1]) as term:
            carried = [[builder.phi(self.kind) for _ in row] for row in sums]
            beside = self._row_of(self._at(vectors, term, across[1]))
            start = self._at(numbers, term, down[1])
            found = []
            for i, row in enumerate(carried):
                factor = self._spread(self._at(start, i, down[0]))
                found.append([fma(factor, x, x.wrap(phi)) for x, phi in zip(beside, row, strict=True)])
            inside = builder.block
            for old, phis, new in zip(sums, carried, found, strict=True):
                for first, phi, value in zip(old, phis, new, strict=True):
                    phi.add_incoming(first.ir, before)
                    phi.add_incoming(value.ir, inside)
        return found

    def _from(self, again: Any, firsts: Iterable[int], step: int) -> list[Value]:
        """For vectors that begin at these numbers and count in steps: which lanes are not below another number."""
        kind = ir.VectorType(WORD, self.lanes)
        bound = spread(self.builder, self.builder.trunc(again, WORD), self.lanes)
        counted = [ir.Constant(kind, [first + step * lane for lane in range(self.lanes)]) for first in firsts]
        return [Value(self.builder.icmp_signed(">=", one, bound), self.builder) for one in counted]

    # The further products.

    def _down(
        self,
        nest: Contraction,
        line: Any,
        column: Any,
        values: list[list[Value]],
        fresh: list[Value],
        lines: list[Value],
    ) -> None:
        """Add the lines of a tile, each times a number, to the rows of a result."""
        other = self._numbers_of(nest)
        numbers = self._at(self._begin(other), line, other.strides[0])
        result = self._at(self.pointer(nest.reductions[0].result), column)
        with counting(self.builder, 0, nest.domain[1]) as k:
            start = self._at(numbers, k, other.strides[1])
            target = self._at(result, k, self.columns)
            sums = [self._zero()] * self.vectors
            # the last line is always a new one, and begins the sums
            for i in reversed(range(self.lines)):
                factor = self._spread(self._at(start, i, other.strides[0]))
                added = [fma(factor, x, total) for x, total in zip(values[i], sums, strict=True)]
                sums = (
                    added
                    if i == self.lines - 1
                    else [select(lines[i], *pair) for pair in zip(added, sums, strict=True)]
                )
            for n, (condition, total) in enumerate(zip(fresh, sums, strict=True)):
                place = self._at(target, n * self.lanes)
                before = self._load(place)
                self._store(select(condition, before + total, before), place)

    def _numbers_of(self, nest: Contraction) -> Access:
        """Where the operand stands that is not the value in registers."""
        (read,) = [read for read in nest.operands if read.base is not self.relay.handed]
        return access_of(read, nest.domain)

    def _along(self, nest: Contraction, column: Any, values: list[list[Value]], fresh: list[Value], rooms: int) -> None:
        """Add the lines of a tile, each times the vectors of a factor, lane by lane."""
        # both factors are zero where nothing is to be added: zero times infinity would be NaN
        values = [[select(c, x, 0.0) for c, x in zip(fresh, row, strict=True)] for row in values]
        _, (_, across, _) = self.strides
        vectors = self._at(self.first[1], column)
        with counting(self.builder, 0, nest.domain[2]) as k:
            beside = [select(c, x, 0.0) for c, x in zip(fresh, self._row_of(self._at(vectors, k, across)), strict=True)]
            start = self.builder.add(self.builder.mul(k, number(self.lines)), number(rooms))
            for i, row in enumerate(values):
                place = self._room(self.builder.add(start, number(i)))
                total = self._load(place)
                for x, factor in zip(row, beside, strict=True):
                    total = fma(factor, x, total)
                self._store(total, place)

    def _room(self, place: Any) -> Any:
        return self.builder.gep(self.room, [place], inbounds=True, source_etype=self.kind)

    def _clear(self) -> None:
        if self.count:
            with counting(self.builder, 0, self.count) as place:
                self._store(self._zero(), self._room(place))

    def _add_up(self) -> None:
        """Add the sums of all entries to those of the rows before."""
        for place, reduction in enumerate(self.between.reductions):
            address = self.pointer(reduction.result)
            before = Value(self.builder.load(address, align=self.dtype.itemsize, typ=self.number), self.builder)
            total = self._total(self._load(self._room(number(self.relay.sums + place))))
            self._store(before + total, address)

    def _finish(self, nest: Contraction, line: Any, rooms: int) -> None:
        """The sums of all lanes, into the rows of a result."""
        builder, terms = self.builder, nest.domain[2]
        start = self._at(self.pointer(nest.reductions[0].result), builder.add(self.rows.start, line), terms)
        with counting(builder, 0, terms) as k, counting(builder, 0, self.lines) as i:
            place = builder.add(builder.add(builder.mul(k, number(self.lines)), i), number(rooms))
            total = self._total(self._load(self._room(place)))
            self._store(total, self._at(self._at(start, i, terms), k))

    def _total(self, value: Value) -> Value:
        """The sum of all lanes."""
        lanes = self.lanes
        while lanes > 1:
            lanes //= 2
            halves = []
            for first in (0, lanes):
                places = ir.Constant(ir.VectorType(WORD, lanes), list(range(first, first + lanes)))
                halves.append(value.wrap(self.builder.shuffle_vector(value.ir, value.ir, places)))
            value = halves[0] + halves[1]
        return value.lane(0)
