"""Truncated Taylor series in two parameters, with arrays as coefficients: plain numbers, for use in evaluations.

Griewank & Walther, Evaluating Derivatives (2008), chapter 13.
"""

from __future__ import annotations

from itertools import product
from math import factorial
from typing import Any

import numpy as np

__all__ = ["Jet", "over_linear", "ratio", "settled", "times_linear"]


class Jet:
    """A series; `coefficients[i, j]` belongs to the i-th power of the first and the j-th of the second parameter."""

    __slots__ = ("coefficients",)

    def __init__(self, coefficients: Any) -> None:
        self.coefficients = coefficients

    @classmethod
    def variable(cls, value: Any, orders: tuple[int, int], axis: int | None) -> Jet:
        """A parameter itself, or a constant where `axis` is None."""
        coefficients = np.zeros((orders[0] + 1, orders[1] + 1, *np.shape(value)))
        coefficients[0, 0] = value
        if axis is not None and orders[axis]:
            coefficients[(1, 0) if axis == 0 else (0, 1)] = 1.0
        return cls(coefficients)

    def __add__(self, other: Jet | float) -> Jet:
        if isinstance(other, Jet):
            return Jet(self.coefficients + other.coefficients)
        out = self.coefficients.copy()
        out[0, 0] += other
        return Jet(out)

    def scaled(self, factor: Any) -> Jet:
        """The product with numbers."""
        return Jet(self.coefficients * factor)

    def __mul__(self, other: Jet) -> Jet:
        out = np.zeros(np.broadcast_shapes(self.coefficients.shape, other.coefficients.shape))
        rows, columns = out.shape[:2]
        for i, j in product(range(rows), range(columns)):
            for p, q in product(range(i + 1), range(j + 1)):
                out[i, j] += self.coefficients[p, q] * other.coefficients[i - p, j - q]
        return Jet(out)

    def __truediv__(self, other: Jet) -> Jet:
        out = np.zeros(np.broadcast_shapes(self.coefficients.shape, other.coefficients.shape))
        rows, columns = out.shape[:2]
        for i, j in product(range(rows), range(columns)):
            rest = np.array(np.broadcast_to(self.coefficients[i, j], out.shape[2:]))
            for p, q in product(range(i + 1), range(j + 1)):
                if p or q:
                    rest -= other.coefficients[p, q] * out[i - p, j - q]
            out[i, j] = rest / other.coefficients[0, 0]
        return Jet(out)

    def exp_times(self, factor: Any) -> Jet:
        """The exponential without its constant term, times numbers: E' = g' E, coefficient by coefficient."""
        g, out = self.coefficients, np.zeros(self.coefficients.shape)
        rows, columns = out.shape[:2]
        out[0, 0] = factor
        for i, j in product(range(rows), range(columns)):
            for p, q in product(range(i + 1), range(j + 1)):
                weight = p / i if i else (q / j if j else 0.0)
                if weight:
                    out[i, j] += weight * g[p, q] * out[i - p, j - q]
        return Jet(out)

    def derivative(self, orders: tuple[int, int]) -> Any:
        """The derivative of these orders."""
        return self.coefficients[orders] * (factorial(orders[0]) * factorial(orders[1]))


# For recurrences: several series at once, with the axis that counts them in front.


def times_linear(many: Any, value: Any, axis: int) -> Any:
    """The product with `value + e`, where e is the parameter of this axis; 0 for the first, 1 for the second."""
    out = many * value
    if axis == 0:
        out[:, 1:] += many[:, :-1]
    else:
        out[:, :, 1:] += many[:, :, :-1]
    return out


def over_linear(many: Any, value: Any) -> Any:
    """The quotient by `value + e`, where e is the first parameter."""
    out = many / value
    for i in range(1, out.shape[1]):
        out[:, i] -= out[:, i - 1] / value
    return out


def ratio(pair: Any) -> Jet:
    """The first of two series by the second."""
    return Jet(pair[0]) / Jet(pair[1])


def settled(found: Jet, before: Jet) -> bool:
    """Whether two approximations of a series agree.

    The second has half as many terms more, so that its own error is far smaller than the difference.
    """
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(found.coefficients), np.abs(found.coefficients[0, 0]))
        return bool(np.all(np.abs(found.coefficients - before.coefficients) <= 1e-13 * size))
