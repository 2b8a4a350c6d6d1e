"""NumPy's functions that count: the counts are constant, the weights and the values counted are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, bind, locate
from wengert.numpy.values import one_level_out
from wengert.primitives.access import cast
from wengert.primitives.indexing import put_add
from wengert.tracing import as_operand, implements, type_of
from wengert.tracing.index import parse_index

__all__: list[str] = []


@implements(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    while isinstance(x, Operand):
        x = one_level_out(x)
    counts = np.bincount(x, minlength=minlength)
    if weights is None:
        return counts
    weights = cast(as_operand(weights), np.float64)
    places = np.asarray(x)
    if type_of(weights).shape != places.shape:
        raise ValueError("The weights and list don't have the same length.")
    fixed, arrays = parse_index(places, counts.shape)
    return bind(put_add, (weights, fixed, *arrays), (counts.shape, 0))


def _edges_or_range(function: str, bins: Any, range: Any, weights: Any, several: bool = False) -> None:
    """Refuse edges and weights that move with traced values: only the counts are constant."""
    listed = [*bins] if isinstance(bins, (list, tuple)) else [bins]
    ranges = [*range] if isinstance(range, (list, tuple)) else [range]
    if any(isinstance(part, Operand) for part in (weights, *listed, *ranges)):
        raise _moving(function, "its weights and its edges", "numpy.bincount takes traced weights")
    plain = all(np.ndim(part) > 0 for part in listed) if several else np.ndim(bins) > 0
    if range is None and not plain:
        raise _moving(function, "edges that it takes from the data", "give it the edges, or their range, as numbers")


@implements(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    _edges_or_range("histogram", bins, range, weights)
    return np.histogram(one_level_out(a), bins, range, density, weights)


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    _edges_or_range("histogram_bin_edges", bins, range, weights)
    return np.histogram_bin_edges(one_level_out(a), bins, range, weights)


@implements(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    _edges_or_range("histogram2d", bins, range, weights, several=True)
    return np.histogram2d(one_level_out(x), one_level_out(y), bins, range, density, weights)


@implements(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    _edges_or_range("histogramdd", bins, range, weights, several=True)
    plain = [one_level_out(column) for column in sample] if isinstance(sample, (list, tuple)) else one_level_out(sample)
    return np.histogramdd(plain, bins, range, density, weights)


def _moving(function: str, what: str, remedy: str) -> UnsupportedError:
    place = locate(4)
    return UnsupportedError(
        f"np.{function}{f' at {place}' if place else ''} has no rule for {what}, which depend on traced values here; "
        f"{remedy}, or apply wengert.stop_gradient to what is to count as constant"
    )
