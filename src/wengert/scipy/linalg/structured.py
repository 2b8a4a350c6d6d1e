"""Matrices that are given by few numbers, and products that arrange blocks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.linalg

from wengert.primitives.arithmetic import conj
from wengert.scipy.mirror import serves
from wengert.tracing import as_operand, type_of

__all__ = ["block_diag", "circulant", "from_diagonals", "hankel", "khatri_rao", "kron", "toeplitz"]

_plain: Final[Any] = scipy.linalg


def _vector(c: Any) -> Any:
    return np.reshape(as_operand(c), (-1,))


@serves(_plain.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with constant diagonals: c is its first column, r its first row."""
    c = _vector(c)
    r = (conj(c) if type_of(c).dtype.kind == "c" else c) if r is None else _vector(r)
    rows, columns = type_of(c).shape[0], type_of(r).shape[0]
    values = np.concatenate([r[1:][::-1], c])
    return values[np.arange(rows)[:, None] - np.arange(columns) + columns - 1]


@serves(_plain.circulant)
def circulant(c: Any) -> Any:
    """The matrix whose columns are c turned round step by step."""
    c = as_operand(c)
    n = type_of(c).shape[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % n]


@serves(_plain.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    """The matrix with constant antidiagonals: c is its first column, r its last row."""
    c = _vector(c)
    rows = type_of(c).shape[0]
    r = np.zeros(rows) if r is None else _vector(r)
    columns = type_of(r).shape[0]
    values = np.concatenate([c, r[1:]])
    return values[np.arange(rows)[:, None] + np.arange(columns)]


@serves(_plain.block_diag)
def block_diag(*arrs: Any) -> Any:
    """The matrices along the diagonal, zeros elsewhere."""
    blocks = [as_operand(block) for block in arrs]
    shaped = [np.reshape(block, (1, -1)) if len(type_of(block).shape) < 2 else block for block in blocks]
    shapes = [type_of(block).shape for block in shaped]
    total = sum(shape[1] for shape in shapes)
    rows, start = [], 0
    for block, (height, width) in zip(shaped, shapes, strict=True):
        left, right = np.zeros((height, start)), np.zeros((height, total - start - width))
        rows.append(np.concatenate([left, block, right], axis=1))
        start += width
    return np.concatenate(rows, axis=0)


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product."""
    a, b = as_operand(a), as_operand(b)
    (m, n), (p, q) = type_of(a).shape, type_of(b).shape
    return np.reshape(a[:, None, :, None] * b[None, :, None, :], (m * p, n * q))


@serves(_plain.khatri_rao)
def khatri_rao(a: Any, b: Any) -> Any:
    """The Kronecker products of the columns."""
    a, b = as_operand(a), as_operand(b)
    (m, n), (p, _) = type_of(a).shape, type_of(b).shape
    return np.reshape(a[:, None, :] * b[None, :, :], (m * p, n))


def from_diagonals(ab: Any, lower: int, upper: int) -> Any:
    """The matrix whose diagonals are the rows of `ab`, from the uppermost down."""
    n = type_of(ab).shape[1]
    rows, columns = np.arange(n)[:, None], np.arange(n)
    place = upper + rows - columns
    inside = (place >= 0) & (place <= lower + upper)
    return np.where(inside, ab[np.where(inside, place, 0), columns[None, :] + 0 * rows], 0.0)
