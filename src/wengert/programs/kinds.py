"""Python's and NumPy's classes as a traced program sees them: traced values are of the class that they stand for."""

from __future__ import annotations

import builtins
import numbers
import weakref
from collections import abc
from types import ModuleType
from typing import Any, Final

import numpy as np

import wengert.numpy
from wengert.graph import Operand
from wengert.numpy.host import HostArray
from wengert.numpy.joining import stacked_list
from wengert.primitives.access import cast
from wengert.tracing import FUNCTIONS, holds_traced
from wengert.tracing.mutation import is_array

__all__ = [
    "KINDS",
    "NAMESPACES",
    "SHADOWS",
    "STANDING",
    "Complex",
    "Float",
    "is_instance",
    "is_subclass",
    "kind_of",
    "like",
]

# A served class of a program -> the user's class that it stands for.
SHADOWS: Final[weakref.WeakKeyDictionary[type, type]] = weakref.WeakKeyDictionary()
# Classes of what a program is given in place of its data -> those of the data.
STANDING: Final[dict[type, type]] = {HostArray: np.ndarray}


def like(x: Operand) -> Any:
    """A plain value of the class that stands behind a traced one."""
    kind = x.type
    if is_array(x):
        return np.empty(0, kind.dtype)
    return kind.dtype.type(0).item() if kind.weak else kind.dtype.type(0)


def kind_of(x: Any) -> type:
    """The class of a value in the untraced program."""
    kind: type = type(like(x)) if builtins.isinstance(x, Operand) else type(x)
    return STANDING.get(kind, kind)


def is_instance(instance: Any, kinds: Any) -> bool:
    """`isinstance`, to which a traced value is what it stands for."""
    if not builtins.isinstance(instance, Operand):
        return builtins.isinstance(instance, _original(kinds))
    return kinds is type(instance) or builtins.isinstance(like(instance), _original(kinds))


def is_subclass(kind: Any, kinds: Any) -> bool:
    """`issubclass`, to which what stands for a class is that class."""
    return builtins.issubclass(_original(kind), _original(kinds))


def _original(kinds: Any) -> Any:
    """The user's own classes, which objects made outside of the program belong to."""
    if builtins.isinstance(kinds, tuple):
        return tuple(map(_original, kinds))
    if builtins.isinstance(kinds, _Kind):
        return kinds.original
    return SHADOWS.get(kinds, kinds) if builtins.isinstance(kinds, type) else kinds


class _Kind(type):
    """A class that stands for one of Python's or NumPy's: equal to it, with the same instances, made by it."""

    original: type

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if any([builtins.isinstance(a, Operand) or (a.__class__ in (list, tuple) and holds_traced(a)) for a in args]):
            return cls.converted(*args, **kwargs)
        return cls.original(*args, **kwargs)

    def converted(cls, x: Any) -> Any:
        """A traced value, or a list of them, in the dtype of a class of NumPy's scalars."""
        dtype = np.dtype(cls.original)
        x = x if builtins.isinstance(x, Operand) else stacked_list(x)
        if x.type.kind == "c" and dtype.kind == "f":
            raise TypeError(f"{cls.__name__}() argument must be real, not complex; take its .real")
        return cast(x if x.type.shape or not is_array(x) else x[()], dtype)

    def __instancecheck__(cls, instance: Any) -> bool:
        return is_instance(instance, cls.original)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(_original(subclass), cls.original)

    def __eq__(cls, other: Any) -> Any:
        return _original(other) is cls.original if builtins.isinstance(other, type) else NotImplemented

    def __hash__(cls) -> int:
        return hash(cls.original)


def _scalar(x: Any, what: str) -> Any:
    """A traced array of one entry as a traced Python number; a plain number as it is."""
    if not builtins.isinstance(x, Operand):
        return x
    if x.type.size != 1:
        raise TypeError(f"only arrays of one entry can be converted to Python scalars; received shape {x.type.shape}")
    if x.type.kind == "c" and what == "float":
        raise TypeError("float() argument must be real, not complex; take its .real")
    entry: Any = x
    entry = entry.reshape(()) if x.type.shape else entry
    return FUNCTIONS["number"](cast(entry, np.float64) if x.type.kind not in "fc" else entry)


class _FloatKind(_Kind):
    def converted(cls, x: Any = 0.0, /) -> Any:
        return _scalar(x, "float")


class Float(builtins.float, metaclass=_FloatKind):
    """`float` as a traced program sees it: a traced scalar stays traced."""

    original = builtins.float
    # as which NumPy takes the class in `dtype=float`
    dtype = np.dtype(np.float64)


class _ComplexKind(_Kind):
    def converted(cls, real: Any = 0.0, imag: Any = 0.0) -> Any:
        return _scalar(real, "complex") + _scalar(imag, "complex") * 1j


class Complex(builtins.complex, metaclass=_ComplexKind):
    """`complex` as a traced program sees it."""

    original = builtins.complex
    dtype = np.dtype(np.complex128)


Float.__name__, Complex.__name__ = "float", "complex"


def _standing_for(original: type, **own: Any) -> type:
    own |= {"original": original, "__module__": original.__module__, "__doc__": original.__doc__}
    # an abstract class of Python's asks its subclasses, and must not meet ours
    return _Kind(original.__name__, (original,) if type(original) is type else (), own)


_SCALARS: Final = (
    np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.clongdouble,
)  # fmt: skip
_ABSTRACT: Final = (
    np.generic, np.number, np.inexact, np.floating, np.complexfloating, numbers.Number, numbers.Complex, numbers.Real,
    abc.Iterable, abc.Sized, abc.Container, abc.Collection, abc.Hashable,
)  # fmt: skip

KINDS: Final[dict[int, type]] = {
    **{id(original): _standing_for(original, dtype=np.dtype(original)) for original in _SCALARS},
    **{id(original): _standing_for(original) for original in _ABSTRACT},
    id(np.ndarray): _standing_for(np.ndarray, is_plain=True), id(float): Float, id(complex): Complex,
}  # fmt: skip
"""What stands for classes, by their identities."""


class _Namespace(ModuleType):
    """A module in which classes are found as those that stand for them."""

    def __init__(self, module: ModuleType, name: str) -> None:
        super().__init__(name, module.__doc__)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        value = KINDS.get(id(value), value)
        if not name.startswith("__"):
            # found at once the next time
            setattr(self, name, value)
        return value


NAMESPACES: Final[dict[int, ModuleType]] = {
    id(module): _Namespace(mirror, module.__name__)
    for module, mirror in ((np, wengert.numpy), (numbers, numbers), (abc, abc))
}
"""What stands for modules, where what stands for their classes is wanted."""
