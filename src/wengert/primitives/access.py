"""Indexing, item assignment and in-place operators of traced arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import MutationError, ShapeError
from wengert.graph import Operand, bind, declare_opaque, locate
from wengert.primitives.arithmetic import convert
from wengert.primitives.indexing import replace, take
from wengert.primitives.shaping import broadcast_to
from wengert.tracing import Tracer, as_operand, method, type_of
from wengert.tracing.index import Index, parse_index
from wengert.tracing.mutation import (
    How,
    View,
    as_array,
    assign,
    is_array,
    shares_memory,
    view_of,
    write_in_place,
)

__all__ = ["cast", "getitem", "setitem", "view_by"]


def cast(x: Any, dtype: Any) -> Any:
    """A traced or plain value in another dtype, itself where it has that dtype already."""
    dtype = np.dtype(dtype)
    return x if type_of(x).dtype == dtype and not type_of(x).weak else bind(convert, (x,), (dtype,))


class _At:
    """A view by a basic index, in which traced integers may stand."""

    __slots__ = ("arrays", "fixed")

    def __init__(self, fixed: Index, arrays: tuple[Any, ...]) -> None:
        self.fixed = fixed
        self.arrays = arrays

    def project(self, base: Tracer) -> Any:
        return bind(take, (base, self.fixed, *self.arrays), (0,))

    def scatter(self, base: Tracer, content: Any) -> Any:
        return bind(replace, (base, content, self.fixed, *self.arrays), (0,))

    def same(self, fixed: Index, arrays: tuple[Any, ...]) -> bool:
        """Whether another index is spelled alike."""
        if fixed.items != self.fixed.items or len(arrays) != len(self.arrays):
            return False
        return all(mine is theirs for mine, theirs in zip(self.arrays, arrays, strict=True))


@declare_opaque
class _Plain(Index):
    """An index without arrays that is also the view by it: one object, because programs make many."""

    __slots__ = ()

    def project(self, base: Tracer) -> Any:
        return bind(take, (base, self), (0,))

    def scatter(self, base: Tracer, content: Any) -> Any:
        return bind(replace, (base, content, self), (0,))

    def same(self, fixed: Index, arrays: tuple[Any, ...]) -> bool:
        """Whether another index is spelled alike."""
        return not arrays and fixed.items == self.items


@method("__getitem__")
def getitem(x: Tracer, index: Any) -> Any:
    """`x[index]`, a view where NumPy gives one."""
    if x.is_view:
        x.refresh()
    kind = index.__class__
    if (kind is slice or kind is int) and x.type.shape:
        plain = _Plain((index,), 0)
        part = x.recording.with_opaque(take, x, plain, (0,))
        return view_of(x, part, plain) if part.type.shape and part.__class__ is Tracer else part
    fixed, arrays = parse_index(index, x.type.shape)
    if not x.type.shape and x.type.weak and index == ():
        return x
    part = bind(take, (x, fixed, *arrays), (0,)) if arrays else x.recording.with_opaque(take, x, fixed, (0,))
    if part.__class__ is not Tracer or not (part.type.shape or Ellipsis in fixed.items):
        # a scalar
        return part
    if is_array(x) and _is_basic(fixed, arrays):
        return view_of(x, part, _At(fixed, arrays))
    return as_array(part)


def _is_basic(fixed: Index, arrays: tuple[Any, ...]) -> bool:
    """Whether NumPy gives a view at this index: no arrays in it, of traced integers only scalars."""
    return not fixed.advanced and all(isinstance(array, Operand) and not is_array(array) for array in arrays)


@method("__setitem__")
def setitem(x: Tracer, index: Any, value: Any) -> None:
    """`x[index] = value`: x holds the changed array from here on; what was recorded of it stays."""
    x.refresh()
    if not is_array(x):
        raise TypeError("a traced scalar does not support item assignment")
    fixed, arrays = parse_index(index, x.shape)
    if _is_own_part(x, fixed, arrays, value):
        return
    value = as_operand(value)
    if isinstance(value, Operand):
        if value.type.dtype.kind == "c" and x.dtype.kind != "c":
            raise MutationError(
                f"cannot write complex values into an array of dtype {x.dtype}{_place()}; write their .real"
            )
        value = cast(value, x.dtype)
    else:
        value = np.asarray(value, x.dtype)
    stand_ins = tuple([np.zeros(type_of(array).shape, np.intp) for array in arrays])
    target = np.broadcast_to(np.int8(0), x.shape)[fixed.fill(stand_ins, 0)].shape
    assign(x, bind(replace, (x, _fitted(value, target), fixed, *arrays), (0,)))


def _fitted(value: Any, target: tuple[int, ...]) -> Any:
    """What is assigned, in the shape of what it replaces; NumPy drops leading axes of length one."""
    shape = value.shape
    while len(value.shape) > len(target) and value.shape[0] == 1:
        value = value[0]
    ends = zip(reversed(value.shape), reversed(target), strict=False)
    if len(value.shape) > len(target) or any(has not in (1, wants) for has, wants in ends):
        raise ShapeError(f"cannot write an array of shape {shape} into a part of shape {target}{_place()}")
    if isinstance(value, Operand) and value.type.shape != target:
        return bind(broadcast_to, (value,), (target,))
    return value


def _is_own_part(x: Tracer, fixed: Index, arrays: tuple[Any, ...], value: Any) -> bool:
    """`x[i] += v` writes through the view x[i] and then assigns that view to itself: one write is enough."""
    return (
        isinstance(value, View)
        and value.origin is x
        and isinstance(value.how, (_At, _Plain))
        and not fixed.advanced
        and value.how.same(fixed, arrays)
    )


def _place() -> str:
    place = locate(4)
    return f" at {place}" if place else ""


def view_by(x: Tracer, forth: Callable[[Any], Any], back: Callable[[Any, Any], Any]) -> Any:
    """The part that `forth` makes of x, a view where NumPy gives one; `back(x, part)` is x with that part."""
    part = forth(x)
    if part.__class__ is not Tracer or not shares_memory(part, x):
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


for _name in ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "matmul", "and", "or", "xor"):
    _in_place(f"i{_name}", getattr(operator, f"{_name}_" if _name in ("and", "or") else _name))
