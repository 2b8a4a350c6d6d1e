"""The programs of the corpus and random ones, recorded at one point and run again at another."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from corpus.test_corpus import FIELDS, TABLES, split
from random_programs import program_from
from test_recording import Replay, assert_same

import wengert as wg
from wengert import tree
from wengert.tracing import type_of

PROGRAMS = {f"{field}-{name}": program for field in FIELDS for name, program in TABLES[field].items()}
# What is left to Python, and why.
REFUSED = {
    "expressions-logged": "content of a float",
    "graphs-effective resistance": "content of a float",
    "models-world": "calls id",
    "optimisation-beale": "writes into wrapped.calls",
    "optimisation-newton with history": "content of a float",
    "statistics-summary statistics": "content of a float",
    "statistics-reweighted least squares": "content of a float",
    "statistics-bootstrap": "random numbers",
    "statistics-sampled loss": "random numbers",
}
ORDERS = {"value": 0, "gradient": 1, "hessian": 2}


def total(results: Any) -> Any:
    leaves = tree.flatten(results)[0]
    return sum(
        [np.sum(np.real(leaf)) for leaf in leaves if type_of(leaf) is not None and hasattr(type_of(leaf), "dtype")]
    )


def nearby(args: Any) -> Any:
    """Other floats of the same size."""
    random = np.random.default_rng(0)
    leaves, structure = tree.flatten(args)
    return structure.unflatten([moved(leaf, random) for leaf in leaves])


def moved(leaf: Any, random: Any) -> Any:
    if isinstance(leaf, float):
        return type(leaf)(leaf * (1 + 0.01 * random.uniform()))
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "fc":
        return np.asarray(leaf * (1 + 0.01 * random.uniform(size=leaf.shape))).astype(leaf.dtype)
    return leaf


def transformed(function: Any, argnums: Any, order: int) -> Any:
    if not order:
        return function

    def loss(*args: Any) -> Any:
        return total(function(*args))

    return wg.value_and_grad(loss, argnums) if order == 1 else wg.hessian(loss, argnums)


def assert_replayed(function: Any, points: Any, tolerance: float) -> list[str]:
    """The replay of a function gives what it gives at all points, in the same classes; why it was not recorded."""
    replay = Replay(function, confirming=True)
    for point in points:
        assert_same(replay(*copy.deepcopy(point)), function(*copy.deepcopy(point)), tolerance)
    return replay.reasons


@pytest.mark.parametrize("order", ["value", "gradient", pytest.param("hessian", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_recorded(name: str, order: str) -> None:
    program, args, options = PROGRAMS[name]
    argnums, keywords = split(args, options)

    def function(*given: Any) -> Any:
        return program(*given, **keywords)

    whole = transformed(function, argnums, ORDERS[order])
    reasons = assert_replayed(whole, (args, nearby(args), args), 1e-9)
    expected = REFUSED.get(name)
    assert bool(reasons) == bool(expected)
    assert all(expected in reason for reason in reasons)


@pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")
@pytest.mark.parametrize("block", [*range(4), *[pytest.param(n, marks=pytest.mark.long) for n in range(4, 60)]])
def test_random_programs_are_recorded(block: int) -> None:
    random = np.random.default_rng([13, block])
    for _ in range(25):
        program = program_from(random.bytes(int(random.integers(8, 48))))
        args = program.values()
        argnums = tuple([i for i, arg in enumerate(args) if np.result_type(arg).kind == "f"])
        narrow = any(np.result_type(arg) in (np.float32, np.complex64) for arg in args)
        for order in (0, 1, 2) if argnums else (0,):
            whole = transformed(program.function(), argnums, order)
            with np.errstate(all="ignore"):
                assert assert_replayed(whole, (args, nearby(args)), 2e-3 if narrow else 1e-9) == [], str(program)
