"""No garbage collection while a program is recorded: it would look again and again through equations that all stay."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["without_collection"]


class _Pause:
    """Who asks that the collector be off.

    `running` has an entry for each recording, in whatever thread, where the first one has found the collector at work.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.running: list[None] = []


_pause: Final = _Pause()


def _forget() -> None:
    """In a child of fork no other thread runs that would end its pause."""
    _pause.lock = threading.RLock()
    if _pause.running:
        _pause.running.clear()
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the collector until the last of the threads that ask for it is done; a collector that is off stays off."""
    with _pause.lock:
        pausing = bool(_pause.running) or gc.isenabled()
        if pausing:
            _pause.running.append(None)
            gc.disable()
    try:
        yield
    finally:
        if pausing:
            with _pause.lock:
                # in a child of fork it may be forgotten
                del _pause.running[-1:]
                if not _pause.running:
                    gc.enable()
