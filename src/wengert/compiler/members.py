"""Tuples, lists, dictionaries, sets and namespaces as a recorded program sees them: copies with served members."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from types import FunctionType, SimpleNamespace
from typing import Any, Final

from wengert.compiler.given import NUMBERS, Given, only_numbers
from wengert.compiler.hosts import Place, attribute, fixed, item
from wengert.compiler.outside import is_still
from wengert.compiler.refusals import NotRecordable, Refused

__all__ = ["COPIED", "Members", "is_plain_namedtuple"]

_MOST_MEMBERS: Final = 4096
_MAPPINGS: Final = (dict, OrderedDict, defaultdict, Counter)
COPIED: Final = (list, deque, *_MAPPINGS, set, frozenset, SimpleNamespace)
"""The classes of what is copied member by member."""


class Members(Given):
    """How containers are copied."""

    def tuple(self, value: tuple[Any, ...], place: Place) -> Any:
        members = [self.serve(part, fixed(part, f"{place.text}[{i}]")) for i, part in enumerate(value)]
        kind = self.tuple_class(type(value))
        same = kind is type(value) and all([one is other for one, other in zip(members, value, strict=True)])
        return value if same else tuple.__new__(kind, members)

    def tuple_class(self, kind: type) -> Any:
        if kind is tuple:
            return tuple
        if not hasattr(kind, "_fields"):
            raise NotRecordable(f"it reads a {kind.__name__}, a tuple with rules of its own")
        served = self.inner(kind)
        if type(served) is Refused:
            raise NotRecordable(object.__getattribute__(served, "_reason"))
        return served

    def container(self, value: Any, place: Place) -> Any:
        if type(value) is SimpleNamespace:
            return self.namespace(value, place)
        if len(value) > _MOST_MEMBERS:
            raise NotRecordable(f"it reads {place.text}, which holds {len(value)} things; use an array")
        if isinstance(value, (set, frozenset)):
            return self._set(value, place)
        if type(value) in (list, deque):
            return self._list(value, place)
        return self._dict(value, place)

    def _list(self, value: Any, place: Place) -> Any:
        served: Any = [] if type(value) is list else deque(maxlen=value.maxlen)
        self.remember(value, served)
        if only_numbers(value):
            self.notes.add("members", fixed(value, place.text), list(value))
            served.extend(value)
        else:
            self.notes.add("length", fixed(value, place.text), len(value))
            served.extend([self.serve(m, item(value, i, f"{place.text}[{i}]")) for i, m in enumerate(list(value))])
        self.watch(place.text, lambda: served, list(served))
        return served

    def _dict(self, value: Any, place: Place) -> Any:
        served: Any = type(value)()
        if type(value) is defaultdict:
            factory = attribute(value, "default_factory", f"{place.text}.default_factory")
            served.default_factory = self.serve(value.default_factory, factory)
        self.remember(value, served)
        manner = "names" if all([key.__class__ is str for key in value]) else "keys"
        self.notes.add(manner, fixed(value, place.text), list(value))
        for key, member in list(value.items()):
            served[self._key(key, place)] = self.serve(member, item(value, key, f"{place.text}[{key!r}]"))
        self.watch(place.text, lambda: [*served, *served.values()], [*served, *served.values()])
        return served

    def _key(self, key: Any, place: Place) -> Any:
        if key.__class__ not in NUMBERS and self.inner(key) is not key and not isinstance(key, tuple):
            return self.inner(key)
        return key

    def _set(self, value: Any, place: Place) -> Any:
        if not all([part.__class__ in NUMBERS or is_still(part) for part in value]):
            raise NotRecordable(f"it reads {place.text}, a set of other things than numbers and texts")
        if isinstance(value, frozenset):
            return value
        served = value.copy()
        if list(served) != list(value):
            raise NotRecordable(f"it reads {place.text}, a set whose copy has another order")
        self.notes.add("keys", fixed(value, place.text), list(value))
        self.watch(place.text, lambda: [served == value], [True])
        return served

    def namespace(self, value: Any, place: Place) -> Any:
        """An object that is nothing but its attributes."""
        kind: Any = type(value)
        served = kind.__new__(kind)
        self.remember(value, served)
        # what compares it, or writes it as text, says no name
        self.attributes(vars(value), vars(served), place.text, said=False)
        return served

    def attributes(self, held: dict[str, Any], served: dict[str, Any], text: str, said: bool = True) -> None:
        """Copy the attributes of an object, and watch the copies.

        `said` tells whether they are only read where the program says their names.
        """
        self.notes.add("names", fixed(held, f"the attributes of {text}"), list(held))
        for name, member in list(held.items()):
            served[name] = self.serve(member, item(held, name, f"{text}.{name}"), name if said else "")
        self.watch(text, lambda: [*served, *served.values()], [*served, *served.values()])


def is_plain_namedtuple(cls: type) -> bool:
    """Whether a class is made by `namedtuple`, and has no methods beside those made by it."""
    if not (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        return False
    if not all([name.startswith("_") or name in cls._fields for name in vars(cls)]):
        return False
    functions = [part for part in vars(cls).values() if isinstance(part, (FunctionType, property))]
    return cls.__bases__ == (tuple,) and all(
        [
            isinstance(part, FunctionType)
            and part.__globals__.get("__name__", "").startswith(("collections", "namedtuple_"))
            for part in functions
        ]
    )
