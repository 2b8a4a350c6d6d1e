"""Where `wengert.derive` evaluates a function: inside its domain, at lengths that tell, and at those of the data."""

import re
import warnings

import numpy as np
import pytest
import scipy.special

import wengert as wg
from wengert.calculus.instances import PROPERTIES, detected, draw, has_property
from wengert.errors import ArgumentError, CheckError, UnsupportedError

RANDOM = np.random.default_rng(1)
x0, c, y = RANDOM.normal(size=5), np.abs(RANDOM.normal(size=5)) + 1, RANDOM.normal(size=4)
A, W, N = RANDOM.normal(size=(5, 5)), RANDOM.normal(size=(4, 5)), RANDOM.normal(size=(5, 5))
S, T = A @ A.T + np.eye(5), N @ N.T + np.eye(5)
room = np.abs(W @ x0) + 1
thin = RANDOM.normal(size=(7, 3))
labels, small = (RANDOM.random(6) > 0.5) * 1.0, 0.1 * RANDOM.normal(size=(6, 3))
SPD = {"S": "positive definite"}


def probit(w):
    chances = 0.5 * (1 + scipy.special.erf(small @ w / np.sqrt(2)))
    return -np.sum(labels * np.log(chances) + (1 - labels) * np.log(1 - chances))


# functions that are defined on a part of the space only, with the gradient where it is worth reading
NARROW = {
    "log barrier": (lambda x: -np.sum(np.log(room - W @ x)), (x0,), "Wᵀ(1/(room − Wx))"),
    "log barrier of symbols": (
        lambda x, A, b: -np.sum(np.log(b - A @ x)), (wg.Vector("x"), wg.Matrix("A", "m n"), wg.Vector("b", "m")),
        "Aᵀ(1/(b − Ax))"),
    "analytic centre": (lambda x: c @ x - np.sum(np.log(room - W @ x)) - np.sum(np.log(x)), (0.01 * c,), None),
    "barrier of a simplex": (lambda x: np.log(1 - np.sum(x)) + np.sum(np.log(x)), (c / 20,), None),
    "barrier of a cone": (lambda x, t: -np.log(t**2 - x @ x), (x0, 9.0), "2x/(t² − xᵀx)"),
    "barrier of a box": (lambda x, low, high: np.sum(np.log(high - x) + np.log(x - low)), (x0, x0 - 1, x0 + 1), None),
    "barrier far out": (lambda x: np.sum(np.log(x - 50)), (x0 + 60,), "1/(x − 50)"),
    "first phase": (lambda x, t: t - np.sum(np.log(t - W @ x + y)), (x0, 20.0), None),
    "semidefinite barrier": (lambda x: -np.linalg.slogdet(9 * S - np.diag(x))[1], (x0,), None),
    "negative numbers": (lambda x: np.sum(np.log(-x)), (-c,), "1/x"),
    "negative numbers of symbols": (lambda x: np.sum(np.log(-x)), (wg.Vector("x"),), "1/x"),
    "a ball": (lambda x: np.log(1 - x @ x), (x0 / 10,), "−2x/(1 − xᵀx)"),
    "entropy": (lambda p: -np.sum(p * np.log(p)), (c / c.sum(),), None),
    "nested logarithms": (lambda x: np.sum(np.log(np.log(x))), (c + 2,), "1/(x ∘ log(x))"),
    "beyond one": (lambda x: np.sum(np.arccosh(x)), (c + 2,), None),
    "wide matrix": (lambda x: np.linalg.slogdet(W @ np.diag(x) @ W.T)[1], (c,), None),
    "saturation": (lambda x: np.tanh(np.sum(x**6)), (x0,), None),
    "cancellation": (probit, (small[0],), None),
    "exponentials that run away": (
        lambda X: np.log(1 + np.exp(np.sum(X) * (X @ c @ X.sum(axis=1)) * np.trace(X))), (A,), None),
    "thin matrix": (lambda X: np.linalg.det(X.T @ S7 @ X), (thin,), None),
    "powers of a number": (lambda t: t**exponent * (1 - t) ** 0.5, (0.4,), None),
    "a number below zero": (lambda t: np.sqrt(-t), (-2.0,), None),
    "an inverse that is tiny": (
        lambda X: np.linalg.det(np.linalg.inv(X)), (wg.Matrix("X", "n n", "invertible"),), "−X⁻ᵀ/det(X)"),
    "numbers that are singular": (lambda X: np.trace(np.linalg.inv(X)), (np.ones((7, 7)),), "−(X⁻²)ᵀ"),
}  # fmt: skip
exponent = 1.3
S7 = np.eye(7) + np.ones((7, 7))


@pytest.mark.parametrize("name", NARROW)
def test_a_point_of_the_domain_is_found(name):
    f, args, expected = NARROW[name]
    form = wg.derive(f, *args)
    assert expected is None or str(form.first) == expected
    assert str(form.first)
    assert str(form.hessian)
    for figure in form.check.figures:
        assert max(figure.traced) < 1e-8


@pytest.mark.parametrize("name", [name for name, (_, args, _) in NARROW.items() if isinstance(args[0], np.ndarray)])
def test_its_formula_holds_at_the_data(name):
    f, args, _ = NARROW[name]
    gradient = wg.derive(f, *args).first
    with np.errstate(all="ignore"):
        try:
            expected = wg.grad(f)(*args)
        except np.linalg.LinAlgError:
            return
    np.testing.assert_allclose(gradient.compile()(*args), expected, rtol=1e-6, atol=1e-12)


# what an operation asks for, and the data have, is used and stated; nothing else is
NEEDED = {
    "a Cholesky factor": (lambda x: np.sum(np.linalg.solve(np.linalg.cholesky(S), x) ** 2) + x @ T @ x, (x0,),
        "(T + Tᵀ + 2S⁻¹)x", {"S": ("positive definite",)}),
    "of the variable": (lambda S: 2 * np.sum(np.log(np.diag(np.linalg.cholesky(S)))), (S,), "S⁻¹",
        {"S": ("positive definite",)}),
    "eigenvalues": (lambda S: np.sum(np.log(np.linalg.eigvalsh(S))), (S,), "S⁻¹", {"S": ("positive definite",)}),
    "nothing": (lambda x: x @ S @ x, (x0,), "(S + Sᵀ)x", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_what_an_operation_needs_of_the_data_is_used_and_stated(name):
    f, args, expected, found = NEEDED[name]
    form = wg.derive(f, *args)
    assert str(form.gradient) == expected
    assert form.detected == found
    assert ("detected in the data, and used: S positive definite" in str(form)) == bool(found)


OUTSIDE = {
    "nowhere": (lambda: wg.derive(lambda x: np.sum(np.log(-1 - x * x)), wg.Vector("x")),
        r"no random arrays were found at which .*: log at test_domains.py:\d+ has no finite result; say with assume"),
    "not at the data": (lambda: wg.derive(lambda x: np.sum(np.log(-1 - x * x)), x0),
        r"no finite value at the arrays that it was given: log at test_domains.py:\d+ has no finite result"),
    "singular": (lambda: wg.derive(lambda x: x @ np.linalg.inv(np.outer(x, x)) @ x, wg.Vector("x")), "Singular matrix"),
    "a factor of anything": (
        lambda: wg.derive(lambda x, S: np.linalg.solve(np.linalg.cholesky(S), x) @ x, wg.Vector("x"),
                          wg.Matrix("S", "n n")),
        r"cholesky .* at test_domains.py:\d+ .*; with assume=\{'S': 'positive definite'\} there is a formula"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_defined_nowhere_is_told_with_operation_and_line(name):
    make, message = OUTSIDE[name]
    with pytest.raises(UnsupportedError, match=re.compile(message, re.DOTALL)):
        make()


# what is zero everywhere comes out of rounding errors, and is a zero all the same
ZERO = {
    "a quadratic form": (lambda x: x @ (A - A.T) @ x, x0, "hessian"),
    "two functions that add up": (lambda x: np.sum(1 / (1 + np.exp(-x))) + np.sum(1 / (1 + np.exp(x))), x0, "hessian"),
    "a unit vector": (lambda x: np.linalg.norm(x / np.linalg.norm(x)), x0, "hessian"),
    "a commutator": (lambda X: np.trace(A @ X - X @ A), A, "gradient"),
    "an antisymmetric matrix": (lambda X: np.sum(X - X.T), A, "gradient"),
    "a circle": (lambda x: np.sum(np.sin(x) ** 2 + np.cos(x) ** 2), x0, "gradient"),
    "a determinant of the unit": (lambda X: np.linalg.det(X @ np.linalg.inv(X)), A, "gradient"),
    "a linear function": (lambda x: c @ x, x0, "hessian"),
    "a linear function of eigenvalues": (lambda S: np.sum(np.linalg.eigvalsh(S)), S, "hessian"),
    "centred": (lambda x: np.sum(x - np.mean(x)), x0, "gradient"),
    "a difference": (lambda x: W @ x - W @ x, x0, "jacobian"),
    "steps": (lambda x: np.sum(x > 0) * 1.0, x0, "gradient"),
}


@pytest.mark.parametrize("name", ZERO)
def test_zeros_are_not_taken_for_disagreement(name):
    f, point, kind = ZERO[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = getattr(wg.derive(f, point), kind)
        args = (point, np.ones_like(point)) if made.arguments[-1].startswith("d") else (point,)
    assert not np.any(np.abs(made.compile()(*args)) > 1e-10)


# functions that are others at the lengths of the data
BY_LENGTH = {
    "a branch": (lambda x: np.sum(x) if len(x) == 5 else np.sum(x**2), np.ones(5)),
    "a remainder": (lambda x: np.sum(x) * (len(x) % 2), np.ones(4)),
    "a quotient": (lambda x: np.sum(x) * (1 + (len(x) // 2 == 2)), np.ones(5)),
}


@pytest.mark.parametrize("name", BY_LENGTH)
def test_a_function_that_chooses_by_length_is_refused(name):
    f, point = BY_LENGTH[name]
    with pytest.raises((CheckError, UnsupportedError), match=r"does not treat all lengths alike|at one size"):
        _ = wg.derive(f, point).gradient


FALSE = {"symmetric": A, "orthogonal": A, "diagonal": A, "positive definite": -S, "idempotent": A}


@pytest.mark.parametrize("kind", FALSE)
def test_a_formula_is_not_compiled_with_arrays_that_lack_what_is_assumed(kind):
    held = FALSE[kind]
    form = wg.derive(lambda x: x @ held @ x, x0, assume={"held": kind})
    assert str(form.gradient)
    with pytest.raises(
        ArgumentError, match=f"held is assumed {kind}, but the array held that the function holds is not"
    ):
        form.gradient.compile()


@pytest.mark.parametrize("kind", PROPERTIES)
@pytest.mark.parametrize("seed", range(3))
def test_random_arrays_have_what_is_assumed(kind, seed):
    shape = (6,) if kind == "one-hot" else (6, 6)
    found = draw(shape, {kind}, np.random.default_rng(seed))
    assert has_property(kind, found)
    assert has_property(kind, found.astype(np.float32))


# the property, a function of x and M that is shorter with it, data that have it, and the gradients without and with it
Q, _ = np.linalg.qr(A)
USED = {
    "symmetric": (lambda x, M: x @ M @ x, A + A.T, "(M + Mᵀ)x", "2Mx"),
    "positive semidefinite": (lambda x, M: x @ M @ x, W.T @ W, "(M + Mᵀ)x", "2Mx"),
    "positive definite": (lambda x, M: x @ np.linalg.solve(M, x), S, "(M⁻¹ + M⁻ᵀ)x", "2M⁻¹x"),
    "orthogonal": (lambda x, M: np.sum((M @ x) ** 2), Q, "2MᵀMx", "2x"),
    "diagonal": (lambda x, M: x @ M @ x, np.diag(x0), "(M + Mᵀ)x", "2Mx"),
    "lower triangular": (lambda x, M: np.sum(solve_lower(M, x)), np.tril(A), None, "M⁻ᵀ𝟏"),
    "upper triangular": (lambda x, M: np.sum(solve_upper(M, x)), np.triu(A), None, "M⁻ᵀ𝟏"),
    "idempotent": (lambda x, M: x @ M @ M @ x, Q[:, :2] @ Q[:, :2].T + 0, "(M² + (M²)ᵀ)x", "(M + Mᵀ)x"),
    "positive entries": (lambda x, M: np.sum(np.abs(M) * x**2), c, "2(x ∘ |M|)", "2(M ∘ x)"),
    "nonnegative entries": (lambda x, M: np.sum(np.abs(M) * x**2), np.maximum(x0, 0), "2(x ∘ |M|)", "2(M ∘ x)"),
    "one-hot": (lambda x, M: M @ (x - np.log(np.sum(np.exp(x)))), np.eye(5)[2], "M − (𝟏ᵀM) softmax(x)",
        "M − softmax(x)"),
    "one-hot rows": (lambda x, M: np.sum(M) * x @ x, np.eye(5)[[0, 2, 1, 1]], "2(𝟏ᵀM𝟏)x", "2mx"),
    "invertible": (lambda x, M: x @ np.linalg.inv(M.T @ M) @ x, A, "2(MᵀM)⁻¹x", "2M⁻¹M⁻ᵀx"),
}  # fmt: skip


def solve_lower(M, x):
    return scipy.linalg.solve_triangular(M, x, lower=True)


def solve_upper(M, x):
    return scipy.linalg.solve_triangular(M, x)


@pytest.mark.parametrize("kind", USED)
def test_each_property_makes_a_formula_shorter(kind):
    f, data, plain, short = USED[kind]
    symbol = wg.Vector("M", "n") if data.ndim == 1 else wg.Matrix("M", "m n" if "rows" in kind else "n n")
    assert str(wg.derive(f, x0, data, assume={"M": kind}).gradient) == short
    if plain is not None:
        assert str(wg.derive(f, wg.Vector("x", "n"), symbol).gradient) == plain


@pytest.mark.parametrize("kind", USED)
def test_each_property_is_detected_and_stated(kind):
    f, data, _, _ = USED[kind]
    assert kind in detected(data)
    form = wg.derive(f, x0, data, assume="detect")
    assert kind in form.detected["M"]
    assert re.search(f"detected in the data, and used: M .*{kind}", str(form))


VECH = {
    "log det": lambda X: np.linalg.slogdet(X)[1],
    "a trace": lambda X: np.trace(X @ A),
    "a form": lambda X: c @ X @ x0,
    "a square": lambda X: np.trace(X @ X),
    "an inverse": lambda X: c @ np.linalg.solve(X, c),
}


@pytest.mark.parametrize("name", VECH)
def test_derivatives_by_independent_entries(name):
    f = VECH[name]
    form = wg.derive(f, S, assume={"X": "symmetric"}, convention="vech")
    value = form.gradient.compile()(S)
    for i, j in zip(*np.triu_indices(5), strict=True):
        unit = np.zeros((5, 5))
        unit[i, j] = unit[j, i] = 1.0
        slope = (f(S + 1e-6 * unit) - f(S - 1e-6 * unit)) / 2e-6
        np.testing.assert_allclose([value[i, j], value[j, i]], slope, rtol=1e-6, atol=1e-7)
    change = A + A.T
    plain = wg.derive(f, S, assume={"X": "symmetric"}).hessian.compile()(S, change)
    expected = 2 * plain - np.diag(np.diag(plain))
    np.testing.assert_allclose(form.hessian.compile()(S, change), expected, rtol=1e-8, atol=1e-12)
    assert "by independent entries" in str(form)
    assert f"∂f/∂X = {form.gradient}" in str(form.derivation())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"convention": "vech"}, r"convention='vech' is of symmetric variables, .* add assume=\{'X': 'symmetric'\}"),
        ({"convention": "half"}, r"convention is one of 'symmetric', 'vech'; received 'half'"),
    ],
)
def test_conventions_that_make_no_sense(options, message):
    with pytest.raises(ArgumentError, match=message):
        wg.derive(lambda X: np.trace(X @ A), S, **options)
