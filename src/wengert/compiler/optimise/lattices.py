"""Places at equal distances: constant indices that are sums of steps, as slices, repetitions and strides.

The blocks of the Hessian of a sum over rows stand at such places: each block, each of its rows and each entry of a row
is so far from the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.internal import inlay
from wengert.compiler.optimise.rules import Atom
from wengert.graph import REGISTRY, Literal
from wengert.tracing.index import SLOT, Index

__all__ = ["entries_in_steps", "inlaid", "lattice", "rows_in_steps"]

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
broadcast_to: Final = REGISTRY["broadcast_to"]
reshape: Final = REGISTRY["reshape"]
take: Final = REGISTRY["take"]
transpose: Final = REGISTRY["transpose"]
# Runs within runs, at most; fewer places are as well taken one by one.
_DEEPEST: Final = 4
_FEWEST: Final = 16


@dataclass(frozen=True)
class Lattice:
    """The places `start + sum of strides * index`, for the indices of an array of so many lengths."""

    start: int
    lengths: tuple[int, ...]
    strides: tuple[int, ...]


def lattice(places: Any) -> Lattice | None:
    """Places in their order as a lattice, if they are one."""
    lengths: list[int] = []
    strides: list[int] = []
    first = np.asarray(places, np.int64)
    while len(first) > 1 and len(lengths) < _DEEPEST:
        steps = np.diff(first)
        other = np.flatnonzero(steps != steps[0])
        length = int(other[0]) + 1 if len(other) else len(first)
        if len(first) % length:
            return None
        runs = first.reshape(-1, length)
        if (runs - runs[:, :1] != steps[0] * np.arange(length)).any():
            return None
        lengths.insert(0, length)
        strides.insert(0, int(steps[0]))
        first = runs[:, 0]
    return Lattice(int(first[0]), tuple(lengths), tuple(strides)) if len(first) == 1 and lengths else None


def _constant_places(index: Inputs) -> Any:
    """The places that an index names along its first axis; None unless they are constants."""
    if len(index) != 2 or index[1].__class__ is not Literal:
        return None
    items = index[0].value.items
    if len(items) != 1 or items[0] is not SLOT:
        return None
    places = index[1].value
    return places if places.ndim == 1 and len(places) >= _FEWEST and places.dtype.kind == "i" else None


def rows_in_steps(build: Builder, inputs: Inputs, params: Params) -> Atom | None:
    """Rows that are taken over and over again in their order: a slice, repeated."""
    places = _constant_places(inputs[1:]) if params == (0,) else None
    if places is None:
        return None
    found, source = lattice(places), inputs[0]
    if found is None or min(places) < 0 or max(places) >= source.type.shape[0]:
        return None
    moving = [axis for axis, stride in enumerate(found.strides) if stride > 0]
    if len(moving) > 1 or min(found.strides) < 0:
        return None
    stop, step = found.start + 1, 1
    if moving:
        step = found.strides[moving[0]]
        stop += (found.lengths[moving[0]] - 1) * step
    part = build.apply(take, source, build.opaque(Index((slice(found.start, stop, step),), 0)), params=(0,))
    rest = source.type.shape[1:]
    spread = tuple([length if axis in moving else 1 for axis, length in enumerate(found.lengths)])
    one = build.apply(reshape, part, params=((*spread, *rest),))
    build.notes["rows_in_steps"] += 1
    whole = build.apply(broadcast_to, one, params=((*found.lengths, *rest),))
    return build.apply(reshape, whole, params=((len(places), *rest),))


def entries_in_steps(build: Builder, flat: Atom, places: Any) -> Atom | None:
    """Entries of one axis, at places that are a lattice, as a view that is turned and repeated; else None."""
    found = lattice(places)
    if found is None or min(found.strides) < 0 or not any(found.strides):
        return None
    moving = [axis for axis, stride in enumerate(found.strides) if stride]
    order = sorted(moving, key=lambda axis: -found.strides[axis])
    strides = [found.strides[axis] for axis in order]
    wholes = [flat.type.size, *strides[:-1]]
    if any([whole % stride for whole, stride in zip(wholes, strides, strict=True)]):
        return None
    lengths, items, left = [], [], found.start
    for axis, stride, whole in zip(order, strides, wholes, strict=True):
        first, left = divmod(left, stride)
        lengths.append(whole // stride)
        items.append(slice(first, first + found.lengths[axis]))
        if items[-1].stop > lengths[-1]:
            return None
    part = build.apply(reshape, flat, params=((*lengths, strides[-1]),))
    part = build.apply(take, part, build.opaque(Index((*items, left), 0)), params=(0,))
    turned = build.apply(transpose, part, params=(tuple([order.index(axis) for axis in moving]),))
    spread = tuple([length if stride else 1 for length, stride in zip(found.lengths, found.strides, strict=True)])
    whole = build.apply(broadcast_to, build.apply(reshape, turned, params=(spread,)), params=(found.lengths,))
    return build.apply(reshape, whole, params=((len(places),),))


def inlaid(build: Builder, inputs: Inputs, params: Params) -> Atom | None:
    """Values in zeros of one axis, at constant places that are a lattice and differ."""
    places = _constant_places(inputs[1:])
    shape, leading = params
    if places is None or len(shape) != 1 or leading != 0 or inputs[0].type.shape != places.shape:
        return None
    found = lattice(places)
    if found is None or min(places) < 0 or max(places) >= shape[0] or len(np.unique(places)) != len(places):
        return None
    values = build.apply(reshape, inputs[0], params=(found.lengths,))
    build.notes["inlaid_blocks"] += 1
    return build.apply(inlay, values, params=(shape[0], found.start, found.strides))
