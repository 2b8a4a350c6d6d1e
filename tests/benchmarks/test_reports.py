"""The reports, the verdicts and the command line of the benchmarks, on a run that is made up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from benchmarks.__main__ import main, select
from benchmarks.bars import BARS, CLOSED_FORM_BARS, Bar, ExamBar, MemoryBar, StartupBar, TimeBar, Verdict, judge
from benchmarks.cases import CASES, MEMORY_CASE
from benchmarks.contestants import CONTESTANTS
from benchmarks.report import bars_table, format_ratio, format_seconds, markdown, text
from benchmarks.results import CaseResult, ExamResult, MemoryResult, Run, StartupResult, Status, Timing

ALL_CASES = [*CASES, MEMORY_CASE]

SYNTHETIC = Run(
    machine={
        "date": "today",
        "cpu": "abacus",
        "cores": "2",
        "python": "3.11",
        "numpy": "2",
        "threads": "none",
    },
    cases=(
        CaseResult(
            "rosenbrock-10",
            "Rosenbrock, n = 10",
            "gradient",
            (
                Timing("function", Status.OK, median=4e-6, first_call=5e-6),
                Timing("wengert", Status.OK, median=2e-5, first_call=3e-4),
                Timing("autograd", Status.OK, median=1.6e-4, first_call=1e-3),
                Timing("torch", Status.WRONG, message="relative error 1.0e-03"),
            ),
        ),
        CaseResult(
            "solve-1000",
            "linear solve",
            "gradient",
            (
                Timing("function", Status.OK, median=0.010, first_call=0.1),
                Timing("wengert", Status.OK, median=0.020, first_call=0.1, way="LU"),
                Timing("torch", Status.OK, median=0.010, first_call=2.0),
            ),
            disturbed_rounds=3,
        ),
    ),
    memory=(
        MemoryResult("wengert", Status.OK, 13.25),
        MemoryResult("jax", Status.ERROR, message="KeyError: 1"),
    ),
    startup=StartupResult(numpy=0.05, wengert=0.09),
)

TEXT = """\
date     today
cpu      abacus
cores    2
python   3.11
numpy    2
threads  none

Time of a call (median, steady state)

case                function  wengert  autograd    torch
------------------  --------  -------  --------  -------
Rosenbrock, n = 10   4.00 µs  20.0 µs    160 µs    WRONG
linear solve         10.0 ms  20.0 ms         ·  10.0 ms

Gradient over function, and each peer's time over Wengert's (above 1: Wengert is faster)

case                wengert  gradient / function  autograd   torch
------------------  -------  -------------------  --------  ------
Rosenbrock, n = 10  20.0 µs               5.00 ×    8.00 ×   WRONG
linear solve        20.0 ms               2.00 ×         ·  0.50 ×
geometric mean                            3.16 ×    8.00 ×  0.50 ×

Time of the first call (trace and compile included)

case                wengert  autograd   torch
------------------  -------  --------  ------
Rosenbrock, n = 10   300 µs   1.00 ms       ·
linear solve         100 ms         ·  2.00 s

Peak memory of the gradient, in arrays of the input's size

contestant  arrays      seen by
----------  ------  -----------
wengert       13.2  tracemalloc
jax          ERROR  tracemalloc

Import, fresh process

import         time
----------  -------
numpy       50.0 ms
wengert     90.0 ms
difference    40 ms

Remarks

Rosenbrock, n = 10: torch WRONG: relative error 1.0e-03
linear solve: other programs ran in 3 of the rounds
linear solve: wengert by LU
memory: jax ERROR: KeyError: 1
"""

MARKDOWN = """\
| case | wengert | gradient / function | autograd | torch |
| --- | ---: | ---: | ---: | ---: |
| Rosenbrock, n = 10 | 20.0 µs | 5.00 × | 8.00 × | WRONG |
| linear solve | 20.0 ms | 2.00 × | · | 0.50 × |
| geometric mean |  | 3.16 × | 8.00 × | 0.50 × |

abacus, 2 cores; python 3.11, numpy 2; today.
"""


def test_the_report_for_a_terminal():
    assert text(SYNTHETIC) == TEXT


def test_the_table_for_a_readme():
    assert markdown(SYNTHETIC) == MARKDOWN


def test_without_wengert_the_times_stand_alone():
    cases = tuple(
        replace(case, timings=tuple(timing for timing in case.timings if timing.contestant != "wengert"))
        for case in SYNTHETIC.cases
    )
    report = text(replace(SYNTHETIC, cases=cases))
    assert "Time of a call" in report
    assert "Gradient over function" not in report


CLOSED = Run(
    machine=SYNTHETIC.machine,
    cases=(
        CaseResult(
            "closed-form-quadratic-1000",
            "quadratic form",
            "Hessian",
            (
                Timing("function", Status.OK, median=3e-4, first_call=1e-3),
                Timing("by-hand", Status.OK, median=2e-3, first_call=2e-3),
                Timing("closed-form", Status.OK, median=1e-3, first_call=0.06, built=0.05),
                Timing("wengert", Status.OK, median=0.1, first_call=0.2),
                Timing("jax-jit", Status.OK, median=4e-3, first_call=1.0),
                Timing("torch", Status.SLOW, message="no answer within 60 s"),
            ),
        ),
    ),
    exam=ExamResult({"R01": 0.02, "R02": 0.05, "R03": 0.2}, first=0.1, failures={}),
    settings={"limit": 60.0},
)

CLOSED_TEXT = """\
Closed forms, and everyone's time over theirs (above 1: the closed form is faster)

case            derive and compile  closed-form  by-hand  wengert  jax-jit  torch
--------------  ------------------  -----------  -------  -------  -------  -----
quadratic form             50.0 ms      1.00 ms   2.00 ×    100 ×   4.00 ×   SLOW
"""

EXAM_TEXT = """\
rows                             time
----------------------------  -------
median of a row               50.0 ms
the slowest, R03               200 ms
all 3                          270 ms
the first in a fresh process   100 ms
"""


def test_closed_forms_have_a_table_of_their_own():
    report = text(CLOSED)
    assert CLOSED_TEXT in report
    assert EXAM_TEXT in report
    assert "Gradient over function" not in report
    assert "| quadratic form | 50.0 ms | 1.00 ms | 2.00 × | 100 × | 4.00 × | SLOW |" in markdown(CLOSED)


def test_rows_of_the_exam_that_fail_are_named():
    failing = replace(CLOSED, exam=replace(CLOSED.exam, failures={"R02": "KeyError: 1"}))
    assert "exam: R02 FAILED: KeyError: 1" in text(failing)
    ((_, _, judgement),) = judge(failing, [ExamBar("all", "total", 1e3)])
    assert judgement is Verdict.FAILED


@pytest.mark.parametrize(
    ("bar", "measured", "verdict"),
    [
        (TimeBar("ahead", "closed-form-quadratic-1000", "wengert", 1.0, "closed-form"), 0.01, Verdict.KEPT),
        (TimeBar("not far", "closed-form-quadratic-1000", "jax-jit", 0.2, "closed-form"), 0.25, Verdict.MISSED),
        (TimeBar("given up", "closed-form-quadratic-1000", "torch", 1.0, "closed-form"), 1e-3 / 60, Verdict.KEPT),
        (TimeBar("absent", "closed-form-quadratic-1000", "autograd", 1.0, "closed-form"), None, Verdict.OPEN),
        (ExamBar("a row", "median", 100.0), 50.0, Verdict.KEPT),
        (ExamBar("all", "total", 200.0), 270.0, Verdict.MISSED),
    ],
    ids=lambda value: value.promise if isinstance(value, Bar) else None,
)
def test_a_bar_of_closed_forms_is_judged(bar, measured, verdict):
    ((_, figure, judgement),) = judge(CLOSED, [bar])
    assert figure == (None if measured is None else pytest.approx(measured))
    assert judgement is verdict


@pytest.mark.parametrize("run", [SYNTHETIC, CLOSED], ids=["plain", "closed forms"])
def test_a_run_survives_json(run):
    assert Run.from_json(json.loads(json.dumps(run.to_json()))) == run


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(2.5e-8, "25.0 ns"), (9.996e-7, "1.00 µs"), (1.234e-5, "12.3 µs"), (0.1234, "123 ms"), (61.0, "61.0 s")],
)
def test_times_have_three_digits(seconds, shown):
    assert format_seconds(seconds) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"), [(0.00312, "0.0031 ×"), (0.123, "0.12 ×"), (12.34, "12.3 ×"), (123.4, "123 ×")]
)
def test_ratios_have_no_more_digits_than_they_deserve(ratio, shown):
    assert format_ratio(ratio) == shown


# --- bars --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "measured", "verdict"),
    [
        (TimeBar("kept", "rosenbrock-10", "autograd", 1 / 3), 0.125, Verdict.KEPT),
        (TimeBar("missed", "solve-1000", "function", 1.5), 2.0, Verdict.MISSED),
        (TimeBar("rival failed", "rosenbrock-10", "torch", 1 / 2), None, Verdict.OPEN),
        (TimeBar("not run", "taylor-cosine", "torch", 1 / 2), None, Verdict.OPEN),
        (MemoryBar("kept", 14.0), 13.25, Verdict.KEPT),
        (MemoryBar("missed", 13.0), 13.25, Verdict.MISSED),
        (StartupBar("kept", 60.0), 40.0, Verdict.KEPT),
    ],
    ids=lambda value: value.promise if isinstance(value, Bar) else None,
)
def test_a_bar_is_judged(bar, measured, verdict):
    ((_, figure, judgement),) = judge(SYNTHETIC, [bar])
    assert figure == pytest.approx(measured)
    assert judgement is verdict


def test_a_bar_on_which_wengert_fails_is_not_merely_open():
    case = SYNTHETIC.cases[0]
    failing = replace(case, timings=(Timing("wengert", Status.ERROR, message="no rule"),))
    run = replace(SYNTHETIC, cases=(failing,))
    ((_, _, judgement),) = judge(run, [TimeBar("failed", "rosenbrock-10", "autograd", 1 / 3)])
    assert judgement is Verdict.FAILED


def test_nothing_measured_leaves_every_bar_open():
    assert {verdict for _, _, verdict in judge(Run(machine={}))} == {Verdict.OPEN}


def test_the_bars_speak_of_cases_and_contestants_that_exist():
    names, contestants = set(select([])), {contestant.name for contestant in CONTESTANTS}
    bars = [*BARS, *CLOSED_FORM_BARS]
    assert all(bar.needs in names for bar in bars)
    assert all({bar.versus, bar.of} <= contestants for bar in bars if isinstance(bar, TimeBar))


def test_the_table_of_bars():
    bars = [TimeBar("swift", "rosenbrock-10", "autograd", 1 / 3), MemoryBar("lean", 13.0)]
    assert bars_table(judge(SYNTHETIC, bars)).splitlines() == [
        "promise    at most     measured  verdict",
        "-------  ---------  -----------  -------",
        "swift      0.333 ×      0.125 ×     kept",
        "lean     13 arrays  13.2 arrays   MISSED",
    ]


# --- the command line --------------------------------------------------------------------------------------


def test_cases_are_selected_by_part_or_wildcard():
    assert select(["solve"]) == ["solve-300", "solve-1000"]
    assert select(["*hessian-6", "import"]) == ["determinant-hessian-6", "import"]
    assert len(select([])) == len(CASES) + 3


def test_the_list_shows_cases_and_contestants(capsys):
    assert main(["--list"]) == 0
    shown = capsys.readouterr().out
    assert all(case.name in shown for case in ALL_CASES)
    assert all(contestant.name in shown for contestant in CONTESTANTS)


def test_a_kept_run_can_be_reported(tmp_path, capsys):
    kept = tmp_path / "run.json"
    kept.write_text(json.dumps(SYNTHETIC.to_json()), encoding="utf-8")
    assert main(["--read", str(kept), "--markdown"]) == 0
    assert capsys.readouterr().out == MARKDOWN


def test_bars_set_the_exit_status(tmp_path, capsys):
    kept = tmp_path / "run.json"
    kept.write_text(json.dumps(SYNTHETIC.to_json()), encoding="utf-8")
    assert main(["bars", "--read", str(kept)]) == 1
    assert "MISSED" in capsys.readouterr().out


def test_closed_forms_have_verdicts_of_their_own(tmp_path, capsys):
    kept = tmp_path / "run.json"
    kept.write_text(json.dumps(CLOSED.to_json()), encoding="utf-8")
    assert main(["closed-form", "--read", str(kept)]) == 1
    shown = capsys.readouterr().out
    assert all(bar.promise in shown for bar in CLOSED_FORM_BARS)
    assert not any(bar.promise in shown for bar in BARS)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nonsense"], "no case matches nonsense; --list shows the names"),
        (["--read", "nowhere.json"], "No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, complaint, capsys):
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert complaint in shown
    assert shown.count("\n") == 1


def test_an_unknown_peer_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["--peers", "autograd,abacus"])
    assert "unknown: abacus; there are by-hand, wengert-jit, autograd" in capsys.readouterr().err
