"""Creation functions whose arrays can hold traced values.

During a recording `zeros(n)` and its kin return a traced constant, so that `a[i] = x` works; outside of one they
return plain NumPy arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Operand
from wengert.numpy.joining import stacked_list
from wengert.numpy.shaping import copied, in_fortran_order
from wengert.primitives.access import cast
from wengert.tracing import Tracer, active_recordings, implements, type_of

__all__ = ["array", "asarray", "empty", "eye", "full", "ones", "zeros"]


def held(value: Any) -> Any:
    """A plain array as one that traced values can be written into, while a recording runs."""
    recordings = active_recordings()
    return recordings[-1].box(value) if recordings else value


def zeros(shape: Any, dtype: Any = float, order: Any = "C", *, device: Any = None) -> Any:
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


def ones(shape: Any, dtype: Any = None, order: Any = "C", *, device: Any = None) -> Any:
    """Ones that traced values can be written into; otherwise as `numpy.ones`."""
    return held(np.ones(shape, dtype, order))


def empty(shape: Any, dtype: Any = float, order: Any = "C", *, device: Any = None) -> Any:
    """An array that traced values can be written into, filled with zeros; otherwise as `numpy.empty`."""
    return held(np.zeros(shape, dtype, order))


def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: Any = "C", *, device: Any = None) -> Any:
    """An identity that traced values can be written into; otherwise as `numpy.eye`."""
    return held(np.eye(N, M, k, dtype, order))


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None) -> Any:
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
        return held(np.array(object, dtype, copy=copy, ndmin=ndmin, **options))
    traced: Any = result if dtype is None else cast(result, dtype)
    missing = ndmin - traced.ndim
    if missing > 0:
        traced = traced[(None,) * missing]
    return copied(traced) if copy and traced is object else traced


def asarray(a: Any, dtype: Any = None, order: Any = None, **options: Any) -> Any:
    """As `array`, but a traced array of the right dtype is returned itself."""
    if isinstance(a, Tracer):
        return a if dtype is None else cast(a, dtype)
    result = stacked_list(a)
    if isinstance(result, Tracer):
        return result if dtype is None else cast(result, dtype)
    return np.asarray(a, dtype, order, **options)


def _like(make: Any) -> Any:
    def like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **options: Any) -> Any:
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
    kind = type_of(a)
    return full(kind.shape if shape is None else shape, fill_value, kind.dtype if dtype is None else dtype)


@implements(np.copy)
def copy(a: Any, order: Any = "K", subok: Any = False) -> Any:
    return copied(a, order)


# NumPy serves `like=` arguments through the same protocol
for _name, _function in (("zeros", zeros), ("ones", ones), ("empty", empty), ("full", full), ("eye", eye),
                         ("array", array), ("asarray", asarray)):  # fmt: skip
    implements(getattr(np, _name))(_function)
