"""The convolution of two sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive
from wengert.primitives.shaping import expand

__all__ = ["convolution"]

convolution = Primitive("convolution", params=("valid",), linear="separately", notation="convolve({0}, {1})",
                        shapes="(...,n), (...,m) -> (...,n+m-1), or where all entries overlap, n >= m, (...,n-m+1)",
                        domain="everywhere",
                        cite="c[k] = sum over i of x[i] y[k-i]; its adjoint convolves with the other one reversed",
                        )  # fmt: skip
convolution.dtype(lambda x, y, *, valid: np.result_type(x.dtype, y.dtype))
convolution.flops(lambda x, y, *, valid: 2 * x.size * y.shape[-1])
convolution.samples(
    lambda r: ((r.normal(size=4), r.normal(size=2)), {"valid": False}),
    lambda r: ((r.normal(size=2), r.normal(size=3)), {"valid": False}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=2)), {"valid": False}),
    lambda r: ((r.normal(size=(2, 1, 3)), r.normal(size=(2, 4))), {"valid": False}),
    lambda r: ((r.normal(size=4), r.normal(size=2)), {"valid": True}),
    lambda r: ((r.normal(size=(2, 5)), r.normal(size=4)), {"valid": True}),
    lambda r: ((r.normal(size=4), r.normal(size=(2, 2))), {"valid": True}),
)


@convolution.evaluate
def _convolution_value(xp: Any, x: Any, y: Any, *, valid: bool) -> Any:
    if x.ndim == y.ndim == 1:
        return np.convolve(x, y, "valid" if valid else "full")
    n, m = x.shape[-1], y.shape[-1]
    loop = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    out = np.zeros((*loop, n - m + 1 if valid else n + m - 1), np.result_type(x, y))
    count = out.shape[-1]
    # a batch runs along whole arrays, in as few steps as possible
    if not valid:
        longer, shorter = (x, y) if n >= m else (y, x)
        for k in range(min(n, m)):
            out[..., k : k + max(n, m)] += longer * shorter[..., k : k + 1]
    elif m <= count:
        for k in range(m):
            out += x[..., m - 1 - k : m - 1 - k + count] * y[..., k : k + 1]
    else:
        for k in range(count):
            out[..., k] = np.sum(x[..., k : k + m] * y[..., ::-1], axis=-1)
    return out


@convolution.shape
def _convolution_shape(x: ArrayType, y: ArrayType, *, valid: bool) -> tuple[int, ...]:
    n, m = x.shape[-1], y.shape[-1]
    return (*np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), n - m + 1 if valid else n + m - 1)


@convolution.transpose(0)
def _left_adjoint(g: Any, x: ArrayType, y: Any, *, valid: bool) -> Any:
    return convolution(g, y[..., ::-1], valid=not valid)


@convolution.transpose(1)
def _right_adjoint(g: Any, x: Any, y: ArrayType, *, valid: bool) -> Any:
    if valid:
        return convolution(x, g[..., ::-1], valid=True)[..., ::-1]
    return convolution(g, x[..., ::-1], valid=True)


@convolution.batch
def _convolution_batch(size: int, args: Any, batched: Any, *, valid: bool) -> Any:
    ranks = [len(x.shape) - flag for x, flag in zip(args, batched, strict=True)]
    aligned = [
        expand(x, tuple(range(1, 1 + max(ranks) - rank))) if flag else x
        for x, flag, rank in zip(args, batched, ranks, strict=True)
    ]
    return convolution(*aligned, valid=valid)
