"""Integers that differ by what is known, as the numbers that addresses are made of do: x, x + 1, x + 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wengert.compiler.ir.constants import Constant, Operand
from wengert.compiler.ir.types import IntType

if TYPE_CHECKING:
    from wengert.compiler.ir.module import Block

__all__ = ["PLACES", "Shifted", "is_place", "rounded", "taken_apart"]

PLACES: Final = 64
"""The bits of numbers of entries and bytes."""


class Shifted(Operand):
    """An integer that is another one plus a known `distance`, which is added where it is not part of an address."""

    __slots__ = ("_sum", "block", "distance", "origin")

    def __init__(self, block: Block, origin: Operand, distance: int) -> None:
        self.type = origin.type
        self.block, self.origin, self.distance = block, origin, distance
        self._sum: Operand | None = None

    @property
    def sum(self) -> Operand:
        """The result of the addition, in the block in which it was asked for."""
        if self._sum is None:
            self._sum = self.block.pure(self.type, f"add {self.origin.typed}, {self.distance}")
        return self._sum

    @property
    def text(self) -> str:  # type: ignore[override]
        return self.sum.text

    @property
    def typed(self) -> str:  # type: ignore[override]
        return self.sum.typed


def is_place(left: Any, right: Any) -> bool:
    """Whether a known number is added to an integer that may become part of an address."""
    kind = left.type
    known = right.__class__ is Constant and left.__class__ is not Constant
    return known and kind.__class__ is IntType and kind.width == PLACES


def taken_apart(value: Any) -> tuple[Any, int]:
    """An integer as another one, if there is any, and a known distance."""
    if value.__class__ is Shifted:
        return value.origin, value.distance
    return (None, value.constant) if value.__class__ is Constant else (value, 0)


def rounded(value: int, width: int) -> int:
    """An integer as the machine counts it."""
    half = 1 << width - 1
    return (value + half) % (2 * half) - half
