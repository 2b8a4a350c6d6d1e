"""Operations that others express: the numbers are those of NumPy and SciPy, at the edges as well."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import wengert as wg

DRAW = np.random.default_rng(12)
ARRAYS = {
    "plain": DRAW.normal(size=(6, 7)),
    "large": 300 * DRAW.normal(size=(40, 33)),
    "one far above": np.array([[0.0, -40.0, -50.0], [-60.0, 0.0, 0.0]]),
    "equal": np.full((3, 4), -2.5),
    "some infinite": np.where(DRAW.random((9, 5)) < 0.3, np.inf, 1.0),
    "some zero": np.where(DRAW.random((9, 5)) < 0.5, -np.inf, DRAW.normal(size=(9, 5))),
    "all zero": np.full((2, 3), -np.inf),
    "a NaN": np.where(np.eye(4) > 0, np.nan, 1.0),
    "single precision": DRAW.normal(size=(5, 6)).astype(np.float32),
    "one": np.array([[3.0]]),
}
FUNCTIONS = {
    "logarithm of the sum": lambda x: special.logsumexp(x),
    "logarithm of sums": lambda x: special.logsumexp(x, axis=1, keepdims=True) - 1.0,
    "length": lambda x: np.linalg.norm(x),
    "lengths": lambda x: np.linalg.norm(x, axis=0),
    "lower triangle": lambda x: np.tril(x) * 2.0,
    "upper triangle": lambda x: np.triu(x, 1) * 2.0,
    "any": lambda x: np.any(x * 1.0, axis=1),
    "all": lambda x: np.all(np.minimum(x, 0.0), axis=0),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_others_express_it(name, array):
    function, x = FUNCTIONS[name], ARRAYS[array]
    fast = wg.jit(function)
    found, expected = np.asarray(fast(x)), np.asarray(function(x))
    assert found.dtype == expected.dtype
    tolerance = 8 * np.finfo(x.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=0)
    assert not any([f"NumPy: {one}" in fast.explain() for one in ("logsumexp", "norm", "triangle", "any", "all")])
    if np.isfinite(expected).all() and expected.dtype.kind == "f":
        gradient = wg.grad(lambda x: np.sum(function(x) * np.sin(function(x))))
        size = np.max(np.abs(expected := gradient(x)))
        np.testing.assert_allclose(wg.jit(gradient)(x), expected, rtol=0, atol=8 * tolerance * size)
