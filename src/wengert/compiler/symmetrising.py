"""A square matrix plus its transpose, tile by tile and in several threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, entrywise, ir
from wengert.compiler.counting import number
from wengert.compiler.optimise.internal import with_transpose
from wengert.compiler.plan import Call, kind_of
from wengert.compiler.shape import access_of
from wengert.compiler.squares import Square, transposed_sum
from wengert.graph import Equation, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter
    from wengert.compiler.planner import Planner

__all__ = ["SUMS", "is_transposed_sum", "write_transposed_sum"]

BYTE: Final = ir.IntType(8)
_TRUTH: Final = np.dtype(np.bool_)
# Entries that are worth a share of their own, and shares at most.
_SHARE: Final = 1 << 15
_SHARES: Final = 16
# Lanes of a tile, at most.
_WIDEST: Final = 8


def is_transposed_sum(call: Call) -> bool:
    """Whether a call adds a matrix and its transpose."""
    return call.callback is None and call.equation.primitive is with_transpose


def _transposed_sum(planner: Planner, equation: Equation) -> bool:
    (atom,), (result,) = equation.inputs, equation.outputs
    if equation.primitive is not with_transpose or kind_of(atom).shape[0] < 2:
        return False
    read = planner.whole_read(atom)
    level = max(0, planner.ready(read))
    # whether there is a NaN in what each share has written
    flags = Var(array_type((max(1, min(_SHARES, result.type.size // _SHARE)),), _TRUTH))
    for variable in (result, flags):
        planner.level[variable] = level
        planner.store(variable)
    planner.flagged[result] = flags
    planner.note((read,), level)
    planner.calls.append(Call(level, equation, (read,), None, (flags,)))
    return True


def write_transposed_sum(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    (atom,), (result,), (flags,) = call.equation.inputs, call.equation.outputs, call.scratch
    kind = kind_of(atom)
    element = entrywise.element(kind.dtype)
    lanes = min(_WIDEST, engine.vector_width() * 8 // kind.dtype.itemsize)
    shares: int = flags.type.shape[0]

    def write(share: Any) -> None:
        builder = writer.builder
        starts = [writer.pointer(key) for key in (access_of(call.reads[0], kind.shape).key, result)]
        source, target = [Square(builder, start, kind.shape[0], element, lanes) for start in starts]
        found = transposed_sum(source, target, call.equation.params[0], share, shares)
        place = builder.gep(writer.pointer(flags), [share], inbounds=True, source_etype=BYTE)
        builder.store(builder.zext(found, BYTE), place, align=1)

    if shares == 1:
        write(number(0))
    else:
        writer.share(shares, write)


SUMS: Final[dict[str, Any]] = {"with_transpose": _transposed_sum}
