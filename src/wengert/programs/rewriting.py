"""The code of a copy, where names alone do not reach: `x.__class__`, and `"%.3f" % x`.

The constants and the operations of the code are exchanged in place, so that its lines and jumps stay where they are.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand
from wengert.programs.need import formats
from wengert.tracing import primal

__all__ = ["rewritten"]

_NOP: Final = dis.opmap["NOP"]
_LARGEST: Final = 0xFFFF


class Text(str):
    """A text of the program, which traced values may fill in."""

    __slots__ = ()

    def __mod__(self, values: Any) -> str:
        return str.__mod__(self, _shown(values))


def _shown(values: Any) -> Any:
    """What stands for traced values in a text: the numbers that they hold."""
    if isinstance(values, Operand):
        plain = primal(values)
        # of the scalars of a batch there is more than one
        return plain if np.ndim(plain) == values.type.ndim else values
    if values.__class__ is tuple:
        return tuple(map(_shown, values))
    return {name: _shown(value) for name, value in values.items()} if values.__class__ is dict else values


def rewritten(code: CodeType, asking: Any) -> CodeType:
    """The code of a function, with the functions inside it, to run in a copy; `asking + x` tells the class of x."""
    constants = tuple([_rewritten_constant(constant, code, asking) for constant in code.co_consts])
    if any([one is not other for one, other in zip(constants, code.co_consts, strict=True)]):
        code = code.replace(co_consts=constants)
    return _asking_for_classes(code, asking) if "__class__" in code.co_names else code


def _rewritten_constant(constant: Any, code: CodeType, asking: Any) -> Any:
    if isinstance(constant, CodeType):
        return rewritten(constant, asking)
    return Text(constant) if constant.__class__ is str and "%" in constant and formats(code) else constant


def _asking_for_classes(code: CodeType, asking: Any) -> CodeType:
    """`x.__class__` as `asking + x`, which takes no more room."""
    operations = bytearray(code.co_code)
    place = len(code.co_consts)
    prefixes: list[int] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "EXTENDED_ARG":
            prefixes.append(instruction.offset)
            continue
        if (
            instruction.opname == "LOAD_ATTR"
            and instruction.argval == "__class__"
            and "NULL" not in instruction.argrepr
        ):
            if place > _LARGEST:
                raise UnsupportedError(
                    f"{code.co_name} (at {code.co_filename}:{code.co_firstlineno}) has too many constants for Wengert "
                    f"to follow its x.__class__; write type(x)"
                )
            for offset in prefixes:
                operations[offset : offset + 2] = bytes([_NOP, 0])
            start, end = instruction.offset, instruction.offset + 2 * (1 + _caches("LOAD_ATTR"))
            operations[start:end] = _addition(place, end - start)
        prefixes = []
    return code.replace(
        co_code=bytes(operations), co_consts=(*code.co_consts, asking), co_stacksize=code.co_stacksize + 1
    )


def _addition(place: int, length: int) -> bytes:
    """The operations `constant + x`, for the x on the stack, filled up to a length."""
    prefix, byte = divmod(place, 256)
    found = bytes([dis.opmap["EXTENDED_ARG"], prefix]) if prefix else b""
    found += bytes([dis.opmap["LOAD_CONST"], byte, dis.opmap["SWAP"], 2, dis.opmap["BINARY_OP"], 0])
    found += bytes(2 * _caches("BINARY_OP"))
    return found + bytes([_NOP, 0]) * ((length - len(found)) // 2)


def _caches(name: str) -> int:
    """How many cells of the code after an operation are the interpreter's."""
    entries: Any = dis._inline_cache_entries  # type: ignore[attr-defined]
    return int(entries[name] if isinstance(entries, dict) else entries[dis.opmap[name]])
