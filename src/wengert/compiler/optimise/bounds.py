"""How large values can be, where sines and their like bound them: then zero times one of them is zero.

The arguments of these functions must be finite for that. They are noted, so that the caller can look at them.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.rules import Atom
from wengert.graph import Literal

__all__ = ["assume_bounded"]

# Values that one question may look at.
DEPTH: Final = 400
LARGEST: Final = 1e150
_BOUNDED: Final = {"sin": 1.0, "cos": 1.0, "tanh": 1.0, "arctan": 2.0, "sign": 1.0}
_SAME: Final = frozenset({"negative", "absolute", "reshape", "transpose", "broadcast_to", "take", "put_add"})
_LARGEST_OF: Final = frozenset({"maximum", "minimum", "concatenate", "select"})


def assume_bounded(build: Builder, atom: Atom) -> bool:
    """Whether all entries are finite once some arguments are, which are then noted as taken to be finite."""
    if not build.may_assume:
        return False
    roots: dict[Any, None] = {}
    if not _bound(build, atom, roots, [DEPTH]) < LARGEST:
        return False
    build.finite.extend(root for root in roots if root not in build.finite)
    return True


def _bound(build: Builder, atom: Atom, roots: dict[Any, None], room: list[int]) -> float:
    if isinstance(atom, Literal):
        return float(np.max(np.abs(atom.value), initial=0.0)) if atom.type.kind in "fib" else 0.0
    equation: Any = build.definitions.get(atom)
    room[0] -= 1
    if equation is None or room[0] < 0 or atom.type.kind not in "fib":
        return math.inf
    name = equation.primitive.name
    if name in _BOUNDED:
        roots.setdefault(equation.inputs[0])
        return _BOUNDED[name]
    if not (name in _SAME or name in _LARGEST_OF or name in ("add", "subtract", "multiply", "sum", "matmul")):
        return math.inf
    parts = []
    for operand in equation.inputs:
        parts.append(_bound(build, operand, roots, room))
        if not parts[-1] < LARGEST:
            return math.inf
    return _combined(name, equation, parts)


def _combined(name: str, equation: Any, parts: list[float]) -> float:
    if name in _SAME:
        return parts[0]
    if name in _LARGEST_OF:
        return max(parts)
    if name == "multiply":
        return parts[0] * parts[1]
    if name == "matmul":
        return parts[0] * parts[1] * float(equation.inputs[0].type.shape[-1])
    if name == "sum":
        return parts[0] * float(equation.inputs[0].type.size)
    return parts[0] + parts[1]
