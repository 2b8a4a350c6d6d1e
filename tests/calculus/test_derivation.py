"""Derivations: every line is evaluated, a false one is refused, and well-known ones read as they are known."""

import dataclasses
import html
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from wengert.api.derive import derive
from wengert.calculus import algebra
from wengert.calculus.derivation import LEVELS, Inner, account, adjoint, chains, setting
from wengert.calculus.derivation.adjoint import Mover
from wengert.calculus.derivation.signs import sign_of
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import walk
from wengert.display.derivation import derivation
from wengert.display.derivation_rules import RULES
from wengert.errors import ArgumentError, CheckError, ConversionError, UnsupportedError

_SPEC = importlib.util.spec_from_file_location("exam", Path(__file__).with_name("test_exam.py"))
test_exam = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(test_exam)

A, M = np.zeros((5, 3)), np.zeros((3, 3))
b, c, y = np.zeros(5), np.zeros(3), np.zeros(5)
x = np.zeros(3)


def quadratic(x):
    return 0.5 * x @ M @ x + c @ x


def least_squares(x):
    return 0.5 * np.sum((A @ x - b) ** 2)


def log_sum_exp(x):
    return np.log(np.sum(np.exp(A @ x + b)))


def logistic_regression(x):
    return np.sum(np.log(1 + np.exp(-y * (A @ x))))


def log_determinant(X):
    return np.log(np.linalg.det(X))


GOLDEN = {
    quadratic: """\
f(x) = ½xᵀMx + cᵀx = ½⟨x, Mx⟩ + ⟨c, x⟩         x ∈ ℝⁿ, M ∈ ℝⁿˣⁿ, c ∈ ℝⁿ
1.  df = ½⟨x, M dx⟩ + ½⟨x, Mᵀ dx⟩ + ⟨c, dx⟩    d(UV) = dU V + U dV
2.     = ⟨½(M + Mᵀ)x + c, dx⟩                  ⟨u, Av⟩ = ⟨Aᵀu, v⟩,  terms collected
∇f(x) = ½(M + Mᵀ)x + c                         shape (n,)
3.  d(∇f) = ½(M + Mᵀ) dx                       linear
∇²f(x) = ½(M + Mᵀ)                             symmetric""",
    least_squares: """\
f(x) = ½‖Ax − b‖²     x ∈ ℝⁿ, A ∈ ℝᵐˣⁿ, b ∈ ℝᵐ
Let  r = Ax − b;  f = ½‖r‖²
1.  df = ⟨r, dr⟩      d‖r‖² = 2⟨r, dr⟩
2.     = ⟨r, A dx⟩    dr = A dx
3.     = ⟨Aᵀr, dx⟩    ⟨u, Av⟩ = ⟨Aᵀu, v⟩
∇f(x) = Aᵀr           shape (n,)
4.  d(∇f) = Aᵀ dr     linear
5.        = AᵀA dx    dr = A dx
∇²f(x) = AᵀA          symmetric,  ⪰ 0, so f is convex""",
    log_sum_exp: """\
f(x) = logsumexp(Ax + b)             x ∈ ℝⁿ, A ∈ ℝᵐˣⁿ, b ∈ ℝᵐ
Let  z = Ax + b,  s = softmax(z);  f = logsumexp(z)
1.  df = ⟨s, dz⟩                     d logsumexp(z) = ⟨softmax(z), dz⟩
2.     = ⟨s, A dx⟩                   dz = A dx
3.     = ⟨Aᵀs, dx⟩                   ⟨u, Av⟩ = ⟨Aᵀu, v⟩
∇f(x) = Aᵀs                          shape (n,)
4.  d(∇f) = Aᵀ ds                    linear
5.        = Aᵀ(diag(s) − ssᵀ) dz     ds = (diag(s) − ssᵀ) dz
6.        = Aᵀ(diag(s) − ssᵀ)A dx    dz = A dx
∇²f(x) = Aᵀ(diag(s) − ssᵀ)A          symmetric,  ⪰ 0, so f is convex""",
    log_determinant: """\
f(X) = log(det(X))              X ∈ ℝⁿˣⁿ positive definite
1.  df = ⟨X⁻¹, dX⟩              d log(det(X)) = ⟨X⁻¹, dX⟩
∇f(X) = X⁻¹                     shape (n, n),  the symmetric part
2.  d(∇f) = −X⁻¹ dX X⁻¹         d(X⁻¹) = −X⁻¹ dX X⁻¹
∇²f(X)[dX] = −X⁻¹ dX X⁻¹        ⪯ 0, so f is concave""",
}
PROPERTIES = {log_determinant: {"X": "positive definite"}}


def form_of(function):
    return derive(function, M if function is log_determinant else x, assume=PROPERTIES.get(function))


@pytest.mark.parametrize("function", GOLDEN, ids=lambda function: function.__name__)
def test_well_known_derivations(function):
    *lines, check, agreement = str(derivation(form_of(function))).splitlines()
    assert [line.rstrip() for line in lines] == [line.rstrip() for line in GOLDEN[function].splitlines()]
    assert check.startswith("✓ every line evaluated in a random direction, at n = ")
    assert agreement.startswith("✓ gradient and Hessian beside the traced derivative: ")


def test_logistic_regression_is_convex():
    text = str(derivation(form_of(logistic_regression)))
    assert "Let  z = −y ∘ Ax;  f = 𝟏ᵀ softplus(z)" in text
    assert "d softplus(z) = σ(z) ∘ dz" in text
    assert "symmetric,  ⪰ 0, so f is convex" in text


def has_formula(row):
    try:
        return getattr(test_exam.derived(row), test_exam.KINDS[row["kind"]])
    except (UnsupportedError, ConversionError, ValueError):
        return None


def depth(expression):
    """The longest way from a function to a symbol, products and sums not counted."""
    found = {}
    for node in walk(expression):
        own = type(node).__name__ not in ("Sum", "Product", "Transpose", "Symbol", "Number")
        found[node] = own + max((found[part] for part in node.parts), default=0)
    return found[expression]


@pytest.mark.parametrize("name", test_exam.ROWS)
def test_derivations_of_known_formulas(name):
    row = test_exam.ROWS[name]
    formula = has_formula(row)
    if formula is None:
        pytest.skip("no closed form")
    form = test_exam.derived(row)
    counts = {}
    for level in LEVELS:
        found = derivation(form, level)
        counts[level] = [len(part.lines) for part in found.account.parts]
        assert found.account.error < 1e-9
        assert str(found).startswith("f(")
        assert "✓" in str(found)
        balanced(found.latex())
        assert found.html().count("<tr") == found.html().count("</tr>")
        assert all(step.rule or step.number is None for step in found.steps)
        result = found.account.parts[0].result.expression
        check_result(found.account, result, formula.expression, form)
    assert all(short <= 2 for short in counts["short"])
    bound = 2 * (depth(form.expression) + 2) + 1
    assert all(count <= bound for count in counts["normal"]), (counts, bound)


def check_result(told, result, expected, form):
    """A result in names is the formula that the form gives."""
    for one in form.instances:
        values = form.values_at(one)
        for definition in (*told.definitions, *told.known):
            values = {**values, definition.symbol.name: evaluate(definition.full, values, one.sizes)}
        shown, known = (evaluate(each, values, one.sizes) for each in (result, expected))
        np.testing.assert_allclose(shown, known, rtol=1e-9, atol=1e-9 * np.abs(known).max())


def balanced(latex):
    assert latex.startswith("\\begin{aligned}\n")
    assert latex.endswith("\\end{aligned}")
    assert latex.count("{") == latex.count("}")
    for opening, closing in ((r"\left", r"\right"), (r"\langle", r"\rangle")):
        counts = [len(re.findall(re.escape(command) + r"(?![a-z])", latex)) for command in (opening, closing)]
        assert counts[0] == counts[1], opening
    # at most a left side, a right side and a rule
    assert max(line.count("&") for line in latex.splitlines()) <= 3
    assert latex.isascii()


def test_a_false_move_is_refused(monkeypatch):
    def forgets_the_transpose(self, u, v):
        place = adjoint.place_of(v.chain, self.direction)
        return self.moved(algebra.matmul(*v.chain[:place], u), v.chain[place])

    square = np.zeros((3, 3))
    form = derive(lambda x: np.sum((square @ x) ** 2), x, assume={"square": "invertible"})
    derivation(form)
    monkeypatch.setattr(Mover, "_through_chain", forgets_the_transpose)
    with pytest.raises(CheckError, match=r"derivation: the line .* is false: in a random direction its sides differ"):
        derivation(form)


@pytest.mark.parametrize("function", [least_squares, log_sum_exp, logistic_regression, log_determinant])
def test_a_false_differential_is_refused(monkeypatch, function):
    form = form_of(function)
    found = setting.derived
    monkeypatch.setattr(setting, "derived", lambda *args: algebra.matmul(algebra.number(1.5), found(*args)))
    with pytest.raises(CheckError, match="is false"):
        account(form)


def test_a_differential_that_differences_deny_is_refused(monkeypatch):
    form = form_of(log_sum_exp)
    found = setting._tangent
    monkeypatch.setattr(setting, "_tangent", lambda *args: 1.001 * found(*args))
    with pytest.raises(CheckError, match="off from differences of its values"):
        account(form)


def test_a_false_result_is_refused(monkeypatch):
    form = form_of(least_squares)
    twice = dataclasses.replace(form.gradient, expression=algebra.matmul(algebra.number(2), form.gradient.expression))
    monkeypatch.setitem(form.__dict__, "gradient", twice)
    with pytest.raises(CheckError, match=r"is false|is off"):
        account(form)


def test_a_false_conclusion_is_refused(monkeypatch):
    form = derive(lambda x: -np.sum((A @ x) ** 2), x)
    assert "⪯ 0, so f is concave" in str(derivation(form))
    monkeypatch.setattr("wengert.calculus.derivation.author.sign_of", lambda *args: "convex")
    with pytest.raises(CheckError, match="the function is not convex"):
        derivation(form)


def test_levels():
    form = form_of(log_sum_exp)
    lines = {level: [len(part.lines) for part in derivation(form, level).account.parts] for level in LEVELS}
    assert lines["short"] == [2, 2]
    assert lines["normal"] == [3, 3]
    assert all(full >= normal for full, normal in zip(lines["full"], lines["normal"], strict=True))
    with pytest.raises(ArgumentError, match="level is one of short, normal, full, received 'long'"):
        derivation(form, "long")


def inner(one, other):
    return np.sum(one * other)


def test_moves_are_true():
    """The rules with a name, as they are printed, at random numbers."""
    random = np.random.default_rng(0)
    m, n = 2, 3
    first = random.normal(size=(m, n))
    u, v, w = random.normal(size=(3, n))
    U, V, W = random.normal(size=(3, n, n))
    equations = {
        "left factor": (inner(U[:m, 0], first @ v), inner(first.T @ U[:m, 0], v)),
        "right factor": (inner(U[:, :2], V @ W[:, :2]), inner(U[:, :2] @ W[:, :2].T, V)),
        "both factors": (inner(U[:m, :1], first @ V @ W[:, :1]), inner(first.T @ U[:m, :1] @ W[:, :1].T, V)),
        "outer": (inner(u, V @ w), inner(np.outer(u, w), V)),
        "form": (u @ v, inner(u, v)),
        "outer form": (u @ V @ w, inner(np.outer(u, w), V)),
        "transpose": (inner(U, V.T), inner(U.T, V)),
        "diagonal": (inner(U, np.diag(v)), inner(np.diag(U), v)),
        "diagonal of": (inner(u, np.diag(V)), inner(np.diag(u), V)),
        "entries": (inner(u, v * w), inner(u * v, w)),
        "trace": (np.trace(U.T @ V), inner(U, V)),
        "scalar": (inner(U, 0.7 * V), 0.7 * inner(U, V)),
        "symmetric": (inner(U, V + V.T), inner(0.5 * (U + U.T), V + V.T)),
    }
    for name, (left, right) in equations.items():
        assert left == pytest.approx(right), name
    assert equations.keys() <= RULES.keys()


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x: np.sum(np.exp(A @ x)), "convex"),
        (lambda x: -np.sum(np.log(1 + np.exp(A @ x))), "concave"),
        (lambda x: c @ x, "affine"),
        (lambda x: np.linalg.norm(x), "convex"),
        (lambda x: x @ M @ x, ""),
        (lambda x: np.sum(x**3), ""),
        (lambda x: np.sum(x**4), "convex"),
        (lambda x: np.sum(np.sin(x)), ""),
        # where the gradient jumps, its derivative does not tell
        (lambda x: np.sum(np.abs(A @ x - b)), ""),
        (lambda x: np.sum(np.maximum(A @ x, 0)), ""),
        (lambda x: np.sum(x**2) - np.sum(np.abs(x)), ""),
        (lambda x: np.sum(np.maximum(A @ x, 0) ** 2), "convex"),
        # and where the domain is in parts, it tells of each of them
        (lambda x: np.sum(1 / x**2), "convex in parts"),
        (lambda x: np.sum(np.log(x**2)), "concave in parts"),
        # a half-space is convex
        (lambda x: np.sum(np.log(x)), "concave"),
        (lambda x: np.sum(np.sqrt(3.0 + c * x)), "concave"),
        # what is singular in constants alone says nothing of the domain
        (lambda x: -np.sum((np.linalg.inv(M) @ x) ** 2) / np.sum(c), ""),
        (lambda x: -np.sum((np.linalg.inv(M) @ x) ** 2), "concave"),
        # a congruence, and the projection of Cauchy and Schwarz
        (lambda x: np.linalg.norm(A @ x), "convex"),
        (lambda x: np.linalg.norm(A @ x - b), "convex"),
        (lambda x: np.linalg.norm(np.outer(A @ x, c)), "convex"),
        (lambda x: -np.log(np.sum(np.exp(A @ x))), "concave"),
    ],
)
def test_convexity_where_the_form_tells(function, told):
    found = derivation(derive(function, x)).account.parts[-1].result.remarks
    assert "".join(word for word in found if word != "symmetric") == told


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda t: np.exp(t), "bent up"),
        (lambda t: -np.sum((A @ c - t * b) ** 2), "bent down"),
        (lambda t: 3.0 * t, "affine"),
    ],
)
def test_convexity_in_a_number(function, told):
    found = derivation(derive(function, 0.7))
    assert found.account.parts[-1].result.remarks == (told,)
    assert "⪰" not in str(found)


def test_convexity_in_a_matrix():
    B = np.ones((5, 4))

    def distance(X):
        return np.linalg.norm(A @ X - B)

    text = str(derivation(derive(distance, np.ones((3, 4)))))
    assert "∇²f(X)[dX] = Aᵀ(A dX/‖R‖_F − ⟨R, A dX⟩R/‖R‖_F³)        ⪰ 0, so f is convex" in text


NAMED = [
    # a name for the root of a norm, and for a form of which roots are taken
    (lambda x: np.linalg.norm(A @ x), ["z = Ax"]),
    (lambda x: c @ x / np.sqrt(x @ M @ x), ["q = xᵀMx"]),
    # a sum is known again inside a longer one, and turned round
    (lambda x: np.log(np.sum(np.exp(A @ x + b))) - y @ (A @ x + b), ["z = Ax + b", "s = softmax(z)"]),
    (lambda x: np.sum(np.exp(b - A @ x) + (A @ x - b) ** 2), ["r = Ax − b", "z = exp(−r)"]),
    # what jumps from one constant to another has no differential
    (lambda x: np.sum(np.where(np.abs(x) < 1, 0.5 * x * x, np.abs(x) - 0.5)), ["z = 𝟏[|x| < 1]"]),
    # neither the inverse of a symbol nor the transpose of a name gets one
    (lambda X: np.trace(M @ X @ X @ M @ np.linalg.inv(X).T), []),
    (lambda X: np.trace(np.linalg.inv(X + M)), ["Z = X + M"]),
    (lambda x: 0.5 * x @ M @ x + c @ x, []),
    (lambda x: np.linalg.norm(x), []),
]


@pytest.mark.parametrize(("function", "expected"), NAMED)
def test_names_are_given_where_they_shorten(function, expected):
    invertible = function.__code__.co_varnames == ("X",)
    form = derive(function, np.eye(3) if invertible else x, assume={"X": "invertible"} if invertible else None)
    told = derivation(form)
    introduced = " ".join(told._text.introduction).removeprefix("Let  ").partition(";  f = ")[0]
    assert ([name for name in introduced.split(",  ") if name]) == expected


HELD = {"M": "positive definite"}
SYMMETRIC = [
    (lambda x: np.linalg.norm(A @ x), None, "Aᵀ(I − zzᵀ/‖z‖²)A/‖z‖"),
    (lambda x: np.log(x @ M @ x), HELD, "2M/q − 4MxxᵀM/q²"),
    (lambda x: x @ M @ x / (x @ x), HELD, None),
    (lambda x: c @ x / np.sqrt(x @ M @ x), HELD, None),
    (lambda x: np.sum((A @ x) ** 2) / np.sum((M @ x) ** 2), None, None),
]


@pytest.mark.parametrize(("function", "held", "hessian"), SYMMETRIC)
def test_a_hessian_is_symmetric_as_it_stands(function, held, hessian):
    told = derivation(derive(function, x, assume=held))
    result = told.account.parts[1].result
    assert "symmetric" in result.remarks
    assert hessian in (None, told._text.formula(result.expression))


def test_a_missing_second_derivative_is_told():
    told = derivation(derive(lambda X: np.linalg.norm(X, 2), np.ones((3, 4))))
    assert len(told.account.parts) == 1
    line = "∇²f(X)[dX]: the derivative of leading pair has no closed form here"
    assert line in str(told).splitlines()
    assert r"\nabla^2 f(X)[\mathrm{d}X]\text{: the derivative of leading pair" in told.latex()
    assert "no closed form" in told.html()


def test_lines_that_are_too_long_are_left_out_and_told():
    def iterated(A):
        X = A.T / np.trace(A @ A.T)
        for _ in range(3):
            X = X @ (2 * np.eye(len(A)) - A @ X)
        return np.sum(X)

    form = derive(iterated, np.ones((4, 4)))
    text = str(derivation(form))
    assert max(map(len, text.splitlines())) < 400
    assert "lines that are too long to be read: level='full' has them" in text
    assert "too long to be read here: print the form's gradient" in text
    assert "too long" not in str(derivation(form, "full"))


def test_an_operator_ends_in_the_differentials_of_names_where_they_shorten():
    B = np.ones((2, 2))
    form = derive(lambda X: np.trace(B @ np.linalg.inv(X.T @ M @ X)), np.ones((3, 2)), assume={"M": "symmetric"})
    result = derivation(form).account.parts[1].result
    assert len(result.where) == 1
    assert not derivation(form, "full").account.parts[1].result.where
    assert "with dZ = XᵀM dX + dXᵀ MX" in str(derivation(form))


def test_different_names_look_different():
    def doubled(x, A, A_):
        return x @ A @ x + x @ A_ @ x

    text = str(derivation(derive(doubled, x, M, M)))
    assert "f(x) = xᵀAx + xᵀA_ x = ⟨x, Ax⟩ + ⟨x, A_ x⟩" in text
    assert "A ∈ ℝⁿˣⁿ, A_ ∈ ℝⁿˣⁿ" in text

    def greek(lambda_, λ):
        return np.exp(lambda_ @ λ)

    text = str(derivation(derive(greek, x, x)))
    assert text.startswith("f(lambda_) = exp(lambda_ᵀ λ)")
    assert "∇f(lambda_) = exp(lambda_ᵀ λ) λ" in text


SOFTMAX = [
    lambda K, v, q: v @ (np.exp(K @ q) / np.sum(np.exp(K @ q))),
    lambda x: np.log(np.sum(np.exp(np.exp(x) / np.sum(np.exp(x)) - np.mean(2.0 * x)))),
    lambda x: np.sum(np.tanh(x - np.mean(x)) * np.exp(c * np.mean(x))),
    lambda X: np.linalg.norm(X / np.trace(X) - M) ** 2,
]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("function", SOFTMAX)
def test_numbers_that_move_beside_what_stands_still(function, level):
    arguments = {"K": [A, b, c], "x": [x], "X": [M + np.eye(3)]}[function.__code__.co_varnames[0]]
    assert account(derive(function, *arguments), level).error < 1e-9


DIAGONAL = [
    lambda X: np.sum(X * X),
    lambda X: np.trace(M @ X @ M @ X),
    lambda X: np.linalg.slogdet(X)[1],
    lambda X: np.sum(np.exp(X @ c)),
]


@pytest.mark.parametrize("function", DIAGONAL)
def test_a_diagonal_variable_moves_among_diagonal_matrices(function):
    told = derivation(derive(function, np.eye(3), assume={"X": "diagonal"}))
    assert "the diagonal part" in str(told)
    assert told.account.error < 1e-9


WHOLE = [least_squares, log_sum_exp, lambda x: np.linalg.norm(A @ x), lambda x: np.tanh(A @ x), log_determinant]


def falsifying(place, made):
    """`Chain.add`, which writes down what it is called with, and makes one line false by a number at its first term."""
    add = chains.Chain.add

    def replaced(chain, pieces, rules):
        first, *others = pieces
        made.append(first)
        if len(made) - 1 == place:
            factor = algebra.number(1.001)
            inner = isinstance(first, Inner)
            front = algebra.matmul(factor, first.front if inner else first)
            first = dataclasses.replace(first, front=front) if inner else front
        add(chain, [first, *others], rules)

    return replaced


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("function", WHOLE)
def test_no_false_line_can_be_printed(monkeypatch, function, level):
    form, lines = form_of(function), []
    with monkeypatch.context() as patch:
        patch.setattr(chains.Chain, "add", falsifying(None, lines))
        account(form, level)
    assert lines
    for place in range(len(lines)):
        with monkeypatch.context() as patch:
            patch.setattr(chains.Chain, "add", falsifying(place, []))
            with pytest.raises(CheckError, match=r"derivation: the line \d+ is false"):
                account(form, level)


def test_styles():
    form = derive(lambda x: np.log(x @ M @ x), x)
    assert form.gradient.text(style="inner") == "(M + Mᵀ)x/⟨x, Mx⟩"
    assert form.gradient.text() == str(form.gradient) == "(M + Mᵀ)x/(xᵀMx)"
    assert form.gradient.latex(style="inner") == r"\frac{(M + M^\top)x}{\langle x,\, Mx\rangle}"
    assert "f(x) = log(⟨x, Mx⟩)" in str(form.derivation(style="inner"))
    for asked in (form.gradient.text, form.gradient.latex, lambda style: form.derivation(style=style)):
        with pytest.raises(ArgumentError, match="derive: style is 'transpose' or 'inner', received 'italic'"):
            asked("italic")


def test_several_variables():
    forms = derive(lambda x, z: x @ A.T @ z + np.sum(np.exp(x)), x, b, wrt=("x", "z"))
    told = forms.derivation()
    assert [part.account.variable.name for part in told.parts] == ["x", "z", "z"]
    lines = str(told).splitlines()
    assert "∇f(x) = exp(x) + Aᵀz" in "\n".join(lines)
    assert any(line.startswith("∂∇_x f/∂z = Aᵀ") for line in lines)
    assert told.html().count("<table") == 3
    assert told.latex().startswith("\\begin{gathered}")
    matrices = derive(lambda U, V: np.sum((A - U @ V.T) ** 2), np.ones((5, 2)), np.ones((3, 2)), wrt=("U", "V"))
    assert "D∇_U f(V)[dV] = 2(U dVᵀ V − R dV)" in str(matrices.derivation())


def test_signs_of_matrices():
    n = Dim("n")
    square = algebra.symbol("A", n, n)
    assert sign_of(algebra.matmul(algebra.transpose(square), square)) == "convex"
    assert sign_of(algebra.negative(algebra.symbol("P", n, n, ["positive semidefinite"]))) == "concave"
    assert sign_of(square) == ""
    assert sign_of(algebra.matmul(square, square)) == ""
    assert sign_of(algebra.add(square, algebra.identity(n))) == ""


def test_signs_are_not_lost_in_brackets():
    """A sum that is subtracted keeps its brackets: dR = −(dx xᵀ + x dxᵀ)."""
    text = str(derivation(derive(lambda x: 0.5 * np.sum((M - np.outer(x, x)) ** 2), x, assume={"M": "symmetric"})))
    assert "dR = −(dx xᵀ + x dxᵀ)" in text
    assert "−dx xᵀ + x dxᵀ" not in text


def test_only_what_is_linear_is_called_linear():
    for name in ("R01a", "R02", "R13", "R18", "R28", "R12", "T6", "C70", "C102", "C111", "C139", "L29"):
        if has_formula(test_exam.ROWS[name]) is None:
            continue
        form = test_exam.derived(test_exam.ROWS[name])
        part = account(form).parts[0]
        if part.lines[0].rules == ("linear",):
            one, direction = form.instances[0], f"d{form.variable}"
            values = form.values_at(one)
            at = [
                evaluate(form.expression, {**values, form.variable: times * values[direction]}, one.sizes)
                for times in (0.5, 1.0, 1.5)
            ]
            np.testing.assert_allclose(at[2] - at[1], at[1] - at[0], rtol=1e-6, atol=1e-9)


def test_fractions_in_front():
    assert "df = 5⟨x, M dx⟩/3" in str(derivation(derive(lambda x: 5 / 6 * x @ M @ x, x, assume={"M": "symmetric"})))


def test_the_letter_of_the_function_is_free():
    f = np.zeros(3)
    assert "dg = ⟨f, dx⟩" in str(derivation(derive(lambda x: f @ x, x)))


def test_names_leave_the_symbols_alone():
    z, dr, r = np.zeros(5), np.zeros(5), np.zeros(5)
    told = derivation(derive(lambda x: np.sum(np.exp(A @ x - z)) + np.sum((A @ x - r) ** 2) + dr @ b, x)).account
    given = {definition.symbol.name for definition in told.definitions}
    assert given
    assert given.isdisjoint({"z", "r", "dr", "x", "A"})


def test_html_is_escaped():
    told = derivation(form_of(log_sum_exp))
    for step in told.steps:
        assert html.escape(step.right) in told.html()


def test_inner_products_stand_in_the_lines():
    lines = derivation(form_of(least_squares)).account.parts[0].lines
    assert all(isinstance(piece, Inner) for line in lines for piece in line.pieces)
    assert chains.ONE is algebra.number(1)
