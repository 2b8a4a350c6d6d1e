"""How sums are computed: by broadcasting, on a diagonal, as means, and beginning with what is added up already."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from wengert.calculus.dimension import Dim, Length
from wengert.calculus.expression import (
    Coefficient,
    Diagonal,
    Expression,
    Identity,
    Number,
    Ones,
    Product,
    Size,
    Sum,
)
from wengert.display.forms import is_negative, is_row_of_ones, magnitude, positive, product_of, split
from wengert.display.products import Products, unturned
from wengert.display.steps import Step, is_floating

__all__ = ["Scalars", "Sums"]

Scalars = Sequence[tuple[Expression, Fraction]]


class Sums(Products):
    """Sums as steps."""

    def __init__(self, formed: set[Expression]) -> None:
        super().__init__(formed)
        self._sums: dict[frozenset[Expression], Step] = {}

    def length(self, length: Length) -> Step:
        """A number of entries."""
        raise NotImplementedError

    def sum(self, x: Sum) -> Step:
        found = self._with_diagonal(x) if x in self.formed else None
        return self.added(x.parts) if found is None else found

    def _with_diagonal(self, x: Sum) -> Step | None:
        """A matrix to whose diagonal something is added in its place, where nothing would be rounded to integers."""
        diagonal = [term for term in x.parts if _is_diagonal(term)]
        others = [term for term in x.parts if not _is_diagonal(term)]
        if not diagonal or all(self._spread(term) is not None for term in others):
            return None
        body = self.added(others)
        if not is_floating(body):
            return None
        entries = []
        for term in diagonal:
            coefficient, scalars, (link,) = split(term)
            above, below = self.front(magnitude(coefficient), scalars)
            if isinstance(link, Identity):
                entries.append(self.steps.quotient(above, below))
            else:
                entries.append(self.steps.scaled(above, below, self.value(link.parts[0])))
        added = self.steps.add(entries, [is_negative(term) for term in diagonal])
        return self.steps.make("diagonal", (body, added), (), 2)

    def added(self, terms: Sequence[Expression]) -> Step:
        if len(terms) == 1:
            return self.value(terms[0])
        # sums that grow with every step of an iteration begin with one another
        together = frozenset(terms)
        if len(together) < len(terms):
            return self._summed(terms, frozenset())
        known = max((held for held in self._sums if held < together), key=len, default=frozenset())
        self._sums[together] = self._summed(terms, known)
        return self._sums[together]

    def _summed(self, terms: Sequence[Expression], known: frozenset[Expression]) -> Step:
        """The sum of terms, of which some have been added up."""
        parts = sorted([term for term in terms if term not in known], key=_bulk)
        matrix = parts[0].rows != 1 and parts[0].cols != 1
        if known and self._sums[known].axes < (2 if matrix else 1 - parts[0].is_scalar):
            return self._summed(terms, frozenset())
        spread = [self._spread(term) for term in parts]
        full = [step is None for step in spread]
        if not known and not any(full) and not ({step.axes for step in spread if step} >= {matrix, 2}):
            # something has to have all the axes
            full[0] = True
        summed, subtracted = ([self._sums[known]], [False]) if known else ([], [])
        for term, short, whole in zip(parts, spread, full, strict=True):
            step = self.value(positive(term)) if whole or short is None else short
            summed.append(step)
            subtracted.append(is_negative(term))
        return self.steps.add(summed, subtracted)

    def _spread(self, term: Expression) -> Step | None:
        """A term without its ones, as broadcasting has it; None for a term that is no such."""
        coefficient, scalars, chain = split(term)
        if term.is_scalar:
            return None
        before = isinstance(chain[0], Ones) and (len(chain) == 1 or chain[1].rows == 1)
        behind = is_row_of_ones(chain[-1]) and (len(chain) == 1 or chain[-2].cols == 1)
        kept = chain[before : len(chain) - behind] if before or behind else ()
        if len(kept) == len(chain) or not (before or behind):
            return None
        above, below = self.front(magnitude(coefficient), scalars)
        if not kept:
            return self.steps.quotient(above, below)
        if kept[0].rows == 1 == kept[-1].cols:
            return self.value(positive(product_of(coefficient, scalars, kept)))
        scaled = self.scaled(coefficient, scalars, kept)
        return self.steps.column(scaled) if kept[-1].cols == 1 else scaled

    def scaled(self, coefficient: Coefficient, scalars: Scalars, chain: Sequence[Expression]) -> Step:
        """A chain with the magnitude of a number and scalars in front."""
        mean, scalars = self.mean_of_lines(scalars, chain)
        above, below = self.front(magnitude(coefficient), scalars)
        return self.steps.scaled(above, below, self.chain(chain).step if mean is None else mean)

    def mean_of_lines(self, scalars: Scalars, chain: Sequence[Expression]) -> tuple[Step | None, Scalars]:
        """Sums of rows or of columns over their number of entries as means, and the other scalars."""
        if len(chain) != 2 or chain[0].rows == chain[1].cols == 1:
            return None, scalars
        first, last = chain
        places = [(isinstance(last, Ones), first, last.rows, 1), (is_row_of_ones(first), last, first.cols, 0)]
        for is_sum, matrix, length, axis in places:
            rest = [(base, exponent) for base, exponent in scalars if not _is_share(base, exponent, length)]
            if is_sum and len(rest) < len(scalars):
                step = self.value(matrix)
                axis = 1 - axis if step.kind == "transpose" else axis
                return self.steps.call("np.mean", [unturned(step)], 1, f"axis={axis}"), rest
        return None, scalars

    def filled(self, x: Product) -> Step:
        """An array of one number, which is floating even if the number comes of integers."""
        above, below = self.front(magnitude(x.coefficient), x.scalars)
        number = self.steps.quotient(above, below)
        number = self.steps.negative(number) if x.coefficient < 0 else number
        if number.kind == "number":
            number = self.steps.number(float(number.data[0]))
        lengths = [self.length(length) for length in x.shape if length != 1]
        shape = self.steps.make("tuple", lengths) if len(lengths) > 1 else lengths[0]
        if is_floating(number):
            return self.steps.call("np.full", [shape, number], len(lengths))
        return self.steps.multiply([number, self.steps.call("np.ones", [shape], len(lengths))])

    def mean(self, scalars: Scalars) -> tuple[list[Step], Scalars]:
        """The sum of the entries of an array over their number as a mean, and the other scalars."""
        sizes = {base.dim: base for base, exponent in scalars if isinstance(base, Size) and exponent == -1}
        for base, exponent in scalars:
            inner = list(base.chain) if exponent == 1 and isinstance(base, Product) else []
            lengths: list[Length] = []
            if inner and is_row_of_ones(inner[0]):
                lengths.append(inner.pop(0).cols)
            if inner and isinstance(inner[-1], Ones):
                lengths.append(inner.pop().rows)
            if not inner or not lengths:
                continue
            if len(set(lengths)) == len(lengths) and sizes.keys() >= set(lengths):
                step = self.chain(inner).step
                gone = {base, *[sizes[length] for length in lengths if isinstance(length, Dim)]}
                if step.axes == len(lengths):
                    mean = self.steps.call("np.mean", [unturned(step)], 0)
                    return [mean], [(other, power) for other, power in scalars if other not in gone]
        return [], scalars


def _is_share(base: Expression, exponent: Fraction, length: Length) -> bool:
    """Whether a scalar factor is one over a length."""
    return isinstance(base, Size) and base.dim == length and exponent == -1


def _is_diagonal(term: Expression) -> bool:
    chain = split(term)[2]
    return len(chain) == 1 and isinstance(chain[0], (Diagonal, Identity))


def _bulk(term: Expression) -> tuple[int, bool]:
    """Long products first, then matrices before what is spread over them, numbers last."""
    _, scalars, chain = split(term)
    kept = [link for link in chain if not isinstance(link, (Ones, Number)) and not is_row_of_ones(link)]
    inner = max((len(base.parts) for base, _ in scalars), default=0) if term.is_scalar else 0
    return -len(kept) - inner, len(kept) < len(chain)
