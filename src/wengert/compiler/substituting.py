"""What triangular factors of small matrices are for: solutions, inverses, cofactors.

The right-hand side is a list of values, one for each row. Of a single matrix all columns stand in the lanes of these
values; of several matrices the lanes are the matrices, and a loop goes through the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from wengert.compiler import ir
from wengert.compiler.counting import number
from wengert.compiler.gathered import Part, Seen, columns, larger, largest_lane, like, swapped
from wengert.compiler.values import Value, any_lane, fabs, fma, select

__all__ = ["cofactors", "determinant", "inverse", "inverse_of_square", "solve", "solve_triangle"]

WORD: Final = ir.IntType(32)
Coefficient = Callable[[int, int], Value]


class _Triangles:
    """The entries of a square matrix, as factors of values in however many lanes."""

    def __init__(self, part: Part, size: int) -> None:
        self.part = part
        self.size = size
        # of several matrices they are read once, before the loop over columns; of one they are read where needed
        self.entries = None if part.lanes is None else part.matrix(size)

    def __call__(self, row: int, column: int) -> Value:
        if self.entries is not None:
            return self.entries[row][column]
        return self.part.get(row * self.size + column)

    def diagonal(self) -> list[Value]:
        """The entries on the diagonal."""
        return [self(row, row) for row in range(self.size)]


def _forward(x: list[Value], factor: Coefficient, scales: Callable[[int, Value], Value] | None) -> None:
    """Solve with the triangle of what is left of the diagonal, which itself is what `scales` divides by, or ones."""
    for i in range(len(x)):
        for j in range(i):
            x[i] = fma(like(factor(i, j), x[i]), -x[j], x[i])
        x[i] = x[i] if scales is None else scales(i, x[i])


def _backward(x: list[Value], factor: Coefficient, scales: Callable[[int, Value], Value] | None) -> None:
    """The same with the triangle of what is right of the diagonal."""
    for i in reversed(range(len(x))):
        for j in reversed(range(i + 1, len(x))):
            x[i] = fma(like(factor(i, j), x[i]), -x[j], x[i])
        x[i] = x[i] if scales is None else scales(i, x[i])


class _Solver:
    """Solves with the factors of A, or of its transpose."""

    def __init__(self, factors: _Triangles, pivots: Part, transposed: bool) -> None:
        self.factors = factors
        self.transposed = transposed
        # as floating numbers they are compared without a branch
        self.pivots = [pivot.to_float(factors.part.kind) for pivot in pivots.entries(factors.size)]
        # of pivots whose reciprocals are no loss; elimination has refused others
        self.reciprocals = [1.0 / entry for entry in factors.diagonal()]

    def solve(self, x: list[Value]) -> None:
        """Put the solution in the place of the right-hand side."""
        if not self.transposed:
            self._exchange(x, range(len(x) - 1))
            _forward(x, self.factors, None)
            _backward(x, self.factors, self._scale)
        else:
            _forward(x, self._across, self._scale)
            _backward(x, self._across, None)
            self._exchange(x, reversed(range(len(x) - 1)))

    def _across(self, row: int, column: int) -> Value:
        return self.factors(column, row)

    def _scale(self, row: int, value: Value) -> Value:
        return value * like(self.reciprocals[row], value)

    def _exchange(self, x: list[Value], steps: Any) -> None:
        for k in steps:
            pivot = like(self.pivots[k], x[0])
            for i in range(k + 1, len(x)):
                x[k], x[i] = swapped(pivot == i + 1, x[k], x[i])


def _read(part: Part, size: int, start: Any, width: int | None) -> list[Value]:
    if part.lanes is not None:
        return part.entries(size, start, part.columns)
    return [part.get(part.builder.add(start, number(row * part.columns)), width) for row in range(size)]


def _write(part: Part, x: list[Value], start: Any, bad: Seen) -> None:
    for value in x:
        bad.note(~(fabs(value) < np.inf))
    if part.lanes is not None:
        part.fill(x, start, part.columns)
        return
    for row, value in enumerate(x):
        part.put(part.builder.add(start, number(row * part.columns)), value)


def _unit(part: Part, size: int, start: Any, width: int | None) -> list[Value]:
    """Columns of the identity."""
    if part.lanes is None:
        if width is None:
            return [part.constant(1.0)]
        kind = ir.VectorType(part.kind, width)
        return [
            Value(ir.Constant(kind, [float(row == column) for column in range(width)]), part.builder)
            for row in range(size)
        ]
    one, zero = part.constant(1.0), part.constant(0.0)
    return [
        one.wrap(part.builder.select(part.builder.icmp_signed("==", start, number(row)), one.ir, zero.ir))
        for row in range(size)
    ]


def solve(factors: Part, pivots: Part, right: Part, target: Part, size: int, transposed: bool) -> Any:
    """X of A X = B, or of the transposed system; whether a number in X is not finite, which is up to NumPy."""
    bad = Seen(right.builder)
    solver = _Solver(_Triangles(factors, size), pivots, transposed)
    with columns(right, right.columns) as (start, width):
        x = _read(right, size, start, width)
        solver.solve(x)
        _write(target, x, start, bad)
    return bad.any()


def inverse(factors: Part, pivots: Part, target: Part, size: int) -> Any:
    """The solution with the identity on the right; whether a number in it is not finite."""
    bad = Seen(target.builder)
    solver = _Solver(_Triangles(factors, size), pivots, False)
    with columns(target, size) as (start, width):
        x = _unit(target, size, start, width)
        solver.solve(x)
        _write(target, x, start, bad)
    return bad.any()


def cofactors(matrix: Part, factors: Part, pivots: Part, target: Part, size: int) -> Any:
    """det(A) A⁻ᵀ; whether A is near to singular, or its determinant to the ends of the numbers."""
    builder, bad = target.builder, Seen(target.builder)
    limits = np.finfo(np.float32 if target.align == 4 else np.float64)
    solver = _Solver(_Triangles(factors, size), pivots, True)
    factor, refused = determinant(solver.factors.diagonal(), solver.pivots)
    zero = target.constant(0.0)
    with builder.goto_entry_block():
        room = builder.alloca(zero.type)
    builder.store(zero.ir, room)
    with columns(target, size) as (start, width):
        x = _unit(target, size, start, width)
        solver.solve(x)
        held = Value(builder.load(room, typ=zero.type), builder)
        largest = _largest(x)
        builder.store(larger(largest_lane(largest) if target.lanes is None else largest, held).ir, room)
        _write(target, [value * like(factor, value) for value in x], start, bad)
    if matrix.lanes is None:
        entries = largest_lane(_largest([matrix.get(row * size, size if size > 1 else None) for row in range(size)]))
    else:
        entries = _largest(matrix.entries(size * size))
    # at least as large as any norm of A times that of its inverse
    condition = entries * Value(builder.load(room, typ=zero.type), builder) * float(size * size)
    bad.note(refused | ~(condition < float(limits.eps**-0.5)))
    return bad.any()


def _largest(values: list[Value]) -> Value:
    found = fabs(values[0])
    for value in values[1:]:
        found = larger(fabs(value), found)
    return found


def determinant(diagonal: Sequence[Value], pivots: Sequence[Value]) -> tuple[Value, Value]:
    """The product of a diagonal, with the sign of its order; whether a product is near the ends of the numbers."""
    ends = float(np.finfo(np.float32 if diagonal[0].width == 32 else np.float64).max ** 0.5)
    product: Value | None = None
    refused: Value | None = None
    for row, (entry, pivot) in enumerate(zip(diagonal, pivots, strict=True)):
        signed = select(pivot != row + 1, -entry, entry)
        product = signed if product is None else product * signed
        outside = ~((fabs(product) < ends) & (fabs(product) > 1.0 / ends))
        refused = outside if refused is None else refused | outside
    assert product is not None
    assert refused is not None
    return product, refused


def solve_triangle(triangle: Part, right: Part, target: Part, size: int, lower: bool, transposed: bool) -> Any:
    """X of T X = B, or of the transposed system; whether a number of the diagonal is zero, or one of X not finite."""
    bad = Seen(right.builder)
    entries = _Triangles(triangle, size)
    diagonal = entries.diagonal()

    def scale(row: int, value: Value) -> Value:
        return value / like(diagonal[row], value)

    def factor(row: int, column: int) -> Value:
        return entries(column, row) if transposed else entries(row, column)

    substitute = _forward if lower is not transposed else _backward
    with columns(right, right.columns) as (start, width):
        x = _read(right, size, start, width)
        substitute(x, factor, scale)
        _write(target, x, start, bad)
    bad.note(_any_zero(diagonal))
    return bad.any()


def inverse_of_square(triangle: Part, target: Part, size: int) -> Any:
    """(L Lᵀ)⁻¹, the same on both sides of the diagonal; whether a number on that of L is zero or none."""
    lower = _Triangles(triangle, size)
    diagonal = lower.diagonal()
    half: dict[tuple[int, int], Value] = {}
    for column in range(size):
        half[column, column] = 1.0 / diagonal[column]
        for row in range(column + 1, size):
            total = lower(row, column) * half[column, column]
            for k in range(column + 1, row):
                total = fma(lower(row, k), half[k, column], total)
            half[row, column] = -total / diagonal[row]
    rows = [[target.constant(0.0)] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            total = half[i, i] * half[i, j]
            for k in range(i + 1, size):
                total = fma(half[k, i], half[k, j], total)
            rows[i][j] = rows[j][i] = total
    target.fill([entry for row in rows for entry in row])
    return any_lane(_any_zero(diagonal)).ir


def _any_zero(diagonal: list[Value]) -> Value:
    """Whether a number is zero, infinite or none."""
    good = (fabs(diagonal[0]) > 0.0) & (fabs(diagonal[0]) < np.inf)
    for entry in diagonal[1:]:
        good = good & (fabs(entry) > 0.0) & (fabs(entry) < np.inf)
    return ~good
