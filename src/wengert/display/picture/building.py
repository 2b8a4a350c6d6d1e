"""From a graph and its numbers to what a picture shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wengert.display.picture.assignments import assigned_names
from wengert.display.picture.folding import Unit, folded
from wengert.display.picture.labels import shape_of, shown_constant, shown_value, size_of, symbol
from wengert.display.picture.scene import Edge, Node, Scene
from wengert.display.text import shown_equation, step_names
from wengert.errors import ArgumentError
from wengert.graph import ArrayType, Equation, Graph, Literal, Var
from wengert.graph.walk import live

__all__ = ["MOST_NODES", "Numbers", "placed_scene", "scene_of"]

MOST_NODES: Final = 100


@dataclass(frozen=True)
class Numbers:
    """What stands beside the nodes: values and adjoints of variables, and which equations begin the backward part."""

    values: Mapping[Var, Any] = field(default_factory=dict)
    adjoints: Mapping[Var, Any] = field(default_factory=dict)
    backward: int | None = None


def scene_of(graph: Graph, title: str, numbers: Numbers | None = None, most_nodes: int = MOST_NODES) -> Scene:
    """The picture of a graph: inputs, constants and operations, folded where there would be more than `most_nodes`.

    Raises
    ------
    ArgumentError
        `most_nodes` is no positive whole number.
    """
    return placed_scene(graph, title, numbers, most_nodes)[0]


def placed_scene(
    graph: Graph, title: str, numbers: Numbers | None = None, most_nodes: Any = MOST_NODES
) -> tuple[Scene, Mapping[Var, int]]:
    """The same, with the place among its nodes of every variable that is in it."""
    if not isinstance(most_nodes, int) or most_nodes < 1:
        raise ArgumentError(f"most_nodes is a whole number of at least 1, received {most_nodes!r}")
    builder = _Builder(graph, title, numbers or Numbers())
    return builder.scene(most_nodes), builder.place


class _Builder:
    def __init__(self, graph: Graph, title: str, numbers: Numbers) -> None:
        self.graph, self.title, self.numbers = graph, title, numbers
        self.steps = step_names(graph)
        self.names = {**self.steps, **graph.names, **assigned_names(graph)}
        self.results = {atom for atom in graph.outputs if isinstance(atom, Var)}
        self.nodes: list[Node] = []
        self.edges: dict[tuple[int, int, int], Edge] = {}
        self.place: dict[Var, int] = {}
        # where in the list each variable is used for the last time
        self.last = {atom: place for place, e in enumerate(graph.equations) for atom in e.inputs}
        self.position = {variable: place for place, e in enumerate(graph.equations) for variable in e.outputs}

    def scene(self, most_nodes: int) -> Scene:
        parts = self._parts()
        used = {atom for _, equations in parts for equation in equations for atom in equation.inputs} | self.results
        self._inputs([variable for variable in self.graph.inputs if variable in used], most_nodes)
        total = sum(len(equations) for _, equations in parts)
        for part, equations in parts:
            limit = max((most_nodes - len(self.nodes)) * len(equations) // max(total, 1), 1)
            total -= len(equations)
            for unit in folded(equations, limit, _count):
                self._unit(part, unit)
        return Scene(self.title, tuple(self.nodes), tuple(self.edges.values()))

    def _parts(self) -> list[tuple[str, tuple[Equation, ...]]]:
        kept = set(map(id, live(self.graph)))
        equations = self.graph.equations
        middle = self.numbers.backward
        if middle is None:
            return [("", tuple(e for e in equations if id(e) in kept))]
        halves = (("forward", equations[:middle]), ("backward", equations[middle:]))
        return [(part, tuple(e for e in half if id(e) in kept)) for part, half in halves]

    def _inputs(self, variables: Sequence[Var], most_nodes: int) -> None:
        """Nodes of the inputs; the leaves of one argument together where there are many."""
        groups: dict[str, list[Var]] = {}
        for variable in variables:
            name = self.names[variable]
            stem = name if len(variables) <= most_nodes // 4 else name.partition("[")[0].partition(".")[0]
            groups.setdefault(stem, []).append(variable)
        for name, members in groups.items():
            first = members[0]
            single = len(members) == 1
            node = Node(
                "input" if single else "folded",
                self.names[first] if single else name,
                "" if single else f"{len(members)} inputs",
                value=self._value(first) if single else "",
                adjoint=self._adjoint(first) if single else "",
                detail=f"{self.names[first]}: {first.type!r}" if single else f"{name}: {len(members)} inputs",
                part="" if self.numbers.backward is None else "forward",
                result=not self.results.isdisjoint(members),
            )
            self.place.update(dict.fromkeys(members, self._add(node)))

    def _unit(self, part: str, unit: Unit) -> None:
        outputs = [variable for equation in unit.equations for variable in equation.outputs]
        needed = self._needed(unit, outputs)
        shown = needed[-1] if needed else outputs[-1]
        single = not unit.title
        node = Node(
            "operation" if single else "folded",
            symbol(unit.equations[0]) if single else unit.title,
            self.names[shown] if single else unit.note,
            value=self._value(shown) if len(needed) <= 1 else f"{len(needed)} values",
            adjoint=self._adjoint(shown) if len(needed) <= 1 else "",
            detail=shown_equation(unit.equations[0], self.steps) if single else f"{unit.title}: {unit.note}",
            part=part,
            result=not self.results.isdisjoint(outputs),
        )
        inputs = [atom for equation in unit.equations for atom in equation.inputs]
        constants = [self._constant(literal, part) for literal in _constants(unit.equations[0])] if single else []
        place = self._add(node)
        sources: list[tuple[int, Var | None]] = [(constant, None) for constant in constants]
        own = set(outputs)
        variables = [atom for atom in inputs if isinstance(atom, Var) and atom not in own]
        sources += [
            (self.place[variable], variable) for variable in (variables if single else dict.fromkeys(variables))
        ]
        for number, (source, variable) in enumerate(sources):
            key = (source, place, number if single else 0)
            self.edges.setdefault(key, Edge(source, place, self._saved(source, place, variable)))
        self.place.update(dict.fromkeys(outputs, place))

    def _needed(self, unit: Unit, outputs: list[Var]) -> list[Var]:
        """The outputs of a unit that something outside of it needs, which comes after it in the list."""
        if not unit.title:
            return outputs
        end = self.position[outputs[-1]]
        return [variable for variable in outputs if self.last.get(variable, -1) > end or variable in self.results]

    def _saved(self, source: int, target: int, variable: Var | None) -> str:
        crosses = self.nodes[source].part == "forward" and self.nodes[target].part == "backward"
        return size_of(variable.type) if crosses and variable is not None else ""

    def _constant(self, literal: Literal, part: str) -> int:
        return self._add(Node("constant", shown_constant(literal), detail=f"constant: {literal.type!r}", part=part))

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _value(self, variable: Var) -> str:
        if variable in self.numbers.values:
            return shown_value(self.numbers.values[variable], variable.type)
        return shape_of(variable.type) if variable.type.shape else ""

    def _adjoint(self, variable: Var) -> str:
        if variable not in self.numbers.adjoints:
            return ""
        return shown_value(self.numbers.adjoints[variable], variable.type)


def _count(units: Sequence[Unit]) -> int:
    """How many nodes units need, with the constants beside them."""
    return len(units) + sum(len(_constants(unit.equations[0])) for unit in units if not unit.title)


def _constants(equation: Equation) -> list[Literal]:
    """The numbers and arrays that stand in an equation; those of an index are part of its sign."""
    return [atom for atom in equation.inputs if isinstance(atom, Literal) and isinstance(atom.type, ArrayType)]
