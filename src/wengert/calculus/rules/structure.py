"""Rules for matrices of which something is known: diagonal, orthogonal, idempotent, with one-hot rows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wengert.calculus.algebra import (
    diagonal,
    hadamard,
    hadamard_of,
    identity,
    is_one,
    matmul,
    ones,
    product,
    split,
    transpose,
)
from wengert.calculus.expression import (
    Diagonal,
    DiagonalOf,
    Expression,
    Hadamard,
    Identity,
    Inverse,
    Ones,
    Product,
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


@rule(Product)
def _scaled_by_own_sums(node: Product) -> Any:
    """diag(1/(X1)) X1 = 1, and 1ᵀX diag(1/(Xᵀ1)) = 1ᵀ: a column divided by itself."""
    if Diagonal not in set(map(type, node.chain)):
        return None
    found = _divided(node.chain)
    if found is None:
        turned = _divided([transpose(link) for link in reversed(node.chain)])
        found = None if turned is None else [transpose(link) for link in reversed(turned)]
    return None if found is None else matmul(product(node.coefficient, dict(node.scalars), ()), *found)


def _divided(chain: Sequence[Expression]) -> list[Expression] | None:
    """A chain in which a diagonal matrix has met the column behind it; None where it does not hold its inverse."""
    for place, link in enumerate(chain):
        stop = next((stop for stop in range(place + 1, len(chain)) if chain[stop].cols == 1), None)
        if isinstance(link, Diagonal) and stop is not None and stop > place + 1:
            inside = link.parts[0]
            powers = dict(inside.factors) if isinstance(inside, Hadamard) else {inside: Fraction(1)}
            column = matmul(*chain[place + 1 : stop + 1])
            if powers.get(column, 0) < 0:
                return [*chain[:place], hadamard(inside, column), *chain[stop + 1 :]]
    return None


@rule(Hadamard)
def _on_the_diagonal(node: Hadamard) -> Any:
    """A product by entries with a diagonal matrix is diagonal."""
    if any(isinstance(base, (Identity, Diagonal)) for base, exponent in node.factors if exponent > 0):
        return diagonal(hadamard(*[hadamard_of({diagonal_of(base): exponent}) for base, exponent in node.factors]))
    return None


@rule(Hadamard)
def _of_rows(node: Hadamard) -> Any:
    """A product of rows is that of columns, transposed."""
    if node.rows != 1 or node.cols == 1:
        return None
    return transpose(hadamard_of({transpose(base): exponent for base, exponent in node.factors}))


@rule(Hadamard)
def _diagonals_out(node: Hadamard) -> Any:
    """(diag(u) A diag(v)) ∘ B = diag(u)(A ∘ B) diag(v)."""
    if 1 in node.shape:
        return None
    left: dict[Expression, Fraction] = {}
    right: dict[Expression, Fraction] = {}
    kept: dict[Expression, Fraction] = {}
    for base, exponent in node.factors:
        _, _, chain = split(base)
        chain = chain if exponent.denominator == 1 else ()
        first, last = (0, len(chain))
        if len(chain) > 1 and isinstance(chain[0], Diagonal):
            left[chain[0].parts[0]] = left.get(chain[0].parts[0], Fraction(0)) + exponent
            first = 1
        if len(chain) > 1 + first and isinstance(chain[-1], Diagonal):
            right[chain[-1].parts[0]] = right.get(chain[-1].parts[0], Fraction(0)) + exponent
            last -= 1
        inner = matmul(*chain[first:last]) if (first, last) != (0, len(chain)) else base
        kept[inner] = kept.get(inner, Fraction(0)) + exponent
    if not left and not right:
        return None
    sides = [[diagonal(hadamard_of(powers))] if powers else [] for powers in (left, right)]
    return matmul(*sides[0], hadamard_of(kept), *sides[1])


@rule(Diagonal)
def _diagonal_of_diagonal(node: Diagonal) -> Any:
    """diag(1) = I, and diag(diag(D)) = D for a diagonal D."""
    (inside,) = node.parts
    if is_one(inside):
        return identity(node.rows)
    if isinstance(inside, Product) and len(inside.chain) > 1 and isinstance(inside.chain[0], Diagonal):
        # diag(diag(u) A v) = diag(u ∘ (A v))
        front, *rest = inside.chain
        scaled = hadamard(front.parts[0], matmul(*rest))
        return diagonal(matmul(product(inside.coefficient, dict(inside.scalars), ()), scaled))
    if isinstance(inside, DiagonalOf) and has(inside.parts[0], "diagonal"):
        return inside.parts[0]
    return None
