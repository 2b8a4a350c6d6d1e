"""For which calls a recording is made: structure, types, and the values of what is not traced."""

from __future__ import annotations

import types
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.graph import concrete_type

__all__ = ["STATIC", "is_traced", "signature"]

STATIC: Final = frozenset({int, bool, str, bytes, types.NoneType})


class _Identity:
    """A key for something that is compared by identity, which is kept alive with it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def signature(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a recording is made for: structure, types, and the values of what is not traced.

    Floats and arrays are traced; integers, Booleans, texts, None and members of enumerations count by value, functions
    and other objects by identity.
    """
    if not kwargs:
        # most calls, in short
        keys = [concrete_type(arg) if arg.__class__ is np.ndarray else _NUMBERS.get(arg.__class__) for arg in args]
        if None not in keys:
            return tuple(keys)
    leaves, structure = tree.flatten((args, kwargs))
    return structure.layout(), tuple([_leaf_key(leaf) for leaf in leaves])


_NUMBERS: Final = {kind: (concrete_type(kind(0)), kind) for kind in (float, complex, np.float64, np.float32)}


def _leaf_key(leaf: Any) -> Any:
    kind = leaf.__class__
    if kind is np.ndarray:
        return concrete_type(leaf)
    if kind in STATIC:
        return kind, leaf
    if is_traced(leaf):
        return concrete_type(leaf), kind
    return _Identity(leaf)


def is_traced(leaf: Any) -> bool:
    """Whether a leaf of the arguments is an input of the graph."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return type(leaf) is np.ndarray or isinstance(leaf, np.generic)
    return leaf.__class__ in (float, complex)
