"""Derivatives taken in many threads at once are those that one thread takes."""

from __future__ import annotations

import contextvars
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import wengert as wg
import wengert.numpy as wnp
from wengert.graph import REGISTRY
from wengert.tracing import capture

THREADS = 8
ROUNDS = 25
POINT = np.array([0.3, -0.7, 1.1, 0.5])
MATRIX = np.array([[2.0, 0.3, 0.1], [0.2, 1.5, -0.4], [0.0, 0.6, 1.8]])
LARGE = np.linspace(-1.0, 1.0, 20_000)


@pytest.fixture(autouse=True)
def quick_switches():
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def everywhere(work, threads=THREADS):
    """Run `work(number)` in many threads that start together; their results, or the first error."""
    barrier = threading.Barrier(threads)

    def run(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(run, number) for number in range(threads)]]


def smooth(x):
    return np.sum(np.sin(x) * np.exp(x[::-1])) + np.prod(x)


def written(x):
    y = x.copy()
    view = y[1:]
    view *= x[:-1]
    y[0] = np.sum(y)
    return np.sum(y**2)


def plain_filled(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = x[i] ** 2 * i
    return np.sum(out * out)


def mirrored(x):
    out = wnp.zeros(4)
    out[1:] = x[1:] * x[0]
    return np.sum(out**3)


def solving(x):
    return np.sum(np.linalg.solve(MATRIX + np.outer(x[:3], x[:3]), x[1:]))


def steered(x):
    return np.sum(x**2) if x[0] > x[1] else np.sum(x**3)


def special(x):
    z = x - x
    return np.sum(np.where(x > 0, np.sqrt(np.abs(z)), x)) + np.linalg.norm(z)


@wg.custom_rule
def energy(x):
    return np.sum(x**2) / 2


@energy.differential
def _d_energy(out, x):
    return lambda dx: np.sum(x * dx)


def nested(x):
    return np.sum(wg.grad(smooth)(x) ** 2)


def against_large(x):
    return np.sum(np.sin(LARGE * x[0]) * LARGE) + np.sum(x)


V = np.array([1.0, -2.0, 0.5, 0.25])
PROGRAMS = {
    "gradient": wg.grad(smooth),
    "value and gradient": wg.value_and_grad(written),
    "hessian": wg.hessian(smooth),
    "jacobian forward": wg.jacobian(np.cumprod, mode="forward"),
    "jacobian reverse": wg.jacobian(lambda x: np.outer(x, x), mode="reverse"),
    "hvp": lambda x: wg.hvp(written, x, V),
    "jvp of grad of grad": lambda x: wg.jvp(wg.grad(nested), (x,), (V,))[1],
    "vmap of grad": lambda x: wg.vmap(wg.grad(smooth))(np.stack([x, 2 * x])),
    "grad of vmap": wg.grad(lambda x: np.sum(wg.vmap(lambda e: np.sin(e) * e)(x))),
    "custom rule": wg.hessian(lambda x: energy(np.sin(x))),
    "checkpoint": wg.grad(wg.checkpoint(smooth)),
    "checkpoint twice": wg.hessian(wg.checkpoint(smooth)),
    "filled arrays": wg.hessian(plain_filled),
    "mirrored arrays": wg.grad(mirrored),
    "linear algebra": wg.grad(solving),
    "control flow": wg.grad(steered),
    "zeros that annihilate": wg.grad(special),
    "linearize": lambda x: wg.linearize(written, x)[1](V),
    "large constant": wg.grad(against_large),
    "trace": lambda x: len(wg.trace(smooth, x)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_many_threads_give_the_numbers_of_one(name):
    program = PROGRAMS[name]
    points = [POINT * (1 + 0.1 * number) for number in range(THREADS)]
    expected = [program(point) for point in points]

    # the threads of LAPACK and ours get in each other's way
    rounds = 2 if name == "linear algebra" else ROUNDS

    def work(number: int) -> None:
        for _ in range(rounds):
            np.testing.assert_equal(program(points[number]), expected[number])

    everywhere(work)


def test_all_programs_at_once():
    expected = {name: program(POINT) for name, program in PROGRAMS.items()}
    names = list(PROGRAMS)

    def work(number: int) -> None:
        random = np.random.default_rng(number)
        for place in random.integers(0, len(names), 60):
            np.testing.assert_equal(PROGRAMS[names[place]](POINT), expected[names[place]])

    everywhere(work)


def test_first_calls_derive_the_same_rules():
    """The rules are forgotten, and all threads come upon the gap at once, in programs that they share."""
    expected = {name: program(POINT) for name, program in PROGRAMS.items()}
    for _ in range(3):
        for primitive in REGISTRY.values():
            primitive.rules.clear()
            primitive.functions.clear()

        def work(number: int) -> None:
            for name, program in PROGRAMS.items():
                np.testing.assert_equal(program(POINT), expected[name])

        everywhere(work)


@pytest.mark.parametrize("program", [plain_filled, written, mirrored], ids=lambda f: f.__name__)
def test_first_calls_of_one_derivative(program):
    """What is found out about a function at its first call is found out by several threads at once."""
    expected = wg.grad(program)(POINT)
    for _ in range(40):
        gradient = wg.grad(program)
        for found in everywhere(lambda number, g=gradient: g(POINT)):
            np.testing.assert_equal(found, expected)


def test_caches_are_emptied_while_others_use_them():
    expected = {name: program(POINT) for name, program in PROGRAMS.items()}
    done = threading.Event()

    def empty() -> None:
        while not done.is_set():
            for primitive in list(REGISTRY.values()):
                primitive.rules.clear()
                primitive.functions.clear()
                done.wait(1e-5)

    cleaner = threading.Thread(target=empty)
    cleaner.start()

    def work(number: int) -> None:
        for name in ("gradient", "hvp", "hessian", "value and gradient", "linear algebra"):
            np.testing.assert_equal(PROGRAMS[name](POINT), expected[name])

    try:
        everywhere(work, 4)
    finally:
        done.set()
        cleaner.join()


def test_an_array_that_many_threads_hold_is_given_back():
    shared = np.linspace(0.0, 1.0, 20_000)
    view = shared[500:2500]

    def program(x):
        return np.sum(x * shared) + np.sum(np.sin(x) * view[:1000] * shared[:1000])

    x = np.float64(0.3)
    expected = wg.grad(program)(x)

    def work(number: int) -> None:
        for _ in range(100):
            assert wg.grad(program)(x) == expected

    everywhere(work)
    assert shared.flags.writeable
    assert view.flags.writeable


def test_an_array_stays_locked_as_long_as_one_thread_needs_it():
    shared = np.linspace(0.0, 1.0, 20_000)
    pullbacks = everywhere(lambda number: wg.vjp(lambda x: np.sum(x * shared), float(number))[1])
    assert not shared.flags.writeable
    for pullback in pullbacks[1:]:
        del pullback
    del pullbacks[1:]
    assert not shared.flags.writeable
    assert pullbacks[0](1.0) == (np.sum(shared),)
    pullbacks.clear()
    assert shared.flags.writeable


def test_read_only_input_stays_read_only():
    shared = np.linspace(0.0, 1.0, 20_000)
    shared.flags.writeable = False

    def work(number: int) -> None:
        for _ in range(50):
            wg.grad(lambda x: np.sum(x * shared))(1.0)

    everywhere(work)
    assert not shared.flags.writeable


def test_the_collector_may_come_while_the_table_of_locks_is_written():
    """A recording that ends inside the guarded section, as the garbage collector can make it, must not wait for it."""
    shared = np.linspace(0.0, 1.0, 20_000)
    held = capture.Captured()
    held.lock(shared)

    def collect() -> None:
        with capture._guard:
            capture._writing.append(True)
            held.__del__()
            capture._writing.pop()

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(5.0)
    assert not thread.is_alive()
    # the write that was interrupted takes it back when it is done
    wg.grad(against_large)(POINT)
    assert shared.flags.writeable


def test_an_error_in_one_thread_leaves_the_others_alone():
    def broken(x: Any) -> Any:
        y = np.sin(x) * LARGE[:4]
        raise KeyError(float(np.size(y)))

    expected = wg.grad(smooth)(POINT)

    def work(number: int) -> None:
        for _ in range(50):
            if number % 2:
                with pytest.raises(KeyError):
                    wg.grad(broken)(POINT)
            else:
                np.testing.assert_equal(wg.grad(smooth)(POINT), expected)

    everywhere(work)
    assert LARGE.flags.writeable


def test_a_thread_that_inherits_the_context_differentiates_on_its_own():
    """asyncio.to_thread and the like hand on the context, and with it the recordings that enclose the call."""
    expected = wg.grad(smooth)(POINT)

    def outer(x):
        found: list[Any] = []
        context = contextvars.copy_context()
        thread = threading.Thread(target=lambda: found.append(context.run(wg.grad(smooth), POINT)))
        thread.start()
        thread.join()
        np.testing.assert_equal(found[0], expected)
        return np.sum(x * found[0])

    np.testing.assert_equal(wg.grad(outer)(POINT), expected)


def test_work_on_traced_values_in_threads_of_the_program():
    """A program that itself spreads its work over threads."""

    def program(x):
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda i: np.sin(x[i]) * x[i], range(4)))
        return sum(parts)

    np.testing.assert_allclose(wg.grad(program)(POINT), np.cos(POINT) * POINT + np.sin(POINT), rtol=1e-14)


def test_rules_that_are_loaded_on_demand_are_there_for_all():
    """In a fresh process all threads meet the first function of SciPy at once."""
    program = """
import sys, threading
import numpy as np, scipy.special, wengert as wg
sys.setswitchinterval(1e-6)
barrier, found = threading.Barrier(8), []
def run():
    barrier.wait()
    found.append(wg.grad(scipy.special.gammaln)(2.5))
threads = [threading.Thread(target=run) for _ in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert len(found) == 8 and len(set(found)) == 1, found
"""
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
