"""What the project promises, and whether a run kept it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.cases import MEMORY_CASE
from benchmarks.results import Run, Status
from benchmarks.startup import STARTUP

__all__ = ["BARS", "Bar", "MemoryBar", "StartupBar", "TimeBar", "Verdict", "judge"]


@dataclass(frozen=True)
class TimeBar:
    """Wengert's time on a case is at most ``at_most`` times that of another contestant."""

    promise: str
    case: str
    versus: str
    at_most: float
    unit: str = "×"

    @property
    def needs(self) -> str:
        """The name of what must be measured."""
        return self.case

    def measured(self, run: Run) -> float | None:
        """The ratio of the medians."""
        result = run.case(self.case)
        return result.ratio("wengert", self.versus) if result else None

    def status(self, run: Run) -> Status | None:
        """How wengert fared on the case."""
        result = run.case(self.case)
        timing = result.timing("wengert") if result else None
        return timing.status if timing else None


@dataclass(frozen=True)
class MemoryBar:
    """Wengert's peak memory on the memory case, in arrays."""

    promise: str
    at_most: float
    unit: str = "arrays"
    needs: str = MEMORY_CASE.name

    def measured(self, run: Run) -> float | None:
        """The peak."""
        return next((entry.arrays for entry in run.memory if entry.contestant == "wengert"), None)

    def status(self, run: Run) -> Status | None:
        """How wengert fared on the memory case."""
        return next((entry.status for entry in run.memory if entry.contestant == "wengert"), None)


@dataclass(frozen=True)
class StartupBar:
    """What ``import wengert`` adds to ``import numpy``, in milliseconds."""

    promise: str
    at_most: float
    unit: str = "ms"
    needs: str = STARTUP

    def measured(self, run: Run) -> float | None:
        """The difference of the medians."""
        if run.startup is None or run.startup.difference is None:
            return None
        return 1e3 * run.startup.difference

    def status(self, run: Run) -> Status | None:
        """An import that fails ends the run, so there is nothing to tell."""
        return Status.OK if self.measured(run) is not None else None


Bar = TimeBar | MemoryBar | StartupBar


class Verdict(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    MISSED = "MISSED"
    FAILED = "FAILED"
    OPEN = "not measured"


BARS: tuple[Bar, ...] = (
    TimeBar("gradient of Rosenbrock, n = 10, beside autograd", "rosenbrock-10", "autograd", 1 / 3),
    TimeBar("gradient of Rosenbrock, n = 10, beside torch", "rosenbrock-10", "torch", 1 / 2),
    TimeBar("gradient of the Taylor cosine beside autograd", "taylor-cosine", "autograd", 1 / 8),
    TimeBar("gradient of the Taylor cosine beside torch", "taylor-cosine", "torch", 1 / 3),
    TimeBar("gradient through a linear solve, n = 1000, beside the solve", "solve-1000", "function", 1.5),
    TimeBar(
        "value and gradient of logistic regression 10⁴×100 beside its value",
        "logistic-value-10000x100",
        "function",
        2.5,
    ),
    TimeBar(
        "Hessian of logistic regression 10⁴×100 beside autograd",
        "logistic-hessian-10000x100",
        "autograd",
        1 / 8,
    ),
    *(
        TimeBar(f"looking for NaN in the gradient of {title}, beside IEEE arithmetic", case, "wengert-ieee", 1.05)
        for title, case in (
            ("Rosenbrock, n = 10", "rosenbrock-10"),
            ("Rosenbrock, n = 10⁴", "rosenbrock-10000"),
            ("logistic regression 10⁴×100", "logistic-value-10000x100"),
        )
    ),
    # Ten exponentials are kept, the input is given, four more serve cotangent and passing values: about 14.
    MemoryBar(f"peak memory of the gradient: {MEMORY_CASE.title}", 14.5),
    StartupBar("import wengert beyond import numpy", 60.0),
)


def judge(run: Run, bars: Sequence[Bar] = BARS) -> list[tuple[Bar, float | None, Verdict]]:
    """Every bar with the figure that this run gives and the verdict."""
    return [(bar, bar.measured(run), _verdict(bar, run)) for bar in bars]


def _verdict(bar: Bar, run: Run) -> Verdict:
    if bar.status(run) in (Status.WRONG, Status.ERROR):
        return Verdict.FAILED
    measured = bar.measured(run)
    if measured is None:
        return Verdict.OPEN
    return Verdict.KEPT if measured <= bar.at_most else Verdict.MISSED
