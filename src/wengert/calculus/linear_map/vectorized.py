"""A linear map as a matrix on vec(dX): Kronecker products, commutation and selection matrices."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.dimension import Dim, length_in
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.linear_map.pieces import Piece
from wengert.calculus.linear_map.steps import Against, Extract, Multiply, Onto, Shape, Spread, Step, Turn, Weigh
from wengert.errors import UnsupportedError

__all__ = ["Factor", "Ordering", "factors_of", "matrix_of"]

Ordering = Literal["C", "F"]


@dataclass(frozen=True)
class Factor:
    """A factor of the matrix of a piece.

    `kind` is "kron" for A ⊗ B, "commutation" for the K with K vec(M) = vec(Mᵀ), "weights" for diag(vec(P)), "selection"
    for the D with D v = vec(diag(v)), "extraction" for Dᵀ, "column" for vec(T), and "row" for vec(S)ᵀ.
    """

    kind: Literal["kron", "commutation", "weights", "selection", "extraction", "column", "row"]
    matrices: tuple[Expression, ...]
    source: Shape


def factors_of(piece: Piece, order: Ordering) -> tuple[Factor, ...]:
    """The factors of the matrix of a piece, as they are written: the last one is applied first.

    Raises
    ------
    UnsupportedError
        The derivative of a function of matrices is in it, which is no Kronecker product.
    """
    found = []
    shape = piece.source
    for step in piece.steps:
        found.append(_factor(step, shape, order))
        shape = step.target(shape)
    return tuple(reversed(found))


def _factor(step: Step, source: Shape, order: Ordering) -> Factor:
    if isinstance(step, Multiply):
        right = algebra.transpose(step.right)
        return Factor("kron", (step.left, right) if order == "C" else (right, step.left), source)
    for kind, name in _KINDS.items():
        if isinstance(step, kind):
            return Factor(name, step.matrices, source)
    raise UnsupportedError(
        "linear map: the derivative of a function of matrices in a direction is no sum of Kronecker products; ask for "
        "dense() at numbers"
    )


_KINDS: dict[type[Step], Any] = {
    Turn: "commutation", Weigh: "weights", Spread: "selection", Extract: "extraction", Against: "row", Onto: "column",
}  # fmt: skip


def matrix_of(pieces: Sequence[Piece], order: Ordering, values: Mapping[str, Any], sizes: Mapping[Dim, int]) -> Any:
    """The matrix of a sum of pieces, made of its factors."""
    whole: Any = 0.0
    for piece in pieces:
        front = float(evaluate(piece.front, values, sizes).reshape(()))
        numbers = [_numbers(factor, order, values, sizes) for factor in factors_of(piece, order)]
        rows = length_in(piece.target[0], sizes) * length_in(piece.target[1], sizes)
        whole = whole + front * functools.reduce(np.matmul, numbers, np.eye(rows))
    return whole


def _numbers(factor: Factor, order: Ordering, values: Mapping[str, Any], sizes: Mapping[Dim, int]) -> Any:
    arrays = [evaluate(matrix, values, sizes) for matrix in factor.matrices]
    rows, cols = (length_in(length, sizes) for length in factor.source)
    if factor.kind == "kron":
        return np.kron(*arrays)
    if factor.kind == "weights":
        return np.diag(np.ravel(arrays[0], order=order))
    if factor.kind == "column":
        return np.reshape(arrays[0], (-1, 1), order=order)
    if factor.kind == "row":
        return np.reshape(arrays[0], (1, -1), order=order)
    places = np.reshape(np.arange(rows * cols), (rows, cols), order=order)
    if factor.kind == "commutation":
        return np.eye(rows * cols)[np.ravel(places.T, order=order)]
    if factor.kind == "extraction":
        return np.eye(rows * cols)[np.diag(places)]
    # the diagonal of a square matrix of as many rows, whose places are the same in both orders
    return np.eye(rows * rows)[np.arange(rows) * (rows + 1)].T
