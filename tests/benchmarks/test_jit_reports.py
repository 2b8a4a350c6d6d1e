"""Verdicts and tables on compiled derivatives, on a run that is made up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from benchmarks.__main__ import main
from benchmarks.bars import Verdict, judge
from benchmarks.case import Quantity
from benchmarks.cases import CASES
from benchmarks.ceiling import measure_ceiling
from benchmarks.contestants import CONTESTANTS
from benchmarks.contestants.by_hand import ByHand
from benchmarks.first_calls import measure_first_calls, seconds_of_first_calls
from benchmarks.jit_bars import JIT_BARS, JIT_CONTESTANTS, ON_DISK, accuracy_allowed, behind, distance, fastest_peer
from benchmarks.jit_report import jit_markdown, jit_text
from benchmarks.report import bars_table
from benchmarks.results import CaseResult, Ceiling, Run, Status, Timing


def timing(name: str, best: float, error: float = 1e-15) -> Timing:
    return Timing(name, Status.OK, median=1.1 * best, best=best, first_call=0.1, error=error)


GRADIENT = CaseResult(
    "rosenbrock-10",
    "Rosenbrock",
    "gradient",
    (
        timing("by-hand", 6e-6),
        timing("wengert", 3e-5),
        timing("wengert-jit", 2e-6),
        timing("jax-jit", 8e-6),
        timing("casadi", 3e-6),
        timing("function-jit", 1e-6),
    ),
    sensitivity=1e-15,
)
HESSIAN = CaseResult(
    "quadratic-hessian-500",
    "quadratic form",
    "Hessian",
    (
        timing("wengert-jit", 4e-3, 3e-12),
        timing("jax-jit", 1e-2),
        timing("by-hand", 2e-3),
        timing("function-jit", 1e-6),
        Timing("torch-compile", Status.DECLINED, message="takes minutes"),
    ),
    moved=4e6,
    flops=1e6,
    sensitivity=1e-12,
)
RUN = Run(
    machine={"date": "today", "cpu": "abacus", "cores": "2", "python": "3.11", "threads": "none"},
    cases=(GRADIENT, HESSIAN),
    ceiling=Ceiling({2**20: 1e11, 2**24: 4e9}, 1e10),
    first_calls={
        "wengert-jit": {"rosenbrock-10": 0.02, "quadratic-hessian-500": 0.04, "pendulum-10000": 3.0},
        "jax-jit": {"rosenbrock-10": 0.2, "quadratic-hessian-500": 0.1},
        "wengert-jit-disk": {"rosenbrock-10": 0.002},
    },
)
FIGURES = {
    "every case beside its fastest peer: the slowest": (2.0, "quadratic-hessian-500", Verdict.MISSED),
    "every case beside its fastest peer: geometric mean": ((2.0 * 2 / 3) ** 0.5, "", Verdict.MISSED),
    "gradient of Rosenbrock, n = 10, beside JAX": (0.25, "rosenbrock-10", Verdict.KEPT),
    "first calls beside JAX's: geometric mean": (0.2, "", Verdict.KEPT),
    "first calls with the code on disk beside JAX's: geometric mean": (0.01, "", Verdict.KEPT),
    "gradient over function, both compiled: geometric mean": (2.0, "", Verdict.KEPT),
    "gradient over function, both compiled: the largest": (2.0, "rosenbrock-10", Verdict.KEPT),
    "Hessian of the quadratic form, n = 500, beside JAX": (0.4, "quadratic-hessian-500", Verdict.MISSED),
    "Hessian of logistic regression 10⁴×100 beside JAX": (None, "", Verdict.OPEN),
    "Hessian of the factorisation 60×60×5 beside JAX": (None, "", Verdict.OPEN),
    "first call of a loop of 10⁴ steps of scalar Python": (3.0, "pendulum-10000", Verdict.MISSED),
    "error beside 10⁻¹², or beside what the condition allows: the largest": (
        3.0 / 8.0,
        "quadratic-hessian-500",
        Verdict.KEPT,
    ),
}


@pytest.mark.parametrize("bar", JIT_BARS, ids=lambda bar: bar.promise)
def test_a_bar_is_judged(bar):
    figure, where, verdict = FIGURES[bar.promise]
    ((_, measured, judgement),) = judge(RUN, [bar])
    assert measured == pytest.approx(figure)
    assert (bar.where(RUN), judgement) == (where, verdict)


def test_a_wrong_compiled_derivative_fails_every_bar():
    wrong = replace(GRADIENT, timings=(Timing("wengert-jit", Status.WRONG, message="relative error 1.0e-03"),))
    verdicts = judge(replace(RUN, cases=(wrong, HESSIAN)), JIT_BARS)
    assert {verdict for *_, verdict in verdicts} == {Verdict.FAILED}


def test_without_a_compiler_every_bar_is_open():
    cases = tuple(
        replace(case, timings=tuple(one for one in case.timings if one.contestant != "wengert-jit"))
        for case in RUN.cases
    )
    first_calls = {"jax-jit": RUN.first_calls["jax-jit"]}
    verdicts = judge(replace(RUN, cases=cases, first_calls=first_calls), JIT_BARS)
    assert {verdict for *_, verdict in verdicts} == {Verdict.OPEN}


def test_the_fastest_peer_is_no_kin_of_wengert():
    assert fastest_peer(GRADIENT) == ("casadi", 3e-6)
    assert behind(GRADIENT) == pytest.approx(2 / 3)
    assert fastest_peer(replace(GRADIENT, timings=GRADIENT.timings[1:3])) is None


def test_the_condition_of_a_case_forgives_what_nobody_can_help():
    assert accuracy_allowed(GRADIENT) == 1e-12
    assert accuracy_allowed(HESSIAN) == 8e-12


@pytest.mark.parametrize(
    ("moved", "flops", "seconds"),
    [(2**19, 0.0, 2**19 / 1e11), (2**21, 0.0, 2**21 / 4e9), (2**30, 0.0, 2**30 / 4e9), (0.0, 1e7, 1e-3)],
)
def test_the_least_time_is_what_the_machine_takes_at_most_speed(moved, flops, seconds):
    assert RUN.ceiling.least_seconds(moved, flops) == pytest.approx(seconds)


def test_of_two_looks_at_the_machine_the_better_one_counts():
    other = Ceiling({2**20: 9e10, 2**24: 5e9}, 2e10)
    assert RUN.ceiling.or_better(other) == Ceiling({2**20: 1e11, 2**24: 5e9}, 2e10)


def test_the_distance_to_the_limit_is_that_of_cases_that_count():
    assert distance(RUN, HESSIAN) == pytest.approx(4.0)
    assert distance(RUN, GRADIENT) is None


def test_the_report_shows_who_has_to_be_beaten():
    lines = jit_text(RUN).splitlines()
    rows = [" ".join(line.split()) for line in lines]
    assert "Rosenbrock 2.00 µs casadi 3.00 µs 1.50 × 2.00 × 15.0 × ·" in rows
    assert "quadratic form 4.00 ms by-hand 2.00 ms 0.50 × · · 4.00 ×" in rows
    assert "geometric mean over JAX's 0.20 × 1.00 × 0.01 ×" in rows
    assert "quadratic form 4e+06 1e+06 1.00 ms 4.00 × 2.00 × 10.0 × · ·" in rows
    assert any(line.startswith("quadratic form") and "declined" in line for line in lines)


def test_the_markdown_has_the_same_tables():
    shown = jit_markdown(RUN)
    assert "| Rosenbrock | 2.00 µs | casadi | 3.00 µs | 1.50 × | 2.00 × | 15.0 × | · |" in shown
    assert shown.endswith("abacus, 2 cores; python 3.11; today.\n")


def test_the_table_of_bars_says_where_the_figure_was_found():
    lines = bars_table(judge(RUN, JIT_BARS[:2]), RUN).splitlines()
    assert "2 × (quadratic-hessian-500)" in lines[2]
    assert lines[3].split()[-3:] == ["1.15", "×", "MISSED"]


def test_a_run_survives_its_json_form():
    assert Run.from_json(json.loads(json.dumps(RUN.to_json()))) == RUN


def test_the_command_line_reports_a_kept_run(tmp_path, capsys):
    kept = tmp_path / "run.json"
    kept.write_text(json.dumps(RUN.to_json()), encoding="utf-8")
    assert main(["jit", "--read", str(kept)]) == 1
    shown = capsys.readouterr().out
    assert all(bar.promise in shown for bar in JIT_BARS)
    assert main(["jit", "--cases", "nonsense"]) == 2
    assert "no case matches nonsense" in capsys.readouterr().err


def test_the_bars_speak_of_cases_and_contestants_that_exist():
    contestants = {contestant.name for contestant in CONTESTANTS}
    assert JIT_CONTESTANTS | {ON_DISK} <= contestants
    names = {case.name for case in CASES}
    assert {"rosenbrock-10", "quadratic-hessian-500", "pendulum-10000"} <= names
    assert {"logistic-hessian-10000x100", "factorisation-hessian-60x60x5"} <= names


def test_every_case_of_a_loop_or_a_large_array_counts_its_work():
    counting = [case for case in CASES if case.flops is not None]
    assert len(counting) >= 10
    assert all(case.flops(**case.sizes) > case.flops(**case.small_sizes) > 0.0 for case in counting)
    assert all(case.quantity is not Quantity.MANY_GRADIENTS for case in counting)


# --- what is measured besides ------------------------------------------------------------------------------


def test_the_machine_has_a_ceiling():
    ceiling = measure_ceiling(patience=0.0)
    assert ceiling.flops > 0.0
    assert all(rate > 0.0 for rate in ceiling.bandwidth.values())


def test_first_calls_are_those_of_the_chosen_ways():
    found = seconds_of_first_calls(ByHand(), {"rosenbrock-10": "", "taylor-cosine": "no such way"}, small=True)
    assert found["rosenbrock-10"] > 0.0
    assert found["taylor-cosine"].startswith("KeyError")


def test_first_calls_are_made_in_fresh_processes():
    found = measure_first_calls(["by-hand"], [GRADIENT], processes=1)
    assert set(found["by-hand"]) == {"rosenbrock-10"}
