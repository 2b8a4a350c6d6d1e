"""Formulas as text and as LaTeX."""

from __future__ import annotations

import re
import time
import unicodedata

import numpy as np
import pytest

from display.formulas import FORMULAS, GOLDEN, OTHERS, VARIABLES, A, B, W, identity, random_formula, soft, x
from display.instances import SIZES, instance
from display.operators import M, N, det, exp, eye, inv, norm, sigma, symbol, tr
from display.reading import read
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression, make
from wengert.display.formula import text_of, text_with_where
from wengert.display.formula_latex import latex_of, latex_with_where
from wengert.display.naming import written
from wengert.display.notation import STYLES, Manner
from wengert.display.where import with_where
from wengert.errors import UnsupportedError

SEEDS = range(200)


@pytest.mark.parametrize(("formula", "text", "latex"), [*GOLDEN, *OTHERS])
def test_formulas_are_printed_as_they_are_written_by_hand(formula, text, latex):
    assert text_with_where(formula.node, VARIABLES) == text
    assert latex_with_where(formula.node, VARIABLES) == latex


def assert_reads_back(node, text):
    values = instance(node)
    paper = {written(name).text: value for name, value in values.items()}
    paper |= {dim.name: float(size) for dim, size in SIZES[0].items()}
    np.testing.assert_allclose(
        np.broadcast_to(read(text, paper, SIZES[0][N]), np.shape(evaluate(node, values, SIZES[0]))),
        evaluate(node, values, SIZES[0]),
        rtol=1e-9,
        atol=1e-12,
        err_msg=text,
    )


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_printed_formulas_are_read_as_what_they_are(formula):
    for style in STYLES:
        assert_reads_back(formula.node, text_of(formula.node, VARIABLES, Manner(style)))
        assert_reads_back(formula.node, text_with_where(formula.node, VARIABLES, style=style))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_formulas_are_read_as_what_they_are(seed):
    node = random_formula(seed).node
    for style in STYLES:
        assert_reads_back(node, text_of(node, VARIABLES, Manner(style)))
        assert_reads_back(node, text_with_where(node, VARIABLES, style=style))


def balanced(text, pairs):
    waiting = []
    closing = dict(pairs)
    for token in re.findall(r"\\[lr][vV]ert|[(){}\[\]]", text):
        if token in closing:
            waiting.append(closing[token])
        elif not waiting or waiting.pop() != token:
            return False
    return not waiting


@pytest.mark.parametrize("seed", SEEDS)
def test_brackets_and_braces_are_balanced(seed):
    node = random_formula(seed).node
    assert balanced(text_with_where(node), [("(", ")"), ("{", "}"), ("[", "]")])
    plain = re.sub(r"\\left\\lV?v?ert|\\right\\rV?v?ert", "", latex_with_where(node))
    pairs = [
        ("(", ")"),
        ("{", "}"),
        ("[", "]"),
        (r"\left(", r"\right)"),
        (r"\lvert", r"\rvert"),
        (r"\lVert", r"\rVert"),
    ]
    assert balanced(plain, pairs)


@pytest.mark.parametrize("seed", SEEDS)
def test_latex_is_plain_characters_and_known_commands(seed):
    latex = latex_with_where(random_formula(seed).node)
    assert latex.isascii()
    known = {
        "frac", "tfrac", "sqrt", "top", "lVert", "rVert", "lvert", "rvert", "operatorname", "mathrm", "mathbf", "odot",
        "oslash", "circ", "cdot", "exp", "log", "sin", "cos", "tanh", "det", "sigma", "mu", "left", "right", "quad",
        "text",
    }  # fmt: skip
    assert set(re.findall(r"\\([A-Za-z]+)", latex)) <= known


@pytest.mark.parametrize(
    ("name", "text", "latex"),
    [
        ("mu", "μ", r"\mu"),
        ("lambda_", "λ", r"\lambda"),
        ("lam", "λ", r"\lambda"),
        ("Sigma", "Σ", r"\Sigma"),
        ("x0", "x₀", "x_0"),
        ("x_10", "x₁₀", "x_{10}"),
        ("theta_2", "θ₂", r"\theta_2"),
        ("X_ij", "Xᵢⱼ", r"X_{\mathrm{ij}}"),
        ("x_train", "x_train", r"x_{\mathrm{train}}"),
        ("weights", "weights", r"\mathrm{weights}"),
        ("my_data", "my_data", r"\mathrm{my\_data}"),
        ("dX", "dX", r"\mathrm{d}X"),
        ("dtheta", "dθ", r"\mathrm{d}\theta"),
        ("delta", "δ", r"\delta"),
        ("λ", "λ", r"\lambda"),
    ],
)
def test_names_are_those_on_paper(name, text, latex):
    assert (written(name).text, written(name).latex) == (text, latex)


def test_names_that_look_alike_on_paper_stay_apart():
    formula = symbol("lam") * symbol("a", N) + symbol("lambda_") * symbol("b", N)
    assert text_of(formula.node) == "lambda_ b + lam a"


def test_functions_give_way_to_symbols_of_their_name():
    formula = sigma(symbol("sigma") * symbol("x", N)) + symbol("I", N, N) @ identity @ symbol("x", N)
    assert text_of(formula.node) == "Ix + logistic(σx)"
    assert text_of((symbol("I", N, N) + identity).node) in ("Id + I", "I + Id")


def test_the_highest_degree_in_the_variable_stands_first():
    terms = symbol("a", N) + A @ x + (x.T @ x) * x
    assert text_of(terms.node, ["x"]) == "‖x‖²x + Ax + a"
    swapped = B @ symbol("c", N) - symbol("a", N) * (symbol("a", N).T @ x)
    assert text_of(swapped.node, ["x"]) == "Bc − (aᵀx)a"


def test_no_more_names_than_shorten():
    quotient = (A + A.T) @ x / (x.T @ A @ x)
    assert with_where([quotient.node]) == ([quotient.node], [])


def test_names_are_free_and_each_uses_earlier_ones():
    gram = W @ W.T + eye(M)
    outer = soft @ soft.T + tr(inv(gram)) * det(gram) * eye(M)
    inner = exp(norm(soft) * x)
    (short, other), named = with_where([(outer + outer @ outer).node, (inner @ inner.T).node], ["s", "M"])
    names = [name for name, _ in named]
    assert len(set(names)) == len(names)
    assert not {"s", "M", "W", "x", "z"} & set(names)
    values = instance(outer.node)
    for name, node in named:
        values[name] = evaluate(node, values, SIZES[0])
    np.testing.assert_allclose(
        evaluate(short, values, SIZES[0]), evaluate((outer + outer @ outer).node, values, SIZES[0])
    )
    np.testing.assert_allclose(evaluate(other, values, SIZES[0]), evaluate((inner @ inner.T).node, values, SIZES[0]))


def test_matrices_times_a_vector_get_a_name_within_chains():
    solved = inv(B + x @ x.T) @ A @ x
    text = text_with_where((solved @ solved.T @ B + B @ solved @ solved.T).node, ["x"])
    assert text.count("Ax") == 1
    assert text.startswith(("Bvvᵀ", "vvᵀB"))


def test_a_formula_a_hundred_deep_is_printed_with_names():
    deep = x
    for _ in range(100):
        deep = (deep.T @ deep) * deep + A @ deep * (deep.T @ A @ deep)
    start = time.perf_counter()
    text = text_with_where(deep.node, ["x"])
    assert time.perf_counter() - start < 60
    assert len(text) < 20_000
    with pytest.raises(UnsupportedError, match="more than 20000 symbols is too long to be printed; its NumPy code"):
        text_of(deep.node)


class Tensor(Expression):
    """A kind of node that no printer knows."""


@pytest.mark.parametrize("printer", [text_of, latex_of])
def test_an_unknown_node_is_an_error_that_names_it(printer):
    node = make(Tensor, N, N, (), (A.node,))
    with pytest.raises(UnsupportedError, match="Tensor has no notation"):
        printer(node)


def test_every_character_has_a_name():
    for text in FORMULAS:
        assert all(unicodedata.name(character) for character in text)
        assert "  " not in text.replace(",  where", "")


def test_printing_is_fast():
    start = time.perf_counter()
    for formula in FORMULAS.values():
        text_with_where(formula.node, VARIABLES)
        latex_with_where(formula.node, VARIABLES)
    assert time.perf_counter() - start < 2
