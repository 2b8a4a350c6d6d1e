"""The `math` module for traced values."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, locate
from wengert.numpy.joining import stacked_list
from wengert.tracing import holds_traced, primal

__all__ = ["MATH", "counterpart"]

# the names that differ from NumPy's for the same function
_RENAMED: Final = {
    "acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2", "acosh": "arccosh", "asinh": "arcsinh",
    "atanh": "arctanh", "pow": "power", "fabs": "absolute",
}  # fmt: skip
_SAME: Final = (
    "cbrt", "copysign", "cos", "cosh", "degrees", "exp", "exp2", "expm1", "fmod", "ldexp", "log10", "log1p", "log2",
    "radians", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
# constant for differentiation: Python's own function of the plain numbers
_CONSTANT: Final = (
    "ceil", "floor", "isclose", "isfinite", "isinf", "isnan", "trunc", "nextafter", "ulp", "frexp",
)  # fmt: skip
_SPECIAL: Final = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}


def _log(x: Any, base: Any = math.e) -> Any:
    return np.log(x) if base is math.e else np.log(x) / np.log(base)


def _hypot(*coordinates: Any) -> Any:
    return functools.reduce(np.hypot, coordinates) if len(coordinates) > 1 else abs(coordinates[0])


def _dist(p: Any, q: Any) -> Any:
    return np.linalg.norm(stacked_list(list(p)) - stacked_list(list(q)))


def _fsum(values: Any) -> Any:
    return np.sum(stacked_list(list(values)))


def _prod(values: Any, *, start: Any = 1) -> Any:
    return np.prod(stacked_list(list(values))) * start


def _sumprod(p: Any, q: Any) -> Any:
    return np.dot(stacked_list(list(p)), stacked_list(list(q)))


def _special(name: str) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        from scipy import special

        return getattr(special, name)(x)

    return call


_TRACED: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(np, name) for name in _SAME},
    **{name: getattr(np, other) for name, other in _RENAMED.items()},
    **{name: _special(other) for name, other in _SPECIAL.items()},
    "log": _log, "hypot": _hypot, "dist": _dist, "fsum": _fsum, "prod": _prod, "sumprod": _sumprod,
}  # fmt: skip


def _of_traced(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    for argument in (*args, *kwargs.values()):
        if isinstance(argument, Operand) or (argument.__class__ in (list, tuple) and holds_traced(argument)):
            return True
    return False


def _plain(argument: Any) -> Any:
    if argument.__class__ in (list, tuple):
        return [_plain(part) for part in argument]
    return primal(argument)


def counterpart(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the `math` module that also takes traced scalars."""
    name = function.__name__
    traced = _TRACED.get(name)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        # an iterator can be read once only, and may hold traced values
        args = tuple([list(a) if hasattr(a, "__next__") else a for a in args])
        if not _of_traced(args, kwargs):
            return function(*args, **kwargs)
        plain = [_plain(argument) for argument in args]
        if all([np.ndim(part) == 0 or isinstance(part, list) for part in plain]):
            # raises where Python's function does: math.sqrt(-1)
            value = function(*plain, **{key: _plain(argument) for key, argument in kwargs.items()})
            if name in _CONSTANT:
                return value
        if traced is None:
            place = locate(3)
            raise UnsupportedError(
                f"math.{name}{f' at {place}' if place else ''} has no differentiation rule; use NumPy's function, or "
                f"apply wengert.stop_gradient to its argument if it is to count as constant"
            )
        return traced(*[_entry(argument) for argument in args], **kwargs)

    return call


def _entry(argument: Any) -> Any:
    """An array of one entry as the scalar for which Python's functions take it."""
    if isinstance(argument, Operand) and argument.type.shape and argument.type.size == 1:
        return argument.reshape(())  # type: ignore[attr-defined]
    return argument


MATH: Final = ModuleType("math", math.__doc__)
for _name, _value in vars(math).items():
    if not _name.startswith("__"):
        setattr(MATH, _name, counterpart(_value) if callable(_value) else _value)
