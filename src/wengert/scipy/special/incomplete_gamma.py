"""Incomplete gamma functions, in the shape parameter too.

All derivatives in the shape come from the series (DLMF 8.11.4) left of the mode and the continued fraction (DLMF
8.9.2) right of it, carried out with truncated Taylor series in the shape.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import log
from wengert.scipy.special.declare import declare, implement, library
from wengert.scipy.special.gamma import BERNOULLI, gamma_density, gamma_kernel, polygamma, psi
from wengert.scipy.special.jets import Jet, fraction, times_linear, too_slow

__all__ = ["gammainc", "gammaincc", "gammaincinv"]

_MOST_STEPS = 100_000


def _log_over_psi(a: Any, x: Any) -> Any:
    """Log x - psi(a + 1), without cancellation where both are large."""
    large = a > 16
    big = np.where(large, a, 16.0)
    tail = 0.5 / big - sum(number / (2 * j * big ** (2 * j)) for j, number in enumerate(BERNOULLI[:8], start=1))
    return np.where(large, np.log1p((x - big) / big) - tail, np.log(x) - library.psi(a + 1))


def _prefactor(a: Any, x: Any, order: int) -> Jet:
    """x^a e^-x / gamma(a + 1) as a series in a."""
    g = np.zeros((order + 1, 1, *a.shape))
    for n in range(1, order + 1):
        g[n, 0] = _log_over_psi(a, x) if n == 1 else -library.polygamma(n - 1, a + 1) / library.gamma(n + 1)
    return Jet(g).exp_times(gamma_kernel(a, x))


def _series(a: Any, x: Any, order: int) -> Jet:
    """1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ..."""
    term = np.zeros((order + 1, *a.shape))
    term[0] = 1.0
    total = term.copy()
    for n in range(1, _MOST_STEPS):
        # divided by the linear series (a + n) + e
        term[0] *= x / (a + n)
        for j in range(1, order + 1):
            term[j] = (term[j] * x - term[j - 1]) / (a + n)
        total += term
        if n % 8 == 0 and np.all(np.abs(term) <= 1e-17 * np.abs(total)):
            return Jet(total[:, None])
    raise too_slow(_MOST_STEPS)


def _fraction(a: Any, x: Any, order: int) -> Jet:
    """1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)), upside down."""

    def terms(n: Any, one: Any) -> tuple[Any, Any]:
        return -n * times_linear(one, n - a, 0, sign=-1.0), times_linear(one, x + (2 * n - 1) - a, 0, sign=-1.0)

    return fraction(terms, a.shape, (order, 0), _MOST_STEPS)


def separately(value: Callable[..., Any], choice: Any, *operands: Any) -> Any:
    """`value(side, *operands)` on the entries where the choice holds, and on those where it does not."""
    out = np.zeros(choice.shape)
    for side in (True, False):
        places = choice == side
        if np.any(places):
            out[places] = value(side, *(operand[places] for operand in operands))
    return out


def _shape_value(a: Any, x: Any, *, order: int) -> Any:
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    inside = (a > 0) & (x > 0) & (x < np.inf) & (a < np.inf)

    def value(left: bool, a: Any, x: Any) -> Any:
        if left:
            return (_prefactor(a, x, order) * _series(a, x, order)).derivative((order, 0))
        above = _prefactor(a, x, order) * (Jet.variable(a, (order, 0), 0) / _fraction(a, x, order))
        return -above.derivative((order, 0))

    with np.errstate(all="ignore"):
        safe_a, safe_x = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
        found = separately(value, safe_x < safe_a + 1, safe_a, safe_x)
        # nothing is gained at the ends, and nothing known outside
        return np.where(inside, found, np.where((a > 0) & ((x == 0) | (x == np.inf)), 0.0, np.nan))


def _shape_rate(a: Any, x: Any, order: int) -> Any:
    """The derivative of order `order` in a of x^(a-1) e^-x / gamma(a): a complete Bell polynomial."""
    kernel = gamma_density(a, x)
    if not order:
        return kernel
    g = [log(x) - psi(a), *(-polygamma(n, a) for n in range(1, order))]
    bell: list[Any] = [1.0]
    for n in range(order):
        terms = [comb(n, i) * bell[n - i] * g[i] for i in range(n + 1)]
        bell.append(sum(terms[1:], terms[0]))
    return kernel * bell[order]


# The derivative of that order in a of the lower function P(a, x).
in_shape: Primitive = declare(
    "gammainc_in_shape",
    _shape_value,
    lambda y, a, x, *, order: in_shape(a, x, order=order + 1),
    lambda y, a, x, *, order: _shape_rate(a, x, order),
    ranges=((0.7, 3.0), (0.4, 5.0)),
    domain="a, x > 0",
    cite="DLMF 8.11.4, 8.9.2, 8.8.13",
    params=("order",),
    settings=({"order": 1}, {"order": 2}),
    draws=1,
    length=2,
    register=False,
)

_SIDES = ((0.7, 3.0), (0.4, 5.0))
gammainc: Primitive = declare(
    "gammainc",
    library.gammainc,
    lambda y, a, x: in_shape(a, x, order=1),
    lambda y, a, x: gamma_density(a, x),
    ranges=_SIDES,
    domain="a, x > 0",
    cite="DLMF 8.2.4, 8.8.13",
    length=2,
)
gammaincc: Primitive = declare(
    "gammaincc",
    library.gammaincc,
    lambda y, a, x: -in_shape(a, x, order=1),
    lambda y, a, x: -gamma_density(a, x),
    ranges=_SIDES,
    domain="a, x > 0",
    cite="DLMF 8.2.4, 8.8.14",
    length=2,
)
gammaincinv: Primitive = declare(
    "gammaincinv",
    library.gammaincinv,
    lambda y, a, p: -in_shape(a, y, order=1) / gamma_density(a, y),
    lambda y, a, p: 1 / gamma_density(a, y),
    ranges=((0.8, 3.0), (0.25, 0.75)),
    domain="a > 0, 0 < p < 1",
    cite="the inverse of DLMF 8.2.4",
    length=2,
)
gammainccinv: Primitive = declare(
    "gammainccinv",
    library.gammainccinv,
    lambda y, a, p: -in_shape(a, y, order=1) / gamma_density(a, y),
    lambda y, a, p: -1 / gamma_density(a, y),
    ranges=((0.8, 3.0), (0.25, 0.75)),
    domain="a > 0, 0 < p < 1",
    cite="the inverse of DLMF 8.2.4",
    length=2,
)


# Distributions by their names in SciPy.


@implement("chdtr")
def chdtr(v: Any, x: Any) -> Any:
    """The chi-squared distribution function."""
    return gammainc(0.5 * v, 0.5 * x)


@implement("chdtrc")
def chdtrc(v: Any, x: Any) -> Any:
    """The chi-squared survival function."""
    return gammaincc(0.5 * v, 0.5 * x)


@implement("gdtr")
def gdtr(a: Any, b: Any, x: Any) -> Any:
    """The gamma distribution function with rate a and shape b."""
    return gammainc(b, a * x)


@implement("gdtrc")
def gdtrc(a: Any, b: Any, x: Any) -> Any:
    """The gamma survival function with rate a and shape b."""
    return gammaincc(b, a * x)


@implement("pdtr")
def pdtr(k: Any, m: Any) -> Any:
    """The Poisson distribution function, in the mean."""
    return gammaincc(np.floor(k) + 1.0, m)


@implement("pdtrc")
def pdtrc(k: Any, m: Any) -> Any:
    """The Poisson survival function, in the mean."""
    return gammainc(np.floor(k) + 1.0, m)


__all__ += ["in_shape", "separately"]
