"""Which operands of an operation are witnesses: computed from its first operand, and constant beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wengert.graph import Primitive

__all__ = ["WITNESSES", "declare_witness", "renewed"]

WITNESSES: Final[dict[str, tuple[Primitive, tuple[int, ...], dict[str, Any]]]] = {}


def declare_witness(primitive: Primitive, maker: Primitive, positions: tuple[int, ...], **params: Any) -> None:
    """The operands at these positions are the results of `maker`, with these parameters, on operand 0.

    The differential in operand 0 is that of the whole, witness included, so it is None in the witness. Who
    varies operand 0 without differentiating, to take differences, must renew the witness.
    """
    WITNESSES[primitive.name] = (maker, positions, params)


def renewed(primitive: Primitive, operands: Sequence[Any]) -> tuple[Any, ...]:
    """The operands with witnesses that fit operand 0; unchanged where the operation has none."""
    if primitive.name not in WITNESSES:
        return tuple(operands)
    maker, positions, params = WITNESSES[primitive.name]
    made = maker(operands[0], **params)
    fresh = dict(zip(positions, made if maker.outputs > 1 else (made,), strict=True))
    return tuple(fresh.get(position, operand) for position, operand in enumerate(operands))
