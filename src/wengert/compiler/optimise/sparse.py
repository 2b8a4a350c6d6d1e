"""Arrays that are mostly zeros for all to see: seeds of Hessians and what is computed from them.

Such an array is its few values, put at places that are known: `reshape(put_add(values, places))`, flat in between. What
is linear in it is computed from the values; the zeros themselves are never written until somebody needs the array.
The factors that zeros would have met are taken to be finite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.indexing import Place, lengths_of, place_of
from wengert.compiler.optimise.internal import add_at
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Literal, Primitive
from wengert.tracing.index import SLOT, Index

__all__ = ["Sparse", "sparse_of"]

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
Shape = tuple[int, ...]
add: Final = REGISTRY["add"]
multiply: Final = REGISTRY["multiply"]
negative: Final = REGISTRY["negative"]
matmul: Final = REGISTRY["matmul"]
reshape: Final = REGISTRY["reshape"]
put_add: Final = REGISTRY["put_add"]
take: Final = REGISTRY["take"]
concatenate: Final = REGISTRY["concatenate"]
# Smaller arrays, and those with more than one entry in so many, are left as they are.
SMALLEST: Final = 256
SHARE: Final = 8
_EACH: Final = Index((SLOT,), 1)


@dataclass(frozen=True)
class Sparse:
    """The values of an array, one-dimensional, and their places in it, flat; at one place several may be added."""

    values: Atom
    places: Any
    shape: Shape


def sparse_of(build: Builder, atom: Atom) -> Sparse | None:
    """An array as its few values, if it is known to be one."""
    kind = atom.type
    if atom.__class__ is Literal:
        if kind.kind != "f" or kind.size < SMALLEST or not kind.shape:
            return None
        value = atom.value.reshape(-1)
        places = np.flatnonzero(value) if SHARE * np.count_nonzero(value) <= value.size else None
        if places is None or not len(places):
            return None
        return Sparse(build.literal(value[places]), places, kind.shape)
    equation: Any = build.definitions.get(atom)
    if equation is None or kind.kind != "f":
        return None
    if equation.primitive is reshape:
        equation = build.definitions.get(equation.inputs[0])
    if equation is None or equation.primitive is not put_add or len(equation.inputs) != 3:
        return None
    values, index, places = equation.inputs
    if len(equation.params[0]) != 1 or index.value.items != (SLOT,) or places.__class__ is not Literal:
        return None
    if len(values.type.shape) != 1 or len(places.type.shape) != 1:
        return None
    return Sparse(values, places.value, kind.shape)


def _array(build: Builder, found: Sparse) -> Atom:
    places = build.literal(np.asarray(found.places, np.intp))
    flat = build.apply(put_add, found.values, build.opaque(_EACH), places, params=((math.prod(found.shape),), 0))
    return build.apply(reshape, flat, params=(found.shape,))


def _flat(build: Builder, x: Atom) -> Atom:
    return build.apply(reshape, x, params=((x.type.size,),))


def _entries(build: Builder, x: Atom, places: Any) -> Atom:
    """The entries of an array at flat places."""
    return build.apply(
        take, _flat(build, x), build.opaque(_EACH), build.literal(np.asarray(places, np.intp)), params=(0,)
    )


def _assume(build: Builder, x: Atom) -> None:
    if x.__class__ is not Literal:
        build.finite.append(x)


def _alike(build: Builder, primitive: Primitive, inputs: Inputs) -> bool:
    """Whether all operands are real arrays of one dtype, or numbers that yield."""
    expected = build.infer(primitive, inputs, ())[0]
    return expected.kind == "f" and all(
        atom.type.dtype == expected.dtype or (atom.type.weak and atom.type.kind in "fi") for atom in inputs
    )


@rule("multiply")
def sparse_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values times the entries beside them."""
    if not build.may_assume or max(atom.type.size for atom in inputs) < SMALLEST:
        return None
    for one, other in (inputs, inputs[::-1]):
        found = sparse_of(build, one)
        if found is None or not _alike(build, primitive, inputs) or other.type.size > one.type.size:
            continue
        if build.infer(primitive, inputs, params)[0].shape != found.shape:
            continue
        if one.__class__ is Literal and not other.type.shape:
            # such as a number times the identity, which is best added where the other term is computed
            continue
        factor = other
        if other.type.shape:
            numbers = np.arange(other.type.size).reshape(other.type.shape)
            factor = _entries(build, other, np.broadcast_to(numbers, found.shape).reshape(-1)[found.places])
        _assume(build, other)
        return _array(build, Sparse(build.apply(multiply, found.values, factor), found.places, found.shape))
    return None


@rule("negative")
def sparse_sign(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The other sign of the few values."""
    found = sparse_of(build, inputs[0]) if inputs[0].type.size >= SMALLEST else None
    if found is None:
        return None
    return _array(build, Sparse(build.apply(negative, found.values), found.places, found.shape))


@rule("add", "subtract")
def sparse_sum(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Both lots of values, or the few added to an array where they belong."""
    x, y = inputs
    if x.type is not y.type or x.type.size < SMALLEST or x.type.kind != "f":
        return None
    left, right = sparse_of(build, x), sparse_of(build, y)
    if right is not None and primitive is not add:
        right = Sparse(build.apply(negative, right.values), right.places, right.shape)
    if left is not None and right is not None:
        values = build.apply(concatenate, left.values, right.values, params=(0,))
        return _array(build, Sparse(values, np.concatenate([left.places, right.places]), left.shape))
    whole, part = (x, right) if right is not None else (y, left)
    if part is None or (left is not None and primitive is not add) or Literal in (x.__class__, y.__class__):
        # a constant is best added where the array is computed
        return None
    places = build.literal(np.asarray(part.places, np.intp))
    total = build.apply(add_at, _flat(build, whole), part.values, build.opaque(_EACH), places)
    return build.apply(reshape, total, params=(part.shape,))


@rule("transpose")
def sparse_transpose(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The same values at other places."""
    found = sparse_of(build, inputs[0]) if inputs[0].__class__ is not Literal else None
    if found is None:
        return None
    (axes,) = params
    shape = tuple([found.shape[axis] for axis in axes])
    where = np.unravel_index(found.places, found.shape)
    return _array(build, Sparse(found.values, np.ravel_multi_index([where[axis] for axis in axes], shape), shape))


@rule("matmul")
def sparse_matrix_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Rows of the right operand times the values of the left one, or columns of the left times those of the right."""
    x, y = inputs
    if not build.may_assume or not _alike(build, primitive, inputs) or len(x.type.shape) != 2 or len(y.type.shape) < 2:
        return None
    left = sparse_of(build, x) if len(y.type.shape) == 2 else None
    if left is not None:
        return _rows_times(build, left, y)
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
    _assume(build, x)
    values = _flat(build, build.apply(multiply, lines, right.values))
    row = np.arange(rows)[:, None]
    places = np.ravel_multi_index([*batch, row, column], shape).reshape(-1)
    return _array(build, Sparse(values, places, shape))


def _rows_times(build: Builder, left: Sparse, y: Atom) -> Atom | None:
    (rows, length), columns = left.shape, y.type.shape[1]
    row, inner = np.divmod(left.places, length)
    if 4 * len(row) <= rows:
        scale = build.apply(reshape, left.values, params=((len(row), 1),))
        lines = build.apply(take, y, build.opaque(_EACH), build.literal(inner.astype(np.intp)), params=(0,))
        product = build.apply(multiply, scale, lines)
    else:
        # rows that are full, as long as there are few of them
        row = np.unique(row)
        full = (row[:, None] * length + np.arange(length)).reshape(-1)
        if 4 * len(row) > rows or len(full) != len(left.places) or (full != left.places).any():
            return None
        product = build.apply(matmul, build.apply(reshape, left.values, params=((len(row), length),)), y)
    _assume(build, y)
    places = (row[:, None] * columns + np.arange(columns)).reshape(-1)
    return _array(build, Sparse(_flat(build, product), places, (rows, columns)))


@rule("take")
def sparse_part(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The values that lie in a part."""
    if len(inputs) != 2 or params != (0,) or inputs[0].__class__ is Literal:
        return None
    found = sparse_of(build, inputs[0])
    parsed = place_of(inputs[1].value, 0, found.shape) if found is not None else None
    if found is None or parsed is None or lengths_of(parsed[0]) != parsed[1] or not parsed[1]:
        return None
    where = np.unravel_index(found.places, found.shape)
    inside, moved = _inside(parsed[0], where)
    if not inside.any():
        return None
    chosen = np.flatnonzero(inside)
    values = _entries(build, found.values, chosen) if len(chosen) < len(inside) else found.values
    places = np.ravel_multi_index([axis[chosen] for axis in moved], parsed[1])
    return _array(build, Sparse(values, places, parsed[1]))


def _inside(place: Place, where: Any) -> tuple[Any, list[Any]]:
    """Which entries lie at a place, and where they are in what is there."""
    inside = np.ones(len(where[0]), bool)
    moved = []
    for entry, axis in zip(place, where, strict=True):
        if isinstance(entry, int):
            inside &= axis == entry
            continue
        step, rest = np.divmod(axis - entry.start, entry.step)
        inside &= (rest == 0) & (step >= 0) & (step < len(entry))
        moved.append(step)
    return inside, moved


@rule("put_add")
def sparse_in_larger(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The few values, at their places in the larger array."""
    if len(inputs) != 2 or params[1] != 0 or inputs[0].__class__ is Literal:
        return None
    found = sparse_of(build, inputs[0])
    shape = params[0]
    if found is None or place_of(inputs[1].value, 0, shape) is None:
        return None
    numbers = np.arange(math.prod(shape)).reshape(shape)[inputs[1].value.key]
    return _array(build, Sparse(found.values, numbers.reshape(-1)[found.places], shape))
