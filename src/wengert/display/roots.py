"""Roots of known numbers in front of a product: √(2/π) and 1/√2, where the algebra has √2 π^(-1/2) and ½√2."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from wengert.calculus.expression import Coefficient, Expression, NamedNumber, Number
from wengert.calculus.leaves import number
from wengert.display.notation import Notation, Quotient, Root, over_a_bar, side_by_side

__all__ = ["constant_root", "root_over_a_bar"]

Scalars = Sequence[tuple[Expression, Fraction]]
Sides = tuple[list[Expression], list[Expression]]
_HALF: Final = Fraction(1, 2)


def constant_root(size: Coefficient, scalars: Scalars) -> tuple[Coefficient, Sides, Scalars]:
    """A coefficient, what stands under one root with it above and below a bar, and the other scalars.

    >>> from fractions import Fraction
    >>> from wengert.calculus import algebra
    >>> constant_root(Fraction(1, 2), [(algebra.number(6), Fraction(1, 2))])
    (Fraction(1, 1), ([Number(Fraction(3, 1))], [Number(Fraction(2, 1))]), [])
    """
    above: list[Expression] = []
    below: list[Expression] = []
    rest: list[tuple[Expression, Fraction]] = []
    for base, exponent in scalars:
        if not isinstance(base, (Number, NamedNumber)) or abs(exponent) != _HALF:
            rest.append((base, exponent))
        elif isinstance(base, Number) and isinstance(size, Fraction) and _is_integer(base) and exponent > 0:
            common = _crossing(size, int(base.value))
            size = size * common
            above += [number(int(base.value) // common)] if base.value != common else []
            below += [number(common)] if common != 1 else []
        else:
            (above if exponent > 0 else below).append(base)
    return size, (above, below), rest


def _crossing(size: Fraction, inside: int) -> int:
    """The part of what is under a root that goes below the bar: ½√2 is 1/√2, but a decimal stays with a root of it."""
    if over_a_bar(size)[1] > 1:
        return math.gcd(size.denominator, inside)
    return inside if size.denominator > 1 and (size * inside).denominator == 1 else 1


def _is_integer(base: Number) -> bool:
    return isinstance(base.value, Fraction) and base.value.denominator == 1


def root_over_a_bar(sides: Sides, written: Callable[[Expression], Notation]) -> tuple[list[Notation], list[Notation]]:
    """The factors above and below a bar that such roots are: one root, of a quotient where both sides have one."""
    above, below = ([written(base) for base in side] for side in sides)
    if above and below:
        return [Root((Quotient((side_by_side(above), side_by_side(below))),))], []
    roots = [[Root((side_by_side(side),))] if side else [] for side in (above, below)]
    return list(roots[0]), list(roots[1])
