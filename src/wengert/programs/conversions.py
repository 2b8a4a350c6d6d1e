"""Python's conversions and questions, for traced values: `float(x)`, `complex(x)`, `isinstance(x, np.ndarray)`."""

from __future__ import annotations

import builtins
import weakref
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.primitives.access import cast
from wengert.tracing.mutation import is_array

__all__ = ["BUILTINS", "COMPARED", "SHADOWS"]


class _FloatMeta(type):
    def __call__(cls, x: Any = 0.0, /) -> Any:
        return _scalar(x, np.float64) if builtins.isinstance(x, Operand) else builtins.float(x)

    def __instancecheck__(cls, instance: Any) -> bool:
        return _isinstance(instance, builtins.float)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(subclass, builtins.float)


class Float(builtins.float, metaclass=_FloatMeta):
    """`float` as a traced program sees it: a traced scalar stays traced."""

    # as which NumPy takes the class in `dtype=float`
    dtype = np.dtype(np.float64)


class _ComplexMeta(type):
    def __call__(cls, real: Any = 0.0, imag: Any = 0.0) -> Any:
        if builtins.isinstance(real, Operand) or builtins.isinstance(imag, Operand):
            return _scalar(real, np.complex128) + _scalar(imag, np.complex128) * 1j
        return builtins.complex(real, imag) if imag.__class__ is not builtins.float or imag else builtins.complex(real)

    def __instancecheck__(cls, instance: Any) -> bool:
        return _isinstance(instance, builtins.complex)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(subclass, builtins.complex)


class Complex(builtins.complex, metaclass=_ComplexMeta):
    """`complex` as a traced program sees it."""

    dtype = np.dtype(np.complex128)


def _scalar(x: Any, dtype: Any) -> Any:
    """A traced array of one entry as a traced scalar, as Python's conversions take it."""
    if not builtins.isinstance(x, Operand):
        return dtype(x)
    if x.type.size != 1:
        raise TypeError(f"only arrays of one entry can be converted to Python scalars; received shape {x.type.shape}")
    if x.type.kind == "c" and dtype is np.float64:
        raise TypeError("float() argument must be real, not complex; take its .real")
    entry: Any = x
    return cast(entry.reshape(()) if x.type.shape else entry, dtype)


def _isinstance(instance: Any, kinds: Any) -> bool:
    """`isinstance`, to which a traced value is what it stands for."""
    if not builtins.isinstance(instance, Operand):
        return builtins.isinstance(instance, _original(kinds))
    return kinds is builtins.type(instance) or builtins.isinstance(_like(instance), _original(kinds))


# A served class of a program -> the user's class that it stands for.
SHADOWS: Final[weakref.WeakKeyDictionary[type, type]] = weakref.WeakKeyDictionary()


def _original(kinds: Any) -> Any:
    """The user's own classes, which objects made outside of the program belong to."""
    if builtins.isinstance(kinds, tuple):
        return tuple(map(_original, kinds))
    return SHADOWS.get(kinds, kinds) if builtins.isinstance(kinds, type) else kinds


def _like(x: Operand) -> Any:
    """A plain value of the class that stands behind a traced one."""
    kind = x.type
    if is_array(x):
        return np.empty(0, kind.dtype)
    return kind.dtype.type(0).item() if kind.weak else kind.dtype.type(0)


def _hasattr(instance: Any, name: str) -> bool:
    """`hasattr`, to which a traced value is what it stands for."""
    return hasattr(_like(instance) if builtins.isinstance(instance, Operand) else instance, name)


class _TypeMeta(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and builtins.isinstance(args[0], Operand):
            return builtins.type(_like(args[0]))
        return builtins.type(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return builtins.isinstance(instance, builtins.type)


class Type(type, metaclass=_TypeMeta):
    """`type` as a traced program sees it: a traced value is of the class that it stands for."""


BUILTINS: Final[dict[str, Any]] = {
    "float": Float, "complex": Complex, "isinstance": _isinstance, "hasattr": _hasattr, "type": Type,
}  # fmt: skip
# where classes are told apart by identity, Python's own must stay themselves
COMPARED: Final = frozenset({"float", "complex"})
