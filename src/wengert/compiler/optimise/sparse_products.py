"""Products and sums of arrays that are mostly zeros, computed from their few values."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.lattices import lattice
from wengert.compiler.optimise.rules import Atom, rule
from wengert.compiler.optimise.sparse import (
    EACH,
    SMALLEST,
    Sparse,
    alike,
    array_of,
    assume_values,
    entries_at,
    flat,
    is_all,
    sparse_of,
)
from wengert.graph import REGISTRY, Literal, Primitive
from wengert.tracing.index import SLOT, Index

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
concatenate: Final = REGISTRY["concatenate"]
matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
reshape: Final = REGISTRY["reshape"]
take: Final = REGISTRY["take"]
# Sums of so many different numbers of terms are computed apart.
_MOST_LENGTHS: Final = 4


@rule("matmul")
def sparse_matrix_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Rows of the right operand times the values of the left one, or columns of the left times those of the right."""
    x, y = inputs
    if not build.may_assume or not alike(build, primitive, inputs) or len(x.type.shape) != 2 or not y.type.shape:
        return None
    left = sparse_of(build, x) if len(y.type.shape) <= 2 else None
    if left is not None:
        return _rows_times(build, left, y) if len(y.type.shape) == 2 else _times_vector(build, left, y)
    if len(y.type.shape) == 1:
        return None
    right = sparse_of(build, y)
    if right is None:
        return None
    rows, count = x.type.shape[0], len(right.places)
    shape = (*right.shape[:-2], rows, right.shape[-1])
    if 4 * rows * count > math.prod(shape):
        return None
    *batch, inner, column = np.unravel_index(right.places, right.shape)
    across = build.opaque(Index((slice(None), SLOT), 1))
    lines = build.apply(take, x, across, build.literal(inner.astype(np.intp)), params=(0,))
    assume_values(build, x)
    values = flat(build, build.apply(multiply, lines, right.values))
    row = np.arange(rows)[:, None]
    places = np.ravel_multi_index([*batch, row, column], shape).reshape(-1)
    return array_of(build, Sparse(values, places, shape))


def _times_vector(build: Builder, left: Sparse, y: Atom) -> Atom:
    row, inner = np.divmod(left.places, left.shape[1])
    assume_values(build, y)
    return array_of(build, Sparse(build.apply(multiply, left.values, entries_at(build, y, inner)), row, left.shape[:1]))


def _rows_times(build: Builder, left: Sparse, y: Atom) -> Atom | None:
    (rows, length), columns = left.shape, y.type.shape[1]
    row, inner = np.divmod(left.places, length)
    order = np.argsort(row, kind="stable")
    if is_all(row[order], rows):
        assume_values(build, y)
        return _each_row_times(build, entries_at(build, left.values, order), inner[order], y)
    if 4 * len(row) <= rows:
        scale = build.apply(reshape, left.values, params=((len(row), 1),))
        lines = build.apply(take, y, build.opaque(EACH), build.literal(inner.astype(np.intp)), params=(0,))
        product = build.apply(multiply, scale, lines)
    else:
        # rows that are full, as long as there are few of them
        row = np.unique(row)
        full = (row[:, None] * length + np.arange(length)).reshape(-1)
        if 4 * len(row) > rows or len(full) != len(left.places) or (full != left.places).any():
            return None
        product = build.apply(matmul, build.apply(reshape, left.values, params=((len(row), length),)), y)
    assume_values(build, y)
    places = (row[:, None] * columns + np.arange(columns)).reshape(-1)
    return array_of(build, Sparse(flat(build, product), places, (rows, columns)))


def _each_row_times(build: Builder, values: Atom, inner: Any, y: Atom) -> Atom:
    """A row of the right operand for each row of the left one, which has a single value."""
    rows, columns = len(inner), y.type.shape[1]
    steps = lattice(inner)
    if steps is None or sum(stride != 0 for stride in steps.strides) != 1 or min(steps.strides) < 0:
        lines = build.apply(take, y, build.opaque(EACH), build.literal(inner.astype(np.intp)), params=(0,))
        return build.apply(multiply, build.apply(reshape, values, params=((rows, 1),)), lines)
    # rows that come over and over again are repeated by the product itself
    moving = next(axis for axis, stride in enumerate(steps.strides) if stride)
    count, step = steps.lengths[moving], steps.strides[moving]
    part = slice(steps.start, steps.start + (count - 1) * step + 1, step)
    lines = build.apply(take, y, build.opaque(Index((part,), 0)), params=(0,))
    spread = [length if axis == moving else 1 for axis, length in enumerate(steps.lengths)]
    lines = build.apply(reshape, lines, params=((*spread, columns),))
    scale = build.apply(reshape, values, params=((*steps.lengths, 1),))
    return build.apply(reshape, build.apply(multiply, scale, lines), params=((rows, columns),))


@rule("sum")
def sparse_total(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values where the sums stand, of which there is mostly one in each."""
    found = sparse_of(build, inputs[0]) if inputs[0].type.size >= SMALLEST else None
    axes, keeps = params[:2]
    expected = build.infer(primitive, inputs, params)[0]
    if found is None or keeps or inputs[0].__class__ is Literal or expected.dtype != inputs[0].type.dtype:
        return None
    shape = expected.shape
    where = np.unravel_index(found.places, found.shape)
    kept = [axis for place, axis in enumerate(where) if place not in axes]
    if not kept:
        return build.apply(primitive, found.values, params=((0,), False))
    places = np.ravel_multi_index(kept, shape)
    places, order, counts = _in_groups(places)
    lengths = np.unique(counts)
    if len(lengths) > _MOST_LENGTHS:
        return None
    starts = np.cumsum(counts) - counts
    sums, sites = [], []
    for length in lengths:
        chosen = np.flatnonzero(counts == length)
        members = order[starts[chosen][:, None] + np.arange(length)]
        values = entries_at(build, found.values, members.reshape(-1))
        values = build.apply(reshape, values, params=(members.shape,))
        sums.append(build.apply(primitive, values, params=((1,), False)))
        sites.append(places[chosen])
    values, places = build.apply(concatenate, *sums, params=(0,)), np.concatenate(sites)
    if len(places) == math.prod(shape):
        values, places = entries_at(build, values, np.argsort(places)), np.arange(len(places))
    return array_of(build, Sparse(values, places, shape))


def _in_groups(places: Any) -> tuple[Any, Any, Any]:
    """All different places, the values in their order, and how many of them each one has."""
    different, counts = np.unique(places, return_counts=True)
    return different, np.argsort(places, kind="stable"), counts
