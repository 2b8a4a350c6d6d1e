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
negative: Final = REGISTRY["negative"]


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
    """The sum of n copies is n times one of them; the largest is any of them."""
    source, wide = equation.inputs[0], equation.outputs[0].type
    if source.type.weak or wide.kind not in "fic" or (primitive is total and wide.kind == "c"):
        return None
    narrow = (1,) * (len(wide.shape) - len(source.type.shape)) + source.type.shape
    repeated = [a for a in axis if narrow[a] != wide.shape[a]]
    if not repeated:
        return None
    if source.type.shape != narrow:
        source = build.apply(reshape, source, params=(narrow,))
    part = build.apply(primitive, source, params=(axis, False))
    if primitive is total:
        count = math.prod(wide.shape[a] for a in repeated)
        part = build.apply(multiply, build.literal(count), part)
    return broadcasted(build, part, tuple([n for a, n in enumerate(wide.shape) if a not in axis]))
