"""Random arrays that honour what is assumed of them."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from wengert.calculus.properties import IMPLIED
from wengert.errors import ArgumentError

__all__ = [
    "MANNERS",
    "PROPERTIES",
    "SQUARE",
    "detected",
    "draw",
    "has_property",
    "manner_of",
    "meant",
    "told",
    "with_implied",
]

Array = Any
# rounding in a product of two random matrices
_CLOSE: Final = 1e-10
_CLOSE_SINGLE: Final = 1e-4
_MOST_ORDERS: Final = 24


def _orthogonal(x: Array) -> Array:
    return np.linalg.qr(x)[0]


def _one_hot_rows(x: Array) -> Array:
    return np.eye(x.shape[1])[np.argmax(x, axis=1)]


def _one_hot(x: Array) -> Array:
    return np.reshape(np.eye(x.size)[np.argmax(x)], np.shape(x))


def _idempotent(x: Array) -> Array:
    """A projection along some other space, so that it is not symmetric but where x is."""
    count = max(1, len(x) // 2)
    basis = _orthogonal(x)[:, :count]
    across = basis if np.array_equal(x, x.T) else basis + 0.3 * x[:, :count]
    return basis @ np.linalg.solve(across.T @ basis, across.T)


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
    "zero-one entries": lambda x: (x > 0).astype(float),
    "one-hot": _one_hot,
    "one-hot rows": _one_hot_rows,
}
"""From an array of normal numbers to one with the property."""

SQUARE: Final = frozenset(PROPERTIES) - {
    "positive entries", "nonnegative entries", "zero-one entries", "one-hot", "one-hot rows",
}  # fmt: skip


def _near(x: Array, y: Array, close: float) -> bool:
    size = max(float(np.max(np.abs(part), initial=0.0)) for part in (x, y))
    return bool(np.all(np.abs(x - y) <= close * size))


def _symmetric(x: Array, close: float) -> bool:
    return bool(np.array_equal(x, x.T)) or (_near(x, x.T, close) and not np.array_equal(np.triu(x), x))


def _smallest(x: Array) -> float:
    """The smallest eigenvalue of a symmetric matrix beside its largest entry."""
    return float(np.min(np.linalg.eigvalsh(0.5 * (x + x.T))) / (np.max(np.abs(x)) or 1.0))


def _binary_sums(x: Array, axis: int | None) -> bool:
    return bool(np.all((x == 0) | (x == 1)) and np.all(np.sum(x, axis=axis) == 1))


_HOLDS: Final[dict[str, Callable[[Array, float], bool]]] = {
    "symmetric": _symmetric,
    "positive semidefinite": lambda x, close: _symmetric(x, close) and _smallest(x) >= -close,
    "positive definite": lambda x, close: _symmetric(x, close) and _smallest(x) > close,
    "orthogonal": lambda x, close: _near(x.T @ x, np.eye(len(x)), close),
    "diagonal": lambda x, close: bool(np.array_equal(x, np.diag(np.diag(x)))),
    "lower triangular": lambda x, close: bool(np.array_equal(x, np.tril(x))),
    "upper triangular": lambda x, close: bool(np.array_equal(x, np.triu(x))),
    "invertible": lambda x, close: bool(np.linalg.cond(x) < 1 / close),
    "idempotent": lambda x, close: _near(x @ x, x, close),
    "positive entries": lambda x, close: bool(np.all(x > 0)),
    "nonnegative entries": lambda x, close: bool(np.all(x >= 0)),
    "zero-one entries": lambda x, close: bool(np.all((x == 0) | (x == 1))),
    "one-hot": lambda x, close: _binary_sums(x, None),
    "one-hot rows": lambda x, close: _binary_sums(x, 1),
}
"""Whether an array has the property, up to rounding errors of a size."""

# what tells the reader something when it is found in data
_TELLING: Final = (
    "positive definite", "positive semidefinite", "symmetric", "orthogonal", "diagonal", "lower triangular",
    "upper triangular", "idempotent", "positive entries", "nonnegative entries", "zero-one entries", "one-hot",
    "one-hot rows", "invertible",
)  # fmt: skip
# an inverse in a formula has to keep half of the digits
_MOST_CONDITION: Final = 1e8
_MOST_CONDITION_SINGLE: Final = 1e3


def has_property(name: str, array: Array) -> bool:
    """Whether an array has a property for which it has the right number of axes."""
    close = _CLOSE_SINGLE if getattr(array, "dtype", None) == np.float32 else _CLOSE
    x = np.asarray(array, dtype=float)
    if x.ndim == 0:
        return name in ("positive entries", "nonnegative entries", "zero-one entries") and _HOLDS[name](x, close)
    square = x.ndim == 2 and x.shape[0] == x.shape[1]
    if (
        (name in SQUARE and not square)
        or (name == "one-hot rows" and x.ndim != 2)
        or (name == "one-hot" and x.ndim != 1)
    ):
        return False
    return _HOLDS[name](x, close)


def detected(array: Array) -> tuple[str, ...]:
    """The properties that an array of data has, without those that follow from others.

    A matrix is called invertible if its condition number is at most 1e8, in single precision 1e3, so that formulas with
    its inverse keep half of the digits.

    >>> import numpy as np
    >>> from wengert.calculus.instances import detected
    >>> detected(np.array([[2.0, -1.0], [-1.0, 2.0]]))
    ('positive definite',)
    """
    if np.size(array) == 0 or (np.ndim(array) and np.size(array) < 2) or not np.all(np.isfinite(array)):
        return ()
    found = [name for name in _TELLING if has_property(name, array)]
    if "invertible" in found:
        most = _MOST_CONDITION_SINGLE if getattr(array, "dtype", None) == np.float32 else _MOST_CONDITION
        found = [name for name in found if name != "invertible" or np.linalg.cond(array) <= most]
    if "diagonal" in found:
        found = [name for name in found if "triangular" not in name]
    kept = told(found)
    return tuple([name for name in found if name in kept])


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


_ALIASES: Final = {
    "spd": "positive definite", "pd": "positive definite", "hpd": "positive definite", "psd":
    "positive semidefinite", "spsd": "positive semidefinite", "sym": "symmetric", "hermitian": "symmetric",
    "self-adjoint": "symmetric", "orthonormal": "orthogonal", "unitary": "orthogonal", "rotation": "orthogonal",
    "positive": "positive entries", "nonnegative": "nonnegative entries", "non-negative": "nonnegative entries",
    "nonsingular": "invertible", "regular": "invertible", "full rank": "invertible", "tril": "lower triangular",
    "triu": "upper triangular", "projection": "idempotent", "projector": "idempotent", "binary": "zero-one entries",
    "boolean": "zero-one entries", "onehot": "one-hot",
}  # fmt: skip


def meant(word: str) -> str:
    """What to say of a word that is no property: the one that is meant, or all that there are.

    >>> from wengert.calculus.instances import meant
    >>> meant("SPD"), meant("symetric")
    ('did you mean positive definite?', 'did you mean symmetric?')
    """
    lowered = " ".join(str(word).lower().replace("_", " ").split())
    close = [_ALIASES[lowered]] if lowered in _ALIASES else difflib.get_close_matches(lowered, PROPERTIES, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(PROPERTIES)}"


def told(properties: Iterable[str]) -> list[str]:
    """Properties that do not follow from others among them, in alphabetical order."""
    held = set(properties)
    return sorted(held.difference(*[with_implied([one]) - {one} for one in held]))


MANNERS: Final[dict[str, Callable[[Array], Array]]] = {
    "": lambda x: x,
    "small": lambda x: 0.1 * x,
    "tiny": lambda x: 0.001 * x,
    "positive entries": lambda x: np.abs(x) + 0.5,
    "negative entries": lambda x: -np.abs(x) - 0.5,
    "entries between 0 and 1": lambda x: 0.1 + 0.8 * np.exp(-np.abs(x)),
    "entries 0 and 1": lambda x: (x > 0).astype(float),
    "large entries": lambda x: 10 * np.abs(x) + 10,
    "very large entries": lambda x: 100 * np.abs(x) + 100,
    "positive definite": lambda x: x @ x.T / len(x) + np.eye(len(x)) if _is_square(x) else x,
}
"""Ways to draw an array of which nothing is assumed, so that a function is evaluated inside its domain."""


# a number that is 0 or 1 hides what it stands for
_OF_NUMBERS: Final = frozenset(MANNERS) - {"entries 0 and 1", "positive definite"}


def _is_square(x: Array) -> bool:
    return np.ndim(x) == 2 and np.shape(x)[0] == np.shape(x)[1]


def manner_of(array: Array) -> str:
    """The way to draw arrays that resemble one of data."""
    if np.size(array) == 0 or not np.all(np.isfinite(array)):
        return ""
    if np.ndim(array) == 2 and _is_square(array) and len(array) > 1 and has_property("positive definite", array):
        return "positive definite"
    if np.size(array) > 1 and np.all((array == 0) | (array == 1)):
        return "entries 0 and 1"
    if np.all(array > 0):
        return "entries between 0 and 1" if np.all(array < 1) else "positive entries"
    if np.all(array < 0):
        return "negative entries"
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
        made = MANNERS[manner if manner in _OF_NUMBERS else ""]
        # one of NumPy's: a root of a negative one is no complex number
        return np.float64(made(abs(start) + 0.5))
    if not wanted:
        return MANNERS[manner](start)
    for order in itertools.islice(itertools.permutations(wanted), _MOST_ORDERS):
        array = start
        for name in order:
            array = PROPERTIES[name](array)
        if len(wanted) == 1 or all(has_property(name, array) for name in wanted):
            return array
    raise ArgumentError(f"derive: no array was found that is {', '.join(wanted)} at once; assume less")
