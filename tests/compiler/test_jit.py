"""wg.jit: the results of the function itself, whatever changes between calls, and an account of what was compiled."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
import types
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.api import jit
from wengert.compiler import sharing
from wengert.compiler.fallback import Fallback
from wengert.compiler.signature import signature

DRAW = np.random.default_rng(11)
SCALE = np.array([1.0, 2.0, 3.0])
RATE = 0.5


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w, X, y):
    return np.mean(np.log1p(np.exp(-y * (X @ w)))) + 0.05 * np.sum(w**2)


def branching(x):
    return np.sum(x**2) if x[0] > 0 else np.sum(np.exp(x))


def halving(x):
    count = 0
    while np.sum(x) > 1:
        x = x / 2
        count += 1
    return np.sum(x**2) * count


def with_globals(x):
    return RATE * np.sum(SCALE * np.sin(x))


def structured(p, *, power=2):
    return {"value": np.sum(p["a"] ** power) + p["b"][0] * 3.0, "pair": (p["a"] * 2, [p["b"][1]])}


def filled(x):
    a = np.zeros(5)
    for i in range(5):
        a[i] = x[i] * x[-i - 1]
    a[1:3] += x[:2]
    return a * a


def likelihood(t, x, y):
    K = t[0] ** 2 * np.exp(-0.5 * (x[:, None] - x) ** 2 / t[1] ** 2) + t[2] ** 2 * np.eye(len(x))
    L = np.linalg.cholesky(K)
    return 0.5 * y @ np.linalg.solve(K, y) + np.sum(np.log(np.diag(L)))


def arm(q):
    x = y = angle = 0.0
    for joint in q:
        angle = angle + joint
        x, y = x + 0.3 * np.cos(angle), y + 0.3 * np.sin(angle)
    return np.array([x, y])


def normal(*shape):
    return DRAW.normal(size=shape)


X, Y = normal(40, 6), np.sign(normal(40))
CALLS = {
    "gradient": (wg.grad(rosenbrock), normal(10)),
    "value and gradient": (wg.value_and_grad(rosenbrock), normal(10)),
    "Hessian": (wg.hessian(rosenbrock), normal(6)),
    "third derivatives": (wg.jacobian(wg.hessian(rosenbrock)), normal(4)),
    "several arguments": (wg.grad(logistic, (0, 1)), normal(6), X, Y),
    "Hessian of logistic": (wg.hessian(logistic), normal(6), X, Y),
    "batched gradients": (wg.vmap(wg.grad(rosenbrock)), normal(7, 5)),
    "gradient of a batch": (wg.grad(lambda x: np.sum(wg.vmap(rosenbrock)(x))), normal(7, 5)),
    "directional derivative": (lambda x, v: wg.jvp(rosenbrock, (x,), (v,)), normal(5), normal(5)),
    "Hessian times vector": (lambda x, v: wg.hvp(rosenbrock, x, v), normal(5), normal(5)),
    "pullback": (lambda x, g: wg.vjp(filled, x)[1](g), normal(5), normal(5)),
    "jit inside": (wg.grad(wg.jit(rosenbrock)), normal(5)),
    "writes inside": (wg.jacobian(wg.jit(filled)), normal(5)),
    "jit of jit": (wg.jit(wg.grad(wg.jit(rosenbrock))), normal(5)),
    "batch of a jit": (wg.vmap(wg.jit(wg.grad(rosenbrock))), normal(3, 5)),
    "one branch": (wg.grad(branching), np.array([1.0, 2.0])),
    "the other branch": (wg.grad(branching), np.array([-1.0, 2.0])),
    "loop until": (wg.grad(halving), np.array([3.0, 9.0])),
    "nesting": (structured, {"a": normal(3), "b": [1.5, normal(2)]}),
    "numbers": (wg.derivative(lambda x: np.sin(x) * x**2), 0.7),
    "NumPy scalars": (wg.grad(lambda x: np.sin(x) * x**2), np.float64(0.7)),
    "writes": (wg.jacobian(filled), normal(5)),
    "Cholesky": (wg.value_and_grad(likelihood), np.array([1.0, 1.0, 0.3]), normal(20), normal(20)),
    "second order of Cholesky": (wg.hessian(likelihood), np.array([1.0, 1.0, 0.3]), normal(9), normal(9)),
    "kinematics": (wg.jacobian(arm), normal(7)),
    "sorting": (wg.jacobian(lambda x: np.cumsum(np.sort(x) * x[::-1])), normal(6)),
    "indices": (wg.grad(lambda x: np.sum(x[np.array([0, 2, 2])] ** 2)), normal(4)),
    "masks": (wg.grad(lambda x: np.sum(x[x > 0] ** 2)), normal(9)),
    "single precision": (wg.grad(logistic), normal(6).astype(np.float32), X.astype(np.float32), Y.astype(np.float32)),
    "complex": (lambda z: np.abs(z * (1 + 2j)) ** 2, normal(3) + 1j * normal(3)),
    "whole numbers": (lambda x, n: x**n + n, normal(3), 3),
    "columns": (wg.grad(lambda A: np.sum(A[:, 0] * A[:, 1])), np.asfortranarray(normal(4, 3))),
    "every second": (wg.grad(lambda x: np.sum(np.sin(x))), normal(10)[::2]),
    "empty": (wg.grad(lambda x: np.sum(x**2)), np.zeros(0)),
    "a kink": (wg.grad(np.linalg.norm), np.zeros(3)),
    "zero times infinity": (wg.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))), np.array([0.0, 1.0, -1.0])),
    "not finite": (wg.value_and_grad(lambda x: np.sum(np.log(x))), np.array([0.0, 1.0, np.inf])),
    "infinity times the identity": (lambda A: (np.eye(2) @ A, A * 2), np.array([[1.0, np.inf], [2.0, 3.0]])),
    "infinity in an outer product": (lambda x: np.outer(x, x).sum(0), np.array([1.0, np.inf, -2.0])),
    "infinity in a chain of products": (lambda A, x: A @ A @ x, normal(3, 3), np.array([1.0, np.inf, -2.0])),
    "infinity in rows that are summed": (
        lambda x, A: np.sum(np.outer(x, x + 1) @ A, axis=0),
        np.array([1.0, np.inf, -2.0]),
        normal(3, 3),
    ),
    "infinity in a product of three": (
        lambda x, A: np.einsum("ij,jk,k->i", A, np.outer(x, x), x),
        np.array([1.0, np.inf, -2.0]),
        normal(3, 3),
    ),
    "infinity in a determinant": (
        wg.grad(lambda x: np.sum(np.log(np.diag(np.linalg.cholesky(np.eye(3) + np.outer(x, x)))))),
        np.array([1e200, -1e200, 1.0]),
    ),
    "bytes in the other order": (lambda A: (A @ A.T, np.sort(A), np.sin(A)), normal(4, 6).astype(">f8")),
    "finite times the identity": (lambda A: (np.eye(2) @ A, A * 2), np.array([[1.0, 5.0], [2.0, 3.0]])),
    "products of truth values": (
        lambda m: (m @ m.T, m.T @ m[:, 0], np.einsum("ij->i", m), np.einsum("ij->", m), np.sum(m, dtype=bool)),
        np.array([[True, False], [False, False], [True, True]]),
    ),
    "short integers": (
        lambda k: (np.einsum("ij->i", k), np.sum(k, 0, dtype=np.int32), np.cumsum(k, 0, dtype=np.int8), np.sum(k)),
        np.arange(6, dtype=np.int32).reshape(3, 2),
    ),
    "extended precision": (lambda x: np.longdouble(2) * x, normal(3)),
    "constant": (lambda x: (x * 0.0 + 1.0, np.ones(2), "text", None), normal(2)),
    "the argument itself": (lambda x: (x, x * 2), normal(2)),
}


def assert_same(found, expected, exact=False):
    one, two = tree.flatten(found), tree.flatten(expected)
    assert str(one[1]) == str(two[1])
    for a, b in zip(one[0], two[0], strict=True):
        assert type(a) is type(b)
        if not isinstance(b, (np.ndarray, np.generic, float, int, complex)):
            assert a == b
            continue
        assert np.shape(a) == np.shape(b)
        assert np.result_type(a) == np.result_type(b)
        eps = 0.0 if exact else 200 * np.finfo(np.result_type(b, np.float32)).eps
        size = np.max(np.abs(b), initial=0.0, where=np.isfinite(b))
        np.testing.assert_allclose(a, b, rtol=0, atol=eps * max(size, 1e-300), equal_nan=True)


@pytest.mark.parametrize("name", CALLS)
def test_results_are_those_of_the_function(name):
    function, *args = CALLS[name]
    fast = wg.jit(function)
    with np.errstate(all="ignore"):
        expected = function(*args)
        for _ in range(3):
            assert_same(fast(*args), expected)


@pytest.mark.parametrize("name", ["gradient", "Hessian of logistic", "loop until", "nesting", "kinematics", "Cholesky"])
def test_these_are_compiled(name):
    function, *args = CALLS[name]
    fast = wg.jit(function)
    fast(*args)
    assert "loop" in fast.explain() or "numbers" in fast.explain()
    assert "left to NumPy" not in fast.explain()


def test_other_branches_and_loop_counts_are_recorded():
    fast = wg.jit(wg.grad(branching))
    slow = wg.grad(branching)
    for x in ([1.0, 2.0], [-1.0, 2.0], [3.0, 1.0], [-2.0, 0.0]):
        assert_same(fast(np.array(x)), slow(np.array(x)))
    assert fast.explain().count("for float64[2]") == 2
    fast, slow = wg.jit(wg.grad(halving)), wg.grad(halving)
    for size in (1.5, 3.0, 40.0, 3.5, 1.2):
        assert_same(fast(np.array([size, 0.5])), slow(np.array([size, 0.5])))


def test_calls_of_a_few_kinds_in_turn_stay_in_machine_code(monkeypatch):
    def program(x, flag):
        return np.sum(x * 2.0) if x[0] > 0 else np.sum(x) + flag

    fast = wg.jit(program)
    calls = [(normal(3) ** 2 + 1, True), (-(normal(3) ** 2) - 1, True), (normal(4) ** 2 + 1, True), (np.ones(3), False)]
    for args in calls:
        assert_same(fast(*args), program(*args))
    asked = []
    monkeypatch.setattr(jit, "signature", lambda *args: asked.append(args) or signature(*args))
    for _ in range(2):
        for args in (*calls, *reversed(calls)):
            assert_same(fast(*args), program(*args))
    assert not asked
    for args in ((np.ones(5), True), (np.ones(6), False), *calls):
        assert_same(fast(*args), program(*args))
    assert asked


def test_paths_are_bounded():
    def counting(x):
        total = x
        while total < 100:
            total = total * 1.5
        return total

    fast = wg.jit(counting)
    for start in 1.4 ** np.arange(-30.0, 10.0):
        assert fast(start) == counting(start)
    assert "left to NumPy, since 16 paths through it are compiled" in fast.explain()


def test_shapes_dtypes_and_keywords_have_recordings_of_their_own():
    fast = wg.jit(structured)
    for count in (1, 2, 3):
        for dtype in (np.float64, np.float32):
            p = {"a": normal(count).astype(dtype), "b": [1.5, normal(2)]}
            for power in (2, 3):
                assert_same(fast(p, power=power), structured(p, power=power))


def test_what_changes_outside_is_seen():
    module = types.ModuleType("changing")
    code = """
import numpy as np

A, rate = np.ones(3), 1.0

def g(x):
    return x * 2

def f(x):
    return rate * np.sum(A * g(x))
"""
    exec(code, module.__dict__)
    fast, x = wg.jit(wg.value_and_grad(module.f)), np.arange(3.0)

    def agrees():
        assert_same(fast(x), wg.value_and_grad(module.f)(x))

    agrees()
    module.A[1] = 7.0
    agrees()
    module.A = np.array([3.0, 2.0, 1.0])
    agrees()
    module.rate = 2.0
    agrees()
    module.g = lambda x: x * x
    agrees()
    module.A = np.arange(3.0, dtype=np.float32)
    agrees()
    module.A = 5.0
    agrees()


def test_closures_attributes_and_lists_are_seen():
    class Model:
        def __init__(self):
            self.scale = 2.0
            self.layers = [np.ones(2)]

        def loss(self, x):
            for layer in self.layers:
                x = np.tanh(layer * x) * self.scale
            return np.sum(x)

    model, x = Model(), np.array([0.3, 0.4])
    fast, slow = wg.jit(wg.grad(model.loss)), wg.grad(model.loss)
    assert_same(fast(x), slow(x))
    model.scale = 3.0
    assert_same(fast(x), slow(x))
    model.layers.append(np.array([0.5, 0.6]))
    assert_same(fast(x), slow(x))
    model.layers[0][0] = 9.0
    assert_same(fast(x), slow(x))


def test_effects_happen_at_every_call():
    seen = []

    def noting(x):
        seen.append(1)
        return np.sum(x**2)

    fast = wg.jit(noting)
    for count in (1, 2, 3):
        assert fast(np.ones(2)) == 2.0
        assert len(seen) == count
    assert "left to NumPy, since" in fast.explain()


def test_random_numbers_are_drawn_anew():
    draw = np.random.default_rng(0)
    fast = wg.jit(lambda x: np.sum(x * draw.normal(size=3)))
    assert len({float(fast(np.ones(3))) for _ in range(4)}) == 4


def test_errors_are_those_of_the_function():
    fast = wg.jit(np.linalg.cholesky)
    fast(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        fast(-np.eye(2))
    with pytest.raises(ValueError, match="core dimension"):
        wg.jit(lambda x, y: x @ y)(np.ones(3), np.ones(2))


def test_many_threads_call_at_once():
    fast = wg.jit(wg.value_and_grad(logistic))
    arguments = [(normal(6), normal(count, 6), np.sign(normal(count))) for count in (5, 9, 2000)]
    expected = [wg.value_and_grad(logistic)(*args) for args in arguments]
    failures = []

    def work(place):
        for turn in range(40):
            case = (place + turn) % len(arguments)
            try:
                assert_same(fast(*arguments[case]), expected[case])
            except AssertionError as failure:
                failures.append(failure)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@wg.jit
def even(x, n):
    return np.sum(x) if n == 0 else odd(x * 2, n - 1)


@wg.jit
def odd(x, n):
    return np.sum(x) * 0 if n == 0 else even(x * 2, n - 1)


def test_functions_that_call_each_other_are_recorded_by_two_threads(monkeypatch):
    make, both, results = jit.Jitted._made, threading.Barrier(2), {}

    def make_together(self, *args):
        both.wait(30)
        return make(self, *args)

    def work(function):
        results[function] = function(np.ones(3), 6)

    monkeypatch.setattr(jit.Jitted, "_made", make_together)
    threads = [threading.Thread(target=work, args=(function,), daemon=True) for function in (even, odd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {even: 192.0, odd: 0.0}


def test_what_a_function_calls_while_it_is_recorded_is_not_recorded_by_itself():
    @wg.jit
    def power(x, n):
        return np.sum(x) if n == 0 else np.sum(x) * power(x, n - 1)

    x = np.array([0.5, 1.0])
    assert power(x, 20) == pytest.approx(1.5**21, rel=1e-13)
    assert len(power._compiled) == 1
    assert power(x, 19) == pytest.approx(1.5**20, rel=1e-13)
    assert len(power._compiled) == 2


RECURSION = """
import threading
import numpy as np
import wengert as wg
from wengert.compiler import improving

@wg.jit
def descend(x, n):
    steps = np.cumsum(np.sin(np.cumsum(np.cos(x))[::-1]))
    if np.sum(steps) > 1e300:
        raise ValueError
    return np.sum(steps) if n <= 0 else float(descend(x, n - 1))

x, found = np.ones(900), []
for count in range(4):
    descend(x, -count)
expected = descend(x, 0)
threading.stack_size(1 << 20)
for _ in range(2):
    # with code made in a hurry, and with better code
    thread = threading.Thread(target=lambda: found.append(bool(descend(x, 80) == expected)))
    thread.start()
    thread.join()
    improving.settle()
print(found)
"""


def test_frames_are_given_back_before_others_are_asked():
    done = subprocess.run([sys.executable, "-c", RECURSION], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "[True, True]\n"


FORKING = """
import os, signal, threading
import numpy as np
import wengert as wg

begun, done = threading.Event(), threading.Event()
fast = wg.jit(lambda x: np.sum(x) * 2)

def recording():
    with fast._lock:
        begun.set()
        done.wait(60)

thread = threading.Thread(target=recording)
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    signal.alarm(30)
    assert fast(np.ones(3)) == 6.0
    assert "emit" in fast.explain()
    os._exit(0)
status = os.waitpid(child, 0)[1]
done.set()
thread.join()
assert status == 0, status
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_of_fork_records_what_another_thread_was_recording():
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKING], check=True, timeout=120)


def test_explain_tells_loops_calls_memory_guards_and_times():
    fast = wg.jit(wg.value_and_grad(lambda A, B: np.sum(np.tanh(A @ B))))
    assert fast.explain() == "jit of <lambda>: not called yet"
    fast(normal(300, 400), normal(400, 500))
    text = fast.explain()
    for part in ("for float64[300, 400], float64[400, 500]:", "tiles of 300 x 500: matmul over 400",
                 "loop over 300 x 500", "tanh", "bytes", "guarded: ", "compiled in"):  # fmt: skip
        assert part in text


def test_numbers_that_change_at_every_call_do_not_fill_the_memory():
    fast = wg.jit(lambda x, step: x * step)
    for step in range(70):
        np.testing.assert_array_equal(fast(np.ones(2), step), step)
    assert fast.explain().count("compiled in") == 64
    assert "left to NumPy, since it has been called with arguments of 64 kinds, and others are not" in fast.explain()


def test_refusals_that_may_pass_are_bounded_as_well():
    count = 0

    def noting(x, step):
        seen.append(step)
        return x * step

    class Seen(list):
        def append(self, step):
            nonlocal count
            count += 1

    seen = Seen()
    fast = wg.jit(noting)
    for step in range(70):
        np.testing.assert_array_equal(fast(np.ones(2), step), step)
    assert count == 70
    assert len(fast._refusals) == 64
    assert "arguments of 64 kinds" in fast.explain()


def test_a_jit_looks_like_its_function():
    fast = wg.jit(rosenbrock)
    assert fast.__name__ == "rosenbrock"
    assert repr(fast) == "<jit of rosenbrock>"


def test_methods_get_their_object():
    class Model:
        def __init__(self, rate):
            self.rate = rate

        @wg.jit
        def loss(self, x):
            return self.rate * np.sum(x**2)

        @classmethod
        @wg.jit
        def total(cls, x):
            return np.sum(x)

        @staticmethod
        @wg.jit
        def twice(x):
            return x * 2

    one, two, x = Model(2.0), Model(3.0), np.arange(3.0)
    for _ in range(2):
        assert (one.loss(x), two.loss(x), Model.loss(one, x)) == (10.0, 15.0, 10.0)
        assert (Model.total(x), one.total(x)) == (3.0, 3.0)
        np.testing.assert_array_equal(one.twice(x), 2 * x)
    one.rate = 5.0
    assert one.loss(x) == 25.0
    np.testing.assert_array_equal(wg.grad(one.loss)(x), 10 * x)


def test_a_value_that_a_derivative_outside_follows_is_not_compiled_in():
    held = [1.0]
    fast = wg.jit(lambda x: x * held[0] ** 2)

    def outer(y):
        held[0] = y
        result = fast(3.0)
        held[0] = 1.0
        return result

    assert fast(3.0) == 3.0
    for _ in range(4):
        assert wg.grad(outer)(2.0) == 12.0
        assert wg.derivative(wg.derivative(outer))(2.0) == 6.0
        np.testing.assert_array_equal(wg.vmap(outer)(np.array([1.0, 2.0])), [3.0, 12.0])
        assert fast(3.0) == 3.0
    assert wg.grad(lambda y: wg.jit(lambda x: x * y)(3.0))(2.0) == 3.0


def test_a_result_is_nobody_elses_memory():
    fast = wg.jit(lambda x, y: (x * 2 + y, x - y, np.ones(10)))
    x = np.arange(10.0)
    x.flags.writeable = False
    kept = []
    for pair in ((x, x), (x, x[::-1]), (x[::-1], x[::-1]), (np.repeat(x, 2)[::2], x)):
        found = fast(*pair)
        kept.append((found, [pair[0] * 2 + pair[1], pair[0] - pair[1], np.ones(10)]))
        assert not any([np.shares_memory(one, x) for one in found])
        fast(*pair)[2][:] = 7.0
    for found, expected in kept:
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


class StopError(Exception):
    """What a handler of signals raises."""


def reciprocal(x):
    return 1.0 / x


def careful_reciprocal(x):
    try:
        with np.errstate(all="raise"):
            return 1.0 / x
    except FloatingPointError:
        return x * 0.0


def told(kind, flag):
    raise ArithmeticError(kind)


SETTINGS = {
    "errors": {"all": "raise"},
    "one error": {"divide": "raise"},
    "a call": {"divide": "call", "call": told},
    "warnings": {"all": "warn"},
    "nothing": {"all": "ignore"},
    "another error": {"over": "raise"},
}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("program", [reciprocal, careful_reciprocal])
def test_floating_point_errors_are_told_as_the_caller_wants_it(name, program):
    fast = wg.jit(program)
    for x in (np.array([2.0, 4.0]), np.array([0.0, 4.0]), np.array([2.0, 4.0]), 2.0):
        assert_same(fast(x), program(x))
        with np.errstate(**SETTINGS[name]):
            found, expected = [outcome(function, x) for function in (fast, program)]
        if isinstance(expected, Exception):
            assert (type(found), str(found)) == (type(expected), str(expected))
        else:
            assert_same(found, expected)
        assert_same(fast(x), program(x))
    compiled = "emit" in fast.explain() or "fingerprint" in fast.explain()
    assert compiled == (program is reciprocal)


def outcome(function, x):
    try:
        return function(x)
    except ArithmeticError as error:
        return error


class Pair(NamedTuple):
    x: Any
    n: Any


@dataclass
class Mutable:
    x: Any
    n: Any


@dataclass(frozen=True)
class Frozen:
    x: Any
    n: Any


def powers(p):
    return {"sum": np.sum(p.x**p.n), "power": p.x**p.n, "again": type(p)(p.x, p.n)}


CONTAINERS = {
    "named tuple": Pair,
    "data class": Mutable,
    "frozen data class": Frozen,
    "named tuple in a list": lambda x, n: [Pair(x, n)],
    "dictionary with a number as key": lambda x, n: {0: Pair(x, n)},
    "ordered dictionary": lambda x, n: OrderedDict(p=Frozen(x, n)),
}


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_containers_of_the_users_own_have_recordings_for_all_they_hold(make):
    def program(container, shift=0.0):
        p = container
        while not hasattr(p, "x"):
            p = next(iter(p.values())) if isinstance(p, dict) else p[0]
        return powers(Pair(p.x + shift, p.n))

    fast = wg.jit(program)
    x = normal(3) ** 2 + 0.1
    others = (x, x[:2], x.astype(np.float32), np.stack([x, x])[:, ::2], np.float64(2.0), 2.0, np.float32(2.0))
    for _ in range(2):
        for value in others:
            for power in (2, 3, 2.0, np.float64(2.0), True, 2):
                assert_same(fast(make(value, power)), program(make(value, power)))
        assert_same(fast(make(x, 2), shift=x), program(make(x, 2), shift=x))
    assert_same(fast(Pair(x, 2)), program(Pair(x, 2)))
    assert "left to NumPy" not in fast.explain()


@pytest.mark.parametrize("name", ["exp", "matmul", "sum", "take", "negative", "loop", "gram", "add_at"])
def test_a_function_with_a_rule_is_not_taken_for_the_operation_of_its_name(name):
    def function(x):
        return np.sin(x)

    function.__name__ = name
    own = wg.custom_rule(function)
    own.differential(lambda out, x: (lambda dx: dx * np.cos(x),))
    x = normal(3)
    for program in (own, wg.grad(lambda x: np.sum(own(x) ** 2)), wg.vmap(own)):
        assert_same(wg.jit(program)(x), program(x))


def cubes(x):
    return np.sum(x**3)


@wg.jit
def decorated(x):
    return np.sum(x**2)


class Owner:
    def __init__(self, rate):
        self.rate = rate
        self.fast = wg.jit(self.times)

    def times(self, x):
        return x * self.rate

    @wg.jit
    def twice(self, x):
        return x * self.rate * 2


COPIES = {"copy": copy.copy, "deep copy": copy.deepcopy, "pickle": lambda value: pickle.loads(pickle.dumps(value))}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_compiles_anew(copied):
    x = normal(3)
    fast = wg.jit(cubes, cache=True)
    expected = fast(x)
    other = copied(fast)
    assert other is not fast
    assert (other.function, other.cache) == (fast.function, fast.cache)
    assert "not called yet" in other.explain()
    assert_same(other(x), expected)
    assert copied(decorated) is decorated
    assert copied(Owner.twice) is Owner.twice


@pytest.mark.parametrize("name", ["deep copy", "pickle"])
def test_a_copied_object_has_a_compiled_method_of_its_own(name):
    owner, x = Owner(2.0), normal(3)
    owner.fast(x)
    other = COPIES[name](owner)
    other.rate = 5.0
    assert_same((owner.fast(x), other.fast(x), other.twice(x)), (2.0 * x, 5.0 * x, 10.0 * x))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, StopError, TimeoutError, SystemExit])
def test_an_interrupt_is_not_swallowed(stop, monkeypatch):
    A = np.eye(3)
    fast = wg.jit(lambda A: np.fft.fft(A)[0].imag)
    np.testing.assert_array_equal(fast(A), np.zeros(3))

    def compute(self, table):
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr(Fallback, "_compute", compute)
        with pytest.raises(stop):
            fast(A)
    np.testing.assert_array_equal(fast(A), np.zeros(3))


def test_what_the_compiler_cannot_do_is_told_and_left_to_numpy(monkeypatch):
    def broken(*args, **kwargs):
        raise KeyError("broken")

    monkeypatch.setattr(sharing, "_made", broken)
    fast = wg.jit(rosenbrock)
    with pytest.warns(wg.errors.WengertWarning, match="<jit of rosenbrock> runs without machine code: KeyError"):
        assert fast(np.ones(3)) == 0.0
    assert fast(np.ones(3)) == 0.0
    assert "left to NumPy, since no machine code could be made of it (KeyError: 'broken')" in fast.explain()
