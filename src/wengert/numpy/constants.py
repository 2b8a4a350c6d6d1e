"""Constant results in a traced program: arrays that it may write traced values into.

`a = np.floor(x); a[0] = x[1]` writes into an array that has no derivative, but is to hold one. While a program is
traced, floating results of NumPy's become constants of the recording, as `np.zeros` does; integers and Booleans, which
may be indices, stay arrays, whose methods and operators know of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from wengert.graph import Operand
from wengert.numpy.host import HostArray, held, hosted
from wengert.tracing import FUNCTIONS, active_recordings

__all__ = ["constant", "in_library", "is_constant", "plain_argument"]

# what they compute on the way is no matter of the program
_LIBRARIES: Final = ("numpy", "scipy", "wengert")
# between an operator of a traced value and the line of the program that it stands in
_MACHINERY: Final = ("wengert.graph", "wengert.tracing", "wengert.transforms", __name__)


def plain_argument(value: Any) -> Any:
    """A plain array in place of a view of it that a program has; lists of them included."""
    if value.__class__ is HostArray:
        plain = value.view(np.ndarray)
        if isinstance(value.base, np.ndarray) and not value.base.flags.writeable:
            # a recording has locked the array since
            plain.flags.writeable = False
        return plain
    if value.__class__ in (list, tuple) and any([part.__class__ is HostArray for part in value]):
        return value.__class__([plain_argument(part) for part in value])
    return value


def constant(result: Any, *given: Any) -> Any:
    """A result of these arguments that traced values can be written into; views of an argument stay views."""
    kind = result.__class__
    if kind is tuple or kind is list:
        return kind([constant(part, *given) for part in result])
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return kind(*[constant(part, *given) for part in result])
    if (kind is not np.ndarray and kind is not HostArray) or not active_recordings():
        return result
    if not result.flags.writeable or _shares(result, given):
        return hosted(result)
    return held(plain_argument(result))


def _shares(result: Any, given: Any) -> bool:
    """Whether an array is one of these, or a view of one."""
    arrays = list(_arrays_in(given))
    if any([result is array for array in arrays]):
        return True
    if result.base is None:
        return False
    origin = _origin(result)
    return any([origin is _origin(array) for array in arrays])


def _arrays_in(given: Any) -> Iterator[Any]:
    for value in given:
        if isinstance(value, np.ndarray):
            yield value
        elif value.__class__ in (list, tuple):
            yield from _arrays_in(value)


def _origin(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def in_library(frame: Any) -> bool:
    """Whether code of NumPy's, SciPy's or ours runs there, which computes with plain arrays."""
    names = frame.f_globals
    # the copy of a function of the program has names of its own kind, and a rule that was compiled has no module
    return names.__class__ is dict and names.get("__name__", "wengert").partition(".")[0] in _LIBRARIES


def is_constant(value: Any) -> bool:
    """Whether nothing is lost with the derivative of a value, at any level."""
    while isinstance(value, Operand):
        if value.is_view:
            value.refresh()
        if not (value.recording.closed or value.recording.is_constant(value)):
            return False
        value = value.value
    return True


def _of_program(result: Any, recording: Any) -> Any:
    """The result of an operation that has no derivative, as the program is to get it."""
    recordings = active_recordings()
    if not recordings or recordings[-1] is not recording:
        # it belongs to a rule
        return result
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(_MACHINERY):
        frame = frame.f_back
    return result if in_library(frame) else constant(result)


FUNCTIONS["constant of a program"] = _of_program
