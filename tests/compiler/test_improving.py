"""Code that was made in a hurry: it computes what better code does, bit by bit, and gives way to that."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.compiler import building, engine, improving, sharing
from wengert.compiler.kernel import Kernel

RANDOM = np.random.default_rng(0)
MATRIX, VECTOR, LONG = RANDOM.normal(size=(40, 30)), RANDOM.normal(size=30), RANDOM.normal(size=3000)


def _steps(x: Any, length: int) -> Any:
    return wg.scan(lambda state, _: (np.sin(state) * x + 0.1, np.sum(state)), x, None, length=length)


def _halved(x: Any) -> Any:
    return wg.while_loop(lambda state: np.sum(state) > 1.0, lambda state: np.tanh(state) / 2 + 0.001, np.abs(x))


# programs with arguments, and whether their code is made in a hurry at first
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], bool]] = {
    "functions": (lambda x: np.exp(np.sin(x)) * np.log1p(x**2) - np.tanh(x), (VECTOR,), True),
    "sums": (wg.value_and_grad(lambda x: np.sum(np.sqrt(1 + x**2)) / np.max(x)), (LONG,), True),
    "products": (wg.grad(lambda A: np.sum((A @ A.T) ** 2)), (MATRIX,), True),
    "pieces": (wg.grad(lambda x: np.sum((x[1:] - x[:-1]) ** 3) + np.prod(x[::7])), (VECTOR,), True),
    "numbers": (lambda x, n: [np.cumsum(x) % n, np.rint(x), x > 0, np.where(x > 0, x, -n)], (LONG, 7), True),
    "places": (lambda x, k: np.sort(x)[k] * x[k], (LONG, np.arange(0, 3000, 17)), True),
    "steps": (wg.grad(lambda x: np.sum(_steps(x, 20)[0])), (VECTOR,), True),
    "many steps": (lambda x: _steps(x, 10**7)[0], (VECTOR[:2],), False),
    "as many steps as it takes": (_halved, (VECTOR,), False),
    "a large array": (lambda x: np.exp(np.sin(x)) * np.log1p(x**2), (np.zeros(6_000_000),), False),
    "little": (lambda x: x + 1.0, (VECTOR,), False),
}


def bits(result: Any) -> list[bytes]:
    return [np.asarray(leaf).tobytes() for leaf in tree.flatten(result)[0]]


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[Kernel]:
    """The kernels that are made."""
    sharing.forget()
    made: list[Kernel] = []
    build = building.built
    monkeypatch.setattr(building, "built", lambda *args, **kwargs: made.append(build(*args, **kwargs)) or made[-1])
    return made


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What has to be set before any code is made better."""
    opened, make = threading.Event(), engine.object_code_aside
    monkeypatch.setattr(engine, "object_code_aside", lambda text: opened.wait() and make(text))
    yield opened
    opened.set()
    improving.settle()


@pytest.mark.parametrize("name", PROGRAMS)
def test_code_made_in_a_hurry_computes_the_same_bit_by_bit(
    name: str, kernels: list[Kernel], gate: threading.Event
) -> None:
    program, arguments, hurried = PROGRAMS[name]
    compiled = wg.jit(program)
    # which NumPy may have computed
    compiled(*arguments)
    (kernel,) = kernels
    assert kernel.provisional is hurried
    code = kernel.code
    first = compiled(*arguments)
    gate.set()
    improving.settle()
    assert not kernel.provisional
    assert (kernel.code is not code) is hurried
    assert bits(compiled(*arguments)) == bits(first)


def test_calls_run_the_better_code(kernels: list[Kernel], gate: threading.Event) -> None:
    program, arguments, _ = PROGRAMS["functions"]
    compiled = wg.jit(program)
    compiled(*arguments)
    (kernel,) = kernels
    # which finds the kernel of an equal recording
    wg.jit(program)(*arguments)
    callers = list(kernel._callers)
    assert {caller.kernel for caller in callers} == {kernel.address}
    hurried = kernel.address
    gate.set()
    improving.settle()
    assert {caller.kernel for caller in callers} == {kernel.address} != {hurried}


def test_kernels_that_nobody_has_any_more_are_left_alone(kernels: list[Kernel], gate: threading.Event) -> None:
    kept, lost = [wg.jit(lambda x, n=n: np.exp(np.sin(x)) * np.log1p(x**2) - np.tanh(n * x)) for n in (2, 3)]
    kept(VECTOR)
    lost(VECTOR)
    one, other = map(ref, kernels)
    code = one().code
    del lost
    kernels.clear()
    sharing.forget()
    gc.collect()
    assert other() is None
    gate.set()
    improving.settle()
    assert one().code is not code


def test_where_llvm_fails_the_first_code_goes_on_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> Any:
        raise engine.EngineError("no.")

    program, arguments, _ = PROGRAMS["functions"]
    monkeypatch.setattr(engine, "object_code_aside", fail)
    sharing.forget()
    compiled = wg.jit(program)
    compiled(*arguments)
    first = compiled(*arguments)
    improving.settle()
    assert bits(compiled(*arguments)) == bits(first)


def test_what_is_kept_on_disk_is_made_patiently(
    kernels: list[Kernel], gate: threading.Event, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path))
    program, arguments, _ = PROGRAMS["functions"]
    wg.jit(program)(*arguments)
    wg.jit(program, cache=True)(*arguments)
    assert [kernel.provisional for kernel in kernels] == [True, False]


def test_an_interrupt_while_a_thread_begins_leaves_the_rest_to_the_next_one(
    kernels: list[Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: threading.Thread) -> None:
        raise KeyboardInterrupt

    program, arguments, _ = PROGRAMS["functions"]
    with monkeypatch.context() as changed:
        changed.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            wg.jit(program)(*arguments)
    # nobody waits for the thread that has not begun
    improving.settle()
    wg.jit(program)(*arguments)
    improving.settle()
    assert [kernel.provisional for kernel in kernels] == [False]


CHILD = """
import os, numpy as np, wengert as wg
from wengert.compiler import improving
compiled = [wg.jit(wg.grad(lambda x, k=k: np.sum(np.sin(x) * np.exp(-x * k)))) for k in range(5)]
x = np.linspace(0, 1, 50)
results = [function(x) for function in compiled]
pid = os.fork()
if pid == 0:
    improving.settle()
    os._exit(not all([np.array_equal(function(x), result) for function, result in zip(compiled, results)]))
assert os.waitpid(pid, 0)[1] == 0
# and it ends while some of them are still to be made better
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_children_of_fork_go_on_and_programs_end() -> None:
    run = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False, timeout=120)
    assert (run.stdout, run.returncode) == ("done\n", 0), run.stderr


INTERRUPTED = """
import os, signal, sys, threading, time, numpy as np, wengert as wg
from wengert.compiler import engine, improving
make, begun = engine.object_code_aside, threading.Event()

def slowly(text):
    begun.set()
    time.sleep(1.0)
    return make(text)

def interrupt(*_):
    raise KeyboardInterrupt

engine.object_code_aside = slowly
sys.unraisablehook = lambda unraisable: print(unraisable.exc_type.__name__)
signal.signal(signal.SIGALRM, interrupt)
compiled = [wg.jit(wg.grad(lambda x, k=k: np.sum(np.sin(x) * np.exp(-x * k)))) for k in range(3)]
x = np.linspace(0, 1, 50)
results = [function(x) for function in compiled]
begun.wait()
signal.setitimer(signal.ITIMER_REAL, 0.1)
pid = os.fork()
if pid == 0:
    signal.alarm(60)
    improving.settle()
    os._exit(not all([np.array_equal(function(x), result) for function, result in zip(compiled, results)]))
assert os.waitpid(pid, 0)[1] == 0
improving.settle()
print([one.kernel.provisional for function in compiled for several in function._compiled.values() for one in several])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_an_interrupt_while_fork_waits_stops_nothing_else() -> None:
    run = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, timeout=120)
    assert (run.stdout, run.stderr) == ("KeyboardInterrupt\n[False, False, False]\n", "")
