"""How long the formulas of the exam take: derivation, text, LaTeX, NumPy code and check of every row.

The rows and how a row is built are those of the tests. Run as a program it does the rows one after the other in a fresh
process, and prints their seconds as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.results import ExamResult
from benchmarks.subprocesses import run_python

__all__ = ["EXAM", "measure_exam"]

EXAM = "closed-form-exam"
"""What the command line calls this measurement."""

_ROWS = Path(__file__).resolve().parent.parent / "tests" / "calculus" / "test_exam.py"


def measure_exam(processes: int = 3) -> ExamResult:
    """Every row's shortest time over some processes; the first row's and the sum's medians, and the failures."""
    runs = [json.loads(run_python("-m", "benchmarks.exam")) for _ in range(processes)]
    firsts = sorted(run["first"] for run in runs)
    rows = {name: min(run["rows"][name] for run in runs) for name in runs[0]["rows"]}
    failures = {name: message for run in runs for name, message in run["failures"].items()}
    return ExamResult(rows, firsts[len(firsts) // 2], failures)


def _exam() -> Any:
    spec = importlib.util.spec_from_file_location("exam", _ROWS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _work_through(exam: Any, row: dict[str, str]) -> None:
    """Everything that a reader may ask of a row."""
    form = exam.derived(row)
    formulas = [getattr(form, exam.KINDS[row["kind"]]), *([form.hessian] if row["second"] else [])]
    derivation = form.derivation()
    assert str(derivation)
    assert derivation.latex()
    for formula in formulas:
        assert str(formula)
        assert formula.latex()
        assert formula.python()
        assert formula.compile()
    assert str(form.check)


def _measured() -> dict[str, Any]:
    exam = _exam()
    seconds: dict[str, float] = {}
    failures: dict[str, str] = {}
    for name, row in exam.ROWS.items():
        start = time.perf_counter()
        try:
            _work_through(exam, row)
        except Exception as error:  # noqa: BLE001 - a row may fail in any way, and the others must go on
            failures[name] = f"{type(error).__name__}: {error}"
        seconds[name] = time.perf_counter() - start
    return {"rows": seconds, "first": next(iter(seconds.values())), "failures": failures}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measured()))
