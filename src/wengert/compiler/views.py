"""How the entries of one array stand in another: the affine maps of slices, transposes and broadcasts.

Axes of length one hold no information, so a view speaks only of the others, the *long* axes, numbered from the left.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["Axis", "View", "broadcast", "compose", "identity", "long_axes", "reshaped", "sliced", "transposed"]

Shape = tuple[int, ...]


class Axis(NamedTuple):
    """Where along one axis of the array that is read the entry stands: at `offset + step * index[source]`."""

    source: int | None
    offset: int = 0
    step: int = 1


View = tuple[Axis, ...]
_WHOLE: Final = slice(None)


@lru_cache(maxsize=4096)
def long_axes(shape: Shape) -> Shape:
    """The lengths of a shape other than one."""
    return tuple([length for length in shape if length != 1])


@lru_cache(maxsize=64)
def identity(rank: int) -> View:
    """The view of every entry at its own place."""
    return tuple([Axis(axis) for axis in range(rank)])


def compose(outer: View, inner: View) -> View:
    """The view `inner` of what is a view `outer` of an array, as a view of that array."""
    return tuple(
        [
            Axis(inner[source].source, offset + step * inner[source].offset, step * inner[source].step)
            if source is not None
            else Axis(None, offset)
            for source, offset, step in outer
        ]
    )


def _numbers(shape: Shape) -> dict[int, int]:
    """The number of each long axis among the long ones, by its place in the shape."""
    places = [place for place, length in enumerate(shape) if length != 1]
    return {place: number for number, place in enumerate(places)}


def broadcast(shape: Shape, to: Shape) -> View:
    """An array of one shape, read by NumPy's rule as one of another."""
    numbers = _numbers(to)
    shift = len(to) - len(shape)
    return tuple([Axis(numbers[place + shift]) for place, length in enumerate(shape) if length != 1])


def transposed(shape: Shape, axes: Shape) -> View:
    """An array of this shape with its axes in another order."""
    numbers = _numbers(tuple([shape[axis] for axis in axes]))
    return tuple([Axis(numbers[axes.index(place)]) for place, length in enumerate(shape) if length != 1])


def reshaped(shape: Shape, to: Shape) -> View | None:
    """A reshape that only adds or drops axes of length one; None for any other."""
    return identity(len(long_axes(shape))) if long_axes(shape) == long_axes(to) else None


def sliced(shape: Shape, items: tuple[object, ...], result: Shape) -> View | None:
    """The part of an array at a basic index; None where the index holds anything but slices, integers and axes."""
    if not all([item is None or item is Ellipsis or isinstance(item, slice) or type(item) is int for item in items]):
        return None
    count = sum([item is not None and item is not Ellipsis for item in items])
    if Ellipsis not in items:
        items = (*items, Ellipsis)
    spread = items.index(Ellipsis)
    items = (*items[:spread], *(_WHOLE,) * (len(shape) - count), *items[spread + 1 :])
    numbers = _numbers(result)
    view: list[Axis] = []
    place = target = 0
    for item in items:
        if item is None:
            target += 1
            continue
        length = shape[place]
        if isinstance(item, slice):
            start, _, step = item.indices(length)
            axis = Axis(numbers.get(target), start, step)
            # what has one entry stands at a fixed place
            axis = Axis(None, start) if axis.source is None else axis
            target += 1
        else:
            place_of_entry = int(item)  # type: ignore[call-overload]
            axis = Axis(None, place_of_entry + length if place_of_entry < 0 else place_of_entry)
        if length != 1:
            view.append(axis)
        place += 1
    return tuple(view)
