"""Linear operations along one axis, as a plain matrix times the entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.tracing import as_operand, type_of

__all__ = ["apply_along", "length_along"]


def length_along(x: Any, axis: int) -> int:
    """The length of one axis."""
    return int(type_of(as_operand(x)).shape[axis])


def apply_along(matrix: Any, x: Any, axis: int) -> Any:
    """The matrix times x along this axis; a vector instead of a matrix sums the axis up."""
    moved = np.moveaxis(as_operand(x), axis, -1)
    dtype = type_of(moved).dtype
    plain = np.asarray(matrix)
    # single precision stays single
    plain = plain.astype(np.result_type(dtype, np.complex64) if np.iscomplexobj(plain) else dtype)
    return np.moveaxis(moved @ plain.T, -1, axis) if plain.ndim == 2 else moved @ plain
