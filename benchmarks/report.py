"""Tables for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from statistics import geometric_mean

from benchmarks.bars import Bar, Verdict
from benchmarks.jit_bars import JitBar
from benchmarks.results import CaseResult, ExamResult, MemoryResult, Run, StartupResult, Status, Timing

__all__ = [
    "NO_FIGURE",
    "Layout",
    "Rows",
    "aligned",
    "bars_table",
    "format_ratio",
    "format_seconds",
    "machine_note",
    "machine_table",
    "markdown",
    "mean_ratio",
    "piped",
    "remarks",
    "text",
    "time_cell",
]

NO_FIGURE = "·"
CLOSED = "closed-form"
NOT_PEERS = ("wengert", "wengert-ieee", CLOSED, "function")
Rows = list[list[str]]
Layout = Callable[[Rows], str]


def text(run: Run) -> str:
    """The whole report for a terminal."""
    sections = [machine_table(run)]
    if run.cases:
        names = contestants_of(run)
        sections.append("Time of a call (median, steady state)\n\n" + aligned(times(run, names)))
        if "wengert" in names and _plain(run):
            title = "Gradient over function, and each peer's time over Wengert's (above 1: Wengert is faster)"
            sections.append(f"{title}\n\n" + aligned(ratios(run, names)))
        if CLOSED in names:
            title = "Closed forms, and everyone's time over theirs (above 1: the closed form is faster)"
            sections.append(f"{title}\n\n" + aligned(closed_forms(run, names)))
        sections.append("Time of the first call (trace and compile included)\n\n" + aligned(first_calls(run, names)))
    if run.memory:
        sections.append("Peak memory of the gradient, in arrays of the input's size\n\n" + aligned(memory(run.memory)))
    if run.startup:
        sections.append("Import, fresh process\n\n" + aligned(startup(run.startup)))
    if run.exam:
        sections.append("Derivation, text, LaTeX, code and check of the exam's rows\n\n" + aligned(exam(run.exam)))
    found = remarks(run)
    if found:
        sections.append("Remarks\n\n" + "\n".join(found))
    return "\n\n".join(sections) + "\n"


def markdown(run: Run) -> str:
    """The table for a README."""
    names = contestants_of(run)
    rows = ratios(run, names) if "wengert" in names else times(run, names)
    tables = [rows] if _plain(run) else []
    tables += [closed_forms(run, names)] if CLOSED in names else []
    tables += [exam(run.exam)] if run.exam else []
    return "\n\n".join([*map(piped, tables), machine_note(run)]) + "\n"


def machine_note(run: Run) -> str:
    """One line on where and with what the run was made."""
    machine = run.machine
    versions = ", ".join(
        f"{key} {machine[key]}" for key in list(machine)[list(machine).index("python") :] if key != "threads"
    )
    return f"{machine['cpu']}, {machine['cores']} cores; {versions}; {machine['date']}."


def _plain(run: Run) -> list[CaseResult]:
    """The cases in which no closed form takes part."""
    return [case for case in run.cases if case.timing(CLOSED) is None]


def contestants_of(run: Run) -> list[str]:
    """Everyone who appears, in the order of appearance."""
    return list(dict.fromkeys(timing.contestant for case in run.cases for timing in case.timings))


def times(run: Run, names: Sequence[str]) -> Rows:
    """Medians, one row a case."""
    rows = [[case.title, *(time_cell(case, name) for name in names)] for case in run.cases]
    return [["case", *names], *rows]


def time_cell(case: CaseResult, name: str, of: Callable[[Timing], float | None] = attrgetter("median")) -> str:
    """A contestant's time for a case, by default the median of its samples, or why there is none."""
    timing = case.timing(name)
    if timing is None:
        return NO_FIGURE
    seconds = of(timing)
    if seconds is None:
        return timing.status.upper() if timing.status is not Status.DECLINED else timing.status
    return format_seconds(seconds)


def ratios(run: Run, names: Sequence[str]) -> Rows:
    """Wengert's time, its ratio to the function's, every peer's ratio to it; below, geometric means."""
    peers = [name for name in names if name not in NOT_PEERS]
    header = ["case", "wengert", "gradient / function", *peers]
    cases = _plain(run)
    rows = [
        [case.title, time_cell(case, "wengert"), _ratio_cell(case, "wengert", "function")]
        + [_ratio_cell(case, peer, "wengert") for peer in peers]
        for case in cases
    ]
    means = [mean_ratio([case.ratio("wengert", "function") for case in cases])]
    means += [mean_ratio([case.ratio(peer, "wengert") for case in cases]) for peer in peers]
    return [header, *rows, ["geometric mean", "", *means]]


def closed_forms(run: Run, names: Sequence[str]) -> Rows:
    """What it costs to derive and to call a closed form, and everyone's ratio to the call."""
    others = [name for name in names if name not in (CLOSED, "function", "wengert-ieee")]
    rows = [["case", "derive and compile", CLOSED, *others]]
    for case in run.cases:
        timing = case.timing(CLOSED)
        if timing is not None:
            built = NO_FIGURE if timing.built is None else format_seconds(timing.built)
            ratio_cells = [_ratio_cell(case, name, CLOSED) for name in others]
            rows.append([case.title, built, time_cell(case, CLOSED), *ratio_cells])
    return rows


def _ratio_cell(case: CaseResult, above: str, below: str) -> str:
    ratio = case.ratio(above, below)
    if ratio is not None:
        return format_ratio(ratio)
    timing = case.timing(above)
    if above == "wengert" or timing is None or timing.median is not None:
        return NO_FIGURE
    return time_cell(case, above)


def mean_ratio(ratios: Iterable[float | None]) -> str:
    """The geometric mean of the ratios that there are."""
    present = [ratio for ratio in ratios if ratio is not None]
    return format_ratio(geometric_mean(present)) if present else NO_FIGURE


def first_calls(run: Run, names: Sequence[str]) -> Rows:
    """First-call times, one row a case."""
    callers = [name for name in names if name != "function"]
    rows = []
    for case in run.cases:
        timings = [case.timing(name) for name in callers]
        seconds = [timing.first_call if timing else None for timing in timings]
        rows.append([case.title, *(NO_FIGURE if value is None else format_seconds(value) for value in seconds)])
    return [["case", *callers], *rows]


def memory(entries: Sequence[MemoryResult]) -> Rows:
    """One row a contestant."""
    rows = [
        [
            entry.contestant,
            entry.status.upper() if entry.arrays is None else f"{entry.arrays:.1f}",
            entry.seen_by,
        ]
        for entry in entries
    ]
    return [["contestant", "arrays", "seen by"], *rows]


def startup(result: StartupResult) -> Rows:
    """The two imports and their difference."""
    rows = [["import", "time"], ["numpy", format_seconds(result.numpy)]]
    if result.wengert is not None and result.difference is not None:
        rows += [
            ["wengert", format_seconds(result.wengert)],
            ["difference", f"{1e3 * result.difference:.0f} ms"],
        ]
    return rows


def exam(result: ExamResult) -> Rows:
    """What a row takes, and all of them."""
    name, seconds = result.slowest
    return [
        ["rows", "time"],
        ["median of a row", format_seconds(result.median)],
        [f"the slowest, {name}", format_seconds(seconds)],
        [f"all {len(result.rows)}", format_seconds(result.total)],
        ["the first in a fresh process", format_seconds(result.first)],
    ]


def bars_table(verdicts: Sequence[tuple[Bar, float | None, Verdict]], run: Run | None = None) -> str:
    """Every promise with its bar, the measured figure and the verdict; given the run, also where it was measured."""
    rows = [["promise", "at most", "measured", "verdict"]]
    for bar, measured, verdict in verdicts:
        figure = NO_FIGURE if measured is None else f"{measured:.3g} {bar.unit}"
        if run is not None and isinstance(bar, JitBar) and bar.where(run):
            figure += f" ({bar.where(run)})"
        rows.append([bar.promise, f"{bar.at_most:.3g} {bar.unit}", figure, verdict])
    return aligned(rows)


def machine_table(run: Run) -> str:
    """Where and with what the run was made."""
    return aligned([[key, value] for key, value in run.machine.items()], header=False)


def remarks(run: Run) -> list[str]:
    """What went wrong, what was disturbed, and who was the fastest in which way."""
    found = []
    for case in run.cases:
        if case.disturbed_rounds:
            found.append(f"{case.title}: other programs ran in {case.disturbed_rounds} of the rounds")
        for timing in case.timings:
            if timing.message:
                found.append(f"{case.title}: {timing.contestant} {timing.status.upper()}: {timing.message}")
            elif timing.way:
                found.append(f"{case.title}: {timing.contestant} by {timing.way}")
    found += [
        f"memory: {entry.contestant} {entry.status.upper()}: {entry.message}" for entry in run.memory if entry.message
    ]
    if run.exam:
        found += [f"exam: {name} FAILED: {message}" for name, message in run.exam.failures.items()]
    return found


def format_seconds(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * scale:
            return f"{_three_digits(seconds / scale)} {unit}"
    return f"{_three_digits(seconds / 1e-9)} ns"


def format_ratio(ratio: float) -> str:
    """A factor, to the precision that a benchmark deserves."""
    if ratio < 0.0995:
        return f"{ratio:.2g} ×"
    return f"{ratio:.2f} ×" if ratio < 1.0 else f"{_three_digits(ratio)} ×"


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def aligned(rows: Rows, *, header: bool = True) -> str:
    """Columns lined up: the first to the left, figures to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    left = {0} if header else {0, 1}
    lines = [
        "  ".join(
            cell.ljust(width) if k in left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    if header:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def piped(rows: Rows) -> str:
    """A Markdown table."""
    header, *body = rows
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *body])
