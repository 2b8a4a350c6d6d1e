"""The memory case: 1000 additions, which need nothing kept, and 10 exponentials, which need an array each."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASE"]

EXPONENTIALS, ADDITIONS, STEP = 10, 100, -0.01


def chain_of_additions(x: Any) -> Any:
    """Ten times: a hundred additions of a constant, then an exponential."""
    y = x
    for _ in range(EXPONENTIALS):
        for _ in range(ADDITIONS):
            y = y + STEP
        y = np.exp(y)
    return np.sum(y)


def chain_of_additions_gradient(x: np.ndarray) -> np.ndarray:
    """The product of the exponentials, in two arrays."""
    y, gradient = x.copy(), np.ones_like(x)
    for _ in range(EXPONENTIALS):
        for _ in range(ADDITIONS):
            y += STEP
        np.exp(y, out=y)
        gradient *= y
    return gradient


def vector(n: int) -> tuple[np.ndarray]:
    """Values between 0 and 1."""
    return (np.random.default_rng(10).random(n),)


CASE = Case(
    name="memory-chain",
    title="1000 additions and 10 exp on 10⁶ numbers",
    quantity=Quantity.GRADIENT,
    function=chain_of_additions,
    inputs=vector,
    derivative=chain_of_additions_gradient,
    sizes={"n": 10**6},
    small_sizes={"n": 4},
)
