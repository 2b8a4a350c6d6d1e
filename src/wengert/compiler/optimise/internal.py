"""Operations that only optimised graphs hold: they have a value and a type, and nothing differentiates them."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any, Final

import numpy as np

from wengert.graph import Graph, Primitive

__all__ = [
    "INTERNAL",
    "add_at",
    "assemble",
    "gram",
    "inlay",
    "places_of_inlay",
    "told_apart",
    "weighted_gram",
    "with_transpose",
]

# by name, as `REGISTRY` holds those that programs meet
INTERNAL: Final[dict[str, Primitive]] = {}


def internal(name: str, **slots: Any) -> Primitive:
    """A primitive that stands in no public table."""
    primitive = Primitive(name, register=False, **slots)
    INTERNAL[name] = primitive
    return primitive


def told_apart(graph: Graph) -> Graph:
    """The graph with other names for primitives of a user's that are called like one of these, or like a loop."""
    taken = {*INTERNAL, "loop", "branch"}
    alike = {e.primitive for e in graph.equations if e.primitive.name in taken}
    renamed = {primitive: copy(primitive) for primitive in alike if not _is_internal(primitive)}
    if not renamed:
        return graph
    for primitive in renamed.values():
        primitive.name = f"own {primitive.name}"
    equations = [replace(e, primitive=renamed.get(e.primitive, e.primitive)) for e in graph.equations]
    return replace(graph, equations=tuple(equations))


def _is_internal(primitive: Primitive) -> bool:
    module = getattr(primitive.evaluator, "__module__", None) or ""
    return module.startswith(("wengert.compiler.", "wengert.primitives."))


gram = internal("gram", notation="{0}ᵀ {0}", shapes="(k,n) -> (n,n), symmetric", cite="BLAS: syrk")
gram.evaluate(lambda xp, x: xp.swapaxes(x, -1, -2) @ x)
gram.shape(lambda x: (x.shape[1], x.shape[1]))
gram.dtype(lambda x: x.dtype)
gram.flops(lambda x: x.size * x.shape[1])

weighted_gram = internal(
    "weighted_gram",
    params=("nonnegative",),
    notation="{0}ᵀ diag({1}) {0}",
    shapes="(k,n), (k,) -> (n,n), symmetric; `nonnegative`: whether no weight can be below zero",
    cite="half the work of a product of two matrices: syrk of the rows times the roots of the weights",
)
weighted_gram.evaluate(lambda xp, x, weights, *, nonnegative: (x.T * weights) @ x)
weighted_gram.shape(lambda x, weights, *, nonnegative: (x.shape[1], x.shape[1]))
weighted_gram.dtype(lambda x, weights, *, nonnegative: np.result_type(x.dtype, weights.dtype))
# where it is planned it has further operands: the rows times the roots, the least and the largest weight
weighted_gram.flops(lambda x, *further, nonnegative=False: x.size * x.shape[1])

mirror = internal("mirror", shapes="(n,n) -> (n,n), symmetric: what stands on the diagonal and right of it, twice")
mirror.evaluate(lambda xp, x: xp.triu(x) + xp.swapaxes(xp.triu(x, 1), -1, -2))
mirror.shape(lambda x: x.shape)
mirror.dtype(lambda x: x.dtype)

with_transpose = internal(
    "with_transpose",
    params=("factor",),
    notation="{factor} ({0} + {0}ᵀ)",
    shapes="(n,n) -> (n,n), symmetric",
    cite="pairs of tiles, each read once",
)
with_transpose.evaluate(lambda xp, x, *, factor: (x + x.T) * x.dtype.type(factor))
with_transpose.shape(lambda x, *, factor: x.shape)
with_transpose.dtype(lambda x, *, factor: x.dtype)
with_transpose.flops(lambda x, *, factor: 2 * x.size)

assemble = internal(
    "assemble",
    params=("shape",),
    notation="assemble({args})",
    shapes="value, index, value, index, ... -> shape: zeros, with each value added at its basic index",
    cite="the sum of what `put_add` gives, in one array",
)


@assemble.evaluate
def _assemble_value(xp: Any, *operands: Any, shape: tuple[int, ...]) -> Any:
    out = xp.zeros(shape, np.result_type(*[value.dtype for value in operands[::2]]))
    for value, index in zip(operands[::2], operands[1::2], strict=True):
        out[index.key] += value
    return out


assemble.shape(lambda *operands, shape: shape)
assemble.dtype(lambda *operands, shape: np.result_type(*[kind.dtype for kind in operands[::2]]))

add_at = internal(
    "add_at",
    notation="{0} with [{2}] += {1}",
    shapes="(...), what x[index] gives, an index, integer arrays -> (...)",
    cite="the sum of an array and of what `put_add` gives, without the zeros",
)


@add_at.evaluate
def _add_at_value(xp: Any, x: Any, value: Any, index: Any, *arrays: Any) -> Any:
    out = xp.array(x)
    np.add.at(out, index.fill(arrays, 0), value)
    return out


add_at.shape(lambda x, value, index, *arrays: x.shape)
add_at.dtype(lambda x, value, index, *arrays: x.dtype)

inlay = internal(
    "inlay",
    params=("size", "start", "strides"),
    notation="inlay({0})",
    shapes="values -> (size,): zeros, with each value at start + the sum of strides * its index",
    cite="what `put_add` gives at places that differ, without their list",
)


def places_of_inlay(shape: tuple[int, ...], params: tuple[Any, ...]) -> Any:
    """The flat places at which `inlay` puts values of a shape, one after the other."""
    _, start, strides = params
    places = np.full(shape, start)
    for axis, stride in enumerate(strides):
        places += stride * np.arange(shape[axis]).reshape(-1, *[1] * (len(shape) - axis - 1))
    return places.reshape(-1)


@inlay.evaluate
def _inlay_value(xp: Any, values: Any, *, size: int, start: int, strides: tuple[int, ...]) -> Any:
    out = xp.zeros(size, values.dtype)
    out[places_of_inlay(values.shape, (size, start, strides))] = values.reshape(-1)
    return out


inlay.shape(lambda values, *, size, start, strides: (size,))
inlay.dtype(lambda values, *, size, start, strides: values.dtype)
