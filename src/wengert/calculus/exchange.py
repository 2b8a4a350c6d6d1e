"""Copies of functions, and of the objects that they hold, with other arrays in the place of their own."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import CellType, FunctionType, MethodType
from typing import Any, Final

__all__ = ["exchanged", "filled", "is_container", "items_of"]

Function = Callable[..., Any]
# longer lists are no parameters with names
_MOST_ITEMS: Final = 20


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


def is_container(value: Any) -> bool:
    """Whether a value is a dict, a list or a tuple whose items may be arrays with names."""
    return isinstance(value, (dict, list, tuple)) and len(value) <= _MOST_ITEMS


def items_of(name: str, value: Any) -> list[tuple[str, Any]]:
    """The items of a container with names: keys and fields that are words, else the container's with a number."""
    if isinstance(value, dict):
        return [(key if isinstance(key, str) and key.isidentifier() else f"{name}{i}", item)
                  for i, (key, item) in enumerate(value.items())]  # fmt: skip
    fields = getattr(value, "_fields", None) or [f"{name}{place}" for place in range(len(value))]
    return list(zip(fields, value, strict=True))


class _Exchange:
    def __init__(self, values: Mapping[tuple[str, int], Any], reached: Sequence[Any]) -> None:
        self.values = values
        self.copies: dict[int, Any] = {}
        scopes: dict[int, dict[str, Any]] = {}
        for value in reached:
            if isinstance(value, FunctionType):
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
        if (name, id(value)) in self.values:
            return self.values[(name, id(value))]
        if isinstance(value, MethodType):
            return MethodType(self.new("", value.__func__), self.new("", value.__self__))
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
        for name, value in list(vars(holder).items()):
            new = self.new(name, value)
            if new is not value:
                # frozen dataclasses, too
                object.__setattr__(made, name, new)
        for (name, identity), new in self.values.items():
            # an attribute of the class
            if name not in vars(holder) and id(inspect.getattr_static(type(holder), name, None)) == identity:
                object.__setattr__(made, name, new)
        for name in dir(type(holder)):
            method = inspect.getattr_static(type(holder), name, None)
            inner = method.__func__ if isinstance(method, staticmethod) else method
            if isinstance(inner, FunctionType) and id(inner) in self.copies and name != "__call__":
                own = self.copies[id(inner)]
                object.__setattr__(made, name, own if inner is not method else MethodType(own, made))


def _function_like(function: FunctionType, scope: dict[str, Any]) -> FunctionType:
    cells = tuple([CellType() for _ in function.__closure__ or ()])
    made = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__module__ = function.__module__
    return made
