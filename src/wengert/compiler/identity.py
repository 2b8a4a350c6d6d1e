"""Whether a program may ask if two things are one, `x is y`, to which a traced value has no answer of its own."""

from __future__ import annotations

import builtins
import dis
import enum
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from wengert.programs.reach import MISSING

__all__ = ["compares_objects"]

# what two arguments never are
_SETTLED: Final = (type, ModuleType, FunctionType, enum.Enum, str, int, float, type(Ellipsis), type(None))


def compares_objects(function: FunctionType) -> bool:
    """Whether `is` stands between values that may be arrays or containers."""
    return _compares(function.__code__, function.__globals__)


def _compares(code: CodeType, names: dict[str, Any]) -> bool:
    instructions = [i for i in dis.get_instructions(code) if i.opname not in ("EXTENDED_ARG", "CACHE", "NOP")]
    for place, instruction in enumerate(instructions):
        if instruction.opname == "IS_OP" and not _is_settled(instructions[max(place - 2, 0) : place], names):
            return True
    return any([isinstance(part, CodeType) and _compares(part, names) for part in code.co_consts])


def _is_settled(before: list[dis.Instruction], names: dict[str, Any]) -> bool:
    """Whether the right-hand side is a constant, a class, or a member of a class or module that is none of data."""
    last = before[-1] if before else None
    if last is None or last.opname == "LOAD_CONST":
        return last is not None
    value = MISSING
    if last.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        value = _named(last.argval, names)
    elif last.opname == "LOAD_ATTR" and len(before) > 1 and before[0].opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        owner = _named(before[0].argval, names)
        if isinstance(owner, (type, ModuleType)):
            value = getattr(owner, last.argval, MISSING)
    return isinstance(value, _SETTLED) or (type(value) is object and value is not MISSING)


def _named(name: str, names: dict[str, Any]) -> Any:
    return names.get(name, getattr(builtins, name, MISSING))
