"""Symbolic arguments: arrays of which a name, the names of their lengths and properties are known, and no numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from wengert.api.misuse import NoArray
from wengert.calculus.instances import PROPERTIES, SQUARE, meant, with_implied
from wengert.errors import ArgumentError

__all__ = ["Matrix", "Scalar", "SymbolicArray", "Vector"]

_NAME: Final = re.compile(r"[^\W\d]\w*")
_AXES: Final = {0: "no length", 1: "one length", 2: "two lengths"}


class SymbolicArray(NoArray):
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

    _remedy = "it has no numbers: make it an argument of a function and give both to wengert.derive"

    def __init__(self, name: str, dims: tuple[str | int, ...], properties: tuple[str, ...]) -> None:
        self.name, self.dims, self.properties = name, dims, properties

    _elsewhere: ClassVar[Mapping[str, str]] = {
        "shape": "the names of its lengths are its dims; x.shape[0] is for the function that is derived",
        "T": "write X.T in a function, and give both to wengert.derive",
    }

    @property
    def _kind(self) -> str:
        return ("Scalar", "Vector", "Matrix")[len(self.dims)]

    def __repr__(self) -> str:
        kind = self._kind
        listed = [repr(" ".join(map(str, self.dims)))] if self.dims else []
        return f"{kind}({', '.join([repr(self.name), *listed, *map(repr, self.properties)])})"


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
    words: list[Any] = [dims]
    if isinstance(dims, str):
        words = dims.replace(",", " ").replace("×", " ").split()
    elif isinstance(dims, (list, tuple)):
        words = [*dims]
    found = tuple([int(word) if isinstance(word, str) and word.isdecimal() else word for word in words])
    good = all((isinstance(dim, int) and dim > 0) or (isinstance(dim, str) and _NAME.fullmatch(dim)) for dim in found)
    if len(found) != axes or not good:
        example = {1: "'n' or 5", 2: "'m n' or (5, 3)"}.get(axes, "nothing")
        raise ArgumentError(f"{kind}: {name} has {_AXES[axes]}, as {example}; received {dims!r}")
    listed = (properties,) if isinstance(properties, str) else tuple(properties)
    # commas may stand between properties in one text, too
    listed = tuple([word.strip() for text in listed for word in text.split(",") if word.strip()])
    unknown = next((word for word in listed if word not in PROPERTIES), None)
    if unknown is not None:
        raise ArgumentError(f"{kind}: {name} cannot be {unknown!r}, which is no property; {meant(unknown)}")
    implied = with_implied(listed, name)
    square = sorted(implied & SQUARE)
    if square and (axes != 2 or found[0] != found[1]):
        what = f"with dims {dims!r}" if axes == 2 else f"made by {kind}"
        raise ArgumentError(
            f"{kind}: {name} {what} cannot be {listed[0] if listed[0] in square else square[0]}, which square matrices "
            f"are; write Matrix({name!r}, 'n n', ...)"
        )
    return SymbolicArray(name, found, listed)
