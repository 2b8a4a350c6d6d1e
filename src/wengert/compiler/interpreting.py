"""A program for a call, run by Python: for interpreters whose objects the machine code does not know.

It does what `entry.ll` does, step by step; only the kernel is machine code.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final, NoReturn

import numpy as np

from wengert.compiler.calling import Object, Output, Program, Step
from wengert.compiler.errstate import is_quiet

__all__ = ["callable_of"]

_ARGUMENTS: Final = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_NUMBERS: Final[dict[str, Callable[[Any], Any]]] = {
    "NEW_SCALAR": lambda data: data[()],
    "NEW_FLOAT": float,
    "NEW_COMPLEX": complex,
    "NEW_INTEGER": int,
    "NEW_TRUTH": bool,
}


class _UnfitError(Exception):
    """An object is not as recorded."""


class _Call:
    """One call: the registers, and the data of the inputs, which live as long as it."""

    def __init__(self, program: Program, given: list[Any]) -> None:
        self.registers = given + [None] * (program.registers - len(given))
        self.data: list[Any] = [None] * program.inputs

    def give(self, index: int, data: Any) -> None:
        self.data[index] = data


def callable_of(
    program: Program, miss: Callable[..., Any], refused: Mapping[int, Callable[..., Any]]
) -> Callable[..., Any]:
    """A Python callable which runs the program; what does not fit goes to `miss` or `refused[status]`."""
    run_with_lock, run_without = ctypes.PYFUNCTYPE, ctypes.CFUNCTYPE
    function = (run_without if program.heavy else run_with_lock)(ctypes.c_int32, *_ARGUMENTS)
    found = SimpleNamespace(kernel=program.kernel)
    if program.attach is not None:
        program.attach(found)

    def compiled(*arguments: Any, **named: Any) -> Any:
        if len(arguments) != program.positional or tuple(named) != program.names:
            return miss(*arguments, **named)
        call = _Call(program, [*arguments, *named.values()])
        try:
            for step in program.steps:
                _STEPS[step.kind](call, *step[1:])
        except Exception:  # noqa: BLE001  (an error of a guard is met again where it belongs)
            return miss(*arguments, **named)
        arena = np.empty(program.arena + 64, np.uint8)
        outputs = [np.empty(output.shape, output.dtype) for output in program.outputs]
        status = function(found.kernel)(_pointers(call.data), _pointers(outputs), -(-arena.ctypes.data // 64) * 64)
        if status:
            return refused.get(status, miss)(*arguments, **named)
        made = [_object(output, data) for output, data in zip(program.outputs, outputs, strict=True)]
        return _built(program, call, made)

    return compiled


def _pointers(data: list[Any]) -> Any:
    addresses = [one if isinstance(one, int) else one.ctypes.data for one in data]
    return (ctypes.c_void_p * max(len(data), 1))(*addresses)


def _object(output: Output, data: Any) -> Any:
    return data if output.kind == "NEW_ARRAY" else _NUMBERS[output.kind](data)


def _built(program: Program, call: _Call, made: list[Any]) -> Any:
    stack: list[Any] = []
    for step in program.building:
        if step.kind in ("PUSH_OUTPUT", "MOVE_OUTPUT"):
            stack.append(made[step.a])
        elif step.kind == "PUSH_REGISTER":
            stack.append(call.registers[step.a])
        elif step.kind == "PUSH_CONSTANT":
            stack.append(step.a.value)
        else:
            members = stack[len(stack) - step.b :]
            del stack[len(stack) - step.b :]
            stack.append(_container(step, members))
    return stack[0]


def _container(step: Step, members: list[Any]) -> Any:
    if step.kind == "MAKE_DICT":
        return dict(zip(step.a.members, members, strict=True))
    if step.kind == "MAKE_CALL":
        return step.a.value(*members)
    return tuple(members) if step.kind == "MAKE_TUPLE" else members


def _unfit() -> NoReturn:
    raise _UnfitError


def _demand(condition: Any) -> None:
    if not condition:
        _unfit()


def _array(call: _Call, a: int, b: Any, c: int, d: Any) -> None:
    found = call.registers[a]
    _demand(type(found) is np.ndarray and found.dtype == b.dtype and found.shape == b.shape)
    whole = found.flags.c_contiguous and found.flags.aligned
    call.give(c, found if whole else np.array(found, order="C"))


def _number(call: _Call, a: int, b: Any, c: int, d: Any) -> None:
    found = call.registers[a]
    _demand(type(found) is b.value)
    call.give(c, np.asarray(found))


def _integer(call: _Call, a: int, b: Any, c: int, d: Any) -> None:
    found = call.registers[a]
    _demand(type(found) is int and -(1 << 63) <= found < 1 << 63)
    call.give(c, np.array(found, np.int64))


def _truth(call: _Call, a: int, b: Any, c: int, d: Any) -> None:
    found = call.registers[a]
    _demand(type(found) is bool)
    call.give(c, np.array(found))


def _equal(call: _Call, a: int, b: Object, c: Any, d: Any) -> None:
    found = call.registers[a]
    _demand(found is b.value or (type(found) is type(b.value) and found == b.value))


def _bits(call: _Call, a: int, b: Object, c: int, d: Any) -> None:
    found = call.registers[a]
    _demand(type(found) is b.value and struct.unpack("q", struct.pack("d", found))[0] == c)


def _sequence(call: _Call, a: int, b: int, c: Any, d: int) -> None:
    found = call.registers[a]
    _demand(type(found) is (c.value if c else list) and len(found) == b)
    call.registers[d : d + b] = found


def _dict(call: _Call, a: int, b: int, c: Any, d: int) -> None:
    found = call.registers[a]
    _demand(type(found) is dict and tuple(found) == c.members)
    call.registers[d : d + b] = found.values()


def _fetching(read: Callable[[Any, Any], Any]) -> Callable[..., None]:
    def step(call: _Call, a: Any, b: Any, c: Any, d: int) -> None:
        owner = a.value if isinstance(a, Object) else call.registers[a]
        call.registers[d] = read(owner, b.value if isinstance(b, Object) else b)

    return step


_STEPS: Final[Mapping[str, Callable[..., None]]] = {
    "ARRAY": _array,
    "SCALAR": _number,
    "INTEGER": _integer,
    "TRUTH": _truth,
    "SAME": lambda call, a, b, c, d: _demand(call.registers[a] is b.value),
    "EQUAL": _equal,
    "BITS": _bits,
    "CLASS": lambda call, a, b, c, d: _demand(type(call.registers[a]) is b.value),
    "LENGTH": lambda call, a, b, c, d: _demand(len(call.registers[a]) == b),
    "TUPLE": _sequence,
    "LIST": _sequence,
    "DICT": _dict,
    "ATTRIBUTE": _fetching(getattr),
    "ITEM": _fetching(lambda owner, key: owner[key]),
    "CALL": _fetching(lambda owner, key: owner()),
    "TRUE": lambda call, a, b, c, d: _demand(call.registers[a]),
    "CONSTANT": _fetching(lambda owner, key: owner),
    "DATA": lambda call, a, b, c, d: call.give(c, a),
    "GLOBAL": _fetching(lambda owner, key: owner[key]),
    "CELL": _fetching(lambda owner, key: owner.cell_contents),
    "GLOBAL_IS": lambda call, a, b, c, d: _demand(a.value[b.value] is c.value),
    "SIZE_IS": lambda call, a, b, c, d: _demand(len(a.value) == b),
    "ABSENT": lambda call, a, b, c, d: _demand(b.value not in a.value),
    "QUIET": lambda call, a, b, c, d: _demand(is_quiet()),
    "PART_IS": lambda call, a, b, c, d: _demand(getattr(a.value, b.name) is (c.value if c else None)),
}
