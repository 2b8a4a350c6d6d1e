"""The types of the values in a graph: shape and dtype, interned so that equal types are one object."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

__all__ = [
    "OPAQUE",
    "ArrayType",
    "OpaqueType",
    "array_type",
    "concrete_type",
    "declare_opaque",
]

Shape = tuple[int, ...]


class ArrayType:
    """Shape and dtype of an array or scalar. Made by `array_type` only, which interns.

    A *weak* type is that of a Python number, whose dtype yields to that of an array (NEP 50).
    """

    __slots__ = ("dtype", "kind", "ndim", "one", "shape", "size", "weak")

    shape: Shape
    dtype: np.dtype[Any]
    weak: bool
    ndim: int
    size: int
    kind: str
    one: Any

    @property
    def inexact(self) -> bool:
        """Whether values of this type are real or complex floating-point numbers."""
        return self.kind in "fc"

    def __repr__(self) -> str:
        if self.weak:
            return {"f": "float", "i": "int", "c": "complex", "b": "bool"}[self.dtype.kind]
        return f"{self.dtype.name}[{', '.join(map(str, self.shape))}]" if self.shape else self.dtype.name

    def __reduce__(self) -> Any:
        return array_type, (self.shape, self.dtype, self.weak)


class OpaqueType:
    """The type of an operand that is no array: the static part of an index, for instance."""

    __slots__ = ()
    shape: Shape = ()
    ndim = 0
    size = 1
    weak = False
    inexact = False
    kind = "O"

    def __repr__(self) -> str:
        return "opaque"


OPAQUE: Final = OpaqueType()
_interned: dict[tuple[Shape, np.dtype[Any], bool], ArrayType] = {}


def array_type(shape: Shape, dtype: np.dtype[Any], weak: bool = False) -> ArrayType:
    """The one `ArrayType` of this shape and dtype."""
    key = (shape, dtype, weak)
    found = _interned.get(key)
    if found is None:
        found = ArrayType()
        found.shape, found.dtype, found.weak = shape, dtype, weak
        found.ndim = len(shape)
        found.kind = dtype.kind
        # the seed of a reverse sweep, at hand because small programs ask for it often
        found.one = dtype.type(1) if dtype.kind in "fc" else None
        found.size = 1
        for length in shape:
            found.size *= length
        # setdefault, so that two threads that meet here agree on one object
        found = _interned.setdefault(key, found)
    return found


_PYTHON_SCALARS: Final[dict[type, ArrayType]] = {
    float: array_type((), np.dtype(np.float64), weak=True),
    int: array_type((), np.dtype(np.int64), weak=True),
    complex: array_type((), np.dtype(np.complex128), weak=True),
    bool: array_type((), np.dtype(np.bool_), weak=True),
}

_KNOWN: Final[dict[type, ArrayType | OpaqueType]] = {
    **_PYTHON_SCALARS,
    np.float64: array_type((), np.dtype(np.float64)),
    np.float32: array_type((), np.dtype(np.float32)),
    np.bool_: array_type((), np.dtype(np.bool_)),
}


def declare_opaque(kind: type) -> type:
    """Declare, as a decorator, that the instances of a class are opaque operands."""
    _KNOWN[kind] = OPAQUE
    return kind


def concrete_type(value: Any) -> ArrayType | OpaqueType:
    """The type of a Python number, NumPy scalar or array; `OPAQUE` for anything else."""
    kind = value.__class__
    if kind is np.ndarray:
        known = _interned.get((value.shape, value.dtype, False))
        return known if known is not None else array_type(value.shape, value.dtype)
    found = _KNOWN.get(kind)
    if found is not None:
        return found
    if isinstance(value, (np.ndarray, np.generic)):
        return array_type(value.shape, value.dtype)
    return OPAQUE
