"""Matrix products whose operands are special: repeated, scaled, the identity, of one row or one column."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.decompositions import cholesky_inverse
from wengert.compiler.optimise.elementwise import constant_factor
from wengert.compiler.optimise.internal import gram, weighted_gram, with_transpose
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Equation, Literal, Primitive
from wengert.tracing.index import SLOT

__all__ = ["is_symmetric", "matrix_transpose"]

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
negative: Final = REGISTRY["negative"]
add: Final = REGISTRY["add"]
reshape: Final = REGISTRY["reshape"]
transpose: Final = REGISTRY["transpose"]
broadcast_to: Final = REGISTRY["broadcast_to"]
total: Final = REGISTRY["sum"]
take: Final = REGISTRY["take"]
_SYMMETRIC: Final = frozenset({gram, weighted_gram, cholesky_inverse, with_transpose})


def matrix_transpose(build: Builder, x: Atom) -> Atom:
    """The transpose of a matrix; a vector as it is."""
    return x if len(x.type.shape) < 2 else build.apply(transpose, x, params=((1, 0),))


@rule("scale_matmul")
def scale_matmul_is_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The chain rule's product, which has the value of any other."""
    return build.apply(matmul, *inputs)


@rule("matmul")
def signs_and_factors_outward(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Signs, and constant factors of operands larger than the product."""
    x, y = inputs
    expected = build.infer(primitive, inputs, params)[0]
    if expected.kind != "f":
        return None
    for place, one in enumerate(inputs):
        minus = build.defined_by(one, negative)
        if minus is not None:
            operands = (minus.inputs[0], y) if place == 0 else (x, minus.inputs[0])
            return build.apply(negative, build.apply(matmul, *operands))
        scaled = constant_factor(build, one)
        if scaled is not None and one.type.size >= expected.size and scaled[1].type.shape == one.type.shape:
            operands = (scaled[1], y) if place == 0 else (x, scaled[1])
            product = build.apply(matmul, *operands)
            found = build.apply(multiply, scaled[0], product)
            return found if found.type is expected else None
    return None


@rule("matmul")
def product_of_repeated(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """What a broadcast repeats along the sum is taken out of it; rows or columns that are alike are computed once."""
    x, y = inputs
    if max(len(x.type.shape), len(y.type.shape)) > 2 or x.type.dtype != y.type.dtype:
        return None
    expected = build.infer(primitive, inputs, params)[0]
    if expected.kind not in "fc":
        return None
    left = build.defined_by(x, broadcast_to)
    if left is not None:
        source = _as_rank(build, left.inputs[0], len(x.type.shape))
        if source.type.shape[-1] == 1 != x.type.shape[-1]:
            sums = build.apply(total, y, params=((max(len(y.type.shape) - 2, 0),), False))
            column = _as_factor(build, source, len(expected.shape), len(y.type.shape) == 1)
            for factor in (column, sums):
                build.assume_finite(factor)
            return broadcasted(build, build.apply(multiply, column, sums), expected.shape)
        if len(source.type.shape) == 2 and source.type.shape[0] == 1:
            row = build.apply(matmul, build.apply(reshape, source, params=(source.type.shape[1:],)), y)
            lifted = build.apply(reshape, row, params=((1, *row.type.shape),))
            if len(y.type.shape) == 1:
                lifted = build.apply(reshape, row, params=((1,),))
            return broadcasted(build, lifted, expected.shape)
    right = build.defined_by(y, broadcast_to)
    if right is not None and len(y.type.shape) == 2:
        turned = build.apply(matmul, matrix_transpose(build, y), matrix_transpose(build, x))
        return turned if len(expected.shape) < 2 else matrix_transpose(build, turned)
    if right is not None:
        return build.apply(matmul, y, matrix_transpose(build, x))
    return None


def _as_rank(build: Builder, source: Atom, rank: int) -> Atom:
    missing = rank - len(source.type.shape)
    return build.apply(reshape, source, params=((1,) * missing + source.type.shape,)) if missing else source


def _as_factor(build: Builder, source: Atom, rank: int, drops_columns: bool) -> Atom:
    """A column of what is repeated along the sum, in the shape in which it multiplies the sums."""
    shape = source.type.shape
    if rank == 0 or len(shape) == 1:
        return build.apply(reshape, source, params=((),))
    return build.apply(reshape, source, params=(shape[:1],)) if drops_columns else source


@rule("matmul")
def product_with_diagonal(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Rows or columns of the other operand times the entries of a constant diagonal; they are taken to be finite."""
    x, y = inputs
    if not build.may_assume:
        return None
    for place, (one, other) in enumerate(((x, y), (y, x))):
        diagonal = _diagonal(one.value) if one.__class__ is Literal else None
        if diagonal is None or build.dtype(one) != build.dtype(other) or len(other.type.shape) > 2:
            continue
        down = place == 0 and len(other.type.shape) == 2
        factor = build.literal(diagonal[:, None] if down else diagonal)
        found = build.apply(multiply, factor, other)
        if found.type is build.infer(primitive, inputs, params)[0]:
            build.finite.append(other)
            return found
    return None


def _diagonal(value: Any) -> Any:
    """The diagonal of a constant matrix that holds nothing else."""
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.shape[0] != value.shape[1] or not value.size:
        return None
    # most matrices have another entry in their first row
    if value[0, 1:].any():
        return None
    diagonal = value.diagonal()
    return diagonal.copy() if np.count_nonzero(value) == np.count_nonzero(diagonal) else None


@rule("matmul")
def rows_taken_behind(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Rows that are taken more often than there are rows: multiplied first, and taken then."""
    x, y = inputs
    taken = build.defined_by(x, take)
    if taken is None or len(taken.inputs) != 3 or len(x.type.shape) != 2 or taken.params != (0,):
        return None
    source, index, places = taken.inputs
    if len(y.type.shape) > 2 or len(source.type.shape) != 2 or len(places.type.shape) != 1:
        return None
    if not _takes_rows(index) or x.type.shape[0] <= source.type.shape[0]:
        return None
    return build.apply(take, build.apply(matmul, source, y), index, places, params=(0,))


@rule("matmul")
def smaller_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Of one column and one row, with a single row or column, and of a stack with one matrix."""
    x, y = inputs
    left, right = x.type.shape, y.type.shape
    expected: Any = build.infer(primitive, inputs, params)[0].shape
    if len(left) == len(right) == 2 and x.type.kind in "fic" and y.type.kind in "fic":
        if left[1] == 1:
            return build.apply(multiply, x, y)
        if left[0] == 1:
            return build.apply(reshape, build.apply(matmul, _flat(build, x), y), params=(expected,))
        if right[1] == 1:
            return build.apply(reshape, build.apply(matmul, x, _flat(build, y)), params=(expected,))
    if len(left) > 2 and len(right) <= 2 and math.prod(expected):
        rows = build.apply(reshape, x, params=((math.prod(left[:-1]), left[-1]),))
        return build.apply(reshape, build.apply(matmul, rows, y), params=(expected,))
    if len(right) > 2 and len(left) == 1 and math.prod(expected):
        stack = build.apply(matmul, build.apply(reshape, x, params=((1, *left),)), y)
        return build.apply(reshape, stack, params=(expected,))
    if len(left) > 2 and len(right) > 2:
        # leading axes of length one that the other operand has as well
        for place, (one, mine, theirs) in enumerate(((x, left, right), (y, right, left))):
            front = next((i for i, n in enumerate(mine[:-2]) if n != 1), len(mine) - 2)
            if front and len(mine) - front < len(theirs) and len(theirs) >= len(mine):
                small = build.apply(reshape, one, params=(mine[front:],))
                return build.apply(matmul, *((small, y) if place == 0 else (x, small)))
    return None


def _takes_rows(index: Any) -> bool:
    return bool(index.value.items == (SLOT,))


def _flat(build: Builder, x: Atom) -> Atom:
    return build.apply(reshape, x, params=((x.type.size,),))


def is_symmetric(build: Builder, atom: Atom, depth: int = 6) -> bool:
    """Whether a matrix is known to equal its transpose, in every bit."""
    if len(atom.type.shape) != 2 or not depth:
        return False
    if atom.__class__ is Literal:
        return bool(np.array_equal(atom.value, atom.value.T))
    equation = build.definitions.get(atom)
    if equation is None:
        return False
    if equation.primitive in _SYMMETRIC or _is_square_of_column(build, equation):
        return True
    if not equation.primitive.elementwise:
        return False
    if equation.primitive is add:
        for one, other in (equation.inputs, equation.inputs[::-1]):
            turned = build.defined_by(one, transpose)
            if turned is not None and turned.inputs[0] is other and turned.params == ((1, 0),):
                return True
    return all(not operand.type.shape or is_symmetric(build, operand, depth - 1) for operand in equation.inputs)


def _is_square_of_column(build: Builder, equation: Equation) -> bool:
    """Whether an equation multiplies a column by the same numbers as a row."""
    if equation.primitive is not multiply:
        return False
    size = equation.outputs[0].type.shape[0]
    if size == 1:
        return False
    for column, row in (equation.inputs, equation.inputs[::-1]):
        if column.type.shape == (size, 1) and row.type.shape in ((1, size), (size,)):
            return _unshaped(build, column) is _unshaped(build, row)
    return False


def _unshaped(build: Builder, atom: Atom) -> Atom:
    """What was reshaped to give an array."""
    equation = build.defined_by(atom, reshape)
    return atom if equation is None else _unshaped(build, equation.inputs[0])


@rule("transpose")
def transpose_of_symmetric(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A symmetric matrix is its own transpose."""
    return inputs[0] if params == ((1, 0),) and is_symmetric(build, inputs[0]) else None
