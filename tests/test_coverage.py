"""The coverage page is what the programs behind it show: function by function, in every mode and order."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import wengert as wg

DOCS = Path(__file__).parents[1] / "docs"
if str(DOCS) not in sys.path:
    sys.path.insert(0, str(DOCS))
generate = importlib.import_module("generate")
page = importlib.import_module("coverage_matrix.page")
programs = importlib.import_module("coverage_matrix.programs")
proof = importlib.import_module("coverage_matrix.proof")

FUNCTIONS = programs.numpy_programs()
PRIMITIVES = programs.primitive_programs()
RENEW = "run: python docs/generate.py"


def committed(part):
    return generate.part_of(generate.COVERAGE, part).splitlines()


def names(part):
    return [line.split("`")[1] for line in committed(part)[2:]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_row_of_a_function(name):
    assert page.row(name, FUNCTIONS[name]) in committed("functions"), RENEW


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_row_of_a_primitive(name):
    assert page.row(name, PRIMITIVES[name]) in committed("primitives"), RENEW


def test_the_constant_functions():
    assert page.constants().split(", ") == "".join(committed("constants")).split(", "), RENEW


def test_the_page_has_no_other_rows():
    assert names("functions") == list(FUNCTIONS), RENEW
    assert names("primitives") == list(PRIMITIVES), RENEW


def test_every_function_that_is_traced_has_a_program():
    assert programs.without_program() == [], "docs/coverage_matrix/programs.py needs a call for these"


def test_a_wrong_derivative_gets_no_tick():
    @wg.custom_rule
    def cube(x):
        return x**3

    @cube.differential
    def _(out, x):
        return lambda dx: dx * (3 * x)

    found = proof.outcomes(proof.Program(cube, (np.array([0.4, 0.7]),)))
    assert found["forward"] == found["reverse"] == proof.WRONG


def test_a_function_without_a_rule_gets_no_tick():
    found = proof.outcomes(proof.Program(np.sinc, (np.array([0.4, 0.7]),)))
    assert set(found.values()) == {"`UnsupportedError`"}


def test_a_function_that_varies_is_not_constant():
    assert proof.constant_outcome(proof.Program(np.sin, (np.array([0.4, 0.7]),))) == proof.WRONG
