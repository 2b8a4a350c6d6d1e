"""Making a formula short: common factors of a sum in front of a bracket, or behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import (
    Expression,
    Hadamard,
    Identity,
    Ones,
    Product,
    Sum,
    Trace,
    Transpose,
    once,
    walk,
)
from wengert.calculus.factoring import (
    by_bracket,
    by_bracket_in_chains,
    by_some_factor,
    by_some_number,
    over_one_bar,
    without_complements,
)
from wengert.calculus.polynomials import multiplied_out, with_powers_taken_in
from wengert.calculus.properties import centred_axis
from wengert.calculus.rewriting import rewritten

__all__ = ["beautify", "common_front", "gathered", "length"]

# more terms than this are not written out to see whether they merge
_MOST_TERMS: Final = 16
# sums that are longer are not opened, so that the time stays in proportion to what is printed
_MOST_SYMBOLS: Final = 160
# parts that are looked at, besides a few for each node, before what is left stays as it is: it is no reading matter
_LOOKS: Final = 4_000
_LOOKS_AT_EACH: Final = 20
Factoring = Callable[[Sum, Callable[[Expression], Any]], Any]
_FACTORINGS: Final = (by_some_factor, by_some_number, over_one_bar, by_bracket, by_bracket_in_chains)


def length(expression: Expression) -> int:
    """About how many symbols an expression is when it is printed."""
    return expression.length


def beautify(expression: Expression) -> Any:
    """The same value with common factors collected, as far as that makes it shorter."""
    return once("beautified", expression, lambda node: _Shortener().whole(node))


def gathered(expression: Expression) -> Any:
    """The same without brackets that only some terms of a sum share, so that the terms stay side by side."""
    return once("gathered", expression, lambda node: _Shortener(factorings=()).whole(node))


class _Shortener:
    """One formula on the way to its shortest form; what was found of its nodes lives as long as the search."""

    def __init__(self, factorings: Sequence[Factoring] = _FACTORINGS) -> None:
        self.factorings = factorings
        self.known: dict[Expression, Any] = {}
        self.looks = _LOOKS

    def whole(self, expression: Expression) -> Any:
        self.looks += _LOOKS_AT_EACH * sum(1 for _ in walk(expression))
        found = rewritten(expression, self.collected)
        opened = rewritten(expression, _opened_trace)
        if opened is expression or length(opened) > _MOST_SYMBOLS:
            return found
        return _shortest(found, [rewritten(opened, self.collected)])

    def collected(self, node: Expression) -> Any:
        if node not in self.known:
            self.known[node] = self._found(node)
        return self.known[node]

    def _found(self, node: Expression) -> Any:
        self.looks -= sum([1 + len(part.parts) for part in node.parts])
        if self.looks < 0:
            return node
        if isinstance(node, Hadamard):
            return _shortest(node, [_written_out(node)])
        if isinstance(node, (Product, Sum)):
            found = with_powers_taken_in(node)
            if found is not None:
                return found
        if isinstance(node, Product):
            front = _numbers_in_front(node)
            if front is not None and length(front) <= length(node):
                return self.collected(front)
            return _shortest(node, [self._number_inside(node)])
        if not isinstance(node, Sum):
            return node
        ways = [self._from_left, self._from_right, self._by_front, self._by_entries]
        if length(node) <= _MOST_SYMBOLS:
            ways += [without_complements, self._turned, self._multiplied_out]
        found = [multiplied_out(node), *(way(node) for way in ways)]
        if length(node) <= _MOST_SYMBOLS:
            # each looks at all terms once more, but for the one that only looks at numbers in front
            thorough = sum([way is not by_some_number for way in self.factorings])
            self.looks -= thorough * sum([1 + len(part.parts) for part in node.parts])
            found += [way(node, lambda inner: self._if_shorter(inner, node)) for way in self.factorings]
        return _shortest(node, found)

    def _if_shorter(self, inner: Expression, node: Expression) -> Any:
        """What is collected of a part, where that is shorter than the whole, so that it comes to an end."""
        return self.collected(inner) if length(inner) < length(node) else inner

    def _number_inside(self, node: Product) -> Any:
        """A coefficient taken into a bracket: ½(2S − 2T) = S − T."""
        place = next((place for place, link in enumerate(node.chain) if isinstance(link, Sum) and not link.kept), None)
        if place is None or node.coefficient == 1:
            return None
        scaled = algebra.add(
            *[algebra.matmul(algebra.number(node.coefficient), term) for term in node.chain[place].parts]
        )
        fronts = [algebra.power(base, exponent) for base, exponent in node.scalars]
        return algebra.matmul(*fronts, *node.chain[:place], self.collected(scaled), *node.chain[place + 1 :])

    def _by_entries(self, node: Sum) -> Any:
        """The factors by entries that all terms share in front of a bracket: u ∘ v + u ∘ w = u ∘ (v + w)."""
        bodies = [_entries(term) for term in node.parts]
        shared = _least([powers for _, powers in bodies])
        if not shared:
            return None
        rest = [
            algebra.matmul(front, algebra.hadamard_of({base: e - shared.get(base, 0) for base, e in powers.items()}))
            for front, powers in bodies
        ]
        if any(_is_spread(term) for term in rest):
            # s ∘ v − (sᵀv) s is easier to read than s ∘ (v − (sᵀv) 1)
            return None
        return algebra.hadamard(algebra.hadamard_of(shared), self.collected(algebra.add(*rest)))

    def _from_left(self, node: Sum) -> Any:
        return self._by_end(node, 0)

    def _from_right(self, node: Sum) -> Any:
        return self._by_end(node, -1)

    def _turned(self, node: Sum) -> Any:
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
        return self.collected(algebra.add(*terms, *others))

    def _multiplied_out(self, node: Sum) -> Any:
        """A sum with its brackets opened, where terms of it then cancel or merge."""
        count = sum(map(_count_opened, node.parts))
        if count == len(node.parts) or count > _MOST_TERMS:
            return None
        terms = [part for term in node.parts for part in _opened(term)]
        found = algebra.add(*terms)
        count = len(found.parts) if isinstance(found, Sum) else 1
        return self.collected(found) if count < len(terms) else None

    def _by_end(self, node: Sum, end: int) -> Any:
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
        inside = self.collected(algebra.add(*[_without(term, end, link) for term in terms]))
        whole = algebra.matmul(link, inside) if end == 0 else algebra.matmul(inside, link)
        rest = [term for term in node.parts if term not in terms]
        return self.collected(algebra.add(whole, *rest)) if rest else whole

    def _by_front(self, node: Sum) -> Any:
        """Coefficients and scalars that all terms share."""
        found = common_front(node)
        return None if found is None else algebra.matmul(found[0], self.collected(algebra.add(*found[1])))


def _numbers_in_front(node: Product) -> Any:
    """What all terms of a factor share, with the coefficient and the other factors: 2(2 + 2q) = 4(1 + q)."""
    fronts, changed = [algebra.number(node.coefficient)], False
    for base, exponent in node.scalars:
        found = common_front(base) if isinstance(base, Sum) and not base.kept and exponent.denominator == 1 else None
        if found is None or algebra.split(found[0])[0] < 0:
            fronts.append(algebra.power(base, exponent))
            continue
        changed = True
        fronts += [algebra.power(found[0], exponent), algebra.power(algebra.add(*found[1]), exponent)]
    return algebra.matmul(*fronts, *node.chain) if changed else None


def common_front(node: Sum) -> tuple[Any, list[Any]] | None:
    """What all terms share of coefficients and scalars, and the terms without it; None where they share nothing."""
    splits = [algebra.split(term) for term in node.parts]
    common = _common([coefficient for coefficient, _, _ in splits])
    if all(coefficient < 0 for coefficient, _, _ in splits):
        common = -common
    shared = _least([scalars for _, scalars, _ in splits])
    if common == 1 and not shared:
        return None
    terms = []
    for coefficient, scalars, chain in splits:
        # floats are divided only where the quotient is exact
        rest = coefficient / common if abs(coefficient) != abs(common) else 1 if coefficient == common else -1
        powers = [algebra.power(base, exponent - shared.get(base, 0)) for base, exponent in scalars.items()]
        terms.append(algebra.matmul(algebra.number(rest), *powers, *chain))
    factor = [algebra.power(base, exponent) for base, exponent in shared.items()]
    return algebra.matmul(algebra.number(common), *factor), terms


def _shortest(node: Expression, candidates: Sequence[Any]) -> Any:
    """The shortest of these; the first one where several are as short."""
    return min([node, *(one for one in candidates if one is not None)], key=length)


def _written_out(node: Hadamard) -> Any:
    """A product by entries with a sum, term by term: s ∘ (1 − y ∘ s⁻¹) = s − y."""
    for base, exponent in node.factors:
        if isinstance(base, Sum) and not base.kept and exponent == 1:
            rest = {other: e for other, e in node.factors if other is not base}
            return algebra.add(*[algebra.hadamard(algebra.hadamard_of(rest), term) for term in base.parts])
    return None


def _is_spread(term: Expression) -> bool:
    """Whether ones stand in a term that is not written as a plain number."""
    _, scalars, chain = algebra.split(term)
    plain = term.cols == 1 and not scalars and len(chain) == 1
    return not plain and any(isinstance(part, Ones) for link in chain for part in (link, *link.parts))


def _entries(term: Expression) -> tuple[Any, dict[Expression, Fraction]]:
    """A term as a scalar and powers that are multiplied entry by entry."""
    coefficient, scalars, chain = algebra.split(term)
    if len(chain) != 1:
        return None, {}
    powers = dict(chain[0].factors) if isinstance(chain[0], Hadamard) else {chain[0]: Fraction(1)}
    return algebra.product(coefficient, scalars, ()), powers


def _count_opened(term: Expression) -> int:
    """How many terms a product is with its brackets opened."""
    inside = [link.parts[0] if isinstance(link, Transpose) else link for link in algebra.split(term)[2]]
    return math.prod(sum(map(_count_opened, link.parts)) for link in inside if _is_opened(link))


def _is_opened(x: Expression) -> bool:
    """Whether it is a bracket; I − 11ᵀ/n is a matrix of its own."""
    return isinstance(x, Sum) and not x.kept and centred_axis(x) is None


def _opened_trace(node: Expression) -> Any:
    """tr(M(MB + BM)) as 2 tr(M²B), and tr(M(I − yyᵀ)) as tr(M) − yᵀMy.

    Brackets in which other brackets are multiplied are opened, those stay.
    """
    if not isinstance(node, Trace) or length(node) > _MOST_SYMBOLS:
        return node
    terms = _opened(node.parts[0], _is_worth_opening)
    if len(terms) > _MOST_TERMS:
        return node
    return algebra.add(*[invariants.trace(term) for term in terms]) if len(terms) > 1 else node


def _is_worth_opening(x: Expression) -> bool:
    """Whether brackets are multiplied in it, or columns with rows, which are numbers under a trace."""
    links = [link for term in x.parts for link in algebra.split(term)[2]] if _is_opened(x) else []
    return any(_is_opened(link) or link.cols == 1 for link in links)


def _opened(term: Expression, is_opened: Callable[[Expression], bool] = _is_opened) -> list[Any]:
    """A product as the terms of the sums that stand in its chain."""
    coefficient, scalars, chain = algebra.split(term)
    for place, link in enumerate(chain):
        inside = link.parts[0] if isinstance(link, Transpose) else link
        if is_opened(inside):
            parts = inside.parts if inside is link else [algebra.transpose(part) for part in inside.parts]
            front = algebra.product(coefficient, scalars, ())
            products = [algebra.matmul(front, *chain[:place], part, *chain[place + 1 :]) for part in parts]
            return [found for product in products for found in _opened(product, is_opened)]
    return [term]


def _without(term: Expression, end: int, link: Expression) -> Any:
    coefficient, scalars, chain = algebra.split(term)
    front = [algebra.number(coefficient), *(algebra.power(base, exponent) for base, exponent in scalars.items())]
    rest = chain[1:] if end == 0 else chain[:-1]
    if not rest and not isinstance(link, Identity):
        rest = (algebra.identity(link.cols if end == 0 else link.rows),)
    return algebra.matmul(*front, *rest)


def _common(coefficients: Sequence[Any]) -> Any:
    """The largest number of which all are whole multiples; 1 where floats stand among them."""
    if len(set(map(abs, coefficients))) == 1:
        return abs(coefficients[0])
    if not all(isinstance(coefficient, Fraction) for coefficient in coefficients):
        return 1
    if any(coefficient.denominator % 5 == 0 for coefficient in coefficients):
        # decimals: 0.2 of 0.2 and 0.4, but not 0.1 of 0.7 and 0.3
        least = min(map(abs, coefficients))
        return least if all((coefficient / least).denominator == 1 for coefficient in coefficients) else 1
    top = math.gcd(*[coefficient.numerator for coefficient in coefficients])
    return Fraction(top, math.lcm(*[coefficient.denominator for coefficient in coefficients]))


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
