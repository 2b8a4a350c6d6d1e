"""NumPy's functions that count: the counts are constant, the weights and the values counted are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UndefinedDerivativeError, UnsupportedError
from wengert.graph import Operand, bind, locate
from wengert.primitives.access import cast
from wengert.primitives.indexing import put_add
from wengert.tracing import as_operand, implements, type_of
from wengert.tracing.index import parse_index

__all__: list[str] = []


def _plain(a: Any) -> Any:
    """The value of an operand one level of tracing further out; a plain array as it is."""
    if not isinstance(a, Operand):
        return a
    a.refresh()
    return a.recording.strip(a)


@implements(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    while isinstance(x, Operand):
        x = _plain(x)
    counts = np.bincount(x, minlength=minlength)
    if weights is None:
        return counts
    weights = cast(as_operand(weights), np.float64)
    places = np.asarray(x)
    if type_of(weights).shape != places.shape:
        raise ValueError("The weights and list don't have the same length.")
    fixed, arrays = parse_index(places, counts.shape)
    return bind(put_add, (weights, fixed, *arrays), (counts.shape, 0))


@implements(np.unique)
def unique(ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False,
           axis: Any = None, **options: Any) -> Any:  # fmt: skip
    wanted = (return_index, return_inverse, return_counts)
    ar = as_operand(ar)
    if not type_of(ar).inexact:
        return np.unique(_plain(ar), *wanted, axis=axis, **options)
    if axis is not None:
        raise TypeError("unique() got an argument 'axis'")
    _, index, inverse, counts = np.unique(_plain(ar), True, True, True, **options)
    if (counts > 1).any():
        place = locate(2)
        raise UndefinedDerivativeError(
            f"numpy.unique met equal entries{f' at {place}' if place else ''}: the number of its results changes with "
            f"the smallest change of them, so that it has no derivative there"
        )
    found = np.ravel(ar)[index]
    extra = [part for part, flag in zip((index, inverse, counts), wanted, strict=True) if flag]
    return (found, *extra) if extra else found


@implements(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if isinstance(weights, Operand) or isinstance(bins, Operand) or isinstance(range, Operand):
        raise _moving("its weights and its edges", "numpy.bincount takes traced weights")
    if range is None and np.ndim(bins) == 0:
        raise _moving("edges that it takes from the data", "give it the edges, or their range, as plain numbers")
    return np.histogram(_plain(a), bins, range, density, weights)


def _moving(what: str, remedy: str) -> UnsupportedError:
    place = locate(3)
    return UnsupportedError(
        f"np.histogram{f' at {place}' if place else ''} has no rule for {what}, which depend on traced values here; "
        f"{remedy}, or apply wengert.stop_gradient to what is to count as constant"
    )
