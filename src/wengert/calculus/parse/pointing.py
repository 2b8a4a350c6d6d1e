"""Errors that show the text with a caret under the character."""

from __future__ import annotations

from typing import Final

from wengert.errors import ParseError

__all__ = ["at_character", "rejected", "shown"]

_WIDTH: Final = 72


def rejected(text: str, position: int, complaint: str, advice: str) -> ParseError:
    """The error that says what is wrong at a character, and one thing to do."""
    start = max(0, position - _WIDTH // 2) if len(text) > _WIDTH else 0
    end = min(len(text), start + _WIDTH)
    before, after = "…" * (start > 0), "…" * (end < len(text))
    line = before + "".join(map(_visible, text[start:end])) + after
    caret = " " * (len(before) + position - start) + "^"
    return ParseError(f"parse: {complaint}\n    {line}\n    {caret}\n{advice}", position)


def at_character(position: int) -> str:
    """Where a character is, counted from 1."""
    return f"at character {position + 1}"


def shown(found: str) -> str:
    """What stands in the text, in quotes, with the code of a character that cannot be seen or is not ASCII."""
    short = found if len(found) <= 20 else found[:19] + "…"
    visible = f"`{''.join(map(_visible, short))}`"
    if len(found) == 1 and not (found.isascii() and found.isprintable()):
        return f"{visible} (U+{ord(found):04X})"
    return visible


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
