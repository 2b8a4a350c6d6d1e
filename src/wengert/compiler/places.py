"""Reading and writing at places that are known only at run time: a part of an array for each integer of an index."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, ir
from wengert.compiler.counting import INDEX, counting, number
from wengert.compiler.nest import NestWriter
from wengert.compiler.placed import PLACE_OF_INDEX, placement_of
from wengert.compiler.plan import Call, Entry, Nest, Read, kind_of
from wengert.compiler.shape import access_of, key_of
from wengert.compiler.status import Status
from wengert.compiler.views import View, broadcast, compose, identity, long_axes, sliced
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type
from wengert.tracing.index import SLOT

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_placed"]

Shape = tuple[int, ...]
BYTE: Final = ir.IntType(8)


def write_placed(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    _Placed(writer, call).write()


class _Placed:
    """One call. The part at zeros is read or written for each place of the index, from where its integers say."""

    def __init__(self, writer: FunctionWriter, call: Call) -> None:
        self.writer = writer
        self.call = call
        self.name = call.equation.primitive.name
        self.result = call.equation.outputs[0]
        found = placement_of(call)
        assert found is not None
        self.placement = found
        self.part = found.part
        view = sliced(found.whole, found.at_zero, self.part)
        assert view is not None
        self.view: View = view

    def write(self) -> None:
        """The steps of the operation."""
        if self.name == "put_add":
            self.fill(None)
        elif self.name != "take" and not self.in_place():
            self.fill(self.call.reads[0])
        with ExitStack() as loops:
            places = [
                loops.enter_context(counting(self.writer.builder, 0, length)) if length != 1 else number(0)
                for length in self.placement.spread
            ]
            self.part_at(places)

    def part_at(self, places: list[Any]) -> None:
        """What is read or written for one integer of each slot."""
        if self.name == "take":
            read = self.call.reads[0]
            moves = {key_of(read.base): self.moved(access_of(read, self.placement.whole).strides, places)}
            written, moves[self.result] = self.beside(Read(self.result, self.all_of(self.placement.full)), places)
            target = Var(array_type(self.part, kind_of(self.result).dtype))
            entry = Entry(target, None, (Read(read.base, compose(read.view, self.view)),))
            self.nest(entry, {target: (self.result, written.view)}, moves)
            return
        place = 0 if self.name == "put_add" else 1
        given, shape = self.call.reads[place], kind_of(self.call.equation.inputs[place]).shape
        everything = Read(given.base, compose(given.view, broadcast(shape, self.placement.full)))
        value, offset = self.beside(everything, places)
        target = Var(array_type(self.part, kind_of(self.result).dtype))
        strides = access_of(Read(self.result, self.all_of(self.placement.whole)), self.placement.whole).strides
        entry = Entry(target, None, (value,))
        if self.name != "replace":
            added = Equation(REGISTRY["add"], (target, target), (), (target,))
            entry = Entry(target, added, (Read(self.result, self.view), value))
        moves = {key_of(given.base): offset, self.result: self.moved(strides, places)}
        self.nest(entry, {target: (self.result, self.view)}, moves)

    def in_place(self) -> bool:
        """Whether the result has the memory of the array that it is a changed copy of."""
        places, base = self.writer.places.places, self.call.reads[0].base
        return isinstance(base, Var) and places[base] == places[self.result]

    @staticmethod
    def all_of(shape: Shape) -> View:
        return identity(len(long_axes(shape)))

    def beside(self, read: Read, places: list[Any]) -> tuple[Read, Any]:
        """Of an operand with the shape of all that is at the index the part at one place, and how far on it stands."""
        first, spread, full = self.placement.first, self.placement.spread, self.placement.full
        items = (*[slice(None)] * first, *[0] * len(spread))
        view = sliced(full, items, self.part)
        assert view is not None
        strides = iter(access_of(read, full).strides)
        of_axes = [next(strides) if length != 1 else 0 for length in full]
        return Read(read.base, compose(read.view, view)), self.offset(of_axes[first : first + len(spread)], places)

    def offset(self, strides: Sequence[int], places: Sequence[Any]) -> Any:
        """How many entries on a place of several loops stands."""
        builder = self.writer.builder
        total = number(0)
        for stride, place in zip(strides, places, strict=True):
            if stride:
                total = builder.add(total, builder.mul(place, number(stride)))
        return total

    def moved(self, strides: tuple[int, ...], places: list[Any]) -> Any:
        """How many entries the integers of the index move the part on."""
        start = PLACE_OF_INDEX[self.name] + 1
        atoms = iter(zip(self.call.reads[start:], self.call.equation.inputs[start:], strict=True))
        long = iter(strides)
        of_slots, integers = [], []
        for item, length in zip(self.placement.items, self.placement.whole, strict=True):
            stride = next(long) if length != 1 else 0
            if item is SLOT:
                integers.append(self.checked(self.integer(*next(atoms), places), length))
                of_slots.append(stride)
        return self.offset(of_slots, integers)

    def integer(self, read: Read, atom: Any, places: list[Any]) -> Any:
        """The integer of a slot at one place of the index."""
        if isinstance(read.base, Literal) and not np.ndim(read.base.value):
            return number(int(read.base.value))
        spread, builder = self.placement.spread, self.writer.builder
        shape = kind_of(atom).shape
        access = access_of(Read(read.base, compose(read.view, broadcast(shape, spread))), spread)
        long = [place for place, length in zip(places, spread, strict=True) if length != 1]
        offset = builder.add(number(access.offset), self.offset(access.strides, long))
        address = builder.gep(self.writer.pointer(access.key), [offset], source_etype=INDEX)
        return builder.load(address, align=8, typ=INDEX)

    def checked(self, integer: Any, length: int) -> Any:
        """The place that an integer names, counted from the end where it is negative; NumPy raises outside."""
        builder = self.writer.builder
        limit = number(length)
        below = builder.icmp_signed("<", integer, number(0))
        place = builder.select(below, builder.add(integer, limit), integer)
        self.writer.leave_if(builder.icmp_unsigned(">=", place, limit), Status.RAISED)
        return place

    def nest(self, entry: Entry, targets: dict[Var, tuple[Var, View]], moves: dict[Any, Any]) -> None:
        """A nest over the part, in which arrays begin so many entries later."""
        builder, size = self.writer.builder, kind_of(self.result).dtype.itemsize

        def pointer(key: Any) -> Any:
            start = self.writer.pointer(key)
            if key not in moves:
                return start
            return builder.gep(start, [builder.mul(moves[key], number(size))], source_etype=BYTE)

        nest, once = Nest(0, long_axes(entry.result.type.shape), [entry]), entry.equation is not None
        NestWriter(builder, nest, {entry.result: None}, pointer, engine.vector_width(), None, targets, once).write()

    def fill(self, read: Read | None) -> None:
        """The whole result: another array, or zeros."""
        kind = kind_of(self.result)
        if read is None:
            read = Read(Literal(kind.dtype.type(0), array_type((), kind.dtype)), ())
        nest = Nest(0, long_axes(kind.shape), [Entry(self.result, None, (read,))])
        NestWriter(self.writer.builder, nest, {self.result: None}, self.writer.pointer, engine.vector_width()).write()
