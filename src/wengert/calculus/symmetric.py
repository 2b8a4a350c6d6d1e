"""Symmetric matrices written so that it is seen: every term is symmetric, or has its transpose beside it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.beautify import beautify, common_front, gathered, length
from wengert.calculus.expression import Diagonal, Expression, Hadamard, Product, Sum, Transpose
from wengert.calculus.properties import centred_axis, has
from wengert.calculus.rewriting import rebuilt, rewritten

__all__ = ["symmetric", "symmetric_part"]

# steps in which the bracket to open is chosen by what comes of it; afterwards one is opened in every term
_CHOSEN_OPENINGS: Final = 6
_MOST_OPENINGS: Final = 40
_MOST_TERMS: Final = 100
# symbols of a formula whose form is not searched for: it is no reading matter
_LONGEST: Final = 3000
_ROUNDING: Final = 1e-14
# a form in which symmetry is seen may be longer than another one by this factor
_SHOWN: Final = 1.5


def symmetric(expression: Expression) -> Any:
    """A matrix that is symmetric by its value, in the shortest form that was found in which it is so by its form.

    It is only beautified where no such form is found.
    """
    return _Search().shortest(expression)


def symmetric_part(expression: Expression) -> Any:
    """½(M + Mᵀ), and M itself where its form shows that it is symmetric."""
    form, plain = symmetric(expression), beautify(expression)
    if has(form, "symmetric"):
        return form if length(form) <= _SHOWN * length(plain) else plain
    return beautify(algebra.matmul(algebra.number(0.5), algebra.add(expression, algebra.transpose(expression))))


class _Search:
    """One formula on the way to its form; what was found of its parts lives as long as the search."""

    def __init__(self) -> None:
        self.known: dict[Expression, Any] = {}
        self.inner: dict[Expression, Any] = {}

    def shortest(self, expression: Expression) -> Any:
        plain = beautify(expression)
        found = [plain]
        for form in (beautify, gathered, lambda x: x):
            one = form(expression)
            terms = (
                self.paired([_balanced(_thinned(term)) for term in _terms(one)]) if length(one) <= _LONGEST else None
            )
            if terms is not None:
                for alike in (terms, [rewritten(self._spread(term), _turned_back) for term in terms]):
                    whole = _collected(alike)
                    found += [whole, beautify(whole)]
            if any(has(made, "symmetric") for made in found[1:]):
                break
        return min([one for one in found if has(one, "symmetric")], key=length, default=plain)

    def paired(self, terms: Sequence[Expression]) -> list[Expression] | None:
        """The terms of a sum, brackets opened until each is symmetric or stands beside its transpose."""
        for step in range(_MOST_OPENINGS):
            # behind the first step as they are compared, so that like terms merge
            terms = _terms(algebra.add(*map(self._spread if step else self._within, terms)))
            alone, kept = self._apart(terms)
            if not alone:
                return kept
            openings = {one: _openings(one) for one in alone}
            if len(terms) > _MOST_TERMS or sum(map(length, terms)) > 2 * _LONGEST or not any(openings.values()):
                return None
            if step < _CHOSEN_OPENINGS and len(alone) <= 2 * _CHOSEN_OPENINGS:
                options = [_exchanged(terms, {one: opened}) for one in alone for opened in openings[one]]
                terms = min(options, key=self._disorder)
            else:
                terms = _exchanged(terms, {one: found[0] for one, found in openings.items() if found})
        return None

    def _within(self, term: Expression) -> Any:
        """A term L M Lᵀ with M in the form in which it is seen that it is symmetric."""
        coefficient, scalars, chain = algebra.split(term)
        if len(chain) < 3 or algebra.transpose(chain[0]) is not chain[-1] or has(term, "symmetric"):
            return term
        inside = algebra.matmul(*chain[1:-1])
        if inside not in self.inner:
            self.inner[inside] = self.shortest(inside)
        if not has(self.inner[inside], "symmetric"):
            return term
        return algebra.matmul(algebra.product(coefficient, scalars, ()), chain[0], self.inner[inside], chain[-1])

    def _disorder(self, terms: Sequence[Expression]) -> tuple[int, int]:
        """How many terms have no partner, and how long all of them are."""
        return len(self._apart(terms)[0]), sum(map(length, terms))

    def _apart(self, terms: Sequence[Expression]) -> tuple[list[Expression], list[Expression]]:
        """The terms that are not symmetric and have no transpose beside them; and the others, partners made exact."""
        waiting: dict[Expression, Expression] = {}
        kept: list[Expression] = []
        for term in terms:
            same = next((form for form in (term, self._spread(term)) if has(form, "symmetric")), None)
            if same is not None:
                kept.append(same)
                continue
            partner = waiting.pop(self._spread(algebra.transpose(term)), None)
            if partner is None:
                waiting[self._spread(term)] = term
            else:
                kept += [partner, algebra.transpose(partner)]
        return list(waiting.values()), kept

    def _spread(self, x: Expression) -> Any:
        """An expression for comparisons: transposes of sums are sums, and diagonal matrices are in what they scale."""
        if x not in self.known:
            self.known[x] = _spread_here(rebuilt(x, [self._spread(part) for part in x.parts]))
        return self.known[x]


def _terms(x: Expression) -> list[Expression]:
    return list(x.parts) if isinstance(x, Sum) else [x]


def _exchanged(terms: Sequence[Expression], opened: dict[Expression, list[Any]]) -> list[Expression]:
    return _terms(algebra.add(*[part for term in terms for part in map(_thinned, opened.get(term, [term]))]))


def _spread_here(x: Expression) -> Any:
    if isinstance(x, Transpose) and isinstance(x.parts[0], Sum) and x.rows != 1:
        return algebra.add(*[algebra.transpose(part) for part in x.parts[0].parts])
    return _thinned(x) if isinstance(x, Product) else x


def _turned_back(x: Expression) -> Any:
    """A sum of transposes as the transpose of a sum."""
    if isinstance(x, Sum) and 1 not in x.shape and not has(x, "symmetric"):
        turned = algebra.transpose(x)
        return algebra.transpose(turned) if turned.length < x.length else x
    return x


def _balanced(term: Expression) -> Any:
    """(2I + 2Aᵀ) M (I + A) is 2 (I + A)ᵀ M (I + A): a number that stands at one side only, in front."""
    coefficient, scalars, chain = algebra.split(term)
    links = list(chain)
    for place in range(len(links) // 2):
        turned = algebra.transpose(links[-1 - place])
        ratio = _ratio(links[place], turned)
        if ratio not in (None, 1):
            coefficient, links[place] = coefficient * ratio, turned
    if len(links) == 1 or links == list(chain):
        return term
    return algebra.matmul(algebra.product(coefficient, scalars, ()), *links)


def _ratio(x: Expression, y: Expression) -> Any:
    """The number c of x = c y for two sums; None where there is none."""
    own, others = (
        {(frozenset(scalars.items()), chain): k for k, scalars, chain in map(algebra.split, _bracketed(one))}
        for one in (x, y)
    )
    if own.keys() != others.keys() or not own:
        return None
    ratios: list[Any] = [k / others[key] for key, k in own.items()]
    alike = all(abs(ratio - ratios[0]) <= _ROUNDING * abs(ratios[0]) for ratio in ratios)
    return min(ratios, key=lambda ratio: isinstance(ratio, float)) if alike else None


def _bracketed(x: Expression) -> Sequence[Expression]:
    """The terms of a sum, or of the transpose of one."""
    if isinstance(x, Transpose):
        return [algebra.transpose(part) for part in _bracketed(x.parts[0])]
    return x.parts if isinstance(x, Sum) else ()


def _thinned(term: Expression) -> Any:
    """A term whose diagonal matrices are in the columns that they scale, on both sides: u (v ∘ w)ᵀ."""
    coefficient, scalars, chain = algebra.split(term)
    cut = next((place for place, link in enumerate(chain) if link.cols == 1), None)
    if cut is None:
        return term
    left = _column(chain[: cut + 1])
    right = _column([algebra.transpose(link) for link in reversed(chain[cut + 1 :])])
    return algebra.matmul(algebra.product(coefficient, scalars, ()), left, algebra.transpose(right))


def _column(links: Sequence[Expression]) -> Any:
    found: Any = links[-1] if links else algebra.number(1)
    for link in reversed(links[:-1]):
        scales = isinstance(link, Diagonal)
        found = algebra.hadamard(link.parts[0], found) if scales else algebra.matmul(link, found)
    return found


def _openings(term: Expression) -> list[list[Any]]:
    """The ways to write a product as a sum by opening one of its brackets."""
    coefficient, scalars, chain = algebra.split(term)
    front = algebra.product(coefficient, scalars, ())
    found: list[list[Any]] = []
    by_entries: list[list[Any]] = []
    for place, link in enumerate(chain):
        parts = _inside(link)
        if parts:
            kind = by_entries if isinstance(link.parts[0] if isinstance(link, Transpose) else link, Hadamard) else found
            kind.append([algebra.matmul(front, *chain[:place], part, *chain[place + 1 :]) for part in parts])
    # u ∘ (v + w) only where no other bracket is left
    return found or by_entries


def _inside(link: Expression) -> list[Any]:
    """The terms of a sum, also under a transposition, on a diagonal, or in a product by entries."""
    if isinstance(link, Sum):
        # I − 11ᵀ/n is a matrix of its own
        return list(link.parts) if centred_axis(link) is None else []
    if isinstance(link, Transpose):
        return [algebra.transpose(part) for part in _inside(link.parts[0])]
    if isinstance(link, Diagonal):
        return [algebra.diagonal(part) for part in _inside(link.parts[0])]
    for base, exponent in link.factors if isinstance(link, Hadamard) else ():
        inner = list(base.parts) if isinstance(base, Sum) else next(iter(_openings(base)), [])
        if inner and exponent == 1:
            rest = [algebra.hadamard_of({other: e}) for other, e in link.factors if other is not base]  # type: ignore[attr-defined]
            return [algebra.hadamard(*rest, part) for part in inner]
    return []


def _collected(terms: Sequence[Expression]) -> Any:
    """A sum that equals its transpose term by term, with factors taken out on both sides at once."""
    node = algebra.add(*terms)
    if not isinstance(node, Sum):
        return node
    ways = [_by_front(node), _by_sides(node), _by_pairs(node), _by_scalars(node)]
    return min([node, *[way for way in ways if way is not None]], key=length)


def _by_front(node: Sum) -> Any:
    """Coefficients and scalars that all terms share."""
    found = common_front(node)
    return None if found is None else algebra.matmul(found[0], _collected(_terms(algebra.add(*found[1]))))


def _by_sides(node: Sum) -> Any:
    """Written L M Lᵀ + L N Lᵀ, it is L(M + N)Lᵀ."""
    groups: dict[Expression, list[Expression]] = {}
    for term in node.parts:
        chain = algebra.split(term)[2]
        if len(chain) > 1 and algebra.transpose(chain[0]) is chain[-1]:
            groups.setdefault(chain[0], []).append(term)
    link, held = _largest(groups)
    if link is None:
        return None
    inside = _collected([_between(term) for term in held])
    rest = [term for term in node.parts if term not in held]
    return _collected([algebra.matmul(link, inside, algebra.transpose(link)), *rest])


def _between(term: Expression) -> Any:
    coefficient, scalars, chain = algebra.split(term)
    inner = chain[1:-1] or (algebra.identity(chain[0].cols),)
    return algebra.matmul(algebra.product(coefficient, scalars, ()), *inner)


def _by_pairs(node: Sum) -> Any:
    """Written L M + Mᵀ Lᵀ + L N + Nᵀ Lᵀ, it is L(M + N) + (M + N)ᵀ Lᵀ."""
    groups: dict[Expression, list[Expression]] = {}
    for term in node.parts:
        chain = algebra.split(term)[2]
        if len(chain) > 1 and not has(term, "symmetric"):
            groups.setdefault(chain[0], []).append(term)
    link, held = _largest(groups)
    if link is None:
        return None
    turned = [algebra.transpose(term) for term in held]
    if any(term in held for term in turned):
        return None
    whole = algebra.matmul(link, beautify(algebra.add(*[_behind(term) for term in held])))
    rest = [term for term in node.parts if term not in held and term not in turned]
    return _collected([whole, algebra.transpose(whole), *rest])


def _behind(term: Expression) -> Any:
    coefficient, scalars, chain = algebra.split(term)
    return algebra.matmul(algebra.product(coefficient, scalars, ()), *chain[1:])


def _by_scalars(node: Sum) -> Any:
    """The terms with the same scalars in a bracket of their own."""
    groups: dict[Hashable, list[Expression]] = {}
    for term in node.parts:
        scalars = algebra.split(term)[1]
        if scalars:
            groups.setdefault(tuple(sorted(scalars.items())), []).append(term)
    held = _largest(groups)[1]
    if not held or len(held) == len(node.parts):
        return None
    inside = _by_front(algebra.add(*held))
    return None if inside is None else algebra.add(inside, *[term for term in node.parts if term not in held])


def _largest(groups: dict[Any, list[Expression]]) -> tuple[Any, list[Expression]]:
    """The group of the most terms, where one has several."""
    shared = {key: terms for key, terms in groups.items() if len(terms) > 1}
    if not shared:
        return None, []
    key = max(shared, key=lambda one: (len(shared[one]), sum(map(length, shared[one]))))
    return key, shared[key]
