"""Families of functions come out as a reader knows them, and with their own values."""

import warnings

import numpy as np
import pytest

import wengert as wg
from wengert.calculus import algebra as al
from wengert.calculus import invariants, rules
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.properties import has, is_nonnegative

RULES = rules
RANDOM = np.random.default_rng(7)
A, S0, z, a, b = (RANDOM.normal(size=shape) for shape in ((5, 5), (5, 5), 5, 5, 5))
x, S = np.abs(z) + 0.4, S0 @ S0.T + np.eye(5)
X, y = RANDOM.normal(size=(7, 3)), np.eye(5)[2]
p, E = 2.3, S0[:, :2] @ np.linalg.pinv(S0[:, :2])
POSITIVE = {"x": "positive entries"}
CENTRED = "where C = I − 𝟏𝟏ᵀ/n"


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


# name: function, where, assumptions, gradient, Hessian
FAMILIES = {
    # indicators, and functions in pieces
    "clip": (lambda x: np.sum(np.clip(x, -1, 1) ** 2), z, {}, "2(x ∘ 𝟏[|x| < 1])", "2 diag(𝟏[|x| < 1])"),
    "hard tanh": (lambda x: np.sum(np.minimum(1, np.maximum(-1, x)) ** 2), z, {}, "2(x ∘ 𝟏[|x| < 1])",
                  "2 diag(𝟏[|x| < 1])"),
    "relu6": (lambda x: np.sum(np.minimum(np.maximum(x, 0), 6) ** 2), z, {}, "2(relu(x) − x ∘ 𝟏[x > 6])",
              "2 diag(𝟏[x > 0] ∘ 𝟏[x < 6])"),
    "Huber": (lambda x: np.sum(np.where(np.abs(x) < 1, 0.5 * x**2, np.abs(x) - 0.5)), z, {},
              "x ∘ 𝟏[|x| < 1] + sign(x) ∘ 𝟏[|x| > 1]", "diag(𝟏[|x| < 1])"),
    "Huber with a width": (
        lambda x: np.sum(np.where(np.abs(x) <= p, 0.5 * x**2, p * (np.abs(x) - 0.5 * p))), z, {},
        "x ∘ 𝟏[|x| < p] + p(sign(x) ∘ 𝟏[|x| > p])", "diag(𝟏[|x| < p])",
    ),
    "hinge of any height": (lambda x: np.sum(np.maximum(0, 2 * p - 1 - A @ x) ** 2), z, {},
                            "−2Aᵀ relu((2p − 1)𝟏 − Ax)", "2Aᵀ diag(𝟏[Ax < 2p − 1]) A"),
    "hinge of a matrix": (lambda x: np.sum(np.maximum(0, p - x) ** 2), X, {}, None, "2(dx ∘ 𝟏[x < p])"),
    "two sides": (lambda x: np.sum(np.maximum(x, 0) ** 2 + np.minimum(x, 0) ** 2), z, {}, "2x", "2I"),
    "sum of sides": (lambda x: np.sum((np.maximum(x, 0) + np.maximum(-x, 0)) ** 2), z, {}, "2x", "2I"),
    "signed square": (lambda x: np.sum(np.where(x > 0, x**2, -(x**2))), z, {}, None, "2 diag(sign(x))"),
    "hinge": (lambda x: np.sum(np.maximum(0, 1 - a * (A @ x)) ** 2), z, {}, "−2Aᵀ(a ∘ relu(1 − a ∘ Ax))",
              "2Aᵀ diag(a² ∘ 𝟏[a ∘ Ax < 1]) A"),
    "above a vector": (lambda x: np.sum(np.maximum(a, x)), z, {}, "𝟏[x > a]", "0"),
    "largest entry": (lambda x: np.max(x), z, {}, "𝟏[x = max(x)]", "0"),
    "largest of products": (lambda x: np.max(A @ x), z, {}, "Aᵀ𝟏[Ax = max(Ax)]", "0"),
    "reciprocal": (lambda x: np.abs(1 / (1 + x @ S @ x)), z, {"S": "positive definite"}, None, None),
    "leaky": (lambda x: np.sum(np.where(x > 0, x, 0.1 * x)), z, {}, "0.9𝟏[x > 0] + 0.1", "0"),
    # absolute values and logarithms
    "root of a square": (lambda x: np.sum(np.sqrt(x**2)), z, {}, "sign(x)", "0"),
    "cube root of a square": (lambda x: np.sum((x**2) ** (1 / 3)), z, {}, "⅔ sign(x)/|x|^{1/3}", None),
    "number before a norm": (lambda x: np.linalg.norm(x.sum() * b), z, {}, "sign(𝟏ᵀx) ‖b‖ 𝟏", "0"),
    "size of a determinant": (lambda x: np.sqrt(np.linalg.det(x) ** 2), A, {}, "|det(x)| x⁻ᵀ", None),
    "logarithm of a square": (lambda x: np.log(np.linalg.det(x) ** 2), A, {}, "2x⁻ᵀ", None),
    "logarithm of an exponential": (
        lambda x: np.sum(np.log(np.exp(-((a - x) ** 2) / (2 * x**2)) / (x * 2.5))), 1.2, {},
        None, None,
    ),
    # powers
    "power": (lambda x: np.sum(x**p), x, POSITIVE, "px^{p − 1}", "p(p − 1) diag(x^{p − 2})"),
    "powers": (lambda x: np.sum(x**b), x, POSITIVE, "b ∘ x^{b − 1}", "diag(b ∘ (b − 1) ∘ x^{b − 2})"),
    "power of a size": (lambda x: np.sum(np.abs(x) ** p), z, {}, "p(sign(x) ∘ |x|^{p − 1})",
                        "p(p − 1) diag(|x|^{p − 2})"),
    "exponents": (lambda x: np.sum(np.abs(b) ** x), x, {}, "log|b| ∘ |b|^x", "diag(log|b|² ∘ |b|^x)"),
    "powers of two": (lambda x: np.sum(2**x), z, {}, "log(2) 2^x", "log(2)² diag(2^x)"),
    "binary logarithm": (lambda x: np.sum(x * np.log2(x)), x, POSITIVE, "(log(x) + 1)/log(2)", "diag(1/x)/log(2)"),
    "scalar power": (lambda x: x**p, 1.3, {}, "px^{p − 1}", "px^{p − 2}(p − 1)"),
    "norm": (lambda x: np.sum(x**p) ** (1 / p), x, POSITIVE, "(𝟏ᵀx^p)^{1/p − 1}x^{p − 1}", None),
    # exponentials that have a name
    "functions of zero": (lambda x: np.sum(np.exp(x - x) + np.sin(x - x) + 1 / (1 + np.exp(x - x))) * (x @ x), z, {},
                          "3nx", "3nI"),
    "complement of one half": (lambda x: (1 / (1 + np.exp(x - x)) + a - x) @ a, z, {}, "−a", "0"),
    "tanh": (lambda x: np.sum((np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))), z, {}, "1 − tanh(x)²", None),
    "tanh of a number": (lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)), 0.3, {}, "1 − tanh(x)²",
                         None),
    "tanh by e^2x": (lambda x: np.sum((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)), z, {}, "1 − tanh(x)²", None),
    "tanh by e^-2x": (lambda x: np.sum((1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))), z, {}, "1 − tanh(x)²", None),
    "tanh by the logistic": (lambda x: np.sum(2 / (1 + np.exp(-2 * x)) - 1), z, {}, "1 − tanh(x)²", None),
    "log cosh": (lambda x: np.sum(np.log(np.cosh(A @ x - b))), z, {}, "Aᵀ tanh(Ax − b)",
                 "Aᵀ diag(1 − tanh(Ax − b)²) A"),
    "log of two exponentials": (lambda x: np.sum(np.log(np.exp(x) + np.exp(-x))), z, {}, "tanh(x)",
                                "diag(1 − tanh(x)²)"),
    "sinh": (lambda x: np.sum((np.exp(x) - np.exp(-x)) / 2), z, {}, "cosh(x)", "diag(sinh(x))"),
    "softplus of a matrix": (lambda x: np.sum(np.log(1 + np.exp(x))), X, {}, "σ(x)", "dx ∘ σ(x) ∘ σ(−x)"),
    "logistic of a matrix": (lambda x: np.sum(1 / (1 + np.exp(-x))), X, {}, "σ(x) ∘ σ(−x)", None),
    "shifted softmax": (lambda x: a @ (np.exp(x - x.max()) / np.sum(np.exp(x - x.max()))), z, {},
                        "softmax(x) ∘ (a − f𝟏)", None),
    "entropy of a softmax": (
        lambda x: -np.sum(np.exp(x) / np.sum(np.exp(x)) * np.log(np.exp(x) / np.sum(np.exp(x)))), z, {},
        "softmax(x) ∘ ((xᵀ softmax(x))𝟏 − x)",
        "(xᵀs)(diag(s) − 2ssᵀ) − diag(x ∘ s + s) + (x ∘ s)sᵀ + s(x ∘ s)ᵀ + ssᵀ,  where s = softmax(x)",
    ),
    "softmax of a shift": (lambda x: a @ softmax(b - np.mean(x) + x), z, {},
                           "softmax(x + b) ∘ (a − f𝟏)", None),
    "softmax of a shift alone": (lambda x: a @ softmax(b - np.mean(x)) + x @ x, z, {}, "2x", "2I"),
    # what is centred
    "variance": (lambda x: np.var(x), z, {}, "2(I − 𝟏𝟏ᵀ/n)x/n", "2(I − 𝟏𝟏ᵀ/n)/n"),
    "variance by moments": (lambda x: np.mean(x**2) - np.mean(x) ** 2, z, {}, "2(I − 𝟏𝟏ᵀ/n)x/n", "2(I − 𝟏𝟏ᵀ/n)/n"),
    "deviation": (lambda x: np.std(x), z, {}, f"Cx/(√n ‖Cx‖),  {CENTRED}",
                  "(I − 𝟏𝟏ᵀ/n − vvᵀ/‖v‖²)/(√n ‖v‖),  where v = (I − 𝟏𝟏ᵀ/n)x"),
    "correlation": (
        lambda x: ((x - x.mean()) @ (b - b.mean()))
        / np.sqrt(((x - x.mean()) @ (x - x.mean())) * ((b - b.mean()) @ (b - b.mean()))), z, {},
        f"C(b − (bᵀCx)x/‖Cx‖²)/(‖Cb‖ ‖Cx‖),  {CENTRED}", None,
    ),
    "covariance": (
        lambda x: np.linalg.slogdet((x - x.mean(0)).T @ (x - x.mean(0)) / len(x) + np.eye(x.shape[1]))[1], X, {},
        f"2Cx(xᵀCx/n + I)⁻¹/n,  {CENTRED}", None,
    ),
    "centred form": (lambda x: (x - x.mean()) @ A @ (x - x.mean()), z, {}, f"C(A + Aᵀ)Cx,  {CENTRED}",
                     f"C(A + Aᵀ)C,  {CENTRED}"),
    "centred rows": (lambda x: np.sum((x - x.mean(1)[:, None]) ** 2), X, {}, "2x(I − 𝟏𝟏ᵀ/m)", "2 dx (I − 𝟏𝟏ᵀ/m)"),
    # what is known of data
    "one-hot": (lambda x, y: np.sum(np.abs(y) * x**2) + np.sum(y**2 * x) + np.sum(y) * (x @ x), (z, y),
                {"y": "one-hot"}, "2(x ∘ (1 + y)) + y", "2 diag(1 + y)"),
    "antisymmetric": (lambda x: x @ (A - A.T) @ x + x @ x, z, {}, "2x", "2I"),
    "idempotent": (lambda x: x @ E @ x + x @ (np.eye(len(x)) - E) @ x, z, {"E": "idempotent"}, "2x", "2I"),
    "disjoint": (lambda x: x @ E @ (np.eye(len(x)) - E) @ A @ x + x @ x, z, {"E": "idempotent"}, "2x", "2I"),
    "pseudoinverse": (lambda x: x @ np.linalg.pinv(X) @ X @ x, z[:3], {}, "2X⁺Xx", "2X⁺X"),
    "diagonal": (lambda x: np.trace(A @ x @ x), np.diag(z), {"x": "diagonal"}, "2 diag(diag(x) ∘ diag(A))", None),
    "kernel": (lambda x: np.sum(np.exp(-(np.sum(x**2, 1)[:, None] + np.sum(x**2, 1)[None, :] - 2 * x @ x.T))), X, {},
               "4(M − diag(M𝟏))x,  where M = exp(−(𝟏𝟏ᵀ(xᵀ)^∘2 + x^∘2 𝟏𝟏ᵀ − 2xxᵀ))", None),
}  # fmt: skip


def formed(name):
    function, point, known, *_ = FAMILIES[name]
    arguments = point if isinstance(point, tuple) else (point,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function, arguments, wg.derive(function, *arguments, assume=known)


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_written_as_a_reader_knows_them(name):
    *_, gradient, hessian = FAMILIES[name]
    _, arguments, form = formed(name)
    first = form.derivative if np.ndim(arguments[0]) == 0 else form.gradient
    assert gradient is None or str(first) == gradient
    assert hessian is None or str(form.hessian) == hessian


@pytest.mark.parametrize("name", FAMILIES)
def test_their_code_has_the_values_of_the_derivatives(name):
    function, arguments, form = formed(name)
    scalar = np.ndim(arguments[0]) == 0
    gradient = wg.grad(function)
    found = (form.derivative if scalar else form.gradient).compile()(*arguments)
    expected = gradient(*arguments)
    if np.ndim(arguments[0]) == 2 and "diagonal" in str(FAMILIES[name][2].get("x", "")):
        expected = np.diag(np.diag(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)
    if np.ndim(arguments[0]) == 1:
        expected = wg.hessian(function)(*arguments)
        np.testing.assert_allclose(form.hessian.compile()(*arguments), expected, rtol=1e-8, atol=1e-9)
        assert has(form.hessian.expression, "symmetric") or al.is_zero(form.hessian.expression)


N = Dim("n")
PIECES = {
    "relu": lambda v: np.maximum(v, 0), "step": lambda v: (v > 0) * 1.0, "sign": np.sign, "absolute": np.abs,
    "softplus": lambda v: np.log(1 + np.exp(v)), "tanh": np.tanh, "sinh": np.sinh, "cosh": np.cosh,
    "logistic": lambda v: 1 / (1 + np.exp(-v)), "exp": np.exp,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(300))
def test_functions_in_pieces_keep_their_values(seed):
    """Random formulas of pieces and exponentials, of columns and of numbers, computed beside their expressions."""
    random = np.random.default_rng(seed)
    shape = (N, 1) if seed % 2 else (1, 1)
    size = (5, 1) if seed % 2 else (1, 1)
    values = {name: random.normal(size=size) for name in "uv"}
    pool = [(al.symbol(name, *shape), value) for name, value in values.items()]
    unit = al.ones(N) if seed % 2 else al.number(1)
    times = al.hadamard if seed % 2 else al.matmul
    pool += [(al.matmul(al.number(k), unit), k * np.ones(size)) for k in (1, -1, 2)]
    for _ in range(40):
        (one, first), (other, second) = (pool[i] for i in random.integers(0, len(pool), 2))
        name = list(PIECES)[random.integers(len(PIECES))]
        k = int(random.integers(-2, 3)) or 1
        with np.errstate(all="ignore"):
            value = PIECES[name](first), PIECES[name](-first)
        made = [
            (al.add(one, al.matmul(al.number(k), other)), first + k * second),
            (times(one, other), first * second),
            (al.apply(name, one), value[0]),
            (al.apply(name, al.matmul(al.number(-1), one)), value[1]),
        ][random.integers(4)]
        if np.all(np.isfinite(made[1])) and np.abs(made[1]).max() < 1e3 and made[0].length < 60:
            with np.errstate(all="ignore"):
                found = evaluate(made[0], values, {N: 5})
            np.testing.assert_allclose(found, np.reshape(made[1], np.shape(found)), rtol=1e-7, atol=1e-7)
            pool.append(made)


CENTRE = al.subtract(al.identity(N), al.matmul(al.power(al.size(N), -1), al.ones(N), al.transpose(al.ones(N))))
U, B, Y = al.symbol("u", N, 1), al.symbol("B", N, N), al.symbol("y", N, 1, ["one-hot"])
SKEW = al.subtract(B, al.transpose(B))
# what two expressions are that are written otherwise
SAME = {
    "centred twice": (al.matmul(CENTRE, CENTRE, U), al.matmul(CENTRE, U)),
    "centred ones": (al.matmul(CENTRE, al.ones(N)), al.zero(N, 1)),
    "ones centred": (al.matmul(al.transpose(al.ones(N)), CENTRE, B), al.zero(1, N)),
    "less its mean": (
        al.subtract(U, al.matmul(al.power(al.size(N), -1), al.ones(N), al.transpose(al.ones(N)), U)),
        al.matmul(CENTRE, U),
    ),
    "transpose of what is antisymmetric": (al.transpose(SKEW), al.negative(SKEW)),
    "form of what is antisymmetric": (al.matmul(al.transpose(U), SKEW, U), al.number(0)),
    "its trace": (invariants.trace(SKEW), al.number(0)),
    "square of one-hot": (al.hadamard(Y, Y), Y),
    "length of one-hot": (al.matmul(al.transpose(Y), Y), al.number(1)),
    "size of one-hot": (al.apply("absolute", Y), Y),
    "log of a reciprocal": (al.apply("log", al.power(al.symbol("t", 1, 1), -1)),
                            al.negative(al.apply("log", al.symbol("t", 1, 1)))),
    "cut off twice": (al.apply("relu", al.subtract(al.apply("relu", U), al.ones(N))),
                      al.apply("relu", al.subtract(U, al.ones(N)))),
    "between": (
        al.subtract(al.apply("step", al.add(U, al.ones(N))), al.apply("step", al.subtract(U, al.ones(N)))),
        al.apply("step", al.subtract(al.ones(N), al.apply("absolute", U))),
    ),
    "opposite tanh": (al.apply("tanh", al.negative(U)), al.negative(al.apply("tanh", U))),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_normal_forms_use_what_is_known(name):
    one, other = SAME[name]
    assert one is other


def test_properties_of_centred_and_one_hot_arrays():
    assert has(CENTRE, "symmetric")
    assert has(CENTRE, "idempotent")
    assert has(CENTRE, "positive semidefinite")
    assert has(SKEW, "antisymmetric")
    assert not has(B, "antisymmetric")
    assert is_nonnegative(Y)
    assert is_nonnegative(al.matmul(al.transpose(U), CENTRE, U))
