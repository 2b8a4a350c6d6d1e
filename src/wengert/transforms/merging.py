"""Equal operations, which a tape keeps once where the program is recorded to be run again.

A program computes much twice: the minors of a matrix, the sine of the same angle, a factorisation for two right-hand
sides. Each of them would have a derivative of its own; kept once, the derivative is that of a program in which nothing
is computed twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wengert.graph import Operand, Primitive, Var
from wengert.tracing import Recording, Tracer, active_recordings
from wengert.transforms.alike import NUMBERS, Alike, content_of, is_pure

__all__ = ["Merged", "key_of", "merged", "place_of", "take_as_finite"]

# So many results are looked at for equal ones; beyond, as long as one of a few was met again.
_LOOKED_AT: Final = 512
_OFTEN: Final = 64


def merged() -> Merged | None:
    """What is known at the beginning of a tape; None where equal operations are not looked for."""
    outer = active_recordings()
    return Merged(outer[0]) if outer and outer[0].repeats else None


class Merged:
    """The results of the operations of one tape, by what equal operations have in common."""

    __slots__ = ("again", "known", "recording", "scaling")

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.known: dict[Any, Any] = {}
        self.again = 0
        # whether the sum of two cotangents is multiplied where otherwise each of them would have been
        self.scaling = False

    def get(self, key: Any) -> Any:
        """What an operation has given before: a traced value, or a tuple of them."""
        found = self.known.get(key)
        if found is None:
            return None
        self.again += 1
        self.recording.spared += 1
        self.scaling = self.scaling or not (key[0].linear == "jointly" or key[0].name == "take")
        return _copied(found) if found.__class__ is not tuple else tuple(map(_copied, found))

    def note(self, key: Any, result: Any, tape: Any) -> None:
        """Keep the result of an operation if the tape follows it, or if it is a factorisation, which it never does."""
        if not is_pure(key[0]):
            return
        if result.__class__ is Tracer:
            if result.recording is tape and result.payload is not None:
                self.known[key] = Tracer(_copied(result.value), result.type, tape, result.payload)
        elif result.__class__ is tuple and all([part.__class__ is Tracer for part in result]):
            kept = [Tracer(_copied(part.value), part.type, part.recording, part.payload) for part in result]
            self.known[key] = tuple(kept)

    @property
    def is_idle(self) -> bool:
        """Whether so little was met again that it is not worth the search: the steps of a long loop differ."""
        return len(self.known) > _LOOKED_AT and _OFTEN * self.again < len(self.known)


def key_of(primitive: Primitive, args: Sequence[Any], params: tuple[Any, ...], tape: Any) -> Any:
    """What equal operations have in common; None for what is made again each time."""
    if not is_pure(primitive):
        return None
    places: list[Any] = []
    for arg in args:
        if arg.__class__ is Tracer and arg.recording is tape and arg.payload is not None:
            places.append(arg.payload)
            continue
        place = place_of(arg, tape)
        if place is None:
            return None
        places.append(place)
    return (primitive, params, *places)


def place_of(arg: Any, tape: Any) -> Any:
    """What equal operands have in common: their place on the tape, or in a recording around it, or their content."""
    if arg.__class__ in NUMBERS:
        return content_of(arg)
    while isinstance(arg, Operand):
        if arg.is_view:
            arg.refresh()
        place = arg.payload
        if arg.recording is tape and place is not None:
            return place
        if place.__class__ is Var:
            return arg.recording.level, _first_alike(arg.recording, place)
        if place is not None:
            return (arg.recording.level, place) if arg.recording.__class__ is tape.__class__ else None
        # a constant of its recording
        arg = arg.value
    return content_of(arg)


def _first_alike(recording: Any, variable: Var) -> Var:
    """The variable of a recording around the tape that stands for all of the same value; of numbers each for itself."""
    if not variable.type.shape:
        return variable
    if recording.alike is None:
        recording.alike = Alike(recording.equations)
    found: Var = recording.alike.of(variable)
    return found


def take_as_finite(cotangents: Sequence[Any]) -> None:
    """Leave it to NumPy where the sum of two cotangents, multiplied once, is infinite.

    ∞ - ∞ would be met if each was multiplied before they are added.
    """
    for part in cotangents:
        if isinstance(part, Operand) and part.type.inexact:
            part.recording.steer(part, None, "finite")


def _copied(value: Any) -> Any:
    """A traced value that later writes into the original do not reach."""
    if not isinstance(value, Tracer):
        return value
    if value.is_view:
        value.refresh()
    return Tracer(value.value, value.type, value.recording, value.payload)
