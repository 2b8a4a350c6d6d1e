"""Formulas given as text: what they compute, what is inferred of their names, and how errors point."""

from __future__ import annotations

import inspect
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.linalg import det, inv, matrix_power, norm, slogdet, solve
from scipy.linalg import expm

import wengert as wg
import wengert.calculus.parse
from wengert.calculus.parse import Declaration, declarations, parse
from wengert.errors import ArgumentError, ParseError, WengertError

random = np.random.default_rng(7)

# square ones of 4, others of 4 by 3; vectors of 4, and v, w of 3
ARRAYS = {
    **{name: random.standard_normal((4, 4)) + 3 * np.eye(4) for name in ("A", "B", "S")},
    **{name: random.standard_normal((4, 3)) for name in ("X", "Y")},
    **{name: random.standard_normal(4) for name in ("x", "y", "b", "a")},
    **{name: random.standard_normal(3) for name in ("v", "w")},
    "c": 1.75,
    "t": -0.5,
    "alpha": 0.25,
    "p": np.abs(random.standard_normal(4)) + 0.1,
}
A, B, S, X, Y = (ARRAYS[name] for name in "ABSXY")
x, y, b, a, v, w, c, t, alpha, p = (ARRAYS[name] for name in ("x", "y", "b", "a", "v", "w", "c", "t", "alpha", "p"))

BOTH = [
    # MATLAB's language, NumPy's, the value
    ("1/2*x'*A*x + b'*x + c", "0.5*x@A@x + b@x + c", 0.5 * x @ A @ x + b @ x + c),
    ("x'*y", "np.dot(x, y)", x @ y),
    ("x*y'", "np.outer(x, y)", np.outer(x, y)),
    ("(x*x')*b", "np.outer(x, x) @ b", np.outer(x, x) @ b),
    ("A*x", "A.dot(x)", A @ x),
    ("a'*X", "a @ X", a @ X),
    ("(x')*A", "np.matmul(x, A)", x @ A),
    ("X'*X", "X.T @ X", X.T @ X),
    ("A^2", "np.linalg.matrix_power(A, 2)", A @ A),
    ("A^-1", "np.linalg.inv(A)", inv(A)),
    ("A^-1'", "np.linalg.inv(A).T", inv(A).T),
    ("A^-2*b", "np.linalg.matrix_power(A, -2) @ b", inv(A) @ inv(A) @ b),
    ("A\\b", "np.linalg.solve(A, b)", solve(A, b)),
    ("c^2*x + A*x", "c**2*x + A@x", c**2 * x + A @ x),
    ("x.*y - y./p", "x*y - y*p**-1 + 0*A@x", x * y - y / p),
    ("p.^x + A*(x - p)", "p**x + A@(x - p)", p**x + A @ (x - p)),
    ("p.^2", "np.square(p) + 0*A@x", p**2),
    ("2.*x.*x", "2.*x*x + 0*A@x", 2 * x * x),
    ("1./p", "1./p + 0*A@p", 1 / p),
    ("norm2(A*x - b)^2", "np.linalg.norm(A@x - b)**2", norm(A @ x - b) ** 2),
    ("norm1(A*x)", "np.linalg.norm(A@x, 1)", np.abs(A @ x).sum()),
    ("norm2(X)", "np.linalg.norm(X)", norm(X)),
    ("norm2(X)^2", "np.linalg.norm(X, 'fro')**2", (X**2).sum()),
    ("norm1(X)", "np.sum(np.abs(X))", np.abs(X).sum()),
    ("norm(X, 2) + 0*norm(X, 'nuc')", "np.linalg.norm(X, ord=2)", norm(X, 2)),
    ("tr(A*B)", "np.trace(A @ B)", np.trace(A @ B)),
    ("trace(x*x'*A)", "np.outer(x, x).dot(A).trace()", x @ A @ x),
    ("tr(x'*A*x)", "x @ (A @ x)", x @ A @ x),
    ("det(A*A')", "np.linalg.det(A @ A.T)", det(A @ A.T)),
    ("logdet(A*A')", "np.linalg.slogdet(A @ A.T)[1]", slogdet(A @ A.T)[1]),
    ("log(det(A*A'))", "np.log(np.linalg.det(A @ A.T))", slogdet(A @ A.T)[1]),
    ("inv(A*A')", "np.linalg.inv(A @ A.transpose())", inv(A @ A.T)),
    ("diag(x)*A", "np.diag(x) @ A", np.diag(x) @ A),
    ("diag(A)'*x", "A.diagonal() @ x", np.diag(A) @ x),
    ("A - t*eye(n)", "A - t*np.eye(n)", A - t * np.eye(4)),
    ("A - t*eye", "A - t*np.identity(len(x)) + 0*np.outer(x, x)", A - t * np.eye(4)),
    ("x'*vector(1)", "np.sum(x)", x.sum()),
    ("X'*ones(n,1)", "np.sum(X, axis=0)", X.sum(0)),
    ("(X*vector(1))'*b", "X.sum(axis=-1) @ b", X.sum(1) @ b),
    ("x'*x/n + 0*tr(eye(n)*A)", "x @ x/x.shape[0] + 0*x@np.ones(n)", x @ x / 4),
    ("X + matrix(1)", "X + np.ones((n, m))*1", X + 1),
    ("ones(1,n)*x", "np.ones(n) @ x", x.sum()),
    ("sum(X)", "X.sum()", X.sum()),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "np.sum(np.log1p(np.exp(-y*(X@w))))",
     np.log1p(np.exp(-y * (X @ w))).sum()),
    ("sin(x) + cos(x) + tan(x) + 0*A*x", "np.sin(x) + np.cos(x) + np.tan(x) + 0*A@x",
     np.sin(x) + np.cos(x) + np.tan(x)),
    ("tanh(A*x)'*b", "np.tanh(A@x) @ b", np.tanh(A @ x) @ b),
    ("sqrt(p).*abs(x).*sign(b) + 0*A*b", "np.sqrt(p)*np.abs(x)*np.sign(b) + 0*A@b",
     np.sqrt(p) * np.abs(x) * np.sign(b)),
    ("relu(A*x)", "np.maximum(A@x, 0)", np.maximum(A @ x, 0)),
    ("c*sin(y)'*x + x'*A*x", "c*np.sin(y)@x + x@A@x", c * np.sin(y) @ x + x @ A @ x),
    ("-x'*x", "-x@x", -x @ x),
    ("-c^2 + x'*x", "-c**2 + x@x", -(c**2) + x @ x),
    ("c^-1*x'*x", "c**-1*x@x", x @ x / c),
    ("2^3*x'*x", "2**3*x@x", 8 * x @ x),
    ("(2^3)^2*x'*x", "2**3**2*x@x/8", 64 * x @ x),
    ("exp(-x'*x)", "np.exp(-x@x)", np.exp(-x @ x)),
    ("(x'*x)^(x'*x)", "(x@x)**(x@x)", (x @ x) ** (x @ x)),
    ("(x'*A*x)'/(x'*x)", "x@A@x/np.vdot(x, x)", x @ A @ x / (x @ x)),
    ("--x'*x - +y'*y", "--x@x - +y@y", x @ x - y @ y),
    ("alpha*x'*y - pi", "alpha*np.inner(x, y) - np.pi", alpha * x @ y - np.pi),
    ("softmax(A*x)'*b", "softmax(A@x) @ b", np.exp(A @ x) @ b / np.exp(A @ x).sum()),
    ("logsumexp(A*x + b)", "np.log(np.sum(np.exp(A@x + b)))", np.log(np.exp(A @ x + b).sum())),
    ("kron(A, B)", "np.kron(A, B)", np.kron(A, B)),
    ("1e1*x'*x + .5*c", "1e1*x@x + .5*c", 10 * x @ x + 0.5 * c),
    ("\n x' * A\t* x ", "\n x @ A\t@ x ", x @ A @ x),
]  # fmt: skip

NUMPY_ONLY = [
    ("X/X.sum(axis=1, keepdims=True)", X / X.sum(1, keepdims=True)),
    ("X - np.mean(X, axis=0)", X - X.mean(0)),
    ("np.linalg.norm(X, axis=1)", norm(X, axis=1)),
    ("X.mean()*X.size + x@x/x.size", X.sum() + x @ x / 4),
    ("x.mean() + np.prod(y) + 0*np.linalg.slogdet(A)[0]", x.mean() + y.prod()),
    ("np.multiply(x, y) @ np.add(a, b)", (x * y) @ (a + b)),
    ("(x*(A@x)).sum()/X.shape[1]", x @ A @ x / 3),
    ("np.logaddexp(0, A@x)", np.logaddexp(0, A @ x)),
    ("0.5*np.linalg.norm(A - np.outer(x, x))**2", 0.5 * ((A - np.outer(x, x)) ** 2).sum()),
    ("numpy.sum(x@X)", (x @ X).sum()),
    ("np.sum(np.linalg.eigvals(A)).real", np.trace(A)),
    ("np.sum(np.linalg.eigvals(A).real)", np.trace(A)),
    ("x@scipy.linalg.expm(A)@x", x @ expm(A) @ x),
    ("scipy.special.logsumexp(A@x)", np.log(np.exp(A @ x).sum())),
    ("-np.sum(Y*log_softmax_rows(X))", -(Y * (X - np.log(np.exp(X).sum(1, keepdims=True)))).sum()),
    ("softmax_rows(X) + 0*X@np.eye(3)", np.exp(X) / np.exp(X).sum(1, keepdims=True)),
    ("x@matpow(A, 3)", x @ A @ A @ A),
]

NEITHER_MARKED = [
    ("log(det(A))", "scalar", np.log(det(A))),
    ("log(2*c) - sqrt(c)", "scalar", np.log(2 * c) - np.sqrt(c)),
    ("A*x", "column", A @ x),
    ("sum(p*log(p))", "scalar", (p * np.log(p)).sum()),
    ("tr(inv(A + B))", "scalar", np.trace(inv(A + B))),
    ("A + outer(x, y)", "matrix", A + np.outer(x, y)),
]


def value_of(parsed):
    return parsed.function(**{name: ARRAYS[name] for name in parsed.names})


def differences(function, point, step=1e-6):
    found = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        moved = np.zeros_like(point)
        moved[index] = step
        found[index] = (function(point + moved) - function(point - moved)) / (2 * step)
    return found


@pytest.mark.parametrize(("matlab", "python", "expected"), BOTH, ids=[row[0] for row in BOTH])
def test_both_languages_compute_what_numpy_does(matlab, python, expected):
    for text, language in ((matlab, "matlab"), (python, "numpy")):
        np.testing.assert_allclose(value_of(parse(text, language)), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("text", "expected"), NUMPY_ONLY, ids=[row[0] for row in NUMPY_ONLY])
def test_numpy_expressions_compute_what_numpy_does(text, expected):
    parsed = parse(text)
    assert parsed.language == "numpy"
    np.testing.assert_allclose(value_of(parsed), expected, rtol=1e-12)


@pytest.mark.parametrize(("text", "kind", "expected"), NEITHER_MARKED, ids=[row[0] for row in NEITHER_MARKED])
def test_texts_without_a_mark_of_their_language_are_read_as_what_both_or_only_one_can_mean(text, kind, expected):
    parsed = parse(text)
    assert parsed.kind == kind
    np.testing.assert_allclose(value_of(parsed), expected, rtol=1e-12)


# what a random formula of a sort is made of: the sorts of the parts, MATLAB's and NumPy's text, the value
SQUARE = {"x": x, "y": y, "A": A, "B": B, "c": c, "t": t}
RULES = {
    "scalar": [
        (["row", "column"], "({0} * {1})", "({0} @ {1})", lambda u, v: u @ v),
        (["row", "matrix", "column"], "({0}*{1}*{2})", "({0}@{1}@{2})", lambda u, M, v: u @ M @ v),
        (["matrix"], "tr({0})", "np.trace({0})", np.trace),
        (["matrix"], "sum({0})", "{0}.sum()", np.sum),
        (["column"], "norm2({0})", "np.linalg.norm({0})", norm),
        (["scalar", "scalar"], "(-{0}^2*{1})", "(-{0}**2*{1})", lambda r, s: -(r**2) * s),
        (["scalar", "scalar"], "({0} - {1} - {0})", "({0} - {1} - {0})", lambda r, s: r - s - r),
    ],
    "column": [
        (["matrix", "column"], "({0}*{1})", "({0} @ {1})", lambda M, v: M @ v),
        (["scalar", "column"], "({0}*{1}.^2 - {1})", "({0}*{1}**2 - {1})", lambda s, v: s * v**2 - v),
        (["row"], "({0})'", "{0}", lambda u: u),
        (["matrix"], "diag({0})", "np.diag({0})", np.diag),
        (["column", "column"], "({0}.*sin({1}))", "({0}*np.sin({1}))", lambda u, v: u * np.sin(v)),
    ],
    "row": [
        (["row", "matrix"], "({0}*{1})", "({0} @ {1})", lambda u, M: u @ M),
        (["column"], "{0}'", "{0}", lambda v: v),
        (["scalar", "row", "row"], "({0}*{1} + {2})", "({0}*{1} + {2})", lambda s, u, v: s * u + v),
    ],
    "matrix": [
        (["matrix", "matrix"], "({0}*{1})", "({0} @ {1})", lambda M, N: M @ N),
        (["matrix", "matrix"], "({0}.*{1} - {0})", "({0}*{1} - {0})", lambda M, N: M * N - M),
        (["column", "row"], "({0}*{1})", "np.outer({0}, {1})", np.outer),
        (["matrix"], "{0}'", "{0}.T", np.transpose),
        (["column"], "diag({0})", "np.diag({0})", np.diag),
        (["matrix"], "({0} + 2*eye)", "({0} + 2*np.eye(len(x)))", lambda M: M + 2 * np.eye(4)),
        ([], "A^-1", "np.linalg.inv(A)", lambda: inv(A)),
        ([], "(B^2)", "np.linalg.matrix_power(B, 2)", lambda: B @ B),
    ],
}
LEAVES = {"scalar": "ct", "column": "xy", "row": "xy", "matrix": "AB"}


def random_formula(sort, depth, drawn):
    if depth == 0:
        name = str(drawn.choice(list(LEAVES[sort])))
        return name + "'" * (sort == "row"), name, SQUARE[name]
    parts, matlab, python, value = RULES[sort][drawn.integers(len(RULES[sort]))]
    found = [random_formula(part, drawn.integers(depth), drawn) for part in parts]
    texts = [form.format(*[part[side] for part in found]) for side, form in enumerate((matlab, python))]
    return *texts, value(*[part[2] for part in found])


@pytest.mark.parametrize("sort", LEAVES)
def test_random_formulas_mean_the_same_in_both_languages(sort):
    drawn = np.random.default_rng(3)
    told = declarations("x: vector; y: vector; c: scalar; t: scalar")
    for _ in range(400):
        *texts, expected = random_formula(sort, drawn.integers(1, 6), drawn)
        for text, language in zip(texts, ("matlab", "numpy"), strict=True):
            names = set(re.findall(r"\b[xyABct]\b", text))
            parsed = parse(text, language, {name: told[name] for name in told if name in names})
            found = parsed.function(**{name: SQUARE[name] for name in parsed.names})
            assert np.shape(found) == np.shape(expected)
            np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9 * np.max(np.abs(expected)), err_msg=text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("x'*y", "matlab"),
        ("x.*x + 0*A*x", "matlab"),
        ("x1.*x1", "matlab"),
        ("c^2", "matlab"),
        ("A\\b", "matlab"),
        ("x' .* y'", "matlab"),
        ("norm2(A*X - B)", "matlab"),
        ("logdet(A*B)", "matlab"),
        ("x@y", "numpy"),
        ("c**2", "numpy"),
        ("2.**c", "numpy"),
        ("X.T", "numpy"),
        ("x10.sum()", "numpy"),
        ("(x - y).sum()", "numpy"),
        ("np.sum(x)", "numpy"),
        ("sum(X, axis=0)", "numpy"),
        ("np.linalg.norm(X, 'fro')", "numpy"),
    ],
)
def test_the_language_is_recognised(text, language):
    assert parse(text).language == language


@pytest.mark.parametrize(
    ("text", "shapes", "kind"),
    [
        ("x'*A*x + b'*x + c", {"x": 1, "A": 2, "b": 1, "c": 0}, "scalar"),
        ("b + A*x", {"b": 1, "A": 2, "x": 1}, "column"),
        ("u'*X", {"u": 1, "X": 2}, "row"),
        ("sin(x)^2", {"x": 0}, "scalar"),
        ("det(A - t*eye(n))", {"A": 2, "t": 0}, "scalar"),
        ("np.mean(np.log(1+np.exp(A@x))) + mu/2*np.linalg.norm(x)**2", {"A": 2, "x": 1, "mu": 0}, "scalar"),
        ("(1 - l/np.linalg.norm(p - q))*(p - q)", {"l": 0, "p": 1, "q": 1}, "column"),
        ("-y@np.log(softmax(W@x + b))", {"y": 1, "W": 2, "x": 1, "b": 1}, "scalar"),
        ("(x - A@s)@W@(x - A@s)", {"x": 1, "A": 2, "s": 1, "W": 2}, "scalar"),
        ("np.sum(np.maximum(0, 1 - y*(X@w))**2)", {"y": 1, "X": 2, "w": 1}, "scalar"),
        ("np.log(np.linalg.det(np.linalg.inv(l*np.eye(m) + A@X@A.T)))", {"l": 0, "A": 2, "X": 2}, "scalar"),
        ("(w@r)/np.sqrt(w@S@w)", {"w": 1, "r": 1, "S": 2}, "scalar"),
        ("a'*x*x'*b", {"a": 1, "x": 1, "b": 1}, "scalar"),
        ("(t*x).*(diag(A) + y)", {"t": 0, "x": 1, "A": 2, "y": 1}, "column"),
        ("np.outer(c*(A@x), -((c*y)*x))", {"c": 0, "A": 2, "x": 1, "y": 1}, "matrix"),
        ("sum(x.^2)/2", {"x": 1}, "scalar"),
    ],
)
def test_names_are_numbers_vectors_or_matrices_by_their_use(text, shapes, kind):
    parsed = parse(text)
    assert (parsed.shapes, parsed.names, parsed.kind) == (shapes, tuple(shapes), kind)


@pytest.mark.parametrize(
    ("text", "dims"),
    [
        ("x'*A*x", {"x": ("n",), "A": ("n", "n")}),
        ("A@X - B", {"A": ("n", "m"), "X": ("m", "k"), "B": ("n", "k")}),
        ("x'*x + y'*y", {"x": ("n",), "y": ("m",)}),
        ("tr(A*X'*B)", {"A": ("n", "m"), "X": ("k", "m"), "B": ("k", "n")}),
        ("A - t*eye(k)", {"A": ("k", "k"), "t": ()}),
        ("np.kron(A, B)", {"A": ("n", "m"), "B": ("k", "p")}),
        ("X*X.sum(axis=0, keepdims=True)", {"X": ("n", "m")}),
        ("A\\b", {"A": ("n", "n"), "b": ("n",)}),
        ("X + np.eye(3)", {"X": (3, 3)}),
    ],
)
def test_equal_lengths_have_one_name(text, dims):
    assert parse(text).dims == dims


def test_declarations_decide_what_names_are():
    told = declarations("x: scalar; s: symmetric, k k; Z: vector")
    parsed = parse("x*s*Z", "matlab", told)
    assert parsed.shapes == {"x": 0, "s": 2, "Z": 1}
    assert parsed.dims == {"x": (), "s": ("k", "k"), "Z": ("k",)}
    assert parse("X*w@x", declared=declarations("w: vector")).shapes == {"X": 2, "w": 1, "x": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("X: positive definite, n n; y: one-hot",
         {"X": (("n", "n"), ("positive definite",)), "y": (None, ("one-hot",))}),
        ("c: scalar\nx: n\n", {"c": ((), ()), "x": (("n",), ())}),
        ("x: vector ; A : matrix , symmetric,invertible",
         {"x": ((None,), ()), "A": ((None, None), ("symmetric", "invertible"))}),
        ("W: k_1 3", {"W": (("k_1", "3"), ())}),
    ],
)  # fmt: skip
def test_declarations_are_read(text, expected):
    assert declarations(text) == {name: Declaration(*told) for name, told in expected.items()}


ERRORS = [
    # the text, where the caret stands, the first line, the last line
    ("x'* )", 4, "expected a name, a number or an opening bracket at character 5, but found `)`",
     "Write the operand that belongs to the `*`, or take the `*` out."),
    ("sum(x", 3, "expected `)` for the bracket at character 4, but the text ends",
     "Close the bracket, or take it out."),
    ("x'*(A", 3, "expected `)` for the bracket at character 4, but the text ends",
     "Close the bracket, or take it out."),
    ("x')", 2, "the bracket at character 3 closes nothing", "Take it out, or open it before."),
    ("2x'", 1, "expected an operator at character 2, but found `x`", "Write the product with an operator, as 2*x."),
    ("x'*y(3)", 3, "`y` at character 4 is not a function that has a closed form here",
     "Write a product with its operator, or use a known function."),
    ("trac(X)", 0, "`trac` at character 1 is not a function that has a closed form here", "Did you mean trace?"),
    ("x'*A @ x", 5, "`@` at character 6 is not an operator of MATLAB's language", "Write * for the matrix product."),
    ("x@x + y^2", 7, "`^` at character 8 is not an operator of NumPy", "Write ** for a power."),
    ("X.T*'", 4, "the quote at character 5 neither transposes anything nor encloses a word",
     "Put it after what it transposes, as in x', or take it out."),
    ("x + \N{GREEK SMALL LETTER LAMDA}", 4,
     "`\N{GREEK SMALL LETTER LAMDA}` (U+03BB) at character 5 has no meaning in a formula",
     "Write Greek letters in words, as mu for \N{GREEK SMALL LETTER MU} and lam for \N{GREEK SMALL LETTER LAMDA}; they "
     "are printed as letters."),
    ("x + \N{LATIN SMALL LETTER E WITH ACUTE}", 4,
     "`\N{LATIN SMALL LETTER E WITH ACUTE}` (U+00E9) at character 5 has no meaning in a formula",
     "Write names in ASCII letters, digits and underscores."),
    ("x\N{MINUS SIGN}1", 1, "`\N{MINUS SIGN}` (U+2212) at character 2 has no meaning in a formula", "Write - for it."),
    ("x\N{MODIFIER LETTER CAPITAL T}*A*x", 1,
     "`\N{MODIFIER LETTER CAPITAL T}` (U+1D40) at character 2 has no meaning in a formula", "Write ' or .T for it."),
    ("x\N{SUPERSCRIPT TWO}", 1, "`\N{SUPERSCRIPT TWO}` (U+00B2) at character 2 has no meaning in a formula",
     "Write ^2 or **2 for it."),
    ("lambda*x'*x", 0, "`lambda` at character 1 is a word of Python's grammar, and no name",
     "Write lam, which is printed as \N{GREEK SMALL LETTER LAMDA}."),
    ("x\0", 1, "`\N{REPLACEMENT CHARACTER}` (U+0000) at character 2 has no meaning in a formula", "Take it out."),
    ("__import__('os')", 0, "the name `__import__` at character 1 is one of Python's own",
     "Give the array a name of letters and digits."),
    ("x.__class__", 2, "the name `__class__` at character 3 is one of Python's own",
     "Give the array a name of letters and digits."),
    ("x.imag", 2, "expected T, shape, size or real at character 3, but found `imag`",
     "Use these alone, or the name of an array without dots."),
    ("np.os.system(x)", 0, "`np.os.system` at character 1 is not a function that has a closed form here",
     "Write a product with its operator, or use a known function."),
    ("lambda x: x", 0, "`lambda` at character 1 is a word of Python's grammar, and no name",
     "Choose another name, and write one expression."),
    ("x[0] + 1", 1, "the index at character 2 takes entries, which have no closed form here",
     "Write it with whole arrays; only x.shape[0], x.shape[1] and slogdet(X)[0], [1] are taken."),
    ("2^3^2", 3, "the power at character 4 follows another one, which languages read differently",
     "Write (a^b)^c or a^(b^c)."),
    ("x'*1j", 3, "the number at character 4 is complex, but closed forms are of real arrays", "Write a real number."),
    ("x@x + 1e999", 6, "the number at character 7 is too large for a float", "Write a number below 1.8e308."),
    ("9**9**9**9", 4, "`**` at character 5 does not give a finite number",
     "Write numbers of which the result is finite."),
    ("A*b'", 1, "`*` at character 2 does not fit `A`, a matrix and `b'`, a row",
     "Write x'*y or x*y' for products of vectors, or .* entry by entry."),
    ("x'*y'", 2, "`*` at character 3 does not fit `x'`, a row and `y'`, a row",
     "Write x'*y or x*y' for products of vectors, or .* entry by entry."),
    ("x'*x + inv(x)", 7, "`inv` at character 8 does not fit `x`, a column",
     "Declare what the names are, as x: vector, or write it with operands that fit."),
    ("x'*x*x' + A*x", 8, "`+` at character 9 does not fit `x'*x*x'`, a row and `A*x`, a column",
     "Declare what the names are, as x: vector, or write it with operands that fit."),
    ("A^0.5", 1, "`^` at character 2 does not fit `A`, a matrix and `0.5`, a number",
     "Write .^ entry by entry; a matrix takes an integer power."),
    ("x'*x + norm(X)", 7, "`norm` at character 8 does not fit `X`, a matrix",
     "Write norm2(X) for the root of the sum of squares."),
    ("x' + y", 3, "`+` at character 4 would have `x'`, a row and `y`, a number, as y fits only as a number",
     "Declare y: scalar if this is meant."),
    ("exp(-a*x'*x)", 5, "the formula is a column if `a` at character 6 is a vector, and a number if it is a number",
     "Declare a: scalar or a: vector."),
    ("A*x - b.^p", 7, "`.^` at character 8 gives a column whether `b` is a number or a vector",
     "Declare b: scalar or b: vector."),
    ("X@W + b", 4, "`+` at character 5 gives a matrix whether `b` is a number or a vector",
     "Declare b: scalar or b: vector."),
    ("A@x/z", 3, "`/` at character 4 gives a vector whether `z` is a number or a vector",
     "Declare z: scalar or z: vector."),
    ("sum(A*B)", 5, "`*` at character 6 means different things in MATLAB's language and in NumPy",
     "Say language='matlab' or language='numpy', or use .* or @."),
    ("A/B + B/A", 1, "`/` at character 2 means different things in MATLAB's language and in NumPy",
     "Say language='matlab' or language='numpy', or use .* or @."),
    ("norm(X)", 0, "`norm` at character 1 means different things in MATLAB's language and in NumPy",
     "Say language='matlab' or language='numpy', or use .* or @."),
    ("np.eye(n)", 0, "the length of `np.eye(n)` at character 1 does not follow from any array",
     "Use it with arrays that fit it."),
    ("np.linalg.slogdet(X)", 0, "expected an array or a number at character 1, but found a pair",
     "Take one of both, as slogdet(X)[1]."),
    ("np.sum(x, axis=2)", 15, "expected one of 0, 1, -1, -2, None for axis of sum at character 16, but found `2`",
     "Write one of these values."),
    ("np.trace(A, B)", 0, "trace at character 1 takes 1 argument, but 2 stand in the brackets",
     "Write as many as it takes."),
    ("sum(X, 1)", 0, "sum at character 1 takes 1 argument, but 2 stand in the brackets",
     "Write axis and keepdims with a name and =."),
    ("", 0, "expected a name, a number or an opening bracket at character 1, but the text ends",
     "Write a formula, as x'*A*x."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "position", "complaint", "advice"), ERRORS, ids=[repr(row[0]) for row in ERRORS])
def test_errors_point_at_the_character(text, position, complaint, advice):
    with pytest.raises(ParseError) as caught:
        parse(text)
    first, shown, caret, last = str(caught.value).split("\n")
    assert first == f"parse: {complaint}"
    assert last == advice
    assert len(shown) == 4 + len(text)
    assert caret == " " * (4 + position) + "^"


def test_a_long_text_is_shown_around_the_character():
    with pytest.raises(ParseError) as caught:
        parse("x'*x + " * 100 + "x'*$")
    shown, caret = str(caught.value).split("\n")[1:3]
    assert shown[len(caret) - 1] == "$"
    assert len(shown) < 80
    assert shown.startswith("    …")


@pytest.mark.parametrize(
    ("text", "position", "complaint"),
    [
        ("X: symetric", 3, "expected a property, lengths or a kind at character 4, but found `symetric`"),
        ("X symmetric", 0, "expected a name and a colon at character 1, but found `X symmetric`"),
        ("X: n n, m m", 8, "`m m` at character 9 tells the axes a second time"),
        ("X: n; X: m", 6, "`X` at character 7 is declared twice"),
        ("X: symmetric, n m", 14, "symmetric at character 15 needs equal lengths, but n and m are told"),
        ("X: n, symmetric", 6, "symmetric at character 7 needs 2 axes, but 1 are told"),
        ("X: n m k", 3, "expected a property, lengths or a kind at character 4, but found `n m k`"),
    ],
)
def test_errors_in_declarations_point_at_the_character(text, position, complaint):
    with pytest.raises(ParseError) as caught:
        declarations(text)
    first, _, caret, advice = str(caught.value).split("\n")
    assert first == f"parse: {complaint}"
    assert caret == " " * (4 + position) + "^"
    assert advice


def test_declared_lengths_that_contradict_the_formula_are_refused():
    with pytest.raises(ParseError, match=re.escape("`inv(X)` needs the lengths n and m to be equal, at character 1")):
        parse("inv(X)", declared=declarations("X: n m"))
    with pytest.raises(ParseError, match=re.escape("`Z` is declared, but the names in the formula are X")):
        parse("inv(X)", declared=declarations("Z: n m"))


DEEP = 10**5
HOSTILE = [
    "(" * 10**6,
    "x+" * 500_000 + "x",
    "(" * DEEP + "x" + ")" * DEEP,
    "(" * 1500 + "x" + ")" * 1500,
    "-" * 3999,
    "-" * 3999 + "x",
    "x" + "'" * 3999,
    "x" + ".T" * 1900,
    "sin(" * 900 + "x" + ")" * 900,
    "np.sum(" * 400 + "x" + ")" * 400,
    "x**" * 1300 + "x",
    "x^" * 1300 + "x",
    "x*(" * 900 + "x" + ")" * 900,
    "(," * 1900,
    "sum(" * 900,
    "9" * 3999,
    "9**" * 1300 + "9",
    "np.eye(99999999)",
    "np.ones((4096, 99999))",
    "__import__('os').system('true')",
    "__builtins__",
    "x.__class__.__mro__",
    "().__class__",
    "np.load('x')",
    "np.lib.npyio",
    "numpy.ctypeslib",
    "open('x')",
    "eval('1')",
    "exec('1')",
    "getattr(x, 'T')",
    "f'{x}'",
    "[x for x in y]",
    "{x: 1}",
    "x if x else y",
    "x := 1",
    "x; import os",
    "x\n;y",
    "'",
    '"',
    "'abc",
    "np.sum(x, 'abc",
    "\0",
    "x\0y",
    "\ud800",
    "\N{RIGHT-TO-LEFT OVERRIDE}x",
    "\N{FULLWIDTH LATIN SMALL LETTER X}",
    "x\N{NO-BREAK SPACE}+ y",
    "\N{ARABIC-INDIC DIGIT ONE}*x",
    "1__0",
    "0x10",
    "x.",
    "np.",
    ".",
    "..",
    "()",
    ",",
    "x,y",
    "[]",
    "=",
    "axis=0",
    "np.sum(axis=0)",
    "np.sum(x, axis=0, axis=0)",
    "np.sum(x, 0, 0, 0, 0)",
    "np.sum(x, axis=axis=0)",
    "x.T.T.foo()",
    "x.sum().shape",
    "x.shape.shape",
    "x.shape[0][0]",
    "np.sum(x,,)",
    "True",
    "None + x",
    "x@",
    # short texts of much work
    "*".join(["A"] * 500) + "*x",
    "@".join(["A"] * 500) + "@x",
    "+".join(["x'*A*x"] * 300),
    "+".join(["np.sum(x*x)"] * 300),
    "tr(A^100000)",
    "sum(x.^1e300)",
    "np.trace(np.linalg.matrix_power(A, 100000))",
    "np.sum(x**1e300)",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
@pytest.mark.parametrize("language", [None, "matlab", "numpy"])
def test_hostile_texts_are_refused(text, language):
    with pytest.raises(ParseError) as caught:
        parse(text, language)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) > 1000], ids=lambda text: repr(text[:24]))
def test_hostile_declarations_are_refused(text):
    with pytest.raises(ParseError):
        declarations(text)
    with pytest.raises(ParseError):
        declarations(f"X: {text}")


def test_hostile_texts_take_little_memory():
    tracemalloc.start()
    for text in HOSTILE:
        with pytest.raises(ParseError):
            parse(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tr(A^1000)", "the exponent at character 6 is beyond 64"),
        ("sum(x.^2000)", "the exponent at character 8 is beyond 1000"),
        ("np.trace(np.linalg.matrix_power(A, 65))", "the exponent at character 36 is beyond 64"),
        ("+".join(["x'*A*x"] * 300), "the formula has more than 1000 names, numbers and operations"),
        ("*".join(["A"] * 200), "is nested more than 100 deep"),
    ],
)
def test_formulas_out_of_all_proportion(text, message):
    with pytest.raises(ParseError, match=re.escape(message)) as caught:
        parse(text)
    assert "    " + " " in str(caught.value)
    assert "^" in str(caught.value).splitlines()[-2]


def test_high_powers_of_numbers():
    assert parse("(1 + c)^365").function(c=0.01) == pytest.approx(1.01**365)


def test_long_sums_are_read_without_recursion():
    text = " + ".join(f"v{number}'*v{number}" for number in range(200))
    parsed = parse(text)
    assert len(parsed.names) == 200
    assert parsed.function(**{name: np.ones(2) for name in parsed.names}) == 400.0


def test_random_texts_are_read_or_refused():
    pieces = ["x", "A", "b'", "+", "-", "*", ".*", "/", "@", "**", "^", "(", ")", "'", ".T", ".sum()", "np.exp(", "2",
              ",", "axis=0", "[", "]", "0", "inv(", "eye", ".", "=", "\\", "np.ones(", "norm("]  # fmt: skip
    drawn = np.random.default_rng(1)
    outcomes = set()
    for _ in range(4000):
        text = "".join(drawn.choice(pieces, size=drawn.integers(1, 9)))
        try:
            parse(text)
        except ParseError:
            outcomes.add("refused")
        else:
            outcomes.add("read")
    assert outcomes == {"read", "refused"}


def test_nothing_is_ever_executed():
    folder = Path(inspect.getfile(wengert.calculus.parse)).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert not re.search(r"\b(eval|exec|compile|__import__|literal_eval)\(", sources.replace("re.compile(", ""))


GRADIENTS = [
    ("1/2*x'*A*x + b'*x + c", "x", lambda: 0.5 * (A + A.T) @ x + b),
    ("norm2(A*x - b)^2", "x", lambda: 2 * A.T @ (A @ x - b)),
    ("log(det(A*A'))", "A", lambda: 2 * inv(A).T),
    ("tr(A*X*X')", "X", lambda: (A + A.T) @ X),
    ("a'*inv(A)*b", "A", lambda: -np.outer(inv(A).T @ a, inv(A) @ b)),
    ("c^2*x'*x", "c", lambda: np.float64(2 * c * x @ x)),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", lambda: -X.T @ (y / (1 + np.exp(y * (X @ w))))),
    ("np.sum(np.log1p(np.exp(-y*(X@w))))", "w", lambda: -X.T @ (y / (1 + np.exp(y * (X @ w))))),
    ("det(A - t*eye(n))", "t", lambda: -det(A - t * np.eye(4)) * np.trace(inv(A - t * np.eye(4)))),
    ("x@A@x/x.shape[0]", "x", lambda: (A + A.T) @ x / 4),
    ("a'*A^3*b", "b", lambda: matrix_power(A, 3).T @ a),
    ("(x'*x)^(x'*x)", "x", lambda: (x @ x) ** (x @ x) * (np.log(x @ x) + 1) * 2 * x),
    ("np.linalg.slogdet(A)[1]", "A", lambda: inv(A).T),
    ("X.sum(axis=0)@w", "X", lambda: np.outer(np.ones(4), w)),
]


@pytest.mark.parametrize(("text", "name", "expected"), GRADIENTS, ids=[row[0] for row in GRADIENTS])
def test_gradients_of_what_was_read(text, name, expected):
    parsed = parse(text)
    held = {other: ARRAYS[other] for other in parsed.names if other != name}

    def function(value):
        return parsed.function(**{name: value}, **held)

    point = np.asarray(ARRAYS[name])
    found = wg.grad(function)(point)
    np.testing.assert_allclose(found, expected(), rtol=1e-9)
    np.testing.assert_allclose(found, differences(function, point), rtol=1e-5, atol=1e-6)


def test_the_function_has_the_names_as_parameters():
    function = parse("x'*A*x + c").function
    assert list(inspect.signature(function).parameters) == ["x", "A", "c"]
    assert function(x, A, c) == function(c=c, A=A, x=x)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": x}, "the formula `x'*A*x` is a function of x, A, but was given x"),
        ({"x": x, "A": A, "b": b}, "the formula `x'*A*x` is a function of x, A, but was given x, A, b"),
        ({"x": x[:, None], "A": A}, "x has 2 axes, but is read as an array of 1 in `x'*A*x`"),
        ({"x": x, "A": A[:, :1]}, "x, A have the lengths [1, 4] where they must be equal"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        parse("x'*A*x").function(**arrays)


def test_wrong_arguments_are_refused():
    with pytest.raises(ArgumentError, match="expected a formula as text, but received int"):
        parse(3)
    with pytest.raises(ArgumentError, match="language is one of matlab, numpy, but received 'julia'"):
        parse("x", "julia")


def test_parse_errors_are_value_errors_of_ours():
    assert issubclass(ParseError, WengertError)
    assert issubclass(ParseError, ValueError)
