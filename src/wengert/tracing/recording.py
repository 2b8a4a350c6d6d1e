"""What all recordings share: their nesting, their end, and how plain values enter them."""

from __future__ import annotations

import itertools
from contextvars import ContextVar, Token
from typing import Any, Self

import numpy as np

from wengert.errors import LeakedTracerError, MutationError, UnsupportedError
from wengert.graph import ArrayType, Operand, Primitive, Recorder, bind, concrete_type, locate
from wengert.tracing.names import FUNCTIONS

__all__ = [
    "Recording", "active_recordings", "beneath", "defers_to", "holds_traced", "note_memory", "outermost", "primal",
    "require_within", "type_of",
]  # fmt: skip

# A recording that began later is further in: a count of beginnings orders all that can ever meet.
_levels = itertools.count()
_active: ContextVar[tuple[Recording, ...]] = ContextVar("wengert_recordings", default=())


def active_recordings() -> tuple[Recording, ...]:
    """The recordings that enclose the running code in this thread, outermost first."""
    return _active.get()


class Recording(Recorder):
    """A recorder with a beginning and an end; traced values must not outlive it.

    `differentiates` says that results without a derivative leave the recording as plain values, so that
    comparisons, `argmax` and the like need no rule.
    """

    differentiates = True
    # whether the program that runs has been given Wengert's names, so that it can write into constant results
    hosts = False
    # whether what is recorded will be run in place of the program, on other values: decisions by values must be known
    repeats = False
    # how many operations derivatives were spared, since the program had done the same before
    spared = 0
    # which of its values are known to be equal
    alike: Any = None
    # whether values only stand for those of many runs, so that nothing can be told of them
    varies = False

    # how the program has depended on where arrays lie: in which order, who shares it, and whether somebody writes there
    memory: set[str]

    def __init__(self) -> None:
        self.level = next(_levels)
        self.closed = False
        self.nested = bool(_active.get())
        self._token: Token[tuple[Recording, ...]] | None = None

    def __enter__(self) -> Self:
        self._token = _active.set((*_active.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _active.reset(self._token)
        self.closed = True

    def box(self, value: Any) -> Any:
        """A constant of this recording that traced values can be written into."""
        raise NotImplementedError

    def is_constant(self, operand: Operand) -> bool:
        """Whether a value depends on no input of this recording, so that nothing is lost when it leaves."""
        return False

    def truth(self, operand: Operand) -> bool:
        """The truth value that steers the traced program."""
        return bool(operand.value)

    def number(self, operand: Operand) -> int:
        """The integer that steers the traced program."""
        return int(operand.value)

    def truncated(self, operand: Any) -> int:
        """What `int(x)` gives for a float, which would lose its derivative."""
        raise operand.refusal("int(x)", "Leave int(...) out, or use numpy.floor for a traced result.")

    def steer(self, operand: Operand, value: Any, how: str) -> None:
        """Told of what has to hold of an operand wherever this is run in place of the program."""

    def peeked(self, operand: Operand) -> None:
        """Told that somebody looks at the value of an operand in a way that no later run can repeat."""

    def drew(self, what: str) -> None:
        """Told that the program draws random numbers."""

    def reached(self, what: str) -> None:
        """Told that the program asks for a function of NumPy's that works on files or on NumPy's settings."""

    def erred(self, error: Exception) -> None:
        """Told of an error that other values of what is followed would perhaps not have raised."""

    def strip(self, operand: Operand) -> Any:
        """The value one level further out, for operations that have no derivative."""
        operand.refresh()
        return operand.value

    def retraced(self, rule: Any, operands: tuple[Any, ...]) -> Any:
        """The pullback of a rule, written down at once; `NotImplemented` where it goes operation by operation."""
        return NotImplemented

    def outlived(self, primitive: Primitive, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
        """An operation after the end: constants, which a program may have kept in a cache, are plain values then."""
        plain = tuple([self._outlived_value(arg) for arg in args])
        return bind(primitive, plain, params)

    def _outlived_value(self, arg: Any) -> Any:
        while isinstance(arg, Operand) and arg.recording.closed:
            arg.refresh()
            if not arg.recording.is_constant(arg):
                raise arg.recording.leaked()
            arg = arg.value
        return arg

    def leaked(self) -> LeakedTracerError:
        """The error for a traced value that is used after the end."""
        place = locate(3)
        where = f" at {place}" if place else ""
        return LeakedTracerError(
            f"a traced value is used{where} after the differentiated function that it belongs to has returned; "
            f"it was probably stored in a global, an attribute or a list. Return it from the function instead "
            f"(has_aux=True passes extra results), or store wengert.stop_gradient(value)."
        )


def note_memory(what: str) -> None:
    """Note `"order"`, `"sharing"` or `"writing"` where a recording will be run again, on arrays that lie elsewhere."""
    recordings = _active.get()
    if recordings and recordings[0].repeats:
        recordings[0].memory.add(what)


def require_within(level: float = -1) -> None:
    """Raise where a body that stands for many runs writes into what it finds outside, of a recording of this level."""
    for recording in _active.get():
        if recording.varies and recording.level > level:
            place = locate(4)
            raise MutationError(
                f"a step of a loop, or a branch, writes into an array that it finds outside"
                f"{f' at {place}' if place else ''}; it is run once in the place of many runs. Carry the array along, "
                f"and return it"
            )


def type_of(value: Any) -> ArrayType:
    """The type of a traced or plain value; `OPAQUE` for what is neither."""
    if isinstance(value, Operand):
        return value.type
    return concrete_type(value)  # type: ignore[return-value]


def primal(value: Any) -> Any:
    """The plain number or array under all levels of tracing."""
    while isinstance(value, Operand):
        if value.is_view:
            value.refresh()
        if value.recording.repeats:
            value.recording.peeked(value)
        value = value.value
    return value


def beneath(value: Any) -> Any:
    """The same, for questions about its class, its shape or its memory, which do not depend on entries."""
    while isinstance(value, Operand):
        if value.is_view:
            value.refresh()
        value = value.value
    return value


def outermost(value: Any) -> Any:
    """The same, for a decision: under a recording that is to be run again its operand, on which to compute on.

    What is decided by a truth value that comes of it is then known to the recording.
    """
    while isinstance(value, Operand):
        if value.is_view:
            value.refresh()
        if value.recording.repeats:
            break
        value = value.value
    return value


def holds_traced(nested: Any) -> bool:
    """Whether a nesting of lists and tuples holds a traced value."""
    return any([isinstance(p, Operand) or (p.__class__ in (list, tuple) and holds_traced(p)) for p in nested])


_PLAIN_CLASSES = frozenset({np.ndarray, float, int, np.float64, np.memmap})


def as_operand(value: Any) -> Any:
    """A list, tuple or array-like as an array; traced and plain numbers and arrays as they are."""
    if value.__class__ in _PLAIN_CLASSES or isinstance(value, (Operand, np.generic, float, int, complex)):
        return value
    if isinstance(value, np.ndarray):
        if getattr(value, "is_plain", False):
            return value.view(np.ndarray)
        raise _unsuitable(value, "is a subclass of ndarray with rules of its own")
    if isinstance(value, (list, tuple)) and holds_traced(value):
        return FUNCTIONS["stacked list"](value)
    array = np.asarray(value)
    if array.dtype.kind == "O":
        raise _unsuitable(value, "holds Python objects, which have no derivative")
    return array


def defers_to(other: Any, method: str) -> bool:
    """Whether an operator leaves it to the other operand, as NumPy does for an object with operators of its own."""
    kind = type(other)
    if kind in _PLAIN_CLASSES or isinstance(other, (Operand, np.generic, np.ndarray, float, int, complex, list, tuple)):
        return False
    # a sparse matrix would only ask for a plain array
    sparse = kind.__module__.startswith("scipy.sparse")
    return hasattr(kind, method) and not hasattr(kind, "__array__") and not sparse


def _unsuitable(value: Any, reason: str) -> UnsupportedError:
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    place = locate(3)
    return UnsupportedError(
        f"an operand of type {name}{f' at {place}' if place else ''} {reason}; give a plain array of numbers instead "
        f"(numpy.asarray(a), or a.toarray() for a sparse matrix)"
    )
