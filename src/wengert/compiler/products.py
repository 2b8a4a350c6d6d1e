"""Matrix products of compiled code: BLAS for those that are large enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final

from wengert.compiler import ir
from wengert.compiler.calls import blas
from wengert.compiler.counting import INDEX, counting, number
from wengert.compiler.plan import Call, Read
from wengert.compiler.shape import Access, access_of
from wengert.compiler.values import Builder
from wengert.compiler.views import identity, long_axes

__all__ = ["is_product", "is_readable", "write_product"]

POINTER: Final = ir.PointerType()
BYTE: Final = ir.IntType(8)
WORD: Final = ir.IntType(32)
_PRODUCTS: Final = frozenset({"matmul", "scale_matmul", "gram", "weighted_gram", "mirror"})
Pointer = Callable[[Any], Any]


def _matrix(access: Access) -> tuple[bool, int] | None:
    """Whether a matrix stands column after column, and the distance of its lines; None where BLAS cannot read it."""
    rows, columns = access.strides[-2:]
    if columns == 1 and rows >= 1:
        return False, rows
    if rows == 1 and columns >= 1:
        return True, columns
    return None


def _operands(call: Call) -> list[Access]:
    """Where the matrices of a product stand."""
    return [access_of(read, _shape(atom)) for read, atom in zip(call.reads, call.equation.inputs, strict=True)]


def _shape(atom: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = atom.type.shape
    return shape


def is_product(call: Call) -> bool:
    """Whether BLAS computes a call."""
    equation = call.equation
    if call.callback is not None or equation.primitive.name not in _PRODUCTS:
        return False
    matrices = 2 if equation.primitive.name == "weighted_gram" else len(equation.inputs)
    kinds: list[Any] = [atom.type for atom in equation.inputs[:matrices]]
    several = len(kinds) == 2 and equation.primitive.name != "weighted_gram"
    if any([kind.ndim < 2 or (kind.ndim > 2 and not several) for kind in kinds]):
        return False
    if any([1 in kind.shape[-2:] or 0 in kind.shape for kind in kinds]):
        return False
    if {kind.dtype.name for kind in kinds} not in ({"float64"}, {"float32"}):
        return False
    return all([is_readable(access) for access in _operands(call)[:matrices]])


def is_readable(access: Access) -> bool:
    """Whether BLAS can read a matrix, or each of a stack of them, where it stands."""
    return _matrix(access) is not None


def write_product(builder: Builder, call: Call, pointer: Pointer) -> None:
    """The call of BLAS, which reads the rows of C as the columns of Fortran: (A B)ᵀ = Bᵀ Aᵀ."""
    caller = _Caller(builder, call, pointer)
    if call.equation.primitive.name == "weighted_gram":
        _weighted_gram(caller)
    elif call.equation.primitive.name == "gram":
        _gram(caller, 1.0)
    elif call.equation.primitive.name == "mirror":
        _copy_half(caller)
    else:
        _product(caller)


class _Caller:
    """Writes arguments of a BLAS routine, all of which are addresses."""

    def __init__(self, builder: Builder, call: Call, pointer: Pointer) -> None:
        self.builder = builder
        self.call = call
        self.pointer = pointer
        result: Any = call.equation.outputs[0].type
        self.result = result
        self.number = ir.FloatType() if result.dtype.itemsize == 4 else ir.DoubleType()
        self.letter = "s" if result.dtype.itemsize == 4 else "d"
        # of several products: how many entries on the operands and the result of one stand
        self.offsets: list[Any] = []

    def room(self, kind: Any, value: Any) -> Any:
        """The address of a constant, which stands in the module once."""
        return self.builder.module.constant(kind, value)

    def word(self, value: int) -> Any:
        return self.room(WORD, value)

    def character(self, value: str) -> Any:
        return self.room(BYTE, ord(value))

    def start(self, access: Access) -> Any:
        """The address of a matrix."""
        offset = ir.Constant(INDEX, access.offset)
        return self.builder.gep(self.pointer(access.key), [offset], source_etype=self.number)

    def moved(self, address: Any, which: int) -> Any:
        """The address of a matrix, or of one of several."""
        return self.builder.gep(address, [self.offsets[which]], source_etype=self.number) if self.offsets else address

    def offset(self, turns: Sequence[Any], strides: Sequence[int]) -> Any:
        """How many entries on a place of several loops stands."""
        total: Any = number(0)
        for turn, stride in zip(turns, strides, strict=True):
            if stride:
                total = self.builder.add(total, self.builder.mul(turn, number(stride)))
        return total

    def target(self) -> Any:
        """The address of the result."""
        return self.pointer(self.call.equation.outputs[0])

    def routine(self, name: str, arguments: Sequence[Any]) -> None:
        """Call a routine of SciPy's BLAS."""
        blas(self.letter + name)
        symbol = f"{self.letter}{name}_of_scipy"
        function = self.builder.module.globals.get(symbol)
        if function is None:
            kind = ir.FunctionType(ir.VoidType(), [POINTER] * len(arguments))
            function = ir.Function(self.builder.module, kind, symbol)
        self.builder.call(function, [self.builder.bitcast(argument, POINTER) for argument in arguments])


def _product(caller: _Caller) -> None:
    """C = A B by gemm, or several such products one after the other."""
    left, right = _operands(caller.call)
    shapes = [_shape(atom) for atom in caller.call.equation.inputs]
    shape: tuple[int, ...] = caller.result.shape
    sizes = (shapes[0][-2], shapes[0][-1], shapes[1][-1])
    target = access_of(Read(caller.call.equation.outputs[0], identity(len(long_axes(shape)))), shape)
    stack = shape[:-2]
    distances = [_along_stack(access, kind, stack) for access, kind in zip((left, right), shapes, strict=True)]
    distances.append(_along_stack(target, shape, stack))
    with ExitStack() as loops:
        turns = [
            loops.enter_context(counting(caller.builder, 0, length)) if length != 1 else number(0) for length in stack
        ]
        caller.offsets = [caller.offset(turns, strides) for strides in distances]
        _multiply(caller, left, right, sizes)


def _along_stack(access: Access, shape: tuple[int, ...], stack: tuple[int, ...]) -> list[int]:
    """How far apart the matrices of a stack stand, along each axis of the stack of results."""
    strides = iter(access.strides)
    found = [next(strides) if length != 1 else 0 for length in shape[:-2]]
    return [0] * (len(stack) - len(found)) + found


def _multiply(caller: _Caller, left: Access, right: Access, sizes: tuple[int, int, int]) -> None:
    """The product of two matrices, of so many rows, terms and columns."""
    turned = [_matrix(access) for access in (left, right)]
    assert turned[0] is not None
    assert turned[1] is not None
    rows, inner, columns = sizes
    caller.routine(
        "gemm",
        [
            caller.character("T" if turned[1][0] else "N"), caller.character("T" if turned[0][0] else "N"),
            caller.word(columns), caller.word(rows), caller.word(inner), caller.room(caller.number, 1.0),
            caller.moved(caller.start(right), 1), caller.word(turned[1][1]),
            caller.moved(caller.start(left), 0), caller.word(turned[0][1]),
            caller.room(caller.number, 0.0), caller.moved(caller.target(), 2), caller.word(columns),
        ],
    )  # fmt: skip


def _gram(caller: _Caller, factor: float) -> None:
    """C = ±Aᵀ A by syrk, which fills one triangle; the other one is copied."""
    access = _operands(caller.call)[0]
    turned = _matrix(access)
    assert turned is not None
    inner, size = _shape(caller.call.equation.inputs[0])
    caller.routine(
        "syrk",
        [
            caller.character("U"), caller.character("T" if turned[0] else "N"), caller.word(size), caller.word(inner),
            caller.room(caller.number, factor), caller.start(access), caller.word(turned[1]),
            caller.room(caller.number, 0.0), caller.target(), caller.word(size),
        ],
    )  # fmt: skip
    _mirror(caller, size)


def _weighted_gram(caller: _Caller) -> None:
    """C = Xᵀ diag(w) X: by syrk where all weights have one sign, which only the running program knows."""
    builder, number = caller.builder, caller.number
    scaled, rows, weights, low, high = _operands(caller.call)
    zero = ir.Constant(number, 0.0)
    lowest, highest = [builder.load(caller.start(access), typ=number) for access in (low, high)]
    with builder.if_else(builder.fcmp_ordered(">=", lowest, zero)) as (positive, otherwise):
        with positive:
            _gram(caller, 1.0)
        with otherwise, builder.if_else(builder.fcmp_ordered("<=", highest, zero)) as (negative, mixed):
            with negative:
                _gram(caller, -1.0)
            with mixed:
                _scale_rows(caller, scaled, rows, weights)
                count, size = _shape(caller.call.equation.inputs[0])
                turned = Access(rows.key, rows.offset, rows.strides[::-1])
                _multiply(caller, turned, scaled, (size, count, size))


def _scale_rows(caller: _Caller, scaled: Access, rows: Access, weights: Access) -> None:
    """The rows times the weights, in the room of the scaled ones."""
    builder, number = caller.builder, caller.number
    starts = [caller.start(access) for access in (scaled, rows, weights)]

    def entry(place: int, access: Access, *indices: Any) -> Any:
        offset: Any = ir.Constant(INDEX, 0)
        for index, stride in zip(indices, access.strides, strict=True):
            offset = builder.add(offset, builder.mul(index, ir.Constant(INDEX, stride)))
        return builder.gep(starts[place], [offset], inbounds=True, source_etype=number)

    count, size = _shape(caller.call.equation.inputs[0])
    with counting(builder, 0, count) as row:
        weight = builder.load(entry(2, weights, row), typ=number)
        with counting(builder, 0, size) as column:
            value = builder.load(entry(1, rows, row, column), typ=number)
            builder.store(builder.fmul(value, weight), entry(0, scaled, row, column))


def _mirror(caller: _Caller, size: int) -> None:
    """Copy the lower triangle, in rows, of a result to the upper one."""
    builder, target = caller.builder, caller.target()

    def entry(row: Any, column: Any) -> Any:
        place = builder.add(builder.mul(row, ir.Constant(INDEX, size)), column)
        return builder.gep(target, [place], inbounds=True, source_etype=caller.number)

    with counting(builder, 1, size) as row, counting(builder, 0, row) as column:
        builder.store(builder.load(entry(row, column), typ=caller.number), entry(column, row))


def _copy_half(caller: _Caller) -> None:
    """Copy what stands on the diagonal of a matrix and right of it, and its mirror image."""
    builder, target = caller.builder, caller.target()
    (access,), (size, _) = _operands(caller.call), caller.result.shape
    source = caller.start(access)

    def entry(start: Any, row: Any, column: Any, line: int, step: int = 1) -> Any:
        place = builder.add(builder.mul(row, number(line)), builder.mul(column, number(step)))
        return builder.gep(start, [place], inbounds=True, source_etype=caller.number)

    with counting(builder, 0, size) as row, counting(builder, row, size) as column:
        value = builder.load(entry(source, row, column, *access.strides), typ=caller.number)
        builder.store(value, entry(target, row, column, size))
        builder.store(value, entry(target, column, row, size))
