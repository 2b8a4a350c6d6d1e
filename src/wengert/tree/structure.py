"""What remains of a tree when its leaves are taken out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final

from wengert.tree.kinds import Keys, Kind, told_apart

__all__ = ["LEAF", "Structure", "difference"]


class Structure:
    """The nesting of a tree without its leaves: immutable, hashable, compared by value.

    >>> from wengert import tree
    >>> _, structure = tree.flatten([1.0, {"a": 2.0}])
    >>> structure
    Structure([*, {'a': *}])
    >>> structure == tree.flatten([0.0, {"a": 0.0}])[1]
    True
    """

    __slots__ = ("_auxiliary", "_children", "_hash", "_kind", "_leaf_count")

    def __init__(self, kind: Kind | None, auxiliary: Hashable, children: tuple[Structure, ...]) -> None:
        self._kind = kind
        self._auxiliary = auxiliary
        self._children = children
        self._leaf_count: int = 1 if kind is None else sum([child._leaf_count for child in children])
        self._hash: int | None = None

    @property
    def leaf_count(self) -> int:
        """How many leaves a tree of this structure has."""
        return self._leaf_count

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """Build a tree of this structure around the leaves, given in the order of :func:`flatten`.

        >>> from wengert import tree
        >>> tree.flatten((1.0, [2.0]))[1].unflatten("ab")
        ('a', ['b'])
        """
        if not isinstance(leaves, (list, tuple)):
            leaves = list(leaves)
        if len(leaves) != self._leaf_count:
            raise ValueError(
                f"wrong number of leaves: expected {self._leaf_count} for {self!r}, received {len(leaves)}; "
                "give one leaf for each that flatten returned, in the same order"
            )
        return leaves[0] if self._kind is None else self._assemble(iter(leaves))

    def paths(self) -> list[str]:
        """Where each leaf sits, written as the Python expression that follows the tree's name.

        >>> from wengert import tree
        >>> tree.flatten({"w": [1.0, (2.0,)]})[1].paths()
        ["['w'][0]", "['w'][1][0]"]
        """
        if self._kind is None:
            return [""]
        return [step + path for step, child in self._steps() for path in child.paths()]

    def layout(self) -> Hashable:
        """A key that also tells dictionaries with another order of insertion apart, and ``1`` from ``True``.

        Structures ignore that order, a loop over the dictionary does not. Whatever remembers the course
        of a program, such as compiled code, is kept under this key.

        >>> from wengert import tree
        >>> one, other = tree.flatten({"a": 1, "b": 2})[1], tree.flatten({"b": 2, "a": 1})[1]
        >>> one == other, one.layout() == other.layout()
        (True, False)
        """
        return self, tuple(self._insertion_orders())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Structure):
            return NotImplemented
        return self._same_node(other) and self._children == other._children

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self._container, self._auxiliary, self._children))
        return self._hash

    def __repr__(self) -> str:
        return f"Structure({self._text()})"

    @property
    def _container(self) -> type | None:
        return None if self._kind is None else self._kind.container

    def _same_node(self, other: Structure) -> bool:
        """Whether the outermost containers agree, whatever they hold."""
        return (
            self._container is other._container
            and self._auxiliary == other._auxiliary
            and len(self._children) == len(other._children)
        )

    def _assemble(self, leaves: Iterator[Any]) -> Any:
        if self._kind is None:
            return next(leaves)
        children = [next(leaves) if child._kind is None else child._assemble(leaves) for child in self._children]
        return self._kind.assemble(self._auxiliary, children)

    def _steps(self) -> Iterator[tuple[str, Structure]]:
        steps = [] if self._kind is None else self._kind.steps(self._auxiliary, len(self._children))
        return zip(steps, self._children, strict=True)

    def _insertion_orders(self) -> Iterator[Hashable]:
        if isinstance(self._auxiliary, Keys):
            yield self._auxiliary.inserted
            yield told_apart(self._auxiliary.inserted)
        elif self._auxiliary is not None:
            yield told_apart(self._auxiliary)
        for child in self._children:
            yield from child._insertion_orders()

    def _describe(self) -> str:
        if self._kind is None:
            return "a single value"
        return self._kind.describe(self._auxiliary, len(self._children))

    def _text(self) -> str:
        if self._kind is None:
            return "*"
        return self._kind.text(self._auxiliary, [child._text() for child in self._children])


LEAF: Final = Structure(None, None, ())


def difference(expected: Structure, received: Structure) -> str | None:
    """Say in one sentence where two structures first differ; None when they are equal.

    >>> from wengert import tree
    >>> _, expected = tree.flatten({"w": {"a": 1.0, "b": 2.0}})
    >>> _, received = tree.flatten({"w": (1.0, 2.0)})
    >>> print(tree.difference(expected, received))
    expected a dict with keys 'a', 'b' at ['w'], received a tuple of 2
    """
    if expected == received:
        return None
    path, one, other = _first_difference(expected, received, "")
    place = f" at {path}" if path else ""
    wanted, given = one._describe(), other._describe()
    if one._kind is not None and one._container is other._container:
        contrast = one._kind.contrast(one._auxiliary, other._auxiliary)
        given += f" ({contrast})" if contrast else ""
    elif wanted == given:
        wanted, given = f"{wanted} ({_full_name(one)})", f"{given} ({_full_name(other)})"
    if wanted == given:
        given = "another that does not compare equal"
    return f"expected {wanted}{place}, received {given}"


def _first_difference(one: Structure, other: Structure, path: str) -> tuple[str, Structure, Structure]:
    """Go down two unequal structures to the first containers that differ by themselves."""
    if one._same_node(other):
        for (step, child), other_child in zip(one._steps(), other._children, strict=True):
            if child != other_child:
                return _first_difference(child, other_child, path + step)
    return path, one, other


def _full_name(structure: Structure) -> str:
    container = structure._container
    return f"{container.__module__}.{container.__qualname__}" if container else "a leaf"
