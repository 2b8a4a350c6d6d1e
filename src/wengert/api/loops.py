"""Loops whose steps are equal: recorded once, whatever their number, and compiled as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import name_of
from wengert.api.bodies import (
    Carry,
    Found,
    body_graph,
    confirmed,
    joined,
    leaves_of,
    require_function,
    settled_carry,
)
from wengert.errors import ArgumentError, OutputError
from wengert.graph import ArrayType, array_type
from wengert.primitives.loops import Loop
from wengert.tracing import type_of
from wengert.transforms.loops import backwards, repeat

__all__ = ["scan", "while_loop"]


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]],
    first: Any,
    steps: Any = None,
    *,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """A loop that carries values from step to step, and keeps some of each: `carry, y = step(carry, x)`.

    It gives the numbers of this Python loop, to rounding::

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
    MutationError
        It writes into an array, or assigns to a variable, that it finds outside.

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
    size, told = len(carry.leaves), f"scan: {name_of(step)}"

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

    def record() -> Found:
        return body_graph(
            step,
            [*carry.given(), *entries],
            lambda inputs: (carry.structure.unflatten(inputs[:size]), nesting.unflatten(inputs[size:])),
            finish,
            told,
            "step",
        )

    body, outside = settled_carry(carry, record, told)
    loop = Loop(body, count, len(outside), size)
    if reverse:
        arrays = [backwards(array) for array in arrays]
    results = repeat(loop, [*outside, *carry.operands(), *arrays])
    kept = [backwards(array) if reverse else array for array in results[size:]]
    return carry.structure.unflatten(results[:size]), form[0].unflatten(kept)


def while_loop(condition: Callable[[Any], Any], step: Callable[[Any], Any], first: Any) -> Any:
    """A loop whose number of steps is found while it runs: `carry = step(carry)` as long as `condition(carry)` holds.

    It gives the numbers of this Python loop, to rounding::

        carry = first
        while condition(carry):
            carry = step(carry)
        return carry

    Both functions are recorded once, so that derivatives take the loop as one operation, and one recording of `jit`
    serves every number of steps. They may be any NumPy code that does the same in each step.

    Parameters
    ----------
    condition
        Takes the carry and returns a truth value, of shape ().
    step
        Takes the carry and returns the next one.
    first
        The first carry: arrays and numbers, nested at will. Steps keep its shapes and dtypes; a Python number takes the
        dtype of what comes back.

    Returns
    -------
    The last carry. Its derivative is that of the steps that were done. Under `vmap` all examples go on until the last
    one is done; those that are done before stay as they are.

    Raises
    ------
    OutputError
        The condition returns no truth value, or the step a carry of another nesting, shape or dtype than it got.
    TracingError
        A function decides by a value that differs from step to step, or asks for its number; see `cond`.
    MutationError
        It writes into an array, or assigns to a variable, that it finds outside.

    Source: for the reverse sweep, A. Griewank and A. Walther, Evaluating Derivatives (2008), chapter 12.1.

    >>> import wengert as wg
    >>> def root(a):
    ...     return wg.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: (x + a / x) / 2, a)
    >>> print(root(9.0))
    3.0
    >>> print(round(wg.grad(root)(9.0), 9))
    0.166666667
    """
    require_function("while_loop", "condition", condition)
    require_function("while_loop", "step", step)
    carry = Carry("while_loop", first)

    def nested(inputs: list[Any]) -> tuple[Any, ...]:
        return (carry.structure.unflatten(inputs),)

    def record() -> Found:
        def finish(result: Any, recording: Any) -> Sequence[Any]:
            return carry.fitted(step, carry.next(step, result))

        return body_graph(step, carry.given(), nested, finish, told, "step")

    told = f"while_loop: {name_of(step)}"
    body = settled_carry(carry, record, told)

    def truth(result: Any, recording: Any) -> Sequence[Any]:
        kind: Any = type_of(result)
        if not isinstance(kind, ArrayType) or kind.shape or kind.kind not in "biu":
            raise OutputError(
                f"while_loop: {name_of(condition)} must return one truth value, received {_told(result)}; compare with "
                f"a number, and bring many truth values together with numpy.any or numpy.all"
            )
        return [result if kind.kind == "b" else result != 0]

    def ask() -> Found:
        return body_graph(condition, carry.given(), nested, truth, asks, "step")

    asks = f"while_loop: {name_of(condition)}"
    until = confirmed(ask(), ask, asks, "step")
    (step_graph, until_graph), outside = joined([body, until])
    loop = Loop(step_graph, 0, len(outside), len(carry.leaves), until=until_graph)
    return carry.structure.unflatten(repeat(loop, [*outside, *carry.operands()]))


def _told(result: Any) -> str:
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    kind: Any = type_of(result)
    if not isinstance(kind, ArrayType):
        return f"a value of type {type(result).__name__}"
    return f"an array of shape {kind.shape}" if kind.shape else f"a number of dtype {kind.dtype}"


def _entry(array: Any) -> tuple[ArrayType, Any]:
    """The type of the entries of an array of steps, and one of them."""
    kind = type_of(array)
    return array_type(kind.shape[1:], kind.dtype), array[0] if kind.shape[0] else None


def _count(arrays: list[Any], nesting: tree.Structure, length: Any) -> int:
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
