"""Loops whose number of steps is found at run time: by a condition before each step, or as a number in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wengert.compiler import ir
from wengert.compiler.complexes import write_copy
from wengert.compiler.counting import INDEX, number
from wengert.compiler.plan import Block, Call, Read
from wengert.compiler.repeating import BYTE, POINTER, Repeating
from wengert.compiler.status import Status
from wengert.compiler.views import identity, long_axes
from wengert.graph import Var

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_ending_loop"]


def write_ending_loop(writer: FunctionWriter, step: Call, block: Block) -> None:
    """Run the function of a body until a condition fails, or as often as a number says."""
    _Ending(writer, step, block).write()


class _Ending(Repeating):
    """One loop. What is carried begins in the room of the results, from which steps go to the other room and back."""

    def write(self) -> None:
        """The loop."""
        step, loop, builder = self.step, self.loop, self.builder
        starts, results = self.starts, self.results
        *_, arena, truth = [self.writer.pointer(variable) for variable in step.scratch]
        for place, result in enumerate(step.equation.outputs[: loop.carried]):
            self.copy(loop.fixed + place, result)
        given = [*starts[: loop.fixed], *results[: loop.carried]]
        self.fill(self.inputs, self.block, given)
        for place, (came, _) in self.numbers.items():
            self.pass_on(place, results[place], came)
        asking = None if step.otherwise is None else _Asking(self, step.otherwise, given, arena, truth)
        first, stop = self.range(starts)
        before = builder.block
        head, inside, after = [builder.append_basic_block(name) for name in ("head", "loop", "after")]
        builder.branch(head)
        builder.position_at_end(head)
        turn = builder.phi(INDEX)
        turn.add_incoming(first, before)
        goes_on = builder.icmp_signed("<", turn, stop) if asking is None else asking.answer()
        builder.cbranch(goes_on, inside, after)
        builder.position_at_end(inside)
        if asking is not None and loop.kept:
            self.writer.leave_if(builder.icmp_signed(">=", turn, number(loop.count)), Status.LOST)
        self.look_for_signals(turn)
        targets = self.rooms_of_turn(builder.sub(turn, first))
        self.take_step(turn, targets, arena)
        if asking is not None:
            asking.hand_over(targets)
        turn.add_incoming(builder.add(turn, number(1)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        taken = builder.sub(turn, first)
        self.bring_home(taken)
        for place, (came, _) in self.numbers.items():
            self.pass_on(place, came, results[place])
        if asking is not None:
            builder.store(taken, results[-1], align=8)

    def rooms_of_turn(self, taken: Any) -> list[Any]:
        """Where the step after so many writes what is carried: by turns the other room and the results."""
        count, builder = self.loop.carried, self.builder
        spare = [self.writer.pointer(variable) for variable in self.step.scratch[:count]]
        odd = self.is_odd(taken)
        return [
            one if same else builder.select(odd, one, other)
            for same, one, other in zip(self.changed, self.results[:count], spare, strict=True)
        ]

    def range(self, starts: Sequence[Any]) -> tuple[Any, Any]:
        """The number of the first step, and of the first one that does not run, where that is known."""
        loop, builder = self.loop, self.builder
        if loop.until is not None:
            return number(0), number(0)
        steps = builder.load(starts[0], align=8, typ=INDEX)
        if loop.span == "first":
            return number(0), steps
        return builder.sub(number(loop.count), steps), number(loop.count)

    def is_odd(self, taken: Any) -> Any:
        """Whether an odd number of steps was taken."""
        return self.builder.icmp_unsigned("!=", self.builder.and_(taken, number(1)), number(0))

    def bring_home(self, taken: Any) -> None:
        """Copy what an odd number of steps has left in the other room to the results."""
        moved = [place for place, same in enumerate(self.changed) if not same and place not in self.numbers]
        if not moved:
            return
        with self.builder.if_then(self.is_odd(taken)):
            for place in moved:
                self.copy_of(self.step.scratch[place], self.step.equation.outputs[place])

    def copy_of(self, source: Var, target: Var) -> None:
        """Copy a value in memory."""
        whole = Read(source, identity(len(long_axes(source.type.shape))))
        write_copy(self.builder, whole, target, self.writer.pointer)


class _Asking:
    """The condition of a loop, a function of its own."""

    def __init__(self, loop: _Ending, block: Block, given: Sequence[Any], arena: Any, truth: Any) -> None:
        self.loop, self.arena, self.truth = loop, arena, truth
        self.rooms = [came for came, _ in loop.numbers.values()]
        places, plan = block.layout.places, block.plan
        held = [places[plan.inputs[loop.loop.fixed + place]] for place in loop.numbers]
        self.function = loop.writer.body(block, held)
        self.table = loop.table(len(plan.inputs) + len(plan.constants))
        self.answers = loop.table(1)
        loop.fill(self.table, block, given)
        loop.put(self.answers, 0, truth)

    def hand_over(self, carried: Sequence[Any]) -> None:
        """Ask the next time about what is carried there."""
        for place, address in enumerate(carried, start=self.loop.loop.fixed):
            self.loop.put(self.table, place, address)

    def answer(self) -> Any:
        """Whether there is a further step, asked at the builder's place."""
        writer, builder = self.loop.writer, self.loop.builder
        tables = [builder.bitcast(table, POINTER) for table in (self.table, self.answers)]
        writer.check(builder.call(self.function, [*tables, self.arena, *self.rooms]))
        found = builder.load(self.truth, align=1, typ=BYTE)
        return builder.icmp_unsigned("!=", found, ir.Constant(BYTE, 0))
