"""Optimised graphs give the values of the recorded ones, for programs and their derivatives, in the same types."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.optimise import builder, optimised, rules

TESTS = Path(__file__).parents[1]
for folder in (TESTS / "fuzz", TESTS, TESTS / "compiler"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
from graph_gate import DifferentValuesError, check  # noqa: E402
from random_programs import program_from  # noqa: E402


@pytest.mark.parametrize("block", range(10))
def test_random_programs_keep_their_values(block):
    count = 0
    for seed in range(20 * block, 20 * block + 20):
        random = np.random.default_rng(seed)
        program = program_from(random.bytes(int(random.integers(8, 48))), special=seed % 4 == 3)
        try:
            count += check(program.function(), program.values(), seed=seed)
        except DifferentValuesError as error:
            raise AssertionError(f"{error}\n{program}") from error
    assert count > 100


FIELDS = ("expressions", "finance", "gaussian_processes", "geometry", "graphs", "images", "learning", "linear_algebra",
          "models", "optimisation", "physics", "robotics", "signals", "statistics", "steppers")  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_programs_of_the_corpus_keep_their_values(field):
    programs = importlib.import_module(f"corpus.{field}").PROGRAMS.values()
    count = sum([check(program, args, options, special=False) for program, args, options in programs])
    assert count > 4 * len(programs)


def wrong_of(kind: str) -> Any:
    """Rules that are wrong in a value or in a place."""

    def dropped(build, primitive, inputs, params):
        return inputs[0] if inputs[0].type is inputs[1].type else None

    def exchanged(build, primitive, inputs, params):
        if inputs[0].type is not inputs[1].type:
            return None
        return build._new(primitive, inputs[::-1], params, None)[0]

    def next_entry(build, primitive, inputs, params):
        index = inputs[1].value
        if index.items != (0,) or inputs[0].type.shape[0] < 2:
            return None
        return build.apply(primitive, inputs[0], build.opaque(type(index)((1,), 0)), params=params)

    return {"dropped": dropped, "exchanged": exchanged, "next": next_entry}[kind]


MUTANTS = {
    "add": ("dropped", lambda x: x + np.exp(x)),
    "subtract": ("exchanged", lambda x: x - np.sin(x)),
    "divide": ("exchanged", lambda x: x / (2 + np.sin(x))),
    "multiply": ("dropped", lambda x: x * np.cos(x)),
    "take": ("next", lambda x: x[0] * x[1]),
    "matmul": ("exchanged", lambda x: np.outer(x, x * x) @ np.outer(np.sin(x), x)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_rule_is_caught(name, monkeypatch):
    kind, program = MUTANTS[name]
    args = (np.array([0.3, -0.7, 1.9]),)
    assert check(program, args)
    monkeypatch.setitem(rules._found, builder.REGISTRY[name], (wrong_of(kind),))
    with pytest.raises(AssertionError):
        check(program, args)


def test_a_rule_that_is_wrong_at_special_values_is_caught(monkeypatch):
    def program(x):
        return 0.0 * x

    args = (np.array([0.3, -0.7, 1.9]),)
    assert check(program, args)

    def nothing(build, primitive, inputs, params):
        if not any(builder.number(atom) == 0 for atom in inputs):
            return None
        return build.apply(builder.REGISTRY["broadcast_to"], build.literal(np.float64(0)), params=((3,),))

    monkeypatch.setitem(rules._found, builder.REGISTRY["multiply"], (nothing,))
    with pytest.raises(DifferentValuesError):
        check(program, args, orders=1)


@pytest.mark.parametrize("length", [100, 200])
def test_the_work_grows_with_the_length(length, monkeypatch):
    """Each equation is made a bounded number of times."""

    def program(a):
        s, before = a, []
        for _ in range(length):
            s = s + 0.1 * np.sin(s) * a
            before.append(s)
        return s * before[3] + sum(before)

    calls = 0
    plain = builder.Builder.results

    def counted(*args):
        nonlocal calls
        calls += 1
        return plain(*args)

    graph = wg.trace(wg.value_and_grad(program), 0.3).graph
    monkeypatch.setattr(builder.Builder, "results", counted)
    optimised(graph)
    assert calls < 3 * len(graph.equations)
