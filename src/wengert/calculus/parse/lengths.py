"""Which axes of the names must be equally long, from the operations between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from wengert.calculus.parse.nodes import Creation, LengthOf, Tree
from wengert.calculus.parse.pointing import at_character, rejected, shown
from wengert.calculus.parse.sorts import COLUMN, MATRIX, NUMBER

__all__ = ["Axis", "Lengths", "unified"]

Axis = tuple[str, int]
Told = int | str

_AXES: Final = {NUMBER: 0, MATRIX: 2}


class Lengths:
    """Classes of lengths that are equal, by number; a class may have been told a name or a number."""

    def __init__(self, tree: Tree, sorts: Sequence[int]) -> None:
        self.tree, self.sorts = tree, sorts
        self.parents: list[int] = []
        self.told: dict[int, Told] = {}
        self.axes: dict[Axis, int] = {}
        self.names: dict[str, int] = {}
        self.nodes: list[tuple[int, ...]] = []

    def root(self, length: int) -> int:
        """The number of the class."""
        while self.parents[length] != length:
            self.parents[length] = self.parents[self.parents[length]]
            length = self.parents[length]
        return length

    def fresh(self, told: Told | None = None) -> int:
        """A length of which nothing is known, or what was told."""
        if isinstance(told, str):
            if told not in self.names:
                self.names[told] = self.fresh()
                self.told[self.names[told]] = told
            return self.names[told]
        self.parents.append(len(self.parents))
        if told is not None:
            self.told[len(self.parents) - 1] = told
        return len(self.parents) - 1

    def unify(self, one: int, other: int, place: int) -> int:
        """Make two lengths one."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return left
        first, second = self.told.get(left), self.told.get(right)
        if first is not None and second is not None and first != second:
            node = self.tree.nodes[place]
            complaint = f"{shown(self.tree.written(place))} needs the lengths {first} and {second} to be equal"
            complaint += f", {at_character(node.position)}"
            raise rejected(self.tree.text, node.position, complaint, "Declare them by one name, or transpose.")
        self.parents[right] = left
        if first is None and second is not None:
            self.told[left] = second
        return left

    def spread(self, one: int, other: int, place: int) -> int:
        """The length that two lengths give entry by entry, where a 1 is repeated."""
        if self.told.get(self.root(one)) == 1:
            return other
        if self.told.get(self.root(other)) == 1:
            return one
        return self.unify(one, other, place)

    def axis(self, length: int) -> Axis | None:
        """An axis of an array that has the length, if there is one."""
        root = self.root(length)
        return next((axis for axis, own in self.axes.items() if self.root(own) == root), None)


def unified(tree: Tree, sorts: Sequence[int], declared: Mapping[str, tuple[str | None, ...]]) -> Lengths:
    """The lengths of all nodes."""
    lengths = Lengths(tree, sorts)
    for place, node in enumerate(tree.nodes):
        operands = [lengths.nodes[operand] for operand in node.operands]
        if node.operation == "name":
            found = _of_name(lengths, node.value, sorts[place], declared)
        elif isinstance(node.value, Creation):
            found = tuple([_of_creation(lengths, told) for told in node.value.lengths])
            if node.value.name == "eye":
                found = (lengths.unify(found[0], found[1], place),) * 2
        elif not operands or sorts[place] == NUMBER:
            found = ()
        else:
            found = operands[0]
        family = node.function.family if node.function else _OPERATOR_FAMILY.get(node.operation)
        if node.operation == "*":
            family = "matrix product" if tree.language == "matlab" else "product"
        if family in _RULES and operands:
            found = _RULES[family](lengths, place, operands)
        lengths.nodes.append(found)
    return lengths


def _of_name(lengths: Lengths, name: str, sort: int, declared: Mapping[str, tuple[str | None, ...]]) -> tuple[int, ...]:
    count = _AXES.get(sort, 1)
    told = declared.get(name, (None,) * count)
    for axis in range(count):
        if (name, axis) not in lengths.axes:
            word = told[axis]
            lengths.axes[(name, axis)] = lengths.fresh(int(word) if word is not None and word.isdigit() else word)
    return tuple([lengths.axes[(name, axis)] for axis in range(count)])


def _of_creation(lengths: Lengths, told: int | str | LengthOf | None) -> int:
    if isinstance(told, LengthOf):
        return lengths.nodes[told.node][told.axis]
    return lengths.fresh(told)


Rule = Callable[[Lengths, int, list[tuple[int, ...]]], tuple[int, ...]]


def _entrywise(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    one, other = operands
    if not one or not other:
        return one or other
    if len(one) != len(other):
        vector, matrix = sorted(operands, key=len)
        return matrix[0], lengths.spread(vector[0], matrix[1], place)
    return tuple([lengths.spread(a, b, place) for a, b in zip(one, other, strict=True)])


def _contracted(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    one, other = operands
    if not one or not other:
        return one or other
    left = lengths.sorts[lengths.tree.nodes[place].operands[0]]
    if lengths.sorts[place] == MATRIX and left == COLUMN:
        return one[0], other[0]
    lengths.unify(one[-1], other[0], place)
    return (*one[:-1], *other[1:])


def _solved(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    matrix, right = operands
    if not matrix:
        return right
    lengths.unify(matrix[0], matrix[1], place)
    lengths.unify(matrix[0], right[0], place)
    return right


def _square(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    if not operands[0]:
        return ()
    length = lengths.unify(operands[0][0], operands[0][1], place)
    return (length,) * _AXES.get(lengths.sorts[place], 1)


def _diagonal(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    (own,) = operands
    return (own[0], own[0]) if len(own) == 1 else (lengths.unify(own[0], own[1], place),)


def _reversed(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    return operands[0][::-1]


def _outer(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    return operands[0][0], operands[1][0]


def _kronecker(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    return lengths.fresh(), lengths.fresh()


def _inner(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    for one, other in zip(*operands, strict=True):
        lengths.unify(one, other, place)
    return ()


def _reduced(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    options = lengths.tree.nodes[place].options
    (own,) = operands
    axis = options.get("axis")
    gone = set(range(len(own))) if axis is None else {axis % len(own)}
    if options.get("keepdims"):
        return tuple([lengths.fresh(1) if place in gone else length for place, length in enumerate(own)])
    return tuple([length for place, length in enumerate(own) if place not in gone])


def _none(lengths: Lengths, place: int, operands: list[tuple[int, ...]]) -> tuple[int, ...]:
    return ()


_RULES: Final[dict[str | None, Rule]] = {
    "sum": _entrywise,
    "product": _entrywise,
    "quotient": _entrywise,
    "entry power": _entrywise,
    "matrix product": _contracted,
    "dot product": _contracted,
    "inner product": _inner,
    "solution": _solved,
    "square to number": _square,
    "square to vector": _square,
    "square map": _square,
    "power": _square,
    "diagonal": _diagonal,
    "transposition": _reversed,
    "outer product": _outer,
    "kronecker": _kronecker,
    "reduction": _reduced,
    "count": _none,
    "length": _none,
    "vector to number": _none,
}

_OPERATOR_FAMILY: Final = {
    "+": "sum",
    "-": "sum",
    ".*": "product",
    "./": "quotient",
    "^": "power",
    ".^": "entry power",
    "**": "entry power",
    "/": "quotient",
    "@": "matrix product",
    "\\": "solution",
    "'": "transposition",
    "length": "length",
}
