"""Branches: their bodies made shorter, without what nobody reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.graph import Equation, Graph, prune
from wengert.primitives.branches import Branch, branch_primitive

__all__ = ["opened_branch"]


def opened_branch(equation: Equation, read: set[Any], improve: Callable[[Graph], Graph]) -> Equation:
    """A recorded branch as one of the optimiser's; `improve` is applied to its bodies."""
    branch: Branch = equation.params[0]
    wanted = [place for place, variable in enumerate(equation.outputs) if variable in read]
    bodies = [improve(prune(_giving(body, wanted))) for body in branch.bodies]
    used = [_used(body) for body in bodies]
    stay = sorted(used[0] | used[1])
    one, other = [Graph(tuple([body.inputs[i] for i in stay]), body.equations, body.outputs) for body in bodies]
    operands = (equation.inputs[0], *[equation.inputs[1 + i] for i in stay])
    outputs = tuple([equation.outputs[place] for place in wanted])
    return Equation(branch_primitive(len(outputs)), operands, (Branch(one, other),), outputs, equation.source)


def _giving(body: Graph, wanted: list[int]) -> Graph:
    return Graph(body.inputs, body.equations, tuple([body.outputs[place] for place in wanted]))


def _used(body: Graph) -> set[int]:
    """The inputs that a body reads."""
    read = {atom for equation in body.equations for atom in equation.inputs} | set(body.outputs)
    return {i for i, variable in enumerate(body.inputs) if variable in read}
