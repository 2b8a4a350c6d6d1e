"""Hypergeometric functions in their argument, and functions that are best differentiated through them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import absolute, exp, log1p
from wengert.scipy.special.declare import (
    as_complex,
    declare,
    floating,
    guarded,
    implement,
    integer_step,
    library,
    number,
)

__all__ = ["exprel", "hyp0f1", "hyp1f1", "hyp2f1", "hyperu", "log1p_ratio"]

_PARAMETER: Final = "this parameter"
HALF_PI: Final = float(np.pi / 2)


def _next(parameter: Any) -> Any:
    return integer_step(parameter, 1)


hyp0f1: Primitive = declare(
    "hyp0f1",
    library.hyp0f1,
    _PARAMETER,
    lambda y, b, z: hyp0f1(_next(b), z) / number(b, z),
    ranges=(range(1, 4), (-1.5, 1.5)),
    domain="b not 0, -1, ...",
    cite="DLMF 16.3.1",
    holomorphic=True,
    finite=True,
)
hyp1f1: Primitive = declare(
    "hyp1f1",
    library.hyp1f1,
    _PARAMETER,
    _PARAMETER,
    lambda y, a, b, z: number(a, z) / number(b, z) * hyp1f1(_next(a), _next(b), z),
    ranges=(range(1, 3), range(3, 5), (-1.5, 1.5)),
    domain="b not 0, -1, ...",
    cite="DLMF 13.3.15",
    holomorphic=True,
    finite=True,
)
hyp2f1: Primitive = declare(
    "hyp2f1",
    library.hyp2f1,
    _PARAMETER,
    _PARAMETER,
    _PARAMETER,
    lambda y, a, b, c, z: number(a, z) * number(b, z) / number(c, z) * hyp2f1(_next(a), _next(b), _next(c), z),
    ranges=(range(1, 2), range(1, 2), range(3, 4), (-0.4, 0.4)),
    domain="z < 1, c not 0, -1, ...",
    cite="DLMF 15.5.1",
    holomorphic=True,
    finite=True,
)
hyperu: Primitive = declare(
    "hyperu",
    library.hyperu,
    _PARAMETER,
    _PARAMETER,
    lambda y, a, b, x: -number(a, x) * hyperu(_next(a), _next(b), x),
    ranges=(range(1, 3), range(1, 3), (0.5, 3.0)),
    domain="x > 0",
    cite="DLMF 13.3.22",
    finite=True,
)


def _moment_value(x: Any, *, order: int) -> Any:
    x = np.asarray(x, np.float64)
    known = np.isfinite(x)
    return np.where(known, library.hyp1f1(order + 1.0, order + 2.0, np.where(known, x, 0.0)) / (order + 1), np.nan)


# integral of t^n e^(x t) over 0 < t < 1: the derivatives of (e^x - 1) / x
exponential_moment: Primitive = declare(
    "exponential_moment",
    _moment_value,
    lambda y, x, *, order: exponential_moment(x, order=order + 1),
    ranges=((-2.0, 2.0),),
    domain="everywhere",
    cite="DLMF 13.4.1",
    params=("order",),
    settings=({"order": 1}, {"order": 2}),
    register=False,
)
exprel: Primitive = declare(
    "exprel",
    library.exprel,
    lambda y, x: exponential_moment(x, order=1),
    ranges=((-2.0, 2.0),),
    domain="everywhere",
    cite="DLMF 13.4.1, 13.6.2",
)


def log1p_ratio(t: Any) -> Any:
    """log(1 + t) / t for t > -1, smooth at 0; DLMF 15.4.1."""
    return hyp2f1(1.0, 1.0, 2.0, -t)


def _d_spence(y: Any, x: Any) -> Any:
    near = absolute(x - 1) < 0.5
    far = guarded(~near, x, 2.0)
    return select(near, -log1p_ratio(guarded(near, x, 1.0) - 1), log(far) / (1 - far))


# integral of log t / (1 - t) from 1 to x
spence: Primitive = declare(
    "spence", library.spence, _d_spence, ranges=((0.3, 3.0),), domain="x > 0", cite="DLMF 25.12.2", holomorphic=True
)
ellipk: Primitive = declare(
    "ellipk",
    library.ellipk,
    lambda y, m: HALF_PI / 4 * hyp2f1(1.5, 1.5, 2.0, m),
    ranges=((-0.8, 0.7),),
    domain="m < 1",
    cite="DLMF 19.5.1, 15.5.1",
)
ellipe: Primitive = declare(
    "ellipe",
    library.ellipe,
    lambda y, m: -HALF_PI / 4 * hyp2f1(0.5, 1.5, 2.0, m),
    ranges=((-0.8, 0.7),),
    domain="m < 1",
    cite="DLMF 19.5.2, 15.5.1",
)
ellipkm1: Primitive = declare(
    "ellipkm1",
    library.ellipkm1,
    lambda y, p: -HALF_PI / 4 * hyp2f1(0.5, 0.5, 2.0, 1 - p) / p,
    ranges=((0.3, 1.6),),
    domain="p > 0",
    cite="DLMF 19.5.1, 15.8.1",
)


@implement("boxcox")
def boxcox(x: Any, lmbda: Any) -> Any:
    """The Box-Cox power transform, smooth in the power where that is zero."""
    logarithm = log(floating(x))
    return logarithm * exprel(lmbda * logarithm)


@implement("boxcox1p")
def boxcox1p(x: Any, lmbda: Any) -> Any:
    """The Box-Cox power transform of 1 + x."""
    logarithm = log1p(floating(x))
    return logarithm * exprel(lmbda * logarithm)


@implement("inv_boxcox")
def inv_boxcox(y: Any, lmbda: Any) -> Any:
    """The inverse of the Box-Cox transform."""
    y = floating(y)
    return exp(y * log1p_ratio(lmbda * y))


@implement("inv_boxcox1p")
def inv_boxcox1p(y: Any, lmbda: Any) -> Any:
    """The inverse of the Box-Cox transform of 1 + x."""
    y = floating(y)
    return np.expm1(y * log1p_ratio(lmbda * y))


def _lambert_value(z: Any, *, branch: int) -> Any:
    return library.lambertw(z, branch)


_lambertw: Primitive = declare(
    "lambertw",
    _lambert_value,
    lambda w, z, *, branch: exp(-w) / (1 + w),
    ranges=((0.2, 3.0),),
    domain="z != -1/e, where W = -1; z != 0 outside of the principal branch",
    cite="DLMF 4.13.4",
    params=("branch",),
    settings=({"branch": 0}, {"branch": -1}),
    holomorphic=True,
    complex_samples=True,
)


@implement("lambertw")
def lambertw(z: Any, k: int = 0, tol: float = 1e-8) -> Any:
    """The inverse of w e^w in one branch, a complex number, as in SciPy."""
    return _lambertw(as_complex(z), branch=int(k))


wrightomega: Primitive = declare(
    "wrightomega",
    library.wrightomega,
    lambda w, z: w / (1 + w),
    ranges=((-1.0, 3.0),),
    domain="z != -1 + i pi",
    cite="DLMF 4.13.4; w + log w = z",
    holomorphic=True,
)
agm: Primitive = declare(
    "agm",
    library.agm,
    lambda y, a, b: y / a - b / a * _agm_in_second(y, a, b),
    lambda y, a, b: _agm_in_second(y, a, b),
    ranges=((0.6, 2.0), (0.6, 2.0)),
    domain="a, b > 0",
    cite="DLMF 19.8.5",
)


def _agm_in_second(y: Any, a: Any, b: Any) -> Any:
    """From agm(a, b) = pi a / (2 K(1 - (b/a)^2)); the mean is homogeneous, which gives the rate in a."""
    ratio = b / a
    m = 1 - ratio * ratio
    slope = HALF_PI / 4 * hyp2f1(0.5, 0.5, 2.0, m) / (ratio * ratio)
    return 2 * y * ratio / a * slope / ellipk(m)
