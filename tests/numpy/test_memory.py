"""Views, copies and layouts: a traced program must share memory exactly where NumPy's does."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.errors import MutationError

MATRIX = np.arange(1.0, 7.0).reshape(2, 3)
LAYOUTS = {
    "rows": MATRIX,
    "columns": np.asfortranarray(MATRIX),
    "transposed": np.arange(1.0, 7.0).reshape(3, 2).T,
    "strided": np.arange(1.0, 13.0).reshape(2, 6)[:, ::2],
    "reversed": MATRIX[:, ::-1],
}

READINGS = {
    **{f"ravel {order}": lambda x, order=order: x.ravel(order) for order in "CFAK"},
    **{f"numpy.ravel {order}": lambda x, order=order: np.ravel(x, order) for order in "CFAK"},
    **{f"flatten {order}": lambda x, order=order: x.flatten(order) for order in "CFAK"},
    **{f"reshape {order}": lambda x, order=order: x.reshape(3, 2, order=order) for order in "CFA"},
    **{f"reshape with -1 {order}": lambda x, order=order: np.reshape(x, (-1, 2), order) for order in "CFA"},
    "ravel of transpose": lambda x: x.T.ravel("K"),
    "flat": lambda x: np.stack([x.flat[1], x.flat[-1]]),
    "flat slice": lambda x: x.flat[1:5:2],
    "flat loop": lambda x: np.stack(list(x.flat)),
}

# programs that get an array of their own and its view or copy, and write into the latter
PARTS = {
    "ravel": lambda y: y.ravel(),
    "ravel F": lambda y: y.ravel("F"),
    "ravel K": lambda y: y.ravel("K"),
    "flatten": lambda y: y.flatten(),
    "reshape": lambda y: y.reshape(-1),
    "reshape F": lambda y: y.reshape(-1, order="F"),
    **({"reshape copy": lambda y: y.reshape(-1, copy=True)} if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else {}),
    "transpose": lambda y: y.T,
    "swapaxes": lambda y: y.swapaxes(0, 1),
    "moveaxis": lambda y: np.moveaxis(y, 0, 1),
    "expand_dims": lambda y: np.expand_dims(y, 0),
    "squeeze": lambda y: y[None].squeeze(0),
    "slice": lambda y: y[:, 1:],
    "flip": np.flip,
    "rot90": np.rot90,
    "rot90 by nothing": lambda y: np.rot90(y, 0),
    "roll": lambda y: np.roll(y, 1),
    "roll by nothing": lambda y: np.roll(y, 0),
    "copy": lambda y: y.copy(),
    "numpy.copy": np.copy,
    "astype": lambda y: y.astype(float),
    "astype in place": lambda y: y.astype(float, copy=False),
    "nan_to_num": np.nan_to_num,
    "nan_to_num in place": lambda y: np.nan_to_num(y, copy=False),
    "real": lambda y: y.real,
    "conj": lambda y: y.conj(),
    "numpy.conj": np.conj,
    "positive": lambda y: +y,
    "clip": lambda y: np.clip(y, None, 99.0),
    "tile": lambda y: np.tile(y, 1),
    "split": lambda y: np.split(y, 2)[1],
    "atleast_3d": np.atleast_3d,
    "diff of order 0": lambda y: np.diff(y, 0),
    "round": lambda y: np.round(y, 1),
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS)
def test_orders_are_numpy_s(x, reading):
    expected = reading(x)
    direction = np.cos(x)
    y, dy = wg.jvp(reading, (x,), (direction,))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(dy, reading(direction.copy(order="K")) if expected.shape else dy)
    np.testing.assert_array_equal(wg.vjp(reading, x)[0], expected)
    loop = np.stack([reading(x), reading(2 * x)])
    np.testing.assert_array_equal(wg.vmap(lambda t: reading(x * t))(np.array([1.0, 2.0])), loop)


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS)
def test_writes_reach_what_they_reach_in_numpy(x, part):
    def program(x):
        y = x * 1.0
        z = part(y)
        z[(0,) * z.ndim] = 50.0
        return np.sum(y * y) + 3 * np.sum(z)

    value, gradient = wg.value_and_grad(program)(x)
    assert value == program(x)
    step = 1e-5
    for place in np.ndindex(*x.shape):
        moved = [x.copy(order="K"), x.copy(order="K")]
        moved[0][place] += step
        moved[1][place] -= step
        assert gradient[place] == pytest.approx((program(moved[0]) - program(moved[1])) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS)
def test_writes_into_an_argument_reach_what_they_reach_in_numpy(x, part):
    def program(x):
        z = part(x)
        z[(0,) * z.ndim] = 50.0
        return np.sum(x * x) + 3 * np.sum(z)

    before = x.copy()
    value = wg.value_and_grad(program)(x)[0]
    np.testing.assert_array_equal(x, before)
    assert value == program(x.copy(order="K"))


@pytest.mark.parametrize("name", ["real", "imag"])
def test_writes_into_a_part_of_complex_numbers(name):
    z = np.array([1 + 2j, 3 - 1j])

    def program(z, at=np):
        w = z * 1.0
        getattr(w, name)[...] = 0.0
        return np.sum(np.abs(w) ** 2)

    kept = z.imag * 1j if name == "real" else z.real + 0j
    value, gradient = wg.value_and_grad(program)(z)
    assert value == pytest.approx(program(z))
    np.testing.assert_allclose(gradient, 2 * kept)


def test_writes_into_flat():
    def program(x):
        y = x * 1.0
        y.flat[1] = 5.0
        y.flat[3:] = x.flat[0]
        return np.sum(y**2)

    value, gradient = wg.value_and_grad(program)(MATRIX.T)
    assert value == program(MATRIX.T)
    np.testing.assert_array_equal(gradient, [[8.0, 0.0], [4.0, 0.0], [0.0, 0.0]])


READ_ONLY = {
    "diagonal": lambda y: np.diagonal(y),
    "diag": lambda y: np.diag(y),
    "linalg.diagonal": lambda y: np.linalg.diagonal(y),
    "broadcast_to": lambda y: np.broadcast_to(y, (2, 3, 3)),
    "broadcast_to the same": lambda y: np.broadcast_to(y, y.shape),
}


@pytest.mark.parametrize("part", READ_ONLY.values(), ids=READ_ONLY)
def test_read_only_views_follow_their_base_and_refuse_writes(part):
    def follows(x):
        y = x * 1.0
        z = part(y)
        y[0] = 9.0
        return np.sum(z**2)

    def writes(x):
        z = part(x * 1.0)
        z[0] = 9.0
        return np.sum(z)

    x = np.arange(1.0, 10.0).reshape(3, 3)
    value, gradient = wg.value_and_grad(follows)(x)
    assert value == follows(x)
    assert not gradient[0].any()
    assert gradient[1, 1] != 0
    with pytest.raises(ValueError, match="read-only"):
        writes(x)
    with pytest.raises(MutationError, match="read-only"):
        wg.grad(writes)(x)


def test_questions_are_answered_from_the_present_values():
    answers = []

    def program(x):
        y = x * 1.0
        v = y[1:]
        y[:] = 9.0
        entry = wg.stop_gradient(np.unique(v[:1])[0])
        answers.append((np.searchsorted(v, 5.0), np.allclose(v, 9.0), np.nonzero(v)[0].size, entry))
        return np.sum(x)

    wg.grad(program)(np.array([1.0, 0.0, 2.0]))
    assert answers == [(0, True, 2, 9.0)]
