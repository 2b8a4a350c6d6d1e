"""The steps of which a linear map of matrices is composed, each with its adjoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.calculus import algebra, invariants
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Diagonal, Expression, Identity
from wengert.calculus.operators import frechet

__all__ = ["Against", "Derivative", "Extract", "Multiply", "Onto", "Shape", "Spread", "Step", "Turn", "Weigh"]

Shape = tuple[Length, Length]


@dataclass(frozen=True)
class Step:
    """A linear map of matrices in one operation."""

    @property
    def matrices(self) -> tuple[Expression, ...]:
        """What it holds."""
        return ()

    @property
    def adjoint(self) -> Step:
        """The step with ⟨G, step(M)⟩ = ⟨adjoint(G), M⟩."""
        raise NotImplementedError

    def target(self, source: Shape) -> Shape:
        """The shape of what comes out."""
        return source

    def applied(self, m: Expression) -> Any:
        """What it makes of an expression."""
        raise NotImplementedError

    def held(self, at: Callable[[Expression], Any]) -> list[Any]:
        """The numbers of what it holds, as `on` takes them, where expressions are numbers by `at`."""
        return [at(matrix) for matrix in self.matrices]

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        """What it makes of numbers, in the last two axes, with the numbers of what it holds."""
        raise NotImplementedError


def _side(matrix: Expression, at: Callable[[Expression], Any]) -> Any:
    """A factor in numbers: none of an identity, and of a diagonal matrix one axis."""
    if isinstance(matrix, Identity) or (matrix.is_scalar and algebra.is_one(matrix)):
        return None
    return np.reshape(at(matrix.parts[0]), -1) if isinstance(matrix, Diagonal) else at(matrix)


@dataclass(frozen=True)
class StepOfMatrix(Step):
    """A step with one matrix."""

    matrix: Expression

    @property
    def matrices(self) -> tuple[Expression, ...]:
        return (self.matrix,)


@dataclass(frozen=True)
class Multiply(Step):
    """M ↦ L M R."""

    left: Expression
    right: Expression

    @property
    def matrices(self) -> tuple[Expression, ...]:
        return self.left, self.right

    @property
    def adjoint(self) -> Step:
        return Multiply(algebra.transpose(self.left), algebra.transpose(self.right))

    def target(self, source: Shape) -> Shape:
        return self.left.rows, self.right.cols

    def applied(self, m: Expression) -> Any:
        return algebra.matmul(self.left, m, self.right)

    def held(self, at: Callable[[Expression], Any]) -> list[Any]:
        return [_side(side, at) for side in self.matrices]

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        left, right = matrices
        if left is not None:
            m = left[:, None] * m if left.ndim == 1 else left @ m
        if right is not None:
            m = m * right if right.ndim == 1 else m @ right
        return m


@dataclass(frozen=True)
class Turn(Step):
    """M ↦ Mᵀ."""

    @property
    def adjoint(self) -> Step:
        return self

    def target(self, source: Shape) -> Shape:
        return source[1], source[0]

    def applied(self, m: Expression) -> Any:
        return algebra.transpose(m)

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        return np.swapaxes(m, -1, -2)


@dataclass(frozen=True)
class Weigh(Step):
    """M ↦ P ∘ M."""

    by: Expression

    @property
    def matrices(self) -> tuple[Expression, ...]:
        return (self.by,)

    @property
    def adjoint(self) -> Step:
        return self

    def applied(self, m: Expression) -> Any:
        return algebra.hadamard(self.by, m)

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        return matrices[0] * m


@dataclass(frozen=True)
class Spread(Step):
    """v ↦ diag(v), the diagonal matrix of a column."""

    @property
    def adjoint(self) -> Step:
        return Extract()

    def target(self, source: Shape) -> Shape:
        return source[0], source[0]

    def applied(self, m: Expression) -> Any:
        return algebra.diagonal(m)

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        return m * np.eye(m.shape[-2])


@dataclass(frozen=True)
class Extract(Step):
    """M ↦ diag(M), the diagonal of a matrix as a column."""

    @property
    def adjoint(self) -> Step:
        return Spread()

    def target(self, source: Shape) -> Shape:
        return source[0], 1

    def applied(self, m: Expression) -> Any:
        return invariants.diagonal_of(m)

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        return np.diagonal(m, axis1=-2, axis2=-1)[..., None]


@dataclass(frozen=True)
class Against(StepOfMatrix):
    """M ↦ ⟨S, M⟩, the sum of the products of the entries."""

    @property
    def adjoint(self) -> Step:
        return Onto(self.matrix)

    def target(self, source: Shape) -> Shape:
        return 1, 1

    def applied(self, m: Expression) -> Any:
        return invariants.trace(algebra.matmul(algebra.transpose(self.matrix), m))

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        return np.sum(matrices[0] * m, axis=(-2, -1), keepdims=True)


@dataclass(frozen=True)
class Onto(StepOfMatrix):
    """c ↦ c T, for a number."""

    @property
    def adjoint(self) -> Step:
        return Against(self.matrix)

    def target(self, source: Shape) -> Shape:
        return self.matrix.shape

    def applied(self, m: Expression) -> Any:
        return algebra.matmul(m, self.matrix)

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        return m * matrices[0]


@dataclass(frozen=True)
class Derivative(Step):
    """M ↦ Df(X)[M], for a function of matrices."""

    name: str
    at: Expression

    @property
    def matrices(self) -> tuple[Expression, ...]:
        return (self.at,)

    @property
    def adjoint(self) -> Step:
        return self if self.name == "polar" else Derivative(self.name, algebra.transpose(self.at))

    def applied(self, m: Expression) -> Any:
        return invariants.frechet(self.name, self.at, m)

    def on(self, matrices: Sequence[Any], m: Any) -> Any:
        if np.ndim(m) == 2:
            return frechet(matrices[0], m, kind=self.name)
        return np.stack([self.on(matrices, one) for one in m])
