"""Programs of the kinds that the benchmarks measure, small enough to be run many times."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["programs"]


def _taylor_cosine(x: Any) -> Any:
    term = total = 1.0
    for k in range(1, 20):
        term = term * (-x * x / ((2 * k - 1) * 2 * k))
        total = total + term
    return total


def _rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def _logistic(w: Any, X: Any, y: Any) -> Any:
    return np.mean(np.logaddexp(0.0, -y * (X @ w)))


def _quadratic(x: Any, A: Any) -> Any:
    return 0.5 * x @ A @ x


def _factorisation(U: Any, V: Any, M: Any) -> Any:
    return np.sum((U @ V.T - M) ** 2)


def _perceptron(W1: Any, W2: Any, X: Any) -> Any:
    return np.mean(np.tanh(X @ W1) @ W2)


def _recurrent(W: Any, xs: Any) -> Any:
    h = np.zeros(len(W))
    for x in xs:
        h = np.tanh(W @ h + x)
    return np.sum(h)


def _log_determinant(A: Any) -> Any:
    return np.linalg.slogdet(A)[1]


def _solve(A: Any, b: Any) -> Any:
    x = np.linalg.solve(A, b)
    return x @ x


def _scalar_loop(x: Any) -> Any:
    total = 0.0
    for k in range(1, 300):
        total = total + x**2 / k - 0.1 * total
    return total


def _minors(A: Any) -> Any:
    """The determinant by minors of the first row, scalar by scalar."""
    if len(A) == 1:
        return A[0][0]
    smaller = [[row[:k] + row[k + 1 :] for row in A[1:]] for k in range(len(A))]
    return sum((-1) ** k * A[0][k] * _minors(smaller[k]) for k in range(len(A)))


def _black_scholes(spot: Any, strike: Any, years: Any) -> Any:
    spread = 0.2 * np.sqrt(years)
    d = (np.log(spot / strike) + 0.02 * years) / spread
    return np.sum(spot * _normal_below(d + spread) - strike * _normal_below(d))


def _normal_below(z: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))


def _mixture(means: Any, X: Any) -> Any:
    squares = np.sum((X[:, None] - means) ** 2, axis=-1)
    highest = np.max(-0.5 * squares, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(-0.5 * squares - highest), axis=1)) + highest[:, 0])


def _gaussian_process(length: Any, X: Any, y: Any) -> Any:
    squares = (X[:, None] - X) ** 2
    L = np.linalg.cholesky(np.exp(-squares / length**2) + 0.1 * np.eye(len(X)))
    z = np.linalg.solve(L, y)
    return 0.5 * z @ z + np.sum(np.log(np.diagonal(L)))


def _softmax(W: Any, X: Any) -> Any:
    Z = X @ W
    return np.mean(np.log(np.sum(np.exp(Z), axis=1)) - Z[:, 0])


def _lennard_jones(P: Any) -> Any:
    squares = np.sum((P[:, None] - P) ** 2, axis=-1) + np.eye(len(P))
    sixth = 1.0 / squares**3
    return np.sum(sixth**2 - sixth)


def _leapfrog(state: Any) -> Any:
    place, speed = state[:2], state[2:]
    for _ in range(50):
        place = place + 0.01 * speed
        speed = speed - 0.01 * place / np.sum(place**2) ** 1.5
    return np.sum(place * speed)


def _robot_arm(angles: Any) -> Any:
    x = y = total = 0.0
    for angle in angles:
        total = total + angle
        x, y = x + np.cos(total), y + np.sin(total)
    return x * y


def _lstm(W: Any, xs: Any) -> Any:
    h = c = np.zeros(W.shape[0] // 4)
    for x in xs:
        gates = W @ np.concatenate([h, x])
        kept, new, out, seen = np.split(gates, 4)
        c = c / (1 + np.exp(-kept)) + np.tanh(seen) / (1 + np.exp(-new))
        h = np.tanh(c) / (1 + np.exp(-out))
    return np.sum(h)


def _heat(u: Any) -> Any:
    for _ in range(20):
        u = u + 0.2 * (np.roll(u, 1) + np.roll(u, -1) - 2 * u)
    return np.sum(u**2)


def _pendulum(angle: Any) -> Any:
    speed = 0.0
    for _ in range(300):
        speed = speed - 0.01 * np.sin(angle)
        angle = angle + 0.01 * speed
    return angle


def programs() -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Functions by name, each with arguments of which the first is differentiated by."""
    random = np.random.default_rng(0)
    normal = random.standard_normal
    regular = normal((100, 100)) + 20 * np.eye(100)
    return {
        "Taylor cosine": (_taylor_cosine, (0.7,)),
        "Rosenbrock, 10⁴ numbers": (_rosenbrock, (normal(10_000),)),
        "logistic regression, 2000×50": (_logistic, (normal(50), normal((2000, 50)), np.sign(normal(2000)))),
        "quadratic form, n = 300": (_quadratic, (normal(300), normal((300, 300)))),
        "matrix factorisation, 200×200×5": (_factorisation, (normal((200, 5)), normal((200, 5)), normal((200, 200)))),
        "perceptron, 64×100×10": (_perceptron, (normal((100, 50)), normal((50, 10)), normal((64, 100)))),
        "recurrent network, 50 steps": (_recurrent, (0.1 * normal((32, 32)), normal((50, 32)))),
        "log-determinant, n = 100": (_log_determinant, (regular,)),
        "linear solve, n = 100": (_solve, (regular, normal(100))),
        "loop of 300 scalar steps": (_scalar_loop, (0.7,)),
        "determinant of 4×4 by minors": (_minors, (normal((4, 4)).tolist(),)),
        "Black–Scholes, 10⁴ options": (_black_scholes, (*random.uniform(0.5, 1.5, (2, 10_000)), 1.0)),
        "Gaussian mixture, 300 points": (_mixture, (normal((8, 5)), normal((300, 5)))),
        "Gaussian process, n = 100": (_gaussian_process, (0.5, np.linspace(0.0, 1.0, 100), normal(100))),
        "softmax regression, 500×40": (_softmax, (normal((40, 10)), normal((500, 40)))),
        "Lennard-Jones, 100 atoms": (_lennard_jones, (3.0 * normal((100, 3)),)),
        "leapfrog, 50 steps": (_leapfrog, (np.array([1.0, 0.0, 0.0, 1.0]),)),
        "robot arm, six joints": (_robot_arm, (normal(6).tolist(),)),
        "LSTM, 10 steps": (_lstm, (0.1 * normal((64, 32)), normal((10, 16)))),
        "heat equation, 20 steps": (_heat, (normal(10_000),)),
        "pendulum, 300 scalar steps": (_pendulum, (1.0,)),
    }
