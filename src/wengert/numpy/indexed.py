"""`np.r_`, `np.c_` and `np.ndenumerate` for traced values, and what NumPy asks of a scalar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand
from wengert.numpy.creating import asarray
from wengert.tracing import holds_traced
from wengert.tracing.mutation import is_array

__all__ = ["c_", "isscalar", "ndenumerate", "r_"]


class _Joiner:
    """Joins what stands in the brackets; without traced values it is NumPy's."""

    def __init__(self, name: str, plain: Any, join: Callable[[list[Any]], Any]) -> None:
        self.name, self.plain, self.join = name, plain, join

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if not holds_traced(items):
            return self.plain[key]
        if any(isinstance(item, str) for item in items):
            raise UnsupportedError(
                f"np.{self.name} with a string of directives has no rule for traced values; use np.concatenate or "
                f"np.stack"
            )
        parts = [np.r_[item] if isinstance(item, slice) else np.atleast_1d(asarray(item)) for item in items]
        return self.join(parts)


def _columns(parts: list[Any]) -> Any:
    return np.concatenate([part[:, None] if part.ndim == 1 else part for part in parts], axis=-1)


r_ = _Joiner("r_", np.r_, np.concatenate)
c_ = _Joiner("c_", np.c_, _columns)


def isscalar(element: Any) -> bool:
    """Whether something is a number, a string or the like, and no array; a traced scalar is one."""
    return not is_array(element) if isinstance(element, Operand) else bool(np.isscalar(element))


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Pairs of an index and the entry there, in the order of rows."""
    whole = asarray(arr)
    for index in np.ndindex(whole.shape):
        yield index, whole[index]
