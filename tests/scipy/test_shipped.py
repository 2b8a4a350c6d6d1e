"""Small programs that call SciPy by its own names, as anybody writes them: every derivative to order two."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.signal
import scipy.special
import scipy.stats
import scipy.stats as st
from scipy import optimize, stats
from scipy.interpolate import CubicSpline, PchipInterpolator, interp1d
from scipy.linalg import cho_factor, cho_solve, expm, solve_triangular
from scipy.spatial.distance import cdist, euclidean
from scipy.special import betaln, digamma, erf, expit, gammaln, logsumexp, ndtr, softmax, xlogy
from scipy.stats import gamma, multivariate_normal, norm

import wengert as wg

x, y = np.array([0.5, 1.2, 0.3]), np.array([1.1, 0.4, 2.0])
A = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.0]])
prior, noise, cloud = st.norm(0.0, 2.0), stats.t(df=4.0, scale=0.5), stats.multivariate_normal(np.zeros(3), A)


def log_posterior(m, s):
    return np.sum(norm(loc=m, scale=s).logpdf(x)) + prior.logpdf(m)


def robust_regression(slope):
    return noise.logpdf(slope * x - y).sum() + prior.logsf(slope[0])


def gaussian_process(length, sigma):
    distance = np.subtract.outer(x, x)
    covariance = np.exp(-0.5 * (distance / length) ** 2) + sigma**2 * np.eye(3)
    return multivariate_normal.logpdf(y, mean=np.zeros(3), cov=covariance)


def call_option(price, volatility):
    d = (np.log(price / 1.1) + 0.5 * volatility**2) / volatility
    return price * norm.cdf(d) - 1.1 * norm.cdf(d - volatility)


def splines(heights):
    return CubicSpline(np.arange(3.0), heights)(0.7) ** 2 + PchipInterpolator(np.arange(3.0), heights)(1.6)


def solved_by_cholesky(a, b):
    return scipy.linalg.cho_solve(scipy.linalg.cho_factor((a + a.T) / 2, lower=True), b)


def entropies(p):
    p = p / p.sum()
    return stats.entropy(p) + scipy.special.entr(p).sum() + scipy.special.rel_entr(p, np.ones(3) / 3).sum()


def integral_of_a_decay(rate):
    t = np.linspace(0, 1, 9)
    return scipy.integrate.simpson(np.exp(-rate * t), x=t) + scipy.integrate.trapezoid(np.exp(-rate * t), t)


def sample_measures(v):
    return np.array([stats.skew(v), stats.kurtosis(v), stats.sem(v), stats.gmean(v), stats.zscore(v)[0]])


def partial_waves(k):
    return scipy.special.spherical_jn(1, k) + scipy.special.jv(2, k) + scipy.special.hankel1(0, k).real


PROGRAMS = {
    "norm.logpdf": (lambda x, m, s: st.norm.logpdf(x, m, s).sum(), (x, 0.1, 1.3)),
    "log posterior": (log_posterior, (0.2, 1.1)),
    "robust regression": (robust_regression, (x,)),
    "gammaln, digamma": (lambda a: np.sum(gammaln(a) - digamma(a) * xlogy(a, a)), (x,)),
    "cho_solve": (lambda a, b: cho_solve(cho_factor((a + a.T) / 2), b), (A, y)),
    "cho_solve, lower": (solved_by_cholesky, (A, y)),
    "rosen": (optimize.rosen, (x,)),
    "rosen_der": (optimize.rosen_der, (x,)),
    "rosen_hess": (optimize.rosen_hess, (x,)),
    "rosen_hess_prod": (optimize.rosen_hess_prod, (x, y)),
    "logsumexp": (lambda w, x: logsumexp(x, b=np.exp(w)) + logsumexp(np.outer(w, x), axis=1).sum(), (x, y)),
    "mixture": (lambda w, m: np.log(np.sum(softmax(w) * norm.pdf(0.7, m, 1.0))), (x, y)),
    "gaussian process": (gaussian_process, (0.8, 0.3)),
    "frozen vectors": (lambda v: cloud.logpdf(v), (y,)),
    "call option": (call_option, (1.0, 0.2)),
    "quantiles": (lambda m, s: norm.ppf(0.95, loc=m, scale=s) - gamma.ppf(0.3, m + 2.0, scale=s), (0.3, 1.2)),
    "splines": (splines, (y,)),
    "interp1d": (lambda q: interp1d(np.arange(4.0), np.array([0.0, 1.0, 0.5, 2.0]))(q) ** 2, (x,)),
    "expm": (lambda t: expm(A * t)[0], (0.4,)),
    "weibull": (lambda k, s: -stats.weibull_min.logpdf(y, k, scale=s).sum() + stats.weibull_min.mean(k), (1.4, 0.9)),
    "decay": (integral_of_a_decay, (0.6,)),
    "lfilter": (lambda b: scipy.signal.lfilter(b, [1.0, -0.5], x) ** 2, (x,)),
    "entropies": (entropies, (x,)),
    "beta": (lambda a, b: stats.beta.logpdf(0.3, a, b) + stats.beta(a, b).entropy() + betaln(a, b), (1.4, 2.2)),
    "sample measures": (sample_measures, (y,)),
    "solve_triangular": (lambda a, b: solve_triangular(np.tril(a) + np.eye(3), b, lower=True), (A, y)),
    "logistic regression": (lambda w: -np.log(expit(x * w)).sum() + erf(w[0]) + ndtr(w[1]), (x,)),
    "poisson": (lambda r: stats.poisson.logpmf(np.array([1, 3]), np.exp(r)).sum() + stats.poisson(r).mean(), (0.7,)),
    "partial waves": (partial_waves, (1.3,)),
    "hilbert": (lambda v: np.abs(scipy.signal.hilbert(v)), (np.array([0.1, 0.5, 0.2, 0.8]),)),
    "distances": (lambda v: cdist(v, v + 1.0).sum() + euclidean(v[0], v[1]), (A,)),
    "two results": (lambda t: np.stack(scipy.special.sici(t)) * scipy.special.fresnel(t)[0], (x,)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_as_shipped(name):
    function, arguments = PROGRAMS[name]
    traced, _ = wg.jvp(function, arguments, arguments)
    np.testing.assert_allclose(traced, function(*arguments), rtol=1e-12)
    wg.check_derivatives(function, *arguments, order=2)


def test_functions_of_two_results_are_recorded_alike_each_time():
    for _ in range(3):
        np.testing.assert_allclose(wg.grad(lambda t: np.sum(scipy.special.sici(t)[0]))(x), np.sin(x) / x)
        np.testing.assert_allclose(wg.grad(lambda t: np.sum(np.modf(t)[0]))(x), 1.0)


def test_a_frozen_distribution_of_a_class_of_its_own_is_left_alone():
    class Named(stats.rv_continuous):
        def _pdf(self, x):
            return 1.0

    mine = Named(a=0.0, b=1.0, name="norm")()
    with pytest.raises(wg.errors.WengertError):
        wg.grad(lambda t: mine.logpdf(t))(0.3)
