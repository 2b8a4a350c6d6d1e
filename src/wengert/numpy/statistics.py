"""NumPy's order statistics, covariances and correlations, for traced values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.graph import Operand, bind
from wengert.numpy.reducing import argsort
from wengert.numpy.selecting import entries, take_along_axis
from wengert.numpy.values import gives_scalar
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import conj, select
from wengert.primitives.elementwise import CONSTANT
from wengert.primitives.operators import write_into
from wengert.primitives.reductions import normal_axes
from wengert.primitives.shaping import reshape
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []

_UNSET: Any = np._NoValue  # what NumPy passes for an argument that was left out

# the constants (alpha, beta) of a continuous estimate at n q + alpha + q (1 - alpha - beta) - 1, Hyndman and Fan (1996)
_CONTINUOUS: Final = {
    "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0), "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip


def _floor(x: Any) -> Any:
    return bind(CONSTANT["floor"], (x,))


def _averaged(place: Any) -> Any:
    """Half way between two entries where the place is whole, else the upper one."""
    return select(place == _floor(place), place - 0.5, _floor(place))


def _closest(place: Any) -> Any:
    """The nearest entry, of two equally near ones that with the even number, counted from one."""
    lower = _floor(place)
    return select((place == lower) & (lower % 2 == 0), lower - 1, lower)


# the place of the q-quantile among n ordered entries counted from 0; a fraction stands between two of them
_PLACES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "inverted_cdf": lambda n, q: -_floor(-n * q) - 1,
    "averaged_inverted_cdf": lambda n, q: _averaged(n * q),
    "closest_observation": lambda n, q: _closest(n * q - 0.5),
    "lower": lambda n, q: _floor((n - 1) * q),
    "higher": lambda n, q: -_floor(-(n - 1) * q),
    "midpoint": lambda n, q: 0.5 * (_floor((n - 1) * q) - _floor(-(n - 1) * q)),
    "nearest": lambda n, q: bind(CONSTANT["rint"], ((n - 1) * q,)),
}
_WHOLE: Final = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")


def _place_of(method: str, n: Any, q: Any) -> Any:
    if method in _CONTINUOUS:
        alpha, beta = _CONTINUOUS[method]
        place = (n - 1) * q if method == "linear" else n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method in _PLACES:
        place = _PLACES[method](n, q)
    else:
        known = ", ".join(sorted((*_CONTINUOUS, *_PLACES)))
        raise ValueError(f"{method!r} is no method of quantiles; the methods are {known}")
    return place


def _lined_up(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """The array with the reduced axes merged into axis 0, and the shape of the result with them kept."""
    axes = normal_axes(axis, type_of(a).ndim)
    shape = type_of(a).shape
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    rest = [i for i in range(len(shape)) if i not in axes]
    moved = np.transpose(a, (*axes, *rest))
    return bind(reshape, (moved,), ((math.prod(shape[i] for i in axes), *(shape[i] for i in rest)),)), kept


def _between(below: Any, above: Any, weight: Any) -> Any:
    """NumPy's linear interpolation, which starts from the nearer end."""
    step = above - below
    return select(weight >= 0.5, above - step * (1 - weight), below + step * weight)


def _middle(below: Any, above: Any, weight: Any) -> Any:
    """The entry at a whole place, which has no neighbour, or the mean of two."""
    return select(weight == 0, below, (below + above) / 2)


def _ordered_quantile(
    a: Any, q: Any, axis: Any, method: str, keepdims: Any, skip_nan: bool, join: Any = _between
) -> Any:
    line, kept = _lined_up(a, axis)
    total = type_of(line).shape[0]
    if not total:
        return np.full((*type_of(q).shape, *(kept if keepdims else type_of(line).shape[1:])), np.nan)
    line = take_along_axis(line, argsort(line, 0), 0)
    invalid = bind(CONSTANT["isnan"], (line,))
    count: Any = total
    if skip_nan:
        count = cast(total - np.sum(invalid, axis=0), type_of(q).dtype)
    rank = type_of(line).ndim - 1
    column = bind(reshape, (q,), ((*type_of(q).shape, *(1,) * rank),)) if rank else q
    last = np.maximum(count - 1, 0) if skip_nan else total - 1
    place = _place_of(method, count, column)
    lower = _floor(place)
    # beyond either end there is one neighbour
    first, second = [np.clip(i, 0, last) for i in (lower, lower + 1)]
    result, above = [_entries(line, cast(i, np.intp)) for i in (first, second)]
    if method not in _WHOLE:
        result = join(result, above, np.clip(place, 0, last) - first)
    poisoned = count == 0 if skip_nan else invalid[-1]
    result = select(poisoned, np.nan, result)
    return bind(reshape, (result,), ((*type_of(q).shape, *kept),)) if keepdims else result


def _entries(line: Any, places: Any) -> Any:
    """The entries at places along axis 0, for each column of their own; axes of the places come first."""
    columns = type_of(line).shape[1:]
    mesh = [np.arange(n).reshape((-1,) + (1,) * (len(columns) - i - 1)) for i, n in enumerate(columns)]
    return entries(line, (places, *mesh))


def _strong(q: Any, a: Any) -> Any:
    """A share as an array; a Python number takes the precision of the data."""
    q, kind = as_operand(q), type_of(a)
    if type_of(q).weak:
        return cast(q, np.zeros(0, kind.dtype).real.dtype if kind.dtype.kind in "fc" else np.float64)
    return q


def _finish(result: Any, out: Any) -> Any:
    return result if out is None else write_into(out, result)


def _quantile_rule(name: str, scale: float, skip_nan: bool) -> Callable[..., Any]:
    def quantile(a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False,
                 method: Any = "linear", keepdims: Any = False, *, weights: Any = None,
                 interpolation: Any = None) -> Any:  # fmt: skip
        a = as_operand(a)
        q = _strong(q, a)
        if type_of(a).dtype.kind == "c":
            raise TypeError("a must be an array of real numbers")
        q = q if scale == 1 else q / q.dtype.type(scale)
        if not (np.all(q >= 0) and np.all(q <= 1)):
            raise ValueError("Quantiles must be in the range [0, 1]")
        keepdims = keepdims is not _UNSET and bool(keepdims)
        if weights is not None:
            return _finish(_weighted_quantile(a, q, axis, method, keepdims, weights, skip_nan), out)
        return _finish(_ordered_quantile(a, q, axis, method, keepdims, skip_nan), out)

    quantile.__name__ = quantile.__qualname__ = name
    return quantile


def _weighted_quantile(a: Any, q: Any, axis: Any, method: str, keepdims: bool, weights: Any, skip_nan: bool) -> Any:
    """The first entry at which the weights of all entries up to it reach the share q; constant in the weights."""
    if method != "inverted_cdf":
        raise ValueError(f"only the method 'inverted_cdf' supports weights, got {method!r}")
    weights = as_operand(weights)
    if np.any(weights < 0):
        raise ValueError("Weights must be non-negative.")
    if type_of(weights).shape != type_of(a).shape:
        shape = [1] * type_of(a).ndim
        for i, n in zip(axis if isinstance(axis, (tuple, list)) else (axis,), type_of(weights).shape, strict=True):
            shape[i] = n
        weights = np.broadcast_to(bind(reshape, (weights,), (tuple(shape),)), type_of(a).shape)
    (line, kept), (heavy, _) = _lined_up(a, axis), _lined_up(weights, axis)
    order = argsort(line, 0)
    line, heavy = take_along_axis(line, order, 0), take_along_axis(heavy, order, 0)
    invalid = bind(CONSTANT["isnan"], (line,))
    if skip_nan:
        heavy = select(invalid, 0.0, heavy)
    share = np.cumsum(heavy, axis=0)
    share = share / share[-1]
    column = bind(reshape, (q,), ((*type_of(q).shape, *(1,) * type_of(line).ndim),))
    places = np.sum(share < column, axis=type_of(q).ndim)
    result = _entries(line, np.minimum(places, type_of(line).shape[0] - 1))
    result = select(np.all(invalid, axis=0) if skip_nan else invalid[-1], np.nan, result)
    return bind(reshape, (result,), ((*type_of(q).shape, *kept),)) if keepdims else result


for _name, _scale, _skip in (
    ("quantile", 1, False), ("percentile", 100, False), ("nanquantile", 1, True), ("nanpercentile", 100, True),
):  # fmt: skip
    implements(getattr(np, _name))(gives_scalar(_quantile_rule(_name, _scale, _skip)))


def _median_rule(name: str, skip_nan: bool) -> Callable[..., Any]:
    def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False) -> Any:
        a = as_operand(a)
        half = _strong(0.5, a)
        kept = keepdims is not _UNSET and bool(keepdims)
        return _finish(_ordered_quantile(a, half, axis, "linear", kept, skip_nan, _middle), out)

    median.__name__ = median.__qualname__ = name
    return median


implements(np.median)(gives_scalar(_median_rule("median", False)))
implements(np.nanmedian)(gives_scalar(_median_rule("nanmedian", True)))


def _variables(m: Any, rowvar: Any) -> Any:
    m = as_operand(m)
    if type_of(m).ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    m = np.atleast_2d(m)
    return m.T if not rowvar and m.shape[0] != 1 else m


def _weights(name: str, given: Any, count: int) -> Any:
    """Weights of so many samples, of which NumPy refuses some."""
    given = as_operand(given)
    if name == "fweights" and not np.all(given == np.rint(given)):
        raise TypeError("fweights must be integer")
    if type_of(given).ndim > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if type_of(given).shape[0] != count:
        raise RuntimeError(f"incompatible numbers of samples and {name}")
    if np.any(given < 0):
        raise ValueError(f"{name} cannot be negative")
    return given


@implements(np.cov)
def cov(m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None, fweights: Any = None,
        aweights: Any = None, *, dtype: Any = None) -> Any:  # fmt: skip
    if not rowvar and type_of(as_operand(m)).ndim == 2:
        x = as_operand(m).T
    else:
        x = _variables(m, True)
    if y is not None:
        x = np.concatenate([x, _variables(y, rowvar)], axis=0)
    x = cast(x, np.result_type(type_of(x).dtype, np.float64) if dtype is None else dtype)
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    ddof = (0 if bias else 1) if ddof is None else int(ddof)
    weights: Any = None
    for name, part in (("fweights", fweights), ("aweights", aweights)):
        if part is not None:
            part = _weights(name, part, x.shape[1])
            weights = part if weights is None else weights * part
    if weights is None:
        total, mean = float(x.shape[1]), np.mean(x, axis=1, keepdims=True)
        freedom: Any = total - ddof
    else:
        total = np.sum(weights)
        if total == 0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        mean = np.sum(x * weights, axis=1, keepdims=True) / total
        freedom = total - ddof
        if ddof and aweights is not None:
            freedom = total - ddof * np.sum(weights * aweights) / total
    # as in NumPy, what has no freedom is infinite or no number, and not negative
    traced = isinstance(freedom, Operand)
    freedom = select(freedom > 0, freedom, 0.0) if traced else np.maximum(freedom, 0.0)
    centred = x - mean
    scaled = centred if weights is None else centred * weights
    other = conj(scaled.T) if type_of(x).dtype.kind == "c" else scaled.T
    return np.squeeze(centred @ other / cast(freedom, np.zeros(0, x.dtype).real.dtype))


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: Any = True, *, dtype: Any = None) -> Any:
    covariance = cov(x, y, rowvar, dtype=dtype)
    if not covariance.ndim:
        return covariance / covariance
    deviation = np.sqrt(np.diagonal(covariance).real)
    found = covariance / deviation[:, None] / deviation[None, :]
    if type_of(found).dtype.kind == "c":
        return np.clip(found.real, -1, 1) + 1j * np.clip(found.imag, -1, 1)
    # rounding may lead beyond one; there the derivative is that of the quotient
    return select(np.abs(found) > 1, np.sign(found), found)
