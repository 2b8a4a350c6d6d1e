"""The `math` module for traced values."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import numpy as np

from wengert import tree
from wengert.errors import UnsupportedError
from wengert.graph import Operand, locate
from wengert.numpy.joining import stacked_list
from wengert.tracing import FUNCTIONS, Tracer, beneath, holds_traced, outermost, primal

__all__ = ["MATH", "mirrored_module"]

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
_CONSTANT: Final = frozenset(
    {"ceil", "floor", "isclose", "isfinite", "isinf", "isnan", "trunc", "nextafter", "ulp", "frexp"}
)
_OF_SEQUENCES: Final = frozenset({"dist", "fsum", "prod", "sumprod"})
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
    return beneath(argument)


def _followed(argument: Any) -> bool:
    """Whether a number, or one in a list, is recorded to be computed again from others."""
    if argument.__class__ in (list, tuple):
        return any([_followed(part) for part in argument])
    return isinstance(outermost(argument), Operand)


def _decided(result: Any, args: Any) -> Any:
    """A result whose being finite is noted where it is recorded: else Python's function would have raised.

    It does not where an operand is not finite either: math.exp(math.inf).
    """
    finite: Any = np.isfinite
    followed: Any = outermost(result)
    if isinstance(followed, Operand) and not bool(finite(followed)):
        missing: Any = np.isnan
        for value in map(outermost, (result, *tree.flatten(args)[0])):
            if isinstance(value, Operand) and not bool(finite(value)):
                bool(missing(value))
    return result


def _tried(function: Callable[..., Any], plain: Any, options: dict[str, Any], args: Any) -> Any:
    """What Python's function gives; whoever follows the arguments is told where it raises, since others may not."""
    try:
        return function(*plain, **options)
    except (ValueError, ArithmeticError) as error:
        for argument in tree.flatten(args)[0]:
            followed = outermost(argument)
            if isinstance(followed, Tracer):
                followed.recording.erred(error)
        raise


# what Python's functions answer with a plain number, of an operand that is recorded
_ANSWERS: Final[dict[str, Callable[[Any], Any]]] = {
    "isfinite": lambda x: bool(np.isfinite(x)), "isinf": lambda x: bool(np.isinf(x)),
    "isnan": lambda x: bool(np.isnan(x)), "floor": lambda x: int(np.floor(x)), "ceil": lambda x: int(np.ceil(x)),
    "trunc": lambda x: int(np.trunc(x)),
}  # fmt: skip


def _answered(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function without a derivative gives for numbers that are recorded."""
    if function.__name__ in _ANSWERS and len(args) == 1 and not kwargs:
        return _ANSWERS[function.__name__](outermost(args[0]))
    return function(*tree.map(primal, args), **tree.map(primal, kwargs))


def _is_single(part: Any) -> bool:
    """Whether this is a number, or a list of numbers, and not those of a batch."""
    return all(map(_is_single, part)) if isinstance(part, list) else np.ndim(part) == 0


def _entry(argument: Any, of_sequences: bool = False) -> Any:
    """A traced value of one entry as the Python number for which Python's functions take it."""
    if not isinstance(argument, Operand):
        return [_entry(part) for part in argument] if argument.__class__ in (list, tuple) else argument
    entry: Any = argument
    if of_sequences and argument.type.shape:
        return [_entry(part) for part in entry]
    if argument.type.size != 1:
        raise TypeError(f"only arrays of one entry are Python scalars; received shape {argument.type.shape}")
    entry = entry.reshape(()) if argument.type.shape else entry
    # the function itself makes a Python number of a double, in double precision
    return entry if entry.type.dtype.char in "dD" else FUNCTIONS["number"](entry)


def counterpart(function: Callable[..., Any], traced: Callable[..., Any] | None, constant: bool) -> Callable[..., Any]:
    """A function of Python's mathematics that also takes traced scalars, which `traced` computes."""
    of_sequences = function.__name__ in _OF_SEQUENCES
    number = FUNCTIONS["number"]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and args[0].__class__ is Tracer and traced is not None and not (kwargs or of_sequences):
            # most calls, in short
            value = outermost(args[0])
            if isinstance(value, Operand):
                value = beneath(value)
                if np.ndim(value) == 0:
                    _tried(function, (value,), {}, args)
                    return _decided(number(traced(_entry(args[0]))), args)
            elif np.ndim(value) == 0:
                function(value)
                return number(traced(_entry(args[0])))
        # an iterator can be read once only, and may hold traced values
        args = tuple([list(a) if hasattr(a, "__next__") else a for a in args])
        if not _of_traced(args, kwargs):
            return function(*args, **kwargs)
        plain = [_plain(argument) for argument in args]
        followed = _followed([*args, *kwargs.values()])
        if all(map(_is_single, plain)):
            # raises where Python's function does: math.sqrt(-1)
            value = _tried(function, plain, {key: _plain(argument) for key, argument in kwargs.items()}, args)
            if constant:
                return _answered(function, args, kwargs) if followed else value
        if traced is None:
            place = locate(3)
            raise UnsupportedError(
                f"{function.__module__}.{function.__name__}{f' at {place}' if place else ''} has no differentiation "
                f"rule; use NumPy's function, or apply wengert.stop_gradient to its argument if it is to count as "
                f"constant"
            )
        result = traced(*[_entry(argument, of_sequences) for argument in args], **kwargs)
        if followed:
            tree.map(lambda part: _decided(part, args), result)
        return tuple(map(number, result)) if result.__class__ is tuple else number(result)

    return call


def mirrored_module(module: ModuleType, traced: dict[str, Callable[..., Any]], constant: frozenset[str]) -> ModuleType:
    """A module of Python's mathematics whose functions take traced scalars."""
    mirror = ModuleType(module.__name__, module.__doc__)
    for name, value in vars(module).items():
        if not name.startswith("__"):
            served = counterpart(value, traced.get(name), name in constant) if callable(value) else value
            setattr(mirror, name, served)
    return mirror


MATH: Final = mirrored_module(math, _TRACED, _CONSTANT)
