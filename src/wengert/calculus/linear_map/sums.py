"""A linear map of matrices as a sum of pieces: its adjoint, its numbers, its matrix, its operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Final

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.beautify import beautify
from wengert.calculus.dimension import Dim, length_in
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression, Symbol
from wengert.calculus.linear_map.numbers import NumericSum
from wengert.calculus.linear_map.pieces import Piece, merged
from wengert.calculus.linear_map.reading import pieces_of
from wengert.calculus.linear_map.steps import Shape, Turn, Weigh
from wengert.calculus.linear_map.structure import Structure, structure_of
from wengert.calculus.linear_map.vectorized import Ordering, matrix_of
from wengert.errors import ArgumentError, UnsupportedError

__all__ = ["PieceSum", "axes_of", "read"]

_CLOSE: Final = 1e-7


def axes_of(shape: Shape, sizes: Mapping[Dim, int]) -> tuple[int, ...]:
    """The shape as NumPy has it: a column has one axis, and a number none."""
    rows, cols = shape
    if cols == 1:
        return () if rows == 1 else (length_in(rows, sizes),)
    return length_in(rows, sizes), length_in(cols, sizes)


@dataclass(frozen=True)
class PieceSum:
    """The sum of the pieces; `kept` is what the variable is restricted to, "symmetric" or "diagonal"."""

    pieces: tuple[Piece, ...]
    source: Shape
    target: Shape
    kept: str = ""

    @cached_property
    def structure(self) -> Structure:
        """What the sum is as a whole."""
        return structure_of(self.pieces)

    def applied(self, m: Expression) -> Any:
        """What the map makes of an expression, with common factors collected."""
        found = [piece.applied(m) for piece in self.pieces]
        return beautify(algebra.add(*found)) if found else algebra.zero(*self.target)

    def adjoint(self) -> PieceSum:
        """The map with ⟨G, map(M)⟩ = ⟨adjoint(G), M⟩; it maps into the matrices to which M is restricted."""
        found = [piece.adjoint() for piece in self.pieces]
        if self.kept == "diagonal":
            found = [piece.then(Weigh(algebra.identity(self.source[0]))) for piece in found]
        if self.kept == "symmetric":
            half = algebra.number(0.5)
            both = [one for piece in found for one in (piece, piece.then(Turn()))]
            found = [Piece(algebra.matmul(half, p.front), p.steps, p.source, p.target) for p in both]
        return PieceSum(merged(found), self.target, self.source)

    def dense(self, values: Mapping[str, Any], sizes: Mapping[Dim, int]) -> Any:
        """The array of the result's axes, then the variable's."""
        source, target = ((length_in(a, sizes), length_in(b, sizes)) for a, b in (self.source, self.target))
        found = NumericSum(self.pieces, lambda x: evaluate(x, values, sizes), source, target).dense()
        return np.reshape(found, (*axes_of(self.target, sizes), *axes_of(self.source, sizes)))

    def matrix(self, values: Mapping[str, Any], sizes: Mapping[Dim, int], order: Ordering) -> Any:
        """The matrix on the vector of the variable's entries, made of Kronecker products and their like."""
        if self.pieces:
            return matrix_of(self.pieces, order, values, sizes)
        rows, cols = (length_in(a, sizes) * length_in(b, sizes) for a, b in (self.target, self.source))
        return np.zeros((rows, cols))

    def operator(self, values: Mapping[str, Any], sizes: Mapping[Dim, int], order: Ordering) -> Any:
        """The map at numbers, as an operator of `scipy.sparse.linalg`."""
        # the module imports SciPy's solvers, and waits until it is needed
        module = import_module("wengert.calculus.linear_map.operator")
        return module.operator_of(self, values, sizes, order)

    def check_kept(self, found: Any) -> None:
        """Refuse a matrix to which the variable cannot change."""
        if not self.kept:
            return
        among = np.diag(np.diag(found)) if self.kept == "diagonal" else 0.5 * (found + found.T)
        if np.max(np.abs(found - among)) > _CLOSE * np.max(np.abs(found)):
            raise UnsupportedError(
                f"linear map: the variable is {self.kept}, and the solution among all matrices is not; solve for its "
                f"free entries, with the matrix that dense() gives"
            )


def read(expression: Expression, direction: Expression) -> PieceSum:
    """The map from a direction to an expression that is linear in it.

    Raises
    ------
    ArgumentError
        The expression is not linear in the direction.
    UnsupportedError
        It is a sum of too many pieces.
    """
    pieces = pieces_of(expression, direction)
    held = direction.properties if isinstance(direction, Symbol) else frozenset()
    kept = next((name for name in ("diagonal", "symmetric") if name in held), "")
    if any(piece.target != expression.shape for piece in pieces):
        raise ArgumentError("linear map: the pieces have other shapes than the expression")
    return PieceSum(pieces, direction.shape, expression.shape, kept)
