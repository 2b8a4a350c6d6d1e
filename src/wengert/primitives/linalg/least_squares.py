"""Linear least squares, differentiated with the rank held constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import ShapeError, UnsupportedError
from wengert.primitives.linalg.matrices import inexact, matrices
from wengert.primitives.linalg.pseudoinverse import call_at_deficient_rank, cutoff_of, pseudoinverse_of
from wengert.primitives.linalg.svd import svdvals
from wengert.primitives.reductions import sum_along
from wengert.primitives.shaping import reshape
from wengert.tracing import as_operand, implements, outermost, type_of

__all__ = ["lstsq"]


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """`np.linalg.lstsq`: the solution of smallest norm, with the rank held constant."""
    a, b = inexact(as_operand(a), as_operand(b))
    a = matrices(a, "lstsq")
    (*loop, rows, columns), right = type_of(a).shape, type_of(b).shape
    if loop or len(right) not in (1, 2):
        raise np.linalg.LinAlgError(
            f"np.linalg.lstsq needs one matrix and one or two axes of right-hand sides; received shapes "
            f"{type_of(a).shape} and {right}"
        )
    if right[0] != rows:
        raise ShapeError(f"np.linalg.lstsq: a has {rows} rows and b has {right[0]}; both must agree")
    real_dtype = np.zeros((), type_of(a).dtype).real.dtype
    eps = float(np.finfo(real_dtype).eps)
    cutoff = float(cutoff_of(rcond, eps * max(rows, columns)))
    cutoff = eps if cutoff < 0 else cutoff
    call = call_at_deficient_rank(a, cutoff, "np.linalg.lstsq")
    # the rank of the matrix itself, for along a path the values are those of another
    rank = _rank(np.linalg.svd(outermost(a), compute_uv=False), cutoff)
    vector = len(right) == 1
    columns_of_b = reshape(b, shape=(rows, 1)) if vector else b
    x = pseudoinverse_of(a, cutoff, call) @ columns_of_b
    residuals: Any = np.zeros(0, real_dtype)
    if rank == columns and rows > columns:
        gap = columns_of_b - a @ x
        squares_of_gap = gap.real**2 + gap.imag**2 if type_of(gap).dtype.kind == "c" else gap * gap
        residuals = sum_along(squares_of_gap, axis=(0,), keepdims=False)
    return reshape(x, shape=(columns,)) if vector else x, residuals, rank, svdvals(a)


def _rank(values: Any, cutoff: float) -> int:
    """The rank, which under `vmap` must be that of all examples, for the shapes of the results depend on it."""
    ranks = (values > cutoff * values.max(axis=-1, keepdims=True, initial=0)).sum(axis=-1)
    if np.unique(ranks).size > 1:
        raise UnsupportedError(
            f"np.linalg.lstsq under wengert.vmap needs examples of one rank, because the shape of its residuals "
            f"depends on it; received ranks {sorted(set(ranks.ravel().tolist()))}. Use np.linalg.pinv(a) @ b."
        )
    return int(np.ravel(ranks)[0])
