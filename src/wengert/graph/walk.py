"""Questions about a graph, answered in one pass: what is needed, what depends on what, how often used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from wengert.graph.core import Equation, Graph, Literal, Var

__all__ = ["back_from", "dependents", "live", "prune"]

ValueT = TypeVar("ValueT")


def back_from(last: ValueT, parents: Callable[[ValueT], Iterable[ValueT]]) -> list[ValueT]:
    """A value and all that it was computed from, each before its parents: the order of a reverse sweep."""
    order: list[ValueT] = []
    seen: set[int] = set()
    waiting: list[tuple[ValueT, bool]] = [(last, False)]
    while waiting:
        value, parents_are_done = waiting.pop()
        if parents_are_done:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            waiting.append((value, True))
            waiting += [(parent, False) for parent in parents(value)]
    return order[::-1]


def live(graph: Graph) -> list[Equation]:
    """The equations that the outputs need, in order."""
    # literals among them do no harm
    needed: set[Var | Literal] = set(graph.outputs)
    kept: list[Equation] = []
    for equation in reversed(graph.equations):
        if needed.isdisjoint(equation.outputs):
            continue
        kept.append(equation)
        needed.update(equation.inputs)
    kept.reverse()
    return kept


def prune(graph: Graph) -> Graph:
    """The graph without the equations that no output needs."""
    return Graph(graph.inputs, tuple(live(graph)), graph.outputs, graph.names)


def dependents(equations: Iterable[Equation], variables: Iterable[Var]) -> set[Var]:
    """All variables that depend on the given ones, these included."""
    reached = set(variables)
    for equation in equations:
        if not reached.isdisjoint(equation.inputs):
            reached.update(equation.outputs)
    return reached
