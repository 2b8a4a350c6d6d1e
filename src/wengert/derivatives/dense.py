"""Dense Jacobians from a tape: all seeds in one batched sweep, in chunks where memory asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import ArrayType, bind
from wengert.primitives.arithmetic import convert
from wengert.primitives.shaping import concatenate, move_axis, reshape
from wengert.tracing import outermost, type_of
from wengert.transforms.structured import Unit
from wengert.transforms.tape import Tape, zeros

__all__ = ["Mode", "cheaper_mode", "complex_derivative", "jacobian_blocks"]

Mode = Literal["auto", "forward", "reverse"]
# A sweep may hold about this many bytes for its largest intermediate, over all seeds.
_BUDGET: Final = 1 << 28


def cheaper_mode(inputs: Sequence[ArrayType], outputs: Sequence[ArrayType]) -> Literal["forward", "reverse"]:
    """Forward mode costs a sweep per input entry, reverse mode one per output entry (and keeps the tape)."""
    return "forward" if sum(t.size for t in inputs) <= sum(t.size for t in outputs) else "reverse"


def jacobian_blocks(
    tape: Tape,
    slots: Sequence[int | None],
    inputs: Sequence[ArrayType],
    outputs: Sequence[ArrayType],
    mode: Mode,
    chunk_size: int | None,
) -> list[list[Any]]:
    """One block per output and input leaf, with the output's axes first and the input's axes last.

    For a complex input the block J gives `dy = J dx`, and for a real output of it `dy = Re(J dx)`.
    """
    if mode == "auto":
        mode = cheaper_mode(inputs, outputs)
    if any(kind.kind == "c" for kind in inputs) and any(kind.kind == "c" for kind in outputs):
        _require_holomorphic(tape, slots, inputs)
    if mode == "forward":
        columns = [_columns(tape, position, slots, inputs, outputs, chunk_size) for position in range(len(inputs))]
        blocks = [[column[row] for column in columns] for row in range(len(outputs))]
    else:
        blocks = [_rows(tape, slot, kind, inputs, chunk_size) for slot, kind in zip(slots, outputs, strict=True)]
    return [
        [_in_dtype(block, kind, source) for block, source in zip(row, inputs, strict=True)]
        for row, kind in zip(blocks, outputs, strict=True)
    ]


def _dtype(kind: ArrayType, source: ArrayType) -> np.dtype[Any]:
    """The dtype of a block, whatever the mode; that of a Python number yields to the other."""
    weak = {"f": 1.0, "c": 1j}
    return np.result_type(*(weak[t.kind] if t.weak else t.dtype for t in (kind, source) if t.inexact))


def _in_dtype(block: Any, kind: ArrayType, source: ArrayType) -> Any:
    dtype = _dtype(kind, source)
    return block if type_of(block).dtype == dtype else bind(convert, (block,), (dtype,))


def _require_holomorphic(tape: Tape, slots: Sequence[int | None], inputs: Sequence[ArrayType]) -> None:
    """Raise unless the complex results are complex linear in a random direction of each complex input."""
    random = np.random.default_rng(0)
    for position, source in enumerate(inputs):
        if source.kind != "c":
            continue
        parts = random.normal(size=(2, *source.shape))
        direction = (parts[0] + 1j * parts[1]).astype(source.dtype)[()]
        pushed = []
        for seed in (direction, direction * 1j):
            tangents: list[Any] = [None] * len(inputs)
            tangents[position] = seed
            pushed.append(tape.push(tangents, slots))
        for first, second in zip(*pushed, strict=True):
            if first is not None and second is not None and type_of(first).kind == "c":
                complex_derivative(first, second)


def complex_derivative(first: Any, second: Any) -> Any:
    """The derivative in a complex variable, from the tangents of a result in the directions v and i v.

    Of a real result it is the row J with `dy = Re(J dx)`; a complex one must be holomorphic.
    """
    if type_of(first).kind != "c":
        return first - second * 1j
    one, two = outermost(first), outermost(second)
    finite = np.isfinite(one) & np.isfinite(two)
    one, two = np.where(finite, one, 0.0), np.where(finite, two, 0.0)
    size = np.maximum(np.abs(one).max(initial=0.0), np.abs(two).max(initial=0.0))
    if (np.abs(two - 1j * one) > 1e4 * np.finfo(one.dtype).eps * size).any():
        raise UndefinedDerivativeError(
            "the function is not holomorphic: its complex result does not change by i times as much when its argument "
            "does, so that no single complex matrix is its derivative. Differentiate its real and imaginary parts, as "
            "functions of those of the argument, or take products with wengert.jvp and wengert.vjp"
        )
    return first


def _chunks(tape: Tape, kind: ArrayType, chunk_size: int | None) -> list[tuple[int, int]]:
    """Ranges of entries to seed together."""
    if chunk_size is None:
        largest = max((entry[4].result.size for entry in tape.entries), default=1)
        chunk_size = max(1, min(kind.size, _BUDGET // (8 * max(largest, kind.size, 1))))
    starts = range(0, kind.size, chunk_size)
    return [(start, min(start + chunk_size, kind.size)) for start in starts]


def _joined(parts: list[Any], kind: ArrayType) -> Any:
    if not parts:
        return zeros(kind, 0)
    return parts[0] if len(parts) == 1 else concatenate(*parts, axis=0)


def _rows(
    tape: Tape, slot: int | None, kind: ArrayType, inputs: Sequence[ArrayType], chunk_size: int | None
) -> list[Any]:
    """Reverse mode: the blocks of one output."""
    if slot is None or not kind.size:
        return [_empty(kind, source) for source in inputs]
    parts: list[list[Any]] = [[] for _ in inputs]
    for start, stop in _chunks(tape, kind, chunk_size):
        found = tape.pull([(slot, Unit(kind, start, stop))], len(inputs), batch=stop - start)
        if kind.kind == "c" and any(source.kind != "c" for source in inputs):
            # the pairing is Re(sum(g dy)): the seed -i asks for the imaginary part of a complex result
            second = tape.pull([(slot, Unit(kind, start, stop).dense() * -1j)], len(inputs), batch=stop - start)
            found = [
                one if source.kind == "c" or one is None or two is None else one + two * 1j
                for one, two, source in zip(found, second, inputs, strict=True)
            ]
        for place, (cotangent, source) in enumerate(zip(found, inputs, strict=True)):
            parts[place].append(zeros(source, stop - start) if cotangent is None else cotangent)
    return [
        bind(reshape, (_joined(part, source),), ((*kind.shape, *source.shape),))
        for part, source in zip(parts, inputs, strict=True)
    ]


def _columns(
    tape: Tape,
    position: int,
    slots: Sequence[int | None],
    inputs: Sequence[ArrayType],
    outputs: Sequence[ArrayType],
    chunk_size: int | None,
) -> list[Any]:
    """Forward mode: the blocks of one input."""
    source = inputs[position]
    parts: list[list[Any]] = [[] for _ in outputs]
    for start, stop in _chunks(tape, source, chunk_size):
        tangents: list[Any] = [None] * len(inputs)
        tangents[position] = Unit(source, start, stop)
        found = tape.push(tangents, slots, batch=stop - start)
        if source.kind == "c" and any(kind.kind != "c" for kind in outputs):
            tangents[position] = tangents[position].dense() * 1j
            second = tape.push(tangents, slots, batch=stop - start)
            found = [
                one if kind.kind == "c" or one is None or two is None else complex_derivative(one, two)
                for one, two, kind in zip(found, second, outputs, strict=True)
            ]
        for place, (tangent, kind) in enumerate(zip(found, outputs, strict=True)):
            parts[place].append(zeros(kind, stop - start) if tangent is None else tangent)
    if not source.size:
        return [_empty(kind, source) for kind in outputs]
    return [
        bind(reshape, (move_axis(_joined(part, kind), 0, kind.ndim),), ((*kind.shape, *source.shape),))
        for part, kind in zip(parts, outputs, strict=True)
    ]


def _empty(kind: ArrayType, source: ArrayType) -> Any:
    return np.zeros((*kind.shape, *source.shape), _dtype(kind, source))
