"""In which order the terms of a sum are written."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from wengert.calculus.expression import (
    Apply,
    Expression,
    Hadamard,
    Inverse,
    Number,
    Ones,
    Product,
    Sum,
    Symbol,
)

__all__ = ["Degrees"]


class Degrees:
    """The degrees of expressions in variables, and the order of terms that follows from them."""

    def __init__(self, variables: frozenset[str]) -> None:
        self.variables = variables
        self.known: dict[Expression, Fraction] = {}
        # what holds a variable that is a number
        self.in_numbers: set[Expression] = set()

    def learn(self, node: Expression) -> None:
        """Take in a node whose parts are known."""
        self.known[node] = self._degree(node)
        number = isinstance(node, Symbol) and node.is_scalar and node.name in self.variables
        if number or any(part in self.in_numbers for part in node.parts):
            self.in_numbers.add(node)

    def _degree(self, node: Expression) -> Fraction:
        """The degree in the variables; without any, vectors and matrices count."""
        inner = [self.known[part] for part in node.parts]
        if isinstance(node, Symbol):
            return Fraction(int(node.name in self.variables if self.variables else not node.is_scalar))
        if isinstance(node, (Product, Hadamard)):
            exponents = node.data[-1]
            powers = [*exponents, *[1] * (len(inner) - len(exponents))]
            return sum((power * degree for power, degree in zip(powers, inner, strict=True)), Fraction(0))
        if isinstance(node, Inverse):
            return -inner[0]
        # functions of the variable stand between it and constants
        return Fraction(int(any(inner)), 2) if isinstance(node, Apply) else max(inner, default=Fraction(0))

    def in_order(self, x: Sum, is_subtracted: Callable[[Expression], bool]) -> list[Expression]:
        """The highest degree first, and no term in front that is subtracted if that can be avoided.

        A matrix polynomial in a number ascends (A + tB), as do a constant and a term that is no logarithm (1 + xᵀx).
        """
        sign = 1 if not x.is_scalar and x in self.in_numbers else -1

        def rank(term: Expression) -> tuple[Fraction, int, Any]:
            return sign * self.known[term], _breadth(term), _without_number(term).order

        terms = sorted(x.parts, key=rank)
        if len(terms) == 2 and any(isinstance(term, (Number, Ones)) for term in terms):
            other = next(term for term in terms if not isinstance(term, (Number, Ones)))
            constant = next(term for term in terms if term is not other)
            terms = [other, constant] if _is_logarithm(other) else [constant, other]
        if is_subtracted(terms[0]):
            added = next((term for term in terms if not is_subtracted(term)), terms[0])
            # A and Aᵀ stay side by side
            front = [term for term in terms if rank(term)[:2] == rank(added)[:2] and not is_subtracted(term)]
            front = front or [added]
            terms = [*front, *(term for term in terms if term not in front)]
        return terms


def _without_number(term: Expression) -> Expression:
    """What a number stands in front of, so that −A and −Aᵀ are in the order of A and Aᵀ."""
    return term.parts[0] if isinstance(term, Product) and len(term.parts) == 1 else term


def _breadth(term: Expression) -> int:
    return len(term.chain) if isinstance(term, Product) else 0 if isinstance(term, (Number, Ones)) else 1


def _is_logarithm(term: Expression) -> bool:
    return isinstance(term, Apply) and term.name in ("log", "log1p", "logabs", "logsumexp")
