"""Pieces: compositions of steps in a normal form, of which a linear map is the sum."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wengert.calculus import algebra
from wengert.calculus.beautify import beautify
from wengert.calculus.expression import Expression, Identity
from wengert.calculus.linear_map.steps import (
    Against,
    Derivative,
    Extract,
    Multiply,
    Onto,
    Shape,
    Spread,
    Step,
    Turn,
    Weigh,
)

__all__ = ["Chain", "Piece", "chain_of", "functional_of", "is_identity", "merged", "start"]


@dataclass(frozen=True)
class Piece:
    """A number times a composition of steps, the first one applied first.

    A piece that passes through a number is one of two steps, ⟨S, M⟩ and T; one that only multiplies and transposes is
    a transposition, or none, and one multiplication.
    """

    front: Expression
    steps: tuple[Step, ...]
    source: Shape
    target: Shape

    def then(self, step: Step) -> Piece:
        """The piece with another step behind it."""
        front, bare = _loosened(_by_sides(step, self.target))
        target = bare.target(self.target)
        found = Piece(algebra.matmul(self.front, front), self.steps, self.source, target)
        if _is_trivial(bare, self.target):
            return found
        found = found._with(bare)
        if target == (1, 1) and not isinstance(found.steps[0], Against):
            return found._as_functional()
        return found

    def _with(self, step: Step) -> Piece:
        last = self.steps[-1] if self.steps else None
        together = None if last is None else _together(last, step)
        if together is None:
            return replace(self, steps=(*self.steps, step))
        found = replace(self, steps=self.steps[:-1])
        for one in together:
            front, bare = _loosened(one)
            found = replace(found, front=algebra.matmul(found.front, front))
            # a number that is left of a number has gone into the front
            if not (isinstance(bare, Onto) and bare.matrix.is_scalar) and not _is_trivial(bare, None):
                found = found._with(bare)
        return found

    def _as_functional(self) -> Piece:
        matrix: Any = algebra.number(1)
        for step in reversed(self.steps):
            matrix = step.adjoint.applied(matrix)
        front, bare = _loosened(Against(matrix))
        return replace(self, front=algebra.matmul(self.front, front), steps=(bare,))

    def adjoint(self) -> Piece:
        """The piece whose steps are the adjoint ones, in reverse order."""
        found = start(self.target, self.front)
        for step in reversed(self.steps):
            found = found.then(step.adjoint)
        return found

    def applied(self, m: Expression) -> Any:
        """What it makes of an expression."""
        for step in self.steps:
            m = step.applied(m)
        return algebra.matmul(self.front, m)


def start(source: Shape, front: Expression | None = None) -> Piece:
    """A number times the identity map of matrices of this shape."""
    # what comes of a number is a multiple of it
    steps: tuple[Step, ...] = (Against(algebra.number(1)),) if source == (1, 1) else ()
    return Piece(algebra.number(1) if front is None else front, steps, source, source)


def _by_sides(step: Step, source: Shape) -> Step:
    """Steps from a number as multiples; weights of a column, a row, or of rank one as diagonal matrices."""
    if source == (1, 1) and not isinstance(step, Onto):
        return Onto(step.applied(algebra.number(1)))
    if not isinstance(step, Weigh):
        return step
    if source[1] == 1:
        return Multiply(algebra.diagonal(step.by), algebra.number(1))
    if source[0] == 1:
        return Multiply(algebra.number(1), algebra.diagonal(algebra.transpose(step.by)))
    coefficient, scalars, links = algebra.split(step.by)
    place = next((place for place, link in enumerate(links[:-1]) if link.cols == 1), None)
    if place is None:
        return step
    left = algebra.product(coefficient, scalars, links[: place + 1])
    right = algebra.transpose(algebra.matmul(*links[place + 1 :]))
    return Multiply(algebra.diagonal(left), algebra.diagonal(right))


def _loosened(step: Step) -> tuple[Any, Step]:
    """The number in front of a step, and the step without it."""
    if isinstance(step, Multiply):
        left, right = _bare(step.left), _bare(step.right)
        return algebra.matmul(left[0], right[0]), Multiply(left[1], right[1])
    if isinstance(step, (Against, Onto, Weigh)):
        front, matrix = _bare(step.matrices[0])
        return front, type(step)(matrix)
    return algebra.number(1), step


def _bare(x: Expression) -> tuple[Any, Any]:
    if x.is_scalar:
        return x, algebra.number(1)
    coefficient, scalars, links = algebra.split(x)
    return algebra.product(coefficient, scalars, ()), algebra.product(algebra.ONE, {}, links) if links else x


def is_identity(x: Expression) -> bool:
    """Whether multiplying by it changes nothing."""
    return isinstance(x, Identity) or (x.is_scalar and algebra.is_one(x))


def _is_trivial(step: Step, source: Shape | None) -> bool:
    if isinstance(step, Multiply):
        return is_identity(step.left) and is_identity(step.right)
    return source == (1, 1) and (isinstance(step, Turn) or (isinstance(step, Onto) and step.matrix.is_scalar))


def _together(last: Step, step: Step) -> tuple[Step, ...] | None:
    """Two steps, one after the other, as others; None where they stay."""
    if isinstance(last, Onto):
        return (Onto(step.applied(last.matrix)),)
    if isinstance(step, Multiply) and isinstance(last, Multiply):
        return (Multiply(algebra.matmul(step.left, last.left), algebra.matmul(last.right, step.right)),)
    if isinstance(step, Weigh) and isinstance(last, Weigh):
        return (Weigh(algebra.hadamard(step.by, last.by)),)
    if isinstance(step, Extract) and isinstance(last, (Turn, Spread)):
        return (step,) if isinstance(last, Turn) else ()
    if isinstance(step, Spread) and isinstance(last, Extract):
        return None
    return _turned(last) if isinstance(step, Turn) else None


def _turned(last: Step) -> tuple[Step, ...] | None:
    """A transposition that goes in front of the step before it."""
    if isinstance(last, Turn):
        return ()
    if isinstance(last, Multiply):
        return Turn(), Multiply(algebra.transpose(last.right), algebra.transpose(last.left))
    if isinstance(last, Weigh):
        return Turn(), Weigh(algebra.transpose(last.by))
    if isinstance(last, Spread):
        return (last,)
    return (Turn(), Derivative(last.name, algebra.transpose(last.at))) if isinstance(last, Derivative) else None


@dataclass(frozen=True)
class Chain:
    """L M R, or L Mᵀ R; the number in front stands in L, and in R where L is an identity."""

    turned: bool
    left: Expression
    right: Expression


def chain_of(piece: Piece) -> Chain | None:
    """A piece that multiplies and transposes, and nothing else."""
    steps = list(piece.steps)
    turned = bool(steps) and isinstance(steps[0], Turn)
    steps = steps[turned:]
    source = (piece.source[1], piece.source[0]) if turned else piece.source
    if not steps:
        return Chain(turned, algebra.identity(source[0]), algebra.identity(source[1]))
    (first, *more) = steps
    if more or not isinstance(first, Multiply):
        return None
    return Chain(turned, first.left, first.right)


def functional_of(piece: Piece) -> tuple[Any, Any] | None:
    """The S and T of a piece ⟨S, M⟩ T."""
    if not piece.steps or not isinstance(piece.steps[0], Against):
        return None
    last = piece.steps[-1]
    return piece.steps[0].matrix, last.matrix if isinstance(last, Onto) else algebra.number(1)


def merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The sum with as few pieces as like terms and common factors allow."""
    kept = list(pieces)
    for place in (0, 1):
        groups: dict[Hashable, list[Piece]] = {}
        for number, piece in enumerate(kept):
            key = _shared(piece, place)
            groups.setdefault((piece.steps, number) if key is None else key, []).append(piece)
        kept = [group[0] if len(group) == 1 else _collected(group, place) for group in groups.values()]
        kept = [piece for piece in kept if not _vanishes(piece)]
    return tuple(_alike(kept))


def _vanishes(piece: Piece) -> bool:
    return algebra.is_zero(piece.front) or any(algebra.is_zero(m) for step in piece.steps for m in step.matrices)


def _alike(pieces: Sequence[Piece]) -> list[Piece]:
    """Like terms as one."""
    fronts: dict[tuple[Step, ...], list[Piece]] = {}
    for piece in pieces:
        fronts.setdefault(piece.steps, []).append(piece)
    found = [replace(group[0], front=algebra.add(*[one.front for one in group])) for group in fronts.values()]
    return [piece for piece in found if not _vanishes(piece)]


def _shared(piece: Piece, place: int) -> Hashable:
    """What pieces have in common that differ in one matrix only: first in the left one, then in the right one."""
    chain, functional = chain_of(piece), functional_of(piece)
    if chain is not None:
        return "chain", chain.turned, chain.right if place == 0 else chain.left
    if functional is not None:
        return "functional", functional[1 - place]
    if len(piece.steps) == 1 and isinstance(piece.steps[0], Weigh):
        return ("weights",)
    return None


def _collected(group: Sequence[Piece], place: int) -> Piece:
    """Pieces that differ in one matrix as one piece."""
    first = group[0]
    found = start(first.source)
    if _shared(first, place) == ("weights",):
        return found.then(Weigh(beautify(algebra.add(*[_scaled(one, one.steps[0].matrices[0]) for one in group]))))
    chain = chain_of(first)
    if chain is not None:
        chains = [(one, chain_of(one)) for one in group]
        differing = [_scaled(one, (c.left, c.right)[place]) for one, c in chains if c is not None]
        whole = beautify(algebra.add(*differing))
        found = found.then(Turn()) if chain.turned else found
        return found.then(Multiply(whole, chain.right) if place == 0 else Multiply(chain.left, whole))
    pairs = [(one, functional_of(one)) for one in group]
    whole = beautify(algebra.add(*[_scaled(one, pair[place]) for one, pair in pairs if pair is not None]))
    pair = functional_of(first)
    assert pair is not None
    matrices = (whole, pair[1]) if place == 0 else (pair[0], whole)
    return found.then(Against(matrices[0])).then(Onto(matrices[1]))


def _scaled(piece: Piece, matrix: Expression) -> Any:
    return algebra.matmul(piece.front, matrix)
