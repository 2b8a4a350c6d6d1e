"""Classes and objects of the user's, with methods that see what a traced program sees."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

__all__ = ["methods_of", "servable", "served_class", "twin"]

Serve = Callable[[Any], Any]
_OF_EVERY_CLASS = ("__dict__", "__doc__", "__getattribute__", "__module__", "__qualname__", "__slots__", "__weakref__")


def servable(cls: type, left_alone: Callable[[str], bool]) -> bool:
    """Whether a class can get a subclass with other methods, in whose instances nothing else is different.

    Not what Python itself tells apart by the class (exceptions, enumerations), nor classes that watch their subclasses.
    """
    watching = ("__init_subclass__", "__getattribute__")
    return all(
        type(base) in (type, abc.ABCMeta)
        and not left_alone(base.__module__)
        and not any(name in vars(base) for name in watching)
        for base in cls.__mro__
        if base not in (object, abc.ABC, tuple)
    )


def methods_of(cls: type) -> Iterator[FunctionType]:
    """The functions behind the methods and properties of a class and its bases."""
    for base in cls.__mro__[:-1]:
        for value in vars(base).values():
            parts = (value.fget, value.fset, value.fdel) if isinstance(value, property) else (value,)
            parts = (value.func,) if isinstance(value, functools.cached_property) else parts
            for part in parts:
                function = part.__func__ if isinstance(part, (staticmethod, classmethod)) else part
                if isinstance(function, FunctionType):
                    yield function


def served_class(cls: type, serve: Serve, copy: Callable[[FunctionType], Any], known: Callable[[type], None]) -> type:
    """A subclass whose methods are served; `known` is told of it before its methods are looked at.

    Its bases are the served bases and then the class itself, so that `super()` finds what is served.
    """

    def member(function: Any) -> Any:
        # whose `super()` must start from the served class
        from_here = isinstance(function, FunctionType) and "__class__" in function.__code__.co_freevars
        return copy(function) if from_here else serve(function)

    bases = (*[served for base in cls.__bases__ if (served := serve(base)) is not base], cls)
    own = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "__slots__": ()}
    shadow = type(cls)(cls.__name__, bases, own)
    known(shadow)
    before = shadow.__mro__[1 : shadow.__mro__.index(cls)]
    for name, value in vars(cls).items():
        served = _served_member(value, member)
        # what the class overrides stands in front of what its served bases bring
        if served is not value or (name not in _OF_EVERY_CLASS and any(name in vars(base) for base in before)):
            setattr(shadow, name, served)
            if isinstance(served, functools.cached_property):
                served.__set_name__(shadow, name)

    plain_read: Any = cls.__getattribute__

    def read(instance: Any, name: str) -> Any:
        # an object that an attribute holds has methods too
        return serve(plain_read(instance, name))

    if not before:
        shadow.__getattribute__ = read  # type: ignore[method-assign, assignment]
    return shadow


def _served_member(value: Any, serve: Serve) -> Any:
    if isinstance(value, FunctionType):
        return serve(value)
    if isinstance(value, (staticmethod, classmethod)):
        function = serve(value.__func__)
        return value if function is value.__func__ else type(value)(function)
    if isinstance(value, functools.cached_property):
        function = serve(value.func)
        return value if function is value.func else functools.cached_property(function)
    if isinstance(value, property):
        parts = (value.fget, value.fset, value.fdel)
        served = tuple([None if part is None else serve(part) for part in parts])
        return value if served == parts else property(served[0], served[1], served[2], value.__doc__)
    return value


def twin(instance: Any, cls: type) -> Any:
    """An object of another class with the attributes of this one: what is set on either is set on both.

    An object with slots, whose content cannot be shared, is returned itself; a tuple has nothing that could change.
    """
    if isinstance(instance, tuple):
        return tuple.__new__(cls, instance)
    if not hasattr(instance, "__dict__") or any(vars(base).get("__slots__") for base in type(instance).__mro__):
        return instance
    other: Any = object.__new__(cls)
    object.__setattr__(other, "__dict__", instance.__dict__)
    return other
