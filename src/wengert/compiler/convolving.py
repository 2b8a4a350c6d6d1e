"""Convolutions of sequences: a tile of neighbouring results stays in registers along all of the shorter sequence.

At each of its numbers neighbours of the longer sequence are read as vectors. Where a tile reaches over an end of the
longer one, the lanes that lie outside are left as they are: they are not multiplied by zeros, of which an infinity
would make NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine, entrywise, ir
from wengert.compiler.buffers import Buffer, spread
from wengert.compiler.counting import counting, least, number
from wengert.compiler.lanes import joined
from wengert.compiler.plan import Call, Read, kind_of
from wengert.compiler.shape import Access, access_of
from wengert.compiler.values import Value, fma, select
from wengert.compiler.views import broadcast, compose, identity, long_axes
from wengert.graph import Equation, Literal

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter
    from wengert.compiler.planner import Planner

__all__ = ["CONVOLUTIONS", "is_convolution", "write_convolution"]

Shape = tuple[int, ...]
# Vectors of a tile: as many additions as must not wait for one another.
_VECTORS: Final = 8
# Terms that are added up plainly.
_LONGEST: Final = 256
# Multiplications that are worth a share of their own, and shares at most.
_SHARE: Final = 400_000
_SHARES: Final = 16


def _kinds(equation: Equation) -> list[Any]:
    return [kind_of(atom) for atom in (*equation.inputs, *equation.outputs)]


def is_convolution(call: Call) -> bool:
    """Whether a call convolves sequences of numbers in loops."""
    equation = call.equation
    if call.callback is not None or equation.primitive.name != "convolution":
        return False
    kinds = _kinds(equation)
    if len({kind.dtype for kind in kinds}) > 1 or entrywise.element(kinds[0].dtype) is None:
        return False
    if kinds[0].kind == "b" or not all([kind.size for kind in kinds]):
        return False
    if any([isinstance(read.base, Literal) and not np.ndim(read.base.value) for read in call.reads]):
        return False
    longer = _longer(equation)
    return _step(call.reads[longer], kinds[longer].shape) == 1


def _longer(equation: Equation) -> int:
    """Which operand is the longer sequence."""
    one, other = [kind_of(atom).shape[-1] for atom in equation.inputs]
    return 0 if one >= other else 1


def _step(read: Read, shape: Shape) -> int:
    """How far apart the neighbours of a sequence stand."""
    return access_of(read, shape).strides[-1] if shape[-1] != 1 else 1


def _convolution(planner: Planner, equation: Equation) -> bool:
    """Copy a sequence that cannot be read where it stands, and leave the rest to the writer."""
    operands = list(equation.inputs)
    longer = _longer(equation)
    for place, atom in enumerate(operands):
        kind = kind_of(atom)
        read = planner.resolve(atom, kind.shape)
        is_number = isinstance(read.base, Literal) and not np.ndim(read.base.value)
        if entrywise.element(kind.dtype) is None or not kind.size:
            return False
        if is_number or (place == longer and _step(read, kind.shape) != 1):
            operands[place] = planner.copied(atom, read)
    planner.call(Equation(equation.primitive, tuple(operands), equation.params, equation.outputs, equation.source))
    return True


def write_convolution(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    _Convolution(writer, call).write()


class _Convolution:
    """One call: out[i] is the sum over k of short[k] long[first + i - k]."""

    def __init__(self, writer: FunctionWriter, call: Call) -> None:
        self.writer = writer
        self.call = call
        self.result = call.equation.outputs[0]
        self.dtype = self.result.type.dtype
        self.kind = entrywise.element(self.dtype)
        self.longer = _longer(call.equation)
        *stack, self.count = self.result.type.shape
        self.stack: Shape = tuple(stack)
        self.long, self.short = [kind_of(call.equation.inputs[n]).shape[-1] for n in (self.longer, 1 - self.longer)]
        self.first = self.short - 1 if call.equation.params[0] else 0
        lanes = engine.vector_width() * 8 // self.dtype.itemsize
        while lanes > self.count:
            lanes //= 2
        self.lanes = lanes
        self.vectors = min(_VECTORS, self.count // lanes)
        self.width = lanes * self.vectors

    def write(self) -> None:
        """Tile after tile, in several threads where there are many; the last one may overlap the one before it."""
        tiles = -(-self.count // self.width)
        work = math.prod(self.stack) * self.count * min(self.short, self.count + self.first)
        shares = max(1, min(_SHARES, tiles, work // _SHARE))
        part = -(-tiles // shares)
        if shares == 1:
            self.tiles(number(0), number(tiles))
            return

        def write(share: Any) -> None:
            builder = self.writer.builder
            start = builder.mul(share, number(part))
            self.tiles(start, least(builder, builder.add(start, number(part)), number(tiles)))

        self.writer.share(-(-tiles // part), write)

    def tiles(self, start: Any, stop: Any) -> None:
        """The tiles of a range, for each sequence of a stack."""
        builder = self.writer.builder
        with ExitStack() as loops:
            stack = [
                loops.enter_context(counting(builder, 0, length)) if length != 1 else number(0) for length in self.stack
            ]
            long, short = [self.start(self.call.reads[n], n, stack) for n in (self.longer, 1 - self.longer)]
            target = self.start(Read(self.result, identity(len(long_axes(self.result.type.shape)))), None, stack)
            with counting(builder, start, stop) as tile:
                place = least(builder, builder.mul(tile, number(self.width)), number(self.count - self.width))
                sums = self.sums(long, short, builder.add(place, number(self.first)))
                for n, total in enumerate(sums):
                    builder.store(total.ir, self.at(target, self.moved(place, n)), align=self.dtype.itemsize)

    def start(self, read: Read, operand: int | None, stack: Sequence[Any]) -> tuple[Any, int]:
        """Where a sequence of a stack begins, and how far apart its numbers stand."""
        builder, kind = self.writer.builder, self.result.type
        if operand is not None:
            kind = kind_of(self.call.equation.inputs[operand])
        whole = (*self.stack, kind.shape[-1])
        access = access_of(Read(read.base, compose(read.view, broadcast(kind.shape, whole))), whole)
        strides = iter(access.strides)
        offset: Any = number(access.offset)
        for place, length in zip(stack, self.stack, strict=True):
            if length != 1:
                offset = builder.add(offset, builder.mul(place, number(next(strides))))
        found = builder.gep(self.writer.pointer(access.key), [offset], source_etype=self.kind)
        return found, next(strides, 1)

    def at(self, sequence: tuple[Any, int], place: Any) -> Any:
        """The address of a number of a sequence, which may be one outside."""
        start, step = sequence
        builder = self.writer.builder
        return builder.gep(start, [builder.mul(place, number(step))], source_etype=self.kind)

    def moved(self, place: Any, vector: int) -> Any:
        return self.writer.builder.add(place, number(vector * self.lanes))

    def sums(self, long: tuple[Any, int], short: tuple[Any, int], place: Any) -> list[Value]:
        """The sums of a tile: over the terms that all lanes have, and over those that some of them have."""
        builder = self.writer.builder
        zero, most = number(0), number(self.short)
        last = builder.add(place, number(self.width - 1))
        begin = _most(builder, builder.sub(place, number(self.long - 1)), zero)
        inside = least(builder, _most(builder, builder.sub(last, number(self.long - 1)), zero), most)
        outside = _most(builder, inside, least(builder, builder.add(place, number(1)), most))
        end = least(builder, builder.add(last, number(1)), most)

        def whole(term: Any, sums: list[Value]) -> list[Value]:
            factor = self.factor(short, term)
            here = builder.sub(place, term)
            return [self.added(factor, self.loaded(long, self.moved(here, n)), x) for n, x in enumerate(sums)]

        def parts(term: Any, sums: list[Value]) -> list[Value]:
            factor = self.factor(short, term)
            here = builder.sub(place, term)
            return [self.partly(factor, long, self.moved(here, n), x) for n, x in enumerate(sums)]

        nothing = [entrywise.constant(0, self.dtype, builder, self.lanes)] * self.vectors
        sums = self.ragged(begin, inside, nothing, parts)
        if self.short <= _LONGEST:
            sums = self.accumulated(inside, outside, 1, sums, whole)
        else:
            # part by part, so that roundings do not grow with the number of terms
            def part(term: Any, totals: list[Value]) -> list[Value]:
                stop = least(builder, builder.add(term, number(_LONGEST)), outside)
                found = self.accumulated(term, stop, 1, nothing, whole)
                return [total + x for total, x in zip(totals, found, strict=True)]

            sums = self.accumulated(inside, outside, _LONGEST, sums, part)
        return self.ragged(outside, end, sums, parts)

    def ragged(self, start: Any, stop: Any, sums: list[Value], body: Callable[..., list[Value]]) -> list[Value]:
        """Terms that some lanes may lack; where every tile has all of them there are none."""
        if self.first == self.short - 1 and self.count + self.first <= self.long:
            return sums
        return self.accumulated(start, stop, 1, sums, body)

    def factor(self, short: tuple[Any, int], term: Any) -> Value:
        """A number of the shorter sequence, in every lane."""
        builder = self.writer.builder
        one = builder.load(self.at(short, term), align=self.dtype.itemsize, typ=self.kind)
        return Value(spread(builder, one, self.lanes), builder, self.dtype.kind != "u")

    @staticmethod
    def added(factor: Value, x: Value, total: Value) -> Value:
        return fma(factor, x, total) if x.is_float else factor * x + total

    def buffer(self, long: tuple[Any, int], place: Any) -> Buffer:
        """Neighbours of the longer sequence."""
        start = self.at(long, place)
        return Buffer(self.writer.builder, Access(None, 0, (1,)), start, self.dtype, 0)

    def loaded(self, long: tuple[Any, int], place: Any) -> Value:
        return self.buffer(long, place).get([number(0)], self.lanes)

    def partly(self, factor: Value, long: tuple[Any, int], place: Any, total: Value) -> Value:
        """The sum with a further term in the lanes that have it."""
        builder = self.writer.builder
        word = ir.IntType(64)
        numbers = Value(ir.Constant(ir.VectorType(word, self.lanes), list(range(self.lanes))), builder)
        places = numbers + Value(spread(builder, builder.add(place, number(0)), self.lanes), builder)
        fitting = (places >= 0) & (places < self.long)
        return select(
            fitting, self.added(factor, self.buffer(long, place).get([number(0)], self.lanes, fitting), total), total
        )

    def accumulated(
        self, start: Any, stop: Any, step: int, sums: list[Value], body: Callable[..., list[Value]]
    ) -> list[Value]:
        """What a loop, which perhaps never runs, makes of values that it carries."""
        builder, before = self.writer.builder, self.writer.builder.block
        with counting(builder, start, stop, step, perhaps_never=True) as index:
            carried = [builder.phi(value.type) for value in sums]
            found = body(index, [value.wrap(phi) for value, phi in zip(sums, carried, strict=True)])
            inside = builder.block
            for phi, first, new in zip(carried, sums, found, strict=True):
                phi.add_incoming(first.ir, before)
                phi.add_incoming(new.ir, inside)
        return joined(sums, before, found, inside)


def _most(builder: Any, value: Any, bound: Any) -> Any:
    """The larger one of two numbers."""
    return builder.select(builder.icmp_signed(">", value, bound), value, bound)


CONVOLUTIONS: Final[dict[str, Any]] = {"convolution": _convolution}
