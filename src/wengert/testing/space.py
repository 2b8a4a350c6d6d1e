"""The inexact leaves of a tree as one real vector, so that every check works with plain coordinates.

A complex entry has two coordinates. Tangents and values are packed alike; a cotangent g belongs to the pairing
Re sum(g dx), whose coordinates are those of conj(g).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from wengert.graph import ArrayType
from wengert.tracing import type_of

__all__ = ["Matrix", "Space", "Vector"]

Vector: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = npt.NDArray[np.float64]


class Space:
    """The coordinates of a list of leaves of fixed types; `places` says where in the program each leaf sits."""

    def __init__(self, leaves: Sequence[Any], places: Sequence[str]) -> None:
        self.types: list[ArrayType] = [type_of(leaf) for leaf in leaves]
        self.places = list(places)
        self.arrays = [isinstance(leaf, np.ndarray) for leaf in leaves]
        self.starts: list[int] = [0]
        for kind in self.types:
            self.starts.append(self.starts[-1] + kind.size * (2 if kind.dtype.kind == "c" else 1))
        self.size = self.starts[-1]

    @property
    def rounding(self) -> float:
        """The unit roundoff of the least precise leaf."""
        return max((float(np.finfo(kind.dtype).eps) for kind in self.types), default=float(np.finfo(float).eps))

    @property
    def is_real(self) -> bool:
        """Whether no leaf is complex."""
        return all(kind.dtype.kind == "f" for kind in self.types)

    def pack(self, leaves: Sequence[Any]) -> Vector:
        """The coordinates of values or tangents."""
        parts = [np.empty(0)]
        for leaf, kind in zip(leaves, self.types, strict=True):
            wide = np.complex128 if kind.dtype.kind == "c" else np.float64
            full = np.broadcast_to(np.asarray(leaf, wide), kind.shape)
            parts.append(np.ascontiguousarray(full).reshape(-1).view(np.float64))
        return np.concatenate(parts)

    def pack_cotangent(self, leaves: Sequence[Any]) -> Vector:
        """The coordinates of cotangents."""
        return self.pack([np.conj(leaf) for leaf in leaves])

    def unpack(self, vector: Vector, wide: bool = False) -> list[Any]:
        """Leaves from coordinates, of the leaves' own types or, if `wide`, in double precision."""
        leaves: list[Any] = []
        for kind, is_array, start, stop in zip(self.types, self.arrays, self.starts, self.starts[1:], strict=False):
            part = np.array(vector[start:stop])
            if kind.dtype.kind == "c":
                part = part.view(np.complex128)
            leaf: Any = part.reshape(kind.shape)
            if not wide:
                leaf = leaf.astype(kind.dtype)
            if kind.weak:
                leaf = leaf.item()
            elif not is_array:
                leaf = leaf[()]
            leaves.append(leaf)
        return leaves

    def unpack_cotangent(self, vector: Vector, wide: bool = False) -> list[Any]:
        """Cotangents from coordinates, as `unpack` makes values."""
        return [
            leaf if kind.dtype.kind == "f" else leaf.conjugate()
            for leaf, kind in zip(self.unpack(vector, wide), self.types, strict=True)
        ]

    def leaf_of(self, coordinate: int) -> int:
        """The position of the leaf that a coordinate belongs to."""
        return int(np.searchsorted(self.starts, coordinate, side="right")) - 1

    def describe(self, coordinate: int) -> str:
        """A coordinate in the terms of the program: `w['bias'][2, 0]`."""
        position = self.leaf_of(coordinate)
        kind = self.types[position]
        offset = coordinate - self.starts[position]
        part = ""
        if kind.dtype.kind == "c":
            part = "imaginary part of " if offset % 2 else "real part of "
            offset //= 2
        index = f"[{', '.join(str(int(i)) for i in np.unravel_index(offset, kind.shape))}]" if kind.shape else ""
        return f"{part}{self.places[position]}{index}"

    def lengths(self, vector: Vector) -> Vector:
        """How far a coordinate has to move for a change that counts: powers of two near the entries' sizes.

        A zero takes a quarter of the size of its leaf's other entries; a leaf of zeros counts as a leaf of ones.
        """
        lengths = np.ones(self.size)
        for start, stop in zip(self.starts, self.starts[1:], strict=False):
            part = np.abs(vector[start:stop])
            typical = float(np.sqrt(np.mean(part**2))) if part.size else 0.0
            if typical > 0 and np.isfinite(typical):
                sizes = np.where(part > 0, np.maximum(part, 1e-3 * typical), 0.25 * typical)
                lengths[start:stop] = np.exp2(np.round(np.log2(sizes)))
        return lengths
