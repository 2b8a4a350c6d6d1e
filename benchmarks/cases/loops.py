"""Python loops of many small operations: the cost per operation, and the accumulation of cotangents."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.case import Case, Function, Quantity

__all__ = ["CASES"]

LAPS, LAYERS, BRANCHES = 250, 100, 50
WEIGHTS = tuple((0.5 + k / (BRANCHES - 1)) / BRANCHES for k in range(BRANCHES))


def small_operations(x: Any) -> Any:
    """A chain of 1000 element-wise operations, four in each lap."""
    y = x
    for _ in range(LAPS):
        y = np.sin(y)
        y = 1.5 * y
        y = y + x
        y = y / 2.0
    return np.sum(y)


def small_operations_gradient(x: np.ndarray) -> np.ndarray:
    """Every entry goes its own way, so one slope each is carried along."""
    y, slope = x, np.ones_like(x)
    for _ in range(LAPS):
        slope = (1.5 * np.cos(y) * slope + 1.0) / 2.0
        y = (1.5 * np.sin(y) + x) / 2.0
    return slope


def small_operations_in_a_loop(namespace: Any) -> Function:
    """JAX's own loop, which is compiled once."""
    scan = importlib.import_module("jax.lax").scan

    def chain(x: Any) -> Any:
        y, _ = scan(lambda y, _: ((1.5 * namespace.sin(y) + x) / 2.0, None), x, length=LAPS)
        return namespace.sum(y)

    return chain


def fan_out_fan_in(x: Any) -> Any:
    """100 layers: a value used by 50 products, whose results are added one by one."""
    y = x
    for _ in range(LAYERS):
        total = 0.0
        for weight in WEIGHTS:
            total = total + weight * y
        y = total
    return np.sum(y**2)


def fan_out_fan_in_gradient(x: np.ndarray) -> np.ndarray:
    """The layers only scale: y = factor · x."""
    factor = sum(WEIGHTS) ** LAYERS
    return 2.0 * factor**2 * x


def fan_out_fan_in_backwards(x: np.ndarray) -> np.ndarray:
    """Forwards as it stands; backwards every layer gathers what its products hand back."""
    y = x
    for _ in range(LAYERS):
        total = np.zeros_like(y)
        for weight in WEIGHTS:
            total += weight * y
        y = total
    y_bar = 2.0 * y
    for _ in range(LAYERS):
        total = np.zeros_like(y)
        for weight in WEIGHTS:
            total += weight * y_bar
        y_bar = total
    return y_bar


def fan_out_fan_in_in_a_loop(namespace: Any) -> Function:
    """The layers as JAX's own loop, and the products of a layer in one."""
    scan = importlib.import_module("jax.lax").scan
    weights = np.array(WEIGHTS)

    def layers(x: Any) -> Any:
        y, _ = scan(lambda y, _: (namespace.sum(weights[:, None] * y, axis=0), None), x, length=LAYERS)
        return namespace.sum(y**2)

    return layers


def vector(n: int) -> tuple[np.ndarray]:
    """A short vector, so that arithmetic costs next to nothing."""
    return (np.random.default_rng(8).normal(size=n),)


CASES = (
    Case(
        name="small-operations-1000",
        title="loop of 1000 small operations",
        quantity=Quantity.GRADIENT,
        function=small_operations,
        inputs=vector,
        derivative=small_operations_gradient,
        sizes={"n": 10},
        small_sizes={"n": 3},
        alternatives={"jax": {"lax.scan": small_operations_in_a_loop}},
        invited=frozenset({"casadi"}),
    ),
    Case(
        name="fan-out-100x50",
        title="fan-out and fan-in, 100 × 50 products and additions",
        quantity=Quantity.GRADIENT,
        function=fan_out_fan_in,
        inputs=vector,
        derivative=fan_out_fan_in_gradient,
        by_hand=fan_out_fan_in_backwards,
        alternatives={"jax": {"lax.scan": fan_out_fan_in_in_a_loop}},
        declined={"torch-compile": "it unrolls the loop for minutes; --all runs it"},
        sizes={"n": 10},
        small_sizes={"n": 3},
        invited=frozenset({"casadi"}),
    ),
)
