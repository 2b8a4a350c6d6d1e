"""Whether floating-point errors are only warned of, or not told at all: compiled code does not tell of them.

Where `np.errstate` or `np.seterr` asks for more, for exceptions or for a function to be called, NumPy runs the program.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextvars import Context, ContextVar
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

__all__ = ["Setting", "is_quiet", "setting", "setting_in_memory"]

_QUIET: Final = frozenset({"ignore", "warn"})
# NumPy's numbers of what is to be done, and where in a word stands what is done about which error
_MODES: Final = {"ignore": 0, "warn": 1, "raise": 2, "call": 3, "print": 4, "log": 5}
_SHIFTS: Final = {"divide": 0, "over": 3, "under": 6, "invalid": 9}
_TRIED: Final = ("raise", "ignore", "warn", "call"), ("ignore", "raise", "print", "warn")

_variable: ContextVar[Any] | None = getattr(np._core.umath, "_extobj_contextvar", None)  # type: ignore[attr-defined]

setting: Callable[[], Any] = np.geterr if _variable is None else _variable.get
"""What is in force: as long as it gives the same object, nothing has changed."""


def is_quiet() -> bool:
    """Whether compiled code may take the place of NumPy in the present setting."""
    return _QUIET.issuperset(np.geterr().values())


class Setting(NamedTuple):
    """Where machine code finds the setting in force: what a context variable holds.

    `usual` is what it holds where nobody has set anything; of another object, the word `at` bytes behind the start says
    where a number is, of which no bit of `loud` may be set.
    """

    variable: ContextVar[Any]
    usual: Any
    at: int
    loud: int


@cache
def setting_in_memory() -> Setting | None:
    """Where machine code finds the setting; None where this NumPy keeps it elsewhere, found out by a trial."""
    if _variable is None:
        return None
    at = object.__basicsize__
    for modes in _TRIED:
        modes_of = dict(zip(_SHIFTS, modes, strict=True))
        with np.errstate(**modes_of):  # type: ignore[arg-type]
            held = _variable.get()
            if type(held).__name__ != "PyCapsule":
                return None
            place = ctypes.c_void_p.from_address(id(held) + at).value
            if not place or place % ctypes.sizeof(ctypes.c_int):
                return None
            found = ctypes.c_int.from_address(place).value
        if found != sum([_MODES[mode] << _SHIFTS[name] for name, mode in modes_of.items()]):
            return None
    # every mode above "warn" has one of the two upper bits
    loud = sum([0b110 << shift for shift in _SHIFTS.values()])
    return Setting(_variable, Context().run(_variable.get), at, loud)
