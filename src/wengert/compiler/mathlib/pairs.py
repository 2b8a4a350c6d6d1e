"""Sums of two numbers for one with twice the digits, and polynomials.

The algorithms are exact for numbers that neither overflow nor underflow; see Muller et al., Handbook of
Floating-Point Arithmetic, 4.3 and 4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.compiler.values import Value, fma

__all__ = ["Pair", "divide", "fast_sum", "polynomial", "product", "residual", "two_sum"]

Pair = tuple[Value, Value]

# 2^27 + 1 splits 53 digits into two halves, whose products are exact
_SPLIT = 134217729.0


def fast_sum(large: Value, small: Any) -> Pair:
    """The rounded sum and its error, for |large| >= |small| or large = 0."""
    total = large + small
    return total, (large - total) + small


def two_sum(a: Value, b: Any) -> Pair:
    """The rounded sum and its error."""
    total = a + b
    rest = total - a
    return total, (a - (total - rest)) + (b - rest)


def product(a: Value, b: Any) -> Pair:
    """The rounded product and its error."""
    b = a.operand(b)
    rounded = a * b
    if a.builder.has_fma:
        return rounded, fma(a, b, -rounded)
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return rounded, ((a_high * b_high - rounded) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Value) -> Pair:
    shifted = a * _SPLIT
    high = shifted - (shifted - a)
    return high, a - high


def residual(x: Value, a: Value, b: Value) -> Value:
    """X - a·b, rounded once; without fused operations for a·b that is next to x."""
    if x.builder.has_fma:
        return fma(-a, b, x)
    rounded, error = product(a, b)
    return (x - rounded) - error


def divide(numerator: Pair, denominator: Pair) -> Pair:
    """The quotient of two pairs with one division; the quotient and what is missing."""
    high, low = numerator
    divisor, rest = denominator
    inverse = 1.0 / divisor
    quotient = high * inverse
    remainder = residual(high, quotient, divisor) + fma(-quotient, rest, low)
    return quotient, remainder * inverse


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """The polynomial with the lowest coefficient first, by Horner's rule in two interleaved halves of the powers."""
    if len(coefficients) < 5:
        return _horner(x, coefficients)
    square = x * x
    return fma(_horner(square, coefficients[1::2]), x, _horner(square, coefficients[0::2]))


def _horner(x: Value, coefficients: Sequence[float]) -> Value:
    total = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = fma(total, x, coefficient)
    return total
