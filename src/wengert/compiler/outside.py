"""What of Python's own library gives the same every time, and what looks at the world outside of the process."""

from __future__ import annotations

import datetime
import decimal
import fractions
import operator
import pathlib
import re
import types
import typing
from collections import namedtuple
from types import BuiltinFunctionType, GenericAlias, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType
from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.numpy.outside import OUTSIDE

__all__ = ["PARTLY_OUTSIDE", "REFUSED_BUILTINS", "is_harmless", "is_still", "refused_module"]

REFUSED_BUILTINS: Final = {
    "print": "writes something out", "input": "reads something in", "open": "opens a file",
    "exec": "runs code that is made on the way", "eval": "runs code that is made on the way",
    "compile": "makes code", "globals": "hands out all global variables", "breakpoint": "stops the program",
    "id": "tells where something lies in memory", "help": "writes something out", "memoryview": "looks into memory",
}  # fmt: skip
"""Built-in functions that a recorded program must not call, and why."""

# Modules whose functions depend on nothing but their arguments.
_PURE: Final = frozenset(
    {"abc", "bisect", "builtins", "calendar", "cmath", "collections", "colorsys", "contextlib", "copy", "dataclasses",
     "decimal", "enum", "fractions", "functools", "heapq", "inspect", "itertools", "keyword", "math", "numbers",
     "operator", "re", "string", "struct", "textwrap", "types", "typing", "__future__", "_operator",
     "_collections_abc", "_functools", "_collections", "_heapq", "_bisect", "_abc", "pathlib", "json",
     "numpy", "wengert", "array", "copyreg", "reprlib", "unicodedata", "graphlib", "pprint", "traceback"}
)  # fmt: skip
PARTLY_OUTSIDE: Final[dict[str, frozenset[str]]] = {
    "numpy": OUTSIDE,
    "pathlib": frozenset({"Path", "PosixPath", "WindowsPath"}),
    "pprint": frozenset({"pprint", "pp", "PrettyPrinter"}),
    "traceback": frozenset({"print_exc", "print_exception", "print_stack", "print_tb", "print_last", "print_list",
                            "extract_stack", "format_stack", "format_exc"}),
    "inspect": frozenset({"stack", "currentframe", "trace", "getframeinfo"}),
    "decimal": frozenset({"getcontext", "setcontext", "localcontext", "DefaultContext"}),
    "json": frozenset({"load", "dump"}),
}  # fmt: skip
"""What of such modules looks at the world outside, or writes something out."""
_REASONS: Final = {
    "random": "draws random numbers", "secrets": "draws random numbers", "time": "reads the clock",
    "datetime": "reads the clock", "os": "looks at the world outside", "sys": "looks at the running interpreter",
    "io": "reads and writes files", "logging": "writes something out", "warnings": "writes something out",
    "threading": "runs other threads", "uuid": "draws random numbers",
}  # fmt: skip
# functions of NumPy's that are written in C, and constants
_OF_NUMPY: Final = frozenset({type(np.sum), type(np.concatenate), type(np._NoValue), type(np.s_)})
_STILL: Final = (
    type(namedtuple("Pair", "x").x),  # type: ignore[attr-defined]
    np.ufunc, np.dtype, range, slice, type(Ellipsis), type(NotImplemented), fractions.Fraction, decimal.Decimal,
    re.Pattern, pathlib.PurePath, datetime.date, datetime.time, datetime.timedelta, GenericAlias, types.UnionType,
    MethodDescriptorType, MethodWrapperType, WrapperDescriptorType, types.CodeType, Primitive, typing.TypeVar,
    operator.attrgetter, operator.itemgetter, operator.methodcaller,
)  # fmt: skip


def _family(module: str) -> str:
    return module.partition(".")[0]


def is_harmless(module: str, name: str) -> bool:
    """Whether a function or class of Python's or NumPy's depends on nothing but its arguments."""
    if module.startswith("numpy.random") or name in PARTLY_OUTSIDE.get(_family(module), ()):
        return False
    return _family(module or "builtins") in _PURE and not (_family(module) == "builtins" and name in REFUSED_BUILTINS)


def refused_module(name: str) -> str | None:
    """Why nothing of a module of Python's can be recorded; None where it can."""
    if _family(name) in _PURE:
        return None
    return _REASONS.get(_family(name), "may look at the world outside")


def is_still(value: Any) -> bool:
    """Whether an object is what it is for good, and calling it depends on nothing else."""
    if isinstance(value, BuiltinFunctionType):
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, types.ModuleType):
            return is_harmless(value.__module__ or "builtins", value.__name__)
        return isinstance(owner, type) or is_still(owner) or owner.__class__ in (str, bytes, int, float, complex)
    if isinstance(value, _STILL):
        # the path of a file is asked whether there is one
        return not isinstance(value, pathlib.Path)
    kind = type(value)
    if kind.__module__ == "typing" or value is typing.Any:
        return True
    return kind in _OF_NUMPY and getattr(value, "__name__", "") not in OUTSIDE
