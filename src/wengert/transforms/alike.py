"""What equal values have in common: numbers and small arrays their content, results the operation that made them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import REGISTRY, Equation, Literal, Primitive, Var
from wengert.tracing.index import Index

__all__ = ["NUMBERS", "Alike", "content_of", "is_pure"]

NUMBERS: Final = frozenset({float, int})
# Bytes of a plain array whose content is compared; a larger one seldom stands twice in a program.
_SHORT: Final = 1024
# So many operations are looked back on.
_DEEP: Final = 3
_pure: Final[dict[Primitive, bool]] = {}


def is_pure(primitive: Primitive) -> bool:
    """Whether equal operands give equal results and nothing else happens; what a user declared may do more."""
    found = _pure.get(primitive)
    if found is None:
        own = REGISTRY.get(primitive.name) is primitive
        found = _pure[primitive] = own and primitive.rule_maker is None
    return found


def content_of(value: Any) -> Any:
    """What a number, a small array, or an index of ranges is known by; None for anything else."""
    if value.__class__ in NUMBERS:
        # zeros have signs, and a float is no integer
        return value.__class__, value or str(value)
    if isinstance(value, Index):
        return _ranges(value)
    if isinstance(value, np.generic):
        return value.__class__, value.tobytes()
    if isinstance(value, np.ndarray) and value.nbytes <= _SHORT:
        return value.dtype, value.shape, np.ndarray.tobytes(value)
    return None


def _ranges(index: Index) -> Any:
    """An index as its ranges of the axes; None if it picks places, which the steps of a loop do in any order."""
    told: list[Any] = [Index]
    for item in index.items:
        if item is None or item is Ellipsis:
            told.append(item)
            continue
        if item.__class__ is not slice:
            return None
        bounds = (item.start, item.stop, item.step)
        if not all([bound is None or bound.__class__ is int for bound in bounds]):
            return None
        told.append(bounds)
    return tuple(told)


class Alike:
    """Finds for the variables of a graph that is being recorded the first one with the same value."""

    def __init__(self, equations: list[Equation]) -> None:
        self._equations = equations
        self._read = 0
        self._makers: dict[Var, tuple[Equation, int]] = {}
        self._first: dict[Any, Var] = {}
        self._found: dict[Var, Var] = {}

    def of(self, variable: Var, depth: int = _DEEP) -> Var:
        """The first variable that is known to have the same value."""
        found = self._found.get(variable)
        if found is None:
            key = self._key(variable, depth) if depth else None
            found = self._found[variable] = variable if key is None else self._first.setdefault(key, variable)
        return found

    def _key(self, variable: Var, depth: int) -> Any:
        for equation in self._equations[self._read :]:
            for place, output in enumerate(equation.outputs):
                self._makers[output] = equation, place
        self._read = len(self._equations)
        maker = self._makers.get(variable)
        if maker is None or not is_pure(maker[0].primitive):
            return None
        equation, place = maker
        inputs = [
            content_of(atom.value) if isinstance(atom, Literal) else self.of(atom, depth - 1)
            for atom in equation.inputs
        ]
        return None if None in inputs else (equation.primitive, equation.params, place, *inputs)
