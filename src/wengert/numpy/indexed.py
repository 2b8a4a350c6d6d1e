"""`np.ndenumerate` for traced values, and what NumPy asks of a scalar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wengert.graph import Operand
from wengert.numpy.creating import asarray
from wengert.tracing.mutation import is_array

__all__ = ["isscalar", "ndenumerate"]


def isscalar(element: Any) -> bool:
    """Whether something is a number, a string or the like, and no array; a traced scalar is one."""
    return not is_array(element) if isinstance(element, Operand) else bool(np.isscalar(element))


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Pairs of an index and the entry there, in the order of rows."""
    whole = asarray(arr)
    for index in np.ndindex(whole.shape):
        yield index, whole[index]
