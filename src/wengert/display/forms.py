"""What is seen of an expression by its form: signs, fronts, squares, what is not worth forming as a matrix."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from fractions import Fraction
from typing import Final

from wengert.calculus import algebra
from wengert.calculus.dimension import Length
from wengert.calculus.expression import (
    Apply,
    Coefficient,
    Diagonal,
    Expression,
    Hadamard,
    Identity,
    Inverse,
    Number,
    Ones,
    Product,
    Sum,
    Symbol,
    Trace,
    Transpose,
    make,
    walk,
)
from wengert.calculus.properties import centred_axis, has, is_binary
from wengert.calculus.whole import of_entries

__all__ = [
    "cheapest_splits", "fewest_transposes", "holds", "is_low_rank_change", "is_negative", "is_row_of_ones",
    "is_special",
    "is_sum_of_exponentials", "is_thin", "magnitude", "positive", "product_of", "reversed_product",
    "root_of_square", "sides",
    "split", "straightened", "turned", "turns", "upright", "with_squares",
]  # fmt: skip

# Every symbolic length counts as this many entries where orders are compared.
_NOMINAL: Final = 1000
# Functions of what is longer are not turned.
_LONGEST: Final = 400


def magnitude(value: Coefficient) -> Coefficient:
    """A coefficient without its sign."""
    return -value if value < 0 else value


def is_negative(term: Expression) -> bool:
    """Whether there is a minus in front."""
    return (isinstance(term, Product) and term.coefficient < 0) or (isinstance(term, Number) and term.value < 0)


def root_of_square(chain: Sequence[Expression]) -> tuple[Expression, ...] | None:
    """The R of a chain RᵀR."""
    count = len(chain)
    if not count or count % 2 or not all(_transposes(chain[place], chain[-1 - place]) for place in range(count // 2)):
        return None
    return tuple(chain[count // 2 :])


def with_squares(expression: Expression) -> Expression:
    """An expression in which squares are seen as such: forms and traces of projections, of masks, and turned round.

    xᵀCx is (Cx)ᵀ(Cx) for C = I − 11ᵀ/n, tr(VVᵀPᵀP) is tr((PV)ᵀPV), and tr(M(R∘R)ᵀ) is tr((M∘R)ᵀ(M∘R)) for entries 0
    and 1 in M.
    """
    found: dict[Expression, Expression] = {}
    for node in walk(expression):
        parts = tuple([found[part] for part in node.parts])
        if isinstance(node, Trace) and isinstance(parts[0], Product):
            parts = (_with_square(parts[0], trace=True),)
        same = all(new is old for new, old in zip(parts, node.parts, strict=True))
        found[node] = node if same else make(type(node), node.rows, node.cols, node.data, parts)
        if node.is_scalar and isinstance(found[node], Product):
            found[node] = _with_square(found[node], trace=False)
    return found[expression]


def upright(expression: Expression) -> Expression:
    """An expression with transposes outside of functions of entries: tanh(XU)ᵀ for tanh(UᵀXᵀ)."""
    return _upright(expression, {})


def _upright(expression: Expression, found: dict[Expression, Expression]) -> Expression:
    for node in walk(expression):
        if node in found:
            continue
        parts = tuple([found[part] for part in node.parts])
        found[node] = node if parts == node.parts else make(type(node), node.rows, node.cols, node.data, parts)
        whole = isinstance(node, Apply) and 1 not in node.shape and of_entries(node.name)
        if whole and node.length <= _LONGEST:
            inside = algebra.transpose(node.parts[0])
            if _transposes_in(inside) < _transposes_in(node.parts[0]):
                straight = make(Apply, node.cols, node.rows, node.data, (_upright(inside, found),))
                found[node] = make(Transpose, node.rows, node.cols, (), (straight,))
    return found[expression]


def _transposes_in(x: Expression) -> int:
    return sum(isinstance(node, Transpose) for node in walk(x))


def _with_square(x: Expression, trace: bool) -> Expression:
    """A product whose chain is a square, where that of x is one after all."""
    count = len(x.data[1])
    links = x.parts[count:]
    if root_of_square(links) is not None:
        return x
    for start in range(len(links) if trace else 1):
        chain = (*links[start:], *links[:start])
        square = next((way for way in (chain, _doubled(chain), _masked(chain, trace)) if root_of_square(way)), None)
        if square is not None:
            shape = square[0].rows, square[-1].cols
            return make(Product, *shape, x.data, (*x.parts[:count], *square))  # type: ignore[no-any-return]
    return x


def _doubled(chain: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """A chain with the centring matrix in its middle twice."""
    middle = len(chain) // 2
    projects = len(chain) > 1 and centred_axis(chain[middle]) is not None
    return (*chain[: middle + 1], *chain[middle:]) if projects else ()


def _masked(chain: tuple[Expression, ...], trace: bool) -> tuple[Expression, ...]:
    """(M∘R)ᵀ(M∘R) for M(R∘R)ᵀ under a trace, with entries 0 and 1 in M."""
    if not trace or len(chain) != 2 or not is_binary(chain[0]) or not isinstance(chain[1], Hadamard):
        return ()
    if any(exponent % 2 for _, exponent in chain[1].factors):
        return ()
    root = algebra.hadamard_of({base: exponent / 2 for base, exponent in chain[1].factors})
    masked = algebra.hadamard(chain[0], algebra.transpose(root))
    return algebra.transpose(masked), masked


def _transposes(one: Expression, other: Expression) -> bool:
    if isinstance(one, Inverse) and isinstance(other, Inverse) and one is not other:
        return _transposes(one.parts[0], other.parts[0])
    if one is other:
        return has(one, "symmetric")
    if isinstance(one, Hadamard) and isinstance(other, Hadamard):
        return {(_reversed(base), power) for base, power in one.factors} == set(other.factors)
    return any(isinstance(a, Transpose) and a.parts[0] is b for a, b in ((one, other), (other, one)))


def holds(x: Expression, names: Container[str]) -> bool:
    """Whether a symbol of one of these names stands in an expression."""
    return any(isinstance(node, Symbol) and node.name in names for node in walk(x))


def fewest_transposes(chain: Sequence[Expression]) -> Sequence[Expression]:
    """A scalar chain, or the same number read from its other end where that has fewer transposes."""
    around = tuple(algebra.transpose(link) for link in reversed(chain))
    counts = [sum(isinstance(node, Transpose) for link in way for node in walk(link)) for way in (chain, around)]
    return around if counts[1] < counts[0] else chain


def sides(
    chain: Sequence[Expression], directions: Container[str], trace: bool
) -> tuple[Sequence[Expression], Sequence[Expression]]:
    """The two factors of an inner product: of a form, or of the trace of a chain, which may be turned round.

    A direction stands on the right; of the ways that are left, the one with the fewest transposes is taken.
    """
    starts = range(len(chain)) if trace else (0,)
    ways = [(*chain[start:], *chain[:start]) for start in starts]
    ways += [tuple(map(turned, reversed(way))) for way in ways]
    still = [way for way in ways if not holds(way[0], directions)] or ways
    found = [([turned(way[0])], way[1:]) for way in still]
    return min(found, key=lambda pair: sum(isinstance(link, Transpose) for side in pair for link in side))


def split(term: Expression) -> tuple[Coefficient, Sequence[tuple[Expression, Fraction]], tuple[Expression, ...]]:
    """Coefficient, scalars with exponents and chain of a term."""
    if isinstance(term, Product) and not (term.is_scalar and term.chain):
        return term.coefficient, term.scalars, term.chain
    return Fraction(1), (), (term,)


def product_of(
    coefficient: Coefficient, scalars: Sequence[tuple[Expression, Fraction]], chain: Sequence[Expression]
) -> Expression:
    """A number and scalars times a chain as it stands: the reverse of `split`."""
    rows, cols = chain[0].rows, chain[-1].cols
    if rows == 1 == cols and len(chain) > 1:
        chain = (make(Product, 1, 1, (Fraction(1), ()), tuple(chain)),)
    if len(chain) == 1 and coefficient == 1 and not scalars:
        return chain[0]
    if rows == 1 == cols:
        scalars, chain = (*scalars, (chain[0], Fraction(1))), ()
    exponents = tuple([exponent for _, exponent in scalars])
    parts = (*[base for base, _ in scalars], *chain)
    return make(Product, rows, cols, (coefficient, exponents), parts)  # type: ignore[no-any-return]


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


def is_sum_of_exponentials(x: Product) -> bool:
    """Whether it is the sum of the rows or of the columns of exponentials of a matrix."""
    if x.coefficient != 1 or x.scalars or len(x.chain) != 2 or not isinstance(x.chain[1], Ones):
        return False
    first = x.chain[0].parts[0] if isinstance(x.chain[0], Transpose) else x.chain[0]
    return isinstance(first, Apply) and first.name == "exp"


def is_thin(x: Expression) -> bool:
    """Whether all terms of a sum are diagonal or of rank one, so that none is worth forming."""
    chains = [split(term)[2] for term in x.parts]
    return all(
        any(link.cols == 1 for link in chain) or (len(chain) == 1 and isinstance(chain[0], (Diagonal, Identity)))
        for chain in chains
    )


def is_low_rank_change(x: Expression) -> bool:
    """Whether it is diagonal but for products, as I − W(WᵀW)⁻¹Wᵀ, which is applied by its factors in less time.

    Factors are no sums themselves: those would be applied term by term as well, and so on.
    """
    chains = [split(term)[2] for term in x.parts]
    plain = [chain for chain in chains if len(chain) == 1 and isinstance(chain[0], (Diagonal, Identity))]
    products = [chain for chain in chains if chain not in plain]
    flat = not any(isinstance(part, Sum) for chain in products for link in chain for part in (link, *link.parts[:1])
                   if not isinstance(link, Inverse))  # fmt: skip
    return bool(plain) and flat and all(len(chain) > 1 for chain in products)


def is_special(link: Expression) -> bool:
    """Whether a link multiplies otherwise than by a matrix product."""
    inner = link.parts[0] if isinstance(link, Transpose) else link
    return isinstance(inner, (Diagonal, Inverse, Ones))


def cheapest_splits(
    links: Sequence[Expression], known: Callable[[tuple[Expression, ...]], bool] = lambda _: False
) -> dict[tuple[int, int], int]:
    """Where each part of a chain is cut last, by the count of multiplications; parts that are known cost none."""
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
            costs[first, last] = 0.0 if known(tuple(links[first : last + 1])) else best
    return splits


def thinnest(links: Sequence[Expression]) -> int:
    """The place in a chain, counted in links before it, where the least goes through; the first one of several."""
    sizes = [_nominal(links[0].rows), *[_nominal(link.cols) for link in links]]
    return sizes.index(min(sizes))


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


def straightened(entries: Hadamard) -> Hadamard:
    """A product entry by entry, or its transpose where that has fewer transposed factors."""
    bases = tuple([_reversed(base) for base in entries.parts])
    fewer = sum(isinstance(base, Transpose) for base in bases) < sum(isinstance(b, Transpose) for b in entries.parts)
    return make(Hadamard, entries.cols, entries.rows, entries.data, bases) if fewer else entries


def _reversed(x: Expression) -> Expression:
    """The transpose of a factor, as the normal form has it."""
    return reversed_product(x) or turned(x)
