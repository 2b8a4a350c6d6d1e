"""The logistic function and its kind, and logarithms with a factor, of double precision."""

from __future__ import annotations

from wengert.compiler.lanes import where_any
from wengert.compiler.mathlib.exponential import exp_parts, scaled
from wengert.compiler.mathlib.logarithm import log, log1p, log1p_exp, log1p_of_pair, log_of_ratio
from wengert.compiler.mathlib.pairs import divide, fast_sum
from wengert.compiler.values import Value, fabs, is_nan, select

__all__ = ["entr", "expit", "huber", "log_expit", "logit", "rel_entr", "softplus", "xlog1py", "xlogy"]


def expit(x: Value) -> Value:
    """1/(1 + e^-x), within one unit in the last place."""
    start, rest, shifted = exp_parts(-fabs(x))
    start, rest = fast_sum(start, rest)
    falling, tail = scaled(start, shifted), scaled(rest, shifted)
    below, lost = fast_sum(x.constant(1.0), falling)
    left = x < 0.0
    quotient, missing = divide((select(left, falling, 1.0), select(left, tail, 0.0)), (below, lost + tail))
    return quotient + missing


def softplus(x: Value) -> Value:
    """log(1 + e^x), within 2 units in the last place."""
    return select(x > 0.0, x, 0.0) + log1p_exp(-fabs(x))


def log_expit(x: Value) -> Value:
    """The logarithm of the logistic function, within 2 units in the last place."""
    return -softplus(-x)


def logit(p: Value) -> Value:
    """log(p/(1 - p)), within 2 units in the last place; NaN outside [0, 1]."""
    high = p > 0.5
    # log(1 + t) with t = (2p - 1)/(1 - p), or the negative of that at 1 - p
    other = fast_sum(p.constant(1.0), -p)
    doubled = fast_sum(p.constant(1.0), -2.0 * p)
    numerator = select(high, -doubled[0], doubled[0]), select(high, -doubled[1], doubled[1])
    t, tail = divide(numerator, (select(high, other[0], p), select(high, other[1], 0.0)))
    result = log1p_of_pair(t, tail)
    result = select(high, result, 0.0 - result)
    # of the smallest numbers the reciprocal is infinite
    (result,) = where_any((p < 2.0**-1000) & (p >= 0.0), lambda: [log(p)], [result])
    return select((p < 0.0) | (p > 1.0), float("nan"), select(p == 1.0, float("inf"), result))


def _times(x: Value, y: Value, logarithm: Value) -> Value:
    return select((x == 0.0) & ~is_nan(y), 0.0, x * logarithm)


def xlogy(x: Value, y: Value) -> Value:
    """The product x log y, within 1.5 units in the last place; zero where x is."""
    return _times(x, y, log(y))


def xlog1py(x: Value, y: Value) -> Value:
    """The product x log(1 + y), within 1.5 units in the last place; zero where x is."""
    return _times(x, y, log1p(y))


def rel_entr(x: Value, y: Value) -> Value:
    """X log(x/y), within 3 units in the last place; zero where x is, infinite to the left of zero."""
    inside = (x > 0.0) & (y > 0.0)
    result = x * log_of_ratio(select(inside, x, 1.0), select(inside, y, 1.0))
    edge = select((x == 0.0) & (y >= 0.0), x.constant(0.0), float("inf"))
    return select(is_nan(x) | is_nan(y), float("nan"), select(inside, result, edge))


def huber(delta: Value, r: Value) -> Value:
    """r^2/2 up to |r| = delta and the tangent beyond; infinite for negative delta."""
    size = fabs(r)
    result = select(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))
    return select(delta < 0.0, float("inf"), result)


def entr(x: Value) -> Value:
    """-x log x, within 1.5 units in the last place; zero at zero, minus infinity to the left of it."""
    return select(x < 0.0, float("-inf"), select(x == 0.0, 0.0, -x * log(x)))
