"""An index as two parts: what is fixed when the program is read, and the integer arrays in it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, declare_opaque, locate
from wengert.tracing.recording import primal

__all__ = ["Index", "parse_index"]


class _Slot:
    """Stands in an index for the next integer array."""

    def __repr__(self) -> str:
        return "·"


SLOT: Final = _Slot()


@declare_opaque
class Index:
    """The fixed part of an index: integers, slices, None and Ellipsis, with slots for integer arrays."""

    __slots__ = ("items", "key", "slots")

    def __init__(self, items: tuple[Any, ...], slots: int) -> None:
        self.items = items
        self.slots = slots
        self.key = items[0] if len(items) == 1 else items

    def fill(self, arrays: tuple[Any, ...], leading: int) -> Any:
        """The NumPy index, with `leading` whole axes before it."""
        if not leading and not arrays:
            return self.key
        if not arrays:
            return (slice(None),) * leading + self.items
        supply = iter(arrays)
        items = tuple([next(supply) if item is SLOT else item for item in self.items])
        return (slice(None),) * leading + items

    def __repr__(self) -> str:
        def show(item: Any) -> str:
            if isinstance(item, slice):
                parts = ["" if part is None else str(part) for part in (item.start, item.stop)]
                return ":".join(parts) + (f":{item.step}" if item.step is not None else "")
            return "..." if item is Ellipsis else str(item)

        return ", ".join(map(show, self.items))


def parse_index(index: Any, shape: tuple[int, ...]) -> tuple[Index, tuple[Any, ...]]:
    """Split an index into its fixed part and its integer arrays; Boolean masks become integer arrays."""
    if index.__class__ is int or index.__class__ is slice:
        return Index((index,), 0), ()
    items = index if isinstance(index, tuple) else (index,)
    fixed: list[Any] = []
    arrays: list[Any] = []
    for item in items:
        if item is None or item is Ellipsis or isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            fixed.append(item)
        elif isinstance(item, slice):
            fixed.append(slice(*(_bound(part) for part in (item.start, item.stop, item.step))))
        else:
            parts = _integer_arrays(item)
            fixed.extend([SLOT] * len(parts))
            arrays.extend(parts)
    return Index(tuple(fixed), len(arrays)), tuple(arrays)


def _bound(part: Any) -> Any:
    return part if part is None else part.__index__()


def _integer_arrays(item: Any) -> tuple[Any, ...]:
    if isinstance(item, Operand) and item.type.dtype.kind in "iu":
        return (item,)
    array = item.recording.strip(item) if isinstance(item, Operand) else np.asarray(item)
    array = primal(array)
    if array.dtype.kind == "b":
        # a 0-d mask adds an axis, which no integer array expresses: NumPy's own nonzero does it
        return tuple(np.nonzero(array)) if array.ndim else (np.zeros(int(array), np.intp),)
    if array.size == 0 and not isinstance(item, np.ndarray):
        return (array.astype(np.intp),)
    if array.dtype.kind not in "iu":
        place = locate(3)
        raise UnsupportedError(
            f"an index must hold integers, Booleans, slices, None or '...'; received "
            f"{'a traced value' if isinstance(item, Operand) else 'an array'} of dtype {array.dtype}"
            f"{f' at {place}' if place else ''}. Convert it with numpy.rint(...).astype(int) of a plain array."
        )
    return (array,)
