"""Matrices of vectors whose derivative is asked for only when they are used, and only for the vectors used.

`w, V = np.linalg.eigh(a)` hands out V whether the program needs it or not, and V[:, 0] may be differentiable
where V is not. So V is a view: it is recorded on first use, and a plain selection of vectors on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.graph import Operand
from wengert.primitives.access import getitem
from wengert.tracing import Tracer, type_of
from wengert.tracing.mutation import How, View

__all__ = ["Basis", "lazy_basis"]

Columns = tuple[int, ...] | None


class Basis(View):
    """Vectors of a decomposition, columns or (`axis` -2) rows of a matrix that is recorded on first use."""

    __slots__ = ("axis", "vectors")

    vectors: Callable[[Columns], Any]
    axis: int

    @property
    def pending(self) -> bool:
        """Whether the whole matrix is not recorded yet."""
        return self.seen is self

    def __getitem__(self, index: Any) -> Any:
        items = _selection(self, index) if self.pending else None
        if items is None:
            return getitem(self, index)
        chosen: Any = range(self.shape[self.axis])[items[self.axis]]
        columns = (chosen,) if isinstance(chosen, int) else tuple(chosen)
        return _as_selection(self, getitem(self.vectors(columns), items), index)


class Selection(View):
    """Some vectors, recorded on their own as long as nothing is written into the matrix they are part of."""

    __slots__ = ()

    def refresh(self) -> None:
        if isinstance(self.origin, Basis) and self.origin.pending:
            return
        super().refresh()


def lazy_basis(a: Any, value: Any, vectors: Callable[[Any, Columns], Any], axis: int) -> Any:
    """The matrix `value` of the vectors that `vectors(a, columns)` records; plain if `a` is plain."""
    if not isinstance(a, Operand):
        return vectors(a, None)
    if a.is_view:
        a.refresh()
    # the program may write into `a` before it uses the vectors
    source = Tracer(a.value, a.type, a.recording, a.payload)
    basis = Basis(value.value if _same(value, a) else value, type_of(value), a.recording, None)
    basis.origin = source
    basis.vectors = lambda columns: vectors(source, columns)
    # what is written into the vectors does not reach the matrix
    basis.how = How(lambda base: vectors(base, None), lambda base, content: base)
    basis.seen, basis.axis = basis, axis
    return basis


def _same(value: Any, a: Operand) -> bool:
    return isinstance(value, Operand) and value.recording is a.recording


def _selection(x: Basis, index: Any) -> tuple[Any, ...] | None:
    """An index that selects vectors by one integer or slice, an item per axis; None for any other index."""
    items = index if isinstance(index, tuple) else (index,)
    plain = all(item is Ellipsis or (isinstance(item, (int, slice)) and not isinstance(item, bool)) for item in items)
    if not plain or items.count(Ellipsis) > 1:
        return None
    if Ellipsis in items:
        at = items.index(Ellipsis)
        items = (*items[:at], *[slice(None)] * (x.ndim + 1 - len(items)), *items[at + 1 :])
    items = (*items, *[slice(None)] * (x.ndim - len(items)))
    if len(items) != x.ndim or items[x.axis] == slice(None):
        return None
    chosen: Any = range(x.shape[x.axis])[items[x.axis]]
    if not isinstance(chosen, int):
        # counted from the left, for the matrix that is recorded may hold fewer vectors
        chosen = slice(chosen.start, chosen.stop if chosen.stop >= 0 else None, chosen.step)
    place = x.ndim + x.axis
    return (*items[:place], chosen, *items[place + 1 :])


def _as_selection(x: Basis, part: Any, index: Any) -> Any:
    selection = Selection(part.value, part.type, part.recording, part.payload)
    selection.origin, selection.seen = x, x
    selection.how = How(lambda base: getitem(base, index), lambda base, content: _written(base, index, content))
    return selection


def _written(base: Any, index: Any, content: Any) -> Any:
    copy = base + 0.0
    copy[index] = content
    return copy
