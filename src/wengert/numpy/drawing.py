"""Random numbers that traced values can be written into."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from wengert.numpy.creating import held

__all__ = ["Drawing", "drawing", "random"]

_GENERATORS = (np.random.Generator, np.random.RandomState)


class Drawing:
    """`numpy.random`, or a generator of it, whose arrays can hold traced values: `noise = rng.normal(size=3)`,
    `noise *= x`. The numbers drawn are those of the original.
    """

    def __init__(self, source: Any) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._source, name)
        if isinstance(value, type) or not callable(value):
            return value

        @functools.wraps(value, updated=())
        def draw(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)
            return held(result) if result.__class__ is np.ndarray else drawing(result)

        return draw


def drawing(value: Any) -> Any:
    """A generator as one whose arrays can hold traced values; anything else as it is."""
    return Drawing(value) if isinstance(value, _GENERATORS) else value


random = Drawing(np.random)
