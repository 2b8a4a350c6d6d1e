"""How large the numbers are that a result is computed from, which cancel, and which operation has no finite result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from wengert.graph import Equation, Operand
from wengert.tracing import GraphRecording, type_of

__all__ = ["NEGLIGIBLE", "Seen", "firmness", "magnitude", "seen", "trouble", "undefined"]

NEGLIGIBLE: Final = 1e-11
"""Beside the numbers that it is computed from, a result of this size is a rounding error."""


# by which arguments are changed to see whether rounding matters, and by how much that may change a result
_ROUNDING: Final = 1e-11
_STABLE: Final = 1e-7
_LARGE: Final = 100.0
# numbers beyond this are exponentials that run away
_HUGE: Final = 1e40
_DOUBTFUL: Final = 1e-8
# numbers beyond this come from matrices that are all but singular
_MODERATE: Final = 1e8
# a difference that is so much smaller than what it is taken of has lost half of its digits
_CANCELLED: Final = 1e-7


class Seen(GraphRecording):
    """What operations of a program do with numbers.

    Attributes
    ----------
    largest
        The largest number that one makes.
    cancels
        Whether the digits of two numbers cancel in a sum or a difference. Where nothing is left, the two may be the
        same thing on purpose.
    undefined
        The first operation that makes a number that is not finite.
    """

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0.0
        self.cancels = False
        self.undefined: Equation | None = None

    def apply(self, primitive: Any, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        result = super().apply(primitive, args, params)
        for one in result if isinstance(result, tuple) else (result,):
            value = self.plain(one)
            # a recording inside this one holds numbers in its own boxes
            if not isinstance(value, Operand) and np.asarray(value).dtype.kind in "fc":
                self._see(value)
                if primitive.name in ("add", "subtract"):
                    self._compare(value, [self.plain(arg) for arg in args])
        return result

    def _compare(self, value: Any, operands: list[Any]) -> None:
        sizes = np.abs(value)
        self.cancels = self.cancels or any(
            bool(np.any((sizes > 0) & (sizes < _CANCELLED * np.abs(operand))))
            for operand in operands
            if not isinstance(operand, Operand)
        )

    def _see(self, value: Any) -> None:
        sizes = np.abs(value)
        if not np.all(np.isfinite(sizes)):
            self.undefined = self.undefined or self.equations[-1]
        else:
            self.largest = max(self.largest, float(np.max(sizes, initial=0.0)))


def magnitude(program: Callable[[dict[str, Any]], Any], values: Mapping[str, Any]) -> float:
    """The largest number that a program of named arrays computes on its way, its arrays included."""
    return seen(program, values).largest


def trouble(program: Callable[[dict[str, Any]], Any], values: Mapping[str, Any]) -> str:
    """Which operation of a program has no finite result at these arrays, and where it stands; empty if all have."""
    try:
        equation = seen(program, values).undefined
    except np.linalg.LinAlgError as error:
        return f" ({error})"
    if equation is None:
        return ""
    place = f" at {equation.source}" if equation.source else ""
    return f": {equation.primitive.name}{place} has no finite result"


def undefined(
    name: str,
    program: Callable[[dict[str, Any]], Any],
    given: Mapping[str, Any] | None,
    drawn: Mapping[str, Any],
) -> str:
    """What is told of a program that has no value at the arrays that it was given, or that were drawn for it."""
    reason = "" if given is None else trouble(program, given)
    where = f"{name} has no finite value at the arrays that it was given{reason}"
    if not reason:
        where = (
            f"no random arrays were found at which {name} and its differential are finite and stable"
            f"{trouble(program, drawn)}"
        )
    return (
        f"derive: {where}; say with assume what the arrays have to be (positive entries, positive definite, ...), or "
        f"give arrays at which {name} is defined"
    )


def seen(program: Callable[[dict[str, Any]], Any], values: Mapping[str, Any]) -> Seen:
    """What a program of named arrays does with numbers."""
    with Seen() as recording:
        program({name: recording.input(type_of(value), value) for name, value in values.items()})
    own = [float(np.max(np.abs(value), initial=0.0)) for value in values.values()]
    recording.largest = max([recording.largest, *own])
    return recording


def firmness(program: Callable[..., Any], values: Mapping[str, Any]) -> float:
    """How large a result is beside what it is computed from; negative where rounding errors of the arrays change it.

    What is zero everywhere is made of rounding errors, too: where it is small enough for that it counts as 0.
    """
    found = []
    for change in (0.0, _ROUNDING):
        moved = {name: x * (1 + change) if np.asarray(x).dtype.kind == "f" else x for name, x in values.items()}
        found.append(np.asarray(program(moved)))
    size, numbers = float(np.max(np.abs(found[0]), initial=0.0)), seen(program, values)
    scale = numbers.largest
    if not np.isfinite(size) or not scale:
        return 0.0 if size == 0 else -1.0
    if np.max(np.abs(found[1] - found[0]), initial=0.0) <= _STABLE * size:
        part = size / min(scale, _LARGE)
        return part if scale < _HUGE and not numbers.cancels else min(part, _DOUBTFUL)
    return 0.0 if size <= NEGLIGIBLE * scale and scale < _MODERATE else -1.0
