"""Which calls read or write at places that are known only at run time, or that are no box: parts of an array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from wengert.compiler import entrywise
from wengert.compiler.plan import Call, kind_of
from wengert.graph import ArrayType, Equation, Literal, array_type
from wengert.tracing.index import SLOT, Index

__all__ = ["PLACE_OF_INDEX", "Placement", "is_placed", "placement_of", "with_slots"]

Shape = tuple[int, ...]
# Where the index stands among the operands.
PLACE_OF_INDEX: Final = {"take": 1, "put_add": 1, "replace": 2, "add_at": 2}


@dataclass(frozen=True)
class Placement:
    """An index with slots for integers, one item for each axis of the `whole` array.

    `spread` is the shape that the integers have together, the axes of what is at the index from `first` on; the others
    are those of the `part` at one of them.
    """

    items: tuple[Any, ...]
    whole: Shape
    spread: Shape
    first: int

    @property
    def at_zero(self) -> tuple[Any, ...]:
        """The basic index of the part at zeros."""
        return tuple([0 if item is SLOT else item for item in self.items])

    @property
    def part(self) -> Shape:
        """The shape of what one integer for each slot picks."""
        shape: Shape = np.broadcast_to(np.int8(0), self.whole)[self.at_zero].shape
        return shape

    @property
    def full(self) -> Shape:
        """The shape of what is at the index."""
        part = self.part
        return (*part[: self.first], *self.spread, *part[self.first :])


def is_placed(call: Call) -> bool:
    """Whether a call reads or writes at an index that is loops: of slices, integers, and integers that are computed."""
    return placement_of(call) is not None


def placement_of(call: Call) -> Placement | None:
    """The index of such a call; None for any other."""
    equation = call.equation
    place = PLACE_OF_INDEX.get(equation.primitive.name)
    if place is None:
        return None
    numbers = [atom.type for atom in equation.inputs[place + 1 :]]
    if not all([isinstance(kind, ArrayType) and kind.dtype == np.int64 for kind in numbers]):
        return None
    kinds = [kind_of(atom) for atom in (*equation.inputs[:place], *equation.outputs)]
    if len({kind.dtype for kind in kinds}) > 1 or entrywise.element(kinds[0].dtype) is None:
        return None
    found = _placement(call, kinds[0] if place == 2 or equation.primitive.name == "take" else kinds[-1])
    if found is None or 0 in [kind.size for kind in kinds] or 0 in found.spread:
        return None
    return found


def _placement(call: Call, whole: ArrayType) -> Placement | None:
    equation = call.equation
    place = PLACE_OF_INDEX[equation.primitive.name]
    index, leading = _index_of(equation), equation.params[-1] if equation.primitive.name != "add_at" else 0
    if not all([_is_loop(item) for item in index.items]):
        return None
    spread = np.broadcast_shapes(*[kind_of(atom).shape for atom in equation.inputs[place + 1 :]])
    items = [*[slice(None)] * leading, *index.items]
    missing = whole.ndim - len([item for item in items if item is not Ellipsis])
    spot = items.index(Ellipsis) if Ellipsis in items else len(items)
    items[spot : spot + 1] = [slice(None)] * missing
    first = 0
    if spread and index.together():
        placed = [number for number, item in enumerate(items) if not isinstance(item, slice)]
        first = placed[0]
    elif spread and leading:
        # the axes of the integers stand between the leading ones and the others
        first = leading
    return Placement(tuple(items), whole.shape, spread, first)


def _is_loop(item: Any) -> bool:
    """Whether an item of an index is a range or picks places, one after the other."""
    return item is SLOT or item is Ellipsis or type(item) is int or isinstance(item, slice)


def _index_of(equation: Equation) -> Any:
    """The index of an equation, which stands among its operands."""
    atom = equation.inputs[PLACE_OF_INDEX[equation.primitive.name]]
    assert isinstance(atom, Literal)
    return atom.value


def with_slots(equation: Equation) -> Equation:
    """The equation with the arrays that its index holds among its operands."""
    place = PLACE_OF_INDEX.get(equation.primitive.name)
    kinds = {item.dtype.kind for item in _index_of(equation).items if isinstance(item, np.ndarray)} if place else set()
    if place is None or not kinds or not kinds <= {"i", "u"}:
        return equation
    given, operands, items = iter(equation.inputs[place + 1 :]), [], []
    for item in _index_of(equation).items:
        if item is SLOT:
            operands.append(next(given))
        elif isinstance(item, np.ndarray):
            array = np.ascontiguousarray(item, np.int64)
            operands.append(Literal(array, array_type(array.shape, array.dtype)))
        items.append(SLOT if isinstance(item, np.ndarray) else item)
    index = Literal(Index(tuple(items), len(operands)), equation.inputs[place].type)
    return replace(equation, inputs=(*equation.inputs[:place], index, *operands))
