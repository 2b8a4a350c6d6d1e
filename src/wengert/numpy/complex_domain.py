"""`np.emath`: functions whose results become complex where the real ones end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.primitives.access import cast
from wengert.tracing import FUNCTIONS, as_operand, implements, type_of

__all__: list[str] = []


def _widened(x: Any, outside: Callable[[Any], Any]) -> Any:
    """An array as complex numbers if an entry lies outside of the real domain."""
    # a Python number counts as an array here
    x = FUNCTIONS["strong"](as_operand(x))
    dtype = type_of(x).dtype
    if dtype.kind == "c" or not np.any(outside(x)):
        return x
    narrow = dtype.kind in "fiub" and dtype.itemsize <= (4 if dtype.kind == "f" else 2)
    return cast(x, np.complex64 if narrow else np.complex128)


def _negative(x: Any) -> Any:
    return _widened(x, lambda x: x < 0)


def _of_one(function: Any, ufunc: Any, outside: Callable[[Any], Any]) -> None:
    def compute(x: Any) -> Any:
        return ufunc(_widened(x, outside))

    compute.__name__ = function.__name__
    implements(function)(compute)


for _name in ("sqrt", "log", "log2", "log10"):
    _of_one(getattr(np.emath, _name), getattr(np, _name), lambda x: x < 0)
_of_one(np.emath.arctanh, np.arctanh, lambda x: abs(x) > 1)


def _split(x: Any) -> Any:
    """A real array with entries beyond 1 or -1, as the part within and what the part beyond adds; else None."""
    x = as_operand(x)
    if type_of(x).dtype.kind == "c" or not np.any(abs(x) > 1):
        return None
    return np.clip(x, -1.0, 1.0), 1j * np.arccosh(np.maximum(abs(x), 1.0))


@implements(np.emath.arcsin)
def arcsin(x: Any) -> Any:
    split = _split(x)
    return np.arcsin(x) if split is None else np.arcsin(split[0]) + split[1]


@implements(np.emath.arccos)
def arccos(x: Any) -> Any:
    split = _split(x)
    return np.arccos(x) if split is None else np.arccos(split[0]) - split[1]


@implements(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    return np.log(_negative(x)) / np.log(_negative(n))


@implements(np.emath.power)
def power(x: Any, p: Any) -> Any:
    base, exponent = _negative(x), FUNCTIONS["strong"](as_operand(p))
    if type_of(exponent).dtype.kind in "iub" and np.any(exponent < 0):
        exponent = exponent * 1.0
    return np.power(base, exponent)
