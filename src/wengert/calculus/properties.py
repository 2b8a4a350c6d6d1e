"""What is known of an expression from its form and from what was assumed of its symbols."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

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
    NamedNumber,
    Number,
    Ones,
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zero,
    once,
)
from wengert.calculus.whole import OF_ROWS, of_entries

__all__ = [
    "IMPLIED", "centred_axis", "has", "inverted_chain", "is_binary", "is_nonnegative", "is_pseudoinverse", "uniform",
]  # fmt: skip

# what an assumption brings with it
IMPLIED: Final = {
    "positive definite": ("positive semidefinite", "symmetric", "invertible"),
    "positive semidefinite": ("symmetric",),
    "diagonal": ("symmetric",),
    "orthogonal": ("invertible",),
    "positive entries": ("nonnegative entries",),
    "zero-one entries": ("nonnegative entries",),
    "one-hot": ("zero-one entries",),
    "one-hot rows": ("zero-one entries",),
}
_NONNEGATIVE: Final = frozenset({
    "absolute", "argmax", "argmax_rows", "cosh", "exp", "logistic", "nuclear_norm", "relu", "softmax", "softmax_rows",
    "softplus", "spectral_norm", "sqrt", "step",
})  # fmt: skip
# sums of more are not searched for pairs
_MOST_TERMS: Final = 16
_ONE_HOT: Final = frozenset({"one-hot", "one-hot rows"})
_INDICATORS: Final = frozenset({"argmax", "argmax_rows", "step"})
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
        return bool(once("symmetric", x, _is_symmetric))
    if name == "antisymmetric":
        return bool(once("antisymmetric", x, _is_antisymmetric))
    if name in ("idempotent", "positive semidefinite") and isinstance(x, Sum):
        return centred_axis(x) is not None or (name == "idempotent" and _is_complement(x))
    if name in _ONE_HOT and isinstance(x, Apply):
        return x.name in (("argmax", "softmax") if name == "one-hot" else ("argmax_rows", "softmax_rows"))
    if name == "idempotent" and isinstance(x, Product):
        return x.coefficient == 1 and not x.scalars and _is_projection(x.chain)
    if name == "invertible" and isinstance(x, Product):
        return bool(x.chain) and all(link.rows == link.cols and has(link, name) for link in x.chain)
    return False


def _is_symmetric(x: Expression) -> bool:
    if x.rows != x.cols:
        return False
    if isinstance(x, Product):
        count = len(x.chain)
        if count == 2 and any(is_pseudoinverse(one, other) for one, other in (x.chain, x.chain[::-1])):
            return True
        return all(_opposite(x.chain[i], x.chain[count - 1 - i]) for i in range((count + 1) // 2))
    if isinstance(x, (Sum, Hadamard)):
        return _match(_factors(x), _factors(x))
    if isinstance(x, Apply):
        return x.name not in OF_ROWS and has(x.operand, "symmetric")
    if isinstance(x, Frechet):
        return all(has(part, "symmetric") for part in x.parts)
    return False


def _is_complement(x: Sum) -> bool:
    """Whether it is I − P for an idempotent P."""
    if len(x.parts) != 2 or not isinstance(x.parts[0], Identity):
        return False
    coefficient, scalars, chain = _split(x.parts[1])
    projects = has(chain[0], "idempotent") if len(chain) == 1 else _is_projection(chain)
    return coefficient == -1 and not scalars and projects


def inverted_chain(x: Expression) -> tuple[Expression, ...]:
    """The matrices whose product is inverted; none where it is no product."""
    inside = x.parts[0] if isinstance(x, Inverse) else x
    return inside.chain if isinstance(inside, Product) and not inside.kept and inside is not x else ()


def _is_projection(chain: tuple[Expression, ...]) -> bool:
    """Whether it is X(YX)⁻¹Y, or XX⁺, or X⁺X."""
    if len(chain) == 2:
        return is_pseudoinverse(*chain) or is_pseudoinverse(*chain[::-1])
    for place, link in enumerate(chain):
        inner = inverted_chain(link)
        plain = bool(inner) and link.parts[0].data[0] == 1 and len(inner) == len(link.parts[0].parts)
        if plain and (*chain[place + 1 :], *chain[:place]) == inner:
            return True
    return False


def is_pseudoinverse(x: Expression, other: Expression) -> bool:
    """Whether one is the pseudoinverse of the other."""
    return isinstance(x, Apply) and x.name == "pinv" and x.operand is other


def _is_antisymmetric(x: Expression) -> bool:
    """Whether Mᵀ = −M: a sum of terms each with minus its transpose, or a product KᵀMK of such a sum."""
    if x.rows != x.cols:
        return False
    if isinstance(x, Sum):
        waiting = list(x.parts) if len(x.parts) <= _MOST_TERMS else []
        while waiting:
            term = waiting.pop()
            other = next((one for one in waiting if _minus_transpose(term, one)), None)
            if other is None:
                return False
            waiting.remove(other)
        return len(x.parts) <= _MOST_TERMS
    if isinstance(x, Product) and len(x.chain) % 2:
        middle = len(x.chain) // 2
        ends = [(x.chain[place], x.chain[-1 - place]) for place in range(middle)]
        return has(x.chain[middle], "antisymmetric") and all(_opposite(left, right) for left, right in ends)
    return False


def _minus_transpose(one: Expression, other: Expression) -> bool:
    (its, scalars, chain), (coefficient, others, links) = (_split(term) for term in (one, other))
    alike = its == -coefficient and scalars == others and len(chain) == len(links)
    return alike and all(_opposite(left, right) for left, right in zip(chain, reversed(links), strict=True))


def _split(term: Expression) -> tuple[Any, tuple[tuple[Expression, Fraction], ...], tuple[Expression, ...]]:
    return (term.coefficient, term.scalars, term.chain) if isinstance(term, Product) else (1, (), (term,))


def uniform(x: Expression) -> Any:
    """The number that every entry is; None where there is none by its form."""
    if isinstance(x, Number):
        return x.value
    coefficient, scalars, chain = _split(x)
    ends = [link.parts[0] if isinstance(link, Transpose) else link for link in chain]
    return coefficient if not scalars and ends and all(isinstance(link, Ones) for link in ends) else None


def is_binary(x: Expression) -> bool:
    """Whether every entry is known to be 0 or 1."""
    if isinstance(x, Symbol):
        return "zero-one entries" in x.properties or not _ONE_HOT.isdisjoint(x.properties)
    return isinstance(x, Apply) and x.name in _INDICATORS


def centred_axis(x: Expression) -> Expression | None:
    """The column of ones of the centring matrix I − 11ᵀ/n; None for anything else."""
    if not (isinstance(x, Sum) and len(x.parts) == 2 and isinstance(x.parts[0], Identity)):
        return None
    coefficient, scalars, chain = _split(x.parts[1])
    if coefficient != -1 or len(chain) != 2 or not isinstance(chain[0], Ones):
        return None
    ((base, exponent),) = scalars or ((x, Fraction(0)),)
    whole = isinstance(base, Size) and base.dim == x.rows and exponent == -1
    return chain[0] if whole else None


def _opposite(left: Expression, right: Expression) -> bool:
    """Whether one is the transpose of the other."""
    if left is right:
        return has(left, "symmetric")
    one, other = (left, right) if isinstance(left, Transpose) else (right, left)
    if isinstance(one, Transpose) and one.parts[0] is other:
        return True
    if type(left) is not type(right) or left.shape != (right.cols, right.rows):
        return False
    if isinstance(left, Product):
        links = list(zip(left.chain, reversed(right.chain), strict=False))  # type: ignore[attr-defined]
        return _alike(left, right) and len(left.parts) == len(right.parts) and all(_opposite(a, b) for a, b in links)
    if isinstance(left, (Sum, Hadamard)):
        return _match(_factors(left), _factors(right))
    if isinstance(left, Apply) and (left.name != right.data[0] or not of_entries(left.name)):
        return False
    return isinstance(left, (Inverse, Apply)) and _opposite(left.parts[0], right.parts[0])


def _alike(left: Any, right: Any) -> bool:
    return bool(left.coefficient == right.coefficient and left.scalars == right.scalars)


def _factors(x: Expression) -> list[tuple[Expression, Fraction]]:
    """The factors of a product by entries with their exponents; the terms of a sum."""
    return list(x.factors) if isinstance(x, Hadamard) else [(part, Fraction(1)) for part in x.parts]


def _match(left: list[tuple[Expression, Fraction]], right: list[tuple[Expression, Fraction]]) -> bool:
    """Whether every part has its transpose among the others."""
    waiting = list(right)
    for part, exponent in left:
        found = next((other for other in waiting if other[1] == exponent and _opposite(part, other[0])), None)
        if found is None:
            return False
        waiting.remove(found)
    return not waiting


def is_nonnegative(x: Expression) -> bool:
    """Whether a scalar, or every entry, is known not to be negative."""
    if isinstance(x, Number):
        return x.value >= 0
    if isinstance(x, (NamedNumber, Size, Ones)):
        return True
    if isinstance(x, Symbol):
        return "nonnegative entries" in x.properties or is_binary(x)
    if isinstance(x, Apply):
        return x.name in _NONNEGATIVE
    return bool(once("nonnegative", x, _is_nonnegative))


def _is_nonnegative(x: Expression) -> bool:
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
