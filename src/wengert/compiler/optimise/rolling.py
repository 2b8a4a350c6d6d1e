"""Python loops of many equal steps, recorded step by step, as loops again.

A step of a loop takes values of its own, values of earlier steps (*carried* from one to the next), values that are the
same in all steps (*fixed*), and such as differ: constants, or what an earlier loop has kept of each of its steps. So
the reverse sweep of a loop becomes a loop too, which reads what the forward loop has kept from the end. Steps that fit
no such pattern, as often the first and the last do, stay outside; equations without a pattern stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wengert.compiler.optimise.fission import before_the_loop
from wengert.compiler.optimise.loop_body import Body
from wengert.compiler.optimise.loops import hoisted
from wengert.compiler.optimise.recomputing import choose_recomputed
from wengert.compiler.optimise.repetition import CONSTANTS, FEWEST_STEPS, SHORTEST, Listing, Run, runs_of, weight
from wengert.compiler.optimise.rules import Atom
from wengert.compiler.optimise.steps import Plan, Source, planned
from wengert.graph import REGISTRY, ArrayType, Equation, Graph, Literal, Var, array_type, concrete_type
from wengert.primitives.loops import Loop, loop_primitive
from wengert.tracing.index import Index

__all__ = ["rolled"]

take: Final = REGISTRY["take"]
number_of: Final = REGISTRY["number"]
reshape: Final = REGISTRY["reshape"]
concatenate: Final = REGISTRY["concatenate"]


def rolled(graph: Graph, improve: Callable[[Graph], Graph]) -> tuple[Graph, int]:
    """The graph with loops for its runs of equal steps, and how many; `improve` is applied to their bodies."""
    if len(graph.equations) < SHORTEST and sum([weight(equation.params) for equation in graph.equations]) < SHORTEST:
        return graph, 0
    listing = Listing(graph)
    plans: list[Plan] = []
    for run in runs_of(listing):
        plan = planned(listing, run, plans)
        if plan is not None:
            plans.append(plan)
    if not plans:
        return graph, 0
    return _Writer(listing, plans, improve).written(), len(plans)


class _Writer:
    """Writes the graph with its loops."""

    def __init__(self, listing: Listing, plans: list[Plan], improve: Callable[[Graph], Graph]) -> None:
        self.listing = listing
        self.plans = plans
        self.improve = improve
        self.by_run = {plan.run: plan for plan in plans}
        self.equations: list[Equation] = []
        self.place: dict[int, Atom] = {}
        self._demands()

    def written(self) -> Graph:
        """The whole graph."""
        graph = self.listing.graph
        at = 0
        for plan in self.plans:
            self._copy(at, plan.run.start)
            self._loop(plan)
            at = plan.run.end
        self._copy(at, len(graph.equations))
        outputs = tuple([self.atom(self._number(atom)) for atom in graph.outputs])
        return Graph(graph.inputs, tuple(self.equations), outputs, graph.names)

    def _number(self, atom: Atom) -> int:
        return self.listing.number[atom] if isinstance(atom, Var) else self.listing._constant(atom)

    # What is taken of the loops.

    def _demands(self) -> None:
        listing = self.listing
        taken: set[int] = {self._number(atom) for atom in listing.graph.outputs}
        at = 0
        for plan in self.plans:
            taken.update(listing.taken(at, plan.run.start))
            at = plan.run.end
            for (k, j), source in plan.sources.items():
                if source.kind == "kept" and source.of is not None:
                    self.by_run[source.of].kept.setdefault(source.place, self._stack_of(source))
                elif source.kind == "fixed":
                    taken.add(source.place)
                elif source.kind == "gathered":
                    taken.update(listing.operands[plan.run.start + k : plan.run.end : plan.run.period, j].tolist())
                elif source.kind == "carried":
                    taken.update(self.first_values(plan, k, j, source.lag))
        taken.update(listing.taken(at, len(listing.codes)))
        for plan in self.plans:
            run = plan.run
            for number in sorted(n for n in taken if run.holds(n)):
                step, place = divmod(number - run.first, run.width)
                variable = listing.variables[number]
                if step == run.count - 1 and place not in plan.kept:
                    plan.last.setdefault(place, Var(variable.type))
                else:
                    plan.kept.setdefault(place, self._stack(run, place))
        choose_recomputed(listing, self.plans)

    def _stack_of(self, source: Source) -> Var:
        assert source.of is not None
        return self._stack(source.of, source.place)

    def _stack(self, run: Run, place: int) -> Var:
        kind = self.listing.variables[run.first + place].type
        return Var(array_type((run.count, *kind.shape), kind.dtype))

    def first_values(self, plan: Plan, k: int, j: int, lag: int) -> list[int]:
        run = plan.run
        return [int(self.listing.operands[run.start + t * run.period + k, j]) for t in range(lag)]

    # Equations outside.

    def atom(self, number: int) -> Atom:
        """What stands for a result outside of its loop."""
        if number >= CONSTANTS:
            return self.listing.atom(number)
        found = self.place.get(number)
        if found is not None:
            return found
        atom: Atom = self.listing.atom(number)
        if number >= 0:
            for plan in self.plans:
                if plan.run.holds(number):
                    atom = self._taken(plan, number)
                    break
        self.place[number] = atom
        return atom

    def _taken(self, plan: Plan, number: int) -> Atom:
        run, kind = plan.run, self.listing.variables[number].type
        step, place = divmod(number - run.first, run.width)
        if step == run.count - 1 and place in plan.last:
            return plan.last[place]
        if place in plan.recomputed:
            at = run.start + step * run.period + self.listing.maker(run, place)
            equation = self.listing.graph.equations[at]
            row = self.listing.row(at)
            return self.emit(equation.primitive, tuple([self.atom(n) for n in row]), equation.params, kind)
        entry = self.emit(
            take, (plan.kept[place], _opaque(Index((step,), 0))), (0,), array_type(kind.shape, kind.dtype)
        )
        return self.emit(number_of, (entry,), (kind.dtype,), kind) if kind.weak else entry

    def emit(self, primitive: Any, inputs: tuple[Atom, ...], params: tuple[Any, ...], kind: ArrayType) -> Var:
        variable = Var(kind)
        self.equations.append(Equation(primitive, inputs, params, (variable,)))
        return variable

    def _copy(self, start: int, end: int) -> None:
        listing = self.listing
        for place in range(start, end):
            equation = listing.graph.equations[place]
            row = listing.row(place)
            if equation.primitive is concatenate and equation.params == (0,):
                inputs = self._joined(row)
            else:
                inputs = tuple([self.atom(number) for number in row])
            changed = len(inputs) != len(row) or any(a is not b for a, b in zip(inputs, equation.inputs, strict=True))
            self.equations.append(
                Equation(equation.primitive, inputs, equation.params, equation.outputs, equation.source)
                if changed
                else equation
            )

    def _joined(self, row: list[int]) -> tuple[Atom, ...]:
        """The parts of a concatenation, in which what one loop has kept of successive steps is one part."""
        parts: list[Atom] = []
        at = 0
        while at < len(row):
            plan = next((plan for plan in self.plans if plan.run.holds(row[at])), None)
            length = 1
            if plan is not None:
                by = row[at + 1] - row[at] if at + 1 < len(row) else 0
                if abs(by) == plan.run.width:
                    while at + length < len(row) and row[at + length] - row[at + length - 1] == by:
                        length += 1
                    while not plan.run.holds(row[at + length - 1]):
                        length -= 1
            if length < FEWEST_STEPS or plan is None:
                parts.append(self.atom(row[at]))
                at += 1
                continue
            step, place = divmod(row[at] - plan.run.first, plan.run.width)
            part = self.part_of_stack(Source("kept", place, 0, plan.run, step, by // plan.run.width), length)
            shape = part.type.shape
            joined = array_type((shape[0] * shape[1], *shape[2:]), part.type.dtype)
            parts.append(self.emit(reshape, (part,), (joined.shape,), joined))
            at += length
        return tuple(parts)

    def part_of_stack(self, source: Source, count: int) -> Atom:
        """What a loop has kept of some of its steps, as one array."""
        assert source.of is not None
        stack = self.by_run[source.of].kept[source.place]
        last = source.begin + source.by * (count - 1)
        stop = last + (1 if source.by > 0 else -1)
        if (source.begin, stop, source.by) == (0, source.of.count, 1):
            return stack
        part = slice(source.begin, None if stop < 0 else stop, source.by)
        kind = array_type((count, *stack.type.shape[1:]), stack.type.dtype)
        return self.emit(take, (stack, _opaque(Index((part,), 0))), (0,), kind)

    def gathered(self, numbers: list[int], kind: Any) -> Atom:
        """Results from anywhere, as one array."""
        row = array_type((1, *kind.shape), kind.dtype)
        parts = tuple([self.emit(reshape, (self.atom(number),), (row.shape,), row) for number in numbers])
        whole = array_type((len(parts), *kind.shape), kind.dtype)
        return self.emit(concatenate, parts, (0,), whole)

    # Loops.

    def _loop(self, plan: Plan) -> None:
        body = Body(self, plan)
        graph = self.improve(body.graph())
        fixed, first, arrays = body.outer_inputs()
        graph, fixed = hoisted(graph, fixed, self.equations)
        graph, arrays = before_the_loop(graph, fixed, len(first), arrays, plan.run.count, self.emit)
        loop = Loop(graph, plan.run.count, len(fixed), len(first))
        outputs = body.outer_outputs()
        if not outputs:
            return
        primitive = loop_primitive(len(outputs))
        self.equations.append(Equation(primitive, (*fixed, *first, *arrays), (loop,), outputs, body.source))


def _opaque(value: Any) -> Literal:
    return Literal(value, concrete_type(value))
