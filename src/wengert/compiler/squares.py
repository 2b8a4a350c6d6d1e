"""Square matrices together with their transposes: pairs of tiles as wide as a vector, turned in registers.

An entry and the one across the diagonal stand far apart. A tile of so many rows and columns as a vector has lanes is
read row by row, each a few neighbours in memory, and turned by shuffles, so that no line of memory is read for one
number of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from wengert.compiler import ir
from wengert.compiler.buffers import spread
from wengert.compiler.counting import counting, least, number
from wengert.compiler.values import Builder, Value, any_lane, fabs, is_nan, select

__all__ = ["Square", "mirror", "symmetric_half", "transpose", "transposed_sum"]

WORD: Final = ir.IntType(32)
# Tiles in a block of rows: neighbouring rows are written by one thread.
_TILES: Final = 4
Rows = Sequence[Value]
# (the entries below the diagonal, those across it) -> what is put below, and what across; None: nothing
Pairing = Callable[[Rows, Rows], tuple[Rows | None, Rows | None]]


class Square:
    """A square matrix of so many rows in memory, row after row."""

    def __init__(self, builder: Builder, start: Any, size: int, kind: Any, lanes: int) -> None:
        self.builder = builder
        self.start = start
        self.size = size
        self.kind = kind
        self.lanes = lanes

    def _at(self, row: Any, column: Any) -> Any:
        place = self.builder.add(self.builder.mul(row, number(self.size)), column)
        return self.builder.gep(self.start, [place], inbounds=True, source_etype=self.kind)

    def get(self, row: Any, column: Any, lanes: int | None) -> list[Value]:
        """One entry, or the rows of a tile of so many lanes."""
        builder, align = self.builder, self.kind_bytes
        kind = self.kind if lanes is None else ir.VectorType(self.kind, lanes)
        places = [self._at(builder.add(row, number(k)), column) for k in range(lanes or 1)]
        return [Value(builder.load(place, align=align, typ=kind), builder) for place in places]

    def put(self, row: Any, column: Any, rows: Rows) -> None:
        """Write what `get` reads."""
        for k, one in enumerate(rows):
            self.builder.store(one.ir, self._at(self.builder.add(row, number(k)), column), align=self.kind_bytes)

    @property
    def kind_bytes(self) -> int:
        """The bytes of one number."""
        return 4 if isinstance(self.kind, ir.FloatType) else 8

    def pairs(self, target: Square | None, pair: Pairing, share: Any = 0, shares: int = 1) -> None:
        """Ask for every pair of places, tile by tile, what is to be put there in the target.

        Of several shares only one is looked at: every so many blocks of rows, for each to have long and short rows.
        """
        builder, lanes = self.builder, self.lanes
        whole, block = self.size // lanes * lanes, _TILES * lanes
        first = builder.mul(number(share), number(block))
        with counting(builder, first, self.size, shares * block, perhaps_never=True) as start:
            stop = builder.add(start, number(block))
            last = least(builder, stop, number(whole))
            with (
                counting(builder, start, last, lanes, perhaps_never=True) as row,
                counting(builder, 0, row, lanes, perhaps_never=True) as column,
            ):
                self._pair(target, pair, row, column, lanes)
            with counting(builder, start, least(builder, stop, number(self.size))) as row:
                # the tiles on the diagonal and the rows below the last whole one, entry by entry
                inside = builder.icmp_signed("<", row, number(whole))
                column_of_tile = builder.select(inside, builder.and_(row, number(-lanes)), number(0))
                with counting(builder, column_of_tile, row, perhaps_never=True) as column:
                    self._pair(target, pair, row, column, None)

    def _pair(self, target: Square | None, pair: Pairing, row: Any, column: Any, lanes: int | None) -> None:
        below, across = self.get(row, column, lanes), turned(self.get(column, row, lanes))
        found = pair(below, across)
        if target is not None:
            for place, rows in zip(((row, column), (column, row)), found, strict=True):
                if rows is not None:
                    target.put(*place, rows if place[0] is row else turned(rows))


def turned(rows: Rows) -> list[Value]:
    """The transpose of a tile, by exchanging blocks of half the size, of a quarter, and so on."""
    found = list(rows)
    distance = len(found) // 2
    while distance:
        for k in [k for k in range(len(found)) if not k & distance]:
            found[k], found[k + distance] = _exchanged(found[k], found[k + distance], distance)
        distance //= 2
    return found


def _exchanged(one: Value, other: Value, distance: int) -> tuple[Value, Value]:
    """Two rows of a tile, so far apart, whose blocks off the diagonal change places."""
    count = one.lanes or 1
    masks = [[lane if not lane & distance else count + lane - distance for lane in range(count)],
             [lane + distance if not lane & distance else count + lane for lane in range(count)]]  # fmt: skip
    kind = ir.VectorType(WORD, count)
    shuffled = [one.builder.shuffle_vector(one.ir, other.ir, ir.Constant(kind, mask)) for mask in masks]
    return one.wrap(shuffled[0]), one.wrap(shuffled[1])


def transpose(matrix: Square, factor: Value) -> None:
    """Exchange what stands below the diagonal with what stands across it, all of it times a number."""
    builder, lanes = matrix.builder, matrix.lanes
    several = factor.wrap(spread(builder, factor.ir, lanes))

    def pair(below: Rows, across: Rows) -> tuple[Rows, Rows]:
        scale = several if below[0].lanes else factor
        return [one * scale for one in across], [one * scale for one in below]

    matrix.pairs(matrix, pair)
    with counting(builder, 0, matrix.size) as row:
        matrix.put(row, row, [one * factor for one in matrix.get(row, row, None)])


def mirror(matrix: Square) -> None:
    """Copy what stands below the diagonal to the places across it."""
    matrix.pairs(matrix, lambda below, across: (None, below))


def transposed_sum(source: Square, target: Square, factor: float, share: Any, shares: int) -> Any:
    """One of several shares of a number times A + Aᵀ, and whether there is a NaN in it."""
    builder = source.builder
    lost = _Truth(builder, source.lanes)

    def pair(below: Rows, across: Rows) -> tuple[Rows, Rows]:
        found = [(one + other) * factor for one, other in zip(below, across, strict=True)]
        for one in found:
            lost.note(is_nan(one))
        return found, found

    source.pairs(target, pair, share, shares)
    with counting(builder, share, source.size, shares, perhaps_never=True) as row:
        (one,) = source.get(row, row, None)
        found = (one + one) * factor
        lost.note(is_nan(found))
        target.put(row, row, [found])
    return lost.any()


class _Truth:
    """Whether something was met, in the lanes of a variable and in a single one."""

    def __init__(self, builder: Builder, lanes: int) -> None:
        self.builder = builder
        kinds = (ir.VectorType(ir.IntType(1), lanes), ir.IntType(1))
        with builder.goto_entry_block():
            self.rooms = [builder.alloca(kind) for kind in kinds]
        self.kinds = kinds
        for room, kind in zip(self.rooms, kinds, strict=True):
            builder.store(ir.splat(kind, 0), room)

    def note(self, condition: Value) -> None:
        """Remember whether a condition holds in any lane."""
        place = 0 if condition.lanes else 1
        held = self.builder.load(self.rooms[place], typ=self.kinds[place])
        self.builder.store(self.builder.or_(held, condition.ir), self.rooms[place])

    def any(self) -> Any:
        """Whether any of the conditions has held."""
        lanes, one = [self.builder.load(room, typ=kind) for room, kind in zip(self.rooms, self.kinds, strict=True)]
        return self.builder.or_(any_lane(Value(lanes, self.builder)).ir, one)


def symmetric_half(source: Square, target: Square, tolerance: float, whole: bool) -> Any:
    """(A + Aᵀ) / 2, the `whole` or with zeros above its diagonal; whether A is farther from symmetric than allowed.

    The tolerance is a share of the largest entry. A comparison with NaN is false, as NumPy's are.
    """
    builder = source.builder
    extremes = _Extremes(builder, source.kind, source.lanes)

    def pair(below: Rows, across: Rows) -> tuple[Rows, Rows]:
        extremes.note(0, [fabs(one - other) for one, other in zip(below, across, strict=True)])
        extremes.note(1, [fabs(one) for one in (*below, *across)])
        half = [(one + other) * 0.5 for one, other in zip(below, across, strict=True)]
        return half, half if whole else [one.constant(0.0) for one in half]

    source.pairs(target, pair)
    with counting(builder, 0, source.size) as row:
        (one,) = source.get(row, row, None)
        extremes.note(1, [fabs(one)])
        target.put(row, row, [(one + one) * 0.5])
    gap, size = [extremes.largest(place) for place in range(2)]
    return (gap > size * tolerance).ir


class _Extremes:
    """The largest numbers that were met, in the lanes of variables."""

    def __init__(self, builder: Builder, kind: Any, lanes: int) -> None:
        self.builder = builder
        self.kind = ir.VectorType(kind, lanes)
        with builder.goto_entry_block():
            self.rooms = [builder.alloca(self.kind) for _ in range(2)]
        for room in self.rooms:
            builder.store(spread(builder, ir.Constant(kind, 0.0), lanes), room)

    def note(self, place: int, rows: Rows) -> None:
        """Compare with each number of some rows; with single ones in every lane."""
        found = self._held(place)
        for one in rows:
            lanes = one if one.lanes else one.wrap(spread(self.builder, one.ir, found.lanes or 1))
            found = select(lanes > found, lanes, found)
        self.builder.store(found.ir, self.rooms[place])

    def largest(self, place: int) -> Value:
        """The largest number of all lanes."""
        held = self._held(place)
        found = held.lane(0)
        for lane in range(1, held.lanes or 1):
            found = select(held.lane(lane) > found, held.lane(lane), found)
        return found

    def _held(self, place: int) -> Value:
        return Value(self.builder.load(self.rooms[place], typ=self.kind), self.builder)
