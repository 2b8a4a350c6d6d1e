"""Branches: one of two bodies runs, as a truth value in memory says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import ir
from wengert.compiler.plan import Block, Call, kind_of
from wengert.compiler.shape import access_of
from wengert.graph import Equation, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter
    from wengert.compiler.planner import Planner

__all__ = ["plan_branch", "write_branch"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
INDEX: Final = ir.IntType(64)
BYTE: Final = ir.IntType(8)


def plan_branch(planner: Planner, equation: Equation, blocks: tuple[Block, Block]) -> bool:
    """A call of one of two blocks, which share the room that they work in."""
    for block in blocks:
        for literal in block.plan.constants:
            planner.constants.setdefault(id(literal), literal)
    reads = [planner.whole_read(atom) for atom in equation.inputs]
    level = max([0, *(planner.ready(read) for read in reads)])
    arena = Var(array_type((max(1, *[block.layout.arena for block in blocks]),), np.dtype(np.uint8)))
    for variable in (*equation.outputs, arena):
        planner.level[variable] = level
        planner.store(variable)
    planner.note(reads, level)
    planner.calls.append(Call(level, equation, tuple(reads), blocks[0], (arena,), otherwise=blocks[1]))
    return True


def write_branch(writer: FunctionWriter, step: Call) -> None:
    """Run the function of the body that is chosen."""
    assert step.body is not None
    assert step.otherwise is not None
    builder = writer.builder
    access = access_of(step.reads[0], ())
    byte = builder.load(writer.pointer(access.key), align=1, typ=BYTE)
    chosen = builder.icmp_unsigned("!=", byte, ir.Constant(BYTE, 0))
    functions = [writer.body(block) for block in (step.body, step.otherwise)]
    # what is found at run time is asked for before the ways part
    addresses = [writer.pointer(access_of(read, kind_of(a).shape).key) for read, a in _operands(step)]
    results = [writer.pointer(variable) for variable in step.equation.outputs]
    arena = writer.pointer(step.scratch[0])
    ways = [builder.append_basic_block(name) for name in ("chosen", "otherwise", "joined")]
    builder.cbranch(chosen, ways[0], ways[1])
    codes: list[tuple[Any, Any]] = []
    for way, function, block in zip(ways[:2], functions, (step.body, step.otherwise), strict=True):
        builder.position_at_end(way)
        constants = [writer.pointer(id(literal)) for literal in block.plan.constants]
        tables = [_table(builder, [*addresses, *constants]), _table(builder, results)]
        codes.append((builder.call(function, [*tables, arena]), builder.block))
        builder.branch(ways[2])
    builder.position_at_end(ways[2])
    code = builder.phi(WORD)
    for value, block in codes:
        code.add_incoming(value, block)
    writer.check(code)


def _operands(step: Call) -> list[tuple[Any, Any]]:
    """What the bodies are given: all but the truth value."""
    return list(zip(step.reads[1:], step.equation.inputs[1:], strict=True))


def _table(builder: Any, addresses: list[Any]) -> Any:
    """Addresses one behind the other in memory."""
    with builder.goto_entry_block():
        room = builder.alloca(INDEX, size=max(len(addresses), 1))
    for place, address in enumerate(addresses):
        entry = builder.gep(room, [ir.Constant(WORD, place)])
        builder.store(builder.ptrtoint(address, INDEX), entry)
    return builder.bitcast(room, POINTER)
