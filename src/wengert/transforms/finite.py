"""Looking for NaN in a result, at the cost of reading it once, and whether zeros may then annihilate."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.tracing import primal

__all__ = ["ANNIHILATING", "has_nan", "is_differentiated", "is_lost", "levels", "varies"]

# False where floating-point arithmetic is to be taken as it is: 0 times infinity is NaN
ANNIHILATING: Final[ContextVar[bool]] = ContextVar("wengert_annihilating", default=True)


def is_lost(value: Any) -> bool:
    """Whether a derivative holds a NaN and is to be computed once more, with zeros that annihilate.

    Where the value stands for many, one of them may.
    """
    return ANNIHILATING.get() and (varies(value) or has_nan(value))


def varies(value: Any) -> bool:
    """Whether a value stands for those of many runs."""
    while isinstance(value, Operand):
        if value.recording.varies:
            return True
        value = value.value
    return False


def levels(value: Any) -> Iterator[Any]:
    """The recordings that follow a value, the innermost first."""
    while isinstance(value, Operand):
        yield value.recording
        value = value.value


def is_differentiated(value: Any) -> bool:
    """Whether a recording follows the derivative of a value."""
    return any(recording.differentiates for recording in levels(value))


def has_nan(value: Any) -> bool:
    """Whether a plain or traced number or array holds a NaN; False where there is no value to look at.

    A NaN makes the sum of squares NaN, which BLAS computes faster than any mask. Complex infinities may be taken for
    NaN; the caller then only looks closer than needed.
    """
    if value.__class__ is not np.ndarray:
        value = primal(value)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fc":
            return False
        if value.ndim == 1 and value.dtype.kind == "f":
            total = value.dot(value)
            return bool(total != total)
        # the transpose of a Fortran-ordered array is read in the order of its memory
        flat = value.T if value.flags.f_contiguous else value
        total = np.vdot(flat, flat)
        return bool(total != total)
    return value is not None and bool(value != value)
