"""Reading and writing at places that are known only at run time: single numbers among the items of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir

from wengert.compiler import engine
from wengert.compiler.nest import NestWriter
from wengert.compiler.placed import PLACE_OF_INDEX, index_of
from wengert.compiler.plan import Call, Entry, Nest, Read, kind_of
from wengert.compiler.shape import access_of
from wengert.compiler.views import View, broadcast, compose, identity, long_axes, sliced
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type
from wengert.tracing.index import SLOT

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_placed"]

Shape = tuple[int, ...]
INDEX: Final = ir.IntType(64)
BYTE: Final = ir.IntType(8)


def write_placed(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    _Placed(writer, call).write()


class _Placed:
    """One call, whose index has zeros in place of the numbers: these move the address of the whole part."""

    def __init__(self, writer: FunctionWriter, call: Call) -> None:
        self.writer = writer
        self.call = call
        self.name = call.equation.primitive.name
        self.result = call.equation.outputs[0]
        self.whole: Shape = kind_of(call.equation.inputs[0] if self.name != "put_add" else self.result).shape
        leading = call.equation.params[-1] if self.name != "add_at" else 0
        items = (*(slice(None),) * leading, *index_of(call).items)
        self.items = items
        fixed = tuple([0 if item is SLOT else item for item in items])
        self.part: Shape = np.broadcast_to(np.int8(0), self.whole)[fixed].shape
        view = sliced(self.whole, fixed, self.part)
        assert view is not None
        self.view: View = view

    def write(self) -> None:
        """The steps of the operation."""
        if self.name == "take":
            self.copy_part()
            return
        if self.name == "put_add":
            self.fill(None)
        elif not self.in_place():
            self.fill(self.call.reads[0])
        self.change_part()

    def in_place(self) -> bool:
        """Whether the result has the memory of the array that it is a changed copy of."""
        places, base = self.writer.places.places, self.call.reads[0].base
        return isinstance(base, Var) and places[base] == places[self.result]

    def moved(self, strides: tuple[int, ...]) -> Any:
        """How many entries the numbers of the index move the part on."""
        builder = self.writer.builder
        numbers = iter(self.call.reads[PLACE_OF_INDEX[self.name] + 1 :])
        long = iter(strides)
        offset: Any = ir.Constant(INDEX, 0)
        for item, length in zip(self.items, self.whole, strict=False):
            stride = next(long) if length != 1 else 0
            if item is SLOT:
                number = self.number(next(numbers))
                place = self.checked(number, length)
                offset = builder.add(offset, builder.mul(place, ir.Constant(INDEX, stride)))
        return offset

    def number(self, read: Read) -> Any:
        """The value of one number of the index."""
        if isinstance(read.base, Literal) and not np.ndim(read.base.value):
            return ir.Constant(INDEX, int(read.base.value))
        access = access_of(read, ())
        builder = self.writer.builder
        address = builder.gep(self.writer.pointer(access.key), [ir.Constant(INDEX, access.offset)], source_etype=INDEX)
        return builder.load(address, align=8, typ=INDEX)

    def checked(self, number: Any, length: int) -> Any:
        """The place that a number names, counted from the end where it is negative; NumPy raises outside."""
        builder = self.writer.builder
        limit = ir.Constant(INDEX, length)
        below = builder.icmp_signed("<", number, ir.Constant(INDEX, 0))
        place = builder.select(below, builder.add(number, limit), number)
        outside = builder.icmp_unsigned(">=", place, limit)
        self.writer.check(builder.select(outside, ir.Constant(ir.IntType(32), 3), ir.Constant(ir.IntType(32), 0)))
        return place

    def nest(self, entry: Entry, targets: dict[Var, tuple[Var, View]], offset: Any, base: Any) -> None:
        """A nest over the part, in which one array begins so many entries later."""
        builder = self.writer.builder
        stored = {entry.result: None}
        size = kind_of(self.result).dtype.itemsize
        distance = builder.mul(offset, ir.Constant(INDEX, size))

        def pointer(key: Any) -> Any:
            start = self.writer.pointer(key)
            return builder.gep(start, [distance], source_etype=BYTE) if key is base else start

        domain = long_axes(entry.result.type.shape)
        nest = Nest(0, domain, [entry])
        NestWriter(builder, nest, stored, pointer, engine.vector_width(), None, targets).write()

    def copy_part(self) -> None:
        """The part of an array at the index."""
        read = self.call.reads[0]
        base = read.base
        strides = access_of(read, self.whole).strides
        part = Read(base, compose(read.view, self.view))
        key = base if isinstance(base, Var) else id(base)
        self.nest(Entry(self.result, None, (part,)), {}, self.moved(strides), key)

    def fill(self, read: Read | None) -> None:
        """The whole result: another array, or zeros."""
        kind = kind_of(self.result)
        if read is None:
            read = Read(Literal(kind.dtype.type(0), array_type((), kind.dtype)), ())
        nest = Nest(0, long_axes(self.whole), [Entry(self.result, None, (read,))])
        NestWriter(self.writer.builder, nest, {self.result: None}, self.writer.pointer, engine.vector_width()).write()

    def change_part(self) -> None:
        """The part at the index: what is given, or the sum of both."""
        given = self.call.reads[0 if self.name == "put_add" else 1]
        atom = self.call.equation.inputs[0 if self.name == "put_add" else 1]
        kind = kind_of(self.result)
        shape = kind_of(atom).shape
        value = Read(given.base, compose(given.view, broadcast(shape, self.part)))
        strides = access_of(Read(self.result, identity(len(long_axes(self.whole)))), self.whole).strides
        target = Var(array_type(self.part, kind.dtype))
        if self.name == "replace":
            entry = Entry(target, None, (value,))
        else:
            present = Read(self.result, self.view)
            added = Equation(REGISTRY["add"], (target, target), (), (target,))
            entry = Entry(target, added, (present, value))
        self.nest(entry, {target: (self.result, self.view)}, self.moved(strides), self.result)
