"""Norms of vectors and matrices. At a kink the derivative is the subgradient of smallest norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import imag, real, select
from wengert.primitives.elementwise import absolute
from wengert.primitives.linalg.matrices import conjugate, inexact
from wengert.primitives.linalg.svd import svdvals
from wengert.primitives.reductions import (
    all_along,
    max_along,
    min_along,
    normal_axes,
    reduced_shape,
    restored,
    sum_along,
)
from wengert.primitives.shaping import expand, reshape, transpose
from wengert.tracing import implements, type_of

__all__ = ["euclidean_norm"]

Axes = tuple[int, ...]

euclidean_norm = Primitive(
    "norm",
    params=("axis", "keepdims"),
    notation="‖{0}‖",
    shapes="(...) -> the same without the axes `axis`",
    domain="everywhere; at zero the derivatives of all orders are taken as 0, where squares overflow as NaN",
    cite="d|x| = Re(x^H dx) / |x|; Matrix Cookbook (2012), eq. 129",
)


@euclidean_norm.evaluate
def _euclidean_value(xp: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    squares = (x.conj() * x).real if x.dtype.kind == "c" else x * x
    return xp.sqrt(xp.add.reduce(squares, axis=axis, keepdims=keepdims))


euclidean_norm.shape(reduced_shape)
euclidean_norm.dtype(lambda x, *, axis, keepdims: np.zeros((), x.dtype).real.dtype)
euclidean_norm.flops(lambda x, *, axis, keepdims: 2 * x.size)


@euclidean_norm.differential
def _d_euclidean(out: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    length = restored(out, axis, keepdims)
    zero = length == 0
    # where squares have overflown the direction is lost with them
    divisor = select(zero, 1.0, select(length == np.inf, np.nan, length))
    # selected after the division too, so that higher derivatives at zero vanish as well
    direction = select(zero, 0.0, conjugate(x) / divisor)

    def linear(dx: Any) -> Any:
        part = dx * direction
        return sum_along(real(part) if x.dtype.kind == "c" else part, axis=axis, keepdims=keepdims)

    return (linear,)


@euclidean_norm.batch
def _euclidean_batch(size: int, args: Any, batched: Any, *, axis: Axes, keepdims: bool) -> Any:
    return euclidean_norm(args[0], axis=tuple(a + 1 for a in axis), keepdims=keepdims)


euclidean_norm.samples(
    lambda r: ((r.normal(size=3),), {"axis": (0,), "keepdims": False}),
    lambda r: ((r.normal(size=(2, 3)),), {"axis": (0, 1), "keepdims": True}),
    lambda r: ((r.normal(size=(2, 3)).astype(np.float32),), {"axis": (1,), "keepdims": False}),
    lambda r: ((r.normal(size=(2, 3)) + 1j * r.normal(size=(2, 3)),), {"axis": (1,), "keepdims": False}),
)


def _power_norm(x: Any, p: float, axis: Axes, keepdims: bool) -> Any:
    """(sum |x|^p)^(1/p); an entry that is zero has the derivative zero at all orders where it lacks one."""
    if p > 2 and p % 2 == 0:
        squared = real(x) ** 2 + imag(x) ** 2 if x.dtype.kind == "c" else x * x
        total = sum_along(squared ** int(p // 2), axis=axis, keepdims=keepdims)
        zero = total == 0
    else:
        size = absolute(x)
        empty = size == 0
        terms = select(empty, 0.0, select(empty, 1.0, size) ** p)
        total = sum_along(terms, axis=axis, keepdims=keepdims)
        zero = total == 0
        if p < 0:
            # a single zero makes the sum infinite, and the norm zero
            zero = zero | ~all_along(~empty, axis=axis, keepdims=keepdims)
    return select(zero, 0.0, select(zero, 1.0, total) ** (1.0 / p))


def _vector_norm(x: Any, order: Any, axis: Axes, keepdims: bool) -> Any:
    if isinstance(order, str):
        raise ValueError(f"Invalid norm order '{order}' for vectors")
    if order is None or order == 2:
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if order == 0:
        # the number of entries that are not zero, which is constant almost everywhere
        return sum_along(cast(x != 0, np.zeros((), type_of(x).dtype).real.dtype), axis=axis, keepdims=keepdims)
    if order == 1:
        return sum_along(absolute(x), axis=axis, keepdims=keepdims)
    if order in (np.inf, -np.inf):
        return _extreme(absolute(x), order > 0, axis, keepdims)
    return _power_norm(x, float(order), axis, keepdims)


def _extreme(x: Any, largest: bool, axis: Axes, keepdims: bool) -> Any:
    if largest and not type_of(x).size:
        return sum_along(x, axis=axis, keepdims=keepdims)
    return (max_along if largest else min_along)(x, axis=axis, keepdims=keepdims)


def _matrix_norm(x: Any, order: Any, rows: int, columns: int, keepdims: bool) -> Any:
    both = tuple(sorted((rows, columns)))
    if order in (None, "fro", "f"):
        return euclidean_norm(x, axis=both, keepdims=keepdims)
    if order in (1, -1, np.inf, -np.inf):
        inner, outer = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums = sum_along(absolute(x), axis=(inner,), keepdims=True)
        found = _extreme(sums, order > 0, (outer,), True)
        return found if keepdims else reshape(found, shape=reduced_shape(type_of(x), both, False))
    if order not in (2, -2, "nuc"):
        raise ValueError("Invalid norm order for matrices.")
    others = tuple(axis for axis in range(len(x.shape)) if axis not in both)
    values = svdvals(transpose(x, axes=(*others, rows, columns)))
    last = (len(others),)
    if order == "nuc":
        found = sum_along(values, axis=last, keepdims=False)
    else:
        found = _extreme(values, order > 0, last, False)
    return expand(found, both) if keepdims else found


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """`np.linalg.norm`."""
    (x,) = inexact(x)
    rank = len(type_of(x).shape)
    if axis is None:
        if ord is None:
            return euclidean_norm(x, axis=tuple(range(rank)), keepdims=keepdims)
        axis = tuple(range(rank))
    axis = axis if isinstance(axis, tuple) else (axis,)
    places = tuple(normal_axes(place, rank)[0] for place in axis)
    if len(places) == 1:
        return _vector_norm(x, ord, places, keepdims)
    if len(places) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    if places[0] == places[1]:
        raise ValueError("Duplicate axes given.")
    return _matrix_norm(x, ord, *places, keepdims)


@implements(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """`np.linalg.vector_norm`: without an axis, of all entries in one row."""
    (x,) = inexact(x)
    return _vector_norm(x, ord, normal_axes(axis, len(type_of(x).shape)), keepdims)


@implements(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """`np.linalg.matrix_norm`, of the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)
