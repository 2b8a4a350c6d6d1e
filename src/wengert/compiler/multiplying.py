"""Products of matrices and vectors: as tiles or nests of loops, or, where it is faster, in parts that BLAS computes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler.contracting import effort
from wengert.compiler.entrywise import computes
from wengert.compiler.optimise.internal import INTERNAL
from wengert.compiler.plan import Contraction, Entry, Read, Reduction, kind_of
from wengert.compiler.products import is_readable
from wengert.compiler.shape import access_of
from wengert.compiler.views import Axis, compose, identity, transposed
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["PRODUCTS", "summed_in_tiles"]

Shape = tuple[int, ...]
# Multiplications up to which a product is a nest as any other: in tiles, and at all.
_TINY: Final = 256
_SMALL: Final = 4096
# Terms of a sum, and entries of the operand that is read again for all lines, from which on BLAS is better: it copies
# parts of the operands to where they are read faster.
_MOST_TERMS: Final = 1024
_MOST_ENTRIES: Final = 1 << 18
# Entries of a result to which every block of terms adds.
_MOST_SUMS: Final = 1 << 15
# Entries from which on a sum is one in tiles, and how many may stand behind its axis: of fewer, all are summed in
# registers by any nest.
_MANY: Final = 4096
_BEHIND: Final = range(8, 65)
# Lines from which on it is worth it to copy the other operand.
_LINES: Final = 6
# What it costs whoever reads a result that is transposed.
_TURNED: Final = 1.25
_ROW, _TERM, _COLUMN = -3, -2, -1


class _Axes:
    """The axes of a product by labels: those of stacks are numbered from 0."""

    def __init__(self, equation: Equation) -> None:
        kinds = [kind_of(atom) for atom in equation.inputs]
        depth = max(kinds[0].ndim, kinds[1].ndim, 2) - 2
        self.rows = (_ROW,) if kinds[0].ndim > 1 else ()
        self.columns = (_COLUMN,) if kinds[1].ndim > 1 else ()
        self.stack = tuple(range(depth))
        inner = [(*self.rows, _TERM), (_TERM, *self.columns)]
        self.labels = [
            (*self.stack[depth - max(kind.ndim - 2, 0) :], *own) for kind, own in zip(kinds, inner, strict=True)
        ]
        self.length = dict.fromkeys((_ROW, _TERM, _COLUMN), 1)
        for labels, kind in zip(self.labels, kinds, strict=True):
            for label, length in zip(labels, kind.shape, strict=True):
                self.length[label] = max(length, self.length.get(label, 1))

    def long(self, order: Sequence[int]) -> Shape:
        """The axes that are axes of the loops."""
        return tuple([label for label in order if self.length[label] != 1])

    def lengths(self, order: Sequence[int]) -> Shape:
        return tuple([self.length[label] for label in order])

    def reads(self, planner: Planner, atoms: Sequence[Var | Literal], order: Shape) -> tuple[Read, ...]:
        """The operands, by the long axes in an order."""
        reads = []
        for atom, labels in zip(atoms, self.labels, strict=True):
            kind = kind_of(atom)
            pairs = zip(labels, kind.shape, strict=True)
            view = tuple([Axis(order.index(label)) for label, length in pairs if length != 1])
            read = planner.resolve(atom, kind.shape)
            reads.append(Read(read.base, compose(read.view, view)))
        return tuple(reads)

    @property
    def sums_by_blocks(self) -> bool:
        """Whether the result is so much smaller than the operands that these are better read once, row by row."""
        m, k, n = self.lengths((_ROW, _TERM, _COLUMN))
        return not self.long(self.stack) and 4 * m * n <= k * (m + n) and m * n <= _MOST_SUMS

    @property
    def are_matrices(self) -> bool:
        """Whether it is one product, of matrices with several rows and columns."""
        return not self.stack and min(self.length.values()) > 1

    def by_terms(self, planner: Planner, atoms: Sequence[Var | Literal]) -> bool:
        """Whether what belongs to one term stands side by side, in both operands."""
        for atom, labels in zip(atoms, self.labels, strict=True):
            shape = kind_of(atom).shape
            strides = dict(zip(self.long(labels), access_of(planner.resolve(atom, shape), shape).strides, strict=True))
            if strides.get(_TERM, 0) < max(strides.values(), default=0):
                return False
        return True


def _product(planner: Planner, equation: Equation) -> bool:
    """A matrix product that loops compute as well as BLAS."""
    if not computes(equation) or min(kind_of(atom).size for atom in equation.inputs) == 0:
        return False
    axes = _Axes(equation)
    if _tiled(planner, equation, axes):
        return True
    (result,) = equation.outputs
    m, k, n = axes.lengths((_ROW, _TERM, _COLUMN))
    if min(m, k, n) > 1 and m * k * n > _SMALL and result.type.kind == "f":
        return _by_library(planner, equation)
    # every entry of the result is a sum over an axis of its own
    whole = (*axes.stack, *axes.rows, _TERM, *axes.columns)
    terms = Var(array_type(axes.lengths(whole), result.type.dtype))
    multiplied = Equation(REGISTRY["multiply"], equation.inputs, (), (terms,), equation.source)
    planner.enter(Entry(terms, multiplied, axes.reads(planner, equation.inputs, axes.long(whole))))
    # a sum of truth values is whether any of them is true
    adding = REGISTRY["any" if result.type.kind == "b" else "sum"]
    added = Equation(adding, (terms,), ((whole.index(_TERM),), False), (result,), equation.source)
    return planner.reduce(added)


def _tiled(planner: Planner, equation: Equation, axes: _Axes) -> bool:
    """A product of floating-point numbers in tiles, in the order of loops that is the least effort."""
    (result,) = equation.outputs
    if axes.length[_TERM] == 1 or (math.prod(axes.length.values()) < _TINY and not axes.are_matrices):
        return False
    by_blocks = axes.sums_by_blocks and (axes.by_terms(planner, equation.inputs) or axes.length[_TERM] > _MOST_TERMS)
    found: list[tuple[float, Shape, tuple[Read, ...]]] = []
    for inner in ((_ROW, _COLUMN), (_COLUMN, _ROW)):
        order = axes.long((_TERM, *inner) if by_blocks else (*axes.stack, inner[0], _TERM, inner[1]))
        reads = axes.reads(planner, equation.inputs, order)
        if not _are_tiles(equation, reads):
            return False
        cost = effort(axes.lengths(order), reads, result.type.dtype, order.index(_TERM))
        if cost is not None:
            turned = inner[0] == _COLUMN and len(axes.long(inner)) == 2
            found.append((cost * _TURNED if turned else cost, order, reads))
    if not found:
        return _with_copy(planner, equation, axes)
    _, order, reads = min(found, key=lambda one: one[0])
    if not by_blocks and not _fits(axes, order):
        return False
    _contraction(planner, equation, axes, order, reads)
    return True


def _by_library(planner: Planner, equation: Equation) -> bool:
    """A product, or a stack of them, that BLAS computes; what it cannot read where it stands is copied."""
    dtypes = {kind_of(atom).dtype for atom in equation.inputs}
    if len(dtypes) > 1:
        return False
    operands = []
    for atom in equation.inputs:
        read = planner.resolve(atom, kind_of(atom).shape)
        readable = is_readable(access_of(read, kind_of(atom).shape)) and not _is_number(read)
        operands.append(atom if readable else planner.copied(atom, read))
    planner.call(replace(equation, inputs=tuple(operands)))
    return True


def _is_number(read: Read) -> bool:
    """Whether all entries of an operand are one constant, which stands nowhere in memory."""
    return isinstance(read.base, Literal) and not np.ndim(read.base.value)


def _are_tiles(equation: Equation, reads: Sequence[Read]) -> bool:
    """Whether the operands stand in memory, and are floating-point numbers of one precision."""
    names = {kind_of(atom).dtype.name for atom in (*equation.inputs, *equation.outputs)}
    return names in ({"float64"}, {"float32"}) and not any(map(_is_number, reads))


def _fits(axes: _Axes, order: Shape) -> bool:
    """Whether what all lines read again stays in a cache."""
    terms = axes.length[_TERM]
    return bool(axes.rows and axes.columns) and terms <= _MOST_TERMS and terms * axes.length[order[-1]] <= _MOST_ENTRIES


def _with_copy(planner: Planner, equation: Equation, axes: _Axes) -> bool:
    """A product whose second operand is copied, so that its rows can be read in vectors."""
    left, right = equation.inputs
    order = axes.long((*axes.stack, _ROW, _TERM, _COLUMN))
    lines = axes.length[_ROW]
    if lines < _LINES or axes.length[_COLUMN] == 1 or not (axes.sums_by_blocks or _fits(axes, order)):
        return False
    copied = planner.copied(right, planner.resolve(right, kind_of(right).shape))
    return _tiled(planner, replace(equation, inputs=(left, copied)), axes)


def _contraction(
    planner: Planner, equation: Equation, axes: _Axes, order: Shape, reads: tuple[Read, ...], symmetric: bool = False
) -> None:
    """Make a nest of its own of a product."""
    (result,) = equation.outputs
    shape, dtype = result.type.shape, result.type.dtype
    turned = _COLUMN in order and _ROW in order[order.index(_COLUMN) :]
    target = Var(array_type((*shape[:-2], *shape[:-3:-1]), dtype)) if turned else result
    domain = axes.lengths(order)
    terms = Var(array_type(domain, dtype))
    multiplied = Equation(REGISTRY["multiply"], equation.inputs, (), (terms,), equation.source)
    adding = Reduction(target, "sum", Read(terms, identity(len(domain))), (order.index(_TERM),))
    _place(planner, Contraction(0, domain, [Entry(terms, multiplied, reads)], [adding], symmetric))
    if turned:
        swapped = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
        planner.alias(result, target, transposed(target.type.shape, swapped))


def _place(planner: Planner, nest: Contraction) -> None:
    """Compute a product as soon as its operands stand in memory."""
    nest.level = max([0, *(planner.ready(read) for read in nest.operands)])
    planner.note(nest.operands, nest.level)
    result = nest.reductions[0].result
    planner.level[result] = nest.level
    planner.store(result)
    planner.nests[result] = nest


def summed_in_tiles(planner: Planner, equation: Equation, domain: Shape, read: Read, axes: Shape) -> bool:
    """A sum along an axis behind which only few entries stand, which would be added to in memory again and again."""
    (result,) = equation.outputs
    if equation.primitive.name != "sum" or len(axes) != 1 or not _are_tiles(equation, (read,)):
        return False
    behind = math.prod(domain[axes[0] + 1 :])
    if math.prod(domain) < _MANY or behind not in _BEHIND:
        return False
    if effort(domain, (read,), result.type.dtype, axes[0]) is None:
        return False
    terms = Var(array_type(domain, result.type.dtype))
    adding = Reduction(result, "sum", Read(terms, identity(len(domain))), axes)
    _place(planner, Contraction(0, domain, [Entry(terms, equation, (read,))], [adding]))
    return True


def _gram(planner: Planner, equation: Equation) -> bool:
    """A matrix times its own transpose."""
    (rows,), (result,) = equation.inputs, equation.outputs
    kind = kind_of(rows)
    if _half(planner, equation, rows):
        return True
    if kind.size * result.type.shape[0] > _SMALL:
        return False
    turned = Var(array_type(kind.shape[::-1], kind.dtype))
    planner.alias(turned, rows, transposed(kind.shape, (1, 0)))
    return _product(planner, Equation(REGISTRY["matmul"], (turned, rows), (), (result,), equation.source))


def _half(planner: Planner, equation: Equation, rows: Var | Literal, *weights: Var | Literal) -> bool:
    """The product of a transposed matrix, each column times a weight, with the matrix: one half, and its image."""
    (result,) = equation.outputs
    kind = kind_of(rows)
    turned, half = Var(array_type(kind.shape[::-1], kind.dtype)), Var(result.type)
    planner.alias(turned, rows, transposed(kind.shape, (1, 0)))
    product = Equation(REGISTRY["matmul"], (turned, rows), (), (half,), equation.source)
    axes = _Axes(product)
    order = (_TERM, _ROW, _COLUMN)
    if axes.long(order) != order or not axes.sums_by_blocks or math.prod(axes.lengths(order)) <= _SMALL:
        return False
    reads = axes.reads(planner, product.inputs, order)
    for weight in weights:
        read = planner.resolve(weight, weight.type.shape)
        reads = (*reads, Read(read.base, compose(read.view, (Axis(0),))))
    if not _are_tiles(product, reads):
        return False
    if effort(axes.lengths(order), reads, result.type.dtype, 0) is None:
        # its columns stand side by side, not its rows
        return _half(planner, equation, planner.copied(rows, planner.resolve(rows, kind.shape)), *weights)
    _contraction(planner, product, axes, order, reads, symmetric=True)
    planner.call(Equation(INTERNAL["mirror"], (half,), (), (result,), equation.source))
    return True


def _weighted_gram(planner: Planner, equation: Equation) -> bool:
    """Xᵀ diag(w) X: in tiles; else of the rows times the roots of the weights' sizes, if these have one sign."""
    (rows, weights), (result,) = equation.inputs, equation.outputs
    kind, source = kind_of(rows), equation.source
    if kind.dtype != kind_of(weights).dtype or not computes(equation) or not kind.size:
        return False
    if kind.size * kind.shape[1] <= _SMALL or 1 in kind.shape:
        turned = Var(array_type(kind.shape[::-1], kind.dtype))
        planner.alias(turned, _by_rows(planner, rows, weights, source), transposed(kind.shape, (1, 0)))
        planner.place(Equation(REGISTRY["matmul"], (turned, rows), (), (result,), source))
        return True
    if _half(planner, equation, rows, weights):
        return True
    size, root = Var(kind_of(weights)), Var(kind_of(weights))
    planner.place(Equation(REGISTRY["absolute"], (weights,), (), (size,), source))
    planner.place(Equation(REGISTRY["sqrt"], (size,), (), (root,), source))
    scaled = _by_rows(planner, rows, root, source)
    if equation.params[0]:
        planner.place(Equation(INTERNAL["gram"], (scaled,), (), (result,), source))
        return True
    extremes = [Var(array_type((), kind.dtype)) for _ in range(2)]
    for name, extreme in zip(("min", "max"), extremes, strict=True):
        planner.place(Equation(REGISTRY[name], (weights,), ((0,), False), (extreme,), source))
    planner.call(Equation(equation.primitive, (scaled, rows, weights, *extremes), (), (result,), source))
    return True


def _by_rows(planner: Planner, rows: Var | Literal, weights: Var | Literal, source: Any) -> Var:
    """A matrix, each row times a weight of its own."""
    kind, factor = kind_of(rows), planner.resolve(weights, kind_of(weights).shape)
    # the weights stand along the rows
    spread = Read(factor.base, compose(factor.view, (Axis(0),) if kind.shape[0] != 1 else ()))
    scaled = Var(kind)
    multiplied = Equation(REGISTRY["multiply"], (rows, weights), (), (scaled,), source)
    planner.enter(Entry(scaled, multiplied, (planner.resolve(rows, kind.shape), spread)))
    return scaled


PRODUCTS: Final[dict[str, Any]] = {
    "matmul": _product,
    "scale_matmul": _product,
    "gram": _gram,
    "weighted_gram": _weighted_gram,
}
