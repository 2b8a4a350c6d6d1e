"""The equation of a loop: a body that runs a known number of times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Graph, Primitive, array_type, compile_graph

__all__ = ["Loop", "loop_primitive"]


@dataclass(frozen=True, eq=False)
class Loop:
    """What a loop equation does, as its only parameter.

    The inputs of the equation are `fixed` values, the first values of what is `carried`, and arrays with one entry for
    each step along axis 0. The inputs of the body are the fixed values, the carried ones, and the entries of its step.
    The outputs of the body are the next carried values and then what is kept of the step; those of the equation are the
    last carried values, and arrays of all that was kept, one entry for each step along axis 0. Steps run in order.
    """

    body: Graph
    count: int
    fixed: int
    carried: int

    @property
    def kept(self) -> int:
        """How many values of each step are kept."""
        return len(self.body.outputs) - self.carried


@lru_cache(maxsize=256)
def loop_primitive(outputs: int) -> Primitive:
    """The primitive of loops with so many outputs."""
    primitive = Primitive(
        "loop", params=("loop",), outputs=outputs, register=False, notation="loop({args})",
        shapes="fixed values, first carried values, arrays of steps -> last carried values, arrays of kept values",
        cite="a Python loop whose steps are equal",
    )  # fmt: skip
    primitive.evaluate(_run)
    primitive.shape(lambda *types, loop: _each(outputs, [kind.shape for kind in _types(loop)]))
    primitive.dtype(lambda *types, loop: _each(outputs, [kind.dtype for kind in _types(loop)]))
    return primitive


def _each(outputs: int, listed: list[Any]) -> Any:
    return tuple(listed) if outputs > 1 else listed[0]


def _types(loop: Loop) -> list[ArrayType]:
    kinds: list[Any] = [atom.type for atom in loop.body.outputs]
    stacks = [array_type((loop.count, *kind.shape), kind.dtype) for kind in kinds[loop.carried :]]
    return [*kinds[: loop.carried], *stacks]


def _run(xp: Any, *operands: Any, loop: Loop) -> Any:
    step = compile_graph(loop.body, raw=True)
    fixed = operands[: loop.fixed]
    carried = operands[loop.fixed : loop.fixed + loop.carried]
    arrays = operands[loop.fixed + loop.carried :]
    stacks = [np.empty(kind.shape, kind.dtype) for kind in _types(loop)[loop.carried :]]
    for number in range(loop.count):
        results = step(*fixed, *carried, *[array[number] for array in arrays])
        carried = results[: loop.carried]
        for stack, value in zip(stacks, results[loop.carried :], strict=True):
            stack[number] = value
    found = (*carried, *stacks)
    return found if len(found) > 1 else found[0]
