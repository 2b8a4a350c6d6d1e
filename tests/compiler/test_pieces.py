"""Results put together from pieces, in blocks of rows and at the edges: the numbers are NumPy's, NaN included."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert import tree

# shorter than a vector, no multiple of one, and in several blocks that end beside an edge of a piece
LENGTHS = (1, 3, 17, 1000, 98_305, 262_149)
SHAPES = ((3, 4), (100, 30), (2001, 129), (40_000, 7), (30, 40, 50))


def centred(x):
    """What is cheap is read on three levels, each of which the one before must complete."""
    t = 2 * x + 1
    centre = t - np.mean(t)
    scaled = centre / np.max(np.abs(centre) + 1)
    return t * scaled - np.sum(scaled * centre) * centre


ROWS = {
    "centred": centred,
    "difference": lambda x: (2 * x + 1)[1:] - (2 * x + 1)[:-1],
    "valley": lambda x: 100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2,
    "ring": lambda x: np.roll(x * x, 1) - 3 * np.roll(x + x, -2) + np.roll(x, 5),
    "joined": lambda x: np.concatenate([x * 2, np.exp(x), x[: len(x) // 2] - 1, x[::-1]]),
    "padded": lambda x: np.pad(x * 3.0 + 1, (2, 3)) * 2,
    "turned": lambda x: (x * x)[::-1] * x + (x - 1)[::-1],
    "doubled": lambda x: np.concatenate([x * x, (x * x)[1:]]),
}
GRIDS = {
    "pairs": lambda X: (
        np.max(np.abs(X[:20, None] - X[None, :20]), axis=-1) * np.sum((X[:20, None] - X[None, :20]) ** 2)
    ),
    "centred": centred,
    "neighbours": lambda X: sum([np.roll(X * 2, by, axis) for by in (1, -1) for axis in (0, 1)]) - 4 * X,
    "corners": lambda X: (X * 2)[1:, 1:] * (X + 1)[:-1, :-1],
    "rows joined": lambda X: np.concatenate([X * 2, X + 1, X[:2]], axis=0),
    "columns joined": lambda X: np.concatenate([X * 2, X + 1, X[:, :2]], axis=1),
    "last axis joined": lambda X: np.concatenate([np.exp(X), X[..., 1:]], axis=-1) * 2.0,
    "framed": lambda X: np.pad(X * 2, 1) + 1,
    "rows summed": lambda X: np.sum(np.roll(X * 2, 1, 0) * X, axis=0),
    "columns summed": lambda X: np.sum(np.roll(X * 2, 1, 0) * X, axis=1),
    "joined and summed": lambda X: np.sum(np.concatenate([X * 2, X + 1, X[:2]], axis=0), axis=0),
    "largest": lambda X: np.max(np.concatenate([X * 2, X + 1, X[:2]], axis=0), axis=1),
}
CASES = [(name, f, (n,)) for name, f in ROWS.items() for n in LENGTHS]
CASES += [(name, f, shape) for name, f in GRIDS.items() for shape in SHAPES]


@pytest.mark.parametrize(("name", "function", "shape"), CASES, ids=[f"{name} {shape}" for name, _, shape in CASES])
def test_pieces_are_numpys(name, function, shape):
    x = np.random.default_rng(3).normal(size=shape)
    for program in (function, wg.grad(lambda x: np.sum(function(x) ** 2))):
        fast = wg.jit(program)
        found, expected = fast(x), program(x)
        assert "compiled in" in fast.explain()
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13 * np.max(np.abs(expected), initial=0))


def overwritten(x):
    """What was read before is not read again where it has been overwritten."""
    for _ in range(3):
        y = x * 2.0 + 1.0
        x = x.copy()
        x[int(np.sum(x) > -np.inf)] = 5.0
        x = np.concatenate([y[1:], x[:1]])
    return x


@pytest.mark.parametrize("n", [4, 300, 5000])
def test_an_array_changed_in_place_is_not_read_too_late(n):
    x = np.random.default_rng(4).normal(size=n)
    np.testing.assert_allclose(wg.jit(overwritten)(x), overwritten(x), rtol=1e-14)


NOT_FINITE = {
    "root": (lambda x: np.sqrt(x) * 2.0, -1.0),
    "two results": (lambda x: (x + 1.0, np.sqrt(x[::-1]) - 1.0), -1.0),
    "pieces": (lambda x: np.concatenate([x * 2.0, np.sqrt(x)]), -1.0),
    "reshaped": (lambda x: np.sqrt(x).reshape(2, -1), -1.0),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("n", [10, 2048, 300_002])
@pytest.mark.parametrize("name", NOT_FINITE)
def test_a_nan_in_a_long_result_is_seen_where_it_is_made(name, n):
    function, bad = NOT_FINITE[name]
    fast = wg.jit(function)
    x = np.ones(n)
    fast(x)
    for place in (0, 1, n // 2, n - 1):
        y = x.copy()
        y[place] = bad
        for found, expected in zip(tree.flatten(fast(y))[0], tree.flatten(function(y))[0], strict=True):
            np.testing.assert_array_equal(found, expected)
    for found, expected in zip(tree.flatten(fast(x))[0], tree.flatten(function(x))[0], strict=True):
        np.testing.assert_array_equal(found, expected)
