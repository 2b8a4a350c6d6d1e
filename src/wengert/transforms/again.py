"""Whether two recordings of one program agree: whether it does the same when it is run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.graph import Equation, Graph, Source, Var
from wengert.tracing import beneath, type_of
from wengert.tracing.index import Index

__all__ = ["first_difference", "same_value"]


def first_difference(one: Graph, other: Graph) -> tuple[bool, Source | None]:
    """Whether two graphs differ, up to the names of their variables, and the first line at which they do."""
    if len(one.inputs) != len(other.inputs) or len(one.outputs) != len(other.outputs):
        return True, None
    if not _same_types(one.inputs, other.inputs):
        return True, None
    known: dict[Any, Any] = dict(zip(one.inputs, other.inputs, strict=True))
    for first, second in zip(one.equations, other.equations, strict=False):
        if not _alike(first, second, known):
            return True, second.source
        known.update(zip(first.outputs, second.outputs, strict=True))
    pairs = zip(one.outputs, other.outputs, strict=True)
    same = len(one.equations) == len(other.equations) and all([_same_atom(a, b, known) for a, b in pairs])
    return not same, None


def same_value(one: Any, other: Any) -> bool:
    """Whether two values from outside are equal; they may have been computed twice."""
    return type_of(one) is type_of(other) and _same_value(beneath(one), beneath(other))


def _alike(first: Equation, second: Equation, known: dict[Any, Any]) -> bool:
    # a function with a rule of its own is another primitive in each recording
    same = first.primitive is second.primitive or first.primitive.name == second.primitive.name
    if not same or len(first.inputs) != len(second.inputs) or not _same_types(first.outputs, second.outputs):
        return False
    atoms = zip(first.inputs, second.inputs, strict=True)
    return _same_value(first.params, second.params) and all([_same_atom(a, b, known) for a, b in atoms])


def _same_types(one: Sequence[Var], other: Sequence[Var]) -> bool:
    return len(one) == len(other) and all([a.type is b.type for a, b in zip(one, other, strict=True)])


def _same_atom(one: Any, other: Any, known: dict[Any, Any]) -> bool:
    if isinstance(one, Var) or isinstance(other, Var):
        return known.get(one) is other
    return one.type is other.type and _same_value(one.value, other.value)


def _same_value(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Index):
        return one.slots == other.slots and _same_value(one.items, other.items)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same_value, one, other))
    if isinstance(one, (np.ndarray, np.generic, float, complex)):
        # in every bit, so that a NaN equals itself
        return np.shape(one) == np.shape(other) and np.asarray(one).tobytes() == np.asarray(other).tobytes()
    if hasattr(one, "bodies"):
        same = one.form == other.form and len(one.bodies) == len(other.bodies)
        return same and not any([first_difference(a, b)[0] for a, b in zip(one.bodies, other.bodies, strict=True)])
    return bool(one == other)
