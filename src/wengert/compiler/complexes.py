"""Complex numbers in loops: as two real ones each, which stand beside one another in memory.

The formulas are those that NumPy computes with, with zeros and infinities as they are: a real operand has the imaginary
part zero, which is multiplied as any other number, so that the sign of a zero, which says on which side of a cut a root
or a logarithm is, comes out as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler import engine
from wengert.compiler.entrywise import computes
from wengert.compiler.nest import NestWriter
from wengert.compiler.plan import Entry, Nest, Piece, Read, kind_of
from wengert.compiler.shape import key_of
from wengert.compiler.values import Builder
from wengert.compiler.views import Axis, compose, identity, long_axes
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["COMPLEX", "copied_pairs", "write_copy"]

concatenate: Final = REGISTRY["concatenate"]


def real_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of the parts of a complex number."""
    return np.dtype(np.float32 if dtype.itemsize == 8 else np.float64)


def _is_complex(dtype: np.dtype[Any]) -> bool:
    return dtype in (np.dtype(np.complex64), np.dtype(np.complex128))


def _pairs(planner: Planner, base: Var) -> Var:
    """The real numbers that stand in the memory of complex ones."""
    kind = kind_of(base)
    pairs = Var(array_type((*kind.shape, 2), real_type(kind.dtype)))
    planner.same[pairs] = planner.same.get(base, base)
    planner.level[pairs] = planner.level[base]
    return pairs


def copied_pairs(planner: Planner, result: Var, read: Read) -> bool:
    """Copy complex numbers as real ones, if they stand in memory."""
    kind = kind_of(result)
    if not _is_complex(kind.dtype) or not isinstance(read.base, Var) or not kind.size:
        return False
    planner.ready(read)
    entry = _copy_of_pairs(read, result, _pairs(planner, read.base))
    planner.enter(entry)
    _stands_for(planner, result, entry.result)
    return True


def write_copy(builder: Builder, read: Read, target: Var, pointer: Callable[[Any], Any]) -> None:
    """Copy an operand in memory to a place of its own; complex numbers as real ones."""
    entry = _copy_of_pairs(read, target) if _is_complex(target.type.dtype) else Entry(target, None, (read,))
    stand = {entry.result: target, entry.reads[0].base: key_of(read.base)}
    nest = Nest(0, long_axes(entry.result.type.shape), [entry])

    def start(key: Any) -> Any:
        return pointer(stand.get(key, key))

    NestWriter(builder, nest, {entry.result: None}, start, engine.vector_width()).write()


def _copy_of_pairs(read: Read, target: Var, source: Var | None = None) -> Entry:
    """A copy of complex numbers as one of real ones: of those that stand where the operand does."""
    kind, base = kind_of(target), kind_of(read.base)
    if source is None:
        source = Var(array_type((*base.shape, 2), real_type(base.dtype)))
    pairs = Var(array_type((*kind.shape, 2), real_type(kind.dtype)))
    return Entry(pairs, None, (Read(source, (*read.view, Axis(len(long_axes(kind.shape))))),))


def _stands_for(planner: Planner, result: Var, pairs: Var) -> None:
    """Let complex numbers be those whose parts have been written."""
    planner.store(pairs)
    planner.same[result] = pairs
    planner.level[result] = planner.level[pairs]


def _part(place: int) -> Callable[[Planner, Equation], bool]:
    def part(planner: Planner, equation: Equation) -> bool:
        """A part of complex numbers in memory: every other one of the real numbers there."""
        (atom,), (result,) = equation.inputs, equation.outputs
        kind = kind_of(atom)
        if not _is_complex(kind.dtype):
            if computes(equation):
                planner.enter(Entry(result, equation, (planner.resolve(atom, kind.shape),)))
            return computes(equation)
        if not kind.size or (isinstance(atom, Literal) and not np.ndim(atom.value)):
            return False
        pairs = _pairs(planner, planner.whole(atom))
        view = (*identity(len(long_axes(kind.shape))), Axis(None, place))
        return planner.alias(result, pairs, view)

    return part


def _composed(planner: Planner, equation: Equation) -> bool:
    """Complex numbers from their parts."""
    (result,) = equation.outputs
    shape, dtype = result.type.shape, result.type.dtype
    if not _is_complex(dtype) or not result.type.size:
        return False
    if any([kind_of(atom).dtype != real_type(dtype) for atom in equation.inputs]):
        return False
    pairs = Var(array_type((*shape, 2), real_type(dtype)))
    lengths = long_axes(shape)
    whole = tuple([(0, length) for length in lengths])
    pieces = []
    for place, atom in enumerate(equation.inputs):
        read = planner.resolve(atom, shape)
        pieces.append(Piece((*whole, (place, place + 1)), Read(read.base, compose(read.view, identity(len(lengths))))))
    joined = Equation(concatenate, equation.inputs, (len(shape),), (pairs,), equation.source)
    planner.enter(Entry(pairs, joined, (), tuple(pieces)))
    _stands_for(planner, result, pairs)
    return True


COMPLEX: Final[dict[str, Any]] = {"real": _part(0), "imag": _part(1), "compose": _composed, "together": _composed}
