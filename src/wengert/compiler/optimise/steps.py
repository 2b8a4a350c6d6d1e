"""Where the operands of equal steps come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.repetition import (
    CONSTANTS,
    FEWEST_STEPS,
    LARGEST_LAG,
    NOTHING,
    SHORTEST_RUN,
    Listing,
    Run,
)
from wengert.graph import Var

__all__ = ["Plan", "Source", "planned"]

# Steps that may each have an operand without a pattern: they are brought together one by one.
MOST_GATHERED: Final = 2048
# Shorter runs of steps that are all element-wise, on arrays of more entries than this, are better left as they are.
FEWEST_ENTRYWISE: Final = 4000
SMALL_ARRAY: Final = 256


@dataclass(frozen=True)
class Source:
    """Where an operand of the steps comes from.

    `own`: result `place` of the same step. `carried`: that of the step `lag` before. `fixed`: the same atom for all.
    `constants`: a constant for each step. `gathered`: any earlier result for each step.
    `kept`: result `place` of the run `of`, of its step `begin` + `by` * step.
    """

    kind: str
    place: int = 0
    lag: int = 0
    of: Run | None = None
    begin: int = 0
    by: int = 0


@dataclass
class Plan:
    """A run whose operands are understood, and what others take of it."""

    run: Run
    sources: dict[tuple[int, int], Source]
    kept: dict[int, Var] = field(default_factory=dict)
    last: dict[int, Var] = field(default_factory=dict)
    # what others read, but compute again from what is kept
    recomputed: set[int] = field(default_factory=set)


def planned(listing: Listing, run: Run, earlier: list[Plan]) -> Plan | None:
    """The steps of a run that fit one pattern, if they are most of it."""
    blocks = listing.operands[run.start : run.end].reshape(run.count, run.period, -1)
    starts = run.first + run.width * np.arange(run.count)
    low, high = 0, run.count
    sources: dict[tuple[int, int], Source] = {}
    # the step from which on a carried value comes from the run itself
    regular: dict[tuple[int, int], int] = {}
    if run.count < FEWEST_STEPS:
        return None
    for k in range(run.period):
        for j in range(blocks.shape[2]):
            numbers = blocks[:, k, j]
            if numbers[0] == NOTHING:
                break
            found = _pattern(run, numbers, starts, earlier)
            if found is None:
                return None
            source, first, end = found
            sources[k, j] = source
            low, high = max(low, first), min(high, end)
            if source.kind == "carried":
                regular[k, j] = first + source.lag if first else source.lag
    for (k, j), source in sources.items():
        # the first values must come from outside: where they do not, from the steps before
        if source.kind == "carried" and low < regular[k, j]:
            numbers = blocks[low : low + source.lag, k, j]
            if ((numbers >= starts[low]) & (numbers < CONSTANTS)).any():
                return planned(listing, run.later(regular[k, j], run.count - regular[k, j]), earlier)
    count = high - low
    start = run.start + low * run.period
    if count < FEWEST_STEPS or 2 * count < run.count:
        return None
    if listing.weight_of(start, start + count * run.period) < SHORTEST_RUN:
        return None
    if count * run.period < FEWEST_ENTRYWISE and _is_entrywise(listing, run):
        return None
    kept = run.later(low, count)
    shifted = {
        slot: Source("kept", s.place, 0, s.of, s.begin + s.by * low, s.by) if s.kind == "kept" else s
        for slot, s in sources.items()
    }
    return Plan(kept, shifted)


def _is_entrywise(listing: Listing, run: Run) -> bool:
    """Whether the steps compute large arrays entry by entry: one after the other, they need no memory in between."""
    step = listing.graph.equations[run.start : run.start + run.period]
    large = any(variable.type.size > SMALL_ARRAY for equation in step for variable in equation.outputs)
    return large and all(equation.primitive.elementwise for equation in step)


def _pattern(run: Run, numbers: Any, starts: Any, earlier: list[Plan]) -> tuple[Source, int, int] | None:
    """The source of one operand of the steps, and from which step to which it holds."""
    middle = run.count // 2
    value, relative = int(numbers[middle]), numbers - starts
    if value < CONSTANTS and relative[middle] == relative[middle - 1] and -LARGEST_LAG * run.width <= relative[middle]:
        lag, place = divmod(-int(relative[middle]), run.width)
        lag, place = (lag, 0) if not place else (lag + 1, run.width - place)
        first, end = _stretch(relative == relative[middle], middle)
        if relative[middle] >= 0:
            return Source("own", int(relative[middle])), first, end
        return Source("carried", place, lag), max(first - lag, 0), end
    if value == numbers[middle - 1]:
        first, end = _stretch(numbers == value, middle)
        if run.holds(value):
            # the result of one of the steps themselves: from the next one on
            first = max(first, (value - run.first) // run.width + 1)
        return Source("fixed", value), first, end
    if value >= CONSTANTS:
        first, end = _stretch(numbers >= CONSTANTS, middle)
        return Source("constants"), first, end
    by = value - int(numbers[middle - 1])
    for plan in earlier:
        other = plan.run
        if not other.holds(value) or by % other.width:
            continue
        inside = (numbers >= other.first) & (numbers < other.first + other.count * other.width)
        first, end = _stretch(inside & (numbers == value + by * (np.arange(run.count) - middle)), middle)
        step, place = divmod(value - other.first, other.width)
        by //= other.width
        return Source("kept", place, 0, other, step - by * middle, by), first, end
    if value < run.first and run.count <= MOST_GATHERED:
        first, end = _stretch(numbers < run.first, middle)
        return Source("gathered"), first, end
    return None


def _stretch(flags: Any, middle: int) -> tuple[int, int]:
    """The stretch of True around the middle."""
    before = np.flatnonzero(~flags[:middle])
    after = np.flatnonzero(~flags[middle:])
    return (int(before[-1]) + 1 if len(before) else 0), (middle + int(after[0]) if len(after) else len(flags))
