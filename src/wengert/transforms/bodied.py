"""What loops and branches share: operations whose parameter holds graphs, inside one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from wengert.graph import ArrayType, Equation, Graph, Operand, Primitive, bind, compile_graph, dependents
from wengert.primitives.arithmetic import select
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.tracing import FUNCTIONS, evaluate, record_graph, type_of
from wengert.transforms.jvp import ForwardRecording
from wengert.transforms.vmap import BatchRecording

__all__ = [
    "FORMS", "BodiedRule", "Form", "annihilating", "constant_of", "is_unknown", "pushed", "selected", "stateful",
    "undifferentiated", "written_out",
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


def undifferentiated(value: Any) -> tuple[Any, Any]:
    """A value without the levels that differentiate, and the last of these recordings, if there is one."""
    last = None
    while isinstance(value, Operand) and value.recording.differentiates:
        if value.is_view:
            value.refresh()
        last, value = value.recording, value.value
    return value, last


def constant_of(value: Any) -> Any:
    """A value as a constant of what differentiates it: integers and truth values have no derivative."""
    value, last = undifferentiated(value)
    if last is not None and last.hosts and not isinstance(value, Operand):
        return FUNCTIONS["constant of a program"](value, last)
    return value


class BodiedRule:
    """Stands where a `Rule` stands, for one operation with bodies and its operands.

    A subclass says what it saves, and computes tangents of results and cotangents of active operands by
    `_push(annihilate, operands, results, tangents)` and `_pull(annihilate, operands, results, cotangents)`.
    """

    # a cotangent that is zero may be missing
    takes_none = True

    def __init__(
        self, primitive: Primitive, results: Sequence[ArrayType], operands: Sequence[Any], active: int
    ) -> None:
        self.primitive = primitive
        self.types = tuple(map(type_of, operands))
        self.results = tuple(results)
        self.result = self.results[0]
        self.active = tuple(i for i in range(len(operands)) if active >> i & 1)
        self.keep_constant = tuple(i for i in range(len(operands)) if i not in self.active)
        # the reverse sweep takes this rule the general way
        self.pull_raw = self.accumulate = None

    def pushforward(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *tangents)`."""
        return partial(self._on, partial(self._push, annihilate), batch, len(self.results))

    def pullback(self, raw: bool, annihilate: bool = False, batch: int = 0) -> Callable[..., Any]:
        """`f(*operands, *results, *cotangents)`."""
        return partial(self._on, partial(self._pull, annihilate), batch, len(self.active))

    def _on(self, sweep: Callable[..., Any], batch: int, count: int, *values: Any) -> Any:
        start, end = len(self.types), len(self.types) + len(self.results)
        operands, results, seeds = values[:start], values[start:end], values[end:]
        if not batch:
            found = sweep(operands, results, seeds)
        else:
            with BatchRecording(batch) as recording:
                given = [seed if seed is None else recording.input(seed) for seed in seeds]
                parts = sweep(operands, results, given)
                found = [part if part is None else recording.unwrap(part) for part in parts]
        return tuple(found) if count > 1 else found[0]

    def _push(self, annihilate: bool, operands: Any, results: Any, tangents: Any) -> list[Any]:
        raise NotImplementedError

    def _pull(self, annihilate: bool, operands: Any, results: Any, cotangents: Any) -> list[Any]:
        raise NotImplementedError


def selected(chosen: Any, one: Any, other: Any) -> Any:
    """For each example, along axis 0, one of two results."""
    shape = type_of(one).shape
    if len(shape) > 1:
        chosen = bind(reshape, (chosen,), ((shape[0], *[1] * (len(shape) - 1)),))
        chosen = bind(broadcast_to, (chosen,), (shape,))
    return bind(select, (chosen, one, other))
