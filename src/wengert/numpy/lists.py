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

from wengert import tree
from wengert.errors import HEARD, ConversionError, UndefinedDerivativeError, UnsupportedError
from wengert.numpy.constants import constant, is_constant, plain_argument
from wengert.numpy.host import HostArray
from wengert.numpy.joining import stacked_list
from wengert.numpy.mirrored_ufuncs import MirroredUfunc
from wengert.tracing import FUNCTIONS, Tracer, beneath, holds_traced

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
    return plain_argument(argument)


def _members_taken(argument: Any) -> Any:
    return [_taken(member) for member in argument] if argument.__class__ in (list, tuple) else _taken(argument)


def taking_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's that also takes lists of traced values; they can be written into what it returns."""
    nested = function.__name__ in _OF_NESTED_LISTS
    # what NumPy asks no argument about
    own = None if isinstance(function, type(np.sum)) else FUNCTIONS.get(function)
    first = _members_taken if function.__name__ in _OF_SEQUENCES else _taken

    @functools.wraps(function, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        if own is not None and holds_traced((*args, *kwargs.values())):
            return own(*args, **kwargs)
        if not nested:
            for argument in args:
                if argument.__class__ in _PREPARED:
                    args = (first(args[0]), *map(_taken, args[1:]))
                    break
            if kwargs:
                kwargs = {name: _taken(argument) for name, argument in kwargs.items()}
        try:
            result = function(*args, **kwargs)
        except (ConversionError, UndefinedDerivativeError, UnsupportedError) as error:
            given, structure = tree.flatten((args, kwargs))
            if not all(map(is_constant, given)):
                raise
            # of constants every function can be computed, and nobody need hear of it
            heard = HEARD.get()
            if heard is not None and error in heard:
                heard.remove(error)
            args, kwargs = structure.unflatten([beneath(value) for value in given])
            result = function(*args, **kwargs)
        return result if result.__class__ is Tracer else constant(result, *args, *kwargs.values())

    return call


_PREPARED: Final = (list, tuple, HostArray)


def _is_function(value: Any) -> bool:
    """Whether something of NumPy's is a function, and no class."""
    return callable(value) and not isinstance(value, type) and hasattr(value, "__name__")


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
    if isinstance(value, np.ufunc):
        return MirroredUfunc(value)
    return taking_lists(value) if _is_function(value) else value
