"""The values that steer a program, as outputs of its graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from wengert.compiler.following import Expected
from wengert.graph import REGISTRY, ArrayType, Equation, Var, array_type

__all__ = ["Steered", "distinct", "gathered"]

Steered = list[tuple[Var, Expected]]

# so many numbers of one type are compared one by one
_FEW: Final = 16


def distinct(steered: Iterable[tuple[Var, Expected]]) -> Steered:
    """Each value once in each manner."""
    found: dict[tuple[int, str], tuple[Var, Expected]] = {}
    for atom, seen in steered:
        found.setdefault((id(atom), seen.how), (atom, seen))
    return list(found.values())


def gathered(steered: Steered) -> tuple[list[Equation], Steered]:
    """The same with many numbers of one type in one array, and the equations that make it.

    A loop of many steps then stays one that keeps an array, and the comparison one of two arrays.
    """
    kinds: dict[ArrayType, Steered] = {}
    for atom, seen in steered:
        if not atom.type.shape and (seen.how == "equal" or atom.type.kind == "b"):
            kinds.setdefault(array_type((1,), atom.type.dtype), []).append((atom, seen))
    many = {kind: found for kind, found in kinds.items() if len(found) > _FEW}
    joined = {(id(atom), seen.how) for found in many.values() for atom, seen in found}
    kept = [(atom, seen) for atom, seen in steered if (id(atom), seen.how) not in joined]
    equations: list[Equation] = []
    for kind, found in many.items():
        kept.append(_joined(kind, found, equations))
    return equations, kept


def _joined(kind: ArrayType, found: Steered, equations: list[Equation]) -> tuple[Var, Expected]:
    parts = []
    for atom, _ in found:
        parts.append(Var(kind))
        equations.append(Equation(REGISTRY["reshape"], (atom,), ((1,),), (parts[-1],)))
    whole = Var(array_type((len(parts),), kind.dtype))
    equations.append(Equation(REGISTRY["concatenate"], tuple(parts), (0,), (whole,)))
    expected: Any = np.array([seen.value for _, seen in found], kind.dtype)
    return whole, Expected(expected, "equal")
