"""Logistic regression with a ridge penalty: gradient, value and gradient, Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["CASES"]


def logistic_loss(w: Any, X: Any, y: Any) -> Any:
    """Mean negative log-likelihood of labels -1 and +1, with a ridge penalty."""
    return np.mean(np.log1p(np.exp(-y * (X @ w)))) + 0.05 * np.sum(w**2)


def logistic_gradient(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Its gradient."""
    weight = -y / ((1.0 + np.exp(y * (X @ w))) * len(y))
    gradient: np.ndarray = weight @ X + 0.1 * w
    return gradient


def logistic_value_and_gradient(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> tuple[Any, np.ndarray]:
    """Value and gradient, which share the exponential."""
    odds = np.exp(-y * (X @ w))
    value = np.mean(np.log1p(odds)) + 0.05 * np.sum(w**2)
    weight = odds / (1.0 + odds)
    weight *= y
    return value, weight @ X / -len(y) + 0.1 * w


def logistic_hessian(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The Hessian as ZᵀZ, which NumPy hands to BLAS as a symmetric product."""
    odds = np.exp(-y * (X @ w))
    Z = X * (np.sqrt(odds / len(y)) / (1.0 + odds))[:, None]
    hessian: np.ndarray = Z.T @ Z
    hessian[np.diag_indices(len(w))] += 0.1
    return hessian


def sample(n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random data with labels drawn from the model."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, d))
    y = np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-X @ rng.normal(size=d))), 1.0, -1.0)
    return 0.3 * rng.normal(size=d), X, y


def _case(ask: str, title: str, quantity: Quantity, derivative: Function, n: int, d: int) -> Case:
    return Case(
        name=f"logistic-{ask}-{n}x{d}",
        title=title,
        quantity=quantity,
        function=logistic_loss,
        inputs=sample,
        derivative=derivative,
        sizes={"n": n, "d": d},
        small_sizes={"n": 12, "d": 3},
        # two products with X, or a symmetric one; an exponential counts 15
        flops=(lambda n, d: n * (25.0 + (d * (d + 3.0) if quantity is Quantity.HESSIAN else 4.0 * d)))
        if n > 100
        else None,
        invited=frozenset({"wengert-ieee"}) if quantity is Quantity.VALUE_AND_GRADIENT else frozenset(),
    )


_BOTH = (Quantity.VALUE_AND_GRADIENT, logistic_value_and_gradient)
CASES = (
    _case("gradient", "logistic regression 100×10", Quantity.GRADIENT, logistic_gradient, 100, 10),
    _case("value", "logistic regression 100×10, with value", *_BOTH, 100, 10),
    _case("gradient", "logistic regression 10⁴×100", Quantity.GRADIENT, logistic_gradient, 10**4, 100),
    _case("value", "logistic regression 10⁴×100, with value", *_BOTH, 10**4, 100),
    _case("hessian", "logistic regression 10⁴×100, Hessian", Quantity.HESSIAN, logistic_hessian, 10**4, 100),
)
