"""A graph as text: one line an equation, with types and the user's lines."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Equation, Graph, Literal, Var

__all__ = ["shown_equation", "shown_operation", "step_names", "wengert_list"]


def wengert_list(graph: Graph, title: str = "") -> str:
    """The graph as a Wengert list: `name: type = operation   # file:line`."""
    names = step_names(graph)
    rows: list[tuple[str, str]] = []
    for equation in graph.equations:
        source = f"# {equation.source}" if equation.source else ""
        rows.append((f"  {shown_equation(equation, names)}", source))
    width = min(max((len(row) for row, _ in rows), default=0), 72)
    inputs = ", ".join(f"{names[v]}: {v.type!r}" for v in graph.inputs)
    lines = [f"{title or 'graph'}({inputs}):"]
    lines += [f"{row:<{width}}  {source}".rstrip() for row, source in rows]
    lines.append(f"  return {', '.join(_atom(atom, names) for atom in graph.outputs)}")
    return "\n".join(lines)


def shown_equation(equation: Equation, names: Mapping[Var, str]) -> str:
    """One line of the list, without its source."""
    left = ", ".join(f"{names[v]}: {v.type!r}" for v in equation.outputs)
    return f"{left} = {shown_operation(equation, names)}"


def step_names(graph: Graph) -> dict[Var, str]:
    """The user's names for inputs; v1, v2, ... for what the equations assign."""
    names = dict(graph.names)
    for number, variable in enumerate(graph.inputs):
        names.setdefault(variable, f"x{number}")
    taken = set(names.values())
    counter = 0
    for equation in graph.equations:
        for variable in equation.outputs:
            counter += 1
            while f"v{counter}" in taken:
                counter += 1
            names[variable] = f"v{counter}"
    return names


def _atom(atom: Var | Literal, names: Mapping[Var, str]) -> str:
    if isinstance(atom, Var):
        return names[atom]
    value = atom.value
    if not isinstance(atom.type, ArrayType):
        return repr(value)
    if atom.type.size <= 4:
        return np.array2string(np.asarray(value), separator=", ", precision=6, floatmode="maxprec")
    return f"<{atom.type!r}>"


def shown_operation(equation: Equation, names: Mapping[Var, str]) -> str:
    """What an equation computes; only its operands need names."""
    primitive = equation.primitive
    operands = [_atom(atom, names) for atom in equation.inputs]
    named = {
        # a tuple right after a name is the arguments of a call, and keeps its brackets
        key: str(value) if re.search(rf"\w\{{{key}\}}", primitive.notation) else _param(value)
        for key, value in primitive.named(equation.params).items()
    }
    fields = {name for _, name, _, _ in string.Formatter().parse(primitive.notation) if name}
    if primitive.value_shaped and len(operands) > 2 and "1" in fields:
        operands = _with_arrays(equation, operands)
    try:
        return primitive.notation.format(*operands, args=", ".join(operands), **named)
    except (IndexError, KeyError):
        shown = operands + [f"{key}={value}" for key, value in named.items()]
        return f"{primitive.name}({', '.join(shown)})"


def _with_arrays(equation: Equation, operands: list[str]) -> list[str]:
    """Show integer arrays where they stand in an index."""
    place = next(i for i, atom in enumerate(equation.inputs) if not isinstance(atom.type, ArrayType))
    text = operands[place]
    for array in operands[place + 1 :]:
        text = text.replace("·", array, 1)
    return [*operands[:place], text, *operands[place + 1 :]]


def _param(value: Any) -> str:
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], int):
        return str(value[0])
    return str(value)
