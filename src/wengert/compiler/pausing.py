"""No garbage collection while a program is recorded: it would look again and again through equations that all stay."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["without_collection"]

_lock = threading.Lock()
# the recordings that run in all threads, where the first one has found the collector at work
_running: Final[list[None]] = []


def _forget() -> None:
    """In a child of fork no other thread runs that would end its pause."""
    global _lock
    _lock = threading.Lock()
    if _running:
        _running.clear()
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the collector until the last of the threads that ask for it is done; a collector that is off stays off."""
    with _lock:
        pausing = bool(_running) or gc.isenabled()
        if pausing:
            _running.append(None)
            gc.disable()
    try:
        yield
    finally:
        if pausing:
            with _lock:
                # in a child of fork it may be forgotten
                del _running[-1:]
                if not _running:
                    gc.enable()
