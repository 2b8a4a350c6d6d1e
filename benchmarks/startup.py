"""Time of ``import wengert`` beside ``import numpy``, each in fresh processes."""

from __future__ import annotations

import importlib.util
import statistics

from benchmarks.results import StartupResult
from benchmarks.subprocesses import run_python

__all__ = ["STARTUP", "measure_startup"]

STARTUP = "import"
"""What the command line calls this measurement."""

_CLOCK = "import time; start = time.perf_counter(); import {name}; print(time.perf_counter() - start)"


def measure_startup(processes: int = 9) -> StartupResult:
    """Medians over interleaved processes, after one uncounted process each that leaves the files cached."""
    names = ["numpy", *(["wengert"] if importlib.util.find_spec("wengert") else [])]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(processes + 1):
        for name in names:
            elapsed = float(run_python("-c", _CLOCK.format(name=name)))
            if number:
                seconds[name].append(elapsed)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return StartupResult(medians["numpy"], medians.get("wengert"))
