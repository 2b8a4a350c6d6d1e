"""NumPy's functions for arguments in which lists hold traced values.

NumPy asks an argument for its array protocol, and does not look into lists: `np.sum([x, y])` would turn traced x and y
into plain numbers. Here such lists become traced arrays first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import numpy as np

from wengert.numpy.host import held
from wengert.numpy.joining import stacked_list
from wengert.tracing import FUNCTIONS, holds_traced

__all__ = ["Mirror", "mirrored", "taking_lists"]

# Their first argument is a sequence of arrays, which stays one.
_OF_SEQUENCES: Final = frozenset(
    { "column_stack", "concat", "concatenate", "dstack", "hstack", "multi_dot", "stack",
     "vstack", "ix_", "apply_over_axes", "ravel_multi_index"}
)  # fmt: skip

FUNCTIONS["stacked list"] = stacked_list

# Ours take nested lists as they are: how they nest has a meaning.
_OF_NESTED_LISTS: Final = frozenset({"block", "choose", "piecewise", "select"})


def _taken(argument: Any) -> Any:
    if argument.__class__ in (list, tuple) and holds_traced(argument):
        return stacked_list(argument)
    return argument


def _members_taken(argument: Any) -> Any:
    return [_taken(member) for member in argument] if argument.__class__ in (list, tuple) else argument


def taking_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that also takes lists of traced values."""
    if function.__name__ in _OF_NESTED_LISTS:
        return function
    first = _members_taken if function.__name__ in _OF_SEQUENCES else _taken

    @functools.wraps(function, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        for argument in args:
            if argument.__class__ in (list, tuple) and holds_traced(argument):
                args = (first(args[0]), *map(_taken, args[1:]))
                break
        if kwargs:
            kwargs = {name: _taken(argument) for name, argument in kwargs.items()}
        result = function(*args, **kwargs)
        # so that traced values can be written into it
        return held(result) if result.__class__ is np.ndarray and result.dtype.kind in "fc" else result

    return call


def _dispatches(value: Any) -> bool:
    """Whether something is a function that NumPy dispatches on its arguments."""
    return callable(value) and not isinstance(value, (type, np.ufunc)) and hasattr(value, "_implementation")


class Mirror(ModuleType):
    """A namespace of NumPy's whose functions also take lists of traced values.

    Some names may be served by others; every other name is the original's.
    """

    def __init__(self, original: ModuleType, name: str, **served: Any) -> None:
        super().__init__(name, original.__doc__)
        self.__dict__.update(served, __wrapped_module__=original)

    def __getattr__(self, name: str) -> Any:
        value = mirrored(getattr(self.__wrapped_module__, name))
        if not name.startswith("__"):
            # found at once the next time
            setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return dir(self.__wrapped_module__)


def mirrored(value: Any) -> Any:
    """What a namespace serves in place of something of NumPy's."""
    return taking_lists(value) if _dispatches(value) else value
