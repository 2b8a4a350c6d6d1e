"""What is repeated in a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["repeated_part"]


def repeated_part(value: Any) -> Any:
    """The smallest array that broadcasts to this one, itself where nothing is repeated.

    Entries count as equal where their bits are, so that the sign of a zero and a NaN are kept.
    """
    part = value
    for axis in range(part.ndim):
        if part.shape[axis] < 2:
            continue
        first = part[(slice(None),) * axis + (slice(1),)]
        if not part.strides[axis]:
            part = first
            continue
        # most arrays differ at once: look at the second entry before the whole
        second = part[(slice(None),) * axis + (slice(1, 2),)]
        if _same_bits(first, second) and _same_bits(np.broadcast_to(first, part.shape), part):
            part = first
    if part is value and value.size > 1:
        return value
    while part.ndim and part.shape[0] == 1:
        part = part[0]
    return part


def _same_bits(x: Any, y: Any) -> bool:
    if x.dtype.kind != "f" and x.dtype.kind != "c":
        return bool((x == y).all())
    equal = (x == y) & _same_signs(x, y) if x.dtype.kind == "f" else (x == y) & _same_complex_signs(x, y)
    return bool(equal.all())


def _same_signs(x: Any, y: Any) -> Any:
    return np.signbit(x) == np.signbit(y)


def _same_complex_signs(x: Any, y: Any) -> Any:
    return _same_signs(x.real, y.real) & _same_signs(x.imag, y.imag)
