"""What has no closed form is an error that names the operation and the user's line, and says what there is instead."""

import re

import numpy as np
import pytest
import scipy.special

import wengert as wg
from wengert.errors import ConversionError, UnsupportedError
from wengert.scipy.linalg import expm

RANDOM = np.random.default_rng(2)
UNSEEDED = np.random.default_rng()
x0, b = RANDOM.normal(size=5), RANDOM.normal(size=5)
A = RANDOM.normal(size=(5, 5))
S = A @ A.T + np.eye(5)
GRAD = r"; .*wengert\.grad"
LINE = r" at test_honest_limits\.py:\d+ "


def newton(x):
    root = 1.0
    while abs(root * root - x @ x) > 1e-6:
        root = 0.5 * (root + x @ x / root)
    return root


def as_often_as_the_data_say(x):
    total = 0.0
    for _ in range(int(x[0] ** 2) + 1):
        total = total + x @ x
    return total


def joined(x):
    return np.concatenate([x, b]) @ np.concatenate([b, x])


@wg.custom_rule
def with_own_rule(x):
    return x @ S @ x


@with_own_rule.vjp
def _(out, args, cotangent):
    return (2 * cotangent * (S @ args[0]),)


# a function, its argument, the error and what it says
LIMITS = {
    "a loop until it converges": (newton, x0, UnsupportedError, "a decision depends on values" + LINE[:-1] + ", .*"
        r"wengert\.grad gives the derivative as numbers"),
    "as many rounds as the data say": (as_often_as_the_data_say, x0, ConversionError, r"int\(x\)" + LINE),
    "a branch on an entry": (lambda x: x @ x if x[0] > 0 else 0.0, x0, UnsupportedError, "a decision depends"),
    "a branch on all": (lambda x: x @ x if np.all(x > 0) else 0.0, x0, UnsupportedError, "a decision depends"),
    "the larger of two": (lambda x: max(x[0], x[1]) * np.sum(x), x0, UnsupportedError, "a decision depends"),
    "sorting": (lambda x: np.sort(x) @ b, x0, UnsupportedError, "argsort" + LINE + ".*" + GRAD),
    "a median": (lambda x: np.median(x), x0, UnsupportedError, "argsort" + LINE + ".*" + GRAD),
    "different entries": (lambda x: np.unique(x).sum(), x0, UnsupportedError, "a decision depends on values"),
    "running sums": (lambda x: np.cumsum(x) @ b, x0, UnsupportedError, "cumsum" + LINE + ".*" + GRAD),
    "one entry": (lambda x: x[0] ** 2, x0, UnsupportedError, "take" + LINE + "reads or writes single entries" + ".*"
        "write the function with whole arrays, or use wengert.grad"),
    "a part": (lambda x: x[1:] @ x[:-1], x0, UnsupportedError, "take" + LINE + "reads or writes single entries"),
    "chosen entries": (lambda x: x[x > 0].sum(), x0, UnsupportedError, "take" + LINE + "reads or writes single"),
    "differences of neighbours": (lambda x: np.sum(np.diff(x) ** 2), x0, UnsupportedError, "take" + LINE),
    "joined arrays": (joined, x0, UnsupportedError, "concatenate" + LINE + "joins arrays"),
    "a transform": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), x0, UnsupportedError, "dft" + LINE + ".*" + GRAD),
    "a Bessel function": (lambda x: np.sum(scipy.special.jv(1, x)), x0, UnsupportedError, "jv" + LINE + ".*" + GRAD),
    "rounding": (lambda x: np.floor(x) @ x, x0, UnsupportedError, "floor" + LINE + ".*" + GRAD),
    "remainders": (lambda x: np.sum(np.mod(x, 2.0)), x0, UnsupportedError, "remainder" + LINE),
    "three axes": (lambda x: np.einsum("i,j,k->ijk", x, x, x).sum(), x0, UnsupportedError, "einsum" + LINE),
    "products of columns": (lambda X: np.prod(X, axis=0) @ b, A, UnsupportedError, "prod" + LINE + "along one axis"),
    "factors": (lambda X: np.sum(np.linalg.qr(X)[1]), A, UnsupportedError, LINE + ".*" + GRAD),
    "eigenvectors": (lambda X: np.linalg.eigh(X)[1][0] @ b, S, UnsupportedError, LINE + ".*" + GRAD),
    "numbers that count": (lambda x: x @ np.arange(len(x)), x0, UnsupportedError, "matmul" + LINE + "takes a vector of "
        "numbers that the program makes .* give it a name outside the function, or use wengert.grad"),
    "a triangle": (lambda X: np.sum(np.triu(X)), A, UnsupportedError,
        "select" + LINE + "takes a matrix of truth values"),
    "an infinite number": (lambda x: np.sum(np.logaddexp(x, -np.inf)), x0, UnsupportedError, "takes the number -inf"),
    "random numbers": (lambda x: x @ UNSEEDED.normal(size=len(x)), x0, UnsupportedError, "has different values at the "
        "same arrays, as with random numbers, .* draw them outside and pass them as an argument, or use wengert.grad"),
    "a fixed length": (lambda x: np.eye(5) @ x @ b, x0, UnsupportedError, "matmul" + LINE + ".* at some sizes only; "
        r"write x.shape\[0\] or len\(x\) for numbers of entries"),
    "a rule of one's own": (lambda x: with_own_rule(x), x0, UnsupportedError, "with_own_rule" + LINE + "has a rule of "
        "its own, .* write it with NumPy's functions, or use wengert.grad"),
    "the determinant of a Kronecker sum": (
        lambda X: np.linalg.slogdet(np.kron(X, np.eye(X.shape[0])) + np.kron(np.eye(X.shape[0]), X))[1], S,
        UnsupportedError, "lu_factor" + LINE + "of a sum of Kronecker products .*" + GRAD),
    "a length by chance in the code": (lambda X: np.linalg.norm(np.linalg.pinv(X) @ np.ones(7)) ** 2, np.ones((7, 3)),
        UnsupportedError, "matmul" + LINE + ".* works at some sizes only"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_has_no_closed_form_is_named(name):
    f, point, error, message = LIMITS[name]
    with pytest.raises(error) as caught:
        _ = wg.derive(f, point).first
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)
    assert type(caught.value) is error


# first derivatives that are formulas, of which the second is none: the formula is named, since it has no line
SECOND = {
    "a kink under a root": (lambda x: np.sum(np.maximum(x, 0) ** 1.5), x0,
        r"derive: the derivative of 3√relu\(x\)/2 is no formula: equal holds for some entries and not for others"),
    "the exponential of a matrix": (lambda X: b @ expm(X) @ b, 0.1 * A, r"the second derivative of expm of a matrix "
        r"has no closed form here; wengert\.jvp and wengert\.hvp give it as numbers"),
    "singular vectors": (lambda X: np.linalg.norm(X, 2), A, r"the derivative of leading pair has no closed form"),
    "repeated singular values": (lambda x: np.linalg.norm(np.outer(x, x), "nuc"), x0,
        "derive: the formula of the Hessian cannot be proved by numbers: .*singular values"),
}  # fmt: skip


@pytest.mark.parametrize("name", SECOND)
def test_a_second_derivative_that_is_no_formula_names_the_first(name):
    f, point, message = SECOND[name]
    form = wg.derive(f, point)
    assert str(form.gradient)
    with pytest.raises(UnsupportedError, match=message):
        _ = form.hessian


def net(depth):
    random = np.random.default_rng(0)
    weights = [random.normal(size=(3, 3)) for _ in range(depth)]

    def f(x):
        for W in weights:
            x = np.tanh(W @ x)
        return x @ x

    return f


@pytest.mark.parametrize("depth", [3, 12, 25])
def test_deep_programs_have_formulas(depth):
    f, point = net(depth), np.ones(3)
    np.testing.assert_allclose(wg.derive(f, point).gradient.compile()(point), wg.grad(f)(point), rtol=1e-8)


TOO_LARGE = {
    70: "the arrays have 71 lengths that may differ, and a formula has at most 60; derive a part of the function",
    100: "weights holds 100 arrays, which are more than a formula has names for; derive a part",
}


@pytest.mark.parametrize("depth", TOO_LARGE)
def test_programs_that_are_too_large_say_so(depth):
    with pytest.raises(UnsupportedError, match=TOO_LARGE[depth]):
        wg.derive(net(depth), np.ones(3))


def test_a_hessian_without_a_matrix_is_an_operator(monkeypatch):
    from wengert.api import blocks

    def unreadable(*args):
        raise UnsupportedError("no matrix")

    monkeypatch.setattr(blocks, "coefficient", unreadable)

    def f(x):
        return np.log(np.sum(np.exp(A @ x)))

    form = wg.derive(f, x0)
    assert form.hessian.arguments == ("x", "dx")
    np.testing.assert_allclose(form.hessian.compile()(x0, b), wg.hessian(f)(x0) @ b)
    assert "∇² in x, x is the change of ∇ in the direction dx: its matrix is no formula" in form.domain
    assert "∇²f(x)[dx]" in str(form.derivation())
