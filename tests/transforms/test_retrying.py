"""Derivatives where those of a lower order overflow, are infinite or NaN: right, or NaN, and never another number."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

import wengert as wg
import wengert.scipy.special as special

A = np.array([[2.0, -1.0, 0.5], [3.0, 0.25, -2.0], [1.5, 4.0, -0.75]])
MODES = {"F": "forward", "R": "reverse"}
pytestmark = pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")


def derivatives(f, order):
    """In all ways to nest the modes, by name."""
    for modes in itertools.product("FR", repeat=order):
        derivative = f
        for mode in modes:
            derivative = wg.jacobian(derivative, mode=MODES[mode])
        yield "".join(modes), derivative


POLYNOMIALS = {
    "x @ a @ x": lambda x, a: x @ a @ x,
    "einsum": lambda x, a: np.einsum("i,ij,j,k->k", x, a, x, x).sum(),
    "prod": lambda x, a: np.prod(x),
    "cumprod": lambda x, a: np.sum(np.cumprod(x)),
    "x**4": lambda x, a: np.sum(x**4),
    "(a @ x)**3": lambda x, a: np.sum((a @ x) ** 3),
    "x @ x * sum": lambda x, a: (x @ x) * np.sum(x),
    "entries": lambda x, a: x[0] * x[1] * x[2] + x[1] ** 3,
    "vector @ matrix": lambda x, a: np.sum((x * x) @ a * x),
    "matrix @ matrix": lambda x, a: np.sum((x[:, None] * x) @ (a * x)),
}
POINTS = ([0.5, 1e200, -0.7], [0.5, 1e110, -0.3], [0.0, 1e160, 0.3])


def exact(polynomial, point, order):
    """Derivatives by central differences of fractions, whose terms in step**2 are far below rounding."""
    step, x = Fraction(1, 10**400), [Fraction(value) for value in point]
    a = np.array([[Fraction(value) for value in row] for row in A], dtype=object)
    found = np.empty((len(x),) * order)
    for places in itertools.combinations_with_replacement(range(len(x)), order):
        total = Fraction(0)
        for signs in itertools.product((1, -1), repeat=order):
            moved = np.array(x, dtype=object)
            for place, sign in zip(places, signs, strict=True):
                moved[place] += sign * step
            total += int(np.prod(signs)) * polynomial(moved, a)
        for same in set(itertools.permutations(places)):
            found[same] = nearest(total / (2 * step) ** order)
    return found


def nearest(fraction):
    try:
        return float(fraction)
    except OverflowError:
        return np.inf if fraction > 0 else -np.inf


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials_whose_derivatives_overflow(name, point, order):
    expected = exact(POLYNOMIALS[name], point, order)
    for modes, derivative in derivatives(lambda x: POLYNOMIALS[name](x, A), order):
        with np.errstate(all="ignore"):
            found = derivative(np.array(point))
        # infinities that cancel are NaN
        known = ~np.isnan(found)
        np.testing.assert_allclose(found[known], expected[known], rtol=1e-12, atol=1e-13, err_msg=modes)
        assert known.all() or not np.isfinite(expected).all(), modes


@pytest.mark.parametrize("point", [[0.5, 1e200, -0.7, 0.0, -1.0], [0.5, np.inf, -0.7, 0.0, -1.0]], ids=str)
def test_an_overflow_beside_a_zero_that_annihilates(point):
    def both(x):
        return x[:3] @ A @ x[:3] + np.sum(np.where(x[3:] > 0, np.sqrt(x[3:]), x[3:] ** 2))

    expected = np.zeros((5, 5))
    expected[:3, :3], expected[3:, 3:] = A + A.T, 2 * np.eye(2)
    x = np.array(point)
    for modes, hessian in derivatives(both, 2):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(hessian(x), expected, rtol=1e-14, err_msg=modes)
            np.testing.assert_allclose(wg.vmap(hessian)(np.stack([x, x])), [expected, expected], err_msg=modes)


def cubic_forms(x):
    return np.sum(np.linalg.solve(A, x * x * x))


E, WEIGHTS, ENDLESS = np.exp(1.0), np.linalg.solve(A.T, np.ones(3)), np.inf
# function, point, the diagonal or the whole of the second and of the third derivative
INFINITE = {
    "x @ A @ x": (lambda x: x @ A @ x, [0.5, ENDLESS, -0.7], A + A.T, [0, 0, 0]),
    "infinities that cancel": (lambda x: x @ A @ x, [ENDLESS, ENDLESS, -ENDLESS], A + A.T, [0, 0, 0]),
    "prod": (np.prod, [ENDLESS, 2.0, 3.0], [[0, 3, 2], [3, 0, ENDLESS], [2, ENDLESS, 0]], None),
    "prod with a zero": (np.prod, [ENDLESS, 0.0, 3.0], [[0, 3, 0], [3, 0, ENDLESS], [0, ENDLESS, 0]], None),
    "x**3": (lambda x: np.sum(x**3), [ENDLESS, 1.0, -2.0], [ENDLESS, 6, -12], [6, 6, 6]),
    "exp": (lambda x: np.sum(np.exp(x)), [1000.0, 0.0, 1.0], [ENDLESS, 1, E], [ENDLESS, 1, E]),
    "logsumexp": (special.logsumexp, [1000.0, 0.0, -ENDLESS], [0, 0, 0], [0, 0, 0]),
    "solve": (cubic_forms, [1e200, 1e300, 1.0], 6 * WEIGHTS * [1e200, 1e300, 1], 6 * WEIGHTS),
}


def full(entries, order):
    """Derivatives in three variables from their diagonal, or as they are."""
    entries = np.asarray(entries, float)
    if entries.ndim == order:
        return entries
    found = np.zeros((3,) * order)
    found[(np.arange(3),) * order] = entries
    return found


@pytest.mark.parametrize(("f", "point", "second", "third"), INFINITE.values(), ids=INFINITE)
def test_derivatives_beyond_an_infinite_one(f, point, second, third):
    for order, entries in ((2, second), (3, third)):
        for modes, derivative in derivatives(f, order) if entries is not None else ():
            with np.errstate(all="ignore"):
                found = derivative(np.array(point))
            np.testing.assert_allclose(found, full(entries, order), rtol=1e-12, atol=1e-12, err_msg=modes)


def test_the_formula_has_no_say_where_it_is_nan():
    def root(x):
        return np.array([0.0, 1.0]) @ np.sqrt(x) + x[0] * x[1]

    for modes, hessian in derivatives(root, 2):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(hessian(np.array([0.0, 4.0])), [[0, 1], [1, -1 / 32]], err_msg=modes)
