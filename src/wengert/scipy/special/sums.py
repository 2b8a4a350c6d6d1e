"""The log of a sum of exponentials, and the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import absolute, exp, log1p, sign
from wengert.scipy.special.declare import floating, implement
from wengert.tracing import primal, type_of

__all__ = ["log_softmax", "logsumexp", "softmax"]


def _shift(a: Any, axis: Any, keep: Any = None) -> Any:
    """The largest entry, a constant: sums of exponentials do not depend on what is taken out and put back."""
    plain = primal_entries(a)
    if keep is not None:
        plain = np.where(keep, plain, -np.inf)
    largest = np.max(plain, axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, 0.0).astype(type_of(a).dtype)


def primal_entries(a: Any) -> Any:
    """The numbers under a traced value."""
    return np.asarray(primal(a))


@implement("logsumexp")
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """log(sum(b exp(a))), where infinities give what they give in the limit.

    At -inf everywhere the derivative is taken as 0; with +inf it is shared by the largest entries.
    """
    a = floating(a)
    if type_of(a).dtype.kind == "c":
        raise TypeError("scipy.special.logsumexp of traced complex numbers has no derivative here")
    if b is not None:
        return _weighted(a, floating(b), axis, keepdims, return_sign)
    value = _positive(a, axis)
    value = value if keepdims else np.squeeze(value, axis=_axes(a, axis))
    return (value, np.sign(exp(value))) if return_sign else value


def _axes(a: Any, axis: Any) -> Any:
    return tuple(range(len(type_of(a).shape))) if axis is None else axis


def _positive(a: Any, axis: Any) -> Any:
    largest = np.max(a, axis=axis, keepdims=True)
    infinite = absolute(largest) == np.inf
    # at an infinity: the mean of the largest entries, -inf or inf, with their shares as derivative
    safe = select(infinite, 0.0, a)
    top = select(infinite, 0.0, largest)
    winner = safe == top
    ties = np.sum(winner, axis=axis, keepdims=True)
    # the largest entries are counted, and the small ones added with all their digits
    rest = np.sum(select(winner, 0.0, exp(safe - top)), axis=axis, keepdims=True)
    finite = top + log1p(rest / ties) + log(1.0 * ties)
    return select(infinite, largest, finite)


def _weighted(a: Any, b: Any, axis: Any, keepdims: bool, return_sign: bool) -> Any:
    a, b = np.broadcast_arrays(a, b)
    used = b != 0
    a = select(used, a, -np.inf) if axis is None else select(used, a, -np.inf)
    largest = np.max(a, axis=axis, keepdims=True)
    infinite = absolute(largest) == np.inf
    top = select(infinite, 0.0, largest)
    scaled = select(used, exp(select(used, a, 0.0) - top), 0.0)
    total = np.sum(b * scaled, axis=axis, keepdims=True)
    positive = total if not return_sign else absolute(total)
    value = top + log(positive)
    direction = sign(total)
    if not keepdims:
        value, direction = (np.squeeze(part, axis=_axes(a, axis)) for part in (value, direction))
    return (value, direction) if return_sign else value


@implement("softmax")
def softmax(x: Any, axis: Any = None) -> Any:
    """The exponentials as shares of their sum."""
    return exp(log_softmax(x, axis))


@implement("log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Any:
    """The logs of the shares."""
    x = floating(x)
    return x - logsumexp(x, axis, keepdims=True)
