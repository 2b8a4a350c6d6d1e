"""The cheap gradient: its time over that of the function, for programs of many kinds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from wengert.api.jit import jit
from wengert.api.reverse import grad
from wengert.experiments.result import Panel, Result, Series
from wengert.experiments.timing import seconds

__all__ = ["cost_ratio", "programs"]


def _rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def _logistic(w: Any, X: Any, y: Any) -> Any:
    return np.mean(np.logaddexp(0.0, -y * (X @ w)))


def _quadratic(x: Any, A: Any) -> Any:
    return 0.5 * x @ A @ x


def _determinant(A: Any) -> Any:
    return np.linalg.slogdet(A)[1]


def _solve(A: Any, b: Any) -> Any:
    x = np.linalg.solve(A, b)
    return x @ x


def _factorisation(U: Any, V: Any, M: Any) -> Any:
    return np.sum((U @ V.T - M) ** 2)


def _perceptron(W1: Any, W2: Any, X: Any) -> Any:
    return np.mean(np.tanh(X @ W1) @ W2)


def _softmax(W: Any, X: Any) -> Any:
    Z = X @ W
    return np.mean(np.log(np.sum(np.exp(Z), axis=1)) - Z[:, 0])


def _recurrent(W: Any, xs: Any) -> Any:
    h = np.zeros(len(W))
    for x in xs:
        h = np.tanh(W @ h + x)
    return np.sum(h)


def _scalar_loop(x: Any) -> Any:
    total = 0.0
    for k in range(1, 300):
        total = total + x**2 / k - 0.1 * total
    return total


def _heat(u: Any) -> Any:
    for _ in range(20):
        u = u + 0.2 * (np.roll(u, 1) + np.roll(u, -1) - 2 * u)
    return np.sum(u**2)


def _distances(P: Any) -> Any:
    d = np.sum((P[:, None] - P[None]) ** 2, axis=-1) + np.eye(len(P))
    return np.sum(1.0 / d)


def programs() -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Functions by name, each with arguments of which the first is differentiated by."""
    normal = np.random.default_rng(0).standard_normal
    regular = normal((100, 100)) + 20 * np.eye(100)
    return {
        "Rosenbrock, 10⁴ numbers": (_rosenbrock, (normal(10_000),)),
        "logistic regression, 2000×50": (_logistic, (normal(50), normal((2000, 50)), np.sign(normal(2000)))),
        "quadratic form, n = 300": (_quadratic, (normal(300), normal((300, 300)))),
        "log-determinant, n = 100": (_determinant, (regular,)),
        "linear solve, n = 100": (_solve, (regular, normal(100))),
        "matrix factorisation, 200×200×5": (_factorisation, (normal((200, 5)), normal((200, 5)), normal((200, 200)))),
        "perceptron, 64×100×10": (_perceptron, (normal((100, 50)), normal((50, 10)), normal((64, 100)))),
        "softmax regression, 500×40": (_softmax, (normal((40, 10)), normal((500, 40)))),
        "recurrent network, 50 steps": (_recurrent, (0.1 * normal((32, 32)), normal((50, 32)))),
        "loop of 300 scalar steps": (_scalar_loop, (0.7,)),
        "heat equation, 20 steps": (_heat, (normal(10_000),)),
        "distances of 100 points": (_distances, (normal((100, 3)),)),
    }


_FEW: Final = ("Rosenbrock, 10⁴ numbers", "quadratic form, n = 300", "linear solve, n = 100")


def cost_ratio(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The time of the gradient over that of the function, as NumPy runs it and as compiled by `wengert.jit`.

    In theory a gradient costs at most a few times what the function costs, whatever the number of arguments.

    Parameters
    ----------
    progress
        Wraps what is iterated over, as `tqdm.tqdm` does.
    quick
        Take three of the programs.

    Source: W. Baur and V. Strassen, The complexity of partial derivatives, Theoretical Computer Science 22 (1983).
    """
    cases = programs()
    names = list(_FEW if quick else cases)
    ratios: dict[str, list[float]] = {"as NumPy runs it": [], "compiled": []}
    for name in progress(names):
        function, args = cases[name]
        alone: tuple[Callable[..., Any], ...] = (function, jit(function))
        for kind, one in zip(ratios, alone, strict=True):
            both = grad(one) if one is function else jit(grad(function))
            once, derivative = seconds(partial(one, *args), partial(both, *args))
            ratios[kind].append(derivative / once)
    places = tuple(map(float, range(len(names))))
    series = tuple(Series(kind, places, tuple(values)) for kind, values in ratios.items())
    means = {kind: float(np.exp(np.mean(np.log(values)))) for kind, values in ratios.items()}
    return Result(
        "The cost of a gradient over that of its function",
        f"In the geometric mean, a gradient takes {means['as NumPy runs it']:.2f} times what its function takes, and "
        f"compiled {means['compiled']:.2f} times what the compiled function takes.",
        (Panel("", "program", "time of the gradient over the function", series, labels=tuple(names)),),
    )
