"""Questions about a graph, answered in one pass: what is needed, what depends on what, how often used."""

from __future__ import annotations

from collections.abc import Iterable

from wengert.graph.core import Equation, Graph, Literal, Var

__all__ = ["dependents", "live", "prune"]


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
