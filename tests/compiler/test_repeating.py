"""The memory of loops: what is fetched ahead, and what takes the place of the value that it replaces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.building import FunctionWriter
from wengert.compiler.function import Assembly
from wengert.compiler.optimise import optimised
from wengert.compiler.planner import laid_out


def diffused(u, c):
    for _ in range(30):
        u = u + 0.1 * c * (np.roll(u, 1, 0) + np.roll(u, -1, 1) - 2.0 * u)
    return np.sum(u * u)


def heated(u, c):
    for k in range(30):
        sides = np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)
        u = u + 0.01 * (k + 1.0) * c * (sides - 4.0 * u)
    return np.sum(u * u)


def grown(u, c):
    def step(carry, _):
        u, total = carry
        u = u + 0.005 * c * u * u
        return (u, total + u * c), None

    return np.sum(wg.scan(step, (u, 0.0 * u), None, length=30)[0][1] ** 2)


def seen_before(u, c):
    """The old value is read once more, shifted, by what stands beside it."""
    total, other = 0.0 * u, u
    for _ in range(30):
        other = np.roll(total, 1, 0) + 0.5 * other
        total = total + u * c
    return np.sum(total * total * other)


def seen_after(u, c):
    def step(carry, _):
        total, other = carry
        return (total + u * c, 0.01 * total * other + u), total * other

    (total, other), kept = wg.scan(step, (0.0 * u, u), None, length=30)
    return np.sum(total * total + other) + 0.001 * np.sum(kept)


def exchanged(u, c):
    def step(carry, _):
        one, other = carry
        return (other + 0.1 * one, one), None

    one, other = wg.scan(step, (u, c), None, length=30)[0]
    return np.sum(one * other * other)


def scaled(u, c):
    """The old value is read by the operation itself, and again by one before it."""

    def step(carry, _):
        doubled = 2.0 * carry
        return 0.5 * carry + 0.1 * doubled * c, np.sum(doubled)

    last, kept = wg.scan(step, u, None, length=30)
    return np.sum(last * u) + 0.01 * np.sum(kept)


def by_rows(u, c):
    total = 0.0 * u
    for _ in range(30):
        total = total + u * c[0]
    return np.sum(total * u)


PROGRAMS = [diffused, heated, grown, seen_before, seen_after, exchanged, scaled, by_rows]
SHAPES = [(100, 100), (600, 400), (601, 400), (33, 65), (40, 40), (2000, 1), (7, 300), (128, 200), (3, 5)]


def arguments(shape, dtype=np.float64):
    draw = np.random.default_rng(3)
    return draw.normal(size=shape).astype(dtype), draw.uniform(0.5, 1.0, shape).astype(dtype)


def compiled(function, *args):
    fast = wg.jit(function)
    fast(*args)
    return fast(*args)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_loops_over_arrays(program, shape, dtype):
    args = arguments(shape, dtype)
    function = wg.value_and_grad(program, argnums=(0, 1))
    (value, parts), (wanted, wanted_parts) = compiled(function, *args), function(*args)
    tolerance = 200 * float(np.finfo(dtype).eps)
    assert np.isclose(value, wanted, rtol=tolerance)
    for part, wanted_part in zip(parts, wanted_parts, strict=True):
        assert part.dtype == dtype
        scale = float(np.max(np.abs(wanted_part)))
        np.testing.assert_allclose(part, wanted_part, rtol=tolerance, atol=tolerance * scale)


def planned(program, shape):
    graph = optimised(wg.trace(wg.grad(program, argnums=(0, 1)), *arguments(shape)).graph).graph
    return laid_out(graph, len(graph.outputs))


@pytest.mark.parametrize(
    ("shape", "is_fetched"), [((100, 100), True), ((64, 96), True), ((10, 10), False), ((300, 300), False)]
)
def test_the_next_step_is_fetched_where_all_steps_are_more_than_a_cache_holds(shape, is_fetched):
    assembly = Assembly()
    FunctionWriter(assembly, planned(diffused, shape), "kernel").write()
    text = str(assembly.module)
    assert ('call void @"llvm.prefetch' in text) is is_fetched
    # what is written as well as what is read
    assert ("i32 1, i32 3, i32 1)" in text and "i32 0, i32 3, i32 1)" in text) is is_fetched


@pytest.mark.parametrize(
    ("program", "shape", "is_changed"),
    [
        (heated, (100, 100), True),
        (heated, (33, 65), False),
        (heated, (10, 10), False),
        (diffused, (100, 100), False),
    ],
)
def test_a_sum_grows_in_its_own_memory(program, shape, is_changed):
    calls = [call for call in planned(program, shape).plan.calls() if call.body is not None]
    assert any([bool(call.body.plan.same) for call in calls]) is is_changed


def mixed(x):
    return np.sin(x[0]) * x[1] - np.sin(x[0]) / x[2]


def negative_zero(x):
    return np.arctan2(x[0] * 0.0, -1.0) + np.arctan2(x[0] * -0.0, -1.0) * x[1]


def minors(x):
    rows = [[x[i] * (i + j + 1.0) for j in range(3)] for i in range(3)]
    products = [one[0] * other[1] - one[1] * other[0] for one, other in [*pairwise(rows), *pairwise(rows)]]
    return products[0] * products[1] + products[2] * products[3] + x[0] * x[1] * x[2]


def kept_apart(x):
    y = np.array(np.exp(x[0]))
    z = np.array(np.exp(x[0]))
    y[()] = x[1] * x[2]
    return y * z


@pytest.mark.parametrize("program", [mixed, negative_zero, minors, kept_apart])
@pytest.mark.parametrize("derivative", [wg.grad, wg.hessian, lambda f: wg.jacobian(wg.grad(f))])
def test_derivatives_of_programs_that_compute_a_number_twice(program, derivative):
    x = np.array([0.7, -1.3, 0.4])
    function = derivative(program)
    np.testing.assert_allclose(compiled(function, x), function(x), rtol=1e-13, atol=1e-14)


def test_derivatives_are_taken_of_equal_operations_once():
    def repeated(x):
        a, b = x
        return sum([np.sin(a * b) ** 2 * (i + 1.0) for i in range(9)])

    def once(x):
        a, b = x
        square = np.sin(a * b) ** 2
        return sum([square * (i + 1.0) for i in range(9)])

    def operations(function):
        fast = wg.jit(wg.grad(function))
        fast(np.array([0.5, 0.8]))
        (line,) = [line for line in fast.explain().splitlines() if "operations recorded" in line]
        return int(line.split("recorded, ")[1].split()[0])

    assert operations(repeated) <= operations(once)
