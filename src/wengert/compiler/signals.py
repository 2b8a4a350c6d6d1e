"""Loops of compiled code that can be interrupted: what machine code calls now and then to let handlers run."""

from __future__ import annotations

import ctypes
from functools import cache
from string import Template
from typing import Final

from wengert.compiler import linking
from wengert.compiler.fallback import keep_error
from wengert.compiler.status import Status
from wengert.graph import Equation, Graph

__all__ = ["SYMBOL", "steps_between_looks"]

SYMBOL: Final = "wengert_look_for_signals"

_FUNCTIONS: Final = (
    *("PyGILState_Ensure", "PyGILState_Release", "PyErr_CheckSignals", "PyErr_Fetch", "PyErr_NormalizeException"),
    "Py_DecRef",
)
# Numbers that are computed from one look to the next: some ten milliseconds of work, of a second at most.
_WORK: Final = 1 << 24


def steps_between_looks(body: Graph) -> int:
    """How many steps a loop may take before it looks for signals again: a power of two."""
    work = 1 + sum(map(_numbers_in, body.equations))
    return 1 << max((_WORK // work).bit_length() - 1, 0)


def _numbers_in(equation: Equation) -> int:
    return int(sum([getattr(atom.type, "size", 0) for atom in (*equation.inputs, *equation.outputs)]))


@cache
def _address() -> int:
    for name in _FUNCTIONS:
        linking.provide(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)
    keeper = linking.kept(ctypes.PYFUNCTYPE(None, ctypes.py_object)(keep_error))
    linking.provide("wengert_keep_error", ctypes.cast(keeper, ctypes.c_void_p).value or 0)
    text = Template(linking.beside("signals.ll")).substitute(stopped=int(Status.STOPPED))
    return linking.kept(linking.compiled(text, effort=0)).address(SYMBOL)


linking.provide_on_demand(SYMBOL, _address)
