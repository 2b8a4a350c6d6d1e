"""What a program leaves behind in the user's data: constants of its recordings as the plain arrays that they are."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.programs.kinds import SHADOWS

__all__ = ["settle_members", "settled"]

_SETTLED: Final = frozenset({float, int, complex, bool, str, bytes, NoneType, np.ndarray, np.float64, np.int64})


def settled(value: Any, given: Callable[[Any], Any], seen: set[int]) -> Any:
    """A value without the recordings that it does not depend on; lists and dictionaries are changed in place.

    `given` finds the user's own behind what the program was served.
    """
    if type(value) in _SETTLED:
        return value
    value = given(value)
    kind = type(value)
    if isinstance(value, Operand):
        return _plain(value)
    if kind in (list, dict):
        settle_members(value, given, seen)
    elif isinstance(value, tuple):
        members = [settled(member, given, seen) for member in value]
        if any([one is not other for one, other in zip(members, value, strict=True)]):
            return tuple.__new__(kind, members)
    elif kind in SHADOWS and isinstance(getattr(value, "__dict__", None), dict):
        settle_members(vars(value), given, seen)
    return value


def settle_members(container: Any, given: Callable[[Any], Any], seen: set[int]) -> None:
    """Settle what a list or a dictionary holds, in place."""
    members = container.values() if isinstance(container, dict) else container
    if id(container) in seen or _SETTLED.issuperset(map(type, members)):
        return
    seen.add(id(container))
    for place, member in list(container.items() if isinstance(container, dict) else enumerate(container)):
        found = settled(member, given, seen)
        if found is not member:
            container[place] = found


def _plain(value: Any) -> Any:
    while isinstance(value, Operand) and value.recording.is_constant(value):
        value.refresh()
        value = value.value
    return value
