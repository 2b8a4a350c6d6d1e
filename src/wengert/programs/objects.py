"""Classes and objects of the user's, with methods that see what a traced program sees."""

from __future__ import annotations

import abc
import enum
import functools
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from wengert.programs.dispatching import DispatchedMethod, implementations
from wengert.programs.kinds import SHADOWS

__all__ = [
    "attributes_of", "dispatches", "methods_of", "servable", "served_class", "served_enumeration", "slots_of", "twin",
]  # fmt: skip

Serve = Callable[[Any], Any]
# the flag of classes that are no part of a module in C
_MADE_BY_PYTHON = 1 << 9
_OF_EVERY_CLASS = ("__dict__", "__doc__", "__getattribute__", "__module__", "__qualname__", "__slots__", "__weakref__")


def servable(cls: type, left_alone: Callable[[str], bool]) -> bool:
    """Whether a class can get a subclass with other methods, in whose instances nothing else is different.

    Not what Python itself tells apart by the class (exceptions), nor classes that watch their subclasses, or the end of
    their instances, nor what is written in C. Enumerations of plain members have twins of another kind.
    """
    if isinstance(cls, enum.EnumMeta):
        plain = getattr(cls, "_member_type_", None) is object
        return plain and cls not in SHADOWS and not left_alone(cls.__module__)
    watching = ("__init_subclass__", "__getattribute__", "__del__")
    return all(
        type(base) in (type, abc.ABCMeta)
        and base.__flags__ & _MADE_BY_PYTHON
        and not left_alone(base.__module__)
        and not any(name in vars(base) for name in watching)
        for base in cls.__mro__
        if base not in (object, abc.ABC, tuple)
    )


def attributes_of(instance: Any) -> list[Any]:
    """What an object holds, as far as a twin can share it."""
    held = getattr(instance, "__dict__", None)
    return list(held.values()) if isinstance(held, dict) else []


def slots_of(instance: Any) -> list[Any]:
    """What an object holds in slots, which a twin cannot share."""
    names = [name for base in type(instance).__mro__ for name in _listed(vars(base).get("__slots__", ()))]
    held = [getattr(instance, name, None) for name in names if not name.startswith("__")]
    return [value for value in held if value is not None]


def _listed(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def methods_of(cls: type) -> Iterator[FunctionType]:
    """The functions behind the methods and properties of a class and its bases."""
    for base in cls.__mro__[:-1]:
        for value in vars(base).values():
            parts = (value.fget, value.fset, value.fdel) if isinstance(value, property) else (value,)
            parts = (value.func,) if isinstance(value, functools.cached_property) else parts
            for part in parts:
                function = part.__func__ if isinstance(part, (staticmethod, classmethod)) else part
                for one in implementations(function) or (function,):
                    if isinstance(one, FunctionType):
                        yield one


def dispatches(cls: type) -> bool:
    """Whether a class has a method that Python chooses by the class of its argument."""
    return any(
        isinstance(value, functools.singledispatchmethod) for base in cls.__mro__ for value in vars(base).values()
    )


class _Shadow(type):
    """The class of served classes, which share instances and attributes with the user's classes."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, SHADOWS[cls]) if cls in SHADOWS else super().__instancecheck__(instance)

    def __getattribute__(cls, name: str) -> Any:
        found = super().__getattribute__(name)
        own = {} if name.startswith("__") else super().__getattribute__("__dict__")
        return own["__serve__"](found) if "__serve__" in own else found

    def __setattr__(cls, name: str, value: Any) -> None:
        if cls in SHADOWS:
            setattr(SHADOWS[cls], name, value)
        else:
            super().__setattr__(name, value)


class _AbstractShadow(_Shadow, abc.ABCMeta):
    pass


def served_class(
    cls: type, serve: Serve, copy: Callable[[FunctionType], Any], known: Callable[[type], None], given: Serve
) -> type:
    """A subclass whose methods are served; `known` is told of it before its methods are looked at.

    Its bases are the served bases and then the class itself, so that `super()` finds what is served. `given` finds the
    user's own object behind a twin.
    """

    def member(function: Any) -> Any:
        # whose `super()` must start from the served class
        from_here = isinstance(function, FunctionType) and "__class__" in function.__code__.co_freevars
        return copy(function) if from_here else serve(function)

    bases = (*[served for base in cls.__bases__ if (served := serve(base)) is not base], cls)
    own = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "__slots__": ()}
    shadow = (_AbstractShadow if isinstance(cls, abc.ABCMeta) else _Shadow)(cls.__name__, bases, own)
    known(shadow)
    before = shadow.__mro__[1 : shadow.__mro__.index(cls)]
    for name, value in vars(cls).items():
        served = _served_member(value, member)
        # what the class overrides stands in front of what its served bases bring
        if served is not value or (name not in _OF_EVERY_CLASS and any(name in vars(base) for base in before)):
            type.__setattr__(shadow, name, served)
            if isinstance(served, functools.cached_property):
                served.__set_name__(shadow, name)

    plain_read: Any = cls.__getattribute__

    def read(instance: Any, name: str) -> Any:
        # an object that an attribute holds has methods too
        return serve(plain_read(instance, name))

    if not before:
        type.__setattr__(shadow, "__getattribute__", read)
    type.__setattr__(shadow, "__serve__", staticmethod(serve))
    told_apart: Any = (cls.__eq__, cls.__hash__)
    if told_apart == (object.__eq__, object.__hash__):
        # a twin is the object that it stands for, to sets and dictionaries too
        _compare_by(shadow, given)
    return shadow


def _compare_by(shadow: Any, given: Serve) -> None:
    type.__setattr__(shadow, "__eq__", lambda one, other: given(one) is given(other))
    type.__setattr__(shadow, "__hash__", lambda one: object.__hash__(given(one)))


def served_enumeration(cls: Any, serve: Serve, known: Callable[[type], None]) -> type:
    """A class whose members have served methods, and that gives them wherever the enumeration gives its own."""

    class Meta(type(cls)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            return serve(found) if type(found) is cls else found

        def __iter__(self) -> Iterator[Any]:
            return map(serve, iter(cls))

        def __getitem__(self, name: str) -> Any:
            return serve(cls[name])

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return serve(cls(*args, **kwargs))

    # an enumeration with members refuses subclasses, but these are the same members
    shadow: Any = type.__new__(Meta, cls.__name__, (cls,), {"__module__": cls.__module__, "__doc__": cls.__doc__})
    known(shadow)
    plain_read: Any = cls.__getattribute__
    type.__setattr__(shadow, "__getattribute__", lambda member, name: serve(plain_read(member, name)))
    for name, value in vars(cls).items():
        if isinstance(value, (FunctionType, staticmethod, classmethod, property)):
            served = _served_member(value, serve)
            if served is not value:
                type.__setattr__(shadow, name, served)
    return shadow  # type: ignore[no-any-return]


def _served_member(value: Any, serve: Serve) -> Any:
    if isinstance(value, FunctionType):
        return serve(value)
    if isinstance(value, (staticmethod, classmethod)):
        function = serve(value.__func__)
        return value if function is value.__func__ else type(value)(function)
    if isinstance(value, functools.singledispatchmethod):
        return DispatchedMethod(value, serve)
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
