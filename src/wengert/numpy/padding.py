"""NumPy's padding in all its modes, for traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import bind, locate
from wengert.numpy.joining import stacked_list
from wengert.numpy.selecting import take
from wengert.numpy.shaping import copied
from wengert.primitives.access import cast
from wengert.primitives.shaping import broadcast_to, concatenate
from wengert.tracing import Tracer, as_operand, implements, type_of

__all__: list[str] = []

_SUMMARIES: Final[dict[str, Callable[..., Any]]] = {
    "maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median,
}  # fmt: skip
_OPTIONS: Final[dict[str, set[str]]] = {
    "constant": {"constant_values"}, "linear_ramp": {"end_values"}, "reflect": {"reflect_type"},
    "symmetric": {"reflect_type"}, **{name: {"stat_length"} for name in _SUMMARIES},
    "edge": set(), "empty": set(), "wrap": set(),
}  # fmt: skip


@implements(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    a = as_operand(array)
    if callable(mode):
        place = locate(2)
        raise UnsupportedError(
            f"np.pad{f' at {place}' if place else ''} with a function as its mode writes into plain arrays, which "
            f"cannot hold traced values; give one of the modes {', '.join(sorted(_OPTIONS))}"
        )
    if mode not in _OPTIONS:
        raise ValueError(f"mode '{mode}' is not supported")
    foreign = set(options) - _OPTIONS[mode]
    if foreign:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {foreign}")
    rank = type_of(a).ndim
    widths = _widths(pad_width, rank)
    values = _ends(options.get("constant_values", options.get("end_values", 0)), rank)
    lengths = options.get("stat_length")
    counts = [(None, None)] * rank if lengths is None else _widths(lengths, rank)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            a = _along(a, axis, (before, after), mode, values[axis], counts[axis], options)
    # where nothing is to be added the result is an array of its own all the same
    return a if any(map(any, widths)) else copied(a)


def _widths(given: Any, rank: int) -> list[tuple[Any, Any]]:
    """A pair of whole numbers for each axis."""
    if isinstance(given, dict):
        pairs: list[Any] = [(0, 0)] * rank
        for axis, width in given.items():
            pairs[axis] = (width, width) if np.ndim(width) == 0 else tuple(width)
        given = pairs
    spread = np.broadcast_to(np.asarray(given), (rank, 2))
    if spread.dtype.kind not in "iu":
        raise TypeError("`pad_width` must be of integral type.")
    if (spread < 0).any():
        raise ValueError("index can't contain negative values")
    return [(int(before), int(after)) for before, after in spread]


def _ends(given: Any, rank: int) -> Any:
    """A pair of values for each axis, which may be traced."""
    given = stacked_list(given)
    return (
        bind(broadcast_to, (given,), ((rank, 2),)) if isinstance(given, Tracer) else np.broadcast_to(given, (rank, 2))
    )


def _along(a: Any, axis: int, width: tuple[int, int], mode: str, values: Any, counts: Any, options: Any) -> Any:
    """The array with entries before and after it along one axis."""
    before, after = width
    length = type_of(a).shape[axis]
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        if not length:
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
        if options.get("reflect_type") == "odd":
            return _mixed(a, axis, width, mode)
        return take(a, np.pad(np.arange(length), width, mode), axis)  # type: ignore[call-overload]
    if mode == "linear_ramp":
        first, last = _edges(a, axis)
        front = _ramp(values[0], first, before, axis)
        back = _ramp(values[1], last, after, axis)[_reversed(axis)]
    elif mode in _SUMMARIES:
        front = _summary(a, axis, mode, counts[0], before, front=True)
        back = _summary(a, axis, mode, counts[1], after, front=False)
    else:
        front, back = (_constant(a, axis, value, n) for value, n in zip(values, width, strict=True))
    kept = [cast(part, type_of(a).dtype) for part in (front, a, back) if type_of(part).shape[axis]]
    return concatenate(*kept, axis=axis) if len(kept) > 1 else kept[0]


def _mixed(a: Any, axis: int, width: tuple[int, int], mode: str) -> Any:
    """An odd extension: each entry twice an edge less its mirror image, which unit vectors show."""
    length = type_of(a).shape[axis]
    units = np.eye(length, dtype=np.zeros(0, type_of(a).dtype).real.dtype)
    weights = np.pad(units, (width, (0, 0)), mode, reflect_type="odd")  # type: ignore[call-overload]
    return np.moveaxis(np.tensordot(weights, a, axes=(1, axis)), 0, axis)


def _edges(a: Any, axis: int) -> tuple[Any, Any]:
    whole = (slice(None),) * axis
    return a[(*whole, slice(None, 1))], a[(*whole, slice(-1, None))]


def _reversed(axis: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(None, None, -1))


def _column(values: Any, rank: int, axis: int) -> Any:
    return values.reshape((-1,) + (1,) * (rank - axis - 1))


def _ramp(start: Any, edge: Any, count: int, axis: int) -> Any:
    """Even steps from a value, included, to an edge, left out."""
    kind = type_of(edge)
    share = np.arange(count) / max(count, 1)
    steps = _column(share.astype(np.zeros(0, kind.dtype).real.dtype), kind.ndim, axis)
    return start + (edge - start) * steps


def _summary(a: Any, axis: int, mode: str, count: Any, width: int, front: bool) -> Any:
    """A statistic of the entries at one end, repeated."""
    length = type_of(a).shape[axis]
    count = length if count is None else min(int(count), length)
    if not count and mode in ("maximum", "minimum"):
        raise ValueError("stat_length of 0 yields no value for padding")
    window = slice(count) if front else slice(length - count, None)
    value = _SUMMARIES[mode](a[(*(slice(None),) * axis, window)], axis=axis, keepdims=True)
    shape = type_of(value).shape
    return bind(broadcast_to, (value,), ((*shape[:axis], width, *shape[axis + 1 :]),))


def _constant(a: Any, axis: int, value: Any, width: int) -> Any:
    shape = type_of(a).shape
    return bind(broadcast_to, (as_operand(value),), ((*shape[:axis], width, *shape[axis + 1 :]),))
