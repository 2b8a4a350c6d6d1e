"""From a graph to a plain Python function: one line of source per equation.

The function computes with whatever it is given. In the *raw* form each line calls NumPy directly, which is the
fast way for plain arrays; otherwise each line binds its primitive, so that operands may be traced themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import CodeType
from typing import Any, Final

import numpy as np

from wengert.graph.core import Equation, Graph, Literal, Var
from wengert.graph.primitive import REGISTRY, Operand, bind
from wengert.graph.walk import dependents, live

__all__ = ["compile_graph", "harden"]

_DOUBLE: Final = np.dtype(np.float64)


@lru_cache(maxsize=8192)
def _code(source: str) -> CodeType:
    return compile(source, "<wengert>", "exec")


def harden(value: Any, dtype: np.dtype[Any] = _DOUBLE) -> Any:
    """A Python float as a NumPy one, whose arithmetic gives inf where Python raises."""
    if value.__class__ is float:
        return dtype.type(value)
    if isinstance(value, Operand) and value.type.weak and value.type.inexact:
        return bind(REGISTRY["convert"], (value,), (value.type.dtype if value.type.dtype.kind == "c" else dtype,))
    return value


def _precision(graph: Graph) -> np.dtype[Any]:
    """The real dtype that Python floats take beside the inputs of a graph."""
    kinds = [variable.type for variable in graph.inputs]
    strong = [kind.dtype for kind in kinds if kind.inexact and not kind.weak]
    return np.finfo(np.result_type(*strong)).dtype if strong else _DOUBLE


def _unless_zero(equation: Equation, place: int) -> Callable[..., Any]:
    """The operation, or zeros without computing where its plain linear operand is zero everywhere."""
    kinds = [variable.type for variable in equation.outputs]

    def run(*operands: Any) -> Any:
        if not isinstance(operands[place], Operand) and not np.any(operands[place]):
            found = tuple([np.zeros(kind.shape, kind.dtype)[()] for kind in kinds])
            return found if len(found) > 1 else found[0]
        return bind(equation.primitive, operands, equation.params)

    return run


class _Writer:
    """Collects the lines of one function and the objects that they refer to."""

    def __init__(self, raw: bool, opaque: Mapping[int, str]) -> None:
        self.raw = raw
        self.opaque = opaque
        self.namespace: dict[str, Any] = {}
        self.names: dict[Var, str] = {}
        self.lines: list[str] = []

    def refer(self, value: Any, stem: str) -> str:
        name = f"{stem}{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def atom(self, atom: Var | Literal) -> str:
        if isinstance(atom, Var):
            return self.names[atom]
        value = atom.value
        if id(value) in self.opaque:
            return self.opaque[id(value)]
        if value.__class__ in (int, bool) or (value.__class__ is float and math.isfinite(value)):
            return repr(value) if value >= 0 else f"({value!r})"
        return self.refer(value, "k")

    def call(self, equation: Equation) -> str:
        primitive = equation.primitive
        operands = [self.atom(atom) for atom in equation.inputs]
        if primitive.infix is not None and primitive.preparer is None:
            return f" {primitive.infix} ".join(operands) if len(operands) == 2 else primitive.infix + operands[0]
        if self.raw:
            function = primitive.function(equation.params)
            if isinstance(function, np.ufunc):
                self.namespace[function.__name__] = function
                return f"{function.__name__}({', '.join(operands)})"
            return f"{self.refer(function, 'f')}({', '.join(operands)})"
        trailing = "," if len(operands) == 1 else ""
        params = f", {self.refer(equation.params, 'p')}" if equation.params else ""
        self.namespace["bind"] = bind
        return f"bind({self.refer(primitive, 'f')}, ({', '.join(operands)}{trailing}){params})"

    def annihilating(self, equation: Equation, linear: set[Var]) -> str | None:
        """The call in which a zero tangent or cotangent annihilates, where the operation has one."""
        places = [i for i, atom in enumerate(equation.inputs) if atom in linear]
        if len(places) != 1 or equation.primitive.linear == "jointly":
            return None
        if places[0] not in equation.primitive.annihilators:
            function = _unless_zero(equation, places[0])
            return f"{self.refer(function, 'z')}({', '.join(self.atom(atom) for atom in equation.inputs)})"
        rule = equation.primitive.annihilators[places[0]]
        function = partial(rule, **equation.primitive.named(equation.params))
        return f"{self.refer(function, 'z')}({', '.join(self.atom(atom) for atom in equation.inputs)})"


def compile_graph(
    graph: Graph,
    *,
    raw: bool,
    annihilate: frozenset[int] = frozenset(),
    opaque: Mapping[int, int] | None = None,
    single: bool = False,
    packed: int = 0,
) -> Callable[..., Any]:
    """A Python function of the graph's inputs.

    Parameters
    ----------
    graph
        What to compute; equations that no output needs are left out.
    raw
        Whether to call NumPy directly, for operands that are never traced.
    annihilate
        Positions of linear inputs; a zero in them, or in what depends on them, then annihilates inf and NaN.
    opaque
        For literals that stand for an input: the identity of the value and the position of the input.
    single
        Whether to return the only output itself rather than a tuple.
    packed
        So many of the first inputs come in one tuple, which Python passes on faster than many arguments.
    """
    inputs = [f"a{position}" for position in range(len(graph.inputs))]
    writer = _Writer(raw, {key: inputs[position] for key, position in (opaque or {}).items()})
    writer.names.update(zip(graph.inputs, inputs, strict=True))
    equations = live(graph)
    linear: set[Var] = set()
    if annihilate:
        linear = dependents(equations, [graph.inputs[position] for position in annihilate])
        writer.namespace["harden"] = partial(harden, dtype=_precision(graph))
        writer.lines.extend(f"{name} = harden({name})" for name in inputs)
    for number, equation in enumerate(equations):
        call = (writer.annihilating(equation, linear) if linear else None) or writer.call(equation)
        results = [f"v{number}_{place}" for place in range(len(equation.outputs))]
        writer.names.update(zip(equation.outputs, results, strict=True))
        writer.lines.append(f"{', '.join(results)} = {call}")
    outputs = [writer.atom(atom) for atom in graph.outputs]
    writer.lines.append(f"return {outputs[0]}" if single else f"return ({''.join(o + ', ' for o in outputs)})")
    if packed:
        writer.lines.insert(0, f"{''.join(name + ', ' for name in inputs[:packed])} = packed")
    parameters = ["packed", *inputs[packed:]] if packed else inputs
    body = "".join(f"    {line}\n" for line in writer.lines)
    exec(_code(f"def compiled({', '.join(parameters)}):\n{body}"), writer.namespace)
    return writer.namespace["compiled"]  # type: ignore[no-any-return]
