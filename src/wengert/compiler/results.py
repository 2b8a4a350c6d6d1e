"""What a recorded program returns, leaf by leaf, and the containers that it was given or returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from wengert.compiler.refusals import NotRecordable
from wengert.tracing.mutation import is_array
from wengert.tree.registry import kind_of

__all__ = ["UNKNOWN", "Containers", "Result", "all_different", "confirmed_leaf", "form_of"]


@dataclass(frozen=True, slots=True)
class Result:
    """One leaf of the result.

    Attributes
    ----------
    kind
        `"output"` of the graph; `"constant"`: this very object at every call; `"argument"` or `"captured"`: the array
        itself that was given, or found, as an input of the graph.
    index
        Which output, or which input of the graph.
    value
        The constant.
    form
        What an output is in Python: `"array"`, `"scalar"` (a scalar of NumPy's), or `"number"` (of Python's).
    view_of
        The input of the graph whose memory NumPy's result would share, or None.
    """

    kind: str
    index: int = -1
    value: Any = None
    form: str = "array"
    view_of: int | None = None


def form_of(leaf: Any) -> str:
    """What a traced result is in Python."""
    if leaf.type.shape or is_array(leaf):
        return "array"
    return "scalar" if isinstance(leaf.value, (np.generic, np.ndarray)) else "number"


def confirmed_leaf(result: Result, values: Sequence[Any], known: Any) -> Result:
    """A leaf of a recorded result in the class in which the program has returned it; raises where they differ."""
    found = values[result.index] if result.kind == "output" else result.value
    if result.kind in ("argument", "captured"):
        return result
    if isinstance(known, np.ndarray) and type(known) is not np.ndarray:
        raise NotRecordable(f"it returns an array of the class {type(known).__name__}")
    if isinstance(known, (np.ndarray, np.generic, float, complex, int)):
        one, other = np.asarray(found), np.asarray(known)
        if one.shape != other.shape or one.dtype != other.dtype or not _agree(one, other):
            raise NotRecordable("it computes something else while it is recorded")
        form = "array" if isinstance(known, np.ndarray) else "scalar" if isinstance(known, np.generic) else "number"
        return replace(result, form=form) if result.kind == "output" else replace(result, value=known)
    if type(found) is not type(known) or (isinstance(known, (str, bytes)) and found != known):
        raise NotRecordable("it returns something else while it is recorded")
    return result


def _agree(found: Any, known: Any) -> bool:
    """Whether arrays are equal to rounding; a NaN that was found may be one that the program itself avoids."""
    if known.dtype.kind not in "fc":
        return bool(np.array_equal(found, known))
    usual = np.isfinite(found) & np.isfinite(known)
    size = np.abs(known[usual]).max(initial=0.0)
    bar = np.finfo(known.dtype).eps ** 0.5 * size
    return bool(
        (np.abs(found[usual] - known[usual]) <= bar).all() and (usual | np.isnan(found) | (found == known)).all()
    )


UNKNOWN: Final = object()


class Containers:
    """The lists, dictionaries and objects of a nesting, and what they hold."""

    def __init__(self, nested: Any) -> None:
        self.found: list[Any] = []
        self.members: list[list[Any]] = []
        self._gather(nested)

    def _gather(self, nested: Any) -> None:
        kind = kind_of(type(nested))
        if kind is None or nested is None:
            return
        if not isinstance(nested, tuple):
            self.found.append(nested)
            self.members.append(_members(nested))
        for child in kind.take_apart(nested)[0]:
            self._gather(child)

    def require_untouched(self) -> None:
        """Raise where the program has put something else into one of them."""
        for container, before in zip(self.found, self.members, strict=True):
            after = _members(container)
            if len(after) != len(before) or any([a is not b for a, b in zip(after, before, strict=True)]):
                raise NotRecordable("it writes into a list, a dictionary or an object that is an argument")

    def holds(self, others: Containers) -> bool:
        """Whether one of them is one of the others."""
        return any([one is other for one in self.found for other in others.found])


def all_different(objects: Sequence[Any]) -> bool:
    """Whether no two of them are one."""
    return len(set(map(id, objects))) == len(objects)


def _members(container: Any) -> list[Any]:
    if isinstance(container, dict):
        return [*container, *container.values()]
    if isinstance(container, list):
        return list(container)
    return list(vars(container).values()) if hasattr(container, "__dict__") else []
