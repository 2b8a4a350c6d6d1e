"""Orders and places of extremes as machine code: those of NumPy, ties and NaN included, whoever computes them."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert import tree

SHAPES = ((1,), (17,), (200,), (3, 5), (9, 1), (40, 33), (4, 1, 5), (300, 40))
PROGRAMS = {
    "argmax": lambda x, axis: np.argmax(x, axis),
    "argmin": lambda x, axis: np.argmin(x, axis),
    "argsort": lambda x, axis: np.argsort(x, axis, kind="stable"),
    "sort": lambda x, axis: np.sort(x, axis),
    "of a view": lambda x, axis: (np.argmin(x[::-1], axis), np.argsort(np.flip(x), axis, kind="stable")),
    "of a transpose": lambda x, axis: np.argmax(x.T, x.ndim - 1 - axis),
    "median": lambda x, axis: np.median(x, axis),
}
VALUES = {
    "numbers": lambda x: x,
    "ties": np.rint,
    "one value": lambda x: 0 * x,
    "some NaN": lambda x: np.where(x > 0.7, np.nan, x),
    "all NaN": lambda x: np.where(x > -99.0, np.nan, x),
    "infinities": lambda x: np.where(x > 0.7, np.inf, np.where(x < -0.7, -np.inf, x)),
    "zeros of both signs": lambda x: np.where(x > 0, 0.0, -0.0),
    "integers": lambda x: np.rint(9 * x).astype(np.int64),
    "short integers": lambda x: np.rint(9 * x).astype(np.int8),
    "unsigned integers": lambda x: np.rint(9 * x).astype(np.int64).astype(np.uint64),
    "single precision": lambda x: x.astype(np.float32),
    "truth values": lambda x: x > 0,
    "complex": lambda x: np.rint(x) + 1j * np.rint(3 * x),
}
FEW = ("argmax", "argmin", "argsort", "sort")


def of_few(shape: tuple[int, ...], axis: int, name: str) -> int:
    """How many comparisons a row takes."""
    return int(np.prod(shape)) * (shape[axis] if name in ("argsort", "sort") else 1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_orders_are_numpys(name, shape):
    drawn = np.random.default_rng(6).normal(size=shape)
    for axis in range(len(shape)):
        fast = wg.jit(lambda x, axis=axis: PROGRAMS[name](x, axis))
        for kind, values in VALUES.items():
            if name == "median" and kind in ("truth values", "complex", "unsigned integers"):
                continue
            x = values(drawn)
            with np.errstate(all="ignore"):
                expected = PROGRAMS[name](x, axis)
                fast(x)
                result = fast(x)
            for found, known in zip(tree.flatten(result)[0], tree.flatten(expected)[0], strict=True):
                np.testing.assert_array_equal(found, known, err_msg=f"{kind}, axis {axis}")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FEW)
def test_few_entries_need_no_numpy(name, shape):
    x = np.random.default_rng(6).normal(size=shape)
    for axis in range(len(shape)):
        fast = wg.jit(lambda x, axis=axis: PROGRAMS[name](x, axis))
        fast(x)
        asked = "NumPy: arg" in fast.explain()
        assert asked is (of_few(shape, axis, name) > 8192), fast.explain()


def test_derivatives_of_sorted_entries():
    x = np.array([2.0, 1.0, 2.0, np.nan, 1.0])
    weighted = wg.grad(lambda x: np.nansum(np.sort(x) * np.arange(5.0)) + x[np.argmax(-np.nan_to_num(x))] ** 2)
    fast = wg.jit(weighted)
    for values in (x, x[::-1].copy(), np.arange(5.0)):
        fast(values)
        np.testing.assert_allclose(fast(values), weighted(values), rtol=1e-13)
