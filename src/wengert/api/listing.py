"""trace: the Wengert list of a program at given arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import flat_output, name_of
from wengert.api.derivative_list import DerivativeList, derivative_list, seed_of
from wengert.api.picture import Drawable
from wengert.api.sweeps import pull, values_of
from wengert.display.picture.building import MOST_NODES, Numbers, scene_of
from wengert.display.picture.scene import Scene
from wengert.display.text import wengert_list
from wengert.graph import ArrayType, Graph, Var
from wengert.graph.walk import prune
from wengert.programs import Program, call
from wengert.tracing import GraphRecording, type_of

__all__ = ["WengertList", "input_names", "trace"]


@dataclass(frozen=True)
class WengertList(Drawable):
    """The recorded graph of a function, with the values that it returned, as text and as a picture.

    Attributes
    ----------
    name
        Of the function.
    graph
        The equations, with types and the user's source lines.
    value
        What the function returned, as plain numbers and arrays.
    inputs
        The values of the inputs of the graph.
    """

    name: str
    graph: Graph
    value: Any
    inputs: tuple[Any, ...]

    def __str__(self) -> str:
        return wengert_list(self.graph, self.name)

    def __repr__(self) -> str:
        return f"<Wengert list of {self.name}: {len(self.graph.equations)} equations>"

    def __len__(self) -> int:
        return len(self.graph.equations)

    def values(self) -> dict[Var, Any]:
        """The value of every variable of the graph, computed anew."""
        return values_of(self.graph, self.inputs)

    def scene(self, adjoints: bool = False, most_nodes: int = MOST_NODES) -> Scene:
        values = self.values()
        pulled = pull(self.graph, values, seed_of(self.graph, self.name)).adjoints if adjoints else {}
        return scene_of(self.graph, self.name, Numbers(values, pulled), most_nodes)

    def derivative(self) -> DerivativeList:
        """The reverse sweep of the derivative beside the function, with what is saved for it.

        Raises
        ------
        OutputError
            The function does not return one floating-point number.
        """
        return derivative_list(self.graph, self.name, self.inputs)


def trace(f: Callable[..., Any], *args: Any, **kwargs: Any) -> WengertList:
    """Record f at these arguments as a Wengert list: one equation a line, with shapes and source lines.

    Parameters
    ----------
    f
        Returns arrays or scalars, nested at will. Python control flow is followed as these arguments steer it.
    args, kwargs
        The arguments of f. Arrays and numbers among the positional ones become inputs of the graph; everything
        else is constant.

    Source: R. E. Wengert, A simple automatic derivative evaluation program, CACM 7(8) (1964).

    >>> import numpy as np
    >>> import wengert as wg
    >>> print(wg.trace(lambda x, y: np.sin(x) * y, 1.0, 2.0))  # doctest: +ELLIPSIS
    <lambda>(x: float, y: float):
      v1: float64 = sin(x)    # ...
      v2: float64 = v1 * y    # ...
      return v2
    """
    leaves, structure = tree.flatten(args)
    names = input_names(f, args)
    with GraphRecording(constants=True) as recording:
        traced = []
        for leaf, name in zip(leaves, names, strict=True):
            kind: Any = type_of(leaf)
            if isinstance(kind, ArrayType):
                operand = recording.input(kind, leaf)
                recording.names[operand.payload] = name
                traced.append(operand)
            else:
                traced.append(leaf)
        result = call(Program(f), structure.unflatten(traced), kwargs)
        outputs, form = flat_output(f, result, "trace")
        graph = recording.graph(outputs)
        values = [recording.plain(output) for output in outputs]
    inputs = tuple([_kept(leaf) for leaf in leaves if isinstance(type_of(leaf), ArrayType)])
    return WengertList(name_of(f), prune(graph), form.unflatten(values), inputs)


def _kept(leaf: Any) -> Any:
    """A value that stays what it is, whatever the caller does to the array."""
    return leaf.copy(order="K") if isinstance(leaf, np.ndarray) else leaf


def input_names(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """The names of the parameters, with the paths of leaves inside them."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for position, arg in enumerate(args):
        single = position < len(parameters) and parameters[position].kind is not parameters[position].VAR_POSITIONAL
        stem = parameters[position].name if single else f"x{position}"
        names.extend(stem + path for path in tree.flatten(arg)[1].paths())
    return names
