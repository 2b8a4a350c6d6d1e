"""Derivatives and batches of loops, each a loop again.

The tangent of a loop is a loop that is linear in what it carries: each step pushes tangents through the linearised
body, at the values that the loop has carried into this step. So these *states* are kept by a loop that is
differentiated. The transpose of a linear loop runs its steps backwards, each with the transposed body; what all
steps share gets the sum of their cotangents. Nothing else is needed: derivatives of derivatives are loops of the same
kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from wengert.errors import NonlinearError
from wengert.graph import (
    ArrayType,
    Equation,
    Graph,
    Operand,
    Primitive,
    Var,
    array_type,
    bind,
    dependents,
    prune,
)
from wengert.primitives.arithmetic import add
from wengert.primitives.indexing import take
from wengert.primitives.loops import Loop, declared_loop
from wengert.primitives.shaping import broadcast_to, move_axis
from wengert.tracing import evaluate, record_graph, type_of
from wengert.tracing.index import Index
from wengert.transforms.bodied import (
    FORMS,
    Form,
    annihilating,
    constant_of,
    is_differentiated,
    pushed,
    stateful,
    written_out,
)
from wengert.transforms.sweep import zeros
from wengert.transforms.transpose import transpose
from wengert.transforms.vmap import BatchRecording

__all__ = ["backwards", "repeat"]

_BACKWARDS: Final = Index((slice(None, None, -1),), 0)


def repeat(loop: Loop, operands: Sequence[Any]) -> list[Any]:
    """The results of a loop: the last carried values, then what was kept."""
    wanted = loop.results
    if not wanted:
        return []
    if not any([kind.inexact for kind in wanted]):
        operands = [constant_of(operand) for operand in operands]
    elif any(map(is_differentiated, operands)):
        loop = with_states(loop)
    results = bind(_operation(loop), tuple(operands), (loop,))
    found = results if len(loop.results) > 1 else (results,)
    return [part if kind.inexact else constant_of(part) for part, kind in zip(found, wanted, strict=False)]


def backwards(array: Any) -> Any:
    """An array of steps, the last one first."""
    return bind(take, (array, _BACKWARDS), (0,))


def _operation(loop: Loop) -> Primitive:
    """The primitive of one loop, with its rules."""
    primitive = declared_loop(len(loop.results))
    primitive.rule_maker = partial(_LoopRule, primitive, loop)
    primitive.batch(_batched)
    primitive.adjoint(_adjoint)
    return primitive


# States.


def _states(loop: Loop) -> list[int] | None:
    """Which outputs of the equation are the values carried into each step; None if some are not kept."""
    kept = {atom: place for place, atom in reversed(list(enumerate(loop.body.outputs))) if place >= loop.carried}
    found = [kept.get(variable) for variable in loop.own]
    return None if None in found else found  # type: ignore[return-value]


def with_states(loop: Loop) -> Loop:
    """The loop that also keeps what it carries into each step, behind all else."""
    found = loop.derived.get("states")
    if found is None:
        outputs = loop.body.outputs
        missing = [variable for variable in loop.own if variable not in outputs[loop.carried :]]
        body = Graph(loop.body.inputs, loop.body.equations, (*outputs, *missing))
        found = loop.derived["states"] = replace(loop, body=body, derived={}) if missing else loop
    return found  # type: ignore[no-any-return]


def _stateful(equation: Equation) -> Equation:
    loop = with_states(equation.params[0])
    more = tuple([Var(kind) for kind in loop.results[len(equation.outputs) :]])
    return Equation(_operation(loop), equation.inputs, (loop,), (*equation.outputs, *more), equation.source)


# Loops from parts.


class _Parts:
    """The operands of a loop by what they are; a place is that of an input of the body."""

    def __init__(self, loop: Loop) -> None:
        count = len(loop.body.inputs)
        split = loop.fixed + loop.carried
        self.fixed, self.carried, self.arrays = range(loop.fixed), range(loop.fixed, split), range(split, count)


def _loop_of(
    body: Callable[..., Sequence[Any]],
    count: int,
    fixed: Sequence[ArrayType],
    carried: Sequence[ArrayType],
    arrays: Sequence[ArrayType],
) -> Loop:
    """The loop of a body that is a function of the parts of a step."""
    return Loop(prune(record_graph(body, [*fixed, *carried, *arrays])), count, len(fixed), len(carried))


def _annihilating(loop: Loop, linear: Sequence[int]) -> Loop:
    """The loop in which a zero of these inputs of the body annihilates, in the bodies within it as well."""
    return replace(loop, body=annihilating(loop.body, linear), annihilating=frozenset(linear), derived={})


def _annihilating_equation(equation: Equation, places: Sequence[int]) -> Equation:
    loop: Loop = equation.params[0]
    inner = _annihilating(loop, sorted({*places, *_Parts(loop).carried}))
    return Equation(_operation(inner), equation.inputs, (inner,), equation.outputs, equation.source)


def _used(loop: Loop) -> tuple[Loop, list[int]]:
    """The loop without inputs that its body does not read, and the places of those that stay."""
    read = {atom for equation in loop.body.equations for atom in equation.inputs} | set(loop.body.outputs)
    parts = _Parts(loop)
    kept = [i for i, v in enumerate(loop.body.inputs) if v in read or i in parts.carried]
    inputs = tuple([loop.body.inputs[i] for i in kept])
    body = Graph(inputs, loop.body.equations, loop.body.outputs)
    return Loop(body, loop.count, sum([i in parts.fixed for i in kept]), loop.carried), kept


def _stacked(kind: ArrayType, count: int) -> ArrayType:
    return array_type((count, *kind.shape), kind.dtype)


# The tangent.


def _moving(loop: Loop, active: Sequence[int]) -> list[int]:
    """The inputs of the body that have a tangent, if these operands have one."""
    body, parts = loop.body, _Parts(loop)
    moving = set(active)
    while True:
        reached = dependents(body.equations, [body.inputs[i] for i in moving])
        more = {i for i, atom in zip(parts.carried, body.outputs, strict=False) if atom in reached} - moving
        more = {i for i in more if body.inputs[i].type.inexact}
        if not more:
            return sorted(moving)
        moving |= more


class _Pushed:
    """The tangent of a loop with states, if some of its operands have one: a loop, and what it takes and gives.

    Its operands are fixed values and their tangents, tangents carried, states, arrays of steps and their tangents.
    """

    def __init__(self, loop: Loop, active: tuple[int, ...]) -> None:
        self.moving = _moving(loop, active)
        parts, body = _Parts(loop), loop.body
        kinds = [variable.type for variable in body.inputs]
        own = [i for i in self.moving if i in parts.carried]
        # the results that have a tangent
        self.results = [i - loop.fixed for i in own]
        self.results += [p for p in range(loop.carried, len(body.outputs)) if body.outputs[p].type.inexact]
        order = [("value", i) for i in parts.fixed]
        order += [("tangent", i) for i in self.moving if i in parts.fixed]
        fixed = len(order)
        order += [("tangent", i) for i in own]
        order += [("state", i) for i in parts.carried] + [("value", i) for i in parts.arrays]
        order += [("tangent", i) for i in self.moving if i in parts.arrays]
        graph = stateful(written_out(loop.body, loop.annihilating))

        def push(*inputs: Any) -> list[Any]:
            given = dict(zip(order, inputs, strict=True))
            values = [given["state" if i in parts.carried else "value", i] for i in range(len(kinds))]
            tangents = {i: x for (what, i), x in given.items() if what == "tangent"}
            return pushed(graph, values, tangents, self.results)

        listed = [kinds[i] for _, i in order]
        split = fixed + len(own)
        whole = _loop_of(push, loop.count, listed[:fixed], listed[fixed:split], listed[split:])
        self.plain, kept = _used(whole)
        self.order = [order[place] for place in kept]
        linear = [place for place, (what, _) in enumerate(self.order) if what == "tangent"]
        self.marked = _annihilating(self.plain, linear)

    def loop(self, annihilate: bool) -> Loop:
        """The loop, in which zeros annihilate or not."""
        return self.marked if annihilate else self.plain


class _LoopRule:
    """Stands where a `Rule` stands, for one loop with its operands."""

    # a cotangent that is zero may be missing
    takes_none = True

    def __init__(
        self,
        primitive: Primitive,
        loop: Loop,
        operands: Sequence[Any],
        results: Sequence[Any],
        active: int,
        level: int,
    ) -> None:
        self.primitive, self.loop = primitive, loop
        self.types = tuple(map(type_of, operands))
        self.results = tuple(loop.results)
        self.result = self.results[0]
        inexact = [i for i in range(len(operands)) if self.types[i].inexact]
        self.active = tuple(i for i in range(len(operands)) if active >> i & 1)
        self.keep_constant = tuple(i for i in range(len(operands)) if i not in self.active)
        self.places = _states(loop)
        key = ("pushed", tuple(i for i in self.active if i in inexact))
        if key not in loop.derived:
            loop.derived[key] = _Pushed(with_states(loop), key[1])
        self.pushed: _Pushed = loop.derived[key]
        # the reverse sweep takes this rule the general way
        self.pull_raw = self.accumulate = None

    def save(self, *values: Any) -> tuple[Any, ...]:
        """The operands, and of the results the states."""
        count = len(self.types)
        states = set(self.places or ())
        return (*values[:count], *[y if place in states else None for place, y in enumerate(values[count:])])

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

    def _given(self, operands: Sequence[Any], results: Sequence[Any], tangents: dict[int, Any]) -> list[Any]:
        """The operands of the tangent's loop; a tangent without a value is zero."""
        loop = self.loop
        if self.places is None:
            whole = with_states(loop)
            results = repeat(whole, operands)
            states: Any = _states(whole)
        else:
            states = self.places
        found: list[Any] = []
        for what, i in self.pushed.order:
            if what == "tangent":
                found.append(tangents[i] if i in tangents else zeros(self.types[i], 0))
            else:
                found.append(operands[i] if what == "value" else results[states[i - loop.fixed]])
        return found

    def _push(self, annihilate: bool, operands: Any, results: Any, tangents: Any) -> list[Any]:
        given = dict(zip(self.active, tangents, strict=True))
        pushed = repeat(self.pushed.loop(annihilate), self._given(operands, results, given))
        found = dict(zip(self.pushed.results, pushed, strict=True))
        return [found.get(place) for place in range(len(self.results))]

    def _pull(self, annihilate: bool, operands: Any, results: Any, cotangents: Any) -> list[Any]:
        pushed, loop = self.pushed, self.pushed.loop(annihilate)
        incoming = [cotangents[p] if p < len(cotangents) else None for p in pushed.results]
        places = [place for place, (what, _) in enumerate(pushed.order) if what == "tangent"]
        given = self._given(operands, results, dict.fromkeys(self.active))
        pulled = _transposed(loop, places, incoming, given)
        found = {pushed.order[place][1]: part for place, part in zip(places, pulled, strict=True)}
        return [found[i] if i in found else zeros(self.types[i], 0) for i in self.active]


# The transpose.


class _Backward:
    """The transpose of a linear loop: the loop, and what it takes and gives."""

    def __init__(self, loop: Loop, places: tuple[int, ...], present: tuple[bool, ...]) -> None:
        # what annihilates goes the other way just so
        body, parts = loop.body, _Parts(loop)
        self.linear = sorted({*places, *parts.carried})
        still = [i for i in range(len(body.inputs)) if i not in self.linear]
        shown = [place for place, flag in enumerate(present) if flag or place < loop.carried]
        graph = transpose(
            Graph(
                tuple([body.inputs[i] for i in (*still, *self.linear)]),
                body.equations,
                tuple([body.outputs[place] for place in shown]),
            ),
            len(still),
        )
        summed = [i for i in self.linear if i in parts.fixed]
        order = [("value", i) for i in still if i in parts.fixed]
        fixed = len(order)
        order += [("last", i) for i in range(loop.carried)] + [("sum", i) for i in summed]
        split = len(order)
        order += [("value", i) for i in still if i in parts.arrays]
        order += [("kept", place) for place in shown if place >= loop.carried]

        def step(*inputs: Any) -> list[Any]:
            given = dict(zip(order, inputs, strict=True))
            seeds = [given["last" if place < loop.carried else "kept", place] for place in shown]
            found = dict(zip(self.linear, evaluate(graph, *[given["value", i] for i in still], *seeds), strict=True))
            return [
                *[found[i] for i in parts.carried],
                *[bind(add, (given["sum", i], found[i])) for i in summed],
                *[found[i] for i in self.linear if i in parts.arrays],
            ]

        kinds = {"last": body.outputs, "kept": body.outputs, "value": body.inputs, "sum": body.inputs}
        listed: list[Any] = [kinds[what][i].type for what, i in order]
        whole = _loop_of(step, loop.count, listed[:fixed], listed[fixed:split], listed[split:])
        self.loop, kept = _used(whole)
        self.order = [order[place] for place in kept]
        if loop.annihilating:
            marked = [place for place, (what, _) in enumerate(self.order) if what != "value"]
            self.loop = _annihilating(self.loop, marked)
        # where the cotangents of the linear operands stand among the results
        self.results = [*parts.carried, *summed, *[i for i in self.linear if i in parts.arrays]]


def _transposed(loop: Loop, places: Sequence[int], incoming: Sequence[Any], operands: Sequence[Any]) -> list[Any]:
    """The cotangents of linear operands of a loop that is linear in these and in what it carries.

    `incoming` are the cotangents of its results, None for zero.
    """
    present = tuple([part is not None for part in incoming])
    key = ("transposed", tuple(places), present)
    if key not in loop.derived:
        loop.derived[key] = _Backward(loop, key[1], present)
    backward: _Backward = loop.derived[key]
    arrays = _Parts(loop).arrays
    kinds = loop.results

    def given(what: str, i: int) -> Any:
        if what == "value":
            return backwards(operands[i]) if i in arrays else operands[i]
        if what == "kept":
            return backwards(incoming[i])
        if what == "sum" or incoming[i] is None:
            return zeros(loop.body.inputs[i].type if what == "sum" else kinds[i], 0)
        return incoming[i]

    results = repeat(backward.loop, [given(what, i) for what, i in backward.order])
    found = dict(zip(backward.results, results, strict=True))
    return [backwards(found[i]) if i in arrays else found[i] for i in places]


def _adjoint(places: Sequence[int], incoming: Sequence[Any], operands: Sequence[Any], *, loop: Loop) -> list[Any]:
    """The slot `adjoint`, for a loop in a graph that is linear in these operands."""
    if not all([variable.type.inexact for variable in loop.own]):
        raise NonlinearError("a loop that carries integers along with what it is linear in has no adjoint")
    return _transposed(loop, places, incoming, operands)


# Batches.


def _batched(size: int, args: tuple[Any, ...], batched: Sequence[bool], *, loop: Loop) -> Any:
    """The loop whose steps treat all examples; results carry the examples as axis 0."""
    body, parts = loop.body, _Parts(loop)
    flags = list(batched)
    while True:
        reached = dependents(body.equations, [v for v, flag in zip(body.inputs, flags, strict=True) if flag])
        more = [i for i, atom in zip(parts.carried, body.outputs, strict=False) if atom in reached and not flags[i]]
        if not more:
            break
        for i in more:
            flags[i] = True
    kept = [atom in reached for atom in body.outputs[loop.carried :]]
    given = [flags[i] for i in parts.carried] + kept
    key = ("batched", size, tuple(flags))
    if key not in loop.derived:
        loop.derived[key] = _batched_loop(loop, size, flags, given)
    operands = [
        (move_axis(x, 0, 1) if i in parts.arrays else x)
        if has
        else bind(broadcast_to, (x,), ((size, *type_of(x).shape),))
        if flag
        else x
        for i, (x, has, flag) in enumerate(zip(args, batched, flags, strict=True))
    ]
    results = repeat(loop.derived[key], operands)
    found = tuple(
        [
            (y if place < loop.carried else move_axis(y, 0, 1))
            if flag
            else bind(broadcast_to, (y,), ((size, *type_of(y).shape),))
            for place, (y, flag) in enumerate(zip(results, given, strict=True))
        ]
    )
    return found if len(found) > 1 else found[0]


def _batched_loop(loop: Loop, size: int, flags: list[bool], given: list[bool]) -> Loop:
    def run(*inputs: Any) -> list[Any]:
        with BatchRecording(size) as recording:
            operands = [recording.input(x) if flag else x for x, flag in zip(inputs, flags, strict=True)]
            results = evaluate(loop.body, *operands)
            return [
                recording.unwrap(y) if flag else _shared(recording, y) for y, flag in zip(results, given, strict=True)
            ]

    kinds = [_stacked(v.type, size) if flag else v.type for v, flag in zip(loop.body.inputs, flags, strict=True)]
    graph = prune(record_graph(run, kinds))
    return replace(loop, body=graph, derived={})


def _shared(recording: BatchRecording, value: Any) -> Any:
    """A result that is the same for all examples, outside of the batch."""
    if isinstance(value, Operand) and value.recording is recording:
        return value.value
    return value


FORMS[Loop] = Form(_stateful, _annihilating_equation)
