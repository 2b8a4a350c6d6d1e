"""Formulas with names of what is known already: 2(Ax − fx)/‖x‖² for the gradient of the quotient f."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.beautify import beautify, length
from wengert.calculus.expression import Expression, Product, Sum, Symbol, Transpose, walk
from wengert.calculus.rewriting import rewritten, substituted

__all__ = ["InNames", "leaves_over", "opened", "reused", "solved", "value_letter"]

_LETTERS: Final = ("f", "g", "h", "F")
# Of a sum of so many terms each is tried.
_MOST_SOLVED: Final = 4
# More terms are no reading matter.
_MOST_TERMS: Final = 16


@dataclass(frozen=True)
class InNames:
    """A formula in which names stand for what is known, each with what it stands for.

    What a name stands for may hold the names before it. No names, and it is the formula as it is.
    """

    expression: Expression
    names: tuple[tuple[Symbol, Expression], ...] = ()


def value_letter(symbols: Mapping[str, Expression]) -> str:
    """What the value of a function of these symbols is called: f, where nothing else is.

    >>> from wengert.calculus.dimension import Dim
    >>> value_letter({name: algebra.symbol(name, Dim("n"), 1) for name in "fx"})
    'g'
    """
    taken = {*symbols, *(str(side) for symbol in symbols.values() for side in symbol.shape)}
    names = (*_LETTERS, *(f"f_{number}" for number in range(1, 2 + len(taken))))
    return next(name for name in names if taken.isdisjoint((name, f"d{name}")))


def reused(
    expression: Expression, symbol: Symbol, value: Expression, shorten: Callable[[Expression], Any] = beautify
) -> Any:
    """An expression with a name wherever its value stands, as a part of a product too; itself where it does not stand.

    In `a x/b²` it is found if it is `a/b`, and a column in `uvᵀ` if it is `u` or `v`. It may take the brackets of the
    expression to be opened before it is seen; the shorter one of the two is given, `shorten` having been applied.

    >>> from wengert.calculus.dimension import Dim
    >>> a, b, x = (algebra.symbol(name, Dim("n"), 1) for name in "abx")
    >>> above, below = (algebra.matmul(algebra.transpose(side), x) for side in (a, b))
    >>> f, value = algebra.symbol("f", 1, 1), algebra.matmul(above, algebra.power(below, -1))
    >>> reused(algebra.matmul(value, value, b), f, value) is algebra.matmul(algebra.power(f, 2), b)
    True
    """
    found = []
    for way in dict.fromkeys((expression, _opened(expression))):
        named = rewritten(way, partial(_named, symbol, value))
        if named is not way:
            found.append(shorten(named))
    return min(found, key=length, default=expression)


def opened(expression: Expression, moving: Iterable[Expression]) -> Any:
    """A linear formula term by term: brackets in which something moves are multiplied out."""
    held = frozenset(moving)
    waiting: list[Expression] = [expression]
    found: list[Expression] = []
    while waiting and len(waiting) + len(found) <= _MOST_TERMS:
        term = waiting.pop()
        parts = _parts(term, held)
        if parts:
            waiting.extend(reversed(parts))
        else:
            found.append(term)
    return expression if waiting else algebra.add(*found)


def _parts(term: Expression, moving: frozenset[Expression]) -> Sequence[Expression]:
    """The terms of a sum, or of a product with a sum of moving terms in it."""
    if isinstance(term, Sum):
        return term.parts
    coefficient, scalars, chain = algebra.split(term)
    for place, link in enumerate(chain):
        bracket = link.parts[0] if isinstance(link, Transpose) else link
        if isinstance(bracket, Sum) and not moving.isdisjoint(walk(bracket)):
            front = algebra.product(coefficient, scalars, ())
            inside = bracket.parts if link is bracket else [algebra.transpose(part) for part in bracket.parts]
            return [algebra.matmul(front, *chain[:place], part, *chain[place + 1 :]) for part in inside]
    base = next(
        (x for x, e in scalars.items() if e == 1 and isinstance(x, Sum) and not moving.isdisjoint(walk(x))), None
    )
    if base is None:
        return ()
    rest = algebra.product(coefficient, {other: e for other, e in scalars.items() if other is not base}, ())
    return [algebra.matmul(rest, part, *chain) for part in base.parts]


def solved(expression: Expression, symbol: Symbol, value: Expression) -> list[Any]:
    """An expression with each term of a value expressed by the others: of g = a − b, with g + b in the place of a."""
    terms = value.parts if isinstance(value, Sum) and len(value.parts) <= _MOST_SOLVED else ()
    found: list[Any] = []
    whole = opened(expression, walk(expression)) if terms else expression
    single = whole.parts if isinstance(whole, Sum) else (whole,)
    for term in terms:
        coefficient, scalars, chain = algebra.split(term)
        if isinstance(coefficient, float):
            continue
        known = algebra.subtract(symbol, algebra.add(*[other for other in terms if other is not term]))
        front = algebra.product(1 / coefficient, {base: -exponent for base, exponent in scalars.items()}, ())
        inside = algebra.matmul(front, known)
        # a symbol of its own marks the places
        place: Symbol = algebra.symbol(f"({symbol.name})", symbol.rows, symbol.cols)
        marked = [_named(place, algebra.matmul(*chain), each) for each in single]
        if any(new is not old for new, old in zip(marked, single, strict=True)):
            found.append(opened(substituted(algebra.add(*marked), {place: inside}), [symbol]))
    return found


def _opened(expression: Expression) -> Any:
    """A number in front of a bracket multiplied into it."""
    coefficient, scalars, chain = algebra.split(expression)
    bracket = next((link for link in chain if isinstance(link, Sum)), None) if len(chain) == 1 else None
    if bracket is None:
        return expression
    front = algebra.product(coefficient, scalars, ())
    return algebra.add(*[algebra.matmul(front, term) for term in bracket.parts])


def _named(symbol: Symbol, value: Expression, node: Expression) -> Any:
    if node is value:
        return symbol
    if isinstance(node, Transpose) and node.parts[0] is value:
        return algebra.transpose(symbol)
    if not isinstance(node, Product) or (node.is_scalar and node.chain):
        return node
    own, wanted, links = algebra.split(value)
    coefficient, powers, chain = algebra.split(node)
    if isinstance(own, float) and abs(own) != 1:
        # the quotient of two floats is rounded
        return node
    factor: dict[Expression, Fraction] = {}
    if links:
        places = _places(chain, links)
        times = min(_times(powers, wanted), len(places)) if wanted else len(places)
        chain = _exchanged(chain, links, symbol, places[:times])
    else:
        times = _times(powers, wanted) or -_times(powers, {base: -exponent for base, exponent in wanted.items()})
        factor[symbol] = Fraction(times)
    if not times:
        return node
    rest = {base: exponent - times * wanted.get(base, 0) for base, exponent in powers.items()}
    fronts = [algebra.power(base, exponent) for base, exponent in {**rest, **factor}.items() if exponent]
    return algebra.matmul(algebra.number(coefficient / own**times), *fronts, *chain)


def leaves_over(expression: Expression, value: Expression) -> bool:
    """Whether what stands above the bar of a quotient is still there, in a formula that has a name for the quotient."""
    above = {base: exponent for base, exponent in algebra.split(value)[1].items() if exponent > 0}
    return bool(above) and any(_times(algebra.split(node)[1], above) for node in walk(expression))


def _times(powers: Mapping[Expression, Fraction], wanted: Mapping[Expression, Fraction]) -> int:
    """How often a product of powers stands in another one."""
    if not wanted:
        return 0
    return max(0, min(math.floor(powers.get(base, Fraction(0)) / exponent) for base, exponent in wanted.items()))


def _places(chain: Sequence[Expression], links: Sequence[Expression]) -> list[tuple[int, bool]]:
    """Where links, or their transposes, stand in a chain, and whether they are turned."""
    straight, turned = tuple(links), tuple([algebra.transpose(link) for link in reversed(links)])
    found: list[tuple[int, bool]] = []
    for place in range(len(chain) + 1 - len(links)):
        here = tuple(chain[place : place + len(links)])
        if here in (straight, turned) and (not found or place >= found[-1][0] + len(links)):
            found.append((place, here != straight))
    return found


def _exchanged(
    chain: Sequence[Expression], links: Sequence[Expression], symbol: Symbol, places: Sequence[tuple[int, bool]]
) -> tuple[Expression, ...]:
    found = list(chain)
    for place, turned in reversed(places):
        found[place : place + len(links)] = [algebra.transpose(symbol) if turned else symbol]
    return tuple(found)
