"""Of which lengths an axis is made, the slowest first, where a matrix is laid out as a vector or is A ⊗ B."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from wengert.graph import ArrayType
from wengert.tracing import type_of

__all__ = ["Layout", "layouts", "meeting"]

Layout = tuple[tuple[int, ...], ...]
"""For every axis the lengths whose product it is."""


def layouts(equations: Iterable[Any], operands: Sequence[Any]) -> list[Layout]:
    """The layouts of operands that are recorded by these equations."""
    known: dict[Any, Layout] = {}

    def of(atom: Any, kind: Any) -> Layout:
        return known[atom] if atom in known else _plain(getattr(kind, "shape", ()))

    for equation in equations:
        inner = [of(atom, atom.type) for atom in equation.inputs]
        for output in equation.outputs:
            known[output] = _made(equation, inner, output.type.shape)
    return [of(getattr(operand, "payload", None), type_of(operand)) for operand in operands]


def _plain(shape: Sequence[int]) -> Layout:
    return tuple([() if length == 1 else (length,) for length in shape])


def _made(equation: Any, inner: Sequence[Layout], shape: Sequence[int]) -> Layout:
    if equation.primitive.name == "reshape":
        return _split([length for axis in inner[0] for length in axis], shape) or _plain(shape)
    if equation.primitive.name == "transpose":
        return tuple([inner[0][axis] for axis in equation.params[0]])
    return tuple([_axis(length, place - len(shape), inner) for place, length in enumerate(shape)])


def _split(factors: Sequence[int], shape: Sequence[int]) -> Layout | None:
    """The lengths in their order, shared among axes; None where that does not come out even."""
    waiting, found = list(factors), []
    for length in shape:
        axis: list[int] = []
        while waiting and math.prod(axis) < length:
            axis.append(waiting.pop(0))
        if math.prod(axis) != length:
            return None
        found.append(tuple(axis))
    return None if waiting else tuple(found)


def _axis(length: int, place: int, inner: Sequence[Layout]) -> tuple[int, ...]:
    """Of an axis of a result, counted from the last: as in an operand at the same place, or at any."""
    aligned = [layout[place] for layout in inner if len(layout) >= -place]
    elsewhere = [axis for layout in inner for axis in layout]
    plain = () if length == 1 else (length,)
    return next((axis for axis in (*aligned, *elsewhere) if math.prod(axis) == length), plain)


def meeting(name: str, kinds: Sequence[Any], found: Sequence[Layout]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The axes of operands, as they are laid out, that an operation of this name needs to be equally long."""
    shown = [layout for kind, layout in zip(kinds, found, strict=True) if isinstance(kind, ArrayType) and layout]
    if len(shown) == 1:
        pairs = [(shown[0][-2], shown[0][-1])] if len(shown[0]) > 1 else []
    elif name == "matmul":
        left, right = shown
        pairs = [(left[-1], right[-2] if len(right) > 1 else right[0])]
    else:
        pairs = list(zip(*[layout[::-1] for layout in shown[:2]], strict=False))
    return [(one, other) for one, other in pairs if one != other and one and other]
