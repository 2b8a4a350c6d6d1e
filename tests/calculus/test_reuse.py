"""Formulas with the value of the function, and its gradient, as names in them."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

import wengert as wg
from wengert.api.derive import derive
from wengert.calculus import algebra, reuse
from wengert.calculus.derivation import LEVELS
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import walk
from wengert.display.naming import written
from wengert.errors import CheckError


def beside(name):
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


paper = beside("paper")
random = np.random.default_rng(0)
A, C = random.normal(size=(4, 4)), random.normal(size=(6, 4))
S = A @ A.T + np.eye(4)
a, b, x = random.normal(size=(3, 4))
d, q = random.normal(size=6), random.normal(size=4)
M, X = random.normal(size=(2, 4, 3))
P = A + A.T
DEFINITE = {"S": "positive definite"}

# function, point, assumptions, the first derivative and the second
IN_NAMES = {
    "Rayleigh": (
        lambda x: x @ P @ x / (x @ x), x, {"P": "symmetric"},
        "2(Px − fx)/‖x‖²", "2(P − x∇fᵀ − ∇f xᵀ − fI)/‖x‖²",
    ),
    "Rayleigh, any matrix": (
        lambda x: x @ A @ x / np.linalg.norm(x) ** 2, x, {},
        "((A + Aᵀ)x − 2fx)/‖x‖²", "(A + Aᵀ − 2∇f xᵀ − 2x∇fᵀ − 2fI)/‖x‖²",
    ),
    "two forms": (
        lambda x: x @ P @ x / (x @ S @ x), x, {"P": "symmetric", **DEFINITE},
        "2(P − fS)x/(xᵀSx)", "2(P − ∇f xᵀS − Sx∇fᵀ − fS)/(xᵀSx)",
    ),
    "two linear forms": (
        lambda x: a @ x / (b @ x), x, {},
        "(a − fb)/(bᵀx)", "−(b∇fᵀ + ∇f bᵀ)/(bᵀx)",
    ),
    "least squares over a norm": (
        lambda x: np.sum((C @ x - d) ** 2) / (1 + x @ x), x, {},
        "2(Cᵀ(Cx − d) − fx)/(1 + xᵀx)", "2(CᵀC − x∇fᵀ − ∇f xᵀ − fI)/(1 + xᵀx)",
    ),
    "least squares over a form": (
        lambda x: np.sum((C @ x - d) ** 2) / (x @ A @ x), x, {},
        "(2Cᵀ(Cx − d) − f(A + Aᵀ)x)/(xᵀAx)",
        "(2CᵀC − Mx∇fᵀ − ∇f xᵀM − fM)/(xᵀAx),  where M = A + Aᵀ",
    ),
    "a term of the gradient put in": (
        lambda x: a @ x / np.sqrt(x @ S @ x), x, DEFINITE,
        "a/√(xᵀSx) − fSx/(xᵀSx)", "(fvvᵀ/(vᵀx) − fS − ∇f vᵀ − v∇fᵀ)/(vᵀx),  where v = Sx",
    ),
    "a long exponential": (
        lambda x: np.exp(-0.5 * (x - a) @ S @ (x - a)), x, DEFINITE,
        "fS(a − x)", "f(S(x − a)(x − a)ᵀS − S)",
    ),
    "a mean under softmax": (
        lambda x: a @ np.exp(x) / np.sum(np.exp(x)), x, {},
        "softmax(x) ∘ (a − f𝟏)", None,
    ),
    "a matrix": (
        lambda X: np.trace(X.T @ P @ X) / np.trace(X.T @ X), X, {"P": "symmetric"},
        None, None,
    ),
    "cosine of matrices": (
        lambda X: np.sum(X * M) / np.linalg.norm(X), X, {},
        None, None,
    ),
    "a symmetric variable": (
        lambda X: np.trace(P @ X) / np.trace(S @ X @ X), np.eye(4), {"X": "symmetric", **DEFINITE},
        None, None,
    ),
    "a number": (lambda t: np.sum((a + t * b) ** 2) / (1.0 + t * t), 0.7, {}, None, None),
    "a unit vector": (lambda x: x / np.linalg.norm(x), x, {}, "(I − ffᵀ)/‖x‖", None),
    "shares": (lambda x: x / np.sum(x), np.abs(x), {}, "(I − f𝟏ᵀ)/(𝟏ᵀx)", None),
}  # fmt: skip

# a name tells less than these
AS_THEY_ARE = {
    "det": lambda X: np.linalg.det(X),
    "det of a product": lambda X: np.linalg.det(X.T @ S @ X),
    "exp": lambda x: np.exp(-x @ x),
    "norm": lambda x: np.linalg.norm(x),
    "norm of a difference": lambda x: np.linalg.norm(x - a),
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x)),
    "power": lambda x: 1 / (1 + x @ x),
    "product": lambda x: np.exp(a @ x) * (b @ x),
    "factor": lambda t: (a @ a) / t,
    "quadratic": lambda x: 0.5 * x @ S @ x + b @ x,
    "tanh": lambda x: np.tanh(a @ x),
}


def form_of(name):
    function, point, assume, _, _ = IN_NAMES[name]
    return derive(function, point, assume=assume)


def formulas_of(form):
    found = [form.first]
    return [*found, form.hessian] if form.expression.is_scalar else found


def values_in(formula, form, one):
    values = form.values_at(one)
    for symbol, stands_for in formula.in_names.names:
        values[symbol.name] = evaluate(stands_for, values, one.sizes)
    return values


@pytest.mark.parametrize("name", IN_NAMES)
def test_formulas_say_it_with_the_value(name):
    *_, first, second = IN_NAMES[name]
    form = form_of(name)
    assert form.first.in_names.names
    for formula, wanted in zip(formulas_of(form), (first, second), strict=False):
        assert wanted is None or str(formula) == wanted


@pytest.mark.parametrize("name", IN_NAMES)
def test_names_have_the_value_of_what_they_stand_for(name):
    form = form_of(name)
    for formula in formulas_of(form):
        for one in form.instances:
            values = values_in(formula, form, one)
            plain, named = (
                evaluate(each, values, one.sizes) for each in (formula.expression, formula.in_names.expression)
            )
            np.testing.assert_allclose(named, plain, rtol=1e-9, atol=1e-9 * np.abs(plain).max())


@pytest.mark.parametrize("name", IN_NAMES)
def test_text_and_latex_read_back(name):
    form = form_of(name)
    one = min(form.instances, key=lambda each: sum(each.sizes.values()))
    for formula in formulas_of(form):
        known = {str(dim): float(size) for dim, size in one.sizes.items()}
        values = values_in(formula, form, one)
        for key, value in values.items():
            column = np.reshape(value, (-1, 1)) if np.ndim(value) == 1 else np.asarray(value, dtype=float)
            known[written(key).text] = float(column.ravel()[0]) if np.size(column) == 1 else column
        wanted = evaluate(formula.expression, values, one.sizes)
        for style in ("transpose", "inner"):
            for text in (formula.text(style), paper.as_text(formula.latex(style))):
                assert paper.distance(text, known, one.sizes.values(), wanted) < 1e-6, text


@pytest.mark.parametrize("name", IN_NAMES)
def test_matrices_stay_symmetric_as_they_are_written(name):
    for formula in formulas_of(form_of(name)):
        if algebra.transpose(formula.expression) is formula.expression:
            named = formula.in_names.expression
            assert algebra.transpose(named) is named, str(formula)


@pytest.mark.parametrize("name", IN_NAMES)
def test_code_computes_the_value_once(name):
    function, point, assume, _, _ = IN_NAMES[name]
    form = derive(function, point, assume=assume)
    for formula in formulas_of(form):
        moving = [np.ones_like(point)] if formula._directions else []
        wanted = wg.jvp(wg.grad(function), (point,), (moving[0],))[1] if moving else None
        if formula is form.first:
            wanted = wg.grad(function)(point) if form.expression.is_scalar else wg.jacobian(function)(point)
        elif wanted is None:
            wanted = wg.hessian(function)(point)
        if "X" not in assume:
            np.testing.assert_allclose(formula.compile()(point, *moving), wanted, rtol=1e-7, atol=1e-10)
        assert len(re.findall(r"^    value = ", formula.python(), re.MULTILINE)) <= 1
    together = form.python()
    sides = [line.partition(" = ")[2] for line in together.splitlines() if " = " in line and "def " not in line]
    assert len(set(sides)) == len(sides), together


def test_one_function_for_all_shares_value_and_gradient():
    assert form_of("two linear forms").python() == (
        "import numpy as np\n\n\n"
        "def derivatives(x, a, b):\n"
        "    inner = b @ x\n"
        "    value = (a @ x) / inner\n"
        "    gradient = (a - value * b) / inner\n"
        "    hessian = -((np.outer(b, gradient) + np.outer(gradient, b)) / inner)\n"
        "    return value, gradient, hessian\n"
    )


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", IN_NAMES)
def test_the_derivation_says_where_it_is_done(name, level):
    form = form_of(name)
    told = form.derivation(level)
    assert told.account.error < 1e-7
    assert "f" in {definition.symbol.name for definition in told.account.known}
    first, *second = told.account.parts
    assert first.lines[-1].rules[-1] in ("value", "and so on")
    if level != "short":
        assert sum("reused" in step.rule for step in told.steps) == 1
        assert r"reused}" in told.latex()
    if second and level == "normal" and not form.symbols[form.variable].is_scalar:
        assert any(re.search(r"df = ⟨∇f, d[xX]⟩", step.rule) for step in told.steps)


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_what_tells_more_than_a_name_is_written_out(name):
    function = AS_THEY_ARE[name]
    (variable,) = function.__code__.co_varnames
    point = {"x": x, "X": np.eye(4), "t": 0.7}[variable]
    assume = DEFINITE if "S" in function.__code__.co_names else {}
    for formula in formulas_of(derive(function, point, assume=assume)):
        assert not formula.in_names.names, str(formula)
        assert formula.in_names.expression is formula.expression


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda x, f: (f @ x) / (x @ x), "(f − 2gx)/‖x‖²"),
        (lambda x, f, g: (f @ x) / (g @ x), "(f − hg)/(gᵀx)"),
        (lambda x, f, g, h: (f @ x) / ((g + h) @ x), "(f − F(g + h))/(xᵀ(g + h))"),
        (lambda x, df: (df @ x) / (x @ x), "(df − 2gx)/‖x‖²"),
    ],
)
def test_the_letter_is_free(function, wanted):
    count = function.__code__.co_argcount
    form = derive(function, *[x] * count)
    assert str(form.gradient) == wanted
    letter = form.gradient.in_names.names[0][0].name
    assert str(form.derivation()).startswith(f"{letter}(x) = ")
    np.testing.assert_allclose(form.gradient.compile()(*[x + 0.1] * count), wg.grad(function)(*[x + 0.1] * count))


def test_the_letter_is_no_length():
    form = derive(lambda v: a @ v / (v @ v), wg.Vector("v", "f"))
    assert str(form.gradient).count("g") == 1


def test_the_form_says_what_the_letter_is():
    def quotient(x):
        return a @ x / (b @ x)

    form = derive(quotient, x)
    assert str(form).startswith("f(x) = quotient(x) = aᵀx/(bᵀx)\n")
    assert "gradient: (a − fb)/(bᵀx)" in str(form)
    plain = derive(lambda x: b @ x, x)
    assert str(plain).startswith("f(x) = bᵀx\n")


def test_several_variables():
    forms = derive(lambda x, y: x @ y / np.linalg.norm(x), x, x, wrt=("x", "y"))
    assert str(forms.gradient["x"]) == "y/‖x‖ − fx/‖x‖²"
    assert "∇f" not in "".join(map(str, forms.hessian.values()))
    assert "reused" in str(forms.derivation())
    value, slope, _ = forms.compile()(x, b)
    np.testing.assert_allclose(value, x @ b / np.linalg.norm(x))
    np.testing.assert_allclose(slope, wg.grad(lambda x: x @ b / np.linalg.norm(x))(x))


def test_entries_of_a_symmetric_variable_have_no_slope():
    """The derivative by entries is no gradient, so that df is no inner product with it."""
    form = derive(lambda X: np.trace(P @ X) / np.trace(X @ X), np.eye(4), assume={"X": "symmetric"}, convention="vech")
    assert "∇f" not in str(form.hessian)


def test_a_false_reuse_is_not_taken(monkeypatch):
    found = reuse._named
    monkeypatch.setattr(reuse, "_named", lambda *told: algebra.matmul(algebra.number(2), found(*told)))
    form = form_of("two linear forms")
    for formula in formulas_of(form):
        assert not formula.in_names.names
    assert str(form.gradient) == "a/(bᵀx) − (aᵀx)b/(bᵀx)²"


def test_a_false_line_with_the_value_is_refused(monkeypatch):
    form = form_of("two linear forms")
    named = form.gradient.in_names
    twice = algebra.matmul(algebra.number(2), named.expression)
    monkeypatch.setattr(type(form.gradient), "in_names", property(lambda self: reuse.InNames(twice, named.names)))
    with pytest.raises(CheckError, match="is false"):
        form.derivation()


n = Dim("n")
u, v, w = (algebra.symbol(name, n, 1) for name in "uvw")
above, below = (algebra.matmul(algebra.transpose(each), w) for each in (u, v))
f = algebra.symbol("f", 1, 1)
over = algebra.power(below, -1)
quotient = algebra.matmul(above, over)


@pytest.mark.parametrize(
    ("whole", "wanted"),
    [
        (quotient, f),
        (algebra.matmul(quotient, u), algebra.matmul(f, u)),
        (algebra.matmul(quotient, quotient, over, u), algebra.matmul(algebra.power(f, 2), over, u)),
        (algebra.matmul(algebra.number(3), quotient, over), algebra.matmul(algebra.number(3), f, over)),
        (algebra.power(quotient, -1), algebra.power(f, -1)),
        (algebra.matmul(above, u), algebra.matmul(above, u)),
        (algebra.matmul(over, u), algebra.matmul(over, u)),
        (algebra.add(algebra.matmul(over, u), algebra.negative(algebra.matmul(quotient, over, v))),
         algebra.matmul(over, algebra.subtract(u, algebra.matmul(f, v)))),
    ],
)  # fmt: skip
def test_a_value_is_found_as_a_part_of_products(whole, wanted):
    assert reuse.reused(whole, f, quotient) is wanted


def test_a_column_is_found_in_chains():
    g = algebra.symbol("g", n, 1)
    column = algebra.matmul(over, algebra.subtract(u, w))
    outer = algebra.matmul(algebra.number(2), over, column, algebra.transpose(v))
    assert reuse.reused(outer, g, column) is algebra.matmul(algebra.number(2), over, g, algebra.transpose(v))
    turned = algebra.transpose(outer)
    assert reuse.reused(turned, g, column) is algebra.matmul(algebra.number(2), over, v, algebra.transpose(g))


def test_a_term_is_put_in_by_what_the_others_leave():
    g = algebra.symbol("g", n, 1)
    (found,) = (
        each
        for each in reuse.solved(algebra.matmul(u, algebra.transpose(v)), g, algebra.subtract(u, w))
        if u not in set(walk(each))
    )
    vt = algebra.transpose(v)
    assert found is algebra.add(algebra.matmul(g, vt), algebra.matmul(w, vt))
