"""NumPy's functions that choose among entries: where, clip, sort, take, diagonals, triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Operand, Primitive, bind
from wengert.numpy.joining import gathered
from wengert.numpy.reducing import argsort
from wengert.numpy.shaping import copied, read_only, reshaped
from wengert.numpy.ufuncs import placed
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import exceeds, select
from wengert.primitives.indexing import put_add
from wengert.primitives.indexing import take as read
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.tracing import Tracer, as_operand, implements, type_of
from wengert.tracing.index import Index, parse_index

__all__ = ["along", "entries"]

_UNSET: Any = np._NoValue  # what NumPy passes for an argument that was left out
_tri: Any = np.tri  # its stub takes no unpacked shape


@implements(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    if x is None and y is None:
        return np.nonzero(condition)
    return bind(select, (as_operand(condition), as_operand(x), as_operand(y)))


@implements(np.nonzero)
def nonzero(a: Any) -> Any:
    # whether entries are zero may be alike in all examples of a batch that are not
    chosen = as_operand(a) != 0
    while isinstance(chosen, Operand):
        chosen = chosen.recording.strip(chosen)
    return np.nonzero(chosen)


@implements(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    return nonzero(np.ravel(a))[0]


clip_primitive = Primitive("clip", elementwise=3, domain="everywhere; constant at the edges and beyond",
                           cite="the subgradient of smallest norm of min(max(x, low), high)")  # fmt: skip
clip_primitive.evaluate(lambda xp, x, low, high: xp.minimum(xp.maximum(x, low), high))
clip_primitive.samples(
    lambda r: ((r.uniform(-2, 2, 5), -1.0, 1.0), {}),
    lambda r: ((r.uniform(-2, 2, (2, 3)), r.uniform(-1.5, -1, 3), r.uniform(1, 1.5, (2, 1))), {}),
)


@clip_primitive.differential
def _d_clip(out: Any, x: Any, low: Any, high: Any) -> Any:
    over, under, crossed = exceeds(x, high), exceeds(low, x), exceeds(low, high)
    inside = exceeds(x, low) & exceeds(high, x)
    # NumPy clips to the upper bound last, so that it wins where the bounds cross
    return (
        lambda dx: select(inside, dx, 0.0),
        lambda dlow: select(under & exceeds(high, low), dlow, 0.0),
        lambda dhigh: select(over | crossed, dhigh, 0.0),
    )


@implements(np.clip)
def clip(a: Any, a_min: Any = _UNSET, a_max: Any = _UNSET, out: Any = None, *, min: Any = None, max: Any = None,
         dtype: Any = None, where: Any = True, casting: Any = "same_kind", order: Any = None,
         subok: Any = None) -> Any:  # fmt: skip
    low = min if a_min is _UNSET or a_min is None else a_min
    high = max if a_max is _UNSET or a_max is None else a_max
    a, low, high = [x if x is None else _computed_in(as_operand(x), dtype, casting) for x in (a, low, high)]
    if low is None and high is None:
        # whether that is an error depends on NumPy's version and on how the bounds were left out
        np.clip(np.zeros(1), a_min, a_max)
        return copied(a)
    least, most = _bounds(type_of(a).dtype)
    result = bind(clip_primitive, (a, least if low is None else low, most if high is None else high))
    return placed(result, out, where)


def _computed_in(x: Any, dtype: Any, casting: Any) -> Any:
    """An operand in the dtype that a `dtype=` argument asks for."""
    if dtype is None:
        return x
    if not type_of(x).weak and not np.can_cast(type_of(x).dtype, dtype, casting):
        raise TypeError(f"cannot cast an operand of clip from {type_of(x).dtype} to {np.dtype(dtype)} by {casting!r}")
    return cast(x, dtype)


def _bounds(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The least and the greatest value, as numbers that leave the dtype alone."""
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return -np.inf, np.inf


@implements(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    a = as_operand(a)
    if axis is None:
        a, axis = reshaped(a, (type_of(a).size,)), 0
    return take_along_axis(a, argsort(a, axis), axis)


def entries(a: Any, index: Any) -> Any:
    """`a[index]` for a traced or plain array, in whose index traced integers may stand."""
    if isinstance(a, Tracer):
        return a[index]  # type: ignore[index]
    fixed, arrays = parse_index(index, type_of(a).shape)
    return bind(read, (a, fixed, *arrays), (0,))


def along(indices: Any, axis: int, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Integer arrays for every axis, of which the one along `axis` is given."""
    rank = len(shape)
    mesh: list[Any] = [np.arange(n).reshape((-1,) + (1,) * (rank - i - 1)) for i, n in enumerate(shape)]
    mesh[axis] = indices
    return tuple(mesh)


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    arr = as_operand(arr)
    if axis is None:
        arr, axis = reshaped(arr, (type_of(arr).size,)), 0
    (place,) = normal_axes(axis, type_of(arr).ndim)
    return entries(arr, along(as_operand(indices), place, type_of(arr).shape))


@implements(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    a = as_operand(a)
    if axis is None:
        a, axis = reshaped(a, (type_of(a).size,)), 0
    (place,) = normal_axes(axis, type_of(a).ndim)
    if not isinstance(indices, (int, Operand)):
        # NumPy takes an empty list for integers, though an array of it holds floats
        indices = np.asarray(indices) if np.size(indices) else np.zeros(np.shape(indices), np.intp)
    if mode != "raise":
        length = type_of(a).shape[place]
        indices = indices % length if mode == "wrap" else np.clip(indices, 0, length - 1)
    result = entries(a, (*(slice(None),) * place, indices))
    return result if out is None else write_into(out, result)


@implements(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return take(a, np.flatnonzero(condition), axis, out)


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    return np.ravel(arr)[np.flatnonzero(condition)]


@implements(np.diagonal)
def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    a = np.moveaxis(as_operand(a), (axis1, axis2), (-2, -1))
    rows, columns = type_of(a).shape[-2:]
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    steps = np.arange(count)
    place = (..., steps + max(0, -offset), steps + max(0, offset))
    return read_only(a, lambda x: x[place], "numpy.diagonal")


@implements(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: Any = 0) -> Any:
    return diagonal(x, offset, -2, -1)


@implements(np.diag)
def diag(v: Any, k: Any = 0) -> Any:
    v = as_operand(v)
    if type_of(v).ndim == 2:
        return diagonal(v, k)
    if type_of(v).ndim != 1:
        raise ValueError("numpy.diag takes an array of one or two axes")
    count = type_of(v).shape[0]
    steps = np.arange(count)
    total = count + abs(k)
    index = Index((steps + max(0, -k), steps + max(0, k)), 0)
    return bind(put_add, (v, index), ((total, total), 0))


@implements(np.diagflat)
def diagflat(v: Any, k: Any = 0) -> Any:
    return diag(np.ravel(v), k)


def _triangle(keep: Any) -> Any:
    def triangle(m: Any, k: Any = 0) -> Any:
        m = as_operand(m)
        return select(keep(type_of(m).shape[-2:], k), m, type_of(m).dtype.type(0))

    return triangle


tril = implements(np.tril)(_triangle(lambda shape, k: _tri(*shape, k=k, dtype=bool)))
triu = implements(np.triu)(_triangle(lambda shape, k: ~_tri(*shape, k=k - 1, dtype=bool)))
tril.__name__, triu.__name__ = "tril", "triu"


@implements(np.diff)
def diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = _UNSET, append: Any = _UNSET) -> Any:
    a = as_operand(a)
    (place,) = normal_axes(axis, type_of(a).ndim)
    before = (slice(None),) * place
    edge = tuple(1 if i == place else length for i, length in enumerate(type_of(a).shape))
    given = [prepend, a, append]
    parts = gathered([part for part in given if part is not _UNSET and part is not None])
    if len(parts) > 1:
        a = np.concatenate([np.broadcast_to(p, edge) if not type_of(p).ndim else p for p in parts], axis=place)
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@implements(np.select)
def np_select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    result = as_operand(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, choice, result)
    return result
