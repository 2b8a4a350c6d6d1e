"""Rules for sinh, cosh and tanh: as sums and quotients of exponentials, and by their symmetry, with other functions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import (
    add,
    apply,
    hadamard,
    hadamard_of,
    is_zero,
    matmul,
    negative,
    number,
    ones,
    power,
    split,
    transpose,
)
from wengert.calculus.expression import Apply, Expression, Hadamard, Product, Sum, rule
from wengert.calculus.properties import uniform
from wengert.calculus.rules.pieces import pieces_in

__all__: list[str] = []

Powers = dict[Expression, Fraction]
_ODD: Final = frozenset({"arcsin", "arcsinh", "arctan", "arctanh", "erf", "sin", "sinh", "tan", "tanh"})
_EVEN: Final = frozenset({"cos", "cosh"})
_HALF: Final = Fraction(1, 2)
_AT_ZERO: Final = {
    **dict.fromkeys(_ODD, Fraction(0)),
    **dict.fromkeys(_EVEN | {"exp"}, Fraction(1)),
    "logistic": _HALF,
}


@rule(Apply)
def _of_the_opposite(node: Apply) -> Any:
    """sinh(−u) = −sinh(u), cosh(−u) = cosh(u), and so for all odd and even functions."""
    if node.name not in _ODD | _EVEN or split(node.operand)[0] >= 0:
        return None
    found = apply(node.name, negative(node.operand))
    return negative(found) if node.name in _ODD else found


@rule(Apply)
def _at_zero(node: Apply) -> Any:
    """sin(0) = 0, exp(0) = 1, σ(0) = ½."""
    if node.name not in _AT_ZERO or not is_zero(node.operand):
        return None
    return matmul(number(_AT_ZERO[node.name]), ones(node.rows), transpose(ones(node.cols)))


@rule(Sum)
def _of_exponentials(node: Sum) -> Any:
    """e^u + e^−u = 2 cosh(u), and e^u − e^−u = 2 sinh(u), also times anything."""
    seen: dict[tuple[Expression, Expression], tuple[Any, Expression]] = {}
    for term in node.parts:
        for piece, coefficient, rest in pieces_in(term, ("exp",)):
            opposite = apply("exp", negative(piece.operand))
            other, match = seen.get((opposite, rest), (None, term))
            if other is not None and abs(other) == abs(coefficient):
                found = apply("cosh" if other == coefficient else "sinh", piece.operand)
                front = matmul(number(2 * coefficient), rest)
                whole = matmul(front, found) if front.is_scalar or found.is_scalar else hadamard(front, found)
                return add(*[part for part in node.parts if part is not term and part is not match], whole)
            seen[piece, rest] = coefficient, term
    return None


@rule(Sum)
def _of_a_logistic(node: Sum) -> Any:
    """2σ(2u) − 1 = tanh(u)."""
    if len(node.parts) != 2:
        return None
    for one, other in (node.parts, node.parts[::-1]):
        k = uniform(one)
        for piece, coefficient, rest in pieces_in(other, ("logistic",)) if k is not None else ():
            inside = split(piece.operand)[0]
            if coefficient == -2 * k and uniform(rest) == 1 and Fraction(inside).numerator % 2 == 0:
                tangent = apply("tanh", matmul(number(_HALF), piece.operand))
                return matmul(number(-k), tangent, *([] if tangent.shape == node.shape else [rest]))
    return None


@rule(Hadamard)
def _quotient_by_entries(node: Hadamard) -> Any:
    found = _quotient(dict(node.factors))
    return None if found is None else hadamard(*[hadamard_of({base: exponent}) for base, exponent in found.items()])


@rule(Product)
def _quotient_of_numbers(node: Product) -> Any:
    found = _quotient(dict(node.scalars))
    if found is None:
        return None
    return matmul(number(node.coefficient), *[power(base, exponent) for base, exponent in found.items()], *node.chain)


def _quotient(powers: Powers) -> Powers | None:
    """Powers in which sinh(u)/cosh(u) and (e^u − 1)/(e^u + 1) are hyperbolic tangents; None if there are none."""
    for base, exponent in powers.items():
        for other, found in _partners(base):
            times = min(exponent, -powers.get(other, Fraction(0)) if other.data[0] == "cosh" else powers.get(other, 0))
            if times > 0:
                down = -times if other.data[0] == "cosh" else times
                changed = {**powers, base: exponent - times, other: powers[other] - down}
                changed[found] = changed.get(found, Fraction(0)) + times
                return {one: e for one, e in changed.items() if e}
    return None


def _partners(base: Expression) -> Iterator[tuple[Expression, Any]]:
    """What a factor is a hyperbolic tangent with, and which."""
    if isinstance(base, Apply) and base.name == "sinh":
        yield apply("cosh", base.operand), apply("tanh", base.operand)
    if isinstance(base, Sum) and len(base.parts) == 2:
        for one, other in (base.parts, base.parts[::-1]):
            k = uniform(one)
            for piece, coefficient, rest in pieces_in(other, ("exp",)) if k in (1, -1) else ():
                if coefficient == -k and uniform(rest) == 1:
                    half = matmul(number(coefficient * _HALF), piece.operand)
                    yield apply("logistic", negative(piece.operand)), apply("tanh", half)
