"""`r_` and `c_`, NumPy's joining of arrays by indexing, with traced values among the parts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.numpy.constants import constant
from wengert.numpy.creating import arange, linspace
from wengert.numpy.joining import concatenate, stacked_list
from wengert.tracing import holds_traced, type_of

__all__ = ["Concatenator", "c_", "r_", "spread"]


class Concatenator:
    """Joins what it is indexed with.

    A slice stands for a range, with an imaginary step for so many points; a first string `"axis,ndim,place"` says along
    which axis to join, how many axes every part has at least, and where the axes of smaller parts stand among them.

    >>> import numpy as np
    >>> import wengert as wg
    >>> from wengert.numpy.concatenators import r_
    >>> wg.grad(lambda x: np.sum(r_[x, 0:3, x[0]] ** 2))(np.array([1.0, 2.0]))
    array([4., 4.])
    """

    def __init__(self, original: Any, directive: str) -> None:
        self._original = original
        self._directive = directive

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        ends = [end for part in parts if isinstance(part, slice) for end in (part.start, part.stop, part.step)]
        if not holds_traced([*parts, *ends]):
            return constant(self._original[key], *parts)
        directive = self._directive
        if isinstance(parts[0], str):
            directive, parts = parts[0], parts[1:]
        if directive in ("r", "c"):
            raise UnsupportedError(
                "a numpy.matrix cannot hold traced values; leave the string 'r' or 'c' out of np.r_[...], and take "
                "np.c_[...] for columns"
            )
        axis, rank, place = _numbers(directive)
        return concatenate([_part(part, rank, place) for part in parts], axis)


def spread(bounds: slice) -> Any:
    """The range that a slice stands for, its ends plain or traced; with an imaginary step, so many points."""
    step = 1 if bounds.step is None else bounds.step
    start = 0 if bounds.start is None else bounds.start
    if isinstance(step, complex):
        return linspace(start, bounds.stop, int(abs(step)))
    return arange(start, bounds.stop, step)


def _numbers(directive: str) -> tuple[int, int, int]:
    """Axis, least number of axes, and the place of the axes of a smaller part, -1 for behind all others."""
    given = [int(number) for number in directive.split(",")]
    return given[0], given[1] if len(given) > 1 else 1, given[2] if len(given) > 2 else -1


def _part(part: Any, rank: int, place: int) -> Any:
    a = stacked_list(spread(part) if isinstance(part, slice) else part)
    shape = type_of(a).shape
    missing = rank - len(shape)
    if missing <= 0:
        return a
    before = missing if place == -1 else place if place >= 0 else place + missing + 1
    return np.reshape(a, (*(1,) * before, *shape, *(1,) * (missing - before)))


r_: Final = Concatenator(np.r_, "0,1,-1")
c_: Final = Concatenator(np.c_, "-1,2,0")
