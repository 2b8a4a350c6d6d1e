"""Indices that hold integers found at run time: compiled code reads and writes where NumPy does."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

DRAW = np.random.default_rng(8)
x, X, Y = DRAW.normal(size=10), DRAW.normal(size=(6, 7)), DRAW.normal(size=(3, 4, 5))
PLACES = np.array([3, 1, 1, 0, -2])
TABLE = np.array([[0, 1, 2], [2, 2, -1]])
ROW, COLUMN = np.arange(6), np.array([0, 6, 2, 3, 3, -1])


def written(x, index, value):
    y = x * 1.0
    y[index] = value
    return y


def grown(x, index, value):
    y = x * 1.0
    y[index] += value
    return y


def shifted(X, i):
    """A part of a row over another part, of the same row where i is 0."""
    X = X * 1.0
    X[i, 1:7] = X[0, 0:6]
    return X


def reordered(x, i):
    x = x * 1.0
    x[i] = x[::-1][: len(i)]
    return x


PROGRAMS = {
    "some": (lambda x, i: x[i] * 2, x, PLACES),
    "some of a view": (lambda x, i: x[::-2][i], x, np.array([0, 4, -5])),
    "a table": (lambda x, i: np.sum(x[i] ** 2, axis=0), x, TABLE),
    "rows": (lambda X, i: X[i] + 1, X, PLACES),
    "columns": (lambda X, i: X[:, i] + 1, X, PLACES),
    "columns of a transpose": (lambda X, i: X.T[:, i] + 1, X, PLACES),
    "rows of a range": (lambda X, i: X[i, 2:6:2], X, PLACES),
    "a table of rows": (lambda X, i: X[i], X, TABLE),
    "one of each row": (lambda X, i: X[ROW, i], X, COLUMN),
    "one of each row, as a table": (lambda X, i: X[ROW[:, None], i], X, TABLE[:1]),
    "a row and some": (lambda X, i: X[-2, i], X, PLACES),
    "apart": (lambda Y, i: Y[i, :, i], Y, np.array([0, 2])),
    "apart with a number": (lambda Y, i: Y[0, :, i], Y, np.array([0, 2, 4])),
    "together behind an axis": (lambda Y, i: Y[:, i, 1], Y, np.array([0, 2, 3, -1])),
    "together around a view": (lambda Y, i: Y[..., i, i], Y, np.array([0, 2, 3])),
    "apart by an ellipsis": (lambda Y, i: Y[i, ..., i], Y, np.array([0, 2])),
    "in front of an ellipsis": (lambda Y, i: Y[i, ...], Y, np.array([0, 2, 2])),
    "along an axis": (lambda X, i: np.take(X, i, axis=1), X, PLACES),
    "along axes": (lambda X, i: np.take_along_axis(X, i, axis=1), X, np.argsort(X, axis=1)),
    "written": (lambda x, i: written(x, i, 2.5), x, PLACES),
    "written with values": (lambda x, i: written(x, i, x[:5] * 3), x, PLACES),
    "rows written": (lambda X, i: written(X, i, X[0] * 3), X, PLACES),
    "columns written": (lambda X, i: written(X, (slice(None), i), 3 * X[:, :3]), X, np.array([5, 0, 2])),
    "added": (lambda x, i: grown(x, i, 2 * x[:3]), x, np.array([4, 0, 9])),
    "written over itself": (shifted, X, np.int64(0)),
    "written over another": (shifted, X, np.int64(3)),
    "reordered": (reordered, x, np.arange(9)),
    "sorted": (lambda x, i: np.sort(x)[i] * 2, x, PLACES),
    "every second": (lambda x, i: x[1::2] * x[-1::-2] * i[0], x, PLACES),
    "every second written": (lambda X, i: written(X, (slice(None, None, 2), slice(6, 0, -3)), i[1]), X, PLACES),
    "few of many": (lambda x, i: np.sum(x[i]), np.arange(50_000.0), np.arange(0, 50_000, 7)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_places_are_numpys(name):
    function, array, index = PROGRAMS[name]
    gradient = wg.grad(lambda array, index: np.sum(function(array, index) ** 3))
    several = np.stack([array, array[::-1] * 2])
    each = wg.vmap(function, in_axes=(0, None))
    for program, given in ((function, array), (gradient, array), (each, several)):
        fast = wg.jit(program)
        np.testing.assert_allclose(fast(given, index), program(given, index), rtol=1e-13, atol=1e-13)
        assert not any([f"NumPy: {one}" in fast.explain() for one in ("take", "put_add", "replace", "add_at")])


@pytest.mark.parametrize("bad", [10, -11, 2**62])
@pytest.mark.parametrize("name", ["some", "written", "added"])
def test_a_place_outside_is_numpys_error(name, bad):
    function, array, index = PROGRAMS[name]
    fast = wg.jit(function)
    fast(array, index)
    index = index.copy()
    index[1] = bad
    with pytest.raises(IndexError, match="out of bounds"):
        fast(array, index)
