"""Writes into traced arrays, and views that see them.

Graphs know no mutation. A traced value is a box: writing into it puts the result of a `replace` equation in
the box, so that all names of the array see the write and no recorded value changes. A view remembers the box
that it looks into; it is read afresh once that box has changed, and a write to the view becomes a write to
the box.

A traced value of shape () may stand for a scalar, which `y += 1` leaves alone, or for an array, which it
changes under all of its names. What it holds does not tell: NumPy's arithmetic makes scalars of arrays of
shape (), and the scalars of a batch are kept in one array. So the class of the box remembers it, from the
first write on at the latest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.errors import MutationError, ShapeError
from wengert.graph import Operand, locate
from wengert.tracing.recording import beneath, note_memory, require_within
from wengert.tracing.tracer import Tracer

__all__ = [
    "Cell",
    "How",
    "View",
    "as_array",
    "assign",
    "is_array",
    "shares_memory",
    "view_of",
    "write_in_place",
]


@dataclass(frozen=True, slots=True)
class How:
    """How a view looks into its base.

    `project` makes the view from its base, `scatter` the changed base from the base and the changed view.
    """

    project: Callable[[Tracer], Any]
    scatter: Callable[[Tracer, Any], Any]


class View(Tracer):
    """A traced array that shares its memory with another one, as NumPy's slices do."""

    __slots__ = ()
    is_view = True

    origin: Tracer
    how: Any
    seen: Any

    def refresh(self) -> None:
        """Read the base again if it has changed since."""
        base = self.origin
        if base.is_view:
            base.refresh()
        if base.value is not self.seen:
            _fill(self, self.how.project(base))
            self.seen = base.value


def view_of(base: Tracer, part: Tracer, how: Any) -> Any:
    """Turn the traced `part`, fresh from `base`, into a view of it."""
    view: Any = part
    view.__class__ = View
    view.origin, view.how, view.seen = base, how, base.value
    return view


class Cell(Tracer):
    """A traced array of shape (), whatever it holds."""

    __slots__ = ()


def as_array(value: Tracer) -> Tracer:
    """Turn a traced value that nothing else refers to into an array, if it is a scalar."""
    if value.__class__ is Tracer and not value.type.shape:
        value.__class__ = Cell
    return value


def is_array(value: Any) -> bool:
    """Whether a traced value stands for an ndarray, which can be written into, and not for a scalar."""
    if value.type.shape:
        return True
    inner: Any = value
    while isinstance(inner, Operand):
        if inner.type.shape:
            # the scalars of a batch
            return False
        if isinstance(inner, (Cell, View)):
            return True
        inner = inner.value
    return isinstance(inner, np.ndarray) and not inner.shape


def shares_memory(part: Any, base: Any) -> bool:
    """Whether NumPy made `part` as a view of `base`; of a single entry it always does."""
    if base.type.size == 1:
        return is_array(base)
    note_memory("sharing")
    inner = beneath(part)
    if inner.__class__ is not np.ndarray or inner.base is None:
        return False
    outer = beneath(base)
    return inner.base is outer or inner.base is outer.base


def _fill(target: Tracer, content: Any) -> None:
    if not isinstance(content, Operand):
        # a constant that has outlived its recording
        target.value = content
        return
    if content.is_view:
        content.refresh()
    target.value, target.type = content.value, content.type
    target.recording, target.payload = content.recording, content.payload


def assign(target: Tracer, content: Any) -> None:
    """Put another value of the same shape and dtype into a box, and into what it is a view of."""
    note_memory("writing")
    require_within(target.recording.level)
    if isinstance(target, View):
        target.refresh()
        assign(target.origin, target.how.scatter(target.origin, content))
        _fill(target, content)
        target.seen = target.origin.value
    else:
        _fill(target, content)
        as_array(target)


def write_in_place(target: Tracer, result: Any, convert: Callable[[Any, np.dtype[Any]], Any]) -> Tracer:
    """Serve `x += y`: the result goes into x, in its shape and dtype; what NumPy refuses is refused."""
    if result.shape != target.shape:
        raise ShapeError(
            f"the result of an in-place operation has shape {result.shape}, which does not fit the array of "
            f"shape {target.shape} that it is written into{_place()}"
        )
    if result.dtype != target.dtype:
        if not np.can_cast(result.dtype, target.dtype, "same_kind"):
            raise MutationError(
                f"cannot write a result of dtype {result.dtype} into an array of dtype {target.dtype}"
                f"{_place()}; write x = x + y instead of x += y"
            )
        result = convert(result, target.dtype)
    assign(target, result)
    return target


def _place() -> str:
    place = locate(4)
    return f" at {place}" if place else ""
