"""NumPy's convolutions, phases and functions of signals, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import bind, locate
from wengert.numpy.shaping import read_only
from wengert.numpy.values import gives_array
from wengert.primitives import bessel
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import conj, select
from wengert.primitives.convolution import convolution
from wengert.primitives.elementwise import DEGREE
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import concatenate
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []


def _sequence(a: Any, name: str) -> Any:
    a = np.atleast_1d(as_operand(a))
    if type_of(a).ndim != 1:
        raise ValueError(f"{name} takes sequences of one axis, received shape {type_of(a).shape}")
    if not type_of(a).size:
        raise ValueError(f"{name} cannot take an empty sequence")
    return a


def _overlap(a: Any, v: Any, mode: Any, late: bool = False) -> Any:
    """The convolution at the overlaps that a mode keeps; `late` where of two middles the later one is meant."""
    mode = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)
    longer, shorter = (a, v) if type_of(a).size >= type_of(v).size else (v, a)
    if mode == "valid":
        return bind(convolution, (longer, shorter), (True,))
    whole = bind(convolution, (a, v), (False,))
    if mode == "full":
        return whole
    if mode == "same":
        count = type_of(shorter).size
        start = count // 2 if late else (count - 1) // 2
        return whole[start : start + type_of(longer).size]
    raise ValueError(f"mode {mode!r} is none of 'full', 'same' and 'valid'")


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    return _overlap(_sequence(a, "np.convolve"), _sequence(v, "np.convolve"), mode)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    a, v = _sequence(a, "np.correlate"), _sequence(v, "np.correlate")
    turned = (conj(v) if type_of(v).dtype.kind == "c" else v)[::-1]
    # NumPy takes the other middle where the second sequence is the longer one
    return _overlap(a, turned, mode, late=type_of(a).size < type_of(v).size)


@implements(np.sinc)
def sinc(x: Any) -> Any:
    x = as_operand(x)
    return bind(bessel.sinc, (x if type_of(x).inexact else cast(x, np.float64),), (0,))


@implements(np.i0)
@gives_array
def i0(x: Any) -> Any:
    x = as_operand(x)
    if type_of(x).dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    return bind(bessel.modified_bessel, (x if type_of(x).inexact else cast(x, np.float64),), (0,))


@implements(np.angle)
def angle(z: Any, deg: Any = False) -> Any:
    z = as_operand(z)
    parts = (z.imag, z.real) if type_of(z).dtype.kind == "c" else (type_of(z).dtype.type(0), z)
    found = np.arctan2(*parts)
    return found / DEGREE if deg else found


@implements(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2 * np.pi) -> Any:
    p = as_operand(p)
    (place,) = normal_axes(axis, type_of(p).ndim)
    before = (slice(None),) * place
    steps = p[(*before, slice(1, None))] - p[(*before, slice(None, -1))]
    half = period / 2
    # the step that differs by whole periods and is at most half of one, forwards where it is just that
    short = np.mod(steps + half, period) - half
    short = select((short == -half) & (steps > 0), half, short)
    jump = np.abs(steps) < (half if discont is None else discont)
    correction = np.cumsum(select(jump, 0.0, short - steps), axis=place)
    first = p[(*before, slice(None, 1))]
    return concatenate(first, p[(*before, slice(1, None))] + correction, axis=place)


@implements(np.real_if_close)
def real_if_close(a: Any, tol: Any = 100) -> Any:
    a = as_operand(a)
    if type_of(a).dtype.kind != "c":
        return a
    limit = tol * np.finfo(type_of(a).dtype).eps if tol > 1 else tol
    return a.real if np.all(np.abs(a.imag) < limit) else a


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, *, subok: Any = False,
                        writeable: Any = False) -> Any:  # fmt: skip
    x = as_operand(x)
    shape = type_of(x).shape
    listed = tuple(window_shape) if isinstance(window_shape, (tuple, list)) else (window_shape,)
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    places = [normal_axes(int(a), len(shape))[0] for a in axes]
    if len(places) != len(listed):
        raise ValueError(f"window_shape needs a length for each of the {len(places)} axes, received {len(listed)}")
    counts = list(shape)
    for place, width in zip(places, listed, strict=True):
        counts[place] -= width - 1
        if width < 0 or counts[place] < 1:
            raise ValueError(f"a window of {width} entries does not fit into an axis of {shape[place]}")
    total = len(shape) + len(listed)
    mesh: list[Any] = [_axis_of(np.arange(n), i, total) for i, n in enumerate(counts)]
    for number, (place, width) in enumerate(zip(places, listed, strict=True)):
        mesh[place] = mesh[place] + _axis_of(np.arange(width), len(shape) + number, total)
    if writeable:
        source = locate(2)
        raise UnsupportedError(
            f"sliding_window_view{f' at {source}' if source else ''} with writeable=True lets one write change many "
            f"windows; write into the array itself"
        )
    index = tuple(mesh)
    return read_only(x, lambda whole: whole[index], "sliding_window_view")


def _axis_of(numbers: Any, axis: int, total: int) -> Any:
    return numbers.reshape((*(1,) * axis, -1, *(1,) * (total - axis - 1)))
