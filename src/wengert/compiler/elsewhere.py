"""State that a program depends on without reading it: registrations of abstract classes, the context of decimals."""

from __future__ import annotations

import abc
import collections.abc
import decimal
import numbers
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final

__all__ = ["DecimalContext", "Registrations", "abstract_classes", "same_context", "same_registrations"]

# of CPython: the registered classes of an abstract class, as weak references, and what it has remembered
_dump: Final = getattr(abc, "_get_dump", None)
_PARTS: Final = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")


# what these modules have is not looked at name by name
_FAMILIES: Final = frozenset({"numbers", "collections", "collections.abc", "typing"})
_OF_PYTHON: Final = tuple(
    [cls for module in (numbers, collections.abc) for cls in vars(module).values() if isinstance(cls, abc.ABCMeta)]
)


def abstract_classes(value: Any) -> tuple[type, ...]:
    """The classes that a program which has found a class, a module or a type hint may ask for their instances."""
    if isinstance(value, abc.ABCMeta):
        return (value,)
    module = value.__name__ if isinstance(value, ModuleType) else type(value).__module__
    return _OF_PYTHON if module in _FAMILIES else ()


class Registrations:
    """Which classes are registered with abstract classes and those below them."""

    def __init__(self, classes: Iterable[type]) -> None:
        self.classes = tuple(classes)
        self.token = abc.get_cache_token()
        self.found = _registered(self.classes)


def same_registrations(_: Any, expected: Registrations) -> bool:
    """Whether abstract classes have the instances that they had."""
    token = abc.get_cache_token()
    if token != expected.token:
        # somebody has registered something somewhere, mostly with another class
        if _dump is None or _registered(expected.classes) != expected.found:
            return False
        expected.token = token
    return True


def _registered(classes: Iterable[type]) -> dict[type, Any]:
    """The registered classes, by the class with which they are."""
    found: dict[type, Any] = {}
    waiting = list(classes)
    while waiting and _dump is not None:
        one = waiting.pop()
        if one not in found and isinstance(one, abc.ABCMeta):
            registry = _dump(one)[0]
            if registry:
                found[one] = registry
                waiting += [reference() for reference in registry if reference() is not None]
            waiting += one.__subclasses__()
    return found


class DecimalContext:
    """How decimal numbers are rounded, and what raises."""

    def __init__(self) -> None:
        context = decimal.getcontext()
        self.parts = [getattr(context, part) for part in _PARTS]
        self.traps = dict(context.traps)


def same_context(_: Any, expected: DecimalContext) -> bool:
    """Whether decimal numbers are computed with as they were."""
    context = decimal.getcontext()
    return [getattr(context, part) for part in _PARTS] == expected.parts and context.traps == expected.traps
