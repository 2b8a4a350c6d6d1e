"""From the notation of a formula to a line: what text and LaTeX have in common."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Final

from wengert.display.notation import (
    ATOM,
    ENTRYWISE,
    POWER,
    PRODUCT,
    SUM,
    Added,
    Entrywise,
    Juxtaposed,
    Negative,
    Notation,
    Numeral,
    Power,
    Pseudoinverse,
    Quotient,
    Raised,
    Root,
)

__all__ = ["Printer"]

_LEVELS: Final[dict[type, int]] = {
    Added: SUM,
    Negative: SUM,
    Entrywise: ENTRYWISE,
    Juxtaposed: PRODUCT,
    Quotient: PRODUCT,
    Raised: POWER,
    Power: POWER,
    Pseudoinverse: POWER,
    Root: POWER,
}


class Printer:
    """Writes a tree of notation, parts before wholes, with the fewest brackets that keep its meaning.

    A subclass has a method for each kind of notation, and `joined`, `bracketed` and `signs`.
    """

    signs: ClassVar[tuple[str, str]]

    def __init__(self) -> None:
        self.known: dict[Notation, str] = {}

    def printed(self, tree: Notation) -> str:
        """The whole tree."""
        for node in _parts_first(tree):
            self.known[node] = getattr(self, type(node).__name__.lower())(node)
        return self.known[tree]

    def level(self, node: Notation) -> int:
        """How tightly the outermost operation binds."""
        if isinstance(node, Numeral):
            return ATOM if str(node.value).isdigit() else POWER
        return _LEVELS.get(type(node), ATOM)

    def within(self, node: Notation, least: int) -> str:
        """A part, in brackets where it binds less than it must."""
        return self.known[node] if self.level(node) >= least else self.bracketed(self.known[node])

    def bracketed(self, text: str) -> str:
        """A text in brackets."""
        raise NotImplementedError

    def joined(self, left: str, right: str) -> str:
        """Two factors side by side."""
        raise NotImplementedError

    def added(self, node: Added) -> str:
        """Terms with their signs between them."""
        plus, minus = self.signs
        text = ""
        for subtracted, term in zip(node.subtracted, node.parts, strict=True):
            inner = self.within(term, ENTRYWISE)
            text += f" {minus if subtracted else plus} {inner}" if text else (minus + inner if subtracted else inner)
        return text

    def negative(self, node: Negative) -> str:
        """A minus in front."""
        return self.signs[1] + self.within(node.parts[0], ENTRYWISE)

    def juxtaposed(self, node: Juxtaposed) -> str:
        """Factors side by side."""
        pieces = [self.within(part, POWER) for part in node.parts]
        text, last = pieces[0], pieces[0]
        for piece in pieces[1:]:
            text = text[: len(text) - len(last)] + self.joined(last, piece)
            last = piece
        return text

    def numeral(self, node: Numeral) -> str:
        """A number: fractions as they are, floats in their shortest form."""
        if isinstance(node.value, Fraction):
            return str(node.value) if node.value.denominator == 1 else self.fraction(node.value)
        digits, _, exponent = repr(float(node.value)).partition("e")
        return self.decimal(digits, int(exponent)) if exponent else digits

    def fraction(self, value: Fraction) -> str:
        """A fraction that is no integer."""
        raise NotImplementedError

    def decimal(self, digits: str, exponent: int) -> str:
        """A number with a power of ten."""
        raise NotImplementedError


def _parts_first(tree: Notation) -> Iterator[Notation]:
    seen: set[Notation] = set()
    waiting: list[tuple[Notation, bool]] = [(tree, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting.extend((part, False) for part in node.parts)
