"""Kernels, marginal likelihoods and predictions."""

import math

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

X = np.array([[0.1, 0.5], [0.9, -0.3], [1.7, 0.2], [-0.6, 1.1], [0.4, -1.2]])
y = np.array([0.3, 0.8, -0.2, 0.5, -0.9])


def rbf_kernel(A, B, lengthscales, variance=1.0):
    sq = np.sum((A / lengthscales) ** 2, 1).reshape(-1, 1) + np.sum((B / lengthscales) ** 2, 1)
    sq = sq - 2 * np.dot(A / lengthscales, (B / lengthscales).T)
    return variance * np.exp(-0.5 * sq)


def matern32(r, lengthscale):
    a = math.sqrt(3) * abs(r) / lengthscale
    return (1 + a) * math.exp(-a)


def ard_marginal_likelihood(log_params, X, y):
    ell, sf2, sn2 = np.exp(log_params[:2]), np.exp(2 * log_params[2]), np.exp(2 * log_params[3])
    K = rbf_kernel(X, X, ell, variance=sf2) + sn2 * np.eye(len(X))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.log(np.diag(L)).sum() + 0.5 * len(y) * np.log(2 * np.pi)


def matern_marginal_likelihood(log_params, x, y):
    """The kernel filled entry by entry."""
    n = len(x)
    K = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            K[i, j] = math.exp(2 * log_params[1]) * matern32(x[i] - x[j], math.exp(log_params[0]))
            K[j, i] = K[i, j]
    K[np.diag_indices(n)] += 0.1
    sign, logdet = np.linalg.slogdet(K)
    if sign <= 0:
        raise np.linalg.LinAlgError("the kernel is not positive definite")
    return 0.5 * y.dot(np.linalg.solve(K, y)) + 0.5 * logdet


def posterior_at(x_new, X, y, noise=0.05):
    K = rbf_kernel(X, X, 1.0)
    K.flat[:: len(X) + 1] += noise
    k_star = rbf_kernel(x_new[None, :], X, 1.0)[0]
    mean = k_star @ np.linalg.solve(K, y)
    var = 1.0 - k_star @ np.linalg.inv(K) @ k_star
    return mean, np.sqrt(var)


def expected_improvement(x_new, best=0.8):
    mean, sd = posterior_at(x_new, X, y)
    z = (mean - best) / sd
    cdf = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    pdf = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return (mean - best) * cdf + sd * pdf


def jittered_cholesky(K, tries=5):
    jitter = 0.0
    for attempt in range(tries):
        try:
            return np.linalg.cholesky(K + jitter * np.eye(K.shape[0]))
        except np.linalg.LinAlgError:
            jitter = max(10 * jitter, 0.1)
    raise RuntimeError("not positive definite")


def likelihood_with_jitter(x):
    """The bare matrix is indefinite: the first try fails and the second one counts."""
    K = np.outer(x, x) - 0.01 * np.eye(len(x))
    L = jittered_cholesky(K)
    return 2 * np.sum(np.log(np.diagonal(L)))


def scipy_marginal_likelihood(log_params, X, y):
    K = rbf_kernel(X, X, math.exp(log_params[0])) + math.exp(log_params[1]) * np.eye(len(X))
    factor = cho_factor(K, lower=True)
    alpha = cho_solve(factor, y)
    L = np.tril(factor[0])
    white = solve_triangular(L, y, lower=True)
    return 0.5 * y @ alpha + 0.1 * white @ white + np.log(np.diag(L)).sum()


def nugget_by_einsum(log_ell, log_noise, x, y):
    """The diagonal is written through the view that einsum gives."""
    K = np.exp(-0.5 * np.subtract.outer(x, x) ** 2 / np.exp(2 * log_ell))
    np.einsum("ii->i", K)[...] += np.exp(log_noise)
    return np.linalg.slogdet(K)[1] + y @ np.linalg.solve(K, y)


class GP:
    def __init__(self, kernel, noise=0.1):
        self.kernel = kernel
        self.noise = noise
        self.alpha = None

    def fit(self, X, y):
        self.X = X
        K = np.array([[self.kernel(a, b) for b in X] for a in X])
        self.alpha = np.linalg.solve(K + self.noise**2 * np.eye(len(X)), y)
        return self

    def predict(self, X_new):
        return np.array([sum(a * self.kernel(x, xi) for a, xi in zip(self.alpha, self.X)) for x in X_new])


def leave_out_loss(params, X, y):
    ell, power = params

    def rational_quadratic(a, b):
        return (1 + np.sum((a - b) ** 2) / (2 * power * ell**2)) ** (-power)

    model = GP(kernel=rational_quadratic, noise=0.2).fit(X[:3], y[:3])
    return np.mean((model.predict(X[3:]) - y[3:]) ** 2)


PROGRAMS = {
    "ard marginal likelihood": (ard_marginal_likelihood, (np.array([0.1, -0.2, 0.3, -0.8]), X, y), {"argnums": 0}),
    "matern marginal likelihood": (
        matern_marginal_likelihood,
        (np.array([0.2, -0.1]), X[:4, 0], y[:4]),
        {"argnums": 0},
    ),
    "posterior": (posterior_at, (np.array([0.5, 0.1]), X, y), {"argnums": 0}),
    "expected improvement": (expected_improvement, (np.array([0.5, 0.1]),), {}),
    "cholesky with jitter": (likelihood_with_jitter, (np.array([0.8, -0.5, 1.1]),), {}),
    "marginal likelihood by scipy": (scipy_marginal_likelihood, (np.array([0.2, -1.5]), X, y), {"argnums": 0}),
    "nugget by einsum": (nugget_by_einsum, (0.2, -1.1, X[:4, 0], y[:4]), {"argnums": (0, 1)}),
    "gaussian process class": (leave_out_loss, (np.array([0.9, 1.3]), X, y), {"argnums": 0}),
}
