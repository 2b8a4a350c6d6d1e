"""Constant places of entries, with an array of integers for every axis of what is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from wengert.graph import Literal
from wengert.tracing.index import Index

__all__ = [
    "Reading",
    "Shape",
    "flat_places",
    "narrowed",
    "reading_of",
    "shape_of",
    "through_broadcast",
    "through_reading",
    "through_reshape",
]

Shape = tuple[int, ...]
# all have as many axes as the result, of the length one where they do not change
Reading = tuple[Any, ...]
# Entries whose places are looked at one by one.
LARGEST: Final = 1 << 20


def shape_of(at: Reading) -> Shape:
    """The shape to which the integers broadcast."""
    return tuple([max(lengths) for lengths in zip(*[axis.shape for axis in at], strict=True)])


def flat_places(at: Reading, source: Shape, shape: Shape) -> Any:
    """The places of entries in an array as if it had one axis, in a row."""
    return np.broadcast_to(np.ravel_multi_index(tuple(at), source), shape).reshape(-1)


def narrowed(integers: Any) -> Any:
    """Integers without what is the same along an axis."""
    for axis, length in enumerate(integers.shape):
        if length > 1:
            first = integers[(slice(None),) * axis + (slice(0, 1),)]
            if (integers == first).all():
                integers = first
    return integers


def reading_of(index: Any, arrays: Sequence[Any], leading: int, shape: Shape) -> tuple[Reading, Shape] | None:
    """The reading that an index says, and the shape of what is there; None unless it is constant, and valid."""
    if not isinstance(index, Index) or not shape or 0 in shape:
        return None
    if any([atom.__class__ is not Literal or np.asarray(atom.value).dtype.kind != "i" for atom in arrays]):
        return None
    values = tuple([np.asarray(atom.value) for atom in arrays])
    if leading and index.displaced(values):
        return None
    key = index.fill(values, leading)
    room = math.prod([np.size(atom.value) for atom in arrays if np.ndim(atom.value)])
    if room > LARGEST:
        return None
    try:
        target = np.broadcast_to(np.int8(0), shape)[key].shape
    except IndexError:
        return None
    if not target or not 0 < math.prod(target) <= LARGEST:
        return None
    at = []
    for axis, length in enumerate(shape):
        column = np.arange(length).reshape([length if place == axis else 1 for place in range(len(shape))])
        at.append(narrowed(np.broadcast_to(column, shape)[key]))
    return tuple(at), target


def through_broadcast(at: Reading, source: Shape) -> Reading:
    """The reading of what is repeated to the shape that is read."""
    behind = at[len(at) - len(source) :]
    return tuple(
        [
            np.zeros((1,) * axis.ndim, np.intp) if length == 1 else axis
            for axis, length in zip(behind, source, strict=True)
        ]
    )


def through_reshape(at: Reading, source: Shape, result: Shape) -> Reading:
    """The reading of what is read in another shape."""
    found: list[Any] = []
    rank = at[0].ndim if at else 0
    nothing = np.zeros((1,) * rank, np.intp)
    for before, after in _groups(source, result):
        lengths = [source[axis] for axis in before]
        if len(before) == len(after) == 1:
            found.append(at[after[0]])
            continue
        flat = nothing
        for axis in after:
            flat = flat * result[axis] + at[axis]
        parts = np.unravel_index(flat, lengths) if lengths else ()
        found += [narrowed(part) for part in parts]
    return tuple(found)


def _groups(source: Shape, result: Shape) -> list[tuple[list[int], list[int]]]:
    """Neighbouring axes of one shape that are, all together, neighbouring axes of the other one."""
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(source) or j < len(result):
        before: list[int] = []
        after: list[int] = []
        left = right = 1
        while True:
            if left <= right and i < len(source) and (left < right or not before):
                before.append(i)
                left *= source[i]
                i += 1
            elif j < len(result) and (right < left or not after):
                after.append(j)
                right *= result[j]
                j += 1
            else:
                break
            if left == right and before and after:
                break
        groups.append((before, after))
    return groups


def through_reading(at: Reading, inner: Reading) -> Reading:
    """The reading of what was read before, of which entries are read."""
    found = []
    for integers in inner:
        chosen = [
            axis if length != 1 else np.zeros((1,) * axis.ndim, np.intp)
            for axis, length in zip(at, integers.shape, strict=True)
        ]
        found.append(narrowed(integers[tuple(chosen)]))
    return tuple(found)
