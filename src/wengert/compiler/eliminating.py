"""LU and Cholesky factors of matrices of up to six rows, entry by entry in registers.

The pivot is the largest number of a column, the first one of several, as LAPACK chooses it. What is subtracted from an
entry is summed up before, and multipliers are products with the reciprocal of the pivot, each rounded by itself: so
the pivots of up to four rows are those of OpenBLAS, bit by bit, and a matrix is singular where it is to NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.compiler.gathered import Part, larger, swapped
from wengert.compiler.values import Value, any_lane, fabs, select, sqrt

__all__ = ["cholesky", "eliminate", "refused"]

Matrix = list[list[Value]]


def eliminate(source: Part, factors: Part, pivots: Part, size: int) -> Any:
    """Factors and pivots entry by entry; whether NumPy has to look at the matrix itself."""
    rows = source.matrix(size)
    # what is yet to be subtracted from the entries
    sums: list[list[Value | None]] = [[None] * size for _ in range(size)]
    chosen = []
    for k in range(size):
        for i in range(k, size):
            rows[i][k], sums[i][k] = _rest(rows[i][k], sums[i][k]), None
        place = _first_largest([rows[i][k] for i in range(k, size)], k + 1)
        chosen.append(place)
        for i in range(k + 1, size):
            moved = place == i + 1
            for j in range(size):
                rows[k][j], rows[i][j] = swapped(moved, rows[k][j], rows[i][j])
                above, below = sums[k][j], sums[i][j]
                if above is not None and below is not None:
                    sums[k][j], sums[i][j] = swapped(moved, above, below)
        reciprocal = 1.0 / rows[k][k]
        for j in range(k + 1, size):
            rows[k][j], sums[k][j] = _rest(rows[k][j], sums[k][j]), None
        for i in range(k + 1, size):
            rows[i][k] = rows[i][k] * reciprocal
            for j in range(k + 1, size):
                term, before = rows[i][k] * rows[k][j], sums[i][j]
                sums[i][j] = term if before is None else before + term
    factors.fill([entry for row in rows for entry in row])
    pivots.fill([place.to_integer(32) for place in chosen])
    return refused([rows[k][k] for k in range(size)])


def _rest(entry: Value, less: Value | None) -> Value:
    return entry if less is None else entry - less


def _first_largest(column: Sequence[Value], first: int) -> Value:
    """Which number is the largest, counted from `first`: as a floating one, which is compared without a branch."""
    best, place = fabs(column[0]), column[0].constant(first)
    for further, entry in enumerate(column[1:], first + 1):
        more = fabs(entry) > best
        best, place = select(more, fabs(entry), best), select(more, place.constant(further), place)
    return place


def refused(diagonal: Sequence[Value]) -> Any:
    """Whether a pivot is zero, no number, or such that its reciprocal or a quotient of two loses digits.

    An infinity or NaN anywhere in a matrix gives one of them among the pivots.
    """
    dtype = np.float32 if diagonal[0].width == 32 else np.float64
    limits = np.finfo(dtype)
    tiny = float(limits.tiny)
    sizes = [fabs(entry) for entry in diagonal]
    smallest = largest = sizes[0]
    held = sizes[0] <= 1.0 / tiny
    for size in sizes[1:]:
        held = held & (size <= 1.0 / tiny)
        smallest, largest = select(size < smallest, size, smallest), select(size > largest, size, largest)
    held = held & (smallest >= tiny) & (smallest > largest * (tiny / float(limits.eps) ** 2))
    return any_lane(~held).ir


def cholesky(source: Part, factor: Part, size: int) -> Any:
    """The lower factor of the symmetric part; whether NumPy has to look at the matrix itself.

    That is where it is farther from symmetric than rounding explains, not positive definite, or infinite.
    """
    rows = source.matrix(size)
    dtype = np.float32 if rows[0][0].width == 32 else np.float64
    zero = factor.constant(0.0)
    gap, most = zero, zero
    lower: Matrix = [[zero] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            gap = larger(gap, fabs(rows[i][j] - rows[j][i])) if i != j else gap
            most = larger(larger(most, fabs(rows[i][j])), fabs(rows[j][i]))
            lower[i][j] = (rows[i][j] + rows[j][i]) * 0.5 if i != j else rows[i][i]
    bad = gap > most * float(np.finfo(dtype).eps ** 0.25)
    for j in range(size):
        for t in range(j):
            lower[j][j] = lower[j][j] - lower[j][t] * lower[j][t]
        bad = bad | ~((lower[j][j] > 0.0) & (lower[j][j] < np.inf))
        lower[j][j] = sqrt(lower[j][j])
        reciprocal = 1.0 / lower[j][j]
        for i in range(j + 1, size):
            for t in range(j):
                lower[i][j] = lower[i][j] - lower[i][t] * lower[j][t]
            lower[i][j] = lower[i][j] * reciprocal
    factor.fill([entry for row in lower for entry in row])
    return any_lane(bad).ir
