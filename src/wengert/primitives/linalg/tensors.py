"""Systems and inverses of tensors, whose axes are taken together into those of a matrix."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.errors import ShapeError
from wengert.primitives.linalg.matrices import inexact
from wengert.primitives.linalg.solve import inv, solve
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import reshape, transpose
from wengert.tracing import as_operand, implements, type_of

__all__ = ["tensorinv", "tensorsolve"]


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """`np.linalg.tensorsolve`."""
    a, b = inexact(as_operand(a), as_operand(b))
    rank, right = len(type_of(a).shape), type_of(b).shape
    if axes is not None:
        moved = [normal_axes(axis, rank)[0] for axis in axes]
        a = transpose(a, axes=(*[axis for axis in range(rank) if axis not in moved], *moved))
    unknown = type_of(a).shape[len(right) :]
    size = math.prod(unknown)
    if type_of(a).size != size**2 or math.prod(right) != size:
        raise ShapeError(
            f"np.linalg.tensorsolve(a, b) needs as many equations as unknowns: the first {len(right)} axes of a, like "
            f"b, must hold as many entries as the others; received shapes {type_of(a).shape} and {right}"
        )
    found = solve(reshape(a, shape=(size, size)), reshape(b, shape=(size,)))
    return reshape(found, shape=unknown)


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """`np.linalg.tensorinv`."""
    (a,) = inexact(as_operand(a))
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = type_of(a).shape
    first, last = shape[:ind], shape[ind:]
    if math.prod(first) != math.prod(last):
        raise ShapeError(
            f"np.linalg.tensorinv(a, ind={ind}) needs as many entries in the first {ind} axes as in the others; "
            f"received shape {shape}"
        )
    flat = reshape(a, shape=(math.prod(first), math.prod(last)))
    return reshape(inv(flat), shape=(*last, *first))
