"""Sums of cotangents in which an infinity does not swallow what is added to it.

Where zeros annihilate, an infinite cotangent that meets a zero is gone. What was finite beside it must go on: in
`v = x * x; sqrt(v) + 3 * v` at zero, the derivative of the first summand by v is infinite, and the second derivative
of the whole is that of the second. A pullback is linear, so both parts of a sum may be pulled back one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.primitives.arithmetic import select
from wengert.tracing import primal
from wengert.transforms.finite import varies
from wengert.transforms.structured import dense

__all__ = ["Mixed", "sides", "together", "whole"]


class Mixed:
    """A sum of cotangents: its finite entries with zeros for the others, and the others with zeros for these."""

    __slots__ = ("finite", "other")

    def __init__(self, finite: Any, other: Any) -> None:
        self.finite, self.other = finite, other


def together(left: Any, right: Any) -> Any:
    """The sum of two cotangents, its parts kept apart where entries are not finite."""
    one, two = _parted(left), _parted(right)
    if one.__class__ is not Mixed and two.__class__ is not Mixed:
        return one + two
    (finite, other), (more, others) = _parts(one), _parts(two)
    return Mixed(_sum(finite, more), _sum(other, others))


def sides(cotangents: Sequence[Any]) -> list[list[Any]]:
    """The cotangents of one equation as summands to be pulled back one by one."""
    if not any([part.__class__ is Mixed for part in cotangents]):
        return [list(cotangents)]
    pairs = [_parts(part) for part in cotangents]
    return [[finite for finite, _ in pairs], [other for _, other in pairs]]


def whole(cotangent: Any) -> Any:
    """A cotangent as one number or array."""
    return cotangent.finite + cotangent.other if cotangent.__class__ is Mixed else cotangent


def _parted(cotangent: Any) -> Any:
    """A cotangent with entries that are not finite as a `Mixed`."""
    if cotangent.__class__ is Mixed:
        return cotangent
    cotangent = dense(cotangent, annihilate=True)
    finite = abs(cotangent) < np.inf
    if varies(finite) or np.all(primal(finite)):
        return cotangent
    return Mixed(select(finite, cotangent, 0.0), select(finite, 0.0, cotangent))


def _parts(cotangent: Any) -> tuple[Any, Any]:
    return (cotangent.finite, cotangent.other) if cotangent.__class__ is Mixed else (cotangent, None)


def _sum(left: Any, right: Any) -> Any:
    """A sum in which None stands for zero."""
    return right if left is None else left if right is None else left + right
