"""Running sums and products and linear recurrences: one step after the other along an axis, in vectors along others."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, entrywise, ir
from wengert.compiler.buffers import Buffer, stored_type
from wengert.compiler.counting import counting, number
from wengert.compiler.nest import NestWriter
from wengert.compiler.plan import Call, Entry, Nest, Read, kind_of
from wengert.compiler.shape import access_of, key_of
from wengert.compiler.values import Value
from wengert.compiler.views import Axis, View, compose, identity, long_axes
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["is_cumulative", "write_cumulative"]

BYTE: Final = ir.IntType(8)
_COMBINING: Final = {"cumsum": "add", "cumprod": "multiply", "recurrence": "add"}


def is_cumulative(call: Call) -> bool:
    """Whether a call goes along an axis step by step."""
    equation = call.equation
    if equation.primitive.name not in _COMBINING:
        return False
    kinds = [kind_of(atom) for atom in (*equation.inputs, *equation.outputs)]
    if len({kind.dtype for kind in kinds}) > 1 or entrywise.element(kinds[0].dtype) is None or 0 in kinds[0].shape:
        return False
    # what stands in one array may be gone along in one way only
    apart = len({key_of(read.base) for read in call.reads}) == len(call.reads)
    return apart and kinds[0].kind != "b" and kinds[0].shape[equation.params[0]] > 1


def write_cumulative(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    _Cumulative(writer, call).write()


class _Cumulative:
    """One call. The axes before the one that is gone along are loops outside, those behind it are in vectors."""

    def __init__(self, writer: FunctionWriter, call: Call) -> None:
        self.writer = writer
        self.builder = writer.builder
        self.name = call.equation.primitive.name
        self.reads = call.reads
        self.result = call.equation.outputs[0]
        self.shape, axis = self.result.type.shape, call.equation.params[0]
        self.dtype = self.result.type.dtype
        self.lengths = long_axes(self.shape)
        self.axis = len(long_axes(self.shape[:axis]))

    def write(self) -> None:
        """The loops."""
        with ExitStack() as loops:
            places = [loops.enter_context(counting(self.builder, 0, n)) for n in self.lengths[: self.axis]]
            if self.axis == len(self.lengths) - 1:
                self.by_numbers(places)
            else:
                self.by_parts(places, self.part(0, None), number(0))
                with counting(self.builder, 0, self.lengths[self.axis] - 1) as turn:
                    self.by_parts(places, self.part(1, self.part_before), turn)

    # Number after number.

    def by_numbers(self, places: list[Any]) -> None:
        """The numbers along the last axis, of which the sum is in a register."""
        builder, kind = self.builder, stored_type(self.dtype)
        with builder.goto_entry_block():
            room = builder.alloca(kind)
        target = self.buffer(Read(self.result, identity(len(self.lengths))))
        first = self.number(self.reads[-1], [*places, number(0)])
        builder.store(first.ir, room)
        target.put([*places, number(0)], first)
        with counting(builder, 1, self.lengths[-1]) as place:
            before = Value(builder.load(room, typ=kind), builder, self.dtype.kind != "u")
            given = [self.number(read, [*places, place]) for read in self.reads]
            total = before * given[0] if self.name != "cumsum" else before + given[0]
            total = total + given[1] if self.name == "recurrence" else total
            builder.store(total.ir, room)
            target.put([*places, place], total)

    def buffer(self, read: Read) -> Buffer:
        access = access_of(read, self.shape)
        return Buffer(self.builder, access, self.writer.pointer(access.key), self.dtype, -1)

    def number(self, read: Read, places: list[Any]) -> Value:
        """One entry of an operand."""
        if isinstance(read.base, Literal) and not np.ndim(read.base.value):
            return entrywise.constant(read.base.value, self.dtype, self.builder, None)
        return self.buffer(read).get(places, None)

    # Part after part.

    def at(self, step: int) -> View:
        """Of an array with the shape of the result the part behind so many others."""
        rest = len(self.lengths) - self.axis - 1
        return (*[Axis(None, 0)] * self.axis, Axis(None, step), *identity(rest))

    @property
    def part_before(self) -> Read:
        """What the step before has written."""
        return Read(self.result, self.at(0))

    def part(self, step: int, before: Read | None) -> list[Entry]:
        """The operations of a step."""
        kind = array_type(self.lengths[self.axis + 1 :], self.dtype)
        given = [Read(read.base, compose(read.view, self.at(step))) for read in self.reads]
        if before is None:
            return [Entry(Var(kind), None, (given[-1],))]
        entries: list[Entry] = []
        for name, read in zip(("multiply", "add") if len(given) > 1 else (_COMBINING[self.name],), given, strict=True):
            result = Var(kind)
            entries.append(Entry(result, Equation(REGISTRY[name], (result, result), (), (result,)), (before, read)))
            before = Read(result, identity(len(kind.shape)))
        return entries

    def by_parts(self, places: list[Any], entries: list[Entry], turn: Any) -> None:
        """A step: a nest over the part, so many parts on."""
        builder = self.builder
        whole = Read(self.result, identity(len(self.lengths)))
        strides = {key_of(read.base): access_of(read, self.shape).strides for read in (whole, *self.reads)}
        step = 1 if entries[-1].equation is not None else 0

        def pointer(key: Any) -> Any:
            start = self.writer.pointer(key)
            for place, stride in zip([*places, turn], strides[key], strict=False):
                distance = builder.mul(place, number(stride * self.dtype.itemsize))
                start = builder.gep(start, [distance], source_etype=BYTE)
            return start

        result = entries[-1].result
        nest = Nest(0, self.lengths[self.axis + 1 :], entries)
        targets = {result: (self.result, self.at(step))}
        NestWriter(builder, nest, {result: None}, pointer, engine.vector_width(), None, targets).write()
