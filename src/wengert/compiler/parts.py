"""The real and the imaginary parts of what complex numbers are computed from, with real numbers in registers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.values import Value, copysign, fabs, fma, maximum, select, sqrt

__all__ = ["PARTS"]


class _Range(NamedTuple):
    """Where formulas would leave the range of numbers with so many bits, and by how much operands are scaled then."""

    exponent: float
    exponential: float
    large: float
    small: float
    squared: float


_RANGES: Final = {
    32: _Range(80.0, math.exp(80.0), 1e37, 1e-30, 2.0**48),
    64: _Range(700.0, math.exp(700.0), 1e307, 1e-290, 2.0**104),
}


def _quotient(a: Value, b: Value, c: Value, d: Value) -> tuple[Value, Value]:
    """(a + ib) / (c + id) by the quotient of the smaller part by the larger one (R. L. Smith, CACM 5, 1962)."""
    by_real = fabs(c) >= fabs(d)
    large, small = select(by_real, c, d), select(by_real, d, c)
    first, second = select(by_real, a, b), select(by_real, b, a)
    ratio = small / large
    scale = 1.0 / (large + small * ratio)
    real = (first + second * ratio) * scale
    imaginary = select(by_real, second - first * ratio, first * ratio - second) * scale
    # by nothing but zeros each part is divided
    nothing = (c == 0.0) & (d == 0.0)
    return select(nothing, a / fabs(c), real), select(nothing, b / fabs(c), imaginary)


def _exponential(x: Value, y: Value, name: str) -> Value:
    """A part of exp(x + iy), in two steps where exp(x) may be too large; of a real number it is real."""
    limits = _RANGES[x.width]
    large = x > limits.exponent
    turn = FUNCTIONS[name](y)
    turn = select(large, turn * limits.exponential, turn)
    found = FUNCTIONS["exp"](select(large, x - limits.exponent, x)) * turn
    return select(y == 0.0, y, found) if name == "sin" else found


def _root(x: Value, y: Value) -> tuple[Value, Value]:
    """The square root in the right half-plane, from the part that is no difference."""
    limits = _RANGES[x.width]
    most = maximum(fabs(x), fabs(y))
    large, small = most > limits.large, most < limits.small
    scale = select(large, 1.0 / 16.0, select(small, limits.squared, x.constant(1.0)))
    back = select(large, 4.0, select(small, limits.squared**-0.5, x.constant(1.0)))
    x, y = x * scale, y * scale
    size = sqrt((fabs(x) + FUNCTIONS["hypot"](x, y)) * 0.5)
    other = select(size == 0.0, size, fabs(y) / (size * 2.0))
    right = x >= 0.0
    return select(right, size, other) * back, copysign(select(right, other, size) * back, y)


PARTS: Final[dict[str, Callable[..., Value]]] = {
    # with the roundings of NumPy's loops
    "product_real": lambda a, b, c, d: fma(a, c, -(b * d)),
    "product_imag": lambda a, b, c, d: fma(a, d, b * c),
    "quotient_real": lambda a, b, c, d: _quotient(a, b, c, d)[0],
    "quotient_imag": lambda a, b, c, d: _quotient(a, b, c, d)[1],
    "exponential_real": lambda x, y: _exponential(x, y, "cos"),
    "exponential_imag": lambda x, y: _exponential(x, y, "sin"),
    "root_real": lambda x, y: _root(x, y)[0],
    "root_imag": lambda x, y: _root(x, y)[1],
    "plus_zero": lambda x: x + 0.0,
}
"""By the names of primitives; all operands have one floating type, which is that of the result."""
