"""What is known of an expression from its form and from what was assumed of its symbols."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from wengert.calculus.expression import (
    Apply,
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Identity,
    Inverse,
    Number,
    Ones,
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zero,
)
from wengert.calculus.whole import OF_ROWS

__all__ = ["IMPLIED", "has", "is_nonnegative"]

# what an assumption brings with it
IMPLIED: Final = {
    "positive definite": ("positive semidefinite", "symmetric", "invertible"),
    "positive semidefinite": ("symmetric",),
    "diagonal": ("symmetric",),
    "orthogonal": ("invertible",),
    "positive entries": ("nonnegative entries",),
}
_NONNEGATIVE: Final = frozenset({
    "absolute", "argmax", "argmax_rows", "cosh", "exp", "logistic", "nuclear_norm", "relu", "softmax", "softmax_rows",
    "softplus", "spectral_norm", "sqrt", "step",
})  # fmt: skip
_KEPT_BY_INVERSE: Final = frozenset(
    {"symmetric", "positive definite", "positive semidefinite", "diagonal", "orthogonal", "invertible"}
)


def has(x: Expression, name: str) -> bool:
    """Whether an expression has a property, as far as its form tells."""
    if isinstance(x, Symbol):
        return name in x.properties
    if isinstance(x, (Identity, Diagonal)):
        return name in ("symmetric", "diagonal") or (isinstance(x, Identity) and name != "zero")
    if isinstance(x, Inverse):
        return name == "invertible" or (name in _KEPT_BY_INVERSE and has(x.parts[0], name))
    if isinstance(x, Transpose):
        return name in _KEPT_BY_INVERSE and has(x.parts[0], name)
    if name == "symmetric":
        return _is_symmetric(x)
    if name in ("one-hot", "one-hot rows") and isinstance(x, Apply):
        return x.name == ("softmax" if name == "one-hot" else "softmax_rows")
    if name == "invertible" and isinstance(x, Product):
        return bool(x.chain) and all(link.rows == link.cols and has(link, name) for link in x.chain)
    return False


def _is_symmetric(x: Expression) -> bool:
    if x.rows != x.cols:
        return False
    if isinstance(x, Product):
        count = len(x.chain)
        return all(_opposite(x.chain[i], x.chain[count - 1 - i]) for i in range((count + 1) // 2))
    if isinstance(x, Sum):
        return all(_is_symmetric(term) or has(term, "symmetric") for term in x.parts) or _pairs_up(x)
    if isinstance(x, Hadamard):
        return all(has(base, "symmetric") for base in x.parts)
    if isinstance(x, Apply):
        return x.name not in OF_ROWS and has(x.operand, "symmetric")
    if isinstance(x, Frechet):
        return all(has(part, "symmetric") for part in x.parts)
    return False


def _opposite(left: Expression, right: Expression) -> bool:
    """Whether one is the transpose of the other."""
    if left is right:
        return has(left, "symmetric")
    one, other = (left, right) if isinstance(left, Transpose) else (right, left)
    if isinstance(one, Transpose):
        return one.parts[0] is other
    if isinstance(left, Inverse) and isinstance(right, Inverse):
        return _opposite(left.parts[0], right.parts[0])
    return False


def _pairs_up(x: Sum) -> bool:
    """Whether every term of a sum has its transpose beside it."""
    waiting = list(x.parts)
    while waiting:
        term = waiting.pop()
        if _is_symmetric(term) or has(term, "symmetric"):
            continue
        match = next((other for other in waiting if _transposes(term, other)), None)
        if match is None:
            return False
        waiting.remove(match)
    return True


def _transposes(one: Expression, other: Expression) -> bool:
    if isinstance(one, Product) and isinstance(other, Product):
        same = one.coefficient == other.coefficient and one.scalars == other.scalars
        pairs = list(zip(one.chain, reversed(other.chain), strict=False))
        alike = len(one.chain) == len(other.chain)
        return same and alike and all(_opposite(a, b) for a, b in pairs)
    return _opposite(one, other)


def is_nonnegative(x: Expression) -> bool:
    """Whether a scalar, or every entry, is known not to be negative."""
    if isinstance(x, Number):
        return x.value >= 0
    if isinstance(x, (Size, Ones)):
        return True
    if isinstance(x, Symbol):
        return "nonnegative entries" in x.properties
    if isinstance(x, Apply):
        return x.name in _NONNEGATIVE
    if isinstance(x, Sum):
        return all(map(is_nonnegative, x.parts))
    if isinstance(x, Hadamard):
        return all(_even(exponent) or is_nonnegative(base) for base, exponent in x.factors)
    if isinstance(x, (Trace, Determinant)):
        return has(x.parts[0], "positive semidefinite") or has(x.parts[0], "positive definite")
    if isinstance(x, Product):
        if x.coefficient < 0 or not all(_even(e) or is_nonnegative(base) for base, e in x.scalars):
            return False
        return not x.chain or (_is_square(x.chain) if x.is_scalar else all(map(is_nonnegative, x.chain)))
    if isinstance(x, (Transpose, Diagonal, DiagonalOf)):
        return is_nonnegative(x.parts[0])
    return isinstance(x, (Identity, Zero))


def _even(exponent: Fraction) -> bool:
    """Whether a power with this exponent is not negative; an even root has no other value."""
    return exponent.denominator % 2 == 0 or exponent.numerator % 2 == 0


def _is_square(chain: tuple[Expression, ...]) -> bool:
    """Whether a form uᵀMv is one with v = u and M positive semidefinite."""
    first, last = chain[0], chain[-1]
    if not _opposite(first, last):
        return all(map(is_nonnegative, chain))
    inner = chain[1:-1]
    if not inner:
        return True
    if len(inner) == 1:
        return has(inner[0], "positive semidefinite") or has(inner[0], "positive definite")
    return len(inner) % 2 == 0 and all(_opposite(inner[i], inner[-1 - i]) for i in range(len(inner) // 2))
