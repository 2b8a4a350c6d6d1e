"""Inverses of distribution functions by their names in `scipy.special`: in the probability and the parameters.

The derivative of an inverse is that of the equation it solves: dq = (dp - F_parameter dparameter) / F_q.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.elementwise import exp
from wengert.scipy.special.declare import declare, floating, implement, library
from wengert.scipy.special.error import ndtri
from wengert.scipy.special.gamma import gamma_density, rgamma
from wengert.scipy.special.hypergeometric import hyp0f1
from wengert.scipy.special.incomplete_beta import (
    beta_kernel,
    betaincc,
    betaincinv,
    in_parameters,
    student_density,
    student_in_freedom,
)
from wengert.scipy.special.incomplete_gamma import gammainccinv, gammaincinv, in_shape

__all__ = ["stdtrit"]

_PROBABILITY: Final = (0.25, 0.75)

# Student's t
stdtrit: Primitive = declare(
    "stdtrit",
    library.stdtrit,
    lambda t, df, p: -student_in_freedom(None, df, t) / student_density(df, t),
    lambda t, df, p: 1 / student_density(df, t),
    ranges=((1.5, 4.0), _PROBABILITY),
    domain="df > 0, 0 < p < 1",
    cite="the inverse of DLMF 8.17.2",
    draws=1,
    length=2,
)


# The parameters of beta and gamma distributions that give a probability.


def _a(a: Any, b: Any, x: Any) -> Any:
    return in_parameters(a, b, x, orders=(1, 0))


def _b(a: Any, b: Any, x: Any) -> Any:
    return in_parameters(a, b, x, orders=(0, 1))


btdtria: Primitive = declare(
    "btdtria",
    library.btdtria,
    lambda a, p, b, x: 1 / _a(a, b, x),
    lambda a, p, b, x: -_b(a, b, x) / _a(a, b, x),
    lambda a, p, b, x: -beta_kernel(a, b, x) / _a(a, b, x),
    ranges=(_PROBABILITY, (0.8, 2.0), (0.3, 0.7)),
    domain="0 < p < 1, b > 0, 0 < x < 1",
    cite="the inverse of DLMF 8.17.2",
    draws=1,
    length=1,
)
btdtrib: Primitive = declare(
    "btdtrib",
    library.btdtrib,
    lambda b, a, p, x: -_a(a, b, x) / _b(a, b, x),
    lambda b, a, p, x: 1 / _b(a, b, x),
    lambda b, a, p, x: -beta_kernel(a, b, x) / _b(a, b, x),
    ranges=((0.8, 2.0), _PROBABILITY, (0.3, 0.7)),
    domain="0 < p < 1, a > 0, 0 < x < 1",
    cite="the inverse of DLMF 8.17.2",
    draws=1,
    length=1,
)
gdtrib: Primitive = declare(
    "gdtrib",
    library.gdtrib,
    lambda b, a, p, x: -x * gamma_density(b, a * x) / in_shape(b, a * x, order=1),
    lambda b, a, p, x: 1 / in_shape(b, a * x, order=1),
    lambda b, a, p, x: -a * gamma_density(b, a * x) / in_shape(b, a * x, order=1),
    ranges=((0.7, 1.5), _PROBABILITY, (0.8, 2.0)),
    domain="a, x > 0, 0 < p < 1",
    cite="the inverse of DLMF 8.2.4",
    draws=1,
    length=2,
)
chdtriv: Primitive = declare(
    "chdtriv",
    library.chdtriv,
    lambda v, p, x: 2 / in_shape(0.5 * v, 0.5 * x, order=1),
    lambda v, p, x: -gamma_density(0.5 * v, 0.5 * x) / in_shape(0.5 * v, 0.5 * x, order=1),
    ranges=(_PROBABILITY, (0.8, 3.0)),
    domain="0 < p < 1, x > 0",
    cite="the inverse of DLMF 8.2.4",
    draws=1,
    length=2,
)


@implement("gdtria")
def gdtria(p: Any, b: Any, x: Any) -> Any:
    """The rate of a gamma distribution with shape b that has the probability p below x."""
    return gammaincinv(b, p) / x


@implement("gdtrix")
def gdtrix(a: Any, b: Any, p: Any) -> Any:
    """The quantile of a gamma distribution with rate a and shape b."""
    return gammaincinv(b, p) / a


@implement("chdtri")
def chdtri(v: Any, p: Any) -> Any:
    """The inverse of the chi-squared survival function."""
    return 2.0 * gammainccinv(0.5 * v, p)


@implement("pdtri")
def pdtri(k: Any, y: Any) -> Any:
    """The mean of a Poisson distribution with the probability y of counts up to k."""
    return gammainccinv(np.floor(k) + 1.0, y)


@implement("bdtri")
def bdtri(k: Any, n: Any, y: Any) -> Any:
    """The chance at which counts up to k of n have the probability y."""
    return 1 - betaincinv(n - np.floor(k), np.floor(k) + 1.0, y)


@implement("nbdtri")
def nbdtri(k: Any, n: Any, y: Any) -> Any:
    """The chance at which at most k failures come before n successes with the probability y."""
    return betaincinv(n, np.floor(k) + 1.0, y)


@implement("nbdtrc")
def nbdtrc(k: Any, n: Any, p: Any) -> Any:
    """The negative binomial survival function, in the probability."""
    return betaincc(n, np.floor(k) + 1.0, p)


@implement("fdtri")
def fdtri(dfn: Any, dfd: Any, p: Any) -> Any:
    """The quantile of the F distribution."""
    y = betaincinv(0.5 * dfn, 0.5 * dfd, p)
    return dfd * y / (dfn * (1 - y))


@implement("nrdtrimn")
def nrdtrimn(p: Any, std: Any, x: Any) -> Any:
    """The mean of a normal distribution that has the probability p below x."""
    return x - std * ndtri(p)


@implement("nrdtrisd")
def nrdtrisd(mn: Any, p: Any, x: Any) -> Any:
    """The deviation of a normal distribution that has the probability p below x."""
    return (x - mn) / ndtri(p)


# The noncentral chi-squared distribution, in all but its degrees of freedom.


def _noncentral(x: Any, df: Any, nc: Any) -> Any:
    """The density, as a confluent limit function."""
    half = 0.5 * df
    return 0.5 * exp(-0.5 * (x + nc)) * (0.5 * x) ** (half - 1) * rgamma(half) * hyp0f1(half, 0.25 * x * nc)


_FREEDOM: Final = "the degrees of freedom"
_CITE: Final = "Johnson et al., Continuous Univariate Distributions (1995), 29.4"
chndtr: Primitive = declare(
    "chndtr",
    library.chndtr,
    lambda y, x, df, nc: _noncentral(x, df, nc),
    _FREEDOM,
    lambda y, x, df, nc: -_noncentral(x, df + 2, nc),
    ranges=((0.8, 4.0), range(2, 5), (0.5, 2.0)),
    domain="x, nc > 0",
    cite=_CITE,
)
chndtrix: Primitive = declare(
    "chndtrix",
    library.chndtrix,
    lambda x, p, df, nc: 1 / _noncentral(x, df, nc),
    _FREEDOM,
    lambda x, p, df, nc: _noncentral(x, df + 2, nc) / _noncentral(x, df, nc),
    ranges=(_PROBABILITY, range(2, 5), (0.5, 2.0)),
    domain="0 < p < 1, nc > 0",
    cite=_CITE,
)


@implement("btdtri")
def btdtri(a: Any, b: Any, p: Any) -> Any:
    """The quantile of the beta distribution."""
    return betaincinv(a, b, floating(p))
