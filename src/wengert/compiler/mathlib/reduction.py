"""The rest of an angle after multiples of π/2, as a sum, for all numbers however large."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from wengert.compiler import ir
from wengert.compiler.lanes import by_lane, shared, table_entry, where_any
from wengert.compiler.mathlib.coefficients import HALF_PI, ONE_OVER_PI, TWO_OVER_PI
from wengert.compiler.mathlib.exponential import SHIFT
from wengert.compiler.mathlib.pairs import Pair, fast_sum, product, two_sum
from wengert.compiler.values import Value, bits, fabs, fma, select

__all__ = ["reduced", "reduced_roughly"]

# up to here the nearest multiple of π/2 is zero
_SMALL: Final = 0.78
# up to here the multiples of a constant of 161 digits are subtracted, as by Cody and Waite
_LARGE: Final = 2.0**40


def reduced(x: Value) -> tuple[Value, Value, Value]:
    """The rest |x| - n·π/2 as a sum, at most π/4 for a whole n; and n modulo 4 in the low bits of an integer.

    Sine, cosine and tangent of the same number share it.
    """
    high, low, n = shared(x, "angle", lambda: _reduced(fabs(x)))
    return high, low, n


def _reduced(x: Value) -> list[Value]:
    if x.lanes is None:
        # one number need not wait for what subtracts nothing
        return where_any(x > _SMALL, lambda: _subtracted(x), [x, x.constant(0.0), bits(x.constant(SHIFT))])
    return _subtracted(x)


def _subtracted(x: Value) -> list[Value]:
    shifted = fma(x, ONE_OVER_PI[0] * 2, SHIFT)
    high, low = _less(x, shifted - SHIFT)
    rare = (x >= _LARGE) & (x < float("inf"))
    return where_any(rare, lambda: _far(x), [high, low, bits(shifted)])


def reduced_roughly(x: Value) -> tuple[Value, Value]:
    """The same as one number, with the digits that single precision needs, for numbers of single precision."""
    rest, n = shared(x, "rough angle", lambda: _reduced_roughly(fabs(x)))
    return rest, n


def _reduced_roughly(x: Value) -> list[Value]:
    shifted = fma(x, ONE_OVER_PI[0] * 2, SHIFT)
    n = shifted - SHIFT
    subtracted, error = product(n, HALF_PI[0])
    rest = fma(n, -HALF_PI[1], (x - subtracted) - error)

    def far() -> list[Value]:
        high, low, whole = _far(x)
        return [high + low, whole]

    return where_any((x >= _LARGE) & (x < float("inf")), far, [rest, bits(shifted)])


def _less(x: Value, n: Value) -> Pair:
    """The rest x - n·π/2 to about 2^-110 n, for whole n next to x·2/π."""
    subtracted, error = product(n, HALF_PI[0])
    # the first difference is exact, since n is zero or both are nearly equal
    near, lost = fast_sum(x - subtracted, -error)
    subtracted, error = product(n, HALF_PI[1])
    near, rest = two_sum(near, -subtracted)
    return fast_sum(near, (lost + rest) - fma(n, HALF_PI[2], error))


def _far(x: Value) -> list[Value]:
    """The same by Payne and Hanek's way, lane after lane; see their note in ACM SIGNUM Newsletter 18 (1983)."""
    return by_lane("wengert.angle", [x], [ir.DoubleType(), ir.DoubleType(), ir.IntType(64)], _angle)


def _angle(x: Value) -> list[Value]:
    builder = x.builder
    # the other lanes of a vector come too, and must not lead out of the table
    x = select((x >= _LARGE) & (x < float("inf")), x, _LARGE)
    word = bits(x).unsigned()
    mantissa = ((word & 0x000FFFFFFFFFFFFF) | 0x0010000000000000).to_integer(128, signed=False)
    # x = mantissa·2^(exponent - 1075): digits of 2/π that give multiples of four are left out
    place = (word >> 52) - (1075 - 62)
    index, shift = place >> 6, place & 63
    digits = [table_entry(TWO_OVER_PI, index + offset, "wengert.two_over_pi") for offset in range(4)]
    funnel = builder.module.declared("llvm.fshl.i64", _FUNNEL)
    top, middle, bottom = (
        Value(builder.call(funnel, [left.ir, right.ir, shift.ir]), builder, signed=False).to_integer(128, signed=False)
        for left, right in pairwise(digits)
    )
    carried = mantissa * middle + ((mantissa * bottom) >> 64)
    # x·2/π modulo 4, in units of 2^-126
    turn = (mantissa * top << 64) + carried
    # half a quarter is added, so that the nearest multiple is the one below
    turn = turn + (1 << 125)
    n = (turn >> 126).to_integer(64)
    fraction = Value(((turn & ((1 << 126) - 1)) - (1 << 125)).ir, builder)
    negative = fraction < 0
    high, low = _as_sum(select(negative, -fraction, fraction).unsigned())
    rounded, error = product(high, HALF_PI[0])
    high, low = fast_sum(rounded, error + fma(high, HALF_PI[1], low * HALF_PI[0]))
    return [select(negative, -high, high), select(negative, -low, low), n]


_FUNNEL: Final = ir.FunctionType(ir.IntType(64), [ir.IntType(64)] * 3)


def _as_sum(fixed: Value) -> Pair:
    """The number of 128 bits in units of 2^-126, by its four quarters."""
    quarters = [
        ((fixed >> (32 * place)).to_integer(64, signed=False) & 0xFFFFFFFF).to_float(ir.DoubleType())
        * 2.0 ** (32 * place - 126)
        for place in range(4)
    ]
    low, low_rest = fast_sum(quarters[1], quarters[0])
    high, high_rest = fast_sum(quarters[3], quarters[2])
    high, rest = two_sum(high, low)
    return high, rest + (high_rest + low_rest)
