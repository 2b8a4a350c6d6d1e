"""Sums of products in which common factors, denominators and whole brackets are found.

Products by entries and products of numbers are alike here: a term is a front and powers of factors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.expression import Apply, Expression, Hadamard, Ones, Sum, walk
from wengert.calculus.polynomials import is_multiplied_out

__all__ = ["by_bracket", "by_bracket_in_chains", "by_some_factor", "by_some_number", "over_one_bar",
           "without_complements"]  # fmt: skip

Powers = dict[Expression, Fraction]
Collected = Callable[[Expression], Any]
_ZERO: Final = Fraction(0)
_ONE: Final = Fraction(1)
# powers of a bracket up to this one are written out
_MOST_OPENED: Final = 2


@dataclass(frozen=True)
class Monomial:
    """What stands in front of powers that are multiplied entry by entry; for a number, its coefficient and powers."""

    front: Any
    powers: Powers

    def over(self, divisor: Powers) -> Monomial:
        """What is left when it is divided by powers."""
        rest = {base: self.powers.get(base, _ZERO) - divisor.get(base, _ZERO) for base in {**self.powers, **divisor}}
        return Monomial(self.front, {base: exponent for base, exponent in rest.items() if exponent})

    def expression(self, like: Expression) -> Any:
        """The product, of the shape of another expression."""
        if like.is_scalar:
            return algebra.matmul(self.front, *[algebra.power(base, e) for base, e in self.powers.items()])
        return algebra.matmul(self.front, algebra.hadamard_of(self.powers) if self.powers else _filled(like))


def _is_bracket(x: Expression) -> bool:
    """Whether it is a sum that may be written out."""
    return isinstance(x, Sum) and not x.kept


def _filled(like: Expression) -> Any:
    column = algebra.ones(like.rows)
    return column if like.cols == 1 else algebra.matmul(column, algebra.transpose(algebra.ones(like.cols)))


def _monomial(term: Expression) -> Monomial | None:
    """A term as a product of factors; None where matrices are multiplied in it."""
    coefficient, scalars, chain = algebra.split(term)
    if term.is_scalar:
        return Monomial(algebra.number(coefficient), dict(scalars))
    if len(chain) != 1:
        return None
    front = algebra.product(coefficient, scalars, ())
    if isinstance(chain[0], Hadamard):
        return Monomial(front, dict(chain[0].factors))
    return Monomial(front, {} if isinstance(chain[0], Ones) else {chain[0]: _ONE})


def _read(node: Sum) -> list[tuple[Expression, Monomial]]:
    """The terms that are products of factors."""
    return [(term, found) for term in _terms(node) if (found := _monomial(term)) is not None]


def _terms(node: Sum) -> list[Expression]:
    """The terms of a sum, and of sums in it that scalars stand in front of."""
    found: list[Expression] = []
    for term in node.parts:
        _, _, chain = algebra.split(term)
        opened = len(chain) == 1 and _is_bracket(chain[0])
        found += [algebra.matmul(_front(term), part) for part in chain[0].parts] if opened else [term]
    return found if len(set(found)) == len(found) else list(node.parts)


def by_some_factor(node: Sum, collected: Collected) -> Any:
    """A factor that most terms share in front of a bracket, the others beside it: a ∘ b + a ∘ c + d."""
    if is_multiplied_out(node):
        # 9x² − 4x + 1 is easier to read than x(9x − 4) + 1
        return None
    read = _read(node)
    counts = Counter((base, exponent > 0) for _, one in read for base, exponent in one.powers.items())
    shared = [pair for pair, count in counts.items() if 1 < count < len(_terms(node))]
    if not shared:
        return None
    base, above = max(shared, key=lambda pair: (counts[pair], pair[0].length, pair[0].digest))
    group = [(term, one) for term, one in read if base in one.powers and (one.powers[base] > 0) == above]
    common = _least([one.powers for _, one in group])
    inside = collected(algebra.add(*[one.over(common).expression(node) for _, one in group]))
    taken = {term for term, _ in group}
    return _beside(common, inside, node, [term for term in _terms(node) if term not in taken], collected)


def by_some_number(node: Sum, collected: Collected) -> Any:
    """Columns or matrices with the same scalars in front of them in a bracket: qu − fw − qv = q(u − v) − fw."""
    groups: dict[Any, list[Expression]] = {}
    for term in () if node.is_scalar else node.parts:
        scalars = algebra.split(term)[1]
        if scalars:
            groups.setdefault(frozenset(scalars.items()), []).append(term)
    group = max(groups.values(), key=len, default=[])
    if not 1 < len(group) < len(node.parts):
        return None
    scalars = algebra.split(group[0])[1]
    bare = [algebra.product(c, {}, chain) for c, _, chain in map(algebra.split, group)]
    whole = algebra.matmul(algebra.product(_ONE, scalars, ()), collected(algebra.add(*bare)))
    return collected(algebra.add(whole, *[term for term in node.parts if term not in group]))


def _beside(common: Powers, inside: Any, node: Sum, rest: Sequence[Expression], collected: Collected) -> Any:
    """Common powers times a bracket, and other terms."""
    if node.is_scalar:
        whole = algebra.matmul(*[algebra.power(base, exponent) for base, exponent in common.items()], inside)
    else:
        whole = algebra.hadamard(algebra.hadamard_of(common), inside)
    return collected(algebra.add(whole, *rest)) if rest else whole


def _least(powers: Sequence[Powers]) -> Powers:
    """The powers that all products have in common."""
    found: Powers = {}
    for base in set.intersection(*[set(one) for one in powers]):
        exponents = [one[base] for one in powers]
        if all(exponent > 0 for exponent in exponents):
            found[base] = min(exponents)
        elif all(exponent < 0 for exponent in exponents):
            found[base] = max(exponents)
    return found


def over_one_bar(node: Sum, collected: Collected) -> Any:
    """Terms over powers of a bracket brought to one bar: 1/√(1 + u²) − u²/(1 + u²)^{3/2} is 1/(1 + u²)^{3/2}."""
    read = _read(node)
    if len(read) < len(_terms(node)):
        return None
    below = {base for _, one in read for base, e in one.powers.items() if e < 0 and _is_bracket(base)}
    for base in sorted(below):
        lowest = min(one.powers.get(base, _ZERO) for _, one in read)
        rests = [one.over({base: lowest}) for _, one in read]
        exponents = [one.powers.get(base, _ZERO) for one in rests]
        if any(exponent.denominator != 1 or exponent > _MOST_OPENED for exponent in exponents):
            continue
        terms = [part for one in rests for part in _written_out(one, base, node)]
        inside = collected(algebra.add(*terms))
        # two terms over one bar are no shorter to read unless something cancels
        sums = [part for part in (inside, *inside.parts) if isinstance(part, Sum) and part.shape == node.shape]
        if all(len(part.parts) < len(read) for part in sums):
            return _beside({base: lowest}, inside, node, (), collected)
    return None


def _written_out(one: Monomial, base: Expression, like: Expression) -> Iterator[Any]:
    """The terms of a product with a bracket, term by term."""
    count = one.powers.get(base, _ZERO)
    if count < 1:
        yield one.expression(like)
        return
    rest = one.over({base: _ONE})
    for part in base.parts:
        product = _monomial(part)
        if product is None:
            # a part in which matrices are multiplied is one factor
            product = Monomial(algebra.number(1), {part: _ONE})
        powers = dict(rest.powers)
        for other, exponent in product.powers.items():
            powers[other] = powers.get(other, _ZERO) + exponent
        yield from _written_out(Monomial(algebra.matmul(rest.front, product.front), powers), base, like)


def by_bracket(node: Sum, collected: Collected) -> Any:
    """Terms that add up to a multiple of a bracket in another term: u ∘ (1 − v) + w − w ∘ v = (u + w) ∘ (1 − v)."""
    read = _read(node)
    brackets = {base for _, one in read for base, e in one.powers.items() if _is_bracket(base) and e >= 1}
    for bracket in sorted(brackets):
        inside = [(term, one) for term, one in read if one.powers.get(bracket, _ZERO) >= 1]
        others = {term: one for term, one in read if bracket not in one.powers}
        quotients = list(_quotients(node, bracket, others))
        if quotients:
            rests = [one.over({bracket: _ONE}).expression(node) for _, one in inside]
            factor = collected(algebra.add(*rests, *quotients))
            kept = [*others, *(term for term in _terms(node) if all(term is not seen for seen, _ in read))]
            return _beside({bracket: _ONE}, factor, node, kept, collected)
    return None


def _quotients(node: Sum, bracket: Expression, others: dict[Expression, Monomial]) -> Iterator[Any]:
    """What multiplied by the bracket is a sum of terms, which are taken out of the others."""
    parts = [_monomial(part) for part in bracket.parts]
    if None in parts:
        return
    first = parts[0]
    assert first is not None
    scale = algebra.power(first.front, -1)
    for term, one in list(others.items()):
        rest = one.over(first.powers)
        if term not in others or any(exponent < 0 for exponent in rest.powers.values()):
            continue
        quotient = Monomial(algebra.matmul(scale, one.front), rest.powers)
        products = [next(_written_out(_times(quotient, part), bracket, node)) for part in parts]
        if len(set(products)) == len(products) and all(product in others for product in products):
            for product in products:
                del others[product]
            yield quotient.expression(node)


def _times(one: Monomial, other: Monomial | None) -> Monomial:
    assert other is not None
    powers = dict(one.powers)
    for base, exponent in other.powers.items():
        powers[base] = powers.get(base, _ZERO) + exponent
    return Monomial(algebra.matmul(one.front, other.front), {base: e for base, e in powers.items() if e})


def by_bracket_in_chains(node: Sum, collected: Collected) -> Any:
    """The same for products of matrices: A(B − C) + B − C = (A + I)(B − C), on either side."""
    for end in (-1, 0):
        links = {algebra.split(term)[2][end] for term in node.parts if len(algebra.split(term)[2]) > 1}
        for bracket in sorted(link for link in links if _is_bracket(link) and 1 not in link.shape):
            found = _out_of_chains(node, bracket, end, collected)
            if found is not None:
                return found
    return None


def _out_of_chains(node: Sum, bracket: Expression, end: int, collected: Collected) -> Any:
    inside = [term for term in node.parts if len(_chain(term)) > 1 and _chain(term)[end] is bracket]
    others = dict.fromkeys(term for term in node.parts if term not in inside)
    factors = [_shorn(term, 1, end) for term in inside]
    count = len(factors)
    first, scale = _chain(bracket.parts[0]), algebra.power(_front(bracket.parts[0]), -1)
    for term in list(others):
        chain = _chain(term)
        own = chain[-len(first) :] if end else chain[: len(first)]
        if term not in others or own != first:
            continue
        quotient = algebra.matmul(scale, _shorn(term, len(first), end))
        sides = [(quotient, part) if end else (part, quotient) for part in bracket.parts]
        products = [algebra.matmul(*pair) for pair in sides]
        if all(product in others for product in products):
            for product in products:
                others.pop(product, None)
            factors.append(quotient)
    if len(factors) == count:
        return None
    factor = collected(algebra.add(*factors))
    whole = algebra.matmul(factor, bracket) if end else algebra.matmul(bracket, factor)
    return collected(algebra.add(whole, *others)) if others else whole


def _chain(term: Expression) -> tuple[Expression, ...]:
    return algebra.split(term)[2]


def _front(term: Expression) -> Any:
    coefficient, scalars, _ = algebra.split(term)
    return algebra.product(coefficient, scalars, ())


def _shorn(term: Expression, count: int, end: int) -> Any:
    """A product without so many matrices at one end."""
    chain = _chain(term)
    rest = chain[:-count] if end else chain[count:]
    length = chain[-count].rows if end else chain[count - 1].cols
    return algebra.matmul(_front(term), *(rest or [algebra.identity(length)]))


def without_complements(node: Sum) -> Any:
    """A sum in which σ(a) and σ(−a) = 1 − σ(a) stand, written out in σ(a)."""
    inside = [part for part in walk(node) if isinstance(part, Apply) and part.name == "logistic"]
    for one in inside:
        other = algebra.apply("logistic", algebra.negative(one.operand))
        if other is not one and other in inside:
            ways = [
                algebra.add(*[part for term in node.parts for part in _in_terms_of(term, function, rest, node)])
                for function, rest in ((one, other), (other, one))
            ]
            return min(ways, key=lambda way: way.length)
    return None


def _in_terms_of(term: Expression, function: Expression, complement: Expression, like: Expression) -> list[Any]:
    """A term with the complement of a function replaced, multiplied out."""
    read = _monomial(term)
    if read is None:
        return [term]
    for base, exponent in read.powers.items():
        parts = base.parts if _is_bracket(base) else ()
        if base is complement:
            parts = (algebra.ones(base.rows), algebra.negative(function))
        if parts and exponent >= 1:
            rest = read.over({base: _ONE}).expression(like)
            times = algebra.matmul if like.is_scalar else algebra.hadamard
            products = [times(rest, part) for part in parts]
            return [found for product in products for found in _in_terms_of(product, function, complement, like)]
    return [term]
