"""Objects of a class that the interpreter calls by machine code, with nothing of Python's in between.

An object is called through the slot `tp_call` of its class. For a class with a method `__call__` that slot looks the
method up, binds it, and packs the arguments into a tuple. The vectorcall protocol (PEP 590) is CPython's way around: a
word in the object itself holds the address of a C function, which gets the arguments as they lie on the interpreter's
stack. A class gets such a word when it is made through the C interface, so that is done here for a class of Python's.

The word is only a shorter way to the same call, that of what the slot `__call__` of the object holds. Where it is
empty, or where a subclass has a method `__call__` of its own, the interpreter goes the usual way.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

from wengert.compiler import calling, interior, linking

__all__ = ["call_directly", "directly_callable", "supported"]

_T = TypeVar("_T", bound=type)

# CPython's stable interface: Include/object.h, typeslots.h, descrobject.h
_DEFAULT, _BASETYPE, _HAVE_VECTORCALL = 1 << 18, 1 << 10, 1 << 11
_MEMBERS: Final = 72
_SIZE_TYPE, _READ_ONLY = 19, 1


class _Member(ctypes.Structure):
    """`PyMemberDef`."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    ]


class _Slot(ctypes.Structure):
    """`PyType_Slot`."""

    _fields_ = [("slot", ctypes.c_int), ("value", ctypes.c_void_p)]


class _Specification(ctypes.Structure):
    """`PyType_Spec`."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("size", ctypes.c_int),
        ("size_of_item", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.c_void_p),
    ]


def directly_callable(cls: _T) -> _T:
    """The class with room for the word in its objects: one of the same name, derived from it.

    The first of its `__slots__` must be `__call__`. Where machine code does not know the objects of this interpreter,
    it is the class itself.
    """
    if not _can_have_the_word(cls):
        return cls
    # members of a class end where a nameless one stands
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", _SIZE_TYPE, cls.__basicsize__, _READ_ONLY, None))
    slots = (_Slot * 2)(_Slot(_MEMBERS, ctypes.addressof(members)))
    name = f"{cls.__module__}.{cls.__qualname__}".encode()
    flags = _DEFAULT | _BASETYPE | _HAVE_VECTORCALL
    specification = _Specification(name, cls.__basicsize__ + 8, 0, flags, ctypes.addressof(slots))
    linking.kept((members, slots, specification))
    try:
        made: Any = _new_class()(ctypes.addressof(specification), (cls,))
    except (AttributeError, SystemError, TypeError, ValueError):
        return cls
    made.__doc__, made.__qualname__ = cls.__doc__, cls.__qualname__
    _PLACES[made] = cls.__basicsize__
    return made  # type: ignore[no-any-return]


# the classes that were made, and where their objects have the word
_PLACES: Final[dict[type, int]] = {}


def _can_have_the_word(cls: type) -> bool:
    """Whether the slot `__call__` is where machine code looks for it."""
    # a debug build of CPython asks for a `tp_call` of the class's own
    if not interior.known() or hasattr(sys, "gettotalrefcount"):
        return False
    probe: Any = object.__new__(cls)
    probe.__call__ = probe
    return bool(_word(probe, interior.layout()["header"]).value == id(probe) and cls.__basicsize__ % 8 == 0)


def _new_class() -> Callable[[int, tuple[type, ...]], type]:
    kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object)
    return kind(("PyType_FromSpecWithBases", ctypes.pythonapi))


def _word(value: Any, offset: int) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(id(value) + offset)


def call_directly(value: Any) -> None:
    """From here on let the interpreter call what the slot `__call__` of an object holds by machine code."""
    if supported():
        _put_the_word(value)


def supported() -> bool:
    """Whether objects can be called by machine code in this process, found out by a trial."""
    # whoever comes second waits for the one that tries it
    with linking.LOCK:
        return _works()


@cache
def _works() -> bool:
    return _Tried in _PLACES and calling.supported() and calling.trial(_tried)


def _put_the_word(value: Any) -> None:
    for cls in type(value).__mro__:
        if cls in _PLACES:
            _word(value, _PLACES[cls]).value = calling.object_call()
            return


@directly_callable
class _Tried:
    """What is called in a trial."""

    __slots__ = ("__call__",)
    __call__: Callable[..., Any]


def _tried(entry: Callable[..., Any]) -> Callable[..., Any]:
    called = _Tried()
    called.__call__ = entry
    _put_the_word(called)
    return called
