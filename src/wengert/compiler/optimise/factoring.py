"""Factorisations: known already, shared by all that needs them, and no larger than what is asked of them."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.decompositions import lu, lu_inverse, lu_solve
from wengert.compiler.optimise.elementwise import constant_factor
from wengert.compiler.optimise.products import is_symmetric
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Literal, Primitive
from wengert.tracing.index import SLOT, Index

__all__ = ["diagonal_of", "takes_diagonal"]

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
absolute: Final = REGISTRY["absolute"]
cholesky: Final = REGISTRY["cholesky"]
log: Final = REGISTRY["log"]
multiply: Final = REGISTRY["multiply"]
negative: Final = REGISTRY["negative"]
not_equal: Final = REGISTRY["not_equal"]
prod: Final = REGISTRY["prod"]
reshape: Final = REGISTRY["reshape"]
select: Final = REGISTRY["select"]
sign: Final = REGISTRY["sign"]
take: Final = REGISTRY["take"]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
triangle: Final = REGISTRY["triangle"]
triangular_solve: Final = REGISTRY["triangular_solve"]


def _is_matrix(atom: Atom) -> bool:
    """Whether the rules know how to factor it: one real matrix that is not empty."""
    return len(atom.type.shape) == 2 and atom.type.kind == "f" and atom.type.size > 0


def _turned(build: Builder, a: Atom) -> tuple[Atom, bool]:
    """The matrix of which this one is a transpose, or not; one that equals its transpose counts as itself."""
    turned = build.defined_by(a, transpose)
    return (turned.inputs[0], True) if turned is not None else (a, False)


def _factors(build: Builder, a: Atom) -> tuple[Atom, ...]:
    """LU factors, which are computed once for every matrix."""
    return build.results(lu, (a,), ())


@rule("solve")
def solve_with_triangle(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A factor of Cholesky needs no factorisation, and a triangle none either."""
    a, _, _, b = inputs
    if not _is_matrix(a):
        return None
    a, turned = _turned(build, a)
    equation = build.definitions.get(a)
    if equation is None:
        return None
    if equation.primitive is cholesky:
        lower = True
    elif equation.primitive is triangle and equation.params[1] != 0:
        lower = bool(equation.params[0])
    else:
        return None
    found = build.apply(triangular_solve, a, b, params=(lower, bool(params[0]) is not turned))
    return found if found.type is build.infer(primitive, inputs, params)[0] else None


@rule("triangular_solve")
def factor_behind_triangle(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Signs and constant factors of the right-hand side, taken out of it."""
    t, b = inputs
    return _scaled(build, b, lambda right: build.apply(triangular_solve, t, right, params=params))


@rule("solve")
def solve_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The same factors for a matrix and its transpose, for values and derivatives."""
    a, _, _, b = inputs
    if not _is_matrix(a) or len(b.type.shape) != 2 or b.type.dtype != a.type.dtype or not b.type.size:
        return None
    a, turned = _turned(build, a)
    transposed = bool(params[0]) is not turned and not is_symmetric(build, a)

    def solved(right: Atom) -> Atom:
        return build.apply(lu_solve, *_factors(build, a), right, params=(transposed,))

    return _scaled(build, b, solved) or solved(b)


def _scaled(build: Builder, b: Atom, solved: Any) -> Atom | None:
    """What is linear in b, of b without its sign and constant factors; None where it has none."""
    minus = build.defined_by(b, negative)
    if minus is not None:
        inner = minus.inputs[0]
        return build.apply(negative, _scaled(build, inner, solved) or solved(inner))
    scaled = constant_factor(build, b)
    if scaled is None or scaled[1].type is not b.type or not math.isfinite(float(scaled[0].value)):
        return None
    return build.apply(multiply, scaled[0], _scaled(build, scaled[1], solved) or solved(scaled[1]))


@rule("inv")
def inverse_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The inverse from factors that serve others as well."""
    if not _is_matrix(inputs[0]):
        return None
    a, turned = _turned(build, inputs[0])
    inverse = build.apply(lu_inverse, *_factors(build, a))
    return build.apply(transpose, inverse, params=((1, 0),)) if turned else inverse


@rule("inverse_of_regular")
def inverse_of_logarithm(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The inverse in the gradient of the logarithm of a determinant."""
    return inverse_by_factors(build, primitive, inputs[:1], ()) if math.isinf(params[0]) else None


@rule("slogdet")
def logarithm_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Any:
    """The sign and the logarithm of a determinant, from the pivots."""
    if not _is_matrix(inputs[0]):
        return None
    diagonal, signs = _pivots(build, inputs[0])
    logarithm = build.apply(total, build.apply(log, build.apply(absolute, diagonal)), params=((0,), False))
    one = build.apply(prod, build.apply(multiply, build.apply(sign, diagonal), signs), params=((0,), False))
    return one, logarithm


@rule("det")
def determinant_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The product of the pivots, with the sign of their order."""
    if not _is_matrix(inputs[0]):
        return None
    return build.apply(prod, build.apply(multiply, *_pivots(build, inputs[0])), params=((0,), False))


def _pivots(build: Builder, a: Atom) -> tuple[Atom, Atom]:
    """The diagonal of the factors, and -1 where rows were exchanged."""
    a, _ = _turned(build, a)
    factors, pivots, _ = _factors(build, a)
    size = a.type.shape[0]
    moved = build.apply(not_equal, pivots, build.literal(np.arange(1, size + 1, dtype=np.int32)))
    minus, plus = [build.literal(a.type.dtype.type(number)) for number in (-1, 1)]
    return diagonal_of(build, factors), build.apply(select, moved, minus, plus)


def diagonal_of(build: Builder, a: Atom) -> Atom:
    """The diagonal of a matrix as every so many entries of it."""
    rows, columns = a.type.shape
    stop = (min(rows, columns) - 1) * (columns + 1) + 1
    flat = build.apply(reshape, a, params=((rows * columns,),))
    return build.apply(take, flat, build.opaque(Index((slice(0, stop, columns + 1),), 0)), params=(0,))


def takes_diagonal(place: Inputs, shape: tuple[int, ...]) -> bool:
    """Whether an index, with its arrays, names the diagonal of a matrix entry by entry."""
    if len(place) != 3 or len(shape) != 2 or place[1] is not place[2] or place[1].__class__ is not Literal:
        return False
    index, rows, _ = place
    items = [item for item in index.value.items if item is not Ellipsis]
    count = min(shape)
    return items == [SLOT, SLOT] and rows.type.shape == (count,) and bool((rows.value == np.arange(count)).all())
