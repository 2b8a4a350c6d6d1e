"""Outer products as operands: what does not change along a sum is taken out of it.

The derivative of an inverse is an outer product for each entry that moves, and what follows multiplies it with further
matrices. Its factors are multiplied instead, and the outer product is made at the end, of as many entries as are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
broadcast_to: Final = REGISTRY["broadcast_to"]
matmul: Final = REGISTRY["matmul"]
multiply: Final = REGISTRY["multiply"]
negative: Final = REGISTRY["negative"]
reshape: Final = REGISTRY["reshape"]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
# Products within products, at most.
_DEEPEST: Final = 8
# So many times fewer entries the factors inside of a sum must have.
_SHARE: Final = 4


@dataclass(frozen=True)
class Separated:
    """An array as a product: of what does not change along some axes, and of the rest, which is small."""

    outside: Atom
    inside: Atom
    is_negative: bool


@rule("matmul")
def outer_product_on_the_left(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The rows of all matrices of a stack are multiples of one row."""
    x, y = inputs
    if len(y.type.shape) != 2 or len(x.type.shape) < 2 or x.type.dtype != y.type.dtype or x.type.kind != "f":
        return None
    stack = build.defined_by(x, reshape) if len(x.type.shape) == 2 else None
    source = stack.inputs[0] if stack is not None else x
    if len(source.type.shape) < 3 or source.type.shape[-1] != x.type.shape[-1]:
        return None
    found = separated(build, source, (len(source.type.shape) - 1,))
    if found is None:
        return None
    *rows, length = found.inside.type.shape
    flat = build.apply(reshape, found.inside, params=((math.prod(rows), length),))
    product = build.apply(reshape, build.apply(matmul, flat, y), params=((*rows, y.type.shape[1]),))
    whole = broadcasted(build, _joined(build, found, product), (*source.type.shape[:-1], y.type.shape[1]))
    return build.apply(reshape, whole, params=(_shape(build, primitive, inputs),))


@rule("matmul")
def outer_product_on_the_right(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The columns of all matrices of a stack are multiples of one column."""
    x, y = inputs
    if len(x.type.shape) != 2 or len(y.type.shape) < 3 or x.type.dtype != y.type.dtype or x.type.kind != "f":
        return None
    found = separated(build, y, (len(y.type.shape) - 2,))
    if found is None or found.inside.type.shape[-1] != 1:
        return None
    *stack, length, _ = found.inside.type.shape
    flat = build.apply(reshape, found.inside, params=((math.prod(stack), length),))
    product = build.apply(matmul, flat, build.apply(transpose, x, params=((1, 0),)))
    product = build.apply(reshape, product, params=((*stack, x.type.shape[0], 1),))
    return broadcasted(build, _joined(build, found, product), _shape(build, primitive, inputs))


@rule("sum")
def sum_of_outer_product(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The factors that change along a sum are summed without the others."""
    (x,), (axes, keeps) = inputs, params[:2]
    if keeps or x.type.kind != "f" or build.infer(primitive, inputs, params)[0].dtype != x.type.dtype:
        return None
    stack = build.defined_by(x, reshape) if axes == (len(x.type.shape) - 1,) else None
    source = stack.inputs[0] if stack is not None else x
    if stack is not None:
        if not source.type.shape or source.type.shape[-1] != x.type.shape[-1]:
            return None
        axes = (len(source.type.shape) - 1,)
    found = separated(build, source, axes)
    if found is None and len(axes) > 1 and stack is None:
        return _one_axis_first(build, source, axes)
    if found is None:
        return None
    kept = [
        tuple([n for axis, n in enumerate(atom.type.shape) if axis not in axes])
        for atom in (found.outside, found.inside)
    ]
    outside = build.apply(reshape, found.outside, params=(kept[0],))
    sums = build.apply(reshape, build.apply(total, found.inside, params=(axes, False)), params=(kept[1],))
    joined = _joined(build, Separated(outside, sums, found.is_negative), sums)
    wide = tuple([n for axis, n in enumerate(source.type.shape) if axis not in axes])
    joined = broadcasted(build, joined, wide)
    return build.apply(reshape, joined, params=(_shape(build, primitive, inputs, params),))


def _one_axis_first(build: Builder, source: Atom, axes: tuple[int, ...]) -> Atom | None:
    """The sum along that axis first along which few factors change."""
    for axis in axes:
        if separated(build, source, (axis,)) is not None:
            part = build.apply(total, source, params=((axis,), False))
            rest = tuple([other - (other > axis) for other in axes if other != axis])
            return build.apply(total, part, params=(rest, False))
    return None


def _shape(build: Builder, primitive: Primitive, inputs: Inputs, params: Params = ()) -> tuple[int, ...]:
    shape: tuple[int, ...] = build.infer(primitive, inputs, params)[0].shape
    return shape


def _joined(build: Builder, found: Separated, product: Atom) -> Atom:
    """What was computed of the factors inside, times the others."""
    build.assume_finite(product)
    build.assume_finite(found.outside)
    whole = build.apply(multiply, product, found.outside)
    return build.apply(negative, whole) if found.is_negative else whole


def separated(build: Builder, atom: Atom, axes: tuple[int, ...]) -> Separated | None:
    """An array as a product of factors that change along the axes and of others, if the former are much smaller."""
    if not _is_product(build, atom):
        return None
    factors: list[Atom] = []
    is_negative = _collect(build, atom, factors, None, _DEEPEST)
    if any([factor.type.dtype != atom.type.dtype for factor in factors]):
        return None
    inside = [factor for factor in factors if any([factor.type.shape[axis] != 1 for axis in axes])]
    outside = [factor for factor in factors if all([factor.type.shape[axis] == 1 for axis in axes])]
    if not outside:
        return None
    lengths = {axis: atom.type.shape[axis] for axis in axes}
    if not all([any([factor.type.shape[axis] == n for factor in inside]) for axis, n in lengths.items()]):
        # what a broadcast repeats along the axes is as many times a one
        ones = tuple([lengths.get(axis, 1) for axis in range(len(atom.type.shape))])
        inside.append(build.apply(broadcast_to, build.literal(atom.type.dtype.type(1)), params=(ones,)))
    shape = np.broadcast_shapes(*[factor.type.shape for factor in inside])
    if _SHARE * math.prod(shape) > atom.type.size:
        return None
    return Separated(_product(build, outside), _product(build, inside), is_negative)


def _is_product(build: Builder, atom: Atom) -> bool:
    """Whether an array is a product of others, or repeats another one, turned, or with another sign."""
    equation: Any = build.definitions.get(atom)
    while equation is not None and equation.primitive in (transpose, negative):
        equation = build.definitions.get(equation.inputs[0])
    return equation is not None and equation.primitive in (multiply, broadcast_to)


def _collect(build: Builder, atom: Atom, found: list[Atom], axes: tuple[int, ...] | None, room: int) -> bool:
    """Add the factors of an array, turned, with all its axes each; whether their product has another sign."""
    equation = build.definitions.get(atom)
    shape = atom.type.shape
    axes = tuple(range(len(shape))) if axes is None else axes
    if equation is not None and room:
        operand = equation.inputs[0]
        if equation.primitive is negative:
            return not _collect(build, operand, found, axes, room - 1)
        if equation.primitive is transpose:
            turned = tuple([equation.params[0][axis] for axis in axes])
            return _collect(build, operand, found, turned, room - 1)
        if equation.primitive is multiply:
            signs = [_collect(build, _lifted(build, one, len(shape)), found, axes, room - 1) for one in equation.inputs]
            return signs[0] != signs[1]
        if equation.primitive is broadcast_to:
            atom = _lifted(build, operand, len(shape))
    found.append(build.apply(transpose, atom, params=(axes,)))
    return False


def _lifted(build: Builder, atom: Atom, rank: int) -> Atom:
    """An operand with as many axes as the result."""
    missing = rank - len(atom.type.shape)
    return build.apply(reshape, atom, params=((1,) * missing + atom.type.shape,)) if missing else atom


def _product(build: Builder, factors: list[Atom]) -> Atom:
    """The product of all factors, small ones first."""
    ordered = sorted(factors, key=lambda factor: factor.type.size)
    product = ordered[0]
    for factor in ordered[1:]:
        product = build.apply(multiply, product, factor)
    return product
