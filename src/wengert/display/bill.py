"""The bill: what a function and its derivative cost in time, operations and memory."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from wengert.display.quantities import count, duration, memory, number, table
from wengert.graph import Graph

__all__ = ["Bill", "Cost", "measure", "peak_memory"]

# seconds spent on timing one function, the samples that the median is of, and the most calls in one sample
BUDGET: Final = 0.25
SAMPLES: Final = 11
MOST_CALLS: Final = 2000

ESTIMATE: Final = (
    "Operations are floating-point operations, an estimate from the graph: an elementwise function",
    "counts once per entry of its result, a reduction once per entry of its operand.",
)


@dataclass(frozen=True)
class Cost:
    """What one call costs.

    `seconds` is the median over `calls` calls; `equations` and `operations` are counted in the graph;
    `peak_bytes` is the most memory that one call held beyond its arguments, as Python and NumPy report it.
    """

    name: str
    seconds: float
    calls: int
    equations: int
    operations: int
    peak_bytes: int


@dataclass(frozen=True)
class Bill:
    """The cost of a function, and of its derivatives."""

    function: Cost
    derivatives: tuple[Cost, ...]

    @property
    def ratio(self) -> float:
        """The time of the (first) derivative, in evaluations of the function."""
        return _ratio(self.derivatives[0].seconds, self.function.seconds)

    def rows(self) -> list[list[str]]:
        """A table: one column for the function, and one for each derivative with its ratio."""
        costs = [self.function, *self.derivatives]
        return [
            ["", *(cost.name for cost in costs)],
            ["time", *self._cells([cost.seconds for cost in costs], duration)],
            ["equations", *self._cells([cost.equations for cost in costs], count)],
            ["operations", *self._cells([cost.operations for cost in costs], count)],
            ["peak memory", *self._cells([cost.peak_bytes for cost in costs], memory)],
        ]

    def remarks(self) -> list[str]:
        """What the figures are."""
        calls = "; ".join(f"{count(cost.calls, 'call')} ({cost.name})" for cost in (self.function, *self.derivatives))
        return [f"Times are medians over {calls}.", *ESTIMATE]

    def lines(self) -> list[str]:
        """The table, and what its figures are."""
        return [*table(self.rows(), right=True), "", *self.remarks()]

    @staticmethod
    def _cells(figures: list[Any], show: Callable[[Any], str]) -> list[str]:
        first, *others = figures
        return [show(first), *(f"{show(other)} ({number(_ratio(other, first))} x)" for other in others)]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python values, ready for JSON."""
        return {
            "function": asdict(self.function),
            "derivatives": [
                {**asdict(cost), "time_ratio": _ratio(cost.seconds, self.function.seconds)} for cost in self.derivatives
            ],
            "operations_are": "an estimate",
        }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def measure(name: str, call: Callable[[], Any], graph: Graph) -> Cost:
    """The cost of a call whose operations the graph records."""
    seconds, calls = _median_time(call)
    return Cost(name, seconds, calls, len(graph.equations), graph.flops, peak_memory(call))


def _median_time(call: Callable[[], Any]) -> tuple[float, int]:
    """The median time of a call, and over how many calls; a slow one is called only a few times."""
    call()  # derives and caches what later calls reuse
    once = _elapsed(call, 1)
    inner = max(1, min(MOST_CALLS, int(BUDGET / SAMPLES / max(once, 1e-9))))
    times = [once] if inner == 1 else []
    while len(times) < SAMPLES and (not times or sum(times) * inner < BUDGET):
        times.append(_elapsed(call, inner) / inner)
    return statistics.median(times), len(times) * inner


def _elapsed(call: Callable[[], Any], repetitions: int) -> float:
    rounds = range(repetitions)
    start = time.perf_counter()
    for _ in rounds:
        call()
    return time.perf_counter() - start


def peak_memory(call: Callable[[], Any]) -> int:
    """The most bytes that a call held beyond what was there before, as Python and NumPy report them."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        call()
        return max(0, tracemalloc.get_traced_memory()[1] - before)
    finally:
        if not running:
            tracemalloc.stop()
