"""The QR decomposition as LAPACK stores it: Householder vectors below R, and their factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.primitives.arithmetic import real, select
from wengert.primitives.linalg.matrices import adjoint, conjugate
from wengert.primitives.linalg.norm import euclidean_norm
from wengert.primitives.shaping import broadcast_to, concatenate, swap_last
from wengert.tracing import primal, type_of

__all__ = ["reflectors"]


def reflectors(a: Any) -> tuple[Any, Any]:
    """What `np.linalg.qr(a, mode='raw')` returns, step by step: Golub & Van Loan (2013), algorithms 5.1.1 and 5.2.1."""
    sizes = np.sqrt((abs(primal(a)) ** 2).sum(axis=-2))
    h, factors = _from_column(a, 0, sizes)
    kind = type_of(a)
    tau = concatenate(*factors, axis=len(kind.shape) - 2) if factors else np.zeros((*kind.shape[:-2], 0), kind.dtype)
    return swap_last(h), tau


def _from_column(a: Any, place: int, sizes: Any) -> tuple[Any, list[Any]]:
    *loop, rows, columns = type_of(a).shape
    rank = len(loop) + 2
    if not rows or not columns:
        return a, []
    head, column = a[..., :1, :1], a[..., :, :1]
    if rows == 1 and type_of(a).dtype.kind != "c":
        # nothing is left to reflect
        return a, [broadcast_to(type_of(a).dtype.type(0), shape=(*loop, 1))]
    length = euclidean_norm(column, axis=(rank - 2, rank - 1), keepdims=True)
    beta = length * _direction(head, column, place, sizes[..., place])
    tau = (beta - head) / beta
    below = a[..., 1:, :1] / (head - beta)
    one = np.ones((*loop, 1, 1), type_of(a).dtype)
    vector = concatenate(one, below, axis=rank - 2)
    rest = a[..., :, 1:]
    rest = rest - conjugate(tau) * (vector @ (adjoint(vector) @ rest))
    inner, factors = _from_column(rest[..., 1:, :], place + 1, sizes)
    # beta is real, and joins complex entries
    corner = beta + 0 * head
    top = concatenate(corner, rest[..., :1, :], axis=rank - 1)
    bottom = concatenate(below, inner, axis=rank - 1)
    return concatenate(top, bottom, axis=rank - 2), [tau[..., 0], *factors]


def _direction(head: Any, column: Any, place: int, size: Any) -> Any:
    """Minus the sign of the entry on the diagonal, which keeps the difference from cancelling."""
    plain, whole = primal(head), primal(column)
    below = abs(whole[..., 1:, :]).sum(axis=-2, keepdims=True) + abs(plain.imag)
    # of a column that depends on those before it rounding is left
    rounding = 100 * np.finfo(plain.dtype).eps * size[..., None, None]
    if ((plain.real == 0) | (below == 0) | (abs(whole).sum(axis=-2, keepdims=True) <= rounding)).any():
        raise UndefinedDerivativeError(
            f"np.linalg.qr(mode='raw') has no derivative here: column {place} is zero on or below the diagonal when "
            f"its turn comes, and there LAPACK's reflectors jump. Use mode='reduced'"
        )
    upright = real(head) if type_of(head).dtype.kind == "c" else head
    return select(upright < 0, 1.0, -1.0)
