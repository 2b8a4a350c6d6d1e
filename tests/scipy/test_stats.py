"""Densities and probabilities: SciPy's values, right derivatives in every parameter, nothing outside of the support."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import wengert as wg
import wengert.scipy.stats as stats
from wengert.scipy.stats.standard import CONTINUOUS, DISCRETE

SHAPES = {"s": 0.7, "a": 2.3, "b": 1.7, "df": 3.2, "dfn": 3.3, "dfd": 4.1, "c": 1.6, "mu": 2.5, "n": 6.0, "p": 0.4}
SPECIAL_SHAPES = {"truncnorm": [-1.3, 2.1]}
INTERVAL = {"beta", "uniform"}
METHODS = ["logpdf", "pdf", "cdf", "sf", "logcdf", "logsf"]
SLOW = {"beta", "f", "t", "gamma", "chi2", "invgamma"}
# the slopes of a double exponential have no bound
STEEP = {"gumbel_r", "gumbel_l"}


def shapes_of(name, standard):
    return SPECIAL_SHAPES.get(name) or [SHAPES[shape] for shape in standard.shapes]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous(name, method):
    shapes = shapes_of(name, CONTINUOUS[name])
    points = np.array([1.9, 2.7, 3.4]) if name == "pareto" else np.array([0.3, 0.7, 1.4, 1.9])
    # sums of hundreds of terms: one point in either tail
    points = points[::2] if name in SLOW else points
    arguments = (points, *shapes, -0.1, 2.5 if name in INTERVAL else 1.3)
    function = getattr(getattr(stats, name), method)
    traced, _ = wg.jvp(lambda x: function(x, *arguments[1:]), (points,), (points,))
    plain = getattr(getattr(scipy.stats, name), method)
    np.testing.assert_allclose(traced, plain(*arguments), rtol=1e-12)
    np.testing.assert_array_equal(function(*arguments), plain(*arguments))
    wg.check_derivatives(function, *arguments, order=2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [name for name, standard in CONTINUOUS.items() if standard.support[0] != -np.inf])
def test_outside_of_the_support_nothing_changes(name, method):
    low, _ = scipy.stats.__dict__[name].support(*shapes_of(name, CONTINUOUS[name]))
    function = getattr(getattr(stats, name), method)
    shapes = shapes_of(name, CONTINUOUS[name])
    value, gradient = wg.value_and_grad(lambda v: function(v[0], *shapes, v[1], v[2]))(np.array([low - 1, 0.0, 1.0]))
    assert value == {"logpdf": -np.inf, "pdf": 0, "cdf": 0, "sf": 1, "logcdf": -np.inf, "logsf": 0}[method]
    np.testing.assert_array_equal(gradient[0], 0.0)
    if method != "logpdf":
        np.testing.assert_array_equal(gradient, np.zeros(3))


@pytest.mark.parametrize("method", ["logpmf", "pmf", "cdf", "sf"])
@pytest.mark.parametrize("name", DISCRETE)
def test_discrete(name, method):
    shapes = shapes_of(name, DISCRETE[name])
    function, plain = getattr(getattr(stats, name), method), getattr(getattr(scipy.stats, name), method)
    counts = np.array([-1.0, 0.0, 1.0, 2.0, 3.0, 50.0])
    traced, _ = wg.jvp(lambda p: function(counts, *shapes[:-1], p), (shapes[-1],), (1.0,))
    np.testing.assert_allclose(traced, plain(counts, *shapes), rtol=1e-10, atol=1e-14)
    inside = np.array([0.0, 1.0]) if name == "bernoulli" else np.array([1.0, 2.0, 4.0])
    wg.check_derivatives(lambda p: wg.stop_gradient(0.0) + function(inside, *shapes[:-1], p), shapes[-1], order=2)


def test_vectors():
    rng = np.random.default_rng(0)
    a, points, mean = rng.normal(size=(3, 3)), rng.normal(size=(5, 3)), rng.normal(size=3)
    covariance = a @ a.T + np.eye(3)

    def normal(x, m, c):
        return stats.multivariate_normal.logpdf(x, m, (c + c.T) / 2)

    def dirichlet(x, alpha):
        return stats.dirichlet.logpdf(x / np.sum(x), alpha)

    def multinomial(p):
        return stats.multinomial.logpmf([1, 2, 2], 5, p / np.sum(p))

    alpha, share = np.array([1.2, 2.0, 3.0]), np.array([0.2, 0.3, 0.5])
    for function, arguments, plain in (
        (normal, (points, mean, covariance), scipy.stats.multivariate_normal.logpdf(points, mean, covariance)),
        (dirichlet, (share, alpha), scipy.stats.dirichlet.logpdf(share, alpha)),
        (multinomial, (share,), scipy.stats.multinomial.logpmf([1, 2, 2], 5, share)),
    ):
        traced, _ = wg.jvp(function, arguments, arguments)
        np.testing.assert_allclose(traced, plain, rtol=1e-12)
        wg.check_derivatives(function, *arguments, order=2)
