"""Reading the matrix off an expression that is linear in a direction: `M dx` gives M."""

from __future__ import annotations

from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import Diagonal, DiagonalOf, Expression, Hadamard, Product, Sum, Transpose, walk
from wengert.errors import UnsupportedError

__all__ = ["coefficient"]


def coefficient(expression: Expression, direction: Expression) -> Any:
    """The matrix M of `M d`, for a column or a number that is linear in the column d.

    Raises
    ------
    UnsupportedError
        The direction stands where no matrix can be taken off.
    """
    return _Reader(expression, direction).read(expression)


class _Reader:
    def __init__(self, expression: Expression, direction: Expression) -> None:
        self.direction = direction
        self.holds: set[Expression] = set()
        for node in walk(expression):
            if node is direction or any(part in self.holds for part in node.parts):
                self.holds.add(node)

    def read(self, x: Expression) -> Any:
        if x not in self.holds:
            return algebra.zero(x.rows, self.direction.rows)
        if x is self.direction:
            return algebra.identity(x.rows)
        if isinstance(x, Sum):
            return algebra.add(*[self.read(part) for part in x.parts])
        if isinstance(x, Hadamard):
            return self._hadamard(x)
        if isinstance(x, DiagonalOf):
            found = [invariants.diagonal_of(term) for term in _written_out(x.parts[0], self.holds)]
            if any(term is x for term in found):
                raise _unreadable(x)
            return self._again(found)
        if isinstance(x, Product):
            return self._form(x) if x.is_scalar and x.chain else self._product(x)
        raise _unreadable(x)

    def _hadamard(self, x: Hadamard) -> Any:
        moving = [(base, exponent) for base, exponent in x.factors if base in self.holds]
        if len(moving) != 1 or moving[0][1] != 1:
            raise _unreadable(x)
        rest = {base: exponent for base, exponent in x.factors if base not in self.holds}
        return algebra.matmul(algebra.diagonal(algebra.hadamard_of(rest)), self.read(moving[0][0]))

    def _product(self, x: Product) -> Any:
        moving = [base for base, _ in x.scalars if base in self.holds]
        if moving:
            (base,) = moving
            still = [algebra.power(other, exponent) for other, exponent in x.scalars if other is not base]
            return algebra.matmul(algebra.number(x.coefficient), *still, *x.chain, self.read(base))
        front = [algebra.number(x.coefficient), *(algebra.power(base, exponent) for base, exponent in x.scalars)]
        place = next(place for place, link in enumerate(x.chain) if link in self.holds)
        before, link, after = x.chain[:place], x.chain[place], x.chain[place + 1 :]
        if not after:
            return algebra.matmul(*front, *before, self.read(link))
        return algebra.matmul(*front, *before, self._through(link, after))

    def _through(self, link: Expression, after: tuple[Expression, ...]) -> Any:
        """The matrix of a link that moves, times a column that does not."""
        terms = _terms(link) or self._terms_by_entries(link)
        if terms:
            return self._again([algebra.matmul(part, *after) for part in terms])
        if isinstance(link, Diagonal):
            return self._again([algebra.hadamard(algebra.matmul(*after), link.parts[0])])
        raise _unreadable(link)

    def _terms_by_entries(self, link: Expression) -> list[Expression]:
        """The terms of a product by entries with a sum that moves."""
        for base, exponent in link.factors if isinstance(link, Hadamard) else ():
            if base in self.holds and exponent == 1 and _terms(base):
                rest = {other: e for other, e in link.factors if other is not base}  # type: ignore[attr-defined]
                return [algebra.hadamard(*([algebra.hadamard_of(rest)] if rest else []), part) for part in _terms(base)]
        return []

    def _again(self, terms: list[Expression]) -> Any:
        """The matrix of a sum that has been written out."""
        return algebra.add(*[_Reader(term, self.direction).read(term) for term in terms])

    def _form(self, x: Product) -> Any:
        """uᵀ M v, a row times the direction."""
        chain = x.chain
        if chain[-1] not in self.holds:
            chain = tuple([algebra.transpose(link) for link in reversed(chain)])
        *before, last = chain
        inner = [place for place, link in enumerate(before) if link in self.holds]
        if last not in self.holds and len(inner) == 1:
            return self._in_the_middle(chain, inner[0])
        if last not in self.holds or any(link in self.holds for link in before):
            raise _unreadable(x)
        return algebra.matmul(*before, self.read(last))

    def _in_the_middle(self, chain: tuple[Expression, ...], place: int) -> Any:
        """A row, a link that moves, and a column."""
        before, link, after = chain[:place], chain[place], chain[place + 1 :]
        terms = _terms(link) or self._terms_by_entries(link)
        if terms:
            return self._again([algebra.matmul(*before, part, *after) for part in terms])
        if isinstance(link, Diagonal):
            sides = algebra.transpose(algebra.matmul(*before)), algebra.matmul(*after)
            return self._again([algebra.matmul(algebra.transpose(algebra.hadamard(*sides)), link.parts[0])])
        raise _unreadable(link)


def _terms(link: Expression) -> list[Expression]:
    """The terms of a sum, or of the transpose of one."""
    if isinstance(link, Sum):
        return list(link.parts)
    if isinstance(link, Transpose) and isinstance(link.parts[0], Sum):
        return [algebra.transpose(part) for part in link.parts[0].parts]
    return []


def _written_out(x: Expression, holds: set[Expression]) -> list[Expression]:
    """A chain as a list of terms, its moving sums multiplied out."""
    coefficient, scalars, chain = algebra.split(x)
    place = next((place for place, link in enumerate(chain) if _terms(link) and link in holds), None)
    if place is None:
        return [x]
    front = algebra.product(coefficient, scalars, ())
    terms = [algebra.matmul(front, *chain[:place], part, *chain[place + 1 :]) for part in _terms(chain[place])]
    return [part for term in terms for part in _written_out(term, holds)]


def _unreadable(x: Expression) -> UnsupportedError:
    kind = type(x.parts[0] if isinstance(x, Transpose) else x).__name__
    return UnsupportedError(f"the second derivative is an operator that has no matrix here (inside {kind})")
