"""Python loops of many equal steps become loops again, in the function and in all its derivatives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.optimise import optimised, repetition, rolling, steps
from wengert.graph import verify

TESTS = Path(__file__).parents[1]
for folder in (TESTS / "fuzz", TESTS / "compiler"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
from graph_gate import FAILURES, check, compare_graphs  # noqa: E402
from random_programs import program_from  # noqa: E402

MATRIX = np.array([[0.5, -0.2, 0.1], [0.3, 0.4, -0.6], [-0.1, 0.2, 0.7]])


def recurrence(a):
    s = a
    for _ in range(160):
        s = s + 0.01 * np.sin(s) * a
    return np.sum(s)


def two_terms(a):
    p, q = a, 0.5 * a
    for _ in range(150):
        p, q = 0.99 * p + 0.01 * np.sin(q), p
    return p * q


def three_back(a):
    kept = [a, 2 * a, 3 * a]
    for _ in range(200):
        kept.append(0.5 * kept[-1] + 0.2 * kept[-3] - 0.1 * np.tanh(kept[-2]))
    return kept[-1] * kept[50]


def of_entries(x):
    s = 0.0
    for i in range(len(x)):
        s = 0.9 * s + np.tanh(x[i]) * (i + 1) * 0.01
    return s


def listed(x):
    s, kept = 0.0, []
    for i in range(len(x)):
        s = 0.9 * s + np.tanh(x[i])
        kept.append(s)
    return np.sum(np.array(kept) ** 2)


def filled(x):
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = 0.5 * y[i - 1] + np.sin(x[i])
    return np.sum(y * y)


def with_times(x):
    s = x
    for i in range(100):
        s = s + 0.01 * np.cos(0.1 * i) * x - 0.005 * s**3
    return np.sum(s)


def heat(u):
    for _ in range(60):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = v
    return np.sum(u**2)


def matrices(x):
    h = x
    for _ in range(80):
        h = np.tanh(MATRIX @ h + x) * 0.9
    return np.sum(h)


def weights(w):
    h = np.array([0.1, -0.2, 0.3])
    for _ in range(90):
        h = np.tanh(w @ h)
    return np.sum(h)


def in_blocks(x):
    s = 0.0
    for i in range(0, len(x), 2):
        s = s + np.sum(np.exp(0.1 * x[i : i + 2]))
    return s


def nested(a):
    s = a
    for _ in range(20):
        t = s
        for _ in range(80):
            t = 0.9 * t + 0.1 * np.sin(t)
        s = t + 0.01 * a
    return s


def two_loops(x):
    kept = []
    s = x[0]
    for i in range(len(x)):
        s = s * 0.5 + x[i] ** 2
        kept.append(s)
    total = 0.0
    for i in range(len(x)):
        total = total + kept[i] * x[len(x) - 1 - i]
    return total


def of_numbers(a):
    s = a
    for _ in range(200):
        s = s * 0.99 + 0.01 * a * s
    return s


def summed(x):
    return sum([np.sin(x[i]) * x[i + 1] for i in range(len(x) - 1)])


VECTOR = np.random.default_rng(5).normal(size=120)
PROGRAMS = {
    "recurrence": (recurrence, 0.3), "recurrence of a NumPy number": (recurrence, np.float64(0.3)),
    "recurrence in single precision": (recurrence, np.float32(0.3)), "recurrence of a vector": (recurrence, VECTOR[:3]),
    "two terms": (two_terms, 0.4), "three back": (three_back, np.float64(0.4)), "entries": (of_entries, VECTOR),
    "list": (listed, VECTOR), "filled": (filled, VECTOR), "times": (with_times, VECTOR[:4]), "heat": (heat, VECTOR[:9]),
    "matrices": (matrices, VECTOR[:3]), "weights": (weights, MATRIX), "blocks": (in_blocks, np.tile(VECTOR, 2)),
    "nested": (nested, np.float64(0.2)), "two loops": (two_loops, VECTOR), "Python numbers": (of_numbers, 0.7),
    "sum of a list": (summed, VECTOR),
}  # fmt: skip


def loops_of(graph):
    return [equation.params[0] for equation in graph.equations if equation.primitive.name == "loop"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_loops_keep_values_and_derivatives(name):
    program, x = PROGRAMS[name]
    assert check(program, (x,), special=False) >= 4


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_gradient_is_short(name):
    """A graph of hundreds of equations becomes a few loops, whose bodies are short."""
    program, x = PROGRAMS[name]
    graph = wg.trace(wg.value_and_grad(program), x).graph
    found = optimised(graph).graph
    assert len(graph.equations) > 600
    assert loops_of(found)
    assert len(found.equations) < max(100, len(graph.equations) // 20)
    for loop in loops_of(found):
        verify(loop.body)
        assert len(loop.body.equations) < 100


def test_a_loop_in_a_loop():
    graph = wg.trace(nested, np.float64(0.2)).graph
    (loop,) = loops_of(optimised(graph).graph)
    assert [inner.count for inner in loops_of(loop.body)] in ([80], [79])


def test_what_is_the_same_in_all_steps_stands_before_the_loop():
    def program(a, b):
        s = a
        for _ in range(200):
            s = s + np.exp(b) * s
        return s

    graph = optimised(wg.trace(program, np.float64(0.1), np.float64(-7.0)).graph).graph
    (loop,) = loops_of(graph)
    assert [equation.primitive.name for equation in loop.body.equations].count("exp") == 0
    assert [equation.primitive.name for equation in graph.equations].count("exp") == 1


def test_steps_without_a_pattern_stay_as_they_are():
    def program(x):
        s = 0.0
        for i in range(len(x)):
            s = s + (np.sin(x[i]) if (i * i * i) % 7 > 2 else np.cos(x[i]) * x[i])
        return s

    graph = wg.trace(program, np.linspace(0, 1, 300)).graph
    assert compare_graphs(graph, optimised(graph), [np.linspace(0, 1, 300)], special=False)


@pytest.mark.parametrize("block", range(8))
def test_random_steps_keep_their_values(block, monkeypatch):
    """Random programs as the steps of loops, in which also short runs become loops."""
    monkeypatch.setattr(repetition, "SHORTEST_RUN", 12)
    monkeypatch.setattr(steps, "SHORTEST_RUN", 12)
    monkeypatch.setattr(rolling, "SHORTEST", 24)
    count = rolled = 0
    for seed in range(30 * block, 30 * block + 30):
        random = np.random.default_rng(seed)
        step = program_from(random.bytes(int(random.integers(8, 40))))
        if len(step.inputs) > 1:
            continue
        inner, (x,) = step.function(), step.values()

        def program(x, inner=inner):
            s = x
            for number in range(14):
                found = inner(s)
                # small, or its sign would turn on a rounding where precision is single
                added = 0.01 * np.sum(np.real(found[0] if isinstance(found, tuple) else found))
                s = 0.9 * s + 0.01 * number * np.tanh(added) * x
            return s

        try:
            with np.errstate(all="ignore"):
                graph = wg.trace(program, x).graph
        except FAILURES:
            continue
        count += check(program, (x,), special=False, seed=seed)
        rolled += len(loops_of(optimised(graph).graph))
    assert count > 20
    assert rolled >= 4


def test_a_wrong_source_is_caught(monkeypatch):
    """A loop that reads what was kept from the wrong end gives other values."""
    plain = rolling._Writer.part_of_stack

    def turned(self, source, count):
        last = source.begin + source.by * (count - 1)
        return plain(self, steps.Source("kept", source.place, 0, source.of, last, -source.by), count)

    monkeypatch.setattr(rolling._Writer, "part_of_stack", turned)
    with pytest.raises(AssertionError):
        check(recurrence, (np.float64(0.3),), special=False)
