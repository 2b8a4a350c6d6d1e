"""Factorisations in compiled code: calls of LAPACK in the memory of the kernel.

Matrices stand row after row, and LAPACK reads columns: it sees the transpose. So lower triangles are upper ones to it,
and a system with a matrix on the left is one with its transpose on the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, entrywise, ir
from wengert.compiler.checks import holds_nan
from wengert.compiler.counting import counting, number
from wengert.compiler.library import symbol_of
from wengert.compiler.plan import Call, kind_of
from wengert.compiler.shape import access_of
from wengert.compiler.squares import Square, mirror, symmetric_half, transpose
from wengert.compiler.status import Status
from wengert.compiler.values import Value, fabs, select
from wengert.graph import ArrayType

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_factorisation"]

POINTER: Final = ir.PointerType()
BYTE: Final = ir.IntType(8)
WORD: Final = ir.IntType(32)
# Lanes of the tiles in which a matrix meets its transpose, at most.
_WIDEST: Final = 8


def write_factorisation(writer: FunctionWriter, call: Call) -> None:
    """Write the call, or one for each matrix of a stack."""
    write = _WRITERS[call.equation.primitive.name]
    stack = kind_of(call.equation.inputs[0]).shape[:-2]
    if not stack:
        write(_Routines(writer, call))
        return
    with counting(writer.builder, 0, math.prod(stack)) as turn:
        write(_Routines(writer, call, turn))


class _Routines:
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


def _symmetric_part(routines: _Routines, target: Any, whole: bool) -> None:
    """The symmetric part of a matrix that is symmetric up to rounding: a quarter of the digits."""
    tolerance = float(np.finfo(routines.dtype).eps ** 0.25)
    source = routines.square(routines.operand(0))
    asymmetric = symmetric_half(source, routines.square(target), tolerance, whole)
    routines.writer.leave_if(asymmetric, Status.RAISED)


def _cholesky(routines: _Routines) -> None:
    target = routines.result()
    _symmetric_part(routines, target, False)
    routines.run("potrf", routines.character("U"), routines.order, target, routines.order, routines.status)
    routines.refuse_if_set(routines.status)


def _cholesky_inverse(routines: _Routines) -> None:
    target = routines.result()
    routines.refuse_singular(target)
    routines.run("potri", routines.character("U"), routines.order, target, routines.order, routines.status)
    mirror(routines.square(target))


def _eigh(routines: _Routines) -> None:
    """The eigenvalues of the symmetric part of a matrix, without the vectors."""
    target, values = routines.result(1), routines.result()
    _symmetric_part(routines, target, True)
    size, width = routines.size**2, engine.vector_width()
    routines.writer.leave_if(holds_nan(routines.builder, target, size, routines.dtype, width, True), Status.LOST)
    (work,) = routines.call.scratch
    routines.run(
        "syevd",
        *(routines.character("N"), routines.character(routines.call.equation.params[0])),
        *(routines.order, target, routines.order, values),
        *(routines.writer.pointer(work), routines.word(work.type.size), routines.word(0), routines.word(1)),
        routines.status,
    )
    routines.refuse_if_set(routines.status)


def _lu(routines: _Routines) -> None:
    routines.run(
        "getrf",
        *(routines.order, routines.order, routines.result(), routines.order, routines.result(1), routines.result(2)),
    )
    # an infinity anywhere in a matrix gives one, or NaN, among the pivots: what comes of it is up to NumPy
    routines.refuse_diagonal(routines.result(), lambda entry: ~(fabs(entry) < float("inf")), Status.LOST)
    # what is lost differs between a matrix and the transpose that LAPACK sees
    routines.refuse_range(routines.result())


def _lu_inverse(routines: _Routines) -> None:
    routines.refuse_if_set(routines.operand(2))
    (scratch,) = routines.call.scratch
    routines.run(
        "getri",
        *(routines.order, routines.result(), routines.order, routines.operand(1)),
        *(routines.writer.pointer(scratch), routines.word(scratch.type.size), routines.status),
    )


def _lu_cofactor(routines: _Routines) -> None:
    """det(A) A⁻ᵀ where A is far from singular, and its determinant from the ends of the numbers; else it is NumPy's."""
    builder, target, size = routines.builder, routines.result(), routines.size
    routines.refuse_if_set(routines.operand(3))
    factors = routines.operand(1)
    with counting(builder, 0, size * size) as place:
        builder.store(routines.load(factors, place), routines.place(target, place), align=routines.dtype.itemsize)
    (scratch,) = routines.call.scratch
    routines.run(
        "getri",
        *(routines.order, target, routines.order, routines.operand(2)),
        *(routines.writer.pointer(scratch), routines.word(scratch.type.size), routines.status),
    )
    condition = _largest_row(routines, routines.operand(0)) * _largest_row(routines, target)
    limit = float(np.finfo(routines.dtype).eps ** -0.5)
    routines.writer.leave_if((~(condition < limit)).ir, Status.RAISED)
    transpose(routines.square(target), _determinant(routines, factors, routines.operand(2)))


def _largest_row(routines: _Routines, start: Any) -> Value:
    """The largest sum of the sizes of a row: a norm of the matrix."""
    builder, zero = routines.builder, ir.Constant(routines.kind, 0.0)
    with builder.goto_entry_block():
        rooms = [builder.alloca(routines.kind) for _ in range(2)]
    largest, total = rooms
    builder.store(zero, largest)
    with counting(builder, 0, routines.size) as row:
        builder.store(zero, total)
        first = builder.mul(row, number(routines.size))
        with counting(builder, 0, routines.size) as column:
            entry = Value(routines.load(start, builder.add(first, column)), builder)
            held = Value(builder.load(total, typ=routines.kind), builder)
            builder.store((held + fabs(entry)).ir, total)
        found, held = [Value(builder.load(room, typ=routines.kind), builder) for room in (total, largest)]
        builder.store(select(found > held, found, held).ir, largest)
    return Value(builder.load(largest, typ=routines.kind), builder)


def _determinant(routines: _Routines, factors: Any, pivots: Any) -> Value:
    """The product of the pivots, with the sign of their order; the kernel is left near the ends of the numbers."""
    builder, truth = routines.builder, ir.IntType(1)
    ends = float(np.finfo(routines.dtype).max ** 0.5)
    with builder.goto_entry_block():
        room, left = builder.alloca(routines.kind), builder.alloca(truth)
    builder.store(ir.Constant(routines.kind, 1.0), room)
    builder.store(ir.Constant(truth, 0), left)
    with counting(builder, 0, routines.size) as row:
        entry = Value(routines.load(factors, builder.mul(row, number(routines.size + 1))), builder)
        address = builder.gep(pivots, [row], inbounds=True, source_etype=WORD)
        pivot = builder.sext(builder.load(address, align=4, typ=WORD), row.type)
        moved = builder.icmp_signed("!=", pivot, builder.add(row, number(1)))
        held = Value(builder.load(room, typ=routines.kind), builder)
        product = held * select(Value(moved, builder), -entry, entry)
        builder.store(product.ir, room)
        outside = ~((fabs(product) < ends) & (fabs(product) > 1.0 / ends))
        builder.store(builder.or_(builder.load(left, typ=truth), outside.ir), left)
    routines.writer.leave_if(builder.load(left, typ=truth), Status.RAISED)
    return Value(builder.load(room, typ=routines.kind), builder)


def _lu_solve(routines: _Routines) -> None:
    """X of A X = B from factors of Aᵀ = P L U, which LAPACK sees as Xᵀ P L U = Bᵀ."""
    routines.refuse_if_set(routines.operand(2))
    (transposed,) = routines.call.equation.params
    columns = kind_of(routines.call.equation.inputs[3]).shape[-1]
    factors, pivots, target = routines.operand(0), routines.operand(1), routines.result()
    if columns == 1:
        routines.run(
            "getrs",
            *(routines.character("N" if transposed else "T"), routines.order, routines.word(1), factors),
            *(routines.order, pivots, target, routines.order, routines.status),
        )
        return
    upper, lower = ("U", "N"), ("L", "U")
    if transposed:
        # of Aᵀ X = B: Xᵀ Uᵀ Lᵀ Pᵀ = Bᵀ
        _exchange_rows(routines, pivots, target, columns, False)
        _divide(routines, factors, target, columns, "T", (lower, upper))
    else:
        _divide(routines, factors, target, columns, "N", (upper, lower))
        _exchange_rows(routines, pivots, target, columns, True)


def _divide(
    routines: _Routines, factors: Any, target: Any, columns: int, how: str, triangles: Sequence[tuple[str, str]]
) -> None:
    """The rows of a right-hand side times the inverses of triangles: which one, and whether its diagonal is ones."""
    for triangle, diagonal in triangles:
        routines.run(
            "trsm",
            *[routines.character(letter) for letter in ("R", triangle, how, diagonal)],
            *(routines.word(columns), routines.order, routines.room(routines.kind, 1.0)),
            *(factors, routines.order, target, routines.word(columns)),
        )


def _exchange_rows(routines: _Routines, pivots: Any, target: Any, columns: int, backward: bool) -> None:
    """Exchange rows as the pivots say, in their order or from the last one back."""
    builder, length, one = routines.builder, routines.word(columns), routines.word(1)

    def row(place: Any) -> Any:
        return routines.place(target, builder.mul(place, number(columns)))

    with counting(builder, 0, routines.size) as turn:
        place = builder.sub(number(routines.size - 1), turn) if backward else turn
        address = builder.gep(pivots, [place], inbounds=True, source_etype=WORD)
        pivot = builder.sub(builder.sext(builder.load(address, align=4, typ=WORD), place.type), number(1))
        with builder.if_then(builder.icmp_signed("!=", pivot, place)):
            routines.run("swap", length, row(place), one, row(pivot), one)


def _triangular_solve(routines: _Routines) -> None:
    """X of T X = B: Xᵀ Tᵀ = Bᵀ."""
    lower, transposed = routines.call.equation.params
    columns = kind_of(routines.call.equation.inputs[1]).shape[-1]
    factor, target = routines.operand(0), routines.result()
    routines.refuse_singular(factor)
    triangle, how = "U" if lower else "L", "T" if transposed else "N"
    if columns == 1:
        turned = "N" if transposed else "T"
        routines.run(
            "trsv",
            *[routines.character(letter) for letter in (triangle, turned, "N")],
            *(routines.order, factor, routines.order, target, routines.word(1)),
        )
    else:
        _divide(routines, factor, target, columns, how, ((triangle, "N"),))
    # an infinity that was given shows in the solution: SciPy may refuse it, and NumPy's rules decide what comes of it
    size, width = routines.size * columns, engine.vector_width()
    routines.writer.leave_if(holds_nan(routines.builder, target, size, routines.dtype, width, True), Status.LOST)


_WRITERS: Final[dict[str, Callable[[_Routines], None]]] = {
    "cholesky": _cholesky,
    "cholesky_inverse": _cholesky_inverse,
    "eigh_factor": _eigh,
    "lu": _lu,
    "lu_cofactor": _lu_cofactor,
    "lu_inverse": _lu_inverse,
    "lu_solve": _lu_solve,
    "triangular_solve": _triangular_solve,
}
