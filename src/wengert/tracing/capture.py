"""Guarding what a recording keeps against later writes.

A small array is copied when it is captured. A large one is made read-only, with every array that it is a view
of, while the recording lives: a write then fails in NumPy, at the user's own line. Locks of several recordings,
in several threads, on one array are counted.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any, Final

import numpy as np

__all__ = ["SMALL", "Captured"]

SMALL: Final = 4096
_guard: Final = threading.Lock()
# The flags of an array belong to the process, and so does the count of who holds them.
_locked: Final[dict[int, tuple[Any, int]]] = {}


def _lock(array: Any) -> None:
    with _guard:
        held, count = _locked.get(id(array), (array, 0))
        _locked[id(array)] = (held, count + 1)
        array.flags.writeable = False


def _release(arrays: list[Any]) -> None:
    with _guard:
        # owners come before their views: a view can become writable only after its base has
        for array in reversed(arrays):
            held, count = _locked.pop(id(array))
            if count > 1:
                _locked[id(array)] = (held, count - 1)
            else:
                array.flags.writeable = True
    arrays.clear()


class Captured:
    """The arrays that one recording has locked; released when it ends or is forgotten."""

    __slots__ = ("__weakref__", "_finalizer", "arrays", "seen")

    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.seen: set[int] | None = None
        self._finalizer: Any = None

    def lock(self, array: Any) -> None:
        """Make an array read-only, with every array that it is a view of."""
        if self.seen is None:
            self.seen = set()
            self._finalizer = weakref.finalize(self, _release, self.arrays)
        chain = [array]
        while isinstance(chain[-1].base, np.ndarray):
            chain.append(chain[-1].base)
        for link in chain:
            if id(link) in self.seen:
                continue
            if link.flags.writeable or id(link) in _locked:
                _lock(link)
                self.arrays.append(link)
                self.seen.add(id(link))

    def release(self) -> None:
        """Give the arrays back as they were."""
        if self._finalizer is not None:
            self._finalizer()
            self._finalizer = None
            self.seen = None
