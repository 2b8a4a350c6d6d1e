"""`scipy.spatial.distance` for traced points. Between equal points a distance has the derivative zero.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.spatial.distance as distance
>>> wg.grad(lambda x: np.sum(distance.pdist(x)))(np.array([[0.0, 0.0], [3.0, 4.0]]))
array([[-0.6, -0.8],
       [ 0.6,  0.8]])
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.spatial.distance

from wengert.primitives.arithmetic import select
from wengert.primitives.elementwise import absolute, sqrt
from wengert.scipy.mirror import fall_through, refusal, serves
from wengert.scipy.special.declare import floating
from wengert.tracing import type_of

__all__ = ["cdist", "pdist"]

_plain: Final[Any] = scipy.spatial.distance
_beyond = fall_through("scipy.spatial.distance")


def _length(gap: Any, metric: Any) -> Any:
    if metric == "sqeuclidean":
        return np.sum(gap * gap, axis=-1)
    if metric == "cityblock":
        return np.sum(absolute(gap), axis=-1)
    if metric != "euclidean":
        raise refusal(
            f"scipy.spatial.distance with metric={metric!r}",
            "for traced values; use 'euclidean', 'sqeuclidean' or 'cityblock'",
        )
    square = np.sum(gap * gap, axis=-1)
    zero = square == 0
    return select(zero, 0.0, sqrt(select(zero, 1.0, square)))


@serves(_plain.cdist)
def cdist(XA: Any, XB: Any, metric: Any = "euclidean") -> Any:
    """The distances between the rows of two matrices."""
    a, b = floating(XA), floating(XB)
    return _length(a[:, None, :] - b[None, :, :], metric)


@serves(_plain.pdist)
def pdist(X: Any, metric: Any = "euclidean") -> Any:
    """The distances between the rows of a matrix, each pair once."""
    x = floating(X)
    left, right = np.triu_indices(type_of(x).shape[0], 1)
    return _length(x[left] - x[right], metric)


def __getattr__(name: str) -> Any:
    return _beyond(name)
