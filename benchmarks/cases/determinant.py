"""The determinant of a 6×6 matrix by minors: thousands of scalar operations, gradient and Hessian."""

from __future__ import annotations

from itertools import combinations
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


def cofactors_by_minors(A: np.ndarray) -> np.ndarray:
    """What is left of each entry's row and column, with its sign: no inverse, so singular matrices are welcome."""
    rows, n = A.tolist(), len(A)
    return np.array([[(-1) ** (i + j) * expand(without(rows, i, j)) for j in range(n)] for i in range(n)])


def second_cofactors_by_minors(A: np.ndarray) -> np.ndarray:
    """The same with two rows and two columns less; neither order of a pair needs an expansion of its own."""
    rows, n = A.tolist(), len(A)
    hessian = np.zeros((n, n, n, n))
    for i, k in combinations(range(n), 2):
        for j, m in combinations(range(n), 2):
            minor = (-1) ** (i + j + k + m) * expand(without(without(rows, k, m), i, j))
            hessian[i, j, k, m] = hessian[k, m, i, j] = minor
            hessian[i, m, k, j] = hessian[k, j, i, m] = -minor
    return hessian


def without(rows: list[list[Any]], i: int, j: int) -> list[list[Any]]:
    """The matrix without a row and a column."""
    return [row[:j] + row[j + 1 :] for row in rows[:i] + rows[i + 1 :]]


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
        by_hand=cofactors_by_minors,
        sizes={"n": 6},
        small_sizes={"n": 4},
        invited=frozenset({"casadi"}),
    ),
    Case(
        name="determinant-hessian-6",
        title="determinant of 6×6 by minors, scalar Python, Hessian",
        quantity=Quantity.HESSIAN,
        function=determinant_by_minors,
        inputs=matrix,
        derivative=second_cofactors,
        by_hand=second_cofactors_by_minors,
        sizes={"n": 6},
        small_sizes={"n": 4},
        invited=frozenset({"casadi"}),
        declined={"jax-jit": "XLA compiles it for two minutes; --all runs it"},
    ),
)
