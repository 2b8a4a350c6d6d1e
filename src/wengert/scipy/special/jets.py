"""Truncated Taylor series in two parameters, with arrays as coefficients: plain numbers, for use in evaluations.

Griewank & Walther, Evaluating Derivatives (2008), chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import factorial
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError

__all__ = ["Jet", "converged", "over_linear", "times_linear", "too_slow"]


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
        out: Any = np.zeros(np.broadcast_shapes(self.coefficients.shape, other.coefficients.shape))
        rows, columns = out.shape[:2]
        for i, j in product(range(rows), range(columns)):
            for p, q in product(range(i + 1), range(j + 1)):
                out[i, j] += self.coefficients[p, q] * other.coefficients[i - p, j - q]
        return Jet(out)

    def __truediv__(self, other: Jet) -> Jet:
        out: Any = np.zeros(np.broadcast_shapes(self.coefficients.shape, other.coefficients.shape))
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
        g: Any = self.coefficients
        out: Any = np.zeros(g.shape)
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


# For continued fractions, whose terms are made of linear series.


def times_linear(jet: Jet, value: Any, *axes: int) -> Jet:
    """The product with `value + e`, where e is the parameter of this axis, or the sum of those of both."""
    out = jet.coefficients * value
    if 0 in axes:
        out[1:] += jet.coefficients[:-1]
    if 1 in axes:
        out[:, 1:] += jet.coefficients[:, :-1]
    return Jet(out)


def over_linear(jet: Jet, value: Any) -> Jet:
    """The quotient by `value + e`, where e is the first parameter."""
    out = jet.coefficients / value
    for i in range(1, len(out)):
        out[i] -= out[i - 1] / value
    return Jet(out)


def converged(approximation: Callable[[int], Jet], most: int) -> Jet:
    """The limit of a sequence, from terms that are half as far again as the one before."""
    depth, before = 12, approximation(8)
    while depth < most:
        found = approximation(depth)
        if _settled(found, before):
            return found
        depth, before = depth + depth // 2, found
    raise too_slow(most)


def _settled(found: Jet, before: Jet) -> bool:
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(found.coefficients), np.abs(found.coefficients[0, 0]))
        # NaN, where a parameter is out of range, does not change any more either
        return not np.any(np.abs(found.coefficients - before.coefficients) > 2e-15 * size)


def too_slow(most: int) -> UnsupportedError:
    """The error for parameters so large that sums take forever."""
    return UnsupportedError(
        f"the derivative of an incomplete gamma or beta function in its parameters takes more than {most} terms here; "
        f"use a normal approximation for parameters of this size"
    )
