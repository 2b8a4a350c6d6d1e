"""NumPy's functions of sets: of floating-point entries, which are all different, the sets are differentiable."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import locate
from wengert.numpy.joining import stacked_list
from wengert.numpy.values import one_level_out
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []


def _tied(name: str) -> UndefinedDerivativeError:
    place = locate(3)
    return UndefinedDerivativeError(
        f"numpy.{name} met equal entries{f' at {place}' if place else ''}: the number of its results changes with "
        f"the smallest change of them, so that it has no derivative there"
    )


@implements(np.unique)
def unique(ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False,
           axis: Any = None, *, equal_nan: Any = True, sorted: Any = True) -> Any:  # fmt: skip
    wanted = (return_index, return_inverse, return_counts)
    ar = as_operand(ar)
    if not type_of(ar).inexact:
        return np.unique(one_level_out(ar), *wanted, axis=axis, equal_nan=equal_nan)
    if axis is None and not np.any(np.isnan(ar)):
        found, extra = _all_different(ar)
    else:
        _, *extra = np.unique(one_level_out(ar), True, True, True, axis=axis, equal_nan=equal_nan)
        if (extra[-1] > 1).any():
            raise _tied("unique")
        found = np.ravel(ar)[extra[0]] if axis is None else np.take(ar, extra[0], axis)
    extra = [part for part, flag in zip(extra, wanted, strict=True) if flag]
    return (found, *extra) if extra else found


def _all_different(ar: Any) -> tuple[Any, list[Any]]:
    """The entries in ascending order, their places, the places of all entries in that order, and how often each is."""
    flat = np.ravel(ar)
    order = np.argsort(flat)
    found = flat[order]
    if np.any(found[1:] == found[:-1]):
        raise _tied("unique")
    inverse = np.reshape(np.argsort(order), type_of(ar).shape)
    return found, [order, inverse, np.ones(type_of(flat).shape, np.intp)]


@implements(np.unique_values)
def unique_values(x: Any) -> Any:
    return unique(x, equal_nan=False)


@implements(np.unique_counts)
def unique_counts(x: Any) -> Any:
    values, counts = unique(x, return_counts=True, equal_nan=False)
    return type(np.unique_counts(np.zeros(1)))(values, counts)


@implements(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    values, inverse = unique(x, return_inverse=True, equal_nan=False)
    return type(np.unique_inverse(np.zeros(1)))(values, inverse)


@implements(np.unique_all)
def unique_all(x: Any) -> Any:
    return type(np.unique_all(np.zeros(1)))(*unique(x, True, True, True, equal_nan=False))


@implements(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(np.concatenate([np.ravel(stacked_list(ar1)), np.ravel(stacked_list(ar2))]))


def _apart(name: str, ar1: Any, ar2: Any) -> tuple[Any, Any]:
    """Both sets as sequences, none of whose floating-point entries are in both."""
    one, two = np.ravel(stacked_list(ar1)), np.ravel(stacked_list(ar2))
    if (type_of(one).inexact or type_of(two).inexact) and np.any(np.isin(one, two)):
        raise _tied(name)
    return one, two


@implements(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    one, two = _apart("setdiff1d", ar1, ar2)
    if not type_of(one).inexact:
        return np.setdiff1d(one_level_out(one), one_level_out(two), assume_unique)
    return one if assume_unique else unique(one)


@implements(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    one, two = _apart("setxor1d", ar1, ar2)
    if not (type_of(one).inexact or type_of(two).inexact):
        return np.setxor1d(one_level_out(one), one_level_out(two), assume_unique)
    return np.sort(np.concatenate([one, two])) if assume_unique else unique(np.concatenate([unique(one), unique(two)]))
