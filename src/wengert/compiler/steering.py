"""The values that steer a program, as outputs of its graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from wengert.compiler.following import Expected
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type

__all__ = ["Steered", "combined", "distinct"]

Steered = list[tuple[Var, Expected]]

# so many numbers are compared one by one
_FEW: Final = 16
_ANSWER: Final = array_type((), np.dtype(bool))


def distinct(steered: Iterable[tuple[Var, Expected]]) -> Steered:
    """Each value once in each manner."""
    found: dict[tuple[int, str], tuple[Var, Expected]] = {}
    for atom, seen in steered:
        found.setdefault((id(atom), seen.how), (atom, seen))
    return list(found.values())


def combined(equations: Sequence[Equation], steered: Steered) -> tuple[list[Equation], Steered]:
    """The equations of a program and what steers it, where many numbers are put together to two answers of yes and no.

    Each is combined with those before it where it is made, so that a loop of many steps carries the answers and keeps
    no array of them.
    """
    numbers: dict[Var, list[Expected]] = {}
    for atom, seen in steered:
        if _combines(atom, seen):
            numbers.setdefault(atom, []).append(seen)
    if len(numbers) <= _FEW:
        return list(equations), steered
    combining = _Combining()
    for equation in equations:
        combining.equations.append(equation)
        for atom in equation.outputs:
            for seen in numbers.get(atom, ()):
                combining.add(atom, seen, equation)
    others = [(atom, seen) for atom, seen in steered if (id(atom), seen.how) not in combining.known]
    return combining.equations, [*others, *combining.so_far.values()]


class _Combining:
    """The answers so far: whether all that is to hold does, and whether something does that is not to."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self.so_far: dict[bool, tuple[Var, Expected]] = {}
        self.known: set[tuple[int, str]] = set()

    def add(self, atom: Var, seen: Expected, maker: Equation) -> None:
        self.known.add((id(atom), seen.how))
        expected = seen.how == "equal" or bool(seen.value)
        if seen.how == "equal":
            answer = Var(_ANSWER)
            value = Literal(np.asarray(seen.value, atom.type.dtype)[()], array_type((), atom.type.dtype))
            self.equations.append(Equation(REGISTRY["equal"], (atom, value), (), (answer,), maker.source))
            atom = answer
        if expected in self.so_far:
            both = Var(_ANSWER)
            combine = REGISTRY["logical_and" if expected else "logical_or"]
            operands = (self.so_far[expected][0], atom)
            self.equations.append(Equation(combine, operands, (), (both,), maker.source))
            atom = both
        self.so_far[expected] = atom, Expected(expected, "truth")


def _combines(atom: Var, seen: Expected) -> bool:
    """Whether this is a number that is compared by one operation."""
    if atom.type.shape or atom.type.kind not in "biuf" or seen.how == "finite":
        return False
    return atom.type.kind == "b" if seen.how == "truth" else not np.isnan(seen.value)
