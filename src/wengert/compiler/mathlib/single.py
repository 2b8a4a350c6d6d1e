"""Functions for single precision: evaluated in double precision, with as many digits as survive the rounding.

Operands are numbers of single precision in double precision. What must be exact in double precision only to 2^-28
needs half the terms, no second parts of sums, and no care for exponents, since none is out of range.
"""

from __future__ import annotations

from wengert.compiler.mathlib.coefficients import HALF_PI, LN2_NEAREST, LOG2_E, LOG10_2, LOG10_E, PI
from wengert.compiler.mathlib.coefficients_single import (
    ARCSIN_SINGLE,
    ARCTAN_SINGLE,
    COS_SINGLE,
    ERF_SINGLE,
    ERF_TAIL_SINGLE,
    EXP2_SINGLE,
    EXP_SINGLE,
    EXPM1_SINGLE,
    LOG_SERIES_SINGLE,
    LOG_SINGLE,
    SIN_SINGLE,
)
from wengert.compiler.mathlib.exponential import SHIFT, clamped
from wengert.compiler.mathlib.logarithm import at_edges, split
from wengert.compiler.mathlib.pairs import polynomial
from wengert.compiler.mathlib.power import with_edges
from wengert.compiler.mathlib.reduction import reduced_roughly
from wengert.compiler.mathlib.trigonometric import with_sign
from wengert.compiler.values import Value, bits, copysign, fabs, fma, from_bits, is_nan, maximum, minimum, select, sqrt

__all__ = [
    "arccos",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "erf",
    "exp",
    "exp2",
    "expit",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_expit",
    "logaddexp",
    "power",
    "sin",
    "sinh",
    "softplus",
    "tan",
    "tanh",
]


def _reduced(x: Value) -> tuple[Value, Value]:
    """R = x - k ln 2 and 2^k, for results between 2^-1022 and 2^1023."""
    shifted = fma(x, LOG2_E[0], SHIFT + 1023)
    k = shifted - (SHIFT + 1023)
    return fma(k, -LN2_NEAREST[0], x), from_bits(bits(shifted) << 52)


def exp(x: Value) -> Value:
    """e^x."""
    r, power = _reduced(clamped(x, -104.5, 89.5))
    return power * fma(r, fma(r, polynomial(r, EXP_SINGLE), 1.0), 1.0)


def exp2(x: Value) -> Value:
    """2^x."""
    clipped = clamped(x, -151.0, 129.0)
    shifted = clipped + (SHIFT + 1023)
    r = clipped - (shifted - (SHIFT + 1023))
    series = fma(r, polynomial(r, EXP2_SINGLE), LN2_NEAREST[0])
    return from_bits(bits(shifted) << 52) * fma(r, series, 1.0)


def _expm1(x: Value) -> Value:
    """e^x - 1 for x between -100 and 700."""
    r, power = _reduced(x)
    return fma(power, fma(r * r, polynomial(r, EXPM1_SINGLE), r), power - 1.0)


def expm1(x: Value) -> Value:
    """e^x - 1."""
    return copysign(_expm1(clamped(x, -20.0, 89.5)), x)


def sinh(x: Value) -> Value:
    """The hyperbolic sine."""
    size = fabs(x)
    growth = _expm1(select(size > 90.0, 90.0, size))
    return copysign(0.5 * (growth + growth / (growth + 1.0)), x)


def cosh(x: Value) -> Value:
    """The hyperbolic cosine."""
    size = fabs(x)
    growth = _expm1(select(size > 90.0, 90.0, size)) + 1.0
    return 0.5 * (growth + 1.0 / growth)


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    doubled = 2.0 * fabs(x)
    growth = _expm1(select(doubled > 40.0, 40.0, doubled))
    return copysign(growth / (growth + 2.0), x)


def expit(x: Value) -> Value:
    """1/(1 + e^-x)."""
    r, power = _reduced(clamped(-x, -90.0, 105.0))
    return 1.0 / fma(power, fma(r, fma(r, polynomial(r, EXP_SINGLE), 1.0), 1.0), 1.0)


def _log_split(x: Value) -> tuple[Value, Value]:
    """The logarithm's whole part k and log of the rest, x = 2^k m."""
    k, m, _ = split(x)
    f = m - 1.0
    return k, fma(f * f, polynomial(f, LOG_SERIES_SINGLE), f)


def log(x: Value) -> Value:
    """The natural logarithm."""
    k, rest = _log_split(x)
    return at_edges(x, fma(k, LN2_NEAREST[0], rest))


def log2(x: Value) -> Value:
    """The logarithm in base 2."""
    k, rest = _log_split(x)
    return at_edges(x, fma(rest, LOG2_E[0], k))


def log10(x: Value) -> Value:
    """The logarithm in base 10."""
    k, rest = _log_split(x)
    return at_edges(x, fma(k, sum(LOG10_2), rest * LOG10_E[0]))


def _log1p(x: Value) -> Value:
    """log(1 + x) for x > -1."""
    k, m, _ = split(1.0 + x)
    near = k == 0.0
    f = select(near, x, m - 1.0)
    series = fma(f * f, polynomial(f, LOG_SERIES_SINGLE), f)
    return select(near, series, fma(k, LN2_NEAREST[0], series))


def log1p(x: Value) -> Value:
    """log(1 + x)."""
    result = select(x < float("inf"), _log1p(x), x)
    edge = select(x == -1.0, x.constant(float("-inf")), float("nan"))
    return copysign(select(x > -1.0, result, edge), x)


def softplus(x: Value) -> Value:
    """log(1 + e^x)."""
    return select(is_nan(x), x, select(x > 0.0, x, 0.0) + _log1p(exp(-fabs(x))))


def log_expit(x: Value) -> Value:
    """The logarithm of the logistic function."""
    return -softplus(-x)


def logaddexp(x: Value, y: Value) -> Value:
    """log(e^x + e^y)."""
    larger, distance = select(x > y, x, y), -fabs(x - y)
    result = select(is_nan(distance), distance, larger + _log1p(exp(distance)))
    return select(x == y, x + LN2_NEAREST[0], result)


def _sine_and_cosine(x: Value) -> tuple[Value, Value, Value]:
    """Of the angle that is left after n right angles, and n."""
    r, n = reduced_roughly(x)
    z = r * r
    return fma(r * z, polynomial(z, SIN_SINGLE), r), fma(z, fma(z, polynomial(z, COS_SINGLE), -0.5), 1.0), n


def sin(x: Value) -> Value:
    """The sine."""
    sine, cosine, n = _sine_and_cosine(x)
    result = with_sign(select((n & 1) == 1, cosine, sine), (n << 62) ^ bits(x))
    return select(fabs(x) < float("inf"), result, float("nan"))


def cos(x: Value) -> Value:
    """The cosine."""
    sine, cosine, n = _sine_and_cosine(x)
    result = with_sign(select((n & 1) == 1, sine, cosine), (n + 1) << 62)
    return select(fabs(x) < float("inf"), result, float("nan"))


def tan(x: Value) -> Value:
    """The tangent."""
    sine, cosine, n = _sine_and_cosine(x)
    odd = (n & 1) == 1
    result = with_sign(select(odd, -cosine, sine) / select(odd, sine, cosine), bits(x))
    return select(fabs(x) < float("inf"), result, float("nan"))


def _arctan_of_ratio(above: Value, below: Value) -> Value:
    """arctan(above/below) for 0 <= above, below that are neither both zero nor both infinite."""
    small, large = above + above < below, above > below + below
    numerator = select(small, above, select(large, -below, above - below))
    t = numerator / select(small, below, select(large, above, above + below))
    start = select(small, above.constant(0.0), select(large, above.constant(PI[0] / 2), PI[0] / 4))
    z = t * t
    return start + fma(t * z, polynomial(z, ARCTAN_SINGLE), t)


def arctan(x: Value) -> Value:
    """The inverse tangent."""
    return copysign(_arctan_of_ratio(fabs(x), x.constant(1.0)), x)


def arctan2(y: Value, x: Value) -> Value:
    """The angle of the point (x, y)."""
    above, below = fabs(y), fabs(x)
    infinite = minimum(above, below) == float("inf")
    zero = maximum(above, below) == 0.0
    angle = _arctan_of_ratio(select(infinite, 1.0, above), select(infinite | zero, 1.0, below))
    angle = select(bits(x) < 0, PI[0] - angle, angle)
    return select(is_nan(x) | is_nan(y), x + y, copysign(angle, y))


def _arcsin_parts(x: Value) -> tuple[Value, Value]:
    """Whether |x| > 1/2; arcsin |x|, or there arcsin of sqrt((1 - |x|)/2)."""
    size = fabs(x)
    large = size > 0.5
    z = select(large, fma(size, -0.5, 0.5), x * x)
    s = select(large, sqrt(z), size)
    return large, fma(s * z, polynomial(z, ARCSIN_SINGLE), s)


def arcsin(x: Value) -> Value:
    """The inverse sine."""
    large, angle = _arcsin_parts(x)
    return copysign(select(large, fma(angle, -2.0, HALF_PI[0]), angle), x)


def arccos(x: Value) -> Value:
    """The inverse cosine."""
    large, angle = _arcsin_parts(x)
    near = 2.0 * angle
    return select(large, select(x < 0.0, PI[0] - near, near), HALF_PI[0] - copysign(angle, x))


def arcsinh(x: Value) -> Value:
    """The inverse hyperbolic sine."""
    size = fabs(x)
    square = size * size
    t = size + square / (1.0 + sqrt(1.0 + square))
    return copysign(select(size < float("inf"), _log1p(t), size), x)


def arctanh(x: Value) -> Value:
    """The inverse hyperbolic tangent."""
    size = fabs(x)
    result = 0.5 * _log1p((size + size) / (1.0 - size))
    edge = select(size == 1.0, x.constant(float("inf")), float("nan"))
    return copysign(select(size < 1.0, result, edge), x)


def power(x: Value, y: Value) -> Value:
    """x^y."""
    size = fabs(x)
    k, m, _ = split(size)
    f = m - 1.0
    # here the digits are multiplied by up to a hundred
    s = f / (2.0 + f)
    z = s * s
    series = fma(s * z, polynomial(z, LOG_SINGLE), s + s)
    high = fma(k, LN2_NEAREST[0], series)
    high = select(size == 0.0, float("-inf"), select(size == float("inf"), float("inf"), high))
    return with_edges(x, y, exp(y * high))


def hypot(x: Value, y: Value) -> Value:
    """The length of (x, y)."""
    infinite = (fabs(x) == float("inf")) | (fabs(y) == float("inf"))
    return select(infinite, float("inf"), sqrt(fma(x, x, y * y)))


def erf(x: Value) -> Value:
    """The error function."""
    size = fabs(x)
    z = x * x
    near = fma(size, polynomial(z, ERF_SINGLE), size)
    beyond = 1.0 - exp(polynomial(select(size > 4.0, 4.0, size), ERF_TAIL_SINGLE))
    return copysign(select(size <= 1.0, near, beyond), x)
