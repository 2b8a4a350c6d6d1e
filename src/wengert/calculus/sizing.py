"""Which axes of a program's arrays must be equally long, found by running it with all of them unequal.

Every axis gets a prime of its own for its length. Where an operation then refuses its operands, the axes that it
needs to be equal become one, and the program runs again. Axes that happen to be equally long stay apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import ArrayType, Primitive, array_type
from wengert.tracing import GraphRecording, type_of
from wengert.tracing.index import Index

__all__ = ["PRIMES", "Sizes", "on_diagonal", "unified"]

PRIMES: Final = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
Axis = tuple[str, int]


@dataclass
class Sizes:
    """Classes of axes that are equally long, each known by its first axis."""

    parents: dict[Axis, Axis]
    lengths: dict[Axis, int]

    def root(self, axis: Axis) -> Axis:
        """The first axis of the class."""
        while self.parents[axis] != axis:
            axis = self.parents[axis]
        return axis

    def merge(self, one: Axis, other: Axis) -> None:
        """Make two axes equally long."""
        self.parents[self.root(other)] = self.root(one)

    def classes(self) -> list[Axis]:
        """One axis of each class whose length is not one."""
        return [axis for axis in self.parents if self.root(axis) == axis and self.lengths[axis] != 1]

    def primes(self, primes: Sequence[int] = PRIMES) -> dict[Axis, int]:
        """A length for each axis."""
        chosen = dict(zip(self.classes(), primes, strict=False))
        return {axis: chosen.get(self.root(axis), 1) for axis in self.parents}

    def shape(self, name: str, primes: Mapping[Axis, int]) -> tuple[int, ...]:
        """The shape of an array at these lengths."""
        return tuple([primes[axis] for axis in self.parents if axis[0] == name])


def on_diagonal(index: Index, arrays: Sequence[Any]) -> bool:
    """Whether an index is that of a diagonal: the same range along two axes."""
    fixed = [item for item in index.items if isinstance(item, np.ndarray)]
    found = [*fixed, *(array for array in arrays if isinstance(array, np.ndarray))]
    return len(found) == 2 and all(np.array_equal(array, np.arange(len(found[0]))) for array in found)


class _ConflictError(Exception):
    def __init__(self, primitive: Primitive, kinds: Sequence[Any], params: tuple[Any, ...]) -> None:
        super().__init__()
        self.primitive, self.kinds, self.params = primitive, kinds, params


class _Watching(GraphRecording):
    """Says which operation refuses its operands."""

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


def unified(
    run: Callable[[dict[str, Any]], Any],
    data: Mapping[str, Any],
    instance: Callable[[str, tuple[int, ...]], Any],
    square: Iterable[str] = (),
) -> Sizes:
    """The classes of equally long axes.

    Parameters
    ----------
    run
        The program, given its arrays by name.
    data
        Arrays of the shapes that the program is used at; axes of one length are not freed.
    instance
        Makes an array of another shape under a name.
    square
        Names of matrices that are square by assumption.

    Raises
    ------
    UnsupportedError
        The program wants lengths that it does not take from its arrays.
    """
    axes = [(name, axis) for name, value in data.items() for axis in range(np.ndim(value))]
    sizes = Sizes({axis: axis for axis in axes}, {(name, axis): np.shape(data[name])[axis] for name, axis in axes})
    if len(sizes.classes()) > len(PRIMES):
        raise UnsupportedError(f"a program of {len(sizes.classes())} axes is too large for a closed form")
    for name in square:
        sizes.merge((name, 0), (name, 1))
    for _ in axes:
        primes = sizes.primes()
        values = {name: instance(name, sizes.shape(name, primes)) if np.ndim(v) else v for name, v in data.items()}
        try:
            with _Watching() as recording:
                run({name: recording.input(type_of(value), value) for name, value in values.items()})
        except _ConflictError as conflict:
            _merge(sizes, primes, conflict)
        except (ValueError, np.linalg.LinAlgError) as error:
            _merge_those_named(sizes, primes, error)
        else:
            return sizes
    return sizes


def _owners(sizes: Sizes, primes: Mapping[Axis, int]) -> dict[int, Axis]:
    return {primes[axis]: axis for axis in sizes.classes()}


def _merge_those_named(sizes: Sizes, primes: Mapping[Axis, int], error: Exception) -> None:
    """Make those two axes one whose lengths an error speaks of."""
    owners = _owners(sizes, primes)
    named = [owners[length] for length in dict.fromkeys(map(int, re.findall(r"\d+", str(error)))) if length in owners]
    if len(named) != 2 or sizes.lengths[named[0]] != sizes.lengths[named[1]]:
        raise error
    sizes.merge(*named)


def _merge(sizes: Sizes, primes: Mapping[Axis, int], conflict: _ConflictError) -> None:
    """Make those axes one that the operation needs to be equal."""
    owners = _owners(sizes, primes)
    found = sorted({length for kind in conflict.kinds for length in kind.shape if length in owners})
    pairs = [
        (one, other)
        for one, other in itertools.combinations(found, 2)
        if sizes.lengths[owners[one]] == sizes.lengths[owners[other]]
    ]
    for count in (1, 2):
        for chosen in itertools.combinations(pairs, count):
            if _fits(conflict, {other: one for one, other in chosen}):
                for one, other in chosen:
                    sizes.merge(owners[one], owners[other])
                return
    raise UnsupportedError(
        f"{conflict.primitive.name} needs lengths that the program does not take from its arrays; write x.shape[0] or "
        f"len(x) for numbers of entries"
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
