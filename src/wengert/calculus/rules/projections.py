"""Rules for projections, of which a part meets itself: (XᵀX)⁻¹XᵀX = I, XX⁺X = X, (I − X(XᵀX)⁻¹Xᵀ)X = 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from wengert.calculus.algebra import add, identity, matmul, number, power, product, split, transpose
from wengert.calculus.expression import Apply, Expression, Inverse, Product, Sum, Transpose, rule
from wengert.calculus.properties import inverted_chain, is_pseudoinverse

__all__: list[str] = []

# sums of more terms, and longer parts of chains beside them, are not looked at
_MOST_TERMS: Final = 6
_MOST_LINKS: Final = 4
Chain = Sequence[Expression]
# what is looked for in chains, most of which have none of it
_INVERTING: Final = frozenset({Inverse, Apply})
_SUMS: Final = frozenset({Sum, Transpose})


@rule(Product)
def _within(node: Product) -> Any:
    """A product in which a part of a projection meets what it leaves as it is."""
    chain = node.chain
    found = _cancelled(chain) if _INVERTING.intersection(map(type, chain)) else None
    if found is None:
        return None
    first, last, front, rest = found
    kept = [*chain[:first], *rest, *chain[last:]] or [identity(node.rows)]
    return matmul(product(node.coefficient, dict(node.scalars), ()), front, *kept)


def _cancelled(chain: Chain) -> tuple[int, int, Any, Chain] | None:
    """The part of a chain that is shorter, with the number and the chain that it is."""
    for place, link in enumerate(chain):
        inner = inverted_chain(link)
        if inner:
            front = power(product(*split(link.parts[0])[:2], ()), -1)
            for first in (place, place - len(inner)):
                last = first + len(inner) + 1
                beside = [*chain[max(first, 0) : place], *chain[place + 1 : last]]
                if first >= 0 and tuple(beside) == inner:
                    return first, last, front, ()
        if 0 < place < len(chain) - 1 and _is_unmoved(*chain[place - 1 : place + 2]) is not None:
            return place - 1, place + 2, number(1), [_is_unmoved(*chain[place - 1 : place + 2])]
    return None


def _is_unmoved(one: Expression, middle: Expression, other: Expression) -> Any:
    """Of XX⁺Y or YXX⁺ the Y, where it is unmoved: one of X, X⁺, and their transposes; None otherwise."""
    for left, right, y in ((one, middle, other), (middle, other, one)):
        if is_pseudoinverse(left, right) or is_pseudoinverse(right, left):
            fixed = (left, transpose(right)) if y is other else (right, transpose(left))
            if y in fixed:
                return y
    return None


@rule(Product)
def _beside_a_sum(node: Product) -> Any:
    """A sum multiplied out with what stands beside it, where terms of it then cancel."""
    kinds = set(map(type, node.chain))
    for place, link in enumerate(node.chain) if len(node.chain) > 1 and not _SUMS.isdisjoint(kinds) else ():
        parts = _parts(link)
        if parts:
            for first, last in _neighbourhoods(place, len(node.chain)):
                before, behind = node.chain[first:place], node.chain[place + 1 : last]
                if any(_cancelled([*before, *split(part)[2], *behind]) for part in parts):
                    whole = add(*[matmul(*before, part, *behind) for part in parts])
                    if len(whole.parts if isinstance(whole, Sum) else (whole,)) < len(parts):
                        rest = [*node.chain[:first], whole, *node.chain[last:]]
                        return matmul(product(node.coefficient, dict(node.scalars), ()), *rest)
    return None


def _parts(link: Expression) -> list[Any]:
    """The terms of a sum, or of the transpose of one, that has inverses in it."""
    inside = link.parts[0] if isinstance(link, Transpose) else link
    if not isinstance(inside, Sum) or inside.kept or len(inside.parts) > _MOST_TERMS:
        return []
    if not any(_is_inverting(each) for part in inside.parts for each in split(part)[2]):
        return []
    return [transpose(part) for part in inside.parts] if link is not inside else list(inside.parts)


def _is_inverting(link: Expression) -> bool:
    link = link.parts[0] if isinstance(link, Transpose) else link
    return bool(inverted_chain(link)) or (isinstance(link, Apply) and link.name == "pinv")


def _neighbourhoods(place: int, count: int) -> Iterator[tuple[int, int]]:
    """Links behind a place, and links before it, few first."""
    for more in range(1, _MOST_LINKS):
        if place + more < count:
            yield place, place + 1 + more
        if place - more >= 0:
            yield place - more, place + 1


@rule(Product)
def _along_a_column(node: Product) -> Any:
    """A form aᵀ(x − (aᵀx)a/(aᵀa)) multiplied out, where aᵀa then cancels."""
    if not node.is_scalar or len(node.chain) != 2:
        return None
    first, last = node.chain
    for row, column in ((first, last), (transpose(last), transpose(first))):
        if isinstance(transpose(row), Sum) or not isinstance(column, Sum) or column.kept:
            continue
        if len(column.parts) <= _MOST_TERMS:
            square = matmul(row, transpose(row))
            if any(split(part)[1].get(square, 0) < 0 and matmul(*split(part)[2]) is transpose(row)
                   for part in column.parts):  # fmt: skip
                found = add(*[matmul(row, part) for part in column.parts])
                return found if found.length < node.length else None
    return None
