"""The derivative of a program that computes something twice is that of the program that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.compiler.optimise import optimised
from wengert.compiler.recording import record

RANDOM = np.random.default_rng(0)
A = RANDOM.normal(size=(5, 5)) + 4 * np.eye(5)
B, D = RANDOM.normal(size=(2, 5, 5))
x, b, c = RANDOM.uniform(0.5, 1.5, size=(3, 5))


class Pair(NamedTuple):
    """A program that computes something twice, and one that does not; the first argument is differentiated."""

    plain: Callable[..., Any]
    by_hand: Callable[..., Any]
    args: tuple[Any, ...]


def with_names(x):
    e = np.exp(x)
    return np.sum(e * np.sin(x) + e * np.cos(e))


def with_one_product(A, B):
    product = A @ B
    return np.sum(np.sin(product)) + np.sum(np.cos(product))


def with_one_outer_product(x):
    outer = np.outer(x, x) ** 2 + 1
    return np.sum(outer * np.sin(outer))


def with_one_solution(A, b):
    solution = np.linalg.solve(A, b)
    return np.sum(solution**2) + np.sum(np.sin(solution))


def with_one_inverse(A, b):
    inverse = np.linalg.inv(A)
    return b @ inverse @ b + np.trace(inverse)


def with_one_exponential(x, B):
    e = 1 + np.exp(-(B @ x))
    return np.sum(np.log(1 / e) - np.log(e))


def with_one_slice(x):
    first = x[:-1]
    return np.sum(100.0 * (x[1:] - first**2) ** 2 + (1.0 - first) ** 2)


def with_one_factorisation(A, b, c):
    factor = np.linalg.cholesky(A @ A.T)
    return np.sum(np.log(np.diag(factor))) + np.sum(factor @ b) * np.sum(factor @ c)


PAIRS = {
    "function of an array": Pair(
        lambda x: np.sum(np.exp(x) * np.sin(x) + np.exp(x) * np.cos(np.exp(x))), with_names, (x,)
    ),
    "product": Pair(lambda A, B: np.sum(np.sin(A @ B)) + np.sum(np.cos(A @ B)), with_one_product, (A, B)),
    "outer product": Pair(
        lambda x: np.sum((np.outer(x, x) ** 2 + 1) * np.sin(np.outer(x, x) ** 2 + 1)), with_one_outer_product, (x,)
    ),
    "solution of a system": Pair(
        lambda A, b: np.sum(np.linalg.solve(A, b) ** 2) + np.sum(np.sin(np.linalg.solve(A, b))),
        with_one_solution, (A, b),
    ),
    "inverse": Pair(
        lambda A, b: b @ np.linalg.inv(A) @ b + np.trace(np.linalg.inv(A)), with_one_inverse, (A, b)
    ),
    "of a constant and a variable": Pair(
        lambda x, B: np.sum(np.log(1 / (1 + np.exp(-B @ x))) - np.log(1 + np.exp(-B @ x))),
        lambda x, B: with_one_exponential(x, B), (x, B),
    ),
    "slice": Pair(
        lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2), with_one_slice, (x,)
    ),
    "factor": Pair(
        lambda A, b, c: np.sum(np.log(np.diag(np.linalg.cholesky(A @ A.T))))
        + np.sum(np.linalg.cholesky(A @ A.T) @ b) * np.sum(np.linalg.cholesky(A @ A.T) @ c),
        with_one_factorisation, (A, b, c),
    ),
}  # fmt: skip


def hessian_product(f):
    return lambda x, *rest: wg.hvp(f, x, np.ones_like(x), *rest)


def gradient_of_gradient(f):
    return lambda x, *rest: wg.grad(lambda x: np.sum(np.sin(wg.grad(f)(x, *rest))))(x)


def tangent(f):
    return lambda x, *rest: wg.jvp(lambda x: f(x, *rest), (x,), (np.ones_like(x),))


BACKWARDS = {
    "gradient": wg.grad, "value and gradient": wg.value_and_grad, "Hessian times vector": hessian_product,
    "Hessian": wg.hessian, "gradient of gradient": gradient_of_gradient,
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("derivative", BACKWARDS)
def test_a_sweep_goes_back_through_what_is_repeated_once(name, derivative):
    transform, (plain, by_hand, args) = BACKWARDS[derivative], PAIRS[name]
    recorded, expected = record(transform(plain), args, {}), record(transform(by_hand), args, {})
    if name == "of a constant and a variable":
        # the product of -B and that of B with a minus before it differ in one sign
        assert recorded.spared
    else:
        assert len(recorded.graph.equations) == len(expected.graph.equations)


@pytest.mark.parametrize("name", PAIRS)
def test_tangents_of_what_is_repeated_are_computed_once(name):
    plain, by_hand, args = PAIRS[name]
    found, expected = [optimised(record(tangent(f), args, {}).graph).graph for f in (plain, by_hand)]
    assert len(found.equations) <= len(expected.equations) + (name == "of a constant and a variable")


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("derivative", [*BACKWARDS, "tangent"])
def test_the_derivative_is_the_same(name, derivative):
    transform, (plain, _, args) = {**BACKWARDS, "tangent": tangent}[derivative], PAIRS[name]
    fast, slow = wg.jit(transform(plain)), transform(plain)
    for _ in range(2):
        for found, expected in zip(tree.flatten(fast(*args))[0], tree.flatten(slow(*args))[0], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * np.max(np.abs(expected)))


SPECIAL = {
    "difference of roots": lambda x: np.sum(np.sqrt(x) - 2 * np.sqrt(x)),
    "reciprocals": lambda x: np.sum(1 / x * (1 / x) - 1 / x),
    "reciprocals that are bounded": lambda x: np.sum(np.tanh(1 / x * (1 / x) - 1 / x)),
    "logarithms without weight": lambda x: np.sum(np.log(x) * 0.0 + np.log(x) * 0.0),
    "maxima": lambda x: np.sum(np.maximum(x, 0) + 2 * np.maximum(x, 0)),
    "absolute values": lambda x: np.sum(np.abs(x) * np.abs(x) - np.abs(x)),
    "choices": lambda x: np.sum(np.where(x > 0, np.log(x), 0) + np.where(x > 0, np.log(x), 0)),
    "clipped": lambda x: np.sum(np.clip(x, 0, 1) * np.clip(x, 0, 1)),
    "extremes": lambda x: np.max(x) + np.max(x) * np.min(x),
    "norms": lambda x: np.linalg.norm(x) + np.linalg.norm(x),
    "identities": lambda x: np.sum(np.sqrt(-np.negative((x * 1.0) ** 1)) / 1),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", SPECIAL)
@pytest.mark.parametrize("derivative", [*BACKWARDS, "tangent"])
def test_kinks_and_special_values_are_those_of_numpy(name, number, derivative):
    transform = {**BACKWARDS, "tangent": tangent}[derivative](SPECIAL[name])
    fast = wg.jit(transform)
    for point in (np.array([number, 2.0, number]), np.array([number, number, 0.5])):
        for found, expected in zip(tree.flatten(fast(point))[0], tree.flatten(transform(point))[0], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-13)


def written_between(x):
    y = A @ x
    y[0] = 5.0 * x[1]
    z = A @ x
    z[1] += x[2] ** 2
    y += z
    return np.sum(y * z)


def written_through_a_view(x):
    outer, other = np.outer(x, x), np.outer(x, x)
    turned, again = outer.T, outer.T
    turned[0, 1] = x[0]
    flat = other.reshape(-1)
    flat[2:4] = x[:2]
    return np.sum(np.sin(again) * outer) + np.sum(other * flat.reshape(5, 5))


def written_before(x):
    y = np.sin(x) * 1.0
    y[:2] *= x[2]
    return np.sum(y * np.sin(x)) + np.sum(y[:2] * y[:2])


@pytest.mark.parametrize("program", [written_between, written_through_a_view, written_before])
@pytest.mark.parametrize("derivative", BACKWARDS)
def test_what_is_written_is_no_repetition(program, derivative):
    transform = BACKWARDS[derivative](program)
    for found, expected in zip(
        tree.flatten(wg.jit(transform)(x))[0], tree.flatten(transform(x))[0], strict=True
    ):  # fmt: skip
        np.testing.assert_allclose(found, expected, rtol=1e-12)


PLACES = RANDOM.integers(0, 5, size=400).tolist()


def taken_in_any_order(x):
    total = 0.0
    for place in PLACES:
        total = 0.9 * total + np.sin(total * x[place])
    return total


def with_unequal_weights(x):
    for weight in [*np.linspace(0.5, 1.5, 200).tolist(), 1.0, 0.0, *np.linspace(0.5, 1.5, 200).tolist()]:
        x = np.sin(weight * x) + weight
    return np.sum(x)


def with_something_fixed(x):
    y = x
    for _ in range(300):
        y = y + 0.01 * np.tanh(A @ y) * np.exp(x)
    return np.sum(y)


@pytest.mark.parametrize("program", [taken_in_any_order, with_unequal_weights, with_something_fixed])
def test_steps_of_a_loop_stay_equal(program):
    found = optimised(wg.trace(wg.grad(program), x).graph)
    assert len(found.graph.equations) < 60


def test_a_user_is_told():
    fast = wg.jit(wg.grad(PAIRS["function of an array"].plain))
    fast(x)
    assert "the derivative is that of the program without 2 repeated operations" in fast.explain()
