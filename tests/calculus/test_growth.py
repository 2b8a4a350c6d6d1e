"""The time and the memory of closed forms of long programs."""

import gc
import time

import numpy as np
import pytest

from wengert.api.derive import derive
from wengert.calculus import algebra, expression
from wengert.calculus.beautify import beautify
from wengert.calculus.dimension import Dim

A, B, X0 = np.full((4, 4), 0.1), np.ones(4), np.ones(4)
STEPS = {
    "a product": lambda x: A @ x,
    "an affine map": lambda x: A @ x + B,
    "a layer": lambda x: np.tanh(A @ x),
    "a step of Euler": lambda x: x + 0.1 * A @ x,
    "a sine": lambda x: np.sin(x),
}


def repeated(step, count):
    def f(x):
        for _ in range(count):
            x = step(x)
        return np.sum(x**2)

    return f


def seconds(step, count):
    begin = time.process_time()
    _ = derive(repeated(step, count), X0).gradient
    return time.process_time() - begin


@pytest.mark.parametrize("name", STEPS)
def test_time_grows_with_the_length_of_a_program(name):
    """Four times the steps may take six times as long, and a second."""
    seconds(STEPS[name], 5)
    assert seconds(STEPS[name], 100) <= 6 * seconds(STEPS[name], 25) + 1


def test_what_a_step_of_euler_adds_is_a_factor():
    printed = str(derive(repeated(STEPS["a step of Euler"], 30), X0).gradient)
    assert len(printed) < 200, printed


def test_lengths_are_known_of_what_is_shared_many_times():
    x = algebra.symbol("x", Dim("n"), 1)
    for _ in range(300):
        x = algebra.add(x, algebra.apply("tanh", x))
    assert x.length > 2**200
    assert beautify(x).length > 0


def test_expressions_are_freed_when_nothing_needs_them():
    """By counting references alone: nothing refers to itself, and no cache holds what nobody asks for."""
    gc.collect()
    gc.disable()
    try:
        before = len(expression._known)
        x = algebra.symbol("only_here", Dim("n"), 1)
        A_ = algebra.symbol("and_here", Dim("n"), Dim("n"))
        whole = beautify(algebra.add(algebra.matmul(A_, x), algebra.matmul(algebra.transpose(A_), x), x))
        assert len(expression._known) > before
        del x, A_, whole
        assert len(expression._known) <= before
    finally:
        gc.enable()
