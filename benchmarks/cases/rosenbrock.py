"""The Rosenbrock function: a few element-wise operations and overlapping slices, from tiny to large."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]


def rosenbrock(x: Any) -> Any:
    """The chained Rosenbrock function."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_gradient(x: np.ndarray) -> np.ndarray:
    """Its gradient."""
    head = x[:-1]
    gap = x[1:] - head * head
    gradient = np.empty_like(x)
    np.multiply(-400.0 * head, gap, out=gradient[:-1])
    gradient[:-1] -= 2.0 * (1.0 - head)
    gradient[-1] = 0.0
    gap *= 200.0
    gradient[1:] += gap
    return gradient


def start(n: int) -> tuple[np.ndarray]:
    """A point away from the valley."""
    return (np.random.default_rng(0).normal(size=n),)


def _case(n: int, label: str, invited: frozenset[str]) -> Case:
    return Case(
        name=f"rosenbrock-{n}",
        title=f"Rosenbrock, n = {label}",
        quantity=Quantity.GRADIENT,
        function=rosenbrock,
        inputs=start,
        derivative=rosenbrock_gradient,
        sizes={"n": n},
        small_sizes={"n": 6},
        invited=invited,
        flops=(lambda n: 14.0 * n) if n > 10 else None,
    )


# A symbolic expression of a million scalars is no longer natural in CasADi.
CASES = (
    _case(10, "10", frozenset({"casadi", "wengert-ieee"})),
    _case(10**4, "10⁴", frozenset({"casadi", "wengert-ieee"})),
    _case(10**6, "10⁶", frozenset({"wengert-ieee"})),
)
