"""The NumPy name table: which function of ours stands for which of NumPy's, for traced operands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Primitive, locate

__all__ = ["FUNCTIONS", "PROVIDERS", "UFUNCS", "implements", "resolve_function", "resolve_ufunc"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

UFUNCS: Final[dict[Any, Primitive | Callable[..., Any]]] = {}
FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {}
# each is asked about a function that no table has, and says whether it has put it there: rules of a library
# other than NumPy are loaded when the first of its functions is met
PROVIDERS: Final[list[Callable[[Any], bool]]] = []


def implements(*functions: Any) -> Callable[[FunctionT], FunctionT]:
    """Declare that the decorated function stands for these NumPy functions on traced operands.

    None stands for a function that the NumPy at hand does not have yet.
    """

    def register(replacement: FunctionT) -> FunctionT:
        for function in filter(None, functions):
            table = UFUNCS if isinstance(function, np.ufunc) else FUNCTIONS
            table[function] = replacement
        return replacement

    return register


def _name(function: Any) -> str:
    name = getattr(function, "__name__", str(function))
    if isinstance(function, np.ufunc) and getattr(np, name, None) is not function:
        # a ufunc does not say where it comes from; SciPy's are the ones met in practice
        special = getattr(sys.modules.get("scipy.special"), name, None)
        return f"scipy.special.{name}" if special is function else f"the ufunc {name}"
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy._core", "numpy")
    return f"{module}.{name}".replace("numpy", "np", 1)


def _refuse(function: Any, detail: str) -> UnsupportedError:
    place = locate(3)
    where = f" (at {place})" if place else ""
    return UnsupportedError(
        f"{_name(function)}{detail}{where}. Express it by supported operations, give it a rule with "
        f"wengert.custom_rule, or apply wengert.stop_gradient to its argument if it is to count as constant."
    )


def _provided(table: dict[Any, Any], function: Any) -> Any:
    """The entry of a function; asks the providers where there is none."""
    found = table.get(function)
    if found is None and any([provide(function) for provide in PROVIDERS]):
        found = table.get(function)
    return found


def resolve_ufunc(ufunc: np.ufunc, method: str) -> Primitive | Callable[..., Any]:
    """What stands for a ufunc, or an `UnsupportedError` that names it."""
    found: Primitive | Callable[..., Any] | None = _provided(UFUNCS, ufunc)
    if found is None:
        raise _refuse(ufunc, " has no differentiation rule")
    if method != "__call__":
        found = FUNCTIONS.get((ufunc, method))
        if found is None:
            raise _refuse(ufunc, f".{method} has no differentiation rule")
    return found


def resolve_function(function: Any) -> Callable[..., Any]:
    """What stands for a NumPy function, or an `UnsupportedError` that names it."""
    found = FUNCTIONS.get(function) or _provided(FUNCTIONS, function)
    if found is None:
        raise _refuse(function, " has no differentiation rule")
    return found


def refuse_arguments(function: Any, error: TypeError) -> UnsupportedError:
    """The error for a call that NumPy would take and our counterpart does not."""
    reason = str(error).partition("() ")[2] or str(error)
    return _refuse(function, f" {reason}, which is not supported on traced values")
