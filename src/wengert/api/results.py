"""What a function returns, as far as formulas of it are concerned."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import OutputError, UnsupportedError

__all__ = ["axes_of"]


def axes_of(result: Any, name: str) -> int:
    """How many axes the result of a function of this name has.

    Raises
    ------
    OutputError
        It is no single array of real numbers.
    UnsupportedError
        It has more than two axes.
    """
    kind = type(result).__name__
    if isinstance(result, (tuple, list, dict)) or result is None:
        many = f" of {len(result)}" if result is not None else ""
        raise OutputError(
            f"derive: {name} returned a {kind}{many}; a formula is of one array or number: return one of them"
        )
    array = np.asarray(result)
    if array.dtype.kind not in "fiub":
        raise OutputError(f"derive: {name} returned a {kind} of dtype {array.dtype}; a formula is of real numbers")
    if array.dtype.kind == "b":
        raise OutputError(
            f"derive: {name} returned truth values, which have no derivative; return a number or an array of numbers"
        )
    if array.ndim > 2:
        raise UnsupportedError(
            f"derive: {name} returned an array of {array.ndim} axes; formulas are of numbers, vectors and matrices"
        )
    return array.ndim
