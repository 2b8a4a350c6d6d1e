"""Whether the machine is quiet enough to measure on, as Linux tells; elsewhere it is taken to be."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

__all__ = ["OtherWork", "settle"]

TOLERATED_SHARE = 0.1
"""Share of one core that other programs may use while a round is measured."""
CLOCK_TICK = 0.02
"""Seconds by which the kernel's account may be off."""


def settle(nap: float = 0.002, naps: int = 100) -> None:
    """Sleep until no other thread of this process is running."""
    for _ in range(naps):
        time.sleep(nap)
        if not _other_threads_running():
            break


def _other_threads_running() -> bool:
    """By the state of each thread; the process's clock lags by a scheduler's tick, which is too coarse."""
    this_thread = str(threading.get_native_id())
    for task in Path("/proc/self/task").glob("[0-9]*"):
        try:
            status = (task / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:  # the thread has ended
            continue
        if status.rpartition(")")[2].split()[0] == "R" and task.name != this_thread:
            return True
    return False


class OtherWork:
    """The processor time that other programs use from now on."""

    def __init__(self) -> None:
        """Start the account."""
        self._start, self._others = time.perf_counter(), _others_seconds()

    def disturbs(self) -> bool:
        """Whether it is enough to spoil what was measured meanwhile."""
        elapsed = time.perf_counter() - self._start
        return _others_seconds() - self._others > TOLERATED_SHARE * elapsed + CLOCK_TICK


def _others_seconds() -> float:
    """Processor time used on this machine, or taken from it by its host, outside this process."""
    try:
        first_line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return 0.0
    user, nice, system, _idle, _wait, interrupts, soft_interrupts, stolen = map(int, first_line.split()[1:9])
    busy = (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")
    return busy - time.process_time()
