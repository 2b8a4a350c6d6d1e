"""The transpose of a linear loop: its steps backwards, each with the transposed body.

What all steps share gets the sum of their cotangents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from wengert.graph import Graph, bind
from wengert.primitives.arithmetic import add
from wengert.primitives.loops import Loop
from wengert.tracing import evaluate
from wengert.transforms.loops.running import Parts, annihilated, backwards, loop_like, repeat, used_part
from wengert.transforms.sweep import zeros
from wengert.transforms.transpose import transpose

__all__ = ["transposed"]

_TURNED: Final[dict[str, Any]] = {"all": "all", "first": "last", "last": "first"}


class _Backward:
    """The transpose of a linear loop: the loop, and what it takes and gives."""

    def __init__(self, loop: Loop, places: tuple[int, ...], present: tuple[bool, ...]) -> None:
        # what annihilates goes the other way just so
        body, parts = loop.body, Parts(loop)
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
        whole = loop_like(loop, step, listed[:fixed], listed[fixed:split], listed[split:])
        self.loop, kept = used_part(replace(whole, span=_TURNED[whole.span], derived={}))
        self.order = [order[place] for place in kept]
        if loop.annihilating:
            marked = [place for place, (what, _) in enumerate(self.order) if what != "value"]
            self.loop = annihilated(self.loop, marked)
        # where the cotangents of the linear operands stand among the results
        self.results = [*parts.carried, *summed, *[i for i in self.linear if i in parts.arrays]]


def transposed(loop: Loop, places: Sequence[int], incoming: Sequence[Any], operands: Sequence[Any]) -> list[Any]:
    """The cotangents of linear operands of a loop that is linear in these and in what it carries.

    `incoming` are the cotangents of its results, None for zero.
    """
    present = tuple([part is not None for part in incoming])
    key = ("transposed", tuple(places), present)
    if key not in loop.derived:
        loop.derived[key] = _Backward(loop, key[1], present)
    backward: _Backward = loop.derived[key]
    arrays = Parts(loop).arrays
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
