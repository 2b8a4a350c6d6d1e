"""Equal operations on numbers, which a tape keeps once where the program is recorded to be run again.

A program in plain Python computes much twice: the minors of a matrix, the sine of the same angle. Each of them would
have a derivative of its own; kept once, the derivative is that of a program in which nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wengert.graph import REGISTRY, Operand, Primitive
from wengert.tracing import Tracer, active_recordings

__all__ = ["Merged", "key_of", "merged", "told"]

# So many results of operations on numbers are looked at for equal ones; beyond, as long as one of a few was met again.
_LOOKED_AT: Final = 2048
_OFTEN: Final = 16
_NUMBERS: Final = frozenset({float, int})


def merged() -> Merged | None:
    """What is known at the beginning of a tape; None where equal operations are not looked for."""
    outer = active_recordings()
    return Merged() if outer and outer[0].repeats else None


class Merged:
    """The results of the operations of one tape, by what equal operations have in common."""

    __slots__ = ("again", "known")

    def __init__(self) -> None:
        self.known: dict[Any, Tracer] = {}
        self.again = 0

    def get(self, key: Any) -> Tracer | None:
        """What an operation has given before."""
        found = self.known.get(key)
        if found is None:
            return None
        self.again += 1
        return _copied(found)  # type: ignore[no-any-return]

    def note(self, key: Any, result: Any, tape: Any) -> None:
        """Keep the result of an operation if it is a number that the tape follows."""
        if not isinstance(result, Tracer) or result.recording is not tape:
            return
        if result.payload is not None and not result.type.shape:
            primitive = key[0]
            if primitive.elementwise and REGISTRY.get(primitive.name) is primitive:
                self.known[key] = Tracer(_copied(result.value), result.type, tape, result.payload)

    @property
    def is_idle(self) -> bool:
        """Whether so little was met again that it is not worth the search: the steps of a long loop differ."""
        return len(self.known) > _LOOKED_AT and _OFTEN * self.again < len(self.known)


def key_of(primitive: Primitive, args: Sequence[Any], params: tuple[Any, ...], tape: Any) -> Any:
    """What equal operations have in common; None for what is made again each time."""
    if not primitive.elementwise or primitive.outputs > 1:
        return None
    places: list[Any] = []
    for arg in args:
        if isinstance(arg, Operand) and arg.recording is tape and arg.payload is not None:
            places.append(arg.payload)
        elif arg.__class__ in _NUMBERS:
            places.append(told(arg))
        else:
            return None
    return (primitive, params, *places)


def told(number: Any) -> Any:
    """What a number is known by: zeros have signs, and a float is no integer."""
    return number.__class__, number or str(number)


def _copied(value: Any) -> Any:
    """A traced value that later writes into the original do not reach."""
    if not isinstance(value, Tracer):
        return value
    if value.is_view:
        value.refresh()
    return Tracer(value.value, value.type, value.recording, value.payload)
