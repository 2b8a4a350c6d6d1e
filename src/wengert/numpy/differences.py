"""NumPy's differences, integrals and interpolation of tabulated functions, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, bind, locate
from wengert.numpy.joining import gathered
from wengert.numpy.selecting import entries
from wengert.numpy.values import gives_scalar
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import select
from wengert.primitives.ordering import insertion_places
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import concatenate, reshape
from wengert.tracing import as_operand, implements, type_of

__all__ = ["places_in"]


def _between(axis: int, start: Any, stop: Any) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


@implements(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    a = np.ravel(as_operand(ary))
    parts = [a[1:] - a[:-1]]
    if to_begin is not None:
        parts.insert(0, cast(np.ravel(gathered([to_begin])[0]), a.dtype))
    if to_end is not None:
        parts.append(cast(np.ravel(gathered([to_end])[0]), a.dtype))
    return concatenate(*parts, axis=0) if len(parts) > 1 else parts[0]


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    y = as_operand(y)
    (place,) = normal_axes(axis, type_of(y).ndim)
    widths: Any = dx
    if x is not None:
        x = as_operand(x)
        if type_of(x).ndim == 1:
            rest = (1,) * (type_of(y).ndim - place - 1)
            widths = bind(reshape, (x[1:] - x[:-1],), ((-1 + type_of(x).size, *rest),))
        else:
            widths = x[_between(place, 1, None)] - x[_between(place, None, -1)]
    ends = y[_between(place, 1, None)] + y[_between(place, None, -1)]
    return np.sum(widths * ends / 2.0, axis=place)


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    f = as_operand(f)
    axes = normal_axes(axis, type_of(f).ndim) if axis is None else tuple(_listed_axes(axis, type_of(f).ndim))
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError("invalid number of spacings: give none, one, or one for each axis")
    spacings = varargs if len(varargs) == len(axes) else (varargs or (1.0,)) * len(axes)
    if len(varargs) == 1 and len(axes) > 1 and type_of(as_operand(varargs[0])).ndim:
        raise TypeError("coordinates are given for each axis, or a number for all of them")
    f = f if type_of(f).inexact else cast(f, np.float64)
    found = [_slopes(f, spacing, place, edge_order) for spacing, place in zip(spacings, axes, strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _listed_axes(axis: Any, ndim: int) -> list[int]:
    return [normal_axes(int(a), ndim)[0] for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]


def _slopes(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """The derivative of the parabola through three neighbours, or of the line through two at an edge."""
    length = type_of(f).shape[axis]
    if length < edge_order + 1:
        raise ValueError(f"an axis of {length} entries is too short for a gradient; it needs {edge_order + 1}")
    spacing = as_operand(spacing)
    even = type_of(spacing).ndim == 0
    if even:
        steps = bind(reshape, (np.ones(length - 1) * spacing,), ((length - 1, *(1,) * (type_of(f).ndim - axis - 1)),))
    else:
        if type_of(spacing).shape != (length,):
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        steps = bind(reshape, (spacing[1:] - spacing[:-1],), ((length - 1, *(1,) * (type_of(f).ndim - axis - 1)),))
    rises = (f[_between(axis, 1, None)] - f[_between(axis, None, -1)]) / steps
    # quotients of neighbours, each weighted by the step on the other side
    before, after = steps[:-1], steps[1:]
    left, right = rises[_between(axis, None, -1)], rises[_between(axis, 1, None)]
    inner = (left * after + right * before) / (before + after)
    first, last = rises[_between(axis, None, 1)], rises[_between(axis, -1, None)]
    if edge_order == 2:
        bend = (right - left) / (before + after)
        first = first - bend[_between(axis, None, 1)] * steps[:1]
        last = last + bend[_between(axis, -1, None)] * steps[-1:]
    whole = concatenate(first, inner, last, axis=axis) if length > 2 else concatenate(first, last, axis=axis)
    return cast(whole, type_of(f).dtype)


def places_in(edges: Any, x: Any, side: str) -> Any:
    """Where entries belong in an ascending sequence, in their own shape."""
    shape = type_of(x).shape
    flat = x if len(shape) == 1 else bind(reshape, (x,), ((type_of(x).size,),))
    found = bind(insertion_places, (edges, flat), (side,))
    return found if len(shape) == 1 else bind(reshape, (found,), (shape,))


@implements(np.interp)
@gives_scalar
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    x, xp, fp = (as_operand(part) for part in gathered([x, xp, fp]))
    x, xp = (cast(part, np.float64) for part in (x, xp))
    fp = cast(fp, np.complex128 if type_of(fp).dtype.kind == "c" else np.float64)
    if type_of(xp).ndim != 1 or type_of(fp).shape != type_of(xp).shape:
        raise ValueError("fp and xp are not of the same length")
    if not type_of(xp).size:
        raise ValueError("array of sample points is empty")
    if period is not None:
        x, xp, fp = _unrolled(x, xp, fp, period)
        left = right = None
    count = type_of(xp).size
    if count == 1:
        inside = fp[np.zeros(type_of(x).shape, np.intp)]
    else:
        lower = np.clip(places_in(xp, x, "right") - 1, 0, count - 2)
        start, value = entries(xp, lower), entries(fp, lower)
        end, following = entries(xp, lower + 1), entries(fp, lower + 1)
        width = end - start
        flat = width == 0
        slope = select(flat, 0.0, (following - value) / select(flat, 1.0, width))
        inside = value + slope * (x - start)
        # with an infinity in the table NumPy goes from the other node where this gives none, and stays at a node
        other = following + slope * (x - end)
        level = (other != other) & (value == following) & (x == x)
        other = select((x == start) | level, value, other)
        inside = select(inside != inside, other, inside)
    # at the last node and beyond no slope is taken
    below, above = fp[0] if left is None else as_operand(left), fp[-1] if right is None else as_operand(right)
    result = select(x < xp[0], below, select(x > xp[-1], above, select(x == xp[-1], fp[-1], inside)))
    return cast(result, type_of(fp).dtype)


def _unrolled(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """One period of a table, with a node of the neighbouring ones at each end."""
    if isinstance(period, Operand):
        place = locate(3)
        raise UnsupportedError(
            f"np.interp{f' at {place}' if place else ''} has no rule for its argument period, which depends on traced "
            f"values here; scale x and xp by it instead"
        )
    period = abs(float(period))
    if period == 0:
        raise ValueError("period must be a non-zero value")
    x, xp = np.mod(x, period), np.mod(xp, period)
    order = np.argsort(xp)
    xp, fp = entries(xp, order), entries(fp, order)
    return (
        x,
        concatenate(xp[-1:] - period, xp, xp[:1] + period, axis=0),
        concatenate(fp[-1:], fp, fp[:1], axis=0),
    )
