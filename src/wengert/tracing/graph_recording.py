"""Recording into a graph: with values, as the user's program runs, or of types alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.errors import TracingError
from wengert.graph import (
    ArrayType,
    Equation,
    Graph,
    Literal,
    Operand,
    Primitive,
    Var,
    bind,
    locate,
)
from wengert.tracing.recording import Recording, type_of
from wengert.tracing.tracer import Tracer

__all__ = ["GraphRecording", "evaluate", "record_graph"]


class GraphRecording(Recording):
    """Writes down every operation as an equation.

    With `abstract=True` nothing is computed and operands have types only; otherwise the values are there and
    may steer the program. With `constants=True` what depends on no input counts as constant: a program may keep it.
    """

    differentiates = False

    def __init__(self, abstract: bool = False, constants: bool = False) -> None:
        super().__init__()
        self.abstract = abstract
        self.constants = constants
        # results that depend on no input, where it is asked for
        self.fixed: set[Var] = set()
        self.inputs: list[Var] = []
        self.equations: list[Equation] = []
        self.names: dict[Var, str] = {}

    def input(self, type: ArrayType, value: Any = None) -> Tracer:
        """A new input of the graph."""
        variable = Var(type)
        self.inputs.append(variable)
        return Tracer(value, type, self, variable)

    def box(self, value: Any) -> Tracer:
        return Tracer(value, type_of(value), self, Literal(value, type_of(value)))

    def is_constant(self, operand: Operand) -> bool:
        return self.constants and self.is_fixed(operand.payload)

    def is_fixed(self, atom: Var | Literal) -> bool:
        """Whether a value depends on no input."""
        return atom.__class__ is Literal or atom in self.fixed

    def atom(self, value: Any) -> Var | Literal:
        """What stands for a value in this graph."""
        if isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if value.recording is self:
                return value.payload  # type: ignore[no-any-return]
        if value.__class__ is np.ndarray and not self.abstract:
            # the program may overwrite the array later; the graph must keep what it saw
            value = value.copy()
        return Literal(value, type_of(value))

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if self.closed:
            raise self.leaked()
        inputs = tuple([self.atom(arg) for arg in args])
        if self.abstract:
            operands = tuple(
                [a.value if isinstance(a, Literal) and not isinstance(a.type, ArrayType) else a.type for a in inputs]
            )
            types = primitive.infer(operands, params)
            values: tuple[Any, ...] = (None,) * len(types)
        else:
            plain = [arg.value if isinstance(arg, Operand) and arg.recording is self else arg for arg in args]
            result = bind(primitive, tuple(plain), params)
            values = result if primitive.outputs > 1 else (result,)
            types = tuple(type_of(value) for value in values)
        outputs = tuple([Var(type) for type in types])
        source = None if self.abstract else locate()
        self.equations.append(Equation(primitive, inputs, params, outputs, source))
        if self.constants and all(map(self.is_fixed, inputs)):
            self.fixed.update(outputs)
        results = tuple([Tracer(v, t, self, o) for v, t, o in zip(values, types, outputs, strict=True)])
        return results if primitive.outputs > 1 else results[0]

    def plain(self, value: Any) -> Any:
        """The value of a result, outside this recording."""
        return value.value if isinstance(value, Operand) and value.recording is self else value

    def truth(self, operand: Operand) -> bool:
        self._needs_value()
        return bool(operand.value)

    def number(self, operand: Operand) -> int:
        self._needs_value()
        return int(operand.value)

    def strip(self, operand: Operand) -> Any:
        self._needs_value()
        return operand.value

    def _needs_value(self) -> None:
        if self.abstract:
            raise TracingError(
                "a rule asked for the value of an operand, and rules are derived from types alone; express the "
                "choice by numpy.where, or declare the operation with wengert.custom_rule"
            )

    def graph(self, outputs: Sequence[Any]) -> Graph:
        """The recorded graph with these results."""
        return Graph(
            tuple(self.inputs),
            tuple(self.equations),
            tuple([self.atom(value) for value in outputs]),
            self.names,
        )


def record_graph(function: Callable[..., Sequence[Any]], types: Sequence[ArrayType]) -> Graph:
    """The graph of a function of types, which returns a sequence of results; nothing is computed."""
    with GraphRecording(abstract=True) as recording:
        results = function(*[recording.input(type) for type in types])
        return recording.graph(results)


def evaluate(graph: Graph, *inputs: Any) -> tuple[Any, ...]:
    """Run a graph on plain or traced values."""
    environment: dict[Var, Any] = dict(zip(graph.inputs, inputs, strict=True))

    def read(atom: Var | Literal) -> Any:
        return environment[atom] if isinstance(atom, Var) else atom.value

    for equation in graph.equations:
        result = bind(equation.primitive, tuple([read(atom) for atom in equation.inputs]), equation.params)
        results = result if equation.primitive.outputs > 1 else (result,)
        environment.update(zip(equation.outputs, results, strict=True))
    return tuple([read(atom) for atom in graph.outputs])
