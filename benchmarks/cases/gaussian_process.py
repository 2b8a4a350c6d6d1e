"""The marginal likelihood of a Gaussian process: a kernel matrix, a Cholesky factor and a triangular solve."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import scipy.linalg

from benchmarks.case import Case, Function, Quantity, with_namespace

__all__ = ["CASES"]


def evidence(theta: Any, X: Any, y: Any, identity: Any) -> Any:
    """Minus the logarithm of the marginal likelihood.

    The hyperparameters are logarithms: of a length scale per column of X, of the signal and of the noise.
    """
    factor = np.linalg.cholesky(covariance(theta, X, identity))
    return total(np.linalg.solve(factor, y), np.diagonal(factor))


def covariance(theta: Any, X: Any, identity: Any) -> Any:
    """The squared-exponential kernel with noise on its diagonal."""
    scaled = X / np.exp(theta[:-2])
    distances = np.sum((scaled[:, None, :] - scaled[None, :, :]) ** 2, -1)
    return np.exp(2.0 * theta[-2] - 0.5 * distances) + np.exp(2.0 * theta[-1]) * identity


def total(white: Any, diagonal: Any) -> Any:
    """The likelihood of whitened observations, with the logarithm of the determinant."""
    constant = 0.5 * len(white) * math.log(2.0 * math.pi)
    return 0.5 * white @ white + np.sum(np.log(diagonal)) + constant


def evidence_in_jax(namespace: Any) -> Function:
    """With a triangular solve, as its users write it."""
    solve = importlib.import_module("jax.scipy.linalg").solve_triangular
    return _triangular(namespace, lambda factor, y: solve(factor, y, lower=True))


def evidence_in_torch(torch: Any) -> Function:
    """The same."""
    solve = torch.linalg.solve_triangular
    return _triangular(torch, lambda factor, y: solve(factor, y[:, None], upper=False)[:, 0])


def evidence_in_autograd(namespace: Any) -> Function:
    """With the diagonal named by its axes, the only one that it differentiates."""
    return _triangular(namespace, namespace.linalg.solve)


def _triangular(namespace: Any, solve: Function) -> Function:
    covariance_there = with_namespace(covariance, namespace)
    total_there = with_namespace(total, namespace)

    def loss(theta: Any, X: Any, y: Any, identity: Any) -> Any:
        factor = namespace.linalg.cholesky(covariance_there(theta, X, identity))
        return total_there(solve(factor, y), namespace.diagonal(factor, 0, -1, -2))

    return loss


def evidence_and_gradient(
    theta: np.ndarray, X: np.ndarray, y: np.ndarray, identity: np.ndarray
) -> tuple[Any, np.ndarray]:
    """½ tr((K⁻¹ − ααᵀ) ∂K), with the inverse from the Cholesky factor."""
    scales = np.exp(theta[:-2])
    scaled = X / scales
    kernel = np.zeros((len(X), len(X)))
    for column in scaled.T:
        gaps = np.subtract.outer(column, column)
        gaps *= gaps
        kernel += gaps
    kernel *= -0.5
    kernel += 2.0 * theta[-2]
    np.exp(kernel, out=kernel)
    noise = np.exp(2.0 * theta[-1])
    matrix = kernel.copy()
    matrix.ravel()[:: len(X) + 1] += noise
    factor, _ = scipy.linalg.lapack.dpotrf(matrix.T, lower=0, overwrite_a=1)
    alpha, _ = scipy.linalg.lapack.dpotrs(factor, y)
    value = 0.5 * y @ alpha + np.sum(np.log(np.diagonal(factor))) + 0.5 * len(y) * math.log(2.0 * math.pi)
    inverse, _ = scipy.linalg.lapack.dpotri(factor, overwrite_c=1)
    # LAPACK writes one triangle; the kernel is symmetric, so that triangle twice is as good as both
    upper = np.triu(inverse, 1)
    noise_bar = noise * (np.trace(inverse) - alpha @ alpha)
    weight = 2.0 * upper
    weight.ravel()[:: len(X) + 1] = np.diagonal(inverse)
    weight -= np.multiply.outer(alpha, alpha)
    weight *= kernel
    weight += weight.T
    sums = np.sum(weight, axis=0)
    # Σ wᵢⱼ (xᵢ − xⱼ)² = 2 Σ xᵢ² Σⱼ wᵢⱼ − 2 xᵀWx
    lengths_bar = 0.5 * (sums @ scaled**2 - np.einsum("id,id->d", scaled, weight @ scaled))
    return value, np.concatenate([lengths_bar, [0.5 * np.sum(sums), noise_bar]])


def observations(n: int, d: int) -> tuple[np.ndarray, ...]:
    """Hyperparameters, places, values and the identity."""
    rng = np.random.default_rng(13)
    X = rng.normal(size=(n, d))
    y = np.sin(X @ np.ones(d)) + 0.1 * rng.normal(size=n)
    return np.array([*(0.1 * np.arange(d)), 0.2, -1.0]), X, y, np.eye(n)


CASES = (
    Case(
        name="gaussian-process-300",
        title="Gaussian process, marginal likelihood, n = 300",
        quantity=Quantity.VALUE_AND_GRADIENT,
        function=evidence,
        inputs=observations,
        derivative=evidence_and_gradient,
        sizes={"n": 300, "d": 3},
        small_sizes={"n": 6, "d": 2},
        spellings={"autograd": evidence_in_autograd, "jax": evidence_in_jax, "torch": evidence_in_torch},
        # a Cholesky factor and the inverse made of it; an exponential counts 15
        flops=lambda n, d: n**3 + n**2 * (15.0 + 6.0 * d),
    ),
)
