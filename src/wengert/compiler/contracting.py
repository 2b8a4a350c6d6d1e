"""Products of matrices as loops: a tile of the result stays in registers while the sums behind it are run through.

At every term of a sum some neighbours along one axis are read from one operand as vectors, and from the other one
single numbers, each of which multiplies all of the vectors (K. Goto and R. A. van de Geijn, Anatomy of high-performance
matrix multiplication, ACM TOMS 34, 2008). Long sums are added up from parts, as BLAS does it, and what the sums of a
block of rows are added to is read behind them: so roundings do not grow with the number of terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler import engine, entrywise, ir
from wengert.compiler.body import Rows
from wengert.compiler.buffers import spread
from wengert.compiler.counting import counting, least, number, turns
from wengert.compiler.lanes import joined
from wengert.compiler.plan import Contraction, Read
from wengert.compiler.shape import Access, access_of
from wengert.compiler.values import Builder, Value, fma, select

__all__ = ["ContractionWriter", "effort"]

Shape = tuple[int, ...]
# Sums that are kept in registers, by how many float64 numbers a register holds.
_SUMS: Final = {8: 24, 4: 12, 2: 12}
# Additions, one after the other, that a processor must not wait for: as many are done beside one another.
_BESIDE: Final = 8
_MOST_LINES: Final = 12
# What the code for each further size of a tile may cost of the time that all take.
_WRITTEN: Final = 0.04
# Vectors side by side where only what is right of the diagonal is needed.
_MOST_OF_HALF: Final = 3
# Bytes of the terms that tile after tile reads again.
_AGAIN: Final = 1 << 15
_FEWEST_TERMS: Final = 32
# Terms that are added up plainly.
_LONGEST: Final = 256
# Multiplications of vectors up to which a product is written out without a loop. With 64 of them, LLVM takes twice as
# long as for a loop over the terms, which is as fast.
_UNROLLED: Final = 32


@dataclass(frozen=True)
class _Roles:
    """What the axes of a product are for, and where its operands stand.

    Vectors run along `across`, and `lines` of the result, if it has any, are computed beside one another. Without
    `numbers` it is a plain sum; `weights` are one number for every term.
    """

    numbers: Access | None
    vectors: Access
    weights: Access | None
    result: Access
    terms: int
    across: int
    lines: int | None
    outer: Shape


def _roles(domain: Shape, operands: Sequence[Read], result: Any, terms: int) -> _Roles | None:
    """The roles for a sum of products along the axis `terms`; None where no axis is fit for vectors."""
    kept = [axis for axis in range(len(domain)) if axis != terms]
    strides = [0] * len(domain)
    for place, axis in enumerate(kept):
        strides[axis] = math.prod([domain[later] for later in kept[place + 1 :]])
    target = Access(result, 0, tuple(strides), strides[0])
    weights = access_of(operands[2], domain) if len(operands) > 2 else None
    pairs = [(operands[0], operands[1]), (operands[1], operands[0])] if len(operands) > 1 else [(None, operands[0])]
    for numbers, vectors in pairs:
        one = None if numbers is None else access_of(numbers, domain)
        many = access_of(vectors, domain)
        single = (0,) * len(domain) if one is None else one.strides
        # rows come in blocks, and are no vectors
        fit = [a for a in kept if a and (single[a], many.strides[a], target.strides[a]) == (0, 1, 1)]
        if not fit:
            continue
        across = fit[-1]
        beside = [axis for axis in kept if axis != across and single[axis] and not many.strides[axis]]
        lines = max(beside, key=lambda axis: domain[axis], default=None)
        outer = tuple([axis for axis in kept if axis not in (across, lines)])
        return _Roles(one, many, weights, target, terms, across, lines, outer)
    return None


def effort(domain: Shape, operands: Sequence[Read], dtype: np.dtype[Any], terms: int) -> float | None:
    """How many vectors are multiplied, about; None where the product cannot be made of tiles."""
    roles = _roles(domain, operands, None, terms)
    if roles is None:
        return None
    length = domain[roles.across]
    vectors = -(-length // _lanes(length, dtype))
    return math.prod(domain) / length * vectors


def _lanes(length: int, dtype: np.dtype[Any]) -> int:
    """How many neighbours a vector holds, of so many in all."""
    lanes = engine.vector_width() * 8 // dtype.itemsize
    while lanes > length:
        lanes //= 2
    return lanes


class _Run(NamedTuple):
    """Tiles of one size, side by side."""

    start: int
    stop: int
    size: int


def _even(length: int, most: int) -> list[_Run]:
    """A length in runs of parts that are as equal as can be, and not longer than `most`."""
    count = -(-length // most)
    small, more = divmod(length, count)
    edge = more * (small + 1)
    runs = [_Run(0, edge, small + 1), _Run(edge, length, small)]
    return [run for run in runs if run.start < run.stop]


def _sizes(length: int, most: int) -> int:
    """How many sizes there are among those parts."""
    return 1 if length % -(-length // most) == 0 else 2


class _Place(NamedTuple):
    """The addresses of the operands and of the result, at some place of the loops."""

    numbers: Any
    vectors: Any
    weights: Any
    result: Any


class ContractionWriter:
    """Writes one product, or the part of a block of rows, at the builder's place."""

    def __init__(
        self, builder: Builder, nest: Contraction, pointer: Callable[[Any], Any], rows: Rows | None = None
    ) -> None:
        self.builder = builder
        self.nest = nest
        self.rows = rows
        result = nest.reductions[0].result
        roles = _roles(nest.domain, nest.operands, result, nest.terms)
        assert roles is not None
        self.roles = roles
        self.dtype = result.type.dtype
        self.number = entrywise.element(self.dtype)
        self.accesses = (roles.numbers, roles.vectors, roles.weights, roles.result)
        self.place = _Place(*[None if access is None else self._start(pointer, access) for access in self.accesses])
        self.adds = rows is not None and roles.terms == 0
        self.length = nest.domain[roles.across]
        # how many lanes of the last vector a tile before has as well, and added to
        self.met: Any = None
        self.lanes = _lanes(self.length, self.dtype)
        self.terms_at_most = rows.most if rows and roles.terms == 0 else nest.domain[roles.terms]
        self.terms = self._bound(roles.terms)
        vectors = -(-self.length // self.lanes) * self._lines() * self.terms_at_most
        self.unrolled = rows is None and vectors <= _UNROLLED
        self.most_columns, self.most_lines = self._tile_size(_SUMS[engine.vector_width()])

    def _start(self, pointer: Callable[[Any], Any], access: Access) -> Any:
        """The address of the first entry in the block."""
        offset = number(access.offset)
        if self.rows is not None and access.row:
            offset = self.builder.add(offset, self.builder.mul(self.rows.start, number(access.row)))
        return self.builder.gep(pointer(access.key), [offset], inbounds=True, source_etype=self.number)

    def _tile_size(self, sums: int) -> tuple[int, int]:
        """How many vectors and lines a tile has: what takes least multiplications and reads."""
        vectors = -(-self.length // self.lanes)
        count = self._lines()
        highest = min(count, _MOST_LINES, self.rows.least if self.rows and self.roles.lines == 0 else count)

        def cost(shape: tuple[int, int]) -> float:
            columns, lines = shape
            once = max(columns * lines / 2, (columns + lines) / 2, 2) + 0.5
            sizes = _sizes(vectors, columns) * (_sizes(count, lines) if self.adds else 1)
            return -(-vectors // columns) * -(-count // lines) * once * (1 + _WRITTEN * sizes)

        shapes = [
            (columns, lines)
            for columns in range(1, min(vectors, _MOST_OF_HALF if self.nest.symmetric else sums) + 1)
            for lines in range(1, min(highest, sums // columns) + 1)
        ]
        return min(shapes, key=cost)

    def _lines(self) -> int:
        lines = self.roles.lines
        if lines is None:
            return 1
        return self.rows.most if self.rows and lines == 0 else self.nest.domain[lines]

    def _bound(self, axis: int) -> Any:
        """Where the loop over an axis ends."""
        return self.rows.count if self.rows and axis == 0 else number(self.nest.domain[axis])

    def write(self) -> None:
        """The loops; what several tiles read goes through them in parts that a first-level cache holds."""
        part = self._part()
        if not self.adds or part >= self.terms_at_most:
            self._outer(self.roles.outer, self.place)
            return
        assert self.rows is not None
        with counting(self.builder, 0, self.rows.count, part) as start:
            self.terms = least(self.builder, number(part), self.builder.sub(self.rows.count, start))
            self._outer(self.roles.outer, self._moved(self.place, self.roles.terms, start))

    def _part(self) -> int:
        """How many terms are summed at once."""
        lines = self._lines()
        if lines <= self.most_lines:
            return self.terms_at_most
        entries = self.length + (0 if self.roles.numbers is None else lines)
        return max(_FEWEST_TERMS, _AGAIN // (entries * self.dtype.itemsize))

    def _outer(self, axes: Shape, place: _Place) -> None:
        if not axes:
            self._columns(place)
            return
        with counting(self.builder, 0, self._bound(axes[0])) as index:
            self._outer(axes[1:], self._moved(place, axes[0], index))

    def _moved(self, place: _Place, axis: int, index: Any) -> _Place:
        """The addresses, so many places along an axis."""
        pairs = zip(place, self.accesses, strict=True)
        return _Place(*[None if a is None else self._at(p, index, a.strides[axis]) for p, a in pairs])

    def _at(self, address: Any, index: Any, stride: int) -> Any:
        if not stride or (isinstance(index, ir.Constant) and index.constant == 0):
            return address
        if isinstance(index, ir.Constant):
            offset = number(index.constant * stride)
        else:
            offset = index if stride == 1 else self.builder.mul(index, number(stride))
        return self.builder.gep(address, [offset], inbounds=True, source_etype=self.number)

    def _columns(self, place: _Place) -> None:
        """Tile after tile along the vectors, the last of which may begin before the end of the one before it."""
        builder, lanes = self.builder, self.lanes
        vectors = -(-self.length // lanes)
        for run in _even(vectors, self.most_columns):
            with turns(builder, run.start * lanes, run.stop * lanes, run.size * lanes) as column:
                shifts = [number(lanes * n) for n in range(run.size)]
                self.met = None
                if run.stop == vectors and self.length % lanes:
                    last = shifts[-1]
                    shifts[-1] = least(builder, last, builder.sub(number(self.length - lanes), column))
                    # what two vectors of one tile have in common is the same in both
                    self.met = builder.sub(last, shifts[-1]) if run.size == 1 else None
                self._rows(self._moved(place, self.roles.across, column), column, shifts)

    def _rows(self, place: _Place, column: Any, shifts: list[Any]) -> None:
        """Tile after tile along the lines."""
        lines = self.roles.lines
        if lines is None:
            self._tile(place, 1, shifts)
            return
        for run, end in self._line_runs():
            stop = end
            if self.nest.symmetric:
                # what is left of the diagonal is the mirror image of what is right of it
                stop = least(self.builder, stop, self.builder.add(column, number(self.lanes * len(shifts))))
            with turns(self.builder, run.start, stop, run.size, perhaps_never=run.start > 0) as index:
                line = index
                if not self.adds:
                    line = least(self.builder, index, self.builder.sub(self._bound(lines), number(run.size)))
                self._tile(self._moved(place, lines, line), run.size, shifts)

    def _line_runs(self) -> Iterator[tuple[_Run, Any]]:
        """Runs of lines; where nothing is added to, the last tile may begin before the end of the one before it."""
        count = self._lines()
        assert self.roles.lines is not None
        if not self.adds:
            size = _even(count, self.most_lines)[0].size
            yield _Run(0, count, size), self._bound(self.roles.lines)
            return
        for run in _even(count, self.most_lines):
            yield run, number(run.stop)

    # One tile.

    def _tile(self, place: _Place, lines: int, shifts: list[Any]) -> None:
        """The sums of a tile, and their way to memory."""
        sums = self._sums(place, lines, shifts)
        down = 0 if self.roles.lines is None else self.roles.result.strides[self.roles.lines]
        starts = [self._at(place.result, number(line), down) for line in range(lines)]
        addresses = [self._at(start, shift, 1) for start in starts for shift in shifts]
        if self.adds:
            if self.met is not None:
                sums = [select(self._fresh(self.met), total, 0.0) for total in sums]
            # all are read before the first one is written: two vectors may have entries in common
            sums = [self._loaded(address) + total for address, total in zip(addresses, sums, strict=True)]
        for address, total in zip(addresses, sums, strict=True):
            self.builder.store(total.ir, address, align=self.dtype.itemsize)

    def _fresh(self, met: Any) -> Value:
        """Which lanes of the last vector come after so many that the one before it has as well."""
        word = ir.IntType(32)
        places = ir.Constant(ir.VectorType(word, self.lanes), list(range(self.lanes)))
        first = spread(self.builder, self.builder.trunc(met, word), self.lanes)
        return Value(self.builder.icmp_signed(">=", places, first), self.builder)

    def _loaded(self, address: Any) -> Value:
        kind = ir.VectorType(self.number, self.lanes)
        return Value(self.builder.load(address, align=self.dtype.itemsize, typ=kind), self.builder)

    def _sums(self, place: _Place, lines: int, shifts: list[Any]) -> list[Value]:
        """All sums; those of many terms part by part, so that roundings do not grow with their number."""
        if self.terms_at_most <= _LONGEST:
            return self._plain_sums(place, self.terms, lines, shifts)

        def part(index: Any, totals: list[Value]) -> list[Value]:
            count = least(self.builder, number(_LONGEST), self.builder.sub(self.terms, index))
            found = self._plain_sums(self._moved(place, self.roles.terms, index), count, lines, shifts)
            return [total + x for total, x in zip(totals, found, strict=True)]

        return self._accumulated(number(0), self.terms, _LONGEST, self._nothing(lines * len(shifts)), part, False)

    def _nothing(self, count: int) -> list[Value]:
        return [entrywise.constant(0.0, self.dtype, self.builder, self.lanes)] * count

    def _plain_sums(self, place: _Place, terms: Any, lines: int, shifts: list[Any]) -> list[Value]:
        """The sums of so many terms, in several parts where a tile has too few to keep the processor busy."""
        count = lines * len(shifts)
        length = terms.constant if isinstance(terms, ir.Constant) else None
        ways = min(max(1, _BESIDE // count), length or _BESIDE)

        def term(index: Any, sums: list[Value]) -> list[Value]:
            return self._term(self._moved(place, self.roles.terms, index), lines, shifts, sums)

        def several(index: Any, sums: list[Value]) -> list[Value]:
            found: list[Value] = []
            for way in range(ways):
                found += term(self.builder.add(index, number(way)), sums[way * count : (way + 1) * count])
            return found

        if ways == 1:
            return self._accumulated(number(0), terms, 1, self._nothing(count), term, False)
        perhaps_never = length is None
        if length is None:
            whole = self.builder.sub(terms, self.builder.urem(terms, number(ways)))
        else:
            whole = number(length // ways * ways)
        parts = self._accumulated(number(0), whole, ways, self._nothing(count * ways), several, perhaps_never)
        sums = parts[:count]
        for way in range(1, ways):
            sums = [a + b for a, b in zip(sums, parts[way * count : (way + 1) * count], strict=True)]
        if length is not None and length % ways == 0:
            return sums
        return self._accumulated(whole, terms, 1, sums, term, perhaps_never)

    def _term(self, place: _Place, lines: int, shifts: list[Any], sums: list[Value]) -> list[Value]:
        """One term of every sum."""
        vectors = [self._loaded(self._at(place.vectors, shift, 1)) for shift in shifts]
        if place.weights is not None:
            weight = self._spread(place.weights)
            vectors = [x * weight for x in vectors]
        if self.roles.numbers is None:
            return [total + x for total, x in zip(sums, vectors, strict=True)]
        down = 0 if self.roles.lines is None else self.roles.numbers.strides[self.roles.lines]
        found: list[Value] = []
        for line in range(lines):
            factor = self._spread(self._at(place.numbers, number(line), down))
            found += [fma(factor, x, sums[line * len(shifts) + n]) for n, x in enumerate(vectors)]
        return found

    def _spread(self, address: Any) -> Value:
        """A number in every lane."""
        one = self.builder.load(address, align=self.dtype.itemsize, typ=self.number)
        return Value(spread(self.builder, one, self.lanes), self.builder)

    def _accumulated(
        self, start: Any, stop: Any, step: int, sums: list[Value], body: Any, perhaps_never: bool
    ) -> list[Value]:
        """What a loop makes of values that it carries."""
        if self.unrolled:
            for index in range(start.constant, stop.constant, step):
                sums = body(number(index), sums)
            return sums
        builder, before = self.builder, self.builder.block
        with counting(builder, start, stop, step, perhaps_never=perhaps_never) as index:
            carried = [builder.phi(value.type) for value in sums]
            found: list[Value] = body(index, [value.wrap(phi) for value, phi in zip(sums, carried, strict=True)])
            inside = builder.block
            for phi, first, new in zip(carried, sums, found, strict=True):
                phi.add_incoming(first.ir, before)
                phi.add_incoming(new.ir, inside)
        return joined(sums, before, found, inside) if perhaps_never else found
