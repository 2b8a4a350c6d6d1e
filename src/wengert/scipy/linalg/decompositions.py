"""Decompositions as SciPy calls them, on the rules that there are for NumPy's."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.linalg

from wengert.graph import Primitive
from wengert.numpy.selecting import take
from wengert.primitives.linalg.matrices import adjoint, inexact, squares, triangle
from wengert.primitives.linalg.solve import regular, triangular_solve
from wengert.primitives.shaping import swap_last
from wengert.scipy.linalg.equations import solve_triangular
from wengert.scipy.linalg.functions import sqrtm
from wengert.scipy.mirror import refusal, serves, traced
from wengert.tracing import type_of

__all__ = [
    "cho_factor", "cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq", "lu", "lu_factor",
    "lu_solve", "norm", "pinv", "polar", "qr", "svd", "svdvals",
]  # fmt: skip

_plain: Final[Any] = scipy.linalg

row_order = Primitive(
    "lu_row_order", signature="(m,n)->(m)", differentiable=False, notation="row_order({0})",
    domain="everywhere; constant", cite="locally constant",
)  # fmt: skip
row_order.evaluate(lambda xp, a: np.argsort(_plain.lu(a, p_indices=True)[0], axis=-1))
row_order.dtype(lambda a: np.dtype(np.intp))
row_order.samples(lambda r: ((r.normal(size=(3, 3)),), {}), lambda r: ((r.normal(size=(2, 4, 3)),), {}))

exchanges = Primitive(
    "lu_exchanges", signature="(n)->(n)", differentiable=False, notation="exchanges({0})",
    domain="an order of rows", cite="the result of LAPACK's getrf",
)  # fmt: skip
exchanged = Primitive(
    "lu_exchanged_rows", signature="(n)->(n)", differentiable=False, notation="exchanged({0})",
    domain="the exchanges of `lu_exchanges`", cite="the inverse of lu_exchanges",
)  # fmt: skip


@exchanges.evaluate
def _exchanges_value(xp: Any, order: Any) -> Any:
    """The exchanges that bring rows into this order, one after the other."""
    found = np.zeros(order.shape, np.int32)
    for stack in np.ndindex(order.shape[:-1]):
        current = list(range(order.shape[-1]))
        for k, row in enumerate(order[stack]):
            place = current.index(int(row))
            current[k], current[place] = current[place], current[k]
            found[(*stack, k)] = place
    return found


@exchanged.evaluate
def _exchanged_value(xp: Any, pivots: Any) -> Any:
    order = np.broadcast_to(np.arange(pivots.shape[-1]), pivots.shape).copy()
    for stack in np.ndindex(pivots.shape[:-1]):
        row = order[stack]
        for k, place in enumerate(pivots[stack]):
            row[[k, place]] = row[[place, k]]
    return order


exchanges.dtype(lambda order: np.dtype(np.int32))
exchanged.dtype(lambda pivots: np.dtype(np.intp))
exchanges.samples(
    lambda r: ((r.permutation(3),), {}), lambda r: ((r.permuted(np.tile(np.arange(4), (2, 1)), axis=1),), {})
)
exchanged.samples(
    lambda r: ((np.array([2, 1, 2], np.int32),), {}), lambda r: ((np.array([[1, 1], [0, 1]], np.int32),), {})
)

triangular_factors = Primitive(
    "triangular_factors", signature="(n,n)->(n,n),(n,n)", outputs=2, notation="lu({0})",
    domain="all leading minors regular; without exchanges of rows",
    cite="dL = L tril(M, -1), dU = triu(M) U, M = L^-1 dA U^-1; de Hoog et al. (2011), The derivatives of LU "
    "factorisations",
)  # fmt: skip


@triangular_factors.evaluate
def _factors_value(xp: Any, a: Any) -> Any:
    out = np.array(a)
    lower = np.zeros_like(out)
    for k in range(out.shape[-1]):
        lower[..., k:, k] = out[..., k:, k] / out[..., k, k, None]
        out = out - lower[..., :, k, None] * out[..., None, k, :]
        # row k itself has been taken away with the rest
        out[..., k, :] = 0
    return lower, np.linalg.solve(lower, a) * np.triu(np.ones(a.shape[-2:], a.dtype))


@triangular_factors.differential
def _d_factors(out: Any, a: Any) -> Any:
    lower, upper = out

    def linear(da: Any) -> Any:
        left = triangular_solve(lower, da, lower=True, transposed=False)
        middle = swap_last(triangular_solve(upper, swap_last(left), lower=False, transposed=True))
        return lower @ triangle(middle, lower=True, diagonal=0.0), triangle(middle, lower=False, diagonal=1.0) @ upper

    return (linear,)


triangular_factors.samples(
    lambda r: ((regular(3, 3)(r),), {}),
    lambda r: ((regular(2, 3, 3)(r),), {}),
    lambda r: ((regular(3, 3, dtype=np.float32)(r),), {}),
    lambda r: ((regular(3, 3, dtype=np.complex128)(r),), {}),
)


@serves(_plain.lu)
def lu(a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True,
       p_indices: bool = False) -> Any:  # fmt: skip
    """P, L, U with A = P L U, in all modes of SciPy; the order of the rows is constant."""
    (a,) = inexact(a)
    shape = type_of(a).shape
    if len(shape) != 2:
        raise refusal("scipy.linalg.lu of a stack of matrices", "for traced values: use wengert.vmap")
    order = row_order(a)
    factors = _ordered_factors(a[order], shape)
    back = np.argsort(order)
    if permute_l:
        return factors[0][back], factors[1]
    return (back if p_indices else take(np.eye(shape[0]), back, axis=0), *factors)


def _ordered_factors(a: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """L and U of a matrix whose rows are in order; what sticks out of the square solves triangular systems."""
    rows, columns = shape
    k = min(rows, columns)
    lower, upper = triangular_factors(a[:k, :k])
    if rows > k:
        rest = swap_last(triangular_solve(upper, swap_last(a[k:]), lower=False, transposed=True))
        lower = np.concatenate([lower, rest], axis=0)
    if columns > k:
        rest = triangular_solve(lower, a[:, k:], lower=True, transposed=False)
        upper = np.concatenate([upper, rest], axis=1)
    return lower, upper


@serves(_plain.lu_factor)
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Both factors in one matrix, and the row that each row was exchanged with."""
    a = squares(a, "lu_factor")
    order = row_order(a)
    lower, upper = _ordered_factors(a[order], type_of(a).shape)
    return triangle(lower, lower=True, diagonal=0.0) + upper, exchanges(order)


@serves(_plain.lu_solve)
def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """X with A X = B from the result of `lu_factor`."""
    factors, pivots = lu_and_piv
    factors, b = inexact(factors, b)
    order = exchanged(pivots)
    if trans == 0:
        return solve_triangular(
            factors, solve_triangular(factors, take(b, order, axis=0), lower=True, unit_diagonal=True)
        )
    inner = solve_triangular(factors, b, trans=trans)
    return solve_triangular(factors, inner, trans=trans, lower=True, unit_diagonal=True)[np.argsort(order)]


@serves(_plain.cholesky)
def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The triangular factor, the upper one unless said otherwise."""
    factor = np.linalg.cholesky(squares(a, "cholesky"))
    return factor if lower else adjoint(factor)


@serves(_plain.cho_factor)
def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The triangular factor, for `cho_solve`."""
    return cholesky(a, lower), lower


@serves(_plain.qr)
def qr(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", pivoting: bool = False,
       check_finite: bool = True) -> Any:  # fmt: skip
    """Q and R; without exchange of columns."""
    if pivoting or mode == "raw":
        raise refusal("scipy.linalg.qr with pivoting or mode='raw'", "for traced values")
    if mode == "r":
        return (np.linalg.qr(a, mode="r"),)
    q, r = np.linalg.qr(a, mode="complete" if mode == "full" else "reduced")
    return q, r


@serves(_plain.eigh)
def eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, overwrite_a: bool = False,
         overwrite_b: bool = False, type: int = 1, check_finite: bool = True, subset_by_index: Any = None,
         subset_by_value: Any = None, driver: Any = None) -> Any:  # fmt: skip
    """Eigenvalues and vectors of A v = w B v, with A Hermitian and B positive definite.

    Vectors have the signs that NumPy gives them, which may be others than SciPy's.
    """
    if type != 1 or subset_by_index is not None or subset_by_value is not None:
        raise refusal("scipy.linalg.eigh of type 2 or 3, or of a subset", "for traced values")
    a = squares(a, "eigh")
    if b is None:
        return np.linalg.eigvalsh(a) if eigvals_only else tuple(np.linalg.eigh(a))
    a, b = inexact(a, b)
    factor = np.linalg.cholesky(b)
    inner = adjoint(np.linalg.solve(factor, adjoint(np.linalg.solve(factor, a))))
    inner = 0.5 * (inner + adjoint(inner))
    if eigvals_only:
        return np.linalg.eigvalsh(inner)
    w, v = np.linalg.eigh(inner)
    return w, np.linalg.solve(adjoint(factor), v)


@serves(_plain.eigvalsh)
def eigvalsh(a: Any, b: Any = None, **options: Any) -> Any:
    """Eigenvalues of A v = w B v."""
    return eigh(a, b, eigvals_only=True, **options)


@serves(_plain.eig)
def eig(a: Any, b: Any = None, left: bool = False, right: bool = True, overwrite_a: bool = False,
        overwrite_b: bool = False, check_finite: bool = True, **options: Any) -> Any:  # fmt: skip
    """Eigenvalues and right eigenvectors of a square matrix."""
    if left or b is not None:
        raise refusal("scipy.linalg.eig with left vectors or a second matrix", "for traced values")
    return tuple(np.linalg.eig(a)) if right else np.linalg.eigvals(a)


@serves(_plain.eigvals)
def eigvals(a: Any, b: Any = None, **options: Any) -> Any:
    """Eigenvalues of a square matrix."""
    return eig(a, b, right=False, **options)


@serves(_plain.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, overwrite_a: bool = False,
        check_finite: bool = True, lapack_driver: str = "gesdd") -> Any:  # fmt: skip
    """The singular value decomposition."""
    decompose: Any = np.linalg.svd
    found = decompose(a, full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(found) if compute_uv else found


@serves(_plain.svdvals)
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The singular values."""
    return np.linalg.svd(a, compute_uv=False)


@serves(_plain.inv)
def inv(a: Any, overwrite_a: bool = False, check_finite: bool = True, **options: Any) -> Any:
    """The inverse."""
    return np.linalg.inv(a)


@serves(_plain.det)
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The determinant."""
    return np.linalg.det(a)


@serves(_plain.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    """A norm of vectors or matrices."""
    return np.linalg.norm(a, ord, axis, keepdims)


@serves(_plain.pinv)
def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    """The pseudo-inverse, of constant rank."""
    if atol is not None or rtol is not None or return_rank:
        raise refusal("scipy.linalg.pinv with atol, rtol or return_rank", "for traced values")
    return np.linalg.pinv(a)


@serves(_plain.lstsq)
def lstsq(a: Any, b: Any, cond: Any = None, **options: Any) -> Any:
    """The least-squares solution, with residues, rank and singular values."""
    if traced(cond):
        raise refusal("scipy.linalg.lstsq", "in cond; give it as a plain number")
    return tuple(np.linalg.lstsq(a, b, cond))


@serves(_plain.polar)
def polar(a: Any, side: str = "right") -> Any:
    """A = U P or A = P U, with P the square root of A^H A or A A^H; of full rank on that side."""
    (a,) = inexact(a)
    if side == "right":
        p = sqrtm(adjoint(a) @ a)
        return adjoint(np.linalg.solve(p, adjoint(a))), p
    if side != "left":
        raise ValueError("`side` must be either 'right' or 'left'")
    p = sqrtm(a @ adjoint(a))
    return np.linalg.solve(p, a), p
