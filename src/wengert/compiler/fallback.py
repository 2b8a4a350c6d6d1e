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

__all__ = ["DONE", "Fallback", "Known", "Stored", "stopped"]

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
            _STOPPED_BY.error = error
            return Status.STOPPED
        return DONE

    def _compute(self, table: int) -> None:
        addresses = iter(range(table, table + 8 * (len(self.operands) + len(self.results)), 8))

        def array(kind: ArrayType, offset: int = 0, strides: tuple[int, ...] | None = None) -> Any:
            start = ctypes.c_void_p.from_address(next(addresses)).value or 0
            return _view(start + offset, kind, strides) if kind.size else np.empty(kind.shape, kind.dtype)

        operands: list[Any] = []
        for operand in self.operands:
            if isinstance(operand, Known):
                operands.append(operand.value)
                continue
            kind, found = operand.type, array(*operand)
            operands.append(found if kind.shape else found.item() if kind.weak else found[()])
        results = bind(self.primitive, tuple(operands), self.params)
        several = results if self.primitive.outputs > 1 else (results,)
        for kind, value in zip(self.results, several, strict=True):
            if np.shape(value) != kind.shape:
                raise ValueError("the shape of a result has changed")
            np.copyto(array(kind), value, casting="same_kind")


def _view(start: int, kind: ArrayType, strides: tuple[int, ...] | None) -> Any:
    place = {"data": (start, False), "shape": kind.shape, "typestr": kind.dtype.str, "strides": strides, "version": 3}
    return np.asarray(type("Memory", (), {"__array_interface__": place})())
