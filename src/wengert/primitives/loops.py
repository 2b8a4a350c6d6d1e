"""Loops in a graph: a body that runs a number of times.

A loop is a private primitive, since what it does is told by its parameter. What its derivatives are follows from the
body, and is stated in `transforms.loops`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Equation, Graph, Primitive, Var, array_type, compile_graph

__all__ = ["Loop", "declared_loop", "is_loop", "loop_primitive"]


@dataclass(frozen=True, eq=False)
class Loop:
    """What a loop equation does, as its only parameter.

    The inputs of the equation are `fixed` values, the first values of what is `carried`, and arrays with one entry for
    each step along axis 0. The inputs of the body are the fixed values, the carried ones, and the entries of its step.
    The outputs of the body are the next carried values and then what is kept of the step; those of the equation are the
    last carried values, and arrays of all that was kept, one entry for each step along axis 0. Steps run in order.

    A zero at the `annihilating` inputs of the body, in which it is linear, annihilates what it meets.
    """

    body: Graph
    count: int
    fixed: int
    carried: int
    annihilating: frozenset[int] = frozenset()
    # graphs of derivatives, by what they are derivatives of
    derived: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def kept(self) -> int:
        """How many values of each step are kept."""
        return len(self.body.outputs) - self.carried

    @property
    def own(self) -> tuple[Var, ...]:
        """The inputs of the body that are carried."""
        return self.body.inputs[self.fixed : self.fixed + self.carried]

    @property
    def results(self) -> list[ArrayType]:
        """The types of the outputs of the equation."""
        kinds: list[Any] = [atom.type for atom in self.body.outputs]
        stacks = [array_type((self.count, *kind.shape), kind.dtype) for kind in kinds[self.carried :]]
        return [*kinds[: self.carried], *stacks]

    @cached_property
    def work(self) -> int:
        """How many operations its steps are together."""
        inner = [equation.params[0].work for equation in self.body.equations if is_loop(equation)]
        return self.count * (sum(inner) + len(self.body.equations) + 1)

    @cached_property
    def step(self) -> Callable[..., tuple[Any, ...]]:
        """The body, for plain values."""
        return compile_graph(self.body, raw=True, annihilate=self.annihilating)


def is_loop(equation: Equation) -> bool:
    """Whether an equation is a loop."""
    return bool(equation.params) and equation.params[0].__class__ is Loop


@lru_cache(maxsize=256)
def loop_primitive(outputs: int) -> Primitive:
    """The primitive of loops with so many outputs, for graphs that are no more differentiated."""
    return declared_loop(outputs)


def declared_loop(outputs: int) -> Primitive:
    """A primitive of loops with so many outputs."""
    primitive = Primitive(
        "loop", params=("loop",), outputs=outputs, register=False, notation="loop({args})",
        shapes="fixed values, first carried values, arrays of steps -> last carried values, arrays of kept values",
        domain="where the body is", cite="a loop whose steps are equal",
    )  # fmt: skip
    primitive.evaluate(_run)
    primitive.shape(lambda *types, loop: _each(outputs, [kind.shape for kind in loop.results]))
    primitive.dtype(lambda *types, loop: _each(outputs, [kind.dtype for kind in loop.results]))
    return primitive


def _each(outputs: int, listed: list[Any]) -> Any:
    return tuple(listed) if outputs > 1 else listed[0]


def _run(xp: Any, *operands: Any, loop: Loop) -> Any:
    step, split = loop.step, loop.fixed + loop.carried
    fixed, first, arrays = operands[: loop.fixed], operands[loop.fixed : split], operands[split:]
    carried: tuple[Any, ...] = first
    stacks = [np.empty(kind.shape, kind.dtype) for kind in loop.results[loop.carried :]]
    for number in range(loop.count):
        results = step(*fixed, *carried, *[array[number] for array in arrays])
        carried = results[: loop.carried]
        for stack, value in zip(stacks, results[loop.carried :], strict=True):
            stack[number] = value
    found = (*[_apart(value, operands) for value in carried], *stacks)
    return found if len(found) > 1 else found[0]


def _apart(value: Any, operands: tuple[Any, ...]) -> Any:
    """A last value in memory of its own."""
    if isinstance(value, np.ndarray) and (value.base is not None or any([value is one for one in operands])):
        return value.copy()
    return value
