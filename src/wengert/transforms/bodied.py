"""What loops and branches share: operations whose parameter holds graphs, inside one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wengert.graph import Equation, Graph, Operand, bind, compile_graph, dependents
from wengert.primitives.arithmetic import select
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.tracing import FUNCTIONS, evaluate, record_graph, type_of
from wengert.transforms.jvp import ForwardRecording

__all__ = [
    "FORMS", "Form", "annihilating", "constant_of", "is_differentiated", "is_unknown", "pushed", "selected", "stateful",
    "written_out",
]  # fmt: skip


@dataclass(frozen=True)
class Form:
    """How an equation with bodies is rewritten, as part of another body.

    `stateful(equation)` has all results that its derivative wants, and `annihilating(equation, places)` lets a zero of
    these operands annihilate.
    """

    stateful: Callable[[Equation], Equation]
    annihilating: Callable[[Equation, Sequence[int]], Equation]


# by the class of the parameter
FORMS: Final[dict[type, Form]] = {}


def _form(equation: Equation) -> Form | None:
    return FORMS.get(equation.params[0].__class__) if equation.params else None


def is_unknown(body: Graph) -> bool:
    """Whether there is something in a body whose results have types that only a run can tell, as a user's own rule."""
    for equation in body.equations:
        inner = equation.params[0] if _form(equation) is not None else None
        if inner is not None:
            if any(map(is_unknown, inner.bodies)):
                return True
        elif equation.primitive.rule_maker is not None and equation.primitive.shape_rule is None:
            return True
    return False


def stateful(body: Graph) -> Graph:
    """The graph whose equations with bodies have all results that their derivatives want."""
    equations: list[Equation] = []
    for equation in body.equations:
        form = _form(equation)
        equations.append(equation if form is None else form.stateful(equation))
    return Graph(body.inputs, tuple(equations), body.outputs)


def annihilating(body: Graph, linear: Sequence[int]) -> Graph:
    """The graph in whose inner bodies a zero annihilates too, where it comes from these inputs."""
    reached = dependents(body.equations, [body.inputs[i] for i in linear])
    equations: list[Equation] = []
    for equation in body.equations:
        form = _form(equation)
        if form is not None and not reached.isdisjoint(equation.outputs):
            equation = form.annihilating(equation, [i for i, a in enumerate(equation.inputs) if a in reached])
        equations.append(equation)
    return Graph(body.inputs, tuple(equations), body.outputs)


def written_out(body: Graph, linear: frozenset[int]) -> Graph:
    """The graph with the choices written out that make a zero at these inputs annihilate."""
    if not linear:
        return body
    return record_graph(compile_graph(body, raw=False, annihilate=linear), [v.type for v in body.inputs])


def pushed(body: Graph, values: Sequence[Any], tangents: dict[int, Any], wanted: Sequence[int]) -> list[Any]:
    """The tangents of some outputs of a body, at these values of its inputs."""
    with ForwardRecording() as recording:
        operands = [recording.input(x, tangents[i]) if i in tangents else x for i, x in enumerate(values)]
        results = evaluate(body, *operands)
        return [recording.parts(results[place])[1] for place in wanted]


def is_differentiated(value: Any) -> bool:
    """Whether a recording follows the derivative of a value."""
    while isinstance(value, Operand):
        if value.recording.differentiates:
            return True
        value = value.value
    return False


def constant_of(value: Any) -> Any:
    """A value without the levels that differentiate: integers and truth values have no derivative."""
    while isinstance(value, Operand) and value.recording.differentiates:
        if value.is_view:
            value.refresh()
        recording = value.recording
        value = value.value
        if recording.hosts and not isinstance(value, Operand):
            return FUNCTIONS["constant of a program"](value, recording)
    return value


def selected(chosen: Any, one: Any, other: Any) -> Any:
    """For each example, along axis 0, one of two results."""
    shape = type_of(one).shape
    if len(shape) > 1:
        chosen = bind(reshape, (chosen,), ((shape[0], *[1] * (len(shape) - 1)),))
        chosen = bind(broadcast_to, (chosen,), (shape,))
    return bind(select, (chosen, one, other))
