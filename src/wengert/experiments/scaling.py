"""How the cost of a gradient and of a Jacobian grows with the numbers of arguments and results, by the mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from wengert.api.forward import linearize
from wengert.api.reverse import vjp
from wengert.experiments.result import Panel, Result, Series
from wengert.experiments.timing import seconds

__all__ = ["gradient_time", "jacobian_modes"]


Function = Callable[[Any], Any]

# rows of data, so many that the work of NumPy counts, not that of calling it
_ROWS: Final = 4000


def gradient_time(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The time of a gradient of d entries, over that of the function: by differences, in forward and in reverse mode.

    The function is the loss of a logistic regression on 4000 rows. Central differences call it 2d times, forward mode
    runs once for each entry, reverse mode once.

    Parameters
    ----------
    progress
        Wraps what is iterated over, as `tqdm.tqdm` does.
    quick
        Stop at smaller d.

    Source: Griewank and Walther, Evaluating Derivatives (2008), sections 3.1 and 3.2.
    """
    dimensions = [4, 16, 64] if quick else [4, 8, 16, 32, 64, 128, 256]
    ratios: dict[str, list[float]] = {"central differences": [], "forward mode": [], "reverse mode": []}
    for dimension in progress(dimensions):
        x = np.linspace(-1.0, 1.0, dimension)
        loss = _loss(dimension)
        methods = (_by_differences, _forward, _reverse)
        once, *times = seconds(partial(loss, x), *[partial(method, loss, x) for method in methods])
        for name, time in zip(ratios, times, strict=True):
            ratios[name].append(time / once)
    series = [Series(name, tuple(map(float, dimensions)), tuple(values)) for name, values in ratios.items()]
    for name, factor in (("2 d", 2.0), ("d", 1.0)):
        theory = tuple(factor * dimension for dimension in dimensions)
        series.append(Series(name, tuple(map(float, dimensions)), theory, expected=True))
    return Result(
        "The cost of a gradient of d entries",
        f"At d = {dimensions[-1]}, central differences take {ratios['central differences'][-1]:.3g} evaluations of the "
        f"function, forward mode {ratios['forward mode'][-1]:.3g}, reverse mode {ratios['reverse mode'][-1]:.3g}.",
        (Panel("", "d", "time, in evaluations of the function", tuple(series)),),
    )


def _loss(dimension: int) -> Function:
    random = np.random.default_rng(0)
    X = random.standard_normal((_ROWS, dimension))

    def loss(x: Any) -> Any:
        return np.mean(np.log1p(np.exp(-(X @ x))))

    return loss


def _by_differences(f: Function, x: Any) -> list[Any]:
    steps = 1e-5 * np.eye(len(x))
    return [(f(x + step) - f(x - step)) / 2e-5 for step in steps]


def _forward(f: Function, x: Any) -> list[Any]:
    _, pushforward = linearize(f, x)
    return [pushforward(direction) for direction in np.eye(len(x))]


def _reverse(f: Function, x: Any) -> list[Any]:
    value, pullback = vjp(f, x)
    return [pullback(weights) for weights in np.eye(np.size(value)).reshape(-1, *np.shape(value))]


def jacobian_modes(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The time of the Jacobian of f(x) = A x in both modes, for 100 columns and more and more rows.

    Forward mode goes once for each column, reverse mode once for each row: they cross where there are as many.

    Parameters
    ----------
    progress
        Wraps what is iterated over, as `tqdm.tqdm` does.
    quick
        Take fewer numbers of rows.

    Source: Griewank and Walther, Evaluating Derivatives (2008), sections 3.1 and 3.2.
    """
    columns = 100
    counts = [25, 50, 100, 200] if quick else [10, 20, 35, 50, 70, 100, 140, 200, 350, 500, 1000]
    times: dict[str, list[float]] = {"forward mode, once a column": [], "reverse mode, once a row": []}
    random = np.random.default_rng(0)
    x = random.standard_normal(columns)
    for rows in progress(counts):
        A = random.standard_normal((rows, columns))

        def product(x: Any, A: Any = A) -> Any:
            return A @ x

        for name, time in zip(
            times, seconds(partial(_forward, product, x), partial(_reverse, product, x)), strict=True
        ):
            times[name].append(1e3 * time)
    series = tuple(Series(name, tuple(map(float, counts)), tuple(values)) for name, values in times.items())
    crossing = _crossing(counts, *times.values())
    return Result(
        "The Jacobian of f(x) = A x, for A of m rows and 100 columns",
        f"The modes take as long as one another at m = {crossing:.0f}: below, reverse mode is faster, above, forward "
        f"mode is.",
        (Panel("", "rows m", "time, ms", series, mark=(crossing, "as fast as one another")),),
    )


def _crossing(counts: list[int], falling: list[float], rising: list[float]) -> float:
    """Where one curve overtakes the other, between the points on logarithmic axes."""
    lead = np.log(np.asarray(rising) / np.asarray(falling))
    places = np.log(np.asarray(counts, dtype=float))
    later = int(np.argmax(lead > 0)) if np.any(lead > 0) else len(counts) - 1
    if later == 0:
        return float(counts[0])
    share = -lead[later - 1] / (lead[later] - lead[later - 1])
    return float(np.exp(places[later - 1] + share * (places[later] - places[later - 1])))
