"""What `wengert.derive` reads as a program: SciPy's functions, methods, objects, names of arrays, ways to call it."""

import functools
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from scipy.special import logsumexp, softmax

import wengert as wg
from wengert.errors import ArgumentError

RANDOM = np.random.default_rng(3)
x0, b = RANDOM.normal(size=5), RANDOM.normal(size=5)
A, B, W = RANDOM.normal(size=(5, 5)), RANDOM.normal(size=(5, 5)), RANDOM.normal(size=(4, 5))
S = A @ A.T + np.eye(5)
L = np.linalg.cholesky(S)
p0 = np.abs(x0) + 1

# functions that SciPy computes in Python, and universal ones, with the gradient
SCIPY = {
    "logsumexp": (lambda x: logsumexp(W @ x), x0, "Wᵀ softmax(Wx)"),
    "logsumexp by its module": (lambda x: scipy.special.logsumexp(W @ x), x0, "Wᵀ softmax(Wx)"),
    "logsumexp of rows": (lambda Z: np.sum(logsumexp(Z, axis=1)), W, "softmax_rows(Z)"),
    "softmax": (lambda x: b @ softmax(x), x0, None),
    "softmax of rows": (lambda Z: np.sum(W * softmax(Z, axis=1)), W, None),
    "log_softmax": (lambda x: b @ scipy.special.log_softmax(x), x0, "b − (𝟏ᵀb) softmax(x)"),
    "expit": (lambda x: np.sum(scipy.special.expit(x)), x0, None),
    "xlogy": (lambda x: np.sum(scipy.special.xlogy(x, x)), p0, None),
    "erf": (lambda x: np.sum(scipy.special.erf(x)), x0, None),
    "ndtr": (lambda x: np.sum(scipy.special.ndtr(x)), x0, None),
    "log_ndtr": (lambda x: np.sum(scipy.special.log_ndtr(x)), x0, None),
    "gammaln": (lambda x: np.sum(scipy.special.gammaln(x)), p0, "digamma(x)"),
    "loggamma": (lambda x: np.sum(scipy.special.loggamma(x)), p0, "digamma(x)"),
    "logit": (lambda x: np.sum(scipy.special.logit(x)), p0 / 10, None),
    "entr": (lambda x: np.sum(scipy.special.entr(x)), p0, None),
    "cbrt": (lambda x: np.sum(np.cbrt(x)), x0, None),
    "arccosh": (lambda x: np.sum(np.arccosh(x)), p0, None),
    "expm": (lambda X: np.trace(scipy.linalg.expm(X)), A, "expm(X)ᵀ"),
    "solve": (lambda x: x @ scipy.linalg.solve(A, x), x0, "(A⁻¹ + A⁻ᵀ)x"),
    "solve of a definite matrix": (lambda x: x @ scipy.linalg.solve(S, x, assume_a="pos"), x0, "2S⁻¹x"),
    "inv": (lambda x: x @ scipy.linalg.inv(A) @ x, x0, "(A⁻¹ + A⁻ᵀ)x"),
    "det": (lambda X: np.log(scipy.linalg.det(X)), S, "X⁻ᵀ"),
    "cho_solve": (lambda x: x @ scipy.linalg.cho_solve(scipy.linalg.cho_factor(S), x), x0, "2S⁻¹x"),
    "cho_solve with a factor": (lambda x: x @ scipy.linalg.cho_solve((L, True), x), x0, "2L⁻ᵀL⁻¹x"),
    "solve_triangular": (lambda x: np.sum(scipy.linalg.solve_triangular(L, x, lower=True) ** 2), x0, "2L⁻ᵀL⁻¹x"),
    "norm": (lambda x: scipy.linalg.norm(W @ x) ** 2, x0, "2WᵀWx"),
    "sqrtm": (lambda S: np.trace(scipy.linalg.sqrtm(S)), S, None),
    "eigvalsh": (lambda S: np.sum(np.log(scipy.linalg.eigvalsh(S))), S, "S⁻¹"),
    "pinv": (lambda x: b @ scipy.linalg.pinv(W.T).T @ (W @ x), x0, None),
}  # fmt: skip


@pytest.mark.parametrize("name", SCIPY)
def test_functions_of_scipy_run_as_they_are(name):
    f, point, expected = SCIPY[name]
    gradient = wg.derive(
        f, point, assume={"S": "positive definite"} if name in ("sqrtm", "eigvalsh") else None
    ).gradient
    assert expected is None or str(gradient) == expected
    np.testing.assert_allclose(gradient.compile()(point), wg.grad(f)(point), rtol=1e-7, atol=1e-12)


def test_second_derivatives_of_the_gamma_function():
    form = wg.derive(SCIPY["gammaln"][0], p0)
    assert str(form.hessian) == "diag(trigamma(x))"
    np.testing.assert_allclose(np.diag(form.hessian.compile()(p0)), scipy.special.polygamma(1, p0))


class Model:
    scale = B

    def __init__(self):
        self.A, self.parts, self.layers = A, {"W": W, "my key": A}, [W, np.ones((3, 4))]

    def __call__(self, x):
        return x @ self.A @ x + self.offset(x) + self.shifted(x)

    def offset(self, x):
        return b @ x

    @staticmethod
    def shifted(x):
        return x @ S @ x

    @property
    def gram(self):
        return self.A.T @ self.A

    def by_property(self, x):
        return x @ self.gram @ x

    def by_key(self, x):
        return np.sum((self.parts["W"] @ x) ** 2) + x @ self.parts["my key"] @ x

    def by_class(self, x):
        return x @ self.scale @ x

    def net(self, x):
        for layer in self.layers[:1]:
            x = layer @ x
        return x @ x


class Slotted:
    __slots__ = ("A",)

    def __init__(self):
        self.A = A

    def loss(self, x):
        return x @ self.A @ x


class Compiled:
    def __init__(self):
        self.A = A

    @wg.jit
    def loss(self, x):
        return x @ self.A @ x


@wg.jit
def compiled(x):
    return np.exp(b @ x)


@dataclass(frozen=True)
class Frozen:
    A: np.ndarray
    lam: float = 0.1

    def __call__(self, x):
        return x @ self.A @ x + self.lam * x @ x


def three_in_one(X):
    return np.einsum("ij,jk,ki->", X, A, B)


def asserting(X):
    assert X.shape[0] == X.shape[1], "not square"
    assert X.ndim == 2
    return np.sum(X * X.T)


def in_place(x):
    work = x.copy()
    work[:] = 2 * work
    work *= 3
    return work @ work


def filled(x):
    total = np.zeros_like(x)
    total += A @ x
    return total @ total


def quadratic(x, A, b, *, scale=2.0, power=2):
    return (x @ A @ x) + scale * b @ x + x @ x * power


LISTED, NUMBERED = [A, B], {0: A, "1": B}

# a program, its argument, the gradient
PROGRAMS = {
    "an object": (Model(), "(A + Aᵀ + S + Sᵀ)x + b"),
    "a property": (Model().by_property, "2AᵀAx"),
    "keys": (Model().by_key, "(my_key + my_keyᵀ + 2WᵀW)x"),
    "an array of the class": (Model().by_class, "(scale + scaleᵀ)x"),
    "a list, in part": (Model().net, "2 layers0ᵀ layers0 x"),
    "slots": (Slotted().loss, "(A + Aᵀ)x"),
    "a frozen object": (Frozen(A), "2λx + (A + Aᵀ)x"),
    "writing in place": (in_place, "72x"),
    "filling": (filled, "2AᵀAx"),
    "math": (lambda x: float(x @ x) ** 2, "4‖x‖²x"),
    "compiled": (compiled, "exp(bᵀx)b"),
    "compiled twice": (wg.jit(wg.jit(lambda x: x @ A @ x)), "(A + Aᵀ)x"),
    "compiled inside": (lambda x: compiled(x) * (b @ x), "exp(bᵀx)(1 + bᵀx)b"),
    "a compiled method": (Compiled().loss, "(A + Aᵀ)x"),
    "partial and compiled": (functools.partial(wg.jit(lambda s, x: s * (x @ A @ x)), 2.0), "s(A + Aᵀ)x"),
    "a compiled gradient": (lambda x: wg.jit(wg.grad(compiled))(x) @ b, "exp(bᵀx) ‖b‖²b"),
    "a sum over a list": (lambda x: sum(x @ M @ x for M in LISTED), "(LISTED0 + LISTED0ᵀ + LISTED1 + LISTED1ᵀ)x"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_counts_as_a_program(name):
    f, expected = PROGRAMS[name]
    gradient = wg.derive(f, x0).gradient
    np.testing.assert_allclose(gradient.compile()(x0), wg.grad(f)(x0), rtol=1e-9)
    assert str(gradient).replace(" ", "") == expected.replace(" ", "")


@pytest.mark.parametrize("around", [wg.grad, lambda f: wg.jit(wg.grad(f)), lambda f: wg.grad(wg.jit(f)), wg.jacobian])
def test_arrays_that_a_transformed_program_finds_outside(around):
    form = wg.derive(around(lambda x: x @ A @ x + b @ x), x0)
    assert str(form).splitlines()[0].endswith("(A + Aᵀ)x + b")


Y, X0 = RANDOM.normal(size=(5, 3)), A + 5 * np.eye(5)
# operations that need lengths to be equal, of arrays that have none in common at first
UNIFIED = {
    "solve of a matrix": (lambda X: np.trace(np.linalg.solve(X, A)), X0, "−X⁻ᵀAᵀX⁻ᵀ"),
    "solve of a thin matrix": (lambda X: np.sum(np.linalg.solve(X, Y)), X0, "−X⁻ᵀ𝟏𝟏ᵀYᵀX⁻ᵀ"),
    "SciPy's solve": (lambda X: np.sum(scipy.linalg.solve(X, Y)), X0, "−X⁻ᵀ𝟏𝟏ᵀYᵀX⁻ᵀ"),
    "triangular": (lambda X: np.sum(scipy.linalg.solve_triangular(L, X, lower=True)), Y, "L⁻ᵀ𝟏𝟏ᵀ"),
    "by a factor": (lambda X: np.sum(scipy.linalg.cho_solve((L, True), X)), Y, None),
    "weighted mean": (lambda x: np.average(x, weights=p0), x0, "p₀/(𝟏ᵀp₀)"),
    "broadcast": (lambda x: np.sum(np.broadcast_to(x, A.shape) * A), x0, "Aᵀ𝟏"),
    "tensordot": (lambda X: np.tensordot(X, Y, axes=([0], [0])).sum(), X0, "Y𝟏𝟏ᵀ"),
    "rows": (lambda X: np.sum(np.vecdot(X, A)), X0, "A"),
    "an assertion": (asserting, X0, "2Xᵀ"),
}


@pytest.mark.parametrize("name", UNIFIED)
def test_lengths_that_an_operation_needs_equal_become_one(name):
    f, point, expected = UNIFIED[name]
    gradient = wg.derive(f, point).gradient
    assert expected is None or str(gradient) == expected
    np.testing.assert_allclose(gradient.compile()(point), wg.grad(f)(point), rtol=1e-8)


def test_letters_of_an_einsum_unify_lengths():
    form = wg.derive(three_in_one, RANDOM.normal(size=(5, 5)))
    assert str(form.gradient) == "BᵀAᵀ"
    assert len(form.dims) == 3


def test_arrays_that_take_no_part_are_left_out():
    form = wg.derive(Model().net, x0)
    assert list(form.symbols) == ["x", "layers0"]
    assert "layers1" not in form.gradient.python()


CALLS = {
    "in order": (lambda: wg.derive(quadratic, x0, A, b), "4x + (A + Aᵀ)x + scale b"),
    "by name": (lambda: wg.derive(quadratic, x0, b=b, A=A, scale=1.5), "4x + (A + Aᵀ)x + scale b"),
    "a whole number": (lambda: wg.derive(quadratic, x0, A, b, power=3), "6x + (A + Aᵀ)x + scale b"),
    "partial": (lambda: wg.derive(functools.partial(quadratic, A=A, b=b), x0), "4x + (A + Aᵀ)x + scale b"),
    "another variable": (lambda: wg.derive(quadratic, x0, A, b, wrt="A"), "xxᵀ"),
    "a number": (lambda: wg.derive(quadratic, x0, A, b, wrt="scale"), "bᵀx"),
    "a captured array": (lambda: wg.derive(lambda x: x @ A @ x, x0, wrt="A"), "xxᵀ"),
    "any arguments": (lambda: wg.derive(lambda *xs, **named: xs[0] @ named["M"] @ xs[0], x0, M=A), "(M + Mᵀ)xs0"),
    "a text in MATLAB's language": (lambda: wg.derive("tr(A*X)", wrt="X", language="matlab"), "Aᵀ"),
    "a text in NumPy's": (lambda: wg.derive("tr(A*X)", wrt="X", language="numpy"), "diag(diag(A))"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_ways_to_say_what_is_meant(name):
    make, expected = CALLS[name]
    form = make()
    found, wanted = str(form.first).replace(" ", ""), expected.replace(" ", "")
    assert found == wanted or set(found.split("+")) == set(wanted.split("+")), found


WRONG_CALLS = {
    "a position": ({"wrt": 0}, r"wrt is the name of a variable, .* received 0; the arrays are x, A, b, scale"),
    "argnums": ({"argnums": 1}, r"argnums is no argument of the function; derive takes variables by name: wrt='x'"),
    "a name twice": ({"wrt": ("x", "x")}, r"each once; received \('x', 'x'\)"),
    "no name": ({"wrt": "y"}, "wrt names y, but the arrays are x, A, b, scale"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_variables_that_are_none(name):
    options, message = WRONG_CALLS[name]
    with pytest.raises(ArgumentError, match=message):
        wg.derive(quadratic, x0, A, b, **options)


def test_truth_values_cannot_move():
    with pytest.raises(
        ArgumentError, match=r"mask is the variable, and an array of truth values, .* mask.astype\(float\)"
    ):
        wg.derive(lambda mask: np.sum(mask * 1.0), x0 > 0)
    form = wg.derive(lambda x, mask: np.sum(np.where(mask, x**3, 0.0)), x0, x0 > 0)
    assert str(form.hessian) == "6 diag(mask ∘ x)"


def test_closed_forms_leave_scipy_alone_until_it_is_needed():
    source = (
        "import sys, numpy as np, wengert as wg\n"
        "f = wg.derive(lambda x: np.log(np.sum(np.exp(x))), np.ones(3))\n"
        "f.gradient, f.hessian, str(f.derivation())\n"
        "print('scipy.special' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
