"""Enumerations as a recorded program sees them: their own members, or members with served attributes and methods."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator
from types import DynamicClassAttribute, FunctionType
from typing import Any, Final

import numpy as np

from wengert.compiler.given import NUMBERS, Given
from wengert.compiler.hosts import fixed, item
from wengert.compiler.outside import is_still
from wengert.compiler.refusals import NotRecordable
from wengert.programs.objects import served_enumeration

__all__ = ["Enumerations"]

_METHODS: Final = (FunctionType, property, staticmethod, classmethod, functools.cached_property)
# under which names a program reads what a member holds for its class
_READ_AS: Final = {"_value_": "value", "_name_": "name"}
_OF_EVERY_MEMBER: Final = frozenset({"__objclass__", "_sort_order_", "__doc__"})


class Enumerations(Given):
    """How enumerations are served, and what is noted of them."""

    def enumeration(self, cls: Any) -> Any:
        """The class itself where all that it holds stays what it is; otherwise one with members that are served."""
        plain = self._note_class(cls)
        for member in dict.fromkeys(cls.__members__.values()):
            plain = self._note_member(member) and plain
        return cls if plain else served_enumeration(cls, self.inner, functools.partial(self.remember, cls))

    def _note_class(self, cls: Any) -> bool:
        """Note attributes and methods of the class; whether there are none but members."""
        plain = True
        for base in _own_bases(cls):
            names = vars(base)
            self.notes.add("length", fixed(names, f"the members of {base.__name__}"), len(names))
            for name, value in names.items():
                if isinstance(value, (enum.Enum, DynamicClassAttribute)) or _is_reserved(name, value):
                    continue
                if isinstance(value, _METHODS):
                    plain = False
                elif not _is_fixed(value):
                    raise NotRecordable(f"it uses the enumeration {base.__name__}, whose {name} is no member")
                self._note(names, name, value, f"{base.__name__}.{name}", name)
        return plain

    def _note_member(self, member: Any) -> bool:
        """Note what a member holds; whether none of it can change by itself."""
        held, plain = vars(member), True
        self.notes.add("length", fixed(held, f"the attributes of {member}"), len(held))
        for name, value in held.items():
            if name not in _OF_EVERY_MEMBER:
                self._note(held, name, value, f"{member}.{name}", _READ_AS.get(name, name))
                plain = plain and _is_fixed(value)
        return plain

    def _note(self, owner: Any, name: str, value: Any, text: str, said: str) -> None:
        manner = "number" if type(value) in NUMBERS or isinstance(value, np.generic) else "same"
        self.notes.add(manner, item(owner, name, text), value, said)


def _own_bases(cls: Any) -> Iterator[type]:
    """The user's classes among the bases of a class, itself included."""
    return (base for base in cls.__mro__ if base.__module__ not in ("enum", "builtins"))


def _is_reserved(name: str, value: Any) -> bool:
    """Whether a name belongs to the machinery of all enumerations."""
    return name.startswith("_") and name.endswith("_") and not isinstance(value, FunctionType)


def _is_fixed(value: Any) -> bool:
    """Whether a value is what it is for good, and depends on nothing else."""
    if isinstance(value, tuple):
        return type(value) is tuple and all(map(_is_fixed, value))
    return type(value) in NUMBERS or isinstance(value, (np.generic, enum.Enum)) or is_still(value)
