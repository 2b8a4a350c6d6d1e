"""Creation functions whose arrays can hold traced values.

During a recording `zeros(n)` and its kin return a traced constant, so that `a[i] = x` works; outside of one they
return plain NumPy arrays.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand
from wengert.numpy.constants import constant
from wengert.numpy.host import held
from wengert.numpy.joining import stacked_list
from wengert.numpy.shaping import copied, in_fortran_order
from wengert.numpy.values import gives_array
from wengert.primitives.access import cast
from wengert.tracing import Tracer, implements, outermost, primal, type_of
from wengert.tracing.mutation import as_array, is_array

__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "asarray_chkfinite",
    "ascontiguousarray",
    "asfortranarray",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]


def zeros(shape: Any, dtype: Any = float, order: Any = "C", *, device: Any = None, like: Any = None) -> Any:
    """Zeros that traced values can be written into; otherwise as `numpy.zeros`.

    >>> import wengert as wg
    >>> import wengert.numpy as np
    >>> def f(x):
    ...     a = np.zeros(3)
    ...     a[1] = x * x
    ...     return np.sum(a)
    >>> wg.grad(f)(3.0)
    6.0
    """
    return held(np.zeros(shape, dtype, order))


def ones(shape: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None) -> Any:
    """Ones that traced values can be written into; otherwise as `numpy.ones`."""
    return held(np.ones(shape, dtype, order))


def empty(shape: Any, dtype: Any = float, order: Any = "C", *, device: Any = None, like: Any = None) -> Any:
    """An array that traced values can be written into, filled with zeros; otherwise as `numpy.empty`."""
    return held(np.zeros(shape, dtype, order))


def eye(
    N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: Any = "C", *, device: Any = None, like: Any = None
) -> Any:
    """An identity that traced values can be written into; otherwise as `numpy.eye`."""
    return held(np.eye(N, M, k, dtype, order))


def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None
) -> Any:
    """A constant array that traced values can be written into; the fill value may itself be traced."""
    if not isinstance(fill_value, Operand):
        return held(np.full(shape, fill_value, dtype, order))
    spread = copied(np.broadcast_to(fill_value, shape))  # type: ignore[call-overload]
    return spread if dtype is None else cast(spread, dtype)


def array(object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **options: Any) -> Any:
    """An array of plain or traced values, nested lists of both included; otherwise as `numpy.array`.

    >>> import wengert as wg
    >>> import wengert.numpy as np
    >>> wg.grad(lambda x: np.sum(np.array([x, 2 * x, 1.0]) ** 2))(3.0)
    30.0
    """
    result = stacked_list(object)
    if not isinstance(result, Tracer):
        return constant(np.array(object, dtype, copy=copy, ndmin=ndmin, **options), object)
    traced: Any = result if dtype is None else cast(result, dtype)
    if traced is object and copy is not None and copy is not np._CopyMode.IF_NEEDED and copy:
        traced = copied(traced)
    traced = _no_scalar(traced)
    missing = ndmin - traced.ndim
    return traced[(None,) * missing] if missing > 0 else traced


def _no_scalar(value: Any) -> Any:
    """A traced scalar as an array of no axes, which is what NumPy makes of it."""
    if not isinstance(value, Tracer):
        # what has no derivative has left the recording
        return value
    return value if value.type.shape or is_array(value) else as_array(copied(value))


def asarray(a: Any, dtype: Any = None, order: Any = None, **options: Any) -> Any:
    """As `array`, but a traced array of the right dtype is returned itself."""
    # NumPy has asked the reference array already, which is why we are here
    options.pop("like", None)
    result = a if isinstance(a, Tracer) else stacked_list(a)
    if not isinstance(result, Tracer):
        return constant(np.asarray(a, dtype, order, **options), a)
    converted = result if dtype is None else cast(result, dtype)
    return copied(converted) if converted is a and options.get("copy") else _no_scalar(converted)


def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """As `asarray`; raises ValueError if an entry is not finite."""
    result = asarray(a, dtype, order)
    if type_of(result).inexact and not np.isfinite(outermost(result)).all():
        raise ValueError("array must not contain infs or NaNs")
    return result


def asanyarray(a: Any, dtype: Any = None, order: Any = None, **options: Any) -> Any:
    """As `asarray`; a plain subclass of ndarray is returned itself, as by `numpy.asanyarray`."""
    return np.asanyarray(a, dtype, order, **options) if isinstance(a, np.ndarray) else asarray(a, dtype, order)


def ascontiguousarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    """As `asarray`, with at least one axis; how a traced array lies in memory is nobody's concern."""
    result = asarray(a, dtype, "C")
    return result if len(result.shape) else result.reshape(1)


def asfortranarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    """As `ascontiguousarray`, for plain arrays in Fortran's order."""
    result = asarray(a)
    if not isinstance(result, Tracer):
        return constant(np.asfortranarray(a, dtype), a)
    turned = ascontiguousarray(result, dtype)
    # NumPy copies where the order in memory changes
    return turned if turned is not a or in_fortran_order(a) or turned.ndim < 2 else copied(turned, "F")


def _held_result(make: Any) -> Any:
    """A creation function of NumPy's whose result can hold traced values; its arguments are plain."""

    @functools.wraps(make)
    def create(*args: Any, **kwargs: Any) -> Any:
        return held(make(*args, **kwargs))

    return create


identity, tri = map(_held_result, (np.identity, np.tri))


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None, **options: Any) -> Any:
    """Evenly spaced numbers; start and step may be traced. The stop says only how many there are."""
    if stop is None:
        start, stop = 0, start
    if not isinstance(start, Tracer) and not isinstance(step, Tracer):
        make: Any = np.arange
        return held(make(start, primal(stop), step, dtype, **options))
    count = len(np.arange(primal(start), primal(stop), primal(step)))
    result = start + step * np.arange(count)
    return result if dtype is None else cast(result, dtype)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
             axis: int = 0, **options: Any) -> Any:  # fmt: skip
    """Evenly spaced numbers; the ends may be traced, scalars or arrays. Otherwise as `numpy.linspace`."""
    start, stop = _end(start), _end(stop)
    if not isinstance(start, Tracer) and not isinstance(stop, Tracer):
        make: Any = np.linspace
        plain = make(start, stop, num, endpoint, retstep, dtype, axis, **options)
        return (held(plain[0]), plain[1]) if retstep else held(plain)
    parts = num - 1 if endpoint else num
    start, stop = np.broadcast_arrays(start * 1.0, stop * 1.0)
    step = (stop - start) / parts if parts > 0 else stop - start
    precision = np.result_type(start.dtype, np.float16)
    count = np.arange(num).astype(precision).reshape(-1, *(1,) * len(start.shape))
    result = start + step * count
    if endpoint and num > 1:
        # the last one is the end itself, whatever rounding says
        result = np.concatenate([result[:-1], stop[None]])
    result = np.moveaxis(result, 0, axis)
    result = result if dtype is None else cast(result, dtype)
    return (result, step) if retstep else result


def _end(value: Any) -> Any:
    return stacked_list(value) if isinstance(value, (list, tuple)) else value


def logspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None,
             axis: int = 0) -> Any:  # fmt: skip
    """Powers of `base` with evenly spaced exponents, all of which may be traced."""
    result = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return result if dtype is None else cast(result, dtype)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """Numbers in constant ratio; the ends may be traced, and must be positive then."""
    start, stop = _end(start), _end(stop)
    if not isinstance(start, Tracer) and not isinstance(stop, Tracer):
        return held(np.geomspace(start, stop, num, endpoint, dtype, axis))
    if not (np.all(start > 0) and np.all(stop > 0)):
        raise UnsupportedError(
            "np.geomspace with traced ends needs positive ones; write sign * np.geomspace(abs(start), abs(stop), num)"
        )
    first, last = [cast(np.log(end), np.result_type(type_of(end).dtype, np.float64)) for end in (start, stop)]
    result = np.exp(linspace(first, last, num, endpoint, axis=axis))
    return result if dtype is None else cast(result, dtype)


def _like(make: Any) -> Any:
    def like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **options: Any) -> Any:
        a = stacked_list(a) if isinstance(a, (list, tuple)) else a
        kind = type_of(a)
        if order in ("K", "A"):
            order = "F" if shape is None and in_fortran_order(a) else "C"
        return held(make(kind.shape if shape is None else shape, kind.dtype if dtype is None else dtype, order))

    like.__name__ = f"{make.__name__}_like"
    return like


zeros_like = implements(np.zeros_like)(_like(np.zeros))
ones_like = implements(np.ones_like)(_like(np.ones))
empty_like = implements(np.empty_like)(_like(np.zeros))


@implements(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None,
              **options: Any) -> Any:  # fmt: skip
    """A constant array in the shape and dtype of another one; the fill value may be traced."""
    kind = type_of(a)
    return full(kind.shape if shape is None else shape, fill_value, kind.dtype if dtype is None else dtype)


@implements(np.copy)
@gives_array
def copy(a: Any, order: Any = "K", subok: Any = False) -> Any:
    return copied(a, order)


# NumPy serves `like=` arguments through the same protocol
for _name, _function in (("zeros", zeros), ("ones", ones), ("empty", empty), ("full", full), ("eye", eye),
                         ("array", array), ("asarray", asarray)):  # fmt: skip
    implements(getattr(np, _name))(_function)
implements(np.linspace)(linspace)
implements(np.logspace)(logspace)
implements(np.geomspace)(geomspace)
