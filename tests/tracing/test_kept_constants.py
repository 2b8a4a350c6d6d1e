"""What a program keeps of a recording, in a table of its own, is a plain array if no input has gone into it."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

TABLE: dict[int, object] = {}


def matrix(size):
    """Built once for each size and kept."""
    if size not in TABLE:
        rows = np.zeros((size - 1, size))
        for row in range(size - 1):
            rows[row, row : row + 2] = 1.0, -1.0
        TABLE[size] = rows
    return TABLE[size]


def smoothness(x):
    return np.sum((matrix(len(x)) @ x) ** 2)


X = np.array([1.0, 3.0, 2.0, 5.0])
RUNS = {
    "trace": lambda: wg.trace(smoothness, X),
    "gradient": lambda: wg.grad(smoothness)(X),
    "trace of a gradient": lambda: wg.trace(wg.grad(smoothness), X),
    "forward mode": lambda: wg.jvp(smoothness, (X,), (X,)),
    "jit": lambda: wg.jit(smoothness)(X),
    "jit of a gradient": lambda: wg.jit(wg.grad(smoothness))(X),
    "the checker": lambda: wg.check_derivatives(smoothness, X),
    "the search for NaN": lambda: wg.explain_nan(smoothness, X),
}


@pytest.mark.parametrize("run", RUNS)
def test_what_a_program_keeps_is_plain(run):
    TABLE.clear()
    RUNS[run]()
    assert type(TABLE[4]) is np.ndarray
    assert smoothness(X) == 14.0
    np.testing.assert_allclose(wg.grad(smoothness)(X), 2 * matrix(4).T @ (matrix(4) @ X))
