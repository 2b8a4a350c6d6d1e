"""Interleaved rounds, medians, first calls.

All contestants of a case take a sample in each round, so that a machine that speeds up or slows down does so
for all of them alike. A sample repeats the call until it lasts some milliseconds. The garbage collector stays
on, since a library that leaves cycles behind pays for them in its users' programs; what was allocated before
the rounds is frozen, so that nobody pays for the heap of another's package. Before a sample the idle threads
of the others' pools come to rest: OpenBLAS's spin for a tenth of a second after their work, and a neighbour
that meets them on its cores looks forty times slower than it is.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np

from benchmarks.case import Case, Function
from benchmarks.checking import (
    difference_from,
    fault_by_differences,
    flatten,
    largest_error,
    modified,
    sensitivity,
    snapshot,
)
from benchmarks.contestant import Contestant
from benchmarks.limit import TooSlowError, time_limit
from benchmarks.quiet import OtherWork, settle
from benchmarks.results import CaseResult, Status, Timing

__all__ = ["QUICK", "Settings", "first_line", "measure_case"]

CALIBRATIONS, WARM_UPS = 4, 3
WARM_UP_SECONDS = 0.012
"""Three ticks of a slow scheduler, which puts a thread that woke on its caller's core elsewhere at a tick."""


@dataclass(frozen=True)
class Settings:
    """How long to look."""

    rounds: int = 11
    sample_seconds: float = 0.02
    patience: float = 1.0
    """Seconds after which a slow contestant leaves the rounds, with at least ``least_rounds`` samples."""
    least_rounds: int = 3
    limit: float = 60.0
    """Seconds after which a first call is given up, and a twelfth of which make a contestant too slow for rounds."""


QUICK = Settings(rounds=15, sample_seconds=0.002, patience=0.2, least_rounds=1)


@dataclass
class Entrant:
    """A contestant whose answer was correct, while it is being timed."""

    contestant: str
    way: str
    call: Function
    first_call: float
    built: float
    error: float | None = None
    repeats: int = 1
    brief: bool = True
    samples: list[float] = field(default_factory=list)
    spent: float = 0.0

    def take_sample(self, inputs: tuple[Any, ...]) -> float:
        """Seconds per call, over ``repeats`` calls."""
        call = self.call
        start = time.perf_counter()
        for _ in repeat(None, self.repeats):
            call(*inputs)
        elapsed = time.perf_counter() - start
        self.spent += elapsed
        return elapsed / self.repeats

    def calibrate(self, inputs: tuple[Any, ...], sample_seconds: float) -> float:
        """Choose the repeats, and return the seconds that a call takes about.

        The fastest of a few looks counts: one slow call would pass for a call that needs no repetition.
        """
        seconds = self.take_sample(inputs)
        for _ in range(CALIBRATIONS):
            if self.spent > 10 * CALIBRATIONS * sample_seconds:
                break
            self.repeats = max(1, math.ceil(0.3 * sample_seconds / seconds))
            seconds = min(seconds, self.take_sample(inputs))
        self.repeats = max(1, math.ceil(sample_seconds / seconds))
        self.brief = seconds < 5 * sample_seconds
        return seconds

    def warm_up(self, inputs: tuple[Any, ...]) -> None:
        """Uncounted calls, which wake threads and fill caches; a call of many samples' length needs none."""
        start, calls = time.perf_counter(), 0
        while self.brief and (calls < WARM_UPS or time.perf_counter() - start < WARM_UP_SECONDS):
            self.call(*inputs)
            calls += 1

    def stays(self, settings: Settings) -> bool:
        """Whether it takes part in one more round; of who takes long a single sample is enough."""
        if self.spent > settings.limit / 12:
            return not self.samples
        return len(self.samples) < settings.least_rounds or self.spent < settings.patience

    def timing(self) -> Timing:
        """What the samples say."""
        lower, _, upper = np.percentile(self.samples, [25, 50, 75])
        return Timing(
            contestant=self.contestant,
            status=Status.OK,
            median=statistics.median(self.samples),
            best=min(self.samples),
            lower_quartile=float(lower),
            upper_quartile=float(upper),
            first_call=self.first_call,
            built=self.built,
            error=self.error,
            samples=len(self.samples),
            repeats=self.repeats,
            way=self.way,
        )


def measure_case(
    case: Case, contestants: Iterable[Contestant], settings: Settings, *, small: bool = False
) -> CaseResult:
    """Check everyone's answer, then time those whose answer is right."""
    inputs = case.make_inputs(small=small)
    entries = [enter(contestant, case, inputs, settings) for contestant in contestants if contestant.takes_part(case)]
    entrants = [entry for entry in entries if isinstance(entry, Entrant)]
    disturbed = _run_rounds(entrants, inputs, settings)
    timings = tuple(entry.timing() if isinstance(entry, Entrant) else entry for entry in entries)
    exact = case.derivative(*inputs) if case.derivative else ()
    sizes = case.small_sizes if small else case.sizes
    return CaseResult(
        case.name,
        case.title,
        case.quantity.value,
        timings,
        disturbed,
        moved=float(sum(array.nbytes for array in flatten((inputs, exact)))),
        flops=case.flops(**sizes) if case.flops else None,
        sensitivity=sensitivity(case, inputs) if case.derivative else None,
    )


def enter(contestant: Contestant, case: Case, inputs: tuple[Any, ...], settings: Settings) -> Entrant | Timing:
    """The fastest correct way of a contestant, or the report of its failure."""
    if contestant.name in case.declined:
        return Timing(contestant.name, Status.DECLINED, message=case.declined[contestant.name])
    contestant.forget()
    ways, built = _ways(contestant, case, inputs, settings)
    if isinstance(ways, Timing):
        return ways
    attempts = [_attempt(contestant, case, inputs, way, built, settings) for way in ways.items()]
    correct = [attempt for attempt in attempts if isinstance(attempt, Entrant)]
    if not correct:
        return next(attempt for attempt in attempts if isinstance(attempt, Timing))
    settle()
    speeds = [entrant.calibrate(inputs, settings.sample_seconds) for entrant in correct]
    return correct[speeds.index(min(speeds))]


def _ways(
    contestant: Contestant, case: Case, inputs: tuple[Any, ...], settings: Settings
) -> tuple[Mapping[str, Function] | Timing, float]:
    """A contestant's ways by name, and the seconds in which they were built."""
    start = time.perf_counter()
    try:
        with time_limit(settings.limit):
            ways: Mapping[str, Function] | Timing = contestant.build(case, inputs)
    except Exception as error:  # noqa: BLE001 - a contestant may fail in any way, and the others must go on
        ways = _failure(contestant, error)
    return ways, time.perf_counter() - start


def _failure(contestant: Contestant, error: Exception) -> Timing:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TooSlowError):
            return Timing(contestant.name, Status.SLOW, message=str(cause))
        # a compiler may wrap what interrupted it in an error of its own
        cause = cause.__cause__ or cause.__context__
    return Timing(contestant.name, Status.ERROR, message=first_line(error))


def _attempt(
    contestant: Contestant,
    case: Case,
    inputs: tuple[Any, ...],
    named: tuple[str, Function],
    built: float,
    settings: Settings,
) -> Entrant | Timing:
    """Call one way for the first time, and check the answer and that the inputs are untouched."""
    before = snapshot(inputs)
    way, call = named
    try:
        start = time.perf_counter()
        with time_limit(settings.limit):
            answer = call(*inputs)
        first_call = built + time.perf_counter() - start
    except Exception as error:  # noqa: BLE001 - as above
        return _failure(contestant, error)
    if modified(inputs, before):
        for value, old in zip(inputs, before, strict=True):
            if isinstance(value, np.ndarray):
                value[...] = old
        return Timing(contestant.name, Status.WRONG, message="the inputs were written into")
    fault, off = _fault(case, inputs, answer) if contestant.checked else (None, None)
    if fault:
        return Timing(contestant.name, Status.WRONG, message=fault)
    return Entrant(contestant.name, way, call, first_call, built, off)


def _fault(case: Case, inputs: tuple[Any, ...], answer: Any) -> tuple[str | None, float | None]:
    """What is wrong with an answer, or else how far it is from the exact one where that is known."""
    if case.derivative is None:
        return fault_by_differences(case, inputs, answer), None
    exact = case.derivative(*inputs)
    fault = difference_from(exact, answer)
    return fault, None if fault else largest_error(exact, answer)


def _run_rounds(entrants: list[Entrant], inputs: tuple[Any, ...], settings: Settings) -> int:
    """Take the samples; return how many rounds were disturbed by other programs and yet had to be kept."""
    for entrant in entrants:
        entrant.spent = 0.0
    gc.collect()
    gc.freeze()
    spare, disturbed = settings.rounds, 0
    try:
        for _ in range(settings.rounds):
            while not _round(entrants, inputs, settings, keep_anyway=not spare):
                spare -= 1
            disturbed += not spare
    finally:
        gc.unfreeze()
    return disturbed


def _round(entrants: list[Entrant], inputs: tuple[Any, ...], settings: Settings, *, keep_anyway: bool) -> bool:
    """A sample from everyone who has not left; thrown away if other programs kept the machine busy.

    What lasts long is kept all the same: it is not repeated for a share of a core.
    """
    staying = [one for one in entrants if one.stays(settings)]
    work = OtherWork()
    seconds = []
    for entrant in staying:
        gc.collect()
        settle()
        entrant.warm_up(inputs)
        seconds.append(entrant.take_sample(inputs))
    quiet = keep_anyway or not work.disturbs()
    for entrant, value in zip(staying, seconds, strict=True):
        if quiet or value > settings.limit / 12:
            entrant.samples.append(value)
    return quiet


def first_line(error: BaseException) -> str:
    """An error as one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
