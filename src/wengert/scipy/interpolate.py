"""`scipy.interpolate` for traced values: piecewise polynomials, in the points and in the data.

The data enter linearly, so that SciPy's own coefficients for unit vectors serve as a matrix.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.interpolate as interpolate
>>> x = np.arange(4.0)
>>> wg.grad(lambda y: interpolate.CubicSpline(x, y)(1.0))(x**2)
array([0., 1., 0., 0.])
"""

from __future__ import annotations

from math import factorial
from typing import Any, Final

import numpy as np
import scipy.interpolate

from wengert.primitives.arithmetic import select
from wengert.scipy.mirror import fall_through, refusal, traced
from wengert.scipy.special.declare import floating
from wengert.tracing import type_of

__all__ = ["CubicSpline", "interp1d", "make_interp_spline"]

_plain: Final[Any] = scipy.interpolate
_beyond = fall_through("scipy.interpolate")


class _Piecewise:
    """A piecewise polynomial: coefficients of falling powers of the distance to the knot on the left."""

    def __init__(self, knots: Any, coefficients: Any, lower: Any = None, upper: Any = None) -> None:
        self.knots = knots
        self.coefficients = coefficients
        self.lower, self.upper = lower, upper

    def __call__(self, points: Any, nu: int = 0) -> Any:
        if nu:
            raise refusal("a derivative of a spline by nu", "for traced values; differentiate the spline itself")
        points = floating(points)
        count = type_of(self.knots).shape[0]
        place = np.clip(np.searchsorted(self.knots, points, side="right") - 1, 0, count - 2)
        trailing = len(type_of(self.coefficients).shape) - 2
        gap = points - self.knots[place]
        gap = np.reshape(gap, (*type_of(gap).shape, *(1,) * trailing))
        value = self.coefficients[0][place]
        for k in range(1, type_of(self.coefficients).shape[0]):
            value = value * gap + self.coefficients[k][place]
        return self._ends(points, value)

    def _ends(self, points: Any, value: Any) -> Any:
        if self.lower is not None:
            value = select(points < self.knots[0], self.lower, value)
        if self.upper is not None:
            value = select(points > self.knots[-1], self.upper, value)
        return value


def _plain_knots(name: str, x: Any) -> Any:
    if traced(x):
        raise refusal(f"scipy.interpolate.{name}", "in the knots; give them as plain numbers")
    return np.asarray(x, np.float64)


class _Deferred:
    """SciPy's interpolant of plain data, which takes traced points through its coefficients."""

    def __init__(self, plain: Any, piecewise: _Piecewise) -> None:
        self._plain, self._piecewise = plain, piecewise

    def __call__(self, points: Any, *args: Any, **options: Any) -> Any:
        if traced(points):
            return self._piecewise(points, *args, **options)
        return self._plain(points, *args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


def _interpolant(make: Any, x: Any, y: Any, polynomial: Any) -> Any:
    """From SciPy's spline through unit vectors: the coefficients of any other data."""
    basis = polynomial(make(np.eye(len(x))))
    y = floating(y)
    found = np.tensordot(basis.c, y, axes=1)
    piecewise = _Piecewise(basis.x, found)
    return piecewise if traced(y) else _Deferred(make(y), piecewise)


def CubicSpline(x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> Any:
    """`scipy.interpolate.CubicSpline`, in the points and the data; the end conditions by name."""
    x = _plain_knots("CubicSpline", x)
    if axis != 0 or not isinstance(bc_type, str) or extrapolate not in (None, True, "periodic"):
        if traced(y):
            raise refusal("scipy.interpolate.CubicSpline with these options", "for traced values")
        return _plain.CubicSpline(x, y, axis, bc_type, extrapolate)
    if bc_type == "periodic" or extrapolate == "periodic":
        raise refusal("a periodic scipy.interpolate.CubicSpline", "for traced values")
    return _interpolant(lambda data: _plain.CubicSpline(x, data, 0, bc_type), x, y, lambda spline: spline)


def make_interp_spline(x: Any, y: Any, k: int = 3, **options: Any) -> Any:
    """`scipy.interpolate.make_interp_spline`, in the points and the data."""
    x = _plain_knots("make_interp_spline", x)
    if options:
        if traced(y):
            raise refusal("scipy.interpolate.make_interp_spline with options", "for traced values")
        return _plain.make_interp_spline(x, y, k, **options)
    return _interpolant(lambda data: _plain.make_interp_spline(x, data, k), x, y, _as_polynomials)


def _as_polynomials(spline: Any) -> Any:
    """Taylor coefficients at the left end of each piece; knots are repeated at the ends, which hold no piece."""
    knots = np.unique(spline.t[spline.k : len(spline.t) - spline.k])
    powers = range(spline.k, -1, -1)
    return _plain.PPoly(np.stack([spline(knots[:-1], nu=p) / factorial(p) for p in powers]), knots)


def interp1d(x: Any, y: Any, kind: Any = "linear", axis: int = -1, copy: bool = True, bounds_error: Any = None,
             fill_value: Any = np.nan, assume_sorted: bool = False) -> Any:  # fmt: skip
    """`scipy.interpolate.interp1d`, linear (in the knots too) or cubic; knots in rising order, data of one axis.

    Points beyond the ends are refused as in SciPy, unless a fill value or "extrapolate" is given.
    """
    if kind not in ("linear", "cubic") or len(type_of(floating(y)).shape) != 1 or isinstance(fill_value, tuple):
        if traced(x, y):
            raise refusal(f"scipy.interpolate.interp1d with kind={kind!r}, data of several axes or two fill values",
                          "for traced values")  # fmt: skip
        return _plain.interp1d(x, y, kind, axis, copy, bounds_error, fill_value, assume_sorted)
    extrapolate = isinstance(fill_value, str)
    if kind == "cubic":
        knots = _plain_knots("interp1d", x)
        basis = _as_polynomials(_plain.make_interp_spline(knots, np.eye(len(knots)), 3))
        piecewise = _Piecewise(basis.x, np.tensordot(basis.c, floating(y), axes=1))
    else:
        x, y = floating(x), floating(y)
        slopes = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
        piecewise = _Piecewise(x, np.stack([slopes, y[:-1]]))
    if not extrapolate:
        piecewise.lower = piecewise.upper = fill_value
    if traced(x, y):
        return _Bounded(piecewise, not extrapolate and (bounds_error or fill_value != fill_value))
    return _Deferred(_plain.interp1d(x, y, kind, axis, copy, bounds_error, fill_value, assume_sorted), piecewise)


class _Bounded:
    """A piecewise polynomial that is not asked beyond its ends."""

    def __init__(self, piecewise: _Piecewise, strict: Any) -> None:
        self._piecewise, self._strict = piecewise, bool(strict)

    def __call__(self, points: Any) -> Any:
        knots = self._piecewise.knots
        if self._strict and bool(np.any((points < knots[0]) | (points > knots[-1]))):
            raise ValueError("A value in x_new is beyond the interpolation range.")
        return self._piecewise(points)


def __getattr__(name: str) -> Any:
    return _beyond(name)
