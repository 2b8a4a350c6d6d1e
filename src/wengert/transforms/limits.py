"""Derivatives where a decomposition leaves a choice open: the limit along paths on which nothing is open.

Eigenvectors of a repeated eigenvalue may be any basis of a subspace, and no rule for a single operation can tell a
loss that depends on the choice from one that does not, for its cotangent sees one basis only. So the transform runs
again, as a whole, at points of a path that leaves the matrix in a direction in which the values part. A derivative
that exists is analytic along the path, and interpolation at Chebyshev nodes gives its value at the start to rounding
(L. N. Trefethen, Approximation Theory and Approximation Practice, 2013, theorem 8.2). One that does not exist has a
pole there, or differs between two paths that start with different bases.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from wengert import tree
from wengert.errors import UndefinedDerivativeError
from wengert.graph import ArrayType, Operand
from wengert.primitives.linalg.parting import OpenChoiceError, Path, along, path_taken, unwatched
from wengert.tracing import active_recordings, type_of

__all__ = ["settle", "settled"]

TransformT = TypeVar("TransformT", bound=Callable[..., Any])

# Share of the distance to the next value, nodes, and seed of each path; the two of a pair must agree.
_PAIRS: Final = (((0.15, 16, 11), (0.12, 14, 12)), ((0.02, 12, 13), (0.016, 10, 14)))
# What is open is settled at the point itself: one run each.
_STILL: Final = ((0.0, 1, 11), (0.0, 1, 12))
# Poles of a higher order than any derivative that is asked for in practice.
_POLES: Final = 4
# How many roundings of the largest number that cancels on a path may remain of it.
_ROUNDINGS: Final = 1e4
_UNIT: Final = 1e-2


def settled(function: TransformT, again: Callable[..., Any] | None = None) -> TransformT:
    """The same transform, which takes the limit where a decomposition on its way leaves a choice open.

    `again` computes the same from the start, where `function` goes on from something recorded before.
    """

    @functools.wraps(function)
    def transform(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except OpenChoiceError as error:
            met = error
        first = functools.partial(function, *args, **kwargs)
        return settle(first, met, functools.partial(again, *args, **kwargs) if again else first)

    return transform  # type: ignore[return-value]


def settle(function: Callable[[], Any], met: OpenChoiceError, again: Callable[[], Any] | None = None) -> Any:
    """What the function computes, in the limit, after it has met an open choice."""
    # inside another transform only the outermost one sees the whole program
    if active_recordings() or path_taken() is not None:
        raise met
    try:
        return _limit(again or function, met)
    except UndefinedDerivativeError:
        if not met.near:
            raise
    # the function depends on vectors that are hardly determined, and so does its derivative
    with unwatched():
        return function()


def _limit(run: Callable[[], Any], error: OpenChoiceError) -> Any:
    for pair in (_STILL, *_PAIRS) if error.still else _PAIRS:
        found = [_along_path(run, *path, error) for path in pair]
        if None in found:
            continue
        (first, form), (second, other) = found
        if form == other and all(map(_agree, first, second)):
            return form.unflatten([here.value for here in first])
    raise UndefinedDerivativeError(f"{error}. {error.tried}") from error


class _Limit:
    """One leaf of the result, at the start of a path."""

    def __init__(self, value: Any, bound: float = 0.0, smooth: bool = True) -> None:
        self.value, self.bound, self.smooth = value, bound, smooth


def _along_path(run: Callable[[], Any], reach: float, count: int, seed: int, error: OpenChoiceError) -> Any:
    """The limits of all leaves along a path, and their structure; None where there is no path."""
    nodes = np.cos(np.pi * (2 * np.arange(count) + 1) / (2 * count))
    columns: list[list[Any]] = []
    sizes: list[float] = []
    form: Any = None
    for node in nodes:
        try:
            with along(Path(seed, reach * float(node)), sizes), np.errstate(all="ignore"):
                leaves, form = tree.flatten(run())
        except OpenChoiceError:
            return None
        except (ArithmeticError, LookupError, TypeError, ValueError) as failure:
            # the program does not accept the points nearby
            raise error from failure
        if any(isinstance(leaf, Operand) for leaf in leaves):
            raise error
        columns.append(leaves)
    if len({len(leaves) for leaves in columns}) != 1:
        return None
    # what is far below rounding of numbers of size one counts as zero: sums that cancel leave as much
    largest = max([*sizes, *map(_size, leaves), _UNIT])
    return [_at_start(values, nodes, largest) for values in zip(*columns, strict=True)], form


def _at_start(values: Sequence[Any], nodes: Any, largest: float) -> _Limit:
    kind: Any = type_of(values[0])
    if not isinstance(kind, ArrayType) or not kind.inexact:
        return _Limit(values[0])
    if any(type_of(value).shape != kind.shape for value in values):
        return _Limit(values[0], smooth=False)
    stack = np.stack([np.asarray(value) for value in values])
    weights = _weights(nodes)
    start = np.tensordot(weights, stack, axes=1)
    eps = float(np.finfo(kind.dtype).eps)
    noise = _ROUNDINGS * eps * largest
    smooth = bool(np.isfinite(stack).all())
    for order in range(1, _POLES + 1) if smooth else ():
        # times the power of the parameter, what is analytic vanishes at the start
        raised = nodes.reshape(-1, *[1] * len(kind.shape)) ** order * stack
        residue = abs(np.tensordot(weights, raised, axes=1)).max(initial=0.0)
        smooth = smooth and bool(residue <= 4 * eps**0.5 * abs(raised).max(initial=0.0) + noise)
    value: Any = start.astype(kind.dtype)
    if not isinstance(values[0], np.ndarray):
        value = value.item() if kind.weak else value[()]
    return _Limit(value, 4 * eps**0.5 * float(abs(stack).max(initial=0.0)) + noise, smooth)


def _size(leaf: Any) -> float:
    kind: Any = type_of(leaf)
    if not isinstance(kind, ArrayType) or not kind.inexact or not kind.size:
        return 0.0
    return float(np.nan_to_num(abs(np.asarray(leaf))).max())


def _weights(nodes: Any) -> Any:
    """The value at zero of the polynomial through given values, as weights of them."""
    gaps = nodes[:, None] - nodes
    np.fill_diagonal(gaps, 1.0)
    others = np.where(np.eye(len(nodes), dtype=bool), 1.0, -nodes)
    return (others / gaps).prod(axis=1)


def _agree(first: _Limit, second: _Limit) -> bool:
    kind: Any = type_of(first.value)
    if not isinstance(kind, ArrayType) or not kind.inexact:
        return True
    if not (first.smooth and second.smooth) or type_of(second.value).shape != kind.shape:
        return False
    gap = np.abs(np.asarray(first.value) - np.asarray(second.value)).max(initial=0.0)
    return bool(gap <= first.bound + second.bound)
