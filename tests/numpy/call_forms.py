"""Forms in which programs call NumPy's functions of signals, tables, statistics and polynomials.

As in the tables of `test_functions`: by the shape of the argument, a function and forms of its call.
"""

from __future__ import annotations

import numpy as np


def since(name):
    """A function of NumPy's, None where the NumPy at hand does not have it yet."""
    return getattr(np, name, None)


ROW = np.array([0.4, -1.3, 0.9, 2.1])
COLUMN = np.array([[0.7], [-0.2], [1.6]])
CUBE = np.linspace(-1.2, 1.5, 24).reshape(2, 3, 4)
STEPS = np.array([0.1, 0.5, 1.2, 1.9])
CHOSEN = np.array([True, False, True, True])
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.25])
GAPS = np.zeros((3, 4), bool)
GAPS[0, 1] = GAPS[2, 3] = GAPS[2, 0] = True
METHODS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
)  # fmt: skip
PADDINGS = ("constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap")


def parts(form):
    """The real and the imaginary part of a complex result."""
    return lambda x: [form(x).real, form(x).imag]


def turned(x):
    return x * (1 + 2j) + 0.5j


def written(write):
    """A copy of the argument, written into."""

    def form(x):
        y = x.copy()
        write(y, x)
        return y

    return form


def missing(function, **options):
    """A reduction of what has gaps."""
    return lambda x: function(np.where(GAPS, np.nan, x), **options)


def callable_ramp(x):
    return np.pad(x, ((1, 2), (0, 3)), "linear_ramp", end_values=((1.0, 2.0), (3.0, 4.0)))


def fourier(function, *forms):
    return (function, parts(lambda x: function(turned(x))), *map(parts, forms))


VECTORS = [
    (np.copysign, lambda x: np.copysign(x, ROW), lambda x: np.copysign(-1.5, x)),
    (np.fmod, lambda x: np.fmod(3.3, x), lambda x: np.fmod(-3.3 * x, 0.71)),
    (np.fmax, lambda x: np.fmax(x, ROW), lambda x: np.fmax(x, np.array([np.nan, 0.0, 9.0, np.nan]))),
    (np.fmin, lambda x: np.fmin(x, ROW), lambda x: np.fmin(np.array([np.nan, 0.0, 9.0, np.nan]), x)),
    (np.ldexp, lambda x: np.ldexp(x, 3), lambda x: np.ldexp(x, np.array([-1, 0, 2, 5]))),
    (np.logaddexp2, lambda x: np.logaddexp2(x, ROW), lambda x: np.logaddexp2(x, -x)),
    (np.divmod, lambda x: np.divmod(x, 0.37), lambda x: np.divmod(3.3, x)),
    (np.modf, np.modf, lambda x: np.modf(-2.5 * x)),
    (np.frexp, np.frexp),
    (np.sign, parts(lambda x: np.sign(turned(x)))),
    (np.sinc, np.sinc, lambda x: np.sinc(x * np.array([0.0, 1.0, -1.0, 3.0]))),
    (np.i0, np.i0, lambda x: np.i0(-3 * x)),
    (np.angle, np.angle, lambda x: np.angle(turned(x)), lambda x: np.angle(turned(x), deg=True)),
    (np.unwrap, np.unwrap, lambda x: np.unwrap(7 * x), lambda x: np.unwrap(4 * x, period=1.7),
     lambda x: np.unwrap(7 * x, discont=4.0)),
    (np.real_if_close, lambda x: np.real_if_close(x + 0j), parts(lambda x: np.real_if_close(turned(x)))),
    (np.interp, lambda x: np.interp(x, STEPS, ROW), lambda x: np.interp(STEPS, STEPS + 0.05, x),
     lambda x: np.interp(STEPS, np.cumsum(x), ROW, left=-1.0, right=2.0), lambda x: np.interp(0.3, STEPS, x),
     lambda x: np.interp(x + 3, STEPS, ROW, period=2.0), parts(lambda x: np.interp(STEPS, STEPS + 0.05, turned(x)))),
    (np.convolve, lambda x: np.convolve(x, ROW[:3]), lambda x: np.convolve(ROW[:2], x, "same"),
     lambda x: np.convolve(x, x, mode="valid"), parts(lambda x: np.convolve(turned(x), x))),
    (np.correlate, lambda x: np.correlate(x, ROW[:3]), lambda x: np.correlate(ROW[:3], x, "same"),
     lambda x: np.correlate(x, x, "full"), parts(lambda x: np.correlate(x, turned(x), "full"))),
    (np.cumprod, lambda x: np.cumprod(x * np.array([1.0, 0.0, 1.0, 1.0]))),
    (since("cumulative_sum"), since("cumulative_sum"), lambda x: np.cumulative_sum(x, include_initial=True)),
    (since("cumulative_prod"), since("cumulative_prod")),
    *((function, function, parts(lambda x, function=function: function(-x))) for function in (
        np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10)),
    *((function, lambda x, function=function: function(x / 3), parts(lambda x, function=function: function(2 * x)))
      for function in (np.emath.arcsin, np.emath.arccos, np.emath.arctanh)),
    (np.emath.power, lambda x: np.emath.power(x, 1.5), parts(lambda x: np.emath.power(-x, x)),
     lambda x: np.emath.power(x, np.array([-1, 2, -3, 0]))),
    (np.emath.logn, lambda x: np.emath.logn(3.0, x), parts(lambda x: np.emath.logn(-x, turned(x)))),
    (np.ediff1d, np.ediff1d, lambda x: np.ediff1d(x, to_begin=x[0], to_end=[1.0, 2.0])),
    (np.trapezoid, np.trapezoid, lambda x: np.trapezoid(ROW, x), lambda x: np.trapezoid(x, dx=0.3)),
    (np.gradient, np.gradient, lambda x: np.gradient(x, 0.3, edge_order=2), lambda x: np.gradient(ROW, np.cumsum(x)),
     lambda x: np.gradient(ROW, x[0])),
    (np.median, np.median), (np.quantile, lambda x: np.quantile(ROW, x / 3)),
    (np.polyval, lambda x: np.polyval(x, 0.7), lambda x: np.polyval([1.0, 2.0], x), lambda x: np.polyval(x, x)),
    (np.polyadd, lambda x: np.polyadd(x, [1.0, 2.0])), (np.polysub, lambda x: np.polysub([1.0, 2.0], x)),
    (np.polymul, lambda x: np.polymul(x, x[:2])), (np.polydiv, lambda x: np.polydiv(x, x[1:3])),
    (np.polyder, np.polyder, lambda x: np.polyder(x, 2)),
    (np.polyint, np.polyint, lambda x: np.polyint(x, 2, k=[3.0, 4.0])),
    (np.polyfit, lambda x: np.polyfit(STEPS, x, 1), lambda x: np.polyfit(STEPS, x, 1, w=WEIGHTS)),
    (np.poly, np.poly, parts(lambda x: np.poly(turned(x)))),
    (np.roots, parts(lambda x: np.sort(np.roots(np.concatenate([[1.0, -6.0, 11.0], x[:1] / 9 - 6.0, [0.0]]))))),
    (np.vander, np.vander, lambda x: np.vander(x, 3, increasing=True), lambda x: np.vander(x, 1)),
    (np.partition, lambda x: np.partition(x, 2), lambda x: np.partition(x, [0, 1])),
    (np.sort_complex, lambda x: np.sort_complex(x).real),
    (np.sort, parts(lambda x: np.sort(turned(x)))),
    (np.delete, lambda x: np.delete(x, 1), lambda x: np.delete(x, CHOSEN), lambda x: np.delete(x, slice(1, 3))),
    (np.insert, lambda x: np.insert(x, 1, 9.0), lambda x: np.insert(x, [1, 3], x[:2]), lambda x: np.insert(x, 2, x)),
    (np.resize, lambda x: np.resize(x, (3, 3)), lambda x: np.resize(x, 2)),
    (np.trim_zeros, lambda x: np.trim_zeros(np.concatenate([[0.0, 0.0], x, [0.0]])),
     lambda x: np.trim_zeros(np.concatenate([[0.0, 0.0], x, [0.0]]), "f")),
    (np.choose, lambda x: np.choose([0, 1, 1, 0], (x, x**2)),
     lambda x: np.choose([0, 3, -1, 0], (x, x**2), mode="wrap"),
     lambda x: np.choose([[0], [5]], (x, x**2), mode="clip")),
    (np.piecewise, lambda x: np.piecewise(x, CHOSEN, [np.sin]),
     lambda x: np.piecewise(x, [CHOSEN, ~CHOSEN], [lambda t, a: a * t, -1.0], 3.0)),
    (np.meshgrid, lambda x: np.meshgrid(x, ROW[:2]), lambda x: np.meshgrid(x, x, indexing="ij", sparse=True)),
    (np.ix_, lambda x: np.ix_(x, [0, 1])),
    (np.put, written(lambda y, x: np.put(y, [0, -1, 2], x)), written(lambda y, x: np.put(y, 7, x[0], "wrap"))),
    (np.place, written(lambda y, x: np.place(y, CHOSEN, [x[0], 2.0]))),
    (np.putmask, written(lambda y, x: np.putmask(y, CHOSEN, [x[3], 2.0]))),
    (np.copyto, written(lambda y, x: np.copyto(y, x**2, where=CHOSEN)), written(lambda y, x: np.copyto(y, 2.0))),
    (np.unique, np.unique, lambda x: np.unique(x, True, True, True)),
    (np.unique_values, np.unique_values), (np.unique_counts, np.unique_counts),
    (np.unique_inverse, np.unique_inverse), (np.unique_all, np.unique_all),
    (np.union1d, lambda x: np.union1d(x, ROW)), (np.setdiff1d, lambda x: np.setdiff1d(x, ROW)),
    (np.setxor1d, lambda x: np.setxor1d(x, ROW)),
    (np.astype, lambda x: np.astype(x, complex).real),
    (np.linspace, lambda x: np.linspace(x, x**2, 4), lambda x: np.linspace(x[1], x[0], 3, endpoint=False)),
    (np.logspace, lambda x: np.logspace(x[0], x[1], 4)), (np.geomspace, lambda x: np.geomspace(x[0], x[1], 4)),
    fourier(np.fft.fft, lambda x: np.fft.fft(x, 6, norm="ortho"), lambda x: np.fft.fft(x, 3)),
    fourier(np.fft.ifft, lambda x: np.fft.ifft(x, norm="forward")),
    (np.fft.rfft, parts(np.fft.rfft), parts(lambda x: np.fft.rfft(x, 5, norm="ortho"))),
    (np.fft.ihfft, parts(np.fft.ihfft), parts(lambda x: np.fft.ihfft(x, 7, norm="forward"))),
    (np.fft.irfft, np.fft.irfft, lambda x: np.fft.irfft(turned(x)), lambda x: np.fft.irfft(turned(x), 7)),
    (np.fft.hfft, np.fft.hfft, lambda x: np.fft.hfft(turned(x), 5, norm="ortho")),
    (np.fft.fftshift, np.fft.fftshift), (np.fft.ifftshift, np.fft.ifftshift),
    (np.lib.stride_tricks.sliding_window_view, lambda x: np.lib.stride_tricks.sliding_window_view(x, 2)),
]  # fmt: skip

MATRICES = [
    (np.cumprod, np.cumprod, lambda x: x.cumprod(axis=0)),
    (since("cumulative_sum"), lambda x: np.cumulative_sum(x, axis=1)),
    (since("cumulative_prod"), lambda x: np.cumulative_prod(x, axis=0, include_initial=True)),
    (np.var, lambda x: np.var(x, axis=1, where=CHOSEN), lambda x: np.var(x, mean=1.0), lambda x: np.var(turned(x))),
    (np.std, lambda x: np.std(x, axis=1, where=CHOSEN, ddof=1, keepdims=True)),
    (np.mean, lambda x: np.mean(x, where=CHOSEN, keepdims=True)),
    *((function, missing(function), missing(function, axis=0), missing(function, axis=-1, keepdims=True),
       missing(function, axis=(0, 1))) for function in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd,
                                                        np.nanmax, np.nanmin, np.nanmedian)),
    *((function, missing(function), missing(function, axis=1)) for function in (np.nancumsum, np.nancumprod)),
    (np.nanquantile, missing(np.nanquantile, q=0.3), missing(np.nanquantile, q=[0.2, 0.7], axis=1, method="weibull")),
    (np.nanpercentile, missing(np.nanpercentile, q=30.0, axis=0, keepdims=True)),
    (np.median, lambda x: np.median(x, axis=0), lambda x: np.median(x, axis=(0, 1), keepdims=True)),
    (np.quantile, *(lambda x, method=method: np.quantile(x, [0.0, 0.31, 0.5, 1.0], axis=1, method=method)
                    for method in METHODS),
     lambda x: np.quantile(x, 0.4, weights=WEIGHTS, axis=1, method="inverted_cdf")),
    (np.percentile, lambda x: np.percentile(x, 40), lambda x: np.percentile(x, 40.0, axis=0, keepdims=True)),
    (np.cov, lambda x: np.cov(x, ddof=0), lambda x: np.cov(x, rowvar=False), lambda x: np.cov(x[0], x[1]),
     lambda x: np.cov(x, aweights=WEIGHTS, fweights=[1, 2, 1, 1]), lambda x: np.cov(ROW, aweights=x[0])),
    (np.corrcoef, np.corrcoef, lambda x: np.corrcoef(x[0], x[1])),
    (np.trapezoid, lambda x: np.trapezoid(x, STEPS), lambda x: np.trapezoid(x, axis=0),
     lambda x: np.trapezoid(x, np.cumsum(x, axis=1))),
    (np.gradient, np.gradient, lambda x: np.gradient(x, 2.0, STEPS), lambda x: np.gradient(x, axis=1),
     lambda x: np.gradient(x, [0.1, 0.4, 1.1], STEPS, edge_order=2)),
    (np.unwrap, lambda x: np.unwrap(7 * x, axis=0)),
    (since("matvec"), lambda x: np.matvec(x, ROW), lambda x: np.matvec(CUBE, x[0])),
    (since("vecmat"), lambda x: np.vecmat(COLUMN[:, 0], x), parts(lambda x: np.vecmat(turned(x[:, 0]), x))),
    (np.vecdot, lambda x: np.vecdot(x, ROW), lambda x: np.vecdot(x, x, axis=0),
     parts(lambda x: np.vecdot(turned(x), x))),
    (np.einsum, lambda x: np.einsum(x, [0, 1], ROW, [1], [0]), lambda x: np.einsum(x, [..., 1], ROW, [1]),
     lambda x: np.einsum("ji", x), lambda x: np.einsum("...j,j", x, ROW),
     lambda x: np.einsum("iij->j", x[:, :3, None]), lambda x: np.einsum("ij,ij", x, x[:, :1]),
     lambda x: np.einsum("...i,...i->...", x, CUBE[:, :1]), lambda x: np.einsum("ij,jk->ik", x[:, :1], CUBE[0]),
     lambda x: np.einsum("ij,jk", x[:1], x[:, :1].T @ x)),
    (np.partition, lambda x: np.partition(x, 1, axis=0), lambda x: np.partition(x, 3, axis=None)),
    (np.sum, lambda x: np.sum(x, initial=None), lambda x: np.sum(x, axis=(-1, 0), dtype=complex).real),
    (np.prod, lambda x: np.prod(x, axis=0, initial=None)), (np.max, lambda x: np.max(x, axis=-1, initial=None)),
    (np.clip, lambda x: np.clip(x, 0.1, 1.0, where=CHOSEN, out=np.ones_like(x)),
     lambda x: np.clip(x, 0.3, 1.5, dtype=complex).real),
    (np.stack, lambda x: np.stack([x, x], axis=-1, dtype=complex).real),
    (np.sort_complex, parts(lambda x: np.sort_complex(turned(x)))),
    (np.delete, lambda x: np.delete(x, [0, 2], axis=1), lambda x: np.delete(x, -1, 0), lambda x: np.delete(x, 5)),
    (np.insert, lambda x: np.insert(x, 1, x[0], axis=0), lambda x: np.insert(x, [0, 2], x[:, :2], axis=1),
     lambda x: np.insert(x, [1, 1], 7.0, axis=1)),
    (np.pad, *(lambda x, mode=mode: np.pad(x, ((1, 2), (3, 0)), mode) for mode in PADDINGS),
     lambda x: np.pad(x, 1, "mean", stat_length=2), lambda x: np.pad(x, (2, 5), "reflect", reflect_type="odd"),
     # widths by axis came together with matvec
     *((lambda x: np.pad(x, {-1: (1, 2)}, "wrap"),) if since("matvec") else ()),
     lambda x: np.pad(x, 1, constant_values=x[0, 0]), callable_ramp),
    (np.apply_along_axis, lambda x: np.apply_along_axis(lambda row: row * row[0], 1, x),
     lambda x: np.apply_along_axis(np.sum, 0, x), lambda x: np.apply_along_axis(lambda t: np.outer(t, t), 0, x)),
    (np.apply_over_axes, lambda x: np.apply_over_axes(np.sum, x, [0, 1])),
    (np.block, lambda x: np.block([[x, x**2], [COLUMN, 2 * x, COLUMN**2, COLUMN, COLUMN]]), lambda x: np.block([x, x])),
    (np.put_along_axis, written(lambda y, x: np.put_along_axis(y, np.array([[1], [0], [3]]), x[:, :1], 1))),
    (np.fill_diagonal, written(lambda y, x: np.fill_diagonal(y, x[0])),
     written(lambda y, x: np.fill_diagonal(y.T, 5.0, True))),
    (np.unique, lambda x: np.unique(x, return_inverse=True)),
    fourier(np.fft.fft, lambda x: np.fft.fft(x, axis=0)),
    fourier(np.fft.fft2, lambda x: np.fft.fft2(x, (2, 5))), fourier(np.fft.ifft2),
    (np.fft.rfft2, parts(np.fft.rfft2), parts(lambda x: np.fft.rfft2(x, (2, 5), norm="ortho"))),
    (np.fft.irfft2, lambda x: np.fft.irfft2(turned(x)), lambda x: np.fft.irfft2(turned(x), (4, 5), axes=(1, 0))),
    (np.fft.fftshift, lambda x: np.fft.fftshift(x, axes=1)), (np.fft.ifftshift, np.fft.ifftshift),
    (np.lib.stride_tricks.sliding_window_view, lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3)),
     lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=0)),
    ((np.subtract, "reduce"), np.subtract.reduce, lambda x: np.subtract.reduce(x, axis=1, keepdims=True)),
    ((np.add, "reduce"), np.add.reduce, lambda x: np.add.reduce(x, axis=(0, 1), initial=2.0),
     lambda x: np.add.reduce(x, axis=1, where=CHOSEN)),
    ((np.multiply, "reduce"), lambda x: np.multiply.reduce(x, axis=None)),
    ((np.logaddexp, "reduce"), np.logaddexp.reduce, lambda x: np.logaddexp.reduce(x, axis=None),
     lambda x: np.logaddexp.reduce(x, axis=1, where=CHOSEN)),
    ((np.hypot, "reduce"), lambda x: np.hypot.reduce(x, axis=1)),
    ((np.divide, "accumulate"), np.divide.accumulate),
    ((np.maximum, "accumulate"), lambda x: np.maximum.accumulate(x, axis=1)),
    ((np.multiply, "accumulate"), lambda x: np.multiply.accumulate(x, axis=1)),
    ((np.add, "reduceat"), lambda x: np.add.reduceat(x, [0, 2, 1], axis=1)),
    ((np.multiply, "reduceat"), lambda x: np.multiply.reduceat(x, [1, 0])),
    ((np.multiply, "outer"), lambda x: np.multiply.outer(x, ROW), lambda x: np.multiply.outer(ROW, x)),
    ((np.subtract, "outer"), lambda x: np.subtract.outer(x[0], x[1])),
    ((np.add, "at"), written(lambda y, x: np.add.at(y, [0, 2, 0], x[0]))),
    ((np.divide, "at"), written(lambda y, x: np.divide.at(y, ([0, 0], [1, 1]), x[0, :2]))),
    ((np.negative, "at"), written(lambda y, x: np.negative.at(y, (slice(None), 1)))),
    (np.add, written(lambda y, x: np.add(x, ROW, out=y, where=CHOSEN)), written(lambda y, x: np.add(x, x, y))),
    (np.sqrt, lambda x: np.sqrt(x, dtype=complex).real),
]  # fmt: skip

CUBES = [
    (np.dsplit, lambda x: np.dsplit(x, 2)),
    (np.quantile, lambda x: np.quantile(x, [[0.2], [0.7]], axis=(0, 2)), lambda x: np.quantile(x, 0.3, axis=1)),
    (np.median, lambda x: np.median(x, axis=(0, 2))),
    (np.nanmean, lambda x: np.nanmean(x, axis=(0, 2))),
    fourier(np.fft.fftn, lambda x: np.fft.fftn(x, axes=(0, 2))), fourier(np.fft.ifftn),
    (np.fft.rfftn, parts(np.fft.rfftn), parts(lambda x: np.fft.rfftn(x, axes=(2, 0)))),
    (np.fft.irfftn, lambda x: np.fft.irfftn(turned(x)), lambda x: np.fft.irfftn(turned(x), axes=(0, 1))),
    ((np.logaddexp, "reduce"), lambda x: np.logaddexp.reduce(x, axis=(0, 2))),
    (np.pad, lambda x: np.pad(x, ((0, 1), (2, 0), (1, 1)), "symmetric")),
    (np.gradient, lambda x: np.gradient(x, axis=(2, 0))),
    (since("matvec"), lambda x: np.matvec(x, ROW)),
]  # fmt: skip

SQUARES = [
    (np.poly, np.poly),
    (np.cov, np.cov),
    (np.einsum, lambda x: np.einsum("ii", x), lambda x: np.einsum("ij,ji", x, x),
     lambda x: np.einsum("...ii->...i", x)),
    (np.fill_diagonal, written(lambda y, x: np.fill_diagonal(y, [1.0, x[0, 1]]))),
]  # fmt: skip

FORMS = {"v": VECTORS, "m": MATRICES, "t": CUBES, "q": SQUARES}
