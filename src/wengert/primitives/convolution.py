"""The convolution of two sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive
from wengert.primitives.shaping import expand

__all__ = ["convolution"]

convolution = Primitive("convolution", linear="separately", notation="convolve({0}, {1})",
                        shapes="(...,n), (...,m) -> (...,n+m-1), every overlap", domain="everywhere",
                        cite="c[k] = sum over i of x[i] y[k-i]; its adjoint convolves with the other one reversed",
                        )  # fmt: skip
convolution.dtype(lambda x, y: np.result_type(x.dtype, y.dtype))
convolution.flops(lambda x, y: 2 * x.size * y.shape[-1])
convolution.samples(
    lambda r: ((r.normal(size=4), r.normal(size=2)), {}),
    lambda r: ((r.normal(size=2), r.normal(size=3)), {}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=2)), {}),
    lambda r: ((r.normal(size=(2, 1, 3)), r.normal(size=(2, 4))), {}),
)


@convolution.evaluate
def _convolution_value(xp: Any, x: Any, y: Any) -> Any:
    if x.ndim == y.ndim == 1:
        return np.convolve(x, y)
    longer, shorter = (x, y) if x.shape[-1] >= y.shape[-1] else (y, x)
    width, count = longer.shape[-1], shorter.shape[-1]
    loop = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    out = np.zeros((*loop, width + count - 1), np.result_type(x, y))
    for k in range(count):
        out[..., k : k + width] += longer * shorter[..., k : k + 1]
    return out


@convolution.shape
def _convolution_shape(x: ArrayType, y: ArrayType) -> tuple[int, ...]:
    return (*np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), x.shape[-1] + y.shape[-1] - 1)


def _adjoint(g: Any, other: Any, length: int) -> Any:
    """Of the cotangent convolved with the reversed other sequence, the part under the sequence itself."""
    start = other.shape[-1] - 1
    return convolution(g, other[..., ::-1])[..., start : start + length]


convolution.transpose(0)(lambda g, x, y: _adjoint(g, y, x.shape[-1]))
convolution.transpose(1)(lambda g, x, y: _adjoint(g, x, y.shape[-1]))


@convolution.batch
def _convolution_batch(size: int, args: Any, batched: Any) -> Any:
    ranks = [len(x.shape) - flag for x, flag in zip(args, batched, strict=True)]
    aligned = [
        expand(x, tuple(range(1, 1 + max(ranks) - rank))) if flag else x
        for x, flag, rank in zip(args, batched, ranks, strict=True)
    ]
    return convolution(*aligned)
