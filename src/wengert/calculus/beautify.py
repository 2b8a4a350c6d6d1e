"""Making a formula short: common factors of a sum in front of a bracket, or behind it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wengert.calculus import algebra
from wengert.calculus.expression import (
    Apply,
    Expression,
    Hadamard,
    Identity,
    Number,
    Ones,
    Product,
    Sum,
    Transpose,
    walk,
)
from wengert.calculus.rewriting import rewritten

__all__ = ["beautify", "length"]


def length(expression: Expression) -> int:
    """About how many symbols an expression is when it is printed."""
    known: dict[Expression, int] = {}
    for node in walk(expression):
        own = 0 if isinstance(node, Sum | Product) else 1
        if isinstance(node, Product):
            own = (abs(node.coefficient) != 1) + sum(exponent != 1 for _, exponent in node.scalars)
        if isinstance(node, Sum):
            own = len(node.parts) - 1
        known[node] = own + sum(known[part] for part in node.parts)
    return known[expression]


def beautify(expression: Expression) -> Any:
    """The same value with common factors collected, as far as that makes it shorter."""
    return rewritten(expression, _collected)


def _collected(node: Expression) -> Any:
    if isinstance(node, Hadamard):
        return _shortest(node, [_written_out(node)])
    if isinstance(node, Product):
        return _shortest(node, [_number_inside(node)])
    if not isinstance(node, Sum):
        return node
    ways = (_from_left, _from_right, _by_front, _by_entries, _without_complements, _turned)
    return _shortest(node, [way(node) for way in ways])


def _shortest(node: Expression, candidates: Sequence[Any]) -> Any:
    """The shortest of these; the first one where several are as short."""
    return min([node, *(one for one in candidates if one is not None)], key=length)


def _written_out(node: Hadamard) -> Any:
    """A product by entries with a sum, term by term: s ∘ (1 − y ∘ s⁻¹) = s − y."""
    for base, exponent in node.factors:
        if isinstance(base, Sum) and exponent == 1:
            rest = {other: e for other, e in node.factors if other is not base}
            return algebra.add(*[algebra.hadamard(algebra.hadamard_of(rest), term) for term in base.parts])
    return None


def _number_inside(node: Product) -> Any:
    """A coefficient taken into a bracket: ½(2S − 2T) = S − T."""
    place = next((place for place, link in enumerate(node.chain) if isinstance(link, Sum)), None)
    if place is None or node.coefficient == 1:
        return None
    scaled = algebra.add(*[algebra.matmul(algebra.number(node.coefficient), term) for term in node.chain[place].parts])
    fronts = [algebra.power(base, exponent) for base, exponent in node.scalars]
    return algebra.matmul(*fronts, *node.chain[:place], _collected(scaled), *node.chain[place + 1 :])


def _by_entries(node: Sum) -> Any:
    """The factors by entries that all terms share in front of a bracket: u ∘ v + u ∘ w = u ∘ (v + w)."""
    bodies = [_entries(term) for term in node.parts]
    shared = _least([powers for _, powers in bodies])
    if not shared:
        return None
    rest = [
        algebra.matmul(front, algebra.hadamard_of({base: e - shared.get(base, 0) for base, e in powers.items()}))
        for front, powers in bodies
    ]
    if any(isinstance(link, Ones) for term in rest for link in algebra.split(term)[2]):
        # s ∘ v − (sᵀv) s is easier to read than s ∘ (v − (sᵀv) 1)
        return None
    return algebra.hadamard(algebra.hadamard_of(shared), _collected(algebra.add(*rest)))


def _entries(term: Expression) -> tuple[Any, dict[Expression, Fraction]]:
    """A term as a scalar and powers that are multiplied entry by entry."""
    coefficient, scalars, chain = algebra.split(term)
    if len(chain) != 1:
        return None, {}
    powers = dict(chain[0].factors) if isinstance(chain[0], Hadamard) else {chain[0]: Fraction(1)}
    return algebra.product(coefficient, scalars, ()), powers


def _without_complements(node: Sum) -> Any:
    """A sum in which σ(a) and σ(−a) = 1 − σ(a) stand, written out in σ(a)."""
    inside = [part for part in walk(node) if isinstance(part, Apply) and part.name == "logistic"]
    for one in inside:
        other = algebra.apply("logistic", algebra.negative(one.operand))
        if other in inside:
            return algebra.add(*[part for term in node.parts for part in _in_terms_of(term, one, other)])
    return None


def _in_terms_of(term: Expression, function: Expression, complement: Expression) -> list[Any]:
    """A term with the complement of a function replaced, multiplied out entry by entry."""
    front, powers = _entries(term)
    if front is None:
        return [term]
    for base, exponent in powers.items():
        rest = algebra.hadamard_of({**powers, base: exponent - 1})
        parts = base.parts if isinstance(base, Sum) else ()
        if base is complement:
            parts = (algebra.ones(base.rows), algebra.negative(function))
        if parts and exponent >= 1:
            products = [algebra.matmul(front, algebra.hadamard(rest, part)) for part in parts]
            return [found for product in products for found in _in_terms_of(product, function, complement)]
    return [term]


def _from_left(node: Sum) -> Any:
    return _by_end(node, 0)


def _from_right(node: Sum) -> Any:
    return _by_end(node, -1)


def _turned(node: Sum) -> Any:
    """A sum in which another sum stands transposed, with the transpose at its terms."""
    if not any(isinstance(term, Transpose) and isinstance(term.parts[0], Sum) for term in node.parts):
        return None
    terms = [
        algebra.transpose(part)
        for term in node.parts
        if isinstance(term, Transpose) and isinstance(term.parts[0], Sum)
        for part in term.parts[0].parts
    ]
    others = [t for t in node.parts if not (isinstance(t, Transpose) and isinstance(t.parts[0], Sum))]
    return _collected(algebra.add(*terms, *others))


def _by_end(node: Sum, end: int) -> Any:
    """The largest group of terms whose chains begin, or end, alike taken together."""
    groups: dict[Expression, list[Expression]] = {}
    for term in node.parts:
        _, _, chain = algebra.split(term)
        # a column stays a sum of columns: Ax − (xᵀAx) x, not (A − (xᵀAx) I) x
        alone = len(chain) == 1 and (node.cols == 1 if end else node.rows == 1)
        if chain and not alone:
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
    divisor = algebra.power(factor, -1)
    return algebra.matmul(factor, _collected(algebra.add(*[algebra.matmul(divisor, term) for term in node.parts])))


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
