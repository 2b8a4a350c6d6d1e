"""The cheap gradient: its time over that of the function, for programs of many kinds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from wengert.api.jit import jit
from wengert.api.reverse import grad
from wengert.experiments.programs import programs
from wengert.experiments.result import Panel, Result, Series
from wengert.experiments.timing import seconds

__all__ = ["cost_ratio"]

_FEW: Final = ("Rosenbrock, 10⁴ numbers", "quadratic form, n = 300", "linear solve, n = 100")


def cost_ratio(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The time of the gradient over that of the function, as NumPy runs it and as compiled by `wengert.jit`.

    The programs are of the kinds that the benchmarks measure, and smaller. In theory a gradient costs at most a few
    times what the function costs, whatever the number of arguments.

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
