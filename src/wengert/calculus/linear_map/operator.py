"""A linear map at numbers as an operator of SciPy's sparse solvers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import numpy as np
from scipy.sparse.linalg import LinearOperator

from wengert.calculus.dimension import Dim, length_in
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.linear_map.numbers import Array, NumericSum
from wengert.calculus.linear_map.solving import Solver, solver_of
from wengert.calculus.linear_map.sums import PieceSum, axes_of
from wengert.errors import ArgumentError, ShapeError

__all__ = ["MapOperator", "operator_of"]

Order = Literal["C", "F"]


class MapOperator(LinearOperator):
    """A linear map of arrays that acts on their vectors, entries in the stated order, without being formed.

    Attributes
    ----------
    source_shape, target_shape
        The shapes of the variable and of the result, as NumPy has them.
    order
        How an array is a vector: "C" row by row as `numpy.ravel` does, "F" column by column.
    structure
        Words for what is used by `solve`.
    """

    def __init__(
        self, pieces: PieceSum, values: Mapping[str, Any], sizes: Mapping[Dim, int], order: Order = "C"
    ) -> None:
        known: dict[Expression, Array] = {}

        def at(expression: Expression) -> Array:
            if expression not in known:
                known[expression] = evaluate(expression, values, sizes)
            return known[expression]

        rows, cols = (length_in(length, sizes) for length in pieces.source)
        above, across = (length_in(length, sizes) for length in pieces.target)
        super().__init__(np.dtype(float), (above * across, rows * cols))  # type: ignore[call-arg]
        self.order: Order = order
        self.structure = str(pieces.structure)
        self.source_shape = axes_of(pieces.source, sizes)
        self.target_shape = axes_of(pieces.target, sizes)
        self._sum, self._at = pieces, at
        self._forward = NumericSum(pieces.pieces, at, (rows, cols), (above, across))
        # the transpose of the matrix, whatever the variable is restricted to
        self._backward = NumericSum([p.adjoint() for p in pieces.pieces], at, (above, across), (rows, cols))

    def _matvec(self, x: Array) -> Array:
        return np.ravel(self._forward(np.reshape(x, self._forward.source, order=self.order)), order=self.order)

    def _rmatvec(self, x: Array) -> Array:
        return np.ravel(self._backward(np.reshape(x, self._backward.source, order=self.order)), order=self.order)

    def dense(self) -> Array:
        """The array of the result's axes, then the variable's."""
        return np.reshape(self._forward.dense(), (*self.target_shape, *self.source_shape))

    @cached_property
    def _solver(self) -> Solver:
        if self.shape[0] != self.shape[1]:
            raise ArgumentError(
                f"linear map: {self.shape[0]} numbers come of {self.shape[1]}, so there is no inverse; "
                f"scipy.sparse.linalg.lsqr finds a least-squares solution with this operator"
            )
        return solver_of(self._sum.structure, self._forward, self._at)

    @property
    def method(self) -> str:
        """Words for how `solve` solves.

        Raises
        ------
        ArgumentError
            The map is between arrays of different numbers of entries.
        """
        return self._solver.words

    def solve(self, rhs: Any) -> Array:
        """What the map makes the right side of: an array of the result's shape, or a vector in the stated order.

        Factorisations are kept for the next right side. The solution has been put into the map.

        Raises
        ------
        ArgumentError
            The map is between arrays of different numbers of entries.
        ShapeError
            The right side has another shape.
        UnsupportedError
            The variable is symmetric or diagonal, and the solution is not.
        numpy.linalg.LinAlgError
            The map is singular.
        """
        given = np.asarray(rhs, dtype=float)
        flat = given.ndim == 1 and given.shape == (self.shape[0],)
        if not flat and given.shape != self.target_shape:
            raise ShapeError(
                f"linear map: the right side has the shape {given.shape}; expected {self.target_shape} or "
                f"{(self.shape[0],)}"
            )
        y = np.reshape(given, self._forward.target, order=self.order if flat else "C")
        try:
            found = self._solver(y)
        except np.linalg.LinAlgError as error:
            raise np.linalg.LinAlgError(f"linear map: the map has no inverse here, or nearly none: {error}") from None
        self._sum.check_kept(found)
        return np.ravel(found, order=self.order) if flat else np.reshape(found, self.source_shape)


def operator_of(pieces: PieceSum, values: Mapping[str, Any], sizes: Mapping[Dim, int], order: Order) -> MapOperator:
    """The operator of a sum of pieces."""
    return MapOperator(pieces, values, sizes, order)
