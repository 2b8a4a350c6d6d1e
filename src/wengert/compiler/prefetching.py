"""What the next step of a loop reads and writes, fetched into the cache while this step computes.

What a loop keeps of all its steps is larger than the caches. A step meets its own part of it for the first time, and
waits for memory at every line unless the line has been asked for before. So a nest in the body of a loop asks, for
each line that it reads or writes itself, for one of the next step's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wengert.compiler import ir
from wengert.compiler.buffers import Buffer
from wengert.compiler.counting import number
from wengert.compiler.memory import bytes_of
from wengert.compiler.plan import Contraction, Nest, Plan, Read, kind_of
from wengert.compiler.values import Builder
from wengert.compiler.views import identity
from wengert.graph import Var

__all__ = ["LINE", "Ahead", "Stream", "companions", "is_worth_it", "prefetch"]

POINTER: Final = ir.PointerType()
WORD: Final = ir.IntType(32)
BYTE: Final = ir.IntType(8)
LINE: Final = 64
"""Bytes of one line of a cache."""
# Bytes of the part of one step: less is there soon, and of more the first is gone when the last has come.
_LEAST: Final = 1 << 12
_MOST: Final = 1 << 18
# Bytes of the parts of all steps that a second-level cache may hold by itself.
_HELD: Final = 1 << 20
# How near to the processor: in the first level of caches.
_NEAR: Final = 3


@dataclass(frozen=True)
class Stream:
    """An array of all steps: what stands for the part of one step in the body, and the bytes to that of the next."""

    variable: Var
    distance: int
    is_written: bool


@dataclass(frozen=True)
class Ahead:
    """A stream, and what a nest reads or writes line by line as the next step does that of the stream."""

    guide: Read | Var
    stream: Stream


def is_worth_it(variable: Var, count: int) -> bool:
    """Whether the parts of so many steps, each like this value, are better fetched ahead."""
    size = bytes_of(kind_of(variable))
    return _LEAST <= size <= _MOST and size * count > _HELD


def companions(plan: Plan, streams: Sequence[Stream]) -> dict[int, list[Ahead]]:
    """By the identities of nests, what is fetched in each: where a stream is written, or if possible not read."""
    found: dict[int, list[Ahead]] = {}
    nests = [step for step in plan.steps if isinstance(step, Nest) and not isinstance(step, Contraction)]
    for stream in streams:
        size = bytes_of(kind_of(stream.variable))
        choices = [(nest, guide) for nest in nests for guide in _guides(nest, plan, size)]
        if choices:
            nest, guide = min(choices, key=lambda choice: _rank(stream, plan, *choice))
            found.setdefault(id(nest), []).append(Ahead(guide, stream))
    return found


def _guides(nest: Nest, plan: Plan, size: int) -> list[Read | Var]:
    """What a nest writes or reads from the first entry to the last, of so many bytes."""
    written = [entry.result for entry in nest.entries if entry.result in plan.stored]
    own, whole = {entry.result for entry in nest.operations()}, identity(len(nest.domain))
    read = [read for read in nest.reads() if read.view == whole and isinstance(read.base, Var) and read.base not in own]
    found: list[Read | Var] = [result for result in written if bytes_of(result.type) == size]
    return [*found, *[one for one in read if bytes_of(kind_of(one.base)) == size]]


def _rank(stream: Stream, plan: Plan, nest: Nest, guide: Read | Var) -> bool:
    """False where a guide fits well."""
    if stream.is_written:
        wanted = stream.variable
        return isinstance(guide, Read) or plan.same.get(guide, guide) is not plan.same.get(wanted, wanted)
    # a nest that waits for its own lines has no time to ask for others
    return any(read.base is stream.variable for read in nest.reads())


def prefetch(builder: Builder, buffer: Buffer, places: Sequence[Any], lanes: int | None, is_written: bool) -> None:
    """Ask for the lines of the neighbours at a place."""
    if lanes is None or buffer.access.strides[buffer.vector] != 1:
        return
    kind = ir.FunctionType(ir.VoidType(), [POINTER, WORD, WORD, WORD])
    function = builder.module.declared("llvm.prefetch.p0", kind)
    how = [ir.Constant(WORD, int(is_written)), ir.Constant(WORD, _NEAR), ir.Constant(WORD, 1)]
    first = buffer.address(places, False)
    for offset in range(0, lanes * buffer.dtype.itemsize, LINE):
        address = builder.gep(first, [number(offset)], source_etype=BYTE) if offset else first
        builder.call(function, [address, *how])
