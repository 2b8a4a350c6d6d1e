"""What decides the machine code of a recording, as a short text: found before anything is optimised or planned.

Two recordings with the same text are computed by the same code: the same operations in the same order, with the same
parameters, constants and types, steered by the same values. Names of variables and lines of programs do not count.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler import cache
from wengert.compiler.following import Expected
from wengert.compiler.pausing import without_collection
from wengert.compiler.portable import NotPortableError, is_plain, packed, require_known
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
            reader = _Reader()
            words = reader.graph(graph)
            expected = [(seen.how, _content(seen.value)) for seen in steering]
            return cache.digest(marshal.dumps([words, *reader.parts, *expected], _FORMAT))
    except NotPortableError:
        return None


class _Reader:
    """Writes a graph as whole numbers, and what they stand for in the order in which it is met.

    There may be hundreds of thousands of equations, of which each thing is looked up by its identity.
    """

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self._kinds: dict[int, int] = {}
        self._params: dict[int, int] = {}
        self._primitives: dict[Primitive, int] = {}

    def graph(self, graph: Graph) -> bytes:
        """The numbers of a graph."""
        kinds, params, primitives = self._kinds, self._params, self._primitives
        words = [len(graph.inputs), len(graph.equations), len(graph.outputs)]
        word = words.append
        values: dict[Any, int] = {variable: number for number, variable in enumerate(graph.inputs)}
        words += [self._kind(variable.type) for variable in graph.inputs]
        for equation in graph.equations:
            number = primitives.get(equation.primitive)
            word(self._primitive(equation.primitive) if number is None else number)
            number = params.get(id(equation.params))
            word(self._parameters(equation.params) if number is None else number)
            word(len(equation.inputs))
            for atom in equation.inputs:
                number = values.get(atom)
                if number is None:
                    number = values[atom] = self._literal(atom, values)
                word(number)
            word(len(equation.outputs))
            for variable in equation.outputs:
                values[variable] = len(values)
                number = kinds.get(id(variable.type))
                word(self._kind(variable.type) if number is None else number)
        for atom in graph.outputs:
            if atom not in values:
                values[atom] = self._literal(atom, values)
            word(values[atom])
        return array("q", words).tobytes()

    def _kind(self, kind: Any) -> int:
        if id(kind) not in self._kinds:
            self.parts.append(packed(kind))
            self._kinds[id(kind)] = len(self._kinds)
        return self._kinds[id(kind)]

    def _primitive(self, primitive: Primitive) -> int:
        require_known(primitive)
        self.parts.append((primitive.name, primitive.outputs))
        self._primitives[primitive] = number = len(self._primitives)
        return number

    def _parameters(self, params: tuple[Any, ...]) -> int:
        self.parts.append(("tuple", *params) if is_plain(params) else ("tuple", *map(_bodied, params)))
        self._params[id(params)] = number = len(self._params)
        return number

    def _literal(self, atom: Any, values: dict[Any, int]) -> int:
        self.parts.append((self._kind(atom.type), _content(atom.value)))
        return len(values)


def _bodied(value: Any) -> Any:
    """A parameter, which may hold graphs, as those of loops and branches do."""
    try:
        return packed(value)
    except NotPortableError:
        if isinstance(value, Graph):
            reader = _Reader()
            return ("graph", reader.graph(value), *reader.parts)
        if not is_dataclass(value):
            raise
    # what a field does not show is worked out from the others
    return value.__class__.__name__, *[_bodied(getattr(value, one.name)) for one in fields(value) if one.repr]


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
