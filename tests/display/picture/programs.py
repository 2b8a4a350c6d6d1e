"""Programs to be drawn, with arguments: the graphs that people look at, and those that are hard to lay out."""

import numpy as np

RANDOM = np.random.default_rng(7)


def running_example(w1, w2):
    z1 = np.log(w1)
    z2 = w2 * z1
    z3 = np.sqrt(z2)
    return z2 + z3


def perceptron(W1, b1, W2, b2, x):
    hidden = np.tanh(W1 @ x + b1)
    y = W2 @ hidden + b2
    return np.mean(y**2)


def logistic(w, X, y):
    margin = y * (X @ w)
    return np.mean(np.log1p(np.exp(-margin))) + 0.05 * np.sum(w**2)


def cell(W, b, state, x):
    inner = W @ state + b
    return np.tanh(inner + x)


def recurrent(W, b, xs):
    state = np.zeros(4)
    for x in xs:
        state = cell(W, b, state, x)
    return np.sum(state * state)


def one_long_line(x):
    return np.sum(np.exp(-(x**2)) * np.sin(x) + np.cos(x) / (1 + x**2))


def fan(x):
    parts = [np.sin(k * x) for k in range(1, 9)]
    total = parts[0]
    for part in parts[1:]:
        total = total * part + x
    return total


def constant(x):
    return 3.0


def identity(x):
    return x


def two_results(x, y):
    product = x * y
    return product, product + x


def many_numbers(numbers):
    total = 0.0
    for number in numbers:
        total = total + number**2
    return total


def unlike_steps(x):
    for k in range(200):
        x = np.sin(x) + k if k % 3 else x * 0.5
        x = np.cos(x) if k % 7 == 2 else x
    return x


PROGRAMS = {
    "running example": (running_example, (2.718, 3.0)),
    "perceptron": (perceptron, tuple(RANDOM.normal(size=s) for s in ((5, 3), 5, (2, 5), 2, 3))),
    "logistic": (logistic, (RANDOM.normal(size=3), RANDOM.normal(size=(9, 3)), RANDOM.normal(size=9))),
    "recurrent": (recurrent, (RANDOM.normal(size=(4, 4)), RANDOM.normal(size=4), RANDOM.normal(size=(60, 4)))),
    "one long line": (one_long_line, (RANDOM.normal(size=6),)),
    "fan": (fan, (0.3,)),
    "constant": (constant, (1.0,)),
    "identity": (identity, (1.0,)),
    "two results": (two_results, (2.0, 3.0)),
    "many numbers": (many_numbers, ([float(k) for k in range(150)],)),
    "unlike steps": (unlike_steps, (0.4,)),
}
SCALAR = [name for name in PROGRAMS if name not in ("two results",)]
