"""Loops on all examples of a batch at once.

Where examples need different numbers of steps, all go on until the last one is done, and what is done stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from wengert.graph import REGISTRY, Graph, Operand, Var, array_type, bind, dependents, prune
from wengert.primitives.arithmetic import add, convert, subtract
from wengert.primitives.loops import COUNT, Loop
from wengert.primitives.shaping import broadcast_to, move_axis
from wengert.tracing import evaluate, record_graph, type_of
from wengert.transforms.bodied import selected
from wengert.transforms.loops.running import Parts, annihilated, bound, once, repeat, stacked, with_states
from wengert.transforms.sweep import zeros
from wengert.transforms.vmap import BatchRecording, Shared

__all__ = ["batched"]

_BOTH: Final = REGISTRY["bitwise_and"]
_ANY: Final = REGISTRY["any"]
_LESS: Final = REGISTRY["less"]
_LARGEST: Final = REGISTRY["max"]


def batched(size: int, args: tuple[Any, ...], batched: Sequence[bool], *, loop: Loop) -> Any:
    """The loop whose steps treat all examples; results carry the examples as axis 0."""
    if loop.span != "all" and batched[0]:
        return _batched_span(size, args, batched, loop)
    flags = _flags(loop, batched)
    if loop.until is not None and _differs(loop, flags):
        return _batched_until(size, args, batched, loop)
    parts = Parts(loop)
    reached = _reached(loop.body, flags)
    kept = [atom in reached for atom in loop.body.outputs[loop.carried :]]
    given = [flags[i] for i in parts.carried] + kept
    key = ("batched", size, tuple(flags))
    if key not in loop.derived:
        loop.derived[key] = _batched_loop(loop, size, flags, given)
    operands = [
        move_axis(x, 0, 1) if has and i in parts.arrays else _spread(x, size) if flag and not has else x
        for i, (x, has, flag) in enumerate(zip(args, batched, flags, strict=True))
    ]
    whole: Loop = loop.derived[key]
    results = bound(whole, operands) if loop.until is not None else repeat(whole, operands)
    found = [
        Shared(y) if not flag else y if place < loop.carried else move_axis(y, 0, 1)
        for place, (y, flag) in enumerate(zip(results, [*given, False], strict=False))
    ]
    return tuple(found) if len(found) > 1 else found[0]


def _spread(x: Any, size: int) -> Any:
    """A value once for each example."""
    return bind(broadcast_to, (x,), ((size, *type_of(x).shape),))


def _reached(graph: Graph, flags: Sequence[bool]) -> set[Var]:
    return dependents(graph.equations, [v for v, flag in zip(graph.inputs, flags, strict=True) if flag])


def _differs(loop: Loop, flags: Sequence[bool]) -> bool:
    """Whether the examples do not take the same number of steps."""
    assert loop.until is not None
    return loop.until.outputs[0] in _reached(loop.until, flags)


def _flags(loop: Loop, batched: Sequence[bool]) -> list[bool]:
    """Which inputs of the body differ between the examples."""
    flags, carried = list(batched), Parts(loop).carried
    while True:
        reached = _reached(loop.body, flags)
        more = [i for i, atom in zip(carried, loop.body.outputs, strict=False) if atom in reached and not flags[i]]
        if not more:
            return flags
        for i in more:
            flags[i] = True


def _on_all(graph: Graph, size: int, flags: Sequence[bool], inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a graph on all examples."""
    with BatchRecording(size) as recording:
        given = [recording.input(x) if flag else x for x, flag in zip(inputs, flags, strict=True)]
        return [recording.unwrap(y) for y in evaluate(graph, *given)]


def _batched_until(size: int, args: tuple[Any, ...], batched: Sequence[bool], loop: Loop) -> Any:
    """The loop that runs as long as some example goes on; those that do not stay as they are."""
    until, parts = loop.until, Parts(loop)
    assert until is not None
    flags = [flag or i in parts.carried for i, flag in enumerate(batched)]
    kinds = [stacked(v.type, size) if flag else v.type for v, flag in zip(loop.body.inputs, flags, strict=True)]
    truth, number = array_type((size,), np.dtype(bool)), stacked(COUNT, size)
    body = once(loop).body

    def step(*inputs: Any) -> list[Any]:
        *values, going, taken = inputs
        pairs = zip(_on_all(body, size, flags, values), values[loop.fixed :], strict=True)
        nexts = [selected(going, one, other) for one, other in pairs]
        (more,) = _on_all(until, size, flags, [*values[: loop.fixed], *nexts])
        taken = bind(add, (taken, bind(convert, (going,), (COUNT.dtype,))))
        return [*nexts, bind(_BOTH, (going, more)), taken]

    key = ("batched until", size, tuple(flags))
    if key not in loop.derived:
        goes_on = record_graph(lambda *inputs: [bind(_ANY, (inputs[-2],), ((0,), False))], [*kinds, truth, number])
        steps = prune(record_graph(step, [*kinds, truth, number]))
        loop.derived[key] = Loop(steps, 0, loop.fixed, loop.carried + 2, until=goes_on)
    whole: Loop = loop.derived[key]
    if loop.kept:
        whole = replace(with_states(whole), count=loop.count, derived={})
    operands = [_spread(x, size) if flag and not has else x for x, has, flag in zip(args, batched, flags, strict=True)]
    (going,) = _on_all(until, size, flags, operands)
    results = bound(whole, [*operands, going, zeros(number, 0)])
    kept = [move_axis(results[whole.carried + place], 0, 1) for place in range(loop.kept)]
    return (*results[: loop.carried], *kept, results[loop.carried + 1])


def _batched_span(size: int, args: tuple[Any, ...], batched: Sequence[bool], loop: Loop) -> Any:
    """The loop of as many steps as some example has; others stay as they are in what is not theirs."""
    parts = Parts(loop)
    flags = [flag or i in parts.carried for i, flag in enumerate(batched)]
    kinds = [stacked(v.type, size) if flag else v.type for v, flag in zip(loop.body.inputs, flags, strict=True)]

    def step(*inputs: Any) -> list[Any]:
        _, *values, row = inputs
        count = values[0]
        if loop.span == "first":
            going = bind(_LESS, (row, count))
        else:
            going = bind(_LESS, (bind(subtract, (np.int64(loop.count - 1), row)), count))
        results = _on_all(loop.body, size, flags, values)
        carried = [values[i] for i in parts.carried]
        nexts = [selected(going, one, other) for one, other in zip(results, carried, strict=False)]
        return [*nexts, *results[loop.carried :]]

    key = ("batched span", size, tuple(flags))
    if key not in loop.derived:
        body = prune(record_graph(step, [COUNT, *kinds, COUNT]))
        loop.derived[key] = replace(loop, body=body, fixed=loop.fixed + 1, annihilating=frozenset(), derived={})
        if loop.annihilating:
            loop.derived[key] = annihilated(loop.derived[key], [i + 1 for i in sorted(loop.annihilating)])
    operands = [
        move_axis(x, 0, 1) if has and i in parts.arrays else _spread(x, size) if flag and not has else x
        for i, (x, has, flag) in enumerate(zip(args, batched, flags, strict=True))
    ]
    longest = bind(_LARGEST, (args[0],), ((0,), False)) if size else np.int64(0)
    results = repeat(loop.derived[key], [longest, *operands, np.arange(loop.count)])
    found = [y if place < loop.carried else move_axis(y, 0, 1) for place, y in enumerate(results)]
    return tuple(found) if len(found) > 1 else found[0]


def _batched_loop(loop: Loop, size: int, flags: list[bool], given: list[bool]) -> Loop:
    def run(*inputs: Any) -> list[Any]:
        with BatchRecording(size) as recording:
            operands = [recording.input(x) if flag else x for x, flag in zip(inputs, flags, strict=True)]
            results = evaluate(loop.body, *operands)
            return [
                recording.unwrap(y) if flag else _shared(recording, y) for y, flag in zip(results, given, strict=True)
            ]

    kinds = [stacked(v.type, size) if flag else v.type for v, flag in zip(loop.body.inputs, flags, strict=True)]
    graph = prune(record_graph(run, kinds))
    until = loop.until
    if until is not None:
        # it does not look at what differs
        inputs = tuple([Var(kind) if flag else v for v, kind, flag in zip(until.inputs, kinds, flags, strict=True)])
        until = Graph(inputs, until.equations, until.outputs)
    return replace(loop, body=graph, until=until, derived={})


def _shared(recording: BatchRecording, value: Any) -> Any:
    """A result that is the same for all examples, outside of the batch."""
    if isinstance(value, Operand) and value.recording is recording:
        return value.value
    return value
