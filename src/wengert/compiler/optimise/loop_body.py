"""The body of one loop: the equations of a step, and what each of its operands is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.repetition import CONSTANTS, sliding
from wengert.compiler.optimise.rules import Atom
from wengert.compiler.optimise.steps import Plan, Source
from wengert.graph import REGISTRY, ArrayType, Equation, Graph, Literal, Var, array_type, concrete_type
from wengert.tracing.index import SLOT, Index

__all__ = ["Body"]

number_of: Final = REGISTRY["number"]
broadcast_to: Final = REGISTRY["broadcast_to"]
# Steps of an earlier loop, one for each of this one: the first of them, and how far from one to the next.
Stride = tuple[int, int]


def _opaque(value: Any) -> Literal:
    return Literal(value, concrete_type(value))


class Body:
    """The body of one loop, and what it is given."""

    def __init__(self, writer: Any, plan: Plan) -> None:
        self.writer, self.plan, self.run = writer, plan, plan.run
        self.listing = writer.listing
        self.fixed: dict[int, tuple[Atom, Var]] = {}
        # by the place and the first values: what a step finds of the step before, and of those before it
        self.chains: dict[Any, list[Var]] = {}
        self.arrays: dict[Any, tuple[Atom, Var]] = {}
        self.own: dict[int, Var] = {}
        self.again: dict[Any, Var] = {}
        self.equations: list[Equation] = []
        self.source = self.listing.graph.equations[self.run.start].source

    def graph(self) -> Graph:
        """The graph of one step."""
        run, listing = self.run, self.listing
        results = 0
        for k in range(run.period):
            equation = listing.graph.equations[run.start + k]
            for variable in self._copied(equation, self.plan, k, (0, 1)):
                self.own[results] = variable
                results += 1
        self.unread = [place for place in self.plan.last if not self._chain_of(place)]
        nexts: list[Atom] = []
        for (place, *_), chain in self.chains.items():
            nexts += [self.own[place], *chain[:-1]]
        nexts += [self.own[place] for place in self.unread]
        kept = [self.own[place] for place in self.plan.kept]
        carried = [variable for chain in self.chains.values() for variable in chain]
        carried += [Var(self.own[place].type) for place in self.unread]
        given = [v for _, v in self.fixed.values()] + carried + [v for _, v in self.arrays.values()]
        return Graph(tuple(given), tuple(self.equations), (*nexts, *kept))

    def _copied(self, equation: Equation, plan: Plan, k: int, steps: Stride) -> tuple[Var, ...]:
        """Equation k of the steps of a plan, in this body; its results."""
        inputs: list[Atom] = []
        extra: list[Atom] = []
        for j, atom in enumerate(equation.inputs):
            if isinstance(atom.type, ArrayType):
                inputs.append(self._operand(plan, k, j, steps))
            else:
                index, arrays = self._index(plan, k, j, steps)
                inputs.append(index)
                extra += arrays
        outputs = tuple([Var(variable.type) for variable in equation.outputs])
        self.equations.append(
            Equation(equation.primitive, (*inputs, *extra), equation.params, outputs, equation.source)
        )
        return outputs

    def _chain_of(self, place: int) -> Any:
        return next((key for key in self.chains if key[0] == place), None)

    def _operand(self, plan: Plan, k: int, j: int, steps: Stride) -> Atom:
        source, listing = plan.sources[k, j], self.listing
        kind = listing.graph.equations[plan.run.start + k].inputs[j].type
        begin, by = steps
        if source.kind == "own":
            return self.own[source.place] if plan is self.plan else self._earlier(plan, source.place, steps, kind)
        if source.kind == "fixed":
            if source.place >= CONSTANTS:
                return listing.atom(source.place)
            return self._given(self.fixed, source.place, lambda: self.writer.atom(source.place))
        if source.kind == "carried":
            first = tuple(self.writer.first_values(self.plan, k, j, source.lag))
            key = (source.place, first)
            if key not in self.chains:
                self.chains[key] = [Var(kind) for _ in first]
            return self.chains[key][source.lag - 1]
        if source.kind == "kept":
            other = self.writer.by_run[source.of]
            return self._earlier(other, source.place, (source.begin + source.by * begin, source.by * by), kind)
        numbers = self._numbers(plan, k, j, steps)
        if source.kind == "gathered":
            return self._entry(("gathered", tuple(numbers)), lambda: self.writer.gathered(numbers, kind), kind)
        return self._entry(("constants", tuple(numbers)), lambda: self._constants(numbers), kind)

    def _earlier(self, plan: Plan, place: int, steps: Stride, kind: Any) -> Atom:
        """A result of the steps of an earlier loop: what it has kept, or what is computed from that again."""
        key = (plan.run, place, *steps)
        if place not in plan.recomputed:
            source = Source("kept", place, 0, plan.run, *steps)
            return self._entry(key, lambda: self.writer.part_of_stack(source, self.run.count), kind)
        if key not in self.again:
            k = self.listing.maker(plan.run, place)
            equation = self.listing.graph.equations[plan.run.start + k]
            self.again[key] = self._copied(equation, plan, k, steps)[0]
        return self.again[key]

    def _given(self, table: dict[Any, tuple[Atom, Var]], key: Any, make: Callable[[], Atom]) -> Var:
        if key not in table:
            atom = make()
            table[key] = (atom, Var(atom.type))
        return table[key][1]

    def _entry(self, key: Any, make: Callable[[], Atom], kind: Any) -> Atom:
        """An entry of an array with one entry for each step; a Python number is made one again."""
        if key not in self.arrays:
            self.arrays[key] = (make(), Var(array_type(kind.shape, kind.dtype)))
        variable = self.arrays[key][1]
        if not kind.weak:
            return variable
        weak = Var(kind)
        self.equations.append(Equation(number_of, (variable,), (kind.dtype,), (weak,)))
        return weak

    def _numbers(self, plan: Plan, k: int, j: int, steps: Stride) -> list[int]:
        begin, by = steps
        places = plan.run.start + k + plan.run.period * (begin + by * np.arange(self.run.count))
        found: list[int] = self.listing.operands[places, j].tolist()
        return found

    def _constants(self, numbers: list[int]) -> Literal:
        stacked = np.stack([np.asarray(self.listing.atom(number).value) for number in numbers])
        return Literal(stacked, concrete_type(stacked))

    def _index(self, plan: Plan, k: int, j: int, steps: Stride) -> tuple[Literal, list[Atom]]:
        """An index in which integers that differ from step to step are operands."""
        numbers = self._numbers(plan, k, j, steps)
        first: Any = self.listing.atom(numbers[0])
        if len(set(numbers)) == 1:
            return first, []
        rows = [self.listing.atom(number).value.items for number in numbers]
        items: list[Any] = list(rows[0])
        arrays: list[Atom] = []
        place = sliding(first.value)
        if place is not None:
            starts = [row[place].start for row in rows]
            stacked = np.array(starts, np.intp)[:, None] + np.arange(items[place].stop - items[place].start)
            items[place] = SLOT
            return _opaque(Index(tuple(items), 1)), [self._index_array(stacked)]
        for place, item in enumerate(items):
            column = [row[place] for row in rows]
            if item.__class__ is int and len(set(column)) > 1:
                arrays.append(self._index_array(np.array(column, np.intp)))
                items[place] = SLOT
        return _opaque(Index(tuple(items), len(arrays))), arrays

    def _index_array(self, stacked: Any) -> Atom:
        literal = Literal(stacked, concrete_type(stacked))
        return self._entry(("index", stacked.tobytes()), lambda: literal, array_type(stacked.shape[1:], stacked.dtype))

    # What the loop is given and gives.

    def outer_inputs(self) -> tuple[list[Atom], list[Atom], list[Atom]]:
        """Fixed values, first values, and arrays of steps."""
        first: list[Atom] = []
        for _, numbers in self.chains:
            # the first values are those of the farthest step first
            first += [self.writer.atom(number) for number in reversed(numbers)]
        for place in self.unread:
            kind = self.own[place].type
            zero = kind.dtype.type(0)
            literal = Literal(zero.item() if kind.weak else zero, array_type((), kind.dtype, kind.weak))
            first.append(self.writer.emit(broadcast_to, (literal,), (kind.shape,), kind) if kind.shape else literal)
        return [a for a, _ in self.fixed.values()], first, [a for a, _ in self.arrays.values()]

    def outer_outputs(self) -> tuple[Var, ...]:
        """Last values and stacks, as others have asked for them."""
        outputs: list[Var] = []
        named: set[int] = set()
        for (place, numbers), chain in self.chains.items():
            for lag, variable in enumerate(chain):
                wanted = lag == 0 and place in self.plan.last and place not in named
                outputs.append(self.plan.last[place] if wanted else Var(variable.type))
                if wanted:
                    named.add(place)
            assert len(numbers) == len(chain)
        outputs += [self.plan.last[place] for place in self.unread]
        return (*outputs, *self.plan.kept.values())
