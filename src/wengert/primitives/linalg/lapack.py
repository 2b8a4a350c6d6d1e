"""LU factors and triangular solves on plain arrays, with as few copies as the memory order allows.

LAPACK stores by columns, NumPy by rows: what is factored here is the transpose of a matrix, which is the same
memory, so that nothing is rearranged.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.primitives.linalg.library import routines

__all__ = ["inverse", "is_small", "lu", "lu_solve", "odd_swaps", "solve_triangle"]

# In a stack of matrices this small a Python loop costs more than factoring them again in C; and for a single one
# LAPACK's solver from factors wakes its threads, which costs up to a thousand times what there is to do.
_SMALL: Final = 32
_SMALL_ALONE: Final = 16


def is_small(a: Any) -> bool:
    """Whether NumPy's loop in C over the matrices themselves is the fast way."""
    return bool(a.shape[-1] <= (_SMALL if a.ndim > 2 else _SMALL_ALONE))


def lu(a: Any) -> tuple[Any, Any]:
    """LU factors of the transpose of each matrix, and the pivots; small ones are left as they are."""
    pivots = np.zeros(a.shape[:-1], np.int64)
    if is_small(a) or not a.size:
        return a, pivots
    factors = np.array(a, order="C")
    found = routines(a.dtype)
    for place in np.ndindex(a.shape[:-2]):
        pivots[place] = found.factor(factors[place])
    return factors, pivots


def odd_swaps(pivots: Any) -> Any:
    """1 where the pivots permute oddly, 0 elsewhere."""
    return (pivots != np.arange(1, pivots.shape[-1] + 1)).sum(axis=-1) % 2


def lu_solve(factors: Any, pivots: Any, b: Any, transposed: bool) -> Any:
    """The solution for the matrix whose factors these are, or for its transpose."""
    if is_small(factors):
        return np.linalg.solve(factors.swapaxes(-1, -2) if transposed else factors, b)
    loop = np.broadcast_shapes(factors.shape[:-2], b.shape[:-2])
    dtype = np.result_type(factors, b)
    if not b.size:
        return np.zeros((*loop, *b.shape[-2:]), dtype)
    if not np.diagonal(factors, axis1=-2, axis2=-1).all():
        raise np.linalg.LinAlgError("Singular matrix")
    factors = np.ascontiguousarray(factors, dtype)
    solve = routines(dtype).solve
    # the factors are those of the transpose
    if factors.ndim == 2:
        columns = np.moveaxis(b, -2, 0)
        right = np.array(columns.reshape(len(columns), -1), dtype, order="F")
        solved = solve(factors, pivots, right, not transposed)
        return solved if b.ndim == 2 else np.moveaxis(solved.reshape(columns.shape), 0, -2)
    out = np.empty((*loop, *b.shape[-2:]), dtype)
    factors = np.broadcast_to(factors, (*loop, *factors.shape[-2:]))
    pivots = np.broadcast_to(pivots, (*loop, pivots.shape[-1]))
    b = np.broadcast_to(b, out.shape)
    for place in np.ndindex(loop):
        out[place] = solve(factors[place], pivots[place], np.array(b[place], dtype, order="F"), not transposed)
    return out


def inverse(factors: Any, pivots: Any) -> Any:
    """The inverse of each matrix whose factors these are; raises NumPy's error for a singular one."""
    if is_small(factors) or not factors.size:
        return np.linalg.inv(factors)
    invert = routines(factors.dtype).invert
    out = np.array(factors, order="C")
    for place in np.ndindex(factors.shape[:-2]):
        found, singular = invert(out[place], pivots[place])
        if singular:
            raise np.linalg.LinAlgError("Singular matrix")
        if found is not out:
            out[place] = found
    return out


def solve_triangle(t: Any, b: Any, lower: bool, transposed: bool) -> Any:
    """The solution X of T X = B, or of the transposed system, with a triangular T."""
    loop = np.broadcast_shapes(t.shape[:-2], b.shape[:-2])
    dtype = np.result_type(t, b)
    out = np.array(np.broadcast_to(b, (*loop, *b.shape[-2:])), dtype, order="C")
    if not out.size:
        return out
    if is_small(t):
        clean = np.tril(t) if lower else np.triu(t)
        return np.linalg.solve(clean.swapaxes(-1, -2) if transposed else clean, b)
    t = np.broadcast_to(np.ascontiguousarray(t, dtype), (*loop, *t.shape[-2:]))
    solve = routines(dtype).solve_triangle
    # by rows, T X = B reads X^T T^T = B^T by columns: the triangle changes sides, and so does the product
    for place in np.ndindex(loop):
        found = solve(t[place], out[place], lower, transposed)
        if found is not out:
            out[place] = found
    lost = np.isnan(np.diagonal(t, axis1=-2, axis2=-1)).any(axis=-1)
    if lost.any():
        # BLAS leaves a right-hand side of zeros as it is, which would hide that the factor is none
        out[lost] = np.nan
    return out
