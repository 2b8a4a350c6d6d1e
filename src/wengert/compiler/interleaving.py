"""Vectors of numbers that stand apart, as the coordinates of points do in an array of shape (n, 3).

A vector that holds the first coordinate of each point is gathered from whole vectors by exchanging lanes, which costs
less than to load one number after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wengert.compiler import engine, ir
from wengert.compiler.values import Builder

__all__ = ["MOST", "interleaved", "joined", "parted", "piece", "register_lanes"]

MOST: Final = 4
"""Entries that may stand between two neighbours of a vector, itself included."""

_WORD: Final = ir.IntType(32)


def register_lanes(lanes: int) -> int | None:
    """How many lanes of a vector of so many are in one register; None where it has no whole number of them."""
    width = min(lanes, engine.vector_width())
    return width if lanes % width == 0 and width > 1 else None


def parted(builder: Builder, vectors: Sequence[Any], first: int) -> Any:
    """Of as many vectors, one behind the other, as entries stand between neighbours: every entry from the first on."""
    lanes = vectors[0].type.count
    return _chosen(builder, vectors, [divmod(first + len(vectors) * lane, lanes) for lane in range(lanes)])


def interleaved(builder: Builder, vectors: Sequence[Any]) -> list[Any]:
    """The same entries with those first that stand first in their vectors, in as many vectors."""
    lanes, count = vectors[0].type.count, len(vectors)
    flat = [divmod(place, count) for place in range(count * lanes)]
    sources = [(vector, lane) for lane, vector in flat]
    return [_chosen(builder, vectors, sources[start : start + lanes]) for start in range(0, len(sources), lanes)]


def _chosen(builder: Builder, vectors: Sequence[Any], sources: Sequence[tuple[int, int]]) -> Any:
    """A vector whose lanes are lanes of several others: of which, and which one."""
    found, lanes = vectors[0], len(sources)
    for number, vector in enumerate(vectors):
        if number == 0:
            continue
        places = []
        for place, (source, lane) in enumerate(sources):
            earlier = lane if number == 1 else place
            places.append(lanes + lane if source == number else earlier if source < number else 0)
        found = builder.shuffle_vector(found, vector, ir.Constant(ir.VectorType(_WORD, lanes), places))
    return found


def joined(builder: Builder, parts: Sequence[Any]) -> Any:
    """Vectors one behind the other as a single one; their number is a power of two."""
    while len(parts) > 1:
        lanes = 2 * parts[0].type.count
        places = ir.Constant(ir.VectorType(_WORD, lanes), list(range(lanes)))
        parts = [builder.shuffle_vector(a, b, places) for a, b in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def piece(builder: Builder, vector: Any, start: int, lanes: int) -> Any:
    """So many lanes of a vector."""
    if vector.type.count == lanes:
        return vector
    places = ir.Constant(ir.VectorType(_WORD, lanes), list(range(start, start + lanes)))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), places)
