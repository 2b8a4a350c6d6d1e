"""Tables of compiled derivatives: who has to be beaten, what a call and a first call cost, how far the machine goes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from benchmarks.jit_bars import (
    COMPILED,
    PEERS,
    behind,
    distance,
    fastest_peer,
    first_call,
    gradient_over_function,
)
from benchmarks.report import (
    NO_FIGURE,
    Layout,
    Rows,
    aligned,
    format_ratio,
    format_seconds,
    machine_note,
    machine_table,
    mean_ratio,
    piped,
    remarks,
    time_cell,
)
from benchmarks.results import Run

__all__ = ["jit_markdown", "jit_text"]

EAGER: Final = "wengert"
FASTEST: Final = attrgetter("best")


def jit_text(run: Run) -> str:
    """The report for a terminal."""
    sections = [machine_table(run), *_titled(run, aligned)]
    found = remarks(run)
    return "\n\n".join([*sections, *(["Remarks\n\n" + "\n".join(found)] if found else [])]) + "\n"


def jit_markdown(run: Run) -> str:
    """The same tables for a page of the documentation."""
    return "\n\n".join([*_titled(run, piped), machine_note(run)]) + "\n"


def _titled(run: Run, layout: Layout) -> list[str]:
    tables = {
        "Compiled derivatives (fastest sample; peer / own above 1: Wengert is faster)": overview(run),
        "Time of a call (fastest sample)": times(run),
        "Time of the first call in a fresh process (trace and compile)": first_calls(run),
        "Error, relative to the largest entry of the exact answer": errors(run),
    }
    if run.ceiling:
        tables["Time over the least for the operations and for reading the inputs and writing the answer"] = distances(
            run
        )
        tables["The machine at most"] = ceiling(run)
    return [f"{title}\n\n{layout(rows)}" for title, rows in tables.items() if len(rows) > 1]


def overview(run: Run) -> Rows:
    """Who is the fastest, and how the compiled derivative stands beside it."""
    rows = [
        [
            "case",
            COMPILED,
            "fastest peer",
            "its time",
            "peer / own",
            "gradient / function",
            "eager / own",
            "own / limit",
        ]
    ]
    for case in run.cases:
        name, seconds = fastest_peer(case) or (NO_FIGURE, None)
        ratio = behind(case)
        eager, own = case.best(EAGER), case.best(COMPILED)
        rows.append(
            [
                case.title,
                time_cell(case, COMPILED, FASTEST),
                name,
                NO_FIGURE if seconds is None else format_seconds(seconds),
                _ratio(1.0 / ratio if ratio else None),
                _ratio(gradient_over_function(case)),
                _ratio(eager / own if eager and own else None),
                _ratio(distance(run, case)),
            ]
        )
    ahead = [1.0 / ratio for case in run.cases if (ratio := behind(case))]
    over = [ratio for case in run.cases if (ratio := gradient_over_function(case))]
    return [*rows, ["geometric mean", "", "", "", mean_ratio(ahead), mean_ratio(over), "", ""]]


def times(run: Run) -> Rows:
    """Everyone's fastest sample."""
    names = _present(run)
    return [
        ["case", *names],
        *([case.title, *(time_cell(case, name, FASTEST) for name in names)] for case in run.cases),
    ]


def first_calls(run: Run) -> Rows:
    """Those that were called in processes of their own; below, geometric means of the ratio to JAX's."""
    names = list(run.first_calls)
    if not names:
        return []
    rows = [["case", *names]]
    for case in run.cases:
        seconds = [run.first_calls[name].get(case.name) for name in names]
        rows.append([case.title, *(NO_FIGURE if value is None else format_seconds(value) for value in seconds)])
    means = [
        mean_ratio(ratio for case in run.cases if (ratio := first_call(run, case, name, "jax-jit")) is not None)
        for name in names
    ]
    return [*rows, ["geometric mean over JAX's", *means]]


def errors(run: Run) -> Rows:
    """How far the answers are from the exact one, beside what its condition makes of the last bits of the inputs."""
    names = [name for name in _present(run) if name not in ("function", "function-jit")]
    rows = [["case", "sensitivity", *names]]
    for case in run.cases:
        found = [case.timing(name) for name in names]
        cells = [NO_FIGURE if one is None or one.error is None else f"{one.error:.1e}" for one in found]
        rows.append([case.title, NO_FIGURE if case.sensitivity is None else f"{case.sensitivity:.1e}", *cells])
    return rows


def distances(run: Run) -> Rows:
    """Of the cases that count their operations: the least time, and how many times that everyone takes."""
    assert run.ceiling is not None
    names = [name for name in (COMPILED, *PEERS) if name in _present(run)]
    rows = [["case", "bytes", "operations", "least time", *names]]
    for case in run.cases:
        if case.flops is not None and case.moved is not None:
            least = run.ceiling.least_seconds(case.moved, case.flops)
            cells = [_ratio(distance(run, case, name)) for name in names]
            rows.append([case.title, f"{case.moved:.2g}", f"{case.flops:.2g}", format_seconds(least), *cells])
    return rows


def ceiling(run: Run) -> Rows:
    """Bandwidth by size, and arithmetic."""
    assert run.ceiling is not None
    rows = [
        [f"bytes a second, {size / 1024:g} KiB touched", f"{rate / 1e9:.3g} GB/s"]
        for size, rate in run.ceiling.bandwidth.items()
    ]
    return [
        ["what", "rate"],
        *rows,
        ["operations a second, product of matrices", f"{run.ceiling.flops / 1e9:.3g} GFLOP/s"],
    ]


def _present(run: Run) -> Sequence[str]:
    return list(dict.fromkeys(timing.contestant for case in run.cases for timing in case.timings))


def _ratio(value: float | None) -> str:
    return NO_FIGURE if value is None else format_ratio(value)
