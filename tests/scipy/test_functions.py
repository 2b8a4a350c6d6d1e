"""The namespaces beside `scipy.special`: on traced values they give SciPy's values, and right derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.signal
import scipy.spatial.distance
import scipy.special

import wengert as wg
import wengert.scipy.fft
import wengert.scipy.integrate
import wengert.scipy.interpolate
import wengert.scipy.linalg
import wengert.scipy.signal
import wengert.scipy.spatial.distance
import wengert.scipy.special

RNG = np.random.default_rng(1)
A, B = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))
SYMMETRIC, REGULAR = A @ A.T + 3 * np.eye(3), A + 4 * np.eye(3)
b, TALL = RNG.normal(size=3), RNG.normal(size=(4, 3))
x, kernel, image, stencil = (RNG.normal(size=shape) for shape in (6, 3, (4, 5), (2, 3)))
knots = np.sort(RNG.uniform(0, 1, 6))
inner = np.linspace(knots[0] + 0.01, knots[-1] - 0.01, 5)
rising = np.array([0.0, 0.1, 0.9, 1.0, 1.7, 2.5])
recursive = np.array([1.2, 0.3, -0.2])
sections = scipy.signal.butter(4, 0.3, output="sos")
bands = np.array([[0, 1.0, 2], [5, 6, 7], [1, 2, 0]])
POSITIVE = np.array([0.7, 1.3, 2.2])


def even(a):
    return (a + a.T) / 2


def normalised(sos):
    return sos * np.array([1, 1, 1, 0, 1, 1]) + np.array([0, 0, 0, 1.0, 0, 0])


LINALG = {
    "expm": (lambda m, a: m.expm(a), A),
    "logm": (lambda m, a: m.logm(a), REGULAR),
    "sqrtm": (lambda m, a: m.sqrtm(a), REGULAR),
    "cosm": (lambda m, a: m.cosm(a), A),
    "sinm": (lambda m, a: m.sinm(a), A),
    "tanm": (lambda m, a: m.tanm(0.3 * a), A),
    "coshm": (lambda m, a: m.coshm(a), A),
    "tanhm": (lambda m, a: m.tanhm(a), A),
    "fractional_matrix_power": (lambda m, a: m.fractional_matrix_power(a, 0.3).real, REGULAR),
    "expm_frechet": (lambda m, a, e: m.expm_frechet(a, e)[1], A, B),
    "solve": (lambda m, a, b: m.solve(a, b), REGULAR, b),
    "solve, positive": (lambda m, a, b: m.solve(a, b, assume_a="pos"), SYMMETRIC, b),
    "solve, transposed": (lambda m, a, b: m.solve(a, b, transposed=True), REGULAR, B),
    "solve_triangular": (lambda m, a, b: m.solve_triangular(a, b, lower=True, trans=1), REGULAR, b),
    "solve_triangular, unit": (lambda m, a, b: m.solve_triangular(a, b, unit_diagonal=True), REGULAR, B),
    "cho_solve": (lambda m, a, b: m.cho_solve(m.cho_factor(even(a)), b), SYMMETRIC, b),
    "cholesky": (lambda m, a: m.cholesky(even(a)), SYMMETRIC),
    "lu": (lambda m, a: m.lu(a)[1] @ (m.lu(a)[2] * 2), A),
    "lu, permute_l": (lambda m, a: m.lu(a, permute_l=True)[0], TALL),
    "lu, p_indices": (lambda m, a: m.lu(a, p_indices=True)[2], TALL.T),
    "lu_solve": (lambda m, a, b: m.lu_solve(m.lu_factor(a), b), A, b),
    "lu_solve, transposed": (lambda m, a, b: m.lu_solve(m.lu_factor(a), b, trans=1), A, b),
    "qr": (lambda m, a: m.qr(a, mode="economic")[1], TALL),
    "polar": (lambda m, a: m.polar(a)[0], TALL),
    "polar, left": (lambda m, a: m.polar(a, side="left")[1], A),
    "eigh": (lambda m, a, b: m.eigh(even(a), even(b), eigvals_only=True), A, SYMMETRIC),
    "eigh, vectors": (lambda m, a, b: m.eigh(even(a), even(b))[1] ** 2, A, SYMMETRIC),
    "det": (lambda m, a: m.det(a), A),
    "inv": (lambda m, a: m.inv(a), REGULAR),
    "norm": (lambda m, a: m.norm(a), A),
    "pinv": (lambda m, a: m.pinv(a), TALL),
    "svdvals": (lambda m, a: m.svdvals(a), A),
    "lstsq": (lambda m, a, b: m.lstsq(a, b)[0], TALL, x[:4]),
    "solve_sylvester": (lambda m, a, b, q: m.solve_sylvester(a, b, q), REGULAR, SYMMETRIC, B),
    "solve_continuous_lyapunov": (lambda m, a, q: m.solve_continuous_lyapunov(a, q), REGULAR, B),
    "solve_discrete_lyapunov": (lambda m, a, q: m.solve_discrete_lyapunov(a, q), 0.3 * A, B),
    "solve_banded": (lambda m, a, b: m.solve_banded((1, 1), a, b), bands, b),
    "solveh_banded": (lambda m, a, b: m.solveh_banded(a, b), bands[:2], b),
    "solve_toeplitz": (
        lambda m, c, r, b: m.solve_toeplitz((c, r), b), np.array([5.0, 1, 2]), np.array([5.0, 2, 1]), b,
    ),
    "toeplitz": (lambda m, c, r: m.toeplitz(c, r), b, x),
    "circulant": (lambda m, c: m.circulant(c), b),
    "hankel": (lambda m, c: m.hankel(c), b),
    "block_diag": (lambda m, a, b: m.block_diag(a, b), A, TALL),
    "khatri_rao": (lambda m, a, b: m.khatri_rao(a, b), A, TALL),
}  # fmt: skip
SIGNAL = {
    "lfilter": (lambda m, b, a, x: m.lfilter(b, a, x), kernel, recursive, image),
    "lfilter, axis": (lambda m, b, a, x: m.lfilter(b, a, x, axis=0), kernel, recursive, image),
    "sosfilt": (lambda m, s, x: m.sosfilt(normalised(s), x), sections, x),
    "detrend": (lambda m, x: m.detrend(x, axis=0), image),
    **{f"convolve, {mode}": (lambda m, x, y, mode=mode: m.convolve(x, y, mode), x, kernel)
       for mode in ("full", "same", "valid")},
    **{f"correlate, {mode}": (lambda m, x, y, mode=mode: m.correlate(x, y, mode), kernel, x)
       for mode in ("full", "same", "valid")},
    **{f"convolve2d, {mode}": (lambda m, x, y, mode=mode: m.convolve2d(x, y, mode), image, stencil)
       for mode in ("full", "same", "valid")},
    **{f"correlate2d, {mode}": (lambda m, x, y, mode=mode: m.correlate2d(x, y, mode), image, stencil)
       for mode in ("full", "same", "valid")},
    **{f"fftconvolve, {mode}": (lambda m, x, y, mode=mode: m.fftconvolve(x, y, mode), image, stencil)
       for mode in ("full", "same", "valid")},
}  # fmt: skip
INTEGRATE = {
    "trapezoid": (lambda m, y, t: m.trapezoid(y, t), x, knots),
    "trapezoid, axis": (lambda m, y: m.trapezoid(y, dx=0.3, axis=0), image),
    "cumulative_trapezoid": (lambda m, y, t: m.cumulative_trapezoid(y, t, initial=0), x, knots),
    "simpson": (lambda m, y: m.simpson(y, x=knots), x),
    "simpson, axis": (lambda m, y: m.simpson(y, axis=0), image),
    "cumulative_simpson": (lambda m, y: m.cumulative_simpson(y, dx=0.2), image),
    "romb": (lambda m, y: m.romb(y, dx=0.3), x[:5]),
}
FFT = {
    "dct": (lambda m, y: m.dct(y, axis=0, norm="ortho"), image),
    "idst": (lambda m, y: m.idst(y, type=3, n=7), image),
    "dctn": (lambda m, y: m.dctn(y), image),
    "fft": (lambda m, y: m.fft(y).real, image),
    "rfft": (lambda m, y: m.rfft(y, 8).imag, x),
    "ifft2": (lambda m, y: m.ifft2(y).imag, image),
    "irfft": (lambda m, y: m.irfft(y + 0j), x),
    "rfftn": (lambda m, y: m.rfftn(y).real, image),
}
INTERPOLATE = {
    "CubicSpline": (lambda m, q, y: m.CubicSpline(knots, y)(q), inner, x),
    "CubicSpline, natural": (lambda m, q, y: m.CubicSpline(knots, y, bc_type="natural")(q), inner, np.c_[x, x**2]),
    "CubicHermiteSpline": (lambda m, q, y, d: m.CubicHermiteSpline(knots, y, d)(q), inner, x, x**2),
    "PchipInterpolator": (lambda m, q, y: m.PchipInterpolator(knots, y)(q), np.append(inner, 2.0), x),
    "PchipInterpolator, inside": (
        lambda m, q, y: np.nan_to_num(m.PchipInterpolator(knots, y, extrapolate=False)(q)), np.append(inner, 2.0), x,
    ),
    "PchipInterpolator, columns": (lambda m, q, y: m.PchipInterpolator(knots, y)(q), inner, np.c_[rising, x]),
    "pchip_interpolate": (lambda m, q, y: m.pchip_interpolate(knots, y, q), inner, x),
    "Akima1DInterpolator": (lambda m, q, y: m.Akima1DInterpolator(knots, y)(q), inner, x),
    "Akima1DInterpolator, beyond": (
        lambda m, q, y: m.Akima1DInterpolator(knots, y, extrapolate=True)(q), np.append(inner, 2.0), np.c_[rising, x],
    ),
    "make_interp_spline": (lambda m, q, y: m.make_interp_spline(knots, y, k=5)(q), inner, x),
    "interp1d": (lambda m, q, t, y: m.interp1d(t, y)(q), inner, knots, x),
    "interp1d, plain data": (lambda m, q: m.interp1d(knots, x)(q), inner),
    "interp1d, cubic": (
        lambda m, q, y: m.interp1d(knots, y, kind="cubic", fill_value="extrapolate")(q), np.append(inner, 2.0), x,
    ),
    "interp1d, fill": (
        lambda m, q, y: m.interp1d(knots, y, bounds_error=False, fill_value=3.0)(q), np.append(inner, 2.0), x,
    ),
}  # fmt: skip
DISTANCE = {
    "cdist": (lambda m, u, v: m.cdist(u, v), image, RNG.normal(size=(3, 5))),
    "pdist, cityblock": (lambda m, u: m.pdist(u, "cityblock"), image),
    "pdist, sqeuclidean": (lambda m, u: m.pdist(u, "sqeuclidean"), image),
}
SPECIAL = {
    "logsumexp": (lambda m, a: m.logsumexp(a), x),
    "logsumexp, weights": (lambda m, a, w: m.logsumexp(a, b=w), x[:3], np.array([0.5, -0.2, 1.0])),
    "logsumexp, sign": (lambda m, a, w: m.logsumexp(a, b=w, return_sign=True)[0], x[:3], np.array([0.5, -2, 0.3])),
    "logsumexp, axis": (lambda m, a: m.logsumexp(a, axis=1, keepdims=True), image),
    "softmax": (lambda m, a: m.softmax(a, axis=0), image),
    "log_softmax": (lambda m, a: m.log_softmax(a, axis=1), image),
    "multigammaln": (lambda m, a: m.multigammaln(a + 3, 2), POSITIVE),
    "factorial": (lambda m, a: m.factorial(a), POSITIVE),
    "comb": (lambda m, a: m.comb(5.5 + a, a), POSITIVE),
    "polygamma": (lambda m, a: m.polygamma(1, a), POSITIVE),
    "zeta": (lambda m, s, q: m.zeta(s + 1, q), POSITIVE, POSITIVE),
    "boxcox": (lambda m, a, p: m.boxcox(a, p), POSITIVE, np.array([0.0, 0.3, -1.0])),
    "inv_boxcox": (lambda m, a: m.inv_boxcox(a, 0.3), POSITIVE),
    "lambertw": (lambda m, a: m.lambertw(a).real, POSITIVE),
    "wofz": (lambda m, a: m.wofz(a).imag, POSITIVE),
    "jvp": (lambda m, a: m.jvp(1, a, 2), POSITIVE),
    "spherical_jn": (lambda m, a: m.spherical_jn(1, a, derivative=True), POSITIVE),
    "fdtr": (lambda m, a, b: m.fdtr(3.0, a, b), POSITIVE, POSITIVE),
    "chdtr": (lambda m, a: m.chdtr(a, 1.5), POSITIVE),
    "gdtr": (lambda m, a, b: m.gdtr(a, b, 1.2), POSITIVE, POSITIVE),
    "cbrt": (lambda m, a: m.cbrt(a), POSITIVE),
    "diric": (lambda m, a: m.diric(a, 4), POSITIVE),
    "radian": (lambda m, a: m.radian(a, 1.0, 2.0), POSITIVE),
    "softplus": (lambda m, a: m.softplus(a), POSITIVE),
}
SPACES = [
    (wengert.scipy.linalg, scipy.linalg, LINALG),
    (wengert.scipy.signal, scipy.signal, SIGNAL),
    (wengert.scipy.integrate, scipy.integrate, INTEGRATE),
    (wengert.scipy.fft, scipy.fft, FFT),
    (wengert.scipy.interpolate, scipy.interpolate, INTERPOLATE),
    (wengert.scipy.spatial.distance, scipy.spatial.distance, DISTANCE),
    (wengert.scipy.special, scipy.special, SPECIAL),
]
ROWS = [
    pytest.param(ours, theirs, function, arguments, id=f"{theirs.__name__}.{name}")
    for ours, theirs, table in SPACES
    for name, (function, *arguments) in table.items()
]


@pytest.mark.parametrize(("ours", "theirs", "function", "arguments"), ROWS)
def test_values_and_derivatives(ours, theirs, function, arguments):
    traced, _ = wg.jvp(lambda *a: function(ours, *a), tuple(arguments), tuple(np.zeros_like(a) for a in arguments))
    np.testing.assert_allclose(traced, function(theirs, *arguments), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(function(ours, *arguments), function(theirs, *arguments))
    wg.check_derivatives(lambda *a: function(ours, *a), *arguments, order=2)


PLATEAUS = [[0.0, 0.0, 1.0, 1.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]


@pytest.mark.parametrize("heights", PLATEAUS)
@pytest.mark.parametrize("name", ["PchipInterpolator", "Akima1DInterpolator"])
def test_interpolants_where_the_data_are_level(name, heights):
    ours, theirs = (getattr(m, name) for m in (wengert.scipy.interpolate, scipy.interpolate))
    heights = np.array(heights)
    traced, _ = wg.jvp(lambda y: ours(knots, y)(inner), (heights,), (heights,))
    np.testing.assert_allclose(traced, theirs(knots, heights)(inner), atol=1e-15)
    assert np.all(np.isfinite(wg.jacobian(lambda y: ours(knots, y)(inner))(heights)))


def test_equal_points_have_no_distance_to_lose():
    jacobian = wg.jacobian(lambda a: wengert.scipy.spatial.distance.cdist(a, a))(np.zeros((2, 2)))
    np.testing.assert_array_equal(jacobian, np.zeros((2, 2, 2, 2)))


INF = np.inf
LOGSUMEXP = [
    ([-INF, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.25, 0.25]),
    ([INF, 0.0, INF], [0.5, 0.0, 0.5], [0.0, 0.0, 0.0]),
    ([-INF, -INF], [0.5, 0.5], [0.0, 0.0]),
    ([1000.0, 1000.0], [0.5, 0.5], [0.25, 0.25]),
]


@pytest.mark.parametrize(("point", "gradient", "curvatures"), LOGSUMEXP)
def test_logsumexp_with_infinities(point, gradient, curvatures):
    logsumexp = wengert.scipy.special.logsumexp
    np.testing.assert_allclose(wg.grad(logsumexp)(np.array(point)), gradient)
    np.testing.assert_allclose(np.diagonal(wg.hessian(logsumexp)(np.array(point))), curvatures)
