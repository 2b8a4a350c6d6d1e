"""A quadratic form whose matrix is not symmetric: gradient and Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["CASES"]


def quadratic(x: Any, A: Any, b: Any) -> Any:
    """½ xᵀAx − bᵀx."""
    return 0.5 * x @ A @ x - b @ x


def quadratic_gradient(x: np.ndarray, A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """½ (A + Aᵀ) x − b, without forming the sum of the matrices."""
    gradient: np.ndarray = 0.5 * (A @ x + x @ A) - b
    return gradient


def quadratic_hessian(x: np.ndarray, A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """½ (A + Aᵀ)."""
    hessian: np.ndarray = A + A.T
    hessian *= 0.5
    return hessian


def form(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A point, a matrix and a vector."""
    rng = np.random.default_rng(2)
    return rng.normal(size=n), rng.normal(size=(n, n)), rng.normal(size=n)


def _case(name: str, title: str, quantity: Quantity, derivative: Function, flops_an_entry: float) -> Case:
    return Case(
        name=name,
        title=title,
        quantity=quantity,
        function=quadratic,
        inputs=form,
        derivative=derivative,
        sizes={"n": 500},
        small_sizes={"n": 5},
        flops=lambda n: flops_an_entry * n**2,
    )


CASES = (
    _case("quadratic-gradient-500", "quadratic form, n = 500", Quantity.GRADIENT, quadratic_gradient, 4.0),
    _case("quadratic-hessian-500", "quadratic form, n = 500, Hessian", Quantity.HESSIAN, quadratic_hessian, 2.0),
)
