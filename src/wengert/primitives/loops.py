"""Loops in a graph: a body that runs a number of times.

A loop is a private primitive, since what it does is told by its parameter. What its derivatives are follows from the
body, and is stated in `transforms.loops`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

import numpy as np

from wengert.errors import TracingError
from wengert.graph import ArrayType, Equation, Graph, Primitive, Var, array_type, compile_graph

__all__ = ["COUNT", "Loop", "declared_loop", "is_loop", "loop_primitive"]


COUNT: Final = array_type((), np.dtype(np.int64))
"""The type of a number of steps."""


@dataclass(frozen=True, eq=False)
class Loop:
    """What a loop equation does, as its only parameter.

    The inputs of the equation are `fixed` values, the first values of what is `carried`, and arrays with one entry for
    each step along axis 0. The inputs of the body are the fixed values, the carried ones, and the entries of its step.
    The outputs of the body are the next carried values and then what is kept of the step; those of the equation are the
    last carried values, and arrays of all that was kept, one entry for each step along axis 0. Steps run in order.

    There are `count` steps, unless another graph or operand says how many:

    - With `until`, a graph of a truth value from the fixed and the carried values, steps run as long as it holds, and
      their number is one more output, the last. Arrays of what is kept have `count` entries, of which those behind that
      number mean nothing; if there are any, there must not be more steps than that.
    - With `span` `"first"` or `"last"`, the first of the fixed values is a number of steps, and only so many run: those
      with the first or the last of the `count` entries. The others mean nothing.

    A zero at the `annihilating` inputs of the body, in which it is linear, annihilates what it meets.
    """

    body: Graph
    count: int
    fixed: int
    carried: int
    annihilating: frozenset[int] = frozenset()
    until: Graph | None = None
    span: Literal["all", "first", "last"] = "all"
    # graphs of derivatives, by what they are derivatives of
    derived: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def bodies(self) -> tuple[Graph, ...]:
        """The graphs that it runs."""
        return (self.body,) if self.until is None else (self.body, self.until)

    @property
    def form(self) -> tuple[Any, ...]:
        """All else that says what it does."""
        return self.count, self.fixed, self.carried, self.span, self.annihilating

    @property
    def kept(self) -> int:
        """How many values of each step are kept."""
        return len(self.body.outputs) - self.carried

    @property
    def counted(self) -> bool:
        """Whether the number of steps is known before the loop runs."""
        return self.until is None and self.span == "all"

    @property
    def own(self) -> tuple[Var, ...]:
        """The inputs of the body that are carried."""
        return self.body.inputs[self.fixed : self.fixed + self.carried]

    @property
    def results(self) -> list[ArrayType]:
        """The types of the outputs of the equation."""
        kinds: list[Any] = [atom.type for atom in self.body.outputs]
        stacks = [array_type((self.count, *kind.shape), kind.dtype) for kind in kinds[self.carried :]]
        return [*kinds[: self.carried], *stacks, *([COUNT] if self.until is not None else [])]

    @cached_property
    def work(self) -> float:
        """How many operations its steps are together."""
        inner: list[float] = [e.params[0].work for e in self.body.equations if is_loop(e)]
        return (self.count if self.counted else math.inf) * (sum(inner) + len(self.body.equations) + 1.0)

    @cached_property
    def step(self) -> Callable[..., tuple[Any, ...]]:
        """The body, for plain values."""
        return compile_graph(self.body, raw=True, annihilate=self.annihilating)

    @cached_property
    def goes_on(self) -> Callable[..., Any]:
        """Whether there is a further step, for plain values."""
        assert self.until is not None
        return compile_graph(self.until, raw=True, single=True)


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
    # where the number of steps is not known, those of one step
    primitive.flops(lambda *types, loop: (loop.count if loop.counted else 1) * sum([b.flops for b in loop.bodies]))
    return primitive


def _each(outputs: int, listed: list[Any]) -> Any:
    return tuple(listed) if outputs > 1 else listed[0]


def _run(xp: Any, *operands: Any, loop: Loop) -> Any:
    step, split = loop.step, loop.fixed + loop.carried
    fixed, arrays = operands[: loop.fixed], operands[split:]
    carried = operands[loop.fixed : split]
    kinds = loop.results[loop.carried : loop.carried + loop.kept]
    stacks = [np.empty(kind.shape, kind.dtype) for kind in kinds]
    number = taken = 0
    for number in _numbers(loop, operands):
        if loop.until is not None and not loop.goes_on(*fixed, *carried):
            break
        if stacks and number == loop.count:
            raise TracingError(
                f"a while_loop whose derivative is taken has more than {number} steps, for whose values there is room; "
                f"compute it outside of other loops, or as a scan of a known length"
            )
        results = step(*fixed, *carried, *[array[number] for array in arrays])
        carried = results[: loop.carried]
        for stack, value in zip(stacks, results[loop.carried :], strict=True):
            stack[number] = value
        taken += 1
    last = [_apart(value, operands) for value in carried]
    found = (*last, *stacks, *([np.int64(taken)] if loop.until is not None else []))
    return found if len(found) > 1 else found[0]


def _numbers(loop: Loop, operands: tuple[Any, ...]) -> Iterable[int]:
    """The steps that run; of a loop that runs until something holds, all that there may be."""
    if loop.until is not None:
        return itertools.count()
    if loop.span == "all":
        return range(loop.count)
    number = int(operands[0])
    return range(number) if loop.span == "first" else range(loop.count - number, loop.count)


def _apart(value: Any, operands: tuple[Any, ...]) -> Any:
    """A last value in memory of its own."""
    if isinstance(value, np.ndarray) and (value.base is not None or any([value is one for one in operands])):
        return value.copy()
    return value
