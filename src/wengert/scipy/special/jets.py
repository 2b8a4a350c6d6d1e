"""Truncated Taylor series in two parameters, with arrays as coefficients: plain numbers, for use in evaluations.

Griewank & Walther, Evaluating Derivatives (2008), chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import factorial
from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError

__all__ = ["Jet", "fraction", "times_linear", "too_slow"]


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
        return Jet(_quotient(*np.broadcast_arrays(self.coefficients, other.coefficients)))

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


# For continued fractions b_0 + a_1 / (b_1 + a_2 / (b_2 + ...)), whose terms are made of linear series.


def times_linear(coefficients: Any, value: Any, *axes: int, sign: float = 1.0) -> Any:
    """The product with `value + sign e`, where e is the parameter of this axis, or the sum of those of both.

    The coefficients stand in the second and third axis of the array, and many series side by side in the first.
    """
    out = coefficients * value
    if 0 in axes and out.shape[1] > 1:
        out[:, 1:] += sign * coefficients[:, :-1]
    if 1 in axes and out.shape[2] > 1:
        out[:, :, 1:] += sign * coefficients[:, :, :-1]
    return out


def fraction(terms: Callable[[Any, Any], tuple[Any, Any]], shape: tuple[int, ...], orders: tuple[int, int],
             most: int) -> Jet:  # fmt: skip
    """The limit of a continued fraction; DLMF 1.12.1.

    `terms(n, one)` gives a_n and b_(n-1) as arrays of series, for a column of numbers n and the series one. How deep
    to go is found without the parameters, which is quick; a series needs some more steps of a geometric convergence.
    """
    depth, before = 12, _descended(terms, shape, (0, 0), 8)
    while depth < most:
        found = _descended(terms, shape, (0, 0), depth)
        # NaN, where a parameter is out of range, does not change any more either
        if not np.any(np.abs(found - before) > 2e-15 * np.abs(found)):
            return Jet(_descended(terms, shape, orders, depth + depth // 2 * any(orders)))
        depth, before = depth + depth // 2, found
    raise too_slow(most)


_BLOCK: Final = 64


def _descended(terms: Callable[[Any, Any], tuple[Any, Any]], shape: tuple[int, ...], orders: tuple[int, int],
               depth: int) -> Any:  # fmt: skip
    """The fraction down to this depth, from the bottom up: errors of rounding fade on the way."""
    one = Jet.variable(np.ones(shape), orders, None).coefficients
    # what is left out below is taken as one
    tail = one
    for last in range(depth, 0, -_BLOCK):
        numbers = np.arange(max(last - _BLOCK, 0) + 1, last + 1).reshape(-1, *(1,) * one.ndim)
        over, beside = (np.broadcast_to(part, (len(numbers), *one.shape)) for part in terms(numbers, one[None]))
        for row in range(len(numbers) - 1, -1, -1):
            tail = beside[row] + _quotient(over[row], tail)
    return tail


@cache
def _products(rows: int, columns: int) -> Any:
    """For each coefficient of a quotient: its place, and the places of the products to take off."""
    places = product(range(rows), range(columns))
    return [
        ((i, j), [((p, q), (i - p, j - q)) for p, q in product(range(i + 1), range(j + 1)) if p or q])
        for i, j in places
    ]


def _quotient(over: Any, under: Any) -> Any:
    """The quotient of two series of the same shape."""
    leading = under[0, 0]
    out: Any = np.empty(under.shape)
    for place, pairs in _products(*out.shape[:2]):
        rest = over[place]
        for known, found in pairs:
            rest = rest - under[known] * out[found]
        out[place] = rest / leading
    return out


def too_slow(most: int) -> UnsupportedError:
    """The error for parameters so large that sums take forever."""
    return UnsupportedError(
        f"the derivative of an incomplete gamma or beta function in its parameters takes more than {most} terms here; "
        f"use a normal approximation for parameters of this size"
    )
