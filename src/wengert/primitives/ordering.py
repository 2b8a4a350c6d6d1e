"""Places in an order: constant for differentiation, example by example in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive

__all__ = ["argpartition", "insertion_places"]

insertion_places = Primitive("insertion_places", signature="(n),(m)->(m)", params=("side",), differentiable=False,
                             domain="everywhere; constant", cite="locally constant")  # fmt: skip
insertion_places.dtype(lambda edges, x, *, side: np.dtype(np.intp))
insertion_places.samples(
    lambda r: ((np.sort(r.normal(size=4)), r.normal(size=3)), {"side": "left"}),
    lambda r: ((np.sort(r.normal(size=4)), r.normal(size=3)), {"side": "right"}),
)


@insertion_places.evaluate
def _insertion_places_value(xp: Any, edges: Any, x: Any, *, side: Any) -> Any:
    if edges.ndim == 1:
        return np.searchsorted(edges, x, side)
    loop = np.broadcast_shapes(edges.shape[:-1], x.shape[:-1])
    edges = np.broadcast_to(edges, (*loop, edges.shape[-1]))
    x = np.broadcast_to(x, (*loop, x.shape[-1]))
    out = np.empty(x.shape, np.intp)
    for place in np.ndindex(loop):
        out[place] = np.searchsorted(edges[place], x[place], side)
    return out


argpartition = Primitive("argpartition", params=("kth", "axis"), differentiable=False,
                         notation="argpartition({0}, {kth}, {axis})", shapes="(...) -> integers",
                         domain="everywhere; constant", cite="locally constant")  # fmt: skip
argpartition.evaluate(lambda xp, x, *, kth, axis: xp.argpartition(x, kth, axis))
argpartition.dtype(lambda x, *, kth, axis: np.dtype(np.intp))
argpartition.batch(lambda size, args, batched, *, kth, axis: argpartition(args[0], kth=kth, axis=axis + 1))
argpartition.samples(
    lambda r: ((r.normal(size=4),), {"kth": (1,), "axis": 0}),
    lambda r: ((r.normal(size=(2, 3)),), {"kth": (0, 2), "axis": 1}),
)


@argpartition.shape
def _argpartition_shape(x: ArrayType, *, kth: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return x.shape
