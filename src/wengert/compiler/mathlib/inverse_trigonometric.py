"""Inverse trigonometric functions of double precision."""

from __future__ import annotations

from wengert.compiler.mathlib.coefficients import ARCSIN, ARCTAN, HALF_PI, PI, QUARTER_PI
from wengert.compiler.mathlib.pairs import Pair, polynomial, residual
from wengert.compiler.values import Value, bits, copysign, fabs, fma, is_nan, maximum, minimum, select, sqrt

__all__ = ["arccos", "arcsin", "arctan", "arctan2"]


def _of_ratio(above: Value, below: Value) -> Pair:
    """arctan(above/below) for 0 <= above, below that are neither both zero nor both infinite, as a sum.

    Of the three multiples of π/4 the nearest one is taken away, by the tangent of a difference (DLMF 4.35.4).
    """
    # between the half and the double of each other the difference is exact
    small = above + above < below
    large = above > below + below
    numerator = select(small, above, select(large, -below, above - below))
    denominator = select(small, below, select(large, above, above + below))
    t = numerator / denominator
    start = select(small, above.constant(0.0), select(large, above.constant(HALF_PI[0]), QUARTER_PI[0]))
    rest = select(small, above.constant(0.0), select(large, above.constant(HALF_PI[1]), QUARTER_PI[1]))
    z = t * t
    return start, t + fma(t * z, polynomial(z, ARCTAN), rest)


def arctan(x: Value) -> Value:
    """The inverse tangent, within one unit in the last place."""
    start, rest = _of_ratio(fabs(x), x.constant(1.0))
    return copysign(start + rest, x)


def arctan2(y: Value, x: Value) -> Value:
    """The angle of the point (x, y), within 1.5 units in the last place, and IEEE's at zeros and infinities."""
    above, below = fabs(y), fabs(x)
    # far out the sum of the two overflows
    shrink = select(maximum(above, below) > 2.0**1000, above.constant(2.0**-8), 1.0)
    # where both are infinite the angle is that of equal ones
    infinite = minimum(above, below) == float("inf")
    zero = maximum(above, below) == 0.0
    above = select(infinite, 1.0, above * shrink)
    below = select(infinite | zero, 1.0, below * shrink)
    start, rest = _of_ratio(above, below)
    # to the left of zero it is π less that
    left = bits(x) < 0
    start, rest = select(left, PI[0] - start, start), select(left, PI[1] - rest, rest)
    return select(is_nan(x) | is_nan(y), x + y, copysign(start + rest, y))


def _halved(x: Value) -> tuple[Value, Value, Value, Value]:
    """Whether |x| > 1/2; the argument s of which arcsin is taken, and what it lacks; arcsin(s)/s - 1.

    Beyond 1/2 that is sqrt((1 - |x|)/2), since arcsin x = π/2 - 2 arcsin s there (DLMF 4.24.1, 4.21.28).
    """
    size = fabs(x)
    large = size > 0.5
    z = select(large, fma(size, -0.5, 0.5), x * x)
    root = sqrt(z)
    lack = select(large & (root > 0), residual(z, root, root) / (root + root), 0.0)
    return large, select(large, root, size), lack, z * polynomial(z, ARCSIN)


def arcsin(x: Value) -> Value:
    """The inverse sine, within one unit in the last place; NaN beyond one."""
    large, s, lack, series = _halved(x)
    inner = fma(s, series, lack)
    outer = HALF_PI[0] - (2.0 * s - fma(inner, -2.0, HALF_PI[1]))
    return copysign(select(large, outer, s + inner), x)


def arccos(x: Value) -> Value:
    """The inverse cosine, within one unit in the last place; NaN beyond one."""
    large, s, lack, series = _halved(x)
    inner = fma(s, series, lack)
    left = bits(x) < 0
    signed = copysign(s, x)
    middle = HALF_PI[0] - (signed - fma(signed, -series, HALF_PI[1]))
    outer = select(left, PI[0] - 2.0 * (s + (inner - HALF_PI[1])), 2.0 * (s + inner))
    return select(large, outer, middle)
