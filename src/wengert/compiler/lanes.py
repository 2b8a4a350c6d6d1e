"""What code on vectors shares among its lanes: rare parts, parts of several functions, tables of constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.compiler import ir
from wengert.compiler.counting import counting
from wengert.compiler.values import Builder, Value, any_lane, select

__all__ = ["by_lane", "joined", "outlined", "shared", "table_entry", "where_any"]

Write = Callable[..., list[Value]]


def where_any(condition: Value, rare: Callable[[], Sequence[Value]], common: Sequence[Value]) -> list[Value]:
    """`rare()` in the lanes where the condition is true, `common` in the others.

    What `rare` writes runs only if some lane needs it. The lanes that do not need it keep their values, so that no
    result depends on a neighbour.
    """
    builder = condition.builder
    before = builder.block
    with builder.if_then(any_lane(condition).ir, likely=False):
        chosen = [select(condition, new, old) for new, old in zip(rare(), common, strict=True)]
        inside = builder.block
    for key, (block, operand, values) in list(builder.kept.items()):
        if block is before:
            builder.kept[key] = builder.block, operand, values
    return joined(common, before, chosen, inside)


def joined(olds: Sequence[Value], before: Any, news: Sequence[Value], inside: Any) -> list[Value]:
    """Values that come from one block as the old ones, and from the other as the new ones."""
    found = []
    for old, new in zip(olds, news, strict=True):
        phi = new.builder.phi(new.type)
        phi.add_incoming(old.ir, before)
        phi.add_incoming(new.ir, inside)
        found.append(new.wrap(phi))
    return found


def shared(x: Value, name: str, compute: Callable[[], list[Value]]) -> list[Value]:
    """`compute()`, or its values from the last time if that was in this block: a part that functions of x share."""
    builder = x.builder
    key = id(x.ir), name
    block, operand, values = builder.kept.get(key, (None, None, []))
    if block is not builder.block or operand is not x.ir:
        values = compute()
        builder.kept[key] = builder.block, x.ir, values
    return values


def outlined(name: str, operands: Sequence[Value], results: Sequence[Any], write: Write) -> list[Value]:
    """`write(*operands)` by a call of a function of the module's own, which is written when it is first called.

    The name must say what is computed; the types of the operands are added to it. `results` are LLVM's types.
    """
    builder = operands[0].builder
    full = ".".join([name, *(f"{x.lanes}x{x.element}" if x.lanes else str(x.element) for x in operands)])
    function = builder.module.globals.get(full)
    if function is None:
        function = _function(full, operands, results, write)
    result = builder.call(function, [x.ir for x in operands])
    if len(results) == 1:
        return [Value(result, builder)]
    return [Value(builder.extract_value(result, place), builder) for place in range(len(results))]


def _function(name: str, operands: Sequence[Value], results: Sequence[Any], write: Write) -> Any:
    outside = operands[0].builder
    kind = results[0] if len(results) == 1 else ir.LiteralStructType(results)
    function = ir.Function(outside.module, ir.FunctionType(kind, [x.type for x in operands]), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    builder = Builder(function.append_basic_block("entry"), outside.has_fma)
    values = write(*[Value(x, builder, like.signed) for x, like in zip(function.args, operands, strict=True)])
    packed = values[0].ir
    if len(results) > 1:
        packed = ir.Constant(kind, ir.Undefined)
        for place, value in enumerate(values):
            packed = builder.insert_value(packed, value.ir, place)
    builder.ret(packed)
    return function


def by_lane(name: str, operands: Sequence[Value], results: Sequence[Any], write: Write) -> list[Value]:
    """`write` for numbers on each lane in turn, by calls: for what is too rare, or too irregular, for vectors."""
    if operands[0].lanes is None:
        return outlined(name, operands, results, write)
    vectors = [operands[0].shaped(kind) for kind in results]
    return outlined(f"{name}.lanes", operands, vectors, lambda *xs: _lane_after_lane(name, xs, results, write))


def _lane_after_lane(name: str, operands: Sequence[Value], results: Sequence[Any], write: Write) -> list[Value]:
    builder = operands[0].builder
    before, gathered = builder.block, []
    with counting(builder, 0, operands[0].lanes) as place:
        for kind in results:
            part = builder.phi(operands[0].shaped(kind))
            part.add_incoming(ir.Constant(part.type, ir.Undefined), before)
            gathered.append(part)
        values = outlined(name, [x.wrap(builder.extract_element(x.ir, place)) for x in operands], results, write)
        filled = [builder.insert_element(part, value.ir, place) for part, value in zip(gathered, values, strict=True)]
        for part, value in zip(gathered, filled, strict=True):
            part.add_incoming(value, builder.block)
    return [Value(part, builder) for part in filled]


def table_entry(table: Sequence[int], index: Value, name: str) -> Value:
    """The entry of a table of integers of 64 bits, at a place that must lie inside it."""
    builder, word = index.builder, ir.IntType(64)
    variable = builder.module.globals.get(name)
    if variable is None:
        kind = ir.ArrayType(word, len(table))
        variable = ir.GlobalVariable(builder.module, kind, name)
        variable.initializer = ir.Constant(kind, [ir.Constant(word, entry) for entry in table])
        variable.linkage, variable.global_constant = "internal", True
    place = builder.gep(variable, [ir.Constant(ir.IntType(32), 0), index.ir], inbounds=True)
    return Value(builder.load(place), builder, signed=False)
