"""Peak memory of a gradient, in arrays of the input's size, each contestant in a fresh process.

NumPy reports its arrays to tracemalloc, which counts exactly what is alive. PyTorch and JAX do not; for them
the growth of the process's peak resident memory is taken, which also counts what their allocators keep.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Function
from benchmarks.cases import MEMORY_CASE
from benchmarks.checking import difference_from
from benchmarks.contestant import Contestant
from benchmarks.contestants import CONTESTANTS
from benchmarks.results import MemoryResult, Status
from benchmarks.subprocesses import run_python

__all__ = ["measure_memory", "peak_of"]

MAP_ARRAYS = {"MALLOC_MMAP_THRESHOLD_": str(2**20)}
"""Has glibc map every large array on its own and give it back when it is freed. Its default reuses the heap,
where aligned arrays may leave holes of almost their size: what keeps 11 arrays may then look like 1000.
"""


def measure_memory(contestants: Iterable[Contestant]) -> tuple[MemoryResult, ...]:
    """The memory case for everyone who takes part in it."""
    return tuple(_in_fresh_process(contestant) for contestant in contestants if contestant.takes_part(MEMORY_CASE))


def _in_fresh_process(contestant: Contestant) -> MemoryResult:
    try:
        answer = json.loads(run_python("-m", "benchmarks.memory", contestant.name, settings=MAP_ARRAYS))
    except RuntimeError as error:
        return MemoryResult(contestant.name, Status.ERROR, message=str(error))
    seen_by = "tracemalloc" if contestant.reports_to_tracemalloc else "resident memory"
    if answer["fault"]:
        return MemoryResult(contestant.name, Status.WRONG, None, seen_by, answer["fault"])
    return MemoryResult(contestant.name, Status.OK, answer["arrays"], seen_by)


def peak_of(contestant: Contestant, *, small: bool = False) -> dict[str, Any]:
    """Peak of one call beyond what was allocated before it, and the fault of its answer if it has one."""
    contestant.get_ready()
    rehearsal = MEMORY_CASE.make_inputs(small=True)
    call = next(iter(contestant.build(MEMORY_CASE, rehearsal).values()))
    # What a first call allocates for good (caches, thread pools) is not the gradient's memory.
    call(*rehearsal)
    inputs = MEMORY_CASE.make_inputs(small=small)
    look = _traced_peak if contestant.reports_to_tracemalloc else _resident_peak
    peak, answer = look(call, inputs)
    assert MEMORY_CASE.derivative is not None
    return {
        "arrays": peak / inputs[0].nbytes,
        "fault": difference_from(MEMORY_CASE.derivative(*inputs), answer) if contestant.checked else None,
    }


def _traced_peak(call: Function, inputs: tuple[np.ndarray, ...]) -> tuple[int, Any]:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    answer = call(*inputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - before, answer


def _resident_peak(call: Function, inputs: tuple[np.ndarray, ...]) -> tuple[int, Any]:
    """Linux only: writing 5 to ``clear_refs`` sets the peak back to the present."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status_bytes("VmRSS")
    answer = call(*inputs)
    return _status_bytes("VmHWM") - before, answer


def _status_bytes(entry: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == entry:
            return int(value.split()[0]) * 1024
    raise RuntimeError(f"/proc/self/status has no {entry}")


if __name__ == "__main__":
    print(json.dumps(peak_of(next(one for one in CONTESTANTS if one.name == sys.argv[1]))))
