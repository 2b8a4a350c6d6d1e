"""A graph as one machine-code function."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.compiler import engine
from wengert.compiler.calls import RAISED
from wengert.compiler.function import FINITE, Assembly, FunctionWriter
from wengert.compiler.plan import Block
from wengert.compiler.planner import laid_out
from wengert.graph import Graph, Literal

__all__ = ["FINITE", "LOST", "MISSED", "RAISED", "Kernel", "compile_kernel"]


@dataclass
class Kernel:
    """Machine code of a graph: `i32 kernel(i8** inputs, i8** outputs, i8* arena)`, 0 where all went well.

    `constants` are arrays whose addresses follow those of the inputs.
    """

    code: Any
    address: int
    block: Block
    constants: list[Any]
    kept: list[Any]
    seconds: dict[str, float]
    heavy: bool

    def run(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> int:
        """Run on C-contiguous arrays."""
        everything = [*inputs, *self.constants]
        table_in = (ctypes.c_void_p * (len(everything) + 1))(*[a.ctypes.data for a in everything])
        table_out = (ctypes.c_void_p * (len(outputs) + 1))(*[a.ctypes.data for a in outputs])
        arena = np.empty(self.block.layout.arena + 64, np.uint8)
        start = -arena.ctypes.data % 64
        function = _FUNCTION(self.address)
        return int(function(table_in, table_out, arena.ctypes.data + start))


_FUNCTION: Final = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


MISSED, LOST = 1, 2
"""What a kernel returns where a steering value differs, and where a result holds a NaN."""


def compile_kernel(
    graph: Graph, *, expected: Sequence[Any] = (), lost: Sequence[int] = (), cache: bool = False
) -> Kernel:
    """Machine code of a graph.

    The last outputs of the graph steer the program, and must be `expected` (finite, if that is `FINITE`); outputs whose
    numbers are in `lost` must hold no NaN. With `cache` the object code is kept on the disk, and taken from there.
    """
    clock = time.perf_counter()
    block = laid_out(graph, len(graph.outputs) - len(expected))
    assembly = Assembly()
    FunctionWriter(assembly, block, "kernel").write(expected, lost)
    seconds = {"write": time.perf_counter() - clock}
    text = str(assembly.module)
    code = engine.compile_module(text, key=text if cache else None)
    seconds.update(code.seconds)
    constants = [_array(literal) for literal in block.plan.constants]
    heavy = any([cluster.blocks is not None for cluster in block.clusters]) or bool(block.plan.calls())
    return Kernel(code, code.address("kernel"), block, constants, assembly.kept, seconds, heavy)


def _array(literal: Literal) -> Any:
    return np.ascontiguousarray(literal.value)
