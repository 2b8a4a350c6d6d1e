"""Results are written once, where the caller gets them, and kernels ask nobody for memory."""

from __future__ import annotations

import re

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.function import Assembly, FunctionWriter
from wengert.compiler.optimise import optimised
from wengert.compiler.plan import Nest
from wengert.compiler.planner import laid_out
from wengert.compiler.views import identity

RANDOM = np.random.default_rng(8)
X, Y = RANDOM.uniform(0.5, 1.5, 40), RANDOM.uniform(0.5, 1.5, 40)
A = RANDOM.normal(size=(40, 40))
S = A @ A.T / 40 + np.eye(40)

PROGRAMS = {
    "entry by entry": (lambda x: np.exp(x) * x, X),
    "a transpose": (lambda a: (2.0 * a + 1.0).T, A),
    "a part": (lambda x: (x * x - 1.0)[1:], X),
    "reversed": (lambda x: (x + 1.0)[::-1], X),
    "pieces": (lambda x: np.concatenate([np.sin(x), x]), X),
    "a sum": (lambda a: np.sum(a, axis=0), A),
    "a product": (lambda a: a @ a, A),
    "two results": (lambda x, y: (x + y, x * y), X, Y),
    "a gradient": (wg.grad(lambda x, a: np.sum(np.tanh(a @ x))), X, A),
    "a Hessian": (wg.hessian(lambda x: np.sum(np.sin(x[1:] * x[:-1]))), X),
    "a Hessian of a determinant": (wg.hessian(lambda x, s: np.linalg.slogdet(s + np.diag(x))[1]), X, S),
    "a Hessian of a solution": (wg.hessian(lambda x, s: x @ np.linalg.solve(s + np.diag(x), x)), X, S),
    "a Jacobian": (wg.jacobian(lambda x, a: np.tanh(a @ x)), X, A),
    "running sums": (np.cumsum, X),
}


def planned(name):
    program, *args = PROGRAMS[name]
    graph = optimised(wg.trace(program, *args).graph).graph
    return graph, laid_out(graph, len(graph.outputs))


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_are_written_once(name):
    _, block = planned(name)
    plan, places = block.plan, block.layout.places
    steps = [step for cluster in block.clusters for step in cluster.steps]
    written = [plan.same.get(one, one) for step in steps for one in step.written(plan.stored)]
    for number, output in enumerate(plan.outputs):
        root = plan.same.get(output, output)
        assert (places[root].table, places[root].number) == ("output", number)
        assert sum([one is root for one in written]) == 1
    nests = [step for step in steps if isinstance(step, Nest)]
    for entry in [entry for nest in nests for entry in nest.entries if entry.result in plan.outputs]:
        if entry.equation is None and not entry.pieces:
            (read,) = entry.reads
            own = [each for nest in nests for each in nest.entries if each.result is read.base]
            # what was computed entry by entry is computed where it stays, unless it is turned, or a part
            assert not own or read.base not in plan.stored or read.view != identity(len(read.view))


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_ask_nobody_for_memory(name):
    _, block = planned(name)
    assembly = Assembly()
    FunctionWriter(assembly, block, "kernel").write((), ())
    text = str(assembly.module)
    assert "define" in text
    assert not re.search(r"malloc|calloc|realloc|mmap|PyMem|PyArray|PyObject", text)
