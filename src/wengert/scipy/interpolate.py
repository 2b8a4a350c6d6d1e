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

from wengert.numpy.selecting import take
from wengert.primitives.arithmetic import constant, select
from wengert.primitives.elementwise import absolute
from wengert.scipy.mirror import fall_through, refusal, settled, traced
from wengert.scipy.special.declare import floating
from wengert.tracing import type_of

__all__ = [
    "Akima1DInterpolator", "CubicHermiteSpline", "CubicSpline", "PchipInterpolator", "interp1d", "make_interp_spline",
    "pchip_interpolate",
]  # fmt: skip

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
        gap = points - take(self.knots, place, axis=0)
        gap = np.reshape(gap, (*type_of(gap).shape, *(1,) * trailing))
        value = take(self.coefficients[0], place, axis=0)
        for k in range(1, type_of(self.coefficients).shape[0]):
            value = value * gap + take(self.coefficients[k], place, axis=0)
        return self._ends(points, value)

    def _ends(self, points: Any, value: Any) -> Any:
        if self.lower is not None:
            value = select(points < self.knots[0], self.lower, value)
        if self.upper is not None:
            value = select(points > self.knots[-1], self.upper, value)
        return value


def _plain_knots(name: str, x: Any) -> Any:
    x = settled(x)
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


def CubicHermiteSpline(x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> Any:
    """`scipy.interpolate.CubicHermiteSpline`, in the points, the data and their slopes."""
    x = _plain_knots("CubicHermiteSpline", x)
    return _hermite("CubicHermiteSpline", x, y, lambda y: floating(dydx), axis, extrapolate, dydx)


def PchipInterpolator(x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> Any:
    """`scipy.interpolate.PchipInterpolator`, in the points and the data; Fritsch & Butland (1984)."""
    x = _plain_knots("PchipInterpolator", x)
    return _hermite("PchipInterpolator", x, y, lambda y: _monotone_slopes(x, y), axis, extrapolate)


def Akima1DInterpolator(x: Any, y: Any, axis: int = 0, *, method: str = "akima", extrapolate: Any = None) -> Any:
    """`scipy.interpolate.Akima1DInterpolator` of the first method, in the points and the data; Akima (1970).

    As in SciPy, the value beyond the ends is NaN unless `extrapolate` is given.
    """
    x = _plain_knots("Akima1DInterpolator", x)
    if method != "akima":
        if traced(y):
            raise refusal(f"scipy.interpolate.Akima1DInterpolator with method={method!r}", "for traced values")
        return _plain.Akima1DInterpolator(x, y, axis, method=method, extrapolate=extrapolate)
    return _hermite("Akima1DInterpolator", x, y, lambda y: _akima_slopes(x, y), axis, bool(extrapolate))


def pchip_interpolate(xi: Any, yi: Any, x: Any, der: int = 0, axis: int = 0) -> Any:
    """`scipy.interpolate.pchip_interpolate`, in the points and the data."""
    if not traced(yi, x):
        return _plain.pchip_interpolate(xi, yi, x, der, axis)
    return PchipInterpolator(xi, yi, axis)(x, der)


def _hermite(name: str, x: Any, y: Any, slopes: Any, axis: int, extrapolate: Any, *others: Any) -> Any:
    """The cubic through the data with slopes that are a function of them."""
    if (axis != 0 or extrapolate not in (None, True, False)) and traced(y, *others):
        raise refusal(f"scipy.interpolate.{name} with these options", "for traced values")
    make = getattr(_plain, name)
    if axis != 0 or extrapolate not in (None, True, False):
        return make(x, y, *others, axis=axis, extrapolate=extrapolate)
    data = floating(y)
    d, step = slopes(data), np.reshape(np.diff(x), (-1, *(1,) * (len(type_of(data).shape) - 1)))
    rise = (data[1:] - data[:-1]) / step
    bend = (d[:-1] + d[1:] - 2 * rise) / step
    coefficients = np.stack([bend / step, (rise - d[:-1]) / step - bend, d[:-1], data[:-1]])
    piecewise = _Piecewise(x, coefficients)
    if extrapolate is False:
        piecewise.lower = piecewise.upper = np.nan
    if traced(y, *others):
        return piecewise
    return _Deferred(make(x, y, *others, extrapolate=extrapolate), piecewise)


def _column(x: Any, y: Any) -> Any:
    return np.reshape(x, (-1, *(1,) * (len(type_of(y).shape) - 1)))


def _monotone_slopes(x: Any, y: Any) -> Any:
    """Harmonic means of the rises on both sides, zero where they differ in sign; eq. 4 of the article."""
    step = _column(np.diff(x), y)
    rise = (y[1:] - y[:-1]) / step
    if len(x) == 2:
        return np.concatenate([rise, rise])
    left, right = rise[:-1], rise[1:]
    first, second = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    same = left * right > 0
    left, right = select(same, left, 1.0), select(same, right, 1.0)
    inner = select(same, (first + second) / (first / left + second / right), 0.0)
    ends = [_end_slope(step[i], step[j], rise[i], rise[j]) for i, j in ((0, 1), (-1, -2))]
    return np.concatenate([ends[0][None], inner, ends[1][None]])


def _end_slope(near: Any, far: Any, rise: Any, next_rise: Any) -> Any:
    """A slope of second order at an end, cut so that the curve keeps its shape; Moler, Numerical Computing, 3.6."""
    slope = ((2 * near + far) * rise - near * next_rise) / (near + far)
    against = slope * rise <= 0
    overshoot = (rise * next_rise < 0) & (absolute(slope) > 3 * absolute(rise))
    return select(against, 0.0, select(overshoot, 3 * rise, slope))


def _akima_slopes(x: Any, y: Any) -> Any:
    """Means of the rises on both sides, weighted by how much the rises beyond change; the mean where all are equal."""
    rise = (y[1:] - y[:-1]) / _column(np.diff(x), y)
    # two rises more at either end, in arithmetic progression
    before = 2 * rise[:1] - rise[1:2] if len(x) > 2 else rise[:1]
    after = 2 * rise[-1:] - rise[-2:-1] if len(x) > 2 else rise[-1:]
    m = np.concatenate([2 * before - rise[:1], before, rise, after, 2 * after - rise[-1:]])
    change = absolute(m[1:] - m[:-1])
    right, left = change[2:], change[:-2]
    total = left + right
    # as SciPy does it: nearly equal changes count as none
    known = total > 1e-9 * constant(np.max(total))
    weights = select(known, total, 1.0)
    mean = (right * m[1:-2] + left * m[2:-1]) / weights
    return select(known, mean, 0.5 * (m[3:] + m[:-3]))


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
