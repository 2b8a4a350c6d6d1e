"""Results that are transposes: written once where what gives them has an order to choose, and right in any case."""

from __future__ import annotations

import numpy as np
import pytest
from graph_gate import compare_graphs
from outcomes import assert_same, outcome

import wengert as wg
from wengert.compiler.optimise import optimised

# A program of a matrix and a vector as long as its rows.
WRITTEN_ONCE = {
    "function": lambda a, v: np.exp(a).T,
    "functions, one behind the other": lambda a, v: np.tanh(2.0 * np.exp(-a) + 1.0).T,
    "rows repeated": lambda a, v: (a * v).T,
    "columns repeated": lambda a, v: (a * a[:, :1] * 2.0).T,
    "a sum and its repetition": lambda a, v: (a - np.sum(a, axis=1, keepdims=True)).T,
    "one operand turned back": lambda a, v: (np.sin(a.T).T * a * 2.0).T,
    "within a result": lambda a, v: np.cos(a[::-1]).T * v[:, None] + np.exp(a).T,
    "outer product": lambda a, v: np.outer(np.exp(a[:, 0]), v).T,
    "Jacobian by columns": lambda a, v: wg.jacobian(lambda x: np.tanh(a @ x))(v),
    "choice": lambda a, v: np.where(a > 0.0, a, v).T,
    "three axes": lambda a, v: np.exp(a[:, :, None] * v).transpose(2, 0, 1),
    "three axes, another order": lambda a, v: (a[None] + v[:, None, None] * a).transpose(1, 2, 0),
    "two results": lambda a, v: (np.exp(a).T, np.sin(a).T),
}
COPIED = {
    "needed in both orders": lambda a, v: (lambda e: (e, e.T))(np.exp(a)),
    "needed twice": lambda a, v: (lambda e: (e.T, np.sum(e * e)))(np.exp(a)),
    "both operands across": lambda a, v: (a * (a[::-1] + 1.0) + np.flip(a)).T,
    "an argument": lambda a, v: a.T,
    "sums along an axis": lambda a, v: np.cumsum(a, axis=0).T,
    "product": lambda a, v: (a @ np.cos(a.T)).T,
    "product with a vector": lambda a, v: np.exp(a @ v).T,
    "stack of products": lambda a, v: (np.stack([a, -a]) @ np.stack([a.T, a.T])).transpose(2, 0, 1),
    "a number": lambda a, v: np.exp(a[0, 0]).T,
}
SHAPES = [(7, 5), (1, 6), (6, 1), (64, 33)]


@pytest.mark.parametrize("name", [*WRITTEN_ONCE, *COPIED])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients(name, shape):
    random = np.random.default_rng(3)
    program = {**WRITTEN_ONCE, **COPIED}[name]

    def loss(a, v):
        results = wg.tree.flatten(program(a, v))[0]
        return sum([np.sum(one * np.cos(np.arange(one.size, dtype=one.dtype)).reshape(one.shape)) for one in results])

    for asked in (program, wg.grad(loss, (0, 1))):
        for dtype, digits in ((np.float64, 1e-13), (np.float32, 1e-4), (np.complex128, 1e-13)):
            if dtype is np.complex128 and ("choice" in name or asked is not program):
                continue
            a, v = random.normal(size=shape).astype(dtype), random.normal(size=shape[1]).astype(dtype)
            fast = wg.jit(asked)
            for kind in (None, None, np.nan, np.inf):
                if kind is not None:
                    a[-1, 0] = kind
                assert_same(outcome(fast, a, v), outcome(asked, a, v), digits)


@pytest.mark.parametrize("name", WRITTEN_ONCE)
def test_results_are_written_once(name):
    given = np.random.default_rng(3).normal(size=(64, 33)), np.ones(33)
    fast = wg.jit(WRITTEN_ONCE[name])
    fast(*given)
    assert "copy" not in fast.explain()
    ((compiled,),) = fast._compiled.values()
    assert compiled.kernel.arena < given[0].nbytes / 4
    graph = wg.trace(WRITTEN_ONCE[name], *given).graph
    found = optimised(graph)
    assert any("order of a transpose" in note for note in found.notes)
    assert compare_graphs(graph, found, list(given))
