"""Which equation of a graph is the last one to use a value, in its own or in another shape."""

from __future__ import annotations

from typing import Final

from wengert.graph import Equation, Graph, Var

__all__ = ["Lifetimes"]

_VIEWS: Final = frozenset({"reshape", "transpose", "broadcast_to", "take"})


class Lifetimes:
    """When values of a graph are used for the last time; what may be a view of a value counts as the value."""

    def __init__(self, graph: Graph, equations: list[Equation]) -> None:
        self.origin: dict[Var, Var] = {}
        self.last: dict[Var, Equation | None] = {}
        for equation in equations:
            used = [atom for atom in equation.inputs if isinstance(atom, Var)]
            for atom in used:
                self.last[self.of(atom)] = equation
            if equation.primitive.name in _VIEWS and used:
                self.origin[equation.outputs[0]] = self.of(used[0])
        # a result is used after all equations
        self.last.update({self.of(atom): None for atom in graph.outputs if isinstance(atom, Var)})

    def of(self, variable: Var) -> Var:
        """The value in whose memory a variable may stand."""
        return self.origin.get(variable, variable)

    def ends(self, variable: Var, equation: Equation) -> bool:
        """Whether nothing uses a value after this equation."""
        return self.of(variable) is variable and self.last.get(variable) is equation
