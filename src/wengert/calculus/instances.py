"""Random arrays that honour what is assumed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from wengert.calculus.properties import IMPLIED
from wengert.errors import ArgumentError

__all__ = ["PROPERTIES", "draw", "with_implied"]

Array = Any


def _orthogonal(x: Array) -> Array:
    return np.linalg.qr(x)[0]


def _one_hot_rows(x: Array) -> Array:
    return np.eye(x.shape[1])[np.argmax(x, axis=1)]


def _one_hot(x: Array) -> Array:
    return np.eye(x.size)[np.argmax(x)]


def _idempotent(x: Array) -> Array:
    basis = _orthogonal(x)[:, : max(1, len(x) // 2)]
    return basis @ basis.T


PROPERTIES: Final[dict[str, Callable[[Array], Array]]] = {
    "symmetric": lambda x: 0.5 * (x + x.T),
    "positive semidefinite": lambda x: x @ x.T / len(x),
    "positive definite": lambda x: x @ x.T / len(x) + np.eye(len(x)),
    "orthogonal": _orthogonal,
    "diagonal": lambda x: np.diag(np.diag(x)),
    "lower triangular": np.tril,
    "upper triangular": np.triu,
    "invertible": lambda x: x + 2 * np.sqrt(len(x)) * np.eye(len(x)),
    "idempotent": _idempotent,
    "positive entries": lambda x: np.abs(x) + 0.5,
    "nonnegative entries": np.abs,
    "one-hot": _one_hot,
    "one-hot rows": _one_hot_rows,
}
"""From an array of normal numbers to one with the property."""

SQUARE: Final = frozenset(PROPERTIES) - {"positive entries", "nonnegative entries", "one-hot", "one-hot rows"}


def with_implied(properties: Iterable[str], name: str = "") -> frozenset[str]:
    """Properties with those that follow from them."""
    found = set(properties)
    unknown = found - PROPERTIES.keys()
    if unknown:
        raise ArgumentError(
            f"derive: {', '.join(sorted(unknown))} is no property that {name or 'an array'} can be assumed to have; "
            f"there are {', '.join(PROPERTIES)}"
        )
    waiting = list(found)
    while waiting:
        new = set(IMPLIED.get(waiting.pop(), ())) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def draw(shape: tuple[int, ...], properties: Iterable[str], random: np.random.Generator) -> Any:
    """A random array of this shape with these properties."""
    array: Any = random.standard_normal(shape)
    for name in PROPERTIES:
        if name in properties:
            array = PROPERTIES[name](array)
    return array if shape else float(abs(array) + 0.5)
