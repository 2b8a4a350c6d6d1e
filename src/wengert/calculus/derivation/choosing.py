"""Which intermediate values get a name: what functions, inverses, powers and products of moving factors are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from wengert.calculus.beautify import length
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Expression,
    Hadamard,
    Inverse,
    Product,
    Sum,
    Symbol,
    Trace,
    Transpose,
    walk,
)

__all__ = ["chosen", "letter_for"]

_ARGUMENTS: Final = (("q", "p", "s", "c"), ("z", "v", "u", "w"), ("M", "Z", "N", "K"))
_FACTORS: Final = (("q", "p", "s", "c"), ("r", "v", "u", "w"), ("R", "N", "M", "K"))
_FITTING: Final = {"softmax": ("s", "p"), "softmax_rows": ("P", "S"), "Inverse": ("G", "H")}


def chosen(expression: Expression, moving: Iterable[Expression], least: int) -> dict[Expression, bool]:
    """The nodes of an expression that are worth a name, inner ones first, and whether they stand in products.

    `moving` are the symbols that are not constant; a node must have at `least` so many symbols.
    """
    held = set(moving)
    moved: set[Expression] = set()
    found: dict[Expression, bool] = {}
    for node in walk(expression):
        if node in held or any(part in moved for part in node.parts):
            moved.add(node)
            for operand, factor in _operands(node, moved):
                if operand in moved and not isinstance(operand, Symbol) and length(operand) >= least:
                    found.setdefault(operand, factor)
    return {node: factor for node, factor in found.items() if node is not expression}


def _operands(node: Expression, moved: set[Expression]) -> Iterator[tuple[Expression, bool]]:
    """What a node is not linear in, and whether it is a factor rather than an argument."""
    if isinstance(node, (Apply, Inverse, Determinant)):
        inner = _turned_back(node.parts[0])
        # the logarithm of a determinant has a differential of its own
        if not isinstance(inner, Determinant):
            yield inner, False
    elif isinstance(node, Product):
        yield from _operands_of_product(node, moved)
    elif isinstance(node, Hadamard):
        several = sum(base in moved for base in node.parts) > 1
        for base, exponent in node.factors:
            if exponent != 1 or (several and isinstance(base, Sum)):
                yield base, True


def _operands_of_product(node: Product, moved: set[Expression]) -> Iterator[tuple[Expression, bool]]:
    several = sum(part in moved for part in node.parts) > 1
    for base, exponent in node.scalars:
        # the norm of a name is as short as a name
        if not _is_square(base) and (exponent != 1 or several):
            yield base, False
    for link in node.chain:
        inner = _turned_back(link)
        if several and any(isinstance(part, Sum) for part in (inner, *_factors(inner))):
            yield inner, True


def _factors(x: Expression) -> tuple[Expression, ...]:
    return x.parts if isinstance(x, Hadamard) else ()


def _turned_back(x: Expression) -> Expression:
    return x.parts[0] if isinstance(x, Transpose) else x


def _is_square(x: Expression) -> bool:
    """Whether it is a form vᵀ…v or a trace, which stand for themselves."""
    if isinstance(x, Trace):
        return isinstance(x.parts[0], Product) and len(x.parts[0].chain) == 2
    if not (isinstance(x, Product) and x.chain):
        return False
    first, last = x.chain[0], x.chain[-1]
    return isinstance(first, Transpose) and first.parts[0] is last and x.coefficient == Fraction(1) and len(x.chain) < 5


def letter_for(node: Expression, factor: bool, taken: set[str]) -> str:
    """A free name in the manner of what is named."""
    kind = node.name if isinstance(node, Apply) else type(node).__name__
    usual = (_FACTORS if factor else _ARGUMENTS)[0 if node.is_scalar else 1 if 1 in node.shape else 2]
    names: tuple[str, ...] = (*_FITTING.get(kind, ()), *usual, *[f"{usual[0]}_{number}" for number in range(1, 1000)])
    return next(name for name in names if taken.isdisjoint((name, f"d{name}")))
