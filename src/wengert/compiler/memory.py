"""Where values stand while a kernel runs: inputs, constants, results, and an arena whose room is used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wengert.compiler.clusters import Cluster, in_teams
from wengert.compiler.plan import Plan, sources
from wengert.graph import Var
from wengert.graph.types import ArrayType

__all__ = ["LINE", "Layout", "Place", "bytes_of", "layout"]

# Buffers begin on cache lines.
LINE: Final = 64


@dataclass(frozen=True)
class Place:
    """One buffer: the number of an input or of a result, or an offset in the arena, in bytes."""

    table: str
    number: int


@dataclass(frozen=True)
class Layout:
    """The place of every value that is read from or written to memory, and the size of the arena in bytes."""

    places: dict[Var | int, Place]
    arena: int


def bytes_of(kind: ArrayType) -> int:
    """The memory of an array of this type."""
    return kind.size * kind.dtype.itemsize


def layout(plan: Plan, clusters: list[Cluster], results: int) -> Layout:
    """Give every stored value a place; what no later step reads makes room.

    Outputs behind the first `results` are only looked at by the kernel itself.
    """
    places: dict[Var | int, Place] = {}
    for number, variable in enumerate(plan.inputs):
        places[variable] = Place("input", number)
    for number, literal in enumerate(plan.constants):
        places[id(literal)] = Place("input", len(plan.inputs) + number)
    for number, output in enumerate(plan.outputs[:results]):
        places.setdefault(plan.same.get(output, output), Place("output", number))
    turns = in_teams(clusters)
    last = _last_uses(plan, turns)
    kept = {*[plan.same.get(output, output) for output in plan.outputs], *plan.flags.values()}
    arena = _Arena()
    for number, turn in enumerate(turns):
        for variable in [variable for cluster in turn for variable in cluster.written(plan.stored)]:
            root = plan.same.get(variable, variable)
            if root not in places:
                places[root] = Place("arena", arena.take(bytes_of(root.type)))
        for variable in last.get(number, ()):
            place = places.get(variable)
            if place is not None and place.table == "arena" and variable not in kept:
                arena.give(place.number, bytes_of(variable.type))
    for variable, root in plan.same.items():
        places[variable] = places[root]
    return Layout(places, arena.size)


def _last_uses(plan: Plan, turns: list[list[Cluster]]) -> dict[int, list[Var]]:
    """For every cluster, or team of them, the values that no later one reads."""
    last: dict[Var, int] = {}
    for number, turn in enumerate(turns):
        for variable in [variable for cluster in turn for variable in cluster.written(plan.stored)]:
            last[plan.same.get(variable, variable)] = number
        for base in [base for cluster in turn for step in cluster.steps for base in sources(step)]:
            if isinstance(base, Var):
                last[plan.same.get(base, base)] = number
    found: dict[int, list[Var]] = {}
    for variable, number in last.items():
        found.setdefault(number, []).append(variable)
    return found


class _Arena:
    """Room for buffers, first fit."""

    def __init__(self) -> None:
        self.size = 0
        self.free: list[tuple[int, int]] = []

    def take(self, amount: int) -> int:
        amount = -(-max(amount, 1) // LINE) * LINE
        for place, (start, room) in enumerate(self.free):
            if room >= amount:
                self.free[place : place + 1] = [(start + amount, room - amount)] if room > amount else []
                return start
        start = self.size
        self.size += amount
        return start

    def give(self, start: int, amount: int) -> None:
        amount = -(-max(amount, 1) // LINE) * LINE
        self.free = _joined([*self.free, (start, amount)])


def _joined(free: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, room in sorted(free):
        if joined and sum(joined[-1]) == start:
            joined[-1] = (joined[-1][0], joined[-1][1] + room)
        else:
            joined.append((start, room))
    return joined
