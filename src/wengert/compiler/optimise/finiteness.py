"""What has to be looked at to know that an array is finite, where that is less than the array."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.diagonals import names_diagonal
from wengert.compiler.optimise.rules import Atom
from wengert.graph import REGISTRY, Literal

__all__ = ["as_finite", "witness"]

absolute: Final = REGISTRY["absolute"]
add: Final = REGISTRY["add"]
largest: Final = REGISTRY["max"]
multiply: Final = REGISTRY["multiply"]
# What is finite where its operand is, and only there: entries that are moved, put into zeros, or made small.
_AS_FINITE: Final = frozenset({"transpose", "reshape", "broadcast_to", "negative", "inlay", "sin", "cos"})
# So many times more entries a result must have than its operands, for these to be looked at.
_SHARE: Final = 4


def as_finite(build: Builder, atom: Atom) -> Atom:
    """What is finite if and only if an array is, and was made before."""
    equation = build.definitions.get(atom)
    while equation is not None and (equation.primitive.name in _AS_FINITE or _puts_apart(equation)):
        atom = equation.inputs[0]
        equation = build.definitions.get(atom)
    return atom


def witness(build: Builder, atom: Atom) -> Atom:
    """What is finite only if an array is: a bound of all entries, where the array has many more than its operands."""
    atom = as_finite(build, atom)
    equation = build.definitions.get(atom)
    known = equation is not None and (_is_combined(build, atom, atom.type.size) or _most_at_one_place(equation))
    return _bound(build, atom) if known else atom


def _is_combined(build: Builder, atom: Atom, size: int, depth: int = 4) -> bool:
    """Whether an array is a product or a sum of others with many less entries, or of such products and sums."""
    equation = build.definitions.get(as_finite(build, atom))
    if equation is None or not depth or equation.primitive.name not in ("multiply", "add", "subtract"):
        return False
    return all([_SHARE * one.type.size <= size or _is_combined(build, one, size, depth - 1) for one in equation.inputs])


def _bound(build: Builder, atom: Atom) -> Atom:
    """A number that no entry exceeds in size."""
    atom = as_finite(build, atom)
    equation: Any = build.definitions.get(atom)
    if equation is not None and _is_combined(build, atom, atom.type.size):
        sizes = [_bound(build, operand) for operand in equation.inputs]
        return build.apply(multiply if equation.primitive is multiply else add, *sizes)
    several = _most_at_one_place(equation) if equation is not None else 0
    if several:
        return build.apply(multiply, build.literal(float(several)), _bound(build, equation.inputs[0]))
    size = build.apply(absolute, atom)
    return build.apply(largest, size, params=(tuple(range(len(atom.type.shape))), False)) if atom.type.shape else size


def _most_at_one_place(equation: Any) -> int:
    """How many values are added at one constant place, at most; 0 for anything else than a few values in zeros."""
    if equation.primitive.name != "put_add" or len(equation.inputs) != 3:
        return 0
    values, index, places = equation.inputs
    if len(equation.params[0]) != 1 or len(index.value.items) != 1 or places.__class__ is not Literal:
        return 0
    if values.type.shape != places.type.shape or _SHARE * values.type.size > equation.params[0][0]:
        return 0
    return int(np.unique(places.value, return_counts=True)[1].max(initial=0))


def _puts_apart(equation: Any) -> bool:
    """Whether an equation puts each value at a place of its own, where nothing is added."""
    if equation.primitive.name != "put_add" or equation.params[1] != 0:
        return False
    index, arrays = equation.inputs[1].value, equation.inputs[2:]
    if names_diagonal(equation.inputs[1:], equation.params[0]):
        return True
    if index.advanced or any([places.__class__ is not Literal for places in arrays]):
        return False
    if len(arrays) != 1 or len(index.items) != 1 or not arrays[0].type.shape:
        return not index.slots
    places = arrays[0].value
    return bool((places >= 0).all()) and len(np.unique(places)) == places.size
