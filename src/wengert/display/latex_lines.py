"""Long formulas in LaTeX on several lines: where a line may end, and how wide it is to the eye."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["WIDEST", "broken", "visible_width"]

WIDEST: Final = 100
# No character on paper takes more of LaTeX than this, so that the start of a formula tells whether it fits.
_LONGEST: Final = 40
_SLACK: Final = 8
_FRACTION: Final = re.compile(r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}")
_GROUPED: Final = re.compile(r"\\(?:operatorname|mathrm|mathbf|mathbb|text|sqrt)\{([^{}]*)\}|[_^]\{([^{}]*)\}")
_UNSEEN: Final = re.compile(r"[{}^_ ]")
_SIZED: Final = re.compile(r"\\(?:left|right)(?![a-z])|\\[,;]")
_WORD: Final = re.compile(r"\\(exp|log|sin|cos|tan|sinh|cosh|tanh|arc[a-z]+|det|max|quad)(?![a-z])")
_SYMBOL: Final = re.compile(r"\\[A-Za-z]+|\\.")
_TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.| [+-] |[{}()\[\]]")
_OPENING: Final = ("(", "[", r"\langle", r"\lVert", r"\lvert")
_CLOSING: Final = (")", "]", r"\rangle", r"\rVert", r"\rvert")


def visible_width(latex: str) -> int:
    r"""About how many characters wide a formula is.

    >>> visible_width(r"\frac{x^\top Ax}{2}"), visible_width(r"\operatorname{tr}(X)")
    (4, 5)
    """
    previous = ""
    while previous != latex:
        previous = latex
        latex = _FRACTION.sub(lambda found: max(map(_plain, found.groups()), key=len), latex)
        latex = _GROUPED.sub(lambda found: _plain(found[1] or found[2] or ""), latex)
    return len(_plain(latex))


def _plain(latex: str) -> str:
    spaced = latex.replace(" + ", "~+~").replace(" - ", "~-~").replace(" = ", "~=~")
    symbols = _SYMBOL.sub("s", _WORD.sub(lambda found: found[1], _SIZED.sub("", spaced)))
    return _UNSEEN.sub("", symbols)


def broken(latex: str, widest: int = WIDEST) -> list[str]:
    r"""A formula as lines that end before a plus or a minus; one that has no such place stays as it is.

    Parameters
    ----------
    latex
        A formula without line breaks.
    widest
        How many characters a line should have at most.

    >>> broken(r"A^\top BCD + (C + D)E", 11)
    ['A^\\top BCD', '{} + (C + D)E']
    """
    found: list[str] = []
    rest = latex
    while (width := visible_width(rest[: _LONGEST * widest])) > widest:
        # lines of about one length, rather than a short one at the end
        even = width // -(-width // widest) + _SLACK
        cut = _best_cut(rest, min(widest, even))
        if cut is None:
            break
        found.append(rest[:cut])
        rest = "{}" + rest[cut:]
    return [*found, rest]


def _best_cut(latex: str, widest: int) -> int | None:
    """Of the places in the rear of a line the least nested, then the last; else the first one behind it."""
    best: tuple[int, int] | None = None
    for place, depth in _places(latex):
        width = visible_width(latex[:place])
        if width > widest:
            return best[1] if best else place
        if width > widest // 3:
            best = max(best or (-depth, place), (-depth, place))
    return best[1] if best else None


def _places(latex: str) -> Iterator[tuple[int, int]]:
    """Where a sign stands between two terms, outside braces and brackets that grow, and how deep in brackets."""
    depth = held = 0
    previous = ""
    first = len("{}") if latex.startswith("{}") else 0
    for token in _TOKEN.finditer(latex):
        text = token.group()
        if text in ("{", r"\left"):
            held += 1
        elif text in ("}", r"\right"):
            held -= 1
        elif text in (" + ", " - "):
            # the sign in front of a line is not between terms
            if not held and token.start() > first:
                yield token.start(), depth
        elif previous not in (r"\left", r"\right"):
            depth += (text in _OPENING) - (text in _CLOSING)
        previous = text
