"""What calls of BLAS and LAPACK in compiled code need: addresses of matrices and of constants, and the refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, entrywise, ir
from wengert.compiler.counting import counting, number
from wengert.compiler.library import symbol_of
from wengert.compiler.plan import Call, kind_of
from wengert.compiler.shape import access_of
from wengert.compiler.squares import Square
from wengert.compiler.status import Status
from wengert.compiler.values import Value, fabs, select
from wengert.graph import ArrayType

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["WORD", "Routines"]

POINTER: Final = ir.PointerType()
BYTE: Final = ir.IntType(8)
WORD: Final = ir.IntType(32)
# Lanes of the tiles in which a matrix meets its transpose, at most.
_WIDEST: Final = 8


class Routines:
    """One call, and the arguments of LAPACK's routines, all of which are addresses.

    Of a stack of matrices, `turn` is which one it is for.
    """

    def __init__(self, writer: FunctionWriter, call: Call, turn: Any = None) -> None:
        self.turn = turn
        self.writer = writer
        self.builder = writer.builder
        self.call = call
        kind = kind_of(call.equation.inputs[0])
        self.depth = kind.ndim - 2
        self.size: int = kind.shape[-1]
        self.dtype = kind.dtype
        self.kind = ir.FloatType() if self.dtype.itemsize == 4 else ir.DoubleType()
        self.order = self.word(self.size)
        self.status = self.room(WORD, 0)

    def room(self, kind: Any, value: Any) -> Any:
        """The address of a constant."""
        with self.builder.goto_entry_block():
            place = self.builder.alloca(kind)
            self.builder.store(ir.Constant(kind, value), place)
        return place

    def word(self, value: int) -> Any:
        return self.room(WORD, value)

    def character(self, value: str) -> Any:
        return self.room(BYTE, ord(value))

    def operand(self, place: int) -> Any:
        """The address of an operand."""
        atom, read = self.call.equation.inputs[place], self.call.reads[place]
        access = access_of(read, kind_of(atom).shape)
        return self._of_turn(self.writer.pointer(access.key), kind_of(atom))

    def result(self, place: int = 0) -> Any:
        """The address of a result."""
        result = self.call.equation.outputs[place]
        return self._of_turn(self.writer.pointer(result), kind_of(result))

    def _of_turn(self, start: Any, kind: ArrayType) -> Any:
        """The address of what belongs to one matrix."""
        if self.turn is None:
            return start
        distance = self.builder.mul(self.turn, number(math.prod(kind.shape[self.depth :])))
        return self.builder.gep(start, [distance], source_etype=entrywise.element(kind.dtype))

    def place(self, start: Any, offset: Any) -> Any:
        """The address of an entry of a matrix."""
        return self.builder.gep(start, [offset], inbounds=True, source_etype=self.kind)

    def entry(self, start: Any, offset: Any) -> Any:
        """The address of an entry of a list of pivots."""
        return self.builder.gep(start, [offset], inbounds=True, source_etype=WORD)

    def load(self, start: Any, offset: Any) -> Any:
        """An entry of a matrix."""
        return self.builder.load(self.place(start, offset), align=self.dtype.itemsize, typ=self.kind)

    def square(self, start: Any) -> Square:
        """A matrix of this call at an address."""
        lanes = engine.vector_width() * 8 // self.dtype.itemsize
        return Square(self.builder, start, self.size, self.kind, min(lanes, _WIDEST))

    def run(self, name: str, *arguments: Any) -> None:
        """Call a routine of SciPy's library."""
        symbol = symbol_of(("s" if self.dtype.itemsize == 4 else "d") + name)
        module = self.builder.module
        function = module.globals.get(symbol)
        if function is None:
            function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER] * len(arguments)), symbol)
        self.builder.call(function, [self.builder.bitcast(argument, POINTER) for argument in arguments])

    def refuse_if_set(self, place: Any) -> None:
        """Leave the kernel where a word is not zero: NumPy would raise."""
        found = self.builder.load(place, align=4, typ=WORD)
        self.writer.leave_if(self.builder.icmp_signed("!=", found, ir.Constant(WORD, 0)), Status.RAISED)

    def refuse_diagonal(self, start: Any, bad: Callable[[Value], Value], status: Status) -> None:
        """Leave the kernel where a number on the diagonal is bad."""
        builder = self.builder
        with builder.goto_entry_block():
            room = builder.alloca(ir.IntType(1))
        builder.store(ir.Constant(ir.IntType(1), 0), room)
        with counting(builder, 0, self.size) as row:
            entry = Value(self.load(start, builder.mul(row, number(self.size + 1))), builder)
            builder.store(builder.or_(builder.load(room, typ=ir.IntType(1)), bad(entry).ir), room)
        self.writer.leave_if(builder.load(room, typ=ir.IntType(1)), status)

    def refuse_range(self, start: Any) -> None:
        """Leave the kernel where numbers on a diagonal are so far apart that quotients lose digits by underflow."""
        builder, limits = self.builder, np.finfo(self.dtype)
        with builder.goto_entry_block():
            rooms = [builder.alloca(self.kind) for _ in range(2)]
        for room, value in zip(rooms, (float("inf"), 0.0), strict=True):
            builder.store(ir.Constant(self.kind, value), room)
        with counting(builder, 0, self.size) as row:
            size = fabs(Value(self.load(start, builder.mul(row, number(self.size + 1))), builder))
            least, most = [Value(builder.load(room, typ=self.kind), builder) for room in rooms]
            builder.store(select(size < least, size, least).ir, rooms[0])
            builder.store(select(size > most, size, most).ir, rooms[1])
        least, most = [Value(builder.load(room, typ=self.kind), builder) for room in rooms]
        near = float(limits.tiny) / float(limits.eps) ** 2
        self.writer.leave_if((~(least > most * near)).ir, Status.LOST)

    def refuse_singular(self, start: Any) -> None:
        """Leave the kernel where a number on the diagonal of a triangle is zero, infinite or none."""
        self.refuse_diagonal(start, lambda e: ~((fabs(e) > 0.0) & (fabs(e) < float("inf"))), Status.RAISED)
