"""Factorisations: known already, shared by all that needs them, and no larger than what is asked of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.decompositions import lu, lu_cofactor, lu_inverse, lu_solve
from wengert.compiler.optimise.diagonals import diagonal_of
from wengert.compiler.optimise.elementwise import constant_factor
from wengert.compiler.optimise.products import is_symmetric
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive
from wengert.tracing.index import Index

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Solving = Callable[[Atom], Atom]
Params = tuple[Any, ...]
absolute: Final = REGISTRY["absolute"]
broadcast_to: Final = REGISTRY["broadcast_to"]
cholesky: Final = REGISTRY["cholesky"]
exp: Final = REGISTRY["exp"]
less: Final = REGISTRY["less"]
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

# Operations whose value is one of their operands, by its number; the others are for the derivative.
_HELD: Final = {
    "eigenbasis": 2,
    "eigenvalues": 1,
    "eigenvectors": 2,
    "left_singular_vectors": 1,
    "right_singular_vectors": 3,
    "singular_values": 2,
}


def _is_matrix(atom: Atom) -> bool:
    """Whether the rules know how to factor it: a real matrix that is not empty, or a stack of them."""
    return len(atom.type.shape) >= 2 and atom.type.kind == "f" and atom.type.size > 0


def _turned(build: Builder, a: Atom) -> tuple[Atom, bool]:
    """The matrix of which this one is a transpose, or not; one that equals its transpose counts as itself."""
    turned = build.defined_by(a, transpose)
    if turned is None or turned.params != (_turning(a),):
        return a, False
    return turned.inputs[0], True


def _turning(a: Atom) -> tuple[int, ...]:
    """The order of axes in which every matrix is transposed."""
    rank = len(a.type.shape)
    return (*range(rank - 2), rank - 1, rank - 2)


def _alongside(build: Builder, a: Atom, b: Atom) -> Atom | None:
    """Right-hand sides, one for each matrix of a stack; None where there are more of them."""
    front, shape = a.type.shape[:-2], b.type.shape
    if shape[:-2] == front:
        return b
    if np.broadcast_shapes(shape[:-2], front) != front:
        return None
    return build.apply(broadcast_to, b, params=((*front, *shape[-2:]),))


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
    if len(a.type.shape) > 2 and _alongside(build, a, b) is None:
        return None
    found = build.apply(triangular_solve, a, b, params=(lower, bool(params[0]) is not turned))
    return found if found.type is build.infer(primitive, inputs, params)[0] else None


@rule("triangular_solve")
def factor_behind_triangle(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Signs and constant factors of the right-hand side, taken out of it."""
    t, b = inputs
    return _scaled(build, b, lambda right: build.apply(triangular_solve, t, right, params=params))


@rule("triangular_solve")
def stack_of_columns(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Several right-hand sides of one triangle as one with all their columns."""
    t, b = inputs
    if not _is_matrix(t) or len(b.type.shape) < 3 or not b.type.size:
        return None
    if len(t.type.shape) > 2:
        right = _alongside(build, t, b)
        return None if right is None or right is b else build.apply(triangular_solve, t, right, params=params)
    return _by_columns(build, b, lambda right: build.apply(triangular_solve, t, right, params=params))


def _by_columns(build: Builder, b: Atom, solved: Solving) -> Atom:
    """What treats every column alike, of a stack of matrices side by side."""
    *front, rows, columns = b.type.shape
    rank = len(front)
    beside = build.apply(transpose, b, params=((rank, *range(rank), rank + 1),))
    found = solved(build.apply(reshape, beside, params=((rows, math.prod(front) * columns),)))
    apart = build.apply(reshape, found, params=((rows, *front, columns),))
    return build.apply(transpose, apart, params=((*range(1, rank + 1), 0, rank + 1),))


@rule("triangular_solve")
def turned_triangle(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The system of a transpose as the transposed system of what was there before."""
    t, turned = _turned(build, inputs[0])
    if not turned or not _is_matrix(t):
        return None
    return build.apply(triangular_solve, t, inputs[1], params=(not params[0], not params[1]))


@rule("solve")
def solve_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The same factors for a matrix and its transpose, for values and derivatives."""
    a, _, _, b = inputs
    if not _is_matrix(a) or b.type.dtype != a.type.dtype or not b.type.size:
        return None
    a, turned = _turned(build, a)
    transposed = bool(params[0]) is not turned and not is_symmetric(build, a)

    def solved(right: Atom) -> Atom:
        return build.apply(lu_solve, *_factors(build, a), right, params=(transposed,))

    if len(a.type.shape) > 2:
        right = _alongside(build, a, b)
        return None if right is None else _scaled(build, right, solved) or solved(right)
    if len(b.type.shape) > 2:
        return _by_columns(build, b, solved)
    return _scaled(build, b, solved) or solved(b)


def _scaled(build: Builder, b: Atom, solved: Solving) -> Atom | None:
    """What is linear in b, of b without its sign and constant factors; None where it has none."""
    shaped = build.defined_by(b, reshape)
    whole = shaped.inputs[0] if shaped is not None else b

    def rest(inner: Atom) -> Atom:
        right = build.apply(reshape, inner, params=(b.type.shape,)) if shaped is not None else inner
        return _scaled(build, right, solved) or solved(right)

    minus = build.defined_by(whole, negative)
    if minus is not None:
        return build.apply(negative, rest(minus.inputs[0]))
    scaled = constant_factor(build, whole)
    if scaled is None or scaled[1].type is not whole.type or not math.isfinite(float(scaled[0].value)):
        return None
    return build.apply(multiply, scaled[0], rest(scaled[1]))


@rule("inv")
def inverse_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The inverse from factors that serve others as well."""
    if not _is_matrix(inputs[0]):
        return None
    a, turned = _turned(build, inputs[0])
    inverse = build.apply(lu_inverse, *_factors(build, a))
    return build.apply(transpose, inverse, params=(_turning(inverse),)) if turned else inverse


@rule("inverse_of_regular")
def inverse_of_logarithm(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The inverse in the gradient of the logarithm of a determinant."""
    return inverse_by_factors(build, primitive, inputs[:1], ()) if math.isinf(params[0]) else None


@rule("cofactor")
def cofactor_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The gradient of a determinant, from factors that serve others as well."""
    a = inputs[0]
    return build.apply(lu_cofactor, a, *_factors(build, a)) if _is_matrix(a) else None


@rule("slogdet")
def logarithm_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Any:
    """The sign and the logarithm of a determinant, from the pivots."""
    if not _is_matrix(inputs[0]):
        return None
    diagonal, signs = _pivots(build, inputs[0])
    return _sign(build, diagonal, signs), _sum(build, build.apply(log, build.apply(absolute, diagonal)))


def _sign(build: Builder, diagonal: Atom, signs: Atom) -> Atom:
    return _prod(build, build.apply(multiply, build.apply(sign, diagonal), signs))


def _sum(build: Builder, x: Atom) -> Atom:
    return build.apply(total, x, params=((len(x.type.shape) - 1,), False))


def _prod(build: Builder, x: Atom) -> Atom:
    return build.apply(prod, x, params=((len(x.type.shape) - 1,), False))


@rule("det")
def determinant_by_factors(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The product of the pivots, with the sign of their order; by logarithms where some product may leave the range."""
    if not _is_matrix(inputs[0]):
        return None
    diagonal, signs = _pivots(build, inputs[0])
    dtype = inputs[0].type.dtype
    logarithms = build.apply(log, build.apply(absolute, diagonal))
    # the products of all subsets lie within
    reach = _sum(build, build.apply(absolute, logarithms))
    inside = build.apply(less, reach, build.literal(dtype.type(0.8 * np.log(np.finfo(dtype).max))))
    product = _prod(build, build.apply(multiply, diagonal, signs))
    size = build.apply(exp, _sum(build, logarithms))
    return build.apply(select, inside, product, build.apply(multiply, _sign(build, diagonal, signs), size))


def _pivots(build: Builder, a: Atom) -> tuple[Atom, Atom]:
    """The diagonal of the factors, and -1 where rows were exchanged."""
    a, _ = _turned(build, a)
    factors, pivots, _ = _factors(build, a)
    size = a.type.shape[-1]
    moved = build.apply(not_equal, pivots, build.literal(np.arange(1, size + 1, dtype=np.int32)))
    minus, plus = [build.literal(a.type.dtype.type(number)) for number in (-1, 1)]
    return _diagonals(build, factors), build.apply(select, moved, minus, plus)


def _diagonals(build: Builder, a: Atom) -> Atom:
    """The diagonal of each square matrix."""
    *front, size, _ = a.type.shape
    if not front:
        return diagonal_of(build, a)
    flat = build.apply(reshape, a, params=((*front, size * size),))
    steps = (*[slice(None)] * len(front), slice(0, size * size, size + 1))
    return build.apply(take, flat, build.opaque(Index(steps, 0)), params=(0,))


@rule(*_HELD)
def held_by_a_witness(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """What a decomposition has computed already."""
    found = inputs[_HELD[primitive.name]]
    return found if found.type is build.infer(primitive, inputs, params)[0] else None
