"""Branches in a graph: one of two bodies runs, as a truth value says.

A branch is a private primitive, since what it does is told by its parameter. What its derivatives are follows from the
bodies, and is stated in `transforms.branches`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Equation, Graph, Primitive, compile_graph

__all__ = ["Branch", "branch_primitive", "declared_branch", "is_branch"]


@dataclass(frozen=True, eq=False)
class Branch:
    """What the equation of a branch does, as its only parameter.

    The inputs of the equation are a truth value, of shape (), and the inputs of both bodies, which have the same types;
    so have their outputs. A zero at the `annihilating` inputs of a body, in which it is linear, annihilates.
    """

    if_true: Graph
    if_false: Graph
    annihilating: frozenset[int] = frozenset()
    # graphs of derivatives, by what they are derivatives of
    derived: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def bodies(self) -> tuple[Graph, Graph]:
        """Both bodies."""
        return self.if_true, self.if_false

    @property
    def form(self) -> tuple[Any, ...]:
        """All else that says what it does."""
        return (self.annihilating,)

    @property
    def results(self) -> list[ArrayType]:
        """The types of the outputs."""
        kinds: list[Any] = [atom.type for atom in self.if_true.outputs]
        return kinds

    @cached_property
    def runs(self) -> tuple[Callable[..., tuple[Any, ...]], ...]:
        """The bodies, for plain values."""
        return tuple([compile_graph(body, raw=True, annihilate=self.annihilating) for body in self.bodies])


def is_branch(equation: Equation) -> bool:
    """Whether an equation is a branch."""
    return bool(equation.params) and equation.params[0].__class__ is Branch


@lru_cache(maxsize=256)
def branch_primitive(outputs: int) -> Primitive:
    """The primitive of branches with so many outputs, for graphs that are no more differentiated."""
    return declared_branch(outputs)


def declared_branch(outputs: int) -> Primitive:
    """A primitive of branches with so many outputs."""
    primitive = Primitive(
        "branch", params=("branch",), outputs=outputs, register=False, notation="branch({args})",
        shapes="(), inputs of the bodies -> outputs of the bodies", domain="where the chosen body is",
        cite="the body that is chosen",
    )  # fmt: skip
    primitive.evaluate(_run)
    primitive.shape(lambda *types, branch: _each(outputs, [kind.shape for kind in branch.results]))
    primitive.dtype(lambda *types, branch: _each(outputs, [kind.dtype for kind in branch.results]))
    primitive.flops(lambda *types, branch: max([body.flops for body in branch.bodies]))
    return primitive


def _each(outputs: int, listed: list[Any]) -> Any:
    return tuple(listed) if outputs > 1 else listed[0]


def _run(xp: Any, chosen: Any, *operands: Any, branch: Branch) -> Any:
    run = branch.runs[0 if chosen else 1]
    found = tuple([_apart(value, operands) for value in run(*operands)])
    return found if len(found) > 1 else found[0]


def _apart(value: Any, operands: tuple[Any, ...]) -> Any:
    """A result in memory of its own."""
    if isinstance(value, np.ndarray) and (value.base is not None or any([value is one for one in operands])):
        return value.copy()
    return value
