"""The gamma function, its logarithm and that one's derivative, of double precision."""

from __future__ import annotations

from wengert.compiler.lanes import where_any
from wengert.compiler.mathlib.coefficients import (
    BINET,
    COS,
    HALF_LOG_TWO_PI,
    LGAMMA,
    LGAMMA_REST,
    PI,
    PSI,
    PSI_REST,
    PSI_ROOT,
    PSI_TAIL,
    SIN,
)
from wengert.compiler.mathlib.exponential import exp_of_pair
from wengert.compiler.mathlib.logarithm import log, log_of_pair
from wengert.compiler.mathlib.pairs import Pair, divide, fast_sum, polynomial, product, two_sum
from wengert.compiler.values import Value, copysign, fabs, floor, fma, is_nan, rint, select

__all__ = ["gamma", "gammaln", "loggamma", "psi"]


def _log_gamma(x: Value) -> Pair:
    """The logarithm of gamma as a sum, for positive numbers."""
    large = x >= 4.5
    # towards the interval around two: by the factors of gamma(x) = gamma(x + 1)/x, or the other way
    argument, tail, u, sign = _moved(x)
    argument, tail = select(large, x, argument), select(large, 0.0, tail)
    high, low = log_of_pair(select(argument < 2.0**1020, argument, 2.0**1020), tail)
    # Stirling's formula
    bounded = select(large, x, 4.5)
    power, error = product(bounded - 0.5, high)
    error = select(bounded < 2.0**900, fma(bounded - 0.5, low, error), 0.0)
    inverse = 1.0 / bounded
    start, lost = two_sum(power, -bounded)
    series = fma(inverse, polynomial(inverse * inverse, BINET), HALF_LOG_TWO_PI[1])
    total, rest = two_sum(start, HALF_LOG_TWO_PI[0])
    stirling = fast_sum(total, rest + (lost + (error + series)))
    # the series around two
    slope, missing = product(u, LGAMMA[0])
    start, lost = two_sum(slope, sign * high)
    lost = lost + fma(sign, low, fma(u, LGAMMA_REST, missing))
    square, square_tail = product(u, u)
    curve, curve_tail = fast_sum(u.constant(LGAMMA[1]), u * polynomial(u, LGAMMA[2:]))
    bend, missing = product(square, curve)
    total, rest = two_sum(start, bend)
    near = fast_sum(total, rest + (lost + fma(square_tail, curve, fma(square, curve_tail, missing))))
    infinite = x > 2.0**1015
    result = [select(large, far, close) for far, close in zip(stirling, near, strict=True)]
    return select(infinite, float("inf"), result[0]), select(infinite, 0.0, result[1])


def _moved(x: Value) -> tuple[Value, Value, Value, Value]:
    """Numbers p + tail, u and s with log gamma(x) = log gamma(2 + u) + s log(p + tail), |u| <= 1/2, for x < 4.5."""
    one = x.constant(1.0)
    square, square_tail = product(x, x)
    below, below_tail = fast_sum(x, square)
    above, above_tail = product(x - 1.0, x - 2.0)
    least, low, middle, high = x < 0.5, x < 1.5, x < 2.5, x < 3.5
    argument = select(least, below, select(low, x, select(middle, one, select(high, x - 1.0, above))))
    tail = select(least, below_tail + square_tail, select(high, x.constant(0.0), above_tail))
    u = x - select(least, 0.0, select(low, one, select(middle, 2.0, select(high, one * 3.0, 4.0))))
    return argument, tail, u, select(low, -one, 1.0)


def _sine_of_turn(x: Value) -> Value:
    """sin(πx)/π for positive x, its sign left out."""
    r = fabs(x - rint(x))
    small = r <= 0.25
    angle, error = product(select(small, r, 0.5 - r), PI[0])
    z = angle * angle
    sine = angle + fma(angle * z, polynomial(z, SIN), error)
    cosine = fma(z, -0.5, 1.0) + z * z * polynomial(z, COS)
    return select(small, sine, cosine) * (1 / PI[0])


def gammaln(x: Value) -> Value:
    """log|gamma x|, within 2 units in the last place, to the left of zero of the larger one of 1 and the result."""
    size = fabs(x)
    high, low = _log_gamma(size)
    result = high + low
    # gamma(-x) gamma(x) = -π/(x sin πx), DLMF 5.5.3; next to zero the sign makes no difference
    reflected = x < -(2.0**-60)
    (result,) = where_any(reflected, lambda: [-log(size * _sine_of_turn(size)) - result], [result])
    result = select((size == 0.0) | ((x < 0.0) & (floor(x) == x)), float("inf"), result)
    return select(is_nan(x) | (size == float("inf")), x, result)


def loggamma(x: Value) -> Value:
    """The logarithm of gamma x, within 2 units in the last place; NaN to the left of zero, where it may be complex."""
    return select(x < 0.0, float("nan"), gammaln(x))


def gamma(x: Value) -> Value:
    """The gamma function, within 2 units in the last place, 4 for negative numbers; NaN at its poles."""
    size = fabs(x)
    result = exp_of_pair(*_log_gamma(select(size < 180.0, size, 180.0)))
    whole = floor(x) == x

    def reflect() -> list[Value]:
        sign = select(floor(0.5 * size) * 2.0 == floor(size), size.constant(-1.0), 1.0)
        return [sign / (size * _sine_of_turn(size)) / result]

    (result,) = where_any((x < 0.0) & ~whole, reflect, [result])
    result = select(size < 2.0**-60, 1.0 / x, select((x < 0.0) & whole, float("nan"), result))
    return select(is_nan(x), x, result)


def psi(x: Value) -> Value:
    """The digamma function, within 2 units in the last place for positive numbers; NaN at its poles but zero."""
    size = fabs(x)
    result = _psi_of_positive(size)

    def reflect() -> list[Value]:
        # psi(-x) = psi(x) + 1/x + π cot πx, DLMF 5.5.4 and 5.5.2
        r = size - rint(size)
        cosine = copysign(_sine_of_turn(0.5 - fabs(r)), r)
        return [result + (1.0 / size + PI[0] * cosine / _sine_of_turn(size))]

    (result,) = where_any(x < 0.0, reflect, [result])
    pole = (x < 0.0) & (floor(x) == x)
    result = select(pole, float("nan"), result)
    result = select(size < 2.0**-60, -1.0 / x, result)
    return select(is_nan(x) | (x == float("inf")), x, result)


def _psi_of_positive(unbounded: Value) -> Value:
    x = select(unbounded < 2.0**60, unbounded, 2.0**60)
    one = x.constant(1.0)
    below, low, middle, large = x < 1.0, x < 2.0, x < 3.0, x >= 4.0
    # psi(x) = psi(x + 1) - 1/x, or the other way once or twice; far out the quotient is that of Stirling's formula
    first, second = x - 1.0, x - 2.0
    numerator = select(large, -0.5 * one, select(below, -one, select(low, 0.0, select(middle, one, first + second))))
    denominator, tail = product(first, second)
    denominator = select(large | below, x, select(low, one, select(middle, first, denominator)))
    tail = select(below | (x < 3.0) | large, 0.0, tail)
    quotient, missing = divide((numerator, 0.0 * one), (denominator, tail))
    shift = select(below, -one, select(low, 0.0, select(middle, one, 2.0)))
    # x + 1 would be rounded, the root less one is exact
    u = (select(below, x, x - shift) - select(below, one * (PSI_ROOT[0] - 1), PSI_ROOT[0])) - PSI_ROOT[1]
    v = (x - shift) - 1.5
    slope, slope_tail = fast_sum(v.constant(PSI[0]), fma(v, polynomial(v, PSI[1:]), PSI_REST))
    near, near_tail = product(u, slope)
    z = quotient * quotient * 4.0
    tail = select(large, -(z * polynomial(z, PSI_TAIL)), fma(u, slope_tail, near_tail)) + missing
    high, rest = two_sum(quotient, select(large, log(unbounded), near))
    return high + (rest + tail)
