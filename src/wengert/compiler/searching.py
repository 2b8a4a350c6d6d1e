"""Places in sorted numbers, by halving: as many steps for every number, without a branch that could be guessed wrong.

While one number waits for what it is compared with, the processor goes on with the next ones.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import entrywise, ir
from wengert.compiler.buffers import Buffer
from wengert.compiler.counting import INDEX, counting, least, number
from wengert.compiler.plan import Call, Read, kind_of
from wengert.compiler.shape import access_of
from wengert.compiler.status import Status
from wengert.compiler.values import Value
from wengert.compiler.views import broadcast, compose, identity, long_axes
from wengert.graph import Equation, Literal

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["is_search", "write_search"]

Shape = tuple[int, ...]
TRUTH: Final = ir.IntType(1)
# Sorted numbers for each that is looked for: of more, to see that they are sorted takes longer than to look.
_MOST_EDGES: Final = 16
# Comparisons that are worth a share of their own, and shares at most.
_SHARE: Final = 100_000
_SHARES: Final = 16


def is_search(call: Call) -> bool:
    """Whether a call looks for the places of numbers among sorted ones, in loops."""
    equation = call.equation
    if call.callback is not None or equation.primitive.name != "insertion_places":
        return False
    kinds = [kind_of(atom) for atom in equation.inputs]
    if any([entrywise.element(kind.dtype) is None or kind.kind == "b" or not kind.size for kind in kinds]):
        return False
    edges, base = kinds[0], call.reads[0].base
    if entrywise.element(_common(equation)) is None or (isinstance(base, Literal) and not np.ndim(base.value)):
        return False
    return edges.shape[-1] <= _MOST_EDGES * kind_of(equation.outputs[0]).size


def _common(equation: Equation) -> np.dtype[Any]:
    """The dtype in which numbers are compared."""
    return np.promote_types(*[kind_of(atom).dtype for atom in equation.inputs])


def write_search(writer: FunctionWriter, call: Call) -> None:
    """Write the call."""
    _Search(writer, call).write()


class _Search:
    """One call."""

    def __init__(self, writer: FunctionWriter, call: Call) -> None:
        self.writer = writer
        self.call = call
        self.equation = call.equation
        self.result = call.equation.outputs[0]
        self.common = _common(call.equation)
        self.kinds = [kind_of(atom) for atom in call.equation.inputs]
        *stack, self.count = self.result.type.shape
        self.stack: Shape = tuple(stack)
        self.edges = self.kinds[0].shape[-1]

    def write(self) -> None:
        """See that the edges are sorted, and look for each number."""
        self.refuse_unsorted()
        steps = (self.edges.bit_length() + 1) * self.result.type.size
        shares = max(1, min(_SHARES, self.count, steps // _SHARE))
        if shares == 1:
            self.look(number(0), number(self.count))
            return
        part = -(-self.count // shares)

        def write(share: Any) -> None:
            start = self.writer.builder.mul(share, number(part))
            stop = least(self.writer.builder, self.writer.builder.add(start, number(part)), number(self.count))
            self.look(start, stop)

        self.writer.share(-(-self.count // part), write)

    def places(self, loops: ExitStack, shape: Shape) -> list[Any]:
        """A loop over each axis; those of one entry are none."""
        builder = self.writer.builder
        return [loops.enter_context(counting(builder, 0, n)) if n != 1 else number(0) for n in shape]

    def get(self, operand: int, shape: Shape, places: list[Any]) -> Value:
        """The entry of an operand that is repeated to a shape, in the dtype in which it is compared."""
        builder, read, kind = self.writer.builder, self.call.reads[operand], self.kinds[operand]
        if isinstance(read.base, Literal) and not np.ndim(read.base.value):
            return entrywise.constant(read.base.value, self.common, builder, None)
        access = access_of(Read(read.base, compose(read.view, broadcast(kind.shape, shape))), shape)
        long = [place for place, length in zip(places, shape, strict=True) if length != 1]
        found = Buffer(builder, access, self.writer.pointer(access.key), kind.dtype, -1).get(long, None)
        return entrywise.cast(found, kind.dtype, self.common)

    def refuse_unsorted(self) -> None:
        """Leave the kernel where the edges are not sorted, or none are numbers: what is found then is NumPy's."""
        builder, shape = self.writer.builder, self.kinds[0].shape
        if self.edges == 1:
            return
        with builder.goto_entry_block():
            room = builder.alloca(TRUTH)
        builder.store(ir.Constant(TRUTH, 0), room)
        with ExitStack() as loops:
            stack = self.places(loops, shape[:-1])
            with counting(builder, 1, self.edges) as place:
                below = self.get(0, shape, [*stack, builder.sub(place, number(1))])
                wrong = ~(below <= self.get(0, shape, [*stack, place]))
                builder.store(builder.or_(builder.load(room, typ=TRUTH), wrong.ir), room)
        self.writer.leave_if(builder.load(room, typ=TRUTH), Status.RAISED)

    def look(self, start: Any, stop: Any) -> None:
        """Look for the numbers of a range."""
        builder, shape = self.writer.builder, self.result.type.shape
        target = access_of(Read(self.result, identity(len(long_axes(shape)))), shape)
        with ExitStack() as loops:
            stack = self.places(loops, self.stack)
            with counting(builder, start, stop) as place:
                places = [*stack, place]
                found = self.place_of(self.get(1, shape, places), stack)
                long = [at for at, length in zip(places, shape, strict=True) if length != 1]
                buffer = Buffer(builder, target, self.writer.pointer(self.result), self.result.type.dtype, -1)
                buffer.put(long, Value(found, builder))

    def place_of(self, key: Value, stack: list[Any]) -> Any:
        """How many edges come before a number: the rest of a range is halved until it is empty."""
        builder = self.writer.builder
        shape = (*self.stack, self.edges)
        left = self.equation.params[0] == "left"

        def precedes(place: Any) -> Any:
            edge = self.get(0, shape, [*stack, place])
            # what is no number comes behind all others
            return (~(edge >= key) if left else ~(edge > key)).ir

        # the lengths of all ranges but the first one are powers of two: places are added up bit by bit
        whole = 1 << (self.edges.bit_length() - 1)
        found: Any = number(0)
        if self.edges > whole:
            found = self.added(found, precedes(number(self.edges - whole - 1)), self.edges - whole)
        rest = whole
        while rest > 1:
            rest //= 2
            found = self.added(found, precedes(builder.add(found, number(rest - 1))), rest)
        return self.added(found, precedes(found), 1)

    def added(self, found: Any, truth: Any, distance: int) -> Any:
        """A place, or the one so much further where something is true."""
        builder = self.writer.builder
        return builder.add(found, builder.mul(builder.zext(truth, INDEX), number(distance)))
