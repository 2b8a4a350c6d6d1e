"""NumPy's functions that apply functions of the user, or choose among results, for traced values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from wengert.graph import Operand, bind
from wengert.numpy.joining import gathered, stacked_list
from wengert.numpy.selecting import entries
from wengert.numpy.values import gives_array, plain_array
from wengert.primitives.access import cast
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []


@implements(np.apply_along_axis)
@gives_array
def apply_along_axis(func1d: Callable[..., Any], axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = as_operand(arr)
    (place,) = normal_axes(axis, type_of(arr).ndim)
    lines = np.moveaxis(arr, place, -1)
    loop = type_of(lines).shape[:-1]
    if 0 in loop:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    found = [stacked_list(func1d(lines[spot], *args, **kwargs)) for spot in product(*map(range, loop))]
    inner = type_of(found[0]).shape
    whole = bind(reshape, (np.stack(found),), ((*loop, *inner),)) if loop else found[0]
    # the axes of a result take the place of the axis that was given to the function
    front, rest = range(len(loop), len(loop) + len(inner)), range(place, place + len(inner))
    return np.moveaxis(whole, tuple(front), tuple(rest))


@implements(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    result = as_operand(a)
    rank = type_of(result).ndim
    for axis in axes if isinstance(axes, (tuple, list)) else np.ravel(axes).tolist():
        (place,) = normal_axes(int(axis), rank)
        reduced = func(result, place)
        if type_of(reduced).ndim not in (rank, rank - 1):
            raise ValueError("function is not returning an array of the correct shape")
        result = reduced if type_of(reduced).ndim == rank else np.expand_dims(reduced, place)
    return result


@implements(np.piecewise)
@gives_array
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = as_operand(x)
    conditions = condlist
    if not isinstance(condlist, (list, tuple)) or (type_of(x).ndim and np.ndim(plain_array(condlist[0])) == 0):
        conditions = [condlist]
    masks = [np.asarray(plain_array(condition), bool) for condition in conditions]
    if len(masks) == 1 and masks[0].ndim > type_of(x).ndim:
        masks = list(masks[0])
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    if len(funclist) != len(masks):
        raise ValueError(
            f"with {len(masks)} condition(s), either {len(masks)} or {len(masks) + 1} functions are expected"
        )
    result = np.zeros(type_of(x).shape, type_of(x).dtype)
    for mask, function in zip(masks, funclist, strict=True):
        if not mask.any():
            continue
        where = np.nonzero(mask) if mask.ndim else ()
        piece = function(x[where] if mask.ndim else x, *args, **kw) if callable(function) else function
        result = _with_part(result, where, cast(stacked_list(piece), type_of(x).dtype))
    return result


def _with_part(whole: Any, where: tuple[Any, ...], part: Any) -> Any:
    """A copy of an array with other entries at some places."""
    if not where:
        return part
    number = np.full(type_of(whole).shape, -1)
    number[where] = np.arange(len(where[0]))
    spread = bind(broadcast_to, (part,), ((len(where[0]),),))
    return np.where(number >= 0, spread[np.maximum(number, 0)], whole)


@implements(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    options = gathered(choices)
    shape = np.broadcast_shapes(type_of(a).shape if isinstance(a, Operand) else np.shape(a),
                                *(type_of(option).shape for option in options))  # fmt: skip
    number, count = as_operand(a), len(options)
    if type_of(number).dtype.kind not in "iub":
        raise TypeError("Cannot cast array data to whole numbers: np.choose takes integers as its first argument")
    if mode == "wrap":
        number = number % count
    elif mode == "clip":
        number = np.clip(number, 0, count - 1)
    elif np.any((number < 0) | (number >= count)):
        raise ValueError("invalid entry in choice array")
    table = np.stack([np.broadcast_to(option, shape) for option in options])
    mesh = np.indices(shape, sparse=True)
    number = number if isinstance(number, Operand) else np.asarray(number, np.intp)
    result = entries(table, (number, *mesh))
    return result if out is None else write_into(out, result)
