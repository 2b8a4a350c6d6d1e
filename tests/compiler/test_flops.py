"""The operations that `explain()` says a compiled call takes, counted by hand."""

import numpy as np
import pytest

import wengert as wg

A, B = np.random.default_rng(0).normal(size=(2, 20, 20))


def steps(x, length=500):
    return wg.scan(lambda carry, _: (np.sin(carry) * 2 + 1, None), x, None, length=length)[0]


def until(x):
    return wg.while_loop(lambda carry: carry < 100.0, lambda carry: carry * 2 + 1, x)


def either(x):
    return wg.cond(x[0] > 0, lambda x: np.sin(x) + np.cos(x), lambda x: x * 2, x)


COUNTED = {
    "entry by entry": (lambda x: np.exp(x) * 2 + 1, (np.ones(300),), "900"),
    "reduction": (lambda x: np.sum(x * x), (np.ones(300),), "600"),
    "moves": (lambda x: x[::-1].copy(), (np.ones(300),), "0"),
    "shifted": (lambda x: x[1:] - x[:-1], (np.ones(301),), "300"),
    "small product": (lambda A, B: A @ B, (A[:4, :4].copy(), B[:4, :4].copy()), "128"),
    "product": (lambda A, B: A @ B, (A, B), "16,000"),
    "two products": (lambda A, B: A @ B @ A, (A, B), "32,000"),
    "chain with a vector": (lambda A, B: A @ B @ A[0], (A, B), "1,600"),
    "millions": (lambda x: x @ x, (np.ones((200, 200)),), "16.0 million"),
    # what a loop leaves is looked at for a NaN, which is one operation more
    "loop": (steps, (1.0,), "1,501"),
    "loop that ends by itself": (until, (1.0,), "at least 4"),
    "branches": (either, (np.ones(100),), "301"),
    "one": (lambda x: x * 2, (1.0,), "1"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_explain_has_the_operations_of_a_call(name):
    function, args, number = COUNTED[name]
    fast = wg.jit(function)
    fast(*args)
    (line,) = [line for line in fast.explain().splitlines() if line.startswith("  a call: ")]
    assert line == f"  a call: {number} floating-point operation{'s' * (number != '1')}"


@pytest.mark.parametrize("more", [1, 10])
def test_a_recorded_loop_has_the_operations_of_all_its_steps(more):
    long, short = [wg.trace(lambda x, n=n: steps(x, n), 1.0).graph.flops for n in (500 + more, 500)]
    assert long - short == 3 * more


@pytest.mark.parametrize(("x", "number"), [(np.ones(100), 300), (-np.ones(100), 300)])
def test_a_recorded_branch_has_the_operations_of_the_longer_body(x, number):
    assert wg.trace(either, x).graph.flops - wg.trace(lambda x: x[0] > 0, x).graph.flops == number
