"""What a run hands on: plain data, and its JSON form."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["CaseResult", "ExamResult", "MemoryResult", "Run", "StartupResult", "Status", "Timing"]


class Status(StrEnum):
    """How a contestant fared."""

    OK = "ok"
    WRONG = "wrong"
    ERROR = "error"
    DECLINED = "declined"
    SLOW = "slow"


@dataclass(frozen=True)
class Timing:
    """One contestant on one case; times in seconds."""

    contestant: str
    status: Status
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    first_call: float | None = None
    built: float | None = None
    """What of the first call went before any number was computed: deriving, tracing, compiling ahead of time."""
    samples: int = 0
    repeats: int = 0
    way: str = ""
    """Which of its ways was the fastest, where it has several."""
    message: str = ""
    """What went wrong, or why it was not run."""


@dataclass(frozen=True)
class CaseResult:
    """All contestants on one case."""

    name: str
    title: str
    quantity: str
    timings: tuple[Timing, ...]
    disturbed_rounds: int = 0
    """Rounds in which other programs kept the machine busy, kept because quiet ones did not come in time."""

    def timing(self, contestant: str) -> Timing | None:
        """How this contestant fared, or None if it was not there."""
        return next((timing for timing in self.timings if timing.contestant == contestant), None)

    def median(self, contestant: str) -> float | None:
        """Its median, if it gave a correct answer."""
        timing = self.timing(contestant)
        return timing.median if timing else None

    def ratio(self, contestant: str, to: str) -> float | None:
        """Median over median, if both are there."""
        above, below = self.median(contestant), self.median(to)
        return above / below if above is not None and below is not None else None


@dataclass(frozen=True)
class MemoryResult:
    """Peak memory of one contestant's gradient, in arrays of the input's size."""

    contestant: str
    status: Status
    arrays: float | None = None
    seen_by: str = "tracemalloc"
    message: str = ""


@dataclass(frozen=True)
class StartupResult:
    """Median seconds of an import in a fresh process."""

    numpy: float
    wengert: float | None

    @property
    def difference(self) -> float | None:
        """What importing wengert adds."""
        return None if self.wengert is None else self.wengert - self.numpy


@dataclass(frozen=True)
class ExamResult:
    """Seconds for everything about a formula, by row of the exam."""

    rows: dict[str, float]
    first: float
    """Of the first row in a fresh process, in which everything is loaded."""
    failures: dict[str, str]

    @property
    def median(self) -> float:
        """Of a row."""
        return statistics.median(self.rows.values())

    @property
    def total(self) -> float:
        """Of all rows, one after the other."""
        return sum(self.rows.values())

    @property
    def slowest(self) -> tuple[str, float]:
        """The row that takes longest."""
        return max(self.rows.items(), key=lambda row: row[1])


@dataclass(frozen=True)
class Run:
    """Everything that one run found."""

    machine: dict[str, str]
    cases: tuple[CaseResult, ...] = ()
    memory: tuple[MemoryResult, ...] = ()
    startup: StartupResult | None = None
    exam: ExamResult | None = None
    settings: dict[str, float] = field(default_factory=dict)

    def case(self, name: str) -> CaseResult | None:
        """The result of the case with this name, or None if it was not run."""
        return next((case for case in self.cases if case.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """As dictionaries and lists."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Run:
        """The inverse of ``to_json``."""
        return cls(
            machine=data["machine"],
            cases=tuple(_case_from_json(case) for case in data["cases"]),
            memory=tuple(MemoryResult(**{**entry, "status": Status(entry["status"])}) for entry in data["memory"]),
            startup=StartupResult(**data["startup"]) if data["startup"] else None,
            exam=ExamResult(**data["exam"]) if data.get("exam") else None,
            settings=data["settings"],
        )


def _case_from_json(data: dict[str, Any]) -> CaseResult:
    timings = tuple(Timing(**{**entry, "status": Status(entry["status"])}) for entry in data["timings"])
    return CaseResult(**{**data, "timings": timings})
