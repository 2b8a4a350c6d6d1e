"""Ninety-two functions with closed forms that are known, from lectures, problem sets and the Matrix Cookbook."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import wengert.scipy.linalg
from wengert.api.derive import derive
from wengert.calculus import algebra
from wengert.calculus.evaluation import evaluate
from wengert.errors import UnsupportedError

ROWS = {row["id"]: row for row in json.loads(Path(__file__).with_name("exam.json").read_text(encoding="utf-8"))}
SIZES = {"n": 7, "m": 5, "k": 3, "p": 11}
PROPERTIES = {
    "sym": "symmetric", "pd": "positive definite", "inv": "invertible", "nspd": "invertible",
    "pos": "positive entries", "onehot": "one-hot rows", "onehot1": "one-hot",
}  # fmt: skip
KINDS = {"grad": "gradient", "jac": "jacobian", "scal": "derivative", "op": "differential"}


def log_softmax_rows(z):
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def leading_pair(x):
    left, _, right = np.linalg.svd(x)
    return np.outer(left[:, 0], right[0])


FUNCTIONS = {
    **{name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "sign", "sum", "mean",
                                            "prod", "outer", "diag", "eye", "ones", "kron")},
    **{name: getattr(np.linalg, name) for name in ("inv", "det", "norm", "solve", "pinv", "eigvals", "eigh")},
    "tr": np.trace, "matpow": np.linalg.matrix_power, "expm": wengert.scipy.linalg.expm,
    "softmax": lambda z: np.exp(z) / np.sum(np.exp(z)),
    "softmax_rows": lambda z: np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True),
    "log_softmax_rows": log_softmax_rows, "sigma": lambda z: 1 / (1 + np.exp(-z)), "relu": lambda z: np.maximum(z, 0),
    "_u1v1": leading_pair,
}  # fmt: skip


def variables_of(row):
    """Names with dimensions and property: `A:m,n:sym`, `l:pos`."""
    for entry in row["variables"].split():
        name, _, rest = entry.partition(":")
        dims, _, kind = rest.partition(":")
        dims, kind = ("", dims) if dims in PROPERTIES else (dims, kind)
        yield name, [dim for dim in dims.split(",") if dim], kind


def function_of(row, source):
    """The source as a function of the variables, the differentiated one first; sizes are taken from the arrays."""
    listed = list(variables_of(row))
    names = [row["wrt"], *(name for name, _, _ in listed if name != row["wrt"])]
    places = {dim: f"{name}.shape[{axis}]" for name, dims, _ in reversed(listed) for axis, dim in enumerate(dims)}
    body = re.sub(r"\b(eye|ones)\((\w)\)", lambda found: f"{found[1]}({places.get(found[2], found[2])})", source)
    return eval(f"lambda {', '.join(names)}: {body}", dict(FUNCTIONS)), names


def derived(row):
    random = np.random.default_rng(0)
    function, names = function_of(row, row["f"])
    shapes = {name: [SIZES[dim] for dim in dims] for name, dims, _ in variables_of(row)}
    arguments = [random.normal(size=shapes[name]) if shapes[name] else 0.7 for name in names]
    kinds = {name: PROPERTIES[kind] for name, _, kind in variables_of(row) if kind in PROPERTIES}
    return derive(function, *arguments, assume=kinds)


def value_of(row, source, form, one):
    """A right answer at the arrays of an instance, with the direction of an operator under its name."""
    names = [name for name, _, _ in variables_of(row)]
    direction = {name: value for name, value in form.values_at(one).items() if name not in names}
    scope = {**FUNCTIONS, **one.values, **direction}
    places = {dim: one.values[name].shape[axis] for name, dims, _ in variables_of(row) for axis, dim in enumerate(dims)}
    return eval(source, {**scope, **{dim: size for dim, size in places.items() if dim not in scope}})


@pytest.mark.parametrize("name", ROWS)
def test_the_formula_is_the_one_that_is_known(name):
    row = ROWS[name]
    form = derived(row)
    found = getattr(form, KINDS[row["kind"]])
    for one in form.instances:
        expected = np.asarray(value_of(row, row["expected"], form, one))
        value = evaluate(found.expression, form.values_at(one), one.sizes)
        np.testing.assert_allclose(
            value, np.reshape(expected, value.shape), rtol=1e-6, atol=1e-9 * np.abs(expected).max()
        )


# words are one symbol each, brackets and spaces none
WORDS = re.compile("softmax_rows|softmax|logsumexp|softplus|diag|det|expm|exp|log|tanh|tr|sin|cos|abs|sign|relu|mu|lam")
# what the sheet takes as known, and a formula has to say: where its names come from; f and ∇f it need not say
TAKEN_AS_KNOWN = {
    ("R12", "hessian"): "s = softmax(Ax+b)",
    ("R17b", "hessian"): "σ(Xθ)",
    ("R21", "hessian"): "σ(aᵀx)",
    ("R24W", "gradient"): "p = softmax(Wx+b)",
    ("R24b", "gradient"): "p = softmax(Wx+b)",
    ("R24b", "hessian"): "p = softmax(Wx+b)",
    ("L01", "hessian"): "σ(−y∘Xw)",
    ("L05", "gradient"): "r = U tanh(Wx) − y",
    ("L17", "jacobian"): "s = softmax(Kq)",
}


def symbols_in(text):
    """How many symbols a reader takes in; definitions count in full."""
    plain = WORDS.sub("#", text.split("   ")[0].replace("where", ""))
    return len(re.sub(r"[\s()\[\]{},;]", "", plain))


def asked_for(row):
    """The derivatives that a row tells, with the text that a reader would want."""
    kind = KINDS[row["kind"]]
    yield kind, row["expected_text"]
    if row["second_text"] and kind == "gradient":
        yield "hessian", row["second_text"]


@pytest.mark.parametrize("name", ROWS)
def test_formulas_are_about_as_short_as_a_reader_would_write_them(name):
    form = derived(ROWS[name])
    for what, wanted in asked_for(ROWS[name]):
        printed = str(getattr(form, what))
        wanted = f"{wanted}, {TAKEN_AS_KNOWN.get((name, what), '')}"
        assert symbols_in(printed) <= 1.5 * symbols_in(wanted), f"{what}: {printed} for {wanted}"


# the change of singular vectors is refused
NO_SECOND = {"L27"}


@pytest.mark.parametrize("name", NO_SECOND)
def test_second_derivatives_without_a_formula_are_refused(name):
    with pytest.raises(
        UnsupportedError, match=r"no closed form here; wengert\.jvp and wengert\.hvp give it as numbers"
    ):
        _ = derived(ROWS[name]).hessian


@pytest.mark.parametrize(
    "name", [name for name, row in ROWS.items() if row["kind"] == "grad" and name not in NO_SECOND]
)
def test_hessians_are_symmetric_as_printed(name):
    """A matrix by its form; an operator by ⟨A, H[B]⟩ = ⟨H[A], B⟩ for all directions A and B."""
    form = derived(ROWS[name])
    hessian = form.hessian.expression
    if form.symbols[form.variable].cols == 1:
        for written in (hessian, form.hessian.in_names.expression):
            assert algebra.transpose(written) is written, str(form.hessian)
        return
    random = np.random.default_rng(1)
    for one in form.instances:
        values = form.values_at(one)
        direction = f"d{form.variable}"
        shape = np.shape(values[direction])
        directions = [random.normal(size=shape) for _ in range(2)]
        if "symmetric" in form.symbols[form.variable].properties:
            directions = [0.5 * (found + found.T) for found in directions]
        changes = [evaluate(hessian, {**values, direction: found}, one.sizes) for found in directions]
        forward, backward = np.sum(changes[0] * directions[1]), np.sum(changes[1] * directions[0])
        scale = np.linalg.norm(changes[0]) * np.linalg.norm(directions[1])
        assert abs(forward - backward) <= 1e-9 * scale
