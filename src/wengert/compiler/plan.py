"""What is computed where: nests of loops, calls of libraries, and which values stand in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wengert.compiler.views import View
from wengert.graph import ArrayType, Equation, Literal, Var

if TYPE_CHECKING:
    from wengert.compiler.clusters import Cluster
    from wengert.compiler.memory import Layout

__all__ = ["Block", "Call", "Contraction", "Entry", "Nest", "Piece", "Plan", "Read", "Reduction", "kind_of", "sources"]

Shape = tuple[int, ...]


def kind_of(atom: Var | Literal) -> ArrayType:
    """The type of an operand that is an array or a number."""
    assert isinstance(atom.type, ArrayType)
    return atom.type


@dataclass(frozen=True)
class Read:
    """One operand of an operation entry by entry: a value that stands elsewhere, and the view of it."""

    base: Var | Literal
    view: View


@dataclass(frozen=True)
class Piece:
    """The part of a result inside a box, a range for each of its long axes, that is read from one operand."""

    box: tuple[tuple[int, int], ...]
    read: Read
    adds: bool = False
    """Whether it is added to what stands there, rather than put in its place."""
    entries: tuple[Entry, ...] = ()
    """Operations that give the operand, at the places of the box."""

    def reads(self) -> list[Read]:
        """What is read from memory."""
        own = {entry.result for entry in self.entries}
        reads = [self.read, *[read for entry in self.entries for read in entry.reads]]
        return [read for read in reads if read.base not in own]


@dataclass(frozen=True)
class Entry:
    """A result that is computed entry by entry: from operands, or from pieces, the last that holds the place."""

    result: Var
    equation: Equation | None
    reads: tuple[Read, ...]
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Reduction:
    """A result that is reduced over axes of a domain."""

    result: Var
    name: str
    read: Read
    axes: tuple[int, ...]


@dataclass
class Nest:
    """Operations on one domain, in one nest of loops."""

    level: int
    domain: Shape
    entries: list[Entry] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)

    def reads(self) -> list[Read]:
        """What the nest reads from memory or from its own entries."""
        reads = [read for entry in self.entries for read in entry.reads]
        reads += [read for entry in self.entries for piece in entry.pieces for read in piece.reads()]
        return reads + [reduction.read for reduction in self.reductions]

    def operations(self) -> list[Entry]:
        """The entries, those of their pieces included."""
        return [*self.entries, *[own for entry in self.entries for piece in entry.pieces for own in piece.entries]]

    def written(self, stored: dict[Var, None]) -> list[Var]:
        """The values that the nest puts into memory."""
        return [e.result for e in self.entries if e.result in stored] + [r.result for r in self.reductions]


@dataclass
class Contraction(Nest):
    """A nest that only multiplies operands and sums along one axis: a product of matrices.

    A third operand is a weight of each term; with a single one, it is a sum.
    """

    symmetric: bool = False
    """Whether only what stands on the diagonal of the result and right of it is needed."""

    @property
    def operands(self) -> tuple[Read, ...]:
        """The operands, by the axes of the domain."""
        return self.entries[0].reads

    @property
    def terms(self) -> int:
        """The axis that is summed along."""
        return self.reductions[0].axes[0]


@dataclass(frozen=True)
class Call:
    """An equation that a library computes, on operands in memory."""

    level: int
    equation: Equation
    reads: tuple[Read, ...]
    body: Block | None = None
    """What a loop repeats, or a branch runs where its truth value holds."""
    scratch: tuple[Var, ...] = ()
    """Room that the call needs while it runs."""
    callback: Literal | None = None
    """A constant that will hold the address of the function that computes the call by NumPy."""
    otherwise: Block | None = None
    """What a branch runs where its truth value does not hold, or what a loop asks before each step."""

    def written(self, stored: dict[Var, None]) -> list[Var]:
        """The values that the call puts into memory."""
        return [*self.equation.outputs, *self.scratch]


@dataclass
class Plan:
    """The steps in order, and which values have a place in memory."""

    inputs: list[Var]
    constants: list[Literal]
    steps: list[Nest | Call]
    outputs: list[Var]
    stored: dict[Var, None]
    # values that are another one's memory in another shape
    same: dict[Var, Var]
    # for results that must hold no NaN, values that say whether they do
    flags: dict[Var, Var] = field(default_factory=dict)

    def calls(self) -> list[Call]:
        """The steps that libraries compute."""
        return [step for step in self.steps if isinstance(step, Call)]


@dataclass(frozen=True)
class Block:
    """A plan with its steps in clusters and its values in memory."""

    plan: Plan
    clusters: list[Cluster]
    layout: Layout


def sources(step: Nest | Call) -> Sequence[Var | Literal]:
    """What a step reads."""
    return [read.base for read in (step.reads if isinstance(step, Call) else step.reads())]
