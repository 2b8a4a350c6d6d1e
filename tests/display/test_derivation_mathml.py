"""Derivations in MathML say what those in text say."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy.special import logsumexp

import wengert as wg

A, b, C = np.ones((5, 3)), np.ones(5), np.ones((3, 4))


def program(f, *args, **options):
    return lambda: wg.derive(f, *args, **options)


FORMS = {
    "residual": program(lambda x: 0.5 * np.sum((A @ x - b) ** 2), np.ones(3)),
    "logistic": program(lambda w, X, y: np.mean(np.log1p(np.exp(-y * (X @ w)))) + np.sum(w**2), np.ones(3), A, b),
    "determinant": program("log(det(S))", wrt="S", assume="S: positive definite"),
    "number": program(lambda t: t**3 * np.sin(t), 2.0),
    "linear": program(lambda x: A @ x, np.ones(3)),
    "quotient": program(lambda x, a: a @ x / np.sum(x**2), np.ones(3), np.ones(3)),
    "two variables": program(lambda x, y: x @ C @ y / np.sum(x**2), np.ones(3), np.ones(4), wrt=("x", "y")),
    "matrix": program(lambda X, a: np.sum((X.T @ a) ** 2), np.ones((3, 2)), np.ones(3)),
}


def tables(text):
    return list(ElementTree.fromstring(f"<div>{text}</div>"))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("level", ["short", "normal", "full"])
def test_every_row_has_its_formulas(name, level):
    found = FORMS[name]().derivation(level)
    parts = getattr(found, "parts", (found,))
    for part, table in zip(parts, tables(found.mathml()), strict=True):
        rows = [row for row in table if row.get("class") in ("line", "result")]
        assert [row[3].text or "" for row in rows] == [step.rule for step in part.steps]
        assert [row[0].text or "" for row in rows] == [f"{step.number}." if step.number else "" for step in part.steps]
        for row in rows:
            # no piece of a formula stands outside the elements that hold text
            for node in row[2].iter():
                if node.tag in ("math", "mrow", "msup", "msub", "mfrac", "msqrt"):
                    assert not (node.text or "").strip()
            assert len(row[2].find("math")) > 0


def test_brackets_keep_factors_together():
    (table,) = tables(FORMS["quotient"]().derivation().mathml())
    text = "".join(table.itertext())
    assert text.count("(") == text.count(")")
    assert text.count("⟨") == text.count("⟩")


def test_names_are_escaped():
    form = FORMS["residual"]()
    assert "<script" not in form.gradient.mathml()
    assert form.gradient.mathml().startswith('<math display="block">')


def test_what_is_named_is_listed_behind_the_formula():
    form = wg.derive(lambda x, A, b: logsumexp(A @ x + b), np.ones(3), A, b)
    assert "where" in str(form.hessian)
    (shown,) = tables(form.hessian.mathml())
    text = "".join(shown.itertext())
    assert text.partition("where")[2].replace("\u2061", "").replace("\u2062", "") == " s=softmax(Ax+b)"
