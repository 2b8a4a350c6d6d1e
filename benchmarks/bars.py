"""What the project promises, and whether a run kept it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from benchmarks.cases import MEMORY_CASE
from benchmarks.exam import EXAM
from benchmarks.jit_bars import JitBar
from benchmarks.results import Run, Status
from benchmarks.startup import STARTUP

__all__ = ["BARS", "CLOSED_FORM_BARS", "Bar", "ExamBar", "MemoryBar", "StartupBar", "TimeBar", "Verdict", "judge"]


@dataclass(frozen=True)
class TimeBar:
    """A time on a case is at most ``at_most`` times that of another contestant; by default it is Wengert's."""

    promise: str
    case: str
    versus: str
    at_most: float
    of: str = "wengert"
    unit: str = "×"

    @property
    def needs(self) -> str:
        """The name of what must be measured."""
        return self.case

    def measured(self, run: Run) -> float | None:
        """The ratio of the medians; of a rival that was given up, to the time that it had."""
        result = run.case(self.case)
        if result is None:
            return None
        rival, own = result.timing(self.versus), result.median(self.of)
        if own is not None and rival is not None and rival.status is Status.SLOW:
            return own / run.settings["limit"]
        return result.ratio(self.of, self.versus)

    def status(self, run: Run) -> Status | None:
        """How the contestant fared on the case."""
        result = run.case(self.case)
        timing = result.timing(self.of) if result else None
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


@dataclass(frozen=True)
class ExamBar:
    """Milliseconds for everything about the exam's formulas: of a row in the middle, or of all."""

    promise: str
    of: Literal["median", "total"]
    at_most: float
    unit: str = "ms"
    needs: str = EXAM

    def measured(self, run: Run) -> float | None:
        """The median or the sum."""
        if run.exam is None:
            return None
        return 1e3 * (run.exam.median if self.of == "median" else run.exam.total)

    def status(self, run: Run) -> Status | None:
        """Whether all rows came through."""
        if run.exam is None:
            return None
        return Status.ERROR if run.exam.failures else Status.OK


CLOSED = "closed-form"
Bar = TimeBar | MemoryBar | StartupBar | ExamBar | JitBar


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
    *(
        TimeBar(
            f"value and gradient of logistic regression 10⁴×100, {how}, beside its value",
            "logistic-value-10000x100",
            "function",
            2.5,
            contestant,
        )
        for how, contestant in (("compiled", "wengert-jit"), ("eager", "wengert"))
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


_PEERS = {
    "Wengert's own derivative": "wengert",
    "autograd": "autograd",
    "JAX, compiled": "jax-jit",
    "torch": "torch",
}
CLOSED_FORM_BARS: tuple[Bar, ...] = (
    *(
        TimeBar(f"{title}, beside {peer}", case, name, 1 / ahead if name == "jax-jit" else 1.0, CLOSED)
        for title, case, ahead in (
            ("Hessian of the quadratic form, n = 1000", "closed-form-quadratic-1000", 5),
            ("Hessian of logistic regression 2000×1000", "closed-form-logistic-2000x1000", 1),
            ("full Hessian of the factorisation 200×200×5", "closed-form-factorisation-full", 5),
            ("compressed Hessian of the factorisation 200×200×5", "closed-form-factorisation-compressed", 5),
            ("Newton step of the factorisation 200×200×5", "closed-form-factorisation-newton", 5),
        )
        for peer, name in _PEERS.items()
    ),
    ExamBar("derivation, text, LaTeX, code and check of a row of the exam, median", "median", 100.0),
    ExamBar("the same of all rows together", "total", 20e3),
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
