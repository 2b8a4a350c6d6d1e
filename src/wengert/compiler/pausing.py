"""No garbage collection while a program is recorded: it would look again and again through equations that all stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["without_collection"]

_lock: Final = threading.Lock()
# the recordings that run in all threads, where the first one has found the collector at work
_running: Final[list[None]] = []


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
                _running.pop()
                if not _running:
                    gc.enable()
