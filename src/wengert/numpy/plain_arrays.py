"""The operators, ufuncs and methods of the plain arrays that a traced program sees.

`C @ [x[0], x[1]]` asks a plain array, and so does `mask * 1.0`, into which a program may write traced values. Results
that NumPy's own code asks for on its way stay plain arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import ConversionError
from wengert.graph import Operand, locate
from wengert.numpy.constants import constant, in_library, is_constant, plain_argument
from wengert.numpy.host import HostArray, hosted
from wengert.tracing import active_recordings, as_operand, holds_traced

__all__: list[str] = []


def _array_ufunc(array: Any, ufunc: Any, how: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
    """A ufunc, or an operator, of plain arrays and of lists that may hold traced values."""
    given = [as_operand(v) if v.__class__ in (list, tuple) and holds_traced(v) else plain_argument(v) for v in inputs]
    if "where" in options:
        options["where"] = plain_argument(options["where"])
    if out is not None:
        options["out"] = tuple(map(plain_argument, out))
    result = getattr(ufunc, how)(*given, **options)
    if out is not None:
        return out[0] if len(out) == 1 else out
    return _hosted(result) if in_library(sys._getframe(1)) else constant(result)


def _hosted(result: Any) -> Any:
    return tuple(map(hosted, result)) if result.__class__ is tuple else hosted(result)


def _method(name: str) -> Callable[..., Any]:
    """A method that computes a new array: NumPy's function of that name, whose other arguments may be traced."""
    function = getattr(np, name)

    def call(array: Any, *args: Any, **options: Any) -> Any:
        args = tuple(map(plain_argument, args))
        result = function(array.view(np.ndarray), *args, **options)
        return _hosted(result) if in_library(sys._getframe(1)) else constant(result, *args, *options.values())

    call.__name__ = name
    return call


def _read(array: Any, key: Any) -> Any:
    """An entry, a view or, at a list of places, a copy."""
    if isinstance(key, Operand) or (key.__class__ is tuple and any([isinstance(item, Operand) for item in key])):
        recordings = active_recordings()
        if recordings:
            # the examples of a batch may be read at different places
            return recordings[-1].box(array.view(np.ndarray))[key]
    part = _plain_read(array, key)
    if part.__class__ is not HostArray or np.may_share_memory(part, array) or in_library(sys._getframe(1)):
        return part
    return constant(part.view(np.ndarray))


def _write(array: Any, key: Any, value: Any) -> None:
    """Write a plain value; a traced one is refused, with what to do."""
    if value.__class__ in (list, tuple) and holds_traced(value):
        value = as_operand(value)
    if isinstance(value, Operand) and not is_constant(value):
        place = locate(2)
        raise ConversionError(
            f"a traced value is written into a plain NumPy array of dtype {array.dtype}"
            f"{f' (at {place})' if place else ''}, which would lose its derivative{_remedy(array)} "
            f"If the value is to count as constant, apply wengert.stop_gradient first."
        )
    _plain_write(array, key, value)


def _remedy(array: Any) -> str:
    if array.dtype.kind in "iub":
        return ", as int(x) would. Make it an array of floats first (a = a.astype(float))."
    return ". Make the array inside the differentiated function, or copy it there (a = a.copy())."


_plain_read: Any = np.ndarray.__getitem__
_plain_write: Any = HostArray.__setitem__
for _name, _member in {
    "__array_ufunc__": _array_ufunc,
    "__getitem__": _read,
    "__setitem__": _write,
    "__repr__": lambda array: repr(array.view(np.ndarray)),
    "__copy__": lambda array: array.copy(),
    "__deepcopy__": lambda array, memo: array.copy(),
}.items():
    setattr(HostArray, _name, _member)
for _name in ("all", "any", "argmax", "argmin", "argsort", "choose", "cumprod", "cumsum", "max", "mean", "min",
              "nonzero", "prod", "round", "searchsorted", "std", "sum", "take", "trace", "var"):  # fmt: skip
    setattr(HostArray, _name, _method(_name))
