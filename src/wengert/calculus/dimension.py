"""Symbolic lengths of axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Dim", "Length", "length_in"]


@dataclass(frozen=True, slots=True)
class Dim:
    """The length of an axis, known by name: `n`."""

    name: str

    def __str__(self) -> str:
        return self.name


Length = Dim | int


def length_in(length: Length, sizes: Mapping[Dim, int]) -> int:
    """The number that a length is at these sizes."""
    return length if isinstance(length, int) else sizes[length]
