"""An index as two parts: what is fixed when the program is read, and the integer arrays in it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, declare_opaque, locate
from wengert.tracing.names import FUNCTIONS
from wengert.tracing.recording import holds_traced

__all__ = ["SLOT", "Index", "parse_index"]


class _Slot:
    """Stands in an index for the next integer array."""

    def __repr__(self) -> str:
        return "·"


SLOT: Final = _Slot()


@declare_opaque
class Index:
    """The fixed part of an index: integers, slices, None, Ellipsis, Booleans, and slots for arrays."""

    __slots__ = ("items", "key", "slots")

    def __init__(self, items: tuple[Any, ...], slots: int) -> None:
        self.items = items
        self.slots = slots
        self.key = items[0] if len(items) == 1 else items

    @property
    def advanced(self) -> bool:
        """Whether NumPy copies what is read at this index, integer arrays apart."""
        return any(isinstance(item, (bool, np.ndarray)) for item in self.items)

    def fill(self, arrays: tuple[Any, ...], leading: int) -> Any:
        """The NumPy index, with `leading` whole axes before it."""
        if not leading and not arrays:
            return self.key
        if not arrays:
            return (slice(None),) * leading + self.items
        supply = iter(arrays)
        items = tuple([next(supply) if item is SLOT else item for item in self.items])
        return (slice(None),) * leading + items

    def displaced(self, arrays: tuple[Any, ...]) -> int:
        """How many axes NumPy puts in front of all others, because their arrays do not stand side by side.

        Whole axes before the index belong in front of them all the same.
        """
        if not (arrays or self.advanced) or self.together():
            return 0
        given = [item for item in self.items if isinstance(item, np.ndarray)]
        rank = max([array.ndim for array in (*arrays, *given) if isinstance(array, np.ndarray)], default=0)
        return max(rank, 1) if any(isinstance(item, bool) for item in self.items) else rank

    def together(self) -> bool:
        """Whether the integer arrays, with the integers among them, stand side by side."""
        places = [i for i, item in enumerate(self.items) if is_placed(item)]
        return places == list(range(places[0], places[-1] + 1))

    def __repr__(self) -> str:
        def show(item: Any) -> str:
            if isinstance(item, slice):
                parts = ["" if part is None else str(part) for part in (item.start, item.stop)]
                return ":".join(parts) + (f":{item.step}" if item.step is not None else "")
            return "..." if item is Ellipsis else str(item)

        return ", ".join(map(show, self.items))


def is_placed(item: Any) -> bool:
    """Whether an item of an index picks places, as integers and arrays do, rather than a range of an axis."""
    return item is not None and item is not Ellipsis and not isinstance(item, slice)


def parse_index(index: Any, shape: tuple[int, ...]) -> tuple[Index, tuple[Any, ...]]:
    """Split an index into its fixed part and its integer arrays; Boolean masks become integer arrays."""
    if index.__class__ is int or index.__class__ is slice:
        return Index((index,), 0), ()
    items = [_constant(item) for item in (index if isinstance(index, tuple) else (index,))]
    fixed: list[Any] = []
    arrays: list[Any] = []
    for item in items:
        if item is None or item is Ellipsis or isinstance(item, (bool, int)):
            fixed.append(item)
        elif isinstance(item, np.integer):
            # what goes by the places of an index knows Python's integers
            fixed.append(int(item))
        elif isinstance(item, slice):
            fixed.append(slice(*(_bound(part) for part in (item.start, item.stop, item.step))))
        elif isinstance(item, np.ndarray) and item.dtype.kind == "b":
            places = np.nonzero(item)
            fixed.extend([SLOT] * len(places))
            arrays.extend(places)
        else:
            fixed.append(SLOT)
            arrays.append(item)
    if any(isinstance(item, np.ndarray) and item.dtype.kind == "b" for item in items):
        _check_masks(items, shape)
    return Index(tuple(fixed), len(arrays)), tuple(arrays)


def _bound(part: Any) -> Any:
    return part if part is None else part.__index__()


def _constant(item: Any) -> Any:
    """An item of an index as it counts: plain, or a traced integer of a recording that follows integers.

    What is constant for differentiation is taken from its recording, one level at a time; so is a mask from
    every recording, because its content says how much is read. A mask of shape () becomes a bool.
    """
    if item is None or item is Ellipsis or isinstance(item, (slice, int, np.integer)):
        return item
    plain = item if isinstance(item, (Operand, np.ndarray, np.generic)) else _listed(item)
    while isinstance(plain, Operand):
        if plain.is_view:
            plain.refresh()
        if plain.type.dtype.kind in "iu" and not plain.recording.differentiates:
            return plain
        if plain.type.dtype.kind not in "iub":
            raise _refused(plain.type.dtype, "a traced value")
        plain = plain.recording.strip(plain)
    if isinstance(plain, int):
        return plain
    if plain.dtype.kind == "b":
        return plain if plain.ndim else bool(plain)
    if plain.dtype.kind not in "iu":
        raise _refused(plain.dtype, "an array")
    return plain


def _listed(item: Any) -> Any:
    if isinstance(item, (list, tuple)) and holds_traced(item):
        return FUNCTIONS["stacked list"](item)
    array = np.asarray(item)
    # NumPy takes an empty list for integers, though an array of it holds floats
    return array.astype(np.intp) if array.size == 0 and isinstance(item, (list, tuple)) else array


def _refused(dtype: np.dtype[Any], what: str) -> UnsupportedError:
    place = locate(4)
    return UnsupportedError(
        f"an index must hold integers, Booleans, slices, None or '...'; received {what} of dtype {dtype}"
        f"{f' at {place}' if place else ''}. Convert it with numpy.rint(...).astype(int) of a plain array."
    )


def _check_masks(items: list[Any], shape: tuple[int, ...]) -> None:
    """Let NumPy itself say, on an array without memory, that a mask does not fit the axes it stands for."""
    stand_ins = [np.zeros(item.type.shape, np.intp) if isinstance(item, Operand) else item for item in items]
    np.broadcast_to(np.int8(0), shape)[tuple(stand_ins)]
