"""A call of every function of `wengert.scipy` that is no plain primitive, at inputs away from kinks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

import wengert.scipy.fft as fft
import wengert.scipy.integrate as integrate
import wengert.scipy.interpolate as interpolate
import wengert.scipy.linalg as linalg
import wengert.scipy.signal as signal
import wengert.scipy.spatial.distance as distance
import wengert.scipy.special as special
import wengert.scipy.stats as stats
from coverage_matrix.calls import POSITIVE, M, N, S, V, W

__all__ = ["DISTRIBUTIONS", "SCIPY_CALLS"]

Calls = dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]

SPD = S @ S.T + np.eye(3)
FIRST, SECOND = V + 4.0 * np.eye(3)[0], W + 4.0 * np.eye(3)[0]
SECTION = POSITIVE[None, [0, 1, 2, 0, 1, 2]]
BAND = np.array([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0], [1.0, 2.0, 0.0]])
KNOTS = np.array([0.0, 0.4, 1.1, 1.5, 2.3])
HEIGHTS = np.array([0.3, 1.1, 0.8, 1.7, 1.2])
INNER = np.array([0.2, 0.7, 1.9])
P = np.array([0.3, 0.6])
X = np.array([0.7, 1.4])


def _even(a: Any) -> Any:
    return (a + a.T) / 2


SPECIAL: Calls = {
    "assoc_laguerre": (lambda x: special.assoc_laguerre(x, 3, 1.0), (X,)),
    "bdtr": (lambda p: special.bdtr(2.0, 5, p), (P,)),
    "bdtrc": (lambda p: special.bdtrc(2.0, 5, p), (P,)),
    "bdtri": (lambda y: special.bdtri(2.0, 5, y), (P,)),
    "boxcox": (special.boxcox, (X, P)),
    "boxcox1p": (special.boxcox1p, (X, P)),
    "chdtr": (special.chdtr, (1.7, 1.2)),
    "chdtrc": (special.chdtrc, (1.7, 1.2)),
    "chdtri": (special.chdtri, (1.7, 0.4)),
    "comb": (special.comb, (5.5, 2.3)),
    "diric": (lambda x: special.diric(x, 4), (X,)),
    "factorial": (special.factorial, (X,)),
    "fdtr": (special.fdtr, (2.3, 3.1, 0.8)),
    "fdtrc": (special.fdtrc, (2.3, 3.1, 0.8)),
    "fdtri": (special.fdtri, (2.3, 3.1, 0.4)),
    "gdtr": (special.gdtr, (0.8, 1.7, 1.2)),
    "gdtrc": (special.gdtrc, (0.8, 1.7, 1.2)),
    "gdtria": (special.gdtria, (0.4, 1.7, 1.2)),
    "gdtrix": (special.gdtrix, (0.8, 1.7, 0.4)),
    "h1vp": (lambda z: special.h1vp(1, z, 2), (X + 0.3j,)),
    "h2vp": (lambda z: special.h2vp(1, z, 2), (X + 0.3j,)),
    "hankel1": (lambda z: special.hankel1(1.5, z), (X,)),
    "hankel1e": (lambda z: special.hankel1e(1.5, z), (X,)),
    "hankel2": (lambda z: special.hankel2(1.5, z), (X,)),
    "hankel2e": (lambda z: special.hankel2e(1.5, z), (X,)),
    "inv_boxcox": (special.inv_boxcox, (X, P)),
    "inv_boxcox1p": (special.inv_boxcox1p, (X, P)),
    "ivp": (lambda z: special.ivp(1, z, 2), (X,)),
    "jvp": (lambda z: special.jvp(1, z, 2), (X,)),
    "kelvin": (special.kelvin, (X,)),
    "kvp": (lambda z: special.kvp(1, z, 2), (X,)),
    "lambertw": (special.lambertw, (X,)),
    "log_softmax": (special.log_softmax, (V,)),
    "logsumexp": (special.logsumexp, (V,)),
    "modfresnelm": (special.modfresnelm, (X,)),
    "modfresnelp": (special.modfresnelp, (X,)),
    "multigammaln": (lambda a: special.multigammaln(a, 2), (X,)),
    "nbdtr": (lambda p: special.nbdtr(2.0, 5.0, p), (P,)),
    "nbdtrc": (lambda p: special.nbdtrc(2.0, 5.0, p), (P,)),
    "nbdtri": (lambda y: special.nbdtri(2.0, 5.0, y), (P,)),
    "nrdtrimn": (special.nrdtrimn, (P, X, X)),
    "nrdtrisd": (special.nrdtrisd, (P, P, X)),
    "pdtr": (lambda m: special.pdtr(2.0, m), (X,)),
    "pdtrc": (lambda m: special.pdtrc(2.0, m), (X,)),
    "pdtri": (lambda y: special.pdtri(2.0, y), (P,)),
    "perm": (special.perm, (5.5, 2.3)),
    "radian": (special.radian, (X, X, X)),
    "sinc": (special.sinc, (X,)),
    "softmax": (special.softmax, (V,)),
    "spherical_in": (lambda z: special.spherical_in(1, z), (X,)),
    "spherical_jn": (lambda z: special.spherical_jn(1, z), (X,)),
    "spherical_kn": (lambda z: special.spherical_kn(1, z), (X,)),
    "spherical_yn": (lambda z: special.spherical_yn(1, z), (X,)),
    "voigt_profile": (special.voigt_profile, (X, P, P)),
    "wofz": (special.wofz, (X,)),
    "yvp": (lambda z: special.yvp(1, z, 2), (X,)),
    "zeta": (special.zeta, (X + 1, X)),
    "zetac": (special.zetac, (X + 1,)),
}
LINALG: Calls = {
    "block_diag": (linalg.block_diag, (M, V)),
    "cho_factor": (lambda a: np.triu(linalg.cho_factor(_even(a))[0]), (SPD,)),
    "cho_solve": (lambda a, b: linalg.cho_solve(linalg.cho_factor(_even(a)), b), (SPD, V)),
    "cholesky": (lambda a: linalg.cholesky(_even(a)), (SPD,)),
    "circulant": (linalg.circulant, (V,)),
    "coshm": (linalg.coshm, (S,)),
    "cosm": (linalg.cosm, (S,)),
    "det": (linalg.det, (S,)),
    "eig": (lambda a: linalg.eig(np.diag([1.0, 3.0, 7.0]) + 0.1 * a)[0].real, (S,)),
    "eigh": (lambda a, b: linalg.eigh(_even(a), _even(b))[1] ** 2, (np.diag([1.0, 3.0, 7.0]) + 0.1 * SPD, SPD)),
    "eigvals": (lambda a: np.sort(linalg.eigvals(np.diag([1.0, 3.0, 7.0]) + 0.1 * a).real), (S,)),
    "eigvalsh": (lambda a: linalg.eigvalsh(_even(a)), (SPD,)),
    "expm": (linalg.expm, (S,)),
    "expm_frechet": (lambda a, e: linalg.expm_frechet(a, e)[1], (0.3 * S, S.T)),
    "fractional_matrix_power": (lambda a: linalg.fractional_matrix_power(a, 0.3).real, (SPD,)),
    "hankel": (linalg.hankel, (V, W)),
    "inv": (linalg.inv, (S,)),
    "khatri_rao": (linalg.khatri_rao, (S, M)),
    "logm": (linalg.logm, (SPD,)),
    "lstsq": (lambda a, b: linalg.lstsq(a, b)[0], (N, V)),
    "lu": (lambda a: linalg.lu(a)[1] @ (2 * linalg.lu(a)[2]), (S,)),
    "lu_factor": (lambda a: linalg.lu_factor(a)[0], (S,)),
    "lu_solve": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), (S, V)),
    "norm": (linalg.norm, (M,)),
    "pinv": (linalg.pinv, (N,)),
    "polar": (lambda a: linalg.polar(a)[0], (S,)),
    "qr": (lambda a: linalg.qr(a, mode="economic")[1], (N,)),
    "sinhm": (linalg.sinhm, (S,)),
    "sinm": (linalg.sinm, (S,)),
    "solve": (linalg.solve, (S, V)),
    "solve_banded": (lambda a, b: linalg.solve_banded((1, 1), a, b), (BAND, V)),
    "solve_continuous_lyapunov": (linalg.solve_continuous_lyapunov, (S, SPD)),
    "solve_discrete_lyapunov": (linalg.solve_discrete_lyapunov, (0.2 * S, SPD)),
    "solve_sylvester": (linalg.solve_sylvester, (S, SPD, S.T)),
    "solve_toeplitz": (lambda c, r, b: linalg.solve_toeplitz((c, r), b), (FIRST, SECOND, V)),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, lower=True), (S, V)),
    "solveh_banded": (linalg.solveh_banded, (BAND[:2], V)),
    "sqrtm": (linalg.sqrtm, (SPD,)),
    "svd": (lambda a: linalg.svd(a)[1], (M,)),
    "svdvals": (linalg.svdvals, (M,)),
    "tanhm": (lambda a: linalg.tanhm(0.3 * a), (S,)),
    "tanm": (lambda a: linalg.tanm(0.3 * a), (S,)),
    "toeplitz": (linalg.toeplitz, (V, W)),
}
SIGNAL: Calls = {
    "convolve": (signal.convolve, (V, W)),
    "convolve2d": (signal.convolve2d, (S, M)),
    "correlate": (signal.correlate, (V, W)),
    "correlate2d": (signal.correlate2d, (S, M)),
    "detrend": (lambda x: signal.detrend(x) ** 2, (V,)),
    "fftconvolve": (signal.fftconvolve, (V, W)),
    "lfilter": (signal.lfilter, (V, np.array([1.2, 0.3]), W)),
    "sosfilt": (
        lambda s, x: signal.sosfilt(s * [[1, 1, 1, 0, 1, 1]] + [[0, 0, 0, 1, 0, 0]], x), (SECTION, V),
    ),
}  # fmt: skip
INTEGRATE: Calls = {
    "cumulative_simpson": (lambda y: integrate.cumulative_simpson(y, dx=0.3) ** 2, (V,)),
    "cumulative_trapezoid": (integrate.cumulative_trapezoid, (HEIGHTS, KNOTS)),
    "romb": (lambda y: integrate.romb(y, dx=0.3) ** 2, (HEIGHTS,)),
    "simpson": (lambda y: integrate.simpson(y, x=KNOTS) ** 2, (HEIGHTS,)),
    "trapezoid": (integrate.trapezoid, (HEIGHTS, KNOTS)),
}
INTERPOLATE: Calls = {
    "Akima1DInterpolator": (lambda q, y: interpolate.Akima1DInterpolator(KNOTS, y)(q), (INNER, HEIGHTS)),
    "CubicHermiteSpline": (
        lambda q, y, d: interpolate.CubicHermiteSpline(KNOTS, y, d)(q), (INNER, HEIGHTS, 0.3 * HEIGHTS**2),
    ),
    "CubicSpline": (lambda q, y: interpolate.CubicSpline(KNOTS, y)(q), (INNER, HEIGHTS)),
    "PchipInterpolator": (lambda q, y: interpolate.PchipInterpolator(KNOTS, y)(q), (INNER, HEIGHTS)),
    "interp1d": (lambda q, t, y: interpolate.interp1d(t, y)(q), (INNER, KNOTS, HEIGHTS)),
    "make_interp_spline": (lambda q, y: interpolate.make_interp_spline(KNOTS, y)(q), (INNER, HEIGHTS)),
    "pchip_interpolate": (lambda q, y: interpolate.pchip_interpolate(KNOTS, y, q), (INNER, HEIGHTS)),
}  # fmt: skip


def _real(name: str) -> Callable[[Any], Any]:
    """A Fourier transform of a signal with a phase, and the real part of a multiple."""
    function = getattr(fft, name)
    complex_input = name in ("hfft", "irfft", "irfft2", "irfftn")
    return lambda x: np.real((1 - 2j) * function(x * (1 + 0.5j) if complex_input else x)) ** 2


FFT: Calls = {
    name: (_real(name), (S if name.rstrip("n")[-1] == "2" or name.endswith("n") else V,)) for name in fft.__all__
}
DISTANCE: Calls = {"cdist": (distance.cdist, (M, S)), "pdist": (distance.pdist, (M,))}

SCIPY_CALLS: Final[dict[str, Calls]] = {
    "scipy.special": SPECIAL,
    "scipy.linalg": LINALG,
    "scipy.signal": SIGNAL,
    "scipy.integrate": INTEGRATE,
    "scipy.interpolate": INTERPOLATE,
    "scipy.fft": FFT,
    "scipy.spatial.distance": DISTANCE,
}

# shapes, and a point of the standard distribution
_PARAMETERS: Final[dict[str, tuple[float, ...]]] = {
    "beta": (2.3, 1.7), "chi2": (3.2,), "f": (3.3, 5.1), "gamma": (2.3,), "invgamma": (2.6,), "lognorm": (0.7,),
    "pareto": (2.7,), "t": (3.2,), "truncnorm": (-1.3, 2.1), "weibull_min": (1.6,), "bernoulli": (0.4,),
    "binom": (6.0, 0.4), "geom": (0.4,), "nbinom": (6.0, 0.4), "poisson": (2.5,),
}  # fmt: skip
_POINT: Final = {"pareto": 1.8, "bernoulli": 0.0}


def _distribution(name: str) -> Calls:
    """A call of each method of a distribution, in the point or the probability and all parameters."""
    family: Any = getattr(stats, name)
    shapes = _PARAMETERS.get(name, ())
    if not hasattr(family, "summaries"):
        return {}
    discrete = "pmf" in family.methods_at
    calls: Calls = {}
    for method in family.methods:
        call = getattr(family, method)
        if method in ("ppf", "isf"):
            calls[method] = call, (0.3, *shapes, 0.1, 1.3)
        elif method in family.methods_at and not discrete:
            calls[method] = call, (0.1 + 1.3 * _POINT.get(name, 0.6), *shapes, 0.1, 1.3)
        elif method in family.methods_at:
            count = _POINT.get(name, 2.0)
            calls[method] = _last(call, (count, *shapes[:-1])), shapes[-1:]
        elif not discrete:
            calls[method] = call, (*shapes, 0.1, 1.3)
        elif method != "entropy" or name == "bernoulli":
            calls[method] = _last(call, shapes[:-1]), shapes[-1:]
    if name == "cauchy":
        # there is neither a mean nor a variance
        calls = {method: call for method, call in calls.items() if method not in ("mean", "var", "std")}
    return calls


def _last(call: Callable[..., Any], fixed: tuple[Any, ...]) -> Callable[[Any], Any]:
    return lambda parameter: call(*fixed, parameter)


def _vectors(name: str, call: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    if name == "multivariate_normal":
        return (lambda x, m, c: call(x, m, _even(c))), (V, W, SPD)
    if name == "dirichlet":
        return (lambda x, a: call(x / np.sum(x), a)), (POSITIVE, POSITIVE + 1)
    return (lambda p: call([1, 2, 2], 5, p / np.sum(p))), (POSITIVE,)


DISTRIBUTIONS: Final[dict[str, Calls]] = {
    name: _distribution(name) or {method: _vectors(name, getattr(family, method)) for method in family.methods}
    for name, family in ((name, getattr(stats, name)) for name in stats.__all__)
}
