"""First calls, which trace and compile, in processes in which nothing has been compiled before.

One process serves all cases of a contestant, so that loading its package and starting its threads are not counted;
before each case it drops what it may have kept of the others, and waits for threads that still work on them. What keeps
object code on disk is called in a second process that finds what the first one left.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.case import Case, Quantity
from benchmarks.cases import CASES
from benchmarks.contestant import Contestant
from benchmarks.contestants import CONTESTANTS
from benchmarks.limit import time_limit
from benchmarks.measure import first_line
from benchmarks.results import CaseResult
from benchmarks.subprocesses import run_python

__all__ = ["measure_first_calls", "seconds_of_first_calls"]

LIMIT = 120.0
ON_DISK = "wengert-jit-disk"


def measure_first_calls(
    names: Sequence[str], results: Sequence[CaseResult], processes: int = 4
) -> dict[str, dict[str, float]]:
    """Contestant -> case -> the seconds of the fastest first call, of the way that was the fastest in the end."""
    return {name: _fastest_of(name, results, processes) for name in names}


def _fastest_of(name: str, results: Sequence[CaseResult], processes: int) -> dict[str, float]:
    """The least of some fresh processes; a failure leaves its case out."""
    like = "wengert-jit" if name == ON_DISK else name
    ways = {
        case.name: timing.way
        for case in results
        if (timing := case.timing(like)) is not None and timing.best is not None
    }
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = {"WENGERT_CACHE_DIR": folder, "XDG_CACHE_HOME": folder} if name == ON_DISK else {}
        for number in range(processes + (name == ON_DISK)):
            try:
                answer = json.loads(run_python("-m", __name__, name, json.dumps(ways), settings=settings))
            except RuntimeError as error:
                print(f"first calls of {name}: {error}", file=sys.stderr)
                break
            for case, value in answer.items():
                if isinstance(value, str):
                    print(f"first call of {name} on {case}: {value}", file=sys.stderr)
                elif number or name != ON_DISK:
                    seconds.setdefault(case, []).append(value)
    return {case: min(values) for case, values in seconds.items()}


def seconds_of_first_calls(
    contestant: Contestant, ways: Mapping[str, str], *, small: bool = False
) -> dict[str, float | str]:
    """Case -> seconds until the first answer, in this process, or why there is none."""
    contestant.get_ready()
    _first_call(contestant, REHEARSAL, "", small=True)
    seconds: dict[str, float | str] = {}
    for case in CASES:
        if case.name in ways:
            try:
                with time_limit(LIMIT):
                    seconds[case.name] = _first_call(contestant, case, ways[case.name], small=small)
            except Exception as error:  # noqa: BLE001 - it may fail in any way, and the other cases must go on
                seconds[case.name] = first_line(error)
    return seconds


def _first_call(contestant: Contestant, case: Case, way: str, *, small: bool) -> float:
    inputs = case.make_inputs(small=small)
    contestant.forget()
    gc.collect()
    start = time.perf_counter()
    contestant.build(case, inputs)[way](*inputs)
    return time.perf_counter() - start


def wave(x: Any) -> Any:
    """Something to compile before the clock runs."""
    return np.sum(np.sin(x) * x)


def wave_gradient(x: np.ndarray) -> np.ndarray:
    """Its gradient."""
    gradient: np.ndarray = np.sin(x) + x * np.cos(x)
    return gradient


REHEARSAL = Case("rehearsal", "rehearsal", Quantity.GRADIENT, wave, lambda: (np.arange(3.0),), wave_gradient)


if __name__ == "__main__":
    chosen = next(one for one in CONTESTANTS if one.name == sys.argv[1])
    print(json.dumps(seconds_of_first_calls(chosen, json.loads(sys.argv[2]))))
