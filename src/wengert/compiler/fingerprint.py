"""What decides the machine code of a recording, as a short text: found before anything is optimised or planned.

Two recordings with the same text are computed by the same code: the same operations in the same order, with the same
parameters, constants and types, steered by the same values. Names of variables and lines of programs do not count.
"""

from __future__ import annotations

import itertools
import marshal
from array import array
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler import cache
from wengert.compiler.following import Expected
from wengert.compiler.pausing import without_collection
from wengert.compiler.portable import NotPortableError, packed, require_known
from wengert.graph import Graph, Primitive

__all__ = ["fingerprint"]

# the version of `marshal` in which the bytes of a value depend on nothing but the value
_FORMAT: Final = 2
# Arrays of more bytes are told by a digest.
_LARGE: Final = 1 << 12
_WORDS: Final = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def fingerprint(graph: Graph, steering: Sequence[Expected]) -> str | None:
    """The text for a graph whose last outputs have to be as expected; None where no text could tell it from others.

    That is so for constants and parameters that are objects of the user's, and for primitives of the user's.
    """
    try:
        with without_collection():
            words, parts = _read(graph)
            parts += [(seen.how, _content(seen.value)) for seen in steering]
            return cache.digest(marshal.dumps([words, *parts], _FORMAT))
    except NotPortableError:
        return None


def _read(graph: Graph) -> tuple[bytes, list[Any]]:
    """A graph as whole numbers, and what they stand for in the order in which it is met."""
    parts: list[Any] = []
    kinds = _Numbers(parts, packed)
    params = _Numbers(parts, _parameters)
    primitives = _Numbers(parts, _name)
    equations = graph.equations
    # there may be hundreds of thousands of equations, so that this goes through them as few times as it can
    taken, given = [equation.inputs for equation in equations], [equation.outputs for equation in equations]
    variables = list(itertools.chain(graph.inputs, *given))
    # behind the variables come the literals
    values = _Numbers(parts, lambda literal: (*kinds.numbers([literal.type]), _content(literal.value)))
    values.update(zip(map(id, variables), itertools.count()))
    words = array("q", [len(graph.inputs), len(equations), len(graph.outputs)])
    words.extend(itertools.chain(map(len, taken), map(len, given)))
    words.extend(primitives.numbers([equation.primitive for equation in equations]))
    words.extend(params.numbers([equation.params for equation in equations]))
    words.extend(kinds.numbers([variable.type for variable in variables]))
    words.extend(values.numbers(list(itertools.chain(*taken, graph.outputs))))
    return words.tobytes(), parts


class _Numbers(dict[int, int]):
    """Numbers of objects by their identities; what an object stands for is noted when it is met first."""

    def __init__(self, parts: list[Any], told: Callable[[Any], Any]) -> None:
        super().__init__()
        self.parts = parts
        self.told = told

    def numbers(self, found: Sequence[Any]) -> list[Any]:
        """The number of each object."""
        identities = list(map(id, found))
        numbers = list(map(self.get, identities))
        if None in numbers:
            others = zip(identities, found, numbers, strict=True)
            for identity, value in {one: value for one, value, number in others if number is None}.items():
                self.parts.append(self.told(value))
                self[identity] = len(self)
            numbers = list(map(self.get, identities))
        return numbers


def _name(primitive: Primitive) -> tuple[str, int]:
    require_known(primitive)
    return primitive.name, primitive.outputs


def _parameters(params: tuple[Any, ...]) -> Any:
    return ("tuple", *map(_bodied, params)) if any(map(is_dataclass, params)) else packed(params)


def _bodied(value: Any) -> Any:
    """A parameter that may hold the graph of a body, as those of loops and branches do."""
    if isinstance(value, Graph):
        return ("graph", *_read(value))
    if is_dataclass(value):
        # what a field does not show is worked out from the others
        return value.__class__.__name__, *[_bodied(getattr(value, one.name)) for one in fields(value) if one.repr]
    return packed(value)


def _content(value: Any) -> Any:
    """What tells a value from others; of a large array not all of it."""
    if value.__class__ is not np.ndarray or value.nbytes <= _LARGE or value.dtype.itemsize not in _WORDS:
        return packed(value)
    empty = packed(np.empty(0, value.dtype))
    # what is repeated along an axis is there once
    whole = np.ascontiguousarray(value[tuple([slice(0, 1 if step == 0 else None) for step in value.strides])])
    bits = whole.reshape(-1).view(_WORDS[value.dtype.itemsize])
    if (bits[:64] == bits[0]).all() and (bits == bits[0]).all():
        return empty, value.shape, "filled", whole.reshape(-1)[:1].tobytes()
    return empty, value.shape, whole.shape, cache.digest(whole)
