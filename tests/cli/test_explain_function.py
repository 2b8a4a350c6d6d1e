"""`explain` called from Python."""

import functools
import json

import numpy as np
import pytest

from wengert.api.explain import explain
from wengert.api.explanation import Gradient, Products
from wengert.api.jit import jit
from wengert.errors import ArgumentError, IntegerInputError


def rosenbrock(x, scale=100.0):
    """Return the banana function."""
    return np.sum(scale * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_what_an_explanation_holds():
    found = explain(rosenbrock, np.array([0.5, 1.0, 2.0]))
    assert found.passed
    assert found.function == "rosenbrock"
    assert found.source.startswith("test_explain_function.py:")
    assert found.summary == "Return the banana function."
    assert [(part.name, part.note) for part in found.inputs] == [("x", "differentiated"), ("scale", "")]
    assert found.value[0].value == rosenbrock(np.array([0.5, 1.0, 2.0]))
    assert isinstance(found.derivative, Gradient)
    np.testing.assert_allclose(found.derivative.parts[0].value, [-151.0, -250.0, 200.0])
    assert len(found.listing) == found.bill.function.equations
    assert found.bill.derivatives[0].equations > found.bill.function.equations
    assert str(found) == found.text()
    json.dumps(found.to_dict(), allow_nan=False)


def test_arguments_are_chosen_by_position_or_name():
    x, scale = np.array([0.5, 1.0]), 10.0
    by_position = explain(rosenbrock, x, scale, argnums=1)
    by_name = explain(rosenbrock, x, scale=scale, argnames="scale")
    for found in (by_position, by_name):
        assert [(part.name, part.value) for part in found.derivative.parts] == [("scale", pytest.approx(0.5625))]


def test_the_arguments_are_not_modified():
    def overwrite(x, work):
        x *= 3
        work[:] = 1
        return np.sum(x)

    x, work = np.ones(2), np.zeros(2)
    assert explain(overwrite, x, work).passed
    np.testing.assert_array_equal(x, [1, 1])
    np.testing.assert_array_equal(work, [0, 0])


def test_functions_that_are_not_written_with_def():
    assert explain(np.sin, 0.0).derivative.parts[0].value == 1.0
    assert explain(functools.partial(rosenbrock, scale=1.0), np.ones(2)).summary == ""
    assert explain(lambda *xs: xs[0] * xs[1], 2.0, 3.0, argnums=1).derivative.parts[0].name == "xs1"


def test_several_results_and_several_arguments():
    def f(a, b):
        return {"product": a * b, "sum": a + b}

    found = explain(f, 2.0, np.array([3.0, 4.0]), argnums=(0, 1))
    assert isinstance(found.derivative, Products)
    blocks = {part.name: part.value for part in found.derivative.jacobian}
    assert list(blocks) == [
        "d result['product'] / d a",
        "d result['product'] / d b",
        "d result['sum'] / d a",
        "d result['sum'] / d b",
    ]
    np.testing.assert_array_equal(blocks["d result['product'] / d a"], [3.0, 4.0])
    np.testing.assert_array_equal(blocks["d result['product'] / d b"], 2 * np.eye(2))


def test_a_compiled_function_is_the_function_behind_it():
    given, compiled = np.array([0.5, 1.0, 2.0]), jit(jit(rosenbrock))
    plain, found = explain(rosenbrock, given), explain(compiled, given)
    assert (found.function, found.source, found.summary) == (plain.function, plain.source, plain.summary)
    assert found.bill.function.equations == plain.bill.function.equations
    assert compiled.explain().endswith("not called yet")


def test_single_precision():
    found = explain(rosenbrock, np.array([0.5, 1.0], dtype=np.float32), 1.0)
    assert found.passed
    assert found.derivative.parts[0].type == "float32[2]"


def test_refusals():
    with pytest.raises(ArgumentError, match="takes a function"):
        explain(3.0)
    with pytest.raises(ArgumentError, match="missing a required argument: 'x'; give every argument"):
        explain(rosenbrock)
    with pytest.raises(IntegerInputError, match="x is int64\\[2\\], and only floats have a derivative"):
        explain(rosenbrock, np.array([1, 2]), argnums=0)
