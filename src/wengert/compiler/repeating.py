"""Loops that repeat a body: what is carried goes from one of two buffers to the other, at last to the result's.

Numbers that are carried stay in registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from wengert.compiler import entrywise, ir
from wengert.compiler.buffers import stored_type
from wengert.compiler.complexes import write_copy
from wengert.compiler.counting import INDEX, counting, number
from wengert.compiler.memory import Place, bytes_of
from wengert.compiler.plan import Block, Call, Read, kind_of
from wengert.compiler.prefetching import Stream, is_worth_it
from wengert.compiler.shape import access_of
from wengert.compiler.signals import SYMBOL, steps_between_looks
from wengert.graph import Var

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["Repeating", "write_loop"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
BYTE: Final = ir.IntType(8)


def write_loop(writer: FunctionWriter, step: Call, block: Block) -> None:
    """Run the function of a body as often as a loop says."""
    Repeating(writer, step, block).write()


class Repeating:
    """One loop. The body's function finds its operands and results by two tables of addresses."""

    def __init__(self, writer: FunctionWriter, step: Call, block: Block) -> None:
        self.writer = writer
        self.builder = writer.builder
        self.step = step
        self.block = block
        self.loop = step.equation.params[0]
        self.inputs = self.table(len(block.plan.inputs) + len(block.plan.constants))
        self.outputs = self.table(len(block.plan.outputs))
        self.changed = [self.is_changed(place) for place in range(self.loop.carried)]
        # for numbers: where the body finds the one of the step before, and where it leaves the next
        self.numbers = {place: self.rooms(place) for place in range(self.loop.carried) if self.is_number(place)}
        held = [spot for place in self.numbers for spot in self.spots(place)]
        self.body = writer.body(block, held, self.streams())
        self.starts = [self.start(read, atom) for read, atom in zip(step.reads, step.equation.inputs, strict=True)]
        self.results = [writer.pointer(variable) for variable in step.equation.outputs]

    def write(self) -> None:
        """The loop."""
        loop, results = self.loop, self.results
        self.fill(self.inputs, self.block, self.starts[: loop.fixed + loop.carried])
        *spare, arena = [self.writer.pointer(variable) for variable in self.step.scratch]
        self.set_out(results, spare)
        for place, (came, _) in self.numbers.items():
            self.pass_on(place, self.starts[loop.fixed + place], came)
        with counting(self.builder, 0, loop.count, perhaps_never=True) as turn:
            if loop.count > steps_between_looks(loop.body):
                self.look_for_signals(turn)
            self.take_step(turn, self.targets(turn, results, spare), arena)
        for place, (came, _) in self.numbers.items():
            self.pass_on(place, came, results[place])

    def look_for_signals(self, turn: Any) -> None:
        """Let handlers of signals run now and then, and leave the kernel where one of them raises."""
        builder, module, often = self.builder, self.builder.module, steps_between_looks(self.loop.body)
        rest = builder.and_(turn, number(often - 1))
        with builder.if_then(builder.icmp_unsigned("==", rest, number(often - 1)), likely=False):
            look = module.globals.get(SYMBOL) or ir.Function(module, ir.FunctionType(WORD, []), SYMBOL)
            self.writer.check(builder.call(look, []))

    def take_step(self, turn: Any, targets: Sequence[Any], arena: Any) -> None:
        """Run the body once: what it carries goes to the targets, from where the next step takes it."""
        loop, builder = self.loop, self.builder
        for place, target in enumerate(targets):
            self.put(self.outputs, place, target)
        for place in range(loop.carried, loop.carried + loop.kept):
            self.put(self.outputs, place, self.moved(self.results[place], turn, self.length(place)))
        for place in range(loop.fixed + loop.carried, len(self.starts)):
            self.put(self.inputs, place, self.moved(self.starts[place], turn, self.distance(place)))
        tables = [builder.bitcast(table, POINTER) for table in (self.inputs, self.outputs)]
        rooms = [room for pair in self.numbers.values() for room in pair]
        self.writer.check(builder.call(self.body, [*tables, arena, *rooms]))
        for place, target in enumerate(targets, start=loop.fixed):
            self.put(self.inputs, place, target)
        for place, (came, goes) in self.numbers.items():
            self.pass_on(place, goes, came)

    def fill(self, table: Any, block: Block, given: Sequence[Any]) -> None:
        """Put addresses into a table of inputs, and those of the constants of a block behind all inputs."""
        for place, address in enumerate(given):
            self.put(table, place, address)
        for place, literal in enumerate(block.plan.constants, start=len(block.plan.inputs)):
            self.put(table, place, self.writer.pointer(id(literal)))

    def set_out(self, results: list[Any], spare: list[Any]) -> None:
        """Copy what is carried where a step writes into it: the first step must not, nor read where it writes."""
        # it writes into the results where the number of steps is odd
        odd, fixed = self.loop.count % 2 == 1, self.loop.fixed
        for place, result in enumerate(self.step.equation.outputs[: self.loop.carried]):
            if self.changed[place]:
                self.copy(fixed + place, result)
                self.put(self.inputs, fixed + place, results[place])
            elif self.is_used_up(place):
                self.copy(fixed + place, self.step.scratch[place] if odd else result)
                self.put(self.inputs, fixed + place, spare[place] if odd else results[place])

    def targets(self, turn: Any, results: list[Any], spare: list[Any]) -> list[Any]:
        """Where a step writes what is carried: the last one into the results."""
        builder = self.builder
        left = builder.sub(number(self.loop.count - 1), turn)
        ends = builder.icmp_unsigned("==", builder.and_(left, number(1)), number(0))
        return [
            one if same else builder.select(ends, one, other)
            for same, one, other in zip(self.changed, results[: self.loop.carried], spare, strict=True)
        ]

    def spots(self, place: int) -> list[Place]:
        """Where the body takes a carried value to be, before and after a step."""
        places, plan = self.block.layout.places, self.block.plan
        return [places[plan.inputs[self.loop.fixed + place]], places[plan.outputs[place]]]

    def is_number(self, place: int) -> bool:
        """Whether a carried value can be in a register."""
        kind = kind_of(self.block.plan.outputs[place])
        if kind.size != 1 or entrywise.element(kind.dtype) is None or self.changed[place] or self.is_used_up(place):
            return False
        # other threads have registers of their own
        return all([cluster.blocks is None and cluster.team is None for cluster in self.block.clusters])

    def rooms(self, place: int) -> tuple[Any, Any]:
        """Two variables for a number."""
        kind = stored_type(kind_of(self.block.plan.outputs[place]).dtype)
        with self.builder.goto_entry_block():
            return self.builder.alloca(kind), self.builder.alloca(kind)

    def pass_on(self, place: int, source: Any, target: Any) -> None:
        """Copy a number."""
        dtype = kind_of(self.block.plan.outputs[place]).dtype
        loaded = self.builder.load(source, align=dtype.itemsize, typ=stored_type(dtype))
        self.builder.store(loaded, target, align=dtype.itemsize)

    def is_changed(self, place: int) -> bool:
        """Whether the body changes a carried value in its own memory."""
        places = self.block.layout.places
        return places[self.block.plan.outputs[place]] == places[self.block.plan.inputs[self.loop.fixed + place]]

    def is_used_up(self, place: int) -> bool:
        """Whether the body writes something else into the memory of a carried value."""
        plan, given = self.block.plan, self.block.plan.inputs[self.loop.fixed + place]
        return any([plan.same.get(variable) is given for step in plan.steps for variable in step.written(plan.stored)])

    def copy(self, place: int, target: Var) -> None:
        """Copy an operand to other room."""
        write_copy(self.builder, self.step.reads[place], target, self.writer.pointer)

    def table(self, length: int) -> Any:
        """Room for addresses."""
        with self.builder.goto_entry_block():
            return self.builder.alloca(INDEX, size=max(length, 1))

    def put(self, table: Any, place: int, address: Any) -> None:
        """Write an address into a table."""
        entry = self.builder.gep(table, [ir.Constant(WORD, place)])
        self.builder.store(self.builder.ptrtoint(address, INDEX), entry)

    def moved(self, address: Any, turn: Any, distance: int) -> Any:
        """An address, so many times so many bytes on."""
        return self.builder.gep(address, [self.builder.mul(turn, number(distance))], source_etype=BYTE)

    def start(self, read: Read, atom: Any) -> Any:
        """The address of the first entry of an operand."""
        access = access_of(read, kind_of(atom).shape)
        offset = number(access.offset * kind_of(atom).dtype.itemsize)
        return self.builder.gep(self.writer.pointer(access.key), [offset], source_etype=BYTE)

    def length(self, place: int) -> int:
        """The bytes of a result of one step."""
        return bytes_of(kind_of(self.block.plan.outputs[place]))

    def streams(self) -> list[Stream]:
        """What the steps take from memory, one after the other, and what they put there."""
        loop, plan = self.loop, self.block.plan
        taken = range(loop.fixed + loop.carried, len(plan.inputs))
        kept = range(loop.carried, loop.carried + loop.kept)
        streams = [Stream(plan.inputs[place], self.distance(place), False) for place in taken]
        streams += [Stream(plan.outputs[place], self.length(place), True) for place in kept]
        return [stream for stream in streams if is_worth_it(stream.variable, loop.count)]

    def distance(self, place: int) -> int:
        """The bytes from one entry along axis 0 of an operand to the next."""
        kind = kind_of(self.step.equation.inputs[place])
        access = access_of(self.step.reads[place], kind.shape)
        return access.strides[0] * kind.dtype.itemsize if kind.shape[0] != 1 else 0
