"""Loops whose bodies cannot be known without running them: one step after the other, as Python does it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.graph import bind
from wengert.primitives.indexing import take
from wengert.primitives.loops import Loop
from wengert.tracing import FUNCTIONS, evaluate, holds_traced
from wengert.tracing.index import Index

__all__ = ["step_by_step"]


def step_by_step(loop: Loop, operands: Sequence[Any]) -> list[Any]:
    """The results of a loop by its steps, each recorded for itself: the last carried values, then what was kept."""
    split = loop.fixed + loop.carried
    fixed, carried, arrays = operands[: loop.fixed], list(operands[loop.fixed : split]), operands[split:]
    rows: list[list[Any]] = []
    for number in itertools.count() if loop.until is not None else range(loop.count):
        if loop.until is not None and not evaluate(loop.until, *fixed, *carried)[0]:
            break
        index = Index((number,), 0)
        results = evaluate(loop.body, *fixed, *carried, *[bind(take, (array, index), (0,)) for array in arrays])
        carried = list(results[: loop.carried])
        rows.append(list(results[loop.carried :]))
    kinds = loop.results[loop.carried : loop.carried + loop.kept]
    columns = [[row[place] for row in rows] for place in range(loop.kept)]
    return [*carried, *[_stack(column, kind) for column, kind in zip(columns, kinds, strict=True)]]


def _stack(column: list[Any], kind: Any) -> Any:
    if not column:
        return np.empty(kind.shape, kind.dtype)
    return FUNCTIONS["stacked list"](column) if holds_traced(column) else np.stack(column)
