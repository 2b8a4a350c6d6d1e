"""Random numbers that traced values can be written into."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, locate
from wengert.numpy.constants import constant
from wengert.tracing import active_recordings, as_operand, beneath, holds_traced

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
        if name in ("Generator", "RandomState") and isinstance(value, type):
            return _Source(value)
        if isinstance(value, type) or not callable(value):
            return value

        @functools.wraps(value, updated=())
        def draw(*args: Any, **kwargs: Any) -> Any:
            for recording in active_recordings():
                recording.drew(name)
            if name != "shuffle":
                # which puts the members of a list in another order
                args = tuple([as_operand(a) if a.__class__ in (list, tuple) and holds_traced(a) else a for a in args])
            if any(isinstance(argument, Operand) for argument in (*args, *kwargs.values())):
                return self._of_traced(name, args, kwargs)
            result = value(*args, **kwargs)
            return drawing(result) if is_generator(result) else constant(result, *args, *kwargs.values())

        return draw

    def _of_traced(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The draws that the original would make, with traced values put in their place."""
        source = self._source
        if name in ("normal", "laplace", "logistic", "gumbel"):
            return _scaled(getattr(source, name), 0.0, 1.0, *_bounds(("loc", "scale"), (0.0, 1.0), args, kwargs))
        if name == "uniform":
            low, high, size = _bounds(("low", "high"), (0.0, 1.0), args, kwargs)
            return _scaled(source.uniform, 0.0, 1.0, low, high - low, size)
        if name in ("shuffle", "permutation", "permuted", "choice") and isinstance(args[0], Operand):
            whole, rest = args[0], (*args[1:], *kwargs.values())
            if not any(isinstance(argument, Operand) for argument in rest):
                return _moved(getattr(source, name), whole, args[1:], kwargs)
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
        size = np.broadcast_shapes(np.shape(beneath(start)), np.shape(beneath(width))) or None
    return start + width * draw(low, high, size)


def _moved(draw: Any, whole: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Entries of an array drawn or put in another order: the original does it with their places."""
    places = np.arange(whole.size).reshape(whole.shape)
    found = draw(places, *args, **kwargs)
    if found is None:
        # in place
        whole[...] = np.ravel(whole)[places]
        return None
    return np.ravel(whole)[found]


class _Source:
    """A class of generators whose instances draw arrays that can hold traced values."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return drawing(self._kind(*args, **kwargs))

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(getattr(instance, "_source", instance), self._kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)


def drawing(value: Any) -> Any:
    """A generator as one whose arrays can hold traced values; anything else as it is."""
    return Drawing(value) if is_generator(value) else value


def is_generator(value: Any) -> bool:
    """Whether this draws random numbers."""
    module = sys.modules.get("numpy.random")
    return module is not None and isinstance(value, (module.Generator, module.RandomState))


random = Drawing()
