"""Symbolic arguments: arrays of which a name, the names of their lengths and properties are known, and no numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wengert.calculus.instances import SQUARE, with_implied
from wengert.errors import ArgumentError

__all__ = ["Matrix", "Scalar", "SymbolicArray", "Vector"]

_NAME: Final = re.compile(r"[^\W\d]\w*")
_AXES: Final = {0: "no length", 1: "one length", 2: "two lengths"}


@dataclass(frozen=True)
class SymbolicArray:
    """An argument without numbers; made by `wengert.Scalar`, `Vector` and `Matrix`.

    Attributes
    ----------
    name
        As it is printed.
    dims
        The name, or the number, of each length; equal names are equal lengths.
    properties
        What is assumed of it.
    """

    name: str
    dims: tuple[str | int, ...]
    properties: tuple[str, ...]


def Scalar(name: str, properties: str | Sequence[str] = ()) -> SymbolicArray:
    """A number known by name, as an argument for `wengert.derive`.

    >>> import wengert as wg
    >>> wg.derive(lambda t, a: a * t**3, wg.Scalar("t"), wg.Scalar("a")).derivative
    3at²
    """
    return _checked("Scalar", name, "", properties, 0)


def Vector(name: str, dim: str | int = "n", properties: str | Sequence[str] = ()) -> SymbolicArray:
    """A vector, an array of one axis, known by name and by the name of its length.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.derive(lambda x: np.sum(np.log(x)), wg.Vector("x", "n", "positive entries")).gradient
    1/x
    """
    return _checked("Vector", name, dim, properties, 1)


def Matrix(name: str, dims: str | Sequence[str | int] = "m n", properties: str | Sequence[str] = ()) -> SymbolicArray:
    """A matrix known by name and by the names of its lengths; `"n n"` is square.

    Raises
    ------
    ArgumentError
        A property is unknown, or needs a square matrix and this one has lengths of two names.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.derive(lambda X: np.linalg.slogdet(X)[1], wg.Matrix("X", "n n", "positive definite")).gradient
    X⁻¹
    """
    return _checked("Matrix", name, dims, properties, 2)


def _checked(
    kind: str, name: str, dims: str | int | Sequence[str | int], properties: str | Sequence[str], axes: int
) -> SymbolicArray:
    if not _NAME.fullmatch(str(name)):
        raise ArgumentError(f"{kind}: the name is a word such as 'x' or 'x_1'; received {name!r}")
    words = dims.replace(",", " ").split() if isinstance(dims, str) else [dims] if isinstance(dims, int) else [*dims]
    found = tuple([int(word) if isinstance(word, str) and word.isdecimal() else word for word in words])
    good = all((isinstance(dim, int) and dim > 0) or (isinstance(dim, str) and _NAME.fullmatch(dim)) for dim in found)
    if len(found) != axes or not good:
        example = {1: "'n'", 2: "'m n'"}.get(axes, "nothing")
        raise ArgumentError(f"{kind}: {name} has {_AXES[axes]}, as {example}; received {dims!r}")
    listed = (properties,) if isinstance(properties, str) else tuple(properties)
    # commas may stand between properties in one text, too
    listed = tuple([word.strip() for text in listed for word in text.split(",") if word.strip()])
    implied = with_implied(listed, name)
    square = sorted(implied & SQUARE)
    if square and (axes != 2 or found[0] != found[1]):
        what = f"with dims {dims!r}" if axes == 2 else f"made by {kind}"
        raise ArgumentError(
            f"{kind}: {name} {what} cannot be {listed[0] if listed[0] in square else square[0]}, which square matrices "
            f"are; write Matrix({name!r}, 'n n', ...)"
        )
    return SymbolicArray(name, found, listed)
