"""The derivative as a Wengert list: the function, then its reverse sweep, and what the one saves for the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.api.picture import Drawable
from wengert.api.sweeps import pull, values_of
from wengert.display.picture.assignments import assigned_names
from wengert.display.picture.building import MOST_NODES, Numbers, scene_of
from wengert.display.picture.scene import Scene
from wengert.display.quantities import count, memory
from wengert.display.text import step_names, wengert_list
from wengert.errors import OutputError
from wengert.graph import ArrayType, Equation, Graph, Literal, Var
from wengert.graph.walk import live
from wengert.tracing import GraphRecording, Tracer, type_of

__all__ = ["DerivativeList", "derivative_list", "seed_of"]


@dataclass(frozen=True)
class DerivativeList(Drawable):
    """The equations of a function and of its reverse sweep, in one graph.

    Attributes
    ----------
    name
        Of the function.
    graph
        Returns the value and the adjoints of all inputs that are floating-point numbers.
    forward
        How many of the equations compute the value; the others are the reverse sweep.
    inputs
        The values of the inputs.
    saved
        The variables that the reverse sweep needs of the forward one, inputs included.
    """

    name: str
    graph: Graph
    forward: int
    inputs: tuple[Any, ...]
    saved: tuple[Var, ...]

    @property
    def saved_bytes(self) -> int:
        """The memory of what is saved between the sweeps."""
        return sum(variable.type.size * variable.type.dtype.itemsize for variable in self.saved)

    def __str__(self) -> str:
        lines = wengert_list(self.graph, self.name).split("\n")
        steps = step_names(self.graph)
        names = ", ".join(steps[variable] for variable in self.saved)
        between = f"  # saved for the reverse sweep: {names or 'nothing'} ({memory(self.saved_bytes)})"
        return "\n".join([*lines[: 1 + self.forward], between, *lines[1 + self.forward :]])

    def __repr__(self) -> str:
        backward = len(self.graph.equations) - self.forward
        return (
            f"<derivative of {self.name}: {count(self.forward, 'equation')} forward, {backward} backward, "
            f"{memory(self.saved_bytes)} saved>"
        )

    def scene(self, adjoints: bool = False, most_nodes: int = MOST_NODES) -> Scene:
        """What the picture shows; its second part computes the adjoints, so that there is nothing to add to it."""
        values = values_of(self.graph, self.inputs)
        return scene_of(self.graph, self.name, Numbers(values, {}, self.forward), most_nodes)


def seed_of(graph: Graph, name: str) -> dict[Var, Any]:
    """The one that a reverse sweep starts with, at the result of a graph; nothing where the result is a constant.

    Raises
    ------
    OutputError
        The function does not return one floating-point number.
    """
    kinds = [atom.type for atom in graph.outputs]
    if len(kinds) != 1 or not isinstance(kinds[0], ArrayType) or kinds[0].shape or kinds[0].kind != "f":
        returned = ", ".join(map(repr, kinds)) or "nothing"
        raise OutputError(
            f"adjoints: {name} returned {returned}, but adjoints are derivatives of one floating-point number; reduce "
            f"it (numpy.sum, numpy.mean), or choose one entry"
        )
    return {atom: atom.type.dtype.type(1) for atom in graph.outputs if isinstance(atom, Var)}


def derivative_list(graph: Graph, name: str, inputs: tuple[Any, ...]) -> DerivativeList:
    """The reverse sweep of a recorded function beside it. Raises as `seed_of` does."""
    seed = seed_of(graph, name)
    found = values_of(graph, inputs)
    names = {**step_names(graph), **assigned_names(graph)}
    with GraphRecording(constants=True) as recording:
        traced = {variable: Tracer(value, type_of(value), recording, variable) for variable, value in found.items()}
        pulled = pull(graph, traced, seed)
        adjoints = {variable: recording.atom(value) for variable, value in pulled.adjoints.items()}
    same = _Merged(graph)
    backward = [again for equation in recording.equations if (again := same.merged(equation)) is not None]
    for variable, atom in adjoints.items():
        computed = same.atom(atom)
        if isinstance(computed, Var):
            recording.names.setdefault(computed, f"{names[variable]}_bar")
    leaves = [variable for variable in graph.inputs if variable in adjoints]
    outputs = (*graph.outputs, *[same.atom(adjoints[variable]) for variable in leaves])
    whole = Graph(graph.inputs, (*graph.equations, *backward), outputs, {**graph.names, **recording.names})
    return _without_unused(whole, len(graph.equations), name, inputs)


class _Merged:
    """Equations in which what the function has computed is not computed again."""

    def __init__(self, graph: Graph) -> None:
        self.known: dict[Any, tuple[Var, ...]] = {}
        self.same: dict[Var, Var] = {}
        for equation in graph.equations:
            self.known.setdefault(self._key(equation, equation.inputs), equation.outputs)

    def merged(self, equation: Equation) -> Equation | None:
        """The equation with known operands, or None where its results are known."""
        inputs = tuple(map(self.atom, equation.inputs))
        unchanged = _unchanged(equation, inputs)
        if unchanged is not None:
            self.same[equation.outputs[0]] = unchanged
            return None
        key = self._key(equation, inputs)
        found = self.known.setdefault(key, equation.outputs)
        if found is equation.outputs:
            return Equation(equation.primitive, inputs, equation.params, equation.outputs, None)
        self.same.update(zip(equation.outputs, found, strict=True))
        return None

    def atom(self, atom: Var | Literal) -> Var | Literal:
        return self.same.get(atom, atom) if isinstance(atom, Var) else atom

    @staticmethod
    def _key(equation: Equation, inputs: tuple[Var | Literal, ...]) -> Any:
        operands = [atom if isinstance(atom, Var) else _constant(atom) for atom in inputs]
        return equation.primitive, equation.params, tuple(operands)


def _unchanged(equation: Equation, inputs: tuple[Var | Literal, ...]) -> Var | None:
    """The operand that an equation only multiplies by the one that the sweep starts with."""
    if equation.primitive.name == "multiply":
        for factor, other in (inputs, inputs[::-1]):
            one = isinstance(factor, Literal) and factor.type.size == 1 and factor.value == 1
            if one and isinstance(other, Var) and other.type is equation.outputs[0].type:
                return other
    return None


def _constant(literal: Literal) -> Any:
    """What makes two constants the same."""
    kind = literal.type
    if isinstance(kind, ArrayType) and kind.size == 1:
        return kind, literal.value.item() if hasattr(literal.value, "item") else literal.value
    return id(literal.value)


def _without_unused(graph: Graph, forward: int, name: str, inputs: tuple[Any, ...]) -> DerivativeList:
    """Without equations that no output needs, and with what passes from one part to the other."""
    kept = set(map(id, live(graph)))
    first = [equation for equation in graph.equations[:forward] if id(equation) in kept]
    second = [equation for equation in graph.equations[forward:] if id(equation) in kept]
    own = {variable for equation in second for variable in equation.outputs}
    used = dict.fromkeys(
        atom for equation in second for atom in equation.inputs if isinstance(atom, Var) and atom not in own
    )
    pruned = Graph(graph.inputs, (*first, *second), graph.outputs, graph.names)
    return DerivativeList(name, pruned, len(first), inputs, tuple(used))
