"""The command `wengert derive`, and the formula that `wengert explain` shows."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from wengert.cli import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def derive(capsys):
    """Run `wengert derive` in process."""

    def derive(*argv):
        code = main(["derive", *argv])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return derive


def test_text(derive):
    ended = derive("log(det(X))", "--wrt", "X", "--assume", "X: positive definite")
    assert ended.code == 0
    assert ended.err == ""
    lines = ended.out.splitlines()
    assert lines[0] == "f(X) = log(det(X))"
    assert "gradient: X⁻¹" in lines
    assert "Hessian: −X⁻¹ dX X⁻¹" in lines
    assert lines[-1].startswith("checked at n = 7 and n = 11: gradient: ")


def test_latex(derive):
    ended = derive("1/2*x'*A*x + b'*x", "--wrt", "x", "--assume", "A: symmetric", "--latex")
    assert ended.out.splitlines() == ["gradient: Ax + b", "Hessian: A"]


def test_python_runs_without_wengert(derive):
    ended = derive("log(sum(exp(A*x + b)))", "--wrt", "x", "--python")
    scope = {}
    exec(ended.out, scope)
    random = np.random.default_rng(0)
    x, A, b = random.normal(size=3), random.normal(size=(4, 3)), random.normal(size=4)
    powers = np.exp(A @ x + b)
    np.testing.assert_allclose(scope["gradient"](x, A, b), A.T @ (powers / powers.sum()))
    assert scope["hessian"](x, A, b).shape == (3, 3)


def test_steps(derive):
    ended = derive("log(sum(exp(A*x + b)))", "--wrt", "x", "--steps")
    assert ended.code == 0
    assert "∇f(x) = Aᵀs" in ended.out


def test_json(derive):
    ended = derive("x'*A*y", "--wrt", "x,y", "--json")
    found = json.loads(ended.out)
    assert found["variables"] == ["x", "y"]
    assert found["arrays"]["A"] == {"dims": ["n", "m"], "properties": ""}
    assert [(one["what"], one["text"]) for one in found["derivatives"]] == [
        ("gradient in x", "Ay"),
        ("gradient in y", "Aᵀx"),
        ("Hessian in x, x", "0"),
        ("Hessian in x, y", "A"),
        ("Hessian in y, x", "Aᵀ"),
        ("Hessian in y, y", "0"),
    ]
    assert all(max(figure["traced"]) < 1e-8 for figure in found["check"]["figures"])


REFUSED = {
    "a text that is no formula": (["x'*A*"], "expected a name, a number or an opening bracket"),
    "an unknown variable": (["x'*A*x", "--wrt", "y"], "wrt names y, but the arrays are x, A"),
    "an unknown property": (["x'*A*x", "--assume", "A: symetric"], "Did you mean symmetric?"),
    "an empty name": (["x'*A*y", "--wrt", "x,"], "--wrt 'x,' has an empty name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(derive, case):
    argv, text = REFUSED[case]
    ended = derive(*argv)
    assert ended.code == 2
    assert ended.out == ""
    assert text in ended.err
    assert ended.err.startswith("wengert: ")
    assert "Traceback" not in ended.err


def test_steps_of_two_variables(derive):
    ended = derive("x'*A*y", "--wrt", "x,y", "--steps")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert [line for line in lines if line.startswith("∇f")] == [
        "∇f(x) = Ay             shape (n,)",
        "∇f(y) = Aᵀx           shape (m,)",
    ]
    assert "∂∇_x f/∂y = A        shape (n, m)" in lines


def test_convention_and_language(derive):
    ended = derive("tr(A*X)", "--wrt", "X", "--assume", "X: symmetric", "--convention", "vech")
    assert ended.code == 0
    assert "by independent entries" in ended.out
    assert derive("diag(x)*A*x", "--wrt", "x").code == 2
    assert "gradient" not in derive("diag(x)*A*x", "--wrt", "x", "--language", "matlab").out
    assert derive("diag(x)*A*x", "--wrt", "x", "--language", "matlab").code == 0


def test_a_formula_without_the_variable_is_noted(derive):
    ended = derive("y'*y + 0*sum(x)", "--wrt", "x")
    assert ended.code == 0
    assert "gradient: 0" in ended.out
    assert "does not depend on the differentiated argument" in ended.err


def test_explain_shows_the_formula(explain, write):
    write(
        "model.py",
        """
        A, b = np.arange(12.0).reshape(4, 3), np.ones(4)

        def loss(x=np.array([0.5, 1.0, -0.3])):
            return 0.5 * np.sum((A @ x - b) ** 2)

        def residual(x=np.array([0.5, 1.0, -0.3])):
            return A @ x - b

        def steered(x=np.array([0.5, 1.0])):
            return x @ x if x[0] > 0 else x.sum()
        """,
    )
    ended = explain("model.py:loss")
    assert "\nFormula\n  gradient in x: Aᵀ(Ax − b)\n  differs from the traced derivative" in ended.out
    found = json.loads(explain("model.py:loss", "--json").out)["formula"]["derivatives"][0]
    assert found["text"] == "Aᵀ(Ax − b)"
    assert found["error"] < 1e-12
    assert "\n  Jacobian in x: A\n" in explain("model.py:residual").out
    ended = explain("model.py:steered")
    assert ended.code == 0
    assert "\nFormula\n  none: a decision depends on values at model.py:" in ended.out
    assert "depends on values" in json.loads(explain("model.py:steered", "--json").out)["formula"]["missing"]
