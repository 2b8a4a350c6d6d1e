"""The gamma function and its family, for real numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import cos, sin
from wengert.scipy.special.declare import declare, floating, guarded, implement, integer_step, library

__all__ = ["beta", "betaln", "gamma", "gammaln", "polygamma", "polygamma_difference", "psi", "rgamma"]

# B_2, B_4, ...: DLMF 24.2.1
BERNOULLI: Final = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
)
# below it powers of x underflow
_TINY: Final = 1e-150
_POLES: Final = "x real, not 0, -1, -2, ..."


def _polygamma_value(n: Any, x: Any) -> Any:
    n, x = np.asarray(n, np.float64), np.asarray(x, np.float64)
    sign = np.where(n % 2 == 1, 1.0, -1.0)
    return np.where(n == 0, library.psi(x), sign * library.gamma(n + 1) * library.zeta(n + 1, x))


polygamma: Primitive = declare(
    "polygamma",
    _polygamma_value,
    "its order",
    lambda y, n, x: polygamma(integer_step(n, 1), x),
    ranges=(range(4), (0.4, 4.0)),
    domain=_POLES,
    cite="DLMF 5.15.1",
)
psi: Primitive = declare(
    "psi", library.psi, lambda y, x: polygamma(1, x), ranges=((0.4, 4.0),), domain=_POLES, cite="DLMF 5.15.1"
)
gamma: Primitive = declare(
    "gamma", library.gamma, lambda y, x: y * psi(x), ranges=((0.4, 4.0),), domain=_POLES, cite="DLMF 5.2.2"
)
gammaln: Primitive = declare(
    "gammaln", library.gammaln, lambda y, x: psi(x), ranges=((0.4, 4.0),), domain=_POLES, cite="DLMF 5.2.2"
)
loggamma: Primitive = declare(
    "loggamma", library.loggamma, lambda y, x: psi(x), ranges=((0.4, 4.0),), domain="x > 0", cite="DLMF 5.2.2"
)


def _d_rgamma(y: Any, x: Any) -> Any:
    """By the reflection formula (DLMF 5.5.3) to the left, where the poles of psi meet the zeros of 1/gamma."""
    left = x < 0.5
    z, turn = 1 - guarded(left, x, 0.0), np.pi * guarded(left, x, 0.0)
    reflected = gamma(z) * (cos(turn) - psi(z) * sin(turn) / np.pi)
    return select(left, reflected, -psi(guarded(left, 1.0, x)) * y)


rgamma: Primitive = declare(
    "rgamma", library.rgamma, _d_rgamma, ranges=((-2.4, 4.0),), domain="everywhere", cite="DLMF 5.2.2, 5.5.3"
)
gammasgn: Primitive = declare(
    "gammasgn", library.gammasgn, None, ranges=((0.4, 4.0),), domain=_POLES, cite="locally constant"
)


# Differences of polygamma functions, without the cancellation that a small step would bring.


def _difference_value(n: Any, a: Any, b: Any) -> Any:
    """psi_n(a + b) - psi_n(a): steps up to where the asymptotic series holds, term by term as differences."""
    n, a, b = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (n, a, b)))
    sign = np.where(n % 2 == 1, -1.0, 1.0)
    column = (-1, *(1,) * a.ndim)
    # psi_n(z) = psi_n(z + 1) - (-1)^n n! / z^(n+1), DLMF 5.15.5
    factorial = library.gamma(n + 1)
    total = -sign * factorial * np.sum(_power_step(a + np.arange(16).reshape(column), b, n + 1), axis=0)
    a = a + 16
    leading = np.where(n == 0, np.log1p(b / a), -sign * library.gamma(np.maximum(n, 1)) * _power_step(a, b, n))
    total += leading - sign * factorial / 2 * _power_step(a, b, n + 1)
    # DLMF 5.15.8 and 5.11.2
    twice = 2 * np.arange(1, len(BERNOULLI) + 1).reshape(column)
    ratio = library.poch(twice, n) / twice
    total -= sign * np.sum(np.reshape(BERNOULLI, column) * ratio * _power_step(a, b, n + twice), axis=0)
    with np.errstate(invalid="ignore"):
        plain = _polygamma_value(n, a - 16 + b) - _polygamma_value(n, a - 16)
    return np.where((a > 16) & (a + b > 16), total, plain)


def _power_step(z: Any, b: Any, p: Any) -> Any:
    """(z + b)^-p - z^-p."""
    with np.errstate(all="ignore"):
        return z**-p * np.expm1(-p * np.log1p(b / z))


polygamma_difference: Primitive = declare(
    "polygamma_difference",
    _difference_value,
    "its order",
    lambda y, n, a, b: polygamma_difference(integer_step(n, 1), a, b),
    lambda y, n, a, b: polygamma(integer_step(n, 1), a + b),
    ranges=(range(3), (0.4, 4.0), (0.2, 3.0)),
    domain="a > 0 and a + b > 0",
    cite="DLMF 5.15.5, 5.15.8",
    register=False,
)

_SIDES: Final = ((0.4, 3.0), (0.4, 3.0))
beta: Primitive = declare(
    "beta",
    library.beta,
    lambda y, a, b: -y * polygamma_difference(0, a, b),
    lambda y, a, b: -y * polygamma_difference(0, b, a),
    ranges=_SIDES,
    domain="a, b > 0",
    cite="DLMF 5.12.1",
)
betaln: Primitive = declare(
    "betaln",
    library.betaln,
    lambda y, a, b: -polygamma_difference(0, a, b),
    lambda y, a, b: -polygamma_difference(0, b, a),
    ranges=_SIDES,
    domain="a, b > 0",
    cite="DLMF 5.12.1",
)
poch: Primitive = declare(
    "poch",
    library.poch,
    lambda y, a, m: y * polygamma_difference(0, a, m),
    lambda y, a, m: y * psi(a + m),
    ranges=((0.5, 3.0), (0.3, 3.0)),
    domain="a > 0 and a + m > 0",
    cite="DLMF 5.2.5",
)
binom: Primitive = declare(
    "binom",
    library.binom,
    lambda y, n, k: y * polygamma_difference(0, n - k + 1, k),
    lambda y, n, k: y * polygamma_difference(0, k + 1, n - 2 * k),
    ranges=((2.2, 5.0), (0.3, 2.0)),
    domain="n > -1 and -1 < k < n + 1",
    cite="DLMF 1.2.6, 5.2.2",
)


@implement("comb")
def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """The binomial coefficient, zero outside of 0 <= k <= N."""
    if exact:
        raise TypeError("comb() got an unexpected keyword argument 'exact'")
    N, k = floating(N), floating(k)
    if repetition:
        return comb(N + k - 1, k)
    inside = (k <= N) & (N >= 0) & (k >= 0)
    return select(inside, binom(guarded(inside, N, 1.0), guarded(inside, k, 0.5)), 0.0)


@implement("perm")
def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """The number of arrangements, zero outside of 0 <= k <= N."""
    if exact:
        raise TypeError("perm() got an unexpected keyword argument 'exact'")
    N, k = floating(N), floating(k)
    inside = (k <= N) & (N >= 0) & (k >= 0)
    return select(inside, poch(guarded(inside, N - k + 1, 1.0), guarded(inside, k, 1.0)), 0.0)


@implement("factorial")
def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """The gamma function one further on; zero for negative numbers."""
    if exact or extend != "zero":
        raise TypeError("factorial() got an unexpected keyword argument: exact and extend are for plain numbers")
    n = floating(n)
    return select(n >= 0, gamma(guarded(n >= 0, n, 0.0) + 1), 0.0)


@implement("multigammaln")
def multigammaln(a: Any, d: int) -> Any:
    """The log of the multivariate gamma function, for a > (d - 1) / 2; DLMF 35.3.4."""
    total = d * (d - 1) * 0.25 * float(np.log(np.pi))
    for j in range(d):
        total = total + gammaln(a - 0.5 * j)
    return total


# The density that gamma integrals are made of, accurate for large shapes.

_STIRLING: Final = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def stirling_error(a: Any) -> Any:
    """log(a! / (sqrt(2 pi a) (a / e)^a)) for a >= 10; DLMF 5.11.1."""
    square = 1 / (a * a)
    total = np.zeros_like(a)
    for coefficient in reversed(_STIRLING):
        total = total * square + coefficient
    return total / a


def deviance(mean: Any, x: Any) -> Any:
    """X / mean - 1 - log(x / mean), accurate for x near the mean too; Loader (2000), eq. 3."""
    with np.errstate(all="ignore"):
        t = (x - mean) / mean
        near = np.abs(t) < 0.5
        r = np.where(near, t, 0.0) / (2 + np.where(near, t, 0.0))
        square, odd = r * r, np.zeros_like(r)
        for k in range(17, 0, -1):
            odd = odd * square + 1 / (2 * k + 1)
        return np.where(near, t * r - 2 * r * square * odd, t - np.log(x / mean))


def _gamma_kernel_value(a: Any, x: Any) -> Any:
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    large = a >= 10
    big = np.where(large, a, 10.0)
    with np.errstate(all="ignore"):
        saddle = np.exp(-stirling_error(big) - big * deviance(big, x)) / np.sqrt(2 * np.pi * big)
        # at a pole of the gamma function the zero of its inverse wins
        inverse = library.rgamma(a + 1)
        plain = np.where(inverse == 0, 0.0, x**a * np.exp(-x) * inverse)
    return np.where(large, saddle, plain)


def _d_gamma_kernel(y: Any, a: Any, x: Any) -> Any:
    tiny = x < _TINY
    z = guarded(~tiny, x, 1.0)
    return select(tiny, gamma_kernel(a - 1, x) - y, y * ((a - z) / z))


def gamma_density(a: Any, x: Any) -> Any:
    """x^(a-1) e^-x / gamma(a); a small shape keeps its digits, and zero is no special point."""
    tiny = x < _TINY
    z = guarded(~tiny, x, 1.0)
    return select(tiny, gamma_kernel(a - 1, guarded(tiny, x, 1.0)), gamma_kernel(a, z) * (a / z))


gamma_kernel: Primitive = declare(
    "gamma_kernel",
    _gamma_kernel_value,
    lambda y, a, x: y * (log(x) - psi(a + 1)),
    _d_gamma_kernel,
    ranges=((0.6, 3.0), (0.3, 4.0)),
    domain="x > 0, a not -1, -2, ...; x^a e^-x / gamma(a + 1)",
    cite="DLMF 8.2.1, 8.8.5",
    register=False,
)
__all__ += ["BERNOULLI", "deviance", "gamma_density", "gamma_kernel", "stirling_error"]
