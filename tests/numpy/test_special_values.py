"""Kinks, extreme sizes, integers and precisions, where general tables do not reach."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
import wengert.numpy as wnp

KINKS = {
    "hypot": (lambda x: np.hypot(x[0], x[1]), np.zeros(2)),
    "arctan2": (lambda x: np.arctan2(x[0], x[1]), np.zeros(2)),
    "power": (lambda x: x[0] ** x[1], np.array([0.0, 1.0])),
    "std": (np.std, np.ones(3)),
    "absolute": (lambda x: np.sum(np.abs(x)), np.zeros(2)),
    "clip": (lambda x: np.sum(np.clip(x, 0, 1) ** 2), np.array([0.0, 1.0])),
}


def fourth(f, x, directions):
    """The derivative along each of the directions in turn, all but the last by forward mode."""
    for direction in directions[:-1]:
        f = lambda t, f=f, d=direction: wg.jvp(f, (t,), (d,))[1]  # noqa: E731
    return np.sum(wg.grad(f)(x) * directions[-1])


@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@pytest.mark.parametrize("name", ["hypot", "arctan2", "std", "absolute"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_all_orders_vanish_at_a_kink(name, order):
    f, x = KINKS[name]
    directions = np.random.default_rng(0).normal(size=(order, *x.shape))
    assert fourth(f, x, directions) == 0


@pytest.mark.parametrize(("f", "x"), KINKS.values(), ids=KINKS)
def test_hessians_at_kinks_are_symmetric(f, x):
    H = wg.hessian(f)(x)
    np.testing.assert_array_equal(H, H.T)


def test_the_modulus_is_constant_to_all_orders_at_zero():
    assert wg.hvp(np.abs, 0j, 1 + 0j) == 0
    assert wg.grad(np.abs)(0j) == 0


@pytest.mark.parametrize("f", [lambda x, y: x**y, lambda x, y: np.power(x, y)])
@pytest.mark.parametrize(("x", "y"), [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (1.5, 0.0), (1.5, 2.0), (0.7, -1.5)])
def test_second_derivatives_of_powers_are_symmetric(f, x, y):
    H = np.array(wg.hessian(f, argnums=(0, 1))(x, y))
    assert H[0, 1] == pytest.approx(H[1, 0], rel=1e-13)
    if x > 0:
        exact = y * (y - 1) * x ** (y - 2), x ** (y - 1) * (1 + y * np.log(x)), np.log(x) ** 2 * x**y
        assert H[[0, 0, 1], [0, 1, 1]] == pytest.approx(exact)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda y: np.arctan2(y, 1e-200), 1e-200, 5e199),
        (lambda y: np.arctan2(y, 1e200), 1e200, 5e-201),
        (lambda x: np.arctan2(1e200, x), 1e200, -5e-201),
        (lambda x: np.hypot(x, 1e200), 1e200, 0.5**0.5),
        (np.arcsinh, 1e200, 1e-200),
        (np.expm1, -50.0, np.exp(-50.0)),
        (np.log1p, -0.5, 2.0),
    ],
)
def test_derivatives_of_extreme_arguments(f, x, expected):
    assert wg.grad(f)(x) == pytest.approx(expected, rel=1e-14)


INTEGERS = {
    "i**2": lambda i: i**2,
    "i**2.0": lambda i: i**2.0,
    "i**0.5": lambda i: i**0.5,
    "(i+1)**-1.0": lambda i: (i + 1) ** -1.0,
    "2**i": lambda i: 2**i,
    "+i": lambda i: +i,
    "-i": lambda i: -i,
    "i<<2": lambda i: i << 2,
    "2>>i": lambda i: 2 >> i,
    "i&3": lambda i: i & 3,
    "i//2": lambda i: i // 2,
    "i/2": lambda i: i / 2,
    "clip": lambda i: np.clip(i, 1, None),
    "clip above": lambda i: np.clip(i, None, 1),
    "sum where": lambda i: np.sum(i * np.arange(3), where=[True, False, True]),
    "prod where": lambda i: np.prod(i * np.arange(3), where=[True, False, True]),
    "round": lambda i: np.round(i),
    "round tens": lambda i: np.round(i * 17, -1),
    "tril": lambda i: np.tril(i * np.ones((3, 3), int)),
    "triu": lambda i: np.triu(i * np.ones((3, 3), int)),
    "mean": lambda i: np.mean(i * np.arange(3)),
    "where": lambda i: np.where(i > 1, i, 0),
    "nan_to_num": lambda i: np.nan_to_num(i),
    "power": lambda i: np.power(i, 2),
    "float_power": lambda i: np.float_power(i, 2),
    "full": lambda i: wnp.full((2,), i),
    "stack": lambda i: np.stack([i, 2 * i]),
}


@pytest.mark.parametrize("program", INTEGERS.values(), ids=INTEGERS)
def test_integers_under_vmap(program):
    numbers = np.arange(4)
    expected = np.stack([program(number) for number in numbers])
    found = wg.vmap(program)(numbers)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


SINGLE = np.array([0.5, 1.5], np.float32)
PRECISIONS = {
    "power of a Python float": lambda x: np.power(x, 2.0),
    "power of a float64": lambda x: np.power(x, np.float64(2)),
    "operator with a float64": lambda x: x ** np.float64(2),
    "float_power": lambda x: np.float_power(x, 2),
    "float_power of arrays": lambda x: np.float_power(x, x),
    "product with a float64": lambda x: x * np.float64(2),
    "product with a Python float": lambda x: x * 2.0,
    "mean": lambda x: np.mean(x, where=[True, False]),
    "average": lambda x: np.average(x, weights=[1, 2]),
    "bincount": lambda x: np.bincount([0, 1], x),
    "clip": lambda x: np.clip(x, 0.0, 1.0),
    "stack": lambda x: np.stack([x[0], 1.0]),
    "complex": lambda x: np.abs(x * 1j),
}


@pytest.mark.parametrize("program", PRECISIONS.values(), ids=PRECISIONS)
def test_precisions_are_numpy_s(program):
    expected = program(SINGLE)
    value, tangent = wg.jvp(program, (SINGLE,), (SINGLE,))
    assert value.dtype == tangent.dtype == expected.dtype
    np.testing.assert_array_equal(value, expected)
    assert wg.vjp(program, SINGLE)[0].dtype == expected.dtype


def test_parameters_that_are_equal_and_of_different_types_are_told_apart():
    scaled = wg.Primitive("scaled for this test", elementwise=1, params=("by",), register=False)
    scaled.evaluate(lambda xp, x, *, by: x * by)
    scaled.dtype(lambda x, *, by: np.result_type(x.dtype, by))
    assert scaled(np.arange(2), by=2).dtype == np.int64
    assert scaled(np.arange(2), by=2.0).dtype == np.float64


def test_shapes_with_no_entries():
    assert wg.grad(lambda x: np.sum(np.concatenate([x, x[:0]])))(np.ones(3)).tolist() == [1, 1, 1]
    assert wg.grad(lambda x: np.sum(np.concatenate([x[:0], x[:0]])) + x[0])(np.ones(2)).tolist() == [1, 0]
    assert wg.grad(lambda x: np.sum(x))(np.zeros((0, 3))).shape == (0, 3)
    assert wg.jacobian(lambda x: x[:0])(np.ones(2)).shape == (0, 2)


def test_nested_lists_of_traced_and_plain_numbers():
    assert wg.grad(lambda x: np.sum(wnp.array([[x, 1.0], [2.0, x]]) ** 2))(3.0) == 12.0
    assert wg.grad(lambda x: np.sum(wnp.array([[x[0], 1], [x[1], 0]])))(np.ones(2)).tolist() == [1, 1]
    assert wg.grad(lambda x: np.sum(np.hstack([x, [1.0, x[0]]])))(np.ones(2)).tolist() == [2, 1]
