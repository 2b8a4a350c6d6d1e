"""Programs whose sweeps are gone through step by step, each with its arguments."""

from __future__ import annotations

import numpy as np

import wengert.numpy as wnp

_random = np.random.default_rng(7)
WEIGHTS = _random.normal(size=(4, 3))


def L(w1, w2):
    z1 = np.log(w1)
    z2 = w2 * z1
    z3 = np.sqrt(z2)
    return z2 + z3


def whole(w1, w2):
    return w2 * np.log(w1) + np.sqrt(w2 * np.log(w1))


def scalars(x, y):
    a = x / y - np.exp(-x)
    b = np.tanh(a) * y**3 + np.cbrt(x)
    return np.hypot(a, b) - np.arctan2(x, b)


def fan_out(x):
    y = x * x
    return y * y + y + x


def powers(n, x):
    return n * x**n - 2.0**x


def network(W1, b1, W2, b2, x):
    h = np.tanh(W1 @ x + b1)
    y = W2 @ h + b2
    loss = np.mean(y**2)
    return loss  # noqa: RET504 (a result with a name)


def softmax(W, x, t):
    z = W @ x
    z = z - z.max()
    p = np.exp(z) / np.exp(z).sum()
    return -np.sum(t * np.log(p))


def captured(x):
    return np.sum((WEIGHTS @ x) ** 2)


def outer(x, y):
    return np.sum(np.sin(np.outer(x, y))) + np.einsum("i,i", x, x)


def matrices(A, B):
    return np.trace(A @ B.T) + np.linalg.norm(A) * np.sum(B[0]) + np.sum(A.sum(axis=0) * B.mean(axis=0))


def linear_algebra(A, b):
    return b @ np.linalg.solve(A, b) + np.linalg.slogdet(A)[1] + np.sum(np.linalg.inv(A)) + np.linalg.det(A)


def decompositions(A):
    return np.sum(np.linalg.eigh(A)[0] ** 3) + np.sum(np.linalg.svd(A)[1])


def choices(x):
    a = np.where(x > 1, x, 2 * x)
    return np.sum(a * np.clip(x, 0, 2.5)) + np.max(x) + np.sum(np.maximum(x, 0.7))


def indices(x):
    return x[0] * x[1] + np.sum(x[1:] * x[:-1]) + np.concatenate([x, x])[4] + np.sum(x[[0, 0, 2]] ** 2)


def shapes(x):
    return np.sum(x.reshape(3, 1) * x) + np.stack([x, 2 * x])[1, 2] + np.cumsum(x)[1] + np.prod(x)


def writes(x):
    y = wnp.zeros(3)
    for i in range(3):
        y[i] = x[i] ** 2
    return np.sum(y)


def loop(x):
    for _ in range(40):
        x = np.sin(x) + 0.5 * x
    return x


def kink(x):
    return np.sum(np.abs(x)) + np.linalg.norm(x) + np.max(x)


def constants(x):
    return 3.0 * x + np.floor(x) + np.sum(np.ones(3)) * x


def unused(x, y):
    return x * x


def containers(model, x):
    return np.sum(model["W"] @ x + model["b"])


PROGRAMS = {
    "L": (L, (2.0, 3.0)),
    "whole": (whole, (2.0, 3.0)),
    "scalars": (scalars, (1.3, 0.7)),
    "fan_out": (fan_out, (1.5,)),
    "powers": (powers, (3, 1.5)),
    "network": (network, tuple(_random.normal(size=s) for s in ((5, 3), (5,), (2, 5), (2,), (3,)))),
    "single": (network, tuple(_random.normal(size=s).astype(np.float32) for s in ((5, 3), (5,), (2, 5), (2,), (3,)))),
    "softmax": (softmax, (_random.normal(size=(4, 3)), _random.normal(size=3), np.eye(4)[1])),
    "captured": (captured, (_random.normal(size=3),)),
    "outer": (outer, (_random.normal(size=3), _random.normal(size=3))),
    "matrices": (matrices, (_random.normal(size=(3, 2)), _random.normal(size=(3, 2)))),
    "linear_algebra": (linear_algebra, (np.array([[3.0, 1.0], [1.5, 2.0]]), np.array([1.0, 2.0]))),
    "decompositions": (decompositions, (np.array([[3.0, 1.0], [1.0, 2.0]]),)),
    "choices": (choices, (np.array([0.5, 1.5, 3.0]),)),
    "indices": (indices, (np.array([0.5, 1.5, 3.0]),)),
    "shapes": (shapes, (np.array([0.5, 1.5, 3.0]),)),
    "writes": (writes, (np.array([0.5, 1.5, 3.0]),)),
    "loop": (loop, (0.7,)),
    "kink": (kink, (np.zeros(3),)),
    "constants": (constants, (1.5,)),
    "unused": (unused, (1.5, np.ones(3))),
    "containers": (containers, ({"W": _random.normal(size=(2, 3)), "b": np.ones(2)}, _random.normal(size=3))),
}
SCALAR = ("L", "whole", "scalars", "fan_out", "powers", "loop")
