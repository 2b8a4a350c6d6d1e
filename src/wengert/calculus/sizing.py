"""Lengths of axes: which are equal, what they are called, and primes to run a program with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isqrt
from typing import Any, Final

import numpy as np

from wengert.errors import ArgumentError
from wengert.tracing.index import Index

__all__ = ["PRIMES", "UNTOLD", "Axis", "Sizes", "on_diagonal", "shows", "sizes_of"]

PRIMES: Final = tuple([n for n in range(7, 1000) if all(n % divisor for divisor in range(2, isqrt(n) + 1))])
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
        return self.assigned(dict(zip(self.classes(), primes, strict=False)))

    def assigned(self, chosen: Mapping[Axis, int]) -> dict[Axis, int]:
        """A length for each axis, from the lengths of classes."""
        return {axis: chosen.get(self.root(axis), self.fixed.get(self.root(axis), 1)) for axis in self.parents}

    def without(self, names: Collection[str]) -> Sizes:
        """The same without the axes of some arrays."""
        heirs: dict[Axis, Axis] = {}
        for axis in self.parents:
            if axis[0] not in names:
                heirs.setdefault(self.root(axis), axis)
        return Sizes(
            {axis: heirs[self.root(axis)] for axis in self.parents if axis[0] not in names},
            {axis: self.lengths[self.root(axis)] for axis in self.parents if axis[0] not in names},
            {heirs[axis]: name for axis, name in self.names.items() if axis in heirs},
            {heirs[axis]: length for axis, length in self.fixed.items() if axis in heirs},
        )

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


def shows(prime: int, number: float) -> bool:
    """Whether a number of the program could be taken for a length of that size, or for one over it."""
    if not np.isfinite(number) or number == 0:
        return False
    if number + 1 == prime:
        return True
    exact = Fraction(number).limit_denominator(10**6)
    return any(part % prime == 0 for part in (exact.numerator, exact.denominator) if part)
