"""Gradients through a factorisation: log-determinant and linear solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]


def log_determinant(A: Any) -> Any:
    """log |det A|."""
    return np.linalg.slogdet(A)[1]


def log_determinant_gradient(A: np.ndarray) -> np.ndarray:
    """A⁻ᵀ."""
    return np.linalg.inv(A).T


def solution_size(A: Any, b: Any) -> Any:
    """Squared length of the solution of A x = b."""
    return np.sum(np.linalg.solve(A, b) ** 2)


def solution_size_gradient(A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One factorisation serves the solve and its adjoint."""
    factorisation = scipy.linalg.lu_factor(A, check_finite=False)
    x = scipy.linalg.lu_solve(factorisation, b, check_finite=False)
    b_bar = scipy.linalg.lu_solve(factorisation, 2.0 * x, trans=1, check_finite=False)
    return np.multiply.outer(-b_bar, x), b_bar


def matrix(n: int) -> tuple[np.ndarray]:
    """A well-conditioned matrix."""
    return (2.0 * np.eye(n) + np.random.default_rng(6).normal(size=(n, n)) / np.sqrt(n),)


def system(n: int) -> tuple[np.ndarray, np.ndarray]:
    """A well-conditioned linear system."""
    return (*matrix(n), np.random.default_rng(7).normal(size=n))


def _solve_case(n: int) -> Case:
    return Case(
        name=f"solve-{n}",
        title=f"linear solve, n = {n}, matrix and right-hand side",
        quantity=Quantity.GRADIENT,
        function=solution_size,
        inputs=system,
        derivative=solution_size_gradient,
        sizes={"n": n},
        small_sizes={"n": 5},
        arguments=(0, 1),
        # a factorisation, four triangular solves and an outer product
        flops=lambda n: 2.0 / 3.0 * n**3 + 5.0 * n**2,
    )


CASES = (
    Case(
        name="log-determinant-300",
        title="log-determinant, n = 300",
        quantity=Quantity.GRADIENT,
        function=log_determinant,
        inputs=matrix,
        derivative=log_determinant_gradient,
        sizes={"n": 300},
        small_sizes={"n": 5},
        # the inverse, by way of a factorisation
        flops=lambda n: 2.0 * n**3,
    ),
    _solve_case(300),
    _solve_case(1000),
)
