"""What a kernel finds in its results, at whichever place it stands."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from wengert.compiler import engine, ir
from wengert.compiler.checks import differs, holds_nan
from wengert.compiler.values import Builder

SIZES = (0, 1, 2, 3, 5, 8, 9, 15, 16, 31, 32, 33, 40, 63, 64, 65, 100)
BIT = ir.IntType(1)


def asking(write):
    """A function of an array, compiled."""
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(BIT, [ir.PointerType()]), "ask")
    builder = Builder(function.append_basic_block("entry"))
    builder.ret(write(builder, function.args[0]))
    code = engine.compile_module(module)
    ask = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)(code.address("ask"))
    # the code lives as long as the function
    return lambda array, code=code: ask(array.ctypes.data)


@pytest.mark.parametrize("width", [2, 8])
@pytest.mark.parametrize("or_infinite", [False, True])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "c16"])
@pytest.mark.parametrize("size", SIZES)
def test_a_nan_is_found_wherever_it_stands(size, dtype, or_infinite, width):
    dtype = np.dtype(dtype)
    ask = asking(lambda builder, address: holds_nan(builder, address, size, dtype, width, or_infinite))
    # what stands around it does not count
    around = np.full(size + 2, np.nan, dtype)
    inside = around[1:-1]
    for found, expected in ((1.0, False), (np.inf, or_infinite), (-np.inf, or_infinite), (np.nan, True)):
        for place in range(size):
            inside[:] = 0.5
            inside[place] = found
            assert ask(inside) == expected, (place, found)
    inside[:] = 0.5
    assert not ask(inside)


@pytest.mark.parametrize("size", SIZES)
def test_a_difference_is_found_wherever_it_stands(size):
    expected = np.arange(size, dtype=np.uint8)
    ask = asking(lambda builder, address: differs(builder, address, expected))
    assert not ask(expected.copy())
    for place in range(size):
        other = expected.copy()
        other[place] += 1
        assert ask(other), place
