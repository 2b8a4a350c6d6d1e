"""Equations that only move entries: views of what they read, and results put together from pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler.entrywise import computes
from wengert.compiler.plan import Entry, Piece, Read
from wengert.compiler.views import Axis, View, broadcast, compose, long_axes, reshaped, sliced, transposed
from wengert.graph import Equation, Literal, Var

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["MOVES"]

Shape = tuple[int, ...]


def _reshape(planner: Planner, equation: Equation) -> bool:
    (atom,), (result,) = equation.inputs, equation.outputs
    view = reshaped(atom.type.shape, result.type.shape)
    if view is not None:
        return planner.alias(result, atom, view)
    if isinstance(atom, Literal) or result.type.size == 0:
        return False
    base = planner.whole(atom)
    planner.same[result] = planner.same.get(base, base)
    planner.level[result] = planner.level[base]
    return True


def _transpose(planner: Planner, equation: Equation) -> bool:
    (atom,), (result,) = equation.inputs, equation.outputs
    return planner.alias(result, atom, transposed(atom.type.shape, equation.params[0]))


def _broadcast(planner: Planner, equation: Equation) -> bool:
    (atom,), (result,) = equation.inputs, equation.outputs
    return planner.alias(result, atom, broadcast(atom.type.shape, result.type.shape))


def _view_at(index: Any, leading: int, shape: Shape, result: Shape) -> View | None:
    """The view of an array at an index without arrays."""
    return None if index.slots else sliced(shape, (slice(None),) * leading + index.items, result)


def _take(planner: Planner, equation: Equation) -> bool:
    atom, index = equation.inputs[:2]
    (result,) = equation.outputs
    assert isinstance(index, Literal)
    view = _view_at(index.value, equation.params[0], atom.type.shape, result.type.shape)
    return view is not None and planner.alias(result, atom, view)


def _inverse(view: View, part: Shape) -> tuple[tuple[tuple[int, int], ...], View] | None:
    """For a part of an array that stands at a view: the box that it fills, and the view from the box to the part."""
    numbers = dict(enumerate(long_axes(part)))
    box: list[tuple[int, int]] = []
    back = [Axis(None, 0)] * len(numbers)
    for axis, (source, offset, step) in enumerate(view):
        if source is None:
            box.append((offset, offset + 1))
        elif abs(step) != 1:
            return None
        else:
            low = offset if step == 1 else offset - numbers[source] + 1
            box.append((low, low + numbers[source]))
            # index = offset + step * place, so place = step * (index - offset)
            back[source] = Axis(axis, -step * offset, step)
    return tuple(box), tuple(back)


def _piece(planner: Planner, part: Var | Literal, index: Any, leading: int, shape: Shape, adds: bool) -> Any:
    """The pieces, one or none, of an array of a shape that a part fills at an index; None if the index is no view."""
    if index.slots:
        return None
    target = np.broadcast_to(np.int8(0), shape)[(slice(None),) * leading + index.items].shape
    view = _view_at(index, leading, shape, target)
    found = None if view is None else _inverse(view, target)
    if found is None:
        return None
    box, back = found
    read = planner.resolve(part, target)
    return (Piece(box, Read(read.base, compose(read.view, back)), adds),) if 0 not in target else ()


def _written(planner: Planner, equation: Equation, part: Var | Literal, index: Any, whole: Any, leading: int) -> bool:
    """The result of writing a part into an array, or into zeros."""
    (result,) = equation.outputs
    shape = result.type.shape
    pieces = _piece(planner, part, index, leading, shape, False)
    if pieces is None or not computes(equation) or result.type.size == 0:
        return False
    reads = () if whole is None else (planner.resolve(whole, shape),)
    planner.enter(Entry(result, equation, reads, pieces))
    return True


def _assemble(planner: Planner, equation: Equation) -> bool:
    """A sum of parts, each in its place of the result."""
    (result,) = equation.outputs
    parts, indices = equation.inputs[::2], equation.inputs[1::2]
    pieces: list[Piece] = []
    for part, index in zip(parts, indices, strict=True):
        assert isinstance(index, Literal)
        found = _piece(planner, part, index.value, 0, result.type.shape, True)
        if found is None:
            return False
        pieces.extend(found)
    if not computes(equation) or result.type.size == 0:
        return False
    planner.enter(Entry(result, equation, (), tuple(pieces)))
    return True


def _put_add(planner: Planner, equation: Equation) -> bool:
    part, index = equation.inputs[:2]
    assert isinstance(index, Literal)
    return _written(planner, equation, part, index.value, None, equation.params[1])


def _replace(planner: Planner, equation: Equation) -> bool:
    whole, part, index = equation.inputs[:3]
    assert isinstance(index, Literal)
    return _written(planner, equation, part, index.value, whole, equation.params[0])


def _concatenate(planner: Planner, equation: Equation) -> bool:
    (result,) = equation.outputs
    shape, place = result.type.shape, equation.params[0]
    if not computes(equation) or result.type.size == 0:
        return False
    numbers = {p: n for n, p in enumerate([p for p, length in enumerate(shape) if length != 1])}
    pieces: list[Piece] = []
    start = 0
    for atom in equation.inputs:
        length = atom.type.shape[place]
        if length:
            box = [(0, size) for size in long_axes(shape)]
            if place in numbers:
                box[numbers[place]] = (start, start + length)
            read = planner.resolve(atom, atom.type.shape)
            long = [p for p, size in enumerate(atom.type.shape) if size != 1]
            back = tuple([Axis(numbers[p], -start if p == place else 0) for p in long])
            pieces.append(Piece(tuple(box), Read(read.base, compose(read.view, back))))
        start += length
    planner.enter(Entry(result, equation, (), tuple(pieces)))
    return True


MOVES: Final[dict[str, Any]] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_to": _broadcast,
    "take": _take,
    "put_add": _put_add,
    "replace": _replace,
    "concatenate": _concatenate,
    "assemble": _assemble,
}
