"""Diagonals of matrices: read in steps, and as factors that scale rows and columns."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.internal import inlay
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Literal, Primitive
from wengert.tracing.index import SLOT, Index

__all__ = ["diagonal_of", "diagonal_product", "inlaid_diagonal", "names_diagonal", "on_diagonal"]

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
cholesky: Final = REGISTRY["cholesky"]
multiply: Final = REGISTRY["multiply"]
put_add: Final = REGISTRY["put_add"]
reshape: Final = REGISTRY["reshape"]
take: Final = REGISTRY["take"]
transpose: Final = REGISTRY["transpose"]
# What a reading at constant places goes through.
_COMPUTED: Final = frozenset(
    {"matmul", "put_add", "replace", "add_at", "sum", "reshape", "transpose", "broadcast_to", "take", "concatenate"}
)


def names_diagonal(place: Inputs, shape: tuple[int, ...]) -> bool:
    """Whether an index, with its arrays, names the diagonal of a matrix entry by entry."""
    if len(shape) != 2 or 0 in shape:
        return False
    items = [item for item in place[0].value.items if item is not Ellipsis]
    if len(items) != 2:
        return False
    arrays = iter(place[1:])
    found = []
    for item in items:
        atom = next(arrays) if item is SLOT else None
        found.append(item if atom is None else atom.value if atom.__class__ is Literal else None)
    count = min(shape)
    return all(
        array.__class__ is np.ndarray and array.shape == (count,) and bool((array == np.arange(count)).all())
        for array in found
    )


def diagonal_of(build: Builder, a: Atom) -> Atom:
    """The diagonal of a matrix as every so many entries of it."""
    turned = build.defined_by(a, transpose)
    if turned is not None and turned.params == ((1, 0),):
        return diagonal_of(build, turned.inputs[0])
    rows, columns = a.type.shape
    stop = (min(rows, columns) - 1) * (columns + 1) + 1
    flat = build.apply(reshape, a, params=((rows * columns,),))
    return build.apply(take, flat, build.opaque(Index((slice(0, stop, columns + 1),), 0)), params=(0,))


@rule("take")
def diagonal_in_steps(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The diagonal as every so many entries of what stands in memory; of other arrays, `gathering` finds it."""
    if params != (0,) or not names_diagonal(inputs[1:], inputs[0].type.shape):
        return None
    equation: Any = build.definitions.get(inputs[0])
    if equation is not None and equation.primitive is transpose:
        equation = build.definitions.get(equation.inputs[0])
    if equation is not None and (equation.primitive.elementwise or equation.primitive.name in _COMPUTED):
        return None
    return diagonal_of(build, inputs[0])


def on_diagonal(build: Builder, atom: Atom) -> Atom | None:
    """The values of a square matrix that holds nothing but its diagonal."""
    equation = build.defined_by(atom, put_add)
    if equation is None or len(atom.type.shape) != 2 or atom.type.shape[0] != atom.type.shape[1]:
        return None
    if equation.params != (atom.type.shape, 0) or not names_diagonal(equation.inputs[1:], atom.type.shape):
        return None
    values: Atom = equation.inputs[0]
    return values if values.type.shape == atom.type.shape[:1] else None


@rule("transpose")
def transpose_of_diagonal(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A diagonal matrix is its own transpose."""
    return inputs[0] if params == ((1, 0),) and on_diagonal(build, inputs[0]) is not None else None


@rule("matmul")
def diagonal_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Rows or columns times the entries of a diagonal; they are taken to be finite."""
    x, y = inputs
    expected = build.infer(primitive, inputs, params)[0]
    if not build.may_assume or expected.kind != "f" or len(x.type.shape) > 2 or len(y.type.shape) > 2:
        return None
    for place, (one, other) in enumerate(((x, y), (y, x))):
        values = on_diagonal(build, one)
        if values is None or _is_turned_factor(build, other):
            continue
        down = place == 0 and len(other.type.shape) == 2
        factor = build.apply(reshape, values, params=((*values.type.shape, 1),)) if down else values
        found = build.apply(multiply, factor, other)
        if found.type is expected:
            build.finite.append(other)
            return found
    return None


def _is_turned_factor(build: Builder, atom: Atom) -> bool:
    """Whether a matrix is the transpose of a factor of Cholesky, whose derivative has a rule for the whole."""
    turned = build.defined_by(atom, transpose)
    return turned is not None and build.defined_by(turned.inputs[0], cholesky) is not None


def inlaid_diagonal(build: Builder, inputs: Inputs, params: Params) -> Atom | None:
    """Values on the diagonal of zeros, at equal distances."""
    shape, leading = params
    if leading != 0 or not names_diagonal(inputs[1:], shape) or inputs[0].type.shape != (min(shape),):
        return None
    size, step = shape[0] * shape[1], shape[1] + 1
    return build.apply(reshape, build.apply(inlay, inputs[0], params=(size, 0, (step,))), params=(shape,))
