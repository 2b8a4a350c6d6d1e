"""Factorisations in compiled code: calls of LAPACK in the memory of the kernel.

Matrices stand row after row, and LAPACK reads columns: it sees the transpose. So lower triangles are upper ones to it,
and a system with a matrix on the left is one with its transpose on the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, ir
from wengert.compiler.blocked import write_blocked_lu
from wengert.compiler.checks import holds_nan
from wengert.compiler.counting import counting, number
from wengert.compiler.plan import Call, kind_of
from wengert.compiler.routines import WORD, Routines
from wengert.compiler.squares import mirror, symmetric_half, transpose
from wengert.compiler.status import Status
from wengert.compiler.values import Value, fabs, select

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_factorisation"]

# From here on LAPACK's own factors use two threads badly: OpenBLAS begins to use them at 40,000 entries.
_BLOCKED: Final = 200


def write_factorisation(writer: FunctionWriter, call: Call) -> None:
    """Write the call, or one for each matrix of a stack."""
    write = _WRITERS[call.equation.primitive.name]
    stack = kind_of(call.equation.inputs[0]).shape[:-2]
    if not stack:
        write(Routines(writer, call))
        return
    with counting(writer.builder, 0, math.prod(stack)) as turn:
        write(Routines(writer, call, turn))


def _symmetric_part(routines: Routines, target: Any, whole: bool) -> None:
    """The symmetric part of a matrix that is symmetric up to rounding: a quarter of the digits."""
    tolerance = float(np.finfo(routines.dtype).eps ** 0.25)
    source = routines.square(routines.operand(0))
    asymmetric = symmetric_half(source, routines.square(target), tolerance, whole)
    routines.writer.leave_if(asymmetric, Status.RAISED)


def _cholesky(routines: Routines) -> None:
    target = routines.result()
    _symmetric_part(routines, target, False)
    routines.run("potrf", routines.character("U"), routines.order, target, routines.order, routines.status)
    routines.refuse_if_set(routines.status)


def _cholesky_inverse(routines: Routines) -> None:
    target = routines.result()
    routines.refuse_singular(target)
    routines.run("potri", routines.character("U"), routines.order, target, routines.order, routines.status)
    mirror(routines.square(target))


def _eigh(routines: Routines) -> None:
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


def _lu(routines: Routines) -> None:
    if routines.size < _BLOCKED:
        order, matrix = routines.order, routines.result()
        routines.run("getrf", order, order, matrix, order, routines.result(1), routines.result(2))
    else:
        write_blocked_lu(routines)
    # an infinity anywhere in a matrix gives one, or NaN, among the pivots: what comes of it is up to NumPy
    routines.refuse_diagonal(routines.result(), lambda entry: ~(fabs(entry) < float("inf")), Status.LOST)
    # what is lost differs between a matrix and the transpose that LAPACK sees
    routines.refuse_range(routines.result())


def _lu_inverse(routines: Routines) -> None:
    routines.refuse_if_set(routines.operand(2))
    (scratch,) = routines.call.scratch
    routines.run(
        "getri",
        *(routines.order, routines.result(), routines.order, routines.operand(1)),
        *(routines.writer.pointer(scratch), routines.word(scratch.type.size), routines.status),
    )


def _lu_cofactor(routines: Routines) -> None:
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


def _largest_row(routines: Routines, start: Any) -> Value:
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


def _determinant(routines: Routines, factors: Any, pivots: Any) -> Value:
    """The product of the pivots, with the sign of their order; the kernel is left near the ends of the numbers."""
    builder, truth = routines.builder, ir.IntType(1)
    ends = float(np.finfo(routines.dtype).max ** 0.5)
    with builder.goto_entry_block():
        room, left = builder.alloca(routines.kind), builder.alloca(truth)
    builder.store(ir.Constant(routines.kind, 1.0), room)
    builder.store(ir.Constant(truth, 0), left)
    with counting(builder, 0, routines.size) as row:
        entry = Value(routines.load(factors, builder.mul(row, number(routines.size + 1))), builder)
        address = routines.entry(pivots, row)
        pivot = builder.sext(builder.load(address, align=4, typ=WORD), row.type)
        moved = builder.icmp_signed("!=", pivot, builder.add(row, number(1)))
        held = Value(builder.load(room, typ=routines.kind), builder)
        product = held * select(Value(moved, builder), -entry, entry)
        builder.store(product.ir, room)
        outside = ~((fabs(product) < ends) & (fabs(product) > 1.0 / ends))
        builder.store(builder.or_(builder.load(left, typ=truth), outside.ir), left)
    routines.writer.leave_if(builder.load(left, typ=truth), Status.RAISED)
    return Value(builder.load(room, typ=routines.kind), builder)


def _lu_solve(routines: Routines) -> None:
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
    routines: Routines, factors: Any, target: Any, columns: int, how: str, triangles: Sequence[tuple[str, str]]
) -> None:
    """The rows of a right-hand side times the inverses of triangles: which one, and whether its diagonal is ones."""
    for triangle, diagonal in triangles:
        routines.run(
            "trsm",
            *[routines.character(letter) for letter in ("R", triangle, how, diagonal)],
            *(routines.word(columns), routines.order, routines.room(routines.kind, 1.0)),
            *(factors, routines.order, target, routines.word(columns)),
        )


def _exchange_rows(routines: Routines, pivots: Any, target: Any, columns: int, backward: bool) -> None:
    """Exchange rows as the pivots say, in their order or from the last one back."""
    builder, length, one = routines.builder, routines.word(columns), routines.word(1)

    def row(place: Any) -> Any:
        return routines.place(target, builder.mul(place, number(columns)))

    with counting(builder, 0, routines.size) as turn:
        place = builder.sub(number(routines.size - 1), turn) if backward else turn
        address = routines.entry(pivots, place)
        pivot = builder.sub(builder.sext(builder.load(address, align=4, typ=WORD), place.type), number(1))
        with builder.if_then(builder.icmp_signed("!=", pivot, place)):
            routines.run("swap", length, row(place), one, row(pivot), one)


def _triangular_solve(routines: Routines) -> None:
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


_WRITERS: Final[dict[str, Callable[[Routines], None]]] = {
    "cholesky": _cholesky,
    "cholesky_inverse": _cholesky_inverse,
    "eigh_factor": _eigh,
    "lu": _lu,
    "lu_cofactor": _lu_cofactor,
    "lu_inverse": _lu_inverse,
    "lu_solve": _lu_solve,
    "triangular_solve": _triangular_solve,
}
