"""The coverage page is what the programs behind it show: function by function, in every mode and order."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ConversionError, UnsupportedError

DOCS = Path(__file__).parents[1] / "docs"
if str(DOCS) not in sys.path:
    sys.path.insert(0, str(DOCS))
generate = importlib.import_module("generate")
lists = importlib.import_module("coverage_matrix.lists")
page = importlib.import_module("coverage_matrix.page")
programs = importlib.import_module("coverage_matrix.programs")
proof = importlib.import_module("coverage_matrix.proof")

FUNCTIONS = programs.numpy_programs()
METHODS = programs.method_programs()
UFUNCS = programs.ufunc_method_programs()
PRIMITIVES = programs.primitive_programs()
# names that NumPy has and that are looked up in the lists
PUBLIC = lists.public_names()
RENEW = "run: python docs/generate.py"


def committed(part):
    return generate.part_of(generate.COVERAGE, part).splitlines()


def names(part):
    return [line.split("`")[1] for line in committed(part)[2:]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_row_of_a_function(name):
    assert page.row(name, FUNCTIONS[name]) in committed("functions"), RENEW


@pytest.mark.parametrize("name", METHODS)
def test_the_row_of_an_array_method(name):
    assert page.row(name, METHODS[name]) in committed("methods"), RENEW


@pytest.mark.parametrize("name", UFUNCS)
def test_the_row_of_a_ufunc(name):
    assert page.ufunc_row(name, UFUNCS[name]) in committed("ufuncs"), RENEW


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_row_of_a_primitive(name):
    assert page.row(name, PRIMITIVES[name]) in committed("primitives"), RENEW


def test_the_constant_functions():
    assert page.constants().split(", ") == "".join(committed("constants")).split(", "), RENEW


def test_the_functions_without_arrays():
    assert committed("without arrays") == page.without_arrays().splitlines(), RENEW


def test_what_is_refused():
    assert committed("refused") == page.refused().splitlines(), RENEW


def test_the_page_has_no_other_rows():
    assert names("functions") == list(FUNCTIONS), RENEW
    assert names("methods") == list(METHODS), RENEW
    assert names("ufuncs") == list(UFUNCS), RENEW
    assert names("primitives") == list(PRIMITIVES), RENEW


@pytest.mark.parametrize("name", PUBLIC)
def test_a_name_of_numpy_s_is_in_one_list(name):
    found = lists.lists_of(name)
    assert len(found) == 1, (
        f"{name} is in {found or 'no list'}: differentiate it, or say why not (docs/coverage_matrix)"
    )


def test_the_lists_hold_names_of_numpy_s_only():
    known = {*PUBLIC, "np.lib.stride_tricks.sliding_window_view"}
    reductions = {name for name in lists.REFUSED if name.endswith((".reduce", ".reduceat"))}
    assert {*FUNCTIONS, *METHODS, *programs.constant_programs(), *lists.REFUSED} - reductions <= known


def test_a_name_that_numpy_gains_is_in_no_list(monkeypatch):
    monkeypatch.setattr(np, "wholly_unknown", lambda x: x, raising=False)
    assert "np.wholly_unknown" in lists.public_names()
    assert lists.lists_of("np.wholly_unknown") == []


@pytest.mark.parametrize("name", sorted(name for name in lists.REFUSED if name.startswith("np.")))
def test_what_is_refused_says_why(name):
    with pytest.raises((UnsupportedError, ConversionError), match="is refused for traced values") as caught:
        programs.rule_of(name)(np.ones(2))
    assert lists.REFUSED[name] in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", sorted(name for name in lists.REFUSED if name.startswith("ndarray.")))
def test_what_arrays_have_and_is_refused_says_why(name):
    def program(x):
        getattr(x, name.removeprefix("ndarray."))

    with pytest.raises(UnsupportedError, match=f"{name} is refused for traced values") as caught:
        wg.grad(program)(np.ones(2))
    assert isinstance(caught.value, AttributeError)
    assert lists.REFUSED[name] in str(caught.value)


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
    found = proof.outcomes(proof.Program(lambda x: np.intersect1d(x, x), (np.array([0.4, 0.7]),)))
    assert set(found.values()) == {"`UnsupportedError`"}


def test_a_function_that_varies_is_not_constant():
    assert proof.constant_outcome(proof.Program(np.sin, (np.array([0.4, 0.7]),))) == proof.WRONG
