"""A plan as a function in LLVM's language: cluster after cluster, call after call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from wengert.compiler import engine, ir, threads
from wengert.compiler.body import Rows
from wengert.compiler.branching import write_branch
from wengert.compiler.calls import fallback_of, write_fallback
from wengert.compiler.checks import differs, holds_nan
from wengert.compiler.clusters import Blocks, Cluster, in_teams, summed
from wengert.compiler.contracting import ContractionWriter
from wengert.compiler.convolving import is_convolution, write_convolution
from wengert.compiler.counting import INDEX, counting, least, word
from wengert.compiler.cumulative import is_cumulative, write_cumulative
from wengert.compiler.ending import write_ending_loop
from wengert.compiler.factorising import is_factorisation, is_unrolled
from wengert.compiler.fallback import Fallback
from wengert.compiler.handing import RelayWriter
from wengert.compiler.inlaying import is_inlay, write_inlay
from wengert.compiler.lapack import write_factorisation
from wengert.compiler.memory import Place, bytes_of
from wengert.compiler.nest import NestWriter
from wengert.compiler.placed import is_placed
from wengert.compiler.places import write_placed
from wengert.compiler.plan import Block, Call, Contraction, Nest
from wengert.compiler.prefetching import Stream, companions
from wengert.compiler.products import is_product, write_product
from wengert.compiler.reducing import clear
from wengert.compiler.relaying import Relay
from wengert.compiler.repeating import write_loop
from wengert.compiler.searching import is_search, write_search
from wengert.compiler.side_by_side import write_team
from wengert.compiler.status import Status
from wengert.compiler.symmetrising import is_transposed_sum, write_transposed_sum
from wengert.compiler.unrolled import write_unrolled
from wengert.compiler.values import Builder
from wengert.graph import Var
from wengert.primitives.branches import is_branch

__all__ = ["FINITE", "Assembly", "FunctionWriter"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
BYTE: Final = ir.IntType(8)
FINITE: Final = object()
"""What is expected of an output of which nothing but its being finite matters."""


class Assembly:
    """The module of a kernel, and what must live as long as its code."""

    def __init__(self) -> None:
        self.module = ir.Module("wengert")
        self.module.triple = engine.host().triple
        # operations of NumPy's, by the constants that will hold the addresses of their functions
        self.fallbacks: list[tuple[Any, Fallback]] = []


class FunctionWriter:
    """Writes `i32 name(i8** inputs, i8** outputs, i8* arena)`, and a function for each cluster that runs in chunks."""

    def __init__(
        self, assembly: Assembly, block: Block, name: str, held: Sequence[Place] = (), streams: Sequence[Stream] = ()
    ) -> None:
        self.assembly = assembly
        self.plan = block.plan
        self.clusters = block.clusters
        self.places = block.layout
        self.ahead = companions(block.plan, streams)
        self.module = assembly.module
        kind = ir.FunctionType(WORD, [POINTER] * (3 + len(held)))
        self.function = ir.Function(self.module, kind, name)
        self.builder = self._begin(self.function)
        # inputs, outputs and the arena, as the function that is written has them
        self.tables: Sequence[Any] = self.function.args[:3]
        self.held = dict(zip(held, self.function.args[3:], strict=True))
        self.failed = self.function.append_basic_block("failed")
        self.codes: list[tuple[Any, Any]] = []
        self.context: Any = None

    def _begin(self, function: Any) -> Builder:
        """A builder behind the first block of a function, which is for its variables."""
        builder = Builder(function.append_basic_block("entry"), engine.has_fma())
        body = function.append_basic_block("body")
        builder.branch(body)
        builder.position_at_end(body)
        return builder

    def pointer(self, key: Any) -> Any:
        """The address of a value, at the builder's place."""
        place = self.places.places[key]
        if place in self.held:
            return self.held[place]
        builder = self.builder
        inputs, outputs, arena = self.tables
        offset = ir.Constant(INDEX, place.number)
        if place.table == "arena":
            return builder.gep(arena, [offset], inbounds=True, source_etype=BYTE)
        table = inputs if place.table == "input" else outputs
        return builder.load(builder.gep(table, [offset], inbounds=True, source_etype=POINTER), typ=POINTER)

    def write(self, expected: Sequence[Any] = (), lost: Sequence[int] = ()) -> Any:
        """The whole function."""
        for clusters in in_teams(self.clusters):
            if len(clusters) > 1:
                write_team(self, clusters)
            else:
                self.run(clusters[0])
        self.checks(expected, lost)
        builder = self.builder
        builder.ret(word(Status.DONE))
        builder.position_at_end(self.failed)
        if self.codes:
            code = builder.phi(WORD)
            for value, block in self.codes:
                code.add_incoming(value, block)
            builder.ret(code)
        else:
            builder.unreachable()
        return self.function

    def run(self, cluster: Cluster) -> None:
        """One cluster alone."""
        if cluster.blocks is not None:
            self.run_chunks(cluster)
            return
        for step in cluster.steps:
            if isinstance(step, Nest):
                self.nest(step)
            else:
                self.call(step)

    def nest(self, step: Nest, pointer: Any = None, rows: Rows | None = None) -> None:
        """One nest at the builder's place."""
        places = pointer or self.pointer
        if isinstance(step, Relay):
            assert rows is not None
            RelayWriter(self.builder, step, places, rows).write()
            return
        if isinstance(step, Contraction):
            ContractionWriter(self.builder, step, places, rows).write()
            return
        width, ahead = engine.vector_width(), self.ahead.get(id(step), ())
        # what changes its own memory is not to be changed twice
        once = any([entry.result in self.plan.same for entry in step.entries])
        NestWriter(self.builder, step, self.plan.stored, places, width, rows, once=once, ahead=ahead).write()

    def run_chunks(self, cluster: Cluster) -> None:
        """Call the function of a cluster for each of its chunks."""
        blocks = cluster.blocks
        assert blocks is not None
        self.share(blocks.chunks, lambda number: self.chunk_body(cluster, blocks, number))

    def share(self, count: int, write: Callable[[Any], None]) -> None:
        """Call a function so many times, in several threads; `write` writes it, given the number of the call."""
        if self.held:
            # no other function has the addresses that this one was given
            with counting(self.builder, 0, count) as place:
                write(place)
            return
        self.spread(self.chunk(write), self._context(), count)

    def spread(self, chunk: Any, context: Any, count: int) -> None:
        """Call such a function with a context so many times, in several threads."""
        builder = self.builder
        if count == 1:
            builder.call(chunk, [context, ir.Constant(INDEX, 0)])
            return
        name = threads.SYMBOL
        share = self.module.globals.get(name)
        if share is None:
            share = ir.Function(self.module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER, INDEX]), name)
        builder.call(share, [builder.bitcast(chunk, POINTER), context, ir.Constant(INDEX, count)])

    def _context(self) -> Any:
        """What the functions of clusters get: the addresses of the kernel's tables."""
        builder = self.builder
        if self.context is None:
            with builder.goto_entry_block():
                room = builder.alloca(INDEX, size=3)
                for number, table in enumerate(self.function.args):
                    place = builder.gep(room, [ir.Constant(WORD, number)])
                    builder.store(builder.ptrtoint(table, INDEX), place)
                self.context = builder.bitcast(room, POINTER)
        return self.context

    def chunk(self, write: Callable[[Any], None]) -> Any:
        """A function that takes the context and the number of a chunk."""
        kind = ir.FunctionType(ir.VoidType(), [POINTER, INDEX])
        function = ir.Function(self.module, kind, self.module.get_unique_name("chunk"))
        function.linkage = "internal"
        outside = self.builder, self.tables
        builder = self.builder = self._begin(function)
        context, number = function.args
        self.tables = [
            builder.load(builder.gep(context, [ir.Constant(WORD, i)], source_etype=POINTER), typ=POINTER)
            for i in range(3)
        ]
        write(number)
        builder.ret_void()
        self.builder, self.tables = outside
        return function

    def chunk_body(self, cluster: Cluster, blocks: Blocks, number: Any) -> None:
        """One chunk, block after block."""
        builder, length = self.builder, cluster.length
        assert length is not None
        results = {reduction.result: reduction for reduction in summed(cluster)}

        def pointer(key: Any) -> Any:
            if key not in cluster.parts:
                return self.pointer(key)
            distance = ir.Constant(INDEX, bytes_of(key.type))
            return builder.gep(
                self.pointer(cluster.parts[key]), [builder.mul(number, distance)], inbounds=True, source_etype=BYTE
            )

        for result, reduction in results.items():
            clear(builder, reduction, pointer(result), ir.Constant(INDEX, result.type.size))
        start = builder.mul(number, ir.Constant(INDEX, blocks.chunk))
        stop = least(builder, builder.add(start, ir.Constant(INDEX, blocks.chunk)), ir.Constant(INDEX, length))
        with counting(builder, start, stop, blocks.rows, perhaps_never=True) as place:
            count = least(builder, builder.sub(stop, place), ir.Constant(INDEX, blocks.rows))
            rows = Rows(length % blocks.rows or blocks.rows, blocks.rows, count, place)
            for step in cluster.steps:
                assert isinstance(step, Nest)
                self.nest(step, pointer, rows)

    def call(self, step: Call) -> None:
        """What is no nest: by BLAS, at places that are found at run time, as a loop, or by NumPy."""
        write = next((write for serves, write in _WAYS if serves(step)), None)
        if write is not None:
            write(self, step)
            return
        fallback = fallback_of(step)
        self.assembly.fallbacks.append((step.callback, fallback))
        self.check(write_fallback(self.builder, step, fallback, self.pointer))

    def bodied(self, step: Call) -> None:
        """A branch, or a loop."""
        block = step.body
        assert block is not None
        if is_branch(step.equation):
            write_branch(self, step)
        elif step.equation.params[0].counted:
            write_loop(self, step, block)
        else:
            write_ending_loop(self, step, block)

    def checks(self, expected: Sequence[Any], lost: Sequence[int]) -> None:
        """What has to hold of the results: steering values as recorded, and no NaN."""
        results = len(self.plan.outputs) - len(expected)
        for output, value in zip(self.plan.outputs[results:], expected, strict=True):
            if value is FINITE:
                self.refuse(output, or_infinite=True)
                continue
            found = differs(self.builder, self.pointer(output), np.asarray(value, output.type.dtype))
            self.leave_if(found, Status.MISSED)
        for number in lost:
            self.refuse(self.plan.outputs[number])

    def refuse(self, output: Var, or_infinite: bool = False) -> None:
        """Leave the kernel where a value holds a NaN, or an infinity."""
        kind = output.type
        if output in self.plan.flags:
            flag = self.builder.load(self.pointer(self.plan.flags[output]), align=1, typ=BYTE)
            self.leave_if(self.builder.icmp_unsigned("!=", flag, ir.Constant(BYTE, 0)), Status.LOST)
        elif kind.kind in "fc" and kind.size:
            found = holds_nan(
                self.builder, self.pointer(output), kind.size, kind.dtype, engine.vector_width(), or_infinite
            )
            self.leave_if(found, Status.LOST)

    def leave_if(self, condition: Any, status: Status) -> None:
        """Leave the kernel with a status where a condition is true."""
        self.check(self.builder.select(condition, word(status), word(Status.DONE)))

    def check(self, code: Any) -> None:
        """Leave the kernel with this status unless all went well."""
        builder = self.builder
        self.codes.append((code, builder.block))
        onward = builder.append_basic_block("onward")
        builder.cbranch(builder.icmp_unsigned("==", code, word(Status.DONE)), onward, self.failed)
        builder.position_at_end(onward)

    def body(self, block: Block, held: Sequence[Place] = (), streams: Sequence[Stream] = ()) -> Any:
        """A function of its own for what a loop repeats, or a branch may run.

        The addresses of `held` are further arguments; the function then becomes a part of its caller. Of `streams` it
        fetches what the next step takes.
        """
        function = FunctionWriter(self.assembly, block, self.module.get_unique_name("body"), held, streams).write()
        function.linkage = "internal"
        if held:
            function.attributes.add("alwaysinline")
        return function


# What is written without NumPy: the first way that serves a call.
_WAYS: Final[Sequence[tuple[Callable[[Call], bool], Callable[[FunctionWriter, Call], None]]]] = (
    (is_product, lambda writer, call: write_product(writer.builder, call, writer.pointer)),
    (is_inlay, write_inlay),
    (is_transposed_sum, write_transposed_sum),
    (is_unrolled, write_unrolled),
    (is_factorisation, write_factorisation),
    (lambda call: call.body is not None, FunctionWriter.bodied),
    (is_placed, write_placed),
    (is_cumulative, write_cumulative),
    (is_convolution, write_convolution),
    (is_search, write_search),
)
