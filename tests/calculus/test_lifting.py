"""Programs whose operations are read as matrix algebra: functions of the literature, spellings, and what is refused."""

import re

import numpy as np
import pytest
import scipy.special

import wengert.scipy.linalg
import wengert.scipy.special
from wengert.api.derive import derive
from wengert.errors import CheckError, UnsupportedError

LENGTHS = {"n": 5, "m": 7, "k": 3, "p": 4, "1": 1}
PROPERTIES = {
    "sym": "symmetric", "pd": "positive definite", "inv": "invertible", "pos": "positive entries",
    "orth": "orthogonal", "onehot": "one-hot rows", "lower": "lower triangular", "idem": "idempotent",
}  # fmt: skip


def lse(z):
    largest = np.max(z)
    return largest + np.log(np.sum(np.exp(z - largest)))


def softmax(z):
    powers = np.exp(z - np.max(z))
    return powers / powers.sum()


def softmax_rows(z):
    powers = np.exp(z - np.max(z, axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def lse_rows(z):
    largest = np.max(z, axis=1)
    return largest + np.log(np.sum(np.exp(z - largest[:, None]), axis=1))


def layers(x, W, V):
    for weights in (W, V):
        x = np.tanh(weights @ x)
    return x @ x


def repeated(x):
    total = 0.0
    for _ in range(len(x)):
        total = total + x @ x
    return total


def over_entries(x):
    return sum(entry * entry for entry in x)


def branching(x):
    return x @ x if x @ x > 1 else 2 * (x @ x)


SCOPE = {
    "np": np, "special": scipy.special, "wspecial": wengert.scipy.special, "wlinalg": wengert.scipy.linalg,
    "norm": np.linalg.norm, "inv": np.linalg.inv, "det": np.linalg.det, "solve": np.linalg.solve, "tr": np.trace,
    "logdet": lambda a: np.linalg.slogdet(a)[1], "sigma": lambda z: 1 / (1 + np.exp(-z)), "lse": lse,
    "softmax": softmax, "softmax_rows": softmax_rows, "lse_rows": lse_rows, "layers": layers, "repeated": repeated,
    "over_entries": over_entries, "branching": branching,
}  # fmt: skip


def function_of(source, variables):
    """A function, with random arguments and what is assumed of them; the first variable is the differentiated one."""
    random, names, arguments, assumed = np.random.default_rng(0), [], [], {}
    for entry in variables.split():
        name, _, rest = entry.partition(":")
        dims, _, kind = rest.partition(":")
        shape = [LENGTHS[dim] for dim in dims.split(",") if dim]
        value = random.normal(size=shape) if shape else 0.7
        names.append(name)
        if kind in ("sym", "pd"):
            value = value @ value.T + np.eye(len(value))
        if kind == "pos":
            value = np.abs(value) + 0.5
        if kind:
            assumed[name] = PROPERTIES[kind]
        arguments.append(value)
    return eval(f"lambda {', '.join(names)}: {source}", dict(SCOPE)), arguments, assumed


def derived(source, variables):
    function, arguments, assumed = function_of(source, variables)
    return derive(function, *arguments, assume=assumed)


# What is asked of each: g gradient, h Hessian, j Jacobian, o differential, s derivative. Each is compared with
# Wengert's own derivative of the function at two instances of other sizes before it is given.
ASKED = {"g": "gradient", "h": "hessian", "j": "jacobian", "o": "differential", "s": "derivative"}
LITERATURE = {
    # least squares and its relatives
    "ridge regression": ("norm(X @ w - y)**2 + mu * norm(w)**2", "w:n X:m,n y:m mu:", "gh"),
    "weighted least squares": ("np.sum(c * (X @ w - y)**2)", "w:n X:m,n y:m c:m:pos", "gh"),
    "generalised least squares": ("(y - X @ w) @ inv(S) @ (y - X @ w)", "w:n X:m,n y:m S:m,m:pd", "gh"),
    "Tikhonov by an operator": ("0.5 * norm(A @ x - b)**2 + 0.5 * mu * norm(L @ x)**2", "x:n A:m,n b:m L:p,n mu:",
                                "gh"),
    "normal equations": ("b @ A @ solve(A.T @ A, A.T @ b)", "b:m A:m,n", "gh"),
    "multivariate regression": ("norm(Y - X @ B)**2", "B:n,k X:m,n Y:m,k", "go"),
    "projected residual": ("norm((np.eye(A.shape[0]) - A @ inv(A.T @ A) @ A.T) @ b)**2", "b:m A:m,n", "gh"),
    "robust residual": ("np.sum(np.sqrt(1 + (A @ x - b)**2))", "x:n A:m,n b:m", "gh"),
    "Cauchy loss": ("np.sum(np.log(1 + (A @ x - b)**2))", "x:n A:m,n b:m", "gh"),
    "Huber loss": ("np.sum(np.where(np.abs(r) <= d, 0.5 * r**2, d * np.abs(r) - 0.5 * d**2))", "r:n d:", "gh"),
    "least absolute deviations": ("np.abs(X @ w - y).sum()", "w:n X:m,n y:m", "gh"),
    "lasso": ("0.5 * norm(X @ w - y)**2 + mu * norm(w, 1)", "w:n X:m,n y:m mu:", "gh"),
    "group lasso": ("np.sum(np.sqrt(np.sum(W**2, axis=1)))", "W:n,k", "go"),
    "dead zone": ("np.sum(np.maximum(np.abs(A @ x - b) - e, 0))", "x:n A:m,n b:m e:", "gh"),
    # classification
    "logistic regression": ("np.mean(np.logaddexp(0, -y * (X @ w)))", "w:n X:m,n y:m", "gh"),
    "cross entropy": ("-np.sum(y * special.log_expit(X @ w) + (1 - y) * special.log_expit(-(X @ w)))", "w:n X:m,n y:m",
                      "gh"),
    "brier score": ("np.mean((special.expit(X @ w) - y)**2)", "w:n X:m,n y:m", "gh"),
    "multinomial regression": ("np.sum(lse_rows(X @ W)) - np.sum(Y * (X @ W))", "W:n,k X:m,n Y:m,k", "go"),
    "softmax of rows": ("np.sum(Y * softmax_rows(X @ W))", "W:n,k X:m,n Y:m,k", "go"),
    "log of softmax": ("-np.sum(y * np.log(softmax(A @ x + b)))", "x:n A:m,n b:m y:m", "gh"),
    "label smoothing": ("lse(z) - y @ z + mu * np.mean(z)", "z:n y:n mu:", "gh"),
    "squared hinge": ("np.mean(np.maximum(0, 1 - y * (X @ w))**2) + 0.5 * mu * w @ w", "w:n X:m,n y:m mu:", "gh"),
    "perceptron": ("np.sum(np.maximum(0, -y * (X @ w)))", "w:n X:m,n y:m", "gh"),
    "exponential loss": ("np.sum(np.exp(-y * (X @ w)))", "w:n X:m,n y:m", "gh"),
    "poisson regression": ("np.sum(np.exp(X @ w) - y * (X @ w))", "w:n X:m,n y:m", "gh"),
    "gamma regression": ("np.sum(X @ w + y * np.exp(-(X @ w)))", "w:n X:m,n y:m", "gh"),
    "leaky rectifier": ("np.sum(np.where(A @ x > 0, A @ x, 0.01 * (A @ x)))", "x:n A:m,n", "gh"),
    "swish": ("np.sum(z * sigma(z))", "z:n", "gh"),
    "gelu": ("np.sum(0.5 * x * (1 + special.erf(x / np.sqrt(2))))", "x:n", "gh"),
    "quantile loss": ("np.sum(np.maximum(0.9 * (y - q), -0.1 * (y - q)))", "q:n y:n", "gh"),
    "two layers": ("v @ np.tanh(W @ x + b)", "x:n W:m,n b:m v:m", "gh"),
    "two layers, weights": ("0.5 * norm(V @ np.maximum(W @ x, 0) - y)**2", "W:m,n V:k,m x:n y:k", "go"),
    "a loop of layers": ("layers(x, W, V)", "x:n W:m,n V:k,m", "gh"),
    "attention": ("V.T @ softmax(K @ q / np.sqrt(len(q)))", "q:n K:m,n V:m,k", "j"),
    "layer norm": ("(x - np.mean(x)) / np.std(x)", "x:n", "j"),
    "cosine similarity": ("x @ y / (norm(x) * norm(y))", "x:n y:n", "gh"),
    "contrastive loss": ("lse(K @ q / t) - k0 @ q / t", "q:n K:m,n k0:n t:", "gh"),
    "normalised weights": ("w / w.sum()", "w:n:pos", "j"),
    # factorisations and embeddings
    "matrix factorisation": ("0.5 * norm(T - U @ V.T)**2", "U:m,k V:n,k T:m,n", "go"),
    "symmetric factorisation": ("norm(A - V @ V.T)**2", "V:n,k A:n,n:sym", "go"),
    "autoencoder": ("norm(X - X @ W @ W.T)**2", "W:n,k X:m,n", "go"),
    "orthogonality penalty": ("norm(W.T @ W - np.eye(W.shape[1]))**2", "W:m,n", "go"),
    "whitening": ("tr(W @ S @ W.T) - 2 * logdet(W)", "W:n,n:inv S:n,n:pd", "go"),
    "centred scatter": ("np.sum((X - X.mean(axis=0))**2)", "X:m,n", "go"),
    "variances of columns": ("np.sum(np.var(X, axis=0))", "X:m,n", "go"),
    "nuclear norm": ("norm(X, 'nuc') + 0.5 * norm(X - T)**2", "X:m,n T:m,n", "go"),
    "largest column sum": ("norm(X, 1)", "X:m,n", "go"),
    "largest row sum": ("norm(X, np.inf)", "X:m,n", "go"),
    "laplacian": ("0.5 * np.sum(W * (x[:, None] - x[None, :])**2)", "x:n W:n,n:sym", "gh"),
    # statistics
    "gaussian in the mean": ("-0.5 * (x - mu) @ solve(S, x - mu)", "mu:n x:n S:n,n:pd", "gh"),
    "gaussian in the precision": ("0.5 * logdet(P) - 0.5 * (x - mu) @ P @ (x - mu)", "P:n,n:pd x:n mu:n", "go"),
    "gaussian in the covariance": ("-0.5 * logdet(S) - 0.5 * x @ inv(S) @ x", "S:n,n:pd x:n", "go"),
    "wishart": ("0.5 * (nu - S.shape[0] - 1) * logdet(S) - 0.5 * tr(inv(V) @ S)", "S:n,n:pd V:n,n:pd nu:", "go"),
    "kl of gaussians": ("tr(inv(B) @ A) - logdet(A)", "A:n,n:pd B:n,n:pd", "go"),
    "student t": ("0.5 * (nu + 1) * np.log(1 + (x - mu) @ (x - mu) / nu)", "mu:n x:n nu:", "gh"),
    "entropy": ("np.sum(special.entr(p))", "p:n:pos", "gh"),
    "relative entropy": ("np.sum(special.rel_entr(p, q))", "p:n:pos q:n:pos", "gh"),
    "log likelihood of counts": ("np.sum(special.xlogy(c, p / p.sum()))", "p:n:pos c:n", "gh"),
    "dirichlet": ("special.gammaln(np.sum(a)) - np.sum(special.gammaln(a)) + (a - 1) @ np.log(p)", "a:n:pos p:n:pos",
                  "g"),
    "probit": ("np.sum(special.erf(X @ w))", "w:n X:m,n", "gh"),
    "sample variance": ("np.var(x, ddof=1)", "x:n", "gh"),
    "geometric mean": ("np.prod(x)**(1 / len(x))", "x:n:pos", "g"),
    "log of mean of exponentials": ("np.log(np.mean(np.exp(t * x))) / t", "x:n t:", "gh"),
    "gini difference": ("np.sum((x[:, None] - x[None, :])**2) / (2 * len(x)**2)", "x:n", "gh"),
    # Matrix Cookbook and problem sets
    "cookbook (53), general": ("det(X.T @ A @ X)", "X:n,k A:n,n:pd", "go"),
    "cookbook (65)": ("tr(inv(X) @ A)", "X:n,n:inv A:n,n", "go"),
    "cookbook (61)": ("a @ inv(X) @ b", "X:n,n:inv a:n b:n", "go"),
    "cookbook (74)": ("np.diag(X) @ np.diag(X)", "X:n,n", "go"),
    "cookbook (86)": ("norm(x - A @ s)**2", "A:m,n x:m s:n", "go"),
    "cookbook (93)": ("norm(X @ a)**2 * (b @ X @ a)", "X:m,n a:n b:m", "go"),
    "cookbook (108)": ("tr(X.T @ B @ X)", "X:m,n B:m,m", "go"),
    "cookbook (115)": ("tr(A @ X @ B @ X)", "X:n,n A:n,n B:n,n", "go"),
    "cookbook (121)": ("tr(np.linalg.matrix_power(X, 4))", "X:n,n", "go"),
    "cookbook (123)": ("tr(A @ wlinalg.expm(X))", "X:n,n A:n,n", "go"),
    "cookbook (128)": ("np.log(norm(x))", "x:n", "gh"),
    "kronecker form": ("(np.kron(A, B) @ X.ravel()) @ X.ravel()", "X:m,n A:m,m B:n,n", "go"),
    "trace of sine": ("tr(wlinalg.sinm(X))", "X:n,n", "go"),
    "trace of cosine": ("tr(wlinalg.cosm(X))", "X:n,n", "go"),
    "von Neumann entropy": ("-tr(X @ wlinalg.logm(X))", "X:n,n:pd", "g"),
    "trace of the root": ("tr(wlinalg.sqrtm(X))", "X:n,n:pd", "go"),
    "largest eigenvalue": ("np.linalg.eigvalsh(S)[-1]", "S:n,n:sym", "go"),
    "smallest eigenvalue": ("np.min(np.linalg.eigvalsh(A + t * B))", "t: A:n,n:sym B:n,n:sym", "s"),
    "sum of exponentials of eigenvalues": ("np.sum(np.exp(np.linalg.eigvalsh(S)))", "S:n,n:sym", "go"),
    "barrier of a box": ("-np.sum(np.log(4 - x**2))", "x:n", "gh"),
    "barrier of the cone": ("-np.log(t**2 - x @ x)", "x:n t:", "gh"),
    "quadratic over linear": ("(A @ x) @ (A @ x) / (c @ x)", "x:n A:m,n c:n:pos", "gh"),
    "rational": ("(a @ x + 1) / (b @ x + 2)", "x:n a:n b:n", "gh"),
    "power of a norm": ("norm(A @ x)**4 / 4", "x:n A:m,n", "gh"),
    "norm of order three": ("norm(x, 3)", "x:n", "gh"),
    "product of entries": ("np.prod(x)", "x:n", "gh"),
    "householder": ("(np.eye(len(v)) - 2 * np.outer(v, v) / (v @ v)) @ x", "v:n x:n", "j"),
    "sherman morrison": ("b @ solve(np.eye(len(u)) + np.outer(u, u), b)", "u:n b:n", "gh"),
    "flow": ("wlinalg.expm(t * A) @ x", "t: A:n,n x:n", "s"),
    "least squares by its solver": ("np.linalg.lstsq(A, b)[0] @ w", "b:m A:m,n w:n", "gh"),
    "sensitivity": ("solve(A + t * B, b)", "t: A:n,n:inv B:n,n b:n", "s"),
    "resolvent": ("tr(inv(z * np.eye(A.shape[0]) - A))", "z: A:n,n", "s"),
    "optimal design": ("np.log(det(A @ np.diag(w) @ A.T))", "w:m:pos A:n,m", "gh"),
    "diagonal scaling": ("np.sum((d[:, None] * A * d[None, :])**2)", "d:n A:n,n", "gh"),
    "pseudoinverse": ("norm(np.linalg.pinv(A) @ b)**2", "b:m A:m,n", "gh"),
    "cubic": ("x @ A @ x * (b @ x)", "x:n A:n,n b:n", "gh"),
    "gaussian bump": ("np.exp(-0.5 * (x - m0) @ inv(S) @ (x - m0))", "x:n m0:n S:n,n:pd", "gh"),
    "kernel of two points": ("np.exp(-norm(x - y)**2 / (2 * h**2))", "x:n y:n h:", "gh"),
}  # fmt: skip


@pytest.mark.parametrize("name", LITERATURE)
def test_functions_of_the_literature_have_closed_forms(name):
    source, variables, asked = LITERATURE[name]
    form = derived(source, variables)
    for letter in asked:
        assert str(getattr(form, ASKED[letter]))


# Each line is one function in several spellings: all print alike.
SPELLINGS = {
    "quadratic form": ("x:n C:n,n", [
        "x @ C @ x", "np.einsum('i,ij,j', x, C, x)", "np.einsum('ij,i,j->', C, x, x)", "np.einsum('ij,j->i', C, x) @ x",
        "np.trace(np.outer(x, x) @ C)", "(x * (C @ x)).sum()", "np.inner(x, C @ x)", "np.vdot(x, C @ x)",
        "np.dot(x, C @ x)", "np.tensordot(x, C @ x, 1)", "x.dot(C.dot(x))", "C.T.dot(x).dot(x)", "np.inner(C, x) @ x",
        "np.linalg.multi_dot([x, C, x])", "np.sum(x[:, None] * C * x[None, :])", "x.T.dot(C).dot(x)",
        "(x.reshape(-1, 1).T @ C @ x.reshape(-1, 1))[0, 0]", "(x[None, :] @ C @ x[:, None]).squeeze()",
        "(C @ x[:, None])[:, 0] @ x", "(C @ x[:, None]).ravel() @ x", "np.ones(len(x)) @ (x * (C @ x))",
        "np.einsum('ij,ij->', np.outer(x, x), C)", "np.outer(x, x).ravel() @ C.ravel()", "np.matvec(C, x) @ x",
        "np.diag(x) @ C @ np.diag(x) @ np.ones(len(x)) @ np.ones_like(x)", "x[...] @ (C[:, :] @ x[:])",
        "np.sum(x * np.matmul(C, x), keepdims=True)[0]", "np.sum(np.multiply(x, C @ x))",
    ]),
    "column": ("x:n,1 C:n,n", ["np.sum(x * (C @ x))", "(x.T @ C @ x)[0, 0]", "(x.T @ C @ x).item()",
                               "x[:, 0] @ C @ x[:, 0]",
                              "x.squeeze() @ C @ x.flatten()", "np.trace(x @ x.T @ C)"]),
    "square": ("x:n", ["x @ x", "np.sum(x**2)", "np.linalg.norm(x)**2", "np.square(x).sum()",
                       "np.einsum('i,i->', x, x)",
                       "np.trace(np.outer(x, x))", "(x * x).sum()", "np.sum(np.abs(x)**2)", "np.vecdot(x, x)",
                       "np.linalg.norm(np.outer(x, x), 2)", "np.sum(np.hypot(x, 0.0 * x)**2)",
                       "np.mean(x * x) * x.size"]),
    "frobenius": ("X:m,n", ["np.sum(X**2)", "np.trace(X.T @ X)", "np.trace(X @ X.T)", "norm(X)**2", "np.vdot(X, X)",
                            "X.ravel() @ X.ravel()", "np.einsum('ij,ij', X, X)", "np.sum(X.flatten()**2)",
                            "norm(X, 'fro')**2",
                            "np.sum(np.linalg.svd(X, compute_uv=False)**2)", "norm(X.reshape(-1))**2",
                            "np.tensordot(X, X)",
                            "np.sum(norm(X, axis=1)**2)", "np.sum(np.diag(X.T @ X))", "(X * X).sum(axis=0).sum()"]),
    "logarithm of a determinant": ("S:n,n:pd", [
        "np.log(det(S))", "np.linalg.slogdet(S)[1]", "2 * np.sum(np.log(np.diag(np.linalg.cholesky(S))))",
        "np.sum(np.log(np.linalg.eigvalsh(S)))", "-np.log(det(inv(S)))", "np.log(np.prod(np.linalg.eigvalsh(S)))",
        "np.log(np.abs(det(S)))", "tr(wlinalg.logm(S))",
    ]),
    "solution": ("b:n S:n,n:pd", [
        "b @ inv(S) @ b", "b @ solve(S, b)", "np.sum(solve(np.linalg.cholesky(S), b)**2)",
        "b @ wlinalg.cho_solve(wlinalg.cho_factor(S), b)", "np.einsum('i,ij,j', b, inv(S), b)",
        "np.sum(wlinalg.solve_triangular(np.linalg.cholesky(S), b, lower=True)**2)",
    ]),
    "softmax": ("z:n", ["np.exp(z) / np.exp(z).sum()", "softmax(z)", "wspecial.softmax(z)", "np.exp(z - lse(z))",
                        "np.exp(z - wspecial.logsumexp(z))", "np.exp(wspecial.log_softmax(z))"]),
    "logsumexp": ("z:n", ["np.log(np.sum(np.exp(z)))", "lse(z)", "wspecial.logsumexp(z)", "np.log(np.exp(z).sum())",
                          "np.log(np.sum(np.exp(z - z.max()))) + z.max()"]),
    "softmax of rows": ("Z:m,n", ["np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)", "softmax_rows(Z)",
                                  "wspecial.softmax(Z, axis=1)", "np.exp(Z) / np.sum(np.exp(Z), axis=1)[:, None]",
                                  "np.exp(Z - lse_rows(Z)[:, None])"]),
    "logistic": ("z:n", ["1 / (1 + np.exp(-z))", "np.exp(z) / (1 + np.exp(z))", "special.expit(z)",
                         "1 - special.expit(-z)",
                         "np.reciprocal(1 + np.exp(-z))"]),
    "softplus": ("z:n", ["np.log(1 + np.exp(z))", "np.logaddexp(0, z)", "np.log1p(np.exp(z))", "-special.log_expit(-z)",
                         "np.logaddexp(z, 0)"]),
    "rectifier": ("z:n", ["np.maximum(z, 0)", "np.maximum(0, z)", "np.where(z > 0, z, 0)", "z * (z > 0)",
                          "-np.minimum(-z, 0)",
                          "np.where(z <= 0, 0, z)", "np.fmax(z, 0)"]),
    "absolute value": ("z:n", ["np.abs(z)", "np.sign(z) * z", "np.sqrt(z**2)", "np.fabs(z)"]),
    "entropy": ("p:n:pos", ["np.sum(special.entr(p))", "-np.sum(p * np.log(p))", "-p @ np.log(p)",
                            "-np.sum(special.xlogy(p, p))"]),
    "variance": ("x:n", ["np.var(x)", "np.mean((x - np.mean(x))**2)", "np.sum((x - x.sum() / len(x))**2) / len(x)",
                         "np.std(x)**2", "np.mean(np.square(x - np.average(x)))"]),
    "scaled rows": ("A:m,n v:n", ["A * v", "A @ np.diag(v)", "np.einsum('ij,j->ij', A, v)", "A * v[None, :]"]),
    "trace": ("A:n,n", ["np.trace(A)", "np.einsum('ii', A)", "np.sum(np.diag(A))", "A.trace()", "A.diagonal().sum()",
                        "np.sum(np.linalg.eigvals(A)).real", "np.sum(A * np.eye(len(A)))"]),
    "outer product": ("u:m v:n", ["np.outer(u, v)", "np.einsum('i,j->ij', u, v)", "u[:, None] * v",
                                  "np.tensordot(u, v, 0)",
                                  "u[:, None] @ v[None, :]", "np.multiply.outer(u, v)"]),
    "trace of a kronecker product": ("A:n,n B:k,k", ["tr(A) * tr(B)", "tr(np.kron(A, B))", "tr(np.kron(B, A))",
                                                    "np.sum(np.kron(np.diag(A), np.diag(B)))"]),
    "kronecker product of a vector": ("X:m,n A:m,m B:n,n", ["np.sum((A @ X @ B.T) * X)",
                                                            "(np.kron(A, B) @ X.ravel()) @ X.ravel()",
                                                           "X.ravel() @ np.kron(A, B) @ X.ravel()"]),
    "nuclear norm": ("X:m,n", ["norm(X, 'nuc')", "np.sum(np.linalg.svd(X, compute_uv=False))",
                               "np.sum(np.linalg.svdvals(X))"]),
    "spectral norm": ("X:m,n", ["norm(X, 2)", "np.linalg.svd(X, compute_uv=False)[0]", "np.linalg.svdvals(X).max()"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_of_one_function_are_one_formula(name):
    variables, sources = SPELLINGS[name]
    found = {source: derived(source, variables).function.expression for source in sources}
    first = found[sources[0]]
    assert {source: str(one) for source, one in found.items() if one is not first} == {}, str(first)


# What is no formula: the operation and the line are named, and what there is instead.
REFUSED = {
    "an entry": ("x[0] * x[1]", "x:n", r"take at .* single entries .* whole arrays, or use wengert\.grad"),
    "one entry": ("X[0, 0]", "X:m,n", r"take at .* single entries"),
    "a row": ("X[0] @ x", "X:m,n x:n", r"take at .* single entries"),
    "a slice": ("x[1:] @ x[:-1]", "x:n", r"take at .* single entries"),
    "reversed": ("x[::-1] @ x", "x:n", r"take at .* single entries"),
    "a loop over entries": ("over_entries(x)", "x:n", r"take at .*single entries"),
    "a loop that is as long as the array": ("repeated(x)", "x:n",
                                            r"is \S+xᵀx at one size and \S+xᵀx at another; .*x\.shape"),
    "a branch": ("branching(x)", "x:n", r"a decision depends on values at .*test_lifting\.py:\d+.*wengert\.grad"),
    "a sorted array": ("np.sort(x) @ x", "x:n", r"argsort at .*wengert\.grad"),
    "a running sum": ("np.cumsum(x) @ x", "x:n",
                      r"cumsum at .* has no closed form in matrix algebra; use wengert\.grad"),
    "a running product": ("np.cumprod(x) @ x", "x:n", r"cumprod at .* has no closed form"),
    "a transform": ("np.fft.fft(x).real @ x", "x:n", r"dft at .* has no closed form"),
    "joined arrays": ("np.sum(np.concatenate([x, x])**2)", "x:n", r"concatenate at .* joins arrays"),
    "stacked arrays": ("np.sum(np.vstack([x, y]))", "x:n y:n", r"concatenate at .* joins arrays"),
    "three axes": ("np.sum((X[:, None, :] - Z[None, :, :])**2)", "X:m,n Z:m,n",
                   r"take at .* 3 axes, which is no matrix"),
    "a triangle": ("np.sum(np.triu(A))", "A:n,n", r"select at .* takes a matrix of truth values"),
    "an array without a name": ("x @ np.linspace(0, 1, len(x))", "x:n", r"matmul at .* takes a vector of numbers"),
    "numbers without a name": ("x @ np.arange(len(x))", "x:n", r"matmul at .* takes a vector of numbers"),
    "data that are equal to something": ("np.where(y == 1, x, 0).sum()", "x:n y:n", r"equal at .* some data"),
    "data that are zero": ("np.where(y == 0, x, 2 * x).sum()", "x:n y:n", r"equal at .* some data"),
    "a count that is zero": ("np.where(np.sum(x > 0) == 0, 1.0, 2.0) * (x @ x)", "x:n", r"equal at .* some data"),
    "a rounded array": ("np.floor(x) @ x", "x:n", r"floor at .* has no closed form"),
    "an exponent that is no fraction": ("np.sum(x**1.2345678901)", "x:n:pos", r"power_constant at .* exponent 1\.23"),
    "an eigenvalue inside the spectrum": ("np.linalg.eigvalsh(S)[1]", "S:n,n:sym",
                                          r"take at .* the largest and the smallest"),
    "eigenvalues": ("np.linalg.eigvalsh(S)", "S:n,n:sym", r"the result at .* is a vector of eigenvalues"),
    "eigenvectors": ("np.linalg.eigh(S)[1][:, -1] @ x", "S:n,n:sym x:n", r"has no closed form"),
    "eigenvalues of what need not be symmetric": ("np.max(np.linalg.eigvals(A).real)", "A:n,n",
                                                  r"eigenvalues that are not known to be"),
    "squares of real parts": ("np.sum(np.linalg.eigvals(A).real**2)", "A:n,n", r"of real parts of eigenvalues"),
    "a condition number": ("np.linalg.cond(A)", "A:n,n:inv", r"singular values, of which only the largest"),
    "a kronecker product": ("np.kron(A, X)", "X:m,n A:k,k", r"the result at .* is a Kronecker product"),
    "a flattened matrix": ("X.ravel()", "X:m,n", r"the result at .* laid out as a vector"),
    "an unknown function": ("np.sum(special.jv(1, x))", "x:n", r"jv at .* has no closed form"),
    "a cholesky factor of anything": ("np.sum(np.linalg.cholesky(A @ A.T + B))", "A:n,n B:n,n:sym",
                                      r"(cholesky|no random)"),
    "products of columns": ("np.sum(np.prod(X, axis=0))", "X:m,n", r"prod at .* along one axis"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_formula_is_refused(name):
    source, variables, message = REFUSED[name]
    with pytest.raises((UnsupportedError, CheckError), match=re.compile(message, re.DOTALL)):
        str(derived(source, variables).differential)


# Second derivatives that exist only as numbers, of functions whose first derivative is a formula.
FIRST_ONLY = {
    "cholesky factor": ("np.sum(np.linalg.cholesky(S))", "S:n,n:pd", "gradient",
                        r"derivative of .* is no formula: triangular_solve of a triangle"),
    "spectral norm of a family": ("norm(A + np.outer(x, x), 2)", "x:n A:n,n", "hessian", r"derivative of leading pair"),
    "exponential of a family": ("tr(C @ wlinalg.expm(np.outer(x, x)))", "x:n C:n,n", "hessian",
                                r"second derivative of expm"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIRST_ONLY)
def test_derivatives_that_are_no_formula_are_refused(name):
    source, variables, asked, message = FIRST_ONLY[name]
    form = derived(source, variables)
    with pytest.raises(UnsupportedError, match=message):
        getattr(form, asked)


# Formulas as they are printed.
PRINTED = {
    ("lse(A @ x + b)", "x:n A:m,n b:m", "hessian"): "Aᵀ(diag(s) − ssᵀ)A,  where s = softmax(Ax + b)",
    ("np.linalg.norm(np.outer(x, x), 2)", "x:n", "gradient"): "2x",
    ("tr(np.kron(A, X))", "X:n,n A:m,m", "gradient"): "tr(A) I",
    ("np.log(np.abs(det(X)))", "X:n,n", "gradient"): "X⁻ᵀ",
    ("np.sum(np.linalg.eigvals(X)).real", "X:n,n", "gradient"): "I",
    ("np.sum(np.maximum(x, 0))", "x:n", "gradient"): "𝟏[x > 0]",
    ("np.sum(np.abs(x - y))", "x:n y:n", "gradient"): "sign(x − y)",
    ("tr(wlinalg.expm(X))", "X:n,n", "gradient"): "expm(X)ᵀ",
    ("np.sum(np.log(np.linalg.eigvalsh(S)))", "S:n,n:pd", "gradient"): "S⁻¹",
    ("norm(X, 'nuc')", "X:m,n", "gradient"): "polar(X)",
    ("det(S)**(1 / len(S))", "S:n,n:pd", "gradient"): "det(S)^{1/n}S⁻¹/n",
    ("x @ x * 11 / 13", "x:n", "gradient"): "22x/13",
    ("np.log((x @ y)**2)", "x:n y:n", "function"): "2 log|xᵀy|",
    ("np.sqrt(x**2)", "x:n", "function"): "|x|",
    # a method of a plain array, which NumPy calls without asking what its operand is
    ("A.T.dot(A.dot(x) - b) @ x", "x:n A:m,n b:m", "hessian"): "2AᵀA",
}  # fmt: skip


@pytest.mark.parametrize(("row", "text"), PRINTED.items(), ids=[source for source, *_ in PRINTED])
def test_formulas_are_printed_as_a_reader_knows_them(row, text):
    source, variables, asked = row
    assert str(getattr(derived(source, variables), asked)) == text
