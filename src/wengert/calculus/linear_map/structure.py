"""What a sum of pieces is as a whole, which decides how it is inverted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wengert.calculus.expression import Expression
from wengert.calculus.linear_map.pieces import Piece, chain_of, functional_of, is_identity
from wengert.calculus.linear_map.steps import Multiply, Weigh
from wengert.calculus.properties import has

__all__ = ["Kind", "Structure", "structure_of"]

Kind = Literal[
    "zero", "scaled identity", "diagonal", "matrix", "Kronecker product", "Kronecker product with a transposition",
    "Sylvester", "block diagonal by rows", "block diagonal by columns", "sum of pieces",
]  # fmt: skip


@dataclass(frozen=True)
class Structure:
    """A part that is inverted by its kind, and functionals ⟨S, dX⟩ T beside it."""

    kind: Kind
    core: tuple[Piece, ...]
    low: tuple[Piece, ...]

    def __str__(self) -> str:
        low = {0: "", 1: "rank one"}.get(len(self.low), f"rank {len(self.low)}")
        kind = f"sum of {len(self.core)} pieces" if self.kind == "sum of pieces" and len(self.core) > 1 else self.kind
        kind = "composition" if kind == "sum of pieces" else kind
        if not self.core:
            return low or "zero"
        return f"{low} plus {kind}" if low else kind


def structure_of(pieces: Sequence[Piece]) -> Structure:
    """The structure of a sum of pieces."""
    low = tuple([piece for piece in pieces if functional_of(piece) is not None])
    core = tuple([piece for piece in pieces if functional_of(piece) is None])
    return Structure(_kind(core), core, low)


def _kind(core: Sequence[Piece]) -> Kind:
    chains = [chain_of(piece) for piece in core]
    straight = [chain for chain in chains if chain is not None and not chain.turned]
    if not core:
        return "zero"
    if all(_by_entries(piece) for piece in core):
        single = len(core) == 1 and not core[0].steps
        return "scaled identity" if single else "diagonal"
    if len(core) == 1 and chains[0] is not None:
        if chains[0].turned:
            return "Kronecker product with a transposition"
        column = core[0].source[1] == 1 == core[0].target[1]
        return "matrix" if column else "Kronecker product"
    if len(straight) == len(core) == 2:
        one, other = straight
        if any(is_identity(a.right) and is_identity(b.left) for a, b in ((one, other), (other, one))):
            return "Sylvester"
    if all(_along(piece, 0) for piece in core):
        return "block diagonal by rows"
    return "block diagonal by columns" if all(_along(piece, 1) for piece in core) else "sum of pieces"


def _is_diagonal(x: Expression) -> bool:
    return is_identity(x) or has(x, "diagonal")


def _by_entries(piece: Piece) -> bool:
    """Whether every entry is multiplied by a number of its own."""
    return all(
        isinstance(step, Weigh) or (isinstance(step, Multiply) and _is_diagonal(step.left) and _is_diagonal(step.right))
        for step in piece.steps
    )


def _along(piece: Piece, axis: Literal[0, 1]) -> bool:
    """Whether no row, or no column, is mixed with others."""
    return all(
        isinstance(step, Weigh) or (isinstance(step, Multiply) and _is_diagonal(step.matrices[axis]))
        for step in piece.steps
    )
