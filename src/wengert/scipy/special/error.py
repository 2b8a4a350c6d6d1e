"""The error function and its family, and the normal distribution."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.elementwise import exp
from wengert.scipy.special.declare import as_complex, declare, implement, library

__all__ = ["erfc", "erfcx", "faddeeva", "log_ndtr", "ndtr", "ndtri", "ndtri_exp"]

TWO_OVER_ROOT_PI: Final = float(2 / np.sqrt(np.pi))
ROOT_TWO_PI: Final = float(np.sqrt(2 * np.pi))
ROOT_HALF: Final = float(np.sqrt(0.5))

erf: Primitive = declare(
    "erf",
    library.erf,
    lambda y, x: TWO_OVER_ROOT_PI * exp(-(x * x)),
    ranges=((-2.0, 2.0),),
    domain="everywhere",
    cite="DLMF 7.10.1",
    holomorphic=True,
)
erfc: Primitive = declare(
    "erfc",
    library.erfc,
    lambda y, x: -TWO_OVER_ROOT_PI * exp(-(x * x)),
    ranges=((-2.0, 2.0),),
    domain="everywhere",
    cite="DLMF 7.10.1",
    holomorphic=True,
)
erfi: Primitive = declare(
    "erfi",
    library.erfi,
    lambda y, x: TWO_OVER_ROOT_PI * exp(x * x),
    ranges=((-1.5, 1.5),),
    domain="everywhere",
    cite="DLMF 7.10.1",
    holomorphic=True,
)
erfinv: Primitive = declare(
    "erfinv",
    library.erfinv,
    lambda y, x: exp(y * y) / TWO_OVER_ROOT_PI,
    ranges=((-0.8, 0.8),),
    domain="|x| < 1",
    cite="the inverse of DLMF 7.10.1",
)
erfcinv: Primitive = declare(
    "erfcinv",
    library.erfcinv,
    lambda y, x: -exp(y * y) / TWO_OVER_ROOT_PI,
    ranges=((0.2, 1.8),),
    domain="0 < x < 2",
    cite="the inverse of DLMF 7.10.1",
)
faddeeva: Primitive = declare(
    "wofz",
    lambda z: library.wofz(z),
    lambda y, z: TWO_OVER_ROOT_PI * 1j - 2 * z * y,
    ranges=((-1.5, 1.5),),
    domain="everywhere",
    cite="DLMF 7.10.3",
    holomorphic=True,
    complex_samples=True,
)


@implement("wofz")
def wofz(z: Any) -> Any:
    """The Faddeeva function, which is complex for real arguments too."""
    return faddeeva(as_complex(z))


def _scaled_integral_value(x: Any, *, order: int) -> Any:
    """e^(x^2) i^n erfc(x): by its recurrence, upwards where that is stable and by Miller's algorithm elsewhere."""
    if np.iscomplexobj(x):
        if order:
            raise TypeError("derivatives of scipy.special.erfcx are for real numbers")
        return library.erfcx(x)
    x = np.asarray(x, np.float64)
    # upwards costs a factor of e^(2 x sqrt(2 order)) in accuracy
    split = 1.5 if order <= 1 else 1.0
    with np.errstate(all="ignore"):
        return np.where(x < split, _upwards(np.minimum(x, split), order), _downwards(np.maximum(x, split), order))


def _upwards(x: Any, order: int) -> Any:
    before, found = np.full(x.shape, TWO_OVER_ROOT_PI), library.erfcx(x)
    for n in range(1, order + 1):
        before, found = found, (before - 2 * x * found) / (2 * n)
    return found


def _downwards(x: Any, order: int) -> Any:
    """The minimal solution of DLMF 7.18.7, started far out and scaled by its value at n = 0."""
    above, found = np.zeros(x.shape), np.ones(x.shape)
    # after so many steps the start is forgotten, by a factor of e^(-2 x sqrt(2 n))
    for n in range(order + 220, order, -1):
        above, found = found, 2 * (n + 1) * above + 2 * x * found
        if n % 4 == 0:
            above, found = above / found, np.ones(x.shape)
    wanted = found
    for n in range(order, 0, -1):
        above, found = found, 2 * (n + 1) * above + 2 * x * found
    return library.erfcx(x) * wanted / found


scaled_integral: Primitive = declare(
    "scaled_integral",
    _scaled_integral_value,
    lambda y, x, *, order: -2.0 * (order + 1) * scaled_integral(x, order=order + 1),
    ranges=((-1.5, 3.0),),
    domain="everywhere on the real line",
    cite="DLMF 7.18.4, 7.18.7",
    params=("order",),
    settings=({"order": 0}, {"order": 2}),
    register=False,
)
erfcx: Primitive = declare(
    "erfcx",
    library.erfcx,
    lambda y, x: -2.0 * scaled_integral(x, order=1),
    ranges=((-1.5, 3.0),),
    domain="everywhere on the real line",
    cite="DLMF 7.18.4",
)


def _dawson_value(x: Any, *, order: int) -> Any:
    """Derivatives of Dawson's integral: a recurrence near zero, the asymptotic series further out."""
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        before, found = library.dawsn(x), 1 - 2 * x * library.dawsn(x)
        for n in range(1, order):
            before, found = found, -2 * x * found - 2 * n * before
        far = np.abs(x) > 8
        z = np.where(far, x, 8.0)
        # sum over k of (2k-1)!! / (2^(k+1) z^(2k+1)), differentiated term by term
        term = 0.5 * (-1) ** order * float(library.gamma(order + 1)) / z ** (order + 1)
        total = term.copy()
        for k in range(1, 40):
            growth = (2 * k - 1) * (2 * k + order - 1) * (2 * k + order) / (2 * (2 * k) * (2 * k - 1))
            term = term * growth / (z * z)
            total += term
    return np.where(far, total, found if order else before)


dawson_derivative: Primitive = declare(
    "dawson_derivative",
    _dawson_value,
    lambda y, x, *, order: dawson_derivative(x, order=order + 1),
    ranges=((-2.0, 2.0),),
    domain="everywhere on the real line",
    cite="DLMF 7.10.4, 7.12.1",
    params=("order",),
    settings=({"order": 1}, {"order": 2}),
    register=False,
)
dawsn: Primitive = declare(
    "dawsn",
    library.dawsn,
    lambda y, x: dawson_derivative(x, order=1),
    ranges=((-2.0, 2.0),),
    domain="everywhere on the real line",
    cite="DLMF 7.10.4",
)

ndtr: Primitive = declare(
    "ndtr",
    library.ndtr,
    lambda y, x: exp(-0.5 * (x * x)) / ROOT_TWO_PI,
    ranges=((-2.5, 2.5),),
    domain="everywhere",
    cite="DLMF 7.10.1",
    holomorphic=True,
)
ndtri: Primitive = declare(
    "ndtri",
    library.ndtri,
    lambda y, p: ROOT_TWO_PI * exp(0.5 * (y * y)),
    ranges=((0.25, 0.75),),
    domain="0 < p < 1",
    cite="the inverse of DLMF 7.10.1",
)
# phi / Phi: with the scaled function neither tail underflows
log_ndtr: Primitive = declare(
    "log_ndtr",
    library.log_ndtr,
    lambda y, x: 2 / ROOT_TWO_PI / erfcx(-ROOT_HALF * x),
    ranges=((-4.0, 2.5),),
    domain="everywhere",
    cite="DLMF 7.10.1",
)
ndtri_exp: Primitive = declare(
    "ndtri_exp",
    library.ndtri_exp,
    lambda y, p: ROOT_TWO_PI / 2 * erfcx(-ROOT_HALF * y),
    ranges=((-4.0, -0.2),),
    domain="y < 0",
    cite="the inverse of log_ndtr",
)

owens_t: Primitive = declare(
    "owens_t",
    library.owens_t,
    lambda y, h, a: -exp(-0.5 * (h * h)) / ROOT_TWO_PI * (ndtr(a * h) - 0.5),
    lambda y, h, a: exp(-0.5 * (h * h) * (1 + a * a)) / (2 * np.pi * (1 + a * a)),
    ranges=((-1.5, 1.5), (-1.5, 1.5)),
    domain="everywhere",
    cite="Owen (1956), Tables for computing bivariate normal probabilities, eq. 2.1",
)
