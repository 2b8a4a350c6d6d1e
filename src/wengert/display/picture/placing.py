"""Where in a drawing each node stands: columns side by side, and heights that keep wires straight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wengert.display.picture.layering import Layers

__all__ = ["Box", "Placed", "placed"]

_ROUNDS: Final = 24
GAP_BETWEEN_COLUMNS: Final = 34.0
GAP_BETWEEN_ROWS: Final = 14.0
# links of a long edge pull harder, so that it becomes a straight line
_STRAIGHT: Final = 4.0


@dataclass(frozen=True)
class Box:
    """The room that a node takes: to the right of its left edge, and above and below its wire."""

    width: float
    above: float
    below: float


_NOTHING: Final = Box(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Placed:
    """Left edges and heights of the wires of all places, and the size of the whole."""

    left: tuple[float, ...]
    height: tuple[float, ...]
    width: float
    total: float


def placed(layers: Layers, boxes: Sequence[Box], passing: Mapping[int, Box]) -> Placed:
    """Coordinates for layers whose nodes take this room; places where edges pass take none, except these."""
    count = sum(map(len, layers.orders))
    room = [*boxes, *[passing.get(place, _NOTHING) for place in range(len(boxes), count)]]
    left = [0.0] * count
    edge = 0.0
    for order in layers.orders:
        for place in order:
            left[place] = edge
        edge += max(room[place].width for place in order) + GAP_BETWEEN_COLUMNS
    height = _heights(layers, room, len(boxes))
    top = min((height[place] - room[place].above for place in range(count)), default=0.0)
    height = [value - top for value in height]
    bottom = max((height[place] + room[place].below for place in range(count)), default=0.0)
    return Placed(tuple(left), tuple(height), max(edge - GAP_BETWEEN_COLUMNS, 0.0), bottom)


def _heights(layers: Layers, room: Sequence[Box], nodes: int) -> list[float]:
    """Heights near those of the neighbours, found by sweeps, with every node clear of the next."""
    pulls: list[list[tuple[int, float]]] = [[] for _ in room]
    for source, target in layers.links():
        weight = 1.0 + (_STRAIGHT - 1.0) * ((source >= nodes) + (target >= nodes)) / 2
        pulls[source].append((target, weight))
        pulls[target].append((source, weight))
    height = [0.0] * len(room)
    for order in layers.orders:
        _spread(order, [0.0] * len(order), [1.0] * len(order), room, height)
    for sweep in range(_ROUNDS):
        for order in layers.orders if sweep % 2 == 0 else reversed(layers.orders):
            wanted, weights = [], []
            for place in order:
                total = sum(weight for _, weight in pulls[place])
                mean = sum(weight * height[other] for other, weight in pulls[place])
                wanted.append(mean / total if total else height[place])
                weights.append(total or 0.1)
            _spread(order, wanted, weights, room, height)
    return height


def _spread(
    order: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    room: Sequence[Box],
    height: list[float],
) -> None:
    """Set the heights of one column: the nearest to those wanted, in squares, that keep order and distance.

    With the distances taken off, what is left is a regression under an order, which pools neighbours that violate it:
    R. E. Barlow and H. D. Brunk, J. Amer. Statist. Assoc. 67 (1972).
    """
    offsets = [0.0]
    for above, below in pairwise(order):
        offsets.append(offsets[-1] + room[above].below + room[below].above + GAP_BETWEEN_ROWS)
    pools: list[list[float]] = []
    for value, weight, offset in zip(wanted, weights, offsets, strict=True):
        pools.append([value - offset, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight, members = pools.pop()
            other = pools[-1]
            other[0] = (other[0] * other[1] + mean * weight) / (other[1] + weight)
            other[1] += weight
            other[2] += members
    level = [mean for mean, _, members in pools for _ in range(int(members))]
    for place, value, offset in zip(order, level, offsets, strict=True):
        height[place] = value + offset
