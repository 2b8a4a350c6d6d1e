"""Whether everything that steered a recording from outside is what it was.

A recording notes what it has found, and where. From the notes one Python function is made that looks at all the places
again: it costs some twenty nanoseconds a name.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.compiler.elsewhere import same_context, same_registrations
from wengert.compiler.hosts import Place
from wengert.graph import ArrayType, concrete_type
from wengert.tree.kinds import told_apart

__all__ = ["Check", "Guards", "Notes"]

_ABSENT: Final = (LookupError, ValueError, AttributeError, TypeError)
# how many checks stand in one function: its names are kept in a dictionary, its code in one expression
_AT_ONCE: Final = 200


class Check(NamedTuple):
    """One thing that has to be as it was.

    Attributes
    ----------
    manner
        How it is compared, a key of `_MANNERS`.
    place
        Where to look.
    expected
        What was found there.
    name
        For attributes: the name, by which a program that never says it cannot read it. Empty otherwise.
    """

    manner: str
    place: Place
    expected: Any
    name: str = ""


def _same_number(found: Any, expected: Any) -> bool:
    """Whether two numbers or texts cannot be told apart; NaN is like NaN, and 0.0 unlike -0.0."""
    if found.__class__ is not expected.__class__:
        return False
    if found == expected:
        return bool(found) or not isinstance(found, (float, complex, np.inexact)) or repr(found) == repr(expected)
    return bool(found != found and expected != expected)


def _same_content(found: Any, expected: Any) -> bool:
    """Whether an array holds what a copy of it does, bit by bit."""
    return (
        found.__class__ is np.ndarray
        and found.dtype == expected.dtype
        and found.shape == expected.shape
        and found.flags.c_contiguous == expected.flags.c_contiguous
        and found.flags.f_contiguous == expected.flags.f_contiguous
        and found.tobytes() == expected.tobytes()
    )


def _same_members(found: Any, expected: Any) -> bool:
    """Whether a container of numbers and texts holds the same ones, of the same classes."""
    if len(found) != len(expected):
        return False
    # mostly they are the same objects
    return all(map(operator.is_, found, expected)) or all(
        [one is other or _same_number(one, other) for one, other in zip(found, expected, strict=True)]
    )


def _same_keys(found: Any, expected: Any) -> bool:
    """Whether a dictionary or set holds the same keys in the same order, of the same classes."""
    found = list(found)
    return bool(found == expected) and all(
        [one is other or told_apart(one) == told_apart(other) for one, other in zip(found, expected, strict=True)]
    )


def _is_vacant(cell: Any) -> bool:
    """Whether a variable of an enclosing function has no value yet."""
    try:
        cell.cell_contents  # noqa: B018 (it is looked at)
    except ValueError:
        return True
    return False


def _of_type(found: Any, expected: ArrayType) -> bool:
    return found.__class__ is np.ndarray and concrete_type(found) is expected


# How each manner of comparison is written, over what is found and what is expected.
_MANNERS: Final[dict[str, str]] = {
    "same": "{0} is {1}",
    "number": "({0} is {1} or same_number({0}, {1}))",
    "content": "same_content({0}, {1})",
    "members": "same_members({0}, {1})",
    "type": "of_type({0}, {1})",
    "class": "type({0}) is {1}",
    "names": "list({0}) == {1}",
    "keys": "same_keys({0}, {1})",
    "length": "len({0}) == {1}",
    "void": "not {0}",
    "absent": "{1} not in {0}",
    "vacant": "vacant({0})",
    "empty": "not hasattr({0}, {1})",
    "registered": "same_registrations({0}, {1})",
    "context": "same_context({0}, {1})",
}
_HELPERS: Final = {
    "same_number": _same_number, "same_content": _same_content, "same_members": _same_members,
    "same_keys": _same_keys, "of_type": _of_type, "vacant": _is_vacant,
    "same_registrations": same_registrations, "same_context": same_context,
}  # fmt: skip


class Guards:
    """What a recording rests on.

    Attributes
    ----------
    checks
        All of it.
    items
        `(mapping, key, value)`: the checks that are a comparison of one pointer in a dictionary with string keys.
    cells
        `(cell, value)`: those that are one in a cell of a closure.
    """

    def __init__(self, checks: Iterable[Check]) -> None:
        self.checks = tuple(checks)
        pointers = {id(check) for check in self.checks if _is_pointer(check)}
        compared = [check for check in self.checks if id(check) in pointers]
        self._others = [check for check in self.checks if id(check) not in pointers]
        self.items = tuple([(c.place.owner, c.place.key, c.expected) for c in compared if c.place.kind == "item"])
        self.cells = tuple([(c.place.owner, c.expected) for c in compared if c.place.kind == "cell"])

    @functools.cached_property
    def hold(self) -> Callable[[], bool]:
        """A function that tells whether all checks hold."""
        return _compiled(self.checks)

    @functools.cached_property
    def rest(self) -> Callable[[], bool] | None:
        """The same of those checks that are neither in `items` nor in `cells`; None where there are no others."""
        return _compiled(self._others) if self._others else None

    def varied(self) -> frozenset[Any]:
        """The identities of places at which there is another float than before: worth being inputs of a graph."""
        floats = [check for check in self.checks if check.manner == "number" and check.expected.__class__ is float]
        failed = [check for check in floats if not _compiled([check])() and _is_float(check.place)]
        return frozenset([check.place.identity for check in failed])

    def failed(self) -> list[str]:
        """The places at which something is not what it was, in the words of the program."""
        return list(dict.fromkeys([check.place.text for check in self.checks if not _compiled([check])()]))


def _is_float(place: Place) -> bool:
    try:
        return place.read().__class__ is float
    except _ABSENT:
        return False


def _is_pointer(check: Check) -> bool:
    place = check.place
    if check.manner != "same":
        return False
    return place.kind == "cell" or (place.kind == "item" and type(place.owner) is dict and type(place.key) is str)


def _compiled(checks: Iterable[Check]) -> Callable[[], bool]:
    """One function of all checks."""
    checks = list(checks)
    parts = [_compiled_part(checks[start : start + _AT_ONCE]) for start in range(0, len(checks), _AT_ONCE)]
    if len(parts) == 1:
        return parts[0]
    return lambda: all([part() for part in parts])


@functools.lru_cache(maxsize=256)
def _code(text: str) -> CodeType:
    return compile(text, "<wengert guards>", "exec")


def _compiled_part(checks: list[Check]) -> Callable[[], bool]:
    names: dict[int, str] = {}
    namespace: dict[str, Any] = {**_HELPERS, "absent": _ABSENT}

    def refer(value: Any) -> str:
        name = names.get(id(value))
        if name is None:
            name = names[id(value)] = f"k{len(names)}"
            namespace[name] = value
        return name

    terms = [_MANNERS[c.manner].format(c.place.code(refer), refer(c.expected)) for c in checks] or ["True"]
    # as defaults the objects are local variables, which are read fastest
    own = ", ".join(f"{name}={name}" for name in namespace)
    body = "\n            and ".join(terms)
    looked = f"    try:\n        return (\n            {body}\n        )\n    except absent:\n        return False"
    exec(_code(f"def hold({own}):\n{looked}"), namespace)
    return namespace["hold"]  # type: ignore[no-any-return]


class Notes:
    """What a program has found outside of itself so far."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self._known: set[tuple[Any, ...]] = set()

    def add(self, manner: str, place: Place, expected: Any, name: str = "") -> None:
        """Note something that has to stay as it is; what cannot change needs no note."""
        if place.kind == "fixed" and manner in ("same", "number"):
            return
        key = (manner, *place.identity)
        try:
            if key in self._known:
                return
            self._known.add(key)
        except TypeError:
            # a key of a dictionary always hashes, but may do so in a way of its own
            pass
        self.checks.append(Check(manner, place, expected, name))

    def guards(self, said: frozenset[str] | None, read: Iterable[Place]) -> Guards:
        """Guards of all notes, apart from attributes whose names the program never says; None where it may say any.

        What stands at the places `read` is looked at in every call anyway.
        """
        own = set(map(id, read))
        kept = [check for check in self.checks if said is None or not check.name or check.name in said]
        return Guards([check for check in kept if check.manner != "type" or id(check.place) not in own])
