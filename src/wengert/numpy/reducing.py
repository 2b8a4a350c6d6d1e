"""NumPy's reductions for traced values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.graph import bind
from wengert.numpy.ufuncs import placed
from wengert.numpy.values import gives_scalar
from wengert.primitives import cumulative, reductions
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import imag, real, select
from wengert.primitives.elementwise import sqrt, square
from wengert.primitives.reductions import normal_axes, sum_along
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.tracing import FUNCTIONS, Tracer, as_operand, implements, type_of

__all__: list[str] = []

_TOTALS = [(tuple(range(ndim)), False) for ndim in range(65)]
_UNSET: Any = np._NoValue  # what NumPy passes for an argument that was left out


def reduced_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction; NumPy takes the only axis of a line for that of a scalar too."""
    return () if not ndim and axis in (0, -1) else normal_axes(axis, ndim)


def _reduce(primitive: Any, a: Any, axis: Any, keepdims: Any, where: Any, neutral: Any) -> Any:
    a = as_operand(a)
    if where is not _UNSET and where is not True:
        a = select(where, a, neutral)
    axes = reduced_axes(axis, type_of(a).ndim)
    return bind(primitive, (a,), (axes, bool(keepdims) if keepdims is not _UNSET else False))


def _finish(result: Any, dtype: Any, out: Any) -> Any:
    if dtype is not None and dtype is not _UNSET:
        result = cast(result, dtype)
    return result if out is None or out is _UNSET else placed(result, out)


def _with_initial(result: Any, initial: Any, combine: Any, a: Any) -> Any:
    """A reduction that starts from `initial`; None stands for the first entry, which there must be."""
    if initial is None:
        if not type_of(a).size:
            raise ValueError("a reduction of nothing with initial=None has no value, as in NumPy")
        return result
    return result if initial is _UNSET else combine(result, initial)


@implements(np.sum)
def sum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _UNSET,
        initial: Any = _UNSET, where: Any = _UNSET) -> Any:  # fmt: skip
    if axis is None and dtype is out is None and keepdims is initial is where is _UNSET and isinstance(a, Tracer):
        # the everyday case, without a detour
        if a.is_view:
            a.refresh()
        return a.recording.unary(sum_along, a, _TOTALS[a.type.ndim])
    a = as_operand(a) if dtype is None else cast(as_operand(a), dtype)
    result = _reduce(sum_along, a, axis, keepdims, where, 0)
    return _finish(_with_initial(result, initial, lambda total, first: total + first, a), dtype, out)


@implements(np.prod)
def prod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _UNSET,
         initial: Any = _UNSET, where: Any = _UNSET) -> Any:  # fmt: skip
    a = as_operand(a) if dtype is None else cast(as_operand(a), dtype)
    result = _reduce(reductions.prod, a, axis, keepdims, where, 1)
    return _finish(_with_initial(result, initial, lambda total, first: total * first, a), dtype, out)


def _extreme(primitive: Any, pairwise: Any) -> Any:
    def extreme(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _UNSET, initial: Any = _UNSET,
                where: Any = _UNSET) -> Any:  # fmt: skip
        neutral = 0.0
        if where is not _UNSET and where is not True:
            if initial is _UNSET or initial is None:
                raise ValueError("a maximum or minimum with `where` needs `initial` too, as in NumPy")
            neutral = initial
        result = _reduce(primitive, a, axis, keepdims, where, neutral)
        return _finish(_with_initial(result, initial, pairwise, a), None, out)

    extreme.__name__ = primitive.name
    return extreme


max = implements(np.max, np.amax)(_extreme(reductions.max_along, np.maximum))
min = implements(np.min, np.amin)(_extreme(reductions.min_along, np.minimum))


def _logical(primitive: Any) -> Any:
    def logical(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _UNSET, *, where: Any = _UNSET) -> Any:
        return _finish(_reduce(primitive, a, axis, keepdims, where, primitive.name == "all"), None, out)

    logical.__name__ = primitive.name
    return logical


all = implements(np.all)(_logical(reductions.all_along))
any = implements(np.any)(_logical(reductions.any_along))


def _count(a: Any, axis: Any, where: Any, keepdims: Any = _UNSET) -> Any:
    """How many entries a mean is over: a number, or an array of them under `where`."""
    shape = type_of(a).shape
    axes = reduced_axes(axis, len(shape))
    if where is _UNSET or where is True:
        return float(math.prod(shape[i] for i in axes))
    return np.sum(np.broadcast_to(where, shape), axis=axes, keepdims=keepdims is not _UNSET and bool(keepdims))


@implements(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _UNSET, *,
         where: Any = _UNSET) -> Any:  # fmt: skip
    if axis is None and dtype is out is None and keepdims is where is _UNSET and isinstance(a, Tracer):
        return sum(a) / float(a.type.size)
    a = as_operand(a) if dtype is None else cast(as_operand(a), dtype)
    result = _reduce(sum_along, a, axis, keepdims, where, 0.0)
    return _finish(result / _like(_count(a, axis, where, keepdims), result), None, out)


def _like(count: Any, result: Any) -> Any:
    """A count in the precision of what it divides."""
    kind = type_of(result)
    return cast(count, kind.dtype) if kind.inexact and not isinstance(count, float) else count


@implements(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: Any = False, *, keepdims: Any = False) -> Any:
    a = as_operand(a)
    if weights is None:
        result, total = mean(a, axis, keepdims=keepdims), _count(a, axis, _UNSET)
    else:
        weights = as_operand(weights)
        if type_of(weights).shape != type_of(a).shape:
            (place,) = normal_axes(axis, type_of(a).ndim)
            shape = tuple(n if i == place else 1 for i, n in enumerate(type_of(a).shape))
            weights = bind(reshape, (weights,), (shape,))
        spread = bind(broadcast_to, (weights,), (type_of(a).shape,))
        total = sum(spread, axis, keepdims=keepdims)
        result = sum(a * weights, axis, keepdims=keepdims) / total
    if not returned:
        return result
    shape = type_of(result).shape
    return result, bind(broadcast_to, (total,), (shape,)) if shape else total


@implements(np.var)
def var(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _UNSET, *,
        where: Any = _UNSET, mean: Any = _UNSET, correction: Any = _UNSET) -> Any:  # fmt: skip
    a = as_operand(a) if dtype is None else cast(as_operand(a), dtype)
    ddof = ddof if correction is _UNSET else correction
    centre = FUNCTIONS[np.mean](a, axis, keepdims=True, where=where) if mean is _UNSET else mean
    centred = a - centre
    if type_of(a).dtype.kind == "c":
        # by parts, since the modulus has a kink at zero and its square has none
        squared = bind(square, (real(centred),)) + bind(square, (imag(centred),))
    else:
        squared = bind(square, (centred,))
    total = _reduce(sum_along, squared, axis, keepdims, where, 0.0)
    freedom = _count(a, axis, where, keepdims) - ddof
    if isinstance(freedom, (int, float)):
        freedom = np.float64(freedom) if freedom <= 0 else float(freedom)
    return _finish(total / _like(freedom, total), None, out)


@implements(np.std)
@gives_scalar
def deviation(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _UNSET,
              **options: Any) -> Any:  # fmt: skip
    variance = var(a, axis, dtype, None, ddof, keepdims, **options)
    # at a constant the deviation has a kink; its subgradient of smallest norm is zero
    flat = variance == 0
    return _finish(select(flat, 0.0, bind(sqrt, (select(flat, 1.0, variance),))), None, out)


std = deviation


@implements(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _UNSET) -> Any:
    return _finish(max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims), None, out)


def _running(primitive: Any) -> Any:
    def running(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        a = as_operand(a) if dtype is None else cast(as_operand(a), dtype)
        if axis is None:
            a, axis = bind(reshape, (a,), ((type_of(a).size,),)), 0
        (place,) = normal_axes(axis, type_of(a).ndim)
        return _finish(bind(primitive, (a,), (place,)), dtype, out)

    running.__name__ = primitive.name
    return running


cumsum = implements(np.cumsum)(_running(reductions.cumsum))
cumprod = implements(np.cumprod)(_running(cumulative.cumprod))


def _cumulative(function: Any, neutral: float) -> Any:
    def cumulative(x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None,
                   include_initial: Any = False) -> Any:  # fmt: skip
        kind = type_of(x)
        if axis is None:
            if kind.ndim > 1:
                raise ValueError("an array of several axes needs the argument axis, as in NumPy")
            axis = 0
        result = function(np.atleast_1d(x), axis, dtype)
        if include_initial:
            (place,) = normal_axes(axis, result.ndim)
            shape = (*result.shape[:place], 1, *result.shape[place + 1 :])
            result = np.concatenate([np.full(shape, neutral, result.dtype), result], axis=place)
        return _finish(result, None, out)

    cumulative.__name__ = f"cumulative_{function.__name__[3:]}"
    return cumulative


cumulative_sum = implements(getattr(np, "cumulative_sum", None))(_cumulative(cumsum, 0.0))
cumulative_prod = implements(getattr(np, "cumulative_prod", None))(_cumulative(cumprod, 1.0))


def _position(primitive: Any) -> Any:
    def position(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _UNSET) -> Any:
        a = as_operand(a)
        ndim = type_of(a).ndim
        if axis is None:
            flat = bind(reshape, (a,), ((type_of(a).size,),))
            found = bind(primitive, (flat,), (0,))
            shape: tuple[int, ...] = (1,) * ndim
        else:
            (place,) = normal_axes(axis, ndim)
            found = bind(primitive, (a,), (place,))
            shape = tuple(1 if i == place else n for i, n in enumerate(type_of(a).shape))
        found = bind(reshape, (found,), (shape,)) if keepdims is True else found
        return _finish(found, None, out)

    position.__name__ = primitive.name
    return position


argmax = implements(np.argmax)(_position(reductions.argmax))
argmin = implements(np.argmin)(_position(reductions.argmin))


@implements(np.argsort)
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    a = as_operand(a)
    if axis is None or (not type_of(a).ndim and axis in (0, -1)):
        a, axis = bind(reshape, (a,), ((type_of(a).size,),)), 0
    (place,) = normal_axes(axis, type_of(a).ndim)
    return bind(reductions.argsort, (a,), (place,))


@implements(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    nonzero = as_operand(a) != 0
    return np.sum(nonzero, axis=axis, keepdims=keepdims)


@implements(np.linalg.trace)
def matrix_trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


@implements(np.trace)
def trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None) -> Any:
    return _finish(sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype), None, out)
