"""What is seen of an expression by its form: signs, fronts, squares, what is not worth forming as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from wengert.calculus.dimension import Length
from wengert.calculus.expression import (
    Coefficient,
    Diagonal,
    Expression,
    Identity,
    Inverse,
    Number,
    Ones,
    Product,
    Transpose,
    make,
)
from wengert.calculus.properties import has

__all__ = [
    "cheapest_splits", "is_negative", "is_row_of_ones", "is_special", "is_thin", "magnitude", "positive",
    "reversed_product",    "root_of_square", "split", "turned", "turns",
]  # fmt: skip

# Every symbolic length counts as this many entries where orders are compared.
_NOMINAL: Final = 1000


def magnitude(value: Coefficient) -> Coefficient:
    """A coefficient without its sign."""
    return -value if value < 0 else value


def is_negative(term: Expression) -> bool:
    """Whether there is a minus in front."""
    return (isinstance(term, Product) and term.coefficient < 0) or (isinstance(term, Number) and term.value < 0)


def root_of_square(chain: Sequence[Expression]) -> tuple[Expression, ...] | None:
    """The R of a chain RᵀR."""
    count = len(chain)
    if count % 2 or not all(_transposes(chain[place], chain[-1 - place]) for place in range(count // 2)):
        return None
    return tuple(chain[count // 2 :])


def _transposes(one: Expression, other: Expression) -> bool:
    if isinstance(one, Inverse) and isinstance(other, Inverse) and one is not other:
        return _transposes(one.parts[0], other.parts[0])
    if one is other:
        return has(one, "symmetric")
    return any(isinstance(a, Transpose) and a.parts[0] is b for a, b in ((one, other), (other, one)))


def split(term: Expression) -> tuple[Coefficient, Sequence[tuple[Expression, Fraction]], tuple[Expression, ...]]:
    """Coefficient, scalars with exponents and chain of a term."""
    if isinstance(term, Product) and not (term.is_scalar and term.chain):
        return term.coefficient, term.scalars, term.chain
    return Fraction(1), (), (term,)


def positive(term: Expression) -> Expression:
    """A term without its minus."""
    if isinstance(term, Number):
        return make(Number, 1, 1, (magnitude(term.value),))  # type: ignore[no-any-return]
    if isinstance(term, Product):
        data = (magnitude(term.coefficient), *term.data[1:])
        return make(Product, term.rows, term.cols, data, term.parts)  # type: ignore[no-any-return]
    return term


def is_row_of_ones(link: Expression) -> bool:
    """Whether it is a row of ones."""
    return isinstance(link, Transpose) and isinstance(link.parts[0], Ones)


def is_thin(x: Expression) -> bool:
    """Whether all terms of a sum are diagonal or of rank one, so that none is worth forming."""
    chains = [split(term)[2] for term in x.parts]
    return all(
        any(link.cols == 1 for link in chain) or (len(chain) == 1 and isinstance(chain[0], (Diagonal, Identity)))
        for chain in chains
    )


def is_special(link: Expression) -> bool:
    """Whether a link multiplies otherwise than by a matrix product."""
    inner = link.parts[0] if isinstance(link, Transpose) else link
    return isinstance(inner, (Diagonal, Inverse, Ones))


def cheapest_splits(links: Sequence[Expression]) -> dict[tuple[int, int], int]:
    """Where each part of a chain is cut last, by the count of multiplications."""
    sizes = [_nominal(links[0].rows), *[_nominal(link.cols) for link in links]]
    costs = {(place, place): 0.0 for place in range(len(links))}
    splits: dict[tuple[int, int], int] = {}
    for span in range(1, len(links)):
        for first in range(len(links) - span):
            last = first + span
            best = float("inf")
            # a number is cut in the middle if that costs as much: the two sides are often known
            number = span % 2 == 1 and sizes[first] == sizes[last + 1] == 1
            start = first + span // 2 if number else first
            for cut in (start, *range(first, last)):
                work = float(sizes[first] * sizes[cut + 1] * sizes[last + 1])
                scaling = isinstance(links[first], Diagonal) and cut == first
                if scaling or (isinstance(links[last], Diagonal) and cut == last - 1):
                    work /= _NOMINAL
                total = costs[first, cut] + costs[cut + 1, last] + work
                if total < best:
                    best, splits[first, last] = total, cut
            costs[first, last] = best
    return splits


def _nominal(length: Length) -> int:
    return length if isinstance(length, int) else _NOMINAL


def turned(link: Expression) -> Expression:
    """The transpose of a link, as it stands in a chain."""
    if isinstance(link, Transpose):
        return link.parts[0]
    if has(link, "symmetric"):
        return link
    if isinstance(link, Inverse):
        return make(Inverse, link.rows, link.cols, (), (turned(link.parts[0]),))  # type: ignore[no-any-return]
    return make(Transpose, link.cols, link.rows, (), (link,))  # type: ignore[no-any-return]


def turns(product: Expression) -> tuple[int, bytes]:
    """How many links of a product are transposed; of two with as many, an order."""
    return sum(isinstance(link, Transpose) for link in product.parts), product.digest


def reversed_product(matrix: Expression) -> Expression | None:
    """The transpose of a product."""
    if not isinstance(matrix, Product):
        return None
    chain = tuple(turned(link) for link in reversed(matrix.chain))
    parts = (*matrix.parts[: len(matrix.scalars)], *chain)
    return make(Product, matrix.cols, matrix.rows, matrix.data, parts)  # type: ignore[no-any-return]
