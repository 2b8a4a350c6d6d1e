"""What a recorded program has been given in place of what it would find outside, and whether it has written there."""

from __future__ import annotations

import decimal
import types
from collections.abc import Callable
from typing import Any, Final

from wengert.compiler.elsewhere import DecimalContext, Registrations, abstract_classes
from wengert.compiler.guards import Notes
from wengert.compiler.hosts import Place, fixed
from wengert.compiler.refusals import NotRecordable, Refused
from wengert.programs.kinds import SHADOWS

__all__ = ["NUMBERS", "Given", "described", "name_of", "only_numbers"]

NUMBERS: Final = frozenset({float, int, complex, bool, str, bytes, types.NoneType})


class Given:
    """The copies of one recording, by what they are copies of, and notes of where that was found."""

    def __init__(self) -> None:
        self.notes = Notes()
        # attributes that the code of the program may ask for; None for all
        self.said: set[str] | None = set()
        # whether it may ask if two things are one
        self.comparing = False
        # originals by identity, with what stands for them
        self.served: dict[int, tuple[Any, Any]] = {}
        # what the program was given, and is its own, with the original
        self.given: dict[int, tuple[Any, Any]] = {}
        # (what to call it, a function that returns what is there, what was put there)
        self._contents: list[tuple[str, Callable[[], Any], list[Any]]] = []

    def serve(self, value: Any, place: Place, name: str = "") -> Any:
        """What the program gets for a value that it finds at a place; `name` is that of an attribute."""
        raise NotImplementedError

    def attributes(self, held: dict[str, Any], served: dict[str, Any], text: str, said: bool = True) -> None:
        """Copy the attributes of an object, and watch the copies."""
        raise NotImplementedError

    def inner(self, value: Any) -> Any:
        """`serve`, for what is found in something that does not change."""
        return self.serve(value, fixed(value, name_of(value)))

    def note_state(self, value: Any) -> None:
        """Note what the answers of a class, a module or an object depend on, without anybody reading it."""
        classes = abstract_classes(value)
        if classes:
            place = fixed(classes[0], f"the classes registered with {name_of(value)}")
            self.notes.add("registered", place, Registrations(classes))
        elif value is decimal.Decimal or isinstance(value, decimal.Decimal):
            self.notes.add("context", fixed(decimal.Decimal, "the context of decimal numbers"), DecimalContext())

    def remember(self, value: Any, served: Any) -> None:
        self.served[id(value)] = (value, served)
        if type(served) is not Refused and served is not value:
            self.given[id(served)] = (served, value)
            if isinstance(served, type):
                SHADOWS[served] = value

    def is_given(self, value: Any) -> bool:
        """Whether a value is a copy of something that the program has found outside."""
        return id(value) in self.given

    def is_known(self, value: Any) -> bool:
        """Whether a value is something that the program has found outside, or a copy of it."""
        return id(value) in self.given or id(value) in self.served

    def original_of(self, value: Any) -> Any:
        """The user's own, behind what the program was given; anything else as it is."""
        found = self.given.get(id(value))
        return value if found is None else found[1]

    def watch(self, text: str, look: Callable[[], Any], given: list[Any]) -> None:
        """Remember what was put into a copy, and how to look at it afterwards."""
        self._contents.append((text, look, given))

    def require_untouched(self) -> None:
        """Raise unless everything that the program was given from outside is as it was given."""
        for text, look, given in self._contents:
            found = look()
            if len(found) != len(given) or any([one is not other for one, other in zip(found, given, strict=True)]):
                raise NotRecordable(f"it writes into {text}", passing=True)


def only_numbers(values: Any) -> bool:
    """Whether there are numbers and texts only among some things."""
    return all([value.__class__ in NUMBERS for value in values])


def name_of(value: Any) -> str:
    """What a message calls something that was found under no name."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else f"an object of the class {type(value).__name__}"


def described(value: Any) -> str:
    """What a message says of an object."""
    return f"an object of the class {type(value).__module__}.{type(value).__name__}"
