"""The values under traced operands, for what is constant for differentiation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from wengert.graph import Operand
from wengert.tracing import FUNCTIONS, Tracer, type_of
from wengert.tracing.mutation import as_array, is_array

__all__ = ["as_scalar", "counts_as_array", "gives_array", "gives_scalar", "of_class", "one_level_out", "plain_array"]


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


def of_class(result: Any, like: Any) -> Any:
    """A result of no axes as a number, a scalar or an array, as `like` is, where it will be computed again.

    Anything else as it is: whoever differentiates does not ask for classes.
    """
    if not isinstance(result, Operand) or not result.recording.repeats or result.type.shape:
        return result
    if type_of(like).weak:
        return FUNCTIONS["number"](result)
    if not (is_array(like) if isinstance(like, Operand) else isinstance(like, np.ndarray)):
        return as_scalar(result)
    return as_array(Tracer(result.value, result.type, result.recording, result.payload))


def counts_as_array(leaf: Any, otherwise: bool = True) -> bool:
    """Whether a leaf is an array, so that its gradient is one; `otherwise` for one that is traced to differentiate."""
    if isinstance(leaf, Operand):
        return is_array(leaf) if leaf.recording.repeats else otherwise
    return isinstance(leaf, np.ndarray)


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
