"""NumPy's functions that give an array another shape or order, for traced values."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from wengert.errors import MutationError
from wengert.graph import Operand, bind, locate
from wengert.numpy.values import plain_array
from wengert.primitives import shaping
from wengert.primitives.access import view_by
from wengert.primitives.reductions import normal_axes
from wengert.tracing import Tracer, as_operand, beneath, implements, type_of
from wengert.tracing.mutation import How, view_of
from wengert.tracing.recording import note_memory

__all__: list[str] = []


def reshaped(a: Any, shape: tuple[int, ...]) -> Any:
    """An array in another shape, a view where NumPy gives one."""
    if type_of(a).shape == shape and not isinstance(a, Tracer):
        return a
    return view_by(
        as_operand(a),
        lambda x: bind(shaping.reshape, (x,), (shape,)),
        lambda x, part: bind(shaping.reshape, (part,), (x.shape,)),
    )


def permuted(a: Any, axes: tuple[int, ...]) -> Any:
    """An array with its axes in another order, a view."""
    inverse = tuple(int(i) for i in np.argsort(axes))
    return view_by(
        as_operand(a),
        lambda x: bind(shaping.transpose, (x,), (axes,)),
        lambda x, part: bind(shaping.transpose, (part,), (inverse,)),
    )


def copied(a: Any, order: Any = "K") -> Any:
    """An array in memory of its own: later writes into `a` do not reach it."""
    return bind(shaping.copy, (a,), (order,))


def read_only(base: Any, project: Any, name: str) -> Any:
    """A view that NumPy protects: it follows its base, and writing into it is refused."""
    part = project(base)
    if part.__class__ is not Tracer or not part.type.shape:
        return part

    def refuse(base: Any, content: Any) -> NoReturn:
        place = locate(3)
        raise MutationError(
            f"the result of {name} is a read-only view in NumPy, and is written into{f' at {place}' if place else ''}; "
            f"write into a copy of it (a.copy())"
        )

    return view_of(base, part, How(project, refuse))


def _layout(a: Any) -> Any:
    """The plain array under a value, one example of it in a batch: its strides are those of NumPy's own program."""
    note_memory("order")
    plain = np.asarray(beneath(a))
    batches = plain.ndim - type_of(a).ndim
    return plain[(0,) * batches] if plain.size else np.zeros(type_of(a).shape)


def in_fortran_order(a: Any) -> bool:
    """Whether an array lies in memory by columns, and not by rows."""
    flags = _layout(a).flags
    return bool(flags.f_contiguous and not flags.c_contiguous)


def _whole_shape(shape: Any, size: int) -> tuple[int, ...]:
    lengths = [int(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,))]
    if -1 in lengths:
        known = math.prod(n for n in lengths if n != -1)
        lengths[lengths.index(-1)] = size // known if known else 0
    return tuple(lengths)


@implements(np.reshape)
def reshape(a: Any, /, shape: Any = None, order: Any = "C", *, copy: Any = None) -> Any:
    a = as_operand(a)
    if order not in ("C", "F", "A", None):
        raise ValueError(f"order {order!r} is not permitted for reshaping")
    whole = _whole_shape(shape, type_of(a).size)
    if order == "F" or (order == "A" and in_fortran_order(a)):
        result = transpose(reshaped(transpose(a), whole[::-1]))
    else:
        result = reshaped(a, whole)
    if copy is False and not result.is_view:
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return copied(result) if copy else result


@implements(np.ravel)
def ravel(a: Any, order: Any = "C") -> Any:
    a = as_operand(a)
    if order != "K":
        return reshape(a, -1, order)
    strides = _layout(a).strides
    axes = sorted(range(len(strides)), key=lambda axis: -abs(strides[axis]))
    return reshape(permuted(a, tuple(axes)) if axes != sorted(axes) else a, -1)


@implements(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    a = as_operand(a)
    ndim = type_of(a).ndim
    order = tuple(reversed(range(ndim))) if axes is None else tuple(int(i) % ndim for i in axes)
    if sorted(order) != list(range(ndim)):
        raise ValueError(f"axes {axes} don't match an array of {ndim} axes")
    return permuted(a, order)


implements(np.permute_dims)(transpose)


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    return swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    a = as_operand(a)
    ndim = type_of(a).ndim
    (one,), (two,) = normal_axes(axis1, ndim), normal_axes(axis2, ndim)
    order = list(range(ndim))
    order[one], order[two] = two, one
    return permuted(a, tuple(order))


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = as_operand(a)
    ndim = type_of(a).ndim
    listed = [s if isinstance(s, (tuple, list)) else (s,) for s in (source, destination)]
    sources, targets = ([normal_axes(int(i), ndim)[0] for i in part] for part in listed)
    order = [axis for axis in range(ndim) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return permuted(a, tuple(order))


@implements(np.rollaxis)
def rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    (place,) = normal_axes(axis, type_of(a).ndim)
    target = start + type_of(a).ndim if start < 0 else start
    return moveaxis(a, place, target - 1 if place < target else target)


@implements(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    a = as_operand(a)
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = normal_axes(tuple(listed), type_of(a).ndim + len(listed))
    lengths = iter(type_of(a).shape)
    return reshaped(a, tuple(1 if i in axes else next(lengths) for i in range(type_of(a).ndim + len(axes))))


@implements(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    a = as_operand(a)
    shape = type_of(a).shape
    axes = tuple(i for i, n in enumerate(shape) if n == 1) if axis is None else normal_axes(axis, len(shape))
    if not all(shape[i] == 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return reshaped(a, tuple(n for i, n in enumerate(shape) if i not in axes))


@implements(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: Any = False) -> Any:
    whole = tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)
    np.broadcast_to(np.int8(0), type_of(array).shape)
    if np.broadcast_shapes(type_of(array).shape, whole) != whole:
        raise ValueError(f"cannot broadcast an array of shape {type_of(array).shape} to {whole}")
    return read_only(array, lambda x: bind(shaping.broadcast_to, (x,), (whole,)), "numpy.broadcast_to")


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: Any = False) -> Any:
    arrays = [as_operand(a) for a in args]
    whole = np.broadcast_shapes(*(type_of(a).shape for a in arrays))
    return tuple(broadcast_to(a, whole) if isinstance(a, Tracer) else np.broadcast_to(a, whole) for a in arrays)


def _at_least(ndim: int) -> Any:
    def promote(a: Any) -> Any:
        a = as_operand(a)
        shape = type_of(a).shape
        if len(shape) >= ndim:
            return a
        if ndim == 3:
            whole = {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)]
        else:
            whole = (1,) * (ndim - len(shape)) + shape
        return reshaped(a, whole)

    def at_least(*arrays: Any) -> Any:
        found = tuple(promote(a) for a in arrays)
        return found if len(found) != 1 else found[0]

    at_least.__name__ = f"atleast_{ndim}d"
    return at_least


atleast_1d = implements(np.atleast_1d)(_at_least(1))
atleast_2d = implements(np.atleast_2d)(_at_least(2))
atleast_3d = implements(np.atleast_3d)(_at_least(3))


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    axes = normal_axes(axis, type_of(m).ndim)
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(type_of(m).ndim))]


implements(np.fliplr)(lambda m: flip(m, 1))
implements(np.flipud)(lambda m: flip(m, 0))


@implements(np.rot90)
def rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    one, two = (normal_axes(a, type_of(m).ndim)[0] for a in axes)
    k %= 4
    if k == 0:
        return m[...]
    if k == 2:
        return flip(m, (one, two))
    return swapaxes(flip(m, two), one, two) if k == 1 else flip(swapaxes(m, one, two), two)


@implements(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    a = given = as_operand(a)
    if axis is None:
        return reshaped(roll(reshaped(a, (type_of(a).size,)), shift, 0), type_of(a).shape)
    shifts, axes = np.broadcast_arrays(shift, axis)
    for by, along in zip(shifts.ravel().tolist(), axes.ravel().tolist(), strict=True):
        (place,) = normal_axes(along, type_of(a).ndim)
        length = type_of(a).shape[place]
        if length and by % length:
            before = (slice(None),) * place
            cut = length - by % length
            a = np.concatenate([a[(*before, slice(cut, None))], a[(*before, slice(None, cut))]], axis=place)
    return copied(a) if a is given else a


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    a = as_operand(a)
    if axis is None:
        a, axis = reshaped(a, (type_of(a).size,)), 0
    (place,) = normal_axes(axis, type_of(a).ndim)
    counts = plain_array(repeats) if isinstance(repeats, Operand) else repeats
    numbers = np.repeat(np.arange(type_of(a).shape[place]), counts)
    return a[(*(slice(None),) * place, numbers)]


@implements(np.tile)
def tile(A: Any, reps: Any) -> Any:
    A = as_operand(A)
    counts = tuple(int(n) for n in (reps if isinstance(reps, (tuple, list)) else (reps,)))
    shape = type_of(A).shape
    ndim = max(len(counts), len(shape))
    counts, shape = (1,) * (ndim - len(counts)) + counts, (1,) * (ndim - len(shape)) + shape
    interleaved = tuple(n for pair in zip((1,) * ndim, shape, strict=True) for n in pair)
    spread = tuple(n for pair in zip(counts, shape, strict=True) for n in pair)
    repeated = bind(shaping.broadcast_to, (reshaped(A, interleaved),), (spread,))
    return reshaped(repeated, tuple(c * n for c, n in zip(counts, shape, strict=True)))
