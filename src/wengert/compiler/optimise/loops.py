"""Loops and branches of the program: bodies made shorter, and emptied of what need not be done step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from wengert.compiler.optimise.branches import opened_branch
from wengert.compiler.optimise.fission import before_the_loop
from wengert.compiler.optimise.remembering import remembered
from wengert.compiler.optimise.rules import Atom
from wengert.compiler.optimise.trimming import trimmed
from wengert.graph import REGISTRY, Equation, Graph, Literal, Var, array_type, prune
from wengert.primitives.branches import is_branch
from wengert.primitives.loops import Loop, is_loop, loop_primitive
from wengert.transforms.again import first_difference

__all__ = ["hoisted", "opened"]

broadcast_to: Final = REGISTRY["broadcast_to"]
copy: Final = REGISTRY["copy"]
Improve = Callable[[Graph], Graph]


def opened(graph: Graph, improve: Improve) -> tuple[Graph, int]:
    """The graph with its recorded loops as loops of the optimiser, and how many; `improve` is applied to bodies."""
    # one equation of each kind tells
    kinds = {equation.primitive: equation for equation in graph.equations}
    if not any([is_loop(equation) or is_branch(equation) for equation in kinds.values()]):
        return graph, 0
    graph = trimmed(remembered(trimmed(graph)))
    writer = _Writer(graph, improve)
    for equation in graph.equations:
        writer.write(equation)
    found = Graph(graph.inputs, tuple(writer.equations), graph.outputs, graph.names)
    return _shared(trimmed(prune(found))), writer.loops


def _shared(graph: Graph) -> Graph:
    """The graph in which equal loops, and equal branches, are one object: steps that repeat are found by that."""
    met: dict[Any, list[Any]] = {}
    equations: list[Equation] = []
    for equation in graph.equations:
        if is_loop(equation) or is_branch(equation):
            one = equation.params[0]
            known = met.setdefault((one.form, *[len(body.equations) for body in one.bodies]), [])
            same = next((other for other in known if not _differ(one, other)), None)
            if same is None:
                known.append(one)
            else:
                equation = replace(equation, params=(same,))
        equations.append(equation)
    return Graph(graph.inputs, tuple(equations), graph.outputs, graph.names)


def _differ(one: Any, other: Any) -> bool:
    return any([first_difference(a, b)[0] for a, b in zip(one.bodies, other.bodies, strict=True)])


class _Writer:
    """Writes the graph with its loops."""

    def __init__(self, graph: Graph, improve: Improve) -> None:
        self.read = {atom for equation in graph.equations for atom in equation.inputs} | set(graph.outputs)
        self.improve = improve
        self.equations: list[Equation] = []
        self.constants: dict[Any, Equation] = {}
        self.loops = 0

    def write(self, equation: Equation) -> None:
        """One equation of the graph."""
        if is_branch(equation):
            self.equations.append(opened_branch(equation, self.read, self.improve))
            return
        if not is_loop(equation):
            if equation.primitive is broadcast_to and equation.inputs[0].__class__ is Literal:
                self.constants[equation.outputs[0]] = equation
            self.equations.append(equation)
            return
        self.loops += 1
        if not equation.params[0].counted:
            self._uncounted(equation)
            return
        if not equation.params[0].count:
            self._never(equation)
            return
        loop, operands = _with_constants(equation.params[0], equation.inputs, self.constants)
        body = self.improve(loop.body)
        split = loop.fixed + loop.carried
        fixed, first, arrays = list(operands[: loop.fixed]), operands[loop.fixed : split], list(operands[split:])
        body, fixed = hoisted(body, fixed, self.equations)
        body, arrays = before_the_loop(body, fixed, loop.carried, arrays, loop.count, self.emit)
        found = Loop(body, loop.count, len(fixed), loop.carried)
        primitive = loop_primitive(len(equation.outputs))
        inputs = (*fixed, *first, *arrays)
        self.equations.append(Equation(primitive, inputs, (found,), equation.outputs, equation.source))

    def _uncounted(self, equation: Equation) -> None:
        """A loop whose steps are counted at run time: nothing can be done for all of them at once."""
        loop: Loop = equation.params[0]
        operands = equation.inputs
        body, fixed = hoisted(self.improve(loop.body), list(operands[: loop.fixed]), self.equations)
        until = loop.until
        if until is not None:
            until = self.improve(until)
            more = [Var(variable.type) for variable in body.inputs[loop.fixed : len(fixed)]]
            inputs = (*until.inputs[: loop.fixed], *more, *until.inputs[loop.fixed :])
            until = Graph(inputs, until.equations, until.outputs)
        found = replace(loop, body=body, fixed=len(fixed), until=until, derived={})
        primitive = loop_primitive(len(equation.outputs))
        given = (*fixed, *operands[loop.fixed :])
        self.equations.append(Equation(primitive, given, (found,), equation.outputs, equation.source))

    def _never(self, equation: Equation) -> None:
        """What a loop without steps gives: the first values, and empty arrays."""
        loop: Loop = equation.params[0]
        for place, variable in enumerate(equation.outputs):
            kind = variable.type
            zero = Literal(kind.dtype.type(0), array_type((), kind.dtype))
            if place < loop.carried:
                first = equation.inputs[loop.fixed + place]
                self.equations.append(Equation(copy, (first,), ("K",), (variable,), equation.source))
            else:
                self.equations.append(Equation(broadcast_to, (zero,), (kind.shape,), (variable,), equation.source))

    def emit(self, primitive: Any, inputs: tuple[Atom, ...], params: tuple[Any, ...], kind: Any) -> Var:
        """One more equation."""
        variable = Var(kind)
        self.equations.append(Equation(primitive, inputs, params, (variable,)))
        return variable


def _with_constants(loop: Loop, operands: tuple[Atom, ...], repeated: dict[Any, Equation]) -> tuple[Loop, Any]:
    """The loop with constants that all steps share in its body."""
    body = loop.body
    known: dict[Var, Atom] = {}
    first: list[Equation] = []
    stay: list[int] = []
    for i, (atom, variable) in enumerate(zip(operands, body.inputs, strict=True)):
        source = repeated.get(atom)
        if i < loop.fixed and atom.__class__ is Literal and atom.type is variable.type:
            known[variable] = atom
        elif loop.fixed <= i < loop.fixed + loop.carried or source is None or source.inputs[0].type.shape:
            stay.append(i)
        else:
            first.append(Equation(broadcast_to, source.inputs, (variable.type.shape,), (variable,), source.source))
    if len(stay) == len(operands):
        return loop, operands
    equations = [_substituted(equation, known) for equation in body.equations]
    outputs = tuple([known.get(atom, atom) if atom.__class__ is Var else atom for atom in body.outputs])
    changed = Graph(tuple([body.inputs[i] for i in stay]), (*first, *equations), outputs)
    fixed = sum([i < loop.fixed for i in stay])
    return Loop(changed, loop.count, fixed, loop.carried), tuple([operands[i] for i in stay])


def _substituted(equation: Equation, known: dict[Var, Atom]) -> Equation:
    if not any([atom in known for atom in equation.inputs]):
        return equation
    return replace(equation, inputs=tuple([known.get(atom, atom) for atom in equation.inputs]))  # type: ignore[arg-type]


def hoisted(body: Graph, fixed: list[Atom], before: list[Equation]) -> tuple[Graph, list[Atom]]:
    """The body without what is the same in all steps, which is put `before` the loop, and its fixed operands."""
    known: dict[Any, Atom] = dict(zip(body.inputs, fixed, strict=False))
    stay: list[Equation] = []
    for equation in body.equations:
        if all(atom.__class__ is Literal or atom in known for atom in equation.inputs):
            inputs = tuple([known.get(atom, atom) for atom in equation.inputs])
            outputs = tuple([Var(variable.type) for variable in equation.outputs])
            before.append(Equation(equation.primitive, inputs, equation.params, outputs, equation.source))
            known.update(zip(equation.outputs, outputs, strict=True))
        else:
            stay.append(equation)
    if len(stay) == len(body.equations):
        return body, fixed
    given = set(body.inputs)
    read = {atom for equation in stay for atom in equation.inputs} | set(body.outputs)
    inside = [variable for variable in known if variable in read and variable not in given]
    inputs = (*body.inputs[: len(fixed)], *inside, *body.inputs[len(fixed) :])
    return Graph(inputs, tuple(stay), body.outputs), [*fixed, *[known[variable] for variable in inside]]
