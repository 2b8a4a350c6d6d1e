"""Functions with a cache, `functools.lru_cache`, as a recorded program sees them."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from wengert.compiler.given import NUMBERS
from wengert.compiler.hosts import item
from wengert.graph import Operand
from wengert.tracing.mutation import is_array

__all__ = ["cached"]


class _Kept:
    """What a function with a cache returns, by its arguments: it computes what it has not kept."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __getitem__(self, call: tuple[Any, Any]) -> Any:
        args, kwargs = call
        try:
            return self.function(*args, **dict(kwargs))
        except Exception as error:
            raise LookupError from error


def cached(function: Any, world: Any, context: contextvars.Context) -> Callable[..., Any]:
    """The function, whose results for numbers and texts are what its cache holds at each call.

    `context` is the one that the program itself runs in. For other arguments the function inside is followed.
    """
    kept, name = _Kept(function), function.__name__

    def call(*args: Any, **kwargs: Any) -> Any:
        given = [*args, *kwargs.values()]
        if all(map(_is_plain, given)):
            key = args, tuple(kwargs.items())
            try:
                found = context.copy().run(kept.__getitem__, key)
            except LookupError:
                # it raises what the function inside does
                return world.inner(function.__wrapped__)(*args, **kwargs)
            return world.serve(found, item(kept, key, f"{name}{args}"))
        if any([isinstance(value, Operand) and value.recording.repeats and is_array(value) for value in given]):
            raise TypeError("unhashable type: 'numpy.ndarray'")
        # a traced argument cannot be looked up in a cache
        return world.inner(function.__wrapped__)(*args, **kwargs)

    return call


def _is_plain(value: Any) -> bool:
    return all(map(_is_plain, value)) if type(value) is tuple else value.__class__ in NUMBERS
