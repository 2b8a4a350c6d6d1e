"""How products of matrices are computed: in which order, what is solved for, what is never formed.

Vectors go through chains of matrices before matrices meet. Inverses that multiply something are solved with. Diagonal
matrices scale rows and columns. Sums are applied term by term to vectors, and to matrices where their terms are
diagonal or of rank one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from wengert.calculus.derivation.signs import is_semidefinite
from wengert.calculus.expression import (
    Coefficient,
    Diagonal,
    Expression,
    Hadamard,
    Identity,
    Inverse,
    Ones,
    Product,
    Sum,
    Transpose,
)
from wengert.calculus.properties import has, is_nonnegative
from wengert.display.forms import (
    cheapest_splits,
    is_low_rank_change,
    is_negative,
    is_row_of_ones,
    is_special,
    is_thin,
    magnitude,
    product_of,
    reversed_product,
    root_of_square,
    split,
    thinnest,
    turned,
    turns,
)
from wengert.display.steps import Factors, Step, Steps, Value

__all__ = ["Products", "one_way", "unturned"]

# Of chains with more links the cheapest order is not looked for.
_LONG: Final = 32


class Products:
    """Products as steps; what computes all else is built on it."""

    def __init__(self, formed: set[Expression]) -> None:
        # sums that are there as a whole anyway
        self.formed = formed
        self.steps = Steps()
        self._products: dict[tuple[Expression, ...], Value] = {}

    def value(self, x: Expression) -> Step:
        """The array of a node."""
        raise NotImplementedError

    def front(self, size: Coefficient, scalars: Sequence[tuple[Expression, Fraction]]) -> Factors:
        """Scalar factors above and below the bar."""
        raise NotImplementedError

    def added(self, terms: Sequence[Expression]) -> Step:
        """The sum of terms."""
        raise NotImplementedError

    def valued(self, x: Expression) -> Value:
        return Value(self.value(x), x.rows, x.cols)

    def chain(self, links: Sequence[Expression]) -> Value:
        """The product of matrices in the cheapest order; parts of it that are computed elsewhere cost nothing."""
        found = self._computed(links)
        if found is None:
            found = (
                self._total(links)
                or self._gram(links)
                or (self._folded(links) if len(links) > _LONG else self._split(links))
            )
            self._products[tuple(links)] = found
        return found

    def _total(self, links: Sequence[Expression]) -> Value | None:
        """The sum of all entries of a matrix."""
        if len(links) != 3 or not is_row_of_ones(links[0]) or not isinstance(links[2], Ones):
            return None
        return Value(self.steps.call("np.sum", [unturned(self.value(links[1]))], 0), 1, 1)

    def _computed(self, links: Sequence[Expression]) -> Value | None:
        """A product that is known already, or whose transpose is."""
        if len(links) == 1:
            return self.valued(links[0])
        found = self._products.get(tuple(links))
        if found is None and len(links) <= _LONG:
            found = self._products.get(tuple([turned(link) for link in reversed(links)]))
            return None if found is None else self.turned(found)
        return found

    def _split(self, links: Sequence[Expression]) -> Value:
        """A product by its cheapest cuts."""
        splits = cheapest_splits(links, self._is_computed)

        def built(first: int, last: int) -> Value:
            part = tuple(links[first : last + 1])
            found = self._computed(part)
            if found is None:
                found = self._products[part] = cut_at(first, splits[first, last], last)
            return found

        def cut_at(first: int, cut: int, last: int) -> Value:
            left, right = links[first], links[last]
            own = is_special(right) or (self._is_spread(right) and (left.rows == 1 or _is_applied_by_terms(right)))
            if cut == first and (last != cut + 1 or not own or is_special(left)):
                if self._is_spread(left) and (right.cols == 1 or _is_applied_by_terms(left)):
                    return self._by_terms(links[first : last + 1], 0)
                return self.apply(left, False, built(first + 1, last))
            if cut == last - 1 and own:
                if self._is_spread(right):
                    return self._by_terms(links[first : last + 1], cut + 1 - first)
                return self.turned(self.apply(right, True, self.turned(built(first, cut))))
            return self.steps.product(built(first, cut), built(cut + 1, last))

        return built(0, len(links) - 1)

    def _is_computed(self, links: tuple[Expression, ...]) -> bool:
        return links in self._products

    def _folded(self, links: Sequence[Expression]) -> Value:
        """A long product from its thinnest place outwards, one factor after the other.

        The cheapest order takes the cube of the length to find. Long chains come from iterations, whose steps have the
        beginnings of chains in common.
        """
        place = thinnest(links)
        before, behind = links[:place], links[place:]
        if not before:
            return self._from_left(behind)
        left = self._from_right(before)
        return self.steps.product(left, self._from_left(behind)) if behind else left

    def _from_left(self, links: Sequence[Expression]) -> Value:
        found = self.valued(links[0])
        for link in links[1:]:
            found = self.turned(self.apply(link, True, self.turned(found)))
        return found

    def _from_right(self, links: Sequence[Expression]) -> Value:
        found = self.valued(links[-1])
        for link in reversed(links[:-1]):
            found = self.apply(link, False, found)
        return found

    def _is_spread(self, link: Expression) -> bool:
        """Whether a link is a sum that may be applied term by term."""
        return isinstance(link, Sum) and 1 not in link.shape and link not in self.formed

    def turned(self, x: Value) -> Value:
        return Value(self.steps.transpose(x.step), x.cols, x.rows)

    def _gram(self, links: Sequence[Expression]) -> Value | None:
        """RᵀR and RᵀMR with a diagonal M, or a sum of such, each symmetric as computed."""
        if len(links) < 2 or not _is_gram(links):
            return None
        count = len(links) // 2
        if len(links) % 2 == 0:
            root = self.chain(links[count:])
            return self._squared(root.step, root.step, root)
        if isinstance(links[count], Sum):
            return self._by_terms(links, count)
        return self._weighted(links, [], [])

    def weighted_gram(self, x: Product) -> Step | None:
        """The product cRᵀ diag(w) R: the number goes to the weights, of which there are fewest."""
        middle = x.chain[len(x.chain) // 2] if len(x.chain) > 2 else None
        if x.is_scalar or not (x.scalars or x.coefficient != 1) or not isinstance(middle, Diagonal):
            return None
        if not _is_gram(x.chain):
            return None
        above, below = self.front(magnitude(x.coefficient), x.scalars)
        rooted = x.coefficient > 0 and all(is_nonnegative(base) for base, _ in x.scalars)
        if x.coefficient < 0:
            above = [self.steps.negative(above[0]), *above[1:]] if above else [self.steps.number(-1)]
        return self._weighted(x.chain, above, below, rooted).step

    def _weighted(
        self, links: Sequence[Expression], above: list[Step], below: list[Step], rooted: bool = True
    ) -> Value:
        """The product Rᵀ diag(w) R with scalar factors of the weights, which have a root if they are not negative."""
        count = len(links) // 2
        weights = links[count].parts[0]
        root = self.chain(links[count + 1 :])
        if rooted and is_nonnegative(weights):
            # one factor twice: a symmetric product is half the work
            left = self._scaled_by(root.step, self._root(weights, above, below))
            return self._squared(left, left, root)
        scaled = self.steps.scaled(above, below, self.value(weights))
        return self._squared(self._scaled_by(root.step, scaled), root.step, root)

    def _squared(self, left: Step, right: Step, root: Value) -> Value:
        step = self.steps.make("matmul", (self.steps.transpose(left), right), (), 2)
        return Value(step, root.cols, root.cols)

    def _scaled_by(self, step: Step, weights: Step) -> Step:
        """Every row of a matrix by its weight."""
        if weights.kind == "divide" and weights.parts[0].data[:1] == (1,):
            return self.steps.divide(step, self.steps.column(weights.parts[1]))
        return self.steps.make("multiply", (step, self.steps.column(weights)), (), 2)

    def _root(self, weights: Expression, above: list[Step], below: list[Step]) -> Step:
        """What the weights, times scalars over scalars, are the square of, up to signs."""
        factors = weights.factors if isinstance(weights, Hadamard) else ((weights, Fraction(1)),)
        outside: Factors = [], []
        inside: Factors = above, below
        for base, exponent in factors:
            even = exponent % 2 == 0
            powered = self.steps.power(self.value(base), abs(exponent) / 2 if even else abs(exponent))
            (outside if even else inside)[exponent < 0].append(powered)
        if inside[0] or inside[1]:
            radicand = self.steps.quotient(*inside)
            outside[0].append(self.steps.call("np.sqrt", [radicand], radicand.axes))
        return self.steps.quotient(*outside)

    def _by_terms(self, links: Sequence[Expression], place: int) -> Value:
        """A product with a sum among its factors, term by term."""
        rows, cols = links[0].rows, links[-1].cols
        terms = []
        for term in links[place].parts:
            coefficient, scalars, chain = split(term)
            terms.append(product_of(coefficient, scalars, _without_identity(links, place, chain)))
        return Value(self.added(terms), rows, cols)

    def _terms(self, x: Expression, each: Callable[[Sequence[Expression]], Value]) -> Value:
        """A sum whose terms' chains go through something one by one."""
        values = []
        for term in x.parts:
            coefficient, scalars, chain = split(term)
            value = each(chain)
            above, below = self.front(magnitude(coefficient), scalars)
            values.append(Value(self.steps.scaled(above, below, value.step), value.rows, value.cols))
        step = self.steps.add([value.step for value in values], [is_negative(term) for term in x.parts])
        return Value(step, values[0].rows, values[0].cols)

    def apply(self, link: Expression, transposed: bool, x: Value) -> Value:
        """A matrix, or its transpose, times what is computed already."""
        rows = link.cols if transposed else link.rows
        if isinstance(link, Transpose):
            return self.apply(link.parts[0], not transposed, x)
        if isinstance(link, Identity):
            return x
        if isinstance(link, Diagonal):
            scale = self.value(link.parts[0])
            if x.step.axes == 2:
                return Value(self._rows_scaled(scale, x.step), rows, x.cols)
            return Value(self.steps.multiply([scale, x.step]), rows, 1)
        if isinstance(link, Inverse):
            return Value(self._solved(link.parts[0], transposed, x.step), rows, x.cols)
        if isinstance(link, Ones) and transposed and x.rows != 1:
            return Value(self.row_sums(self.steps.transpose(x.step)), 1, x.cols)
        if isinstance(link, Sum) and self._is_spread(link) and (x.step.axes < 2 or _is_applied_by_terms(link)):
            return self._terms(link, lambda chain: self._through(chain, transposed, x))
        value = self.valued(link)
        return self.steps.product(self.turned(value) if transposed else value, x)

    def _rows_scaled(self, scale: Step, step: Step) -> Step:
        if step.kind == "transpose":
            return self.steps.transpose(self.steps.make("multiply", (step.parts[0], scale), (), 2))
        return self.steps.make("multiply", (step, self.steps.column(scale)), (), 2)

    def row_sums(self, step: Step) -> Step:
        """The sums of the rows of a matrix, or of a row."""
        if step.axes == 1:
            return self.steps.call("np.sum", [step], 0)
        axis = "axis=0" if step.kind == "transpose" else "axis=1"
        return self.steps.call("np.sum", [unturned(step)], 1, axis)

    def _through(self, chain: Sequence[Expression], transposed: bool, x: Value) -> Value:
        """A chain, or its transpose, applied link by link."""
        for link in chain if transposed else reversed(chain):
            x = self.apply(link, transposed, x)
        return x

    def _solved(self, matrix: Expression, transposed: bool, right: Step) -> Step:
        matrix, transposed = one_way(matrix, transposed)
        # what has an inverse and is semidefinite is definite
        definite = has(matrix, "positive definite") or is_semidefinite(matrix)
        data = (transposed and not definite and not has(matrix, "symmetric"), definite)
        return self.steps.make("solve", (self.value(matrix), right), data, right.axes)


def one_way(matrix: Expression, transposed: bool = False) -> tuple[Expression, bool]:
    """Of a matrix and its transpose the one that is inverted for both, and whether it is the transpose."""
    while isinstance(matrix, Transpose):
        matrix, transposed = matrix.parts[0], not transposed
    other = reversed_product(matrix)
    if other is not None and turns(other) < turns(matrix):
        # (XᵀAᵀX)⁻¹ is (XᵀAX)⁻¹ transposed: one factorisation for both
        return other, not transposed
    return matrix, transposed


def unturned(step: Step) -> Step:
    """A matrix without its transposition."""
    return step.parts[0] if step.kind == "transpose" else step


def _is_applied_by_terms(x: Expression) -> bool:
    return is_thin(x) or is_low_rank_change(x)


def _is_gram(links: Sequence[Expression]) -> bool:
    """Whether a chain is RᵀR, or RᵀMR with an M that is diagonal, or a sum that leaves every term symmetric."""
    middle = links[len(links) // 2]
    if len(links) % 2 and isinstance(middle, Sum):
        return _is_between(links) and (is_thin(middle) or all(_is_plain_gram(split(term)[2]) for term in middle.parts))
    return _is_plain_gram(links)


def _is_plain_gram(links: Sequence[Expression]) -> bool:
    """Whether a chain is RᵀR, or RᵀDR with a diagonal D, which may stand alone."""
    even = len(links) % 2 == 0
    return (even or isinstance(links[len(links) // 2], (Diagonal, Identity))) and _is_between(links)


def _is_between(links: Sequence[Expression]) -> bool:
    """Whether one half of a chain, without the link in the middle, is the transpose of the other."""
    count = len(links) // 2
    if count and (links[0].rows == 1 or any(links[place].cols == 1 for place in range(count))):
        return False
    return not count or root_of_square([*links[:count], *links[len(links) - count :]]) is not None


def _without_identity(links: Sequence[Expression], place: int, chain: Sequence[Expression]) -> list[Expression]:
    """Links with a chain in the place of one of them."""
    return [*links[:place], *[link for link in chain if not isinstance(link, Identity)], *links[place + 1 :]]
