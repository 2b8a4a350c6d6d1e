"""Which axes of a program's arrays must be equally long, found by running it with all of them unequal.

Every axis gets a prime of its own for its length. Where an operation then refuses its operands, the axes that it
needs to be equal become one, and the program runs again. Axes that happen to be equally long stay apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from wengert.errors import ArgumentError, UnsupportedError
from wengert.graph import ArrayType, Operand, Primitive, array_type, locate
from wengert.graph.source import blame
from wengert.tracing import GraphRecording, type_of
from wengert.tracing.index import Index

__all__ = ["PRIMES", "UNTOLD", "Sizes", "on_diagonal", "sizes_of", "unified"]

PRIMES: Final = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67)
UNTOLD: Final = "?"
Axis = tuple[str, int]


@dataclass
class Sizes:
    """Classes of axes that are equally long, each known by its first axis.

    Attributes
    ----------
    parents
        From an axis towards the first of its class.
    lengths
        How long axes are where the program is used; None where only a name is known.
    names
        What the user calls the lengths of classes.
    fixed
        Lengths that the user gave as numbers.
    """

    parents: dict[Axis, Axis]
    lengths: dict[Axis, int | None]
    names: dict[Axis, str] = field(default_factory=dict)
    fixed: dict[Axis, int] = field(default_factory=dict)

    def root(self, axis: Axis) -> Axis:
        """The first axis of the class."""
        while self.parents[axis] != axis:
            axis = self.parents[axis]
        return axis

    def merge(self, one: Axis, other: Axis) -> None:
        """Make two axes equally long.

        Raises
        ------
        ArgumentError
            The user calls them by different names.
        """
        kept, gone = self.root(one), self.root(other)
        if kept == gone:
            return
        told = [str(self.names.get(axis, self.fixed.get(axis, ""))) for axis in (kept, gone)]
        if all(told) and told[0] != told[1]:
            raise ArgumentError(
                f"derive: the function needs equal lengths of {_described(one)}, which is {told[0]}, and of "
                f"{_described(other)}, which is {told[1]}; give them one name"
            )
        self.parents[gone] = kept
        if self.lengths[kept] is None:
            self.lengths[kept] = self.lengths[gone]
        if gone in self.names:
            self.names[kept] = self.names.pop(gone)
        if gone in self.fixed:
            self.fixed[kept] = self.fixed.pop(gone)

    def may_be_equal(self, one: Axis, other: Axis) -> bool:
        """Whether two axes are equally long wherever the program is used, as far as is known."""
        lengths = self.lengths[self.root(one)], self.lengths[self.root(other)]
        return None in lengths or lengths[0] == lengths[1]

    def classes(self) -> list[Axis]:
        """One axis of each class whose length is free."""
        roots = [axis for axis in self.parents if self.root(axis) == axis]
        return [axis for axis in roots if self.lengths[axis] != 1 and axis not in self.fixed]

    def primes(self, primes: Sequence[int] = PRIMES) -> dict[Axis, int]:
        """A length for each axis."""
        chosen = dict(zip(self.classes(), primes, strict=False))
        return {axis: chosen.get(self.root(axis), self.fixed.get(self.root(axis), 1)) for axis in self.parents}

    def shape(self, name: str, primes: Mapping[Axis, int]) -> tuple[int, ...]:
        """The shape of an array at these lengths."""
        return tuple([primes[axis] for axis in self.parents if axis[0] == name])


def _described(axis: Axis) -> str:
    return f"axis {axis[1]} of {axis[0]}"


def on_diagonal(index: Index, arrays: Sequence[Any]) -> bool:
    """Whether an index is that of a diagonal: the same range along two axes."""
    fixed = [item for item in index.items if isinstance(item, np.ndarray)]
    found = [*fixed, *(array for array in arrays if isinstance(array, np.ndarray))]
    return len(found) == 2 and all(np.array_equal(array, np.arange(len(found[0]))) for array in found)


class _ConflictError(Exception):
    def __init__(self, primitive: Primitive, kinds: Sequence[Any], params: tuple[Any, ...]) -> None:
        super().__init__()
        self.primitive, self.kinds, self.params = primitive, kinds, params
        self.place = locate()


class _Watching(GraphRecording):
    """Says which operation refuses its operands, and where the program is steered by values."""

    def truth(self, operand: Operand) -> bool:
        raise self._steered("a decision depends on values")

    def number(self, operand: Operand) -> int:
        raise self._steered("a count or an index depends on values")

    def _steered(self, what: str) -> UnsupportedError:
        place = locate()
        return UnsupportedError(
            f"derive: {what}{f' at {place}' if place else ''}, so that no formula holds everywhere; wengert.grad gives "
            f"the derivative as numbers"
        )

    def apply(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        if primitive.name == "take" and isinstance(args[1], Index) and on_diagonal(args[1], args[2:]):
            rows, cols = type_of(args[0]).shape[-2:]
            if rows != cols:
                # the diagonal of a matrix that is square wherever the program is used
                raise ValueError(f"the diagonal of a matrix of shape ({rows}, {cols})")
        try:
            return super().apply(primitive, args, params)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise _ConflictError(primitive, [type_of(arg) for arg in args], params) from error


def sizes_of(shapes: Mapping[str, Sequence[int | str | None]]) -> Sizes:
    """The axes of arrays, each in a class of its own but for those whose lengths have one name.

    Parameters
    ----------
    shapes
        For each array the lengths of its axes: as found in data, or a name, which is a mark and no name to print if
        it starts with `?`. Axes of length one are not freed.
    """
    axes = {(name, axis): length for name, shape in shapes.items() for axis, length in enumerate(shape)}
    sizes = Sizes({axis: axis for axis in axes}, {a: None if isinstance(n, str) else n for a, n in axes.items()})
    first: dict[str, Axis] = {}
    for axis, length in axes.items():
        if isinstance(length, str):
            if length in first:
                sizes.merge(first[length], axis)
            else:
                first[length] = axis
                if not length.startswith(UNTOLD):
                    sizes.names[axis] = length
    return sizes


def unified(
    run: Callable[[dict[str, Any]], Any],
    sizes: Sizes,
    instance: Callable[[str, tuple[int, ...]], Any],
    shapes: Mapping[str, int],
) -> Sizes:
    """The classes of equally long axes that a program needs.

    Parameters
    ----------
    run
        The program, given its arrays by name.
    sizes
        The classes that are known beforehand; they are joined here.
    instance
        Makes an array of a shape under a name.
    shapes
        The numbers of axes of the arrays.

    Raises
    ------
    UnsupportedError
        The program wants lengths that it does not take from its arrays, or is steered by values.
    ArgumentError
        It needs equal lengths where the user gave different names.
    """
    if len(sizes.classes()) > len(PRIMES):
        raise UnsupportedError(f"derive: a program of {len(sizes.classes())} axes is too large for a closed form")
    for _ in range(len(sizes.parents) + 1):
        primes = sizes.primes()
        values = {name: instance(name, sizes.shape(name, primes)) for name in shapes}
        try:
            with _Watching() as recording:
                run({name: recording.input(type_of(value), value) for name, value in values.items()})
        except _ConflictError as conflict:
            _merge(sizes, primes, conflict)
        except (ValueError, IndexError, ArithmeticError, AssertionError, np.linalg.LinAlgError) as error:
            _merge_those_named(sizes, primes, error)
        else:
            return sizes
    raise UnsupportedError("derive: the lengths of the program's arrays do not follow from it")


def _owners(sizes: Sizes, primes: Mapping[Axis, int]) -> dict[int, Axis]:
    return {primes[axis]: axis for axis in sizes.classes()}


def _merge_those_named(sizes: Sizes, primes: Mapping[Axis, int], error: Exception) -> None:
    """Make those two axes one whose lengths an error speaks of."""
    owners = _owners(sizes, primes)
    lengths = list(dict.fromkeys(map(int, re.findall(r"\d+", str(error)))))
    named = [owners[length] for length in lengths if length in owners]
    pairs = _pairs_of_factors(owners, lengths) if not named and len(lengths) == 2 else _neighbours(owners, str(error))
    if pairs and all(sizes.may_be_equal(one, other) for one, other in pairs):
        for one, other in pairs:
            sizes.merge(one, other)
        return
    if len(named) != 2 or not sizes.may_be_equal(*named):
        text = " ".join(str(error).split())
        place, _ = blame(error)
        raise UnsupportedError(
            f"derive: the function cannot be run at arrays of other shapes{f', at {place}' if place else ''}: "
            f"{type(error).__name__}: {text}; write x.shape[0] or len(x) for numbers of entries, and whole arrays for "
            f"single entries"
        ) from error
    sizes.merge(*named)


def _neighbours(owners: Mapping[int, Axis], text: str) -> list[tuple[Axis, Axis]]:
    """The axes that meet in a product of arrays whose shapes, or axes, an error lists."""
    at = re.search(r"axis (\d+) of shape \(([\d, ]+)\) and axis (\d+) of shape \(([\d, ]+)\)", text)
    shapes = [[int(length) for length in re.findall(r"\d+", found)] for found in re.findall(r"\(([\d, ]+)\)", text)]
    if at is not None:
        pairs = [(shapes[0][int(at[1])], shapes[1][int(at[3])])]
    else:
        pairs = [(one[-1], other[0]) for one, other in itertools.pairwise(shapes)] if "fit together" in text else []
    known = [(owners[one], owners[other]) for one, other in pairs if one in owners and other in owners]
    return [(one, other) for one, other in known if one != other]


def _pairs_of_factors(owners: Mapping[int, Axis], lengths: Sequence[int]) -> list[tuple[Axis, Axis]]:
    """The axes of factors that must be equal where products of two lengths must be.

    That is so of a Kronecker product that must be square, and of matrices laid out as vectors.
    """
    factors = [[prime for prime in owners if length % prime == 0] for length in lengths]
    chosen = [found * 2 if len(found) == 1 else found for found in factors]
    if any(len(found) != 2 or found[0] * found[1] != length for found, length in zip(chosen, lengths, strict=True)):
        return []
    rows, cols = ([owners[prime] for prime in found] for found in chosen)
    if {axis[0] for axis in rows} != {axis[0] for axis in cols} or len({axis[0] for axis in rows}) == 1:
        # one array beside another: first axes are the slow ones
        rows, cols = sorted(rows, key=_axis_first), sorted(cols, key=_axis_first)
    elif rows[0][0] != cols[0][0]:
        # the axes of one array belong together
        cols = cols[::-1]
    return [(one, other) for one, other in zip(rows, cols, strict=True) if one != other]


def _axis_first(axis: Axis) -> tuple[int, str]:
    return axis[1], axis[0]


def _merge(sizes: Sizes, primes: Mapping[Axis, int], conflict: _ConflictError) -> None:
    """Make those axes one that the operation needs to be equal."""
    owners = _owners(sizes, primes)
    found = sorted({length for kind in conflict.kinds for length in kind.shape if length in owners})
    pairs = [
        (one, other)
        for one, other in itertools.combinations(found, 2)
        if sizes.may_be_equal(owners[one], owners[other])
    ]
    for count in (1, 2):
        for chosen in itertools.combinations(pairs, count):
            if _fits(conflict, {other: one for one, other in chosen}):
                for one, other in chosen:
                    sizes.merge(owners[one], owners[other])
                return
    lengths = list(dict.fromkeys(length for kind in conflict.kinds for length in getattr(kind, "shape", ())))
    if conflict.primitive.name == "matmul":
        left, right = (kind.shape for kind in conflict.kinds)
        lengths = [left[-1], right[-2] if len(right) > 1 else right[0]]
    products = [length for length in lengths if length not in owners and length != 1]
    joined = _pairs_of_factors(owners, products) if len(products) == 2 else []
    if joined and all(sizes.may_be_equal(one, other) for one, other in joined):
        for one, other in joined:
            sizes.merge(one, other)
        return
    shapes = " and ".join([str(kind) for kind in conflict.kinds if isinstance(kind, ArrayType)])
    place = f" at {conflict.place}" if conflict.place else ""
    raise UnsupportedError(
        f"derive: {conflict.primitive.name}{place} does not fit operands of other lengths ({shapes}), so that the "
        f"function works at some sizes only; write x.shape[0] or len(x) for numbers of entries"
    )


def _fits(conflict: _ConflictError, exchange: Mapping[int, int]) -> bool:
    kinds = [
        array_type(tuple([exchange.get(length, length) for length in kind.shape]), kind.dtype, kind.weak)
        if isinstance(kind, ArrayType)
        else kind
        for kind in conflict.kinds
    ]
    try:
        conflict.primitive.infer(tuple(kinds), conflict.params)
    except (ValueError, TypeError):
        return False
    return True
