"""Cheap operations done once more where their result is read elsewhere, instead of through memory.

An operand that is read shifted, turned or in parts, as `y[1:]` of an array that the program computes, would have to be
complete before: written, and read by another nest. Where what gives it is a few additions of values that stand in
memory, the nest that reads it computes it from these, at the place where it needs it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.plan import Entry, Piece, Read
from wengert.compiler.views import compose, identity
from wengert.graph import Literal, Var

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["handed_over", "with_repeated"]

# Additions, or as many as an operation or a further operand takes, that are not more than writing and reading.
_CHEAP: Final = 16
# Entries of a result up to which it is not worth more code to save memory.
_FEW: Final = 256
_COSTS: Final = {"divide": 4, "reciprocal": 4, "sqrt": 4, "power_constant": 4}

Shape = tuple[int, ...]
Repeated = tuple[tuple[Entry, ...], Read]


class _TooExpensiveError(Exception):
    """What gives an operand has to be computed once."""


def handed_over(planner: Planner, reads: Sequence[Read], level: int, domain: Shape) -> tuple[Read, ...]:
    """The operands of a nest: what was computed on an earlier level is stored, or computed again if that is cheap."""

    def is_before(base: Var | Literal) -> bool:
        return isinstance(base, Var) and base in planner.entries and planner.level[base] < level

    return tuple([_again(planner, read, level, domain) if is_before(read.base) else read for read in reads])


def _again(planner: Planner, read: Read, level: int, domain: Shape) -> Read:
    """An operand from memory, or from the same operations once more."""
    key = (level, domain, read)
    if key in planner.repeats:
        return planner.repeats[key]
    size = math.prod(domain)
    once_more = size >= _FEW and planner.fuses(read, domain)
    found = repeated(planner, read, len(domain), size, 2) if once_more else None
    if found is None:
        assert isinstance(read.base, Var)
        planner.store(read.base)
        return read
    for entry in found[0]:
        planner.note(entry.reads, level)
        planner.level[entry.result], planner.entries[entry.result] = level, entry
        planner.nest(level, domain).entries.append(entry)
    planner.repeats[key] = found[1]
    return found[1]


def with_repeated(planner: Planner, entry: Entry, domain: Shape) -> Entry:
    """An entry whose pieces compute what is cheap themselves."""
    counts = Counter([piece.read.base for piece in entry.pieces])

    def again(piece: Piece) -> Repeated | None:
        size = math.prod([high - low for low, high in piece.box])
        return repeated(planner, piece.read, len(domain), size, counts[piece.read.base])

    # what one piece has to take from memory, the others need not compute
    for piece in entry.pieces:
        if again(piece) is None:
            planner.ready(piece.read)
    pieces = []
    for piece in entry.pieces:
        found = again(piece)
        pieces.append(piece if found is None else replace(piece, entries=found[0], read=found[1]))
    return replace(entry, pieces=tuple(pieces))


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
