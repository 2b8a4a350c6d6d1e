"""The determinant of a 6×6 matrix by minors: thousands of scalar operations, gradient and Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]


def determinant_by_minors(A: Any) -> Any:
    """Laplace expansion along the first row, entry by entry."""
    rows, columns = A.shape
    return expand([[A[i, j] for j in range(columns)] for i in range(rows)])


def expand(rows: list[list[Any]]) -> Any:
    """The determinant of the matrix with these rows."""
    if len(rows) == 1:
        return rows[0][0]
    total = 0.0
    for j, entry in enumerate(rows[0]):
        product = entry * expand([row[:j] + row[j + 1 :] for row in rows[1:]])
        total = total + product if j % 2 == 0 else total - product
    return total


def cofactors(A: np.ndarray) -> np.ndarray:
    """det(A) A⁻ᵀ."""
    matrix: np.ndarray = np.linalg.det(A) * np.linalg.inv(A).T
    return matrix


def second_cofactors(A: np.ndarray) -> np.ndarray:
    """det(A) (Bⱼᵢ Bₗₖ − Bⱼₖ Bₗᵢ) with B = A⁻¹."""
    B = np.linalg.inv(A)
    hessian: np.ndarray = np.einsum("ji,lk->ijkl", B, B) - np.einsum("jk,li->ijkl", B, B)
    hessian *= np.linalg.det(A)
    return hessian


def matrix(n: int) -> tuple[np.ndarray]:
    """A well-conditioned matrix."""
    return (np.eye(n) + 0.3 * np.random.default_rng(9).normal(size=(n, n)),)


CASES = (
    Case(
        name="determinant-gradient-6",
        title="determinant of 6×6 by minors, scalar Python",
        quantity=Quantity.GRADIENT,
        function=determinant_by_minors,
        inputs=matrix,
        derivative=cofactors,
        sizes={"n": 6},
        small_sizes={"n": 4},
        hand_written=False,
        invited=frozenset({"casadi"}),
    ),
    Case(
        name="determinant-hessian-6",
        title="determinant of 6×6 by minors, scalar Python, Hessian",
        quantity=Quantity.HESSIAN,
        function=determinant_by_minors,
        inputs=matrix,
        derivative=second_cofactors,
        sizes={"n": 6},
        small_sizes={"n": 4},
        hand_written=False,
        invited=frozenset({"casadi"}),
        declined={"jax-jit": "XLA compiles it for two minutes; --all runs it"},
    ),
)
