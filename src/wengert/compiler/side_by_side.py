"""A team of parts in LLVM's language: one function that threads share, and what came of each part afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wengert.compiler import ir, library
from wengert.compiler.clusters import Cluster
from wengert.compiler.counting import INDEX, number
from wengert.compiler.plan import Block
from wengert.compiler.teams import asks_blas

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_team"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
_TABLES: Final = 3


@dataclass(frozen=True)
class _Part:
    """One cluster: a function of the context and the number of a chunk, or one like a kernel's, with a status."""

    function: Any
    chunks: int
    status: int | None


def write_team(writer: FunctionWriter, clusters: Sequence[Cluster]) -> None:
    """Run clusters side by side, or one after the other where BLAS has the cores for each of them."""
    parts = [_part(writer, cluster, _TABLES + place) for place, cluster in enumerate(clusters)]
    context = _context(writer, _TABLES + len(parts))
    count = sum([part.chunks for part in parts])
    team = writer.chunk(lambda turn: _one_of(writer, parts, turn))
    builder = writer.builder
    if any(map(asks_blas, clusters)):
        asked = builder.call(builder.module.declared(library.THREADS, ir.FunctionType(WORD, [])), [])
        alone = builder.icmp_signed("==", asked, ir.Constant(WORD, 1))
        with builder.if_else(alone) as (side_by_side, one_by_one):
            with side_by_side:
                writer.spread(team, context, count)
            with one_by_one:
                for part in parts:
                    _whole(writer, part, context)
    else:
        writer.spread(team, context, count)
    for part in parts:
        if part.status is not None:
            writer.check(builder.load(_place(writer, context, part.status), align=8, typ=WORD))


def _part(writer: FunctionWriter, cluster: Cluster, status: int) -> _Part:
    blocks = cluster.blocks
    if blocks is not None and blocks.chunks > 1:
        chunk = writer.chunk(lambda number: writer.chunk_body(cluster, blocks, number))
        return _Part(chunk, blocks.chunks, None)
    block = Block(writer.plan, [replace(cluster, team=None)], writer.places)
    return _Part(writer.body(block), 1, status)


def _context(writer: FunctionWriter, words: int) -> Any:
    """The addresses of the kernel's tables, and room for what the parts return."""
    builder = writer.builder
    with builder.goto_entry_block():
        context = builder.alloca(INDEX, size=words)
        for place, table in enumerate(writer.function.args[:_TABLES]):
            builder.store(builder.ptrtoint(table, INDEX), builder.gep(context, [ir.Constant(WORD, place)]), align=8)
    return builder.bitcast(context, POINTER)


def _place(writer: FunctionWriter, context: Any, word: int) -> Any:
    return writer.builder.gep(context, [ir.Constant(WORD, word)], source_etype=INDEX)


def _one_of(writer: FunctionWriter, parts: Sequence[_Part], turn: Any) -> None:
    """What has this number among the chunks of all parts."""
    builder, first = writer.builder, 0
    context = builder.function.args[0]
    for part in parts:
        own = builder.sub(turn, number(first))
        with builder.if_then(builder.icmp_unsigned("<", own, number(part.chunks))):
            if part.status is None:
                builder.call(part.function, [context, own])
            else:
                _run(writer, part, context)
        first += part.chunks


def _whole(writer: FunctionWriter, part: _Part, context: Any) -> None:
    """One part, whose chunks are shared."""
    if part.status is None:
        writer.spread(part.function, context, part.chunks)
    else:
        _run(writer, part, context)


def _run(writer: FunctionWriter, part: _Part, context: Any) -> None:
    """A part without chunks; its status goes into the context."""
    assert part.status is not None
    code = writer.builder.call(part.function, list(writer.tables))
    writer.builder.store(code, _place(writer, context, part.status), align=8)
