"""A long account in sections, each with a title, and long lists folded in the middle."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Section", "folded", "sections_text"]

Section = tuple[str, Sequence[str]]


def sections_text(sections: Sequence[Section]) -> str:
    """Titles, with their lines indented below them and a blank line between."""
    blocks = []
    for title, lines in sections:
        indented = [f"  {line}".rstrip() for entry in lines for line in (entry.splitlines() or [""])]
        blocks.append("\n".join([title, *indented]))
    return "\n\n".join(blocks)


def folded(lines: Sequence[str], most: int | None) -> list[str]:
    """At most so many lines: the first and the last of them, and a line that says how many are left out.

    >>> folded(["a", "b", "c", "d", "e", "f"], 4)
    ['a', 'b', '... 3 lines folded ...', 'f']
    """
    if most is None or len(lines) <= most:
        return list(lines)
    kept = max(most - 1, 2)
    tail = kept // 2
    head = kept - tail
    hidden = len(lines) - head - tail
    if hidden < 2:
        return list(lines)
    middle = lines[head]
    indent = middle[: len(middle) - len(middle.lstrip())]
    return [*lines[:head], f"{indent}... {hidden} lines folded ...", *lines[len(lines) - tail :]]
