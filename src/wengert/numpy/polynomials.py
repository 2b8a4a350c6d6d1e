"""NumPy's functions of polynomials by their coefficients, highest power first, for traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import bind
from wengert.numpy.joining import gathered
from wengert.numpy.signals import convolve
from wengert.primitives.access import cast
from wengert.primitives.convolution import convolution
from wengert.primitives.shaping import concatenate
from wengert.tracing import FUNCTIONS, as_operand, implements, type_of

__all__: list[str] = []


def _coefficients(p: Any) -> Any:
    (p,) = gathered([p])
    return np.atleast_1d(as_operand(p))


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    p, (x,) = _coefficients(p), gathered([x])
    # a Python number counts as an array here
    x = FUNCTIONS["strong"](x)
    # Horner's scheme
    total = x * 0
    for i in range(type_of(p).shape[0]):
        total = total * x + p[i]
    return total


def _padded(p: Any, length: int) -> Any:
    missing = length - type_of(p).size
    return concatenate(np.zeros(missing, type_of(p).dtype), p, axis=0) if missing else p


def _sum_rule(name: str, operation: Any) -> None:
    def combine(a1: Any, a2: Any) -> Any:
        one, two = _coefficients(a1), _coefficients(a2)
        length = max(type_of(one).size, type_of(two).size)
        return operation(_padded(one, length), _padded(two, length))

    combine.__name__ = combine.__qualname__ = name
    implements(getattr(np, name))(combine)


_sum_rule("polyadd", np.add)
_sum_rule("polysub", np.subtract)


@implements(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    one, two = _coefficients(a1), _coefficients(a2)
    # NumPy drops leading zeros first, but what is left of the product changes with them
    dropped = _leading_zeros(one) + _leading_zeros(two)
    product = convolve(one, two)
    return product[dropped:] if dropped else product


def _leading_zeros(p: Any) -> int:
    """How many coefficients are zero before the first other one; the last one stays."""
    if type_of(p).ndim != 1:
        raise ValueError("Polynomial must be 1d only.")
    (present,) = np.nonzero(p != 0)
    return int(present[0]) if len(present) else max(type_of(p).size - 1, 0)


@implements(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    u, v = _coefficients(u) + 0.0, _coefficients(v) + 0.0
    degree = type_of(v).size - 1
    steps = max(type_of(u).size - degree, 1)
    rest, quotient = u, []
    if type_of(u).size <= degree:
        return np.zeros(1, np.result_type(type_of(u).dtype, type_of(v).dtype)), _without_leading_zeros(rest)
    scale = 1.0 / v[0]
    # the leading coefficients, which are zero but for rounding, or undefined where the divisor begins with a zero
    left = []
    for _ in range(steps):
        quotient.append(scale * rest[0])
        left.append(rest[:1] - quotient[-1] * v[:1])
        rest = concatenate(rest[1 : degree + 1] - quotient[-1] * v[1:], rest[degree + 1 :], axis=0)
    return np.stack(quotient), _without_leading_zeros(concatenate(*left, rest, axis=0))


def _without_leading_zeros(p: Any) -> Any:
    while type_of(p).size > 1 and np.allclose(p[0], 0, rtol=1e-14):
        p = p[1:]
    return p


@implements(np.polyder)
def polyder(p: Any, m: Any = 1) -> Any:
    p = _coefficients(p)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    for _ in range(int(m)):
        length = type_of(p).size
        p = p[:-1] * np.arange(length - 1, 0, -1) if length > 1 else p[:0]
    return p


@implements(np.polyint)
def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    p, order = _coefficients(p), int(m)
    if order < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants: Any = np.zeros(order) if k is None else _coefficients(k)
    if type_of(constants).size == 1 and order > 1:
        constants = constants[np.zeros(order, np.intp)]
    if type_of(constants).size < order:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for i in range(order):
        raised = p / np.arange(type_of(p).size, 0, -1)
        p = concatenate(raised, cast(constants[i : i + 1], raised.dtype), axis=0)
    return p


@implements(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    zeros = _coefficients(seq_of_zeros)
    shape = type_of(zeros).shape
    if len(shape) == 2 and shape[0] == shape[1] and shape[0]:
        return _characteristic(zeros)
    if len(shape) != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    if not shape[0]:
        return 1.0
    p: Any = np.ones(1, type_of(zeros).dtype)
    for i in range(shape[0]):
        factor = concatenate(np.ones(1, zeros.dtype), -zeros[i : i + 1], axis=0)
        p = bind(convolution, (p, factor), (False,))
    paired = type_of(p).dtype.kind == "c" and np.all(np.sort(zeros) == np.sort(zeros.conj()))
    return p.real.copy() if paired else p


def _characteristic(a: Any) -> Any:
    """The characteristic polynomial of a matrix by Faddeev and LeVerrier, in which eigenvalues may meet."""
    n = type_of(a).shape[0]
    a = cast(a, np.result_type(type_of(a).dtype, np.float32))
    identity = np.eye(n, dtype=type_of(a).dtype)
    coefficients, power = [np.ones((), type_of(a).dtype)[()]], identity
    for k in range(1, n + 1):
        product = a @ power
        coefficients.append(-np.trace(product) / k)
        power = product + coefficients[-1] * identity
    return np.stack(coefficients)


@implements(np.roots)
def roots(p: Any) -> Any:
    p = _coefficients(p)
    if type_of(p).ndim != 1:
        raise ValueError("Input must be a rank-1 array.")
    (present,) = np.nonzero(p != 0)
    if not len(present):
        return np.zeros(0)
    tail = type_of(p).size - 1 - int(present[-1])
    p = p[int(present[0]) : int(present[-1]) + 1]
    degree = type_of(p).size - 1
    if not degree:
        return np.zeros(tail)
    companion = np.concatenate([(-p[1:] / p[0])[None, :], np.eye(degree, dtype=p.dtype)[:-1]], axis=0)
    found = np.linalg.eigvals(companion)
    return np.concatenate([found, np.zeros(tail, found.dtype)]) if tail else found


@implements(np.vander)
def vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    x = as_operand(x)
    if type_of(x).ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    count = type_of(x).size if N is None else int(N)
    x = cast(x, np.result_type(type_of(x).dtype, int))
    columns = [x**0]
    for _ in range(count - 1):
        columns.append(columns[-1] * x if len(columns) > 1 else x)
    columns = columns[:count]
    if not columns:
        return np.zeros((type_of(x).size, 0), x.dtype)
    return np.stack(columns if increasing else columns[::-1], axis=1)


@implements(np.polyfit)
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False) -> Any:
    x, y = (as_operand(part) + 0.0 for part in gathered([x, y]))
    order = int(deg) + 1
    if order < 1:
        raise ValueError("expected deg >= 0")
    if type_of(x).ndim != 1 or type_of(y).shape[:1] != type_of(x).shape or type_of(y).ndim not in (1, 2):
        raise TypeError("expected x and y to have same length")
    weights = None if w is None else as_operand(w) + 0.0
    left, right = vander(x, order), y
    if weights is not None:
        left = left * weights[:, None]
        right = right * (weights[:, None] if type_of(y).ndim == 2 else weights)
    scale = np.sqrt(np.sum(left * left, axis=0))
    cutoff = type_of(x).size * np.finfo(type_of(x).dtype).eps if rcond is None else rcond
    solution, residuals, rank, singular = np.linalg.lstsq(left / scale, right, cutoff)
    found = (solution.T / scale).T
    if full:
        return found, residuals, rank, singular, cutoff
    if not cov:
        return found
    spread = np.linalg.inv(left.T @ left)
    factor: Any = 1.0
    if cov != "unscaled":
        freedom = type_of(x).size - order
        if freedom <= 0:
            raise ValueError("the number of data points must exceed order to scale the covariance matrix")
        factor = residuals / freedom
    return found, spread * factor if type_of(y).ndim == 1 else spread[:, :, None] * factor
