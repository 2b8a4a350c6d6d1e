"""Numbers that a program has at all sizes: a length that is as large as one of them could not be told from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Size, walk
from wengert.calculus.lifting.lifted import State
from wengert.graph import Literal
from wengert.tracing import GraphRecording, type_of

__all__ = ["constants_of", "told_apart"]

Values = Mapping[str, Any]
# different numbers of one array that are looked at
_MOST_ENTRIES: Final = 100
_LENGTH: Final = Dim("n")


def constants_of(run: Callable[[dict[str, Any]], Any], places: Sequence[Values]) -> frozenset[float]:
    """The numbers that a program works with wherever it is run, as those of a loop over a range.

    Parameters
    ----------
    run
        The program, given its arrays by name.
    places
        Arrays of different lengths.
    """
    return frozenset.intersection(*[frozenset(_recorded(run, values)) for values in places])


def _recorded(run: Callable[[dict[str, Any]], Any], values: Values) -> Iterator[float]:
    """All numbers that operations get beside arrays, and the lengths of what they make."""
    with GraphRecording() as recording:
        run({name: recording.input(type_of(value), value) for name, value in values.items()})
    for equation in recording.equations:
        for given in (*(atom.value for atom in equation.inputs if isinstance(atom, Literal)), *equation.params):
            yield from _numbers_in(given)
        for variable in equation.outputs:
            yield from map(float, variable.type.shape)


def _numbers_in(given: Any) -> Iterator[float]:
    array = np.asarray(given) if isinstance(given, (int, float, np.ndarray, np.generic)) else np.zeros(0)
    if array.dtype.kind in "fiu" and array.size:
        yield from map(float, np.unique(array)[:_MOST_ENTRIES])


def told_apart(primes: Iterable[int], constants: Iterable[float]) -> Iterator[int]:
    """Those primes of which no constant would be taken for a length, or for a number that is made of one."""
    known = [number for number in constants if number and np.isfinite(number)]
    for prime in primes:
        state = State({prime: _LENGTH}, sized=False)
        if not any(isinstance(node, Size) for number in known for node in walk(state.scalar(number))):
            yield prime
