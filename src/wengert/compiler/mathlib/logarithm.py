"""Logarithms of double precision."""

from __future__ import annotations

from typing import Final

from wengert.compiler.lanes import where_any
from wengert.compiler.mathlib.coefficients import (
    INVERSE,
    LN2,
    LN2_NEAREST,
    LOG,
    LOG2_E,
    LOG10_2,
    LOG10_E,
    LOG_PAIR,
    TWO_THIRDS,
)
from wengert.compiler.mathlib.exponential import exp_parts, scaled
from wengert.compiler.mathlib.pairs import Pair, divide, fast_sum, polynomial, product, two_sum
from wengert.compiler.values import Value, bits, fabs, fma, from_bits, select

__all__ = [
    "at_edges",
    "log",
    "log1p",
    "log1p_exp",
    "log1p_of_pair",
    "log2",
    "log10",
    "log_of_pair",
    "log_of_ratio",
    "logaddexp",
    "logaddexp2",
    "split",
]

_HALF_ROOT: Final = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
_ONE: Final = 0x3FF0000000000000
_MANTISSA: Final = 0x000FFFFFFFFFFFFF
_EXPONENT_OF_2_52: Final = 0x4330000000000000


def split(x: Value) -> tuple[Value, Value, Value]:
    """The number as 2^k m with m in [sqrt(1/2), sqrt(2)): k as a floating number, m, and 1023 + k as an integer."""
    word = bits(x).unsigned() + (_ONE - _HALF_ROOT)
    biased = word >> 52
    k = from_bits(biased | _EXPONENT_OF_2_52) - (2.0**52 + 1023)
    return k, from_bits((word & _MANTISSA) + _HALF_ROOT), biased


def _split_positive(x: Value) -> tuple[Value, Value]:
    """`_split` for all positive numbers: those below 2^-1022 have no exponent of their own."""
    denormal = x < 2.0**-1022
    k, m, _ = split(select(denormal, x * 2.0**54, x))
    return k - select(denormal, x.constant(54.0), 0.0), m


def at_edges(x: Value, result: Value) -> Value:
    """The logarithm at 0, infinity, NaN and of negative numbers."""
    result = select(x < float("inf"), result, x)
    return select(x > 0, result, select(x == 0, x.constant(float("-inf")), float("nan")))


def _series(f: Value) -> tuple[Value, Value]:
    """log(1 + f) = f - (square - rest): the square f^2/2 and the rest, for 1 + f within [sqrt(1/2), sqrt(2)]."""
    s = f / (2.0 + f)
    z = s * s
    square = 0.5 * f * f
    return square, s * fma(z, polynomial(z, LOG), square)


def log(x: Value) -> Value:
    """The natural logarithm, within one unit in the last place."""
    k, m = _split_positive(x)
    f = m - 1.0
    square, rest = _series(f)
    return at_edges(x, fma(k, LN2[0], f - (square - fma(k, LN2[1], rest))))


def _in_base(x: Value, base: tuple[float, float], exponent: tuple[float, float]) -> Value:
    """The logarithm in another base, of which 1/ln(base) and log_base(2) are given as sums."""
    k, m = _split_positive(x)
    f = m - 1.0
    square, rest = _series(f)
    high, low = fast_sum(f, -square)
    scaled, error = product(high, base[0])
    tail = fma(high, base[1], fma(low + rest, base[0], error))
    total, lost = fast_sum(k * exponent[0], scaled)
    return at_edges(x, total + (lost + fma(k, exponent[1], tail)))


def log2(x: Value) -> Value:
    """The logarithm in base 2, within one unit in the last place; exact for powers of two."""
    return _in_base(x, LOG2_E, (1.0, 0.0))


def log10(x: Value) -> Value:
    """The logarithm in base 10, within one unit in the last place."""
    return _in_base(x, LOG10_E, LOG10_2)


def _log1p(t: Value, tail: Value) -> Value:
    """log(1 + t + tail) for 0 < 1 + t < 2^1023, the tail being below the last digit of t or of 1 + t."""
    u, lost = two_sum(t.constant(1.0), t)
    k, m, biased = split(u)
    near = k == 0.0
    # where 1 + t needs no scaling, t itself enters and nothing is lost
    f = select(near, t, m - 1.0)
    lost = select(near, tail, lost + tail)
    scale = from_bits((2046 - biased) << 52)
    # 1/m, of which the first digits are enough
    lost = select(u < 2.0**60, lost * scale * polynomial(m, INVERSE), 0.0)
    return _joined(k, f, lost)


def _joined(k: Value, f: Value, lost: Value) -> Value:
    """The sum k log 2 + log(1 + f) + lost, for 1 + f within [sqrt(1/2), sqrt(2)]."""
    square, rest = _series(f)
    return fma(k, LN2[0], f - (square - (fma(k, LN2[1], rest) + lost)))


def log1p_of_pair(t: Value, tail: Value) -> Value:
    """log(1 + t + tail) for t >= 0, the tail being smaller than the last digit of t."""
    return select(t < float("inf"), _log1p(t, tail), t)


def log1p(x: Value) -> Value:
    """log(1 + x), within one unit in the last place."""
    result = _log1p(x, x.constant(0.0))
    result = select(x < float("inf"), result, x)
    edge = select(x == -1.0, x.constant(float("-inf")), float("nan"))
    return select(fabs(x) < 2.0**-54, x, select(x > -1.0, result, edge))


def log_of_ratio(x: Value, y: Value) -> Value:
    """log(x/y) for positive numbers, within two units in the last place however near they are to each other."""
    flipped = x < y
    large, small = select(flipped, y, x), select(flipped, x, y)
    scale = select(small < 2.0**-960, x.constant(2.0**200), select(large > 2.0**900, x.constant(2.0**-100), 1.0))
    above, below = large * scale, small * scale
    # log(1 + t), where the difference of near numbers is exact
    t, tail = divide((above - below, x.constant(0.0)), (below, x.constant(0.0)))
    apart, rest = two_sum(above / below, -1.0)
    near = above < 2.0 * below
    result = _log1p(select(near, t, apart), select(near, tail, rest))
    far = (large * 2.0**-1000 > small) | (large == float("inf"))
    (result,) = where_any(far, lambda: [log(large) - log(small)], [result])
    return select(flipped, -result, result)


def log_of_pair(x: Value, tail: Value | None = None) -> Pair:
    """log(x + tail) to about 2^-65, as a sum, for positive x that is finite.

    With a tail, which is below the last digit of x, x is to be within 2^-1000 and 2^1000.
    """
    denormal = x < 2.0**-1022
    k, m, biased = split(select(denormal, x * 2.0**54, x))
    k = k - select(denormal, x.constant(54.0), 0.0)
    f = m - 1.0
    lost = f.constant(0.0)
    if tail is not None:
        f, lost = fast_sum(f, tail * from_bits((2046 - biased) << 52))
    below, rest = fast_sum(f.constant(2.0), f)
    s, s_tail = divide((f, lost), (below, rest + lost))
    z, z_tail = product(s, s)
    z_tail = fma(2.0 * s, s_tail, z_tail)
    cube, cube_tail = product(z, s)
    cube_tail = fma(z, s_tail, fma(z_tail, s, cube_tail))
    # 2/3 with all digits, since s^3 reaches a hundredth of s
    head, head_tail = product(cube, TWO_THIRDS[0])
    head_tail = fma(cube_tail, TWO_THIRDS[0], fma(cube, TWO_THIRDS[1], head_tail))
    high, low = fast_sum(2.0 * s, head)
    low = low + (fma(cube * z, polynomial(z, LOG_PAIR), head_tail) + 2.0 * s_tail)
    total, rest = fast_sum(k * LN2[0], high)
    return fast_sum(total, rest + fma(k, LN2[1], low))


def log1p_exp(x: Value, tail: Value | None = None) -> Value:
    """log(1 + e^(x + tail)) for x <= 0."""
    start, rest, shifted = exp_parts(x, tail)
    start, rest = fast_sum(start, rest)
    t, lost = scaled(start, shifted), scaled(rest, shifted)
    # 1 + t is at most two: it is halved where it is above sqrt 2, and 1 + t = 2 (1 + (t - 1)/2)
    near = t < 0.4142135
    difference, error = fast_sum(x.constant(-1.0), t)
    f = select(near, t, 0.5 * difference)
    lost = select(near, lost, 0.5 * (error + lost)) * polynomial(1.0 + f, INVERSE)
    result = _joined(select(near, x.constant(0.0), 1.0), f, lost)
    return select(x == x, result, x)


def _apart(x: Value, y: Value) -> tuple[Value, Value, Value]:
    """The larger one, and the other one less it as a sum; where that is infinite its second part is no number."""
    larger, smaller = select(x > y, x, y), select(x > y, y, x)
    distance, lost = two_sum(smaller, -larger)
    return larger, distance, select(distance > -2000.0, lost, 0.0)


def logaddexp(x: Value, y: Value) -> Value:
    """log(e^x + e^y), within two units in the last place of the larger one of |x|, |y| and the result."""
    larger, distance, lost = _apart(x, y)
    return select(x == y, x + LN2_NEAREST[0], larger + log1p_exp(distance, lost))


def logaddexp2(x: Value, y: Value) -> Value:
    """log2(2^x + 2^y), within two units in the last place of the larger one of |x|, |y| and the result."""
    larger, distance, lost = _apart(x, y)
    scaled_down, error = product(select(distance < -2000.0, -2000.0, distance), LN2_NEAREST[0])
    error = error + fma(distance, LN2_NEAREST[1], lost * LN2_NEAREST[0])
    rest = log1p_exp(scaled_down, select(distance > -2000.0, error, 0.0))
    return select(x == y, x + 1.0, fma(rest, LOG2_E[0], fma(rest, LOG2_E[1], larger)))
