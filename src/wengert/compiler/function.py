"""A plan as a function in LLVM's language: cluster after cluster, call after call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from llvmlite import ir

from wengert.compiler import engine, threads
from wengert.compiler.calls import Fallback
from wengert.compiler.checks import differs, holds_nan
from wengert.compiler.clusters import Blocks, Cluster, summed
from wengert.compiler.memory import bytes_of
from wengert.compiler.nest import NestWriter, Rows
from wengert.compiler.placed import is_placed
from wengert.compiler.places import write_placed
from wengert.compiler.plan import Block, Call, Entry, Nest, Read, kind_of
from wengert.compiler.products import is_product, write_product
from wengert.compiler.reducing import clear
from wengert.compiler.shape import access_of
from wengert.compiler.values import Builder
from wengert.compiler.views import long_axes
from wengert.graph import Var

__all__ = ["FINITE", "Assembly", "FunctionWriter"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
INDEX: Final = ir.IntType(64)
BYTE: Final = ir.IntType(8)
FINITE: Final = object()
"""What is expected of an output of which nothing but its being finite matters."""


class Assembly:
    """The module of a kernel, and what must live as long as its code."""

    def __init__(self) -> None:
        self.module = ir.Module("wengert")
        self.module.triple = engine.host().triple
        self.kept: list[Any] = []


class FunctionWriter:
    """Writes `i32 name(i8** inputs, i8** outputs, i8* arena)`, and a function for each cluster that runs in chunks."""

    def __init__(self, assembly: Assembly, block: Block, name: str) -> None:
        self.assembly = assembly
        self.plan = block.plan
        self.clusters = block.clusters
        self.places = block.layout
        self.module = assembly.module
        kind = ir.FunctionType(WORD, [POINTER, POINTER, POINTER])
        self.function = ir.Function(self.module, kind, name)
        self.builder = self._begin(self.function)
        # inputs, outputs and the arena, as the function that is written has them
        self.tables: Sequence[Any] = self.function.args
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
        builder = self.builder
        inputs, outputs, arena = self.tables
        offset = ir.Constant(INDEX, place.number)
        if place.table == "arena":
            return builder.gep(arena, [offset], inbounds=True, source_etype=BYTE)
        table = inputs if place.table == "input" else outputs
        return builder.load(builder.gep(table, [offset], inbounds=True, source_etype=POINTER), typ=POINTER)

    def write(self, expected: Sequence[Any] = (), lost: Sequence[int] = ()) -> Any:
        """The whole function."""
        for cluster in self.clusters:
            if cluster.blocks is not None:
                self.run_chunks(cluster)
            else:
                for step in cluster.steps:
                    if isinstance(step, Nest):
                        self.nest(step)
                    else:
                        self.call(step)
        self.checks(expected, lost)
        builder = self.builder
        builder.ret(ir.Constant(WORD, 0))
        builder.position_at_end(self.failed)
        if self.codes:
            code = builder.phi(WORD)
            for value, block in self.codes:
                code.add_incoming(value, block)
            builder.ret(code)
        else:
            builder.unreachable()
        return self.function

    def nest(self, step: Nest, pointer: Any = None, rows: Rows | None = None) -> None:
        """One nest at the builder's place."""
        places = pointer or self.pointer
        NestWriter(self.builder, step, self.plan.stored, places, engine.vector_width(), rows).write()

    def run_chunks(self, cluster: Cluster) -> None:
        """Call the function of a cluster for each of its chunks."""
        blocks = cluster.blocks
        assert blocks is not None
        chunk = self.chunk(cluster, blocks)
        builder = self.builder
        context = self._context()
        if blocks.chunks == 1:
            builder.call(chunk, [context, ir.Constant(INDEX, 0)])
            return
        name = threads.SYMBOL
        share = self.module.globals.get(name)
        if share is None:
            share = ir.Function(self.module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER, INDEX]), name)
        builder.call(share, [builder.bitcast(chunk, POINTER), context, ir.Constant(INDEX, blocks.chunks)])

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

    def chunk(self, cluster: Cluster, blocks: Blocks) -> Any:
        """The function of a cluster, which takes the context and the number of the chunk."""
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
        self.chunk_body(cluster, blocks, number)
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
        stop = self._least(builder.add(start, ir.Constant(INDEX, blocks.chunk)), ir.Constant(INDEX, length))
        with self._loop(start, stop, blocks.rows) as place:
            count = self._least(builder.sub(stop, place), ir.Constant(INDEX, blocks.rows))
            rows = Rows(length % blocks.rows or blocks.rows, blocks.rows, count, place)
            for step in cluster.steps:
                assert isinstance(step, Nest)
                self.nest(step, pointer, rows)

    def _least(self, value: Any, bound: Any) -> Any:
        return self.builder.select(self.builder.icmp_signed("<", value, bound), value, bound)

    @contextmanager
    def _loop(self, start: Any, stop: Any, step: int) -> Iterator[Any]:
        """A counting loop that may run not at all."""
        builder = self.builder
        before = builder.block
        head, body, after = [builder.append_basic_block(name) for name in ("block", "rows", "done")]
        builder.branch(head)
        builder.position_at_end(head)
        place = builder.phi(INDEX)
        place.add_incoming(start, before)
        builder.cbranch(builder.icmp_signed("<", place, stop), body, after)
        builder.position_at_end(body)
        yield place
        place.add_incoming(builder.add(place, ir.Constant(INDEX, step)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)

    def call(self, step: Call) -> None:
        """What is no nest: by BLAS, at places that are found at run time, as a loop, or by NumPy."""
        if is_product(step):
            write_product(self.builder, step, self.pointer)
            return
        if step.body is not None:
            self.repeat(step, step.body)
            return
        if is_placed(step):
            write_placed(self, step)
            return
        fallback = Fallback(step)
        self.assembly.kept.append(fallback)
        self.check(fallback.write(self.builder, self.pointer))

    def checks(self, expected: Sequence[Any], lost: Sequence[int]) -> None:
        """What has to hold of the results: steering values as recorded, and no NaN."""
        results = len(self.plan.outputs) - len(expected)
        for output, value in zip(self.plan.outputs[results:], expected, strict=True):
            if value is FINITE:
                self.refuse(output, or_infinite=True)
                continue
            found = differs(self.builder, self.pointer(output), np.asarray(value, output.type.dtype))
            self.check(self.builder.zext(found, WORD))
        for number in lost:
            self.refuse(self.plan.outputs[number])

    def refuse(self, output: Var, or_infinite: bool = False) -> None:
        """Leave the kernel with 2 where a value holds a NaN, or an infinity."""
        kind = output.type
        if kind.kind in "fc" and kind.size:
            found = holds_nan(
                self.builder, self.pointer(output), kind.size, kind.dtype, engine.vector_width(), or_infinite
            )
            self.check(self.builder.shl(self.builder.zext(found, WORD), ir.Constant(WORD, 1)))

    def check(self, code: Any) -> None:
        """Leave the kernel with this code unless it is zero."""
        builder = self.builder
        self.codes.append((code, builder.block))
        onward = builder.append_basic_block("onward")
        builder.cbranch(builder.icmp_unsigned("==", code, ir.Constant(WORD, 0)), onward, self.failed)
        builder.position_at_end(onward)

    def repeat(self, step: Call, block: Block) -> None:
        """Run the function of a body as often as a loop says.

        What is carried goes from one of two buffers to the other and ends in that of the result.
        """
        loop, builder = step.equation.params[0], self.builder
        function = FunctionWriter(self.assembly, block, self.module.get_unique_name("body"))
        body = function.write()
        body.linkage = "internal"
        inputs = self.table(len(block.plan.inputs) + len(block.plan.constants))
        outputs = self.table(len(block.plan.outputs))
        arrays = loop.fixed + loop.carried
        starts = [self.start(read, atom) for read, atom in zip(step.reads, step.equation.inputs, strict=True)]
        for number, start in enumerate(starts[:arrays]):
            self.put(inputs, number, start)
        for number, literal in enumerate(block.plan.constants):
            self.put(inputs, len(block.plan.inputs) + number, self.pointer(id(literal)))
        results = [self.pointer(variable) for variable in step.equation.outputs]
        *spare, arena = [self.pointer(variable) for variable in step.scratch]
        changed = [self._is_changed(block, loop, number) for number in range(loop.carried)]
        # the first step writes into the results where the number of steps is odd
        odd = loop.count % 2 == 1
        for number in range(loop.carried):
            if changed[number]:
                self.copy(step, loop.fixed + number, step.equation.outputs[number])
                self.put(inputs, loop.fixed + number, results[number])
            elif self._is_used_up(block, loop, number):
                # the first step must not write into what it is given, nor read where it writes
                room = step.scratch[number] if odd else step.equation.outputs[number]
                self.copy(step, loop.fixed + number, room)
                self.put(inputs, loop.fixed + number, spare[number] if odd else results[number])
        with self._loop(ir.Constant(INDEX, 0), ir.Constant(INDEX, loop.count), 1) as turn:
            left = builder.sub(ir.Constant(INDEX, loop.count - 1), turn)
            ends = builder.icmp_unsigned("==", builder.and_(left, ir.Constant(INDEX, 1)), ir.Constant(INDEX, 0))
            targets = [
                one if same else builder.select(ends, one, other)
                for same, one, other in zip(changed, results[: loop.carried], spare, strict=True)
            ]
            for number, target in enumerate(targets):
                self.put(outputs, number, target)
            for number, result in enumerate(results[loop.carried :], start=loop.carried):
                self.put(outputs, number, self.moved(result, turn, bytes_of(kind_of(block.plan.outputs[number]))))
            for number in range(arrays, len(starts)):
                distance = step_distance(step, number)
                self.put(inputs, number, self.moved(starts[number], turn, distance))
            self.check(builder.call(body, [builder.bitcast(inputs, POINTER), builder.bitcast(outputs, POINTER), arena]))
            for number, target in enumerate(targets, start=loop.fixed):
                self.put(inputs, number, target)

    @staticmethod
    def _is_changed(block: Block, loop: Any, number: int) -> bool:
        """Whether the body changes a carried value in its own memory."""
        places = block.layout.places
        return places[block.plan.outputs[number]] == places[block.plan.inputs[loop.fixed + number]]

    @staticmethod
    def _is_used_up(block: Block, loop: Any, number: int) -> bool:
        """Whether the body writes something else into the memory of a carried value."""
        return block.plan.inputs[loop.fixed + number] in block.plan.same.values()

    def copy(self, step: Call, number: int, target: Var) -> None:
        """Copy an operand of a call to other room."""
        nest = Nest(0, long_axes(kind_of(target).shape), [Entry(target, None, (step.reads[number],))])
        NestWriter(self.builder, nest, {target: None}, self.pointer, engine.vector_width()).write()

    def table(self, length: int) -> Any:
        """Room for addresses."""
        with self.builder.goto_entry_block():
            return self.builder.alloca(INDEX, size=max(length, 1))

    def put(self, table: Any, number: int, address: Any) -> None:
        """Write an address into a table."""
        place = self.builder.gep(table, [ir.Constant(WORD, number)])
        self.builder.store(self.builder.ptrtoint(address, INDEX), place)

    def moved(self, address: Any, turn: Any, distance: int) -> Any:
        """An address, so many times so many bytes on."""
        return self.builder.gep(address, [self.builder.mul(turn, ir.Constant(INDEX, distance))], source_etype=BYTE)

    def start(self, read: Read, atom: Any) -> Any:
        """The address of the first entry of an operand."""
        access = access_of(read, kind_of(atom).shape)
        offset = ir.Constant(INDEX, access.offset * kind_of(atom).dtype.itemsize)
        return self.builder.gep(self.pointer(access.key), [offset], source_etype=BYTE)


def step_distance(step: Call, number: int) -> int:
    """The bytes from one entry along axis 0 of an operand to the next."""
    kind = kind_of(step.equation.inputs[number])
    access = access_of(step.reads[number], kind.shape)
    return access.strides[0] * kind.dtype.itemsize if kind.shape[0] != 1 else 0
