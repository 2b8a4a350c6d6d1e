"""Batches of tangents that need not be written out: rows of the identity, and scaled copies of one batch.

Seeding a Jacobian with the identity, entry by entry functions act on every tangent by the same diagonal. So the
batch is kept as `base * factor`, where only the factor, which has no batch axis, changes from equation to equation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.graph import ArrayType
from wengert.primitives.arithmetic import zero_times
from wengert.transforms.finite import is_lost, varies
from wengert.transforms.retrying import as_they_stand, retried

__all__ = ["Scaled", "Unit", "add", "dense", "factors", "numbers", "on_factors", "recomputed", "settled"]


class Unit:
    """Rows `start` to `stop` of the identity, each in the shape of the seeded value."""

    __slots__ = ("kind", "start", "stop")

    def __init__(self, kind: ArrayType, start: int, stop: int) -> None:
        self.kind, self.start, self.stop = kind, start, stop

    def dense(self) -> Any:
        """The rows written out."""
        count = self.stop - self.start
        rows = np.zeros((count, self.kind.size), self.kind.dtype)
        rows[np.arange(count), np.arange(self.start, self.stop)] = 1
        return rows.reshape(count, *self.kind.shape)


class Scaled:
    """A batch `base * factor`; base is a `Unit` or an array with the batch axis in front, factor has no batch axis."""

    __slots__ = ("base", "factor")

    def __init__(self, base: Any, factor: Any) -> None:
        self.base, self.factor = base, factor


def dense(batch: Any, annihilate: bool = False) -> Any:
    """A batch written out; with `annihilate`, a zero on either side annihilates what is not finite on the other."""
    if batch.__class__ is Unit:
        return batch.dense()
    if batch.__class__ is not Scaled:
        return batch
    base = dense(batch.base)
    if batch.factor is None:
        return base
    if annihilate:
        return zero_times(base, batch.factor)
    return base * batch.factor


def settled(batch: Any) -> Any:
    """A batch written out, once more with zeros that annihilate if a NaN comes out."""
    written = dense(batch)
    if batch.__class__ is Scaled and is_lost(written):
        return retried(written, dense(batch, annihilate=True))
    return written


def numbers(batch: Any) -> Any:
    """What of a batch is computed on the way; None where there is nothing."""
    if batch.__class__ is Unit:
        return None
    return batch.factor if batch.__class__ is Scaled else batch


def recomputed(found: Sequence[Any], raw: bool, sweep: Callable[[bool], Sequence[Any]]) -> Sequence[Any]:
    """What `sweep(annihilate=False)` found, which holds a NaN, with the help of `sweep(annihilate=True)`."""
    if any([varies(numbers(part)) for part in found]):
        return sweep(True)
    if not raw:
        # recordings further out have mended what they follow: it counts as the formulas stand
        with as_they_stand():
            found = sweep(False)
    return list(map(_retried_batch, found, sweep(True)))


def _retried_batch(plain: Any, annihilated: Any) -> Any:
    """`retried` on what may be a batch that is not written out, or zero and therefore missing."""
    if plain is None or plain.__class__ is Unit:
        return plain
    both = plain.__class__ is Scaled and annihilated.__class__ is Scaled and plain.base is annihilated.base
    if both and plain.factor is not None and annihilated.factor is not None:
        return Scaled(plain.base, retried(plain.factor, annihilated.factor))
    return retried(dense(plain), 0.0 if annihilated is None else dense(annihilated, annihilate=True))


def add(left: Any, right: Any) -> Any:
    """The sum of two batches."""
    scaled = left.__class__ is Scaled and right.__class__ is Scaled and left.base is right.base
    if scaled and left.factor is not None and right.factor is not None:
        return Scaled(left.base, left.factor + right.factor)
    return dense(left) + dense(right)


def factors(batches: Sequence[Any], kinds: Sequence[ArrayType]) -> tuple[Any, list[Any]] | None:
    """The common base of some batches, and their factors; None where they have no common base."""
    first = batches[0]
    base = first.base if first.__class__ is Scaled else first
    found: list[Any] = []
    for batch, kind in zip(batches, kinds, strict=True):
        if batch.__class__ is Scaled and batch.base is base:
            found.append(np.ones(kind.shape, kind.dtype) if batch.factor is None else batch.factor)
        elif batch.__class__ is Unit and batch is base:
            found.append(np.ones(kind.shape, kind.dtype))
        else:
            return None
    return base, found


def on_factors(rule: Any) -> bool:
    """Whether an operation acts entry by entry, without broadcasting, on all of its differentiated operands."""
    primitive = rule.primitive
    if not primitive.elementwise or len(rule.results) != 1:
        return False
    kind = rule.result
    return all([rule.types[i].shape == kind.shape and rule.types[i].dtype == kind.dtype for i in rule.active])
