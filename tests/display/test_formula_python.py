"""NumPy code of formulas."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from display.formulas import (
    FORMULAS,
    OTHERS,
    A,
    B,
    P,
    S,
    U,
    W,
    X,
    a,
    b,
    identity,
    random_formula,
    soft,
    symbols_of,
    u,
    x,
    y,
    z,
)
from display.instances import SIZES, instance
from display.operators import K, M, N, det, diag, exp, inv, length, log, logabs, norm, of, ones, sigma, symbol, tr
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Apply, Determinant, Expression, Inverse, Transpose, make, walk
from wengert.display.formula import text_of
from wengert.display.formula_python import compiled, python_of
from wengert.errors import ArgumentError, UnsupportedError

BASE = {node.name: node for node in (A.node, W.node, x.node, symbol("V", N, K).node)}


def called(results, sizes):
    """What the code of formulas returns, with the values of the formulas."""
    symbols = {**BASE, **symbols_of(*results.values())}
    values = instance(*symbols.values(), sizes=sizes)
    source = python_of(results, list(symbols.values()), [name for name, node in symbols.items() if node.cols == 1])
    given = [
        values[name][:, 0]
        if node.cols == 1 and node.rows != 1
        else values[name]
        if node.cols != 1
        else values[name].item()
        for name, node in symbols.items()
    ]
    found = compiled(source)(*given)
    return source, found, [evaluate(node, values, sizes) for node in results.values()]


def has_singular(formula, sizes):
    """Whether numbers say nothing: they are rounding errors, divided by one another."""
    values = instance(*symbols_of(formula).values(), sizes=sizes)
    inverted = [node.parts[0] for node in walk(formula) if isinstance(node, (Inverse, Determinant))]
    return any(np.linalg.cond(evaluate(matrix, values, sizes)) > 1e12 for matrix in inverted)


def assert_same(found, expected, message):
    shape = expected.shape[:1] if expected.shape[1] == 1 else expected.shape
    assert np.shape(found) == (() if expected.shape == (1, 1) else shape), message
    np.testing.assert_allclose(
        np.reshape(found, expected.shape), expected, rtol=1e-9, atol=1e-9 * np.max(np.abs(expected)), err_msg=message
    )


@pytest.mark.parametrize("sizes", SIZES, ids=["n < m", "n > m"])
@pytest.mark.parametrize("formula", [*FORMULAS.values(), *(formula for formula, _, _ in OTHERS)])
def test_code_computes_the_formula(formula, sizes):
    if has_singular(formula.node, sizes):
        pytest.skip("a matrix that is inverted is singular at these lengths")
    source, found, (expected,) = called({"result": formula.node}, sizes)
    assert_same(found, expected, source)


@pytest.mark.parametrize("sizes", SIZES, ids=["n < m", "n > m"])
@pytest.mark.parametrize("seed", range(200))
def test_code_computes_random_formulas(seed, sizes):
    source, found, (expected,) = called({"result": random_formula(seed).node}, sizes)
    assert_same(found, expected, source)


@pytest.mark.parametrize("seed", range(50))
def test_results_share_their_temporaries(seed):
    results = {name: random_formula(seed + k).node for k, name in enumerate(("value", "gradient", "hessian"))}
    source, found, expected = called(results, SIZES[1])
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other, source)
    right_sides = [
        ast.unparse(node.value) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assign) and node.value
    ]
    assert len(set(right_sides)) == len(right_sides), source


@pytest.mark.parametrize("seed", range(100))
def test_code_is_formatted_and_the_same_every_time(seed):
    results = {"result": random_formula(seed).node}
    source = called(results, SIZES[0])[0]
    assert source == called(results, SIZES[1])[0]
    assert max(map(len, source.splitlines())) <= 120
    assert ast.unparse(ast.parse(source)).replace("\n", "")
    assert source.endswith("\n")
    assert "wengert" not in source
    assert not any(line.endswith(" ") for line in source.splitlines())


LINES = (
    ((A + A.T) @ x, "return A @ x + A.T @ x"),
    (A @ X @ x, "return A @ (X @ x)"),
    (x @ y.T @ b, "return (b @ y) * x"),
    (A @ diag(x) @ X, "return A @ (X * x[:, None])"),
    (W.T @ diag(z) @ W, "return (W * z[:, None]).T @ W"),
    (diag(u) @ W @ diag(x), "return W * x * u[:, None]"),
    (W.T @ diag(sigma(z)) @ W, "weighted = W * np.sqrt(special.expit(z))[:, None]\nreturn weighted.T @ weighted"),
    (inv(A) @ b, "return np.linalg.solve(A, b)"),
    (inv(A.T) @ b, "return np.linalg.solve(A.T, b)"),
    (X @ inv(A), "return np.linalg.solve(A.T, X.T).T"),
    (inv(P) @ b, "return linalg.cho_solve(linalg.cho_factor(P), b)"),
    (
        inv(A) @ b @ (inv(A.T) @ a).T,
        "factor = linalg.lu_factor(A)\n"
        "return np.outer(linalg.lu_solve(factor, b), linalg.lu_solve(factor, a, trans=1))",
    ),
    (inv(X).T, "return np.linalg.inv(X).T"),
    (log(det(X)), "slogdet = np.linalg.slogdet(X)\nreturn np.log(slogdet[0]) + slogdet[1]"),
    (logabs(det(X)), "return np.linalg.slogdet(X)[1]"),
    (
        log(det(P)) + b.T @ inv(P) @ b,
        "factor = linalg.cho_factor(P)\n"
        "return 2 * np.sum(np.log(np.diag(factor[0]))) + b @ linalg.cho_solve(factor, b)",
    ),
    (tr(A @ X), "return np.sum(A * X.T)"),
    (tr(inv(A) @ X), "return np.trace(np.linalg.solve(A, X))"),
    (tr(X.T @ X), "return np.sum(X**2)"),
    (diag(A @ X), "return np.sum(A * X.T, axis=1)"),
    (diag(A.T @ X), "return np.sum(X * A, axis=0)"),
    (tr(A.T @ X), "return np.sum(A * X)"),
    (
        inv(X.T @ A @ X) @ b @ (inv(X.T @ A.T @ X) @ a).T,
        "factor = linalg.lu_factor(X.T @ (A @ X))\n"
        "return np.outer(linalg.lu_solve(factor, b), linalg.lu_solve(factor, a, trans=1))",
    ),
    (norm(X), "return np.linalg.norm(X)"),
    (X / norm(X), "return X / np.linalg.norm(X)"),
    (x / (x.T @ x) + b / norm(x), "norm = np.linalg.norm(x)\nreturn x / norm**2 + b / norm"),
    (norm(x) ** 3, "return np.linalg.norm(x) ** 3"),
    (W.T @ ones(M), "return np.sum(W, axis=0)"),
    (W @ ones(N), "return np.sum(W, axis=1)"),
    (A + ones(N) @ ones(N).T, "return A + 1"),
    (A + x @ ones(N).T, "return A + x[:, None]"),
    (log(x) + 1, "return np.log(x) + 1"),
    (-((A + A.T) @ x) - b, "return -(A @ x + A.T @ x + b)"),
    (-(A @ x) - b, "return -(A @ x + b)"),
    (log(1 + exp(x)), "return np.logaddexp(0.0, x)"),
    (log(ones(N).T @ exp(x)), "return special.logsumexp(x)"),
    (exp(x) / (ones(N).T @ exp(x)), "return special.softmax(x)"),
    (exp(x) / (1 + exp(x)), "return special.expit(x)"),
    (x / length(N), "return x / A.shape[0]"),
    (A, "return A.copy()"),
    (0 * x, "return np.zeros(A.shape[0])"),
    (of(0), "return 0.0"),
    (W.T @ (diag(soft) - soft @ soft.T) @ W,
     "probabilities = special.softmax(W @ x + z)\n"
     "weighted = W * np.sqrt(probabilities)[:, None]\n"
     "product = W.T @ probabilities\n"
     "return weighted.T @ weighted - np.outer(product, product)"),
    (S @ x * (x.T @ S @ x), "Sx = S @ x\nreturn (x @ Sx) * Sx"),
    (W.T @ diag(sigma(z)) @ W / length(M) + 2 * identity,
     "weighted = W * np.sqrt(special.expit(z) / W.shape[0])[:, None]\n"
     "result = weighted.T @ weighted\n"
     "result[np.diag_indices(len(result))] += 2\n"
     "return result"),
    (W.T @ diag(z) @ W + 2 * identity, "return (W * z[:, None]).T @ W + 2 * np.eye(A.shape[0])"),
    (-2 * (W.T @ diag(z) @ W), "return (W * (-2 * z)[:, None]).T @ W"),
    (W.T @ diag(z**-2) @ W, "weighted = W / z[:, None]\nreturn weighted.T @ weighted"),
    (W.T @ diag(z**2 * exp(z)) @ W,
     "weighted = W * (z * np.sqrt(np.exp(z)))[:, None]\nreturn weighted.T @ weighted"),
    (diag(soft) - soft @ soft.T,
     "probabilities = special.softmax(W @ x + z)\n"
     "result = np.outer(-probabilities, probabilities)\n"
     "result[np.diag_indices(len(result))] += probabilities\n"
     "return result"),
    (exp(A) + inv(A) - identity,
     "result = np.linalg.inv(A) + np.exp(A)\nresult[np.diag_indices(len(result))] -= 1\nreturn result"),
    (exp(A) - 2 * diag(x),
     "result = np.exp(A)\nresult[np.diag_indices(len(result))] -= 2 * x\nreturn result"),
    (A - identity, "return A - np.eye(A.shape[0])"),
    (ones(N).T @ x / length(N), "return np.mean(x)"),
    (ones(M).T @ W @ ones(N) / (length(M) * length(N)), "return np.mean(W)"),
    (x - (ones(N).T @ x / length(N)) * ones(N), "return x - np.mean(x)"),
    (W - ones(M) @ ones(M).T @ W / length(M), "return W - np.mean(W, axis=0)"),
    (ones(M).T @ exp(W) @ ones(N), "return np.sum(np.exp(W))"),
    (W @ ones(N) / length(N) - z, "return np.mean(W, axis=1) - z"),
    (2 * (ones(M) @ ones(N).T), "return np.full((W.shape[0], A.shape[0]), 2.0)"),
    ((ones(N).T @ exp(x)) * ones(N), "return np.full(A.shape[0], np.sum(np.exp(x)))"),
    (W @ (A.T @ a @ b.T + a @ x.T @ A), "return np.outer(W @ a, A.T @ x) + np.outer(W @ (A.T @ a), b)"),
    (W.T @ (diag(z) - U @ U.T) @ W,
     "UtW = U.T @ W\nreturn (W * z[:, None]).T @ W - UtW.T @ UtW"),
    (inv(W.T @ W + identity) @ x,
     "return linalg.cho_solve(linalg.cho_factor(W.T @ W + np.eye(A.shape[0])), x)"),
    (tr(inv(A)) + b.T @ inv(A) @ x,
     "factor = linalg.lu_factor(A)\n"
     "return np.trace(linalg.lu_solve(factor, np.eye(len(A)))) + b @ linalg.lu_solve(factor, x)"),
    (logabs(det(A)) + b.T @ inv(A) @ x,
     "factor = linalg.lu_factor(A)\n"
     "return np.sum(np.log(np.abs(np.diag(factor[0])))) + b @ linalg.lu_solve(factor, x)"),
    (log(exp(W) @ ones(N)), "return special.logsumexp(W, axis=1)"),
    (log(exp(W).T @ ones(M)), "return special.logsumexp(W, axis=0)"),
)  # fmt: skip


@pytest.mark.parametrize(("formula", "lines"), LINES, ids=[text_of(formula.node) for formula, _ in LINES])
def test_code_is_what_one_would_write(formula, lines):
    source, found, (expected,) = called({"result": formula.node}, SIZES[0])
    body = [line.strip() for line in source.split(":\n", 1)[1].splitlines()]
    assert "\n".join(body) == lines
    assert_same(found, expected, source)


@pytest.mark.parametrize("formula", [*FORMULAS.values(), *(formula for formula, _ in LINES)])
def test_integers_are_taken_as_numbers(formula):
    """Nothing is rounded where arrays of integers come in."""
    symbols = {**BASE, **symbols_of(formula.node)}
    values = instance(*symbols.values(), sizes=SIZES[0])
    one_axis = [name for name, node in symbols.items() if node.cols == 1 and node.rows != 1]
    function = compiled(python_of({"result": formula.node}, list(symbols.values()), one_axis))
    whole = [np.reshape(np.rint(4 * values[name]), [d for d in values[name].shape if d != 1]) for name in symbols]
    with np.errstate(all="ignore"):
        found, expected = function(*[value.astype(int) for value in whole]), function(*whole)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_arguments_are_left_alone():
    formula = exp(A) + S - diag(exp(x))
    A_, S_, x_ = np.zeros((3, 3)), np.ones((3, 3)), np.zeros(3)
    function = compiled(python_of({"result": formula.node, "other": (exp(A) + S).node}, ["A", "S", "x"], ["x"]))
    found, other = function(A_, S_, x_)
    np.testing.assert_array_equal(found, np.full((3, 3), 2.0) - np.eye(3))
    np.testing.assert_array_equal(other, np.full((3, 3), 2.0))
    assert not A_.any()
    assert (S_ == 1).all()


def test_value_gradient_and_hessian_of_a_quadratic_share_the_matrix():
    results = {
        "value": (0.5 * (x.T @ A @ x) + b.T @ x).node,
        "gradient": (0.5 * ((A + A.T) @ x) + b).node,
        "hessian": (0.5 * (A + A.T)).node,
    }
    source = python_of(results, ["x", "A", "b"], ["x", "b"], name="quadratic")
    assert source == (
        "def quadratic(x, A, b):\n"
        "    value = 0.5 * (x @ (A @ x)) + b @ x\n"
        "    total = A + A.T\n"
        "    gradient = 0.5 * (total @ x) + b\n"
        "    hessian = 0.5 * total\n"
        "    return value, gradient, hessian\n"
    )


def test_columns_of_two_axes_are_taken_as_such():
    source = python_of({"result": (A @ x).node}, [A.node, x.node], [])
    assert "x = x[:, 0]" in source
    np.testing.assert_array_equal(compiled(source)(np.eye(3), np.ones((3, 1))), np.ones(3))


def test_rows_have_two_axes():
    source = python_of({"jacobian": (2 * x.T).node}, ["x"], ["x"])
    assert compiled(source)(np.ones(3)).shape == (1, 3)


def test_a_sum_of_transposes_is_not_transposed():
    results = {"one": (A @ B + B.T @ A.T).node, "other": make(Transpose, N, N, (), ((A @ B + B.T @ A.T).node,))}
    source = python_of(results, ["A", "B"])
    assert source.endswith("    return one, one\n")


@pytest.mark.parametrize("name", ["len", "np", "linalg", "special", "lambda", "hessian", "result", "matrix"])
def test_an_argument_may_have_any_name(name):
    formula = exp(symbol(name, N, N)) + exp(A) - identity
    source = python_of({"hessian": formula.node}, [name, "A"])
    np.testing.assert_allclose(compiled(source)(np.zeros((3, 3)), np.zeros((3, 3))), 2.0 - np.eye(3))


def test_arguments_are_renamed_where_python_has_the_name():
    formula = symbol("lambda") * symbol("np", N)
    source = python_of({"result": formula.node}, ["np", "lambda"], ["np"])
    assert "def formula(np_, lambda_):" in source
    np.testing.assert_array_equal(compiled(source)(np.ones(2), 3.0), [3, 3])


def test_a_deep_formula_of_matrices_has_code():
    deep = X
    for _ in range(120):
        deep = deep @ (2 * identity - A @ deep)
    source = python_of({"result": deep.node}, ["A", "X"])
    one = np.array([[0.5]])
    np.testing.assert_allclose(compiled(source)(one, one), [[2.0]])


def test_code_of_an_iteration_is_as_long_as_the_iteration():
    lines = {}
    for count in (60, 120, 240):
        deep = X
        for _ in range(count):
            deep = deep @ (2 * identity - A @ deep)
        lines[count] = len(python_of({"result": deep.node}, ["A", "X"]).splitlines())
    # every step multiplies twice
    assert all(found <= 2.5 * count + 10 for count, found in lines.items())


def test_a_product_is_computed_once_wherever_it_stands():
    results = {"one": (A @ B @ x).node, "other": (W @ A @ B @ x).node, "turned": (x.T @ B.T @ A.T @ W.T).node}
    source = python_of(results, ["A", "B", "W", "x"], ["x"])
    assert source.count("@") == 3


def test_a_deep_formula_has_short_code():
    deep = x
    for _ in range(100):
        deep = (A @ deep) * (deep.T @ deep) + deep
    source = python_of({"result": deep.node}, ["A", "x"], ["x"])
    assert len(source.splitlines()) < 500
    assert compiled(source)(np.zeros((3, 3)), np.full(3, 0.5)).shape == (3,)


class Tensor(Expression):
    """A kind of node that has no code."""


@pytest.mark.parametrize(
    ("node", "arguments", "message"),
    [
        (make(Tensor, N, N, (), (A.node,)), ["A"], "Tensor has no NumPy code"),
        (make(Apply, N, 1, ("gamma",), (x.node,)), ["x"], "gamma has no NumPy code"),
        ((A @ x).node, ["x"], "A stands in the formula, but not among the arguments"),
        (identity.node, ["x"], "the length n is that of no argument: give all arrays as arguments"),
    ],
)
def test_what_has_no_code_is_an_error_that_names_it(node, arguments, message):
    with pytest.raises(UnsupportedError, match=message):
        python_of({"result": node}, arguments, ["x"])


def test_arguments_are_names_or_symbols():
    with pytest.raises(ArgumentError, match="an argument is a name or a symbol, but Sum was given"):
        python_of({"result": A.node}, [(A + X).node], [])
