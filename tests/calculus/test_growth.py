"""The work and the memory of closed forms of long programs."""

import gc
import os
import sys
import warnings
from functools import partial

import numpy as np
import pytest

from wengert.api.derive import derive
from wengert.calculus import algebra, expression
from wengert.calculus.beautify import beautify
from wengert.calculus.dimension import Dim
from wengert.calculus.invariants import trace
from wengert.calculus.recurrence import kept

RANDOM = np.random.default_rng(0)
A, C, B, X0 = (0.2 * RANDOM.normal(size=shape) for shape in ((4, 4), (4, 4), 4, 4))
M0 = np.eye(4) + A


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


def logistic(z):
    return 1 / (1 + np.exp(-z))


def squares(x, *_):
    return np.sum(x**2)


def repeated(step, end=squares, start=lambda x: (x,), x0=X0):
    """A program whose state goes through a step again and again, by the number of its steps."""

    def program(count):
        def f(x):
            state = start(x)
            for _ in range(count):
                state = step(x, *state)
                state = state if isinstance(state, tuple) else (state,)
            return end(*state)

        return f, x0

    return program


def twice(x):
    return x, x


# by name: the program, and the steps of the shorter one
FAMILIES = {
    "a product": (repeated(lambda _, x: A @ x), 20),
    "an affine map": (repeated(lambda _, x: A @ x + B), 20),
    "a layer": (repeated(lambda _, x: np.tanh(A @ x)), 20),
    "a step of Euler": (repeated(lambda _, x: x + 0.1 * A @ x), 20),
    "a sine": (repeated(lambda _, x: np.sin(x)), 20),
    "a residual layer": (repeated(lambda _, x: x + np.tanh(A @ x)), 20),
    "a residual sine": (repeated(lambda _, x: x + np.sin(x)), 20),
    "an exponential factor": (repeated(lambda _, x: x * np.exp(A @ x)), 20),
    "a gate": (repeated(lambda _, x: x * logistic(A @ x)), 16),
    "two factors": (repeated(lambda _, x: np.tanh(A @ x) * np.tanh(C @ x)), 10),
    "the logistic map": (repeated(lambda _, x: 2.5 * x * (1 - x)), 16),
    "a square and a product": (repeated(lambda _, x: x * x + A @ x), 16),
    "two softmaxes": (repeated(lambda _, x: softmax(C.T @ softmax(C @ x)), np.linalg.norm), 8),
    "a norm": (repeated(lambda _, x: np.linalg.norm(A @ x) * x, np.sum), 16),
    "a recurrence of two terms": (
        repeated(lambda _, p, q: (q, np.tanh(A @ q) + C @ p), lambda _, q: np.sum(q**2), twice), 16),
    "a linear recurrence of two terms": (
        repeated(lambda _, p, q: (q, A @ q + p), lambda _, q: np.sum(q**2), twice), 20),
    "polynomials of Chebyshev": (
        repeated(lambda x, p, q: (q, 2 * x * q - p), lambda _, q: np.sum(q), twice), 16),
    "momentum": (
        repeated(lambda _, y, v: (y + 0.9 * v - 0.1 * (C.T @ np.tanh(C @ y)), 0.9 * v - 0.1 * (C.T @ np.tanh(C @ y))),
                 start=lambda x: (x, 0 * x)), 12),
    "a memory": (
        repeated(lambda _, h, s: (np.tanh(logistic(A @ h) * s + np.tanh(C @ h)), logistic(A @ h) * s + np.tanh(C @ h)),
                 start=twice), 12),
    "the sum of all layers": (
        repeated(lambda _, s, y: (s + B @ y, np.tanh(A @ y)), lambda s, _: s, lambda x: (0.0, x)), 20),
    "a number": (repeated(lambda _, s: np.sin(s) * s + 1, lambda s: s, lambda x: (B @ x,)), 20),
    "a residual layer of matrices": (repeated(lambda _, X: X + np.tanh(A @ X), x0=M0), 16),
    "an iteration of Newton and Schulz": (
        repeated(lambda _, X: 0.5 * X @ (3 * np.eye(len(X)) - X.T @ X), x0=M0), 5),
    "inverses": (repeated(lambda _, X: A + np.linalg.inv(X), lambda X: np.trace(X), x0=M0), 20),
}  # fmt: skip
HESSIANS = {
    "a step of Euler": 6, "a layer": 6, "a residual layer": 6, "two softmaxes": 3, "an exponential factor": 6,
    "a recurrence of two terms": 6, "a number": 6,
}  # fmt: skip
# what is made of a gradient; names are looked for among all parts again for each of them, up to a bound
MADE = {
    "NumPy code": (lambda form: form.gradient.python(), 2.5),
    "a compiled function": (lambda form: form.gradient.compile(), 4),
    "a differential": (lambda form: form.differential, 2.5),
    "conditions": (lambda form: form.domain, 2.5),
    "text": (lambda form: str(form.gradient), 4),
    "LaTeX": (lambda form: form.gradient.latex(), 4),
}
# the steps of the shorter program
OF_WHICH = {"a residual layer": 10, "an exponential factor": 10, "two softmaxes": 5}
FEW = 5_000
LOOKING_FOR_ARRAYS = ("magnitude.py", "drawing.py", "instances.py", "capture.py", "evaluation.py", "exchange.py")


def steps_of_algebra(made):
    """How many functions of the algebra of expressions are called while something is made."""
    calls = 0
    of_formulas = tuple(f"{os.sep}{package}{os.sep}" for package in ("calculus", "display"))

    def look(frame, event, _):
        nonlocal calls
        file = frame.f_code.co_filename
        if event == "call" and any(part in file for part in of_formulas) and not file.endswith(LOOKING_FOR_ARRAYS):
            calls += 1

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        found = made()
    finally:
        sys.setprofile(before)
    return found, calls


def formed(name, count):
    f, x0 = FAMILIES[name][0](count)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return derive(f, x0)


def size_of(formula):
    """The nodes of an expression and their parts, each node once."""
    return sum(1 + len(node.parts) for node in expression.walk(formula.expression))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_gradient_grows_with_the_length_of_a_program(name):
    """Twice the steps take at most two and a half times as much, in the formula and in the work on it."""
    sizes, works = [], []
    for count in (FAMILIES[name][1], 2 * FAMILIES[name][1]):
        found, work = steps_of_algebra(partial(getattr, formed(name, count), "gradient"))
        sizes.append(size_of(found))
        works.append(work)
    assert sizes[1] <= 2.5 * sizes[0] + 20
    assert works[1] <= 2.5 * works[0] + FEW


@pytest.mark.parametrize("name", HESSIANS)
def test_a_hessian_grows_with_the_length_of_a_program(name):
    """Each of its terms is a product as long as the program before it, of which no more than the names are copied."""
    works = [
        steps_of_algebra(partial(getattr, formed(name, count), "hessian"))[1]
        for count in (HESSIANS[name], 2 * HESSIANS[name])
    ]
    assert works[1] <= 4 * works[0] + FEW


@pytest.mark.parametrize("name", OF_WHICH)
@pytest.mark.parametrize("what", MADE)
def test_what_is_made_of_a_gradient_grows_with_the_length_of_a_program(what, name):
    make, most = MADE[what]
    steps = OF_WHICH[name]
    works = []
    for count in (steps, 2 * steps):
        form = formed(name, count)
        _ = form.gradient
        works.append(steps_of_algebra(partial(make, form))[1])
    assert works[1] <= most * works[0] + FEW


def test_a_derivation_grows_as_a_hessian_does():
    forms = [formed("a residual layer", count) for count in (3, 6)]
    works = [steps_of_algebra(form.derivation)[1] for form in forms]
    assert works[1] <= 4 * works[0] + FEW


def test_powers_of_powers_are_not_written_out():
    """X ← X X, twelve times, is X to the power 4096."""
    f, x0 = repeated(lambda _, X: X @ X, np.trace, x0=A)(12)
    form = derive(f, x0)
    assert sum(1 + len(node.parts) for node in expression.walk(form.expression)) < 600


def test_what_a_step_of_euler_adds_is_a_factor():
    f, x0 = FAMILIES["a step of Euler"][0](30)
    printed = str(derive(f, x0).gradient)
    assert len(printed) < 200, printed


def test_steps_of_a_recurrence_are_named_and_not_written_out():
    form = formed("a residual layer", 12)
    printed = str(form.gradient)
    assert "where" in printed
    assert len(printed) < 1500, printed


N = Dim("n")
U, S = algebra.symbol("u", N, 1), algebra.symbol("S", N, N)


def test_long_values_that_are_used_again_stay_one_part():
    whole = U
    while whole.length <= 60:
        whole = algebra.add(whole, algebra.apply("tanh", algebra.matmul(S, whole)))
    one = kept(whole)
    assert one.kept
    assert one in algebra.add(one, U).parts
    assert one in algebra.hadamard(one, U).parts
    assert algebra.add(one, algebra.negative(one)) is algebra.zero(N, 1)
    assert algebra.transpose(algebra.transpose(one)) is one
    assert kept(U) is U
    assert not kept(algebra.matmul(*[S] * 100, U)).kept


@pytest.mark.parametrize("seed", range(20))
def test_a_trace_is_the_same_from_wherever_it_begins(seed):
    random = np.random.default_rng(seed)
    pool = [algebra.symbol(name, N, N) for name in "PQR"]
    chain = [pool[place] for place in random.integers(0, 1 + seed % 3, 1 + seed)]
    turned = [[*chain[place:], *chain[:place]] for place in range(len(chain))]
    turned += [[algebra.transpose(link) for link in reversed(turn)] for turn in turned]
    assert len({trace(algebra.matmul(*turn)) for turn in turned}) == 1


def test_transposing_goes_through_a_shared_part_once():
    whole = S
    for _ in range(60):
        whole = algebra.apply("tanh", algebra.add(algebra.matmul(whole, S), algebra.hadamard(whole, S)))
    calls = steps_of_algebra(lambda: algebra.transpose(whole))[1]
    assert calls < 60_000


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
