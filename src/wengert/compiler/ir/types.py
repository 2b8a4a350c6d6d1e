"""LLVM's types. Each exists once, so that equal types are the same object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

__all__ = [
    "ArrayType",
    "DoubleType",
    "FloatType",
    "FunctionType",
    "HalfType",
    "IntType",
    "LiteralStructType",
    "PointerType",
    "Type",
    "VectorType",
    "VoidType",
]


class Type:
    """A type, `text` as LLVM writes it."""

    _all: ClassVar[dict[Any, Any]] = {}

    text: str
    # of a vector or an array, and of a pointer to what is known
    element: Any
    count: int
    pointee: Any
    # the short form in the names of intrinsics
    intrinsic_name: str

    def __new__(cls, *parts: Any) -> Self:
        key = (cls, *[tuple(part) if part.__class__ is list else part for part in parts])
        found = cls._all.get(key)
        if found is None:
            made = object.__new__(cls)
            made._describe(*key[1:])
            found = cls._all.setdefault(key, made)
        return found  # type: ignore[no-any-return]

    def _describe(self) -> None:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.text}>"

    def as_pointer(self) -> PointerType:
        """Addresses of this type, which LLVM itself does not tell apart from others."""
        return PointerType(self)


class VoidType(Type):
    """No result."""

    def _describe(self) -> None:
        self.text = "void"


class IntType(Type):
    """Integers of so many bits; of one bit, truth values."""

    width: int

    def __new__(cls, width: int) -> Self:
        return super().__new__(cls, width)

    def _describe(self, width: int) -> None:  # type: ignore[override]
        self.text = self.intrinsic_name = f"i{width}"
        self.width = width


class HalfType(Type):
    """Floating numbers of 16 bits."""

    def _describe(self) -> None:
        self.text, self.intrinsic_name = "half", "f16"


class FloatType(Type):
    """Floating numbers of 32 bits."""

    def _describe(self) -> None:
        self.text, self.intrinsic_name = "float", "f32"


class DoubleType(Type):
    """Floating numbers of 64 bits."""

    def _describe(self) -> None:
        self.text, self.intrinsic_name = "double", "f64"


class PointerType(Type):
    """Addresses; `pointee` is what lies there, where that is known."""

    def _describe(self, pointee: Type | None = None) -> None:
        self.text = "ptr"
        self.pointee = pointee


class VectorType(Type):
    """So many numbers in a register."""

    def _describe(self, element: Type, count: int) -> None:  # type: ignore[override]
        self.text = f"<{count} x {element.text}>"
        self.element, self.count = element, count


class ArrayType(Type):
    """So many values in memory."""

    def _describe(self, element: Type, count: int) -> None:  # type: ignore[override]
        self.text = f"[{count} x {element.text}]"
        self.element, self.count = element, count


class LiteralStructType(Type):
    """Several values."""

    elements: tuple[Type, ...]

    def _describe(self, elements: Iterable[Type]) -> None:  # type: ignore[override]
        self.elements = tuple(elements)
        self.text = f"{{{', '.join([element.text for element in self.elements])}}}"


class FunctionType(Type):
    """Functions."""

    returned: Type
    operands: tuple[Type, ...]

    def _describe(self, returned: Type, operands: Iterable[Type]) -> None:  # type: ignore[override]
        self.returned, self.operands = returned, tuple(operands)
        self.text = f"{returned.text} ({', '.join([operand.text for operand in self.operands])})"
