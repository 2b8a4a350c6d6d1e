"""The function and its derivatives as one NumPy function."""

import inspect

import numpy as np
import pytest

import wengert as wg
from wengert.errors import ArgumentError, CheckError

RNG = np.random.default_rng(5)
A, b, c, x = RNG.normal(size=(7, 5)), RNG.normal(size=7), RNG.normal(size=5), RNG.normal(size=5)
S = np.cov(RNG.normal(size=(5, 50)))
y, w = np.where(RNG.random(7) < 0.5, -1.0, 1.0), RNG.normal(size=7)
T, U, V = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 2)), RNG.normal(size=(5, 2))

FUNCTIONS = {
    "least squares": (lambda x: 0.5 * np.sum((A @ x - b) ** 2), x),
    "logistic regression": (lambda x: np.mean(np.log1p(np.exp(-y * (A @ x)))) + 0.1 * x @ x, x),
    "log-sum-exp": (lambda x: np.log(np.sum(np.exp(A @ x + b))), x),
    "a norm": (lambda x: np.linalg.norm(A @ x - b), x),
    "a Rayleigh quotient": (lambda x: (x @ S @ x) / (x @ x), x),
    "a Gaussian": (lambda x: np.exp(-0.5 * (x - c) @ np.linalg.solve(S, x - c)), x),
    "signed weights": (lambda x: w @ np.tanh(A @ x), x),
    "a barrier": (lambda x: -np.sum(np.log(1e3 - A @ x)), x),
    "a number": (lambda s: c @ np.linalg.solve(S + s * np.eye(len(c)), c), 0.7),
    "a column of two axes": (lambda x: np.sum((A @ x) ** 2) + np.sum(x**3), x[:, None]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_gradient_and_hessian_come_together(name):
    function, point = FUNCTIONS[name]
    form = wg.derive(function, point)
    found = form.compile()(point)
    expected = [function(point), wg.grad(function)(point)]
    if np.ndim(point) < 2:
        expected.append(wg.hessian(function)(point))
    assert len(found) == len(expected) if np.ndim(point) < 2 else len(found) >= 2
    for part, right in zip(found, expected, strict=False):
        np.testing.assert_allclose(part, right, rtol=1e-9, atol=1e-12)


def test_what_the_results_have_in_common_is_computed_once():
    form = wg.derive(FUNCTIONS["log-sum-exp"][0], x)
    assert form.python(name="evidence") == (
        "import numpy as np\nfrom scipy import special\n\n\n"
        "def evidence(x, A, b):\n"
        "    total = A @ x + b\n"
        "    value = special.logsumexp(total)\n"
        "    probabilities = special.softmax(total)\n"
        "    gradient = A.T @ probabilities\n"
        "    weighted = A * np.sqrt(probabilities)[:, None]\n"
        "    hessian = weighted.T @ weighted - np.outer(gradient, gradient)\n"
        "    return value, gradient, hessian\n"
    )


def test_the_results_are_those_asked_for_in_their_order():
    form = wg.derive(lambda U, V: np.sum((U @ V.T - T) ** 2), U, V)
    function = form.compile("hessian", "gradient")
    assert list(inspect.signature(function).parameters) == ["U", "V", "dU"]
    second, gradient = function(U, V, np.ones_like(U))
    np.testing.assert_allclose(second, 2 * np.ones_like(U) @ V.T @ V)
    np.testing.assert_allclose(gradient, 2 * (U @ V.T - T) @ V)


def test_a_jacobian_comes_with_its_value():
    value, jacobian = wg.derive(lambda x: (c @ x) * x, x).compile()(x)
    np.testing.assert_allclose(value, (c @ x) * x)
    np.testing.assert_allclose(jacobian, np.outer(x, c) + (c @ x) * np.eye(5))


def test_the_gradients_in_several_variables_come_together():
    forms = wg.derive(lambda U, V: np.sum((U @ V.T - T) ** 2), U, V, wrt=("U", "V"))
    assert "return value, gradient_U, gradient_V" in forms.python()
    value, in_u, in_v = forms.compile()(U, V)
    residual = U @ V.T - T
    np.testing.assert_allclose(value, np.sum(residual**2))
    np.testing.assert_allclose(in_u, 2 * residual @ V)
    np.testing.assert_allclose(in_v, 2 * residual.T @ U)
    assert "hessian_U_V" in forms.python("hessian")


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda form: form.python("nabla"), "derive: a result is one of value, gradient, .*; received 'nabla'"),
        (lambda form: form.compile()(), "the function is a function of x: missing a required argument: 'x'"),
    ],
)
def test_what_cannot_be_given_is_an_error(act, message):
    with pytest.raises(ArgumentError, match=message):
        act(wg.derive(FUNCTIONS["a norm"][0], x))


def test_a_result_that_several_variables_do_not_have_is_named():
    forms = wg.derive(lambda U, V: np.sum((U @ V.T - T) ** 2), U, V, wrt=("U", "V"))
    with pytest.raises(ArgumentError, match="a result is one of value, gradient, jacobian, differential, hessian; "):
        forms.python("derivative")


def test_wrong_code_is_not_given_out(monkeypatch):
    import wengert.api.formula as module

    form = wg.derive(FUNCTIONS["least squares"][0], x)
    right = module.python_of
    monkeypatch.setattr(module, "python_of", lambda *args, **names: right(*args, **names).replace("0.5", "0.6"))
    with pytest.raises(CheckError, match="the code of the function differs from the formula"):
        form.compile()
