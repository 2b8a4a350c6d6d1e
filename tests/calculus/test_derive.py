"""`wengert.derive`: what it reads as the same, what it assumes and says, what it returns, and what it refuses."""

import functools
import re
import warnings
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

import wengert as wg
from wengert.api import agreement, blocks
from wengert.calculus import algebra
from wengert.errors import (
    ArgumentError,
    CheckError,
    IndependentOutputWarning,
    IntegerInputError,
    OutputError,
    ParseError,
    UnsupportedError,
)

RANDOM = np.random.default_rng(0)
x0, y0, b = RANDOM.normal(size=5), RANDOM.normal(size=4), RANDOM.normal(size=5)
A, S, W = RANDOM.normal(size=(5, 5)), np.cov(RANDOM.normal(size=(5, 9))), RANDOM.normal(size=(4, 5))
lam, count = 0.3, 3
SQUARE = wg.Matrix("X", "n n")
DEFINITE = wg.Matrix("X", "n n", "positive definite")


def helper(x):
    return A @ x


def cubed(X):
    for _ in range(count):
        X = X @ A
    return np.trace(X)


class Model:
    def __init__(self):
        self.A, self.lam, self.unused = A, 0.1, np.ones((7, 7))

    def loss(self, x):
        return self.quadratic(x) + self.lam * x @ x

    def quadratic(self, x):
        return x @ self.A @ x

    def __call__(self, x):
        return self.loss(x)


class OfClass:
    A = A

    def loss(self, x):
        return self.product(x) @ x

    @classmethod
    def name(cls):
        return cls.__name__

    @staticmethod
    def product(x):
        return A.T @ x


class Pair(NamedTuple):
    A: np.ndarray
    depth: int


PARAMETERS = {"A": A, "depth": 3}
SPACE = SimpleNamespace(inner=SimpleNamespace(A=A))
PAIR = Pair(A, 3)


def twice(f):
    @functools.wraps(f)
    def inner(*args):
        return 2 * f(*args)

    return inner


@twice
def twice_half(x):
    work = x.copy()
    work *= 0.5
    return work @ helper(x)


@dataclass(frozen=True)
class Frozen:
    A: np.ndarray

    def loss(self, x):
        return x @ self.A @ x


# programs that are the same function have the same gradient, letter by letter
ALIKE = {
    "2x": (x0, [lambda x: x @ x, lambda x: np.sum(x**2), lambda x: np.linalg.norm(x) ** 2, lambda x: (x * x).sum(),
                lambda x: np.dot(x, x), lambda x: np.sum(np.square(x))]),
    "X⁻¹": (DEFINITE, [lambda X: np.log(np.linalg.det(X)), lambda X: np.linalg.slogdet(X)[1]]),
    "X⁻ᵀ": (SQUARE, [lambda X: np.log(np.linalg.det(X)), lambda X: np.linalg.slogdet(X)[1]]),
    "(A⁻¹ + A⁻ᵀ)x": (x0, [lambda x: x @ np.linalg.inv(A) @ x, lambda x: x @ np.linalg.solve(A, x)]),
    "(A + Aᵀ)x": (x0, [
        lambda x: x @ A @ x, lambda x: np.dot(x, A @ x), lambda x: np.inner(x, A @ x), lambda x: np.vdot(x, A @ x),
        lambda x: np.einsum("i,ij,j", x, A, x), lambda x: np.trace(np.outer(x, x) @ A),
        lambda x: (x * (A @ x)).sum(), lambda x: x.T @ A @ x, lambda x: x @ helper(x), Frozen(A).loss,
        lambda x: (lambda z: z @ A @ z)(x), lambda x: Frozen(A).loss(x), lambda x: x @ PARAMETERS["A"] @ x,
        lambda x: x @ SPACE.inner.A @ x, lambda x: x @ PAIR.A @ x, OfClass().loss, twice_half,
    ]),
    "2λx + (A + Aᵀ)x": (x0, [Model().loss, Model(), lambda x, lam=lam: x @ A @ x + lam * x @ x]),
    "(A³)ᵀ": (A, [cubed, lambda X: np.trace(X @ A @ A @ A)]),
    "2Wᵀ(Wx − y)/m": (x0, [lambda x, y=y0: np.mean((W @ x - y) ** 2),
                           lambda x, y=y0: np.sum((W @ x - y) ** 2) / len(y),
                           lambda x, y=y0: 2 * np.sum((W @ x - y) ** 2) / (2 * W.shape[0])]),
}  # fmt: skip
PROGRAMS = [(text, place) for text, (_, programs) in ALIKE.items() for place in range(len(programs))]


@pytest.mark.parametrize(("text", "place"), PROGRAMS)
def test_the_same_function_prints_alike(text, place):
    point, programs = ALIKE[text]
    assert str(wg.derive(programs[place], point).gradient) == text


def test_softmax_is_seen():
    form = wg.derive(lambda z: np.exp(z) / np.exp(z).sum(), x0)
    assert str(form.function) == "softmax(z)"
    assert "diag(" in str(form.jacobian)
    assert "exp" not in str(form.jacobian)


COLUMNS = {
    "quadratic": (lambda x: x @ A @ x, lambda x: x.T @ A @ x, "gradient"),
    "its entry": (lambda x: x @ A @ x, lambda x: np.sum(x.T @ A @ x), "gradient"),
    "its Hessian": (lambda x: x @ A @ x, lambda x: x.T @ A @ x, "hessian"),
    "residual": (lambda x: W @ x, lambda x: W @ x, "jacobian"),
    "norm": (lambda x: np.linalg.norm(W @ x), lambda x: np.linalg.norm(W @ x), "gradient"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_two_axes_give_the_same_answer(name):
    plain, column, kind = COLUMNS[name]
    one, other = getattr(wg.derive(plain, x0), kind), getattr(wg.derive(column, x0[:, None]), kind)
    assert str(one) == str(other)
    value = other.compile()(x0[:, None])
    assert value.shape == ((5, 1) if kind == "gradient" else np.shape(one.compile()(x0)))
    np.testing.assert_allclose(np.ravel(value), np.ravel(one.compile()(x0)))


# every program with the derivatives that it has, and the axes that NumPy gives them
KINDS = {
    "gradient": (lambda x: np.log(np.sum(np.exp(W @ x))), (x0,), "gradient", (5,)),
    "Hessian": (lambda x: np.log(np.sum(np.exp(W @ x))), (x0,), "hessian", (5, 5)),
    "Jacobian": (lambda x: np.tanh(W @ x), (x0,), "jacobian", (4, 5)),
    "Jacobian of a number": (lambda x: x @ x, (x0,), "jacobian", (5,)),
    "differential": (lambda x: np.tanh(W @ x), (x0,), "differential", (4,)),
    "gradient in a matrix": (lambda X: np.sum((W @ X) ** 2), (A,), "gradient", (5, 5)),
    "operator": (lambda X: np.sum((W @ X) ** 2), (A,), "hessian", (5, 5)),
    "operator of a definite matrix": (lambda X: np.linalg.slogdet(X)[1], (S,), "hessian", (5, 5)),
    "derivative": (lambda t: lam * t**3, (2.0,), "derivative", ()),
    "second derivative": (lambda t: lam * t**3, (2.0,), "hessian", ()),
    "derivative of a vector": (lambda t: np.exp(t * b), (0.3,), "derivative", (5,)),
    "inverse": (np.linalg.inv, (A,), "differential", (5, 5)),
}


def direct(f, args, kind, direction):
    """The same derivative without a formula."""
    if kind == "gradient" or (kind == "jacobian" and np.ndim(f(*args)) == 0):
        return wg.grad(f)(*args)
    if kind == "jacobian":
        return wg.jacobian(f)(*args)
    if kind == "differential":
        return wg.jvp(f, args, (direction,))[1]
    if kind == "derivative":
        return wg.jvp(f, args, (1.0,))[1]
    if np.ndim(args[0]) == 2:
        return wg.jvp(wg.grad(f), args, (direction,))[1]
    return wg.hessian(f)(*args)


@pytest.mark.parametrize("name", KINDS)
def test_the_compiled_formula_is_the_derivative(name):
    f, args, kind, shape = KINDS[name]
    made = getattr(wg.derive(f, *args), kind)
    direction = np.asarray(RANDOM.normal(size=np.shape(args[0])))
    given = (*args, direction) if made.arguments[-1].startswith("d") else args
    value = made.compile()(*given)
    assert np.shape(value) == shape
    np.testing.assert_allclose(value, direct(f, args, kind, direction), rtol=1e-8, atol=1e-12)
    scope = {}
    exec(made.python(), scope)
    held = made.held.values()
    again = scope[made.what.lower()](*given, *held)
    np.testing.assert_allclose(again, value, rtol=1e-12)
    assert made._repr_latex_() == f"$\\displaystyle {made.latex()}$"


def test_the_compiled_function_says_what_it_takes():
    f = wg.derive(lambda x, y: y @ W @ x, x0, y0).differential.compile()
    np.testing.assert_allclose(f(x0, y=y0, dx=b), y0 @ W @ b)
    with pytest.raises(ArgumentError, match=re.escape("the differential is a function of x, y, dx: missing")):
        f(x0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_data_is_kept(dtype):
    Z = A.astype(dtype)
    form = wg.derive(lambda x: x @ Z @ x, x0.astype(dtype))
    assert str(form.gradient) == "(Z + Zᵀ)x"
    assert form.gradient.compile()(x0.astype(dtype)).dtype == dtype


def test_arguments_may_come_in_every_way():
    def f(x, A, *, p=2.0, k=3):
        return k * p * x @ A @ x

    expected = "3p(A + Aᵀ)x"
    assert str(wg.derive(f, x0, A).gradient) == expected
    assert str(wg.derive(f, x0, A=A, p=1.5).gradient) == expected
    assert str(wg.derive(functools.partial(f, A=A), x0).gradient) == expected
    assert wg.derive(functools.partial(f, A=A), x0).gradient.arguments == ("x",)
    assert str(wg.derive(lambda *xs: xs[0] @ xs[1], x0, b).gradient) == "xs1"
    # whole numbers and flags are no symbols
    assert str(wg.derive(f, x0, A, k=5).gradient) == "5p(A + Aᵀ)x"


def test_any_array_may_be_the_variable():
    form = wg.derive(lambda x: x @ A @ x, x0, wrt="A")
    assert str(form.gradient) == "xxᵀ"
    np.testing.assert_allclose(form.gradient.compile()(x0, A), np.outer(x0, x0))


def test_several_variables_give_all_gradients_and_all_blocks():
    form = wg.derive(lambda x, y: y @ W @ x + np.exp(lam) * x @ x, x0, y0, wrt=("x", "y"))
    assert {name: made.expression.shape for name, made in form.gradient.items()} == {
        name: form.symbols[name].shape for name in ("x", "y")
    }
    assert str(form.hessian["x", "y"]) == "Wᵀ"
    assert str(form.hessian["y", "x"]) == "W"
    assert form.hessian["y", "y"].compile()(x0, y0).shape == (4, 4)
    assert str(form["y"].gradient) == "Wx"
    np.testing.assert_allclose(form.differential.compile()(x0, y0, b, y0), wg.jvp(
        lambda x, y: y @ W @ x + np.exp(lam) * x @ x, (x0, y0), (b, y0))[1])  # fmt: skip
    with pytest.raises(ArgumentError, match="the variables are x, y, and 'z' is none of them"):
        form["z"]


def test_blocks_with_matrices_are_operators():
    form = wg.derive(lambda U, v: np.sum((W - U @ np.outer(v, v)) ** 2), W, x0, wrt=("U", "v"))
    block = form.hessian["U", "v"]
    assert block.arguments == ("U", "v", "dv")
    expected = wg.jvp(
        lambda v: wg.grad(lambda U: np.sum((W - U @ np.outer(v, v)) ** 2))(W), (x0,), (b,))[1]  # fmt: skip
    np.testing.assert_allclose(block.compile()(W, x0, b), expected, rtol=1e-8)


# lengths that are equal in the data, or equal to numbers in the program, stay apart
SIZES = {
    "5·7·11/11": (lambda x: 7 * x @ x + 11 * x.sum() - 6 * x.sum() + 10.0, x0, "14x + 5 𝟏"),
    "a mean of matrices": (np.mean, W, None),
    "n minus one": (lambda x: np.sum(x**2) / (x.shape[0] - 1), x0, "2x/(n − 1)"),
    "twice n": (lambda x: len(x) * 2 * x.sum(), x0, None),
}


@pytest.mark.parametrize("name", SIZES)
def test_numbers_and_lengths_are_told_apart(name):
    f, point, _ = SIZES[name]
    made = wg.derive(f, point).gradient
    larger = np.tile(point, 2)
    for at in (point, larger):
        np.testing.assert_allclose(made.compile()(at), wg.grad(f)(at), rtol=1e-10)


def factorials(x):
    term = total = 0 * x + 1
    for k in range(1, 17):
        term = term * x / k
        total = total + term
    return np.sum(total)


def horner(x):
    total = 0 * x
    for k in range(20):
        total = total * x + (k + 1)
    return np.sum(total)


# numbers that no line of the program holds
COUNTED = {
    "sines": (lambda x: np.sum(sum(np.sin(i * x) for i in range(20))), "19 cos(19x)"),
    "powers": (lambda x: np.sum(sum((k + 1) * x**k for k in range(20))), "380x¹⁸ + 342x¹⁷"),
    "the scheme of Horner": (horner, "90x¹⁰ + 90x⁹"),
    "a series": (factorials, "x⁵/120"),
    "roots and logarithms": (lambda x: sum(np.sqrt(i) * np.log(i) * x.sum() for i in range(2, 20)), None),
    "lengths beside counters": (lambda x: np.mean(sum(np.sin(i * x) for i in range(12))), "11 cos(11x)"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_counters_of_loops_are_no_lengths(name):
    f, part = COUNTED[name]
    made = wg.derive(f, 0.3 * x0).gradient
    assert (part or "") in str(made)
    larger = np.tile(0.3 * x0, 2)
    for at in (0.3 * x0, larger):
        np.testing.assert_allclose(made.compile()(at), wg.grad(f)(at), rtol=1e-10)


def test_square_data_stay_rectangular_where_the_function_allows_it():
    form = wg.derive(lambda x: np.sum((A @ x - b) ** 2), x0)
    assert form.symbols["A"].rows != form.symbols["A"].cols
    assert [str(dim) for dim in form.dims] == ["n", "m"]


def test_dimensions_keep_their_names():
    form = wg.derive(lambda X, w: np.sum((X @ w) ** 2), wg.Matrix("X", "N d"), wg.Vector("w", "d"), wrt="w")
    assert [str(dim) for dim in form.dims] == ["d", "N"]
    mixed = wg.derive(lambda x: x @ A @ x, wg.Vector("x", "d"))
    assert [str(length) for length in mixed.symbols["A"].shape] == ["d", "d"]


TEXTS = {
    "½(A + Aᵀ)x + b": ("1/2*x'*A*x + b'*x + c", {"wrt": "x"}),
    "Ax + b": ("1/2*x'*A*x + b'*x + c", {"wrt": "x", "assume": "A: symmetric"}),
    "X⁻¹": ("log(det(X))", {"assume": {"X": "positive definite"}}),
    "(A + Aᵀ)x": ("x @ A @ x", {}),
}


@pytest.mark.parametrize("expected", TEXTS)
def test_formulas_as_text(expected):
    text, options = TEXTS[expected]
    assert str(wg.derive(text, **options).gradient) == expected


def test_properties_of_data_are_used_only_when_asked_for_and_then_stated():
    def f(x):
        return x @ S @ x

    plain, found = wg.derive(f, x0), wg.derive(f, x0, assume="detect")
    assert str(plain.gradient) == "(S + Sᵀ)x"
    assert plain.detected == {}
    assert str(found.gradient) == "2Sx"
    assert found.detected == {"S": ("positive definite",)}
    assert "detected in the data, and used: S positive definite" in str(found)
    # the variable moves, and what is true at one point says nothing
    assert wg.derive(lambda X: np.trace(X @ A), np.eye(5), assume="detect").detected == {}


def test_the_gradient_of_a_symmetric_variable_is_symmetric_and_says_so():
    form = wg.derive(lambda X: b @ X @ x0, S, assume={"X": "symmetric"})
    value = form.gradient.compile()(S)
    np.testing.assert_allclose(value, 0.5 * (np.outer(b, x0) + np.outer(x0, b)))
    assert "∇ in X is taken among symmetric matrices" in form.domain


SYMMETRIC = {
    "log det": lambda X: np.linalg.slogdet(X)[1],
    "not itself symmetric": lambda X: b @ X @ A @ X @ x0,
    "inverse": lambda X: b @ np.linalg.solve(X, x0),
}


@pytest.mark.parametrize("assumed", ["symmetric", "positive definite", "diagonal"])
@pytest.mark.parametrize("name", SYMMETRIC)
def test_second_derivatives_among_symmetric_matrices(name, assumed):
    f = SYMMETRIC[name]
    keep = (lambda G: np.diag(np.diag(G))) if assumed == "diagonal" else (lambda G: 0.5 * (G + G.T))
    point, change = S + np.eye(5), RANDOM.normal(size=(5, 5))
    point, change = (np.diag(np.diag(point)) if assumed == "diagonal" else point), keep(change)
    form = wg.derive(f, point, assume={"X": assumed})
    np.testing.assert_allclose(form.gradient.compile()(point), keep(wg.grad(f)(point)), rtol=1e-8, atol=1e-12)
    expected = wg.jvp(lambda X: keep(wg.grad(f)(X)), (point,), (change,))[1]
    np.testing.assert_allclose(form.hessian.compile()(point, change), expected, rtol=1e-8, atol=1e-12)


DOMAINS = {
    "a logarithm": (lambda x: np.sum(np.log(x)), x0, {}, ("x > 0",)),
    "of positive entries": (lambda x: np.sum(np.log(x)), x0, {"x": "positive entries"}, ()),
    "a norm": (lambda x: np.linalg.norm(W @ x - y0), x0, {}, ("Wx − y₀ ≠ 0",)),
    "a determinant": (lambda X: np.linalg.slogdet(X)[1], A, {}, ("det(X) ≠ 0",)),
    "absolute values": (lambda x: np.sum(np.abs(x)), x0, {}, ("almost everywhere",)),
    "nothing": (lambda x: x @ x, x0, {}, ()),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_the_domain_is_stated(name):
    f, point, assume, expected = DOMAINS[name]
    form = wg.derive(f, point, assume=assume)
    assert form.first is not None
    assert form.domain == expected


def test_the_check_holds_both_comparisons():
    form = wg.derive(lambda x: np.log(np.sum(np.exp(W @ x))), x0)
    assert form.hessian is not None
    assert [figure.what for figure in form.check.figures] == ["gradient", "Hessian"]
    for figure in form.check.figures:
        assert len(figure.traced) == len(figure.differences) == 2
        assert max(figure.traced) < 1e-9
        assert max(figure.differences) < 1e-6
    one, other = form.check.sizes
    assert all(one[dim] != other[dim] for dim in form.dims)
    assert form.check.error == max(max(figure.traced) for figure in form.check.figures)
    assert re.search(r"^checked at n = 7, m = 11 and n = 11, m = 13: gradient: .* from differences", str(form.check))


def test_a_wrong_formula_is_not_given(monkeypatch):
    monkeypatch.setattr(blocks, "derived", lambda expression, *rest: expression)
    with pytest.raises(CheckError, match=r"the formula .* for the derivative differs from the traced derivative by"):
        _ = wg.derive(lambda t: t**3, 2.0).derivative


def to_orthogonal(X):
    for _ in range(20):
        X = 0.5 * X @ (3 * np.eye(len(X)) - X.T @ X)
    return np.sum(X**2)


def chebyshev(x):
    before, value = 0 * x + 1, x
    for _ in range(40):
        before, value = value, 2 * x * value - before
    return np.sum(value)


# flat but for a narrow valley at a point, and with slopes of very different sizes
STEEP = {
    "the iteration of Newton and Schulz": (to_orthogonal, np.eye(4) + 0.2 * W[:4, :4]),
    "Chebyshev": (chebyshev, 0.3 * x0),
}


@pytest.mark.parametrize("name", STEEP)
def test_steep_functions_are_checked_close_by(name):
    f, point = STEEP[name]
    form = wg.derive(f, point)
    assert form.gradient is not None
    assert all(error is not None and error < 1e-6 for figure in form.check.figures for error in figure.differences)


@pytest.mark.parametrize("name", STEEP)
def test_a_wrong_formula_of_a_steep_function_is_found_by_differences(name, monkeypatch):
    right = blocks.derived
    monkeypatch.setattr(blocks, "derived", lambda *given: algebra.matmul(algebra.number(1.0001), right(*given)))
    monkeypatch.setattr(agreement, "_traced", lambda *given: 0.0)
    f, point = STEEP[name]
    with pytest.raises(CheckError, match="differs from differences of the function"):
        _ = wg.derive(f, point).gradient


def test_errors_about_long_formulas_stay_short(monkeypatch):
    monkeypatch.setattr(blocks, "derived", lambda expression, *rest: expression)
    with pytest.raises(CheckError, match=r"the formula \(of \d+ symbols\) for the") as caught:
        _ = wg.derive(lambda t: chebyshev(t), 0.3).derivative
    assert len(str(caught.value)) < 500


def test_a_wrong_custom_rule_is_found_by_differences():
    @wg.custom_rule
    def double(x):
        return 2.0 * x

    double.differential(lambda out, x: lambda dx: 3.0 * dx)
    with pytest.raises((CheckError, UnsupportedError)):
        _ = wg.derive(lambda x: np.sum(double(x)), x0).gradient


@pytest.mark.parametrize(("point", "shape"), [(x0, (5,)), (A, (5, 5)), (0.5, ())])
def test_a_function_without_the_variable_has_a_zero_of_its_shape_and_warns(point, shape):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        form = wg.derive(lambda x, y: y @ y, point, b)
        value = form.gradient.compile()(point, b)
    assert [warning.category for warning in caught] == [IndependentOutputWarning]
    assert "does not depend on the differentiated argument" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert str(form.gradient) == "0"
    assert np.shape(value) == shape
    assert not np.any(value)


def test_a_form_says_what_it_is():
    form = wg.derive(lambda x: x @ A @ x, x0)
    assert repr(form) == "ClosedForm(f(x) = xᵀAx)"
    assert str(form).splitlines()[:3] == [
        "f(x) = xᵀAx", "    x a vector of n, A a matrix of n × n", "gradient: (A + Aᵀ)x",
    ]  # fmt: skip
    assert form._repr_latex_() == r"$\displaystyle f(x) = x^\top Ax$"
    assert "∇f(x) = (A + Aᵀ)x" in str(form.derivation())


def steered(x):
    total = 0.0
    while total < 3.0:
        total = total + x @ x
    return total


WRONG = {
    "a loop that depends on data": (lambda: wg.derive(steered, x0), UnsupportedError,
        r"derive: a decision depends on values at test_derive.py:\d+, so that no formula holds everywhere; "
        "wengert.grad gives the derivative as numbers"),
    "a branch": (lambda: wg.derive(lambda x: x @ x if x[0] > 0 else 0.0, x0), UnsupportedError, "a decision depends"),
    "an unknown operation": (lambda: wg.derive(lambda x: np.sum(np.cumsum(x) ** 2), x0), UnsupportedError,
        r"cumsum at test_derive.py:\d+ has no closed form in matrix algebra; .*wengert.grad"),
    "sorting": (lambda: wg.derive(lambda x: np.sort(x) @ b, x0), UnsupportedError,
        r"at test_derive.py:\d+.*wengert.grad"),
    "several results": (lambda: wg.derive(lambda x: (x, x), x0), OutputError,
        "derive: <lambda> returned a tuple of 2; a formula is of one array or number: return one of them"),
    "no result": (lambda: wg.derive(lambda x: None, x0), OutputError,
        "derive: <lambda> returned a NoneType; a formula"),
    "whole numbers": (lambda: wg.derive(lambda x: x**2, 3), IntegerInputError, "pass 3.0 instead of 3"),
    "a wrong name": (lambda: wg.derive(lambda x: x @ A @ x, x0, assume={"B": "symmetric"}), ArgumentError,
        "derive: assume names B, but the arrays are x, A"),
    "a wrong variable": (lambda: wg.derive(lambda x: x @ A @ x, x0, wrt="y"), ArgumentError,
        "derive: wrt names y, but the arrays are x, A"),
    "an unknown property": (lambda: wg.derive(lambda x: x @ A @ x, x0, assume={"A": "symetric"}), ArgumentError,
        "derive: A cannot be assumed 'symetric', which is no property; did you mean symmetric\\?"),
    "a rectangle as symmetric": (lambda: wg.derive(lambda x: W @ x, x0, assume={"W": "symmetric"}), ArgumentError,
        "derive: W is assumed symmetric, which square matrices are, but its shape is 4 × 5"),
    "a symbolic rectangle": (lambda: wg.Matrix("X", "m n", "symmetric"), ArgumentError,
        re.escape("Matrix: X with dims 'm n' cannot be symmetric, which square matrices are; write Matrix('X', 'n n'")),
    "lengths of other names": (
        lambda: wg.derive(lambda X, y: np.sum(X @ y), wg.Matrix("X", "m n"), wg.Vector("y", "k")), ArgumentError,
        "equal lengths of axis 1 of X, which is n, and of axis 0 of y, which is k; give them one name"),
    "an array called like the direction": (lambda: wg.derive(lambda x, dx: dx * x @ x, x0, 0.1), ArgumentError,
        "dx is what the direction is called in which x changes; give the array dx another name"),
    "an array called like a length": (
        lambda: wg.derive(lambda x, n: n * x @ x, wg.Vector("x", "n"), wg.Scalar("n")), ArgumentError,
        "n is the name of an array and of a length; give one another name"),
    "too many lengths": (lambda: wg.Vector("x", "m n"), ArgumentError,
        "Vector: x has one length, as 'n' or 5; received 'm n'"),
    "a name that is none": (lambda: wg.Scalar("2x"), ArgumentError, "the name is a word such as 'x'"),
    "properties that exclude one another": (
        lambda: wg.derive(lambda x: x @ A @ x, x0, assume={"A": ("symmetric", "upper triangular")}), ArgumentError,
        "no array was found that is symmetric, upper triangular at once"),
    "an orthogonal variable": (lambda: wg.derive(lambda X: np.trace(X @ A), A, assume={"X": "orthogonal"}),
        ArgumentError, "X is the variable, and if it is orthogonal it cannot move in all directions"),
    "a gradient of a vector": (lambda: wg.derive(lambda x: W @ x, x0).gradient, ArgumentError,
        "derive: a gradient is of one number, and <lambda> returns an array of m; ask for jacobian, or differential"),
    "a Jacobian by a matrix": (lambda: wg.derive(lambda X: X @ b, A).jacobian, ArgumentError, "ask for differential"),
    "a derivative by a vector": (lambda: wg.derive(lambda x: x @ x, x0).derivative, ArgumentError, "ask for gradient"),
    "a text with arguments": (lambda: wg.derive("x'*x", x0), ArgumentError, "takes no arguments"),
    "a text that is none": (lambda: wg.derive("x'*"), ParseError, r"at character 4"),
    "no function": (lambda: wg.derive(3.0, x0), ArgumentError,
        "expected a function or a formula as text; received a float"),
    "three axes": (lambda: wg.derive(lambda x: np.sum(x), np.ones((2, 2, 2))), ArgumentError, "x has 3 axes"),
    "complex numbers": (lambda: wg.derive(lambda x: x @ x, x0 + 1j), ArgumentError, "an argument is complex"),
    "arrays in a list": (lambda: wg.derive(lambda xs: xs[0] @ xs[1], [x0, b]), ArgumentError,
        "an argument is a list of arrays, .*; pass each array as an argument of its own"),
    "a length that is written out": (lambda: wg.derive(lambda x: np.ones(5) @ x, x0), UnsupportedError,
        r"write x.shape\[0\] or len\(x\) for numbers of entries"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused_and_how(name):
    make, error, text = WRONG[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error) as caught:
            _ = make().first
    assert re.search(text, str(caught.value)), str(caught.value)
    assert type(caught.value).__name__ == error.__name__


def test_an_error_of_the_function_itself_is_the_callers_own():
    with pytest.raises(ZeroDivisionError):
        wg.derive(lambda x: x @ x * (1 / 0), x0)
    with pytest.raises(TypeError, match="missing a required argument"):
        wg.derive(lambda x, y: x @ y, x0)
