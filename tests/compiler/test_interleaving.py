"""Arrays whose last axis is short, such as the coordinates of points: read, written and summed in whole vectors."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

DRAW = np.random.default_rng(11)
POINTS = (1, 9, 16, 33)
COORDINATES = (1, 2, 3, 4, 5, 7)


def differences(x):
    return x[:, None] - x


def repelled(x):
    d = differences(x)
    return np.sum(1.0 / (1.0 + np.sum(d * d, axis=2)))


def first_axis(x):
    return np.sum(np.cos(differences(x)) * np.sin(x[:, 0])[:, None, None], axis=0)


def second_axis(x):
    return np.sum(np.cos(differences(x)) * np.sin(x[:, 0])[:, None], axis=1)


def both(x):
    d = np.tanh(differences(x))
    return np.sum(d, axis=0) - np.sum(d, axis=1) * np.max(d, axis=(0, 1))


def extremes(x):
    d = np.tanh(differences(x))
    return np.max(d, axis=0) - np.min(d, axis=1) + np.prod(d + 2.0, axis=0)


def parts(x):
    part = x[:, :-1] if x.shape[1] > 1 else x
    d = part[:, None] - part[::-1]
    return np.sum(np.exp(-d * d), axis=0)


def shifted(x):
    d = x[1:, None] - x[:-1]
    return np.sum(np.exp(-d * d), axis=0) if len(x) > 1 else x


def turned(x):
    d = x.T[:, :, None] - x.T[:, None]
    return np.sum(d * d, axis=(0, 2))


def joined(x):
    both_ways = np.concatenate([x, x[::-1] * 2.0], axis=1)
    return np.sum(np.sin(both_ways[:, None] * x[:, :1]), axis=0)


def one_of_them(x):
    return np.sin(x[:, 0]) * x[:, -1] + x[::-1, x.shape[1] // 2]


def at_a_computed_place(x):
    return 2.0 * x[:, np.argmax(x[0])] + x[:, :1].T


PROGRAMS = [
    one_of_them,
    at_a_computed_place,
    repelled,
    first_axis,
    second_axis,
    both,
    extremes,
    parts,
    shifted,
    turned,
    joined,
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_short_last_axes(program, coordinates, dtype):
    fast, fast_gradient = wg.jit(program), wg.jit(wg.grad(lambda x: np.sum(program(x) ** 2)))
    gradient = wg.grad(lambda x: np.sum(program(x) ** 2))
    tolerance = 200 * float(np.finfo(dtype).eps)
    for points in POINTS:
        x = DRAW.normal(size=(points, coordinates)).astype(dtype)
        for compiled, wanted in ((fast, program(x)), (fast_gradient, gradient(x))):
            compiled(x)
            found = compiled(x)
            assert found.dtype == dtype
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * np.max(np.abs(wanted)))


def test_large_sums_over_points_go_in_parts():
    x = DRAW.normal(size=(100_003, 3))
    for program in (lambda x: np.sum(np.sin(x), axis=0), lambda x: np.sum(np.sin(x) * np.arange(3.0), axis=1)):
        fast = wg.jit(program)
        fast(x)
        np.testing.assert_allclose(fast(x), program(x), rtol=1e-12, atol=1e-9)
