"""Guarding what a recording keeps against later writes.

A small array is copied when it is captured, and so are larger ones as long as this costs less than a guard. Any other
is made read-only, with every array that it is a view of, while the recording lives: a write then fails in NumPy, at the
user's own line. Locks of several recordings, in several threads, on one array are counted.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final

import numpy as np

__all__ = ["ROOM", "SMALL", "Captured"]

# Bytes of an array that is always copied, and of all larger ones together that one recording copies.
SMALL: Final = 4096
ROOM: Final = 1 << 17
_SAMPLES: Final = 64
_guard: Final = threading.RLock()
# The flags of an array belong to the process, and so does the count of who holds them.
_locked: Final[dict[int, tuple[Any, int]]] = {}
# Released views whose base another recording still holds: they become writable when the base does.
_waiting: Final[list[Any]] = []
# What ended recordings give back. The garbage collector may end one in the middle of a write to the table, in the
# thread that writes: then it is left here until the write is done.
_returned: Final[deque[list[Any]]] = deque()
_writing: Final[list[bool]] = []


def _chain(array: Any) -> list[Any]:
    """The array, and the arrays that it is a view of, outermost last."""
    chain = [array]
    while isinstance(chain[-1].base, np.ndarray):
        chain.append(chain[-1].base)
    return chain


def _lock(array: Any) -> bool:
    """Make an array read-only, unless it was so before anybody locked it; whether it is now held."""
    with _guard:
        _writing.append(True)
        try:
            held, count = _locked.get(id(array), (array, 0))
            if not count and not array.flags.writeable:
                return False
            _locked[id(array)] = (held, count + 1)
            array.flags.writeable = False
        finally:
            _writing.pop()
    return True


def _take_back() -> None:
    """Unlock what has been returned."""
    with _guard:
        while _returned and not _writing:
            _writing.append(True)
            try:
                _unlock(_returned.popleft())
            finally:
                _writing.pop()


def _unlock(arrays: list[Any]) -> None:
    for array in arrays:
        held, count = _locked.pop(id(array))
        if count > 1:
            _locked[id(array)] = (held, count - 1)
        elif array.base is None:
            array.flags.writeable = True
        else:
            _waiting.append(array)
    if _waiting:
        _unlock_views()


def _unlock_views() -> None:
    # a view can become writable only after its base has
    for array in sorted(_waiting, key=lambda array: len(_chain(array))):
        if not any(id(link) in _locked for link in _chain(array)):
            array.flags.writeable = True
    _waiting[:] = [array for array in _waiting if not array.flags.writeable]


class Captured:
    """The arrays that one recording has locked; released when it ends or is forgotten.

    A view that was made before keeps its own flag, so that a write through it escapes the lock. Some entries of every
    array are therefore remembered, and compared before a sweep uses the array.
    """

    __slots__ = ("arrays", "samples", "seen")

    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.samples: list[tuple[Any, Any, bytes]] = []
        self.seen: set[int] = set()

    def lock(self, array: Any) -> None:
        """Make an array read-only, with every array that it is a view of."""
        if id(array) in self.seen:
            return
        sample = _sample(array)
        self.samples.append((array, sample, sample.tobytes()))
        # an array that was read-only before is remembered too, so that its identity is not reused
        self.seen.add(id(array))
        for link in (array,) if array.base is None else _chain(array):
            if link is array or id(link) not in self.seen:
                self.seen.add(id(link))
                if _lock(link):
                    self.arrays.append(link)
        if _returned:
            _take_back()

    def unchanged(self) -> bool:
        """Whether the remembered entries of all arrays are what they were."""
        return all([sample.tobytes() == old for _, sample, old in self.samples])

    def release(self) -> None:
        """Give the arrays back as they were."""
        if self.arrays:
            arrays, self.arrays = self.arrays, []
            _returned.append(arrays)
            _take_back()

    __del__ = release


def _sample(array: Any) -> Any:
    """A view of some entries, spread over the whole array."""
    step = max(1, array.size // _SAMPLES)
    if array.ndim == 1:
        return array[::step]
    if array.flags.c_contiguous:
        return array.reshape(-1)[::step]
    if array.flags.f_contiguous:
        return array.T.reshape(-1)[::step]
    # about the same share of every axis
    share = _SAMPLES ** (1 / array.ndim)
    return array[tuple([slice(None, None, max(1, int(length / share))) for length in array.shape])]
