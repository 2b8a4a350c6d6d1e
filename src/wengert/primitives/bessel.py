"""Functions whose derivatives of every order need a formula of their own: sinc, and Bessel functions of NumPy."""

from __future__ import annotations

from math import factorial
from typing import Any, Final

import numpy as np

from wengert.graph import Primitive

__all__ = ["modified_bessel", "sinc"]

_TERMS: Final = 40

sinc = Primitive("sinc", elementwise=1, params=("order",), notation="sinc({0})", domain="everywhere, zero included",
                 cite="f(u) = sin u / u has u f^(n) + n f^(n-1) = sin(u + n pi / 2), by Leibniz")  # fmt: skip
sinc.differential(lambda out, x, *, order: (lambda dx: dx * (np.pi * sinc(x, order=order + 1)),))
sinc.dtype(lambda x, *, order: x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64))
sinc.samples(
    lambda r: ((r.uniform(-2, 2, 3),), {"order": 0}),
    lambda r: ((np.array([0.0, 1e-9, 0.3, 4.0]),), {"order": 0}),
    lambda r: ((r.uniform(-2, 2, (2, 2)),), {"order": 1}),
)


@sinc.evaluate
def _sinc_value(xp: Any, x: Any, *, order: int) -> Any:
    """The derivative of that order of sin u / u, at u = pi x."""
    if order == 0:
        return np.sinc(x)
    u = np.asarray(np.pi * x)
    # the recurrence loses digits near zero, the series far from it
    near = np.abs(u) <= 2 + order / 2
    far = np.where(near, 3.0 + order, u)
    derivative = np.sin(far) / far
    for n in range(1, order + 1):
        derivative = (_shifted_sine(far, n) - n * derivative) / far
    return np.where(near, _series(np.where(near, u, 0.0), order), derivative).astype(u.dtype)[()]


def _shifted_sine(u: Any, n: int) -> Any:
    """sin(u + n pi / 2)."""
    return (np.sin(u), np.cos(u), -np.sin(u), -np.cos(u))[n % 4]


def _series(u: Any, order: int) -> Any:
    """Sum over k of (-1)^k u^(2k - n) / ((2k - n)! (2k + 1))."""
    first = (order + 1) // 2
    power = 2 * first - order
    term = (-1) ** first * u**power / factorial(power)
    total = term / (2 * first + 1)
    for k in range(first + 1, first + _TERMS):
        power += 2
        term = -term * u * u / (power * (power - 1))
        total = total + term / (2 * k + 1)
    return total


modified_bessel = Primitive("modified_bessel", elementwise=1, params=("order",), notation="I_{order}({0})",
                            domain="everywhere", cite="I_n' = (I_(n-1) + I_(n+1)) / 2; DLMF 10.29.1")  # fmt: skip
modified_bessel.dtype(lambda x, *, order: x.dtype)
modified_bessel.samples(
    lambda r: ((r.uniform(-3, 3, 3),), {"order": 0}),
    lambda r: ((r.uniform(-3, 3, (2, 2)),), {"order": 1}),
    lambda r: ((np.array([0.0, 9.0]),), {"order": 2}),
)


@modified_bessel.evaluate
def _modified_bessel_value(xp: Any, x: Any, *, order: int) -> Any:
    if order == 0 and np.asarray(x).dtype.kind != "c":
        return np.i0(x)[()]
    from scipy import special

    return special.iv(order, x).astype(np.asarray(x).dtype)[()]


@modified_bessel.differential
def _d_modified_bessel(out: Any, x: Any, *, order: int) -> Any:
    # I_(-1) = I_1
    below, above = modified_bessel(x, order=abs(order - 1)), modified_bessel(x, order=order + 1)
    return (lambda dx: dx * (0.5 * (below + above)),)
