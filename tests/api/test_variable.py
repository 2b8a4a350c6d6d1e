"""Variables give the gradients of `wengert.grad`, add them up, and refuse what would lose them."""

import math
import operator

import numpy as np
import pytest

import wengert as wg

A = np.array([[1.0, 2.0, -0.5], [0.3, -1.0, 4.0]])
B = np.array([[0.5, 1.5], [2.0, -1.0], [0.7, 0.2]])
B32 = B.astype(np.float32)

PROGRAMS = {
    "numbers": (lambda x, y: x * y + x / y - 2 * x**3 + 1, (1.5, -2.0)),
    "fan-out": (lambda w1, w2: w2 * np.log(w1) + np.sqrt(w2 * np.log(w1)), (2.718, 3.0)),
    "reflected operators": (lambda x: 2 - x + 3 / x + 2**x - (1 + x) * 2, (0.7,)),
    "in place": (lambda x, y: _in_place(x, y), (0.7, 2.0)),
    "integers": (lambda x: x * x, (3,)),
    "matrix product": (lambda A, B: np.sum(np.tanh(A @ B)), (A, B)),
    "broadcasting": (lambda A, b: np.sum(A * b + b), (A, np.array([1.0, -1.0, 2.0]))),
    "methods": (lambda A: (A.sum(axis=0) * A.mean()).sum() + A.T[2, 0] + A.reshape(6)[1], (A,)),
    "indexing": (lambda A: A[0, 1] * A[1, ::2].sum() + A[A > 1].sum(), (A,)),
    "several results": (lambda A: np.sum(np.linalg.svd(A, full_matrices=False)[1] ** 1.5), (A,)),
    "a named tuple": (lambda A: np.linalg.slogdet(A @ A.T).logabsdet, (A,)),
    "lists": (lambda x, y: np.sum(np.stack([x, y, x * y]) ** 2), (0.4, 1.2)),
    "a list of results": (lambda A: np.sum(np.split(A, 3, axis=1)[1] ** 2), (A,)),
    "steering": (lambda x: x**2 if x > 0 else -x, (1.5,)),
    "iteration": (lambda A: sum((row * row).sum() for row in A), (A,)),
    "where": (lambda A: np.sum(np.where(A > 0, np.sqrt(abs(A)), 0.0)), (A,)),
    "single precision": (lambda B: np.sum(B * B * 2.0), (B32,)),
    "one argument twice": (lambda A: np.sum(A * A @ A.T), (A,)),
    "a deep chain": (lambda x: _deep(x), (0.3,)),
}


def _in_place(x, y):
    z = x
    z += y
    z *= x
    z -= 1.0
    z /= y
    z **= 2
    return z


def _deep(x):
    for _ in range(3000):
        x = x * 0.999 + 0.001
    return x


def _floats(args):
    return tuple(float(arg) if isinstance(arg, int) else arg for arg in args)


@pytest.mark.parametrize("name", PROGRAMS)
def test_backward_gives_the_gradient(name):
    f, args = PROGRAMS[name]
    variables = [wg.Variable(arg) for arg in args]
    result = f(*variables)
    result.backward()
    expected = wg.grad(f, argnums=tuple(range(len(args))))(*_floats(args))
    assert result.grad == 1
    np.testing.assert_allclose(result.value, f(*_floats(args)), rtol=1e-15)
    for variable, gradient in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable.grad, gradient, rtol=1e-12)
        assert np.shape(variable.grad) == variable.shape
        assert np.result_type(variable.grad) == variable.dtype


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives_add_up_until_they_are_forgotten(name):
    f, args = PROGRAMS[name]
    variables = [wg.Variable(arg) for arg in args]
    result = f(*variables)
    result.backward()
    once = [np.copy(variable.grad) for variable in variables]
    result.backward(np.ones_like(result.value) * 2)
    for variable, first in zip(variables, once, strict=True):
        np.testing.assert_allclose(variable.grad, 3 * first, rtol=1e-12)
    result.zero_grad()
    assert [variable.grad for variable in variables] == [None] * len(variables)


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_remembered_without_grad(name):
    f, args = PROGRAMS[name]
    variables = [wg.Variable(arg) for arg in args]
    with wg.no_grad():
        result = f(*variables)
    assert result.parents == ()
    result.backward()
    assert [variable.grad for variable in variables] == [None] * len(variables)
    assert f(*variables).parents


def test_values_are_copies_and_stand_beside_numbers():
    array = np.array([1.0, 2.0])
    variable = wg.Variable(array)
    array[0] = 100.0
    assert variable.value.tolist() == [1.0, 2.0]
    assert repr(wg.Variable(5)) == "Variable(5.0)"
    assert (variable > 1.5).tolist() == [False, True]
    assert int(np.argmax(variable)) == 1
    assert len({variable, variable}) == 1


def test_a_gradient_around_variables_goes_through_them():
    def inner(t):
        x = wg.Variable(t)
        return (x * x * x).value

    assert wg.grad(inner)(2.0) == 12.0


def test_gradient_descent_by_assignment():
    w = wg.Variable(4.0)
    for _ in range(60):
        loss = (w - 1.5) ** 2
        loss.backward()
        w.value = w.value - 0.25 * w.grad
        w.zero_grad()
    assert math.isclose(w.value, 1.5)


X = wg.Variable(2.0)
M = wg.Variable(A)
MISUSE = [
    (
        lambda: math.log(X),
        wg.errors.UnsupportedError,
        r"float\(x\) would forget where x came from.*use numpy",
    ),
    (lambda: np.asarray(M), wg.errors.UnsupportedError, r"to make a plain array of it would forget where it came from"),
    (lambda: np.array([X, X]), wg.errors.UnsupportedError, r"numpy.stack for a list of them"),
    (lambda: operator.setitem(M, 0, 1.0), wg.errors.UnsupportedError, r"values are not written into"),
    (lambda: np.add(M, 1.0, out=M), wg.errors.UnsupportedError, r"values are not written into"),
    (lambda: M.backward(), wg.errors.OutputError, r"the value has shape \(2, 3\), and derivatives are of one number"),
    (lambda: M.backward(np.ones(2)), wg.errors.OutputError, r"the seed has shape \(2,\), and the value \(2, 3\)"),
    (lambda: wg.Variable("5"), wg.errors.ArgumentError, r"expected a number or an array of numbers, received str"),
    (lambda: wg.Variable([object()]), wg.errors.ArgumentError, r"expected a number or an array of numbers"),
    (lambda: np.frexp(X), wg.errors.UnsupportedError, r"frexp returns numbers that have a derivative beside others"),
    (lambda: setattr(X * 2, "value", 1.0), wg.errors.UnsupportedError, r"this value was computed by multiply"),
    (lambda: X.shap, AttributeError, r"'Variable' object has no attribute 'shap'"),
]


@pytest.mark.parametrize(("misuse", "error", "message"), MISUSE)
def test_what_would_lose_a_derivative_is_refused(misuse, error, message):
    with pytest.raises(error, match=message):
        misuse()


def test_infinite_results_beside_the_one_that_is_used_spoil_nothing():
    x = wg.Variable(np.array([2.0, np.inf]))
    used, _ = np.split(x, 2)
    np.sum(used**2).backward()
    assert x.grad.tolist() == [4.0, 0.0]
