"""Loops as equations: how they are run and rewritten, and the parts that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from wengert.errors import NonlinearError
from wengert.graph import ArrayType, Equation, Graph, Operand, Primitive, Var, array_type, bind, prune
from wengert.primitives.branches import Branch
from wengert.primitives.indexing import take
from wengert.primitives.loops import Loop, declared_loop
from wengert.tracing import GraphRecording, evaluate, record_graph
from wengert.tracing.index import Index
from wengert.transforms.bodied import (
    FORMS,
    Form,
    annihilating,
    constant_of,
    is_unknown,
    undifferentiated,
)
from wengert.transforms.branches import choose
from wengert.transforms.finite import is_differentiated, levels
from wengert.transforms.loops.linearity import steers
from wengert.transforms.loops.unrolling import step_by_step
from wengert.transforms.vmap import BatchRecording

__all__ = [
    "RULES", "Parts", "annihilated", "backwards", "bound", "loop_like", "once", "repeat", "stacked", "states_of",
    "used_part", "with_states",
]  # fmt: skip

# The rule of a loop, its batching rule and its slot `adjoint`, which are made of what stands here.
RULES: Final[dict[str, Any]] = {}
_BACKWARDS: Final = Index((slice(None, None, -1),), 0)
# Bytes for the values of the steps of a loop whose number is not known, and how many steps these may be.
_MEMORY: Final = 1 << 24
_FEWEST: Final = 1 << 10
_MOST: Final = 1 << 20


def repeat(loop: Loop, operands: Sequence[Any]) -> list[Any]:
    """The results of a loop: the last carried values, then what was kept."""
    if any(map(is_unknown, loop.bodies)):
        return step_by_step(loop, operands)
    if loop.until is not None:
        loop = _counted(loop, operands)
    wanted = loop.results[: loop.carried + loop.kept]
    if not wanted:
        return []
    if not any([kind.inexact for kind in wanted]):
        operands = [constant_of(operand) for operand in operands]
    elif any(map(is_differentiated, operands)):
        loop = with_states(loop)
    found = bound(loop, operands)
    return [part if kind.inexact else constant_of(part) for part, kind in zip(found, wanted, strict=False)]


def bound(loop: Loop, operands: Sequence[Any]) -> Sequence[Any]:
    """All results of a loop as an equation."""
    results = bind(operation(loop), tuple(operands), (loop,))
    return results if len(loop.results) > 1 else (results,)


def _counted(loop: Loop, operands: Sequence[Any]) -> Loop:
    """A loop until something holds as one of a known number of steps, if there are derivatives, and values."""
    if not any(map(is_differentiated, operands)) or any([_is_followed(x, GraphRecording) for x in operands]):
        return loop
    _require_known_end(loop, operands)
    count = bound(once(loop), [undifferentiated(x)[0] for x in operands])[-1]
    while isinstance(count, Operand):
        count = count.value
    body = loop.body
    if any([_is_followed(x, BatchRecording) for x in operands]):
        # some examples may need fewer steps
        body = _guarded(loop)
    return replace(loop, body=body, count=int(np.max(count, initial=0)), until=None, derived={})


def _require_known_end(loop: Loop, operands: Sequence[Any]) -> None:
    """Raise where a linear function is asked for, and what it is linear in decides how many steps there are."""
    asked = [any([getattr(recording, "linear_only", False) for recording in levels(x)]) for x in operands]
    if any(asked) and steers(loop, [i for i, flag in enumerate(asked) if flag]):
        raise NonlinearError(
            "linear_transpose needs a linear function, and the number of steps of a while_loop depends on what it is "
            "given; linearize the function first, or take its pullback with wengert.vjp"
        )


def _is_followed(value: Any, by: type) -> bool:
    """Whether a recording of this class follows a value."""
    return any(isinstance(recording, by) for recording in levels(value))


def _guarded(loop: Loop) -> Graph:
    """The body that leaves everything as it is, where the loop has come to its end."""
    until, own = loop.until, loop.own
    assert until is not None
    stay = Graph(loop.body.inputs, (), own)
    branch = Branch(once(loop).body, stay)
    kept = [loop.body.inputs.index(atom) for atom in loop.body.outputs[loop.carried :]]

    def step(*inputs: Any) -> list[Any]:
        (going,) = evaluate(until, *inputs)
        return [*choose(branch, going, inputs), *[inputs[place] for place in kept]]

    return prune(record_graph(step, [variable.type for variable in loop.body.inputs]))


def once(loop: Loop) -> Loop:
    """The loop without what is kept of its steps."""
    body = Graph(loop.body.inputs, loop.body.equations, loop.body.outputs[: loop.carried])
    return replace(loop, body=prune(body), derived={})


def backwards(array: Any) -> Any:
    """An array of steps, the last one first."""
    return bind(take, (array, _BACKWARDS), (0,))


def operation(loop: Loop) -> Primitive:
    """The primitive of one loop, with its rules."""
    primitive = declared_loop(len(loop.results))
    primitive.rule_maker = partial(RULES["rule"], primitive, loop)
    primitive.batch(RULES["batch"])
    primitive.adjoint(RULES["adjoint"])
    return primitive


def states_of(loop: Loop) -> list[int] | None:
    """Which outputs of the equation are the values carried into each step; None if some are not kept."""
    kept = {atom: place for place, atom in reversed(list(enumerate(loop.body.outputs))) if place >= loop.carried}
    found = [kept.get(variable) for variable in loop.own]
    return None if None in found else found  # type: ignore[return-value]


def with_states(loop: Loop) -> Loop:
    """The loop that also keeps what it carries into each step, behind what is kept anyway."""
    found = loop.derived.get("states")
    if found is None:
        outputs = loop.body.outputs
        missing = [variable for variable in loop.own if variable not in outputs[loop.carried :]]
        body = Graph(loop.body.inputs, loop.body.equations, (*outputs, *missing))
        count = loop.count if loop.until is None or loop.count else _room(missing)
        found = replace(loop, body=body, count=count, derived={}) if missing else loop
        loop.derived["states"] = found
    return found


def _room(carried: Sequence[Var]) -> int:
    """How many steps of a loop may be kept whose number is not known."""
    size = sum([variable.type.size * variable.type.dtype.itemsize for variable in carried])
    return min(max(_MEMORY // max(size, 1), _FEWEST), _MOST)


def _stateful(equation: Equation) -> Equation:
    loop: Loop = equation.params[0]
    whole = with_states(loop)
    split = loop.carried + loop.kept
    more = tuple([Var(kind) for kind in whole.results[split : whole.carried + whole.kept]])
    outputs = (*equation.outputs[:split], *more, *equation.outputs[split:])
    return Equation(operation(whole), equation.inputs, (whole,), outputs, equation.source)


class Parts:
    """The operands of a loop by what they are; a place is that of an input of the body."""

    def __init__(self, loop: Loop) -> None:
        count = len(loop.body.inputs)
        split = loop.fixed + loop.carried
        self.fixed, self.carried, self.arrays = range(loop.fixed), range(loop.fixed, split), range(split, count)


def loop_like(
    like: Loop,
    body: Callable[..., Sequence[Any]],
    fixed: Sequence[ArrayType],
    carried: Sequence[ArrayType],
    arrays: Sequence[ArrayType],
) -> Loop:
    """A loop of as many steps, whose body is a function of the parts of a step."""
    graph = prune(record_graph(body, [*fixed, *carried, *arrays]))
    span = "first" if like.until is not None else like.span
    return Loop(graph, like.count, len(fixed), len(carried), span=span)


def annihilated(loop: Loop, linear: Sequence[int]) -> Loop:
    """The loop in which a zero of these inputs of the body annihilates, in the bodies within it as well."""
    return replace(loop, body=annihilating(loop.body, linear), annihilating=frozenset(linear), derived={})


def _annihilating_equation(equation: Equation, places: Sequence[int]) -> Equation:
    loop: Loop = equation.params[0]
    inner = annihilated(loop, sorted({*places, *Parts(loop).carried}))
    return Equation(operation(inner), equation.inputs, (inner,), equation.outputs, equation.source)


def used_part(loop: Loop) -> tuple[Loop, list[int]]:
    """The loop without inputs that its body does not read, and the places of those that stay."""
    read = {atom for equation in loop.body.equations for atom in equation.inputs} | set(loop.body.outputs)
    if loop.span != "all":
        # how many steps there are
        read.add(loop.body.inputs[0])
    parts = Parts(loop)
    kept = [i for i, v in enumerate(loop.body.inputs) if v in read or i in parts.carried]
    inputs = tuple([loop.body.inputs[i] for i in kept])
    body = Graph(inputs, loop.body.equations, loop.body.outputs)
    return replace(loop, body=body, fixed=sum([i in parts.fixed for i in kept]), derived={}), kept


def stacked(kind: ArrayType, count: int) -> ArrayType:
    """The type of an array with so many entries of a type along axis 0."""
    return array_type((count, *kind.shape), kind.dtype)


FORMS[Loop] = Form(_stateful, _annihilating_equation)
