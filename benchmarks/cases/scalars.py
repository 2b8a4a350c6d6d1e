"""Scalar programs, where the cost of recording is everything."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]

TERMS = 20


def taylor_cosine(x: Any) -> Any:
    """The cosine by its Taylor series, one term from the last."""
    value = term = 1.0
    for k in range(1, TERMS + 1):
        term = -term * x**2 / ((2 * k - 1) * (2 * k))
        value = value + term
    return value


def taylor_cosine_derivative(x: float) -> float:
    """The derivative, carried beside each term."""
    square, twice = x * x, 2.0 * x
    term, term_slope, slope = 1.0, 0.0, 0.0
    for k in range(1, TERMS + 1):
        divisor = (2 * k - 1) * (2 * k)
        term_slope = -(term_slope * square + term * twice) / divisor
        term = -term * square / divisor
        slope += term_slope
    return slope


def parabola(x: Any) -> Any:
    """x² + x."""
    return x**2 + x


def parabola_slopes(points: np.ndarray) -> np.ndarray:
    """2x + 1 at every point."""
    return 2.0 * points + 1.0


def parabola_slopes_one_by_one(points: np.ndarray) -> np.ndarray:
    """The same, a call each."""
    return np.array([parabola_slope(x) for x in points])


def parabola_slope(x: float) -> float:
    """2x + 1."""
    return 2.0 * x + 1.0


def angle() -> tuple[float]:
    """One angle, as the Python float that a user would pass."""
    return (1.2,)


def points(n: int) -> tuple[np.ndarray]:
    """Points at which a scalar function is differentiated, one call each."""
    return (np.linspace(-2.0, 2.0, n),)


CASES = (
    Case(
        name="taylor-cosine",
        title="Taylor cosine, 20 terms, scalar",
        quantity=Quantity.GRADIENT,
        function=taylor_cosine,
        inputs=angle,
        derivative=taylor_cosine_derivative,
        invited=frozenset({"casadi"}),
    ),
    Case(
        name="scalar-gradients",
        title="x² + x, 1000 scalar gradients",
        quantity=Quantity.MANY_GRADIENTS,
        function=parabola,
        inputs=points,
        derivative=parabola_slopes,
        by_hand=parabola_slopes_one_by_one,
        sizes={"n": 1000},
        small_sizes={"n": 7},
        invited=frozenset({"casadi"}),
    ),
)
