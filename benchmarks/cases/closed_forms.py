"""The cases on which closed forms compete: Hessians with a structure that a formula shows.

The factorisation's Hessian is asked for three times: as a dense array, in whatever form can be multiplied and solved
with, and as the Newton step, which is what most programs want it for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity
from benchmarks.cases.factorisation import factors, misfit, misfit_gradient, misfit_hessian
from benchmarks.cases.logistic import logistic_hessian, logistic_loss, sample
from benchmarks.cases.quadratic import form, quadratic, quadratic_hessian

__all__ = ["CASES"]

INVITED = frozenset({"closed-form"})
FACTORS = {
    "function": misfit,
    "inputs": factors,
    "sizes": {"rows": 200, "columns": 200, "rank": 5},
    "small_sizes": {"rows": 5, "columns": 4, "rank": 2},
    "invited": INVITED,
}


def compressed_hessian(U: np.ndarray, V: np.ndarray, T: np.ndarray) -> Any:
    """The block 2 VᵀV, and how often it stands on the diagonal."""
    return _Blocks(2.0 * (V.T @ V), len(U))


class _Blocks:
    """A block that stands on the diagonal for every row of the variable."""

    def __init__(self, block: np.ndarray, rows: int) -> None:
        self.block, self.rows = block, rows

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The rows of the right side, divided by the block."""
        return np.linalg.solve(self.block, right.T).T

    def dense(self) -> np.ndarray:
        """The array of four axes."""
        each = np.arange(self.rows)
        hessian = np.zeros((self.rows, len(self.block)) * 2)
        hessian[each, :, each, :] = self.block
        return hessian


def newton_step(U: np.ndarray, V: np.ndarray, T: np.ndarray) -> np.ndarray:
    """The gradient, divided by the Hessian."""
    return compressed_hessian(U, V, T).solve(misfit_gradient(U, V, T)[0])


def masked_misfit(U: Any, V: Any, T: Any, M: Any) -> Any:
    """Squared distance of U Vᵀ from the entries of T that are known."""
    return np.sum((M * (T - U @ V.T)) ** 2)


def masked_gradient(U: np.ndarray, V: np.ndarray, T: np.ndarray, M: np.ndarray) -> np.ndarray:
    """The gradient with respect to U."""
    residual = U @ V.T
    residual -= T
    residual *= M
    residual *= M
    gradient: np.ndarray = residual @ V
    gradient *= 2.0
    return gradient


def masked_factors(rows: int, columns: int, rank: int) -> tuple[np.ndarray, ...]:
    """Two factors, a target, and which of its entries are known."""
    U, V, T = factors(rows, columns, rank)
    return U, V, T, (np.random.default_rng(4).random((rows, columns)) < 0.3).astype(float)


CASES = (
    Case(
        name="closed-form-quadratic-1000",
        title="quadratic form, n = 1000, Hessian",
        quantity=Quantity.HESSIAN,
        function=quadratic,
        inputs=form,
        derivative=quadratic_hessian,
        sizes={"n": 1000},
        small_sizes={"n": 5},
        invited=INVITED,
    ),
    Case(
        name="closed-form-logistic-2000x1000",
        title="logistic regression 2000×1000, Hessian",
        quantity=Quantity.HESSIAN,
        function=logistic_loss,
        inputs=sample,
        derivative=logistic_hessian,
        sizes={"n": 2000, "d": 1000},
        small_sizes={"n": 12, "d": 3},
        invited=INVITED,
    ),
    Case(
        name="closed-form-factorisation-full",
        title="matrix factorisation 200×200×5, full Hessian",
        quantity=Quantity.HESSIAN,
        derivative=misfit_hessian,
        **FACTORS,
    ),
    Case(
        name="closed-form-factorisation-compressed",
        title="matrix factorisation 200×200×5, compressed Hessian",
        quantity=Quantity.COMPRESSED_HESSIAN,
        derivative=compressed_hessian,
        **FACTORS,
    ),
    Case(
        name="closed-form-factorisation-newton",
        title="matrix factorisation 200×200×5, Newton step",
        quantity=Quantity.NEWTON_STEP,
        derivative=newton_step,
        **FACTORS,
    ),
    Case(
        name="closed-form-masked-gradient",
        title="masked factorisation 200×200×5, gradient",
        quantity=Quantity.GRADIENT,
        derivative=masked_gradient,
        **{**FACTORS, "function": masked_misfit, "inputs": masked_factors},
    ),
)
