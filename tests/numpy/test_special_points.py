"""The functions of `call_forms` at kinks, zeros, infinities and gaps, and the calls that are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import wengert as wg
import wengert.numpy as wnp
from wengert.errors import MutationError, ShapeError, UndefinedDerivativeError, UnsupportedError

INFINITE = -np.inf * np.ones(3)

# function of a number, the point, and its derivatives there from order one
DERIVATIVES = {
    "sinc at 0": (np.sinc, 0.0, [0.0, -(math.pi**2) / 3, 0.0, math.pi**4 / 5]),
    "sinc near 0": (np.sinc, 1e-9, [-(math.pi**2) / 3 * 1e-9, -(math.pi**2) / 3]),
    "i0 at 0": (np.i0, 0.0, [0.0, 0.5, 0.0, 0.375]),
    "cumprod behind a zero": (lambda x: np.cumprod(np.stack([x, 2 * x, 3 * x]))[-1], 0.0, [0.0, 0.0, 36.0]),
    "nanprod with a zero": (lambda x: np.nanprod(np.stack([x, x, 3 + 0 * x])), 0.0, [0.0, 6.0, 0.0]),
    "logaddexp2 of two alike": (lambda x: np.logaddexp2(x, 1.0), 1.0, [0.5, math.log(2) / 4]),
    "logaddexp2 of -inf": (lambda x: np.logaddexp2(x, -np.inf), -np.inf, [0.5, 0.0]),
    "fmax at a tie": (lambda x: np.fmax(x, 2.0), 2.0, [0.5, 0.0]),
    "fmin at a tie": (lambda x: np.fmin(x, 2.0), 2.0, [0.5, 0.0]),
    "fmax beside what is no number": (lambda x: np.fmax(x, np.nan) ** 2, 2.0, [4.0, 2.0]),
    "copysign at 0": (lambda x: np.copysign(x, -1.0), 0.0, [0.0, 0.0]),
    "interp at a node": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 3.0, 4.0]), 1.0, [1.0, 0.0]),
    "interp beyond the nodes": (lambda x: np.interp(x, [0.0, 1.0], [0.0, 3.0]), 1.5, [0.0]),
    "median of two alike": (lambda x: np.median(np.stack([x, 1 + 0 * x, 5 + 0 * x])), 1.0, [0.0, 0.0]),
    "median beside an infinity": (lambda x: np.median(np.stack([x**2, 0 * x - np.inf, 9 + 0 * x])), 2.0, [4.0, 2.0]),
    "nanmean beside a gap": (lambda x: np.nanmean(np.stack([x**2, 1.0 + 0 * x, np.nan + 0 * x])), 2.0, [2.0, 1.0]),
    "nanmax beside a gap": (lambda x: np.nanmax(np.stack([x**2, np.nan + 0 * x])), 2.0, [4.0, 2.0]),
    "logaddexp.reduce of -inf alone": (lambda x: np.logaddexp.reduce(x + INFINITE), 1.0, [1.0, 0.0]),
    "hypot.reduce at 0": (lambda x: np.hypot.reduce(np.stack([x, x, x])), 0.0, [0.0, 0.0]),
    "modf at a fraction": (lambda x: np.modf(x)[0] ** 2, 2.5, [1.0, 2.0]),
    "sign of a complex number at 0": (lambda x: np.real(np.sign(x + 0j)), 0.0, [0.0]),
    "angle of 0": (lambda x: np.angle(x + 0j), 0.0, [0.0]),
    "nan_to_num of a gap": (lambda x: np.nan_to_num(x * np.nan), 1.0, [0.0]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_of_all_orders(name, mode):
    f, x, expected = DERIVATIVES[name]
    for order, value in enumerate(expected, start=1):
        if mode == "forward":
            derivative = lambda t, f=f: wg.jvp(f, (t,), (1.0,))[1]  # noqa: E731
        else:
            derivative = wg.grad(f)
        assert derivative(x) == pytest.approx(value, rel=1e-13, abs=1e-13), f"order {order}"
        f = derivative


NODES = np.array([0.0, 1.0, 2.0])
BETWEEN = np.array([-np.inf, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, np.inf, np.nan])
# what NumPy makes of arguments that are infinite or begin with zeros
VALUES = {
    **{
        f"interp of {table}": (lambda t: np.interp(BETWEEN, NODES, t), np.array(table))
        for table in ([1.0, 3.0, np.inf], [1.0, np.inf, 2.0], [np.inf, np.inf, 2.0], [-np.inf, 1.0, np.inf])
    },
    "interp with a node at infinity": (lambda t: np.interp(BETWEEN, t, NODES), np.array([0.0, 1.0, np.inf])),
    **{
        f"polydiv by {divisor}": (lambda v: np.polydiv(np.array([0.0, 1.0, 2.0, 3.0]), v)[1], np.array(divisor))
        for divisor in ([1.0, 2.0], [0.0, 2.0, 1.0], [0.0, 0.0], [3.0], [0.0, 1.0, 2.0, 3.0, 4.0])
    },
    "polydiv of zeros in front": (lambda u: np.polydiv(u, np.array([2.0, 1.0]))[0], np.array([0.0, 0.0, 2.0, 3.0])),
}


@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("name", VALUES)
def test_values_at_special_points_are_those_of_numpy(name):
    f, x = VALUES[name]
    fast = wg.jit(f)
    for found in (wg.jvp(f, (x,), (np.ones_like(x),))[0], wg.vjp(f, x)[0], fast(x), fast(x)):
        np.testing.assert_array_equal(found, f(x))


def test_a_running_product_with_zeros_has_the_derivative_of_the_products():
    x = np.array([1.5, 0.0, -2.0, 0.0, 3.0])
    expected = np.array([[np.prod(np.delete(x[: k + 1], i)) if i <= k else 0.0 for i in range(5)] for k in range(5)])
    np.testing.assert_array_equal(wg.jacobian(np.cumprod)(x), expected)
    wg.check_derivatives(np.cumprod, x, order=3)


def moves_the_edges(x):
    return np.histogram(x, bins=3)[0]


def weighs_a_histogram(x):
    return np.histogram([0.5, 1.5], [0.0, 1.0, 2.0], weights=x)[0]


def pads_by_a_function(x):
    return np.pad(x, 1, lambda vector, *_: vector)


def has_a_traced_period(x):
    return np.interp(x, [0.0, 1.0], [1.0, 2.0], period=x[0])


def narrows(x):
    return np.add(x, 1.0, out=wnp.zeros(2, int))


def leaves_entries_open(x):
    return np.add(x, 1.0, where=np.array([True, False]))


def folds_powers(x):
    return np.power.reduce(x)


def reads_as_another_type(x):
    return x.view(np.int64)


def shares_entries(x):
    return np.setdiff1d(x, [1.0, 5.0])


def repeats_entries(x):
    return np.union1d(x, x)


def sums_over_two_lengths(x):
    return np.tensordot(x, np.ones((1, 3)), ((0,), (0,)))


def takes_no_diagonal(x):
    return np.einsum("ii->i", x[None])


REFUSED = [
    (sums_over_two_lengths, ShapeError, "axis 0 of shape (2,) and axis 0 of shape (1, 3)", ""),
    (takes_no_diagonal, ShapeError, "'i' of 'ii' has two lengths in an operand of shape (1, 2)", ""),
    (moves_the_edges, UnsupportedError, "edges that it takes from the data", "as numbers"),
    (weighs_a_histogram, UnsupportedError, "its weights and its edges", "numpy.bincount"),
    (pads_by_a_function, UnsupportedError, "a function as its mode", "one of the modes"),
    (has_a_traced_period, UnsupportedError, "its argument period", "scale x and xp"),
    (narrows, MutationError, "of dtype float64 was to be written into an array of dtype int64", "of dtype float64"),
    (leaves_entries_open, UnsupportedError, "an argument 'where' without 'out'", "stop_gradient"),
    (folds_powers, UnsupportedError, "np.power.reduce is refused", "a loop"),
    (reads_as_another_type, UnsupportedError, "reads the memory", "x.astype"),
    (shares_entries, UndefinedDerivativeError, "numpy.setdiff1d met equal entries", ""),
    (repeats_entries, UndefinedDerivativeError, "numpy.unique met equal entries", ""),
]


@pytest.mark.parametrize(
    ("program", "kind", "problem", "remedy"), REFUSED, ids=lambda part: getattr(part, "__name__", "")
)
def test_refusals_name_the_problem_the_place_and_the_remedy(program, kind, problem, remedy):
    with pytest.raises(kind) as caught:
        wg.grad(lambda x: np.sum(program(x)))(np.array([1.0, 2.0]))
    message = str(caught.value)
    assert problem in message
    assert remedy in message
    assert "test_special_points.py:" in message


def test_constant_results_are_written_into_plain_arrays():
    seen = wnp.zeros(2, bool)

    def program(x):
        np.greater(x, 1.5, out=seen)
        return np.sum(x)

    wg.grad(program)(np.array([1.0, 2.0]))
    assert seen.tolist() == [False, True]


def test_dtype_is_that_of_the_computation():
    value, pullback = wg.vjp(lambda x: np.sqrt(x, dtype=complex), np.array([-4.0]))
    assert value.tolist() == [2j]
    # d sqrt(x) = dx / (2 sqrt(x)), paired with the cotangent i
    assert pullback(np.array([1j]))[0] == pytest.approx([0.25])
