"""The log of a sum of exponentials, and the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.numpy.values import as_scalar
from wengert.primitives.arithmetic import constant, convert, log, select
from wengert.primitives.elementwise import absolute, exp, sign
from wengert.primitives.reductions import max_along, normal_axes, sum_along
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.scipy.special.declare import floating, implement, library
from wengert.tracing import type_of

__all__ = ["log_softmax", "logsumexp", "softmax"]

Axes = tuple[int, ...]

log_of_sum = Primitive(
    "logsumexp",
    params=("axis",),
    notation="logsumexp({0}, {axis})",
    shapes="(...) -> the same, the axes `axis` of length one",
    domain="everywhere; where the result is infinite the largest entries share equally",
    cite="d log sum e^x = sum of softmax(x) dx; Boyd & Vandenberghe, Convex Optimization (2004), 3.1.5",
)
log_of_sum.evaluate(lambda xp, x, *, axis: np.asarray(library.logsumexp(x, axis=axis, keepdims=True), x.dtype)[()])
log_of_sum.shape(lambda x, *, axis: tuple(1 if i in axis else n for i, n in enumerate(x.shape)))
log_of_sum.batch(lambda size, args, batched, *, axis: log_of_sum(args[0], axis=tuple(a + 1 for a in axis)))
log_of_sum.samples(
    lambda r: ((r.normal(size=3),), {"axis": (0,)}),
    lambda r: ((r.normal(size=(2, 3)),), {"axis": (0, 1)}),
    lambda r: ((r.normal(size=(2, 3)),), {"axis": (1,)}),
    lambda r: ((r.normal(size=(2, 3)).astype(np.float32),), {"axis": (1,)}),
)


@log_of_sum.differential
def _d_log_of_sum(out: Any, x: Any, *, axis: Axes) -> Any:
    infinite = absolute(out) == np.inf
    largest = x == out
    ties = sum_along(largest, axis=axis, keepdims=True)
    share = select(largest, -log(convert(select(infinite, ties, 1), dtype=out.dtype)), -np.inf)
    weights = exp(select(infinite, share, x - out))
    return (lambda dx: sum_along(dx * weights, axis=axis, keepdims=True),)


def _largest(a: Any, axes: Axes) -> Any:
    """The largest entry as a constant, zero where infinite: what is taken out and put back has no derivative."""
    if 0 in [type_of(a).shape[i] for i in axes]:
        return 0.0
    top = constant(max_along(a, axis=axes, keepdims=True))
    return select(absolute(top) == np.inf, 0.0, top)


def _squeezed(x: Any, axes: Axes) -> Any:
    return reshape(x, shape=tuple(n for i, n in enumerate(type_of(x).shape) if i not in axes))


@implement("logsumexp")
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """log(sum(b exp(a))); where the result is infinite the largest entries share the derivative."""
    a = floating(a)
    if type_of(a).dtype.kind == "c":
        raise TypeError("scipy.special.logsumexp of traced complex numbers has no derivative here")
    if b is None:
        axes = normal_axes(axis, type_of(a).ndim)
        value = log_of_sum(a, axis=axes)
        direction = np.ones(type_of(value).shape, type_of(value).dtype)
    else:
        b = floating(b)
        shape = np.broadcast_shapes(type_of(a).shape, type_of(b).shape)
        a, b = (x if type_of(x).shape == shape else broadcast_to(x, shape=shape) for x in (a, b))
        axes = normal_axes(axis, len(shape))
        value, direction = _weighted(a, b, axes, return_sign)
    if not keepdims:
        value, direction = _squeezed(value, axes), _squeezed(direction, axes)
    return (as_scalar(value), as_scalar(direction)) if return_sign else as_scalar(value)


def _weighted(a: Any, b: Any, axes: Axes, return_sign: bool) -> tuple[Any, Any]:
    # an infinite exponential without weight counts for nothing, as in SciPy
    idle = (b == 0) & (absolute(a) == np.inf)
    a = select(idle, 0.0, a)
    top = _largest(select(idle | (b == 0), -np.inf, a), axes)
    total = sum_along(b * exp(a - top), axis=axes, keepdims=True)
    return top + log(absolute(total) if return_sign else total), sign(total)


@implement("softmax")
def softmax(x: Any, axis: Any = None) -> Any:
    """The exponentials as shares of their sum."""
    return exp(log_softmax(x, axis))


@implement("log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Any:
    """The logs of the shares; the largest entry is taken out first, which keeps the digits of small differences."""
    x = floating(x)
    axes = normal_axes(axis, type_of(x).ndim)
    shifted = x - _largest(x, axes)
    return shifted - log_of_sum(shifted, axis=axes)
