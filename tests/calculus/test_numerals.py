"""Numbers are printed as they were meant: decimals as decimals, π as π, roots as roots; all else in all its digits."""

import math

import numpy as np
import pytest

import wengert as wg
from wengert.calculus import algebra
from wengert.calculus.numerals import recognised
from wengert.calculus.surds import reduced
from wengert.display.formula import text_of

x0 = np.array([0.3, 0.7, 1.1])
c = math.sqrt(2 / math.pi)


def gelu(x):
    return np.sum(0.5 * x * (1 + np.tanh(math.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))


# a function, its gradient and its Hessian
FUNCTIONS = {
    "a reciprocal": (lambda x: 2 * np.sum(np.log(x)), "2/x", "−2 diag(1/x²)"),
    "a quotient over a number": (lambda x: 2 * np.sum(np.arctan(x)) / np.pi, "2/(π(1 + x²))", None),
    "a product of decimals": (lambda x: 0.1 * 0.1 * np.sum(x), "0.01𝟏", "0"),
    "a decimal": (lambda x: 0.1 * x @ x, "0.2x", "0.2I"),
    "a sum of decimals": (lambda x: 0.1 * x @ x + 0.2 * x @ x, "0.6x", "0.6I"),
    "a difference of decimals": (lambda x: (1 - 0.9**3) * x @ x, "0.542x", "0.542I"),
    "a half": (lambda x: 0.5 * x @ x, "x", "I"),
    "a third": (lambda x: x @ x / 3, "⅔x", "⅔I"),
    "a decimal over three": (lambda x: 0.1234 * x @ x / 3, "0.2468x/3", "0.2468I/3"),
    "decimals without a common factor": (lambda x: 0.7 * np.sum(np.exp(x)) + 0.3 * np.sum(x), "0.7 exp(x) + 0.3",
        "0.7 diag(exp(x))"),
    "a small number": (lambda x: 1e-8 * np.sum(x) + 1e-3 * x @ x, "0.002x + 10⁻⁸", "0.002I"),
    "a large number": (lambda x: 1e20 * x @ x, "2·10²⁰x", "2·10²⁰I"),
    "pi": (lambda x: np.pi * x @ x, "2πx", "2πI"),
    "pi inside": (lambda x: np.sum(np.sin(2 * np.pi * x)), "2π cos(2πx)", "−4π² diag(sin(2πx))"),
    "a square of pi": (lambda x: np.pi**2 / 6 * x @ x, "⅓π²x", "⅓π²I"),
    "degrees": (lambda x: np.sum(np.sin(np.deg2rad(30) * x)), "⅙π cos(⅙πx)", "−π² diag(sin(⅙πx))/36"),
    "an exponent": (lambda x: np.sum(x**np.pi), "πx^{π − 1}", "π(π − 1) diag(x^{π − 2})"),
    "a normal density": (lambda x: np.sum(np.exp(-(x**2) / 2)) / np.sqrt(2 * np.pi), "−(x ∘ exp(−½x²))/√(2π)", None),
    "the same from a product": (lambda x: np.sum(1 / np.sqrt(2 * np.pi) * np.exp(-(x**2) / 2)),
        "−(x ∘ exp(−½x²))/√(2π)", None),
    "a normal likelihood": (lambda x: 0.5 * len(x) * np.log(2 * np.pi) + 0.5 * np.log(2 * np.pi) * x @ x,
        "log(2π) x", "log(2π) I"),
    "e": (lambda x: np.e * x @ x, "2ex", "2eI"),
    "a root": (lambda x: np.sqrt(2) * x @ x, "2√2 x", "2√2 I"),
    "one over a root": (lambda x: x @ x / np.sqrt(3), "2x/√3", "2I/√3"),
    "the root of a decimal": (lambda x: np.sqrt(0.1 * x @ x), "x/(√10 ‖x‖)", None),
    "the root of a length": (lambda x: x @ x / np.sqrt(2 * len(x)), "√2 x/√n", "√2 I/√n"),
    "a logarithm": (lambda x: np.log(2) * x @ x, "2 log(2) x", "2 log(2) I"),
    "digits that mean nothing": (lambda x: 1.618033988749895 * x @ x, "3.23606797749979x", "3.23606797749979I"),
    "gelu": (gelu, "√(2/π)((0.0670725x³ + ½x) ∘ (1 − v²)) + ½v + ½,  where v = tanh(√(2/π)(0.044715x³ + x))", None),
    "a number with a name": (lambda x: c * x @ x, "2cx", "2cI"),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_are_written_as_they_were_meant(name):
    f, gradient, hessian = FUNCTIONS[name]
    form = wg.derive(f, x0)
    assert str(form.gradient) == gradient
    if hessian is not None:
        assert str(form.hessian) == hessian
    np.testing.assert_allclose(form.gradient.compile()(x0), wg.grad(f)(x0), rtol=1e-14)
    np.testing.assert_allclose(form.hessian.compile()(x0), wg.hessian(f)(x0), rtol=1e-12, atol=1e-14)
    assert form.derivation().account.error < 1e-9


def test_an_array_that_is_called_pi_is_not_taken_for_the_number():
    assert str(wg.derive(lambda x, pi: np.pi * pi @ x, x0, x0).gradient) == "3.141592653589793π"
    assert str(wg.derive(lambda x, e: np.e * e @ x, x0, x0).gradient) == "exp(1) e"


def test_random_floats_stay_what_they_are():
    for value in np.random.default_rng(0).normal(size=2000):
        assert recognised(float(value)) is algebra.number(float(value))


@pytest.mark.parametrize("units", [-3, -1, 0, 1, 3])
def test_a_number_is_read_within_rounding_only(units):
    value = 0.07
    for _ in range(abs(units)):
        value = math.nextafter(value, math.copysign(math.inf, units))
    assert text_of(recognised(value)) == "0.07"
    assert text_of(recognised(value * (1 + 3e-15))) != "0.07"


@pytest.mark.parametrize(("base", "expected"), [(8, "2√2"), (12, "2√3"), (2, "√2"), (1 / 2, "1/√2"), (2 / 3, "√(2/3)")])
def test_roots_have_one_form(base, expected):
    root = algebra.power(recognised(base), algebra.ONE / 2)
    assert text_of(root) == expected
    assert algebra.matmul(root, root) is recognised(base)
    assert reduced(algebra.ONE, {}) == (1, {})
