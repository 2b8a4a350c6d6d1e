"""Matrix products, and those that are written with indices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import Expression
from wengert.calculus.lifting.lifted import Lifted, Parts, State, lifts, refused, shaped
from wengert.calculus.lifting.reductions import total
from wengert.graph import Equation

__all__: list[str] = []


@lifts("matmul", "scale_matmul")
def _matmul(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x, y = parts
    left, right = x.expression, y.expression
    shape = state.result(equation)
    if len(x.shape) == 1:
        product = algebra.matmul(algebra.transpose(left), right)
        return Lifted(product if len(y.shape) == 1 else algebra.transpose(product), shape)
    return Lifted(algebra.matmul(left, right), shape)


@dataclass(frozen=True)
class _Term:
    """A factor of a product with indices: its index letters, one for each axis that is longer than one."""

    x: Expression
    letters: str

    def turned(self) -> _Term:
        return _Term(algebra.transpose(self.x), self.letters[::-1])


@lifts("einsum")
def _einsum(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    given, _, wanted = equation.params[0].partition("->")
    terms = []
    for letters, part in zip(given.split(","), parts, strict=True):
        if len(letters) > 2:
            raise refused(equation, f"'{equation.params[0]}' has an operand of {len(letters)} axes, which is no matrix")
        long = "".join(letter for letter, length in zip(letters, part.shape, strict=True) if length != 1)
        # a vector stands as a column, wherever its axis is
        x = part.expression if len(long) == 2 else shaped(part.expression, part.shape[:1] if long else ())
        terms.append(_Term(algebra.transpose(x) if len(long) == 1 and x.cols != 1 else x, long))
    shape = state.result(equation)
    kept = "".join(letter for letter, length in zip(wanted, shape, strict=True) if length != 1)
    found = _contracted(terms, kept)
    if found is None:
        raise refused(equation, f"'{equation.params[0]}' is no product of matrices")
    return Lifted(found if len(kept) > 1 else shaped(found, shape), shape)


def _contracted(terms: list[_Term], kept: str) -> Any:
    """The product of terms, summed over the letters that are not kept; None where it is no matrix algebra."""
    while True:
        terms = [_alone(term, kept) for term in terms]
        step = _joined(terms, kept) or _summed(terms, kept)
        if step is None:
            break
        terms = step
    scalars = [term.x for term in terms if not term.letters]
    rest = [term for term in terms if term.letters]
    letters = "".join(term.letters for term in rest)
    if letters == kept and len(rest) <= 1:
        return algebra.matmul(*scalars, *[term.x for term in rest])
    if letters == kept[::-1] and len(rest) == 1:
        return algebra.matmul(*scalars, rest[0].turned().x)
    if sorted(letters) == sorted(kept) and len(rest) == 2 and len(kept) == 2:
        column, row = sorted(rest, key=lambda term: kept.index(term.letters))
        return algebra.matmul(*scalars, column.x, algebra.transpose(row.x))
    return None


def _alone(term: _Term, kept: str) -> _Term:
    """A matrix with one letter twice is its diagonal, or its trace."""
    if len(term.letters) == 2 and term.letters[0] == term.letters[1]:
        return _Term(invariants.diagonal_of(term.x), term.letters[0])
    return term


def _joined(terms: list[_Term], kept: str) -> list[_Term] | None:
    """Two terms made one: with the same letters, by a matrix product, or by scaling rows."""
    counts = Counter(letter for term in terms for letter in set(term.letters))
    for i, one in enumerate(terms):
        for j in range(i + 1, len(terms)):
            found = _pair(one, terms[j], counts, kept)
            if found is not None:
                return [found, *(term for place, term in enumerate(terms) if place not in (i, j))]
    return None


def _pair(one: _Term, other: _Term, counts: Counter[str], kept: str) -> _Term | None:
    shared = sorted(set(one.letters) & set(other.letters))
    if not shared:
        return None
    if set(one.letters) == set(other.letters):
        same = other if other.letters == one.letters else other.turned()
        return _Term(algebra.hadamard(one.x, same.x), one.letters)
    (letter,) = shared
    if len(one.letters) < len(other.letters):
        one, other = other, one
    # `one` is a matrix; the shared letter is made its second
    one = one if one.letters[1] == letter else one.turned()
    free = letter not in kept and counts[letter] == 2
    if len(other.letters) == 1:
        inner = other.x if free else algebra.diagonal(other.x)
        return _Term(algebra.matmul(one.x, inner), one.letters[0] if free else one.letters)
    if not free:
        return None
    other = other if other.letters[0] == letter else other.turned()
    return _Term(algebra.matmul(one.x, other.x), one.letters[0] + other.letters[1])


def _summed(terms: list[_Term], kept: str) -> list[_Term] | None:
    """A letter that is not kept and stands in one term alone, summed over."""
    counts = Counter(letter for term in terms for letter in term.letters)
    for place, term in enumerate(terms):
        for letter in term.letters:
            if letter not in kept and counts[letter] == 1:
                others = [*terms[:place], *terms[place + 1 :]]
                if len(term.letters) == 1:
                    return [*others, _Term(total(term.x), "")]
                turned = term if term.letters[1] == letter else term.turned()
                return [*others, _Term(algebra.matmul(turned.x, algebra.ones(turned.x.cols)), turned.letters[0])]
    return None
