"""NumPy's functions that join arrays and split them, for traced values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from wengert.graph import Operand, bind
from wengert.numpy.shaping import atleast_1d, atleast_2d, atleast_3d, copied, expand_dims, reshaped
from wengert.numpy.values import plain_array
from wengert.primitives import shaping
from wengert.primitives.access import cast
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.tracing import Tracer, as_operand, implements, type_of

__all__: list[str] = []


def gathered(arrays: Any) -> list[Any]:
    """The members of a sequence, or of the first axis of an array; lists of traced scalars become arrays."""
    from_sequence = arrays if isinstance(arrays, (list, tuple)) else list(arrays)
    return [stacked_list(a) for a in from_sequence]


def stacked_list(nested: Any) -> Any:
    """What `np.array(nested)` means for nested lists that hold traced values."""
    if not isinstance(nested, (list, tuple)):
        nested = as_operand(nested)
        # among arrays a Python number is an array of no axes
        return nested if isinstance(nested, Operand) else np.asarray(nested)
    parts = [stacked_list(part) for part in nested]
    if not any(isinstance(part, Tracer) for part in parts):
        return np.asarray(nested)
    return stack(parts)


def require_cast(given: Any, wanted: Any, casting: Any) -> None:
    """Refuse a conversion that NumPy's rule does not allow."""
    if not np.can_cast(given, wanted, casting):
        raise TypeError(f"cannot cast from {given} to {np.dtype(wanted)} by the rule {casting!r}, as in NumPy")


@implements(np.concatenate)
def concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    parts = gathered(arrays)
    if axis is None:
        parts, axis = [reshaped(part, (type_of(part).size,)) for part in parts], 0
    if any(type_of(part).ndim == 0 for part in parts):
        raise ValueError("zero-dimensional arrays cannot be concatenated; use numpy.stack")
    ndims = {type_of(part).ndim for part in parts}
    if len(ndims) > 1:
        raise ValueError(f"all arrays to concatenate need the same number of axes, received {sorted(ndims)}")
    (place,) = normal_axes(axis, type_of(parts[0]).ndim)
    result = bind(shaping.concatenate, tuple(parts), (place,))
    if dtype is not None:
        require_cast(type_of(result).dtype, dtype, casting or "same_kind")
        result = cast(result, dtype)
    return result if out is None else write_into(out, result)


implements(np.concat)(concatenate)


@implements(np.stack)
def stack(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    parts = gathered(arrays)
    shapes = {type_of(part).shape for part in parts}
    if len(shapes) != 1:
        raise ValueError(f"all arrays to stack need the same shape, received {sorted(shapes)}")
    (place,) = normal_axes(axis, len(next(iter(shapes))) + 1)
    widened = [shaping.expand(part, (place,)) for part in parts]
    return concatenate(widened, place, out, dtype=dtype, casting=casting)


@implements(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    return concatenate([atleast_2d(a) for a in gathered(tup)], 0, dtype=dtype, casting=casting)


@implements(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    parts = [atleast_1d(a) for a in gathered(tup)]
    return concatenate(parts, 0 if type_of(parts[0]).ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(np.dstack)
def dstack(tup: Any) -> Any:
    return concatenate([atleast_3d(a) for a in gathered(tup)], 2)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    parts = [atleast_1d(a) for a in gathered(tup)]
    return concatenate([expand_dims(a, 1) if type_of(a).ndim == 1 else a for a in parts], 1)


@implements(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    values = stacked_list(values)
    return concatenate([as_operand(arr), values] if axis is not None else [np.ravel(arr), np.ravel(values)], axis or 0)


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Any]:
    (place,) = normal_axes(axis, type_of(ary).ndim)
    if isinstance(indices_or_sections, Operand):
        indices_or_sections = plain_array(indices_or_sections)
    pieces = np.array_split(np.arange(type_of(ary).shape[place]), indices_or_sections)
    before = (slice(None),) * place
    starts = np.cumsum([0] + [len(piece) for piece in pieces]).tolist()
    if not isinstance(indices_or_sections, (int, np.integer)):
        return [ary[(*before, slice(int(p[0]), int(p[-1]) + 1) if len(p) else slice(0, 0))] for p in pieces]
    return [ary[(*before, slice(a, b))] for a, b in pairwise(starts)]


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Any]:
    length = type_of(ary).shape[axis]
    if isinstance(indices_or_sections, (int, np.integer)) and length % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


implements(np.vsplit)(lambda ary, indices_or_sections: split(ary, indices_or_sections, 0))
implements(np.hsplit)(
    lambda ary, indices_or_sections: split(ary, indices_or_sections, 0 if type_of(ary).ndim == 1 else 1)
)


@implements(getattr(np, "unstack", None))
def unstack(x: Any, /, *, axis: Any = 0) -> tuple[Any, ...]:
    return tuple(np.moveaxis(x, axis, 0))


@implements(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    if type_of(ary).ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(ary, indices_or_sections, 2)


@implements(np.block)
def block(arrays: Any) -> Any:
    depth = _depth(arrays)
    if not depth:
        return copied(as_operand(arrays))
    rank = max(depth, max(type_of(leaf).ndim for leaf in _leaves(arrays)))
    return _joined(arrays, depth, rank)


def _leaves(nested: Any) -> list[Any]:
    if isinstance(nested, list):
        return [leaf for part in nested for leaf in _leaves(part)]
    return [as_operand(nested)]


def _depth(nested: Any) -> int:
    """How deep lists are nested, everywhere the same."""
    if not isinstance(nested, list):
        return 0
    if not nested:
        raise ValueError("List at arrays cannot be empty")
    depths = {_depth(part) for part in nested}
    if len(depths) > 1:
        raise ValueError("List depths are mismatched")
    return 1 + depths.pop()


def _joined(nested: Any, depth: int, rank: int) -> Any:
    """The innermost lists joined along the last axis, those around them along the axis before, and so on."""
    if not isinstance(nested, list):
        a = as_operand(nested)
        return reshaped(a, (*(1,) * (rank - type_of(a).ndim), *type_of(a).shape))
    return concatenate([_joined(part, depth - 1, rank) for part in nested], rank - depth)


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: Any = True, sparse: Any = False, indexing: Any = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    count = len(xi)
    given = [stacked_list(x) for x in xi]
    axes = list(range(count))
    if indexing == "xy" and count > 1:
        axes[0], axes[1] = 1, 0
    grids = []
    for axis, x in zip(axes, given, strict=True):
        grids.append(reshaped(as_operand(x), (*(1,) * axis, type_of(x).size, *(1,) * (count - axis - 1))))
    if not sparse:
        grids = list(np.broadcast_arrays(*grids))
    return tuple(np.copy(grid) if copy else grid for grid in grids)


@implements(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    found = []
    for axis, sequence in enumerate(args):
        x = stacked_list(sequence)
        if type_of(x).ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if type_of(x).dtype.kind == "b":
            (x,) = np.nonzero(x)
        found.append(reshaped(x, (*(1,) * axis, type_of(x).size, *(1,) * (len(args) - axis - 1))))
    return tuple(found)
