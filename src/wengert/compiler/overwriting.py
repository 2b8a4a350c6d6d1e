"""Results of a step that take the memory of what they replace: a sum that grows, whose old value nothing else reads.

A loop carries its values from one buffer to another. Where a step reads an array entry by entry, and only to make the
next one of it, one buffer is enough: less stands in the cache, and no line is fetched only to be written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wengert.compiler.plan import Call, Contraction, Nest, Read, kind_of, sources
from wengert.compiler.views import identity
from wengert.graph import Literal, Var

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["overwrite"]

# Entries of the longest vector.
_LONGEST: Final = 8
# Entries of an array that is not in the first-level cache anyway.
_FEW: Final = 1024


def overwrite(planner: Planner, outputs: list[Var]) -> None:
    """Give results the memory of the own inputs of the same number, where that is safe."""
    for old, new in zip(planner.own, outputs, strict=False):
        if outputs.count(new) == 1 and old.type == new.type and _replaces(planner, old, new):
            planner.same[new] = old
            planner.changed.add(old)


def _replaces(planner: Planner, old: Var, new: Var) -> bool:
    """Whether the only nest that reads a value makes another one of it, each entry of the one at its place."""
    entry = planner.entries.get(new)
    if entry is None or entry.pieces or old.type.size % _LONGEST or old.type.size < _FEW:
        return False
    taken = {*planner.changed, *planner.same, *planner.same.values()}
    if old in taken or new in taken:
        return False
    steps: list[Nest | Call] = [*planner.nests.values(), *planner.calls]
    readers = [step for step in steps if old in sources(step)]
    nest = readers[0] if len(readers) == 1 else None
    if not isinstance(nest, Nest) or isinstance(nest, Contraction) or entry not in nest.entries:
        return False
    before = nest.entries[: nest.entries.index(entry) + 1]
    return _runs_once(nest) and sum([base is old for base in sources(nest)]) == sum(
        [read.base is old for one in before for read in one.reads]
    )


def _runs_once(nest: Nest) -> bool:
    """Whether the loops of a nest become a single one, without an edge."""
    if nest.reductions or any(entry.pieces for entry in nest.entries):
        return False
    return all([_is_straight(read, nest) for read in nest.reads()])


def _is_straight(read: Read, nest: Nest) -> bool:
    """Whether an operand is one number, or has an entry for each of the domain in the same order."""
    if isinstance(read.base, Literal) and not np.ndim(read.base.value):
        return True
    size = kind_of(read.base).size
    return size == 1 or (size == int(np.prod(nest.domain)) and read.view == identity(len(nest.domain)))
