"""Pullbacks that are written down at once compute what they compute one operation after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.recording import record
from wengert.compiler.retracing import retracing_of
from wengert.graph import REGISTRY
from wengert.tracing import evaluate, type_of
from wengert.transforms.rule import rule_for

STEPS = 40


def of_numbers(x: Any, y: Any) -> Any:
    for _ in range(STEPS):
        x = x + 0.1 * np.sin(x * y) / (1.0 + y**2)
    return x


def of_parts(x: Any, y: Any) -> Any:
    total = 0.0
    for k in range(STEPS):
        total = total + x[k % 3] * np.exp(-y[k % 2 :].sum())
    return total


def with_constants(x: Any, y: Any) -> Any:
    for k in range(STEPS):
        x = np.arange(3.0) * x - k * y + np.ones((2, 3)) @ x @ np.ones(2)
        x = np.tanh(np.where(x > 0.1, x, 2.0 * x))
    return np.sum(x * y)


def of_large_arrays(x: Any, y: Any) -> Any:
    wide = np.broadcast_to(x, (2000, 3)) * np.linspace(0.0, 1.0, 2000)[:, None]
    for _ in range(STEPS):
        wide = wide * y[0] + np.roll(wide, 1, axis=0)[::-1]
    return np.sum(wide) / 2.0**STEPS


PROGRAMS = {
    "numbers": (of_numbers, np.float64(0.3), np.float64(0.7)),
    "Python's numbers": (of_numbers, 0.3, 0.7),
    "single precision": (of_numbers, np.float32(0.3), np.float32(0.7)),
    "parts of arrays": (of_parts, np.array([0.3, 0.5, 0.7]), np.array([0.1, 0.2, 0.3])),
    "constants": (with_constants, np.array([0.3, 0.5, 0.7]), np.array([0.1, 0.2, 0.3])),
    "large arrays": (of_large_arrays, np.array([0.3, 0.5, 0.7]), np.array([0.1, 0.2, 0.3])),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_recorded_sweep_computes_what_the_sweep_computes(name: str) -> None:
    program, x, y = PROGRAMS[name]
    gradient = wg.grad(program, (0, 1))
    recorded = record(gradient, (x, y), {})
    found = evaluate(recorded.graph, *[(x, y)[leaf] for leaf in recorded.leaves], *[s.read() for s in recorded.sources])
    for one, other in zip(found, gradient(x, y), strict=False):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=3e-5 if name == "single precision" else 1e-12)


def test_a_function_is_made_of_what_is_met_often() -> None:
    x = np.float64(0.3)
    rule = rule_for(REGISTRY["sin"], (), (x,), 1, (type_of(x),))
    record(wg.grad(of_numbers), (x, np.float64(0.7)), {})
    retracing = retracing_of(rule)
    assert retracing is not None
    assert retracing._writers
