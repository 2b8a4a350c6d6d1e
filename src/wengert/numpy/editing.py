"""NumPy's functions that write into arrays, put entries in and take entries out, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import MutationError
from wengert.graph import bind, locate
from wengert.numpy.joining import stacked_list
from wengert.numpy.selecting import along, take
from wengert.numpy.shaping import reshaped
from wengert.numpy.values import plain_array
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import select
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import broadcast_to
from wengert.tracing import Tracer, as_operand, implements, type_of

__all__: list[str] = []


def _target(a: Any, value: Any) -> None:
    """Refuse to write a traced value into a plain array."""
    if not isinstance(a, Tracer):
        write_into(a, value)


def _nothing(values: Any) -> bool:
    """Whether these are no values at all, which NumPy takes for nothing to do."""
    return not type_of(stacked_list(values)).size


def _cycled(values: Any, places: Any) -> Any:
    """Entries taken in turn, from the beginning again after the last one."""
    values = np.ravel(stacked_list(values))
    if not type_of(values).size:
        raise ValueError("cannot insert from an empty array of values")
    return values[places % type_of(values).size]


def _write(a: Any, places: Any, values: Any) -> None:
    """Write at places counted along the rows."""
    a[np.unravel_index(places, type_of(a).shape)] = values


@implements(np.put)
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    _target(a, v)
    if _nothing(v):
        return
    places, size = np.ravel(plain_array(ind)).astype(np.intp), type_of(a).size
    if mode == "wrap":
        places = places % size
    elif mode == "clip":
        places = np.clip(places, 0, size - 1)
    elif ((places < -size) | (places >= size)).any():
        raise IndexError(f"an index of np.put is out of bounds for an array of {size} entries")
    if len(places):
        _write(a, places % size, _cycled(v, np.arange(len(places))))


@implements(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    _target(arr, vals)
    places = np.flatnonzero(np.broadcast_to(plain_array(mask), type_of(arr).shape))
    if len(places):
        _write(arr, places, _cycled(vals, np.arange(len(places))))


@implements(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    _target(a, values)
    if _nothing(values):
        return
    places = np.flatnonzero(plain_array(mask))
    if len(places):
        _write(a, places, _cycled(values, places))


@implements(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    _target(arr, values)
    whole = reshaped(arr, (type_of(arr).size,)) if axis is None else arr
    (spot,) = normal_axes(0 if axis is None else axis, type_of(whole).ndim)
    if axis is None and whole is not arr and not whole.is_view:
        indices = np.unravel_index(plain_array(indices), type_of(arr).shape)
        arr[indices] = values
    else:
        whole[along(as_operand(indices), spot, type_of(whole).shape)] = values


@implements(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    _target(dst, src)
    src = stacked_list(src)
    kind, wanted = type_of(src), type_of(dst)
    if not kind.weak and not np.can_cast(kind.dtype, wanted.dtype, casting):
        spot = locate(2)
        raise MutationError(
            f"np.copyto{f' at {spot}' if spot else ''} cannot cast {kind.dtype} to {wanted.dtype} by the rule "
            f"{casting!r}, as in NumPy; give casting='unsafe'"
        )
    dst[...] = src if where is True else select(where, src, dst)


@implements(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: Any = False) -> None:
    _target(a, val)
    if _nothing(val):
        return
    shape = type_of(a).shape
    # NumPy says on a stand-in which entries these are, and what it refuses
    marked = np.zeros(shape, bool)
    np.fill_diagonal(marked, True, wrap)
    places = np.flatnonzero(marked)
    if len(places):
        _write(a, places, _cycled(val, np.arange(len(places))))


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    arr = as_operand(arr)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (spot,) = normal_axes(axis, type_of(arr).ndim)
    obj = obj if isinstance(obj, (slice, int)) else plain_array(obj)
    return take(arr, np.delete(np.arange(type_of(arr).shape[spot]), obj), spot)


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr = as_operand(arr)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (spot,) = normal_axes(axis, type_of(arr).ndim)
    shape = type_of(arr).shape
    length = shape[spot]
    values = cast(stacked_list(values), type_of(arr).dtype)
    obj = obj if isinstance(obj, (slice, int)) else plain_array(obj)
    if isinstance(obj, slice):
        obj = np.arange(*obj.indices(length))
    if np.ndim(obj) == 0 and np.asarray(obj).dtype.kind != "b":
        # a single place takes as many entries as the values have along the axis, which NumPy then counts first
        missing = (1,) * (len(shape) - type_of(values).ndim)
        values = np.moveaxis(reshaped(values, (*missing, *type_of(values).shape)), 0, spot)
        count = type_of(values).shape[spot]
    else:
        count = len(np.insert(np.arange(length), obj, 0)) - length
    values = bind(broadcast_to, (values,), ((*shape[:spot], count, *shape[spot + 1 :]),))
    order = np.insert(np.arange(length), obj, np.arange(length, length + count))
    return take(np.concatenate([arr, values], axis=spot), order, spot)


@implements(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    a = np.ravel(as_operand(a))
    shape = tuple(int(n) for n in (new_shape if isinstance(new_shape, (tuple, list)) else (new_shape,)))
    if any(n < 0 for n in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    size = int(np.prod(shape, dtype=np.int64))
    if not type_of(a).size:
        return np.zeros(shape, type_of(a).dtype)
    return reshaped(a[np.arange(size) % type_of(a).size], shape)


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: Any = "fb", axis: Any = None) -> Any:
    a = as_operand(filt)
    axes = normal_axes(axis, type_of(a).ndim)
    trim = trim.lower()
    if not axes:
        return a
    if trim not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    index: list[Any] = [slice(None)] * type_of(a).ndim
    found = np.nonzero(a != 0)
    for spot in axes:
        places, length = found[spot], type_of(a).shape[spot]
        first, last = (int(places.min()), int(places.max()) + 1) if len(places) else (length, length)
        index[spot] = slice(first if "f" in trim else None, last if "b" in trim else None)
        if not len(places):
            index[spot] = slice(0, 0)
    return a[tuple(index)]
