"""The functions of the math library as loops over arrays, and how far their results are from the true ones."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import mpmath
import numpy as np

from wengert.compiler import engine, ir
from wengert.compiler.mathlib import FUNCTIONS
from wengert.compiler.values import Builder, Value

LONG = np.longdouble
WORD, DOUBLE = ir.IntType(64), ir.DoubleType()
PRECISE = np.finfo(LONG).nmant > 60
BINARY = {"arctan2", "power", "hypot", "logaddexp", "logaddexp2", "fmod", "remainder", "floor_divide",
          "xlogy", "xlog1py", "rel_entr", "huber"}  # fmt: skip


def arity(name: str) -> int:
    return 2 if name in BINARY else 1


def module_of(names: Iterable[str], element: Any, lanes: int | None, has_fma: bool) -> Any:
    """One loop per function, `void name(operands..., result, n)`; n is a multiple of the number of lanes."""
    module = ir.Module("mathlib")
    module.triple = engine.host().triple
    pointer = ir.PointerType()
    for name in names:
        kind = ir.FunctionType(ir.VoidType(), [pointer] * (arity(name) + 1) + [WORD])
        loop(ir.Function(module, kind, f"loop.{name}"), FUNCTIONS[name], element, lanes, has_fma)
    return module


def loop(function: Any, operation: Callable[..., Value], element: Any, lanes: int | None, has_fma: bool) -> None:
    entry, body, end = (function.append_basic_block(label) for label in ("entry", "body", "end"))
    builder = Builder(entry, has_fma)
    builder.branch(body)
    builder.position_at_end(body)
    place = builder.phi(WORD)
    place.add_incoming(ir.Constant(WORD, 0), entry)
    kind = ir.VectorType(element, lanes) if lanes else element
    *operands, result, length = function.args
    addresses = [builder.gep(array, [place], source_etype=element) for array in (*operands, result)]
    size = 8 if isinstance(element, ir.DoubleType) else 4
    values = [Value(builder.load(address, align=size, typ=kind), builder) for address in addresses[:-1]]
    builder.store(operation(*values).ir, addresses[-1], align=size)
    following = builder.add(place, ir.Constant(WORD, lanes or 1))
    place.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_unsigned("<", following, length), body, end)
    builder.position_at_end(end)
    builder.ret_void()


class Kernels:
    """All functions compiled for one element type, number of lanes and kind of multiplication."""

    def __init__(self, element: Any, lanes: int | None, has_fma: bool) -> None:
        self.dtype = np.float64 if isinstance(element, ir.DoubleType) else np.float32
        self.lanes = lanes or 1
        self.code = engine.compile_module(module_of(FUNCTIONS, element, lanes, has_fma))

    def __call__(self, name: str, *operands: Any) -> Any:
        length = len(operands[0])
        padding = -length % self.lanes
        arrays = [np.concatenate([operand, np.ones(padding)]).astype(self.dtype) for operand in operands]
        result = np.empty(length + padding, self.dtype)
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (len(arrays) + 1), ctypes.c_int64)
        function = kind(self.code.address(f"loop.{name}"))
        function(*[array.ctypes.data for array in (*arrays, result)], length + padding)
        return result[:length]


@cache
def kernels(element: Any = DOUBLE, lanes: int | None = 8, has_fma: bool = True) -> Kernels:
    return Kernels(element, lanes, has_fma)


def spacing(true: Any) -> Any:
    """The unit in the last place of double precision at each of the numbers, however small."""
    _, exponent = np.frexp(true)
    return np.ldexp(LONG(1), np.maximum(exponent - 53, -1074))


def distance(result: Any, true: Any, scale: Any = None) -> Any:
    """How many units in the last place the results are off, infinity where one is no number and the other is.

    `scale` is what they are measured against where that is larger: the size of the terms of a sum.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = true.astype(np.float64)
        finite = np.isfinite(rounded) & np.isfinite(result)
        same = (result == rounded) | (np.isnan(result) & np.isnan(rounded))
        known = np.where(finite, true, LONG(1))
        size = known if scale is None else np.maximum(np.abs(known), scale.astype(LONG))
        error = np.abs((result.astype(LONG) - known) / spacing(size)).astype(np.float64)
        # next to the largest number, infinity is the neighbour
        edge = np.abs(true) > np.finfo(np.float64).max
        return np.where(finite, error, np.where(same | (edge & np.isinf(result)), 0.0, np.inf))


def true_values(function: Callable[..., Any], *operands: Any) -> Any:
    """The function by mpmath, as long doubles; where those are no longer than doubles, to their precision."""
    result = np.empty(len(operands[0]), LONG)
    with mpmath.workprec(200):
        for place, numbers in enumerate(zip(*operands, strict=True)):
            result[place] = _long(function(*[mpmath.mpf(float(number)) for number in numbers]))
    return result


def _long(number: Any) -> Any:
    if mpmath.isnan(number) or mpmath.isinf(number) or number == 0:
        return LONG(float(number))
    mantissa, exponent = mpmath.frexp(number)
    high = float(mantissa)
    return np.ldexp(LONG(high) + LONG(float(mantissa - high)), int(exponent))
