"""Random arrays that honour what is assumed of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from wengert.calculus.properties import IMPLIED
from wengert.errors import ArgumentError

__all__ = ["MANNERS", "PROPERTIES", "SQUARE", "detected", "draw", "manner_of", "with_implied"]

Array = Any
# rounding in a product of two random matrices
_CLOSE: Final = 1e-10
_MOST_ORDERS: Final = 24


def _orthogonal(x: Array) -> Array:
    return np.linalg.qr(x)[0]


def _one_hot_rows(x: Array) -> Array:
    return np.eye(x.shape[1])[np.argmax(x, axis=1)]


def _one_hot(x: Array) -> Array:
    return np.reshape(np.eye(x.size)[np.argmax(x)], np.shape(x))


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


def _near(x: Array, y: Array) -> bool:
    return bool(np.all(np.abs(x - y) <= _CLOSE * max(1.0, float(np.max(np.abs(x), initial=0.0)))))


def _symmetric(x: Array) -> bool:
    return bool(np.array_equal(x, x.T)) or (_near(x, x.T) and not np.array_equal(np.triu(x), x))


def _eigenvalues(x: Array) -> Array:
    return np.linalg.eigvalsh(0.5 * (x + x.T))


def _binary_sums(x: Array, axis: int | None) -> bool:
    return bool(np.all((x == 0) | (x == 1)) and np.all(np.sum(x, axis=axis) == 1))


_HOLDS: Final[dict[str, Callable[[Array], bool]]] = {
    "symmetric": _symmetric,
    "positive semidefinite": lambda x: _symmetric(x) and bool(np.min(_eigenvalues(x)) >= -_CLOSE * np.max(np.abs(x))),
    "positive definite": lambda x: _symmetric(x) and bool(np.min(_eigenvalues(x)) > _CLOSE * np.max(np.abs(x))),
    "orthogonal": lambda x: _near(x.T @ x, np.eye(len(x))),
    "diagonal": lambda x: bool(np.array_equal(x, np.diag(np.diag(x)))),
    "lower triangular": lambda x: bool(np.array_equal(x, np.tril(x))),
    "upper triangular": lambda x: bool(np.array_equal(x, np.triu(x))),
    "invertible": lambda x: bool(np.linalg.cond(x) < 1 / _CLOSE),
    "idempotent": lambda x: _near(x @ x, x),
    "positive entries": lambda x: bool(np.all(x > 0)),
    "nonnegative entries": lambda x: bool(np.all(x >= 0)),
    "one-hot": lambda x: _binary_sums(x, None),
    "one-hot rows": lambda x: _binary_sums(x, 1),
}
"""Whether an array has the property."""

# what tells the reader something when it is found in data; every random square matrix is invertible
_TELLING: Final = (
    "positive definite", "symmetric", "orthogonal", "diagonal", "lower triangular", "upper triangular", "idempotent",
    "positive entries", "nonnegative entries", "one-hot", "one-hot rows",
)  # fmt: skip


def _has(name: str, array: Array) -> bool:
    """Whether an array has a property for which it has the right number of axes."""
    if np.ndim(array) == 0:
        return name in ("positive entries", "nonnegative entries") and _HOLDS[name](array)
    square = np.ndim(array) == 2 and np.shape(array)[0] == np.shape(array)[1]
    if (name in SQUARE and not square) or (name == "one-hot rows") != (np.ndim(array) == 2 and name == "one-hot rows"):
        return False
    return not (name == "one-hot" and np.ndim(array) != 1) and _HOLDS[name](np.asarray(array, dtype=float))


def detected(array: Array) -> tuple[str, ...]:
    """The properties that an array of data has, without those that follow from others.

    >>> import numpy as np
    >>> from wengert.calculus.instances import detected
    >>> detected(np.array([[2.0, -1.0], [-1.0, 2.0]]))
    ('positive definite',)
    """
    if np.size(array) == 0 or (np.ndim(array) and np.size(array) < 2) or not np.all(np.isfinite(array)):
        return ()
    found = [name for name in _TELLING if _has(name, array)]
    if "diagonal" in found:
        found = [name for name in found if "triangular" not in name]
    implied = {other for name in found for other in with_implied([name]) - {name}}
    if "one-hot" in found or "one-hot rows" in found:
        implied.add("nonnegative entries")
    return tuple([name for name in found if name not in implied])


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


MANNERS: Final[dict[str, Callable[[Array], Array]]] = {
    "": lambda x: x,
    "small": lambda x: 0.1 * x,
    "positive entries": lambda x: np.abs(x) + 0.5,
    "entries between 0 and 1": lambda x: 0.1 + 0.8 * np.exp(-np.abs(x)),
    "entries 0 and 1": lambda x: (x > 0).astype(float),
    "positive definite": lambda x: x @ x.T / len(x) + np.eye(len(x)) if _is_square(x) else x,
}
"""Ways to draw an array of which nothing is assumed, so that a function is evaluated inside its domain."""


def _is_square(x: Array) -> bool:
    return np.ndim(x) == 2 and np.shape(x)[0] == np.shape(x)[1]


def manner_of(array: Array) -> str:
    """The way to draw arrays that resemble one of data."""
    if np.size(array) == 0 or not np.all(np.isfinite(array)):
        return ""
    if np.ndim(array) == 2 and _is_square(array) and len(array) > 1 and _has("positive definite", array):
        return "positive definite"
    if np.size(array) > 1 and np.all((array == 0) | (array == 1)):
        return "entries 0 and 1"
    if np.all(array > 0):
        return "entries between 0 and 1" if np.all(array < 1) else "positive entries"
    return "small" if np.max(np.abs(array)) < 0.5 else ""


def draw(shape: tuple[int, ...], properties: Iterable[str], random: np.random.Generator, manner: str = "") -> Any:
    """A random array of this shape with these properties.

    Raises
    ------
    ArgumentError
        No array with all of them was found.
    """
    wanted = [name for name in PROPERTIES if name in set(properties)]
    start: Any = random.standard_normal(shape)
    if not shape:
        # numbers are positive where nothing speaks against it: they are rates, weights and exponents
        return float(abs(start) + 0.5) if manner != "entries between 0 and 1" else float(MANNERS[manner](start))
    if not wanted:
        return MANNERS[manner](start)
    for order in itertools.islice(itertools.permutations(wanted), _MOST_ORDERS):
        array = start
        for name in order:
            array = PROPERTIES[name](array)
        if len(wanted) == 1 or all(_has(name, array) for name in wanted):
            return array
    raise ArgumentError(f"derive: no array was found that is {', '.join(wanted)} at once; assume less")
