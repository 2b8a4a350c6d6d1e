"""A long short-term memory read out after its last step."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity, with_namespace

__all__ = ["CASES"]

Arrays = tuple[np.ndarray, ...]


def lstm_loss(W: Any, R: Any, b: Any, readout: Any, sequence: Any, start: Any, target: Any) -> Any:
    """Squared error of a readout of the last state."""
    state, memory = start, start
    for entry in sequence:
        state, memory = cell(entry @ W + state @ R + b, memory)
    return np.mean((state @ readout - target) ** 2)


def cell(drive: Any, memory: Any) -> Any:
    """One step, whose gates stand side by side: input, forget, candidate, output."""
    n = memory.shape[1]
    memory = sigmoid(drive[:, n : 2 * n]) * memory + sigmoid(drive[:, :n]) * np.tanh(drive[:, 2 * n : 3 * n])
    return sigmoid(drive[:, 3 * n :]) * np.tanh(memory), memory


def sigmoid(x: Any) -> Any:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def lstm_by_scan(namespace: Any) -> Function:
    """JAX's loop, which is compiled once, after the product that all steps share."""
    scan = importlib.import_module("jax.lax").scan
    cell_there = with_namespace(cell, namespace)

    def loss(W: Any, R: Any, b: Any, readout: Any, sequence: Any, start: Any, target: Any) -> Any:
        def body(carried: Any, drive: Any) -> Any:
            state, memory = carried
            return cell_there(drive + state @ R, memory), None

        (state, _), _ = scan(body, (start, start), sequence @ W + b)
        return namespace.mean((state @ readout - target) ** 2)

    return loss


def lstm_of_torch(torch: Any) -> Function:
    """What ``torch.nn.LSTM`` calls."""

    def loss(W: Any, R: Any, b: Any, readout: Any, sequence: Any, start: Any, target: Any) -> Any:
        first = (start[None], start[None])
        weights = [W.T.contiguous(), R.T.contiguous(), b, torch.zeros_like(b)]
        states, _, _ = torch.lstm(sequence, first, weights, True, 1, 0.0, True, False, False)
        return torch.mean((states[-1] @ readout - target) ** 2)

    return loss


def lstm_gradient(
    W: np.ndarray,
    R: np.ndarray,
    b: np.ndarray,
    readout: np.ndarray,
    sequence: np.ndarray,
    start: np.ndarray,
    target: np.ndarray,
) -> Arrays:
    """Back-propagation through time; products that do not depend on the order of steps are made in one go."""
    steps, n = len(sequence), len(R)
    gates = sequence @ W
    gates += b
    states = np.empty((steps + 1, *start.shape))
    memories, squashed = np.empty_like(states), np.empty_like(states)
    states[0] = memories[0] = start
    for k, gate in enumerate(gates):
        gate += states[k] @ R
        candidate = np.tanh(gate[:, 2 * n : 3 * n])
        np.negative(gate, out=gate)
        np.exp(gate, out=gate)
        gate += 1.0
        np.reciprocal(gate, out=gate)
        gate[:, 2 * n : 3 * n] = candidate
        np.multiply(gate[:, n : 2 * n], memories[k], out=memories[k + 1])
        memories[k + 1] += gate[:, :n] * candidate
        np.tanh(memories[k + 1], out=squashed[k + 1])
        np.multiply(gate[:, 3 * n :], squashed[k + 1], out=states[k + 1])
    residual = (states[-1] @ readout - target) * (2.0 / target.size)
    state_bar, memory_bar = residual @ readout.T, np.zeros_like(start)
    drives_bar = gates * (1.0 - gates)
    candidates = gates[:, :, 2 * n : 3 * n]
    drives_bar[:, :, 2 * n : 3 * n] = 1.0 - candidates * candidates
    R_transposed = np.ascontiguousarray(R.T)
    for k in range(steps - 1, -1, -1):
        gate, drive_bar = gates[k], drives_bar[k]
        memory_bar += state_bar * gate[:, 3 * n :] * (1.0 - squashed[k + 1] ** 2)
        drive_bar[:, :n] *= memory_bar * gate[:, 2 * n : 3 * n]
        drive_bar[:, n : 2 * n] *= memory_bar * memories[k]
        drive_bar[:, 2 * n : 3 * n] *= memory_bar * gate[:, :n]
        drive_bar[:, 3 * n :] *= state_bar * squashed[k + 1]
        memory_bar *= gate[:, n : 2 * n]
        state_bar = drive_bar @ R_transposed
    flat = drives_bar.reshape(-1, 4 * n)
    W_bar = sequence.reshape(-1, len(W)).T @ flat
    R_bar = states[:-1].reshape(-1, n).T @ flat
    return W_bar, R_bar, flat.sum(axis=0), states[-1].T @ residual


def gated(steps: int, batch: int, inputs: int, hidden: int, outputs: int) -> Arrays:
    """Weights, a batch of sequences, the state at the start and the targets."""
    rng = np.random.default_rng(18)
    return (
        rng.normal(size=(inputs, 4 * hidden)) / np.sqrt(inputs),
        rng.normal(size=(hidden, 4 * hidden)) / np.sqrt(hidden),
        0.1 * rng.normal(size=4 * hidden),
        rng.normal(size=(hidden, outputs)) / np.sqrt(hidden),
        rng.normal(size=(steps, batch, inputs)),
        np.zeros((batch, hidden)),
        rng.normal(size=(batch, outputs)),
    )


CASES = (
    Case(
        name="lstm-50",
        title="LSTM of 50 steps, batch 16, 32 states",
        quantity=Quantity.GRADIENT,
        function=lstm_loss,
        inputs=gated,
        derivative=lstm_gradient,
        sizes={"steps": 50, "batch": 16, "inputs": 10, "hidden": 32, "outputs": 4},
        small_sizes={"steps": 3, "batch": 2, "inputs": 2, "hidden": 3, "outputs": 2},
        arguments=(0, 1, 2, 3),
        alternatives={"jax": {"lax.scan": lstm_by_scan}, "torch": {"torch.lstm": lstm_of_torch}},
        # products with W once forwards and once back, with R once and twice; five nonlinearities of 15 a state
        flops=lambda steps, batch, inputs, hidden, outputs: (
            steps * batch * hidden * (16.0 * inputs + 24.0 * hidden + 120.0)
        ),
    ),
)
