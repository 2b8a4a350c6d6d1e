"""Factorisations of small matrices without a library, and of stacks of them.

To call LAPACK takes longer than to factor a few rows. A matrix of up to six rows is factored entry by entry, in
registers, and of a stack of such matrices as many at once as a vector has lanes. The entries of more rows are too many
for registers, and take LLVM long: a row is then a vector, short loops go through the rows, and the matrices of a stack
come one after the other.

Each of these is a function of its own, which serves all calls in a kernel that are alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from wengert.compiler import eliminating, engine, entrywise, ir, rowwise, substituting
from wengert.compiler.counting import counting, least, number, word
from wengert.compiler.gathered import Part
from wengert.compiler.plan import Call, kind_of
from wengert.compiler.shape import access_of
from wengert.compiler.status import Status
from wengert.compiler.values import Builder
from wengert.graph import ArrayType

if TYPE_CHECKING:
    from wengert.compiler.function import FunctionWriter

__all__ = ["write_unrolled"]

POINTER: Final = ir.PointerType()
# Rows up to which all entries of a matrix are in registers.
_IN_REGISTERS: Final = 6
# Matrices whose entries stand in the lanes of one vector, at most.
_WIDEST: Final = 8


def write_unrolled(writer: FunctionWriter, call: Call) -> None:
    """Write the call, or one for each few matrices of a stack."""
    work = _Work(writer, call)
    builder, count = writer.builder, work.count
    step = work.lanes or 1
    if step == count:
        work.run(number(0))
        return
    with counting(builder, 0, count, step) as start:
        # what the last ones have in common with those before is computed twice
        work.run(least(builder, start, number(count - step)) if count % step else start)


class _Work:
    """One operation on one matrix or a stack of them."""

    def __init__(self, writer: FunctionWriter, call: Call) -> None:
        self.writer = writer
        self.call = call
        first = kind_of(call.equation.inputs[0])
        self.size: int = first.shape[-1]
        self.dtype = first.dtype
        self.loop = first.shape[:-2]
        self.count = math.prod(self.loop)
        self.lanes = self._lanes()
        kinds = [kind_of(atom) for atom in (*call.equation.inputs, *call.equation.outputs)]
        self.kinds: list[ArrayType] = kinds
        addresses = [
            access_of(read, kind_of(atom).shape).key
            for read, atom in zip(call.reads, call.equation.inputs, strict=True)
        ]
        self.keys = [*addresses, *call.equation.outputs]

    def _lanes(self) -> int | None:
        """How many matrices are worked on at once."""
        if self.size > _IN_REGISTERS or self.count == 1:
            return None
        lanes = min(engine.vector_width() * 8 // self.dtype.itemsize, _WIDEST)
        while lanes > self.count:
            lanes //= 2
        return lanes if lanes > 1 else None

    def _core(self, kind: ArrayType) -> tuple[int, ...]:
        """The axes that a value has for each matrix."""
        return kind.shape[len(self.loop) :]

    def run(self, first: Any) -> None:
        """Call the function for the matrices that begin with the one of that number."""
        builder = self.writer.builder
        addresses = []
        for key, kind in zip(self.keys, self.kinds, strict=True):
            place = builder.mul(first, number(math.prod(self._core(kind))))
            start = self.writer.pointer(key)
            addresses.append(builder.gep(start, [place], source_etype=entrywise.element(kind.dtype)))
        self.writer.check(builder.call(self._function(), addresses))

    def _function(self) -> Any:
        """The function that works on one matrix, or on as many as there are lanes."""
        equation, module = self.call.equation, self.writer.module
        shapes = [self._core(kind) for kind in self.kinds]
        name = f"{equation.primitive.name} {equation.params} {shapes} {self.dtype.name} {self.lanes}"
        found = module.globals.get(name)
        if found is not None:
            return found
        function = ir.Function(module, ir.FunctionType(ir.IntType(32), [POINTER] * len(self.kinds)), name)
        function.linkage = "internal"
        builder = Builder(function.append_basic_block("entry"), engine.has_fma())
        body = function.append_basic_block("body")
        builder.branch(body)
        builder.position_at_end(body)
        parts = [
            Part(
                builder,
                start,
                entrywise.element(kind.dtype),
                shape[-1] if len(shape) > 1 else 1,
                math.prod(shape),
                self.lanes,
            )
            for start, kind, shape in zip(function.args, self.kinds, shapes, strict=True)
        ]
        bad, status = _WRITERS[equation.primitive.name](parts, self.size, equation.params)
        builder.ret(builder.select(bad, word(status), word(Status.DONE)))
        return function


# What each writes of its operands and results: whether NumPy has to do it, and the status that says so.
_Found = tuple[Any, Status]


def _in_registers(size: int) -> bool:
    return size <= _IN_REGISTERS


def _lu(parts: list[Part], size: int, params: Any) -> _Found:
    source, factors, pivots, zero_pivot = parts
    # a matrix with a pivot of zero is refused
    zero_pivot.fill([zero_pivot.constant(0)])
    eliminate = eliminating.eliminate if _in_registers(size) else rowwise.eliminate
    return eliminate(source, factors, pivots, size), Status.LOST


def _lu_solve(parts: list[Part], size: int, params: Any) -> _Found:
    factors, pivots, _, right, target = parts
    solve = substituting.solve if _in_registers(size) else rowwise.solve
    return solve(factors, pivots, right, target, size, params[0]), Status.LOST


def _lu_inverse(parts: list[Part], size: int, params: Any) -> _Found:
    factors, pivots, _, target = parts
    inverse = substituting.inverse if _in_registers(size) else rowwise.inverse
    return inverse(factors, pivots, target, size), Status.LOST


def _lu_cofactor(parts: list[Part], size: int, params: Any) -> _Found:
    matrix, factors, pivots, _, target = parts
    cofactors = substituting.cofactors if _in_registers(size) else rowwise.cofactors
    return cofactors(matrix, factors, pivots, target, size), Status.RAISED


def _cholesky(parts: list[Part], size: int, params: Any) -> _Found:
    cholesky = eliminating.cholesky if _in_registers(size) else rowwise.cholesky
    source, factor = parts
    return cholesky(source, factor, size), Status.RAISED


def _cholesky_inverse(parts: list[Part], size: int, params: Any) -> _Found:
    inverse = substituting.inverse_of_square if _in_registers(size) else rowwise.inverse_of_square
    factor, target = parts
    return inverse(factor, target, size), Status.RAISED


def _triangular_solve(parts: list[Part], size: int, params: Any) -> _Found:
    solve = substituting.solve_triangle if _in_registers(size) else rowwise.solve_triangle
    triangle, right, target = parts
    lower, transposed = params
    return solve(triangle, right, target, size, lower, transposed), Status.RAISED


_WRITERS: Final[dict[str, Callable[[list[Part], int, Any], _Found]]] = {
    "cholesky": _cholesky,
    "cholesky_inverse": _cholesky_inverse,
    "lu": _lu,
    "lu_cofactor": _lu_cofactor,
    "lu_inverse": _lu_inverse,
    "lu_solve": _lu_solve,
    "triangular_solve": _triangular_solve,
}
