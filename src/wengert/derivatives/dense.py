"""Dense Jacobians from a tape: all seeds in one batched sweep, in chunks where memory asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np

from wengert.graph import ArrayType, bind
from wengert.primitives.shaping import concatenate, move_axis, reshape
from wengert.transforms.tape import Tape, zeros

__all__ = ["Mode", "cheaper_mode", "jacobian_blocks"]

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
    """One block per output and input leaf, with the output's axes first and the input's axes last."""
    if mode == "auto":
        mode = cheaper_mode(inputs, outputs)
    if mode == "forward":
        columns = [_columns(tape, position, slots, inputs, outputs, chunk_size) for position in range(len(inputs))]
        return [[column[row] for column in columns] for row in range(len(outputs))]
    return [_rows(tape, slot, kind, inputs, chunk_size) for slot, kind in zip(slots, outputs, strict=True)]


def _chunks(tape: Tape, kind: ArrayType, chunk_size: int | None) -> list[tuple[int, int]]:
    """Ranges of entries to seed together."""
    if chunk_size is None:
        largest = max((entry[4].result.size for entry in tape.entries if entry is not None), default=1)
        chunk_size = max(1, min(kind.size, _BUDGET // (8 * max(largest, kind.size, 1))))
    starts = range(0, kind.size, chunk_size)
    return [(start, min(start + chunk_size, kind.size)) for start in starts]


def _unit_seeds(kind: ArrayType, start: int, stop: int) -> Any:
    """Rows `start` to `stop` of the identity, each in the shape of the seeded value."""
    seeds = np.zeros((stop - start, kind.size), kind.dtype)
    seeds[np.arange(stop - start), np.arange(start, stop)] = 1
    return seeds.reshape(stop - start, *kind.shape)


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
        found = tape.pull([(slot, _unit_seeds(kind, start, stop))], len(inputs), batch=stop - start)
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
        tangents[position] = _unit_seeds(source, start, stop)
        found = tape.push(tangents, batch=stop - start)
        for place, (slot, kind) in enumerate(zip(slots, outputs, strict=True)):
            missing = slot is None or found[slot] is None
            parts[place].append(zeros(kind, stop - start) if missing else found[slot])
    if not source.size:
        return [_empty(kind, source) for kind in outputs]
    return [
        bind(reshape, (move_axis(_joined(part, kind), 0, kind.ndim),), ((*kind.shape, *source.shape),))
        for part, kind in zip(parts, outputs, strict=True)
    ]


def _empty(kind: ArrayType, source: ArrayType) -> Any:
    return np.zeros((*kind.shape, *source.shape), np.result_type(kind.dtype, source.dtype))
