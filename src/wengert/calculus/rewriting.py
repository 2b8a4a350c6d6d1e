"""Rebuilding expressions from changed parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Inverse,
    Product,
    Sum,
    Trace,
    Transpose,
    walk,
)
from wengert.calculus.recurrence import kept

__all__ = ["rebuilt", "rewritten", "substituted"]


def _product(node: Product, parts: Sequence[Expression]) -> Any:
    count = len(node.scalars)
    powers = [algebra.power(part, exponent) for part, (_, exponent) in zip(parts, node.scalars, strict=False)]
    return algebra.matmul(algebra.number(node.coefficient), *powers, *parts[count:])


def _hadamard(node: Hadamard, parts: Sequence[Expression]) -> Any:
    powers = [algebra.hadamard_of({part: e}) for part, (_, e) in zip(parts, node.factors, strict=True)]
    return algebra.hadamard(*powers)


_MAKERS: Final[dict[type, Callable[..., Any]]] = {
    Sum: lambda node, parts: algebra.add(*parts),
    Product: _product,
    Hadamard: _hadamard,
    Transpose: lambda node, parts: algebra.transpose(parts[0]),
    Inverse: lambda node, parts: algebra.inverse(parts[0]),
    Frechet: lambda node, parts: invariants.frechet(node.name, *parts),
    Apply: lambda node, parts: algebra.apply(node.name, parts[0]),
    Diagonal: lambda node, parts: algebra.diagonal(parts[0]),
    DiagonalOf: lambda node, parts: invariants.diagonal_of(parts[0]),
    Trace: lambda node, parts: invariants.trace(parts[0]),
    Determinant: lambda node, parts: invariants.determinant(parts[0]),
}


def rebuilt(node: Expression, parts: Sequence[Expression]) -> Any:
    """A node of the same kind with these parts, in normal form."""
    if all(new is old for new, old in zip(parts, node.parts, strict=True)):
        return node
    made = _MAKERS[type(node)](node, parts)
    return kept(made) if node.kept else made


def rewritten(expression: Expression, step: Callable[[Expression], Expression]) -> Any:
    """An expression whose nodes have gone through `step`, parts before what is made of them."""
    found: dict[Expression, Expression] = {}
    for node in walk(expression):
        made = step(rebuilt(node, [found[part] for part in node.parts]))
        found[node] = kept(made) if node.kept else made
    return found[expression]


def substituted(expression: Expression, exchange: Mapping[Expression, Expression]) -> Any:
    """An expression with nodes exchanged."""
    return rewritten(expression, lambda node: exchange.get(node, node))
