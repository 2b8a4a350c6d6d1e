"""`r_` and `c_` with traced values among the parts, beside NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.errors import UnsupportedError
from wengert.numpy.concatenators import c_, r_

X = np.array([0.3, -1.2, 2.0])
M = np.arange(6.0).reshape(3, 2)

# the index, as a function of the traced vector
ROWS = {
    "arrays and numbers": lambda x: (x, 1.0, x[0]),
    "ranges": lambda x: (slice(0, 3), x, slice(1, 5, 2)),
    "points": lambda x: (slice(0, 1, 5j), x, [4.0, 5.0]),
    "rows of a matrix": lambda x: ("0,2", x, x),
    "columns of a matrix": lambda x: ("1,2,0", x, x**2),
    "axes behind": lambda x: ("0,3,0", x, x),
    "axes between": lambda x: ("0,3,1", x, x),
    "the last axis": lambda x: ("-1", M * x[0], M),
}
COLUMNS = {
    "a vector": lambda x: x,
    "vectors and a matrix": lambda x: (x, x**2, M),
    "a row": lambda x: (M * x[1], M),
}
CASES = [(r_, np.r_, index) for index in ROWS.values()] + [(c_, np.c_, index) for index in COLUMNS.values()]


@pytest.mark.parametrize(("ours", "original", "index"), CASES, ids=[*ROWS, *COLUMNS])
def test_the_parts_are_joined_as_in_numpy(ours, original, index):
    def function(x):
        return ours[index(x)]

    expected, found = original[index(X)], wg.vjp(function, X)[0]
    np.testing.assert_array_equal(found, expected)
    assert found.shape == expected.shape
    wg.check_derivatives(function, X, order=2)


def test_plain_parts_give_a_plain_array():
    assert type(r_[1.0, 0:2]) is np.ndarray
    assert len(r_) == 0


def test_a_matrix_is_refused():
    with pytest.raises(UnsupportedError, match="leave the string 'r' or 'c' out"):
        wg.grad(lambda x: np.sum(r_["r", x, x]))(X)
