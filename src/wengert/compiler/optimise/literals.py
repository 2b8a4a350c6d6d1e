"""Constants, one object for each content."""

from __future__ import annotations

import zlib
from typing import Any, Final

import numpy as np

from wengert.graph import OPAQUE, ArrayType, Literal, concrete_type
from wengert.tracing.index import Index

__all__ = ["LiteralTable"]

# Bytes of an array whose content is itself the key; of longer ones a checksum is, and equal ones are compared.
_SHORT: Final = 4096


class LiteralTable:
    """Finds for each constant the object that stands for its content."""

    __slots__ = ("_found", "_long", "_seen")

    def __init__(self) -> None:
        self._found: dict[Any, Literal] = {}
        self._long: dict[Any, list[Literal]] = {}
        # by the identity of the atom, which the second member keeps alive
        self._seen: dict[int, tuple[Literal, Literal]] = {}

    def interned(self, literal: Literal) -> Literal:
        """The one object for the content of this constant."""
        seen = self._seen.get(id(literal))
        if seen is not None:
            return seen[1]
        found = self._by_content(literal)
        self._seen[id(literal)] = (literal, found)
        return found

    def of(self, value: Any) -> Literal:
        """The one object for this number, array or opaque value."""
        return self._by_content(Literal(value, concrete_type(value)))

    def _by_content(self, literal: Literal) -> Literal:
        value = literal.value
        kind = value.__class__
        if kind is float:
            key: Any = (kind, value) if value and value == value else (kind, repr(value))
        elif kind is int or kind is bool:
            key = (kind, value)
        elif kind is complex:
            key = (kind, np.complex128(value).tobytes())
        elif literal.type is OPAQUE:
            key = _opaque_key(value)
        elif isinstance(value, np.ndarray):
            return self._array(literal, value)
        elif isinstance(value, np.generic):
            key = (literal.type, value.tobytes())
        else:
            key = id(value)
        return self._found.setdefault(key, literal)

    def _array(self, literal: Literal, value: Any) -> Literal:
        if value.nbytes <= _SHORT:
            return self._found.setdefault((literal.type, value.tobytes(), "array"), literal)
        if 0 in value.strides:
            # what is repeated in memory is looked at once
            part = value[tuple([slice(0, None if step else 1) for step in value.strides])]
            if part.nbytes <= _SHORT:
                return self._found.setdefault((literal.type, part.shape, part.tobytes(), "repeated"), literal)
        plain = np.ascontiguousarray(value)
        bucket = self._long.setdefault((literal.type, zlib.crc32(plain.data)), [])
        for other in bucket:
            if np.array_equal(np.ascontiguousarray(other.value).view(np.uint8), plain.view(np.uint8)):
                return other
        bucket.append(literal)
        return literal


def _opaque_key(value: Any) -> Any:
    if not isinstance(value, Index):
        return id(value)
    if len(value.items) == 1 and value.items[0].__class__ is int:
        return Index, value.items[0]
    try:
        return Index, tuple([_item_key(item) for item in value.items])
    except TypeError:
        return id(value)


def _item_key(item: Any) -> Any:
    if isinstance(item, slice):
        return slice, item.start, item.stop, item.step
    if isinstance(item, np.ndarray):
        return item.shape, item.dtype, item.tobytes()
    hash(item)
    return item.__class__, item


def is_array_type(kind: Any) -> bool:
    """Whether a type is that of a number or an array."""
    return isinstance(kind, ArrayType)
