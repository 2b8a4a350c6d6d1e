"""Transposes, reshapes, broadcasts, and reading at an index."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.calculus import algebra, invariants
from wengert.calculus.dimension import Length
from wengert.calculus.lifting.kronecker import Spaced, Vec
from wengert.calculus.lifting.lifted import Lifted, Missing, Parts, State, lifts, refused, shaped, spread
from wengert.calculus.sizing import on_diagonal
from wengert.errors import UnsupportedError
from wengert.graph import Equation
from wengert.tracing.index import Index

__all__: list[str] = []

Shape = tuple[Length, ...]


@lifts("transpose")
def _transpose(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (part,) = parts
    if equation.params[0] == (1, 0):
        return Lifted(algebra.transpose(part.expression), part.shape[::-1])
    return part  # type: ignore[no-any-return]


def _wide(shape: Shape) -> list[Length]:
    return [length for length in shape if length != 1]


@lifts("reshape")
def _reshape(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    (part,) = parts
    shape = state.result(equation)
    if _wide(part.shape) == _wide(shape):
        if len(shape) <= 2:
            return Lifted(part.expression if len(_wide(shape)) > 1 else shaped(part.expression, shape), shape)
        if len(shape) == 4 and len(_wide(shape)) == 2:
            places = tuple(axis for axis, length in enumerate(shape) if length != 1)
            return Spaced(part.expression, places)
    rows, cols = (*operands[0].shape, 1, 1)[:2]
    if equation.outputs[0].type.shape == (rows * cols,) and len(part.shape) == 2:
        return Vec(part.expression)
    raise refused(
        equation, f"from the shape {_listed(part.shape)} to {_listed(shape)} has no closed form in matrix algebra"
    )


def _listed(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


@lifts("broadcast_to")
def _broadcast(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = state.result(equation)
    if len(shape) > 2:
        raise refused(equation, f"to {len(shape)} axes has no closed form in matrix algebra")
    return Lifted(spread(parts[0].expression, shape, parts[0].shape), shape)


@lifts("take")
def _take(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x, index = parts[0], operands[1]
    shape = state.result(equation)
    if len(shape) > 2:
        raise refused(equation, f"gives an array of {len(shape)} axes, which is no matrix")
    if on_diagonal(index, operands[2:]) and len(x.shape) == 2 and len(set(x.shape)) == 1:
        return Lifted(invariants.diagonal_of(x.expression), x.shape[:1])
    if len(operands) == 2 and _keeps_all(index, operands[0].shape):
        return Lifted(x.expression if len(_wide(shape)) > 1 else shaped(x.expression, shape), shape)
    for part in parts[1:]:
        if isinstance(part, Missing) and part.placed:
            # entries are read in an order that something else has found: sorting
            raise UnsupportedError(part.reason)
    raise _entries(equation)


def _keeps_all(index: Index, shape: tuple[int, ...]) -> bool:
    """Whether a basic index reads everything in its order, and adds or drops axes of length one only."""
    items = [item for item in index.items if item is not None]
    if any(not isinstance(item, (int, np.integer, slice, type(Ellipsis))) or isinstance(item, bool) for item in items):
        return False
    dots = next((place for place, item in enumerate(items) if item is Ellipsis), None)
    if dots is not None:
        items[dots : dots + 1] = [slice(None)] * (len(shape) - len(items) + 1)
    items += [slice(None)] * (len(shape) - len(items))
    return all(
        item.indices(length) == (0, length, 1) if isinstance(item, slice) else length == 1
        for item, length in zip(items, shape, strict=True)
    )


@lifts("put_add")
def _put_add(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = state.result(equation)
    if on_diagonal(operands[1], operands[2:]) and len(shape) == 2 and shape[0] == shape[1]:
        return Lifted(algebra.diagonal(parts[0].expression), shape)
    plain = len(operands) == 2 and len(shape) <= 2 and _wide(shape) == _wide(parts[0].shape)
    if plain and _keeps_all(operands[1], equation.outputs[0].type.shape):
        x = parts[0].expression
        return Lifted(x if len(_wide(shape)) > 1 else shaped(x, shape), shape)
    raise _entries(equation)


@lifts("replace")
def _replace(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = state.result(equation)
    if len(operands) == 3 and len(shape) <= 2 and _keeps_all(operands[2], operands[0].shape):
        return Lifted(spread(parts[1].expression, shape, parts[1].shape), shape)
    raise _entries(equation)


def _entries(equation: Equation) -> UnsupportedError:
    return refused(
        equation,
        "reads or writes single entries or parts of an array, which has no closed form in matrix algebra",
        "write the function with whole arrays",
    )


@lifts("concatenate")
def _concatenate(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    raise refused(equation, "joins arrays, which has no closed form in matrix algebra")
