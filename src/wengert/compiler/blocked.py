"""The LU factorisation in blocks of columns.

Golub and Van Loan, "Matrix Computations", 4th edition, section 3.6.1: a block of columns is factored by LAPACK, the
rows of all others are exchanged in its order, and what is right of it gets one triangular solution and one product.
The products are what uses more than one thread well.
"""

from __future__ import annotations

from typing import Any, Final

from wengert.compiler import ir
from wengert.compiler.counting import INDEX, counting, least, number
from wengert.compiler.routines import WORD, Routines

__all__ = ["write_blocked_lu"]

_WIDTH: Final = 64


def write_blocked_lu(routines: Routines) -> None:
    """Factors into the first result, pivots into the second one, and the first zero pivot, from 1, into the third."""
    builder, size = routines.builder, routines.size
    rooms = {name: routines.word(0) for name in ("rows", "width", "left", "right", "found")}
    matrix, pivots, status = [routines.result(place) for place in range(3)]
    builder.store(ir.Constant(WORD, 0), status)
    with counting(builder, 0, size, _WIDTH) as start:
        width = least(builder, builder.sub(number(size), start), number(_WIDTH))
        stop = builder.add(start, width)
        sizes = {"rows": builder.sub(number(size), start), "width": width, "left": start}
        sizes["right"] = builder.sub(number(size), stop)
        for name, value in sizes.items():
            builder.store(builder.trunc(value, WORD), rooms[name])

        def place(row: Any, column: Any) -> Any:
            return routines.place(matrix, builder.add(row, builder.mul(column, number(size))))

        order = routines.entry(pivots, start)
        corner = place(start, start)
        routines.run("getrf", rooms["rows"], rooms["width"], corner, routines.order, order, rooms["found"])
        _note_zero(routines, rooms["found"], status, start)
        for columns, first in (("left", number(0)), ("right", stop)):
            with builder.if_then(builder.icmp_signed(">", sizes[columns], number(0))):
                _exchange(routines, rooms[columns], place(start, first), rooms["width"], order)
        with builder.if_then(builder.icmp_signed(">", sizes["right"], number(0))):
            _update(routines, rooms, corner, (place(start, stop), place(stop, start), place(stop, stop)))
        _count_from_the_top(routines, order, width, start)


def _exchange(routines: Routines, columns: Any, start: Any, width: Any, order: Any) -> None:
    """Exchange the rows of other columns as those of a block were."""
    one = routines.word(1)
    routines.run("laswp", columns, start, routines.order, one, width, order, one)


def _update(routines: Routines, rooms: dict[str, Any], corner: Any, parts: tuple[Any, Any, Any]) -> None:
    """U₁₂ = L₁₁⁻¹ A₁₂ in the place of A₁₂, and A₂₂ - L₂₁ U₁₂ in that of A₂₂."""
    upper, lower, rest = parts
    one, minus = [routines.room(routines.kind, value) for value in (1.0, -1.0)]
    order, width, right = routines.order, rooms["width"], rooms["right"]
    letters = [routines.character(letter) for letter in ("L", "L", "N", "U")]
    routines.run("trsm", *letters, width, right, one, corner, order, upper, order)
    plain = routines.character("N")
    routines.run("gemm", plain, plain, right, right, width, minus, lower, order, upper, order, one, rest, order)


def _note_zero(routines: Routines, found: Any, status: Any, start: Any) -> None:
    """Keep which pivot of the whole matrix was the first zero."""
    builder, zero = routines.builder, ir.Constant(WORD, 0)
    here, before = [builder.load(room, align=4, typ=WORD) for room in (found, status)]
    is_first = builder.and_(builder.icmp_signed("!=", here, zero), builder.icmp_signed("==", before, zero))
    builder.store(builder.select(is_first, builder.add(here, builder.trunc(start, WORD)), before), status, align=4)


def _count_from_the_top(routines: Routines, order: Any, width: Any, start: Any) -> None:
    """Let pivots say rows of the matrix instead of rows of the block."""
    builder = routines.builder
    with counting(builder, 0, width) as turn:
        address = routines.entry(order, turn)
        row = builder.sext(builder.load(address, align=4, typ=WORD), INDEX)
        builder.store(builder.trunc(builder.add(row, start), WORD), address, align=4)
