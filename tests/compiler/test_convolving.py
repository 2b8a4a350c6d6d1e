"""Convolutions as machine code, of every length and in every mode, against higher precision."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

DRAW = np.random.default_rng(9)
# shorter than a vector, as long as one, one tile, several, longer than the sums that are added plainly
SIZES = [
    *((1, 1), (1, 5), (2, 3), (4, 4), (8, 3), (9, 8), (17, 31), (64, 5), (65, 64), (70, 63), (100, 100)),
    *((1000, 50), (300, 1000), (700, 600), (40_000, 30)),
]
DTYPES = {"double": np.float64, "single": np.float32, "integers": np.int64, "half": np.float16}
VIEWS = {
    "as they are": lambda x: x,
    "reversed": lambda x: x[::-1],
    "every other one": lambda x: np.repeat(x, 2)[::2],
    "computed": lambda x: x * x,
}


def within(found, a, b, mode, how=np.convolve):
    """Whether a convolution is as near to the exact one as a sum of rounded products may be."""
    wide = [x.astype(np.longdouble) for x in (a, b)]
    bound = how(*map(np.abs, wide), mode)
    precision = np.finfo(found.dtype).eps if found.dtype.kind == "f" else 0
    return bool(np.all(np.abs(found - how(*wide, mode)) <= 12 * precision * bound))


def sequences(size, name):
    dtype = DTYPES[name]
    return [(np.rint(9 * x) if name == "integers" else x).astype(dtype) for x in map(DRAW.normal, (0, 0), (1, 1), size)]


@pytest.mark.parametrize("how", [np.convolve, np.correlate], ids=["convolve", "correlate"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_modes_and_lengths(size, name, mode, how):
    a, b = sequences(size, name)
    fast = wg.jit(lambda a, b: how(a, b, mode))
    fast(a, b)
    found = fast(a, b)
    expected = how(a, b, mode)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert within(found, a, b, mode, how)
    assert ("NumPy: " in fast.explain()) == (name == "half")


@pytest.mark.parametrize("views", [(a, b) for a in VIEWS for b in VIEWS], ids=str)
@pytest.mark.parametrize("size", [(20, 7), (7, 20), (200, 150)], ids=str)
def test_sequences_are_read_where_they_stand(size, views):
    a, b = sequences(size, "double")

    def program(a, b):
        return np.convolve(VIEWS[views[0]](a), VIEWS[views[1]](b))

    fast = wg.jit(program)
    np.testing.assert_allclose(fast(a, b), program(a, b), rtol=1e-12, atol=1e-12)
    gradient = wg.grad(lambda a, b: np.sum(np.sin(program(a, b))), (0, 1))
    for found, expected in zip(wg.jit(gradient)(a, b), gradient(a, b), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0)], ids=str)
def test_stacks_of_sequences(axes):
    a, b = DRAW.normal(size=(5, 90)), DRAW.normal(size=(5, 12))
    given = [x if axis == 0 else x[0] for x, axis in zip((a, b), axes, strict=True)]
    stacked = wg.vmap(wg.grad(lambda a, b: np.sum(np.convolve(a, b) ** 3), (0, 1)), in_axes=axes)
    fast = wg.jit(stacked)
    for found, expected in zip(fast(*given), stacked(*given), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
    assert "NumPy" not in fast.explain()


@pytest.mark.parametrize("place", [0, 40, 99])
@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("mode", ["full", "valid"])
def test_an_infinity_reaches_what_it_should(mode, wrong, place):
    a, b = DRAW.normal(size=100), DRAW.normal(size=30)
    a[place] = wrong

    def program(a, b):
        return np.isfinite(np.convolve(a, b, mode)), np.isfinite(np.convolve(b, a, mode))

    fast = wg.jit(program)
    fast(a, b)
    for found, expected in zip(fast(a, b), program(a, b), strict=True):
        np.testing.assert_array_equal(found, expected)
