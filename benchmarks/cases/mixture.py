"""The log-likelihood of a Gaussian mixture with full covariances, as in collections of AD benchmarks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity

__all__ = ["CASES"]


def likelihood(weights: Any, means: Any, scales: Any, shears: Any, X: Any, lower: Any, identity: Any) -> Any:
    """The log-likelihood of the rows of X, with a Wishart prior.

    A component whitens with the matrix whose diagonal is exp(scales), and which has shears below it.
    """
    whitening = shears * lower + np.exp(scales)[:, :, None] * identity
    white = (X - means[:, None, :]) @ np.swapaxes(whitening, 1, 2)
    scores = (weights + np.sum(scales, 1))[:, None] - 0.5 * np.sum(white**2, 2)
    constant = -0.5 * X.shape[0] * X.shape[1] * math.log(2.0 * math.pi)
    prior = 0.5 * (np.sum(np.exp(scales) ** 2) + np.sum((shears * lower) ** 2))
    return constant + np.sum(log_sum(scores)) - X.shape[0] * log_sum(weights) + prior


def log_sum(scores: Any) -> Any:
    """The logarithm of the sum of exponentials over the first axis."""
    top = np.amax(scores, 0)
    return top + np.log(np.sum(np.exp(scores - top), 0))


def likelihood_gradient(
    weights: np.ndarray,
    means: np.ndarray,
    scales: np.ndarray,
    shears: np.ndarray,
    X: np.ndarray,
    lower: np.ndarray,
    identity: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """By the responsibility of every component for every row."""
    diagonal = np.exp(scales)
    sheared = shears * lower
    whitening = sheared + diagonal[:, :, None] * identity
    offsets = X - means[:, None, :]
    white = offsets @ np.swapaxes(whitening, 1, 2)
    shares = np.einsum("kni,kni->kn", white, white)
    shares *= -0.5
    shares += (weights + np.sum(scales, axis=1))[:, None]
    shares -= np.max(shares, axis=0)
    np.exp(shares, out=shares)
    shares /= np.sum(shares, axis=0)
    members = np.sum(shares, axis=1)
    white *= shares[:, :, None]
    whitening_bar = np.swapaxes(white, 1, 2) @ offsets
    means_bar = (np.sum(white, axis=1)[:, None, :] @ whitening)[:, 0]
    scales_bar = members[:, None] - np.einsum("kii->ki", whitening_bar) * diagonal + diagonal**2
    whitening_bar *= lower
    np.subtract(sheared, whitening_bar, out=whitening_bar)
    shift = np.exp(weights - np.max(weights))
    return members - len(X) / np.sum(shift) * shift, means_bar, scales_bar, whitening_bar


def mixture(n: int, d: int, components: int) -> tuple[np.ndarray, ...]:
    """Parameters, data, and the masks of the entries below and on the diagonal."""
    rng = np.random.default_rng(12)
    return (
        rng.normal(size=components),
        rng.normal(size=(components, d)),
        0.3 * rng.normal(size=(components, d)),
        0.3 * rng.normal(size=(components, d, d)),
        rng.normal(size=(n, d)),
        np.tril(np.ones((d, d)), -1),
        np.eye(d),
    )


CASES = (
    Case(
        name="mixture-1000x10x25",
        title="Gaussian mixture, n = 1000, d = 10, K = 25",
        quantity=Quantity.GRADIENT,
        function=likelihood,
        inputs=mixture,
        derivative=likelihood_gradient,
        sizes={"n": 1000, "d": 10, "components": 25},
        small_sizes={"n": 6, "d": 3, "components": 2},
        arguments=(0, 1, 2, 3),
        # whitening and its adjoint, with the squares; an exponential counts 15
        flops=lambda n, d, components: components * n * (4.0 * d**2 + 6.0 * d + 20.0),
    ),
)
