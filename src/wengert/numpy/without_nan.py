"""NumPy's reductions that leave out what is no number, for traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.graph import bind
from wengert.numpy.reducing import cumprod, cumsum, deviation, max, mean, min, prod, sum, var
from wengert.numpy.ufuncs import placed
from wengert.numpy.values import as_scalar
from wengert.primitives.arithmetic import select
from wengert.primitives.elementwise import CONSTANT
from wengert.tracing import as_operand, implements, type_of

__all__: list[str] = []

_UNSET: Any = np._NoValue  # what NumPy passes for an argument that was left out


def _gaps(a: Any) -> Any:
    return bind(CONSTANT["isnan"], (a,))


def _filled(name: str, function: Callable[..., Any], neutral: float) -> None:
    """A reduction in which what is no number counts as a neutral element."""

    def rule(a: Any, *args: Any, **options: Any) -> Any:
        a = as_operand(a)
        return function(select(_gaps(a), neutral, a), *args, **options)

    rule.__name__ = rule.__qualname__ = name
    implements(getattr(np, name))(rule)


for _name, _function, _neutral in (
    ("nansum", sum, 0), ("nanprod", prod, 1), ("nancumsum", cumsum, 0), ("nancumprod", cumprod, 1),
):  # fmt: skip
    _filled(_name, _function, _neutral)


def _extreme(name: str, function: Callable[..., Any], neutral: float) -> None:
    """The largest or the smallest number; where there is none, the result is no number either."""

    def rule(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _UNSET, initial: Any = _UNSET,
             where: Any = _UNSET) -> Any:  # fmt: skip
        a = as_operand(a)
        gaps = _gaps(a)
        found = function(select(gaps, neutral, a), axis, keepdims=keepdims, initial=initial, where=where)
        kept = {} if keepdims is _UNSET else {"keepdims": keepdims}
        chosen = True if where is _UNSET else where
        empty = np.all(gaps | ~np.asarray(chosen), axis=axis, **kept)
        if initial is _UNSET:
            found = select(empty, np.nan, found)
        return placed(as_scalar(found), out)

    rule.__name__ = rule.__qualname__ = name
    implements(getattr(np, name))(rule)


_extreme("nanmax", max, -np.inf)
_extreme("nanmin", min, np.inf)


def _chosen(a: Any, where: Any) -> Any:
    present = ~_gaps(a)
    return present if where is _UNSET or where is True else present & where


@implements(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _UNSET, *,
            where: Any = _UNSET) -> Any:  # fmt: skip
    a = as_operand(a)
    return mean(a, axis, dtype, out, keepdims, where=_chosen(a, where))


def _spread(name: str, function: Callable[..., Any]) -> None:
    def rule(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _UNSET, *,
             where: Any = _UNSET, mean: Any = _UNSET, correction: Any = _UNSET) -> Any:  # fmt: skip
        a = as_operand(a)
        return function(a, axis, dtype, out, ddof, keepdims, where=_chosen(a, where), mean=mean, correction=correction)

    rule.__name__ = rule.__qualname__ = name
    implements(getattr(np, name))(rule)


_spread("nanvar", var)
_spread("nanstd", deviation)


def _position(name: str, neutral: float) -> None:
    plain: Any = getattr(np, name.removeprefix("nan"))

    def rule(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _UNSET) -> Any:
        a = as_operand(a)
        gaps = _gaps(a)
        if np.any(np.all(gaps, axis=axis)):
            raise ValueError("All-NaN slice encountered")
        kept = {} if keepdims is _UNSET else {"keepdims": keepdims}
        return plain(select(gaps, type_of(a).dtype.type(neutral), a), axis, out, **kept)

    rule.__name__ = rule.__qualname__ = name
    implements(getattr(np, name))(rule)


_position("nanargmax", -np.inf)
_position("nanargmin", np.inf)
