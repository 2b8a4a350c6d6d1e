"""Loops without what nobody reads: kept values, carried values, and what is given to the steps."""

from __future__ import annotations

from typing import Any, Final

from wengert.graph import REGISTRY, Equation, Graph, Literal, Var, array_type, prune
from wengert.primitives.loops import Loop, loop_primitive

__all__ = ["trimmed"]

reshape: Final = REGISTRY["reshape"]
broadcast_to: Final = REGISTRY["broadcast_to"]


def trimmed(graph: Graph) -> Graph:
    """The graph whose loops, and the loops in their bodies, do only what is read."""
    if not any(equation.primitive.name == "loop" for equation in graph.equations):
        return graph
    read: set[Any] = set(graph.outputs)
    repeats = {e.outputs[0]: e.inputs[0] for e in graph.equations if e.primitive is broadcast_to}
    kept: list[Equation] = []
    for equation in reversed(graph.equations):
        if read.isdisjoint(equation.outputs):
            continue
        counted = equation.primitive.name == "loop" and equation.params[0].counted
        made = _trimmed_loop(equation, read, repeats) if counted else [equation]
        for part in reversed(made):
            read.update(part.inputs)
            kept.append(part)
    kept.reverse()
    return prune(Graph(graph.inputs, tuple(kept), graph.outputs, graph.names))


def _with_fixed(equation: Equation, repeats: dict[Any, Any]) -> tuple[list[Equation], Equation]:
    """The loop to whose steps no array is given that is the same in all of them, and what it needs for that."""
    loop: Loop = equation.params[0]
    split = loop.fixed + loop.carried
    before: list[Equation] = []
    fixed: list[Any] = []
    moved: list[Any] = []
    for atom, variable in zip(equation.inputs[split:], loop.body.inputs[split:], strict=True):
        source = repeats.get(atom)
        if source is None or variable.type.weak:
            continue
        shape = source.type.shape
        if len(shape) < len(atom.type.shape) or shape[0] == 1:
            value = Var(variable.type)
            inner = shape[1:] if len(shape) == len(atom.type.shape) else shape
            small = Var(array_type(inner, variable.type.dtype))
            before.append(Equation(reshape, (source,), (inner,), (small,), equation.source))
            before.append(Equation(broadcast_to, (small,), (value.type.shape,), (value,), equation.source))
            fixed.append(value)
            moved.append(variable)
    if not fixed:
        return [], equation
    kept = [(a, v) for a, v in zip(equation.inputs[split:], loop.body.inputs[split:], strict=True) if v not in moved]
    inputs = (*loop.body.inputs[: loop.fixed], *moved, *loop.body.inputs[loop.fixed : split], *[v for _, v in kept])
    operands = (*equation.inputs[: loop.fixed], *fixed, *equation.inputs[loop.fixed : split], *[a for a, _ in kept])
    body = Graph(inputs, loop.body.equations, loop.body.outputs)
    changed = Loop(body, loop.count, loop.fixed + len(fixed), loop.carried)
    return before, Equation(equation.primitive, operands, (changed,), equation.outputs, equation.source)


def _trimmed_loop(equation: Equation, read: set[Any], repeats: dict[Any, Any]) -> list[Equation]:
    before, equation = _with_fixed(equation, repeats)
    return [*before, *_with_needed(equation, read)]


def _with_needed(equation: Equation, read: set[Any]) -> list[Equation]:
    loop: Loop = equation.params[0]
    body = trimmed(loop.body)
    split = loop.fixed + loop.carried
    given: dict[Any, Any] = dict(zip(body.inputs, equation.inputs, strict=True))
    steps = set(body.inputs[split:])
    whole: list[Equation] = []
    stacks: list[tuple[Any, Var]] = []
    for atom, variable in zip(body.outputs[loop.carried :], equation.outputs[loop.carried :], strict=True):
        if variable not in read:
            continue
        shape = variable.type.shape
        if atom in steps:
            # what is given to each step and kept of it is the array itself
            whole.append(Equation(reshape, (given[atom],), (shape,), (variable,)))
        elif (atom.__class__ is Literal or atom in body.inputs[: loop.fixed]) and not atom.type.weak:
            whole.append(Equation(broadcast_to, (given.get(atom, atom),), (shape,), (variable,)))
        else:
            stacks.append((atom, variable))
    carried = _needed(body, loop, [v in read for v in equation.outputs[: loop.carried]], [a for a, _ in stacks])
    if not carried and not stacks:
        return whole
    outputs = [*[body.outputs[i] for i in carried], *[atom for atom, _ in stacks]]
    inner = prune(Graph(body.inputs, body.equations, tuple(outputs)))
    used = {atom for each in inner.equations for atom in each.inputs} | set(outputs)
    fixed = [v for v in body.inputs[: loop.fixed] if v in used]
    values = [body.inputs[loop.fixed + i] for i in carried]
    arrays = [v for v in body.inputs[split:] if v in used]
    inputs = (*fixed, *values, *arrays)
    small = Loop(Graph(inputs, inner.equations, inner.outputs), loop.count, len(fixed), len(values))
    results = (*[equation.outputs[i] for i in carried], *[variable for _, variable in stacks])
    operands = tuple([given[variable] for variable in inputs])
    return [Equation(loop_primitive(len(results)), operands, (small,), results, equation.source), *whole]


def _needed(body: Graph, loop: Loop, wanted: list[bool], stacks: list[Any]) -> list[int]:
    """Which carried values the wanted ones and the stacks depend on, step after step."""
    found = {i for i, is_wanted in enumerate(wanted) if is_wanted}
    makers = {variable: equation for equation in body.equations for variable in equation.outputs}
    places = {variable: i for i, variable in enumerate(body.inputs[loop.fixed : loop.fixed + loop.carried])}
    waiting = [*stacks, *[body.outputs[i] for i in found]]
    seen: set[Any] = set()
    while waiting:
        atom = waiting.pop()
        if atom in seen:
            continue
        seen.add(atom)
        if atom in makers:
            waiting.extend(makers[atom].inputs)
        place = places.get(atom)
        if place is not None and place not in found:
            found.add(place)
            waiting.append(body.outputs[place])
    return sorted(found)
