"""A recorded program with names for everything: its values, its constants, its result."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.api.listing import WengertList, trace
from wengert.calculus.capture import program_of
from wengert.display.picture.assignments import assigned_names
from wengert.display.text import step_names
from wengert.graph import ArrayType, Equation, Graph, Literal, Var

__all__ = ["NamedProgram", "named_program"]


@dataclass(frozen=True)
class NamedProgram:
    """A graph in which equal operations stand once, as they would on paper.

    Attributes
    ----------
    name
        Of the function.
    graph
        With the names that are the user's.
    inputs
        The values of the inputs.
    names
        Of all variables: those of the program, v1, v2, ... for the others, the function's own for its result.
    constants
        Names of arrays that are no inputs, by identity.
    merged
        How many operations were left out because they stand there already.
    source
        The text of the function.
    value
        What it returned.
    """

    name: str
    graph: Graph
    inputs: tuple[Any, ...]
    names: Mapping[Var, str]
    constants: Mapping[int, str]
    merged: int
    source: str
    value: Any

    @property
    def scalar(self) -> bool:
        """Whether all values in it are numbers."""
        atoms = [*self.graph.inputs, *(atom for e in self.graph.equations for atom in (*e.inputs, *e.outputs))]
        return not any(atom.type.shape for atom in atoms)


def named_program(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NamedProgram:
    """Record a function, and name what it computes."""
    listed = trace(f, *args, **kwargs)
    own = assigned_names(listed.graph)
    graph, merged = _merged(listed.graph, own)
    present = {variable for equation in graph.equations for variable in equation.outputs}
    given = {**graph.names, **{variable: name for variable, name in own.items() if variable in present}}
    result = graph.outputs[0] if len(graph.outputs) == 1 else None
    if isinstance(result, Var) and result in present and result not in given:
        name = "f" if not listed.name.isidentifier() else listed.name
        if name not in given.values():
            given[result] = name
    graph = Graph(graph.inputs, graph.equations, graph.outputs, given)
    names = {**step_names(Graph(graph.inputs, graph.equations, graph.outputs, listed.graph.names)), **given}
    constants = _constants(graph, f, args, kwargs, set(names.values()))
    return NamedProgram(
        listed.name, graph, listed.inputs, names, constants, merged, _source(f, listed), listed.value
    )  # fmt: skip


def _merged(graph: Graph, own: dict[Var, str]) -> tuple[Graph, int]:
    """The graph with equal operations once, but for those that the program gives different names."""
    known: dict[Any, Equation] = {}
    same: dict[Var, Var] = {}
    kept: list[Equation] = []
    for equation in graph.equations:
        inputs = tuple([same.get(atom, atom) if isinstance(atom, Var) else atom for atom in equation.inputs])
        whole = Equation(equation.primitive, inputs, equation.params, equation.outputs, equation.source)
        key = equation.primitive, equation.params, tuple(map(_identity, inputs))
        first = known.setdefault(key, whole)
        both_named = any(a in own and b in own for a, b in zip(first.outputs, whole.outputs, strict=True))
        if first is whole or both_named:
            kept.append(whole)
            continue
        for before, after in zip(first.outputs, whole.outputs, strict=True):
            same[after] = before
            if after in own:
                own[before] = own[after]
    outputs = tuple([same.get(atom, atom) if isinstance(atom, Var) else atom for atom in graph.outputs])
    return Graph(graph.inputs, tuple(kept), outputs, graph.names), len(graph.equations) - len(kept)


def _identity(atom: Var | Literal) -> Any:
    """What makes two operands the same."""
    if isinstance(atom, Literal) and isinstance(atom.type, ArrayType) and not atom.type.shape:
        # by its text, in which 0.0 and -0.0 differ
        return atom.type, repr(atom.value)
    return atom if isinstance(atom, Var) else id(atom.value)


def _constants(
    graph: Graph, f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], taken: set[str]
) -> dict[int, str]:
    """Names for arrays that the program has besides its inputs: those that it calls them by, else c1, c2, ..."""
    arrays = {id(array): array for array in _arrays(graph)}
    if not arrays:
        return {}
    captured = _captured(f, args, kwargs)
    found: dict[int, str] = {}
    number = 0
    for identity, array in arrays.items():
        name = next((name for name, held in captured.items() if _equal(held, array) and name not in taken), "")
        while not name or name in taken:
            number += 1
            name = f"c{number}"
        taken.add(name)
        found[identity] = name
    return found


def _arrays(graph: Graph) -> Iterator[Any]:
    for equation in graph.equations:
        for atom in equation.inputs:
            if isinstance(atom, Literal) and isinstance(atom.type, ArrayType) and atom.type.shape:
                yield atom.value


def _captured(f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arrays that a function reaches by name; none where it cannot be looked into."""
    try:
        return program_of(f, args, kwargs).data
    except Exception:  # noqa: BLE001 (names are a courtesy: whatever fails here, there are others)
        return {}


def _equal(held: Any, array: Any) -> bool:
    return np.shape(held) == array.shape and bool(np.array_equal(held, array, equal_nan=array.dtype.kind in "fc"))


def _source(f: Callable[..., Any], listed: WengertList) -> str:
    try:
        return textwrap.dedent(inspect.getsource(f)).strip()
    except (OSError, TypeError):
        return str(listed)
