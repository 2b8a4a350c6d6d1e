"""How compiled code calls an operation that NumPy computes: through a table of addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.compiler import ir
from wengert.compiler.counting import word
from wengert.compiler.fallback import DONE, Fallback, Known, Stored
from wengert.compiler.plan import Call, Read, kind_of
from wengert.compiler.shape import access_of, key_of
from wengert.compiler.status import Status
from wengert.compiler.values import Builder
from wengert.graph import ArrayType, Literal

__all__ = ["blas", "fallback_of", "write_fallback"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
ADDRESS: Final = ir.IntType(64)


def blas(name: str) -> None:
    """A routine is provided by `library` when it is first needed."""


def fallback_of(call: Call) -> Fallback:
    """What NumPy has to do for a call."""
    equation = call.equation
    operands = [_operand(read, atom) for read, atom in zip(call.reads, equation.inputs, strict=True)]
    results = [variable.type for variable in equation.outputs]
    return Fallback(equation.primitive, equation.params, operands, results)


def _operand(read: Read, atom: Any) -> Known | Stored:
    base = read.base
    is_number = isinstance(base, Literal) and not np.ndim(base.value)
    if not isinstance(atom.type, ArrayType) or (is_number and isinstance(atom, Literal)):
        return Known(atom.value)
    kind = kind_of(atom)
    if isinstance(base, Literal) and is_number:
        # an array whose entries are one number
        return Known(np.broadcast_to(np.asarray(base.value, kind.dtype), kind.shape))
    access, size = access_of(read, kind.shape), kind.dtype.itemsize
    # axes of length one have no stride of their own
    strides = iter(access.strides)
    full = tuple([next(strides) * size if length != 1 else 0 for length in kind.shape])
    return Stored(kind, access.offset * size, full)


def write_fallback(builder: Builder, call: Call, fallback: Fallback, pointer: Callable[[Any], Any]) -> Any:
    """The call, whose result is a status; compiled code finds the address of the function in a constant."""
    pairs = zip(call.reads, fallback.operands, strict=True)
    addresses = [pointer(key_of(read.base)) for read, operand in pairs if isinstance(operand, Stored)]
    addresses += [pointer(variable) for variable in call.equation.outputs]
    with builder.goto_entry_block():
        table = builder.alloca(ADDRESS, size=max(len(addresses), 1))
    for number, address in enumerate(addresses):
        place = builder.gep(table, [ir.Constant(WORD, number)])
        builder.store(builder.ptrtoint(address, ADDRESS), place)
    kind = ir.FunctionType(WORD, [POINTER])
    held = builder.load(pointer(id(call.callback)), align=8, typ=ADDRESS)
    function = builder.inttoptr(held, kind.as_pointer())
    found = builder.call(function, [builder.bitcast(table, POINTER)])
    done = builder.icmp_unsigned("==", found, ir.Constant(WORD, DONE))
    # as where a signal's handler has raised before the first line of the function
    lost = builder.icmp_unsigned("==", found, ir.Constant(WORD, 0))
    return builder.select(done, word(Status.DONE), builder.select(lost, word(Status.STOPPED), found))
