"""Memory and time of reverse mode as programs get deeper, with and without checkpoints."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from wengert.api.custom import checkpoint
from wengert.api.reverse import grad
from wengert.display.bill import peak_memory
from wengert.experiments.result import Panel, Result, Series
from wengert.experiments.timing import seconds

__all__ = ["checkpoint_memory"]

_ENTRIES: Final = 10_000


def _stage(x: Any, steps: int) -> Any:
    for _ in range(steps):
        x = np.sin(x) + 0.5 * x
    return x


def _kept(width: int, x: Any) -> Any:
    return np.sum(_stage(x, width * width))


def _checkpointed(width: int, x: Any) -> Any:
    stage = checkpoint(_stage)
    for _ in range(width):
        x = stage(x, width)
    return np.sum(x)


def checkpoint_memory(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The peak memory and the time of the gradient of n steps x ← sin x + x/2 on 10⁴ numbers.

    Without checkpoints, every step keeps what its derivative needs. With a checkpoint about every √n steps, the steps
    between two are computed again when the reverse sweep comes to them: memory grows like √n, for one more evaluation.

    Parameters
    ----------
    progress
        Wraps what is iterated over, as `tqdm.tqdm` does.
    quick
        Stop at fewer steps.

    Source: A. Griewank, Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
    differentiation, Optimization Methods and Software 1(1) (1992).
    """
    depths = [4, 16, 36, 64] if quick else [4, 16, 36, 64, 100, 196, 400, 784]
    kinds = ("every step kept", "a checkpoint every √n steps")
    held: dict[str, list[float]] = {kind: [] for kind in kinds}
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    x = np.linspace(0.0, 1.0, _ENTRIES)
    for depth in progress(depths):
        width = math.isqrt(depth)
        gradients = [partial(grad(partial(function, width)), x) for function in (_kept, _checkpointed)]
        for kind, gradient, time in zip(kinds, gradients, seconds(*gradients), strict=True):
            held[kind].append(peak_memory(gradient) / 1e6)
            took[kind].append(1e3 * time)
    places = tuple(map(float, depths))

    def panel(title: str, label: str, found: dict[str, list[float]]) -> Panel:
        return Panel(title, "steps n", label, tuple(Series(kind, places, tuple(found[kind])) for kind in kinds))

    saving = held[kinds[0]][-1] / held[kinds[1]][-1]
    price = took[kinds[1]][-1] / took[kinds[0]][-1]
    return Result(
        "Reverse mode with and without checkpoints",
        f"At n = {depths[-1]}, checkpoints need {saving:.1f} times less memory, and {price:.2f} times the time.",
        (panel("peak memory", "MB", held), panel("time of a gradient", "ms", took)),
    )
