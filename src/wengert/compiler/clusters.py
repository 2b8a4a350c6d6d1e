"""Nests that run over the same rows, together: block after block of rows, so that what one nest writes the next one
finds in the cache, and in several threads where there is enough to do.

Row i of what a nest of a cluster reads from another one of it must be row i of that: then the rows are independent of
one another, but for sums over them, which become a part for each chunk of rows and are added up at the end. Blocks and
chunks depend on the sizes alone, never on the number of threads, and so do the results.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.plan import Call, Contraction, Nest, Plan, Read, Reduction, kind_of, sources
from wengert.compiler.relaying import Relay, relayed
from wengert.compiler.views import Axis, identity, long_axes
from wengert.graph import Literal, Var, array_type

__all__ = ["Blocks", "Cluster", "clustered", "in_teams", "work_of"]

# Bytes that the arrays of one block may take together: half of a usual second-level cache.
_CACHE: Final = 1 << 18
# Additions, or as many of what costs more, that are worth a chunk of their own.
_CHUNK: Final = 100_000
_CHUNKS: Final = 32
_SHORTEST: Final = 256
_LANES: Final = 16
_ROUND: Final = 16
# The part of all work, one of so many, for which blocks need not be large.
_LITTLE: Final = 16
# Lines of a product that are computed beside one another, and how much faster that is.
_LINES: Final = 12
_FASTER: Final = 4
# Additions of a chunk for each that its own sums cost.
_SUMMING: Final = 32


@dataclass(frozen=True)
class Blocks:
    """How rows are parted: `chunks` of so many rows each, which threads may share, in blocks of `rows`."""

    rows: int
    chunk: int
    chunks: int


@dataclass
class Cluster:
    """Steps that run together; one step alone where `length`, the number of their rows, is None."""

    steps: list[Nest | Call]
    length: int | None
    blocks: Blocks | None = None
    made: dict[Var, bool] = field(default_factory=dict)
    parts: dict[Var, Var] = field(default_factory=dict)
    """For each sum over the rows the sums of the chunks, stacked."""
    team: int | None = None
    """The number of the team of clusters, one behind the other, that run side by side; None where this runs alone."""

    def written(self, stored: dict[Var, None]) -> list[Var]:
        """The values that the steps put into memory."""
        return [variable for step in self.steps for variable in step.written(stored)] + list(self.parts.values())

    def takes(self, nest: Nest, before: set[Var]) -> bool:
        """Whether a nest can join: what it reads is there row by row, or was complete before."""
        if self.length != nest.domain[0] or nest.domain[0] == 0:
            return False
        for read in nest.reads():
            if isinstance(read.base, Literal) or read.base in before:
                continue
            if read.base not in self.made or not self.made[read.base] or not _by_rows(read):
                return False
        return True

    def add(self, step: Nest | Call, stored: dict[Var, None]) -> None:
        """Take in a step."""
        self.steps.append(step)
        if isinstance(step, Nest):
            for reduction in step.reductions:
                self.made[reduction.result] = 0 not in reduction.axes
        for variable in step.written(stored):
            self.made.setdefault(variable, True)


def _by_rows(read: Read) -> bool:
    """Whether row i reads row i."""
    return bool(read.view) and read.view[0] == Axis(0) and all([axis.source != 0 for axis in read.view[1:]])


def in_teams(clusters: Sequence[Cluster]) -> list[list[Cluster]]:
    """What runs one after the other: teams, and clusters alone."""
    # a cluster of no team is told apart from its neighbours by itself
    return [list(found) for _, found in groupby(clusters, lambda c: id(c) if c.team is None else -1 - c.team)]


def clustered(plan: Plan) -> list[Cluster]:
    """The steps of a plan in clusters, in an order of execution."""
    clusters: list[Cluster] = []
    made_in: dict[Var, int] = {}
    for step in plan.steps:
        place = _place(step, clusters, made_in, plan)
        if place is None:
            place = len(clusters)
            length = step.domain[0] if isinstance(step, Nest) and step.domain else None
            clusters.append(Cluster([], length))
        clusters[place].add(step, plan.stored)
        for variable in step.written(plan.stored):
            # what is overwritten in place is made anew, for all that stands in its memory
            made_in[variable] = made_in[plan.same.get(variable, variable)] = place
    return [part for cluster in clusters for part in _parted(cluster, plan)]


def _parted(cluster: Cluster, plan: Plan) -> list[Cluster]:
    """A cluster with its blocks, and one that adds up what the chunks have found."""
    if cluster.length is None:
        return [cluster]
    blocks = cluster.blocks = _blocks(cluster, plan.stored)
    if blocks is None:
        return [cluster]
    cluster.steps = relayed(cluster.steps, plan, cluster.length % blocks.rows or blocks.rows)
    if blocks.chunks == 1:
        return [cluster]
    total = Cluster([], None)
    for reduction in summed(cluster):
        kind = reduction.result.type
        stacked = Var(array_type((blocks.chunks, *kind.shape), kind.dtype))
        cluster.parts[reduction.result] = stacked
        domain = long_axes(stacked.type.shape)
        read = Read(stacked, identity(len(domain)))
        total.steps.append(Nest(0, domain, [], [Reduction(reduction.result, reduction.name, read, (0,))]))
    return [cluster, total] if total.steps else [cluster]


def _place(step: Nest | Call, clusters: list[Cluster], made_in: dict[Var, int], plan: Plan) -> int | None:
    """The last cluster that can take a step."""
    if isinstance(step, Call) or not step.domain:
        return None
    # what stands in the memory of another value is there when both have been written
    made = {
        base: max(made_in.get(base, -1), made_in.get(plan.same.get(base, base), -1))
        for base in sources(step)
        if isinstance(base, Var)
    }
    latest = max([-1, *made.values()])
    for place in range(len(clusters) - 1, max(latest, 0) - 1, -1):
        before = {base for base, origin in made.items() if origin < place}
        if clusters[place].takes(step, before):
            return place
    return None


def _size(shape: tuple[int, ...]) -> int:
    return math.prod(shape)


def work_of(nest: Nest) -> float:
    """Additions, or their equivalent, that a nest takes."""
    if isinstance(nest, Relay):
        return sum(map(work_of, nest.parts()))
    return _work(nest) * _size(nest.domain)


def _work(nest: Nest) -> float:
    """Additions, or their equivalent, for one place of the domain."""
    if isinstance(nest, Contraction):
        # its operands are in registers most of the time
        return 1 / _FASTER
    operations = nest.operations()
    heavy = sum([entry.equation is not None and entry.equation.primitive.name in FUNCTIONS for entry in operations])
    return len(operations) + len(nest.reductions) + 10 * heavy


def _bytes_of_row(nests: list[Nest], length: int, stored: dict[Var, None]) -> float:
    """The memory that belongs to one row, of all arrays that nests read and write row by row."""
    arrays: dict[Var, None] = {}
    for nest in nests:
        inside = {entry.result for entry in nest.entries} - stored.keys()
        for read in nest.reads():
            if isinstance(read.base, Var) and read.base not in inside and any([a.source == 0 for a in read.view]):
                arrays[read.base] = None
        arrays.update(dict.fromkeys([entry.result for entry in nest.entries if entry.result in stored]))
        arrays.update(dict.fromkeys([one.result for one in nest.reductions if 0 not in one.axes]))
    return sum([array.type.size * array.type.dtype.itemsize for array in arrays]) / length


def _fewest_rows(nest: Nest, all_work: float, bytes_of_row: float) -> int:
    """How many rows a block must have so that a nest has enough to do at once, if it is much of all work."""
    if isinstance(nest, Contraction):
        # only where rows are lines of the result are several computed beside one another
        rows = [any([axis.source == 0 for axis in read.view]) for read in nest.operands]
        if nest.terms == 0 or len(rows) == 1 or sum(rows) != 1:
            return 1
        # what all rows share is read again for every block
        shared = kind_of(nest.operands[rows.index(False)].base)
        return max(_LINES, min(nest.domain[0] // 2, int(shared.size * shared.dtype.itemsize / (2 * bytes_of_row))))
    return _SHORTEST if len(nest.domain) == 1 and _work(nest) * nest.domain[0] * _LITTLE > all_work else 1


def _blocks(cluster: Cluster, stored: dict[Var, None]) -> Blocks | None:
    """How the rows of a cluster are parted; None where they are run through at once."""
    length = cluster.length
    nests = [step for step in cluster.steps if isinstance(step, Nest)]
    assert length is not None
    work = int(sum(map(work_of, nests)))
    if length < 2 or work < 2 * _CHUNK:
        return None
    # what the chunks find has to be added up
    added = sum([reduction.result.type.size for reduction in summed(cluster)])
    chunks = max(min(_CHUNKS, work // _CHUNK, work // (_SUMMING * max(added, 1))), 2)
    bytes_of_row = max(_bytes_of_row(nests, length, stored), 1)
    fewest = min(length, max([_fewest_rows(nest, work, bytes_of_row) for nest in nests]))
    rows = _rows(length, max(fewest, min(int(_CACHE / bytes_of_row), length // chunks)), fewest)
    chunks = max(1, min(chunks, length // rows))
    chunk = -(-length // chunks)
    chunk = min(length, -(-chunk // rows) * rows)
    return Blocks(rows, chunk, -(-length // chunk))


def _rows(length: int, most: int, fewest: int) -> int:
    """About so many rows of a block, of which enough remain at the end to fill a vector; all where that cannot be."""
    if most > _ROUND:
        most -= most % _ROUND
    least = min(fewest, _LANES)
    numbers = [*range(most, max(fewest, most // 2) - 1, -1), *range(most + 1, min(2 * most, length))]
    fitting = [n for n in numbers if length % n == 0 or length % n >= least]
    return next((n for n in fitting if n % least == 0), fitting[0] if fitting else length)


def summed(cluster: Cluster) -> list[Reduction]:
    """The reductions over rows of a cluster."""
    return [
        reduction
        for step in cluster.steps
        if isinstance(step, Nest)
        for reduction in step.reductions
        if 0 in reduction.axes
    ]
