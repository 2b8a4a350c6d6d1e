"""Layers of a drawing: which column each node stands in, and in which order from top to bottom.

After K. Sugiyama, S. Tagawa and M. Toda, Methods for visual understanding of hierarchical system structures, IEEE
Trans. Systems, Man, and Cybernetics 11(2) (1981): columns by longest paths, long edges through places of their own in
the columns between, orders by barycentres.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wengert.display.picture.scene import Scene

__all__ = ["Layers", "columns", "layered"]

_SWEEPS: Final = 12


@dataclass(frozen=True)
class Layers:
    """Places in columns, and the links between places of neighbouring columns.

    Attributes
    ----------
    orders
        The places of each column, from top to bottom. Places below `len(scene.nodes)` are nodes, the others are
        where a long edge passes.
    paths
        For each edge of the scene, the places that it goes through, from its source to its target.
    """

    orders: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int, ...], ...]

    def links(self) -> list[tuple[int, int]]:
        """Pairs of places in neighbouring columns that an edge joins, each once."""
        return list(dict.fromkeys(pair for path in self.paths for pair in pairwise(path)))


def layered(scene: Scene) -> Layers:
    """The columns of a scene, with few crossings."""
    column = columns(scene)
    paths: list[tuple[int, ...]] = []
    # one way for all edges out of a node: where they pass the same column, they pass it at the same place
    passing: dict[tuple[int, int], int] = {}
    for edge in scene.edges:
        path = [edge.source]
        for between in range(column[edge.source] + 1, column[edge.target]):
            place = passing.setdefault((edge.source, between), len(column))
            if place == len(column):
                column.append(between)
            path.append(place)
        paths.append((*path, edge.target))
    orders: list[list[int]] = [[] for _ in range(max(column, default=-1) + 1)]
    for place in _depth_first(paths, len(column)):
        orders[column[place]].append(place)
    found = Layers(tuple(map(tuple, orders)), tuple(paths))
    return Layers(_untangled(orders, found.links()), found.paths)


def columns(scene: Scene) -> list[int]:
    """The column of each node: after all that it needs; inputs and constants directly before their first use.

    The backward part begins after the whole forward part, with one column between them for what is saved.
    """
    needs: list[list[int]] = [[] for _ in scene.nodes]
    uses: list[list[int]] = [[] for _ in scene.nodes]
    for edge in scene.edges:
        needs[edge.target].append(edge.source)
        uses[edge.source].append(edge.target)
    column = [0] * len(scene.nodes)
    for part in sorted({node.part for node in scene.nodes}, reverse=True):
        members = [place for place, node in enumerate(scene.nodes) if node.part == part]
        first = max((column[place] + 2 for place, node in enumerate(scene.nodes) if node.part > part), default=0)
        for place in members:
            column[place] = max([first, *(column[source] + 1 for source in needs[place])])
    for place, node in reversed([*enumerate(scene.nodes)]):
        if uses[place] and not needs[place] and node.kind in ("input", "constant"):
            column[place] = max(min(column[use] for use in uses[place]) - 1, 0)
    least = min(column, default=0)
    return [value - least for value in column]


def _depth_first(paths: Sequence[Sequence[int]], count: int) -> list[int]:
    """All places, those of one branch beside one another: a first order that is seldom bad."""
    before: list[list[int]] = [[] for _ in range(count)]
    for path in paths:
        for source, target in pairwise(path):
            before[target].append(source)
    seen: set[int] = set()
    order: list[int] = []
    ends = set(range(count)) - {source for path in paths for source in path[:-1]}
    for end in sorted(ends):
        waiting = [end]
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                order.append(place)
                waiting += reversed(before[place])
    return order


def _untangled(orders: list[list[int]], links: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """The orders with the fewest crossings that sweeps to and fro come by."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for source, target in links:
        right.setdefault(source, []).append(target)
        left.setdefault(target, []).append(source)
    best, fewest = tuple(map(tuple, orders)), _crossings(orders, right)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        beside = left if forward else right
        position = _positions(orders)
        for order in orders[1:] if forward else orders[-2::-1]:
            _by_barycentre(order, position, beside)
        crossings = _crossings(orders, right)
        if crossings < fewest:
            best, fewest = tuple(map(tuple, orders)), crossings
    return best


def _positions(orders: Sequence[Sequence[int]]) -> dict[int, int]:
    return {place: index for order in orders for index, place in enumerate(order)}


def _by_barycentre(order: list[int], position: dict[int, int], beside: dict[int, list[int]]) -> None:
    """Sort one column by the mean position of the neighbours; what has none stays where it is."""
    weight = {place: float(position[place]) for place in order}
    for place in order:
        neighbours = beside.get(place, ())
        if neighbours:
            weight[place] = sum(position[other] for other in neighbours) / len(neighbours)
    order.sort(key=lambda place: weight[place])
    position.update((place, index) for index, place in enumerate(order))


def _crossings(orders: Sequence[Sequence[int]], right: dict[int, list[int]]) -> int:
    """How many links cross, column by column."""
    position = _positions(orders)
    crossings = 0
    for order in orders:
        passed: list[int] = []
        for place in order:
            ends = sorted(position[target] for target in right.get(place, ()))
            crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossings
