"""Random numbers that traced values can be written into."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, locate
from wengert.numpy.host import held
from wengert.tracing import primal

__all__ = ["Drawing", "drawing", "is_generator", "random"]


class Drawing:
    """`numpy.random`, or a generator of it, whose arrays can hold traced values: `noise = rng.normal(size=3)`,
    `noise *= x`. The numbers drawn are those of the original.
    """

    def __init__(self, source: Any = None) -> None:
        self._given = source

    @property
    def _source(self) -> Any:
        # NumPy imports its random numbers on first use, and so do we
        return np.random if self._given is None else self._given

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._source, name)
        if isinstance(value, type) or not callable(value):
            return value

        @functools.wraps(value, updated=())
        def draw(*args: Any, **kwargs: Any) -> Any:
            if any(isinstance(argument, Operand) for argument in (*args, *kwargs.values())):
                return self._of_traced(name, args, kwargs)
            result = value(*args, **kwargs)
            return held(result) if result.__class__ is np.ndarray else drawing(result)

        return draw

    def _of_traced(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The draws that the original would make, with traced values put in their place."""
        source = self._source
        if name == "normal":
            return _scaled(source.normal, 0.0, 1.0, *_bounds(("loc", "scale"), (0.0, 1.0), args, kwargs))
        if name == "uniform":
            low, high, size = _bounds(("low", "high"), (0.0, 1.0), args, kwargs)
            return _scaled(source.uniform, 0.0, 1.0, low, high - low, size)
        if name in ("shuffle", "permutation", "choice") and isinstance(args[0], Operand) and not kwargs.get("axis"):
            whole: Any = args[0]
            if name == "choice":
                return whole[source.choice(len(whole), *args[1:], **kwargs)]
            order = source.permutation(len(whole))
            if name == "permutation":
                return whole[order]
            whole[...] = whole[order]
            return None
        place = locate(3)
        raise UnsupportedError(
            f"np.random: {name}{f' at {place}' if place else ''} has no rule for traced arguments; draw standard "
            f"numbers and transform them"
        )


def _bounds(
    names: tuple[str, str], defaults: tuple[float, float], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """The two parameters of a distribution, and the size."""
    given = dict(zip((*names, "size"), args, strict=False)) | kwargs
    return *(given.get(name, default) for name, default in zip(names, defaults, strict=True)), given.get("size")


def _scaled(draw: Any, low: float, high: float, start: Any, width: Any, size: Any) -> Any:
    """Standard draws times a width, from a start; as many as NumPy would draw."""
    if size is None:
        size = np.broadcast_shapes(np.shape(primal(start)), np.shape(primal(width))) or None
    return start + width * draw(low, high, size)


def drawing(value: Any) -> Any:
    """A generator as one whose arrays can hold traced values; anything else as it is."""
    return Drawing(value) if is_generator(value) else value


def is_generator(value: Any) -> bool:
    """Whether this draws random numbers."""
    module = sys.modules.get("numpy.random")
    return module is not None and isinstance(value, (module.Generator, module.RandomState))


random = Drawing()
