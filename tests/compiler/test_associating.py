"""Derivatives of products of many matrices cost what those of the cheapest order cost, in every mode and order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.compiler.optimise import optimised
from wengert.compiler.recording import record

sys.path.append(str(Path(__file__).parent))
from graph_gate import check, compare_graphs

RANDOM = np.random.default_rng(0)
SIZE = 40
A, B, C, D = RANDOM.normal(size=(4, SIZE, SIZE)) / np.sqrt(SIZE)
U, V = RANDOM.normal(size=(2, SIZE, 2))
x, d = RANDOM.normal(size=(2, SIZE))

# a program, the same in the cheapest order, and its arguments, of which the first one is differentiated
CHAINS = {
    "constant matrices": (lambda x: np.sum(np.sin(A @ B @ C @ x)), lambda x: np.sum(np.sin(A @ (B @ (C @ x)))), (x,)),
    "first of three": (
        lambda A, x: np.sum(np.sin(A @ B @ C @ x)), lambda A, x: np.sum(np.sin(A @ (B @ (C @ x)))), (A, x)
    ),
    "last of three": (
        lambda C, x: np.sum(np.sin(A @ B @ C @ x)), lambda C, x: np.sum(np.sin(A @ (B @ (C @ x)))), (C, x)
    ),
    "row in front": (lambda x: np.sum(np.sin(x @ (A @ B))), lambda x: np.sum(np.sin(x @ A @ B)), (x,)),
    "turned": (lambda x: np.sum(np.sin((A @ B).T @ x)), lambda x: np.sum(np.sin(B.T @ (A.T @ x))), (x,)),
    "few columns": (lambda U: np.sum(np.sin(A @ B @ U)), lambda U: np.sum(np.sin(A @ (B @ U))), (U,)),
    "of low rank": (
        lambda x: np.sum(np.sin((U @ V.T) @ x)) + np.sum(np.cos((U @ V.T).T @ x)),
        lambda x: np.sum(np.sin(U @ (V.T @ x))) + np.sum(np.cos(V @ (U.T @ x))), (x,),
    ),
    "of low rank and more": (
        lambda x: np.sum(np.sin((A + U @ V.T) @ x)), lambda x: np.sum(np.sin(A @ x + U @ (V.T @ x))), (x,)
    ),
    "outer product": (
        lambda x: np.sum(np.sin(np.outer(x, x) @ A @ d)), lambda x: np.sum(np.sin(x * (x @ (A @ d)))), (x,)
    ),
    "sums of rows": (
        lambda x: x @ np.sum(A @ B, axis=1) + np.sum(np.sin(A @ B @ x)),
        lambda x: x @ (A @ np.sum(B, axis=1)) + np.sum(np.sin(A @ (B @ x))), (x,),
    ),
    "narrow in the middle": (
        lambda U: np.sum(np.sin(A @ (U @ V.T) @ B)), lambda U: np.sum(np.sin((A @ U) @ (V.T @ B))), (U,)
    ),
    "wanted as it is": (
        lambda A, x: np.sum(np.exp(A @ B) @ x + A @ B @ x), lambda A, x: np.sum((np.exp(A @ B) + A @ B) @ x), (A, x)
    ),
}  # fmt: skip


def hessian_product(f):
    return lambda x, *rest: wg.hvp(f, x, x, *rest)


def tangent(f):
    return lambda x, *rest: wg.jvp(lambda y: f(y, *rest), (x,), (x,))


DERIVATIVES = {"value": lambda f: f, "gradient": wg.grad, "tangent": tangent, "Hessian times vector": hessian_product}


def multiplications(graph: Any) -> int:
    """How many there are in products of matrices and vectors, larger than all those of entries."""
    count = 0
    for equation in graph.equations:
        if equation.primitive.name in ("matmul", "gram", "weighted_gram"):
            count += equation.outputs[0].type.size * equation.inputs[0].type.shape[-1]
    return count


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_a_chain_costs_what_it_costs_in_the_cheapest_order(name, derivative):
    transform, (program, by_hand, args) = DERIVATIVES[derivative], CHAINS[name]
    found, expected = [optimised(record(transform(f), args, {}).graph).graph for f in (program, by_hand)]
    # in another order, two products with two columns more
    assert multiplications(found) <= multiplications(expected) + 4 * SIZE**2


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_the_values_are_those_of_the_program(name, derivative):
    program, _, args = CHAINS[name]
    transform = DERIVATIVES[derivative](program)
    fast = wg.jit(transform)
    for _ in range(2):
        for found, expected in zip(tree.flatten(fast(*args))[0], tree.flatten(transform(*args))[0], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * np.max(np.abs(expected)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan, 1e200])
@pytest.mark.parametrize("place", [(0, 0), (1, 3)])
def test_what_is_not_finite_is_left_to_numpy(number, place):
    def program(A, B, x):
        return np.sum(np.tanh(A @ B @ x))

    turned = wg.value_and_grad(program, (0, 1, 2))
    fast = wg.jit(turned)
    spoilt = A.copy()
    spoilt[place] = number
    for args in ((A, B, x), (spoilt, B, x), (A, spoilt, x), (A, B, spoilt[place[0]])):
        for found, expected in zip(tree.flatten(fast(*args))[0], tree.flatten(turned(*args))[0], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9)


def random_program(seed: int) -> Any:
    """Sums and products of matrices and vectors, of sizes at which it pays or not to take them apart."""
    random = np.random.default_rng(seed)
    n, k = int(random.integers(3, 13)), int(random.integers(1, 4))
    plan = [(int(random.integers(9)), *random.random(4).tolist()) for _ in range(int(random.integers(4, 12)))]

    def program(A, B, C, x, y):
        matrices, vectors = [A, B @ C, A.T], [x, y]
        for kind, *chosen in plan:
            M, N = [matrices[int(part * len(matrices))] for part in chosen[:2]]
            v, w = [vectors[int(part * len(vectors))] for part in chosen[2:]]
            made = [
                lambda M, N, v, w: M @ N / n, lambda M, N, v, w: (M + N) / 2, lambda M, N, v, w: np.outer(v, w),
                lambda M, N, v, w: M @ v / n, lambda M, N, v, w: v @ M / n, lambda M, N, v, w: np.sin(v),
                lambda M, N, v, w: M.T @ N / n, lambda M, N, v, w: M.sum(axis=n % 2) / n,
                lambda M, N, v, w: (M @ N) @ v / n,
            ][kind](M, N, v, w)  # fmt: skip
            (matrices if made.ndim == 2 else vectors).append(made)
        return sum([np.sum(np.cos(v)) for v in vectors[-3:]])

    return program, tuple([random.normal(size=shape) for shape in ((n, n), (n, k), (k, n), (n,), (n,))])


@pytest.mark.filterwarnings("ignore:.*does not depend")
@pytest.mark.parametrize("block", range(6))
def test_random_products_keep_their_values(block):
    applied = 0
    for seed in range(5 * block, 5 * block + 5):
        program, args = random_program(seed)
        check(program, args, seed=seed)
        for derivative in (wg.value_and_grad(program, (0, 1, 2, 3, 4)), wg.hessian(program, 3)):
            recorded = record(derivative, args, {})
            found = optimised(recorded.graph)
            applied += found.applied.get("products_taken_apart", 0)
            given = [args[place] for place in recorded.leaves] + [source.read() for source in recorded.sources]
            compare_graphs(recorded.graph, found, given, seed)
    assert applied
