"""What instructions take: constants, and the results of other instructions by their names."""

from __future__ import annotations

import struct
from typing import Any, Final

from wengert.compiler.ir.types import ArrayType, FloatType, IntType, Type, VectorType

__all__ = ["Constant", "Operand", "Undefined", "splat"]

Undefined: Final = object()
"""The content of a constant that nobody reads."""


class Operand:
    """A value of the program: its type, and how it is written without and with it."""

    __slots__ = ("text", "type", "typed")

    def __init__(self, type: Any, text: str) -> None:
        self.type = type
        self.text = text
        self.typed = f"{type.text} {text}"


class Constant(Operand):
    """A constant: of a number, of a list of constants or numbers, of bytes, or `Undefined`."""

    __slots__ = ("constant",)

    def __init__(self, type: Any, value: Any) -> None:
        if type.__class__ is IntType and type.width > 1 and value is not Undefined:
            value = int(value)
            text = str(value)
        else:
            text = _written(type, value)
        super().__init__(type, text)
        self.constant = value


def splat(kind: Any, number: float) -> Constant:
    """The constant of a type that has the number in every lane, exact to the bit."""
    # zeros of both signs are equal, and so are 1 and True
    key = (kind, str(number))
    found = _splats.get(key)
    if found is None:
        if len(_splats) > _MOST:
            _splats.clear()
        element = kind.element if kind.__class__ is VectorType else kind
        if element.__class__ is IntType:
            number = int(number) & ((1 << element.width) - 1)
        found = Constant(element, number)
        if element is not kind:
            Operand.__init__(found, kind, f"splat ({found.typed})")
        _splats[key] = found
    return found


_splats: Final[dict[Any, Constant]] = {}
_MOST: Final = 10_000


def _written(kind: Type, value: Any) -> str:
    if value is Undefined:
        return "undef"
    if isinstance(value, (bytes, bytearray)):
        digits = "\\".join(["", *[f"{byte:02x}" for byte in value]])
        return f'c"{digits}"'
    if isinstance(kind, (VectorType, ArrayType)):
        parts = [part if isinstance(part, Constant) else Constant(kind.element, part) for part in value]
        written = ", ".join([part.typed for part in parts])
        return f"<{written}>" if isinstance(kind, VectorType) else f"[{written}]"
    if isinstance(kind, IntType):
        # one bit has no sign: all ones is the truth value true
        return str(int(value)) if kind.width > 1 else ("true" if int(value) & 1 else "false")
    return _hexadecimal(kind, float(value))


def _hexadecimal(element: Type, number: float) -> str:
    if isinstance(element, FloatType):
        # LLVM writes single precision with the digits of double precision
        try:
            (number,) = struct.unpack("<f", struct.pack("<f", number))
        except OverflowError:
            number = float("inf") if number > 0 else float("-inf")
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016x}"
