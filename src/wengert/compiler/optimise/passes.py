"""The passes of the optimiser, one after the other, and what each of them did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from wengert.compiler.optimise.accumulating import summed_behind
from wengert.compiler.optimise.associating import reassociated
from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.finiteness import witness
from wengert.compiler.optimise.loops import opened
from wengert.compiler.optimise.pairing import paired
from wengert.compiler.optimise.rolling import rolled
from wengert.compiler.optimise.rules import Atom
from wengert.compiler.optimise.structure import Structure
from wengert.compiler.optimise.trimming import trimmed
from wengert.compiler.optimise.turning import turned
from wengert.graph import Equation, Graph, Literal, Var, prune

__all__ = ["Optimised", "optimised"]

# What there must be for the walk that knows how often values are used.
STRUCTURED: Final = frozenset({"matmul", "put_add", "sum", "loop", "transpose"})


@dataclass(frozen=True)
class Optimised:
    """An optimised graph, with how often each rule was applied to reach it."""

    graph: Graph
    applied: Mapping[str, int]
    before: int
    # inputs or results that must be finite: where one is not, the original graph gives NaN where this one does not.
    # Some stand in the graph for this only.
    finite: tuple[Atom, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each rule, most frequent first."""
        listed = sorted(self.applied.items(), key=lambda pair: (-pair[1], pair[0]))
        lines = [f"{name.replace('_', ' ')}: {count}" for name, count in listed]
        return (f"equations: {self.before} recorded, {len(self.graph.equations)} left", *lines)


def optimised(graph: Graph, pruned: bool = False) -> Optimised:
    """The graph with the same inputs and outputs, types included, that computes less.

    It may be `pruned` already: of a long program it takes a while to find what no output needs.

    >>> import numpy as np
    >>> import wengert as wg
    >>> listed = wg.trace(lambda x: (x * 1.0 + x) / 2, np.ones(3))
    >>> len(listed.graph.equations), len(optimised(listed.graph).graph.equations)
    (3, 0)
    """
    try:
        return _optimised(graph if pruned else prune(graph))
    except RecursionError:
        # rules that go on without end are a defect, but no reason to fail: the graph is right as it is
        return Optimised(prune(graph), {"given_up": 1}, len(graph.equations))


def _optimised(graph: Graph) -> Optimised:
    before, count = len(graph.equations), len(graph.outputs)
    applied: Counter[str] = Counter()
    improve = partial(_improved_body, applied=applied)
    current, recorded = opened(paired(graph, True), improve)
    current, loops = rolled(current, improve)
    loops += recorded
    if loops:
        applied["loops"] += loops
        current = trimmed(summed_behind(trimmed(current)))
    # what is taken to be finite is an output on the way, so that it stays
    current = simplified(current, applied)
    if loops:
        current = trimmed(current)
    if any([_is_structured(equation) for equation in current.equations]):
        current = reassociated(current, applied)
        current = simplified(current, applied, Structure(current))
    current = turned(current, applied)
    finite = tuple([atom for atom in dict.fromkeys(current.outputs[count:]) if isinstance(atom, Var)])
    found = Graph(current.inputs, current.equations, current.outputs[:count], current.names)
    return Optimised(found, dict(applied), before, finite)


def _is_structured(equation: Equation) -> bool:
    """Whether it says something to know how often the operands of an equation are used."""
    name = equation.primitive.name
    if name == "take":
        index = equation.inputs[1]
        return index.__class__ is Literal and bool(index.value.slots or index.value.advanced)
    return name in STRUCTURED


def _improved_body(body: Graph, applied: Counter[str]) -> Graph:
    """The body of a loop, which may hold loops; nothing in it is taken to be finite, for nobody could check it."""
    improve = partial(_improved_body, applied=applied)
    current, recorded = opened(paired(prune(body), False), improve)
    current, loops = rolled(current, improve)
    applied["loops"] += loops + recorded
    current = simplified(current, applied, None, False)
    return simplified(current, applied, Structure(current), False)


def simplified(graph: Graph, applied: Counter[str], steps: Structure | None = None, may_assume: bool = True) -> Graph:
    """One walk: each equation made anew under the rules, equal ones once, and what is not needed left out.

    Behind the outputs stands what was taken to be finite.
    """
    build = Builder(may_assume, steps is not None)
    outputs = build.extend(graph, steps)
    applied.update(build.notes)
    finite = [witness(build, atom) for atom in build.finite]
    return prune(Graph(graph.inputs, tuple(build.equations), (*outputs, *finite), graph.names))
