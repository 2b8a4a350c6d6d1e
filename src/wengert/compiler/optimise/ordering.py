"""The order of few entries, and the places of the largest and smallest ones, by comparing all with all.

Loops without a turn at any entry, which take less time than it takes to ask NumPy.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from wengert.compiler.optimise.builder import Builder
from wengert.compiler.optimise.rules import Atom, rule
from wengert.graph import REGISTRY, Primitive

__all__: list[str] = []

Inputs = tuple[Atom, ...]
Params = tuple[Any, ...]
both: Final = REGISTRY["logical_and"]
either: Final = REGISTRY["logical_or"]
equal: Final = REGISTRY["equal"]
isnan: Final = REGISTRY["isnan"]
less: Final = REGISTRY["less"]
negation: Final = REGISTRY["logical_not"]
reshape: Final = REGISTRY["reshape"]
select: Final = REGISTRY["select"]
smallest: Final = REGISTRY["min"]
total: Final = REGISTRY["sum"]
# Comparisons up to which loops are done before NumPy has been asked.
_MOST: Final = 1 << 13
_EXTREMES: Final = {"argmax": REGISTRY["max"], "argmin": REGISTRY["min"]}


@rule("argmax", "argmin")
def first_of_extremes(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The smallest of the places at which the extreme stands, or a NaN."""
    (x,), (axis,) = inputs, params
    if not _is_ordered(x, math.prod(x.type.shape)):
        return None
    found = build.apply(equal, x, build.apply(_EXTREMES[primitive.name], x, params=((axis,), True)))
    if x.type.kind == "f":
        # the extreme of entries among which there is a NaN equals none of them
        found = build.apply(either, found, build.apply(isnan, x))
    length, behind = x.type.shape[axis], len(x.type.shape) - axis - 1
    places = build.apply(select, found, _places(build, length, behind), build.literal(np.intp(length)))
    place = build.apply(smallest, places, params=((axis,), False))
    return place if place.type is build.infer(primitive, inputs, params)[0] else None


@rule("argsort")
def order_by_ranks(build: Builder, primitive: Primitive, inputs: Inputs, params: Params) -> Atom | None:
    """The entry of rank k for every k; the rank of an entry is the number of those that come before it."""
    (x,), (axis,) = inputs, params
    if not _is_ordered(x, math.prod(x.type.shape) * x.type.shape[axis]):
        return None
    front, length, back = x.type.shape[:axis], x.type.shape[axis], x.type.shape[axis + 1 :]
    one = build.apply(reshape, x, params=((*front, length, 1, *back),))
    other = build.apply(reshape, x, params=((*front, 1, length, *back),))
    earlier = build.literal(np.less.outer(*[np.arange(length)] * 2).reshape(length, length, *[1] * len(back)))
    before = build.apply(select, earlier, build.apply(negation, _less(build, other, one)), _less(build, one, other))
    ranks = build.apply(total, before, params=((axis,), False))
    ranks = build.apply(reshape, ranks, params=((*front, 1, length, *back),))
    has_rank = build.apply(equal, ranks, _places(build, length, len(back) + 1))
    places = build.apply(select, has_rank, _places(build, length, len(back)), build.literal(np.intp(0)))
    order = build.apply(total, places, params=((axis + 1,), False))
    return order if order.type is build.infer(primitive, inputs, params)[0] else None


def _is_ordered(x: Atom, comparisons: int) -> bool:
    """Whether entries are numbers in an order, and so many comparisons are few."""
    return x.type.kind in "fiu" and not x.type.weak and 0 < comparisons <= _MOST


def _less(build: Builder, a: Atom, b: Atom) -> Atom:
    """Whether one entry comes before another one; NaN comes last."""
    found = build.apply(less, a, b)
    if a.type.kind != "f":
        return found
    return build.apply(
        either, found, build.apply(both, build.apply(isnan, b), build.apply(negation, build.apply(isnan, a)))
    )


def _places(build: Builder, length: int, behind: int) -> Atom:
    """The numbers of the places along an axis that has so many others behind it."""
    return build.literal(np.arange(length, dtype=np.intp).reshape(length, *[1] * behind))
