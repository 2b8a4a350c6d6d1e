"""Cheap operations done once more where their result is read elsewhere, instead of through memory.

An operand that is read shifted, turned or in parts, as `y[1:]` of an array that the program computes, would have to be
complete before: written, and read by another nest. Where what gives it is a few additions of values that stand in
memory, the nest that reads it computes it from these, at the place where it needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.plan import Entry, Read
from wengert.compiler.views import compose, identity
from wengert.graph import Literal, Var

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["Repeated", "repeated"]

# Additions, or as many as an operation or a further operand takes, that are not more than writing and reading.
_CHEAP: Final = 16
_COSTS: Final = {"divide": 4, "reciprocal": 4, "sqrt": 4, "power_constant": 4}

Repeated = tuple[tuple[Entry, ...], Read]


class _TooExpensiveError(Exception):
    """What gives an operand has to be computed once."""


def repeated(planner: Planner, read: Read, rank: int, size: int, times: int = 1) -> Repeated | None:
    """The operations that give an operand at `size` places of a nest with so many axes, `times` times; None if dear."""
    base = read.base
    if not isinstance(base, Var) or base not in planner.entries or base in planner.stored:
        return None
    cone = _Cone(planner, rank, size, _CHEAP // times)
    try:
        found = cone.take(read)
    except _TooExpensiveError:
        return None
    return (tuple(cone.entries), found) if cone.entries else None


class _Cone:
    """What gives an operand, back to values in memory."""

    def __init__(self, planner: Planner, rank: int, size: int, most: int) -> None:
        self.planner = planner
        self.size = size
        self.whole = identity(rank)
        self.left = most + 1
        self.entries: list[Entry] = []
        self.known: dict[Read, Read] = {}

    def take(self, read: Read) -> Read:
        """The operand as it can be read: a value of the cone, or one in memory."""
        base = read.base
        if isinstance(base, Literal) and not np.ndim(base.value):
            return read
        if read not in self.known:
            self.known[read] = self._computed(read) if base in self.planner.entries else self._loaded(read)
        return self.known[read]

    def _pay(self, cost: int) -> None:
        self.left -= cost
        if self.left < 0:
            raise _TooExpensiveError

    def _loaded(self, read: Read) -> Read:
        base = read.base
        if isinstance(base, Var) and self.planner.same.get(base, base) in self.planner.changed:
            # it may be gone where the operand is read
            raise _TooExpensiveError
        self._pay(1)
        return read

    def _computed(self, read: Read) -> Read:
        base = read.base
        assert isinstance(base, Var)
        if base in self.planner.stored:
            return self._loaded(read)
        entry = self.planner.entries[base]
        name = entry.equation.primitive.name if entry.equation else "copy"
        if entry.pieces or not entry.reads or name in FUNCTIONS or 2 * base.type.size < self.size:
            raise _TooExpensiveError
        self._pay(_COSTS.get(name, 1))
        reads = tuple([self.take(Read(one.base, compose(one.view, read.view))) for one in entry.reads])
        result = Var(base.type)
        self.entries.append(Entry(result, entry.equation, reads))
        return Read(result, self.whole)
