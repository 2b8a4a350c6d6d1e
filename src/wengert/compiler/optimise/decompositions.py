"""Factors of matrices as operations of optimised graphs: each computed once for all that needs it.

What LAPACK sees of a matrix in C order is its transpose, so it is the transpose that is factored, and solving with the
factors of a matrix means solving with its transpose: nothing is rearranged. A matrix of few rows, for which compiled
code needs no LAPACK, is factored as it stands.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.internal import internal
from wengert.graph import REGISTRY, bind
from wengert.primitives.linalg import lapack
from wengert.primitives.linalg.library import routines

__all__ = ["UNROLLED", "cholesky_inverse", "lu", "lu_cofactor", "lu_inverse", "lu_solve"]

UNROLLED: Final = 8
"""Rows up to which a matrix is factored as it stands."""
_FACTORS: Final = "(n,n),(n),()"

lu = internal(
    "lu",
    signature=f"(n,n)->{_FACTORS}",
    outputs=3,
    notation="lu({0})",
    shapes="(n,n) -> factors, pivots from 1, the place of the first zero pivot or 0; beyond 8 rows of the transpose",
    cite="LAPACK: getrf",
)
lu_solve = internal(
    "lu_solve",
    signature=f"{_FACTORS},(n,k)->(n,k)",
    params=("transposed",),
    notation="{0}⁻¹ {3}",
    domain="no zero pivot; NumPy's LinAlgError otherwise",
    cite="LAPACK: getrs",
)
lu_inverse = internal(
    "lu_inverse",
    signature=f"{_FACTORS}->(n,n)",
    notation="{0}⁻¹",
    domain="no zero pivot; NumPy's LinAlgError otherwise",
    cite="LAPACK: getri",
)
lu_cofactor = internal(
    "lu_cofactor",
    signature=f"(n,n),{_FACTORS}->(n,n)",
    notation="cof {0}",
    shapes="a matrix (n,n), its factors -> (n,n)",
    cite="det A times the transpose of the inverse, where A is far from singular",
)
cholesky_inverse = internal(
    "cholesky_inverse",
    signature="(n,n)->(n,n)",
    notation="({0} {0}ᵀ)⁻¹",
    shapes="a lower factor (n,n) -> (n,n), symmetric",
    domain="no zero on the diagonal; NumPy's LinAlgError otherwise",
    cite="LAPACK: potri",
)


@lu.evaluate
def _lu_value(xp: Any, a: Any) -> Any:
    factors = _in_order_of_lapack(a)
    pivots, found = np.empty(a.shape[:-1], np.int32), routines(a.dtype)
    for place in np.ndindex(a.shape[:-2]):
        pivots[place] = found.factor(factors[place])
    zeros = np.diagonal(factors, axis1=-2, axis2=-1) == 0
    first = np.where(zeros.any(axis=-1), zeros.argmax(axis=-1) + 1, 0).astype(np.int32)
    return _in_order_of_lapack(factors), pivots, first[()]


def _in_order_of_lapack(a: Any) -> Any:
    """A copy of matrices, or of few rows of their transposes: what LAPACK is to see columns of, or has left."""
    return np.array(a if a.shape[-1] > UNROLLED else a.swapaxes(-1, -2), order="C")


lu.dtype(lambda a: (a.dtype, np.dtype(np.int32), np.dtype(np.int32)))
lu.flops(lambda a: 2 * a.size * a.shape[-1] // 3)


@lu_solve.evaluate
def _lu_solve_value(xp: Any, factors: Any, pivots: Any, zero_pivot: Any, b: Any, *, transposed: bool) -> Any:
    _refuse(zero_pivot)
    factors, out = _in_order_of_lapack(factors), np.empty(b.shape, factors.dtype)
    turned = not transposed if factors.shape[-1] > UNROLLED else transposed
    for place in np.ndindex(b.shape[:-2]):
        right = np.array(b[place], order="F")
        out[place] = routines(factors.dtype).solve(factors[place], pivots[place], right, turned)
    return out


lu_solve.dtype(lambda factors, pivots, zero_pivot, b, *, transposed: factors.dtype)
lu_solve.flops(lambda factors, pivots, zero_pivot, b, *, transposed: 2 * b.size * factors.shape[-1])


@lu_inverse.evaluate
def _lu_inverse_value(xp: Any, factors: Any, pivots: Any, zero_pivot: Any) -> Any:
    _refuse(zero_pivot)
    out, found = _in_order_of_lapack(factors), routines(factors.dtype)
    for place in np.ndindex(factors.shape[:-2]):
        out[place] = found.invert(out[place], pivots[place])[0]
    return _in_order_of_lapack(out)


lu_inverse.dtype(lambda factors, pivots, zero_pivot: factors.dtype)
lu_inverse.flops(lambda factors, pivots, zero_pivot: 4 * factors.size * factors.shape[-1] // 3)


lu_cofactor.evaluate(lambda xp, a, *factors: bind(REGISTRY["cofactor"], (a, *lapack.lu(a))))
lu_cofactor.dtype(lambda a, factors, pivots, zero_pivot: a.dtype)
lu_cofactor.flops(lambda a, factors, pivots, zero_pivot: 4 * a.size * a.shape[-1] // 3)


@cholesky_inverse.evaluate
def _cholesky_inverse_value(xp: Any, factor: Any) -> Any:
    _refuse(not np.diagonal(factor).all())
    half = lapack.solve_triangle(factor, np.eye(len(factor), dtype=factor.dtype), True, False)
    return half.T @ half


cholesky_inverse.flops(lambda factor: 2 * factor.size * factor.shape[-1] // 3)


def _refuse(singular: Any) -> None:
    if np.any(singular):
        raise np.linalg.LinAlgError("Singular matrix")
