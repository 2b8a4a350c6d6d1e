"""The array methods and attributes of traced values, served by the functions of the same names."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import bind, locate
from wengert.numpy import (
    applying,
    asking,
    complex_domain,
    counting,
    differences,
    editing,
    fourier,
    padding,
    plain_arrays,
    polynomials,
    products,
    reducing,
    refused,
    selecting,
    sets,
    shaping,
    signals,
    statistics,
    ufunc_methods,
    without_nan,
)
from wengert.numpy.constants import constant, in_library, is_constant
from wengert.numpy.flat import Flat
from wengert.numpy.joining import require_cast
from wengert.numpy.shaping import copied, ravel, reshape, transpose
from wengert.primitives import arithmetic
from wengert.primitives.access import cast
from wengert.tracing import FUNCTIONS, Tracer, method
from wengert.tracing.mutation import View, as_array, is_array

__all__: list[str] = []

# families that stand for no method: importing them fills the table of names
_others = (
    applying,
    complex_domain,
    counting,
    differences,
    editing,
    fourier,
    padding,
    plain_arrays,
    polynomials,
    sets,
    signals,
    statistics,
    ufunc_methods,
    without_nan,
)

for _family, _names in (
    (reducing, "all any argmax argmin argsort cumprod cumsum max mean min prod std sum trace var"),
    (selecting, "clip diagonal nonzero take"),
    (products, "dot"),
    (shaping, "ravel repeat squeeze swapaxes"),
    (asking, "argpartition round"),
    (editing, "put"),
):
    for _name in _names.split():
        method(_name)(getattr(_family, _name))


@method("reshape")
def _reshape(x: Tracer, *shape: Any, order: Any = "C", copy: Any = None) -> Any:
    return reshape(x, shape[0] if len(shape) == 1 else shape, order, copy=copy)


@method("compress")
def _compress(x: Tracer, condition: Any, axis: Any = None, out: Any = None) -> Any:
    return selecting.compress(condition, x, axis, out)


@method("searchsorted")
def _searchsorted(x: Tracer, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    return FUNCTIONS[np.searchsorted](x, v, side, sorter)


@method("transpose")
def _transpose(x: Tracer, *axes: Any) -> Any:
    listed = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return transpose(x, listed or None)


@method("flatten")
def _flatten(x: Tracer, order: Any = "C") -> Any:
    return copied(ravel(x, order))


@method("copy")
def _copy(x: Tracer, order: Any = "C") -> Any:
    # a copy of an array of no axes is one, a scalar stays a scalar
    return as_array(copied(x, order)) if is_array(x) else copied(x, order)


method("__copy__")(copied)


@method("astype")
def _astype(
    x: Tracer, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True
) -> Any:
    if np.dtype(dtype) == x.dtype:
        return copied(x, order) if copy else x
    require_cast(x.dtype, dtype, casting)
    return cast(x, dtype)


@method("conj")
def _conj(x: Tracer) -> Any:
    return bind(arithmetic.conj, (x,)) if x.dtype.kind == "c" else x


method("conjugate")(_conj)


@method("fill")
def _fill(x: Tracer, value: Any) -> None:
    x[...] = value  # type: ignore[index]


@method("sort")
def _sort(x: Tracer, axis: Any = -1, kind: Any = None, order: Any = None) -> None:
    x[...] = np.sort(x, axis)  # type: ignore[index]


@method("partition")
def _partition(x: Tracer, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> None:
    x[...] = np.partition(x, kth, axis)  # type: ignore[index]


@method("view")
def _view(x: Tracer, dtype: Any = None, type: Any = None) -> Any:
    if type is not None or not (dtype is None or np.dtype(dtype) == x.dtype):
        place = locate(2)
        raise UnsupportedError(
            f"x.view{f' at {place}' if place else ''} reads the memory of an array as another type, which has no "
            f"derivative; x.astype(dtype) converts the values"
        )
    return x[...]  # type: ignore[index]


@method("to_device")
def _to_device(x: Tracer, device: str, /, *, stream: Any = None) -> Any:
    if device != "cpu":
        raise ValueError(f"a traced array is on the device 'cpu', and there is no device {device!r}")
    return x


@method("__round__")
def _round(x: Tracer, digits: Any = None) -> Any:
    rounded = FUNCTIONS[np.round](x, digits or 0)
    if isinstance(rounded, Tracer) and rounded.recording.repeats and not x.type.shape:
        if digits is None:
            return rounded.recording.truncated(rounded)
        return FUNCTIONS["number"](rounded) if x.type.weak else rounded
    # Python wants a whole number here; the scalars of a batch have none in common
    return int(rounded) if digits is None and isinstance(rounded, (float, np.floating)) else rounded


def _answering(name: str) -> None:
    """Let a method whose result may be constant give the program an array that it can write into."""
    plain = getattr(Tracer, name)

    @functools.wraps(plain)
    def answer(x: Tracer, *args: Any, **options: Any) -> Any:
        result = plain(x, *args, **options)
        if result.__class__ is Tracer or not x.recording.hosts or in_library(sys._getframe(1)):
            return result
        return constant(result, *args, *options.values())

    method(name)(answer)


for _name in (
    "all",
    "any",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "astype",
    "nonzero",
    "round",
    "searchsorted",
):
    _answering(_name)

method("T")(property(lambda x: transpose(x) if x.ndim > 1 else x))
method("mT")(property(FUNCTIONS[np.matrix_transpose]))
method("real")(property(FUNCTIONS[np.real]))
method("imag")(property(FUNCTIONS[np.imag]))
method("flat")(property(Flat, lambda x, value: Flat(x).__setitem__(slice(None), value)))


class _RefusedAttributeError(UnsupportedError, AttributeError):
    """Also an `AttributeError`, so that `hasattr` and `getattr` with a default answer as for any other object."""


_RefusedAttributeError.__name__ = "UnsupportedError"


def _missing(name: str) -> property:
    """What an ndarray has and a traced array has not; a property, for `__getattr__` would slow all attributes down."""

    def refuse(x: Tracer) -> Any:
        if is_constant(x) and name not in ("resize", "setfield", "setflags"):
            return getattr(np.asarray(x), name)
        place = locate(2)
        raise _RefusedAttributeError(
            f"ndarray.{name} is refused for traced values{f' (at {place})' if place else ''}, which have no attribute "
            f"{name!r}: {refused.REFUSED[f'ndarray.{name}']}. Apply wengert.stop_gradient to the array if it is to "
            f"count as constant."
        )

    return property(refuse)


for _name in refused.REFUSED:
    if _name.startswith("ndarray."):
        method(_name.removeprefix("ndarray."))(_missing(_name.removeprefix("ndarray.")))

# an array that is no view has no base, as in NumPy
method("base")(property(lambda x: x.origin if isinstance(x, View) else None))
method("device")(property(lambda x: "cpu"))
