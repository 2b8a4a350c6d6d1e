"""What compiled code leaves to libraries: matrix products to BLAS, and every operation without a loop to NumPy."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NoReturn

import numpy as np
from llvmlite import ir

from wengert.compiler import engine
from wengert.compiler.plan import Call, Read, kind_of
from wengert.compiler.shape import Access, access_of
from wengert.compiler.values import Builder
from wengert.errors import WengertError
from wengert.graph import ArrayType, Literal, bind

__all__ = ["RAISED", "STOPPED", "Fallback", "blas", "stopped"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
ADDRESS: Final = ir.IntType(64)
RAISED: Final = 3
"""What a kernel returns where an operation of NumPy's has raised an exception."""
STOPPED: Final = 4
"""What it returns where something else has come in between: an interrupt, or what a handler of signals raises."""
_DONE: Final = 1
# What operations raise by themselves, or rules and functions of the user's.
_ERRORS: Final = (
    *(ArithmeticError, AssertionError, AttributeError, BufferError, LookupError, NameError, NotImplementedError),
    *(TypeError, ValueError, Warning, WengertError),
)
_STOPPED_BY: Final = threading.local()
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)


def blas(name: str) -> None:
    """Provide a routine of SciPy's BLAS to compiled code under its Fortran name."""
    library: Any = import_module("scipy.linalg.cython_blas")
    capsule = library.__pyx_capi__[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    address = api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule))
    engine.provide(f"{name}_of_scipy", address, library)


def stopped(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise what has stopped the last kernel of this thread."""
    raise _STOPPED_BY.__dict__.pop("error", KeyboardInterrupt())


class Fallback:
    """One equation that NumPy computes on the memory of a kernel."""

    def __init__(self, call: Call) -> None:
        self.equation = call.equation
        pairs = zip(call.reads, call.equation.inputs, strict=True)
        self.accesses = [_whole_access(read, atom.type) for read, atom in pairs]
        # operands that stand nowhere in memory
        self.fixed = [_fixed(read, atom) for read, atom in zip(call.reads, call.equation.inputs, strict=True)]
        self.callback = _CALLBACK(self._run)
        assert call.callback is not None
        self.place = call.callback
        # compiled code finds the address in a constant, so that it is the same code in every process
        self.place.value[0] = ctypes.cast(self.callback, ctypes.c_void_p).value or 0

    def write(self, builder: Builder, pointer: Callable[[Any], Any]) -> Any:
        """The call, whose result is 0 if all went well."""
        addresses = [pointer(access.key) for access in self.accesses if access is not None]
        addresses += [pointer(variable) for variable in self.equation.outputs]
        with builder.goto_entry_block():
            table = builder.alloca(ADDRESS, size=max(len(addresses), 1))
        for number, address in enumerate(addresses):
            place = builder.gep(table, [ir.Constant(WORD, number)])
            builder.store(builder.ptrtoint(address, ADDRESS), place)
        kind = ir.FunctionType(WORD, [POINTER])
        held = builder.load(pointer(id(self.place)), align=8, typ=ADDRESS)
        function = builder.inttoptr(held, kind.as_pointer())
        found = builder.call(function, [builder.bitcast(table, POINTER)])
        done = builder.icmp_unsigned("==", found, ir.Constant(WORD, _DONE))
        # zero is what ctypes gives where a signal's handler has raised before the first line of the function
        lost = builder.icmp_unsigned("==", found, ir.Constant(WORD, 0))
        failed = builder.select(lost, ir.Constant(WORD, STOPPED), found)
        return builder.select(done, ir.Constant(WORD, 0), failed)

    def _run(self, table: int) -> int:
        try:
            self._compute(table)
        except _ERRORS:
            # the program is then run by NumPy, and raises what the user is to see
            return RAISED
        except BaseException as error:  # noqa: BLE001 (ctypes would swallow it)
            _STOPPED_BY.error = error
            return STOPPED
        return _DONE

    def _compute(self, table: int) -> None:
        addresses = iter(range(table, table + 8 * (len(self.accesses) + len(self.equation.outputs)), 8))

        def array(kind: ArrayType, access: Access | None) -> Any:
            start = ctypes.c_void_p.from_address(next(addresses)).value or 0
            if kind.size == 0:
                return np.empty(kind.shape, kind.dtype)
            size = kind.dtype.itemsize
            if access is None:
                return _view(start, kind.shape, kind.dtype, None)
            # axes of length one have no stride of their own
            strides = iter(access.strides)
            full = tuple([next(strides) * size if length != 1 else 0 for length in kind.shape])
            return _view(start + access.offset * size, kind.shape, kind.dtype, full)

        operands: list[Any] = []
        for access, atom, value in zip(self.accesses, self.equation.inputs, self.fixed, strict=True):
            if access is None:
                operands.append(value)
                continue
            kind = kind_of(atom)
            found = array(kind, access)
            operands.append(found if kind.shape else found.item() if kind.weak else found[()])
        results = bind(self.equation.primitive, tuple(operands), self.equation.params)
        several = results if self.equation.primitive.outputs > 1 else (results,)
        for variable, value in zip(self.equation.outputs, several, strict=True):
            if np.shape(value) != variable.type.shape:
                raise ValueError("the shape of a result has changed")
            np.copyto(array(variable.type, None), value, casting="same_kind")


def _view(start: int, shape: tuple[int, ...], dtype: Any, strides: Any) -> Any:
    interface = {"data": (start, False), "shape": shape, "typestr": dtype.str, "strides": strides, "version": 3}
    return np.asarray(type("Memory", (), {"__array_interface__": interface})())


def _whole_access(read: Read, kind: Any) -> Access | None:
    if not isinstance(kind, ArrayType) or (isinstance(read.base, Literal) and not np.ndim(read.base.value)):
        return None
    return access_of(read, kind.shape)


def _fixed(read: Read, atom: Any) -> Any:
    """The value of an operand that is known: a literal, or an array whose entries are one number."""
    if isinstance(atom, Literal):
        return atom.value
    if isinstance(read.base, Literal) and not np.ndim(read.base.value):
        return np.broadcast_to(np.asarray(read.base.value, atom.type.dtype), atom.type.shape)
    return None
