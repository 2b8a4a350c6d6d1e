"""Classes and objects of the user's as copies: what a recorded program sets there is set nowhere else."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any, Final, Generic

from wengert.compiler.hosts import attribute, fixed, item
from wengert.programs.dispatching import DispatchedMethod
from wengert.programs.kinds import SHADOWS
from wengert.programs.reach import left_alone

__all__ = ["shadow_of", "slots_of", "twin_of"]

_OF_EVERY_CLASS: Final = frozenset(
    {"__dict__", "__doc__", "__module__", "__qualname__", "__slots__", "__weakref__", "__annotations__",
     "__abstractmethods__", "_abc_impl", "__match_args__", "__dataclass_fields__", "__dataclass_params__",
     "__orig_bases__", "__parameters__", "__static_attributes__", "__firstlineno__", "__annotate__",
     "__annotate_func__", "__annotations_cache__", "__conditional_annotations__"}
)  # fmt: skip


_WATCHING: Final = frozenset({"__init_subclass__", "__getattribute__", "__del__"})
# the flag of classes that are no part of a module in C
_MADE_BY_PYTHON: Final = 1 << 9


class _Shadow(type):
    """The class of copied classes."""

    def __instancecheck__(cls, instance: Any) -> bool:
        original = SHADOWS.get(cls, cls)
        return type.__instancecheck__(cls, instance) or type.__instancecheck__(original, instance)


class _AbstractShadow(_Shadow, abc.ABCMeta):
    def __subclasscheck__(cls, subclass: Any) -> bool:
        # classes are registered with the user's own, which asks those below it
        return type.__subclasscheck__(cls, subclass)


def shadow_of(cls: type, world: Any, remember: Callable[[Any], None]) -> Any:
    """A subclass whose methods and other members are served; None where a class has no such subclass.

    Its bases are the copies of the bases and then the class itself, so that `super()` finds what is served.
    """
    if not _copyable(cls):
        return None
    bases = (*[served for base in cls.__bases__ if (served := world.inner(base)) is not base], cls)
    own = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "__slots__": ()}
    shadow: Any = (_AbstractShadow if isinstance(cls, abc.ABCMeta) else _Shadow)(cls.__name__, bases, own)
    remember(shadow)
    names = vars(cls)
    world.notes.add("same", attribute(cls, "__bases__", f"the bases of {cls.__name__}"), cls.__bases__)
    world.notes.add("length", fixed(names, f"the members of {cls.__name__}"), len(names))
    given = {}
    for name, value in list(names.items()):
        if name in _OF_EVERY_CLASS or isinstance(value, (MemberDescriptorType, GetSetDescriptorType)):
            continue
        # a method that Python calls by itself need not be said
        said = "" if name.startswith("__") else name
        served = _served_member(value, item(names, name, f"{cls.__name__}.{name}"), said, world)
        type.__setattr__(shadow, name, served)
        given[name] = vars(shadow)[name]
        if isinstance(served, functools.cached_property):
            served.__set_name__(shadow, name)
    if isinstance(cls, abc.ABCMeta):
        abc.update_abstractmethods(shadow)
    world.watch(
        f"the class {cls.__name__}",
        lambda: [vars(shadow).get(name) for name in given] + [len(vars(shadow))],
        [*given.values(), len(vars(shadow))],
    )
    return shadow


class _Late:
    """A method that is copied when it is asked for first: what is never called need not stay as it is."""

    def __init__(self, function: Any, world: Any, wrapped: Any = None) -> None:
        self.function, self.world, self.wrapped = function, world, wrapped
        self.__isabstractmethod__ = getattr(function, "__isabstractmethod__", False)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        served = _copied(self.function, self.world)
        return (served if self.wrapped is None else self.wrapped(served)).__get__(instance, owner)


def _copied(function: Any, world: Any) -> Any:
    # a `super()` must start from the copied class, whatever module the function is of
    from_here = isinstance(function, FunctionType) and "__class__" in function.__code__.co_freevars
    return world.copied(function) if from_here else world.inner(function)


def _late_part(function: Any, world: Any) -> Any:
    return lambda *args: _copied(function, world)(*args)


def _copyable(cls: type) -> bool:
    """Whether a class can have a subclass in whose instances nothing else is different.

    Not what is written in C, nor classes that watch their subclasses, their attributes, or the end of their instances.
    """
    return all(
        type(base) in (type, abc.ABCMeta)
        and base.__flags__ & _MADE_BY_PYTHON
        and not left_alone(base.__module__)
        and _WATCHING.isdisjoint(vars(base))
        for base in cls.__mro__
        if base not in (object, abc.ABC, tuple, Generic)
    )


def _served_member(value: Any, place: Any, name: str, world: Any) -> Any:
    if isinstance(value, FunctionType):
        world.notes.add("same", place, value, name)
        return _Late(value, world)
    if isinstance(value, (staticmethod, classmethod)):
        world.notes.add("same", place, value, name)
        return _Late(value.__func__, world, type(value))
    if isinstance(value, functools.singledispatchmethod):
        world.notes.add("same", place, value, name)
        world.note_implementations(value.dispatcher.registry, name)
        return DispatchedMethod(value, world.inner)
    if isinstance(value, functools.cached_property):
        world.notes.add("same", place, value, name)
        return functools.cached_property(world.inner(value.func))
    if isinstance(value, property):
        world.notes.add("same", place, value, name)
        parts = [None if part is None else _late_part(part, world) for part in (value.fget, value.fset, value.fdel)]
        return property(parts[0], parts[1], parts[2], value.__doc__)
    return world.serve(value, place, name)


def twin_of(instance: Any, cls: type, world: Any, text: str, remember: Callable[[Any], None]) -> Any:
    """A copy of an object, of another class, whose attributes are served."""
    other: Any = object.__new__(cls)
    remember(other)
    held = getattr(instance, "__dict__", None)
    if isinstance(held, dict):
        world.notes.add("same", attribute(instance, "__dict__", text), held)
        world.attributes(held, vars(other), text)
    given = {}
    for name, slot in slots_of(type(instance)):
        found = getattr(instance, name, _MISSING)
        if found is not _MISSING:
            given[name] = world.serve(found, attribute(instance, name, f"{text}.{name}"), name)
            slot.__set__(other, given[name])
        else:
            world.notes.add("empty", fixed(instance, f"{text}.{name}"), name, name)
    if given:
        world.watch(text, lambda: [getattr(other, name, None) for name in given], list(given.values()))
    return other


_MISSING: Final = object()


def slots_of(cls: type) -> list[tuple[str, Any]]:
    """The slots of a class and its bases."""
    return [
        (name, value)
        for base in cls.__mro__
        for name, value in vars(base).items()
        if isinstance(value, MemberDescriptorType)
    ]
