"""Sums and extremes along axes: of what is repeated, moved, or summed before."""

from __future__ import annotations

import math
from typing import Any, Final

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
total: Final = REGISTRY["sum"]
transpose: Final = REGISTRY["transpose"]
reshape: Final = REGISTRY["reshape"]
broadcast_to: Final = REGISTRY["broadcast_to"]
multiply: Final = REGISTRY["multiply"]
divide: Final = REGISTRY["divide"]
convert: Final = REGISTRY["convert"]
negative: Final = REGISTRY["negative"]


@rule("sum")
def sum_of_shares(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """What a whole is parted into, c xᵢ / Σ xᵢ, adds up to it; sum and quotient are taken to be finite."""
    (x,), (axis, keepdims) = inputs, params
    if keepdims or not build.may_assume or x.type.kind != "f" or 0 in x.type.shape:
        return None
    kept = tuple([n for place, n in enumerate(x.type.shape) if place not in axis])
    narrow = tuple([1 if place in axis else n for place, n in enumerate(x.type.shape)])
    for parts, share in _shares(build, x):
        padded = (1,) * (len(narrow) - len(share.type.shape)) + share.type.shape
        turned = build.defined_by(share, reshape)
        quotient = build.defined_by(turned.inputs[0] if turned is not None else share, divide)
        if parts.type.shape != x.type.shape or padded != narrow or quotient is None:
            continue
        given, whole = quotient.inputs
        summed = build.defined_by(whole, total)
        if summed is None or summed.inputs[0] is not parts or summed.params != (axis, False):
            continue
        if whole.type.shape != kept or given.type.shape not in ((), kept):
            continue
        expected = build.infer(primitive, inputs, params)[0]
        if build.uniform(given) is not None:
            given = build.literal(expected.dtype.type(build.uniform(given)))
        found = broadcasted(build, given, kept) if given.type.shape != kept else given
        if found.type is expected:
            build.finite += [whole, quotient.outputs[0]]
            return found
    return None


def _shares(build: Builder, x: Atom) -> list[tuple[Atom, Atom]]:
    """The two factors of a product, as parts and as what they are multiplied by."""
    product = build.defined_by(x, multiply)
    return [] if product is None else [(product.inputs[0], product.inputs[1]), (product.inputs[1], product.inputs[0])]


@rule("select")
def nothing_shared(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Zero divided among the places where something holds, by their number: where there is none, nobody gets it."""
    condition, share, otherwise = inputs
    if build.uniform(otherwise) != 0 or share.type.kind != "f":
        return None
    while (moved := build.defined_by(share, reshape) or build.defined_by(share, broadcast_to)) is not None:
        share = moved.inputs[0]
    quotient = build.defined_by(share, divide)
    if quotient is None or build.uniform(quotient.inputs[0]) != 0:
        return None
    number = quotient.inputs[1]
    converted = build.defined_by(number, convert)
    counted = build.defined_by(converted.inputs[0] if converted is not None else number, total)
    if counted is None or counted.inputs[0] is not condition or condition.type.kind != "b":
        return None
    expected = build.infer(primitive, inputs, params)[0]
    found = broadcasted(build, otherwise, expected.shape) if otherwise.type.shape != expected.shape else otherwise
    return found if found.type is expected else None


@rule("sum", "max", "min", "prod", "all", "any")
def reduction_simplified(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """Along no axis, along axes of length one, with axes kept, and of what is moved."""
    (x,), (axis, keepdims) = inputs, params
    shape = x.type.shape
    expected = build.infer(primitive, inputs, params)[0]
    if keepdims and shape:
        found = build.apply(primitive, x, params=(axis, False))
        return build.apply(reshape, found, params=(expected.shape,))
    long = tuple([a for a in axis if shape[a] != 1])
    if not long and x.type.dtype == expected.dtype and not x.type.weak:
        return build.apply(reshape, x, params=(expected.shape,))
    if len(long) < len(axis) and long:
        dropped = [a for a in axis if shape[a] == 1]
        small = build.apply(reshape, x, params=(tuple([n for a, n in enumerate(shape) if a not in dropped]),))
        places = tuple([a - sum(d < a for d in dropped) for a in long])
        return build.apply(primitive, small, params=(places, False))
    equation = build.definitions.get(x)
    if equation is None:
        return None
    if equation.primitive is transpose:
        return _of_turned(build, primitive, equation, axis)
    if equation.primitive is reshape:
        return _of_reshaped(build, primitive, equation, axis)
    if equation.primitive is primitive and build.dtype(x) == build.dtype(equation.inputs[0]):
        return _of_reduced(build, primitive, equation, axis)
    if equation.primitive is broadcast_to and primitive.name != "prod" and math.prod(shape):
        return _of_repeated(build, primitive, equation, axis)
    if equation.primitive is negative and primitive is total and x.type.kind in "fc":
        return build.apply(negative, build.apply(total, equation.inputs[0], params=params))
    return None


def _of_turned(build: Builder, primitive: Primitive, equation: Any, axis: tuple[int, ...]) -> Atom:
    (axes,) = equation.params
    gone = tuple(sorted(axes[a] for a in axis))
    part = build.apply(primitive, equation.inputs[0], params=(gone, False))
    order = [a for position, a in enumerate(axes) if position not in axis]
    ranked = sorted(order)
    return build.apply(transpose, part, params=(tuple([ranked.index(a) for a in order]),)) if len(order) > 1 else part


def _of_reshaped(build: Builder, primitive: Primitive, equation: Any, axis: tuple[int, ...]) -> Atom | None:
    """Before axes of length one were put in, or taken out, if those that are summed are not touched."""
    before, after = equation.inputs[0].type.shape, equation.outputs[0].type.shape
    if len(axis) == len(after) and before and 1 not in before:
        # everything is reduced, in whatever shape
        return build.apply(primitive, equation.inputs[0], params=(tuple(range(len(before))), False))
    long_before = [a for a, n in enumerate(before) if n != 1]
    long_after = [a for a, n in enumerate(after) if n != 1]
    if [before[a] for a in long_before] != [after[a] for a in long_after] or not set(axis) <= set(long_after):
        return None
    gone = tuple([long_before[long_after.index(a)] for a in axis])
    part = build.apply(primitive, equation.inputs[0], params=(gone, False))
    return build.apply(reshape, part, params=(tuple([n for a, n in enumerate(after) if a not in axis]),))


def _of_reduced(build: Builder, primitive: Primitive, equation: Any, axis: tuple[int, ...]) -> Atom | None:
    inner, keepdims = equation.params
    if keepdims:
        return None
    shape = equation.inputs[0].type.shape
    left = [a for a in range(len(shape)) if a not in inner]
    gone = tuple(sorted((*inner, *[left[a] for a in axis])))
    return build.apply(primitive, equation.inputs[0], params=(gone, False))


def _of_repeated(build: Builder, primitive: Primitive, equation: Any, axis: tuple[int, ...]) -> Atom | None:
    """The sum of n copies is n times one of them; the largest is any of them; equal rows have equal ones."""
    source, wide = equation.inputs[0], equation.outputs[0].type
    if source.type.weak or wide.kind not in "fic" or (primitive is total and wide.kind == "c"):
        return None
    narrow = (1,) * (len(wide.shape) - len(source.type.shape)) + source.type.shape
    repeated = [a for a in axis if narrow[a] != wide.shape[a]]
    if source.type.shape != narrow:
        source = build.apply(reshape, source, params=(narrow,))
    part = build.apply(primitive, source, params=(axis, False))
    if primitive is total and repeated:
        count = math.prod(wide.shape[a] for a in repeated)
        part = build.apply(multiply, build.literal(count), part)
    return broadcasted(build, part, tuple([n for a, n in enumerate(wide.shape) if a not in axis]))
