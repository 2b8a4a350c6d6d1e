"""Convexity, where it follows from the form of a second derivative by signs and congruence."""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus import algebra, invariants
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
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zero,
    walk,
)
from wengert.calculus.properties import has, is_nonnegative

__all__ = ["has_whole_domain", "is_continuous", "is_positive_operator", "is_semidefinite", "sign_of"]

_POSITIVE: Final = frozenset(["exp", "abs", "absolute", "cosh", "logistic", "softmax", "softmax_rows", "softplus",
                              "step", "relu"])  # fmt: skip

# functions that are continuous where they are defined
_CONTINUOUS: Final = frozenset(["exp", "log", "log1p", "logabs", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh",
                                "arctan", "absolute", "abs", "sqrt", "logistic", "softplus", "softmax", "softmax_rows",
                                "logsumexp", "relu", "expm", "sinm", "cosm"])  # fmt: skip
_SINGULAR: Final = frozenset(["log", "log1p", "logabs", "tan"])
# of an affine operand these are defined in a half-space
_HALVED: Final = frozenset(["log", "log1p"])


def is_continuous(gradient: Expression) -> bool:
    """Whether a gradient has no jumps, so that the second derivative, which misses jumps, tells of convexity."""
    return all(not isinstance(node, Apply) or node.name in _CONTINUOUS for node in walk(gradient)) and not any(
        isinstance(node, Frechet) for node in walk(gradient)
    )


def has_whole_domain(function: Expression, variable: Expression) -> bool:
    """Whether a function is, by its form, defined on a convex set: where the assumptions hold, or in half-spaces."""
    moving: set[Expression] = set()
    for node in walk(function):
        if node is variable or any(part in moving for part in node.parts):
            moving.add(node)
            if _is_singular(node, variable, moving):
                return False
    return True


def _is_singular(node: Expression, variable: Expression, moving: Container[Expression]) -> bool:
    if isinstance(node, Apply):
        free = _is_positive(node.operand) or (node.name in _HALVED and _is_affine(node.operand, variable))
        return node.name in _SINGULAR and not free
    if isinstance(node, Inverse):
        return not is_semidefinite(node.parts[0])
    powers = node.scalars if isinstance(node, Product) else node.factors if isinstance(node, Hadamard) else ()
    for base, power in powers:
        if base not in moving:
            continue
        # a root is taken of what is positive, and so is its inverse
        half_space = power.denominator % 2 == 0 and _is_affine(base, variable)
        if (power < 0 or power.denominator != 1) and not (_is_positive(base) or half_space):
            return True
    return False


def _is_affine(x: Expression, variable: Expression) -> bool:
    """Whether, by its form, an expression is linear in the variable, but for what does not move."""
    if x is variable or variable not in set(walk(x)):
        return True
    if isinstance(x, (Sum, Transpose, Trace, Diagonal, DiagonalOf)):
        return all(_is_affine(part, variable) for part in x.parts)
    if not isinstance(x, (Product, Hadamard)):
        return False
    powers = dict(x.scalars if isinstance(x, Product) else x.factors)
    moving = [part for part in x.parts if variable in set(walk(part))]
    return len(moving) == 1 and powers.get(moving[0], 1) == 1 and _is_affine(moving[0], variable)


def sign_of(hessian: Expression, direction: Expression | None = None) -> str:
    """`convex`, `concave`, both as `flat`, or nothing where the form does not tell.

    The `hessian` is the matrix of second derivatives or, with a direction, what the operator makes of it.
    """
    if algebra.is_zero(hessian):
        return "flat"
    turned = algebra.negative(hessian)
    if direction is not None:
        signs = is_positive_operator(hessian, direction), is_positive_operator(turned, direction)
    else:
        signs = is_semidefinite(hessian), is_semidefinite(turned)
    return "convex" if signs[0] else "concave" if signs[1] else ""


def is_semidefinite(m: Expression) -> bool:
    """Whether a symmetric matrix, or a number, is positive semidefinite by its form."""
    if m.is_scalar:
        return _is_positive(m)
    if isinstance(m, (Identity, Zero)) or has(m, "positive semidefinite") or has(m, "positive definite"):
        return True
    if isinstance(m, Diagonal):
        return _is_positive(m.parts[0])
    if isinstance(m, Inverse):
        return is_semidefinite(m.parts[0])
    if isinstance(m, Hadamard):
        # Schur's product theorem
        return all(is_semidefinite(base) and exponent.denominator == 1 and exponent > 0 for base, exponent in m.factors)
    if isinstance(m, Sum):
        terms = _written_out(m)
        inner = _without_sides(terms)
        return (
            all(map(is_semidefinite, terms)) or _is_covariance(terms) or (inner is not None and is_semidefinite(inner))
        )
    if isinstance(m, Product) and _front_is_positive(m):
        return _is_congruent(m.chain)
    return False


def _front_is_positive(m: Product) -> bool:
    even = [base for base, exponent in m.scalars if not (exponent.denominator == 1 and exponent % 2 == 0)]
    return m.coefficient >= 0 and all(map(_is_positive, even))


def _is_congruent(chain: tuple[Expression, ...]) -> bool:
    """BᵀDB with D positive semidefinite."""
    if not chain:
        return True
    if len(chain) == 1:
        return is_semidefinite(chain[0])
    if chain[0] is algebra.transpose(chain[-1]):
        return _is_congruent(chain[1:-1])
    return False


def _without_sides(terms: list[Expression]) -> Any:
    """The sum of the D of terms that are all BᵀDB with the same B; None where they are not."""
    split = [algebra.split(term) for term in terms]
    chains = [chain for _, _, chain in split]
    first, last = chains[0][:1], chains[0][-1:]
    if any(len(chain) < 2 or chain[:1] != first or chain[-1:] != last for chain in chains):
        return None
    if algebra.transpose(first[0]) is not last[0]:
        return None
    fronts = [algebra.product(number, scalars, ()) for number, scalars, _ in split]
    size = last[0].rows
    inner = [algebra.matmul(*chain[1:-1]) if len(chain) > 2 else algebra.identity(size) for chain in chains]
    return algebra.add(*[algebra.matmul(front, each) for front, each in zip(fronts, inner, strict=True)])


def _written_out(m: Expression) -> list[Expression]:
    """The terms of a sum, those of inner sums with numbers in front as well."""
    found: list[Expression] = []
    for term in m.parts if isinstance(m, Sum) else (m,):
        coefficient, scalars, chain = algebra.split(term)
        if len(chain) == 1 and isinstance(chain[0], Sum):
            front = algebra.product(coefficient, scalars, ())
            found.extend(inner for part in chain[0].parts for inner in _written_out(algebra.matmul(front, part)))
        else:
            found.append(term)
    return found


def _is_covariance(terms: list[Expression]) -> bool:
    """diag(s) − ssᵀ with s ≥ 0 of sum 1, or I − vvᵀ/vᵀv, times something positive: Cauchy and Schwarz."""
    if len(terms) != 2:
        return False
    for large, small in (terms, terms[::-1]):
        coefficient, scalars, chain = algebra.split(small)
        half = len(chain) // 2
        v = algebra.matmul(*chain[:half]) if half else small
        mirrored = bool(half) and v.cols == 1 and algebra.transpose(v) is algebra.matmul(*chain[half:])
        if not mirrored or coefficient >= 0:
            continue
        front, powers, links = algebra.split(large)
        same = algebra.product(front, powers, ())
        if len(links) != 1 or not _is_positive(same):
            continue
        link = links[0]
        rest = algebra.product(-coefficient, scalars, ())
        if isinstance(link, Diagonal) and link.parts[0] is v and isinstance(v, Apply) and v.name == "softmax":
            return rest is same
        if isinstance(link, Identity) and algebra.matmul(rest, algebra.transpose(v), v) is same:
            return True
    return False


def _is_positive(x: Expression) -> bool:
    """Whether a number, or every entry, is not negative."""
    if is_nonnegative(x) or isinstance(x, (NamedNumber, Number, Size)):
        return not isinstance(x, Number) or x.value >= 0
    if isinstance(x, Apply):
        return x.name in _POSITIVE
    if isinstance(x, (Determinant, Trace)):
        return is_semidefinite(x.parts[0])
    if isinstance(x, Sum):
        return all(map(_is_positive, x.parts))
    if isinstance(x, Hadamard):
        return all(_is_even(exponent) or _is_positive(base) for base, exponent in x.factors)
    if isinstance(x, Product) and _front_is_positive(x):
        if x.is_scalar and x.chain:
            return _is_congruent_form(x.chain)
        return all(map(_is_positive, x.chain))
    return False


def _is_congruent_form(chain: tuple[Expression, ...]) -> bool:
    if chain[0] is algebra.transpose(chain[-1]):
        return len(chain) == 2 or _is_congruent(chain[1:-1])
    return all(_is_positive(link.parts[0] if isinstance(link, Transpose) else link) for link in chain)


def _is_even(exponent: Fraction) -> bool:
    return exponent.denominator == 1 and exponent % 2 == 0


def is_positive_operator(expression: Expression, direction: Expression) -> bool:
    """Whether ⟨d, L d⟩ is never negative, by the form of L d."""
    return _is_positive_map(expression, direction, direction)


def _is_positive_map(x: Expression, seen: Expression, direction: Expression) -> bool:
    """Whether x = M s for a positive semidefinite M, where s is what has been `seen` of the direction."""
    if x is seen:
        return True
    if isinstance(x, Sum):
        return all(_is_positive_map(term, seen, direction) for term in x.parts) or _is_projection(x.parts, seen)
    if isinstance(x, Hadamard):
        weights = [(base, power) for base, power in x.factors if base is not seen]
        return len(weights) < len(x.factors) and all(_is_even(p) or _is_positive(base) for base, p in weights)
    if not (isinstance(x, Product) and x.chain and _front_is_positive(x)):
        return False
    place = next((place for place, link in enumerate(x.chain) if direction in set(walk(link))), None)
    if place is None:
        return False
    before, link, after = x.chain[:place], x.chain[place], x.chain[place + 1 :]
    if link is seen and isinstance(seen, Symbol):
        return _is_congruent(before) and _is_congruent(after)
    left, right = ([algebra.transpose(each) for each in reversed(side)] for side in (before, after))
    return bool(before or after) and _is_positive_map(link, algebra.matmul(*left, seen, *right), direction)


def _is_projection(terms: Sequence[Expression], seen: Expression) -> bool:
    """c(s − ⟨V, s⟩V/⟨V, V⟩) with c ≥ 0: Cauchy and Schwarz."""
    if len(terms) != 2:
        return False
    for large, small in (terms, terms[::-1]):
        number, powers, chain = algebra.split(small)
        v = algebra.product(algebra.ONE, {}, chain)
        if number >= 0 or v.shape != seen.shape:
            continue
        form, square = (_inner(v, each) for each in (seen, v))
        front = algebra.product(-number, {base: e for base, e in powers.items() if base is not form}, ())
        whole = algebra.matmul(front, square)
        if powers.get(form) == 1 and _is_positive(whole) and algebra.matmul(whole, seen) is large:
            return True
    return False


def _inner(u: Expression, v: Expression) -> Any:
    """⟨u, v⟩ as an expression."""
    product = algebra.matmul(algebra.transpose(u), v)
    return product if u.cols == 1 else invariants.trace(product)
