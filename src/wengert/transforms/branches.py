"""Derivatives and batches of branches, each a branch again on the same truth value.

The tangent of a branch is the branch of the tangents of its bodies, and so is its transpose: only the body that is
chosen is computed, so that nothing undefined in the other one can reach a derivative. Where the examples of a batch
choose differently both bodies are computed, and the entries are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from wengert.graph import Equation, Graph, Operand, Primitive, array_type, bind, compile_graph, prune
from wengert.primitives.arithmetic import select
from wengert.primitives.branches import Branch, declared_branch
from wengert.tracing import evaluate, record_graph
from wengert.transforms.bodied import (
    FORMS,
    BodiedRule,
    Form,
    annihilating,
    constant_of,
    is_unknown,
    pushed,
    selected,
    stateful,
    written_out,
)
from wengert.transforms.sweep import zeros
from wengert.transforms.transpose import transpose
from wengert.transforms.vmap import BatchRecording

__all__ = ["choose"]


def choose(branch: Branch, chosen: Any, operands: Sequence[Any]) -> list[Any]:
    """The results of a branch on a truth value."""
    chosen = constant_of(chosen)
    if not branch.results:
        return []
    if not isinstance(chosen, Operand):
        body = branch.if_true if chosen else branch.if_false
        if branch.annihilating:
            return list(compile_graph(body, raw=False, annihilate=branch.annihilating)(*operands))
        return list(evaluate(body, *operands))
    if any(map(is_unknown, branch.bodies)):
        pairs = zip(*[evaluate(body, *operands) for body in branch.bodies], strict=True)
        return [bind(select, (chosen, one, other)) for one, other in pairs]
    if not any([kind.inexact for kind in branch.results]):
        operands = [constant_of(operand) for operand in operands]
    results = bind(_operation(branch), (chosen, *operands), (branch,))
    found = results if len(branch.results) > 1 else (results,)
    return [y if kind.inexact else constant_of(y) for y, kind in zip(found, branch.results, strict=True)]


def _operation(branch: Branch) -> Primitive:
    """The primitive of one branch, with its rules."""
    primitive = declared_branch(len(branch.results))
    primitive.rule_maker = partial(_BranchRule, primitive, branch)
    primitive.batch(_batched)
    primitive.adjoint(_adjoint)
    return primitive


def _inexact(branch: Branch) -> list[int]:
    return [place for place, kind in enumerate(branch.results) if kind.inexact]


def _pushed(branch: Branch, active: tuple[int, ...]) -> Branch:
    """The tangents of the inexact results, from the inputs of the bodies and the tangents of these."""
    key = ("pushed", active)
    if key not in branch.derived:
        kinds = [variable.type for variable in branch.if_true.inputs]
        wanted = _inexact(branch)

        def derived(body: Graph) -> Graph:
            graph = stateful(written_out(body, branch.annihilating))

            def push(*inputs: Any) -> list[Any]:
                tangents = dict(zip(active, inputs[len(kinds) :], strict=True))
                return pushed(graph, inputs[: len(kinds)], tangents, wanted)

            return prune(record_graph(push, [*kinds, *[kinds[i] for i in active]]))

        branch.derived[key] = Branch(derived(branch.if_true), derived(branch.if_false))
    return branch.derived[key]  # type: ignore[no-any-return]


def _annihilating(branch: Branch, linear: Sequence[int]) -> Branch:
    """The branch in which a zero of these inputs of the bodies annihilates."""
    key = ("annihilating", tuple(linear))
    if key not in branch.derived:
        one, other = [annihilating(body, linear) for body in branch.bodies]
        branch.derived[key] = Branch(one, other, frozenset(linear))
    return branch.derived[key]  # type: ignore[no-any-return]


def _transposed(branch: Branch, linear: tuple[int, ...], present: tuple[bool, ...]) -> Branch:
    """The cotangents of these inputs, from the others and the cotangents of the results that are present."""
    key = ("transposed", linear, present)
    if key not in branch.derived:
        still = [i for i in range(len(branch.if_true.inputs)) if i not in linear]

        def derived(body: Graph) -> Graph:
            inputs = tuple([body.inputs[i] for i in (*still, *linear)])
            outputs = tuple([atom for atom, flag in zip(body.outputs, present, strict=True) if flag])
            return transpose(Graph(inputs, body.equations, outputs), len(still))

        found = Branch(derived(branch.if_true), derived(branch.if_false))
        if branch.annihilating:
            found = _annihilating(found, range(len(still), len(found.if_true.inputs)))
        branch.derived[key] = found
    return branch.derived[key]  # type: ignore[no-any-return]


class _BranchRule(BodiedRule):
    """The rule of one branch."""

    def __init__(
        self,
        primitive: Primitive,
        branch: Branch,
        operands: Sequence[Any],
        results: Sequence[Any],
        active: int,
        level: int,
    ) -> None:
        super().__init__(primitive, branch.results, operands, active)
        self.branch = branch
        self.inexact = _inexact(branch)

    def save(self, *values: Any) -> tuple[Any, ...]:
        """The operands."""
        count = len(self.types)
        return (*values[:count], *[None] * (len(values) - count))

    def _linear(self, annihilate: bool) -> tuple[Branch, tuple[int, ...]]:
        """The branch of the tangents, and the places of the tangents among its inputs."""
        found = _pushed(self.branch, tuple(i - 1 for i in self.active))
        count = len(self.types) - 1
        places = tuple(range(count, count + len(self.active)))
        return (_annihilating(found, places) if annihilate else found), places

    def _push(self, annihilate: bool, operands: Any, results: Any, tangents: Any) -> list[Any]:
        linear, _ = self._linear(annihilate)
        pushed = choose(linear, operands[0], [*operands[1:], *tangents])
        found = dict(zip(self.inexact, pushed, strict=True))
        return [found.get(place) for place in range(len(self.results))]

    def _pull(self, annihilate: bool, operands: Any, results: Any, cotangents: Any) -> list[Any]:
        linear, places = self._linear(annihilate)
        incoming = [cotangents[place] for place in self.inexact]
        if all([part is None for part in incoming]):
            return [zeros(self.types[i], 0) for i in self.active]
        backward = _transposed(linear, places, tuple([part is not None for part in incoming]))
        given = [part for part in incoming if part is not None]
        return choose(backward, operands[0], [*operands[1:], *given])


def _adjoint(places: Sequence[int], incoming: Sequence[Any], operands: Sequence[Any], *, branch: Branch) -> list[Any]:
    """The slot `adjoint`, for a branch in a graph that is linear in these operands."""
    linear = tuple(i - 1 for i in places)
    backward = _transposed(branch, linear, tuple([True] * len(incoming)))
    still = [x for i, x in enumerate(operands[1:]) if i not in linear]
    return choose(backward, operands[0], [*still, *incoming])


def _stateful(equation: Equation) -> Equation:
    branch: Branch = equation.params[0]
    return Equation(_operation(branch), equation.inputs, (branch,), equation.outputs, equation.source)


def _annihilating_equation(equation: Equation, places: Sequence[int]) -> Equation:
    inner = _annihilating(equation.params[0], [i - 1 for i in places if i])
    return Equation(_operation(inner), equation.inputs, (inner,), equation.outputs, equation.source)


FORMS[Branch] = Form(_stateful, _annihilating_equation)


# Batches.


def _batched(size: int, args: tuple[Any, ...], batched: Sequence[bool], *, branch: Branch) -> Any:
    """The branch on all examples; results carry the examples as axis 0."""
    flags = tuple(batched[1:])
    key = ("batched", size, flags)
    if key not in branch.derived:
        bodies = [_batched_body(body, size, flags) for body in branch.bodies]
        branch.derived[key] = replace(branch, if_true=bodies[0], if_false=bodies[1], derived={})
    whole: Branch = branch.derived[key]
    if not batched[0]:
        found = _chosen(whole, args[0], args[1:])
    else:
        # a body may be undefined for examples that do not choose it
        with np.errstate(all="ignore"):
            pairs = list(zip(*[_chosen(whole, np.bool_(truth), args[1:]) for truth in (True, False)], strict=True))
        found = [selected(args[0], one, other) for one, other in pairs]
    return tuple(found) if len(found) > 1 else found[0]


def _chosen(branch: Branch, chosen: Any, operands: Sequence[Any]) -> list[Any]:
    """The results of a branch; one in which zeros annihilate stays an operation.

    Its choices are not written out: a loop around it, in which zeros annihilate too, would take them for its own.
    """
    if not branch.annihilating or not branch.results or any(map(is_unknown, branch.bodies)):
        return choose(branch, chosen, operands)
    found = bind(_operation(branch), (constant_of(chosen), *operands), (branch,))
    return list(found) if len(branch.results) > 1 else [found]


def _batched_body(body: Graph, size: int, flags: Sequence[bool]) -> Graph:
    def run(*inputs: Any) -> list[Any]:
        with BatchRecording(size) as recording:
            operands = [recording.input(x) if flag else x for x, flag in zip(inputs, flags, strict=True)]
            return [recording.unwrap(y) for y in evaluate(body, *operands)]

    kinds = [
        array_type((size, *v.type.shape), v.type.dtype) if flag else v.type
        for v, flag in zip(body.inputs, flags, strict=True)
    ]
    return prune(record_graph(run, kinds))
