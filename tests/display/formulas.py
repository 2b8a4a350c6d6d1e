"""Formulas with their golden text and LaTeX, and random ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert.calculus.rules
from display.operators import (
    Formula,
    K,
    M,
    N,
    absolute,
    cos,
    det,
    diag,
    exp,
    eye,
    function,
    inv,
    length,
    log,
    logabs,
    norm,
    of,
    ones,
    relu,
    sigma,
    sign,
    sin,
    softmax,
    softmax_rows,
    softplus,
    step,
    symbol,
    tanh,
    tr,
)
from wengert.calculus.expression import Expression, Frechet, Ones, Symbol, Zero, make, walk

assert wengert.calculus.rules
A, B = symbol("A", N, N), symbol("B", N, N)
S = symbol("S", N, N, "symmetric")
P = symbol("P", N, N, "positive definite", "positive semidefinite", "symmetric", "invertible")
X = symbol("X", N, N, "invertible")
W, H, U, V = symbol("W", M, N), symbol("H", M, N), symbol("U", M, K), symbol("V", N, K)
a, b, c, x, y, x0, weights = (symbol(name, N) for name in ("a", "b", "c", "x", "y", "x0", "weights"))
u, z = symbol("u", M), symbol("z", M)
t, mu, lam = symbol("t"), symbol("mu"), symbol("lam")
dx_matrix, dmu = symbol("dX", N, N), symbol("dmu", N)
identity = eye(N)
soft = softmax(W @ x + z)
shifted = A - t * identity
VARIABLES = ("x", "X", "t")

GOLDEN: tuple[tuple[Formula, str, str], ...] = (
    (0.5 * ((A + A.T) @ x) + b, "½(A + Aᵀ)x + b", r"\tfrac{1}{2}(A + A^\top)x + b"),
    (W.T @ (W @ x - z), "Wᵀ(Wx − z)", r"W^\top(Wx - z)"),
    (2 * exp(-(x.T @ x)) * x, "2 exp(−xᵀx) x", r"2\exp(-x^\top x)\,x"),
    (2 * exp(-(x.T @ x)) * (identity - 2 * (x @ x.T)), "2 exp(−xᵀx)(I − 2xxᵀ)", r"2\exp(-x^\top x)(I - 2xx^\top)"),
    (x / norm(x), "x/‖x‖", r"\frac{x}{\lVert x\rVert}"),
    (
        (identity - x @ x.T / norm(x) ** 2) / norm(x),
        "(I − xxᵀ/‖x‖²)/‖x‖",
        r"\frac{1}{\lVert x\rVert}\left(I - \frac{xx^\top}{\lVert x\rVert^2}\right)",
    ),
    (W.T @ W @ x / norm(W @ x), "WᵀWx/‖Wx‖", r"\frac{W^\top Wx}{\lVert Wx\rVert}"),
    (2 * x / (1 + x.T @ x) ** 2, "2x/(1 + xᵀx)²", r"\frac{2x}{(1 + x^\top x)^2}"),
    ((A + A.T) @ x / (x.T @ A @ x), "(A + Aᵀ)x/(xᵀAx)", r"\frac{(A + A^\top)x}{x^\top Ax}"),
    (det(X) * inv(X.T), "det(X) X⁻ᵀ", r"\det(X)\,X^{-\top}"),
    (W.T @ soft, "Wᵀ softmax(Wx + z)", r"W^\top\operatorname{softmax}(Wx + z)"),
    (
        W.T @ (diag(soft) - soft @ soft.T) @ W,
        "Wᵀ(diag(s) − ssᵀ)W,  where s = softmax(Wx + z)",
        r"W^\top(\operatorname{diag}(s) - ss^\top)W, \quad \text{where } s = \operatorname{softmax}(Wx + z)",
    ),
    (W.T @ (sigma(W @ x) - z), "Wᵀ(σ(Wx) − z)", r"W^\top(\sigma(Wx) - z)"),
    (sigma(a.T @ x) * a, "σ(aᵀx) a", r"\sigma(a^\top x)\,a"),
    (norm(x) * x, "‖x‖ x", r"\lVert x\rVert x"),
    (norm(x) * identity + x @ x.T / norm(x), "‖x‖ I + xxᵀ/‖x‖",
     r"\lVert x\rVert I + \frac{xx^\top}{\lVert x\rVert}"),
    ((x.T @ x) ** 2, "‖x‖⁴", r"\lVert x\rVert^4"),
    (4 * (x.T @ x) * x, "4‖x‖²x", r"4\lVert x\rVert^2x"),
    (W.T @ sigma(W @ x) / length(M) + mu * x, "μx + Wᵀσ(Wx)/m", r"\mu x + \frac{W^\top\sigma(Wx)}{m}"),
    (-(inv(X.T) @ inv(X.T)), "−(X⁻²)ᵀ", r"-(X^{-2})^\top"),
    (inv(X) @ b, "X⁻¹b", "X^{-1}b"),
    (
        -det(shifted) * tr(inv(shifted)),
        "−det(A − tI) tr((A − tI)⁻¹)",
        r"-\det(A - tI)\operatorname{tr}((A - tI)^{-1})",
    ),
    (
        det(shifted) * (tr(inv(shifted)) ** 2 - tr(inv(shifted) @ inv(shifted))),
        "det(M)(tr(M⁻¹)² − tr(M⁻²)),  where M = A − tI",
        r"\det(M)(\operatorname{tr}(M^{-1})^2 - \operatorname{tr}(M^{-2})), \quad \text{where } M = A - tI",
    ),
    (X @ (b @ c.T + c @ b.T), "X(bcᵀ + cbᵀ)", r"X(bc^\top + cb^\top)"),
    (
        b / (x.T @ P @ x) ** 0.5 - (c.T @ x) * (P @ x) / (x.T @ P @ x) ** 1.5,
        "b/√(xᵀPx) − (cᵀx)Px/(xᵀPx)^{3/2}",
        r"\frac{b}{\sqrt{x^\top Px}} - \frac{(c^\top x)Px}{(x^\top Px)^{3/2}}",
    ),
    (log(x) + 1, "log(x) + 1", r"\log(x) + 1"),
    (diag(x**-1), "diag(1/x)", r"\operatorname{diag}\left(\frac{1}{x}\right)"),
    (x**2 / y, "x²/y", r"\frac{x^2}{y}"),
    (x**0.5, "√x", r"\sqrt{x}"),
    (X * X, "X^∘2", r"X^{\circ 2}"),
    (X**-1, "X^∘−1", r"X^{\circ -1}"),
    (B / X, "B ⊘ X", r"B \oslash X"),
    (X @ X @ X @ b, "X³b", "X^3b"),
    (A.T @ A.T, "(A²)ᵀ", r"(A^2)^\top"),
    ((A @ B) @ (A @ B), "(AB)²", "(AB)^2"),
    (1 - tanh(W @ x) ** 2, "1 − tanh(Wx)²", r"1 - \tanh(Wx)^2"),
    (W.T @ (z * sigma(-(z * (W @ x)))), "Wᵀ(z ∘ σ(−z ∘ Wx))", r"W^\top(z \odot \sigma(-z \odot Wx))"),
    (step(W @ x) * z**2, "z² ∘ 𝟏[Wx > 0]", r"z^2 \odot \mathbf{1}[Wx > 0]"),
    (logabs(det(X)), "log|det(X)|", r"\log\lvert \det(X)\rvert"),
    (absolute(x), "|x|", r"\lvert x\rvert"),
    (absolute(X), "abs(X)", r"\operatorname{abs}(X)"),
    (2 * x - 3 * b, "2x − 3b", "2x - 3b"),
    (x0 + weights, "weights + x₀", r"\mathrm{weights} + x_0"),
    (A @ weights @ weights.T, "A weights weightsᵀ", r"A\,\mathrm{weights}\,\mathrm{weights}^\top"),
    (symbol("lst0", N, N) @ x, "lst0 x", r"\mathrm{lst0}\,x"),
    (A @ x0, "Ax₀", "Ax_0"),
    (mu * dmu, "μ dμ", r"\mu\,\mathrm{d}\mu"),
    (A @ dx_matrix.T @ B, "A dXᵀ B", r"A\,\mathrm{d}X^\top\,B"),
    (x / 7, "x/7", r"\frac{x}{7}"),
    (0.1 * x, "0.1x", "0.1x"),
    (1e-5 * x, "10⁻⁵x", "10^{-5}x"),
    (of(2) ** 0.5 * x, "√2 x", r"\sqrt{2}x"),
    (ones(N) @ ones(N).T, "𝟏𝟏ᵀ", r"\mathbf{1}\mathbf{1}^\top"),
    (2 * (ones(N).T @ x), "2𝟏ᵀx", r"2\mathbf{1}^\top x"),
    ((x.T @ y) * x, "(xᵀy)x", r"(x^\top y)x"),
    (-(x.T @ A @ x), "−xᵀAx", r"-x^\top Ax"),
    (tr(A.T @ X), "tr(AXᵀ)", r"\operatorname{tr}(AX^\top)"),
    (tr(X.T @ X), "‖X‖_F²", r"\lVert X\rVert_F^2"),
    (X / norm(X) ** 3, "X/‖X‖_F³", r"\frac{X}{\lVert X\rVert_F^3}"),
    (norm(W @ x - z) ** 2, "‖Wx − z‖²", r"\lVert Wx - z\rVert^2"),
    (tr((W * H).T @ (W * H)), "‖H ∘ W‖_F²", r"\lVert H \odot W\rVert_F^2"),
    (norm(H * (U @ V.T)), "‖H ∘ UVᵀ‖_F", r"\lVert H \odot UV^\top\rVert_F"),
    (-(a.T @ x - t), "t − aᵀx", r"t - a^\top x"),
    (-3 * (-(a.T @ x) - log(t)), "3(aᵀx + log(t))", r"3(a^\top x + \log(t))"),
    (lam * identity + A @ P @ A.T, "λI + APAᵀ", r"\lambda I + APA^\top"),
    (A + t * B, "A + tB", "A + tB"),
    (t**2 + 2 * t + 1, "t² + 2t + 1", "t^2 + 2t + 1"),
    (log(1 + exp(a.T @ x)), "softplus(aᵀx)", r"\operatorname{softplus}(a^\top x)"),
    (log(ones(M).T @ exp(W @ x + z)), "logsumexp(Wx + z)", r"\operatorname{logsumexp}(Wx + z)"),
    (A @ (x * y), "A(x ∘ y)", r"A(x \odot y)"),
    ((x * y).T @ A @ (x + b), "(x ∘ y)ᵀA(x + b)", r"(x \odot y)^\top A(x + b)"),
    (A @ diag(x) @ B, "A diag(x) B", r"A\operatorname{diag}(x)\,B"),
    (x * diag(A), "x ∘ diag(A)", r"x \odot \operatorname{diag}(A)"),
    (A / (lam * t), "A/(λt)", r"\frac{A}{\lambda t}"),
    (softmax_rows(X) @ b, "softmax_rows(X) b", r"\operatorname{softmax}_{\mathrm{rows}}(X)\,b"),
    (y * sign(x), "y ∘ sign(x)", r"y \odot \operatorname{sign}(x)"),
    (0 * A, "0", "0"),
    (2 * exp(x.T @ x * log(x.T @ x)) * x, "2(xᵀx)^{xᵀx}x", r"2(x^\top x)^{x^\top x}x"),
    (-2 * ((A - x @ x.T) @ x), "2(xxᵀ − A)x", r"2(xx^\top - A)x"),
    (b - (A - x @ x.T) @ x, "b − (A − xxᵀ)x", r"b - (A - xx^\top)x"),
)  # fmt: skip
OTHERS: tuple[tuple[Formula, str, str], ...] = (
    *((function(name)(X), f"{name}(X)", rf"\operatorname{{{name}}}(X)") for name in ("expm", "logm", "sqrtm", "sinm")),
    (function("pinv")(W), "W⁺", "W^+"),
    (function("pinv")(W) @ z, "W⁺z", "W^+z"),
    (function("cholesky")(P), "chol(P)", r"\operatorname{chol}(P)"),
    (function("spectral_norm")(W) * x, "‖W‖₂ x", r"\lVert W\rVert_2x"),
    (function("nuclear_norm")(W), "‖W‖_*", r"\lVert W\rVert_*"),
    (function("largest_eigenvalue")(S) * x, "λₘₐₓ(S) x", r"\lambda_{\max}(S)\,x"),
    (function("smallest_eigenvalue")(S), "λₘᵢₙ(S)", r"\lambda_{\min}(S)"),
    (2 * function("leading_pair")(W), "2u₁(W) v₁(W)ᵀ", r"2u_1(W)v_1(W)^\top"),
    (function("leading_projector")(S), "qₘₐₓ(S) qₘₐₓ(S)ᵀ", r"q_{\max}(S)q_{\max}(S)^\top"),
    (function("trailing_projector")(S), "qₘᵢₙ(S) qₘᵢₙ(S)ᵀ", r"q_{\min}(S)q_{\min}(S)^\top"),
    (function("polar")(W), "polar(W)", r"\operatorname{polar}(W)"),
    (function("argmax")(x), "𝟏[x = max(x)]", r"\mathbf{1}[x = \max(x)]"),
    (function("argmax")(W), "𝟏[W = max(W)]", r"\mathbf{1}[W = \max(W)]"),
    (function("argmax_rows")(W), "𝟏[W = max_rows(W) 𝟏ᵀ]",
     r"\mathbf{1}[W = \operatorname{max}_{\mathrm{rows}}(W)\,\mathbf{1}^\top]"),
    (function("max")(W), "max(W)", r"\max(W)"),
    (function("max_rows")(W), "max_rows(W)", r"\operatorname{max}_{\mathrm{rows}}(W)"),
    (function("prod")(x), "prod(x)", r"\operatorname{prod}(x)"),
    (function("gammaln")(x), "gammaln(x)", r"\operatorname{gammaln}(x)"),
    *((Formula(make(Frechet, N, N, (name,), (X.node, B.node))), f"D{name}(X)[B]",
       rf"\mathrm{{D}}\operatorname{{{name}}}(X)[B]") for name in ("expm", "logm", "sqrtm", "cosm")),
)  # fmt: skip
FORMULAS = {text: formula for formula, text, _ in GOLDEN}


def symbols_of(*formulas: Expression) -> dict[str, Expression]:
    found = {node.name: node for formula in formulas for node in walk(formula) if isinstance(node, Symbol)}
    return dict(sorted(found.items()))


def random_formula(seed: int, depth: int = 4) -> Formula:
    """A formula of random shape, in the domain of all its functions where symbols are positive and small."""
    random = np.random.default_rng(seed)
    found = _random(random, [(1, 1), (N, 1), (N, N), (M, N)][int(random.integers(4))], depth)
    # zeros have no shape on paper, and neither have ones: the reader takes them for n of them
    silent = any(isinstance(node, Zero) or (isinstance(node, Ones) and node.rows != N) for node in walk(found.node))
    return random_formula(seed + 1000, depth) if silent else found


def _random(random: Any, shape: tuple[Any, Any], depth: int) -> Formula:
    leaves = {(1, 1): (t, mu, of(2), of(0.25)), (N, 1): (a, x, y, x0), (M, 1): (u, z), (N, N): (A, S, P, identity, X),
              (M, N): (W, H)}  # fmt: skip
    if depth == 0 or random.random() < 0.1:
        pool = leaves[shape]
        return pool[int(random.integers(len(pool)))]
    kinds = ["sum", "difference", "scaled", "entrywise", "function"]
    kinds += {
        (1, 1): ["form", "square", "trace", "quotient"],
        (N, 1): ["matmul", "diagonal", "solved", "softmax"],
        (M, 1): ["matmul"],
    }.get(shape, ["outer", "matmul", "gram", "scaling"])
    kind = kinds[int(random.integers(len(kinds)))]
    rows, cols = shape
    made = {
        "sum": lambda part: part(shape) + part(shape),
        "difference": lambda part: part(shape) - part(shape),
        "scaled": lambda part: part((1, 1)) * part(shape),
        "entrywise": lambda part: part(shape) * part(shape),
        "function": lambda part: [tanh, sigma, relu, sin, cos, softplus][int(random.integers(6))](part(shape)),
        "form": lambda part: part((N, 1)).T @ part((N, N)) @ part((N, 1)),
        "square": lambda part: norm(part((N, 1))) ** [1, 2, 3][int(random.integers(3))],
        "trace": lambda part: tr(part((N, N)) @ part((N, N))),
        "quotient": lambda part: part((1, 1)) / (3 + part((1, 1)) ** 2),
        "diagonal": lambda part: diag(part((N, N))),
        "solved": lambda part: inv(P) @ part((N, 1)),
        "softmax": lambda part: softmax(part((N, 1))),
        "outer": lambda part: part((rows, 1)) @ part((cols, 1)).T,
        "matmul": lambda part: part((rows, N)) @ part((N, cols)),
        "gram": lambda part: part((rows, N)) @ diag(part((N, 1))) @ part((cols, N)).T,
        "scaling": lambda part: diag(part((rows, 1))) @ part((rows, cols)),
    }
    return made[kind](lambda inner: _random(random, inner, depth - 1))  # type: ignore[no-any-return]
