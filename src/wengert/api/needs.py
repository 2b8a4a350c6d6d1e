"""What a function needs of its arrays to be a formula: a Cholesky factor is one of a positive definite matrix."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from wengert.api.lifted_function import LiftedFunction
from wengert.calculus.capture import Program
from wengert.calculus.instances import detected
from wengert.errors import ArgumentError, CheckError, UnsupportedError

__all__ = ["IMMOBILE", "lifted_as_needed"]

Shapes = Mapping[str, tuple[int | str, ...]]
Held = Mapping[str, tuple[str, ...]]
IMMOBILE: Final = frozenset({
    "orthogonal", "idempotent", "zero-one entries", "one-hot", "one-hot rows", "lower triangular", "upper triangular",
})  # fmt: skip
"""What a variable cannot be that has a gradient in the usual sense, since it could not move in all directions."""
_NEEDFUL: Final = frozenset(
    {"positive definite", "positive semidefinite", "symmetric", "lower triangular", "upper triangular"}
)
_MOST_TRIALS: Final = 6
# what an error says that an assumption could mend
_ASKS: Final = re.compile(r"symmetric|positive definite|triangular|triangle")


def lifted_as_needed(
    program: Program, shapes: Shapes, data: Mapping[str, Any], assumed: Held, variables: Sequence[str]
) -> tuple[LiftedFunction, Held]:
    """The function as a formula, and what of its data was needed for that.

    A Cholesky factor is one of a matrix that is positive definite, so that the function would not be what it is without
    that. Nothing else that holds of the data by accident is used.
    """
    try:
        return LiftedFunction(program, shapes, data, assumed, variables), {}
    except UnsupportedError as error:
        held = {name: _needful(value) for name, value in data.items() if name not in assumed}
        known = {name: kept for name, kept in held.items() if kept and not (name in variables and IMMOBILE & set(kept))}
        subsets = [names for count in range(1, 1 + len(known)) for names in itertools.combinations(known, count)]
        for names in (*subsets[:_MOST_TRIALS], *subsets[_MOST_TRIALS:][-1:]):
            needed = {name: known[name] for name in names}
            try:
                return LiftedFunction(program, shapes, data, {**assumed, **needed}, variables), needed
            except UnsupportedError as other:
                # with what it asks for, something else is in the way
                if _ASKS.search(str(error)) and not _ASKS.search(str(other)):
                    raise
        missing = _missing(program, shapes, data, assumed, variables) if _ASKS.search(str(error)) else None
        if missing is None:
            raise
        name, kind = missing
        said = str(error).rstrip(".")
        raise UnsupportedError(f"{said}; with assume={{{name!r}: {kind!r}}} there is a formula") from error


def _missing(
    program: Program, shapes: Shapes, data: Mapping[str, Any], assumed: Held, variables: Sequence[str]
) -> tuple[str, str] | None:
    """The array, and the property, with which a function would have a formula."""
    square = [
        name for name, shape in shapes.items() if len(shape) == 2 and shape[0] == shape[1] and name not in assumed
    ]
    for name, kind in itertools.islice(itertools.product(square, sorted(_NEEDFUL)), _MOST_TRIALS):
        if name in variables and kind in IMMOBILE:
            continue
        try:
            LiftedFunction(program, shapes, data, {**assumed, name: (kind,)}, variables)
        except (UnsupportedError, ArgumentError, CheckError):
            continue
        return name, kind
    return None


def _needful(array: Any) -> tuple[str, ...]:
    """Those properties of data which operations ask for."""
    return tuple([name for name in detected(array) if name in _NEEDFUL]) if np.ndim(array) == 2 else ()
