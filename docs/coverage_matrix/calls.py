"""A call of every differentiable function of NumPy that is no plain primitive, at inputs away from kinks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

__all__ = ["CALLS", "METHODS", "ONE", "POSITIVE", "UP", "M", "V", "W"]


def _random(*shape: int, low: float = -1.0, high: float = 1.0) -> Any:
    return np.random.default_rng([int(abs(low) * 10), *shape]).uniform(low, high, shape)


V, W = _random(3), _random(4)[:3]
M, N = _random(2, 3), _random(3, 2)
S = _random(3, 3) + 2 * np.eye(3)
T = _random(2, 3, 2)
POSITIVE = _random(3, low=0.5, high=2.0)
UP = np.array([0.1, 0.4, 0.9])  # in ascending order, and nowhere near a whole number
ONE = 0.7


GAPS = np.eye(3, dtype=bool)


def _writing(write: Callable[[Any, Any], None]) -> Callable[[Any], Any]:
    """A program that writes into a copy of its argument."""

    def program(x: Any) -> Any:
        y = x.copy()
        write(y, x)
        return y**2

    return program


def _quietly(name: str, *args: Any) -> Any:
    """A call of a function that NumPy gives notice of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return getattr(np, name)(*args)


def _sym(x: Any) -> Any:
    return (x + x.T) / 2


def _distinct(x: Any) -> Any:
    """A matrix with eigenvalues that are well apart."""
    return np.diag([1.0, 3.0, 7.0]) + 0.1 * x


def _spd(x: Any) -> Any:
    return x @ x.T + np.eye(3)


# name: (call, its differentiated arguments)
CALLS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    # elementwise functions that are no plain primitive
    "np.positive": (np.positive, (V,)),
    "np.power": (np.power, (POSITIVE, V)),
    "np.float_power": (np.float_power, (POSITIVE, V)),
    "np.real": (lambda x: np.real(x * (1 + 2j)), (V,)),
    "np.imag": (lambda x: np.imag(x * (1 + 2j)), (V,)),
    "np.nan_to_num": (np.nan_to_num, (V,)),
    "np.clip": (lambda x, a, b: np.clip(x, a, b), (np.array([-2.0, 0.1, 2.0]), -ONE, ONE)),
    # reductions
    "np.sum": (lambda x: np.sum(x**2, axis=0), (M,)),
    "np.prod": (lambda x: np.prod(x, axis=1), (M,)),
    "np.max": (lambda x: np.max(x, axis=1) ** 2, (M,)),
    "np.amax": (lambda x: np.amax(x) ** 2, (M,)),
    "np.min": (lambda x: np.min(x, axis=1) ** 2, (M,)),
    "np.amin": (lambda x: np.amin(x) ** 2, (M,)),
    "np.mean": (lambda x: np.mean(x, axis=0) ** 2, (M,)),
    "np.average": (lambda x, w: np.average(x, weights=w), (V, POSITIVE)),
    "np.var": (lambda x: np.var(x, axis=1), (M,)),
    "np.std": (lambda x: np.std(x, axis=1), (M,)),
    "np.ptp": (lambda x: np.ptp(x, axis=1) ** 2, (M,)),
    "np.cumsum": (lambda x: np.cumsum(x**2, axis=1), (M,)),
    "np.trace": (lambda x: np.trace(x @ x), (S,)),
    "np.linalg.trace": (lambda x: np.linalg.trace(x @ x), (S,)),
    # products
    "np.matmul": (np.matmul, (M, N)),
    "np.dot": (np.dot, (M, N)),
    "np.inner": (np.inner, (V, W)),
    "np.vdot": (np.vdot, (V, W)),
    "np.outer": (np.outer, (V, W)),
    "np.kron": (np.kron, (M, N)),
    "np.cross": (np.cross, (V, W)),
    "np.tensordot": (lambda a, b: np.tensordot(a, b, 1), (M, N)),
    "np.einsum": (lambda a, b: np.einsum("ij,jk->ki", a, b), (M, N)),
    "np.linalg.vecdot": (np.linalg.vecdot, (V, W)),
    "np.linalg.outer": (np.linalg.outer, (V, W)),
    "np.linalg.cross": (np.linalg.cross, (V, W)),
    "np.linalg.matmul": (np.linalg.matmul, (M, N)),
    "np.linalg.tensordot": (lambda a, b: np.linalg.tensordot(a, b, axes=1), (M, N)),
    "np.linalg.multi_dot": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), (M, N, M)),
    # linear algebra
    "np.linalg.solve": (np.linalg.solve, (S, N)),
    "np.linalg.inv": (np.linalg.inv, (S,)),
    "np.linalg.det": (np.linalg.det, (S,)),
    "np.linalg.slogdet": (lambda a: np.linalg.slogdet(a)[1], (S,)),
    "np.linalg.cholesky": (lambda a: np.linalg.cholesky(_spd(a)), (S,)),
    "np.linalg.eigh": (lambda a: np.linalg.eigh(_sym(a)), (S,)),
    "np.linalg.eigvalsh": (lambda a: np.linalg.eigvalsh(_sym(a)), (S,)),
    "np.linalg.svd": (lambda a: np.linalg.svd(a, full_matrices=False), (M,)),
    "np.linalg.svdvals": (np.linalg.svdvals, (M,)),
    "np.linalg.qr": (np.linalg.qr, (S,)),
    "np.linalg.norm": (np.linalg.norm, (V,)),
    "np.linalg.vector_norm": (lambda x: np.linalg.vector_norm(x, axis=1), (M,)),
    "np.linalg.matrix_norm": (lambda x: np.linalg.matrix_norm(x, ord="nuc"), (M,)),
    "np.linalg.matrix_power": (lambda a: np.linalg.matrix_power(a, -2), (S,)),
    "np.linalg.cond": (np.linalg.cond, (S,)),
    "np.linalg.pinv": (np.linalg.pinv, (M,)),
    "np.linalg.lstsq": (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], (N, V)),
    "np.linalg.eig": (lambda a: np.linalg.eig(_distinct(a))[0], (S,)),
    "np.linalg.eigvals": (lambda a: np.linalg.eigvals(_distinct(a)), (S,)),
    "np.linalg.tensorinv": (lambda a: np.linalg.tensorinv(a[:, :, None], ind=1), (S,)),
    "np.linalg.tensorsolve": (np.linalg.tensorsolve, (S, V)),
    "np.sign": (lambda x, y: np.sign(x + 1j * y), (POSITIVE, V)),
    # shapes
    "np.reshape": (lambda x: np.reshape(x, (3, 2)) ** 2, (M,)),
    "np.ravel": (lambda x: np.ravel(x) ** 2, (M,)),
    "np.transpose": (lambda x: np.transpose(x, (2, 0, 1)) ** 2, (T,)),
    "np.matrix_transpose": (lambda x: np.matrix_transpose(x) ** 2, (T,)),
    "np.linalg.matrix_transpose": (lambda x: np.linalg.matrix_transpose(x) ** 2, (T,)),
    "np.swapaxes": (lambda x: np.swapaxes(x, 0, 2) ** 2, (T,)),
    "np.moveaxis": (lambda x: np.moveaxis(x, 0, 2) ** 2, (T,)),
    "np.rollaxis": (lambda x: np.rollaxis(x, 2) ** 2, (T,)),
    "np.expand_dims": (lambda x: np.expand_dims(x, 1) ** 2, (M,)),
    "np.squeeze": (lambda x: np.squeeze(x[:, None]) ** 2, (M,)),
    "np.broadcast_to": (lambda x: np.broadcast_to(x, (2, 3)) ** 2, (V,)),
    "np.broadcast_arrays": (lambda x, y: np.broadcast_arrays(x, y[:, None]), (V, W)),
    "np.atleast_1d": (lambda x: np.atleast_1d(x) ** 2, (ONE,)),
    "np.atleast_2d": (lambda x: np.atleast_2d(x) ** 2, (V,)),
    "np.atleast_3d": (lambda x: np.atleast_3d(x) ** 2, (M,)),
    "np.flip": (lambda x: np.flip(x, 1) ** 2, (M,)),
    "np.fliplr": (lambda x: np.fliplr(x) ** 2, (M,)),
    "np.flipud": (lambda x: np.flipud(x) ** 2, (M,)),
    "np.rot90": (lambda x: np.rot90(x) ** 2, (M,)),
    "np.roll": (lambda x: np.roll(x, 1, axis=1) ** 2, (M,)),
    "np.repeat": (lambda x: np.repeat(x, [2, 0, 1]) ** 2, (V,)),
    "np.tile": (lambda x: np.tile(x, (2, 2)) ** 2, (V,)),
    # joining and splitting
    "np.concatenate": (lambda a, b: np.concatenate([a, b]) ** 2, (V, W)),
    "np.stack": (lambda a, b: np.stack([a, b], axis=1) ** 2, (V, W)),
    "np.vstack": (lambda a, b: np.vstack([a, b]) ** 2, (V, W)),
    "np.hstack": (lambda a, b: np.hstack([a, b]) ** 2, (V, W)),
    "np.dstack": (lambda a, b: np.dstack([a, b]) ** 2, (V, W)),
    "np.column_stack": (lambda a, b: np.column_stack([a, b]) ** 2, (V, W)),
    "np.append": (lambda a, b: np.append(a, b) ** 2, (V, W)),
    "np.array_split": (lambda x: [part**2 for part in np.array_split(x, 2)], (V,)),
    "np.split": (lambda x: [part**2 for part in np.split(x, 3)], (V,)),
    "np.vsplit": (lambda x: [part**2 for part in np.vsplit(x, 2)], (M,)),
    "np.hsplit": (lambda x: [part**2 for part in np.hsplit(x, 3)], (M,)),
    "np.unstack": (lambda x: [part**2 for part in np.unstack(x)], (M,)),
    # selecting
    "np.where": (lambda a, b: np.where(np.array([True, False, True]), a, b) ** 2, (V, W)),
    "np.select": (lambda a, b: np.select([a > 0, a < -0.5], [a**2, b**2], 1.0), (V, W)),
    "np.sort": (lambda x: np.sort(x) ** 2, (M,)),
    "np.take": (lambda x: np.take(x, [2, 0, 2]) ** 2, (V,)),
    "np.take_along_axis": (lambda x: np.take_along_axis(x, np.array([[2], [0]]), 1) ** 2, (M,)),
    "np.compress": (lambda x: np.compress([True, False, True], x) ** 2, (V,)),
    "np.extract": (lambda x: np.extract([True, False, True], x) ** 2, (V,)),
    "np.diagonal": (lambda x: np.diagonal(x) ** 2, (S,)),
    "np.linalg.diagonal": (lambda x: np.linalg.diagonal(x) ** 2, (S,)),
    "np.diag": (lambda x: np.diag(x) ** 2, (V,)),
    "np.diagflat": (lambda x: np.diagflat(x) ** 2, (M,)),
    "np.tril": (lambda x: np.tril(x) ** 2, (S,)),
    "np.triu": (lambda x: np.triu(x) ** 2, (S,)),
    "np.unique": (lambda x: np.unique(x) ** 2, (V,)),
    "np.bincount": (lambda x: np.bincount([0, 1, 1], weights=x) ** 2, (V,)),
    "np.diff": (lambda x: np.diff(x) ** 2, (V,)),
    # making arrays
    "np.copy": (lambda x: np.copy(x) ** 2, (V,)),
    "np.full_like": (lambda x: np.full_like(x, x[0]) ** 2, (V,)),
    "np.full": (lambda x: np.full(3, x[0]) ** 2, (V,)),
    "np.array": (lambda x: np.array([x[0], x[1] ** 2, 1.0]), (V,)),
    "np.asarray": (lambda x: np.asarray([x[0], x[1] ** 2]), (V,)),
    "np.asanyarray": (lambda x: np.asanyarray([x[0], x[1] ** 2]), (V,)),
    "np.ascontiguousarray": (lambda x: np.ascontiguousarray([x[0], x[1] ** 2]), (V,)),
    "np.asfortranarray": (lambda x: np.asfortranarray([x[0], x[1] ** 2]), (V,)),
    "np.fromiter": (lambda x: np.fromiter((t**2 for t in x), float), (V,)),
    "np.linspace": (lambda a, b: np.linspace(a, b, 4) ** 2, (ONE, V)),
    "np.logspace": (lambda a, b: np.logspace(a, b, 4), (ONE, 2 * ONE)),
    "np.geomspace": (lambda a, b: np.geomspace(a, b, 4), (ONE, 2 * ONE)),
    "np.astype": (lambda x: np.astype(x, complex) ** 2, (V,)),
    "np.meshgrid": (lambda x, y: [part**2 for part in np.meshgrid(x, y)], (V, W)),
    "np.ix_": (lambda x, y: [part**2 for part in np.ix_(x, y)], (V, W)),
    "np.block": (lambda x: np.block([[x, x**2], [np.ones((1, 6))]]) ** 2, (M,)),
    "np.row_stack": (lambda a, b: _quietly("row_stack", [a, b]) ** 2, (V, W)),
    "np.dsplit": (lambda x: [part**2 for part in np.dsplit(x, 2)], (T,)),
    "np.vander": (lambda x: np.vander(x), (V,)),
    # entry by entry
    "np.divmod": (lambda x, y: np.divmod(x, y), (UP + 3, UP + 1)),
    "np.modf": (lambda x: np.modf(3 * x)[0] ** 2, (UP,)),
    "np.frexp": (lambda x: np.frexp(x)[0] ** 2, (UP,)),
    "np.ldexp": (lambda x: np.ldexp(x, 3) ** 2, (UP,)),
    "np.angle": (lambda x, y: np.angle(x + 1j * y), (POSITIVE, V)),
    **{
        f"np.emath.{name}": (lambda x, name=name: abs(getattr(np.emath, name)(-x)), (POSITIVE,))
        for name in ("sqrt", "log", "log2", "log10", "arctanh")
    },
    **{
        f"np.emath.{name}": (lambda x, name=name: getattr(np.emath, name)(x + 2).imag, (POSITIVE,))
        for name in ("arcsin", "arccos")
    },
    "np.emath.power": (lambda x, p: abs(np.emath.power(-x, p)), (POSITIVE, V)),
    "np.emath.logn": (lambda x, n: abs(np.emath.logn(n + 2, -x)), (POSITIVE, UP)),
    "np.sinc": (np.sinc, (np.array([0.0, 0.4, -1.3]),)),
    "np.i0": (np.i0, (V,)),
    "np.unwrap": (lambda x: np.unwrap(7 * x) ** 2, (V,)),
    "np.real_if_close": (lambda x: np.real_if_close(x + 0j) ** 2, (V,)),
    "np.interp": (lambda x, xp, fp: np.interp(x, xp, fp), (UP, np.array([0.0, 0.3, 1.2]), V)),
    "np.choose": (lambda x: np.choose([0, 1, 0], (x, x**2)) ** 2, (V,)),
    "np.piecewise": (lambda x: np.piecewise(x, [x < 0, x >= 0], [np.sin, np.exp]), (V,)),
    # sums, products and statistics
    "np.cumprod": (lambda x: np.cumprod(x, axis=1), (M,)),
    "np.cumulative_sum": (lambda x: np.cumulative_sum(x**2, axis=1), (M,)),
    "np.cumulative_prod": (lambda x: np.cumulative_prod(x, axis=1), (M,)),
    "np.median": (lambda x: np.median(x, axis=0) ** 2, (M,)),
    "np.quantile": (lambda x, q: np.quantile(x, q, axis=1), (M, UP)),
    "np.percentile": (lambda x, q: np.percentile(x, q, axis=1), (M, 100 * UP)),
    "np.cov": (np.cov, (M,)),
    "np.corrcoef": (np.corrcoef, (M[:, :2] + np.eye(2),)),
    **{
        f"np.{name}": (lambda x, name=name: getattr(np, name)(np.where(GAPS, np.nan, x), axis=0) ** 2, (S,))
        for name in ("nansum", "nanprod", "nancumsum", "nancumprod", "nanmean", "nanvar", "nanstd", "nanmax",
                     "nanmin", "nanmedian")
    },
    "np.nanquantile": (lambda x, q: np.nanquantile(np.where(GAPS, np.nan, x), q, axis=0), (S, UP)),
    "np.nanpercentile": (lambda x, q: np.nanpercentile(np.where(GAPS, np.nan, x), q, axis=0), (S, 100 * UP)),
    "np.convolve": (np.convolve, (V, W[:2])),
    "np.correlate": (np.correlate, (V, W[:2])),
    "np.vecdot": (np.vecdot, (M, M + 1)),
    "np.matvec": (np.matvec, (M, V)),
    "np.vecmat": (np.vecmat, (V, N)),
    "np.trapezoid": (lambda y, x: np.trapezoid(y, x), (V, UP)),
    "np.gradient": (lambda f, x: np.gradient(f, x), (V, UP)),
    "np.ediff1d": (lambda x: np.ediff1d(x) ** 2, (M,)),
    # polynomials
    "np.polyval": (np.polyval, (V, UP)),
    "np.polyadd": (lambda p, q: np.polyadd(p, q) ** 2, (V, W[:2])),
    "np.polysub": (lambda p, q: np.polysub(p, q) ** 2, (V, W[:2])),
    "np.polymul": (np.polymul, (V, W)),
    "np.polydiv": (np.polydiv, (V, POSITIVE[:2])),
    "np.polyder": (lambda p: np.polyder(p) ** 2, (V,)),
    "np.polyint": (lambda p: np.polyint(p) ** 2, (V,)),
    "np.poly": (np.poly, (V,)),
    "np.polyfit": (lambda x, y: np.polyfit(x, y, 1), (UP, V)),
    "np.roots": (lambda p: np.roots(np.array([1.0, -6.0, 11.0]) + 0.1 * p), (V,)),
    # entries in other places
    "np.partition": (lambda x: np.partition(x, 1, axis=1) ** 2, (M,)),
    "np.sort_complex": (lambda x: np.sort_complex(x) ** 2, (V,)),
    "np.delete": (lambda x: np.delete(x, 1) ** 2, (V,)),
    "np.insert": (lambda x, y: np.insert(x, [1, 3], y) ** 2, (V, W[:2])),
    "np.resize": (lambda x: np.resize(x, (2, 2)) ** 2, (V,)),
    "np.pad": (lambda x, c: np.pad(x, 2, constant_values=c) ** 2, (V, ONE)),
    "np.trim_zeros": (lambda x: np.trim_zeros(x) ** 2, (V,)),
    "np.apply_along_axis": (lambda x: np.apply_along_axis(lambda row: row * row[0], 1, x), (M,)),
    "np.apply_over_axes": (lambda x: np.apply_over_axes(np.sum, x**2, [0, 1]), (M,)),
    "np.put": (_writing(lambda y, x: np.put(y, [0, 2], x**2)), (V,)),
    "np.place": (_writing(lambda y, x: np.place(y, np.array([True, False, True]), x**2)), (V,)),
    "np.putmask": (_writing(lambda y, x: np.putmask(y, np.array([True, False, True]), x**2)), (V,)),
    "np.put_along_axis": (_writing(lambda y, x: np.put_along_axis(y, np.array([2, 0]), x[:2] ** 2, 0)), (V,)),
    "np.copyto": (_writing(lambda y, x: np.copyto(y, x**2, where=np.array([True, False, True]))), (V,)),
    "np.fill_diagonal": (_writing(lambda y, x: np.fill_diagonal(y, x[0] ** 2)), (S,)),
    "np.union1d": (lambda x, y: np.union1d(x, y) ** 2, (V, W)),
    "np.setdiff1d": (lambda x, y: np.setdiff1d(x, y) ** 2, (V, W)),
    "np.setxor1d": (lambda x, y: np.setxor1d(x, y) ** 2, (V, W)),
    "np.unique_values": (lambda x: np.unique_values(x) ** 2, (V,)),
    "np.unique_counts": (lambda x: np.unique_counts(x).values ** 2, (V,)),
    "np.unique_inverse": (lambda x: np.unique_inverse(x).values ** 2, (V,)),
    "np.unique_all": (lambda x: np.unique_all(x).values ** 2, (V,)),
    "np.lib.stride_tricks.sliding_window_view": (
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 2) ** 2, (V,),
    ),
    # Fourier transforms
    **{
        f"np.fft.{name}": (lambda x, name=name: getattr(np.fft, name)(x) ** 2, (x,))
        for name, x in (
            ("fft", V), ("ifft", V), ("rfft", V), ("irfft", V), ("hfft", V), ("ihfft", V), ("fft2", M), ("ifft2", M),
            ("rfft2", M), ("irfft2", M), ("fftn", T), ("ifftn", T), ("rfftn", T), ("irfftn", T), ("fftshift", M),
            ("ifftshift", M),
        )
    },
}  # fmt: skip

# array method or attribute: its program
METHODS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    **{
        name: (lambda x, name=name: getattr(x, name)(axis=1) ** 2, (M,))
        for name in ("sum", "prod", "max", "min", "mean", "var", "std", "cumsum", "cumprod")
    },
    **{
        name: (lambda x, name=name: getattr(x, name)() ** 2, (M,))
        for name in ("conj", "conjugate", "copy", "diagonal", "flatten", "ravel", "squeeze", "trace", "transpose",
                     "view")
    },
    **{name: (lambda x, name=name: getattr(x, name) ** 2, (M,)) for name in ("T", "mT", "real", "imag")},
    "astype": (lambda x: x.astype(complex) ** 2, (M,)),
    "clip": (lambda x: x.clip(-2, 2) ** 2, (M,)),
    "compress": (lambda x: x.compress([True, False, True]) ** 2, (V,)),
    "dot": (lambda x, y: x.dot(y), (M, N)),
    "fill": (_writing(lambda y, x: y[0].fill(x[1, 1] ** 2)), (M,)),
    "flat": (lambda x: x.flat[1:4] ** 2, (M,)),
    "item": (lambda x: x.item(1) * x[0], (V,)),
    "partition": (_writing(lambda y, x: y.partition(1)), (V,)),
    "put": (_writing(lambda y, x: y.put([0, 2], x**2)), (V,)),
    "repeat": (lambda x: x.repeat(2) ** 2, (V,)),
    "reshape": (lambda x: x.reshape(3, -1) ** 2, (M,)),
    "sort": (_writing(lambda y, x: y.sort()), (V,)),
    "swapaxes": (lambda x: x.swapaxes(0, 1) ** 2, (M,)),
    "take": (lambda x: x.take([2, 0]) ** 2, (V,)),
    "to_device": (lambda x: x.to_device("cpu") ** 2, (V,)),
    "tolist": (lambda x: [entry**2 for entry in x.tolist()], (V,)),
}  # fmt: skip
