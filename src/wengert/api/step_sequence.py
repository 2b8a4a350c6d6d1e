"""The steps of a sweep in their order: which values and derivatives each has, and what the picture shows of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.api.chain_rule import ChainRule
from wengert.api.named_program import NamedProgram
from wengert.api.step_arguments import Wish
from wengert.api.sweeps import Contribution, pull, push, values_of
from wengert.api.typesetting import Typesetter
from wengert.display.notation import Notation
from wengert.display.picture.building import MOST_NODES, Numbers, placed_scene
from wengert.display.quantities import count
from wengert.display.stepping.notation import Code, shown_number
from wengert.display.stepping.table import Derivative, Function, Lighting, Line, Step
from wengert.graph import Equation, Var
from wengert.graph.source import Source
from wengert.primitives.linalg.witness import WITNESSES

__all__ = ["StepSequence"]

# zeros of more inputs are not listed
_MOST_INPUTS: Final = 12
_MAKERS: Final = frozenset(maker for maker, _, _ in WITNESSES.values())
_WITNESS: Final = "{names}: made for the steps that follow, whose derivatives go by {operands} itself"
_FOLDED: Final = "{steps} that are not written out (most_steps={most}): {names}"


def _line_of(source: Source | None) -> str:
    """A line of the program; what was typed into a shell is no file that could be named."""
    if source is None:
        return ""
    return f"line {source.line}" if source.file.startswith("<") else str(source)


@dataclass(frozen=True)
class _Span:
    """What one step covers: an equation, the inputs where there is none, or several of either where it is folded."""

    equations: tuple[Equation, ...] = ()
    folded: bool = False


class StepSequence:
    """The sweep of one mode over a program, and its steps.

    Parameters
    ----------
    program, wish
        What runs, and what is asked for.
    forward
        The mode.
    most_steps
        How many steps are written out.
    """

    def __init__(self, program: NamedProgram, wish: Wish, forward: bool, most_steps: int) -> None:
        self.program, self.wish, self.forward, self.most_steps = program, wish, forward, most_steps
        graph = program.graph
        self.values = values_of(graph, program.inputs)
        self.contributions: dict[Var, list[Contribution]] = {}
        self.derivatives: Mapping[Var, Any]
        with warnings.catch_warnings():
            # an operation that is constant in one of its operands adds nothing, which is seen
            warnings.simplefilter("ignore")
            if forward:
                pushed = push(graph, self.values, wish.seeds)
                self.derivatives, found = pushed.tangents, pushed.contributions
            else:
                pulled = pull(graph, self.values, wish.seeds)
                self.derivatives, found = pulled.adjoints, pulled.contributions
        for one in found:
            self.contributions.setdefault(one.variable, []).append(one)
        fraction = program.scalar and not wish.given
        self.typesetter = Typesetter(program.names, program.constants, program.scalar)
        other = wish.by if fraction else ""
        self.rule = ChainRule(self.typesetter, self.values, self.derivatives, forward, other)
        numbers = Numbers(self.values, {v: x for v, x in self.derivatives.items() if v.type.inexact})
        self.scene, self.place = placed_scene(graph, "", numbers, MOST_NODES)
        self.known: set[Var] = set(graph.inputs) if forward else set(self.values)
        self.reached: set[Var] = set()

    @property
    def fraction(self) -> bool:
        """Whether derivatives are written as fractions, and not as changes and adjoints."""
        return bool(self.rule.other)

    def steps(self) -> Iterator[Step]:
        """The steps in their order."""
        number = 1
        for span in self._spans():
            step = self._step(number, span)
            yield step
            number += step.count

    def _spans(self) -> list[_Span]:
        """What the steps cover; where there are too many, those in the middle are one."""
        equations = self.program.graph.equations
        order = list(equations if self.forward else reversed(equations))
        spans = [_Span((equation,)) for equation in order]
        if len(spans) + 1 > self.most_steps:
            kept = self.most_steps - 2
            first, last = kept // 2, len(spans) - (kept - kept // 2)
            spans = [*spans[:first], _Span(tuple(order[first:last]), folded=True), *spans[last:]]
        return [_Span(), *spans] if self.forward else [*spans, _Span()]

    def _step(self, number: int, span: _Span) -> Step:
        if span.folded:
            outputs = [variable for equation in span.equations for variable in equation.outputs]
            return self._folded(number, span, outputs)
        if not span.equations:
            return self._inputs(number)
        (equation,) = span.equations
        outputs = list(equation.outputs)
        lighting = self._light(outputs, self._wires(outputs))
        made = equation.primitive in _MAKERS
        notes = [self._witness(equation)] if made else filter(None, map(self._why_none, outputs))
        return Step(
            number,
            "operation",
            tuple(self._functions(equation)),
            () if made else tuple(self._derivatives(outputs)),
            "; ".join(dict.fromkeys(notes)),
            _line_of(equation.source),
            lighting=lighting,
        )

    def _inputs(self, number: int) -> Step:
        inputs = list(self.program.graph.inputs)
        functions = [
            Function(self._line(self.typesetter.value(variable)), None, self._number(variable), self.values[variable])
            for variable in inputs
        ]
        shown = inputs if self.forward else list(self.wish.inputs)
        notes = dict.fromkeys(filter(None, map(self._why_none, shown)))
        if self.forward and len(inputs) > _MOST_INPUTS:
            shown = list(self.wish.inputs)
            others = sum(variable.type.inexact for variable in inputs) - len(shown)
            notes[f"the changes of the other {count(others, 'input')} are 0"] = None
        lighting = self._light(inputs, [] if self.forward else self._wires(shown))
        derivatives = tuple(self._derivatives(shown))
        return Step(number, "inputs", tuple(functions), derivatives, "; ".join(notes), lighting=lighting)

    def _folded(self, number: int, span: _Span, outputs: Sequence[Var]) -> Step:
        names = [self.program.names[outputs[place]] for place in (0, -1)]
        note = _FOLDED.format(
            steps=count(len(span.equations), "step"), most=self.most_steps, names=f"{names[0]} to {names[-1]}"
        )
        lighting = self._light(outputs, self._wires(outputs))
        return Step(number, "folded", note=note, count=len(span.equations), lighting=lighting)

    # what stands in a step

    def _functions(self, equation: Equation) -> Iterator[Function]:
        whole = self.typesetter.operation(equation)
        for place, variable in enumerate(equation.outputs):
            part: Notation = whole
            if len(equation.outputs) > 1:
                part = Code((), f"{self._line(whole)}[{place}]")
            name = self._line(self.typesetter.value(variable))
            yield Function(name, self._line(part), self._number(variable), self.values[variable])

    def _derivatives(self, variables: Iterable[Var]) -> Iterator[Derivative]:
        for variable in variables:
            if not variable.type.inexact:
                continue
            seed = self.wish.seeds.get(variable)
            along = self.contributions.get(variable, [])
            if along:
                yield self.rule.derivative(variable, along, seed)
            elif seed is not None:
                yield self.rule.seed(variable, seed)
            else:
                zero = np.zeros(variable.type.shape, variable.type.dtype)[()]
                yield self.rule.seed(variable, zero, self._why_zero(variable))

    def _witness(self, equation: Equation) -> str:
        names, operands = (
            ", ".join(self.program.names[atom] for atom in atoms if isinstance(atom, Var))
            for atoms in (equation.outputs, equation.inputs)
        )
        return _WITNESS.format(names=names, operands=operands)

    def _why_zero(self, variable: Var) -> str:
        name, by = self.program.names[variable], self.wish.by
        if self.forward:
            return "" if variable in self.program.graph.inputs else f"{name} does not change with {by}"
        return f"{by} does not change with {name}"

    def _why_none(self, variable: Var) -> str:
        kind = variable.type
        if kind.inexact:
            return ""
        what = "truth values" if kind.kind == "b" else "whole numbers"
        return f"no derivative passes through {self.program.names[variable]}, which holds {what}"

    def _number(self, variable: Var) -> Line:
        return self._line(shown_number(self.values[variable]))

    def _line(self, notation: Notation) -> Line:
        return Line(notation, self.program.scalar)

    # what the picture shows

    def _wires(self, variables: Iterable[Var]) -> set[tuple[int, int]]:
        """The wires that the derivatives of these come along, as pairs of places."""
        found = set()
        for variable in variables:
            for one in self.contributions.get(variable, []):
                operand = one.equation.inputs[one.place]
                ends = [operand, one.equation.outputs[0]]
                if all(end in self.place for end in ends):
                    found.add((self.place[ends[0]], self.place[ends[1]]))  # type: ignore[index]
        return found

    def _light(self, variables: Iterable[Var], wires: Iterable[tuple[int, int]]) -> Lighting:
        """The nodes of these values lit, with what is known from then on."""
        variables = list(variables)
        self.known.update(variables)
        self.reached.update(variables)
        pairs = set(wires)
        edges = [place for place, edge in enumerate(self.scene.edges) if (edge.source, edge.target) in pairs]
        nodes = {self.place[variable] for variable in variables if variable in self.place}
        return Lighting(
            tuple(sorted(nodes)), tuple(edges), self._places(self.known), self._places(self.reached)
        )  # fmt: skip

    def _places(self, variables: set[Var]) -> tuple[int, ...]:
        """The nodes all of whose values are among these."""
        waiting = {place for variable, place in self.place.items() if variable not in variables}
        return tuple(sorted({place for place in self.place.values() if place not in waiting}))
