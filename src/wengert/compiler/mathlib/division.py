"""Remainders and whole quotients, as NumPy and Python take them."""

from __future__ import annotations

from typing import Final

from wengert.compiler import ir
from wengert.compiler.lanes import by_lane, where_any
from wengert.compiler.mathlib.pairs import residual
from wengert.compiler.values import Value, bits, copysign, fabs, floor, from_bits, is_nan, select, trunc

__all__ = ["floor_divide", "fmod", "remainder"]

_FAR: Final = 2.0**53


def fmod(x: Value, y: Value) -> Value:
    """The number less the multiple of y that is next to it on the side of zero: exact, with the sign of x."""
    a, b = fabs(x), fabs(y)
    rest = _by_quotient(a, b)
    far = a >= b * _FAR
    if not x.builder.has_fma:
        # the error of a product is had by splitting its factors, which overflow
        far = far | (a > 2.0**990)
    far = far & (b > 0.0) & (a < float("inf"))
    division = [ir.DoubleType()]
    (rest,) = where_any(far, lambda: by_lane("wengert.modulo", [a, b], division, _long_division), [rest])
    rest = select(a < b, a, rest)
    defined = (b > 0.0) & (a < float("inf")) & ~is_nan(y)
    return select(defined, copysign(rest, x), float("nan"))


def _by_quotient(a: Value, b: Value) -> Value:
    """The rest for a quotient below 2^53, whose whole part is at most one too large when it is rounded."""
    whole = trunc(a / b)
    rest = residual(a, whole, b)
    rest = select(rest < 0.0, rest + b, rest)
    return select(rest >= b, rest - b, rest)


def _long_division(a: Value, b: Value) -> list[Value]:
    """The rest of a single number after division by another one, eleven binary digits at a time."""
    builder = a.builder
    # the other lanes of a vector come too, and must not divide by zero
    usable = (b > 0.0) & (b < float("inf")) & (a < float("inf")) & (a >= b)
    digits, exponent = _digits(select(usable, a, 1.0))
    divisor, unit = _digits(select(usable, b, 1.0))
    first, apart = _modulo(digits, divisor), exponent - unit
    before, loop, after = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("after")
    builder.branch(loop)
    builder.position_at_end(loop)
    rest, left = (like.wrap(builder.phi(like.type)) for like in (first, apart))
    step = select(left < 11, left, 11)
    rest_next = _modulo(rest << step.unsigned(), divisor)
    left_next = left - step
    for phi, start, following in ((rest, first, rest_next), (left, apart, left_next)):
        phi.ir.add_incoming(start.ir, before)
        phi.ir.add_incoming(following.ir, loop)
    builder.cbranch((left_next > 0).ir, loop, after)
    builder.position_at_end(after)
    low = unit < 1000
    result = rest_next.to_float(a.element) * select(low, a.constant(2.0**-1074), 1.0)
    return [result * from_bits((select(low, unit - 1, unit - 1075) + 1023) << 52)]


def _modulo(a: Value, b: Value) -> Value:
    return a.wrap(a.builder.urem(a.ir, b.ir))


def _digits(x: Value) -> tuple[Value, Value]:
    """A positive number as an integer below 2^53 and an exponent: x = integer·2^(exponent - 1075)."""
    word = bits(x)
    field = word >> 52
    fraction = word & 0x000FFFFFFFFFFFFF
    normal = field > 0
    return select(normal, fraction | 0x0010000000000000, fraction).unsigned(), select(normal, field, 1)


def remainder(x: Value, y: Value) -> Value:
    """The number less the multiple of y below it: with the sign of y, as `%` of Python and NumPy."""
    return _with_sign_of(y, fmod(x, y))


def _with_sign_of(y: Value, rest: Value) -> Value:
    rest = select(_other_side(y, rest), rest + y, rest)
    return select(rest == 0.0, copysign(0.0, y), rest)


def _other_side(y: Value, rest: Value) -> Value:
    return (rest != 0.0) & ((y < 0.0) ^ (rest < 0.0))


def floor_divide(x: Value, y: Value) -> Value:
    """The whole number of multiples of y below x, as `//` of NumPy; x/y where y is zero."""
    rest = fmod(x, y)
    quotient = (x - rest) / y
    quotient = select(_other_side(y, rest), quotient - 1.0, quotient)
    whole = floor(quotient)
    whole = select(quotient - whole > 0.5, whole + 1.0, whole)
    whole = select(quotient == 0.0, copysign(0.0, x / y), whole)
    return select(y == 0.0, x / y, whole)
