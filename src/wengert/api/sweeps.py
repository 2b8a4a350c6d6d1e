"""Forward and reverse mode over a graph, equation by equation, with everything that passes kept to be looked at.

The transforms do the same on a tape, faster, and forget what they no longer need. Here each equation is differentiated
alone, by `jvp` and `vjp`, so that every tangent, adjoint and contribution has a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wengert.api.forward import jvp
from wengert.api.reverse import vjp
from wengert.graph import Equation, Graph, Literal, Var, bind
from wengert.primitives.linalg.witness import WITNESSES
from wengert.tracing import type_of
from wengert.transforms.sweep import zeros

__all__ = ["Contribution", "Pulled", "Pushed", "alone", "differentiable", "pull", "push", "values_of"]

Values = dict[Var, Any]


@dataclass(frozen=True)
class Contribution:
    """What passes through an operation from one variable to another: the product with a local derivative.

    In reverse mode it is added to the adjoint of `variable`, the operand at this place; in forward mode to the tangent
    of `variable`, a result.
    """

    equation: Equation
    place: int
    variable: Var
    value: Any


@dataclass(frozen=True)
class Pushed:
    """The forward sweep: tangents of all variables that depend on the seeds, and what they are sums of, in order."""

    tangents: Values
    contributions: list[Contribution] = field(default_factory=list)


@dataclass(frozen=True)
class Pulled:
    """The reverse sweep: adjoints of all variables that the seeds depend on, and what they are sums of, in order."""

    adjoints: Values
    contributions: list[Contribution] = field(default_factory=list)


def values_of(graph: Graph, inputs: tuple[Any, ...]) -> Values:
    """The value of every variable of a graph, at these inputs."""
    values: Values = dict(zip(graph.inputs, inputs, strict=True))
    for equation in graph.equations:
        result = bind(equation.primitive, _operands(equation, values), equation.params)
        results = result if equation.primitive.outputs > 1 else (result,)
        values.update(zip(equation.outputs, results, strict=True))
    return values


def push(graph: Graph, values: Mapping[Var, Any], tangents: Mapping[Var, Any]) -> Pushed:
    """The tangent of every variable that depends on those given: `dv = Σ ∂v/∂u du` over the operands u."""
    found = Pushed(dict(tangents))
    for equation in graph.equations:
        for place in differentiable(equation):
            variable = equation.inputs[place]
            if not isinstance(variable, Var) or variable not in found.tangents:
                continue
            _, pushed = jvp(alone(equation, [place], values), (values[variable],), (found.tangents[variable],))
            for result, part in zip(equation.outputs, pushed, strict=True):
                if result.type.inexact:
                    before = found.tangents.get(result)
                    found.tangents[result] = part if before is None else before + part
                    found.contributions.append(Contribution(equation, place, result, part))
    return found


def pull(graph: Graph, values: Mapping[Var, Any], adjoints: Mapping[Var, Any]) -> Pulled:
    """The adjoint of every variable that those given depend on: `ū = Σ (∂v/∂u)ᵀ v̄` over the results v that use u."""
    found = Pulled(dict(adjoints))
    for equation in reversed(graph.equations):
        places = differentiable(equation)
        if not places or found.adjoints.keys().isdisjoint(equation.outputs):
            continue
        variables = [variable for place in places if isinstance(variable := equation.inputs[place], Var)]
        results, pullback = vjp(alone(equation, places, values), *[values[variable] for variable in variables])
        seeds = tuple(
            found.adjoints.get(variable, zeros(type_of(result), 0))
            for variable, result in zip(equation.outputs, results, strict=True)
        )
        for place, variable, part in zip(places, variables, pullback(seeds), strict=True):
            before = found.adjoints.get(variable)
            found.adjoints[variable] = part if before is None else before + part
            found.contributions.append(Contribution(equation, place, variable, part))
    return found


def differentiable(equation: Equation) -> list[int]:
    """The places of the operands that the results change smoothly with."""
    if not equation.primitive.differentiable:
        return []
    # what was made of another operand moves with that one
    witnesses = WITNESSES[equation.primitive.name][1] if equation.primitive.name in WITNESSES else ()
    return [
        place
        for place, atom in enumerate(equation.inputs)
        if isinstance(atom, Var) and atom.type.inexact and place not in witnesses
    ]


def alone(equation: Equation, places: list[int], values: Mapping[Var, Any]) -> Callable[..., tuple[Any, ...]]:
    """The operation of an equation as a function of the operands at these places; it returns a tuple."""
    operands = _operands(equation, values)

    def operation(*moved: Any) -> tuple[Any, ...]:
        replaced = dict(zip(places, moved, strict=True))
        args = tuple(replaced.get(place, operand) for place, operand in enumerate(operands))
        result = bind(equation.primitive, args, equation.params)
        return result if equation.primitive.outputs > 1 else (result,)

    return operation


def _operands(equation: Equation, values: Mapping[Var, Any]) -> tuple[Any, ...]:
    return tuple(atom.value if isinstance(atom, Literal) else values[atom] for atom in equation.inputs)
