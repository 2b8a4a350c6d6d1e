"""Reading the pieces of a linear map off an expression that is linear in a direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.expression import (
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Product,
    Sum,
    Symbol,
    Trace,
    Transpose,
    walk,
)
from wengert.calculus.linear_map.pieces import Piece, merged, start
from wengert.calculus.linear_map.steps import (
    Against,
    Derivative,
    Extract,
    Multiply,
    Onto,
    Spread,
    Step,
    Turn,
    Weigh,
)
from wengert.errors import ArgumentError, UnsupportedError

__all__ = ["pieces_of", "steps_of"]

_MOST_PIECES: Final = 256


def pieces_of(expression: Expression, direction: Expression) -> tuple[Piece, ...]:
    """The pieces whose sum an expression is that is linear in the symbol of a direction.

    Raises
    ------
    ArgumentError
        The expression is not linear in the direction, or the direction is no symbol.
    UnsupportedError
        The brackets around the direction, multiplied out, are more than 256 pieces.
    """
    if not isinstance(direction, Symbol):
        raise ArgumentError(f"linear map: the direction is a symbol; received a {type(direction).__name__}")
    known: dict[Expression, tuple[Piece, ...]] = {}
    for node in walk(expression):
        if node is direction:
            known[node] = (start(direction.shape),)
        elif any(part in known for part in node.parts):
            found = _read(node, known, direction)
            if len(found) > _MOST_PIECES:
                raise UnsupportedError(
                    f"linear map: with its brackets multiplied out, the map of {direction.name} is a sum of more than "
                    f"{_MOST_PIECES} pieces; evaluate the differential as it is"
                )
            known[node] = found
    if expression not in known and not algebra.is_zero(expression):
        raise ArgumentError(f"linear map: the expression does not hold {direction.name}, so it is a constant")
    return merged(known.get(expression, ()))


def _read(node: Expression, known: dict[Expression, tuple[Piece, ...]], direction: Symbol) -> tuple[Piece, ...]:
    moving = [part for part in node.parts if part in known]
    if isinstance(node, Sum):
        if len(moving) < len(node.parts):
            raise _not_linear(direction, "a term of a sum is constant")
        return tuple([piece for part in node.parts for piece in known[part]])
    if len(moving) != 1 or node.parts.count(moving[0]) != 1:
        raise _not_linear(direction, "it is multiplied by itself")
    return _followed(known[moving[0]], steps_of(node, moving[0], direction))


def _followed(pieces: Sequence[Piece], steps: Sequence[Step]) -> tuple[Piece, ...]:
    found = list(pieces)
    for step in steps:
        found = [piece.then(step) for piece in found]
    return tuple(found)


def steps_of(node: Expression, moving: Expression, direction: Symbol) -> Sequence[Step]:
    """What a node does to the one part of it that moves."""
    if isinstance(node, Product):
        return _product(node, moving, direction)
    if isinstance(node, Hadamard):
        powers = dict(node.factors)
        if powers.pop(moving) != 1:
            raise _not_linear(direction, "it stands under a power")
        return [Weigh(algebra.hadamard_of(powers))] if powers else []
    if isinstance(node, Frechet):
        if moving is not node.parts[1]:
            raise _not_linear(direction, f"it stands inside {node.name}")
        return [Derivative(node.name, node.parts[0])]
    if isinstance(node, Trace):
        return [Against(algebra.identity(moving.rows))]
    simple: dict[type[Expression], Step] = {Transpose: Turn(), Diagonal: Spread(), DiagonalOf: Extract()}
    if type(node) not in simple:
        raise _not_linear(direction, f"it stands inside {getattr(node, 'name', type(node).__name__.lower())}")
    return [simple[type(node)]]


def _product(node: Product, moving: Expression, direction: Symbol) -> Sequence[Step]:
    scalars = dict(node.scalars)
    exponent = scalars.pop(moving, None)
    still: Any = [algebra.number(node.coefficient), *[algebra.power(base, e) for base, e in scalars.items()]]
    if exponent is not None:
        if exponent != 1:
            raise _not_linear(direction, "it stands under a power")
        return [Onto(algebra.matmul(*still, *node.chain))]
    place = node.chain.index(moving)
    before, after = node.chain[:place], node.chain[place + 1 :]
    left = algebra.matmul(*before) if before else algebra.identity(moving.rows)
    right = algebra.matmul(*after) if after else algebra.identity(moving.cols)
    return [Multiply(algebra.matmul(*still, left), right)]


def _not_linear(direction: Symbol, why: str) -> ArgumentError:
    return ArgumentError(f"linear map: the expression is not linear in {direction.name}: {why}")
