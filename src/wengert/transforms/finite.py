"""Looking for NaN in a result, at the cost of reading it once."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.tracing import primal

__all__ = ["has_nan"]


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
