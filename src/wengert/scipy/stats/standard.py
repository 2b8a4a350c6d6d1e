"""The common distributions in standard form: log-densities and probabilities of `y = (x - loc) / scale`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import absolute, exp, log1p
from wengert.scipy.special.declare import guarded
from wengert.scipy.special.error import log_ndtr, ndtr
from wengert.scipy.special.gamma import betaln, gammaln
from wengert.scipy.special.incomplete_beta import betainc, betaincc, stdtr
from wengert.scipy.special.incomplete_gamma import gammainc, gammaincc
from wengert.scipy.special.logistic import expit, log_expit, xlog1py, xlogy

__all__ = ["CONTINUOUS", "DISCRETE", "LOG_ROOT_TWO_PI", "LOG_TWO", "Standard", "log_mass"]

LOG_ROOT_TWO_PI: Final = float(0.5 * np.log(2 * np.pi))
LOG_TWO: Final = float(np.log(2.0))
_EVERYWHERE: Final = (-np.inf, np.inf)
_POSITIVE: Final = (0.0, np.inf)
Formula = Callable[..., Any]


@dataclass(frozen=True)
class Standard:
    """One distribution: formulas of the standard variable and the shapes; those left out follow from the others."""

    shapes: tuple[str, ...]
    logpdf: Formula
    cdf: Formula
    sf: Formula | None = None
    logcdf: Formula | None = None
    logsf: Formula | None = None
    # the ends, as numbers or functions of the shapes, and a number between them
    support: tuple[Any, Any] = _EVERYWHERE
    inside: float = 0.5


def log_mass(low: Any, high: Any) -> Any:
    """The log of the normal probability of an interval, reckoned in the tail that it lies in."""
    right = low > 0
    low, high = select(right, -high, low), select(right, -low, high)
    top = log_ndtr(high)
    return top + log1p(-exp(log_ndtr(low) - top))


def _laplace_cdf(y: Any) -> Any:
    right = y > 0
    return select(right, 1 - 0.5 * exp(-guarded(right, y, 0.0)), 0.5 * exp(guarded(~right, y, 0.0)))


def _gamma(a: Any, y: Any) -> Any:
    return xlogy(a - 1, y) - y - gammaln(a)


CONTINUOUS: Final = {
    "norm": Standard(
        (), lambda y: -0.5 * (y * y) - LOG_ROOT_TWO_PI, lambda y: ndtr(y), lambda y: ndtr(-y), lambda y: log_ndtr(y),
        lambda y: log_ndtr(-y),
    ),
    "lognorm": Standard(
        ("s",), lambda y, s: -0.5 * (log(y) / s) ** 2 - log(s * y) - LOG_ROOT_TWO_PI, lambda y, s: ndtr(log(y) / s),
        lambda y, s: ndtr(-log(y) / s), lambda y, s: log_ndtr(log(y) / s), lambda y, s: log_ndtr(-log(y) / s),
        support=_POSITIVE,
    ),
    "expon": Standard((), lambda y: -y, lambda y: -np.expm1(-y), lambda y: exp(-y), None, lambda y: -y,
                      support=_POSITIVE),
    "gamma": Standard(("a",), lambda y, a: _gamma(a, y), lambda y, a: gammainc(a, y), lambda y, a: gammaincc(a, y),
                      support=_POSITIVE),
    "beta": Standard(
        ("a", "b"), lambda y, a, b: xlog1py(b - 1, -y) + xlogy(a - 1, y) - betaln(a, b),
        lambda y, a, b: betainc(a, b, y), lambda y, a, b: betaincc(a, b, y), support=(0.0, 1.0),
    ),
    "t": Standard(
        ("df",), lambda y, df: -betaln(0.5 * df, 0.5) - 0.5 * log(df) - 0.5 * (df + 1) * log1p(y * y / df),
        lambda y, df: stdtr(df, y), lambda y, df: stdtr(df, -y),
    ),
    "cauchy": Standard(
        (), lambda y: -float(np.log(np.pi)) - log1p(y * y), lambda y: np.arctan2(1.0, -y) / np.pi,
        lambda y: np.arctan2(1.0, y) / np.pi,
    ),
    "laplace": Standard((), lambda y: -absolute(y) - LOG_TWO, _laplace_cdf, lambda y: _laplace_cdf(-y)),
    "logistic": Standard(
        (), lambda y: log_expit(y) + log_expit(-y), lambda y: expit(y), lambda y: expit(-y), lambda y: log_expit(y),
        lambda y: log_expit(-y),
    ),
    "uniform": Standard((), lambda y: 0.0 * y, lambda y: y, lambda y: 1 - y, support=(0.0, 1.0)),
    "chi2": Standard(
        ("df",), lambda y, df: _gamma(0.5 * df, 0.5 * y) - LOG_TWO, lambda y, df: gammainc(0.5 * df, 0.5 * y),
        lambda y, df: gammaincc(0.5 * df, 0.5 * y), support=_POSITIVE,
    ),
    "f": Standard(
        ("dfn", "dfd"),
        lambda y, n, m: (
            0.5 * n * log(n / m) + xlogy(0.5 * n - 1, y) - 0.5 * (n + m) * log1p(n * y / m) - betaln(0.5 * n, 0.5 * m)
        ),
        lambda y, n, m: betainc(0.5 * n, 0.5 * m, n * y / (m + n * y)),
        lambda y, n, m: betainc(0.5 * m, 0.5 * n, m / (m + n * y)), support=_POSITIVE,
    ),
    "invgamma": Standard(
        ("a",), lambda y, a: -(a + 1) * log(y) - gammaln(a) - 1 / y, lambda y, a: gammaincc(a, 1 / y),
        lambda y, a: gammainc(a, 1 / y), support=_POSITIVE,
    ),
    "weibull_min": Standard(
        ("c",), lambda y, c: log(c) + xlogy(c - 1, y) - y**c, lambda y, c: -np.expm1(-(y**c)),
        lambda y, c: exp(-(y**c)), None, lambda y, c: -(y**c), support=_POSITIVE,
    ),
    "pareto": Standard(
        ("b",), lambda y, b: log(b) - (b + 1) * log(y), lambda y, b: -np.expm1(-b * log(y)),
        lambda y, b: exp(-b * log(y)), None, lambda y, b: -b * log(y), support=(1.0, np.inf), inside=2.0,
    ),
    "gumbel_r": Standard(
        (), lambda y: -y - exp(-y), lambda y: exp(-exp(-y)), lambda y: -np.expm1(-exp(-y)), lambda y: -exp(-y),
    ),
    "gumbel_l": Standard(
        (), lambda y: y - exp(y), lambda y: -np.expm1(-exp(y)), lambda y: exp(-exp(y)), None, lambda y: -exp(y),
    ),
    "rayleigh": Standard(
        (), lambda y: log(y) - 0.5 * (y * y), lambda y: -np.expm1(-0.5 * (y * y)), lambda y: exp(-0.5 * (y * y)), None,
        lambda y: -0.5 * (y * y), support=_POSITIVE,
    ),
    "halfnorm": Standard(
        (), lambda y: LOG_TWO - LOG_ROOT_TWO_PI - 0.5 * (y * y), lambda y: 1 - 2 * ndtr(-y), lambda y: 2 * ndtr(-y),
        None, lambda y: LOG_TWO + log_ndtr(-y), support=_POSITIVE,
    ),
    "truncnorm": Standard(
        ("a", "b"), lambda y, a, b: -0.5 * (y * y) - LOG_ROOT_TWO_PI - log_mass(a, b),
        lambda y, a, b: exp(log_mass(a, y) - log_mass(a, b)), lambda y, a, b: exp(log_mass(y, b) - log_mass(a, b)),
        lambda y, a, b: log_mass(a, y) - log_mass(a, b), lambda y, a, b: log_mass(y, b) - log_mass(a, b),
        support=(lambda a, b: a, lambda a, b: b),
    ),
}  # fmt: skip


def _log_choose(n: Any, k: Any) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


# The counts are whole numbers; probabilities are those of counts up to k.
DISCRETE: Final = {
    "poisson": Standard(
        ("mu",), lambda k, mu: xlogy(k, mu) - gammaln(k + 1) - mu, lambda k, mu: gammaincc(k + 1, mu),
        lambda k, mu: gammainc(k + 1, mu), support=_POSITIVE,
    ),
    "binom": Standard(
        ("n", "p"), lambda k, n, p: _log_choose(n, k) + xlogy(k, p) + xlog1py(n - k, -p),
        lambda k, n, p: betainc(n - k, k + 1, 1 - p), lambda k, n, p: betainc(k + 1, n - k, p),
        support=(0.0, lambda n, p: n), inside=0.0,
    ),
    "bernoulli": Standard(
        ("p",), lambda k, p: xlogy(k, p) + xlog1py(1 - k, -p), lambda k, p: 1 - p, lambda k, p: p, support=(0.0, 1.0),
        inside=0.0,
    ),
    "nbinom": Standard(
        ("n", "p"), lambda k, n, p: gammaln(k + n) - gammaln(k + 1) - gammaln(n) + n * log(p) + xlog1py(k, -p),
        lambda k, n, p: betainc(n, k + 1, p), lambda k, n, p: betaincc(n, k + 1, p), support=_POSITIVE, inside=0.0,
    ),
    "geom": Standard(
        ("p",), lambda k, p: xlog1py(k - 1, -p) + log(p), lambda k, p: -np.expm1(k * log1p(-p)),
        lambda k, p: exp(k * log1p(-p)), support=(1.0, np.inf), inside=1.0,
    ),
}  # fmt: skip
