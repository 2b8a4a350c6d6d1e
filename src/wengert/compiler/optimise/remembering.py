"""What a loop would compute again of the steps of an earlier one: kept by the earlier loop, where that is cheaper.

The loop of a reverse sweep is given what the first loop carries into each step, and computes from it all that its
derivatives need. Whatever is more than a few additions and products was better written down by the first loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from wengert.compiler.optimise.recomputing import CHEAP, DEPTH
from wengert.graph import (
    OPAQUE,
    REGISTRY,
    Equation,
    Graph,
    Literal,
    Var,
    array_type,
    concrete_type,
    prune,
)
from wengert.primitives.loops import Loop, is_loop, loop_primitive
from wengert.tracing.index import Index

__all__ = ["remembered"]

take: Final = REGISTRY["take"]
# Entries of what a loop keeps of one value in all steps.
MOST_KEPT: Final = 1 << 22


@dataclass
class _Known:
    """A loop that was met, with the stacks that later ones have asked it for."""

    equation: Equation
    more: dict[Var, Var] = field(default_factory=dict)

    @property
    def loop(self) -> Loop:
        """What it does."""
        found: Loop = self.equation.params[0]
        return found

    def stack(self, variable: Var) -> Var:
        """What is kept of a value of the body."""
        for atom, stack in zip(self.loop.body.outputs, self.equation.outputs, strict=True):
            if atom is variable and len(stack.type.shape) > len(variable.type.shape):
                return stack
        if variable not in self.more:
            kind = variable.type
            self.more[variable] = Var(array_type((self.loop.count, *kind.shape), kind.dtype))
        return self.more[variable]

    def written(self) -> Equation:
        """The loop with all that it keeps."""
        if not self.more:
            return self.equation
        body, outputs = self.loop.body, (*self.equation.outputs, *self.more.values())
        body = Graph(body.inputs, body.equations, (*body.outputs, *self.more))
        loop = replace(self.loop, body=body, derived={})
        return replace(self.equation, primitive=loop_primitive(len(outputs)), params=(loop,), outputs=outputs)


def remembered(graph: Graph) -> Graph:
    """The graph whose loops compute nothing expensive that an earlier one has computed."""
    if sum([is_loop(equation) and equation.params[0].counted for equation in graph.equations]) < 2:
        return graph
    reader = _Reader()
    for equation in graph.equations:
        reader.read(equation)
    equations = [step.written() if isinstance(step, _Known) else step for step in reader.steps]
    return Graph(graph.inputs, tuple(equations), graph.outputs, graph.names)


class _Reader:
    """Reads the equations of a graph in order."""

    def __init__(self) -> None:
        self.steps: list[Equation | _Known] = []
        self.loops: list[_Known] = []
        # by what is turned around: what it was
        self.turned: dict[Any, Any] = {}

    def read(self, equation: Equation) -> None:
        """Take note of one more equation."""
        if is_loop(equation) and equation.params[0].counted:
            for earlier in self.loops:
                if earlier.loop.count == equation.params[0].count:
                    equation = self.with_kept(equation, earlier)
            known = _Known(equation)
            self.loops.append(known)
            self.steps.append(known)
            return
        if equation.primitive is take and _turns(equation):
            self.turned[equation.outputs[0]] = equation.inputs[0]
        self.steps.append(equation)

    def sense(self, atom: Any) -> tuple[Any, bool]:
        """An array of steps as it is, and whether this is it from its end."""
        backwards = False
        while atom in self.turned:
            atom, backwards = self.turned[atom], not backwards
        return atom, backwards

    def with_kept(self, equation: Equation, earlier: _Known) -> Equation:
        """A loop that takes from an earlier one what it would compute again."""
        loop: Loop = equation.params[0]
        for backwards in (True, False):
            known = self.mapped(equation, earlier, backwards)
            wanted = _wanted(loop.body, loop.count, _matched(loop.body, earlier.loop.body, known), set(known))
            if wanted:
                return self.given(equation, earlier, wanted, backwards)
        return equation

    def mapped(self, equation: Equation, earlier: _Known, backwards: bool) -> dict[Var, Var]:
        """The inputs of a body that are values of the earlier body, if steps correspond in this sense."""
        loop, other = equation.params[0], earlier.loop
        split, before = loop.fixed + loop.carried, other.fixed + other.carried
        sources: dict[Any, Var] = {}
        for atom, variable in zip(earlier.equation.inputs[before:], other.body.inputs[before:], strict=True):
            sources.setdefault(self.sense(atom), variable)
        stacks = zip(earlier.equation.outputs, other.body.outputs, strict=True)
        for stack, kept in list(stacks)[other.carried :]:
            if isinstance(kept, Var):
                sources.setdefault((stack, False), kept)
        fixed = dict(zip(earlier.equation.inputs[: other.fixed], other.body.inputs, strict=False))
        found: dict[Var, Var] = {}
        for i, (atom, variable) in enumerate(zip(equation.inputs, loop.body.inputs, strict=True)):
            source = None
            if i < loop.fixed:
                source = fixed.get(atom)
            elif i >= split:
                base, turned = self.sense(atom)
                source = sources.get((base, turned != backwards))
            if source is not None and source.type is variable.type:
                found[variable] = source
        return found

    def given(self, equation: Equation, earlier: _Known, wanted: dict[Var, Var], backwards: bool) -> Equation:
        """The loop with these values as arrays of steps."""
        loop: Loop = equation.params[0]
        operands: list[Any] = []
        for variable in wanted.values():
            stack = earlier.stack(variable)
            if backwards:
                index = Index((slice(None, None, -1),), 0)
                turned = Var(stack.type)
                opaque = Literal(index, concrete_type(index))
                self.read(Equation(take, (stack, opaque), (0,), (turned,), equation.source))
                stack = turned
            operands.append(stack)
        stay = [each for each in loop.body.equations if not any([variable in wanted for variable in each.outputs])]
        body = prune(Graph((*loop.body.inputs, *wanted), tuple(stay), loop.body.outputs))
        changed = replace(loop, body=body, derived={})
        return replace(equation, inputs=(*equation.inputs, *operands), params=(changed,))


def _turns(equation: Equation) -> bool:
    index: Any = getattr(equation.inputs[1], "value", None)
    if equation.params != (0,) or len(equation.inputs) != 2 or len(index.items) != 1:
        return False
    item, length = index.items[0], equation.inputs[0].type.shape[0]
    return isinstance(item, slice) and item.step == -1 and item.start in (None, length - 1) and item.stop is None


def _matched(body: Graph, other: Graph, known: dict[Var, Var]) -> dict[Var, Var]:
    """The results of a body that are results of the other, whose values stand for some of its inputs."""
    if not known:
        return {}
    found = dict(known)
    made: dict[Any, Equation] = {}
    for equation in other.equations:
        made.setdefault(_key(equation, {}), equation)
    for equation in body.equations:
        if all([atom in found or isinstance(atom, Literal) for atom in equation.inputs]):
            same = made.get(_key(equation, found))
            if same is not None:
                found.update(zip(equation.outputs, same.outputs, strict=True))
    return found


def _key(equation: Equation, known: dict[Var, Var]) -> Any:
    """Equal for operations that give the same."""
    inputs = [_constant(atom) if isinstance(atom, Literal) else known.get(atom, atom) for atom in equation.inputs]
    return (equation.primitive, equation.params, *inputs, *[variable.type for variable in equation.outputs])


def _constant(atom: Literal) -> Any:
    if atom.type is OPAQUE or atom.type.shape:
        return id(atom.value)
    return atom.type, repr(atom.value)


def _wanted(body: Graph, count: int, found: dict[Var, Var], given: set[Var]) -> dict[Var, Var]:
    """The results to be taken from the earlier loop: what is needed, and expensive to compute again."""
    makers = {variable: equation for equation in body.equations for variable in equation.outputs}
    needed: set[Any] = {atom for atom in body.outputs if atom in found}
    for equation in body.equations:
        if not all([variable in found for variable in equation.outputs]):
            needed.update(atom for atom in equation.inputs if atom in found)
    wanted: dict[Var, Var] = {}
    waiting = [(v, DEPTH) for equation in body.equations for v in equation.outputs if v in needed]
    while waiting:
        variable, depth = waiting.pop()
        if variable in given or variable in wanted:
            continue
        maker = makers[variable]
        if maker.primitive.name in CHEAP and depth:
            waiting += [(atom, depth - 1) for atom in maker.inputs if isinstance(atom, Var)]
        elif not variable.type.weak and variable.type.size * count <= MOST_KEPT:
            wanted[variable] = found[variable]
    return wanted
