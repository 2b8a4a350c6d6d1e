"""Which intermediate values get a name: what functions, inverses, powers and products of moving factors are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from wengert.calculus.beautify import length
from wengert.calculus.derivation.pieces import half_of
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
# what is a sum, and stands in a product, is mostly a residual
_SUMS: Final = (("q", "p", "s", "c"), ("r", "v", "u", "w"), ("R", "N", "M", "K"))
# Functions whose differential is zero wherever they have one.
_JUMPING: Final = frozenset(["step", "sign", "argmax", "argmax_rows"])
# How many symbols the root of a norm must have to get a name.
_ROOT: Final = 2
_FITTING: Final = {"softmax": ("s", "p"), "softmax_rows": ("P", "S"), "Inverse": ("G", "H")}


def chosen(expression: Expression, moving: Iterable[Expression], least: int) -> dict[Expression, bool]:
    """The nodes of an expression that are worth a name, inner ones first, and whether they stand in products.

    `moving` are the symbols that are not constant; a node must have at `least` so many symbols.
    """
    held = set(moving)
    moved: set[Expression] = set()
    found: dict[Expression, bool] = {}
    for node in walk(expression):
        jumps = isinstance(node, Apply) and node.name in _JUMPING
        if not jumps and (node in held or any(part in moved for part in node.parts)):
            moved.add(node)
            for operand, factor in _operands(node, moved):
                # the root of a norm stands in its derivative again and again
                enough = min(least, _ROOT) if operand.cols == 1 and _is_root(operand, node) else least
                moving_too = operand in moved or not moved.isdisjoint(walk(operand))
                if moving_too and not isinstance(operand, Symbol) and length(operand) >= enough:
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
        root = _root(base)
        if root is not None:
            # the norm of a name is as short as a name
            if exponent != 1 or several:
                yield root, True
        elif (exponent != 1 or several) and not (isinstance(base, Trace) and _is_pair(base)):
            yield base, False
    for link in node.chain:
        inner = _turned_back(link)
        if several and any(isinstance(part, Sum) for part in (inner, *_factors(inner))):
            yield inner, True


def _factors(x: Expression) -> tuple[Expression, ...]:
    return x.parts if isinstance(x, Hadamard) else ()


def _turned_back(x: Expression) -> Expression:
    return x.parts[0] if isinstance(x, Transpose) else x


def _root(base: Expression) -> Expression | None:
    """The v of vᵀv."""
    return None if isinstance(base, Trace) else half_of(base)


def _is_root(operand: Expression, node: Expression) -> bool:
    return isinstance(node, Product) and any(_root(base) is operand for base, _ in node.scalars)


def _is_pair(base: Trace) -> bool:
    """Whether it is the trace of two factors, an inner product that stands for itself."""
    return isinstance(base.parts[0], Product) and len(base.parts[0].chain) == 2


def letter_for(node: Expression, factor: bool, taken: set[str]) -> str:
    """A free name in the manner of what is named."""
    kind = node.name if isinstance(node, Apply) else type(node).__name__
    letters = _SUMS if factor and isinstance(node, (Sum, Hadamard)) else _ARGUMENTS
    usual = letters[0 if node.is_scalar else 1 if 1 in node.shape else 2]
    names: tuple[str, ...] = (*_FITTING.get(kind, ()), *usual, *[f"{usual[0]}_{number}" for number in range(1, 1000)])
    return next(name for name in names if taken.isdisjoint((name, f"d{name}")))
