"""Sine, cosine and tangent of double precision, for all numbers."""

from __future__ import annotations

from wengert.compiler.mathlib.coefficients import COS, SIN
from wengert.compiler.mathlib.pairs import Pair, divide, fast_sum, polynomial
from wengert.compiler.mathlib.reduction import reduced
from wengert.compiler.values import Value, bits, fabs, fma, from_bits, select

__all__ = ["cos", "sin", "tan", "with_sign"]


def _sine(high: Value, low: Value) -> Pair:
    """sin(high + low) for an angle up to π/4, as its first term and the rest."""
    z = high * high
    return high, fma(high * z, polynomial(z, SIN), low * fma(z, -0.5, 1.0))


def _cosine(high: Value, low: Value) -> Pair:
    """cos(high + low) for an angle up to π/4."""
    z = high * high
    start, rest = fast_sum(high.constant(1.0), -0.5 * z)
    return start, rest + fma(z * z, polynomial(z, COS), -(high * low))


def with_sign(result: Value, sign: Value) -> Value:
    """The result, its sign turned where the highest bit of the integer is set."""
    return from_bits(bits(result) ^ (sign & -(2**63)))


def _choose(condition: Value, yes: Pair, no: Pair) -> Pair:
    return select(condition, yes[0], no[0]), select(condition, yes[1], no[1])


def sin(x: Value) -> Value:
    """The sine, within one unit in the last place."""
    high, low, n = reduced(x)
    start, rest = _choose((n & 1) == 1, _cosine(high, low), _sine(high, low))
    result = with_sign(start + rest, (n << 62) ^ bits(x))
    return select(fabs(x) < float("inf"), result, float("nan"))


def cos(x: Value) -> Value:
    """The cosine, within one unit in the last place."""
    high, low, n = reduced(x)
    start, rest = _choose((n & 1) == 1, _sine(high, low), _cosine(high, low))
    result = with_sign(start + rest, (n + 1) << 62)
    return select(fabs(x) < float("inf"), result, float("nan"))


def tan(x: Value) -> Value:
    """The tangent, within one unit in the last place."""
    high, low, n = reduced(x)
    sine, cosine = fast_sum(*_sine(high, low)), fast_sum(*_cosine(high, low))
    odd = (n & 1) == 1
    numerator = _choose(odd, (-cosine[0], -cosine[1]), sine)
    quotient, missing = divide(numerator, _choose(odd, sine, cosine))
    result = with_sign(quotient + missing, bits(x))
    return select(fabs(x) < float("inf"), result, float("nan"))
