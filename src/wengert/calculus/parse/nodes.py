"""What a text is read as: a list of operations, each after its operands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wengert.calculus.parse.functions import Function

__all__ = ["Creation", "LengthOf", "Node", "Tree"]


class LengthOf(NamedTuple):
    """The length of an axis of a node."""

    node: int
    axis: int


@dataclass(frozen=True, slots=True)
class Creation:
    """An array of lengths: each a number, a name, a length of something, or None for what fits."""

    name: str
    lengths: tuple[int | str | LengthOf | None, ...]
    fill: float = 1.0
    row: bool = False


@dataclass(slots=True)
class Node:
    """One operation: its operands by their places in the list, and where it stands in the text."""

    operation: str
    operands: tuple[int, ...] = ()
    position: int = 0
    start: int = 0
    end: int = 0
    value: Any = None
    function: Function | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    # no array enters: a number that stands in the text, or is computed from such, or is a length
    fixed: bool = False


@dataclass(slots=True)
class Tree:
    """A text as read in one language, not typed yet; the last node is the whole."""

    text: str
    language: str
    nodes: list[Node]
    sizes: set[str]

    def written(self, node: int) -> str:
        """What stands in the text for a node."""
        return self.text[self.nodes[node].start : self.nodes[node].end]
