"""Taking trees apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from wengert.tree.kinds import Kind
from wengert.tree.registry import kind_of
from wengert.tree.structure import LEAF, Structure, difference

__all__ = ["flatten", "map"]


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of a tree and the structure that holds them.

    >>> from wengert import tree
    >>> tree.flatten(((1.0, None), [2.0]))
    ([1.0, 2.0], Structure(((*, None), [*])))
    """
    container = type(tree)
    kind = kind_of(container)
    if kind is None:
        return [tree], LEAF
    if container is tuple:
        for child in tree:
            if kind_of(type(child)) is not None:
                break
        else:
            return list(tree), _flat_tuple(len(tree))
    leaves: list[Any] = []
    return leaves, _collect(tree, kind, leaves)


def map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to each leaf of a tree, or to the leaves at one place in several trees.

    >>> from wengert import tree
    >>> tree.map(lambda x, dx: x + dx, {"w": 1.0, "b": (2.0,)}, {"w": 0.5, "b": (0.25,)})
    {'w': 1.5, 'b': (2.25,)}
    """
    leaves, structure = flatten(tree)
    columns = [leaves]
    for position, other in enumerate(others, start=2):
        other_leaves, other_structure = flatten(other)
        mismatch = difference(structure, other_structure)
        if mismatch is not None:
            raise ValueError(f"tree {position} of map differs from tree 1: {mismatch}; nest all trees alike")
        columns.append(other_leaves)
    return structure.unflatten([function(*row) for row in zip(*columns, strict=True)])


@lru_cache(maxsize=256)
def _flat_tuple(length: int) -> Structure:
    return Structure(kind_of(tuple), None, (LEAF,) * length)


def _collect(tree: Any, kind: Kind, leaves: list[Any]) -> Structure:
    """Append the leaves of a container in order and return its structure."""
    children, auxiliary = kind.take_apart(tree)
    structures = []
    for child in children:
        child_kind = kind_of(type(child))
        if child_kind is None:
            leaves.append(child)
            structures.append(LEAF)
        else:
            structures.append(_collect(child, child_kind, leaves))
    return Structure(kind, auxiliary, tuple(structures))
