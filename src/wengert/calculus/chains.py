"""What is seen of a chain of matrices as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.calculus.expression import NEIGHBOURS, Expression, Identity, Inverse, Transpose

__all__ = ["legibility", "scalar_inside", "together"]


def scalar_inside(chain: Sequence[Expression]) -> tuple[int, int] | None:
    """The first part of a chain that is a single number."""
    row = None
    for place, link in enumerate(chain):
        if link.rows == 1:
            row = place
        if link.cols == 1 and row is not None:
            return row, place
    return None


def together(left: Expression, right: Expression) -> Any:
    """What two neighbours in a chain are together; None where they stay apart."""
    if isinstance(left, Identity):
        return right
    if isinstance(right, Identity):
        return left
    return next((found for found in (rule(left, right) for rule in NEIGHBOURS) if found is not None), None)


def legibility(chain: Sequence[Expression]) -> Any:
    """Fewer transposes first; then the order of the alphabet."""
    middle = sum(isinstance(link, Transpose) or _transposed_inverse(link) for link in chain[1:-1])
    return middle, [link.order for link in chain]


def _transposed_inverse(link: Expression) -> bool:
    return isinstance(link, Inverse) and isinstance(link.parts[0], Transpose)
