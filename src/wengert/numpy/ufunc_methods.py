"""The methods of ufuncs on traced values: reduce, accumulate, reduceat, outer, at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.graph import Operand, bind
from wengert.numpy.reducing import cumprod, cumsum, max, min, prod, reduced_axes, sum
from wengert.numpy.refused import REFUSED
from wengert.numpy.ufuncs import placed
from wengert.numpy.values import plain_array
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import select
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import reshape
from wengert.tracing import UFUNCS, Tracer, as_operand, implements, type_of

__all__: list[str] = []

_UNSET: Any = np._NoValue  # what NumPy passes for an argument that was left out
_REDUCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    np.add: sum, np.multiply: prod, np.maximum: max, np.minimum: min,
}  # fmt: skip
_RUNNING: Final[dict[Any, Callable[..., Any]]] = {np.add: cumsum, np.multiply: cumprod}
# the order in which these combine entries does not matter
_ASSOCIATIVE: Final = (
    np.logaddexp, np.logaddexp2, np.fmax, np.fmin, np.hypot, np.logical_and, np.logical_or, np.logical_xor,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd, np.lcm,
)  # fmt: skip


def _flattened(a: Any, axes: tuple[int, ...]) -> Any:
    """An array with these axes merged into one, in front."""
    rest = [i for i in range(type_of(a).ndim) if i not in axes]
    moved = np.transpose(a, (*axes, *rest))
    lengths = moved.shape[: len(axes)], moved.shape[len(axes) :]
    return bind(reshape, (moved,), ((math.prod(lengths[0]), *lengths[1]),))


def _folded(ufunc: Any, a: Any, start: Any) -> Any:
    """The entries along axis 0 combined, behind `start` if there is one."""
    if ufunc in _ASSOCIATIVE:
        # halves with halves: few operations on long arrays
        while len(a) > 1:
            half = len(a) // 2
            combined = ufunc(a[:half], a[half : 2 * half])
            a = np.concatenate([combined, a[2 * half :]]) if len(a) % 2 else combined
        total = a[0] if len(a) else None
        return total if start is None else start if total is None else ufunc(start, total)
    entries = [a[i] for i in range(len(a))]
    total = entries.pop(0) if start is None else start
    for entry in entries:
        total = ufunc(total, entry)
    return total


def _reduce_rule(ufunc: Any) -> Callable[..., Any]:
    def reduce(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
               initial: Any = _UNSET, where: Any = True) -> Any:  # fmt: skip
        known = _REDUCTIONS.get(ufunc)
        if known is not None:
            options: dict[str, Any] = {"initial": initial, "where": where} if where is not True else {}
            if initial is not _UNSET and initial is not None:
                options["initial"] = initial
            array = array if dtype is None else cast(as_operand(array), dtype)
            return placed(known(array, axis, keepdims=keepdims, **options), out)
        a = as_operand(array) if dtype is None else cast(as_operand(array), dtype)
        kind = type_of(a)
        # NumPy says on a stand-in what it refuses, and what the dtype of the result is
        given = {} if initial is _UNSET else {"initial": type_of(initial).dtype.type(0)}
        stand_in = ufunc.reduce(np.ones(kind.shape, kind.dtype), axis, None, None, keepdims, where=where, **given)
        axes = reduced_axes(axis, kind.ndim)
        start = ufunc.identity if initial is _UNSET else initial
        start = None if start is None else as_operand(start)
        if where is not True:
            a = select(where, a, start)
        total = _folded(ufunc, _flattened(a, axes), None if initial is _UNSET and 0 not in kind.shape else start)
        shape = stand_in.shape
        total = np.broadcast_to(total, shape) if type_of(total).size != stand_in.size else total
        total = cast(total, stand_in.dtype)
        return placed(bind(reshape, (total,), (shape,)) if type_of(total).shape != shape else total, out)

    return reduce


def _accumulate_rule(ufunc: Any) -> Callable[..., Any]:
    def accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        if ufunc in _RUNNING:
            return placed(_RUNNING[ufunc](array, axis, dtype), out)
        a = as_operand(array) if dtype is None else cast(as_operand(array), dtype)
        (place,) = normal_axes(axis, type_of(a).ndim)
        if not type_of(a).shape[place]:
            return placed(a, out)
        rows = np.moveaxis(a, place, 0)
        found = [rows[0]]
        for i in range(1, len(rows)):
            found.append(ufunc(found[-1], rows[i]))
        return placed(np.stack(found, axis=place), out)

    return accumulate


def _reduceat_rule(ufunc: Any) -> Callable[..., Any]:
    def reduceat(array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        a = as_operand(array) if dtype is None else cast(as_operand(array), dtype)
        (place,) = normal_axes(axis, type_of(a).ndim)
        before = (slice(None),) * place
        starts = [int(i) for i in indices]
        length = type_of(a).shape[place]
        if any(not 0 <= i < length for i in starts):
            raise IndexError(f"reduceat: an index is out of bounds for an axis of length {length}")
        parts = []
        for start, stop in zip(starts, [*starts[1:], length], strict=True):
            part = a[(*before, slice(start, stop if stop > start else start + 1))]
            parts.append(ufunc.reduce(part, axis=place, keepdims=True))
        return placed(np.concatenate(parts, axis=place), out)

    return reduceat


def _outer_rule(ufunc: Any) -> Callable[..., Any]:
    def outer(A: Any, B: Any, /, **options: Any) -> Any:
        A, B = as_operand(A), as_operand(B)
        one, two = type_of(A), type_of(B)
        spread = bind(reshape, (A,), ((*one.shape, *(1,) * two.ndim),)) if two.ndim else A
        return ufunc(spread, B, **options)

    return outer


def _at_rule(ufunc: Any) -> Callable[..., Any]:
    def at(a: Any, indices: Any, b: Any = None, /) -> None:
        if not isinstance(a, Tracer):
            write_into(a, a)
        parts = indices if isinstance(indices, tuple) else (indices,)
        fixed = tuple([plain_array(part) if isinstance(part, Operand) else part for part in parts])
        numbers = np.arange(a.size).reshape(a.shape)[fixed]
        if b is not None:
            b = np.ravel(np.broadcast_to(as_operand(b), np.shape(numbers)))
        places = np.ravel(numbers)
        # an entry that is named several times is combined as often, one round after the other
        order = np.argsort(places, kind="stable")
        ranked = places[order]
        rounds = np.empty(len(places), np.intp)
        rounds[order] = np.arange(len(places)) - np.searchsorted(ranked, ranked)
        for turn in range(int(rounds.max(initial=-1)) + 1):
            chosen = np.flatnonzero(rounds == turn)
            where = np.unravel_index(places[chosen], a.shape)
            a[where] = ufunc(a[where]) if b is None else ufunc(a[where], b[chosen])

    return at


_RULES: Final = {
    "reduce": _reduce_rule, "accumulate": _accumulate_rule, "reduceat": _reduceat_rule, "outer": _outer_rule,
    "at": _at_rule,
}  # fmt: skip

for _ufunc in list(UFUNCS):
    if _ufunc.nin == 2 and _ufunc.nout == 1 and _ufunc.signature is None:
        for _name, _make in _RULES.items():
            if f"np.{_ufunc.__name__}.{_name}" not in REFUSED:
                implements((_ufunc, _name))(_make(_ufunc))
    elif _ufunc.nin == 1 and _ufunc.nout == 1:
        implements((_ufunc, "at"))(_at_rule(_ufunc))
