"""Which inputs of a loop's body move with some of its operands, and whether the loop is linear in these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wengert.graph import Equation, Graph, Literal, Var, dependents, live
from wengert.primitives.loops import Loop, is_loop
from wengert.tracing import primal

__all__ = ["is_linear", "moving", "steers"]


def _carried(loop: Loop) -> range:
    return range(loop.fixed, loop.fixed + loop.carried)


def moving(loop: Loop, active: Sequence[int]) -> list[int]:
    """The inputs of the body that have a tangent, if these operands have one."""
    body, found = loop.body, set(active)
    while True:
        reached = _reached(body, found)
        more = {i for i, atom in zip(_carried(loop), body.outputs, strict=False) if atom in reached} - found
        more = {i for i in more if body.inputs[i].type.inexact}
        if not more:
            return sorted(found)
        found |= more


def _reached(body: Graph, places: Iterable[int]) -> set[Var]:
    return dependents(body.equations, [body.inputs[i] for i in places])


def steers(loop: Loop, active: Sequence[int]) -> bool:
    """Whether what moves with these operands decides when the loop ends."""
    until = loop.until
    if until is None:
        return loop.span != "all" and 0 in active
    places = [i for i in moving(loop, active) if i < len(until.inputs)]
    return not _reached(until, places).isdisjoint(until.outputs)


def is_linear(loop: Loop, active: Sequence[int], operands: Sequence[Any], results: Sequence[Any]) -> bool:
    """Whether a loop is linear in these operands together, all others being what they are."""
    if steers(loop, active):
        return False
    places = moving(loop, active)
    reached = _reached(loop.body, places)
    # what starts from a constant, or is one, makes an affine function
    constant = [operands[i] for i in places if i in _carried(loop) and i not in active]
    outputs = zip(loop.body.outputs, results, strict=False)
    constant += [y for atom, y in outputs if atom.type.inexact and atom not in reached]
    return all(map(_is_zero, constant)) and _is_linear_graph(loop.body, reached)


def _is_zero(value: Any) -> bool:
    value = value.value if isinstance(value, Literal) else primal(value)
    return value is not None and not isinstance(value, Var) and not np.any(value)


def _is_linear_graph(body: Graph, reached: set[Var]) -> bool:
    return all([_is_linear_equation(e, reached) for e in live(body) if not reached.isdisjoint(e.outputs)])


def _is_linear_equation(equation: Equation, reached: set[Var]) -> bool:
    primitive = equation.primitive
    places = [i for i, atom in enumerate(equation.inputs) if atom in reached]
    if is_loop(equation):
        return is_linear(equation.params[0], places, equation.inputs, equation.outputs)
    if not primitive.differentiable or not all(map(primitive.transposable, places)):
        return False
    if primitive.linear != "jointly":
        return len(places) == 1
    still = [atom for i, atom in enumerate(equation.inputs) if i not in places and primitive.transposable(i)]
    return all(map(_is_zero, still))
