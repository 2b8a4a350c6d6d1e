"""Discrete Fourier transforms along one axis, without a normalising factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive
from wengert.primitives.arithmetic import conj

__all__ = ["dft", "half_dft", "inverse_half_dft"]

dft = Primitive("dft", params=("axis", "inverse"), linear="jointly", notation="dft({0}, {axis})",
                shapes="(...) -> the same, complex", domain="everywhere",
                cite="y[k] = sum over j of x[j] exp(-2 pi i j k / n), + if inverse: a symmetric matrix")  # fmt: skip
half_dft = Primitive("half_dft", params=("axis",), linear="jointly", notation="half_dft({0}, {axis})",
                     shapes="real (..., n, ...) -> complex (..., n // 2 + 1, ...)", domain="everywhere",
                     cite="the first half of the transform of real numbers, which determines the rest")  # fmt: skip
inverse_half_dft = Primitive("inverse_half_dft", params=("axis", "length"), linear="jointly",
                             notation="inverse_half_dft({0}, {axis}, {length})",
                             shapes="complex (..., n // 2 + 1, ...) -> real (..., n, ...), n = length",
                             domain="everywhere",
                             cite="x[j] = Re(sum over k of w[k] y[k] exp(2 pi i j k / n)), w = 1, 2, ..., 2, and 1 "
                                  "at k = n / 2")  # fmt: skip


@dft.prepare
def _dft_value(xp: Any, *, axis: int, inverse: bool) -> Any:
    if inverse:
        return lambda x: xp.fft.ifft(x, axis=axis, norm="forward")
    return lambda x: xp.fft.fft(x, axis=axis)


def _complex(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.result_type(dtype, np.complex64)


dft.shape(lambda x, *, axis, inverse: x.shape)
dft.dtype(lambda x, *, axis, inverse: _complex(x.dtype))
dft.differential(lambda out, x, *, axis, inverse: (lambda dx: dft(dx, axis=axis, inverse=inverse),))
dft.transpose(0)(lambda g, x, *, axis, inverse: dft(g, axis=axis, inverse=inverse))
dft.batch(lambda size, args, batched, *, axis, inverse: dft(args[0], axis=axis + 1, inverse=inverse))
dft.samples(
    lambda r: ((r.normal(size=4),), {"axis": 0, "inverse": False}),
    lambda r: ((r.normal(size=(3, 2)) + 1j * r.normal(size=(3, 2)),), {"axis": 0, "inverse": False}),
    lambda r: ((r.normal(size=(2, 3)) + 1j * r.normal(size=(2, 3)),), {"axis": 1, "inverse": True}),
)

half_dft.evaluate(lambda xp, x, *, axis: xp.fft.rfft(x, axis=axis))
half_dft.dtype(lambda x, *, axis: _complex(x.dtype))
half_dft.differential(lambda out, x, *, axis: (lambda dx: half_dft(dx, axis=axis),))
half_dft.batch(lambda size, args, batched, *, axis: half_dft(args[0], axis=axis + 1))


@half_dft.shape
def _half_shape(x: ArrayType, *, axis: int) -> tuple[int, ...]:
    return (*x.shape[:axis], x.shape[axis] // 2 + 1, *x.shape[axis + 1 :])


@half_dft.transpose(0)
def _half_adjoint(g: Any, x: ArrayType, *, axis: int) -> Any:
    length = x.shape[axis]
    halved = conj(g) * _multiplicity(length, axis, x, 0.5)
    return inverse_half_dft(halved, axis=axis, length=length)


inverse_half_dft.evaluate(lambda xp, y, *, axis, length: xp.fft.irfft(y, length, axis=axis, norm="forward"))
inverse_half_dft.shape(lambda y, *, axis, length: (*y.shape[:axis], length, *y.shape[axis + 1 :]))
inverse_half_dft.dtype(lambda y, *, axis, length: np.zeros(0, y.dtype).real.dtype)
inverse_half_dft.differential(
    lambda out, y, *, axis, length: (lambda dy: inverse_half_dft(dy, axis=axis, length=length),)
)
inverse_half_dft.batch(
    lambda size, args, batched, *, axis, length: inverse_half_dft(args[0], axis=axis + 1, length=length)
)


@inverse_half_dft.transpose(0)
def _inverse_half_adjoint(g: Any, y: ArrayType, *, axis: int, length: int) -> Any:
    return conj(half_dft(g, axis=axis)) * _multiplicity(length, axis, y, 2.0)


def _multiplicity(length: int, axis: int, kind: ArrayType, inner: float) -> Any:
    """`inner` for the frequencies that stand for two, 1 for the first and for the middle one."""
    weights = np.full(length // 2 + 1, inner, np.zeros(0, kind.dtype).real.dtype)
    weights[0] = 1.0
    if length % 2 == 0:
        weights[-1] = 1.0
    return weights.reshape((-1,) + (1,) * (kind.ndim - axis - 1))


half_dft.samples(
    lambda r: ((r.normal(size=5),), {"axis": 0}),
    lambda r: ((r.normal(size=(4, 2)),), {"axis": 0}),
    lambda r: ((r.normal(size=1),), {"axis": 0}),
)
inverse_half_dft.samples(
    lambda r: ((r.normal(size=3) + 1j * r.normal(size=3),), {"axis": 0, "length": 5}),
    lambda r: ((r.normal(size=(2, 3)) + 1j * r.normal(size=(2, 3)),), {"axis": 1, "length": 4}),
)
