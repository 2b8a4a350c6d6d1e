"""Places in sorted numbers, as machine code: the places that NumPy finds."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert import tree

DRAW = np.random.default_rng(8)
EDGES = (1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 1000)
KEYS = np.r_[DRAW.normal(size=500), np.nan, np.inf, -np.inf, 0.0, -0.0]
# how the numbers are given, which may be others than the edges
KINDS = {
    "double": (np.float64, np.float64),
    "single": (np.float32, np.float32),
    "integers": (np.int64, np.int64),
    "small integers": (np.int8, np.uint8),
    "integers among floats": (np.float64, np.int64),
    "double among single": (np.float32, np.float64),
}


def numbers(values, dtype):
    kind = np.dtype(dtype).kind
    whole = np.rint(8 * np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0))
    return values.astype(dtype) if kind == "f" else (np.abs(whole) if kind == "u" else whole).astype(dtype)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", EDGES)
def test_places_are_numpys(count, kind, side):
    edges = np.sort(numbers(np.round(DRAW.normal(size=count), 2), KINDS[kind][0]))
    keys = numbers(np.r_[KEYS, np.round(KEYS[:200], 2)], KINDS[kind][1])
    # numbers that are edges too
    keys[:100] = np.resize(edges, 100).astype(keys.dtype)
    fast = wg.jit(lambda edges, keys: np.searchsorted(edges, keys, side))
    found = fast(edges, keys)
    assert found.dtype == np.intp
    np.testing.assert_array_equal(found, np.searchsorted(edges, keys, side))
    assert "by halving: " in fast.explain()


PROGRAMS = {
    "one number": (lambda e, x: np.searchsorted(e, x[3]), 30, 7),
    "views": (lambda e, x: np.searchsorted(e[::2], x[::-1]), 100, 300),
    "a matrix of numbers": (lambda e, x: np.searchsorted(e, x.reshape(20, -1)), 100, 300),
    "edges from the other end": (lambda e, x: np.digitize(x, e[::-1]), 100, 300),
    "in several threads": (np.searchsorted, 1000, 50_000),
    "interpolation": (lambda e, x: np.interp(x, e, np.sin(e)), 50, 300),
    "many edges, few numbers": (np.searchsorted, 1000, 3),
    "in a loop": (
        lambda e, x: wg.scan(lambda t, k: (t + np.sum(np.searchsorted(e, x * t)) * 1e-8, k), 1.0, x[:5]),
        500,
        20_000,
    ),
    "edges that are computed": (lambda e, x: np.searchsorted(np.cumsum(e**2), x), 100, 300),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_that_look_for_places(name):
    program, count, keys = PROGRAMS[name]
    edges, x = np.sort(DRAW.normal(size=count)), DRAW.normal(size=keys)
    fast = wg.jit(program)
    for _ in range(2):
        for one, other in zip(*[tree.flatten(found)[0] for found in (fast(edges, x), program(edges, x))], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("wrong", [np.nan, 7.0, -7.0])
def test_what_is_found_among_unsorted_numbers_is_numpys(wrong):
    edges, x = np.sort(DRAW.normal(size=20)), DRAW.normal(size=100)
    fast = wg.jit(np.searchsorted)
    np.testing.assert_array_equal(fast(edges, x), np.searchsorted(edges, x))
    for place in (0, 10, 19):
        changed = edges.copy()
        changed[place] = wrong
        np.testing.assert_array_equal(fast(changed, x), np.searchsorted(changed, x))


def test_interpolation_is_differentiated():
    nodes, heights, x = np.linspace(-2.0, 2.0, 30), DRAW.normal(size=30), DRAW.normal(size=200)
    gradient = wg.grad(lambda x, f: np.sum(np.interp(x, nodes, f) ** 2), (0, 1))
    for found, expected in zip(wg.jit(gradient)(x, heights), gradient(x, heights), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    stacked = wg.vmap(lambda e, x: np.searchsorted(e, x))
    edges, keys = np.sort(DRAW.normal(size=(5, 40)), axis=1), DRAW.normal(size=(5, 60))
    fast = wg.jit(stacked)
    np.testing.assert_array_equal(fast(edges, keys), stacked(edges, keys))
    assert "NumPy" not in fast.explain()
