"""Making a formula short: common factors of a sum in front of a bracket, or behind it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wengert.calculus import algebra
from wengert.calculus.expression import Expression, Hadamard, Identity, Number, Product, Sum, walk
from wengert.calculus.rewriting import rewritten

__all__ = ["beautify", "length"]


def length(expression: Expression) -> int:
    """About how many symbols an expression is when it is printed."""
    known: dict[Expression, int] = {}
    for node in walk(expression):
        own = 0 if isinstance(node, Sum | Product) else 1
        if isinstance(node, Product):
            own = (node.coefficient != 1) + sum(exponent != 1 for _, exponent in node.scalars)
        if isinstance(node, Sum):
            own = len(node.parts) - 1
        known[node] = own + sum(known[part] for part in node.parts)
    return known[expression]


def beautify(expression: Expression) -> Any:
    """The same value with common factors collected, as far as that makes it shorter."""
    return rewritten(expression, _collected)


def _collected(node: Expression) -> Any:
    if isinstance(node, Hadamard):
        return _written_out(node)
    if not isinstance(node, Sum):
        return node
    best: Any = node
    for candidate in (_by_end(node, 0), _by_end(node, -1), _by_front(node)):
        if candidate is not None and length(candidate) < length(best):
            best = candidate
    return best


def _written_out(node: Hadamard) -> Any:
    """A product by entries with a sum, term by term where that is shorter: s ∘ (1 − y ∘ s⁻¹) = s − y."""
    for base, exponent in node.factors:
        if isinstance(base, Sum) and exponent == 1:
            rest = {other: e for other, e in node.factors if other is not base}
            found = algebra.add(*[algebra.hadamard(algebra.hadamard_of(rest), term) for term in base.parts])
            if length(found) < length(node):
                return found
    return node


def _by_end(node: Sum, end: int) -> Any:
    """The largest group of terms whose chains begin, or end, alike taken together."""
    groups: dict[Expression, list[Expression]] = {}
    for term in node.parts:
        _, _, chain = algebra.split(term)
        if chain:
            groups.setdefault(chain[end], []).append(term)
    shared = {link: terms for link, terms in groups.items() if len(terms) > 1}
    if not shared:
        return None
    link = max(shared, key=lambda one: (len(shared[one]), length(one), one.digest))
    terms = shared[link]
    inside = _collected(algebra.add(*[_without(term, end, link) for term in terms]))
    whole = algebra.matmul(link, inside) if end == 0 else algebra.matmul(inside, link)
    rest = [term for term in node.parts if term not in terms]
    return _collected(algebra.add(whole, *rest)) if rest else whole


def _without(term: Expression, end: int, link: Expression) -> Any:
    coefficient, scalars, chain = algebra.split(term)
    front = [algebra.number(coefficient), *(algebra.power(base, exponent) for base, exponent in scalars.items())]
    rest = chain[1:] if end == 0 else chain[:-1]
    if not rest and not isinstance(link, Identity):
        rest = (algebra.identity(link.cols if end == 0 else link.rows),)
    return algebra.matmul(*front, *rest)


def _by_front(node: Sum) -> Any:
    """Coefficients and scalars that all terms share."""
    splits = [algebra.split(term) for term in node.parts]
    coefficients: set[Any] = {abs(coefficient) for coefficient, _, _ in splits}
    front = [algebra.number(coefficients.pop())] if len(coefficients) == 1 else []
    shared = _least([scalars for _, scalars, _ in splits])
    front += [algebra.power(base, exponent) for base, exponent in shared.items()]
    if all(coefficient < 0 for coefficient, _, _ in splits):
        front.append(algebra.number(-1))
    factor = algebra.matmul(*front) if front else algebra.number(1)
    if isinstance(factor, Number) and factor.value == 1:
        return None
    return algebra.matmul(factor, algebra.add(*[algebra.matmul(algebra.power(factor, -1), t) for t in node.parts]))


def _least(fronts: Sequence[dict[Expression, Fraction]]) -> dict[Expression, Fraction]:
    """The powers that all products have in common."""
    found: dict[Expression, Fraction] = {}
    for base in set.intersection(*[set(front) for front in fronts]):
        exponents = [front[base] for front in fronts]
        if all(exponent > 0 for exponent in exponents):
            found[base] = min(exponents)
        elif all(exponent < 0 for exponent in exponents):
            found[base] = max(exponents)
    return found
