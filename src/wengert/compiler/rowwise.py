"""Factorisations of matrices of seven and eight rows, and what is solved with them: short loops over rows as vectors.

Written out entry by entry they would be a thousand instructions, and more numbers than there are registers: eight rows
took LLVM twice as long, and were not faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.compiler import ir
from wengert.compiler.counting import counting, number
from wengert.compiler.eliminating import refused
from wengert.compiler.gathered import Part, Seen, columns, larger, largest_lane, like
from wengert.compiler.substituting import determinant
from wengert.compiler.values import Builder, Value, fabs, fma, select, sqrt

__all__ = ["cholesky", "cofactors", "eliminate", "inverse", "inverse_of_square", "solve", "solve_triangle"]

WORD: Final = ir.IntType(32)
INDEX: Final = ir.IntType(64)
Factor = Callable[[Any, Any], Value]


class _Room:
    """Memory of a function's own for some rows, of so many lanes or of single numbers."""

    def __init__(self, builder: Builder, kind: Any, count: int, width: int | None) -> None:
        self.builder = builder
        self.kind = kind if width is None else ir.VectorType(kind, width)
        self.element = kind
        with builder.goto_entry_block():
            self.start = builder.alloca(self.kind, size=count)

    def get(self, row: Any = 0) -> Value:
        return Value(self.builder.load(self._at(row), typ=self.kind), self.builder)

    def put(self, value: Value, row: Any = 0) -> None:
        self.builder.store(value.ir, self._at(row))

    def lane(self, row: Any, lane: Any) -> Value:
        """One number of a row."""
        place = self.builder.gep(self._at(row), [number(lane)], source_etype=self.element)
        return Value(self.builder.load(place, typ=self.element), self.builder)

    def _at(self, row: Any) -> Any:
        return self.builder.gep(self.start, [number(row)], source_etype=self.kind)


def eliminate(source: Part, factors: Part, pivots: Part, size: int) -> Any:
    """LU factors and pivots; whether NumPy has to look at the matrix itself."""
    builder = source.builder
    with counting(builder, 0, size) as row:
        place = builder.mul(row, number(size))
        factors.put(place, source.get(place, size))
    with counting(builder, 0, size) as step:
        pivot = _first_largest(factors, step, size)
        pivots.put(step, (pivot + 1).to_integer(32))
        above, below = builder.mul(step, number(size)), builder.mul(pivot.ir, number(size))
        one, other = factors.get(above, size), factors.get(below, size)
        factors.put(below, one)
        factors.put(above, other)
        _clear_column(factors, step, size, 1.0 / factors.get(builder.mul(step, number(size + 1))), other)
    return refused([factors.get(k * (size + 1)) for k in range(size)])


def _first_largest(factors: Part, step: Any, size: int) -> Value:
    """The row with the largest number in a column, from the diagonal on."""
    builder, before = factors.builder, factors.builder.block
    with counting(builder, step, size) as row:
        best, place = builder.phi(factors.kind), builder.phi(INDEX)
        entry, held = fabs(factors.get(_entry(builder, row, step, size))), Value(best, builder)
        more = entry > held
        found = select(more, Value(row, builder), Value(place, builder))
        for joined, first, new in ((best, held.constant(-1.0).ir, select(more, entry, held)), (place, step, found)):
            joined.add_incoming(first, before)
            joined.add_incoming(new.ir, builder.block)
    return found


def _entry(builder: Builder, row: Any, column: Any, size: int) -> Any:
    return builder.add(builder.mul(row, number(size)), column)


def _clear_column(factors: Part, step: Any, size: int, scale: Value, line: Value) -> None:
    """Subtract multiples of one row from all below it; the multipliers take the place of the zeros."""
    builder = factors.builder
    before, here = _lanes(factors, step, size)
    with counting(builder, builder.add(step, number(1)), size, perhaps_never=True) as row:
        old = factors.get(builder.mul(row, number(size)), size)
        times = like(factors.get(_entry(builder, row, step, size)) * scale, old)
        new = select(here, times, old - times * line)
        factors.put(builder.mul(row, number(size)), select(before, old, new))


def _lanes(factors: Part, step: Any, size: int) -> tuple[Value, Value]:
    """Which lanes come before one, and which is the one."""
    builder, kind = factors.builder, ir.IntType(8 * factors.align)
    lanes = Value(ir.Constant(ir.VectorType(kind, size), list(range(size))), builder)
    one = like(Value(step if kind is INDEX else builder.trunc(step, kind), builder), lanes)
    return lanes < one, lanes == one


def cholesky(source: Part, factor: Part, size: int) -> Any:
    """The lower factor of the symmetric part; whether NumPy has to look at the matrix itself."""
    builder = source.builder
    bad = _symmetric_part(source, factor, size)
    with counting(builder, 0, size) as step:
        place = builder.mul(step, number(size))
        pivot, row = factor.get(builder.mul(step, number(size + 1))), factor.get(place, size)
        bad.note(~((pivot > 0.0) & (pivot < np.inf)))
        root = sqrt(pivot)
        scale = 1.0 / root
        _clear_column(factor, step, size, scale, row * like(scale, row))
        before, here = _lanes(factor, step, size)
        factor.put(place, select(before, row, select(here, like(root, row), row.constant(0.0))))
    return bad.any()


def _symmetric_part(source: Part, target: Part, size: int) -> Seen:
    """(A + Aᵀ) / 2, and whether A is farther from symmetric than rounding explains: a quarter of the digits."""
    builder, kind = source.builder, ir.VectorType(source.kind, size)
    gap, most = [_Room(builder, source.kind, 1, size) for _ in range(2)]
    for room in (gap, most):
        room.put(Value(ir.splat(kind, 0.0), builder))
    with counting(builder, 0, size) as place:
        row: Value = source.get(builder.mul(place, number(size)), size)
        column: Any = ir.Constant(kind, ir.Undefined)
        for k in range(size):
            one = source.get(builder.add(place, number(k * size)))
            column = builder.insert_element(column, one.ir, ir.Constant(WORD, k))
        across = row.wrap(column)
        gap.put(larger(gap.get(), fabs(row - across)))
        most.put(larger(most.get(), fabs(row)))
        target.put(builder.mul(place, number(size)), (row + across) * 0.5)
    tolerance = float(np.finfo(_dtype(source)).eps ** 0.25)
    bad = Seen(builder)
    bad.note(largest_lane(gap.get()) > largest_lane(most.get()) * tolerance)
    return bad


def _dtype(part: Part) -> Any:
    return np.float32 if part.align == 4 else np.float64


def solve(factors: Part, pivots: Part, right: Part, target: Part, size: int, transposed: bool) -> Any:
    """X of A X = B, or of the transposed system, from factors of A; whether a number in X is not finite."""
    builder, bad = right.builder, Seen(right.builder)
    with columns(right, right.columns) as (start, width):
        x = _Room(builder, right.kind, size, width)
        with counting(builder, 0, size) as row:
            x.put(right.get(builder.add(builder.mul(row, number(right.columns)), start), width), row)
        _solve(x, factors, pivots, size, transposed)
        _write(x, target, size, start, bad)
    return bad.any()


def _write(x: _Room, target: Part, size: int, start: Any, bad: Seen, factor: Value | None = None) -> None:
    builder = target.builder
    with counting(builder, 0, size) as row:
        value = x.get(row)
        bad.note(~(fabs(value) < np.inf))
        place = builder.add(builder.mul(row, number(target.columns)), number(start))
        target.put(place, value if factor is None else value * like(factor, value))


def _solve(x: _Room, factors: Part, pivots: Part, size: int, transposed: bool) -> None:
    if not transposed:
        _exchange(x, pivots, size, False)
        _substitute(x, _entries(factors, size, False), size, False, False)
        _substitute(x, _entries(factors, size, False), size, True, True)
    else:
        _substitute(x, _entries(factors, size, True), size, False, True)
        _substitute(x, _entries(factors, size, True), size, True, False)
        _exchange(x, pivots, size, True)


def _entries(part: Part, size: int, transposed: bool) -> Factor:
    def entry(row: Any, column: Any) -> Value:
        return part.get(_entry(part.builder, *((column, row) if transposed else (row, column)), size))

    return entry


def _exchange(x: _Room, pivots: Part, size: int, backward: bool) -> None:
    """Exchange rows as the pivots say, in their order or from the last one back."""
    builder = x.builder
    with counting(builder, 0, size) as turn:
        place = builder.sub(number(size - 1), turn) if backward else turn
        pivot = (pivots.get(place).to_integer(64) - 1).ir
        one, other = x.get(place), x.get(pivot)
        x.put(one, pivot)
        x.put(other, place)


def _substitute(x: _Room, factor: Factor, size: int, backward: bool, divide: bool) -> None:
    """Solve with what is left of a diagonal or right of it; that itself counts as ones unless it is to `divide`."""
    builder = x.builder
    with counting(builder, 0, size) as turn:
        place = builder.sub(number(size - 1), turn) if backward else turn
        value = x.get(place)
        if divide:
            value = value / like(factor(place, place), value)
            x.put(value, place)
        start, stop = (number(0), place) if backward else (builder.add(place, number(1)), number(size))
        with counting(builder, start, stop, perhaps_never=True) as row:
            x.put(fma(like(factor(row, place), value), -value, x.get(row)), row)


def _identity(builder: Builder, kind: Any, size: int) -> _Room:
    x, rows = _Room(builder, kind, size, size), ir.VectorType(kind, size)
    for row in range(size):
        ones = ir.Constant(rows, [float(row == column) for column in range(size)])
        x.put(Value(ones, builder), row)
    return x


def inverse(factors: Part, pivots: Part, target: Part, size: int) -> Any:
    """The solution with the identity on the right; whether a number in it is not finite."""
    x, bad = _identity(target.builder, target.kind, size), Seen(target.builder)
    _solve(x, factors, pivots, size, False)
    _write(x, target, size, 0, bad)
    return bad.any()


def cofactors(matrix: Part, factors: Part, pivots: Part, target: Part, size: int) -> Any:
    """det(A) A⁻ᵀ; whether A is near to singular, or its determinant to the ends of the numbers."""
    builder = target.builder
    x = _identity(builder, target.kind, size)
    _solve(x, factors, pivots, size, True)
    bad = Seen(builder)
    diagonal = [factors.get(k * (size + 1)) for k in range(size)]
    factor, outside = determinant(diagonal, [pivots.get(k).to_float(target.kind) for k in range(size)])
    sizes = [_Room(builder, target.kind, 1, size) for _ in range(2)]
    for room in sizes:
        room.put(Value(ir.splat(room.kind, 0.0), builder))
    with counting(builder, 0, size) as row:
        for room, value in zip(sizes, (x.get(row), matrix.get(builder.mul(row, number(size)), size)), strict=True):
            room.put(larger(room.get(), fabs(value)))
    # at least as large as any norm of A times that of its inverse
    condition = largest_lane(sizes[0].get()) * largest_lane(sizes[1].get()) * float(size * size)
    bad.note(outside | ~(condition < float(np.finfo(_dtype(target)).eps ** -0.5)))
    _write(x, target, size, 0, bad, factor)
    return bad.any()


def solve_triangle(triangle: Part, right: Part, target: Part, size: int, lower: bool, transposed: bool) -> Any:
    """X of T X = B, or of the transposed system; whether a number of the diagonal is zero, or one of X not finite."""
    builder, bad = right.builder, Seen(right.builder)
    with columns(right, right.columns) as (start, width):
        x = _Room(builder, right.kind, size, width)
        with counting(builder, 0, size) as row:
            x.put(right.get(builder.add(builder.mul(row, number(right.columns)), start), width), row)
        _substitute(x, _entries(triangle, size, transposed), size, lower is transposed, True)
        _write(x, target, size, start, bad)
    _note_zeros(triangle, size, bad)
    return bad.any()


def inverse_of_square(triangle: Part, target: Part, size: int) -> Any:
    """(L Lᵀ)⁻¹, the same on both sides of the diagonal; whether a number on that of L is zero or none."""
    builder, bad = target.builder, Seen(target.builder)
    half, total = _identity(builder, target.kind, size), _Room(builder, target.kind, 1, size)
    _substitute(half, _entries(triangle, size, False), size, False, True)
    with counting(builder, 0, size) as row:
        # the zeros of the triangle add nothing, so that an entry and the one across are the same sum
        total.put(Value(ir.splat(total.kind, 0.0), builder))
        with counting(builder, row, size) as k:
            line = half.get(k)
            total.put(fma(like(half.lane(k, row), line), line, total.get()))
        target.put(builder.mul(row, number(size)), total.get())
    _note_zeros(triangle, size, bad)
    return bad.any()


def _note_zeros(triangle: Part, size: int, bad: Seen) -> None:
    """Note whether a number on a diagonal is zero, infinite or none."""
    builder = triangle.builder
    with counting(builder, 0, size) as row:
        entry = fabs(triangle.get(builder.mul(row, number(size + 1))))
        bad.note(~((entry > 0.0) & (entry < np.inf)))
