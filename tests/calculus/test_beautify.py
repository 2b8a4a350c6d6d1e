"""Formulas are made short, and never another value."""

import numpy as np
import pytest

from wengert.calculus import algebra as al
from wengert.calculus import invariants
from wengert.calculus.beautify import beautify, length
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.gate import gated
from wengert.calculus.rules import functions, structure, sums
from wengert.display.formula import text_of

N, M = Dim("n"), Dim("m")
SIZES = {N: 5, M: 7}
A, B, X = al.symbol("A", N, N), al.symbol("B", N, N), al.symbol("X", M, N)
S = al.symbol("S", N, N, ["symmetric"])
x, u, w, y = al.symbol("x", N, 1), al.symbol("u", N, 1), al.symbol("w", N, 1), al.symbol("y", M, 1)
t = al.symbol("t", 1, 1)
T, plus, times, by_entries = al.transpose, al.add, al.matmul, al.hadamard
RULES = (functions, structure, sums)


def half(z):
    return times(al.number(0.5), z)


def logistic(z):
    return al.apply("logistic", z)


Q = times(T(x), x)
q = al.symbol("q", 1, 1)
ONE_AND_SQUARE = plus(al.ones(N), by_entries(x, x))
M_OF_T = plus(A, times(t, B))
FORMULAS = {
    "½(A + Aᵀ)x + w": plus(half(times(A, x)), half(times(T(A), x)), w),
    "Sx + w": plus(half(times(S, x)), half(times(T(S), x)), w),
    "Xᵀ(Xw − y)": al.subtract(times(T(X), X, w), times(T(X), y)),
    "2A − 4B": al.subtract(times(al.number(2), A), times(al.number(4), B)),
    "u − w": by_entries(w, al.subtract(by_entries(u, al.hadamard_of({w: -1})), al.ones(N))),
    "x ∘ (u + w)": plus(by_entries(x, u), by_entries(x, w)),
    "σ(x) − u": al.subtract(
        by_entries(logistic(x), al.subtract(al.ones(N), u)), by_entries(u, logistic(al.negative(x)))
    ),
    "1 − tanh(x)²": by_entries(
        plus(al.ones(N), al.apply("tanh", x)), al.subtract(al.ones(N), al.apply("tanh", x))
    ),
    "A − B": half(plus(times(al.number(2), A), times(al.number(-2), B))),
    "diag(u + w)": plus(al.diagonal(u), al.diagonal(w)),
    "2S": plus(S, T(al.subtract(plus(S, A), A))),
    "A": plus(times(A, plus(al.identity(N), B)), al.negative(times(A, B))),
    "u ∘ x ∘ (x + 2) + w": plus(by_entries(x, x, u), times(al.number(2), by_entries(x, u)), w),
    "(u + w) ∘ (1 − x)": plus(
        by_entries(u, al.subtract(al.ones(N), x)), w, al.negative(by_entries(w, x))
    ),
    "1/(1 + x²)²": al.subtract(
        al.hadamard_of({ONE_AND_SQUARE: -1}),
        by_entries(x, x, al.hadamard_of({ONE_AND_SQUARE: -2})),
    ),
    "(A + I)(B − S)": plus(times(A, al.subtract(B, S)), B, al.negative(S)),
    "σ(t) − q": al.subtract(
        times(logistic(t), al.subtract(al.number(1), q)), times(q, logistic(al.negative(t)))
    ),
    "3 tr(B(A + tB)²)": invariants.trace(
        plus(times(M_OF_T, plus(times(M_OF_T, B), times(B, M_OF_T))), times(B, M_OF_T, M_OF_T))
    ),
    "tr(A) x": plus(times(invariants.trace(plus(A, B)), x), al.negative(times(invariants.trace(B), x))),
}  # fmt: skip


def values(seed):
    random = np.random.default_rng(seed)
    found = {one.name: random.normal(size=(SIZES[one.rows], SIZES.get(one.cols, 1))) for one in (A, B, X, x, u, w, y)}
    found["S"] = found["A"] + found["A"].T
    return {**found, "t": 0.7, "q": 0.3}


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_short(text):
    found = beautify(FORMULAS[text])
    assert text_of(found) == text
    assert length(found) <= length(FORMULAS[text])
    for seed in range(2):
        expected = evaluate(FORMULAS[text], values(seed), SIZES)
        np.testing.assert_allclose(evaluate(found, values(seed), SIZES), expected, rtol=1e-12, atol=1e-12)


def random_expression(random, depth):
    """A matrix of n by n in the symbols above."""
    if depth == 0:
        return random.choice([A, B, S, T(A), al.diagonal(x), times(x, T(u)), al.identity(N), al.inverse(A)])
    one, other = random_expression(random, depth - 1), random_expression(random, depth - 1)
    return random.choice(
        [
            plus(one, other), al.subtract(one, other), times(one, other), by_entries(one, other), T(one),
            times(al.number(int(random.integers(-3, 4))), one), times(invariants.trace(one), other),
            al.diagonal(invariants.diagonal_of(one)), times(al.power(Q, -1), one), plus(one, one, other),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(150))
def test_random_formulas_keep_their_value(seed):
    random = np.random.default_rng(seed)
    expression = random_expression(random, 4)
    found = beautify(expression)
    expected = evaluate(expression, values(seed), SIZES)
    np.testing.assert_allclose(
        evaluate(found, values(seed), SIZES), expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max()
    )
    assert length(found) <= length(expression)
    assert beautify(found) is found or length(beautify(found)) <= length(found)


def test_a_rewriting_that_changes_the_value_is_refused():
    assert gated(lambda z: al.negative(z), A, values(0), SIZES) is A
    assert gated(lambda z: al.add(z, al.zero(N, N)), A, values(0), SIZES) is A
    assert gated(lambda z: T(T(times(z, B))), A, values(0), SIZES) is A
    assert gated(lambda z: S, half(plus(S, T(S))), values(0), SIZES) is S
