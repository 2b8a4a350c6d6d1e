"""Rules for matrices of which something is known: diagonal, orthogonal, idempotent, with one-hot rows."""

from __future__ import annotations

from typing import Any

from wengert.calculus.algebra import diagonal, hadamard, hadamard_of, identity, is_one, ones, transpose
from wengert.calculus.expression import (
    Diagonal,
    DiagonalOf,
    Expression,
    Hadamard,
    Identity,
    Inverse,
    Ones,
    Transpose,
    neighbours,
    rule,
)
from wengert.calculus.invariants import diagonal_of
from wengert.calculus.properties import has

__all__: list[str] = []


@neighbours
def _inverse_and_itself(left: Expression, right: Expression) -> Any:
    """X⁻¹X = I."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Inverse) and one.parts[0] is other:
            return identity(left.rows)
    return None


@neighbours
def _orthogonal(left: Expression, right: Expression) -> Any:
    """QᵀQ = I."""
    return identity(left.rows) if has(left, "orthogonal") and left is transpose(right) else None


@neighbours
def _idempotent(left: Expression, right: Expression) -> Any:
    """PP = P."""
    return left if left is right and has(left, "idempotent") else None


@neighbours
def _row_sums_of_one_hot(left: Expression, right: Expression) -> Any:
    """Y1 = 1 where every row adds up to one."""
    return ones(left.rows) if isinstance(right, Ones) and has(left, "one-hot rows") else None


@neighbours
def _diagonal_first(left: Expression, right: Expression) -> Any:
    """diag(u) v = u ∘ v, and diag(u) diag(v) = diag(u ∘ v)."""
    if not isinstance(left, Diagonal):
        return None
    if right.cols == 1:
        return hadamard(left.parts[0], right)
    return diagonal(hadamard(left.parts[0], right.parts[0])) if isinstance(right, Diagonal) else None


@neighbours
def _diagonal_last(left: Expression, right: Expression) -> Any:
    """vᵀ diag(u) = (v ∘ u)ᵀ."""
    if isinstance(right, Diagonal) and isinstance(left, Transpose) and left.rows == 1:
        return transpose(hadamard(left.parts[0], right.parts[0]))
    return None


@rule(Hadamard)
def _on_the_diagonal(node: Hadamard) -> Any:
    """A product by entries with a diagonal matrix is diagonal."""
    if any(isinstance(base, (Identity, Diagonal)) for base, exponent in node.factors if exponent > 0):
        return diagonal(hadamard_of({diagonal_of(base): exponent for base, exponent in node.factors}))
    return None


@rule(Diagonal)
def _diagonal_of_diagonal(node: Diagonal) -> Any:
    """diag(1) = I, and diag(diag(D)) = D for a diagonal D."""
    (inside,) = node.parts
    if is_one(inside):
        return identity(node.rows)
    if isinstance(inside, DiagonalOf) and has(inside.parts[0], "diagonal"):
        return inside.parts[0]
    return None
