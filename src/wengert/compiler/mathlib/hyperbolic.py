"""Hyperbolic functions and their inverses, of double precision."""

from __future__ import annotations

from wengert.compiler.mathlib.coefficients import LN2_NEAREST
from wengert.compiler.mathlib.exponential import expm1_quarter
from wengert.compiler.mathlib.logarithm import log1p_of_pair
from wengert.compiler.mathlib.pairs import divide, fast_sum, product, residual, two_sum
from wengert.compiler.values import Value, copysign, fabs, fma, select, sqrt

__all__ = ["arccosh", "arcsinh", "arctanh", "cosh", "sinh", "tanh"]


def _odd(x: Value, result: Value) -> Value:
    """The result for |x| with the sign of x; x itself where only the first term of the series counts."""
    return copysign(select(fabs(x) < 2.0**-28, fabs(x), result), x)


def _bounded(x: Value) -> Value:
    """|x| up to where both functions are infinite."""
    size = fabs(x)
    return select(size > 710.5, 710.5, size)


def sinh(x: Value) -> Value:
    """The hyperbolic sine, within one unit in the last place."""
    high, low = fast_sum(*expm1_quarter(_bounded(x)))
    # with E = e^|x| - 1, sinh|x| = (E + E/(E + 1)) / 2
    below, rest = two_sum(high * 4.0, 1.0)
    quotient, missing = divide((high, low), (below, fma(low, 4.0, rest)))
    large = below > 2.0**60
    return _odd(x, 2.0 * (high + select(large, low, quotient + (low + missing))))


def cosh(x: Value) -> Value:
    """The hyperbolic cosine, within 1.5 units in the last place."""
    high, low = expm1_quarter(_bounded(x))
    high, rest = two_sum(high, 0.25)
    low = low + rest
    return 2.0 * (high + (low + 0.0625 / (high + low)))


def tanh(x: Value) -> Value:
    """The hyperbolic tangent, within 1.5 units in the last place."""
    doubled = 2.0 * fabs(x)
    high, low = expm1_quarter(select(doubled > 44.0, 44.0, doubled))
    # with E = e^2|x| - 1, tanh|x| = E/(E + 2) = 1 - 2/(E + 2)
    quarter = high + low
    below = quarter + 0.5
    inverse = 1.0 / below
    quotient = quarter * inverse
    # what the sum below loses counts only where the quotient is small
    lost = quarter - (below - 0.5)
    missing = residual(quarter, quotient, below) - quotient * lost
    return _odd(x, select(quarter > 0.5, fma(inverse, -0.5, 1.0), fma(missing, inverse, quotient)))


def arcsinh(x: Value) -> Value:
    """The inverse hyperbolic sine, within 1.5 units in the last place."""
    size = fabs(x)
    large = size > 2.0**60
    bounded = select(large, 1.0, size)
    # arcsinh x = log(1 + x + w), w = x^2 / (1 + sqrt(1 + x^2))
    square = bounded * bounded
    w = square / (1.0 + sqrt(1.0 + square))
    t, tail = two_sum(bounded, w)
    result = log1p_of_pair(select(large, size, t), select(large, 0.0, tail))
    return _odd(x, select(large, result + LN2_NEAREST[0], result))


def arccosh(x: Value) -> Value:
    """The inverse hyperbolic cosine, within 1.5 units in the last place; NaN below one."""
    large = x > 2.0**60
    bounded = select(large, 2.0, x)
    # arccosh(1 + u) = log(1 + u + sqrt(2u + u^2))
    u = bounded - 1.0
    square, error = product(u, u)
    inside, rest = two_sum(2.0 * u, square)
    root = sqrt(inside)
    missing = select(root > 0, (residual(inside, root, root) + (rest + error)) / (root + root), 0.0)
    t, tail = two_sum(root, u)
    result = log1p_of_pair(select(large, x, t), select(large, 0.0, tail + missing))
    return select(x >= 1.0, select(large, result + LN2_NEAREST[0], result), float("nan"))


def arctanh(x: Value) -> Value:
    """The inverse hyperbolic tangent, within 1.5 units in the last place; infinite at one, NaN beyond."""
    size = fabs(x)
    # arctanh x = log(1 + 2x/(1 - x)) / 2
    below, rest = fast_sum(x.constant(1.0), -size)
    t, tail = divide((size + size, x.constant(0.0)), (below, rest))
    result = 0.5 * log1p_of_pair(t, tail)
    edge = select(size == 1.0, x.constant(float("inf")), float("nan"))
    return _odd(x, select(size < 1.0, result, edge))
