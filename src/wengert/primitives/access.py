"""Indexing, item assignment and in-place operators of traced arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.graph import Operand, bind
from wengert.primitives.arithmetic import convert
from wengert.primitives.indexing import replace, take
from wengert.primitives.shaping import broadcast_to
from wengert.tracing import Tracer, as_operand, method, primal, type_of
from wengert.tracing.index import Index, parse_index
from wengert.tracing.mutation import How, View, assign, is_array, shares_memory, view_of, write_in_place

__all__ = ["cast", "getitem", "setitem", "view_by"]


def cast(x: Any, dtype: Any) -> Any:
    """A traced or plain value in another dtype, itself where it has that dtype already."""
    dtype = np.dtype(dtype)
    return x if type_of(x).dtype == dtype and not type_of(x).weak else bind(convert, (x,), (dtype,))


class _At:
    """A view by a basic index."""

    __slots__ = ("fixed",)

    def __init__(self, fixed: Index) -> None:
        self.fixed = fixed

    def project(self, base: Tracer) -> Any:
        return bind(take, (base, self.fixed), (0,))

    def scatter(self, base: Tracer, content: Any) -> Any:
        return bind(replace, (base, content, self.fixed), (0,))


@method("__getitem__")
def getitem(x: Tracer, index: Any) -> Any:
    """`x[index]`, a view where NumPy gives one."""
    if x.is_view:
        x.refresh()
    kind = index.__class__
    if kind is slice or kind is int:
        fixed = Index((index,), 0)
    else:
        fixed, arrays = parse_index(index, x.type.shape)
        if arrays:
            return bind(take, (x, fixed, *arrays), (0,))
        if not x.type.shape and x.type.weak and index == ():
            return x
    part = x.recording.with_opaque(take, x, fixed, (0,))
    # a basic index gives a view, unless it gives a scalar
    return view_of(x, part, _At(fixed)) if part.type.shape and part.__class__ is Tracer else part


def _unique(shape: tuple[int, ...], fixed: Index, arrays: tuple[Any, ...], value: Any) -> tuple[Any, ...] | None:
    """Where an index names an entry twice: positions without repetition, and which part of the value they get.

    NumPy's last write wins, so the earlier ones must not receive a cotangent.
    """
    if any(isinstance(array, Operand) for array in arrays):
        return None
    numbers = np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)
    places = numbers[fixed.fill(arrays, 0)]
    flat = places.ravel()[::-1]
    unique, first = np.unique(flat, return_index=True)
    if unique.size == flat.size:
        return None
    spread = as_operand(value)
    spread = bind(broadcast_to, (spread,), (places.shape,))
    last = np.unravel_index(flat.size - 1 - first, places.shape)
    return np.unravel_index(unique, shape), spread[last]


@method("__setitem__")
def setitem(x: Tracer, index: Any, value: Any) -> None:
    """`x[index] = value`: x holds the changed array from here on; what was recorded of it stays."""
    x.refresh()
    if not is_array(x):
        raise TypeError("a traced scalar does not support item assignment")
    fixed, arrays = parse_index(index, x.shape)
    if _writes_itself(x, index, value):
        return
    value = as_operand(value)
    value = cast(value, x.dtype) if isinstance(value, Operand) else np.asarray(value, x.dtype)
    if arrays:
        renumbered = _unique(x.shape, fixed, arrays, value)
        if renumbered is not None:
            index, value = renumbered
            fixed, arrays = parse_index(tuple(index), x.shape)
    target = np.broadcast_to(np.int8(0), x.shape)[fixed.fill(tuple(map(primal, arrays)), 0)].shape
    value = _fit(value, target)
    assign(x, bind(replace, (x, value, fixed, *arrays), (0,)))


def _fit(value: Any, target: tuple[int, ...]) -> Any:
    """NumPy drops leading axes of length one from what is assigned."""
    while len(value.shape) > len(target) and value.shape[0] == 1:
        value = value[0]
    return value


def _writes_itself(x: Tracer, index: Any, value: Any) -> bool:
    """`x[i] += v` writes through the view x[i] and then assigns that view to itself: one write is enough."""
    if not isinstance(value, View) or value.base is not x:
        return False
    value.refresh()
    mine = primal(x)
    part = mine[index] if not isinstance(index, Operand) else None
    theirs = primal(value)
    return (
        isinstance(part, np.ndarray)
        and part.shape == theirs.shape
        and part.strides == theirs.strides
        and part.__array_interface__["data"] == primal(value.how.project(x)).__array_interface__["data"]
    )


def view_by(x: Tracer, forth: Callable[[Any], Any], back: Callable[[Any, Any], Any]) -> Any:
    """The part that `forth` makes of x, a view where NumPy gives one; `back(x, part)` is x with that part."""
    part = forth(x)
    if not isinstance(part, Tracer) or not part.type.shape or not shares_memory(part, x):
        return part
    return view_of(x, part, How(forth, back))


def _in_place(name: str, operation: Callable[[Any, Any], Any]) -> None:
    def apply(x: Tracer, other: Any) -> Any:
        result = operation(x, other)
        if not is_array(x):
            return result
        if not isinstance(result, Tracer):
            result = x.recording.box(result)
        return write_in_place(x, result, cast)

    apply.__name__ = f"__{name}__"
    method(apply.__name__)(apply)


for _name in ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "matmul"):
    _in_place(f"i{_name}", getattr(operator, _name))
