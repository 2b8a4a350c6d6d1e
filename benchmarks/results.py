"""What a run hands on: plain data, and its JSON form."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["CaseResult", "Ceiling", "ExamResult", "MemoryResult", "Run", "StartupResult", "Status", "Timing"]


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
    best: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    first_call: float | None = None
    built: float | None = None
    """What of the first call went before any number was computed: deriving, tracing, compiling ahead of time."""
    error: float | None = None
    """Of the answer, relative to the largest entry of the exact one."""
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
    moved: float | None = None
    """Bytes of the inputs and of the answer."""
    flops: float | None = None
    """Operations that nobody can help, where the case counts them."""
    sensitivity: float | None = None
    """Change of the exact answer when the inputs change in their last bits: no answer can be held to less."""

    def timing(self, contestant: str) -> Timing | None:
        """How this contestant fared, or None if it was not there."""
        return next((timing for timing in self.timings if timing.contestant == contestant), None)

    def median(self, contestant: str) -> float | None:
        """Its median, if it gave a correct answer."""
        timing = self.timing(contestant)
        return timing.median if timing else None

    def best(self, contestant: str) -> float | None:
        """Its fastest sample, if it gave a correct answer."""
        timing = self.timing(contestant)
        return timing.best if timing else None

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
class Ceiling:
    """What the machine can do at most."""

    bandwidth: dict[int, float]
    """Bytes a second, by the bytes touched."""
    flops: float
    """Operations a second."""

    def or_better(self, other: Ceiling) -> Ceiling:
        """Of two measurements the one that the machine was less kept from, rate by rate."""
        bandwidth = {size: max(rate, other.bandwidth[size]) for size, rate in self.bandwidth.items()}
        return Ceiling(bandwidth, max(self.flops, other.flops))

    def least_seconds(self, moved: float, flops: float) -> float:
        """No program moves so many bytes and does so many operations in less; fewer bytes are moved no slower."""
        rates = [rate for size, rate in self.bandwidth.items() if size >= moved or size == max(self.bandwidth)]
        return max(moved / max(rates), flops / self.flops)


@dataclass(frozen=True)
class Run:
    """Everything that one run found."""

    machine: dict[str, str]
    cases: tuple[CaseResult, ...] = ()
    memory: tuple[MemoryResult, ...] = ()
    startup: StartupResult | None = None
    exam: ExamResult | None = None
    settings: dict[str, float] = field(default_factory=dict)
    ceiling: Ceiling | None = None
    first_calls: dict[str, dict[str, float]] = field(default_factory=dict)
    """Contestant -> case -> seconds of a first call in a fresh process."""

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
            ceiling=_ceiling_from_json(data["ceiling"]) if data.get("ceiling") else None,
            first_calls=data.get("first_calls", {}),
        )


def _ceiling_from_json(data: dict[str, Any]) -> Ceiling:
    return Ceiling({int(size): rate for size, rate in data["bandwidth"].items()}, data["flops"])


def _case_from_json(data: dict[str, Any]) -> CaseResult:
    timings = tuple(Timing(**{**entry, "status": Status(entry["status"])}) for entry in data["timings"])
    return CaseResult(**{**data, "timings": timings})
