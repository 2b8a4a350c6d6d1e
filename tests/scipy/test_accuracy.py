"""Derivatives at ordinary and at extreme points against 50 digits of mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.special

import wengert as wg
import wengert.scipy.special
from wengert.graph import REGISTRY

m = mpmath.mp
EPS = float(np.finfo(float).eps)


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(50):
        yield


def log_ndtr(x):
    return m.log(m.erfc(-x / m.sqrt(2)) / 2)


def erfcx(x):
    return m.exp(x * x) * m.erfc(x)


def logistic(x):
    return 1 / (1 + m.exp(-x))


def dawson(x):
    return m.sqrt(m.pi) / 2 * m.exp(-x * x) * m.erfi(x)


# name, the first derivative to many digits, points, error in units of rounding
FIRST = [
    ("gammaln", m.digamma, [1e-300, 1e-8, 0.3, 1.46, 2.5, 100.0, 1e10], 8),
    ("gamma", lambda x: m.gamma(x) * m.digamma(x), [1e-8, 0.3, 2.5, 20.0, -3.4], 32),
    ("rgamma", lambda x: m.diff(m.rgamma, x), [0.0, -1.0, -2.0, -2.4, 0.3, 3.0], 64),
    ("psi", lambda x: m.polygamma(1, x), [1e-8, 0.3, 2.5, 1e10, -3.3], 8),
    ("erf", lambda x: m.diff(m.erf, x), [0.0, 0.5, -3.0], 16),
    ("erfc", lambda x: m.diff(m.erfc, x), [0.0, 0.5, 5.0], 64),
    ("erfcx", lambda x: 2 * x * erfcx(x) - 2 / m.sqrt(m.pi), [-3.0, 0.0, 0.7, 1.4, 1.6, 5.0, 1e2, 1e4], 64),
    ("dawsn", lambda x: 1 - 2 * x * dawson(x), [0.0, 0.7, 3.0, 8.5, 20.0], 512),
    ("log_ndtr", lambda x: m.diff(log_ndtr, x), [-40.0, -5.0, 0.0, 3.0, 8.0], 64),
    ("ndtri", lambda p: m.sqrt(2 * m.pi) * m.exp(m.erfinv(2 * p - 1) ** 2), [1e-6, 0.3, 0.5, 0.9], 512),
    ("expit", lambda x: logistic(x) * logistic(-x), [-700.0, -30.0, 0.0, 30.0, 700.0], 8),
    ("log_expit", lambda x: logistic(-x), [-1000.0, 0.0, 40.0, 700.0], 8),
    ("exprel", lambda x: m.diff(lambda t: m.expm1(t) / t, x), [-30.0, -1e-6, 1e-3, 2.0, 50.0], 16),
    ("spence", lambda x: m.log(x) / (1 - x), [1e-6, 0.5, 0.999, 3.0], 64),
    ("ellipk", lambda x: m.diff(m.ellipk, x), [-5.0, 1e-8, 0.5, 0.999], 64),
    ("ellipe", lambda x: m.diff(m.ellipe, x), [-5.0, 1e-8, 0.5, 0.999], 64),
    ("j0", lambda x: -m.besselj(1, x), [0.0, 1.0, 30.0], 64),
    ("i0e", lambda x: m.exp(-x) * (m.besseli(1, x) - m.besseli(0, x)), [0.1, 5.0, 1e3], 64),
    ("k1", lambda x: m.diff(lambda t: m.besselk(1, t), x), [0.1, 5.0], 64),
    ("exp1", lambda x: -m.exp(-x) / x, [1e-5, 1.0, 30.0], 8),
]


@pytest.mark.parametrize(("name", "expected", "points", "units"), FIRST, ids=[row[0] for row in FIRST])
def test_first_derivatives(name, expected, points, units):
    function = getattr(scipy.special, name)
    for point in points:
        with np.errstate(all="ignore"):
            found = wg.derivative(function)(point)
        exact = expected(m.mpf(point))
        assert abs(found - exact) <= units * EPS * abs(exact), (point, found, exact)


def lower(a, x):
    return m.gammainc(a, 0, x, regularized=True)


def incomplete_beta(a, b, x):
    return m.betainc(a, b, 0, x, regularized=True)


SEVERAL = [
    ("gammainc", lower, [(1e-8, 0.3), (0.5, 0.5), (0.5, 3.0), (2.0, 30.0), (30.0, 31.5), (30.0, 60.0), (1e3, 1e3 + 7)]),
    ("betainc", incomplete_beta, [(0.5, 0.5, 0.3), (2.0, 3.0, 0.9), (30.0, 40.0, 0.43), (500.0, 0.5, 0.99),
                                  (0.5, 500.0, 1e-4), (5.0, 2.0, 1e-8)]),
    ("betaln", lambda a, b: m.log(m.beta(a, b)), [(0.3, 2.0), (1e10, 0.5), (1e-5, 3.0)]),
    ("poch", m.rf, [(2.0, 0.5), (1e8, 1.5)]),
    ("owens_t", lambda h, a: m.quad(lambda t: m.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a]) / (2 * m.pi),
     [(0.5, 0.7), (2.0, -1.5)]),
    ("stdtr", lambda df, t: incomplete_beta(df / 2, m.mpf(1) / 2, df / (df + t * t)) / 2, [(3.2, -1.3), (1.0, -8.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "exact", "points"), SEVERAL, ids=[row[0] for row in SEVERAL])
def test_first_derivatives_in_every_argument(name, exact, points):
    function = getattr(scipy.special, name)
    for point in points:
        gradient = wg.grad(function, argnums=tuple(range(len(point))))(*point)
        for place, found in enumerate(gradient):
            at = [m.mpf(x) for x in point]

            def moved(x, place=place, at=at):
                return exact(*at[:place], x, *at[place + 1 :])

            slope = m.diff(moved, at[place], h=at[place] * m.mpf(10) ** -20)
            assert abs(found - slope) <= 500 * EPS * abs(slope), (point, place, found, slope)


@pytest.mark.parametrize("point", [(2.3, 1.7), (0.6, 4.0), (8.0, 6.0)])
def test_second_derivatives_of_incomplete_gamma(point):
    found = wg.hessian(lambda v: scipy.special.gammainc(v[0], v[1]))(np.array(point))
    at = tuple(m.mpf(x) for x in point)
    exact = [[m.diff(lower, at, orders) for orders in row] for row in (((2, 0), (1, 1)), ((1, 1), (0, 2)))]
    np.testing.assert_allclose(found, np.array(exact, float), rtol=1e-11)


BETA_ORDERS = [
    ((0.5, 0.5, 0.3), (2, 1)), ((0.5, 0.5, 0.3), (3, 0)), ((2.0, 3.0, 0.9), (1, 2)), ((30.0, 40.0, 0.43), (2, 1)),
    ((0.5, 500.0, 1e-4), (3, 0)), ((5.0, 2.0, 1e-8), (2, 1)), ((40.0, 0.7, 0.97), (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("point", "orders"), BETA_ORDERS)
def test_derivatives_of_incomplete_beta_in_the_parameters(point, orders):
    found = REGISTRY["betainc_in_parameters"](*point, orders=orders)
    exact = m.diff(incomplete_beta, tuple(map(m.mpf, point)), (*orders, 0), h=m.mpf(10) ** -10)
    assert abs(found - exact) <= 200 * EPS * abs(exact), (found, exact)


@pytest.mark.parametrize(("point", "order"), [((0.5, 3.0), 3), ((30.0, 31.5), 3), ((30.0, 60.0), 3), ((2.0, 30.0), 2)])
def test_derivatives_of_incomplete_gamma_in_the_shape(point, order):
    found = REGISTRY["gammainc_in_shape"](*point, order=order)
    exact = m.diff(lambda a: lower(a, m.mpf(point[1])), m.mpf(point[0]), order, h=m.mpf(10) ** -10)
    assert abs(found - exact) <= 200 * EPS * abs(exact), (found, exact)


@pytest.mark.parametrize(("u", "parameter"), [(0.7, 0.4), (-2.3, 0.9), (5.0, 0.2), (1.0, 1e-3)])
def test_elliptic_functions_in_the_parameter(u, parameter):
    for place, name in enumerate(("sn", "cn", "dn")):
        found = wg.derivative(lambda p, place=place: scipy.special.ellipj(u, p)[place])(parameter)
        exact = m.diff(lambda p, name=name: m.ellipfun(name, m.mpf(u), m=p), m.mpf(parameter))
        assert abs(found - exact) <= 1e-13 * max(abs(exact), 1e-3), (name, found, exact)


INF = np.inf
# function, arguments, gradient: what is stated where the mathematics leaves a choice, or the formula 0 times infinity
EDGES = [
    (scipy.special.xlogy, (0.0, 0.0), (0.0, 0.0)),
    (scipy.special.xlogy, (0.0, 2.0), (np.log(2.0), 0.0)),
    (scipy.special.xlog1py, (0.0, -1.0), (0.0, 0.0)),
    (scipy.special.entr, (0.0,), (INF,)),
    (scipy.special.entr, (-1.0,), (0.0,)),
    (scipy.special.kl_div, (1.0, 1.0), (0.0, 0.0)),
    (scipy.special.rel_entr, (-1.0, 1.0), (0.0, 0.0)),
    (scipy.special.huber, (1.0, 2.0), (1.0, 1.0)),
    (scipy.special.expit, (1000.0,), (0.0,)),
    (scipy.special.log_expit, (-1000.0,), (1.0,)),
    (scipy.special.j1, (0.0,), (0.5,)),
    (scipy.special.gammainc, (1.0, 0.0), (0.0, 1.0)),
    (scipy.special.stdtr, (3.0, 0.0), (0.0, 0.3675525969478614)),
]


@pytest.mark.parametrize(("function", "arguments", "expected"), EDGES)
def test_edges(function, arguments, expected):
    with np.errstate(all="ignore"):
        found = wg.grad(function, argnums=tuple(range(len(arguments))))(*arguments)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
