"""`scipy.signal` for traced values: convolution, correlation and linear filters.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.signal as signal
>>> wg.grad(lambda k: signal.convolve(np.array([1.0, 2.0]), k)[1])(np.array([5.0, 7.0]))
array([2., 1.])
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.signal

from wengert.graph import Primitive
from wengert.primitives.arithmetic import conj
from wengert.primitives.linalg.matrices import inexact
from wengert.primitives.shaping import reshape
from wengert.scipy.along import apply_along, length_along
from wengert.scipy.mirror import fall_through, refusal, serves
from wengert.tracing import as_operand, type_of

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "detrend", "fftconvolve", "lfilter", "sosfilt"]

_plain: Final[Any] = scipy.signal
_beyond = fall_through("scipy.signal")

convolution = Primitive(
    "convolution_of_arrays", params=("rank", "method"), linear="separately", notation="{0} * {1}",
    shapes="(...,n), (...,m) -> (...,n+m-1), and so for each of the last `rank` axes", domain="everywhere",
    cite="Oppenheim & Schafer, Discrete-Time Signal Processing (2010), 2.3; the adjoint is a correlation",
)  # fmt: skip


@convolution.evaluate
def _convolution_value(xp: Any, x: Any, y: Any, *, rank: int, method: str) -> Any:
    stack = np.broadcast_shapes(x.shape[: x.ndim - rank], y.shape[: y.ndim - rank])
    left = np.broadcast_to(x, (*stack, *x.shape[x.ndim - rank :]))
    right = np.broadcast_to(y, (*stack, *y.shape[y.ndim - rank :]))
    lengths = [n + m - 1 for n, m in zip(left.shape[len(stack) :], right.shape[len(stack) :], strict=True)]
    out = np.zeros((*stack, *lengths), np.result_type(x, y))
    for place in np.ndindex(stack):
        out[place] = _plain.convolve(left[place], right[place], method=method)
    return out


@convolution.shape
def _convolution_shape(x: Any, y: Any, *, rank: int, method: str) -> tuple[int, ...]:
    split = x.ndim - rank, y.ndim - rank
    stack = np.broadcast_shapes(x.shape[: split[0]], y.shape[: split[1]])
    return (*stack, *(n + m - 1 for n, m in zip(x.shape[split[0] :], y.shape[split[1] :], strict=True)))


def _adjoint(g: Any, other: Any, lengths: tuple[int, ...], rank: int, method: str) -> Any:
    """The part of g correlated with the other factor that is as long as what is asked for."""
    flip = (Ellipsis, *(slice(None, None, -1),) * rank)
    skip = other.shape[len(other.shape) - rank :]
    part = (Ellipsis, *(slice(m - 1, m - 1 + n) for n, m in zip(lengths, skip, strict=True)))
    return convolution(g, other[flip], rank=rank, method=method)[part]


convolution.transpose(0)(lambda g, x, y, *, rank, method: _adjoint(g, y, x.shape[x.ndim - rank :], rank, method))
convolution.transpose(1)(lambda g, x, y, *, rank, method: _adjoint(g, x, y.shape[y.ndim - rank :], rank, method))


@convolution.batch
def _convolution_batch(size: int, args: Any, batched: Any, *, rank: int, method: str) -> Any:
    ranks = [len(x.shape) - flag for x, flag in zip(args, batched, strict=True)]
    # axes of length one between the batch and a stack that is shorter than the other
    aligned = [
        reshape(x, shape=(size, *(1,) * (max(ranks) - own), *x.shape[1:])) if flag and own < max(ranks) else x
        for x, flag, own in zip(args, batched, ranks, strict=True)
    ]
    return convolution(*aligned, rank=rank, method=method)


def _convolution_sample(left: tuple[int, ...], right: tuple[int, ...], rank: int, dtype: Any = np.float64) -> Any:
    return lambda r: (
        (r.normal(size=left).astype(dtype), r.normal(size=right).astype(dtype)),
        {"rank": rank, "method": "direct"},
    )


convolution.samples(
    _convolution_sample((4,), (3,), 1), _convolution_sample((2, 3), (2, 2), 2), _convolution_sample((2, 4), (3,), 1),
    _convolution_sample((3,), (2,), 1, np.float32),
)  # fmt: skip

recursion = Primitive(
    "recursive_filter", signature="(k),(n)->(n)", notation="filter(1/{0}, {1})",
    domain="the first coefficient is not zero",
    cite="Oppenheim & Schafer (2010), 6.1; the adjoint runs backwards in time",
)  # fmt: skip


@recursion.evaluate
def _recursion_value(xp: Any, a: Any, x: Any) -> Any:
    stack = np.broadcast_shapes(a.shape[:-1], x.shape[:-1])
    coefficients = np.broadcast_to(a, (*stack, a.shape[-1]))
    signal = np.broadcast_to(x, (*stack, x.shape[-1]))
    out = np.zeros(signal.shape, np.result_type(a, x))
    for place in np.ndindex(stack):
        with np.errstate(all="ignore"):
            first = coefficients[place][0]
            out[place] = (
                _plain.lfilter(np.ones(1, out.dtype), coefficients[place], signal[place])
                if first != 0
                else np.full(signal.shape[-1], np.nan)
            )
    return out


def _in_coefficients(a: Any, y: Any, da: Any) -> Any:
    moved = convolution(da, y, rank=1, method="direct")[..., : y.shape[-1]]
    return -recursion(a, moved)


recursion.differential(lambda y, a, x: (lambda da: _in_coefficients(a, y, da), lambda dx: recursion(a, dx)))
recursion.transpose(1)(lambda g, a, x: recursion(a, g[..., ::-1])[..., ::-1])
recursion.samples(
    lambda r: ((np.array([1.3, 0.4, -0.2]), r.normal(size=5)), {}),
    lambda r: ((np.array([1.3, 0.4, -0.2]), r.normal(size=(2, 4))), {}),
    lambda r: ((np.array([1.3, 0.4], np.float32), r.normal(size=4).astype(np.float32)), {}),
)


def _trim(full: Any, first: tuple[int, ...], second: tuple[int, ...], mode: str, upper: bool = False) -> Any:
    """The part that a mode keeps; `upper` says which of two middles of an even length is meant."""
    if mode == "full":
        return full
    if mode == "same":
        starts = [(m if upper else m - 1) // 2 for m in second]
        return full[tuple(slice(start, start + n) for start, n in zip(starts, first, strict=True))]
    if mode != "valid":
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    bounds = [(min(n, m) - 1, max(n, m)) for n, m in zip(first, second, strict=True)]
    return full[tuple(slice(low, high) for low, high in bounds)]


@serves(_plain.convolve)
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The convolution of two arrays of as many axes."""
    in1, in2 = inexact(in1, in2)
    shapes = type_of(in1).shape, type_of(in2).shape
    if len(shapes[0]) != len(shapes[1]):
        raise ValueError("in1 and in2 should have the same dimensionality")
    if not shapes[0]:
        return in1 * in2
    full = convolution(in1, in2, rank=len(shapes[0]), method="fft" if method == "fft" else "direct")
    return _trim(full, *shapes, mode)


@serves(_plain.fftconvolve)
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """The convolution of two arrays by fast Fourier transforms."""
    if axes is not None:
        raise refusal("scipy.signal.fftconvolve with axes", "for traced values")
    return convolve(in1, in2, mode, "fft")


@serves(_plain.correlate)
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The correlation of two arrays of as many axes."""
    in2 = as_operand(in2)
    flipped = in2[(slice(None, None, -1),) * len(type_of(in2).shape)]
    return convolve(in1, conj(flipped) if type_of(in2).dtype.kind == "c" else flipped, mode, method)


def _zero_boundary(name: str, boundary: Any, fillvalue: Any) -> None:
    if boundary != "fill" or fillvalue != 0:
        raise refusal(f"scipy.signal.{name} with boundary={boundary!r}, fillvalue={fillvalue!r}", "for traced values")


@serves(_plain.convolve2d)
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Any:
    """The convolution of two matrices, with zeros around them."""
    _zero_boundary("convolve2d", boundary, fillvalue)
    return convolve(in1, in2, mode)


@serves(_plain.correlate2d)
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Any:
    """The correlation of two matrices, with zeros around them."""
    _zero_boundary("correlate2d", boundary, fillvalue)
    shapes = type_of(as_operand(in1)).shape, type_of(as_operand(in2)).shape
    return _trim(correlate(in1, in2), *shapes, mode, upper=True)


@serves(_plain.lfilter)
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A linear filter along one axis, in its coefficients and the signal."""
    if zi is not None:
        raise refusal("scipy.signal.lfilter with zi", "for traced values")
    b, a, x = inexact(b, a, x)
    moved = np.moveaxis(x, axis, -1)
    ahead = convolution(b, moved, rank=1, method="direct")[..., : length_along(moved, -1)]
    return np.moveaxis(recursion(a, ahead), -1, axis)


@serves(_plain.sosfilt)
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A cascade of filters of second order."""
    if zi is not None:
        raise refusal("scipy.signal.sosfilt with zi", "for traced values")
    sos = as_operand(sos)
    for k in range(type_of(sos).shape[0]):
        x = lfilter(sos[k, :3], sos[k, 3:], x, axis)
    return x


@serves(_plain.detrend)
def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False) -> Any:
    """What is left of the data when a mean or a straight line is taken away."""
    plain = np.eye(length_along(data, axis))
    return apply_along(_plain.detrend(plain, axis=0, type=type, bp=bp), data, axis)


def __getattr__(name: str) -> Any:
    return _beyond(name)
