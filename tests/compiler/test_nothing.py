"""Programs that read, write or add up nothing: their results are there without NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg


def put(x, places, value):
    changed = x * 2.0
    changed[places] = value
    return changed


PROGRAMS = {
    "read": lambda x, none: x[none],
    "read from rows": lambda x, none: np.sum(x.reshape(5, 1)[none], axis=0) + x,
    "written": lambda x, none: put(x, none, x[:0]),
    "a number written": lambda x, none: put(x, none, 1.0),
    "a sum": lambda x, none: np.sum(x[none]) + x,
    "a product": lambda x, none: x.reshape(5, 1)[:, :0] @ x[:0],
    "put together": lambda x, none: np.concatenate([x[:0], x * 2.0, x[none]]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_left_to_numpy(name):
    program, x, none = PROGRAMS[name], np.arange(5.0), np.array([], dtype=int)
    gradient = wg.grad(lambda x, none: np.sum(program(x, none) ** 2))
    for function in (program, gradient):
        fast = wg.jit(function)
        for _ in range(2):
            found = fast(x, none)
        expected = function(x, none)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        assert "NumPy: " not in fast.explain()
