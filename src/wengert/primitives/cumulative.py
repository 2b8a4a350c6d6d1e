"""Running products, and the linear recurrence that is their derivative."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive
from wengert.primitives.arithmetic import multiply
from wengert.primitives.shaping import broadcast_to, concatenate

__all__ = ["cumprod", "recurrence"]

recurrence = Primitive("recurrence", params=("axis",), linear="separately", notation="recurrence({0}, {1}, {axis})",
                       shapes="factors (...), terms (...) -> (...), y[k] = a[k] y[k-1] + b[k] along the axis",
                       domain="everywhere",
                       cite="dy[k] = a[k] dy[k-1] + (db[k] + da[k] y[k-1]): the same recurrence")  # fmt: skip


def _step(before: float, pair: tuple[float, float]) -> float:
    factor, term = pair
    return factor * before + term


@recurrence.evaluate
def _recurrence_value(xp: Any, a: Any, b: Any, *, axis: int) -> Any:
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    out = np.empty(b.shape, np.result_type(a, b))
    if out.ndim == 1 and out.dtype == np.float64:
        # Python's own numbers are ten times faster one by one
        out[:] = list(accumulate(zip(a.tolist(), b.tolist(), strict=True), _step, initial=0.0))[1:]
        return out
    for k in range(len(b)):
        # one step after the other: a product of many factors may overflow where no entry does
        out[k] = b[k] if k == 0 else a[k] * out[k - 1] + b[k]
    return np.moveaxis(out, 0, axis)


recurrence.shape(lambda a, b, *, axis: b.shape)


@recurrence.differential
def _d_recurrence(out: Any, a: Any, b: Any, *, axis: int) -> Any:
    def in_factors(da: Any) -> Any:
        return recurrence(a, multiply(da, _shifted(out, axis, 0.0)), axis=axis)

    return in_factors, lambda db: recurrence(a, db, axis=axis)


@recurrence.transpose(1)
def _recurrence_adjoint(g: Any, a: Any, b: ArrayType, *, axis: int) -> Any:
    # from the other end, where the factor of the entry behind takes the place of its own
    back = (slice(None),) * axis + (slice(None, None, -1),)
    return recurrence(_shifted(a[back], axis, 0.0), g[back], axis=axis)[back]


@recurrence.batch
def _recurrence_batch(size: int, args: Any, batched: Any, *, axis: int) -> Any:
    a, b = [x if flag else broadcast_to(x, shape=(size, *x.shape)) for x, flag in zip(args, batched, strict=True)]
    return recurrence(a, b, axis=axis + 1)


recurrence.samples(
    lambda r: ((r.normal(size=4), r.normal(size=4)), {"axis": 0}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=(2, 3))), {"axis": 1}),
)


def _shifted(x: Any, axis: int, first: float) -> Any:
    """The entries moved on by one place along the axis, behind a constant."""
    length = x.shape[axis]
    if not length:
        return x
    edge = np.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), first, x.dtype)
    return concatenate(edge, x[(slice(None),) * axis + (slice(None, length - 1),)], axis=axis)


cumprod = Primitive("cumprod", params=("axis",), notation="cumprod({0}, {axis})", shapes="(...) -> the same",
                    domain="everywhere, zeros included",
                    cite="p[k] = x[k] p[k-1], so dp[k] = x[k] dp[k-1] + p[k-1] dx[k]")  # fmt: skip
cumprod.evaluate(lambda xp, x, *, axis: xp.cumprod(x, axis))
cumprod.shape(lambda x, *, axis: x.shape)
cumprod.dtype(lambda x, *, axis: np.cumprod(np.zeros(1, x.dtype)).dtype)
cumprod.batch(lambda size, args, batched, *, axis: cumprod(args[0], axis=axis + 1))
cumprod.differential(
    lambda out, x, *, axis: (lambda dx: recurrence(x, multiply(dx, _shifted(out, axis, 1.0)), axis=axis),)
)
cumprod.samples(
    lambda r: ((r.normal(size=4),), {"axis": 0}),
    lambda r: ((r.normal(size=(2, 3)),), {"axis": 1}),
    lambda r: ((np.array([0.5, 0.0, 1.5, 0.0, 2.0]),), {"axis": 0}),
)
