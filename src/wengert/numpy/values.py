"""The values under traced operands, for what is constant for differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Operand

__all__ = ["one_level_out", "plain_array"]


def one_level_out(a: Any) -> Any:
    """The value of an operand one level of tracing further out; a plain array as it is."""
    if not isinstance(a, Operand):
        return a
    a.refresh()
    return a.recording.strip(a)


def plain_array(a: Any) -> Any:
    """The plain array under all levels of tracing; of an empty list integers, as NumPy takes it in an index."""
    while isinstance(a, Operand):
        a = one_level_out(a)
    plain = np.asarray(a)
    return plain if plain.size or not isinstance(a, (list, tuple)) else plain.astype(np.intp)
