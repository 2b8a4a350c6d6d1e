"""Quantiles, moments and entropies of the common distributions in standard form, as functions of their shapes.

Closed forms are those of Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions (1994, 1995).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import cos, exp, log1p, sin, sqrt
from wengert.scipy.special.declare import guarded
from wengert.scipy.special.error import log_ndtr, ndtri, ndtri_exp
from wengert.scipy.special.gamma import betaln, gamma, gammaln, psi
from wengert.scipy.special.incomplete_beta import betainccinv, betaincinv
from wengert.scipy.special.incomplete_gamma import gammainccinv, gammaincinv
from wengert.scipy.special.logistic import entr, logit
from wengert.scipy.special.quantiles import stdtrit
from wengert.scipy.stats.standard import LOG_ROOT_TWO_PI, LOG_TWO, log_mass

__all__ = ["MOMENTS", "QUANTILES"]

EULER: Final = float(np.euler_gamma)
PI: Final = float(np.pi)
Formula = Callable[..., Any]


def _laplace_quantile(p: Any) -> Any:
    left = p < 0.5
    return select(left, log(2 * guarded(left, p, 0.5)), -log(2 * guarded(~left, 1 - p, 0.5)))


def _cauchy_quantile(p: Any) -> Any:
    """A cotangent, reckoned from the nearer end."""
    left = p < 0.5
    near = PI * select(left, p, 1 - p)
    return select(left, -1.0, 1.0) * cos(near) / sin(near)


def _student_quantile(p: Any, df: Any) -> Any:
    inside = (p > 0) & (p < 1)
    return select(inside, stdtrit(df, guarded(inside, p, 0.5)), select(p == 0, -np.inf, np.inf))


def _truncated_normal(p: Any, q: Any, a: Any, b: Any) -> Any:
    """The point with the share p below and q above it, reckoned in the tail that the interval lies in."""
    right = a > 0
    share, end = select(right, q, p), select(right, -b, a)
    y = ndtri_exp(np.logaddexp(log_ndtr(end), log(share) + log_mass(a, b)))
    return select(right, -y, y)


# name: the point with probability p below it, and the point with probability q above it, before the shapes
QUANTILES: Final[dict[str, tuple[Formula, Formula]]] = {
    "norm": (lambda p: ndtri(p), lambda q: -ndtri(q)),
    "lognorm": (lambda p, s: exp(s * ndtri(p)), lambda q, s: exp(-s * ndtri(q))),
    "expon": (lambda p: -log1p(-p), lambda q: -log(q)),
    "gamma": (lambda p, a: gammaincinv(a, p), lambda q, a: gammainccinv(a, q)),
    "beta": (lambda p, a, b: betaincinv(a, b, p), lambda q, a, b: betainccinv(a, b, q)),
    "t": (_student_quantile, lambda q, df: -_student_quantile(q, df)),
    "cauchy": (_cauchy_quantile, lambda q: -_cauchy_quantile(q)),
    "laplace": (_laplace_quantile, lambda q: -_laplace_quantile(q)),
    "logistic": (lambda p: logit(p), lambda q: -logit(q)),
    "uniform": (lambda p: p, lambda q: 1 - q),
    "chi2": (lambda p, df: 2 * gammaincinv(0.5 * df, p), lambda q, df: 2 * gammainccinv(0.5 * df, q)),
    "f": (
        lambda p, n, m: (lambda y: m * y / (n * (1 - y)))(betaincinv(0.5 * n, 0.5 * m, p)),
        lambda q, n, m: (lambda z: m * (1 - z) / (n * z))(betaincinv(0.5 * m, 0.5 * n, q)),
    ),
    "invgamma": (lambda p, a: 1 / gammainccinv(a, p), lambda q, a: 1 / gammaincinv(a, q)),
    "weibull_min": (lambda p, c: (-log1p(-p)) ** (1 / c), lambda q, c: (-log(q)) ** (1 / c)),
    "pareto": (lambda p, b: exp(-log1p(-p) / b), lambda q, b: exp(-log(q) / b)),
    "gumbel_r": (lambda p: -log(-log(p)), lambda q: -log(-log1p(-q))),
    "gumbel_l": (lambda p: log(-log1p(-p)), lambda q: log(-log(q))),
    "rayleigh": (lambda p: sqrt(-2 * log1p(-p)), lambda q: sqrt(-2 * log(q))),
    "halfnorm": (lambda p: ndtri(0.5 * (1 + p)), lambda q: -ndtri(0.5 * q)),
    "truncnorm": (
        lambda p, a, b: _truncated_normal(p, 1 - p, a, b), lambda q, a, b: _truncated_normal(1 - q, q, a, b),
    ),
}  # fmt: skip


def _above(limit: float, shape: Any, formula: Formula) -> Any:
    """A moment that exists where the shape exceeds a limit, and is infinite elsewhere."""
    known = shape > limit
    return select(known, formula(guarded(known, shape, limit + 1.0)), np.inf)


def _beta_entropy(a: Any, b: Any) -> Any:
    return betaln(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b)


def _student_entropy(df: Any) -> Any:
    half = 0.5 * df
    return (half + 0.5) * (psi(half + 0.5) - psi(half)) + 0.5 * log(df) + betaln(half, 0.5)


def _student_variance(df: Any) -> Any:
    return select(df > 1, _above(2, df, lambda df: df / (df - 2)), np.nan)


def _f_entropy(n: Any, m: Any) -> Any:
    p, q = 0.5 * n, 0.5 * m
    return log(m / n) + betaln(p, q) + (1 - p) * psi(p) - (1 + q) * psi(q) + (p + q) * psi(p + q)


def _weighted_ends(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The densities at the ends of a truncated normal, and the ends times them."""
    mass = log_mass(a, b)
    low, high = (exp(-0.5 * (end * end) - LOG_ROOT_TWO_PI - mass) for end in (a, b))
    finite_a, finite_b = (guarded(np.isfinite(end), end, 0.0) for end in (a, b))
    return low - high, finite_a * low - finite_b * high, mass


def _truncated_variance(a: Any, b: Any) -> Any:
    mean, ends, _ = _weighted_ends(a, b)
    return 1 + ends - mean * mean


def _truncated_entropy(a: Any, b: Any) -> Any:
    _, ends, mass = _weighted_ends(a, b)
    return LOG_ROOT_TWO_PI + 0.5 + mass + 0.5 * ends


# name: mean, variance, entropy; None where there is no closed form
MOMENTS: Final[dict[str, tuple[Formula, Formula, Formula | None]]] = {
    "norm": (lambda: 0.0, lambda: 1.0, lambda: LOG_ROOT_TWO_PI + 0.5),
    "lognorm": (
        lambda s: exp(0.5 * (s * s)), lambda s: np.expm1(s * s) * exp(s * s), lambda s: LOG_ROOT_TWO_PI + 0.5 + log(s),
    ),
    "expon": (lambda: 1.0, lambda: 1.0, lambda: 1.0),
    "gamma": (lambda a: a, lambda a: a, lambda a: a + gammaln(a) + (1 - a) * psi(a)),
    "beta": (lambda a, b: a / (a + b), lambda a, b: a * b / ((a + b) ** 2 * (a + b + 1)), _beta_entropy),
    "t": (lambda df: select(df > 1, 0.0, np.inf), _student_variance, _student_entropy),
    "cauchy": (lambda: np.nan, lambda: np.nan, lambda: float(np.log(4 * np.pi))),
    "laplace": (lambda: 0.0, lambda: 2.0, lambda: LOG_TWO + 1),
    "logistic": (lambda: 0.0, lambda: PI * PI / 3, lambda: 2.0),
    "uniform": (lambda: 0.5, lambda: 1 / 12, lambda: 0.0),
    "chi2": (
        lambda df: df, lambda df: 2 * df,
        lambda df: 0.5 * df + LOG_TWO + gammaln(0.5 * df) + (1 - 0.5 * df) * psi(0.5 * df),
    ),
    "f": (
        lambda n, m: _above(2, m, lambda m: m / (m - 2)),
        lambda n, m: _above(4, m, lambda m: 2 * m * m * (n + m - 2) / (n * (m - 2) ** 2 * (m - 4))),
        _f_entropy,
    ),
    "invgamma": (
        lambda a: _above(1, a, lambda a: 1 / (a - 1)),
        lambda a: _above(2, a, lambda a: 1 / ((a - 1) ** 2 * (a - 2))),
        lambda a: a - (a + 1) * psi(a) + gammaln(a),
    ),
    "weibull_min": (
        lambda c: gamma(1 + 1 / c), lambda c: gamma(1 + 2 / c) - gamma(1 + 1 / c) ** 2,
        lambda c: EULER * (1 - 1 / c) - log(c) + 1,
    ),
    "pareto": (
        lambda b: _above(1, b, lambda b: b / (b - 1)),
        lambda b: _above(2, b, lambda b: b / ((b - 2) * (b - 1) ** 2)),
        lambda b: 1 + 1 / b - log(b),
    ),
    "gumbel_r": (lambda: EULER, lambda: PI * PI / 6, lambda: EULER + 1),
    "gumbel_l": (lambda: -EULER, lambda: PI * PI / 6, lambda: EULER + 1),
    "rayleigh": (lambda: float(np.sqrt(PI / 2)), lambda: 2 - PI / 2, lambda: 0.5 * EULER + 1 - 0.5 * LOG_TWO),
    "halfnorm": (lambda: float(np.sqrt(2 / PI)), lambda: 1 - 2 / PI, lambda: 0.5 * float(np.log(PI / 2)) + 0.5),
    "truncnorm": (lambda a, b: _weighted_ends(a, b)[0], _truncated_variance, _truncated_entropy),
    "poisson": (lambda mu: mu, lambda mu: mu, None),
    "binom": (lambda n, p: n * p, lambda n, p: n * p * (1 - p), None),
    "bernoulli": (lambda p: p, lambda p: p * (1 - p), lambda p: entr(p) + entr(1 - p)),
    "nbinom": (lambda n, p: n * (1 - p) / p, lambda n, p: n * (1 - p) / (p * p), None),
    "geom": (lambda p: 1 / p, lambda p: (1 - p) / (p * p), None),
}  # fmt: skip
