"""Incomplete beta functions, in both parameters too.

All derivatives in the parameters come from the continued fraction DLMF 8.17.22, carried out with truncated Taylor
series in the parameters.
"""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import exp, log1p, sign, sqrt
from wengert.scipy.special.declare import declare, guarded, implement, library
from wengert.scipy.special.gamma import beta, betaln, deviance, polygamma, polygamma_difference, stirling_error
from wengert.scipy.special.incomplete_gamma import separately
from wengert.scipy.special.jets import Jet, fraction, times_linear

__all__ = [
    "beta_kernel", "betainc", "betaincc", "betainccinv", "betaincinv", "in_parameters", "stdtr", "student_density",
    "student_in_freedom",
]  # fmt: skip

_MOST_STEPS: Final = 40_000


def _kernel_value(a: Any, b: Any, x: Any) -> Any:
    a, b, x = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (a, b, x)))
    with np.errstate(all="ignore"):
        return _density(a, b, x, 1 - x)


def _density(a: Any, b: Any, x: Any, y: Any) -> Any:
    """x^(a-1) y^(b-1) / B(a, b); for large parameters by Loader's saddle point, which does not cancel."""
    large = (a >= 10) & (b >= 10)
    p, q = np.where(large, a, 10.0), np.where(large, b, 10.0)
    n = p + q
    exponent = (
        stirling_error(n) - stirling_error(p) - stirling_error(q) - p * deviance(p, n * x) - q * deviance(q, n * y)
    )
    saddle = np.sqrt(p * q / (2 * np.pi * n)) * np.exp(exponent) / (x * y)
    inverse = _inverse_beta(a, b)
    plain = np.where(inverse == 0, 0.0, x ** (a - 1) * y ** (b - 1) * inverse)
    return np.where(large & (x > 0) & (y > 0), saddle, plain)


def _inverse_beta(a: Any, b: Any) -> Any:
    """1 / B(a, b); where one parameter is large, by Stirling's series for gamma(a + b) / gamma(a)."""
    large, small = np.maximum(a, b), np.minimum(a, b)
    p = np.where(large >= 10, large, 10.0)
    n = p + small
    exponent = (p - 0.5) * np.log1p(small / p) - small + stirling_error(n) - stirling_error(p)
    return np.where(
        (large >= 10) & (n >= 10), n**small * np.exp(exponent) * library.rgamma(small), 1 / library.beta(a, b)
    )


_INSIDE: Final = ((0.8, 3.0), (0.8, 3.0), (0.2, 0.8))
beta_kernel: Primitive = declare(
    "beta_kernel",
    _kernel_value,
    lambda y, a, b, x: y * (log(x) + polygamma_difference(0, a, b)),
    lambda y, a, b, x: y * (log1p(-x) + polygamma_difference(0, b, a)),
    lambda y, a, b, x: (a + b - 1) * (beta_kernel(a - 1, b, x) - beta_kernel(a, b - 1, x)),
    ranges=_INSIDE,
    domain="a, b > 0, 0 < x < 1; x^(a-1) (1-x)^(b-1) / B(a, b)",
    cite="DLMF 8.17.1, 5.12.1",
    register=False,
)


def _prefactor(a: Any, b: Any, x: Any, y: Any, orders: tuple[int, int]) -> Jet:
    """x^a y^b / B(a, b) as a series in a and b."""
    g = np.zeros((orders[0] + 1, orders[1] + 1, *a.shape))
    for i in range(orders[0] + 1):
        for j in range(orders[1] + 1):
            if i and j:
                rate = library.polygamma(i + j - 1, a + b)
            elif i:
                rate = polygamma_difference(i - 1, a, b) + (_log(x, y) if i == 1 else 0.0)
            elif j:
                rate = polygamma_difference(j - 1, b, a) + (_log(y, x) if j == 1 else 0.0)
            else:
                continue
            g[i, j] = rate / (library.gamma(i + 1) * library.gamma(j + 1))
    return Jet(g).exp_times(_density(a, b, x, y) * x * y)


def _log(x: Any, y: Any) -> Any:
    """Log x, where y = 1 - x has its digits too."""
    return np.where(x < 0.5, np.log(x), np.log1p(-y))


def _fraction(a: Any, b: Any, x: Any, orders: tuple[int, int]) -> Jet:
    """A + numerators / (a + 1 + ...): DLMF 8.17.22 with its denominators cleared, and so times a."""

    def terms(n: Any, one: Any) -> tuple[Any, Any]:
        m = n // 2
        odd = -x * times_linear(times_linear(one, a + b + m, 0, 1), a + m, 0)
        even = m * x * times_linear(one, b - m, 1)
        return np.where(n % 2 == 1, odd, even), times_linear(one, a + (n - 1), 0)

    return fraction(terms, a.shape, orders, _MOST_STEPS)


def _parameters_value(a: Any, b: Any, x: Any, *, orders: tuple[int, int]) -> Any:
    a, b, x = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (a, b, x)))
    inside = (a > 0) & (b > 0) & (x > 0) & (x < 1)
    a, b, z = (np.where(inside, part, fill) for part, fill in ((a, 1.0), (b, 1.0), (x, 0.5)))

    def value(left: bool, a: Any, b: Any, x: Any) -> Any:
        y, turned = 1 - x, (orders[1], orders[0])
        if left:
            series = _prefactor(a, b, x, y, orders) / _fraction(a, b, x, orders)
            return series.derivative(orders)
        # I_x(a, b) = 1 - I_(1-x)(b, a): DLMF 8.17.4
        series = _prefactor(b, a, y, x, turned) / _fraction(b, a, y, turned)
        return -series.derivative(turned)

    with np.errstate(all="ignore"):
        found = separately(value, z < (a + 1) / (a + b + 2), a, b, z)
    return np.where(inside, found, np.where((x == 0) | (x == 1), 0.0, np.nan))


def _parameters_rate(a: Any, b: Any, x: Any, orders: tuple[int, int]) -> Any:
    """The derivative of these orders in a and b of x^(a-1) (1-x)^(b-1) / B(a, b): a Bell polynomial."""

    def g(i: int, j: int) -> Any:
        if i and j:
            return polygamma(i + j - 1, a + b)
        if i:
            return polygamma_difference(i - 1, a, b) + (log(x) if i == 1 else 0.0)
        return polygamma_difference(j - 1, b, a) + (log1p(-x) if j == 1 else 0.0)

    @cache
    def bell(i: int, j: int) -> Any:
        if not i and not j:
            return 1.0
        u, v = (i - 1, j) if i else (i, j - 1)
        terms = [
            comb(u, p) * comb(v, q) * bell(u - p, v - q) * (g(p + 1, q) if i else g(p, q + 1))
            for p in range(u + 1)
            for q in range(v + 1)
        ]
        return sum(terms[1:], terms[0])

    return beta_kernel(a, b, x) * bell(*orders)


# The derivative of these orders in a and b of I_x(a, b).
in_parameters: Primitive = declare(
    "betainc_in_parameters",
    _parameters_value,
    lambda y, a, b, x, *, orders: in_parameters(a, b, x, orders=(orders[0] + 1, orders[1])),
    lambda y, a, b, x, *, orders: in_parameters(a, b, x, orders=(orders[0], orders[1] + 1)),
    lambda y, a, b, x, *, orders: _parameters_rate(a, b, x, orders),
    ranges=_INSIDE,
    domain="a, b > 0, 0 < x < 1",
    cite="DLMF 8.17.22, 8.17.4",
    params=("orders",),
    settings=({"orders": (1, 0)}, {"orders": (0, 1)}),
    draws=1,
    length=1,
    register=False,
)


def _integral(name: str, sign: float, cite: str) -> Any:
    return declare(
        name,
        getattr(library, name),
        lambda y, a, b, x: sign * in_parameters(a, b, x, orders=(1, 0)),
        lambda y, a, b, x: sign * in_parameters(a, b, x, orders=(0, 1)),
        lambda y, a, b, x: sign * beta_kernel(a, b, x),
        ranges=_INSIDE,
        domain="a, b > 0, 0 < x < 1",
        cite=cite,
        draws=2,
        length=2,
    )


def _inverse(name: str, sign: float) -> Any:
    return declare(
        name,
        getattr(library, name),
        lambda y, a, b, p: -in_parameters(a, b, y, orders=(1, 0)) / beta_kernel(a, b, y),
        lambda y, a, b, p: -in_parameters(a, b, y, orders=(0, 1)) / beta_kernel(a, b, y),
        lambda y, a, b, p: sign / beta_kernel(a, b, y),
        ranges=((0.8, 3.0), (0.8, 3.0), (0.25, 0.75)),
        domain="a, b > 0, 0 < p < 1",
        cite="the inverse of DLMF 8.17.2",
        draws=2,
        length=2,
    )


betainc = _integral("betainc", 1.0, "DLMF 8.17.2")
betaincc = _integral("betaincc", -1.0, "DLMF 8.17.4")
betaincinv = _inverse("betaincinv", 1.0)
betainccinv = _inverse("betainccinv", -1.0)


# Distributions by their names in SciPy.


@implement("btdtr")
def btdtr(a: Any, b: Any, x: Any) -> Any:
    """The beta distribution function."""
    return betainc(a, b, x)


@implement("fdtr")
def fdtr(dfn: Any, dfd: Any, x: Any) -> Any:
    """The F distribution function."""
    return betainc(0.5 * dfn, 0.5 * dfd, dfn * x / (dfd + dfn * x))


@implement("fdtrc")
def fdtrc(dfn: Any, dfd: Any, x: Any) -> Any:
    """The F survival function."""
    return betainc(0.5 * dfd, 0.5 * dfn, dfd / (dfd + dfn * x))


@implement("bdtr")
def bdtr(k: Any, n: Any, p: Any) -> Any:
    """The binomial distribution function, in the probability."""
    return betainc(n - np.floor(k), np.floor(k) + 1.0, 1 - p)


@implement("bdtrc")
def bdtrc(k: Any, n: Any, p: Any) -> Any:
    """The binomial survival function, in the probability."""
    return betainc(np.floor(k) + 1.0, n - np.floor(k), p)


@implement("nbdtr")
def nbdtr(k: Any, n: Any, p: Any) -> Any:
    """The negative binomial distribution function, in the probability."""
    return betainc(n, np.floor(k) + 1.0, p)


def student_in_freedom(y: Any, df: Any, t: Any) -> Any:
    """From F = 1/2 + sign(t)/2 I_w(1/2, df/2), w = t^2 / (df + t^2), which has a straight line for a limit at t = 0."""
    origin = t == 0
    z = guarded(~origin, t, 1.0)
    w = z * z / (df + z * z)
    half = 0.5 * df
    regular = 0.25 * sign(z) * in_parameters(0.5, half, w, orders=(0, 1))
    slope = polygamma_difference(0, half, 0.5) / beta(0.5, half)
    limit = t * (0.5 * slope / sqrt(df))
    return select(origin, limit, regular) - t / (2 * df) * student_density(df, t)


def student_density(df: Any, t: Any) -> Any:
    """The density of Student's t."""
    return exp(-betaln(0.5 * df, 0.5) - 0.5 * log(df) - 0.5 * (df + 1) * log1p(t * t / df))


stdtr: Primitive = declare(
    "stdtr",
    library.stdtr,
    student_in_freedom,
    lambda y, df, t: student_density(df, t),
    ranges=((0.8, 4.0), (-2.0, 2.0)),
    domain="df > 0",
    cite="DLMF 8.17.2; Johnson et al., Continuous Univariate Distributions (1995), 28.2",
    length=2,
)
