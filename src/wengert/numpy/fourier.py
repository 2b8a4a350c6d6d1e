"""NumPy's fast Fourier transforms, for traced values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.graph import bind
from wengert.numpy.shaping import roll
from wengert.primitives import fourier
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import conj
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import concatenate
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []

_SWAPPED = {"backward": "forward", None: "forward", "ortho": "ortho", "forward": "backward"}


def _factor(norm: Any, length: int, inverse: bool) -> float:
    """What the sum of a transform is multiplied by."""
    if norm not in _SWAPPED:
        raise ValueError(f"Invalid norm value {norm!r}; should be 'backward', 'ortho' or 'forward'")
    if norm == "ortho":
        return 1.0 / math.sqrt(length)
    return 1.0 / length if (norm == "forward") is not inverse else 1.0


def _scaled(a: Any, factor: float) -> Any:
    return a if factor == 1.0 else a * factor


def _fitted(a: Any, length: int, axis: int) -> Any:
    """The array cut off, or filled up with zeros, along one axis."""
    if length < 1:
        raise ValueError(f"Invalid number of FFT data points ({length}) specified.")
    shape = type_of(a).shape
    if shape[axis] >= length:
        return a if shape[axis] == length else a[(*(slice(None),) * axis, slice(length))]
    missing = np.zeros((*shape[:axis], length - shape[axis], *shape[axis + 1 :]), type_of(a).dtype)
    return concatenate(a, missing, axis=axis)


def _numbers(a: Any) -> Any:
    """An operand in floating-point numbers."""
    a = as_operand(a)
    return a if type_of(a).inexact else cast(a, np.float64)


def _finish(result: Any, out: Any) -> Any:
    return result if out is None else write_into(out, result)


def _whole(a: Any, n: Any, axis: Any, norm: Any, inverse: bool) -> Any:
    a = _numbers(a)
    (place,) = normal_axes(axis, type_of(a).ndim)
    length = type_of(a).shape[place] if n is None else int(n)
    transformed = bind(fourier.dft, (_fitted(a, length, place),), (place, inverse))
    return _scaled(transformed, _factor(norm, length, inverse))


@implements(np.fft.fft)
def fft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _finish(_whole(a, n, axis, norm, False), out)


@implements(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _finish(_whole(a, n, axis, norm, True), out)


@implements(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    a = _numbers(a)
    if type_of(a).dtype.kind == "c":
        raise TypeError("numpy.fft.rfft transforms real numbers; take numpy.fft.fft for complex ones")
    (place,) = normal_axes(axis, type_of(a).ndim)
    length = type_of(a).shape[place] if n is None else int(n)
    transformed = bind(fourier.half_dft, (_fitted(a, length, place),), (place,))
    return _finish(_scaled(transformed, _factor(norm, length, False)), out)


@implements(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    a = _numbers(a)
    (place,) = normal_axes(axis, type_of(a).ndim)
    length = 2 * (type_of(a).shape[place] - 1) if n is None else int(n)
    if length < 1:
        raise ValueError(f"Invalid number of FFT data points ({length}) specified.")
    spectrum = _fitted(a, length // 2 + 1, place)
    if type_of(spectrum).dtype.kind != "c":
        spectrum = cast(spectrum, np.result_type(type_of(spectrum).dtype, np.complex64))
    transformed = bind(fourier.inverse_half_dft, (spectrum,), (place, length))
    return _finish(_scaled(transformed, _factor(norm, length, True)), out)


@implements(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    a = _numbers(a)
    length = 2 * (type_of(a).shape[axis] - 1) if n is None else int(n)
    mirrored = conj(a) if type_of(a).dtype.kind == "c" else a
    return irfft(mirrored, length, axis, _SWAPPED.get(norm, norm), out)


@implements(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _finish(conj(rfft(a, n, axis, _SWAPPED.get(norm, norm))), out)


def _lengths(a: Any, s: Any, axes: Any, real_result: bool = False) -> list[tuple[int, int]]:
    """The axes of a transform of several, each with the number of its points."""
    shape = type_of(a).shape
    if axes is None:
        axes = range(len(shape)) if s is None else range(len(shape) - len(s), len(shape))
    places = [normal_axes(int(axis), len(shape))[0] for axis in axes]
    lengths = [shape[place] for place in places]
    if real_result and lengths:
        lengths[-1] = 2 * (lengths[-1] - 1)
    if s is not None:
        if len(s) != len(places):
            raise ValueError("Shape and axes have different lengths.")
        # -1 leaves the length of an axis as it is
        lengths = [own if n in (-1, None) else int(n) for n, own in zip(s, lengths, strict=True)]
    return list(zip(places, lengths, strict=True))


def _several(function: Callable[..., Any], default: Any) -> Callable[..., Any]:
    """A transform along several axes, one after the other from the last."""

    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        a = _numbers(a)
        for place, length in reversed(_lengths(a, s, axes)):
            a = function(a, length, place, norm)
        return _finish(a, out)

    return transform


def _several_of_reals(default: Any) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        a = _numbers(a)
        *others, (last, count) = _lengths(a, s, axes)
        a = rfft(a, count, last, norm)
        for place, length in reversed(others):
            a = fft(a, length, place, norm)
        return _finish(a, out)

    return transform


def _several_to_reals(default: Any) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        a = _numbers(a)
        *others, (last, count) = _lengths(a, s, axes, real_result=True)
        for place, length in others:
            a = ifft(a, length, place, norm)
        return irfft(a, count, last, norm, out)

    return transform


for _name, _rule in (
    ("fft2", _several(fft, (-2, -1))), ("ifft2", _several(ifft, (-2, -1))),
    ("fftn", _several(fft, None)), ("ifftn", _several(ifft, None)),
    ("rfft2", _several_of_reals((-2, -1))), ("rfftn", _several_of_reals(None)),
    ("irfft2", _several_to_reals((-2, -1))), ("irfftn", _several_to_reals(None)),
):  # fmt: skip
    _rule.__name__ = _rule.__qualname__ = _name
    implements(getattr(np.fft, _name))(_rule)


def _centred(name: str, sign: int) -> None:
    def shift(x: Any, axes: Any = None) -> Any:
        x = as_operand(x)
        places = normal_axes(axes, type_of(x).ndim)
        lengths = [type_of(x).shape[place] for place in places]
        return roll(x, tuple(sign * (n // 2) for n in lengths), places)

    shift.__name__ = shift.__qualname__ = name
    implements(getattr(np.fft, name))(shift)


_centred("fftshift", 1)
_centred("ifftshift", -1)
