"""The loops of a nest: which axes become one, which one runs in vectors, and where every operand stands in memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from wengert.compiler.plan import Nest, Read, kind_of
from wengert.compiler.views import View, identity, long_axes
from wengert.graph import Literal, Var

__all__ = ["Access", "Loops", "access_of", "key_of", "loops_of"]

Shape = tuple[int, ...]
Box = tuple[tuple[int, int], ...]
# A last axis up to this length is unrolled inside another one that runs in vectors.
_SHORT: Final = 8
# Operations that the code of a nest may have after its loops are parted, those along the vectors apart.
_LONGEST: Final = 256
_NOWHERE: Final[Mapping[Var, Any]] = {}


@dataclass(frozen=True)
class Access:
    """Where the entry at a place of the loops stands: at `offset + sum of strides * index`, counted in entries.

    `row` is the distance of what the first axis of the domain counts.
    """

    key: Any
    offset: int
    strides: tuple[int, ...]
    row: int = 0


@dataclass(frozen=True)
class Loops:
    """The loops, outermost first.

    `row` is the loop that runs over the rows of a block, and `vector` the one that runs in vectors; those behind it are
    unrolled. `stretches` parts the range of each loop where pieces begin or end, of the rows that of all of them.
    """

    lengths: Shape
    row: int | None
    vector: int
    stretches: tuple[tuple[tuple[int, int], ...], ...]
    reads: dict[Read, Access]
    written: dict[Var, Access]
    boxes: dict[Var, tuple[Box, ...]]
    dtypes: dict[Any, np.dtype[Any]]
    own: frozenset[Read]
    reduced: dict[Var, frozenset[int]]

    def is_own(self, read: Read) -> bool:
        """Whether an operand is computed at the same place of the nest."""
        return read in self.own


def key_of(base: Var | Literal) -> Any:
    """What a buffer is known by."""
    return base if isinstance(base, Var) else id(base)


def _strides(shape: Shape) -> tuple[int, ...]:
    """The strides of the long axes of an array in C order."""
    lengths = long_axes(shape)
    return tuple([math.prod(lengths[axis + 1 :]) for axis in range(len(lengths))])


def _access(key: Any, shape: Shape, view: View, rank: int) -> Access:
    strides = [0] * rank
    offset = 0
    for stride, (source, start, step) in zip(_strides(shape), view, strict=True):
        offset += stride * start
        if source is not None:
            strides[source] += stride * step
    return Access(key, offset, tuple(strides), strides[0] if rank else 0)


def access_of(read: Read, shape: Shape) -> Access:
    """Where the entries of an operand of this shape stand, by its long axes."""
    return _access(key_of(read.base), read.base.type.shape, read.view, len(long_axes(shape)))


def loops_of(
    nest: Nest,
    stored: dict[Var, None],
    inside: set[Var],
    rows: int | None = None,
    targets: Mapping[Var, tuple[Var, View] | Access] = _NOWHERE,
) -> Loops:
    """The loops of a nest, or of so many rows of it; `targets` are results that are parts of another array."""
    domain = nest.domain if rows is None else (rows, *nest.domain[1:])
    rank = len(domain)
    repeated = [entry for outer in nest.entries for piece in outer.pieces for entry in piece.entries]
    inside = inside | {entry.result for entry in repeated}
    reads = [*nest.reads(), *[read for entry in repeated for read in entry.reads]]
    reads += [piece.read for entry in nest.entries for piece in entry.pieces]
    whole = identity(rank)
    own = frozenset([read for read in reads if read.base in inside and read.view == whole])
    accesses = {
        read: _access(key_of(read.base), read.base.type.shape, read.view, rank)
        for read in reads
        if read not in own and not (isinstance(read.base, Literal) and not np.ndim(read.base.value))
    }
    written = {
        entry.result: _access(entry.result, entry.result.type.shape, whole, rank)
        for entry in nest.entries
        if entry.result in stored
    }
    for result, target in targets.items():
        if isinstance(target, Access):
            written[result] = target
        else:
            written[result] = _access(target[0], target[0].type.shape, target[1], rank)
    for reduction in nest.reductions:
        kept = [axis for axis in range(rank) if axis not in reduction.axes]
        lengths = [nest.domain[axis] for axis in kept]
        strides = [0] * rank
        for number, axis in enumerate(kept):
            strides[axis] = math.prod(lengths[number + 1 :])
        written[reduction.result] = Access(reduction.result, 0, tuple(strides), strides[0] if rank else 0)
    boxes = {entry.result: tuple([piece.box for piece in entry.pieces]) for entry in nest.entries if entry.pieces}
    order = _order(domain, [*accesses.values(), *written.values()])
    turned = _Turned(
        tuple([domain[axis] for axis in order]),
        {read: _reordered(access, order) for read, access in accesses.items()},
        {variable: _reordered(access, order) for variable, access in written.items()},
        {variable: tuple([_permuted(box, order) for box in several]) for variable, several in boxes.items()},
        {r.result: frozenset([n for n, axis in enumerate(order) if axis in r.axes]) for r in nest.reductions},
    )
    return _collapsed(turned, own, None if rows is None else order.index(0), nest)


@dataclass(frozen=True)
class _Turned:
    """A nest with its axes in the order of the loops."""

    domain: Shape
    accesses: dict[Read, Access]
    written: dict[Var, Access]
    boxes: dict[Var, tuple[Box, ...]]
    reduced: dict[Var, frozenset[int]]


def _permuted(parts: tuple[Any, ...], order: list[int]) -> tuple[Any, ...]:
    return tuple([parts[axis] for axis in order])


def _reordered(access: Access, order: list[int]) -> Access:
    return replace(access, strides=_permuted(access.strides, order))


def _order(domain: Shape, accesses: list[Access]) -> list[int]:
    """The axes, outermost first: as they stand, unless memory is better run through with another one innermost."""
    axes = list(range(len(domain)))
    if len(axes) < 2:
        return axes

    def scattered(axis: int) -> int:
        """The entries that have to be fetched one by one with this axis innermost."""
        distant = [a for a in accesses if a.strides[axis] not in (0, 1)]
        return sum([math.prod([n for n, s in zip(domain, a.strides, strict=True) if s]) for a in distant])

    best = min(reversed(axes), key=scattered)
    if scattered(best) < scattered(axes[-1]) and domain[best] >= _SHORT:
        axes.remove(best)
        axes.append(best)
    return axes


def _groups(
    domain: Shape, accesses: list[Access], boxes: dict[Var, tuple[Box, ...]], row: int | None
) -> list[list[int]]:
    """Neighbouring axes that can be run through as one."""
    groups: list[list[int]] = []
    cut = {
        axis
        for several in boxes.values()
        for box in several
        for axis, (low, high) in enumerate(box)
        if (low, high) != (0, domain[axis])
    }
    for axis in range(len(domain)):
        # the rows of a block are not all that their axis has
        joins = bool(groups) and axis != row and axis not in cut and axis - 1 not in cut
        if joins and all([a.strides[axis - 1] == a.strides[axis] * domain[axis] for a in accesses]):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return groups


def _collapsed(nest: _Turned, own: frozenset[Read], row: int | None, origin: Nest) -> Loops:
    accesses, written, boxes = nest.accesses, nest.written, nest.boxes
    groups = _groups(nest.domain, [*accesses.values(), *written.values()], boxes, row)
    lengths = tuple([math.prod([nest.domain[axis] for axis in group]) for group in groups])

    # the loops as they are without the blocks
    row_loop = None if row is None else next(n for n, group in enumerate(groups) if row in group)
    whole = list(lengths)
    if row is not None and row_loop is not None:
        whole[row_loop] = lengths[row_loop] // nest.domain[row] * origin.domain[0]

    def narrowed(access: Access) -> Access:
        return replace(access, strides=tuple([access.strides[group[-1]] for group in groups]))

    def merged(box: Box) -> Box:
        return tuple([box[group[0]] if len(group) == 1 else (0, whole[n]) for n, group in enumerate(groups)])

    reads = {read: narrowed(access) for read, access in accesses.items()}
    results = {variable: narrowed(access) for variable, access in written.items()}
    merged_boxes = {variable: tuple(map(merged, several)) for variable, several in boxes.items()}
    vector = len(lengths) - 1
    if vector > 0 and row_loop != vector and lengths[vector] < _SHORT <= lengths[vector - 1]:
        vector -= 1
    boxes_of_all = [box for several in merged_boxes.values() for box in several]
    stretches = _stretches(whole, boxes_of_all, vector, len(origin.entries))
    dtypes = {access.key: kind_of(read.base).dtype for read, access in reads.items()}
    dtypes.update({access.key: variable.type.dtype for variable, access in results.items()})
    reduced = {
        variable: frozenset([n for n, group in enumerate(groups) if group[0] in axes])
        for variable, axes in nest.reduced.items()
    }
    return Loops(lengths, row_loop, vector, stretches, reads, results, merged_boxes, dtypes, own, reduced)


def _stretches(
    lengths: Sequence[int], boxes: Sequence[Box], vector: int, entries: int
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The ranges between the edges of pieces, for the axis that runs in vectors and those that are worth the code."""
    parted: list[tuple[tuple[int, int], ...]] = [((0, length),) for length in lengths]
    bodies = 1
    for axis in sorted(range(min(vector + 1, len(lengths))), key=lambda axis: (axis != vector, -axis)):
        edges = {0, lengths[axis], *[edge for box in boxes for edge in box[axis] if 0 < edge < lengths[axis]]}
        several = tuple(itertools.pairwise(sorted(edges)))
        if axis == vector or (lengths[axis] >= _SHORT and bodies * len(several) * entries <= _LONGEST):
            parted[axis] = several
            bodies *= len(several)
    return tuple(parted)
