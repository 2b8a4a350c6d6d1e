"""The values under traced operands, for what is constant for differentiation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from wengert.graph import Operand
from wengert.tracing.mutation import as_array, is_array

__all__ = ["as_scalar", "gives_array", "gives_scalar", "one_level_out", "plain_array"]


def one_level_out(a: Any) -> Any:
    """The value of an operand one level of tracing further out; a plain array as it is."""
    if not isinstance(a, Operand):
        return a
    a.refresh()
    return a.recording.strip(a)


def plain_array(a: Any) -> Any:
    """The plain array under all levels of tracing; of an empty list integers, as NumPy takes it in an index."""
    while isinstance(a, Operand):
        a = one_level_out(a)
    plain = np.asarray(a)
    return plain if plain.size or not isinstance(a, (list, tuple)) else plain.astype(np.intp)


FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def as_scalar(result: Any) -> Any:
    """A result of no axes as a scalar, which `y += 1` leaves alone under its other names; arrays as they are."""
    if isinstance(result, Operand) and not result.type.shape and is_array(result):
        return result[()]  # type: ignore[index]
    return result


def gives_scalar(function: FunctionT) -> FunctionT:
    """A function whose results of no axes are scalars, as NumPy's are."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return as_scalar(function(*args, **kwargs))

    return call  # type: ignore[return-value]


def gives_array(function: FunctionT) -> FunctionT:
    """A function whose results of no axes are arrays, as NumPy's are."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if not isinstance(result, Operand) or result.type.shape or is_array(result):
            return result
        fresh: Any = result
        return as_array(fresh.copy())

    return call  # type: ignore[return-value]
