"""Exponential functions of double precision."""

from __future__ import annotations

from typing import Final

from wengert.compiler.mathlib.coefficients import EXP, EXP2, EXPM1, LN2, LN2_NEAREST, LN10, LOG2_E
from wengert.compiler.mathlib.pairs import Pair, fast_sum, polynomial, product
from wengert.compiler.values import Value, bits, fabs, fma, from_bits, select

__all__ = ["exp", "exp2", "exp10", "exp_of_pair", "exp_parts", "expm1", "expm1_quarter", "scaled"]

# ln 2 = LN2[0] + LN2[1]: the first has 42 digits, so that its multiples by an exponent are exact
# added to a number below 2^51, it leaves the nearest whole number in the low bits
SHIFT: Final = 1.5 * 2.0**52


def clamped(x: Value, low: float, high: float) -> Value:
    """The number between the bounds that is next to x; NaN stays."""
    x = select(x > high, high, x)
    return select(x < low, low, x)


def scaled(p: Value, shifted: Value) -> Value:
    """p·2^k for `shifted` = SHIFT + 2046 + k: by two powers, since 2^k itself may be out of range."""
    both = bits(shifted).unsigned()
    half = both >> 1
    return p * from_bits(half << 52) * from_bits((both - half) << 52)


def _reduced(x: Value, offset: float) -> tuple[Value, Value, Value]:
    """`shifted` = SHIFT + offset + k, and x - k ln 2 but for a small part, which comes last as k·LN2[1]."""
    shifted = fma(x, LOG2_E[0], SHIFT + offset)
    k = shifted - (SHIFT + offset)
    return shifted, fma(k, -LN2[0], x), k * LN2[1]


def exp(x: Value) -> Value:
    """e^x, within 1.1 units in the last place."""
    shifted, near, rest = _reduced(clamped(x, -746.0, 710.0), 2046)
    r = near - rest
    return scaled(1.0 + fma(r * r, polynomial(r, EXP), r), shifted)


def exp_parts(high: Value, low: Value | None = None) -> tuple[Value, Value, Value]:
    """e^(high + low) as (a + b)·2^k for `scaled`, the sum being exact to 2^-58; a low part is small."""
    clipped = clamped(high, -746.0, 710.0)
    shifted, near, rest = _reduced(clipped, 2046)
    tail = -rest if low is None else select(clipped == high, low, 0.0) - rest
    r = near + tail
    tail = tail - (r - near)
    start, lost = fast_sum(r.constant(1.0), r)
    return start, lost + fma(r * r, polynomial(r, EXP), fma(tail, r, tail)), shifted


def exp_of_pair(high: Value, low: Value | None = None) -> Value:
    """e^(high + low), within 0.6 units in the last place; a low part is a few of the high one's last digits."""
    start, rest, shifted = exp_parts(high, low)
    return scaled(start + rest, shifted)


def exp10(x: Value) -> Value:
    """10^x, within one unit in the last place; whole powers that are exact come out so."""
    bounded = clamped(x, -330.0, 310.0)
    high, error = product(bounded, LN10[0])
    return exp_of_pair(high, fma(bounded, LN10[1], error))


def exp2(x: Value) -> Value:
    """2^x, within 1.1 units in the last place."""
    clipped = clamped(x, -1076.0, 1025.0)
    shifted = clipped + (SHIFT + 2046)
    r = clipped - (shifted - (SHIFT + 2046))
    p = fma(r * r, polynomial(r, EXP2), r * LN2_NEAREST[1])
    return scaled(1.0 + fma(r, LN2_NEAREST[0], p), shifted)


def expm1_quarter(x: Value) -> Pair:
    """(e^x - 1)/4 as a sum, for x from -40 to 710.5, where 2^(k - 2) needs no second power.

    A quarter, since sinh is finite where e^x is not. The sum is as exact as the polynomial, 2^-58.
    """
    shifted, near, rest = _reduced(x, 1021)
    power = from_bits(bits(shifted).unsigned() << 52)
    r = near - rest
    tail = (near - r) - rest
    small = fma(r * r, polynomial(r, EXPM1), fma(tail, r, tail))
    start = power - 0.25
    high = fma(power, r, start)
    return high, fma(power, small, fma(power, r, start - high))


def _tiny(x: Value, result: Value) -> Value:
    """The number itself for the numbers of which only the first term of the series counts, signed zeros among them."""
    return select(fabs(x) < 2.0**-54, x, result)


def expm1(x: Value) -> Value:
    """e^x - 1, within one unit in the last place."""
    high, low = expm1_quarter(clamped(x, -40.0, 710.5))
    return _tiny(x, 4.0 * (high + low))
