"""The derivative of a single operation as operations: what is shown of it where matrix algebra has no word for it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from wengert.api.forward import jvp
from wengert.api.reverse import vjp
from wengert.api.sweeps import alone
from wengert.display.stepping.printers import is_single
from wengert.display.text import shown_operation
from wengert.graph import Equation, Graph, Literal, Var
from wengert.graph.walk import live
from wengert.tracing import GraphRecording, Tracer, type_of

__all__ = ["pulled_code", "pushed_code"]

# more operations are no reading matter
_MOST: Final = 3


def pushed_code(
    equation: Equation, place: int, values: Mapping[Var, Any], names: Mapping[Var, str], direction: tuple[Any, str]
) -> str:
    """The change of the only result of an operation when the operand at a place changes; empty where it is long.

    `direction` is the change of that operand, as a value and by its name; `names` are those of the variables.
    """
    variable = equation.inputs[place]

    def changed(known: Mapping[Var, Any], moved: Any) -> Any:
        return jvp(alone(equation, [place], known), (known[variable],), (moved,))[1][0]  # type: ignore[index]

    return _code(equation, values, names, direction, changed)


def pulled_code(
    equation: Equation, place: int, values: Mapping[Var, Any], names: Mapping[Var, str], cotangent: tuple[Any, str]
) -> str:
    """What the cotangent of the only result of an operation gives to the operand at a place, in the same way."""
    variable = equation.inputs[place]

    def pulled(known: Mapping[Var, Any], seed: Any) -> Any:
        _, pullback = vjp(alone(equation, [place], known), known[variable])  # type: ignore[index]
        return pullback((seed,))

    return _code(equation, values, names, cotangent, pulled)


def _code(equation: Equation, values: Any, names: Mapping[Var, str], moving: tuple[Any, str], rule: Any) -> str:
    operands = [atom for atom in equation.inputs if isinstance(atom, Var)]
    with GraphRecording(constants=True) as recording, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, name = moving
        seed = recording.input(type_of(value), value)
        known = dict(values)
        for variable in operands:
            if variable.type.inexact or variable.type.kind == "b":
                known[variable] = Tracer(values[variable], type_of(values[variable]), recording, variable)
        found = rule(known, seed)
        if isinstance(found, tuple):
            (found,) = found
        outcome = recording.atom(found)
    graph = Graph((seed.payload, *operands), tuple(recording.equations), (outcome,))
    return _nested(graph, {**{variable: names[variable] for variable in operands}, seed.payload: name})


def _nested(graph: Graph, names: Mapping[Var, str]) -> str:
    """A short graph as one expression."""
    needed = live(graph)
    (outcome,) = graph.outputs
    if len(needed) > _MOST or isinstance(outcome, Literal):
        return ""
    known = dict(names)
    for equation in needed:
        if len(equation.outputs) != 1:
            return ""
        text = shown_operation(equation, known)
        last = equation.outputs[0] is outcome
        known[equation.outputs[0]] = text if last or is_single(text) else f"({text})"
    return known[outcome]
