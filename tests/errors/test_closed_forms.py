"""What derive, its forms and its symbols say to someone who takes them for something else."""

import functools
import re

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ArgumentError, IntegerInputError, OutputError, ParseError, UnsupportedError

RANDOM = np.random.default_rng(0)
x0, A = RANDOM.normal(size=3), RANDOM.normal(size=(3, 3))
S = A @ A.T + np.eye(3)


def q(x):
    return x @ A @ x


def scales_in_place(x):
    x *= 2
    return np.sum(x)


def power(x, k):
    return np.sum(x**k)


class Model:
    weights = A

    @classmethod
    def value(cls, x):
        return x @ cls.weights @ x


form = functools.cache(lambda: wg.derive(q, x0))
operator = functools.cache(lambda: wg.derive(lambda X: np.trace(X @ X @ A), A).hessian.linear_map())
X = wg.Matrix("X", "n n")

MISTAKES = {
    # arguments of derive
    "a list": (lambda: wg.derive(q, [1.0, 2.0, 3.0]), ArgumentError,
        "an argument is a list of numbers; pass it as an array: numpy.array([1.0, 2.0, 3.0])"),
    "a list of whole numbers": (lambda: wg.derive(q, [1, 2, 3]), ArgumentError, "numpy.array([1, 2, 3])"),
    "text in an array": (lambda: wg.derive(q, np.array(["a", "b"])), ArgumentError, "an array of dtype <U1"),
    "objects in an array": (lambda: wg.derive(q, np.array([1, None])), ArgumentError, "an array of dtype object"),
    "nothing": (lambda: wg.derive(q, None), ArgumentError, "no argument of q is an array or a float; received None"),
    "no argument": (lambda: wg.derive(q), ArgumentError,
        "q cannot be called with these arguments: missing a required argument: 'x'; give it all that it takes, as "
        "wengert.derive(q, x0), or symbols such as wengert.Vector('x')"),
    "too many arguments": (lambda: wg.derive(q, x0, x0), ArgumentError, "too many positional arguments; give it all"),
    "an argument by another name": (lambda: wg.derive(q, y=x0), ArgumentError, "q cannot be called with these"),
    "a property as an option": (lambda: wg.derive(q, x0, symmetric="A"), ArgumentError,
        "symmetric is no argument of q; properties are told by name: assume={'A': 'symmetric'}"),
    "a language for a function": (lambda: wg.derive(q, x0, language="matlab"), ArgumentError,
        "language is of formulas given as text, and q is a function"),
    "a whole number": (lambda: wg.derive(lambda t: t**2, 3), IntegerInputError, "pass 3.0 instead of 3"),
    "a whole number of NumPy": (lambda: wg.derive(lambda t: t**2, np.int64(3)), IntegerInputError, "pass 3.0"),
    "a whole number as variable": (lambda: wg.derive(power, x0, 2, wrt="k"), ArgumentError,
        "wrt names k, but the arrays are x; k was given no array and no float: whole numbers stay numbers"),
    # what functions return and do
    "truth values": (lambda: wg.derive(lambda x: x @ x > 1, x0), OutputError, "returned truth values, which have no"),
    "a function that writes into its argument": (lambda: wg.derive(scales_in_place, x0), UnsupportedError,
        "scales_in_place writes into the array x that it is given, so that it is another function at every call; write "
        "x = x.copy() first"),
    "conversion to whole numbers": (lambda: wg.derive(lambda x: np.sum(x.astype(int) * x), x0), UnsupportedError,
        "to whole numbers drops fractions"),
    "data in a class": (lambda: wg.derive(Model.value, x0), UnsupportedError,
        "if the array of shape (3, 3) is data, make it an argument of the function: derive finds no arrays in classes"),
    # assumptions
    "assumptions as a list": (lambda: wg.derive(q, x0, assume=["A symmetric"]), ArgumentError,
        "assume is a dict from names to properties, as {'A': 'symmetric'}, or one text, as 'A: symmetric'; received"),
    "an assumption that is none": (lambda: wg.derive(q, x0, assume={"A": None}), ArgumentError, "received {'A': None}"),
    "an assumption that is true": (lambda: wg.derive(q, x0, assume={"A": True}), ArgumentError, "assume is a dict"),
    "an assumption of nothing": (lambda: wg.derive(q, x0, assume="symmetric"), ArgumentError,
        "assume='symmetric' does not say which array; write assume={'A': 'symmetric'}"),
    "an assumption turned round": (lambda: wg.derive(q, x0, assume={"symmetric": "A"}), ArgumentError,
        "names come first: assume={'A': 'symmetric'}"),
    "an abbreviation": (lambda: wg.derive(q, x0, assume={"A": "SPD"}), ArgumentError, "did you mean positive def"),
    "an assumption that cannot move": (
        lambda: wg.derive(lambda x: x @ x, x0, assume={"x": "zero-one entries"}), ArgumentError,
        "x is the variable, and if it has zero-one entries it cannot move in all directions"),
    "an abbreviation in text": (lambda: wg.derive("x'*A*x", wrt="x", assume="A: spd"), ParseError,
        "Did you mean positive definite?"),
    # forms and formulas
    "a form as a function": (lambda: form()(x0), ArgumentError,
        "a ClosedForm is no function; it has the formulas as attributes: form.gradient is one, and "
        "form.gradient.compile() a function"),
    "a formula as a function": (lambda: form().gradient(x0), ArgumentError,
        "a Formula is no function; its compile() gives the function"),
    "a formula as an array": (lambda: np.linalg.norm(form().gradient), ArgumentError, "a Formula is no array"),
    "an entry of a formula": (lambda: form().gradient[0], ArgumentError, "a Formula is no array or dict"),
    "a sum with a formula": (lambda: form().gradient + 1, ArgumentError, "a Formula is no array"),
    "an array minus a formula": (lambda: x0 - form().gradient, ArgumentError, "a Formula is no array"),
    "a formula as a number": (lambda: float(form().gradient), ArgumentError, "a Formula is no number"),
    "a variable of a form": (lambda: form()["x"], ArgumentError, "a ClosedForm is no array or dict"),
    "grad": (lambda: form().grad, AttributeError, "a ClosedForm has no attribute 'grad'; write form.gradient"),
    "latex of a form": (lambda: form().latex, AttributeError, "a formula has it: form.gradient.latex()"),
    "a third derivative": (lambda: form().third, AttributeError, "third derivatives are no formulas here"),
    "a misspelling": (lambda: form().hesian, AttributeError, "did you mean hessian?"),
    "the derivation of a formula": (lambda: form().gradient.derivation, AttributeError, "form.derivation()"),
    "a result by another name": (lambda: form().compile("grad"), ArgumentError,
        "received 'grad'; did you mean gradient?"),
    "an array as a result": (lambda: form().compile(x0), ArgumentError,
        "received a ndarray: arrays are given to the function that compile makes"),
    "an array of another length": (lambda: form().gradient.compile()(np.ones(4)), ArgumentError,
        "the gradient takes x with as many entries along n as A has: expected 3, received 4"),
    "a matrix for a vector": (lambda: form().gradient.compile()(np.ones((4, 1))), ArgumentError,
        "the gradient takes x as a vector; received an array of shape (4, 1)"),
    "text for a vector": (lambda: form().gradient.compile()("a"), ArgumentError,
        "the gradient takes x as numbers; received a str"),
    "an array for a dict": (lambda: operator().dense(A), ArgumentError,
        "values is a dict from names to arrays; received a ndarray"),
    # symbols
    "one length for two": (lambda: wg.Matrix("X", "n"), ArgumentError, "X has two lengths, as 'm n' or (5, 3)"),
    "lengths as arguments": (lambda: wg.Matrix("X", 3, 3), ArgumentError, "X has two lengths, as 'm n' or (5, 3)"),
    "a property of a matrix": (lambda: wg.Matrix("X", "n n", "spd"), ArgumentError,
        "Matrix: X cannot be 'spd', which is no property; did you mean positive definite?"),
    "the length of a number": (lambda: wg.Scalar("t", "n"), ArgumentError, "Scalar: t cannot be 'n'"),
    "a product of symbols": (lambda: X @ X, ArgumentError,
        "a Matrix is no array; it has no numbers: make it an argument of a function and give both to wengert.derive"),
    "a function of a symbol": (lambda: np.trace(X), ArgumentError, "a Matrix is no array"),
    "the shape of a symbol": (lambda: X.shape, AttributeError, "the names of its lengths are its dims"),
    "a symbol outside": (lambda: wg.derive(lambda x: x @ X @ x, wg.Vector("x", "n")), ArgumentError,
        "X is a symbol that the function finds outside; make it an argument of the function"),
    "the gradient by a symbol": (lambda: wg.grad(q)(X), ArgumentError, "argument 0 is a SymbolicArray"),
    # text
    "a formula with a name": (lambda: wg.derive("f = x'*A*x", wrt="x"), ParseError,
        "`=` at character 3 gives the formula a name"),
    "LaTeX": (lambda: wg.derive(r"\frac{1}{2}x", wrt="x"), ParseError, "LaTeX is not read"),
    "a function of a file": (lambda: wg.derive("model.py:loss", wrt="x"), ParseError, "wengert.derive(f, x0)"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_the_caller_s_terms(name):
    call, kind, message = MISTAKES[name]
    with pytest.raises(kind, match=re.escape(message)) as caught:
        call()
    assert type(caught.value) is kind


class Base:
    def __init__(self):
        self.A = A

    def value(self, x):
        return x @ self.A @ x


class Penalised(Base):
    def value(self, x):
        return super().value(x) + x @ x


def test_methods_of_the_classes_above_are_looked_into():
    assert str(wg.derive(Penalised().value, x0).gradient) == "2x + (A + Aᵀ)x"


@pytest.mark.parametrize("kind", ["f4", "f2"])
def test_functions_that_round_are_compared_as_closely_as_they_round(kind):
    found = wg.derive(lambda x: np.sum(np.exp(x.astype(kind))), x0)
    assert str(found.gradient) == "exp(x)"
    assert found.check.error > 1e-9


def test_symbols_are_shown_as_they_are_made():
    symbols = wg.Matrix("X", "n × m"), wg.Vector("x", "n", "positive entries"), wg.Scalar("t")
    assert list(map(repr, symbols)) == ["Matrix('X', 'n m')", "Vector('x', 'n', 'positive entries')", "Scalar('t')"]
