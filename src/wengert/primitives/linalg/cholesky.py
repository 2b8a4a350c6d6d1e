"""The Cholesky factor of a Hermitian matrix.

NumPy reads one triangle of the matrix. Here the factor counts as a function of the Hermitian part, so that
gradients are symmetric; a matrix that is not Hermitian up to rounding is refused, for its value would differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.linalg.matrices import adjoint, check_hermitian, hermitian_part, squares, triangle
from wengert.primitives.linalg.solve import triangular_solve
from wengert.tracing import implements

__all__ = ["cholesky", "cholesky_factor", "positive"]


def positive(*shape: int, dtype: Any = np.float64) -> Any:
    """A sampler of Hermitian positive definite matrices with distinct eigenvalues."""

    def draw(rng: np.random.Generator) -> Any:
        a = rng.normal(size=shape)
        if np.dtype(dtype).kind == "c":
            a = a + 1j * rng.normal(size=shape)
        q, _ = np.linalg.qr(a)
        spread = q * (1.0 + np.arange(shape[-1]) + 0.5 * rng.random(shape[-1]))
        a = spread @ q.conj().swapaxes(-1, -2)
        return np.asarray((a + a.conj().swapaxes(-1, -2)) / 2, dtype)

    return draw


cholesky_factor = Primitive(
    "cholesky",
    signature="(n,n)->(n,n)",
    notation="cholesky({0})",
    domain="A Hermitian and positive definite; NumPy's LinAlgError otherwise. The gradient "
    "is symmetric: that of the function of (A + A^H) / 2",
    cite="dL = L phi(L^-1 dA L^-H); Murray (2016), arXiv:1602.07527, eq. 9, 10",
)
cholesky_factor.evaluate(lambda xp, a: xp.linalg.cholesky(check_hermitian(a, "cholesky")))
cholesky_factor.flops(lambda a: a.size * a.shape[-1] // 3)
cholesky_factor.samples(
    lambda r: ((positive(3, 3)(r),), {}),
    lambda r: ((positive(2, 3, 3)(r),), {}),
    lambda r: ((positive(34, 34)(r),), {}),
    lambda r: ((positive(3, 3, dtype=np.float32)(r),), {}),
    lambda r: ((positive(3, 3, dtype=np.complex128)(r),), {}),
)


@cholesky_factor.differential
def _d_cholesky(factor: Any, a: Any) -> Any:
    def linear(da: Any) -> Any:
        half = triangular_solve(factor, hermitian_part(da), lower=True, transposed=False)
        # L^-1 dA L^-H is Hermitian, so that its two solves are one and the same
        inner = triangular_solve(factor, adjoint(half), lower=True, transposed=False)
        return factor @ triangle(inner, lower=True, diagonal=0.5)

    return (linear,)


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """`np.linalg.cholesky`, as a function of the Hermitian part of `a`."""
    factor = cholesky_factor(squares(a, "cholesky"))
    return adjoint(factor) if upper else factor
