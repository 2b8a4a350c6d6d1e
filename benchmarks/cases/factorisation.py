"""Matrix factorisation: gradient with respect to both factors, Hessian with respect to one.

The Hessian takes the left factor alone as its variable: then every contestant can be asked for it in one call
of its own interface, with the axes of the factor twice, and nobody has to pack two arrays into one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]


def misfit(U: Any, V: Any, T: Any) -> Any:
    """Squared Frobenius distance of U Vᵀ from T."""
    return np.sum((U @ V.T - T) ** 2)


def misfit_gradient(U: np.ndarray, V: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient with respect to both factors."""
    residual = U @ V.T
    residual -= T
    residual *= 2.0
    return residual @ V, residual.T @ U


def misfit_hessian(U: np.ndarray, V: np.ndarray, T: np.ndarray) -> np.ndarray:
    """The Hessian with respect to U: the block 2 VᵀV for every row of U."""
    rows, rank = U.shape
    hessian = np.zeros((rows, rank, rows, rank))
    each = np.arange(rows)
    hessian[each, :, each, :] = 2.0 * (V.T @ V)
    return hessian


def factors(rows: int, columns: int, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two factors and a target."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(rows, rank)), rng.normal(size=(columns, rank)), rng.normal(size=(rows, columns))


CASES = (
    Case(
        name="factorisation-gradient-500x500x10",
        title="matrix factorisation 500×500×10, both factors",
        quantity=Quantity.GRADIENT,
        function=misfit,
        inputs=factors,
        derivative=misfit_gradient,
        sizes={"rows": 500, "columns": 500, "rank": 10},
        small_sizes={"rows": 5, "columns": 4, "rank": 2},
        arguments=(0, 1),
        flops=lambda rows, columns, rank: rows * columns * (6.0 * rank + 2.0),
    ),
    Case(
        name="factorisation-hessian-60x60x5",
        title="matrix factorisation 60×60×5, Hessian of one factor",
        quantity=Quantity.HESSIAN,
        function=misfit,
        inputs=factors,
        derivative=misfit_hessian,
        sizes={"rows": 60, "columns": 60, "rank": 5},
        small_sizes={"rows": 5, "columns": 4, "rank": 2},
        flops=lambda rows, columns, rank: 2.0 * columns * rank**2,
    ),
)
