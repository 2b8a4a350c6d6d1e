"""What is told of names beside a formula: `X: positive definite, n n; y: one-hot`."""

from __future__ import annotations

import difflib
import re
from typing import Final, NamedTuple

from wengert.calculus.instances import PROPERTIES, SQUARE, meant
from wengert.calculus.parse.pointing import at_character, rejected, shown

__all__ = ["Declaration", "declarations"]

_KINDS: Final[dict[str, tuple[str | None, ...]]] = {"scalar": (), "vector": (None,), "matrix": (None, None)}
_LENGTH: Final = re.compile(r"[A-Za-z]\d*|[A-Za-z]_\w+|[1-9]\d{0,3}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART: Final = re.compile(r"[^;\n]+")
_ITEM: Final = re.compile(r"[^,]+")
_LONGEST: Final = 4000


class Declaration(NamedTuple):
    """What is told of one name: the lengths of its axes, None where they or one of them is not told, and properties."""

    dims: tuple[str | None, ...] | None
    properties: tuple[str, ...]

    @property
    def is_square(self) -> bool:
        """Whether a property is one of square matrices only."""
        return not SQUARE.isdisjoint(self.properties)

    @property
    def axes(self) -> int | None:
        """The number of axes, as far as it is told."""
        if self.dims is not None:
            return len(self.dims)
        if self.is_square or "one-hot rows" in self.properties:
            return 2
        return 1 if "one-hot" in self.properties else None


def declarations(text: str) -> dict[str, Declaration]:
    """Read what is told of names: for each name properties, the names of its lengths, or its kind.

    Raises
    ------
    ParseError
        A property is not known, or the text is no list of declarations; the message points at the character.

    >>> from wengert.calculus.parse import declarations
    >>> declarations("X: positive definite, n n; y: one-hot")["X"]
    Declaration(dims=('n', 'n'), properties=('positive definite',))
    """
    if len(text) > _LONGEST:
        complaint = f"the text has {len(text)} characters, but declarations have at most {_LONGEST}"
        raise rejected(text, _LONGEST, complaint, "Declare less.")
    found: dict[str, Declaration] = {}
    for part in _PART.finditer(text):
        if not part.group().strip():
            continue
        name, colon, items = part.group().partition(":")
        start = part.start() + len(name) - len(name.lstrip())
        if not colon or not _NAME.fullmatch(name.strip()):
            complaint = f"expected a name and a colon {at_character(start)}, but found {shown(part.group().strip())}"
            raise rejected(text, start, complaint, "Write declarations as X: symmetric; x: n.")
        if name.strip() in found:
            complaint = f"{shown(name.strip())} {at_character(start)} is declared twice"
            raise rejected(text, start, complaint, "Write what is told of one name behind one colon.")
        found[name.strip()] = _declaration(text, items, part.start() + len(name) + 1)
    return found


def _declaration(text: str, items: str, offset: int) -> Declaration:
    dims: tuple[str | None, ...] | None = None
    properties: list[str] = []
    start = offset
    for item in _ITEM.finditer(items):
        written = item.group().strip()
        start = offset + item.start() + len(item.group()) - len(item.group().lstrip())
        words = written.split()
        if " ".join(words) in PROPERTIES:
            properties.append(" ".join(words))
            continue
        lengths = _lengths(text, written, start)
        if dims is not None:
            complaint = f"{shown(written)} {at_character(start)} tells the axes a second time"
            raise rejected(text, start, complaint, "Write both lengths of a matrix in one item, as n m.")
        dims = lengths
    found = Declaration(dims, tuple(properties))
    needed = found._replace(dims=None).axes
    if dims is not None and needed is not None and len(dims) != needed:
        complaint = f"{', '.join(properties)} {at_character(start)} needs {needed} axes, but {len(dims)} are told"
        raise rejected(text, start, complaint, "Change the lengths, or the property.")
    if dims is not None and found.is_square and None not in dims and dims[0] != dims[1]:
        complaint = f"{', '.join(properties)} {at_character(start)} needs equal lengths, but {dims[0]} and {dims[1]} "
        raise rejected(text, start, complaint + "are told", f"Write {dims[0]} {dims[0]}.")
    return found


def _lengths(text: str, written: str, start: int) -> tuple[str | None, ...]:
    words = written.split()
    if written in _KINDS:
        return _KINDS[written]
    if 1 <= len(words) <= 2 and all(map(_LENGTH.fullmatch, words)):
        return tuple(words)
    alike = difflib.get_close_matches(written[:40], [*PROPERTIES, *_KINDS], 1)
    if not alike and meant(written).startswith("did"):
        alike = [meant(written).removeprefix("did you mean ").removesuffix("?")]
    complaint = f"expected a property, lengths or a kind {at_character(start)}, but found {shown(written)}"
    known = f"Did you mean {alike[0]}?" if alike else f"Write lengths as n m, or one of {', '.join(PROPERTIES)}."
    raise rejected(text, start, complaint, known)
