"""Copies of functions, and of the objects that they hold, with other arrays in the place of their own."""

from __future__ import annotations

import copy
import functools
import inspect
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from types import CellType, FunctionType, MethodType
from typing import Any, Final

import numpy as np

from wengert.programs import Program

__all__ = [
    "attributes_of", "exchanged", "filled", "holds_too_many", "is_container", "is_transform", "items_of", "uncompiled",
]  # fmt: skip

Function = Callable[..., Any]
# longer lists are no parameters with names
_MOST_ITEMS: Final = 20
_MOST_ARRAYS: Final = 80


def exchanged(function: Function, values: Mapping[tuple[str, int], Any], reached: Sequence[Any]) -> Function:
    """The same function with other values.

    Parameters
    ----------
    function
        A function, a method, or an object that can be called.
    values
        By the name under which something finds a value, and the identity of that value.
    reached
        The functions and objects in which they are exchanged.
    """
    return _Exchange(values, reached).new("", function)  # type: ignore[no-any-return]


def filled(cell: CellType) -> bool:
    """Whether a closure's variable has been assigned."""
    try:
        cell.cell_contents  # noqa: B018 (an empty cell raises)
    except ValueError:
        return False
    return True


def uncompiled(value: Any) -> Any:
    """The function behind one that is compiled; anything else as it is."""
    while getattr(type(value), "inlined", False):
        value = value.function
    if isinstance(value, MethodType) and getattr(type(value.__func__), "inlined", False):
        return MethodType(uncompiled(value.__func__), value.__self__)
    return value


def is_transform(value: Any) -> bool:
    """Whether a value is a function of Wengert's that runs a program, such as a gradient."""
    waiting, known = [value], {}
    while waiting:
        one = waiting.pop()
        if isinstance(one, Program):
            return True
        if id(one) not in known and isinstance(one, FunctionType) and _is_own(one):
            known[id(one)] = one
            waiting += [cell.cell_contents for cell in one.__closure__ or () if filled(cell)]
    return False


def _is_own(function: FunctionType) -> bool:
    return str(function.__globals__.get("__name__")).startswith("wengert.")


def attributes_of(holder: Any) -> dict[str, Any]:
    """The attributes that an object has of its own, in a dict or in slots."""
    listed = [vars(cls).get("__slots__", ()) for cls in type(holder).__mro__]
    slots = [name for names in listed for name in ((names,) if isinstance(names, str) else names)]
    found = {name: getattr(holder, name) for name in slots if name != "__dict__" and hasattr(holder, name)}
    return {**found, **getattr(holder, "__dict__", {})}


def is_container(value: Any) -> bool:
    """Whether a value is a dict, a list or a tuple whose items may be arrays with names."""
    if not isinstance(value, (dict, list, tuple)):
        return False
    items = value.values() if isinstance(value, dict) else value
    most = _MOST_ARRAYS if any(isinstance(item, np.ndarray) for item in items) else _MOST_ITEMS
    return len(value) <= most


def holds_too_many(value: Any) -> bool:
    """Whether a container has more arrays than a formula has names for."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return len(items) > _MOST_ARRAYS and any(isinstance(item, np.ndarray) for item in items)


def items_of(name: str, value: Any) -> list[tuple[str, Any]]:
    """The items of a container with names: keys and fields that are words, else the container's with a number."""
    # a number behind a number would be another number
    stem = f"{name}_" if name[-1:].isdigit() else name
    if isinstance(value, dict):
        return [(_word(key) or f"{stem}{place}", item) for place, (key, item) in enumerate(value.items())]
    fields = getattr(value, "_fields", None) or [f"{stem}{place}" for place in range(len(value))]
    return list(zip(fields, value, strict=True))


def _word(key: Any) -> str:
    """The key of a dict as a name, where it is a text that begins with a letter."""
    word = re.sub(r"\W+", "_", key).strip("_") if isinstance(key, str) else ""
    return word if word.isidentifier() and not keyword.iskeyword(word) else ""


class _Exchange:
    def __init__(self, values: Mapping[tuple[str, int], Any], reached: Sequence[Any]) -> None:
        self.values = values
        self.copies: dict[int, Any] = {}
        scopes: dict[int, dict[str, Any]] = {}
        for value in reached:
            if is_transform(value):
                self.copies[id(value)] = _function_like(value, value.__globals__)
            elif isinstance(value, FunctionType):
                scope = scopes.setdefault(id(value.__globals__), dict(value.__globals__))
                self.copies[id(value)] = _function_like(value, scope)
            else:
                self.copies[id(value)] = copy.copy(value)
        for value in reached:
            if isinstance(value, FunctionType):
                self._fill(value)
            else:
                self._settle(value)
        for scope in scopes.values():
            for name, value in list(scope.items()):
                scope[name] = self.new(name, value)

    def new(self, name: str, value: Any) -> Any:
        """What stands in the place of a value."""
        value = uncompiled(value)
        if (name, id(value)) in self.values:
            return self.values[(name, id(value))]
        if isinstance(value, MethodType):
            return MethodType(self.new("", value.__func__), self.new("", value.__self__))
        if isinstance(value, Program):
            return Program(self.new("", value.function))
        if isinstance(value, functools.partial):
            return functools.partial(self.new("", value.func), *value.args, **value.keywords)
        if id(value) not in self.copies and is_container(value):
            return self._rebuilt(value, [self.new(*item) for item in items_of(name, value)])
        return self.copies.get(id(value), value)

    def _rebuilt(self, value: Any, items: Sequence[Any]) -> Any:
        """A container with other items."""
        old = list(value.values()) if isinstance(value, dict) else value
        if all(new is one for new, one in zip(items, old, strict=True)):
            return value
        if isinstance(value, dict):
            return dict(zip(value, items, strict=True))
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)

    def _fill(self, function: FunctionType) -> None:
        cells = zip(function.__closure__ or (), self.copies[id(function)].__closure__ or (), strict=True)
        for name, (old, new) in zip(function.__code__.co_freevars, cells, strict=True):
            if filled(old):
                new.cell_contents = self.new(name, old.cell_contents)

    def _settle(self, holder: Any) -> None:
        made = self.copies[id(holder)]
        own = attributes_of(holder)
        for name, value in own.items():
            new = self.new(name, value)
            if new is not value:
                # frozen dataclasses, too
                object.__setattr__(made, name, new)
        cls = type(holder)
        # what the class has, its methods and arrays, stands in a class of the copy's own, where Python looks for it
        members = {
            name: new
            for (name, identity), new in self.values.items()
            if name not in own and id(inspect.getattr_static(cls, name, None)) == identity
        }
        for name in dir(cls):
            method = inspect.getattr_static(cls, name, None)
            inner = uncompiled(method.__func__ if isinstance(method, (staticmethod, classmethod)) else method)
            if isinstance(inner, FunctionType) and id(inner) in self.copies:
                mine = self.copies[id(inner)]
                members[name] = type(method)(mine) if isinstance(method, (staticmethod, classmethod)) else mine
        if members:
            metaclass: Any = type(cls)
            object.__setattr__(made, "__class__", metaclass(cls.__name__, (cls,), {"__slots__": (), **members}))


def _function_like(function: FunctionType, scope: dict[str, Any]) -> FunctionType:
    cells = tuple([CellType() for _ in function.__closure__ or ()])
    made = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__module__ = function.__module__
    return made
