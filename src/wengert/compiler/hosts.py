"""Where a recorded program found what it did not get as an argument, and how to look there again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.graph import ArrayType, concrete_type

__all__ = ["HostArray", "Place", "attribute", "cell", "fixed", "item", "plain_copy"]


_Class = type


class Place:
    """One place outside of a program: a name of a module, a cell of a closure, an attribute, a member of a container.

    The owner itself does not change: that it is still the one that the program would reach is guarded separately.

    Attributes
    ----------
    kind
        `"item"` of a mapping or sequence, `"cell"`, `"attribute"`, or `"fixed"`, which always holds the same.
    owner, key
        The mapping and the key, the cell, the object and the name, or the value.
    text
        What a reader of the program calls the place.
    """

    __slots__ = ("key", "kind", "owner", "text")

    def __init__(self, kind: str, owner: Any, key: Any, text: str) -> None:
        self.kind = kind
        self.owner = owner
        self.key = key
        self.text = text

    def read(self) -> Any:
        """What is there at present; raises a KeyError, IndexError, ValueError or AttributeError where nothing is."""
        return _READERS[self.kind](self.owner, self.key)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells places apart, as long as their owners live."""
        return self.kind, id(self.owner), self.key

    def code(self, refer: Callable[[Any], str]) -> str:
        """The same as Python, in which `refer` names an object."""
        owner = refer(self.owner)
        if self.kind == "item":
            return f"{owner}[{self.key if self.key.__class__ is int else refer(self.key)}]"
        return {"cell": f"{owner}.cell_contents", "attribute": f"{owner}.{self.key}", "fixed": owner}[self.kind]

    def __repr__(self) -> str:
        return f"<{self.text}>"


_READERS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "item": lambda owner, key: owner[key],
    "cell": lambda owner, key: owner.cell_contents,
    "attribute": getattr,
    "fixed": lambda owner, key: owner,
}


def item(owner: Any, key: Any, text: str) -> Place:
    """What stands under a key of a mapping, or at a position of a list."""
    return Place("item", owner, key, text)


def cell(owner: Any, text: str) -> Place:
    """What a variable of an enclosing function holds."""
    return Place("cell", owner, None, text)


def attribute(owner: Any, name: str, text: str) -> Place:
    """What an object holds in a slot."""
    return Place("attribute", owner, name, text)


def fixed(value: Any, text: str) -> Place:
    """A member of something that cannot change."""
    return Place("fixed", value, None, text)


@dataclass(frozen=True, slots=True)
class HostArray:
    """An array, or a number, that a program finds outside of itself, and that is an input of its graph.

    Attributes
    ----------
    place
        Where it is found.
    type
        The shape and dtype for which the program was recorded.
    kind
        The class that was found there: `np.ndarray`, `float`, or a class of NumPy's scalars.
    """

    place: Place
    type: ArrayType
    kind: _Class

    def read(self) -> Any:
        """What the program would find in this call, or None where it has another type than the recorded one."""
        try:
            found = self.place.read()
        except (LookupError, ValueError, AttributeError):
            return None
        return found if found.__class__ is self.kind and concrete_type(found) is self.type else None


def plain_copy(array: Any) -> Any:
    """An array of NumPy's own class on memory of its own, in the order of the original."""
    return np.array(array, order="K", subok=False)
