"""Floats as the numbers that they were meant to be: 0.1 · 0.1 is 0.01, and 0.7978845608028654 is √(2/π)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.leaves import constant

__all__ = ["EXACT", "ROUNDED", "recognised"]

EXACT: Final = 1.0
"""By how many units in the last place a number of a program may differ from what it is read as."""
ROUNDED: Final = 4.0
"""The same for numbers that have gone through the arithmetic of a derivative."""

# a float that is written with fewer digits is what it says
_SHORT: Final = 12
_DIGITS: Final = 9
_FEWER_DIGITS: Final = 6
_LARGEST: Final = 1000
_SMALLER: Final = 100
# by which a decimal may be divided
_BARS: Final = (1, 3, 9)
_HALVES: Final = [Fraction(halves, 2) for halves in (0, 1, -1, 2, -2, 3, -3, 4, -4)]
_POWERS_OF_E: Final = (Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(-1, 2), Fraction(2), Fraction(-2))
# without multiples of 7, of which lengths are made
_SURDS: Final = (1, 2, 3, 5, 6, 10)
_LOGARITHMS: Final = (2, 3, 5, 6, 10)


@cache
def recognised(value: float, units: float = EXACT) -> Any:
    """A number as an expression: a fraction, or one times a root, a power of π, e or a logarithm, else the float.

    >>> import math
    >>> from wengert.calculus.numerals import recognised
    >>> from wengert.display.formula import text_of
    >>> [text_of(recognised(number)) for number in (0.1 * 0.1, math.sqrt(2 / math.pi), 0.123456789012)]
    ['0.01', '√(2/π)', '0.123456789012']
    """
    if not math.isfinite(value) or len(repr(float(value)).strip("-")) <= _SHORT:
        return algebra.number(value)
    near = _rational(value, ROUNDED, _DIGITS, _LARGEST)
    if near is not None:
        return algebra.number(near)
    for size, symbolic in _irrational():
        factor = _rational(value / size, ROUNDED, _FEWER_DIGITS, _SMALLER)
        if factor is not None and abs(float(factor) * size - value) <= units * math.ulp(value):
            return algebra.matmul(algebra.number(factor), symbolic)
    return algebra.number(value)


def _rational(value: float, units: float, digits: int, largest: int) -> Fraction | None:
    """The short decimal or the fraction of small integers that a float is, up to rounding; None where it is none."""
    exact, close = Fraction(value), Fraction(units * math.ulp(value))
    fraction = exact.limit_denominator(largest)
    # of a large number every neighbour is a fraction with a small denominator
    candidates = [fraction] if 0 < abs(fraction.numerator) <= largest * largest else []
    candidates += [Fraction(f"{value * bar:.{digits}g}") / bar for bar in _BARS]
    return next((found for found in candidates if abs(found - exact) <= close), None)


@cache
def _irrational() -> list[tuple[float, Any]]:
    """Numbers that programs have as factors, the simple ones first."""
    return sorted(_listed(), key=lambda pair: pair[1].length)


def _listed() -> Iterator[tuple[float, Any]]:
    pi = constant("π")
    for exponent in _HALVES:
        for surd in _SURDS:
            if exponent or surd > 1:
                size = math.pi ** float(exponent) * math.sqrt(surd)
                symbolic = algebra.matmul(
                    algebra.power(algebra.number(surd), Fraction(1, 2)), algebra.power(pi, exponent)
                )
                yield size, symbolic
    for exponent in _POWERS_OF_E:
        yield math.exp(float(exponent)), algebra.power(algebra.apply("exp", algebra.number(1)), exponent)
    for sign in (1, -1):
        for base in _LOGARITHMS:
            yield math.log(base) ** sign, algebra.power(algebra.apply("log", algebra.number(base)), sign)
    for times in (1, 2):
        inside = algebra.matmul(algebra.number(times), pi)
        yield math.log(times * math.pi), algebra.apply("log", inside)
