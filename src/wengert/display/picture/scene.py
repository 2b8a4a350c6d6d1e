"""What a picture shows, before it has places: nodes, and the wires between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

__all__ = ["KINDS", "Edge", "Node", "Scene"]

# told apart by shape as well as by colour, so that they are also told apart on paper
KINDS: Final = ("input", "constant", "operation", "folded")


@dataclass(frozen=True)
class Node:
    """A value and what computes it.

    Attributes
    ----------
    kind
        One of `KINDS`; `"folded"` stands for several operations.
    symbol
        What is written in the node: `+`, `log`, the name of an input, the number of a constant.
    name
        The user's name of the value, or the number of the step.
    value, adjoint
        Written above and below the wire that leaves the node.
    detail
        The operation in full, and where it stands in the program: shown where the pointer rests.
    part
        `"forward"` or `"backward"`, where both are in one picture.
    result
        Whether the function returns the value.
    lit
        Whether it takes part in the step that is shown.
    waiting
        Which of `"value"` and `"adjoint"` are not known yet at that step: their places stay empty.
    """

    kind: str
    symbol: str
    name: str = ""
    value: str = ""
    adjoint: str = ""
    detail: str = ""
    part: str = ""
    result: bool = False
    lit: bool = False
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A wire from the node of one index to that of another; what is `saved` by it between the sweeps has a size."""

    source: int
    target: int
    saved: str = ""
    lit: bool = False


@dataclass(frozen=True)
class Scene:
    """Nodes in an order in which each comes after those that it needs, and edges by their places in it."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def lit(self, nodes: frozenset[int], edges: frozenset[tuple[int, int]] = frozenset()) -> Scene:
        """The scene with these nodes, and the edges between these pairs of them, lit."""
        return Scene(
            self.title,
            tuple(replace(node, lit=place in nodes) for place, node in enumerate(self.nodes)),
            tuple(replace(edge, lit=(edge.source, edge.target) in edges) for edge in self.edges),
        )
