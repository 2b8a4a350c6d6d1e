"""Softmax regression: two matrix products with a softmax between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["CASES"]

RIDGE = 1e-3


def softmax_loss(W: Any, b: Any, X: Any, Y: Any) -> Any:
    """Mean cross-entropy with a ridge penalty, labels one-hot."""
    scores = X @ W + b
    top = np.amax(scores, axis=1, keepdims=True)
    log_total = top[:, 0] + np.log(np.sum(np.exp(scores - top), axis=1))
    return np.mean(log_total - np.sum(Y * scores, axis=1)) + RIDGE * np.sum(W**2)


def softmax_in_torch(torch: Any) -> Function:
    """The same with PyTorch's fused cross-entropy, as its users write it."""

    def loss(W: Any, b: Any, X: Any, Y: Any) -> Any:
        return torch.nn.functional.cross_entropy(torch.addmm(b, X, W), Y) + RIDGE * torch.sum(W**2)

    return loss


def softmax_value_and_gradient(
    W: np.ndarray, b: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """Value and gradients, which share the exponentials."""
    scores = X @ W
    scores += b
    scores -= np.max(scores, axis=1, keepdims=True)
    chosen = np.vdot(Y, scores)
    np.exp(scores, out=scores)
    totals = np.sum(scores, axis=1, keepdims=True)
    value = (np.sum(np.log(totals)) - chosen) / len(X) + RIDGE * np.vdot(W, W)
    scores /= totals
    scores -= Y
    scores /= len(X)
    W_bar: np.ndarray = X.T @ scores
    W_bar += 2.0 * RIDGE * W
    return value, (W_bar, np.sum(scores, axis=0))


def labelled(n: int, features: int, classes: int) -> tuple[np.ndarray, ...]:
    """Weights, and data with one-hot labels."""
    rng = np.random.default_rng(14)
    return (
        0.1 * rng.normal(size=(features, classes)),
        0.1 * rng.normal(size=classes),
        rng.normal(size=(n, features)),
        np.eye(classes)[rng.integers(classes, size=n)],
    )


CASES = (
    Case(
        name="softmax-5000x100x10",
        title="softmax regression 5000×100, 10 classes, with value",
        quantity=Quantity.VALUE_AND_GRADIENT,
        function=softmax_loss,
        inputs=labelled,
        derivative=softmax_value_and_gradient,
        sizes={"n": 5000, "features": 100, "classes": 10},
        small_sizes={"n": 6, "features": 4, "classes": 3},
        arguments=(0, 1),
        spellings={"torch": softmax_in_torch},
        # two products with X; an exponential counts 15
        flops=lambda n, features, classes: n * classes * (4.0 * features + 20.0),
    ),
)
