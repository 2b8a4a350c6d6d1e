"""Writing at an index, and joining arrays: composed, and nothing around what fills the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.indexing import (
    composed,
    index_of,
    is_everything,
    is_shortest,
    lengths_of,
    place_of,
    target_of,
)
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive
from wengert.tracing.index import Index

__all__: list[str] = []

reshape: Final = REGISTRY["reshape"]
concatenate: Final = REGISTRY["concatenate"]


@rule("put_add")
def put_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """Nothing around what fills the whole, one for two, and none of zeros."""
    value, index = inputs[0], inputs[1]
    shape, leading = params
    if len(inputs) > 2:
        return None
    parsed = place_of(index.value, leading, shape)
    if parsed is None:
        return None
    place, part = parsed
    if value.type.shape != part or value.type.weak:
        return None
    zero = build.uniform(value)
    if zero is not None and zero == 0 and not math.copysign(1.0, zero.real) < 0:
        return broadcasted(build, build.literal(value.type.dtype.type(0)), shape)
    # an axis that the value has not, of length one in the whole, is only another shape
    kept = tuple([range(1) if n == 1 and entry == 0 else entry for entry, n in zip(place, shape, strict=True)])
    if is_everything(kept, shape):
        return build.apply(reshape, value, params=(shape,))
    if place != kept or lengths_of(place) != part or leading or not is_shortest(index, place, shape):
        value = build.apply(reshape, value, params=(lengths_of(kept),))
        shortest = build.opaque(Index(index_of(kept, shape), 0))
        return build.apply(primitive, value, shortest, params=(shape, 0))
    inner = build.defined_by(value, primitive)
    if inner is not None:
        target = target_of(inner, 1)
        if target is not None and lengths_of(target[0]) == target[1]:
            where = composed(place, target[0])
            return build.apply(
                primitive, inner.inputs[0], build.opaque(Index(index_of(where, shape), 0)), params=(shape, 0)
            )
    return None


@rule("replace")
def replace_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """All of an array written anew, and one write over another at the same place."""
    x, value, index = inputs[0], inputs[1], inputs[2]
    (leading,) = params
    if len(inputs) > 3 or not x.type.shape:
        return None
    shape = x.type.shape
    parsed = place_of(index.value, leading, shape)
    if parsed is None:
        return None
    place, part = parsed
    if is_everything(place, shape) and value.type.dtype == x.type.dtype and not value.type.weak and part == shape:
        return broadcasted(build, value, shape)
    if lengths_of(place) != part or leading or not is_shortest(index, place, shape):
        if value.type.shape and lengths_of(place) != part:
            if value.type.shape != part:
                return None
            value = build.apply(reshape, value, params=(lengths_of(place),))
        return build.apply(primitive, x, value, build.opaque(Index(index_of(place, shape), 0)), params=(0,))
    before = build.defined_by(x, primitive)
    if before is not None and len(before.inputs) == 3:
        target = target_of(before, 2)
        if target is not None and target[0] == place:
            return build.apply(primitive, before.inputs[0], value, index, params=params)
    return None


@rule("concatenate")
def concatenate_simplified(
    build: Builder, primitive: Primitive, inputs: tuple[Atom, ...], params: tuple[Any, ...]
) -> Atom | None:
    """Of one array, of empty ones, and inside another one."""
    (axis,) = params
    expected = build.infer(primitive, inputs, params)[0]
    if len(inputs) == 1:
        return inputs[0] if inputs[0].type is expected else None
    parts = _flat_parts(build, inputs, params, expected)
    if len(parts) == len(inputs) and all(a is b for a, b in zip(parts, inputs, strict=True)):
        return None
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0] if parts[0].type is expected else None
    found = build.apply(primitive, *parts, params=(axis,))
    return found if found.type is expected else None


def _flat_parts(build: Builder, inputs: Sequence[Atom], params: tuple[Any, ...], expected: Any) -> list[Atom]:
    parts: list[Atom] = []
    for atom in inputs:
        if not atom.type.shape[params[0]] and atom.type.dtype == expected.dtype:
            continue
        inner = build.defined_by(atom, concatenate)
        if inner is not None and inner.params == params and atom.type.dtype == expected.dtype:
            parts.extend(inner.inputs)
        else:
            parts.append(atom)
    return parts
