"""The QR decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Operand, Primitive
from wengert.primitives.linalg.basis import lazy_basis
from wengert.primitives.linalg.completion import complement_factor, completing
from wengert.primitives.linalg.matrices import adjoint, matrices, triangle
from wengert.primitives.linalg.parting import OpenChoiceError, mixture, path_or_refusal
from wengert.primitives.linalg.reflectors import reflectors
from wengert.primitives.linalg.solve import triangular_solve
from wengert.primitives.shaping import concatenate, swap_last
from wengert.tracing import implements, primal, type_of

__all__ = ["full_rank", "qr_tall"]

qr_tall = Primitive(
    "qr",
    signature="(m,n)->(m,n),(n,n)",
    outputs=2,
    notation="qr({0})",
    domain="at least as many rows as columns, of full rank",
    cite="Walter & Lehmann (2013), Algorithmic differentiation of linear algebra functions, arXiv:1001.1654, 3.1",
)
full_rank = Primitive(
    "full_rank",
    signature="(n,n)->(n,n)",
    linear="jointly",
    notation="{0}",
    domain="refused where a column depends on those before it",
    cite="the identity",
)


def _qr_value(xp: Any, a: Any) -> Any:
    q, r = xp.linalg.qr(a)
    return q, r


qr_tall.evaluate(_qr_value)
qr_tall.dtype(lambda a: (a.dtype, a.dtype))
qr_tall.flops(lambda a: 4 * a.size * a.shape[-1])


@qr_tall.differential
def _d_qr(out: Any, a: Any) -> Any:
    q, r = out
    regular = full_rank(r)

    def linear(da: Any) -> Any:
        # dA = dQ R + Q dR, times R^-1: Q^H dA R^-1 is a skew part, from dQ, and an upper one, from dR
        scaled = swap_last(triangular_solve(regular, swap_last(da), lower=False, transposed=True))
        inner = adjoint(q) @ scaled
        below = triangle(inner, lower=True, diagonal=0.5)
        upper = triangle(inner, lower=False, diagonal=0.5) + adjoint(below)
        return scaled - q @ upper, upper @ r

    return (linear,)


@full_rank.evaluate
def _full_rank_value(xp: Any, r: Any) -> Any:
    size = r.shape[-1]
    diagonal = abs(np.diagonal(r, axis1=-2, axis2=-1))
    columns = np.sqrt((abs(r) ** 2).sum(axis=-2))
    # what is infinite is neither, and gives what it gives in a branch that is not taken
    dependent = (diagonal <= 10 * max(size, 10) * np.finfo(r.dtype).eps * columns) & np.isfinite(columns)
    if not dependent.any():
        return r
    place = int(np.argwhere(dependent)[0, -1])
    seed = path_or_refusal(
        OpenChoiceError(
            f"np.linalg.qr has no derivative here: column {place} of the matrix depends on those before it, "
            f"so that column {place} of Q is arbitrary; leave such columns out"
        )
    )
    other = np.triu(mixture(size, size, r.dtype, seed)) + 4 * np.eye(size, dtype=r.dtype)
    return np.where(dependent.any(axis=-1)[..., None, None], other, r)


full_rank.differential(lambda out, r: (lambda dr: dr,))
full_rank.transpose(0)(lambda g, r: g)


def _sample(*shape: int, dtype: Any = np.float64) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = rng.normal(size=shape) + 2 * np.eye(shape[-2], shape[-1])
        if np.dtype(dtype).kind == "c":
            a = a + 1j * rng.normal(size=shape)
        return (a.astype(dtype),), {}

    return draw


qr_tall.samples(
    _sample(3, 3),
    _sample(4, 2),
    _sample(2, 3, 2),
    _sample(40, 34),
    _sample(3, 2, dtype=np.float32),
    _sample(3, 3, dtype=np.complex128),
    _sample(4, 2, dtype=np.complex128),
)
full_rank.samples(lambda r: ((np.triu(r.normal(size=(3, 3))) + 4 * np.eye(3),), {}))

_QRResult: Any = type(np.linalg.qr(np.eye(1)))


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """`np.linalg.qr` in all modes; what depends on how `complete` completes Q has no derivative."""
    a = matrices(a, "qr")
    *loop, m, n = type_of(a).shape
    if mode not in ("reduced", "r", "complete", "raw"):
        raise ValueError(f"Unrecognized mode '{mode}'")
    if mode == "raw":
        return reflectors(a)
    if m >= n:
        q, r = qr_tall(a)
    else:
        # the first columns determine Q, and with it the rest of R
        q, square = qr_tall(a[..., :m])
        r = concatenate(square, adjoint(q) @ a[..., m:], axis=len(loop) + 1)
    if mode == "r":
        return r
    if mode == "reduced" or m <= n:
        return _QRResult(q, r)
    empty = np.zeros((*loop, m - n, n), type_of(a).dtype)
    return _QRResult(_completed(a, q), concatenate(r, empty, axis=len(loop)))


def _completed(a: Any, q: Any) -> Any:
    """Q with the columns that complete it, which are recorded only if they are used."""
    *loop, _, n = type_of(a).shape
    rest = complement_factor(a)

    def vectors(source: Any, columns: Any) -> Any:
        if columns is not None and all(column < n for column in columns):
            return q
        return concatenate(q, completing(source, rest), axis=len(loop) + 1)

    whole = concatenate(primal(q) if not isinstance(rest, Operand) else q, rest, axis=len(loop) + 1)
    return lazy_basis(a, whole, vectors, axis=-1)
