"""The array methods and attributes of traced values, served by the functions of the same names."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import bind
from wengert.numpy import asking, products, reducing, selecting, shaping
from wengert.numpy.shaping import reshape, reshaped, transpose
from wengert.primitives import arithmetic
from wengert.primitives.access import cast
from wengert.primitives.shaping import reshape as reshape_primitive
from wengert.tracing import FUNCTIONS, Tracer, method

__all__: list[str] = []

for _family, _names in (
    (reducing, "all any argmax argmin argsort cumsum max mean min prod ptp std sum trace var"),
    (selecting, "clip compress diagonal nonzero take"),
    (products, "dot"),
    (shaping, "ravel repeat squeeze swapaxes"),
    (asking, "round"),
):
    for _name in _names.split():
        method(_name)(getattr(_family, _name))


@method("reshape")
def _reshape(x: Tracer, *shape: Any, order: Any = "C", copy: Any = None) -> Any:
    return reshape(x, shape[0] if len(shape) == 1 else shape, order)


@method("transpose")
def _transpose(x: Tracer, *axes: Any) -> Any:
    listed = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return transpose(x, listed or None)


@method("flatten")
def _flatten(x: Tracer, order: Any = "C") -> Any:
    return copy_of(reshaped(x, (x.size,)))


def copy_of(x: Tracer, order: Any = "C") -> Any:
    """A traced array of its own: later writes into x do not reach it."""
    x.refresh()
    return bind(reshape_primitive, (x,), (x.shape,)) if x.payload is not None else x.recording.box(np.copy(x.value))


method("copy")(copy_of)
method("__copy__")(copy_of)


@method("astype")
def _astype(x: Tracer, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True) -> Any:
    return copy_of(x) if np.dtype(dtype) == x.dtype else cast(x, dtype)


@method("conj")
def _conj(x: Tracer) -> Any:
    return bind(arithmetic.conj, (x,)) if x.dtype.kind == "c" else x


method("conjugate")(_conj)


@method("fill")
def _fill(x: Tracer, value: Any) -> None:
    x[...] = value  # type: ignore[index]


@method("sort")
def _sort(x: Tracer, axis: Any = -1, kind: Any = None, order: Any = None) -> None:
    x[...] = np.sort(x, axis)  # type: ignore[index, call-overload]


@method("__round__")
def _round(x: Tracer, digits: Any = 0) -> Any:
    return FUNCTIONS[np.round](x, digits or 0)


method("T")(property(lambda x: transpose(x) if x.ndim > 1 else x))
method("mT")(property(FUNCTIONS[np.matrix_transpose]))
method("real")(property(FUNCTIONS[np.real]))
method("imag")(property(FUNCTIONS[np.imag]))
method("flat")(property(lambda x: iter(reshaped(x, (x.size,)))))
method("device")(property(lambda x: "cpu"))
