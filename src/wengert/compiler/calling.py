"""A program for a call, handed to the machine code of `entry.ll`, which runs it between Python and a kernel.

That code is the same for every entry and compiled once in a process: what differs stands in tables, so that an entry
costs microseconds to make. It relies on where CPython and NumPy keep the parts of their objects; a trial at its first
use says whether that holds here, and where it does not, `wengert.compiler.interpreting` takes its place.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from string import Template
from types import BuiltinFunctionType
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler import interior, linking

__all__ = [
    "Object",
    "Objects",
    "Output",
    "Part",
    "Program",
    "Slot",
    "Step",
    "Type",
    "callable_of",
    "fits",
    "object_call",
    "supported",
    "trial",
]

# The first ones work on a register, those from CONSTANT on name a place of their own.
KINDS: Final = (
    *("ARRAY", "SCALAR", "INTEGER", "TRUTH", "SAME", "EQUAL", "BITS", "CLASS", "TUPLE", "LIST", "DICT", "LENGTH"),
    *("ATTRIBUTE", "ITEM", "CALL", "TRUE"),
    *("CONSTANT", "DATA", "GLOBAL", "CELL", "GLOBAL_IS", "PART_IS", "SIZE_IS", "ABSENT", "QUIET"),
)
OUTPUTS: Final = ("NEW_ARRAY", "NEW_SCALAR", "NEW_FLOAT", "NEW_COMPLEX", "NEW_INTEGER", "NEW_TRUTH")
PARTS: Final = (
    *("PUSH_OUTPUT", "MOVE_OUTPUT", "PUSH_REGISTER", "PUSH_CONSTANT"),
    *("MAKE_TUPLE", "MAKE_LIST", "MAKE_DICT", "MAKE_CALL"),
)
_NUMBERS: Final = {name: k for names in (KINDS, OUTPUTS, PARTS) for k, name in enumerate(names)}

# What stands on the stack at most; a larger arena is a block of the entry's own.
_ARENA_IN_FRAME: Final = 1 << 14
# From here on a block is given back after each call: the pages of so large a one are cheap beside the work in it.
_ARENA_KEPT: Final = 1 << 28

_LARGEST_FRAME: Final = 1 << 16
_SLOT: Final = 16
_STATUSES: Final = 8


class Step(NamedTuple):
    """One step of a program: what it does (`KINDS`, or `PARTS` for the result), and its operands by place.

    An operand is a number (a register, an input, a count, bits) or any object, which the machine code knows by its
    address; a tuple of objects in the place of a table of addresses is an `Objects`, an array's type a `Type`.
    """

    kind: str
    a: Any = 0
    b: Any = 0
    c: Any = 0
    d: Any = 0


class Objects(NamedTuple):
    """A table of objects: the keys of a dictionary."""

    members: tuple[Any, ...]


class Type(NamedTuple):
    """The dtype and shape that an array must have."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


class Object(NamedTuple):
    """An object as an operand."""

    value: Any


class Slot(NamedTuple):
    """A place of the frame for one number, as an operand."""

    place: int


class Part(NamedTuple):
    """What an object has under a name, as an operand: one of those of a function or a cell."""

    name: str


class Output(NamedTuple):
    """What the kernel computes: its kind in `OUTPUTS`, dtype and shape."""

    kind: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


@dataclass
class Program:
    """What happens in a call of an entry."""

    kernel: int
    """The address of the kernel, unless `attach` sets it in an attribute `kernel` of what calls it, and again later."""
    positional: int
    names: tuple[str, ...]
    inputs: int
    outputs: Sequence[Output]
    arena: int
    heavy: bool
    registers: int = 0
    owned: int = 0
    slots: int = 0
    steps: list[Step] = field(default_factory=list)
    building: list[Step] = field(default_factory=list)
    keep: list[Any] = field(default_factory=list)
    attach: Callable[[Any], None] | None = None


class _Entry(ctypes.Structure):
    """An entry as `entry.ll` reads it."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("positional", "keywords", "steps", "outputs", "parts", "heavy")),
        *((name, ctypes.c_int64) for name in ("frame_bytes", "inputs_at", "outputs_at", "objects_at", "owned_at")),
        *((name, ctypes.c_int64) for name in ("stack_at", "arena_at", "block_bytes")),
        *((name, ctypes.c_void_p) for name in ("kernel", "names", "program", "results", "building", "miss", "block")),
        ("refused", ctypes.c_void_p * _STATUSES),
    ]


class _Method(ctypes.Structure):
    """CPython's `PyMethodDef`."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("call", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    ]


class _Machine:
    """The compiled `entry.ll`, and the method by which all entries are called; both live as long as the process."""

    def __init__(self, code: linking.Code) -> None:
        self.call = _method()
        self.take(code)

    def take(self, code: linking.Code) -> None:
        """Run this code from the next call on."""
        self.code = linking.kept(code)
        self.call.call = code.address("wengert_call")
        self.provisional = False


def supported() -> bool:
    """Whether the machine code for calls works in this process, found out by a trial."""
    # whoever comes second waits for the one that tries it
    with linking.LOCK:
        return _works()


@cache
def _works() -> bool:
    if not interior.known():
        return False
    try:
        return trial()
    except (AttributeError, OSError, ValueError, linking.EngineError):
        return False


def object_call() -> int:
    """The C function that calls what an object holds in the slot `__call__`, the first one behind its header."""
    return _machine().code.address("wengert_call_object")


def _is_entry(value: Any) -> bool:
    """Whether machine code finds in an object, where it looks, that it is an entry."""
    if type(value) is not BuiltinFunctionType:
        return False
    header = object.__basicsize__
    method, held = [ctypes.c_void_p.from_address(id(value) + header + at).value for at in (0, 8)]
    return method == ctypes.addressof(_machine().call) and held == id(value.__self__)


def fits(program: Program) -> bool:
    """Whether the frame of a call is small enough for the stack of any thread."""
    words = program.registers + program.inputs + program.owned + len(program.building) + 4 * len(program.outputs)
    return 8 * words + _SLOT * program.slots <= _LARGEST_FRAME


def callable_of(
    program: Program, miss: Callable[..., Any], refused: Mapping[int, Callable[..., Any]]
) -> Callable[..., Any]:
    """A Python callable which runs the program in machine code; what does not fit goes to `miss` or `refused[status]`.

    It costs about 25 ns for a number and 60 ns for an array to array, with a kernel that does nothing.
    """
    tables: list[Any] = list(program.keep)
    entry = _Entry()
    entry.kernel = program.kernel
    if program.attach is not None:
        program.attach(entry)
    entry.positional, entry.keywords = program.positional, len(program.names)
    entry.names = _table([sys.intern(name) for name in program.names], tables)
    entry.heavy = program.heavy
    entry.miss = _address(miss, tables)
    for status, other in refused.items():
        entry.refused[status] = _address(other, tables)
    slots_at = _frame(entry, program, tables)
    entry.steps, entry.program = len(program.steps), _steps(program.steps, slots_at, tables)
    entry.outputs, entry.results = len(program.outputs), _outputs(program, slots_at, tables)
    building = [] if _is_one_output(program) else program.building
    entry.parts, entry.building = len(building), _steps(building, slots_at, tables)
    holder = ctypes.addressof(entry).to_bytes(8, sys.byteorder)
    made: Callable[..., Any] = _new_function()(ctypes.addressof(_machine().call), (holder, entry, *tables), None)
    return made


@cache
def _new_function() -> Any:
    kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    return kind(("PyCFunction_NewEx", ctypes.pythonapi))


def _is_one_output(program: Program) -> bool:
    """Whether the result is all that the kernel computes, so that nothing is to be built."""
    return len(program.outputs) == 1 and program.building == [Step("MOVE_OUTPUT", 0)]


def _frame(entry: _Entry, program: Program, tables: list[Any]) -> int:
    """Lay out the frame of a call; where the slots begin."""
    at = 8 * program.registers
    for name, count in (("inputs_at", program.inputs), ("outputs_at", len(program.outputs))):
        setattr(entry, name, at)
        at += 8 * count
    entry.objects_at, at = at, at + 8 * len(program.outputs)
    entry.owned_at, at = at, at + 8 * program.owned
    entry.stack_at, at = at, at + 8 * len(program.building)
    slots_at = -(-at // _SLOT) * _SLOT
    at = slots_at + _SLOT * (program.slots + len(program.outputs))
    entry.arena_at = -(-at // 64) * 64
    if program.arena <= _ARENA_IN_FRAME:
        entry.frame_bytes = entry.arena_at + program.arena + 64
        return slots_at
    entry.frame_bytes = entry.arena_at + 64
    entry.block_bytes = program.arena + 64
    if program.arena <= _ARENA_KEPT:
        # pages that are not touched cost nothing, so the block is there from the beginning
        block = np.empty(entry.block_bytes, np.uint8)
        tables.append(block)
        entry.block = -(-block.ctypes.data // 64) * 64
    return slots_at


def _steps(steps: Sequence[Step], slots_at: int, tables: list[Any]) -> int:
    numbers = [
        number
        for step in steps
        for number in (_NUMBERS[step.kind], *(_operand(operand, slots_at, tables) for operand in step[1:]))
    ]
    return _words(numbers, tables)


def _operand(operand: Any, slots_at: int, tables: list[Any]) -> int:
    if isinstance(operand, int):
        return operand
    if isinstance(operand, Slot):
        return slots_at + _SLOT * operand.place
    if isinstance(operand, Part):
        return interior.parts()[operand.name]
    if isinstance(operand, Objects):
        return _table(operand.members, tables)
    if isinstance(operand, Type):
        return _words([_address(operand.dtype, tables), len(operand.shape), *operand.shape], tables)
    return _address(operand.value, tables)


def _outputs(program: Program, slots_at: int, tables: list[Any]) -> int:
    numbers: list[int] = []
    for k, output in enumerate(program.outputs):
        lengths = _words(output.shape, tables)
        slot = slots_at + _SLOT * (program.slots + k)
        numbers += [_NUMBERS[output.kind], _address(output.dtype, tables), len(output.shape), lengths, slot]
    return _words(numbers, tables)


def _address(value: Any, tables: list[Any]) -> int:
    """Where an object is, which lives as long as the entry."""
    tables.append(value)
    return id(value)


def _table(members: Iterable[Any], tables: list[Any]) -> int:
    return _words([_address(member, tables) for member in members], tables)


def _words(numbers: Sequence[int], tables: list[Any]) -> int:
    words = (ctypes.c_int64 * max(len(numbers), 1))(*numbers)
    tables.append(words)
    return ctypes.addressof(words)


@cache
def _machine() -> _Machine:
    text = _text()
    interior.provide_functions()
    _method()
    # the back end's best takes several times as long, and a third off a call: it comes later, or from the disk
    patiently = linking.disk_in_use()
    machine = linking.kept(_Machine(linking.compiled(text, effort=None if patiently else 0)))
    if not patiently:
        import_module("wengert.compiler.improving").improve(machine, text)
    return machine


@cache
def _method() -> _Method:
    flags = 0x0080 | 0x0002  # METH_FASTCALL | METH_KEYWORDS
    method = linking.kept(_Method(b"compiled", None, flags, None))
    linking.provide("wengert_method", ctypes.addressof(method), method)
    return method


def _text() -> str:
    """LLVM's text of `entry.ll` for this interpreter."""
    return Template(linking.beside("entry.ll")).substitute({**_NUMBERS, **_fields(), **interior.layout()})


def _fields() -> dict[str, int]:
    """Where the fields of an entry are, and which steps name a place of their own."""
    fields = {name: getattr(_Entry, name).offset for name, *_ in _Entry._fields_}
    return {**fields, "FIRST_OF_PLACES": _NUMBERS["CONSTANT"]}


def trial(called: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda entry: entry) -> bool:
    """Whether calls of a kernel that adds one give what they should, without an object kept or lost.

    `called` gives what is called for an entry.
    """
    kernel = _machine().code.address("wengert_trial")
    float64 = np.dtype(np.float64)

    def missed(*arguments: Any, **named: Any) -> Any:
        return arguments, named

    for kind, step, argument, other, shape in (
        ("NEW_ARRAY", Step("ARRAY", 0, Type(float64, (1,))), np.array([41.0]), np.array([41.0, 1.0]), (1,)),
        ("NEW_FLOAT", Step("SCALAR", 0, Object(float)), float("41.0"), 41, ()),
        ("NEW_SCALAR", Step("SCALAR", 0, Object(np.float64)), np.float64(41.0), float("41.0"), ()),
    ):
        program = Program(kernel, 1, (), 1, [Output(kind, float64, shape)], 0, False, registers=1)
        program.steps, program.building = [step], [Step("MOVE_OUTPUT", 0), Step("MAKE_TUPLE", 0, 1)]
        entry = callable_of(program, missed, {})
        if not _is_entry(entry):
            return False
        call = called(entry)
        before = sys.getrefcount(argument), sys.getrefcount(float64)
        results = [call(argument) for _ in range(3)]
        if any(type(result) is not tuple or result[0] != 42 for result in results):
            return False
        kinds = {type(result[0]) for result in results}
        del results
        if kinds != {{"NEW_ARRAY": np.ndarray, "NEW_FLOAT": float, "NEW_SCALAR": np.float64}[kind]}:
            return False
        if (sys.getrefcount(argument), sys.getrefcount(float64)) != before:
            return False
        if call(other, x=1) != ((other,), {"x": 1}) or call(other) != ((other,), {}) or call() != ((), {}):
            return False
    return True
