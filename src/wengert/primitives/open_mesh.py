"""An index as one integer array per axis: the form in which arrays may differ from example to example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wengert.primitives.shaping import reshape
from wengert.tracing.index import SLOT, Index, is_placed

__all__ = ["batched_arrays", "open_mesh"]

Shape = tuple[int, ...]


def batched_arrays(
    size: int, shape: Shape, index: Index, arrays: Sequence[Any], flags: Sequence[bool], leading: int
) -> tuple[Index, tuple[Any, ...]]:
    """The index of all examples at once into an array that has them along axis 0; `shape` is that of one."""
    mesh, rank = open_mesh(shape, index, arrays, flags, leading)
    counter = np.arange(size).reshape((size,) + (1,) * rank)
    return Index((SLOT,) * (1 + len(mesh)), 1 + len(mesh)), (counter, *mesh)


def open_mesh(
    shape: Shape, index: Index, arrays: Sequence[Any], flags: Sequence[bool], leading: int
) -> tuple[tuple[Any, ...], int]:
    """One integer array per axis that together select what the index selects, and how many axes that has.

    The index stands behind `leading` whole axes. Flagged arrays keep their batch axis in front of all others.
    NumPy puts the axes of the integer arrays where the first of them stands if they stand side by side, and
    in front of all others otherwise.
    """
    items = [slice(None)] * leading + _spelled_out(index, len(shape) - leading)
    picked = _picked(items, arrays, flags)
    rank = max(len(array.shape) - flag for array, flag in picked.values())
    ranges = [place for place, item in enumerate(items) if not is_placed(item)]
    front = leading
    if index.together():
        front = sum(place < min(picked) for place in ranges)
    total = rank + len(ranges)
    free = iter([axis for axis in range(total) if not front <= axis < front + rank])
    lengths = iter(shape)
    mesh: list[Any] = []
    widths: list[Any] = []
    for place, item in enumerate(items):
        if place in picked:
            array, flag = picked[place]
            array = _placed(array, flag, front + rank - len(array.shape) + flag, total - front - rank)
            if isinstance(item, bool):
                widths.append(array)
            else:
                next(lengths)
                mesh.append(array)
            continue
        axis = next(free)
        if item is not None:
            mesh.append(np.arange(next(lengths))[item].reshape((-1,) + (1,) * (total - axis - 1)))
    # a Boolean stands for no axis; as zeros it takes part in the shape alone
    mesh[0] = sum(widths, start=mesh[0])
    return tuple(mesh), total


def _spelled_out(index: Index, ndim: int) -> list[Any]:
    """The items of an index, with a whole axis for every axis that the Ellipsis or the end leaves out."""
    items = list(index.items)
    taken = sum(not (item is None or item is Ellipsis or isinstance(item, bool)) for item in items)
    whole = [slice(None)] * (ndim - taken)
    at = next((place for place, item in enumerate(items) if item is Ellipsis), len(items))
    return [*items[:at], *whole, *items[at + 1 :]]


def _picked(items: list[Any], arrays: Sequence[Any], flags: Sequence[bool]) -> dict[int, tuple[Any, bool]]:
    """The integer array that stands at each place of an index which has one, and whether it is batched."""
    supply: Iterator[tuple[Any, bool]] = zip(arrays, flags, strict=True)
    picked: dict[int, tuple[Any, bool]] = {}
    for place, item in enumerate(items):
        if item is SLOT:
            picked[place] = next(supply)
        elif isinstance(item, bool):
            picked[place] = np.zeros(int(item), np.intp), False
        elif is_placed(item):
            picked[place] = np.asarray(item), False
    return picked


def _placed(array: Any, flag: bool, before: int, after: int) -> Any:
    """An integer array with axes of length one around its own, behind its batch axis if it has one."""
    if flag:
        first, *own = array.shape
        return reshape(array, shape=(first, *(1,) * before, *own, *(1,) * after))
    return reshape(array, shape=(*array.shape, *(1,) * after))
