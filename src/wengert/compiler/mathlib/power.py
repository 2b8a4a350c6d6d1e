"""Powers, roots and lengths of double precision."""

from __future__ import annotations

from wengert.compiler.mathlib.exponential import exp_of_pair
from wengert.compiler.mathlib.logarithm import log_of_pair
from wengert.compiler.mathlib.pairs import product
from wengert.compiler.values import (
    Value,
    bits,
    copysign,
    fabs,
    fma,
    from_bits,
    is_nan,
    maximum,
    minimum,
    select,
    sqrt,
    trunc,
)

__all__ = ["cbrt", "hypot", "power", "with_edges"]


def power(x: Value, y: Value) -> Value:
    """x^y, within one unit in the last place, with the values of IEEE 754-2019, 9.2.1, at zeros and infinities."""
    size = fabs(x)
    high, low = log_of_pair(size)
    high = select(size == 0.0, float("-inf"), select(size == float("inf"), float("inf"), high))
    exponent, error = product(y, high)
    result = exp_of_pair(exponent, fma(y, low, error))
    return with_edges(x, y, result)


def with_edges(x: Value, y: Value, result: Value) -> Value:
    """x^y from |x|^y, which is right at zero and infinity."""
    result = select(fabs(x) == 1.0, 1.0, result)
    whole = trunc(y) == y
    odd = whole & (trunc(0.5 * y) != 0.5 * y)
    result = select(odd, copysign(result, x), result)
    undefined = is_nan(x) | is_nan(y) | ((x < 0.0) & (x > float("-inf")) & ~whole)
    result = select(undefined, float("nan"), result)
    return select((y == 0.0) | (x == 1.0), 1.0, result)


def cbrt(x: Value) -> Value:
    """The cube root, within one unit in the last place."""
    size = fabs(x)
    # the cube of the result is not to overflow, nor its last digits to underflow
    small, large = size < 2.0**-600, size > 2.0**600
    a = size * select(small, x.constant(2.0**300), select(large, x.constant(2.0**-300), 1.0))
    # a^(-1/3) to a few percent: the bits are a logarithm in base 2, of which a third is taken
    third = ((bits(a).unsigned() >> 32) * 0x55555556) >> 32
    y = from_bits((0x553EF0FF - third) << 32)
    y = _nearer(a, y, (1 / 3, 2 / 9, 14 / 81))
    y = _nearer(a, y, (1 / 3, 2 / 9))
    square = y * y
    root = a * square
    squared, lost = product(root, root)
    cubed, error = product(squared, root)
    rest = (a - cubed) - fma(lost, root, error)
    result = fma(rest * square, 1 / 3, root)
    result = result * select(small, x.constant(2.0**-100), select(large, x.constant(2.0**100), 1.0))
    return copysign(select((size > 0.0) & (size < float("inf")), result, size), x)


def _nearer(a: Value, y: Value, series: tuple[float, ...]) -> Value:
    """An approximation of a^(-1/3) made better by the first terms of (1 - e)^(-1/3) with e = 1 - a·y^3."""
    e = fma(-(a * y), y * y, 1.0)
    correction = y.constant(series[-1])
    for coefficient in reversed(series[:-1]):
        correction = fma(correction, e, coefficient)
    return fma(y * e, correction, y)


def hypot(x: Value, y: Value) -> Value:
    """The length of (x, y) without overflow on the way, within one unit in the last place."""
    x, y = fabs(x), fabs(y)
    larger, smaller = maximum(x, y), minimum(x, y)
    far, near = larger > 2.0**510, larger < 2.0**-450
    scale = select(far, x.constant(2.0**-600), select(near, x.constant(2.0**600), 1.0))
    back = select(far, x.constant(2.0**600), select(near, x.constant(2.0**-600), 1.0))
    a, b = larger * scale, smaller * scale
    result = sqrt(fma(a, a, b * b)) * back
    return select((x == float("inf")) | (y == float("inf")), float("inf"), result)
