"""Operations that NumPy computes on the memory of a kernel, in the middle of it."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, NoReturn

import numpy as np

from wengert.compiler.status import Status
from wengert.errors import WengertError
from wengert.graph import ArrayType, Primitive, bind

__all__ = ["DONE", "Fallback", "Known", "Stored", "keep_error", "stopped"]

DONE: Final = 1
"""What a callback returns where all went well: not zero, which ctypes gives where it has not even begun."""
# What operations raise by themselves, or rules and functions of the user's.
_ERRORS: Final = (
    *(ArithmeticError, AssertionError, AttributeError, BufferError, LookupError, NameError, NotImplementedError),
    *(TypeError, ValueError, Warning, WengertError),
)
_STOPPED_BY: Final = threading.local()
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)


def stopped(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise what has stopped the last kernel of this thread."""
    raise _STOPPED_BY.__dict__.pop("error", KeyboardInterrupt())


def keep_error(error: BaseException) -> None:
    """Keep what stops a kernel of this thread."""
    _STOPPED_BY.error = error


class Known(NamedTuple):
    """An operand that stands nowhere in memory."""

    value: Any


class Stored(NamedTuple):
    """An operand in memory: its type, and where its entries are behind the address that is handed over, in bytes."""

    type: ArrayType
    offset: int
    strides: tuple[int, ...]


class Fallback:
    """One operation that NumPy computes.

    Compiled code hands over a table of addresses: of the operands that are stored, then of the results.
    """

    def __init__(
        self,
        primitive: Primitive,
        params: tuple[Any, ...],
        operands: Sequence[Known | Stored],
        results: Sequence[ArrayType],
    ) -> None:
        self.primitive = primitive
        self.params = params
        self.operands = tuple(operands)
        self.results = tuple(results)
        self._given = [_Window(*one) if isinstance(one, Stored) else one for one in operands]
        self._targets = [_Window(kind) for kind in results]
        count = len([one for one in operands if isinstance(one, Stored)]) + len(results)
        self._addresses = ctypes.c_void_p * count
        self._callback = _CALLBACK(self._run)

    @property
    def address(self) -> int:
        """Where the function is that compiled code calls."""
        return ctypes.cast(self._callback, ctypes.c_void_p).value or 0

    def _run(self, table: int) -> int:
        try:
            self._compute(table)
        except _ERRORS:
            # the program is then run by NumPy, and raises what the user is to see
            return Status.RAISED
        except BaseException as error:  # noqa: BLE001 (ctypes would swallow it)
            keep_error(error)
            return Status.STOPPED
        return DONE

    def _compute(self, table: int) -> None:
        addresses = iter(self._addresses.from_address(table))
        operands = [one.operand(next(addresses) or 0) if isinstance(one, _Window) else one.value for one in self._given]
        results = bind(self.primitive, tuple(operands), self.params)
        several = results if self.primitive.outputs > 1 else (results,)
        for window, value in zip(self._targets, several, strict=True):
            if np.shape(value) != window.kind.shape:
                raise ValueError("the shape of a result has changed")
            np.copyto(window.array(next(addresses) or 0), value, casting="same_kind")


class _Window:
    """Entries in a kernel's memory, of which the addresses come with each call, as an array of NumPy's."""

    def __init__(self, kind: ArrayType, offset: int = 0, strides: tuple[int, ...] | None = None) -> None:
        self.kind = kind
        self.shape, self.dtype, self.strides = kind.shape, kind.dtype, strides
        reach = [(length - 1) * step for length, step in zip(kind.shape, strides or (), strict=strides is not None)]
        below, above = sum([min(end, 0) for end in reach]), sum([max(end, 0) for end in reach])
        # where the lowest entry stands, and how far behind it the first one does
        self.lowest, self.first = offset + below, -below
        extent = kind.size * kind.dtype.itemsize if strides is None else above - below + kind.dtype.itemsize
        self.memory = ctypes.c_char * extent
        # many calls work in the same memory, and to look at it takes as long as a small operation
        self.latest: tuple[int, Any] = (-1, None)

    def array(self, address: int) -> Any:
        """The entries at an address; what has none needs no address."""
        known, found = self.latest
        if known == address:
            return found
        if not self.kind.size:
            return np.empty(self.shape, self.dtype)
        memory: Any = self.memory.from_address(address + self.lowest)
        found = np.ndarray(self.shape, self.dtype, memory, self.first, self.strides)
        self.latest = (address, found)
        return found

    def operand(self, address: int) -> Any:
        """The same as an operation gets it: a number where there are no axes."""
        found = self.array(address)
        return found if self.shape else found.item() if self.kind.weak else found[()]
