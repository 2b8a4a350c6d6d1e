"""How a module here stands before one of SciPy's: its own functions for traced values, SciPy's for plain ones."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Operand, locate
from wengert.numpy.constants import is_constant

__all__ = ["fall_through", "refusal", "refuse_traced", "serves", "settled", "traced"]

_CHECKED: Final = "check_finite"
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def traced(*values: Any) -> bool:
    """Whether a traced value is among these, or in lists, tuples and dicts of them."""
    for value in values:
        if isinstance(value, Operand):
            return True
        if value.__class__ in (list, tuple) and traced(*value):
            return True
        if value.__class__ is dict and traced(*value.values()):
            return True
    return False


def settled(value: Any) -> Any:
    """A value without its trace where nothing is lost with it, as an array that a program makes of plain numbers."""
    if not isinstance(value, Operand) or not is_constant(value):
        return value
    while isinstance(value, Operand):
        value = value.value
    return value


def refusal(name: str, reason: str) -> UnsupportedError:
    """The error for a call that SciPy would take; the reason says what to do."""
    place = locate(3)
    return UnsupportedError(f"{name}{f' at {place}' if place else ''} has no differentiation rule {reason}")


def serves(function: Callable[..., Any]) -> Callable[[FunctionT], FunctionT]:
    """Declare that the decorated function stands for this one of SciPy's where an argument is traced."""

    def declare(replacement: FunctionT) -> FunctionT:
        code = replacement.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        place = names.index(_CHECKED) if _CHECKED in names else None

        @functools.wraps(replacement)
        def either(*args: Any, **options: Any) -> Any:
            if traced(*args, *options.values()):
                if place is not None and (args[place] if place < len(args) else options.get(_CHECKED, True)):
                    _require_finite(args)
                return replacement(*args, **options)
            return function(*args, **options)

        return either  # type: ignore[return-value]

    return declare


def _require_finite(values: Sequence[Any]) -> None:
    """Raise what SciPy raises for arrays that hold an infinity or a NaN; machine code leaves those to SciPy."""
    for value in values:
        if value.__class__ in (list, tuple):
            _require_finite(value)
        while isinstance(value, Operand):
            if value.is_view:
                value.refresh()
            if not value.recording.differentiates:
                break
            value = value.value
        if isinstance(value, Operand) and value.type.kind in "fc":
            value.recording.steer(value, None, "finite")
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fc":
            np.asarray_chkfinite(value)


def refuse_traced(name: str, function: Any) -> Any:
    """SciPy's function, which refuses traced values by its name."""

    @functools.wraps(function)
    def plain(*args: Any, **options: Any) -> Any:
        if traced(*args, *options.values()):
            raise refusal(
                name,
                "for traced values. Express it by supported operations, give it a rule with wengert.custom_rule, or "
                "apply wengert.stop_gradient to its arguments if it is to count as constant.",
            )
        return function(*args, **options)

    return plain


def fall_through(module: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that looks names up in a module of SciPy's."""

    @functools.cache
    def find(name: str) -> Any:
        try:
            found = getattr(import_module(module), name)
        except AttributeError:
            raise AttributeError(f"neither wengert.{module} nor {module} has an attribute {name!r}") from None
        if name.startswith("__") or isinstance(found, (np.ufunc, type)) or not callable(found):
            return found
        return refuse_traced(f"{module}.{name}", found)

    return find
