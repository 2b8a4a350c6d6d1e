"""Roots of rational numbers among the factors of a product, in one way to write each: 2√2, not √8 or 4/√2."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Final

from wengert.calculus.expression import Coefficient, Expression, Number
from wengert.calculus.leaves import number

__all__ = ["reduced"]

_HALF: Final = Fraction(1, 2)
# roots of longer numbers stay as they were written
_LARGEST: Final = 1000


def reduced(
    coefficient: Coefficient, powers: dict[Expression, Fraction]
) -> tuple[Coefficient, dict[Expression, Fraction]]:
    """A coefficient and scalar factors with at most one root of a number, which is an integer without square factors.

    √8 is 2√2, 1/√2 is ½√2, √2 √3 is √6, so that terms are alike where only their coefficients differ.
    """
    numbers = {base: exponent for base, exponent in powers.items() if isinstance(base, Number)}
    if not numbers or (list(numbers.values()) == [_HALF] and _is_plain(next(iter(numbers)))):
        return coefficient, powers
    inside = Fraction(1)
    for base, exponent in numbers.items():
        doubled = 2 * exponent
        if doubled.denominator != 1 or abs(doubled) > 4 or not isinstance(base.value, Fraction) or base.value <= 0:
            return coefficient, powers
        if max(base.value.as_integer_ratio()) > _LARGEST:
            return coefficient, powers
        inside *= base.value ** int(doubled)
    above, below = inside.as_integer_ratio()
    root, kept = _without_squares(above * below)
    found = {base: exponent for base, exponent in powers.items() if base not in numbers}
    if kept != 1:
        found[number(kept)] = _HALF
    return coefficient * Fraction(root, below), found


def _is_plain(base: Number) -> bool:
    value = base.value
    return isinstance(value, Fraction) and value.denominator == 1 and _without_squares(int(value))[0] == 1


@cache
def _without_squares(value: int) -> tuple[int, int]:
    """The a and b of n = a² b, where b has no square factor."""
    root, divisor = 1, 2
    while divisor * divisor <= value:
        while value % (divisor * divisor) == 0:
            value //= divisor * divisor
            root *= divisor
        divisor += 1
    return root, value
