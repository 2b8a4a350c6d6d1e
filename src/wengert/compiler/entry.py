"""The call of a compiled function from Python: what it takes, what it returns, and what it rests on.

An entry is a callable that checks its arguments, hands their data to a kernel and builds the result, all in machine
code where the interpreter allows it. Whatever is not as recorded goes to `miss`, with the arguments of the call.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from types import FunctionType, MappingProxyType
from typing import Any, Final

import numpy as np

from wengert.compiler import calling, interior, interpreting
from wengert.compiler.calling import Object, Objects, Part, Program, Slot, Step, Type
from wengert.compiler.errstate import is_quiet, setting_in_memory
from wengert.compiler.guards import Check, Guards
from wengert.compiler.hosts import HostArray, Place
from wengert.compiler.patterns import Constant, Input, Made, NotNativeError, Output
from wengert.graph import ArrayType
from wengert.tree.kinds import DataclassKind
from wengert.tree.registry import kind_of

__all__ = ["entry", "entry_program"]

_PYTHON_NUMBERS: Final = {"f": float, "c": complex, "i": int, "b": bool}
_NEW_NUMBERS: Final = {"f": "NEW_FLOAT", "c": "NEW_COMPLEX", "i": "NEW_INTEGER", "b": "NEW_TRUTH"}
_COMPARED_BY_VALUE: Final = (int, str, bytes)
_CONTAINERS: Final = (dict, list, set, tuple, MappingProxyType)
# Names of one dictionary that are compared in the frame of a call, where each takes room.
_NAMES: Final = 100


def entry_program(
    kernel: int,
    inputs: Sequence[ArrayType],
    outputs: Sequence[ArrayType],
    *,
    arguments: Sequence[Any] | None = None,
    keywords: Mapping[str, Any] | None = None,
    captured: Sequence[HostArray] = (),
    constants: Sequence[Any] = (),
    guards: Guards | None = None,
    result: Any = None,
    arena: int = 0,
    heavy: bool = False,
    keep: Sequence[Any] = (),
    attach: Callable[[Any], None] | None = None,
) -> Program:
    """What happens in a call: it runs `i32 kernel(i8** inputs, i8** outputs, i8* arena)` on the data of its arguments.

    Parameters
    ----------
    kernel, keep
        The kernel's address, and whatever must live for it to be there.
    attach
        Sets the attribute `kernel` of what calls it to the address, and later to another one that shall be called.
    inputs, outputs
        The types of what the kernel reads and writes: first the leaves of the arguments, then the `captured` arrays.
    captured, constants
        Arrays that are looked up at each call, and contiguous ones whose addresses follow those of the inputs.
    arguments, keywords
        Patterns of the arguments: `Input` and `Constant` in tuples, lists and dictionaries. Without them each input
        that is not captured is one positional argument.
    guards
        What must hold besides, compared at each call.
    result
        A pattern of the result: `Output`, `Input`, `Constant` and `Made` in tuples, lists and dictionaries. Without it
        the one output, or the tuple of all.
    arena
        The bytes of memory that the kernel works in, which begin at a multiple of 64.
    heavy
        Whether other threads of Python may run while the kernel does.
    """
    leaves = len(inputs) - len(captured)
    if arguments is None:
        arguments = [] if keywords else [Input(index) for index in range(leaves)]
    program = Program(
        kernel=kernel,
        positional=len(arguments),
        names=tuple(keywords or ()),
        inputs=len(inputs) + len(constants),
        outputs=[_made_as(type_, None) for type_ in outputs],
        arena=arena,
        heavy=heavy,
        keep=list(keep),
        attach=attach,
    )
    writer = _Writer(program, inputs)
    writer.arguments([*arguments, *(keywords or {}).values()])
    writer.quiet()
    others = [check for check in guards.checks if not writer.check(check)] if guards is not None else []
    for index, host in enumerate(captured, start=leaves):
        writer.host(index, host)
    for index, constant in enumerate(constants, start=len(inputs)):
        writer.constant(index, constant)
    if others:
        writer.holds(Guards(others).hold)
    writer.result(_usual_result(len(outputs)) if result is None else result, outputs)
    return program


def entry(
    program: Program, miss: Callable[..., Any], refused: Mapping[int, Callable[..., Any]] = MappingProxyType({})
) -> Callable[..., Any]:
    """A callable which runs the program.

    `miss` is called with the arguments of the call where they do not fit the patterns, where a guard does not hold, or
    where the kernel returns another status than 0; `refused` may name another for a status from 1 to 7.
    """
    native = calling.supported() and calling.fits(program)
    make = calling.callable_of if native else interpreting.callable_of
    return make(program, miss, refused)


def _are_few_names(keys: Sequence[Any]) -> bool:
    return len(keys) <= _NAMES and all([type(key) is str for key in keys])


def _usual_result(count: int) -> Any:
    return Output(0) if count == 1 else tuple([Output(index) for index in range(count)])


def _made_as(type_: ArrayType, kind: type | None) -> calling.Output:
    """How an output comes to be an object of a class."""
    if type_.kind not in "biufc":
        raise NotNativeError(f"an output of dtype {type_.dtype}.")
    if kind is None:
        kind = _class_of(type_)
    if kind is np.ndarray:
        return calling.Output("NEW_ARRAY", type_.dtype, type_.shape)
    if type_.shape:
        raise NotNativeError(f"an output of shape {type_.shape} as {kind.__name__}.")
    if kind is _PYTHON_NUMBERS.get(type_.kind):
        return calling.Output(_NEW_NUMBERS[type_.kind], type_.dtype, ())
    return calling.Output("NEW_SCALAR", type_.dtype, ())


def _class_of(type_: ArrayType) -> type:
    """The class of an object of this type, where nothing else is said."""
    if type_.weak:
        return _PYTHON_NUMBERS[type_.kind]
    return np.ndarray if type_.shape else type_.dtype.type


class _Writer:
    """Writes the steps of a program."""

    def __init__(self, program: Program, inputs: Sequence[ArrayType]) -> None:
        self.program = program
        self.inputs = inputs
        self.registers: dict[int, int] = {}
        self.index_of: Iterator[int] | None = None

    def step(self, kind: str, a: Any = 0, b: Any = 0, c: Any = 0, d: Any = 0) -> None:
        self.program.steps.append(Step(kind, a, b, c, d))

    def new_registers(self, count: int) -> int:
        first = self.program.registers
        self.program.registers += count
        return first

    def arguments(self, patterns: Sequence[Any]) -> None:
        first = self.new_registers(len(patterns))
        for register, pattern in enumerate(patterns, start=first):
            self.pattern(register, pattern)

    def pattern(self, register: int, pattern: Any) -> None:
        """Check that the object in a register is of this pattern."""
        if isinstance(pattern, Input):
            self.input(register, pattern.index, pattern.kind)
        elif isinstance(pattern, tuple):
            # a named tuple is one of another class
            self.members(register, "TUPLE", list(pattern), Object(type(pattern)))
        elif type(pattern) is list:
            self.members(register, "LIST", pattern)
        elif is_dataclass(pattern):
            self.fields(register, pattern)
        elif type(pattern) is dict:
            self.members(register, "DICT", list(pattern.values()), Objects(tuple(pattern)))
        else:
            self.static(register, pattern.value if isinstance(pattern, Constant) else pattern)

    def members(self, register: int, kind: str, patterns: list[Any], keys: Any = 0) -> None:
        first = self.new_registers(len(patterns))
        self.step(kind, register, len(patterns), keys, first)
        self.program.owned += len(patterns)
        for member, pattern in enumerate(patterns, start=first):
            self.pattern(member, pattern)

    def fields(self, register: int, pattern: Any) -> None:
        """Check an object of a data class, which must have no other attributes than its fields."""
        kind = kind_of(type(pattern))
        assert isinstance(kind, DataclassKind)
        self.step("CLASS", register, Object(type(pattern)))
        first = self.new_registers(len(kind.names) + 1)
        self.program.owned += len(kind.names) + 1
        if hasattr(pattern, "__dict__"):
            self.step("ATTRIBUTE", register, Object("__dict__"), d=first)
            self.step("LENGTH", first, len(kind.names))
        for member, name in enumerate(kind.names, start=first + 1):
            self.step("ATTRIBUTE", register, Object(name), d=member)
            self.pattern(member, getattr(pattern, name))

    def input(self, register: int, index: int, kind: type | None) -> None:
        """Hand the data of the object in a register to the kernel."""
        type_ = self.inputs[index]
        kind = _class_of(type_) if kind is None else kind
        self.registers[index] = register
        if type_.kind not in "biufc":
            raise NotNativeError(f"an input of dtype {type_.dtype}.")
        if kind is np.ndarray:
            self.step("ARRAY", register, Type(type_.dtype, type_.shape), index)
            # perhaps a contiguous copy
            self.program.owned += 1
        elif kind in (int, bool):
            slot, self.program.slots = self.program.slots, self.program.slots + 1
            self.step("INTEGER" if kind is int else "TRUTH", register, 0, index, Slot(slot))
        elif kind in (float, complex) or (issubclass(kind, np.generic) and np.dtype(kind) == type_.dtype):
            self.step("SCALAR", register, Object(kind), index)
        else:
            raise NotNativeError(f"an argument of class {kind.__name__}.")

    def static(self, register: int, value: Any) -> None:
        """Check that the object in a register is the one that was recorded, or cannot be told apart from it."""
        if type(value) is float:
            self.step("BITS", register, Object(float), struct.unpack("q", struct.pack("d", value))[0])
        else:
            self.step("EQUAL" if type(value) in _COMPARED_BY_VALUE else "SAME", register, Object(value))

    def check(self, check: Check) -> bool:
        """Look whether something is as it was; False where only Python can."""
        place, expected = check.place, check.expected
        if place.kind == "fixed" and type(place.owner) in _CONTAINERS:
            return self.contents(check)
        if check.manner == "class":
            self.step("CLASS", self.fetch(place), Object(expected))
        elif check.manner == "number" and type(expected) in (float, *_COMPARED_BY_VALUE):
            self.static(self.fetch(place), expected)
        elif check.manner != "same":
            return False
        elif place.kind == "item" and type(place.owner) is dict and type(place.key) is str:
            self.step("GLOBAL_IS", Object(place.owner), Object(place.key), Object(expected))
        elif place.kind == "cell" and "cell_contents" in interior.parts():
            self.step("PART_IS", Object(place.owner), Part("cell_contents"), Object(expected))
        elif type(place.owner) is FunctionType and place.key in interior.parts():
            # a function without defaults has nothing there
            held = 0 if expected is None else Object(expected)
            self.step("PART_IS", Object(place.owner), Part(place.key), held)
        else:
            self.step("SAME", self.fetch(place), Object(expected))
        return True

    def contents(self, check: Check) -> bool:
        """Look at a container of Python's own, which is always the same one; False where only Python can."""
        owner, expected = check.place.owner, check.expected
        if check.manner in ("void", "length"):
            self.step("SIZE_IS", Object(owner), expected or 0)
        elif check.manner == "absent" and type(owner) is dict and type(expected) is str:
            self.step("ABSENT", Object(owner), Object(expected))
        elif check.manner == "names" and type(owner) is dict and _are_few_names(expected):
            first = self.new_registers(len(expected))
            self.step("DICT", self.fetch(check.place), len(expected), Objects(tuple(expected)), first)
            self.program.owned += len(expected)
        else:
            return False
        return True

    def quiet(self) -> None:
        """Look whether floating-point errors are to be told, which machine code does not."""
        found = setting_in_memory()
        if found is None:
            self.holds(is_quiet)
        else:
            self.step("QUIET", Object(found.variable), Object(found.usual), found.loud, found.at)

    def holds(self, function: Callable[[], bool]) -> None:
        asked, answer = self.new_registers(1), self.new_registers(1)
        self.step("CONSTANT", Object(function), d=asked)
        self.step("CALL", asked, d=answer)
        self.step("TRUE", answer)
        self.program.owned += 1

    def host(self, index: int, host: HostArray) -> None:
        """Hand a captured array to the kernel."""
        register = self.fetch(host.place)
        self.input(register, index, host.kind)

    def fetch(self, place: Place) -> int:
        """The register that will hold what stands at a place."""
        register = self.new_registers(1)
        self.program.owned += 1
        if place.kind == "cell":
            self.step("CELL", Object(place.owner), d=register)
        elif place.kind == "item" and type(place.owner) is dict:
            self.step("GLOBAL", Object(place.owner), Object(place.key), d=register)
        else:
            owner = self.new_registers(1)
            self.step("CONSTANT", Object(place.owner), d=owner)
            if place.kind == "fixed":
                return owner
            self.step(place.kind.upper(), owner, Object(place.key), d=register)
        return register

    def constant(self, index: int, constant: Any) -> None:
        self.program.keep.append(constant)
        self.step("DATA", int(constant.ctypes.data), c=index)

    def result(self, pattern: Any, outputs: Sequence[ArrayType]) -> None:
        self.part(pattern, outputs)
        moved: set[int] = set()
        building = self.program.building
        for k in reversed(range(len(building))):
            if building[k].kind == "PUSH_OUTPUT" and building[k].a not in moved:
                moved.add(building[k].a)
                building[k] = building[k]._replace(kind="MOVE_OUTPUT")

    def part(self, pattern: Any, outputs: Sequence[ArrayType]) -> None:
        building = self.program.building
        if isinstance(pattern, Output):
            made = list(self.program.outputs)
            made[pattern.index] = _made_as(outputs[pattern.index], pattern.kind)
            self.program.outputs = made
            building.append(Step("PUSH_OUTPUT", pattern.index))
        elif isinstance(pattern, Input):
            building.append(Step("PUSH_REGISTER", self.registers[pattern.index]))
        elif isinstance(pattern, Made) or type(pattern) in (tuple, list, dict):
            parts = pattern.parts if isinstance(pattern, Made) else pattern
            for member in parts.values() if isinstance(parts, dict) else parts:
                self.part(member, outputs)
            if isinstance(pattern, Made):
                building.append(Step("MAKE_CALL", Object(pattern.function), len(parts)))
            else:
                keys = Objects(tuple(pattern)) if isinstance(pattern, dict) else 0
                building.append(Step(f"MAKE_{type(pattern).__name__.upper()}", keys, len(parts)))
        else:
            building.append(Step("PUSH_CONSTANT", Object(pattern.value if isinstance(pattern, Constant) else pattern)))
