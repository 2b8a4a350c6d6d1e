"""A graph becomes machine code: optimised, planned, written in LLVM's language and compiled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.compiler import engine
from wengert.compiler.factorising import is_brief
from wengert.compiler.flops import bill_of
from wengert.compiler.following import Expected
from wengert.compiler.function import FINITE, Assembly, FunctionWriter
from wengert.compiler.improving import improve, in_a_hurry
from wengert.compiler.kernel import Kernel
from wengert.compiler.optimise import optimised
from wengert.compiler.optimise.internal import told_apart
from wengert.compiler.planner import laid_out
from wengert.compiler.telling import account_of
from wengert.graph import Graph, Literal

__all__ = ["FINITE", "built", "compile_kernel"]


def built(graph: Graph, steering: Sequence[Expected], *, patiently: bool) -> Kernel:
    """The kernel of a recorded graph, in which every equation is needed; its last outputs have to be as expected."""
    clock = time.perf_counter()
    shorter = optimised(told_apart(graph), pruned=True)
    seconds = {"optimise graph": time.perf_counter() - clock}
    results = len(graph.outputs) - len(steering)
    graph, finite = shorter.graph, shorter.finite
    steered = [FINITE if seen.how == "finite" else seen.value for seen in steering]
    expected = [*steered, *[FINITE] * len(finite)]
    graph = Graph(graph.inputs, graph.equations, (*graph.outputs, *finite), graph.names)
    # what has to be finite is no NaN
    known = {atom for atom, value in zip(graph.outputs[results:], expected, strict=True) if value is FINITE}
    lost = [number for number, atom in enumerate(graph.outputs[:results]) if atom not in known]
    kernel = compile_kernel(graph, expected=expected, lost=lost, patiently=patiently)
    kernel.seconds = {**seconds, **kernel.seconds}
    return kernel


def compile_kernel(
    graph: Graph, *, expected: Sequence[Any] = (), lost: Sequence[int] = (), patiently: bool = True
) -> Kernel:
    """Machine code of a graph as it is.

    The last outputs of the graph steer the program, and must be `expected` (finite, if that is `FINITE`); outputs whose
    numbers are in `lost` must hold no NaN. Unless it is done `patiently`, the code that is there first may be one that
    was made in a hurry.
    """
    clock = time.perf_counter()
    results = len(graph.outputs) - len(expected)
    finite = [results + place for place, value in enumerate(expected) if value is FINITE]
    block = laid_out(graph, results, lost=lost, finite=finite)
    assembly = Assembly()
    FunctionWriter(assembly, block, "kernel").write(expected, lost)
    seconds = {"write": time.perf_counter() - clock}
    clock = time.perf_counter()
    text = str(assembly.module)
    writing = time.perf_counter() - clock
    hurried = not patiently and in_a_hurry(block, text)
    code = engine.compile_module(text, effort=engine.HURRIED if hurried else None)
    numbers = {id(literal): number for number, literal in enumerate(block.plan.constants)}
    kernel = Kernel(
        code,
        [_array(literal) for literal in block.plan.constants],
        {numbers[id(place)]: fallback for place, fallback in assembly.fallbacks},
        block.layout.arena,
        any([cluster.blocks is not None for cluster in block.clusters]) or not all(map(is_brief, block.plan.calls())),
        len(graph.equations),
        (*account_of(block), bill_of(block)),
        {**seconds, **code.seconds, "text": writing},
    )
    if hurried:
        improve(kernel, text)
    return kernel


def _array(literal: Literal) -> Any:
    return np.ascontiguousarray(literal.value)
