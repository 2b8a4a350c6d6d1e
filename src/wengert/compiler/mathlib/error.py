"""The error function and the normal distribution, of double precision."""

from __future__ import annotations

from typing import Any, Final

from wengert.compiler.mathlib.coefficients import (
    ERF,
    ERF_REST,
    ERF_TAIL,
    ERFC,
    ERFC_REST,
    ONE_OVER_ROOT_PI,
    ROOT_HALF,
    ROOT_TWO,
)
from wengert.compiler.mathlib.exponential import exp, exp_parts, scaled
from wengert.compiler.mathlib.logarithm import log, log1p
from wengert.compiler.mathlib.pairs import Pair, divide, fast_sum, polynomial, product, two_sum
from wengert.compiler.values import Value, copysign, fabs, fma, select

__all__ = ["erf", "erfc", "erfcx", "log_ndtr", "ndtr"]


def _near_zero(x: Value, tail: Any = 0.0) -> Pair:
    """erf(x + tail) for |x| <= 1, as a sum of x and the rest."""
    z = x * x
    return x, fma(x, fma(z, polynomial(z, ERF[1:]), ERF_REST + ERF[0]), tail)


def erf(x: Value) -> Value:
    """The error function, within 1.5 units in the last place."""
    size = fabs(x)
    start, rest = _near_zero(size)
    # at six erf is one to all digits
    beyond = 1.0 - exp(polynomial(select(size > 6.0, 6.0, size), ERF_TAIL))
    return copysign(select(size <= 1.0, start + rest, beyond), x)


def _flat(x: Value, four: float, denominator: Pair) -> Pair:
    """e^(s^2) erfc s for s >= 1/2, a multiple of x that is 4 at x = four; the denominator is 1 + 2s."""
    t = (x - four) / (x + four)
    # far out both are infinite
    t = select(x < 2.0**100, t, 1.0)
    numerator = fast_sum(x.constant(ERFC[0]), fma(t, polynomial(t, ERFC[1:]), ERFC_REST))
    return divide(numerator, denominator)


def _tail(square: Pair, flat: Pair) -> Value:
    """e^(-square)·flat."""
    start, rest, shifted = exp_parts(-square[0], -square[1])
    start, rest = fast_sum(start, rest)
    rounded, error = product(start, flat[0])
    return scaled(rounded + (error + fma(start, flat[1], rest * flat[0])), shifted)


def _one_plus_twice(x: Value) -> Pair:
    bounded = select(x < 2.0**100, x, 2.0**100)
    return two_sum(bounded + bounded, 1.0)


def erfc(x: Value) -> Value:
    """1 - erf x, within 1.5 units in the last place as far as e^(-x^2) reaches."""
    size = fabs(x)
    bounded = select(size < 30.0, size, 30.0)
    large = _tail(product(bounded, bounded), _flat(bounded, 4.0, _one_plus_twice(bounded)))
    start, rest = _near_zero(x)
    start, lost = two_sum(-start, 1.0)
    near = start + (lost - rest)
    result = select(size <= 0.5, near, select(x > 0.0, large, 2.0 - large))
    return select(x == x, result, x)


def erfcx(x: Value) -> Value:
    """e^(x^2) erfc x, within 2 units in the last place."""
    size = fabs(x)
    high, low = _flat(size, 4.0, _one_plus_twice(size))
    flat = high + low
    squared, error = product(size, size)
    start, rest, shifted = exp_parts(squared, select(size < 30.0, error, 0.0))
    growth = scaled(start + rest, shifted)
    near = _near_zero(x)
    start, lost = two_sum(-near[0], 1.0)
    inside = growth * (start + (lost - near[1]))
    flat = select(size < 2.0**100, flat, ONE_OVER_ROOT_PI[0] / size)
    far = select(x > 0.0, flat, 2.0 * growth - flat)
    return select(size <= 0.5, inside, select(x == x, far, x))


def log_ndtr(x: Value) -> Value:
    """The logarithm of the normal distribution, within 2 units in the last place."""
    size = fabs(x)
    twice, error = product(select(size < 2.0**100, size, 2.0**100), ROOT_TWO[0])
    above, rest = two_sum(twice, 1.0)
    high, low = _flat(size, _FOUR, (above, rest + fma(size, ROOT_TWO[1], error)))
    square, lost = product(size, size)
    value = ndtr(-size)
    left, far = x < 0.0, x < -0.7
    # far to the left the distribution underflows, its logarithm does not
    logarithm = log(select(far, 0.5 * (high + low), value))
    tail = logarithm - 0.5 * select(size < 2.0**500, lost, 0.0) - 0.5 * square
    result = select(far, tail, select(left, logarithm, log1p(-value)))
    return select(x == x, select(x == float("-inf"), x, result), x)


_FOUR: Final = 4.0 * ROOT_TWO[0]


def ndtr(x: Value) -> Value:
    """The normal distribution, erfc(-x/sqrt 2)/2, within 1.5 units in the last place."""
    size = fabs(x)
    bounded = select(size < 40.0, size, 40.0)
    # with s = x/sqrt 2, 1 + 2s = 1 + x sqrt 2
    twice, error = product(bounded, ROOT_TWO[0])
    above, rest = two_sum(twice, 1.0)
    square, lost = product(bounded, bounded)
    below = _tail(
        (0.5 * square, 0.5 * lost),
        _flat(bounded, _FOUR, (above, rest + fma(bounded, ROOT_TWO[1], error))),
    )
    s, s_error = product(x, ROOT_HALF[0])
    start, rest = _near_zero(s, fma(x, ROOT_HALF[1], s_error))
    start, lost = two_sum(start, 1.0)
    near = 0.5 * (start + (lost + rest))
    result = select(size <= 0.7, near, select(x < 0.0, 0.5 * below, 1.0 - 0.5 * below))
    return select(x == x, result, x)
