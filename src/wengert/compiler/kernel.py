"""Machine code of a graph, ready to run, and all that belongs to it; it needs no LLVM."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

# compiled code calls what these provide
from wengert.compiler import library, linking, signals, threads  # noqa: F401
from wengert.compiler.fallback import Fallback
from wengert.compiler.status import Status

__all__ = ["Kernel"]

# held while the code of a kernel changes
_CHANGING: Final = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_CHANGING.acquire, after_in_parent=_CHANGING.release, after_in_child=_CHANGING.release)

_FUNCTION: Final = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


@dataclass
class Kernel:
    """Machine code of a graph: `i32 kernel(i8** inputs, i8** outputs, i8* arena)`, which returns a status.

    Attributes
    ----------
    code
        The code in memory.
    constants
        Arrays whose addresses follow those of the inputs.
    fallbacks
        What NumPy computes inside of it, by the number of the constant in which the code finds its address.
    arena
        The bytes of memory that it works in.
    heavy
        Whether it may take so long that other threads of Python should run meanwhile.
    operations
        How many the optimised graph has.
    account
        Its loops and calls in words, line by line.
    seconds
        What each part of making it took.
    provisional
        Whether better code is being made, which will take the place of what is there.
    """

    code: linking.Code
    constants: list[Any]
    fallbacks: dict[int, Fallback]
    arena: int
    heavy: bool
    operations: int
    account: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    provisional: bool = False
    _callers: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    _former: linking.Code | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # so that the code is the same in every process
        for number, fallback in self.fallbacks.items():
            self.constants[number][0] = fallback.address

    @property
    def address(self) -> int:
        """Where the function begins."""
        return self.code.address("kernel")

    def attach(self, caller: Any) -> None:
        """Let what calls the kernel, at the address in its attribute `kernel`, find better code there once it is made.

        It must live no longer than the kernel.
        """
        with _CHANGING:
            caller.kernel = self.address
            if self.provisional:
                self._callers.append(caller)

    def take(self, code: linking.Code) -> None:
        """Run other code from the next call on, which computes the same."""
        with _CHANGING:
            # which somebody may be running
            self._former, self.code = self.code, code
            self.provisional = False
            for caller in self._callers:
                caller.kernel = self.address
            self._callers.clear()

    @property
    def size(self) -> int:
        """How many bytes its code and its constants take."""
        return len(self.code.object_code) + sum([int(constant.nbytes) for constant in self.constants])

    def run(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> Status:
        """Run on C-contiguous arrays."""
        everything = [*inputs, *self.constants]
        table_in = (ctypes.c_void_p * (len(everything) + 1))(*[a.ctypes.data for a in everything])
        table_out = (ctypes.c_void_p * (len(outputs) + 1))(*[a.ctypes.data for a in outputs])
        arena = np.empty(self.arena + 64, np.uint8)
        start = -arena.ctypes.data % 64
        function = _FUNCTION(self.address)
        return Status(function(table_in, table_out, arena.ctypes.data + start))
