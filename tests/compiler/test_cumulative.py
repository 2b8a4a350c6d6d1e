"""Running sums, products and recurrences as machine code: the numbers of NumPy, one by one."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

SHAPES = ((2,), (17,), (1000,), (3, 5), (1, 9), (9, 1), (40, 33), (4, 3, 5), (2, 1, 6))
PROGRAMS = {
    "sum": lambda x, axis: np.cumsum(x, axis=axis),
    "sum of a view": lambda x, axis: np.cumsum(np.flip(x * 2.0), axis=axis),
    "sum of a transpose": lambda x, axis: np.cumsum(x.T, axis=x.ndim - 1 - axis),
    "product": lambda x, axis: np.cumprod(1.0 + 0.1 * x, axis=axis),
    "sum of integers": lambda x, axis: np.cumsum(np.rint(9 * x).astype(int), axis=axis) * x,
    "single precision": lambda x, axis: np.cumsum(x.astype(np.float32), axis=axis),
    "half precision": lambda x, axis: np.cumsum(x.astype(np.float16), axis=axis).astype(float) + 0.0 * x,
    "sum of truth values": lambda x, axis: np.cumsum(x > 0, axis=axis) * x,
    "sum of ones": lambda x, axis: np.cumsum(np.ones_like(x), axis=axis) * x,
}
CASES = [(name, shape, axis) for name in PROGRAMS for shape in SHAPES for axis in range(len(shape))]


@pytest.mark.parametrize(("name", "shape", "axis"), CASES)
def test_steps_are_numpys(name, shape, axis):
    x = np.random.default_rng(6).normal(size=shape)
    function = PROGRAMS[name]
    value = wg.jit(lambda x: function(x, axis))
    np.testing.assert_array_equal(value(x), function(x, axis))
    if shape[axis] > 1 and name not in ("sum of ones", "half precision", "sum of truth values"):
        assert "step by step: " in value.explain()
    tolerance = {"single precision": 1e-5, "half precision": 1e-2}.get(name, 1e-12)
    gradient = wg.grad(lambda x: np.sum(function(x, axis) ** 2))
    expected = gradient(x)
    np.testing.assert_allclose(wg.jit(gradient)(x), expected, rtol=tolerance, atol=tolerance * np.max(np.abs(expected)))
