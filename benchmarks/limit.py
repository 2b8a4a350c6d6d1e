"""A limit on the time that a contestant may take, where the system has timers that interrupt a program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["TooSlowError", "time_limit"]


class TooSlowError(Exception):
    """A call was given up."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` when the block lasts longer.

    Compiled code is interrupted when it returns to Python. Where there are no timers, in another thread than the main
    one, and where a timer is running already, there is no limit.
    """
    timed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not timed or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def give_up(_signal: int, _frame: Any) -> None:
        raise TooSlowError(f"no answer within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
