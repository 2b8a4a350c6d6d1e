"""Quantiles, moments, entropies and frozen distributions: SciPy's values, and right derivatives in every parameter."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import wengert as wg
import wengert.scipy.stats as stats
from wengert.errors import UnsupportedError
from wengert.scipy.stats.quantities import MOMENTS, QUANTILES
from wengert.scipy.stats.standard import CONTINUOUS, DISCRETE

SHAPES = {"s": 0.7, "a": 2.3, "b": 2.7, "df": 3.2, "dfn": 3.3, "dfd": 5.1, "c": 1.6, "mu": 2.5, "n": 6.0, "p": 0.4}
TRUNCATED = {"a": -1.3, "b": 2.1}
SLOW = {"beta", "f", "t"}
MEASURES = ["mean", "var", "std", "entropy", "median"]


def shapes_of(name):
    standard = CONTINUOUS.get(name) or DISCRETE[name]
    return [(TRUNCATED if name == "truncnorm" else SHAPES)[shape] for shape in standard.shapes]


def traced_value(function, arguments):
    return wg.jvp(function, arguments, tuple(np.zeros_like(a) for a in arguments))[0]


def test_every_distribution_has_its_quantities():
    assert set(QUANTILES) == set(CONTINUOUS)
    assert set(MOMENTS) == {*CONTINUOUS, *DISCRETE}


@pytest.mark.parametrize("method", ["ppf", "isf"])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles(name, method):
    points = np.array([0.02, 0.8]) if name in SLOW else np.array([0.02, 0.3, 0.8])
    arguments = (points, *shapes_of(name), -0.1, 1.3)
    function, plain = getattr(getattr(stats, name), method), getattr(getattr(scipy.stats, name), method)
    np.testing.assert_allclose(traced_value(function, arguments), plain(*arguments), rtol=1e-12)
    np.testing.assert_array_equal(function(*arguments), plain(*arguments))
    wg.check_derivatives(function, *arguments, order=2)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_quantile_is_the_inverse_of_the_distribution_function(name):
    family, shapes = getattr(stats, name), shapes_of(name)

    def back(p, *shapes):
        return family.cdf(family.ppf(p, *shapes), *shapes)

    value, derivative = wg.jvp(back, (0.37, *shapes), (1.0, *[0.7] * len(shapes)))
    np.testing.assert_allclose([value, derivative], [0.37, 1.0], rtol=1e-9)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_ends_of_quantiles(name):
    family, plain, shapes = getattr(stats, name), getattr(scipy.stats, name), shapes_of(name)
    with np.errstate(all="ignore"):
        for method in ("ppf", "isf"):
            found = traced_value(lambda p, method=method: getattr(family, method)(p, *shapes),
                                 (np.array([-0.1, 0.0, 1.0, 1.1]),))  # fmt: skip
            expected = getattr(plain, method)(np.array([-0.1, 0.0, 1.0, 1.1]), *shapes)
            np.testing.assert_allclose(found, expected, atol=1e-15)


@pytest.mark.parametrize("method", MEASURES)
@pytest.mark.parametrize("name", MOMENTS)
def test_measures(name, method):
    discrete = name in DISCRETE
    arguments = (*shapes_of(name), 0.4) if not discrete else (*shapes_of(name), 1.0)
    arguments += () if discrete else (1.3,)
    function, plain = getattr(getattr(stats, name), method), getattr(getattr(scipy.stats, name), method)
    if discrete and (method == "median" or (method == "entropy" and MOMENTS[name][2] is None)):
        with pytest.raises(UnsupportedError, match=f"scipy.stats.{name}"):
            wg.grad(lambda shape: function(*arguments[:-2], shape, arguments[-1]))(arguments[-2])
        return
    np.testing.assert_allclose(traced_value(function, arguments), plain(*arguments), rtol=1e-9)
    np.testing.assert_array_equal(function(*arguments), plain(*arguments))
    if name == "cauchy" and method in ("mean", "var", "std"):
        return
    # SciPy takes whole numbers of trials only
    fixed, moved = (arguments[:1], arguments[1:]) if name == "binom" else ((), arguments)
    wg.check_derivatives(lambda *given: function(*fixed, *given) + 0.0 * sum(given), *moved, order=2)


NO_MOMENT = [("t", 0.8), ("t", 1.5), ("invgamma", 0.9), ("invgamma", 1.8), ("pareto", 0.7), ("pareto", 1.4)]


@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@pytest.mark.parametrize(("name", "shape"), NO_MOMENT)
@pytest.mark.parametrize("method", ["mean", "var"])
def test_where_there_is_no_moment(name, shape, method):
    found = traced_value(lambda value: getattr(getattr(stats, name), method)(value), (shape,))
    np.testing.assert_array_equal(found, getattr(getattr(scipy.stats, name), method)(shape))


FROZEN = {
    "logpdf": lambda m, v, x: m.norm(loc=v[0], scale=v[1]).logpdf(x),
    "cdf with a shape": lambda m, v, x: m.gamma(v[1], scale=v[0]).cdf(x),
    "plain parameters": lambda m, v, x: m.t(4.0, 0.5).logpdf(v * x),
    "ppf": lambda m, v, x: m.beta(*v).ppf(0.3 * x),
    "pmf": lambda m, v, x: m.poisson(v).pmf(np.array([1.0, 2.0])),
    "measures": lambda m, v, x: [getattr(m.weibull_min(v[0], 0.1, v[1]), name)() for name in MEASURES],
    "vectors": lambda m, v, x: m.multivariate_normal(v, np.diag([1.0, 2.0])).logpdf(x),
    "reused": lambda m, v, x: (lambda d: d.logpdf(d.mean() + x) - d.logsf(x))(m.logistic(v[0], v[1])),
}


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_distributions(name):
    function, v, x = FROZEN[name], np.array([1.2, 0.8]), np.array([0.6, 1.5])
    np.testing.assert_allclose(traced_value(lambda v, x: function(stats, v, x), (v, x)), function(scipy.stats, v, x))
    wg.check_derivatives(lambda v, x: function(stats, v, x), v, x, order=2)


def test_frozen_distributions_of_plain_numbers_are_those_of_scipy():
    ours, theirs = stats.norm(1.0, 2.0), scipy.stats.norm(1.0, 2.0)
    np.testing.assert_array_equal(ours.rvs(3, random_state=1), theirs.rvs(3, random_state=1))
    assert ours.interval(0.5) == theirs.interval(0.5)
    assert (ours.args, ours.kwds, ours.mean()) == (theirs.args, theirs.kwds, theirs.mean())
    assert "norm" in repr(ours)


REFUSED = [
    (lambda a: stats.norm(a, 1.0).rvs(3), "scipy.stats.norm.rvs"),
    (lambda a: stats.norm(0.0, 1.0).interval(a), "scipy.stats.norm.*interval"),
    (lambda a: stats.poisson(a).ppf(0.5), "scipy.stats.poisson.ppf.*steps"),
    (lambda a: stats.multivariate_normal([a, a]).rvs(), "scipy.stats.multivariate_normal.rvs"),
]


@pytest.mark.parametrize(("function", "message"), REFUSED)
def test_what_frozen_distributions_refuse(function, message):
    with pytest.raises(UnsupportedError, match=message):
        wg.grad(function)(0.7)


def test_a_frozen_distribution_takes_its_parameters_once():
    with pytest.raises(TypeError, match="fixed already"):
        wg.grad(lambda a: stats.norm(a, 1.0).logpdf(0.5, 2.0))(0.3)
