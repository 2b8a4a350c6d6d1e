"""What is read at no place at all, written there, or added up of no terms: the array as it was, or zeros."""

from __future__ import annotations

from typing import Any, Final

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.moving import broadcasted
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import Primitive

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
# where the index stands among the operands
_INDEX: Final = {"take": 1, "put_add": 1, "replace": 2}


def _zeros(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    expected = build.infer(primitive, inputs, params)[0]
    if expected.weak:
        return None
    return broadcasted(build, build.literal(expected.dtype.type(0)), expected.shape)


def _is_nowhere(primitive: Primitive, inputs: Inputs) -> bool:
    """Whether all integers that an index takes from the program are in empty arrays: none can be outside."""
    return all([atom.type.size == 0 for atom in inputs[_INDEX[primitive.name] + 1 :]])


@rule("take")
def nothing_read(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """An index that picks no entry."""
    if build.infer(primitive, inputs, params)[0].size or not _is_nowhere(primitive, inputs):
        return None
    return _zeros(build, primitive, inputs, params)


@rule("put_add")
def nothing_put(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """No entry put into zeros."""
    if inputs[0].type.size or not _is_nowhere(primitive, inputs):
        return None
    return _zeros(build, primitive, inputs, params)


@rule("replace")
def nothing_written(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """No entry written, or a number into none."""
    places = [*inputs[2].value.items, *[atom.type for atom in inputs[3:]]]
    nowhere = any([getattr(place, "size", 1) == 0 for place in places])
    if (inputs[1].type.size and not nowhere) or not _is_nowhere(primitive, inputs):
        return None
    return inputs[0] if inputs[0].type is build.infer(primitive, inputs, params)[0] else None


@rule("sum", "matmul")
def nothing_added(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """A sum without terms."""
    if all([atom.type.size for atom in inputs]):
        return None
    return _zeros(build, primitive, inputs, params)
