"""Loops whose steps are equal: recorded once, whatever their number, and compiled as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import name_of
from wengert.api.bodies import Carry, body_graph, leaves_of, require_function, settled_carry
from wengert.errors import ArgumentError, OutputError
from wengert.graph import ArrayType, Graph, array_type
from wengert.primitives.loops import Loop
from wengert.tracing import type_of
from wengert.transforms.loops import backwards, repeat

__all__ = ["scan"]


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]],
    first: Any,
    steps: Any = None,
    *,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """A loop that carries values from step to step, and keeps some of each: `carry, y = step(carry, x)`.

    It gives the numbers of this Python loop, to rounding:

        carry, kept = first, []
        for x in steps:
            carry, y = step(carry, x)
            kept.append(y)
        return carry, numpy.stack(kept)

    The step is recorded once, so that derivatives and `jit` take it as one operation, with a body that repeats. It may
    be any NumPy code that does the same in each step.

    Parameters
    ----------
    step
        Takes the carry and the values of its step, and returns the next carry and what is to be kept.
    first
        The carry of the first step: arrays and numbers, nested at will. Steps keep its shapes and dtypes; a Python
        number takes the dtype of what comes back.
    steps
        Arrays with one entry for each step along axis 0, nested at will; None if steps differ in the carry only.
    length
        The number of steps; needed where there are no arrays that tell it.
    reverse
        Whether to begin with the last entries; what is kept stands where its entries stand.

    Returns
    -------
    The last carry, and what was kept: arrays with one entry for each step along axis 0, nested as the step returns it.

    Raises
    ------
    ArgumentError
        The arrays have different numbers of steps, or there is none to tell the number.
    OutputError
        The step returns no pair, or a carry of another nesting, shape or dtype than it got.
    TracingError
        The step decides by a value that differs from step to step, or asks for its number; see `cond`.

    Source: R. S. Bird, An introduction to the theory of lists (1987), for the name.

    >>> import numpy as np
    >>> import wengert as wg
    >>> def step(balance, payment):
    ...     balance = 1.01 * balance + payment
    ...     return balance, balance
    >>> last, kept = wg.scan(step, 0.0, np.array([100.0, 100.0, 100.0]))
    >>> print(last, kept)
    303.01 [100.   201.   303.01]
    """
    require_function("scan", "step", step)
    carry = Carry("scan", first)
    arrays, nesting = leaves_of("scan", "steps", steps)
    count = _count(arrays, nesting, length)
    entries = [_entry(array) for array in arrays]
    form: list[tree.Structure] = []
    size = len(carry.leaves)

    def finish(result: Any, recording: Any) -> Sequence[Any]:
        if not isinstance(result, tuple) or len(result) != 2:
            raise OutputError(
                f"scan: {name_of(step)} must return a pair, the next carry and what is kept of the step (or None); "
                f"received {_told(result)}"
            )
        leaves = carry.fitted(step, carry.next(step, result[0]))
        kept, structure = leaves_of("scan", f"what {name_of(step)} keeps", result[1])
        form[:] = [structure]
        return [*leaves, *kept]

    def record() -> tuple[Graph, list[Any]]:
        return body_graph(
            step,
            [*carry.given(), *entries],
            lambda inputs: (carry.structure.unflatten(inputs[:size]), nesting.unflatten(inputs[size:])),
            finish,
            f"scan: {name_of(step)}",
            "step",
        )

    body, outside = settled_carry(carry, record)
    loop = Loop(body, count, len(outside), size)
    if reverse:
        arrays = [backwards(array) for array in arrays]
    results = repeat(loop, [*outside, *carry.operands(), *arrays])
    kept = [backwards(array) if reverse else array for array in results[size:]]
    return carry.structure.unflatten(results[:size]), form[0].unflatten(kept)


def _told(result: Any) -> str:
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    return f"a value of type {type(result).__name__}" if np.ndim(result) == 0 else f"an array of shape {result.shape}"


def _entry(array: Any) -> tuple[ArrayType, Any]:
    """The type of the entries of an array of steps, and one of them."""
    kind = type_of(array)
    return array_type(kind.shape[1:], kind.dtype), array[0] if kind.shape[0] else None


def _count(arrays: list[Any], nesting: tree.Structure, length: int | None) -> int:
    """The number of steps."""
    if length is not None and (not isinstance(length, (int, np.integer)) or length < 0):
        raise ArgumentError(f"scan: length must be a whole number, at least 0; received {length!r}")
    counts: dict[str, int] = {}
    for array, path in zip(arrays, nesting.paths(), strict=True):
        shape = type_of(array).shape
        if not shape:
            raise ArgumentError(f"scan: steps{path} is a number; steps are arrays with one entry for each step")
        counts[f"steps{path}"] = shape[0]
    if length is not None:
        counts["length"] = int(length)
    if not counts:
        raise ArgumentError("scan: the number of steps is not known; give arrays of steps, or length=100")
    if len(set(counts.values())) > 1:
        (one, first), (other, second) = _different(counts)
        raise ArgumentError(f"scan: {one} tells {first} steps, and {other} tells {second}; make them alike")
    return next(iter(counts.values()))


def _different(counts: dict[str, int]) -> tuple[tuple[str, int], tuple[str, int]]:
    first = next(iter(counts.items()))
    return first, next(pair for pair in counts.items() if pair[1] != first[1])
