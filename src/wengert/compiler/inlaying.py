"""Values at equal distances in zeros: the zeros are written, and then the values over some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wengert.compiler import engine, entrywise
from wengert.compiler.nest import NestWriter
from wengert.compiler.optimise.internal import inlay
from wengert.compiler.plan import Call, Entry, Nest, Read, kind_of
from wengert.compiler.shape import Access
from wengert.compiler.views import long_axes
from wengert.graph import Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter
    from wengert.compiler.planner import Planner

__all__ = ["INLAYS", "is_inlay", "write_inlay"]


def is_inlay(call: Call) -> bool:
    """Whether a call writes values into zeros, in loops."""
    return call.callback is None and call.equation.primitive is inlay


def _inlay(planner: Planner, equation: Equation) -> bool:
    (values,), (result,) = equation.inputs, equation.outputs
    kind = kind_of(values)
    if equation.primitive is not inlay or entrywise.element(kind.dtype) is None or not kind.size:
        return False
    read = planner.resolve(values, kind.shape)
    level = max(0, planner.ready(read))
    planner.level[result] = level
    planner.store(result)
    planner.note((read,), level)
    planner.inlaid[result] = read
    planner.calls.append(Call(level, equation, (read,)))
    return True


def write_inlay(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    equation = call.equation
    (result,) = equation.outputs
    _, start, strides = equation.params[:3]
    kind = kind_of(equation.inputs[0])
    zero = Read(Literal(kind.dtype.type(0), array_type((), kind.dtype)), ())
    _nest(writer, Entry(result, None, (zero,)), {})
    long = tuple([stride for stride, length in zip(strides, kind.shape, strict=True) if length != 1])
    part = Var(kind)
    _nest(writer, Entry(part, None, call.reads), {part: Access(result, start, long, long[0] if long else 0)})


def _nest(writer: FunctionWriter, entry: Entry, targets: dict[Var, Access]) -> None:
    nest = Nest(0, long_axes(entry.result.type.shape), [entry])
    stored = {entry.result: None}
    NestWriter(writer.builder, nest, stored, writer.pointer, engine.vector_width(), None, targets).write()


INLAYS: Final[dict[str, Any]] = {"inlay": _inlay}
