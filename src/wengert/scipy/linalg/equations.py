"""Linear and matrix equations."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.linalg

from wengert.graph import Primitive
from wengert.primitives.arithmetic import conj
from wengert.primitives.linalg.matrices import adjoint, inexact, squares, triangle
from wengert.primitives.linalg.solve import triangular_solve
from wengert.primitives.shaping import swap_last
from wengert.scipy.linalg.structured import from_diagonals, toeplitz
from wengert.scipy.mirror import refusal, serves
from wengert.tracing import as_operand, type_of

__all__ = [
    "cho_solve", "solve", "solve_banded", "solve_continuous_lyapunov", "solve_discrete_lyapunov", "solve_sylvester",
    "solve_toeplitz", "solve_triangular", "solveh_banded",
]  # fmt: skip

_plain: Final[Any] = scipy.linalg

sylvester = Primitive(
    "sylvester", signature="(m,m),(n,n),(m,n)->(m,n)", notation="sylvester({args})",
    domain="no eigenvalue of A is that of -B", cite="A dX + dX B = dQ - dA X - X dB; Higham, Functions of Matrices "
    "(2008), B.14",
)  # fmt: skip


@sylvester.evaluate
def _sylvester_value(xp: Any, a: Any, b: Any, q: Any) -> Any:
    dtype = np.result_type(a, b, q)
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2], q.shape[:-2])
    operands = [np.broadcast_to(x, (*stack, *x.shape[-2:])) for x in (a, b, q)]
    out = np.zeros((*stack, *q.shape[-2:]), dtype)
    for place in np.ndindex(stack):
        out[place] = _plain.solve_sylvester(*(x[place] for x in operands))
    return out


sylvester.differential(
    lambda x, a, b, q: (
        lambda da: -sylvester(a, b, da @ x),
        lambda db: -sylvester(a, b, x @ db),
        lambda dq: sylvester(a, b, dq),
    )
)
sylvester.transpose(2)(lambda g, a, b, q: sylvester(swap_last(a), swap_last(b), g))
sylvester.flops(lambda a, b, q: 25 * (a.size * a.shape[-1] + b.size * b.shape[-1]))


def _sylvester_sample(stack: tuple[int, ...], dtype: Any) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        shapes = ((3, 3), (2, 2), (3, 2))
        parts = [rng.normal(size=(*stack, *shape)) for shape in shapes]
        if np.dtype(dtype).kind == "c":
            parts = [part + 1j * rng.normal(size=part.shape) for part in parts]
        parts[0], parts[1] = parts[0] + 4 * np.eye(3), parts[1] + 4 * np.eye(2)
        return tuple(np.asarray(part, dtype) for part in parts), {}

    return draw


sylvester.samples(
    _sylvester_sample((), np.float64), _sylvester_sample((2,), np.float64), _sylvester_sample((), np.float32),
    _sylvester_sample((), np.complex128),
)  # fmt: skip


@serves(_plain.solve_sylvester)
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """X with A X + X B = Q."""
    return sylvester(*inexact(a, b, q))


@serves(_plain.solve_continuous_lyapunov)
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """X with A X + X A^H = Q."""
    a, q = inexact(a, q)
    return sylvester(a, adjoint(a), q)


@serves(_plain.solve_discrete_lyapunov)
def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    """X with A X A^H - X + Q = 0, as one system of n^2 equations."""
    a, q = inexact(a, q)
    n = type_of(a).shape[-1]
    conjugate = conj(a) if type_of(a).dtype.kind == "c" else a
    product = np.reshape(np.einsum("ik,jl->ijkl", a, conjugate), (n * n, n * n))
    return np.reshape(np.linalg.solve(np.eye(n * n) - product, np.reshape(q, (n * n,))), (n, n))


@serves(_plain.solve)
def solve(a: Any, b: Any, lower: bool = False, overwrite_a: bool = False, overwrite_b: bool = False,
          check_finite: bool = True, assume_a: Any = None, transposed: bool = False) -> Any:  # fmt: skip
    """X with A X = B; where A is said to be symmetric one triangle of it is read, as in SciPy."""
    a, b = inexact(a, b)
    if assume_a in ("sym", "her", "pos", "symmetric", "hermitian", "positive definite"):
        a = _from_triangle(a, lower, assume_a not in ("sym", "symmetric"))
        if assume_a in ("pos", "positive definite"):
            # which raises an error where it is not
            np.linalg.cholesky(a)
    elif assume_a in ("lower triangular", "upper triangular"):
        return solve_triangular(a, b, trans=int(transposed), lower=assume_a == "lower triangular")
    elif assume_a == "diagonal":
        a = np.diagonal(a)
        return b / a if len(type_of(b).shape) == 1 else b / a[:, None]
    return np.linalg.solve(swap_last(a) if transposed else a, b)


def _from_triangle(a: Any, lower: bool, hermitian: bool) -> Any:
    half, strict = (triangle(a, lower=lower, diagonal=d) for d in (1.0, 0.0))
    return half + (adjoint(strict) if hermitian else swap_last(strict))


@serves(_plain.solve_triangular)
def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False,
                     overwrite_b: bool = False, check_finite: bool = True) -> Any:  # fmt: skip
    """X with A X = B for a triangular A, of which the other triangle is not read."""
    a, b = inexact(squares(a, "solve_triangular"), b)
    if unit_diagonal:
        a = triangle(a, lower=bool(lower), diagonal=0.0) + np.eye(type_of(a).shape[-1], dtype=type_of(a).dtype)
    if trans in (2, "C") and type_of(a).dtype.kind == "c":
        a = conj(a)
    vector = len(type_of(b).shape) == 1
    right = np.reshape(b, (-1, 1)) if vector else b
    x = triangular_solve(a, right, lower=bool(lower), transposed=trans not in (0, "N"))
    return np.reshape(x, (-1,)) if vector else x


@serves(_plain.cho_solve)
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """X with A X = B from a Cholesky factor."""
    c, lower = c_and_lower
    if lower:
        return solve_triangular(c, solve_triangular(c, b, lower=True), trans=2, lower=True)
    return solve_triangular(c, solve_triangular(c, b, trans=2))


@serves(_plain.solve_banded)
def solve_banded(l_and_u: Any, ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False,
                 check_finite: bool = True) -> Any:  # fmt: skip
    """X with A X = B for the diagonals of A, from the uppermost down; A is written out in full."""
    lower, upper = l_and_u
    ab, b = inexact(ab, b)
    return np.linalg.solve(from_diagonals(ab, lower, upper), b)


@serves(_plain.solveh_banded)
def solveh_banded(ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, lower: bool = False,
                  check_finite: bool = True) -> Any:  # fmt: skip
    """X with A X = B for the diagonals of one triangle of a Hermitian A; A is written out in full."""
    ab, b = inexact(ab, b)
    width = type_of(ab).shape[0] - 1
    half = from_diagonals(ab, width, 0) if lower else from_diagonals(ab, 0, width)
    return np.linalg.solve(_from_triangle(half, lower, True), b)


@serves(_plain.solve_toeplitz)
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """X with T X = B for a Toeplitz matrix, which is written out in full."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    if len(type_of(as_operand(c)).shape) != 1:
        raise refusal("scipy.linalg.solve_toeplitz of several matrices", "for traced values: solve one by one")
    return np.linalg.solve(toeplitz(c, r), as_operand(b))
