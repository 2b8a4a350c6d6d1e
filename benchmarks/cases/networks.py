"""Neural networks: a two-layer perceptron and a recurrent network."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["CASES"]

Arrays = tuple[np.ndarray, ...]


def perceptron_loss(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    """Mean cross-entropy of a tanh layer and a softmax layer, labels one-hot."""
    scores = np.tanh(X @ W1 + b1) @ W2 + b2
    top = np.amax(scores, axis=1, keepdims=True)
    log_total = top[:, 0] + np.log(np.sum(np.exp(scores - top), axis=1))
    return np.mean(log_total - np.sum(Y * scores, axis=1))


def perceptron_in_torch(torch: Any) -> Function:
    """The same with PyTorch's fused cross-entropy, as its users write it."""

    def loss(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
        return torch.nn.functional.cross_entropy(torch.tanh(X @ W1 + b1) @ W2 + b2, Y)

    return loss


def perceptron_gradient(
    W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> Arrays:
    """Back-propagation by hand."""
    hidden = X @ W1
    hidden += b1
    np.tanh(hidden, out=hidden)
    scores = hidden @ W2 + b2
    scores_bar = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    scores_bar /= np.sum(scores_bar, axis=1, keepdims=True)
    scores_bar -= Y
    scores_bar /= len(X)
    hidden_bar = scores_bar @ W2.T
    hidden_bar *= 1.0 - hidden**2
    return X.T @ hidden_bar, np.sum(hidden_bar, axis=0), hidden.T @ scores_bar, np.sum(scores_bar, axis=0)


def perceptron(batch: int, pixels: int, hidden: int, classes: int) -> Arrays:
    """Weights and one batch of inputs with one-hot labels."""
    rng = np.random.default_rng(4)
    return (
        rng.normal(size=(pixels, hidden)) / np.sqrt(pixels),
        0.1 * rng.normal(size=hidden),
        rng.normal(size=(hidden, classes)) / np.sqrt(hidden),
        0.1 * rng.normal(size=classes),
        rng.normal(size=(batch, pixels)),
        np.eye(classes)[rng.integers(classes, size=batch)],
    )


def recurrent_loss(W: Any, R: Any, b: Any, readout: Any, sequence: Any, target: Any) -> Any:
    """Squared error of a readout after the last step of a tanh recurrence."""
    state = np.tanh(sequence[0] @ W + b)
    for step in range(1, len(sequence)):
        state = np.tanh(sequence[step] @ W + state @ R + b)
    return np.mean((state @ readout - target) ** 2)


def recurrent_by_scan(namespace: Any) -> Function:
    """JAX's own loop, after the product that all steps share."""
    scan = importlib.import_module("jax.lax").scan

    def loss(W: Any, R: Any, b: Any, readout: Any, sequence: Any, target: Any) -> Any:
        drives = sequence @ W + b

        def body(state: Any, drive: Any) -> Any:
            return namespace.tanh(drive + state @ R), None

        state, _ = scan(body, namespace.tanh(drives[0]), drives[1:])
        return namespace.mean((state @ readout - target) ** 2)

    return loss


def recurrent_gradient(
    W: np.ndarray, R: np.ndarray, b: np.ndarray, readout: np.ndarray, sequence: np.ndarray, target: np.ndarray
) -> Arrays:
    """Back-propagation through time; products that do not depend on the order of steps are made in one go."""
    states = sequence @ W + b
    np.tanh(states[0], out=states[0])
    for step in range(1, len(sequence)):
        states[step] += states[step - 1] @ R
        np.tanh(states[step], out=states[step])
    residual = (states[-1] @ readout - target) * (2.0 / target.size)
    state_bar, drive_bar = residual @ readout.T, np.empty_like(states)
    for step in range(len(sequence) - 1, -1, -1):
        np.multiply(state_bar, 1.0 - states[step] ** 2, out=drive_bar[step])
        state_bar = drive_bar[step] @ R.T
    W_bar = np.tensordot(sequence, drive_bar, axes=((0, 1), (0, 1)))
    R_bar = np.tensordot(states[:-1], drive_bar[1:], axes=((0, 1), (0, 1)))
    return W_bar, R_bar, drive_bar.sum(axis=(0, 1)), states[-1].T @ residual


def recurrence(steps: int, batch: int, inputs: int, hidden: int, outputs: int) -> Arrays:
    """Weights, a batch of sequences and their targets."""
    rng = np.random.default_rng(5)
    return (
        rng.normal(size=(inputs, hidden)) / np.sqrt(inputs),
        rng.normal(size=(hidden, hidden)) / np.sqrt(hidden),
        0.1 * rng.normal(size=hidden),
        rng.normal(size=(hidden, outputs)) / np.sqrt(hidden),
        rng.normal(size=(steps, batch, inputs)),
        rng.normal(size=(batch, outputs)),
    )


CASES = (
    Case(
        name="perceptron-784-128-10",
        title="two-layer perceptron 784-128-10, batch 64",
        quantity=Quantity.GRADIENT,
        function=perceptron_loss,
        inputs=perceptron,
        derivative=perceptron_gradient,
        sizes={"batch": 64, "pixels": 784, "hidden": 128, "classes": 10},
        small_sizes={"batch": 4, "pixels": 6, "hidden": 5, "classes": 3},
        arguments=(0, 1, 2, 3),
        spellings={"torch": perceptron_in_torch},
        # the product with the pixels and its adjoint, and three with the hidden layer
        flops=lambda batch, pixels, hidden, classes: batch * hidden * (4.0 * pixels + 6.0 * classes + 20.0),
    ),
    Case(
        name="recurrent-100",
        title="recurrent network, 100 steps, batch 16, 32 states",
        quantity=Quantity.GRADIENT,
        function=recurrent_loss,
        inputs=recurrence,
        derivative=recurrent_gradient,
        sizes={"steps": 100, "batch": 16, "inputs": 8, "hidden": 32, "outputs": 4},
        small_sizes={"steps": 4, "batch": 3, "inputs": 2, "hidden": 3, "outputs": 2},
        arguments=(0, 1, 2, 3),
        alternatives={"jax": {"lax.scan": recurrent_by_scan}},
        flops=lambda steps, batch, inputs, hidden, outputs: (
            steps * batch * hidden * (4.0 * inputs + 6.0 * hidden + 20.0)
        ),
    ),
)
