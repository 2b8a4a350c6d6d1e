"""The tangent of a loop, and its cotangent by transposing that.

The tangent is a loop that is linear in what it carries: each step pushes tangents through the linearised body, at the
values that the loop has carried into this step. So these *states* are kept by a loop that is differentiated. Nothing
else is needed: derivatives of derivatives are loops of the same kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.errors import NonlinearError
from wengert.graph import Primitive
from wengert.primitives.loops import COUNT, Loop
from wengert.transforms.bodied import BodiedRule, pushed, stateful, written_out
from wengert.transforms.loops.linearity import is_linear, moving
from wengert.transforms.loops.running import (
    Parts,
    annihilated,
    bound,
    loop_like,
    repeat,
    states_of,
    used_part,
    with_states,
)
from wengert.transforms.loops.transposing import transposed
from wengert.transforms.sweep import zeros

__all__ = ["LoopRule", "adjoint"]


class _Pushed:
    """The tangent of a loop with states, if some of its operands have one: a loop, and what it takes and gives.

    Its operands are fixed values and their tangents, tangents carried, states, arrays of steps and their tangents.
    """

    def __init__(self, loop: Loop, active: tuple[int, ...]) -> None:
        self.moving = moving(loop, active)
        parts, body = Parts(loop), loop.body
        kinds = [variable.type for variable in body.inputs]
        own = [i for i in self.moving if i in parts.carried]
        # the results that have a tangent
        self.results = [i - loop.fixed for i in own]
        self.results += [p for p in range(loop.carried, len(body.outputs)) if body.outputs[p].type.inexact]
        order = [("count", 0)] if loop.until is not None else []
        order += [("value", i) for i in parts.fixed]
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

        listed = [COUNT if what == "count" else kinds[i] for what, i in order]
        split = fixed + len(own)
        whole = loop_like(loop, push, listed[:fixed], listed[fixed:split], listed[split:])
        self.plain, kept = used_part(whole)
        self.order = [order[place] for place in kept]
        linear = [place for place, (what, _) in enumerate(self.order) if what == "tangent"]
        self.marked = annihilated(self.plain, linear)

    def loop(self, annihilate: bool) -> Loop:
        """The loop, in which zeros annihilate or not."""
        return self.marked if annihilate else self.plain


class LoopRule(BodiedRule):
    """The rule of one loop."""

    def __init__(
        self,
        primitive: Primitive,
        loop: Loop,
        operands: Sequence[Any],
        results: Sequence[Any],
        active: int,
        level: int,
    ) -> None:
        super().__init__(primitive, loop.results, operands, active)
        self.loop = loop
        self.places = states_of(loop)
        key = ("pushed", tuple(i for i in self.active if self.types[i].inexact))
        if key not in loop.derived:
            loop.derived[key] = _Pushed(with_states(loop), key[1])
        self.pushed: _Pushed = loop.derived[key]

    def is_linear(self, operands: Sequence[Any], results: Sequence[Any]) -> bool:
        """Whether the loop is linear in its active operands."""
        return is_linear(self.loop, self.active, operands, results)

    def save(self, *values: Any) -> tuple[Any, ...]:
        """The operands, and of the results the states."""
        count = len(self.types)
        states = set(self.places or ())
        if self.loop.until is not None:
            states.add(len(self.results) - 1)
        return (*values[:count], *[y if place in states else None for place, y in enumerate(values[count:])])

    def _given(self, operands: Sequence[Any], results: Sequence[Any], tangents: dict[int, Any]) -> list[Any]:
        """The operands of the tangent's loop; a tangent without a value is zero."""
        loop = self.loop
        if self.places is None:
            whole = with_states(loop)
            results = bound(whole, operands)
            states: Any = states_of(whole)
        else:
            states = self.places
        found: list[Any] = []
        for what, i in self.pushed.order:
            if what == "count":
                found.append(results[-1])
            elif what == "tangent":
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
        pulled = transposed(loop, places, incoming, given)
        found = {pushed.order[place][1]: part for place, part in zip(places, pulled, strict=True)}
        return [found[i] if i in found else zeros(self.types[i], 0) for i in self.active]


def adjoint(places: Sequence[int], incoming: Sequence[Any], operands: Sequence[Any], *, loop: Loop) -> list[Any]:
    """The slot `adjoint`, for a loop in a graph that is linear in these operands."""
    if not all([variable.type.inexact for variable in loop.own]):
        raise NonlinearError("a loop that carries integers along with what it is linear in has no adjoint")
    return transposed(loop, places, incoming, operands)
