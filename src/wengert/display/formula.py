"""Expressions of matrix algebra as a reader writes them, in one line of Unicode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from wengert.calculus.expression import Expression
from wengert.display.naming import written
from wengert.display.notation import (
    ATOM,
    POWER,
    PRODUCT,
    VULGAR,
    Call,
    Constant,
    Directional,
    Entrywise,
    Fenced,
    Indicator,
    Inner,
    Manner,
    Name,
    Notation,
    Power,
    Pseudoinverse,
    Quotient,
    Raised,
    Root,
)
from wengert.display.printing import Printer
from wengert.display.where import with_where
from wengert.display.writing import notation_of

__all__ = ["TextPrinter", "abridged", "side_by_side", "text_of", "text_with_where"]

_PLAIN: Final = Manner()
# of a formula in a sentence, so many characters are printed, most of them from its beginning
_IN_A_SENTENCE: Final = 240
_MOST_SYMBOLS: Final = 3000
_SUPERSCRIPTS: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_DIGITS: Final = frozenset("0123456789")
_NORMS: Final = {"norm": "", "frobenius": "_F", "spectral": "₂", "nuclear": "_*"}
_CONSTANTS: Final = {"identity": "I", "Identity": "Id", "ones": "𝟏", "zero": "0"}
_LETTERS: Final = "A-Za-zα-ωΑ-Ω"
# a word, or ∇f, runs together with any letter, a function or a norm with a letter behind it
_WORD_LAST: Final = re.compile(rf"([{_LETTERS}_]{{2,}}|∇[{_LETTERS}])[0-9]*[₀-₉⁰¹²³⁴-⁹ᵀ⁻⁺]*$")
_WORD_FIRST: Final = re.compile(rf"[{_LETTERS}]{{2,}}")
_CLOSED: Final = re.compile(rf"([{_LETTERS}|‖√\]].*[)|‖\]]|√.*|.*∘\S+|.*‖(_F|₂|_\*))$")
_LETTER_FIRST: Final = re.compile(rf"[{_LETTERS}𝟏√‖|0-9]")


def text_of(expression: Expression, variables: Iterable[str] = (), manner: Manner = _PLAIN) -> str:
    """An expression as text.

    Parameters
    ----------
    expression
        Any expression of `wengert.calculus`.
    variables
        Names in which terms are ordered, the highest degree first.
    manner
        How it is written beside others.

    Raises
    ------
    UnsupportedError
        There is no notation for it, or it is too long to be printed.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> n = Dim("n")
    >>> A, x, b = algebra.symbol("A", n, n), algebra.symbol("x", n, 1), algebra.symbol("b", n, 1)
    >>> half_sum = algebra.matmul(algebra.number(0.5), algebra.add(A, algebra.transpose(A)), x)
    >>> print(text_of(algebra.add(half_sum, b), ["x"]))
    ½(A + Aᵀ)x + b
    """
    return TextPrinter().printed(notation_of(expression, variables, manner))


def abridged(expression: Expression, variables: Iterable[str] = ()) -> str:
    """An expression of any length as it stands in a sentence: of a long one the beginning and the end.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> x = algebra.symbol("x", Dim("n"), 1)
    >>> print(abridged(algebra.apply("exp", x)))
    exp(x)
    """
    if expression.length > _MOST_SYMBOLS:
        return f"(of {expression.length} symbols)"
    text = text_of(expression, variables)
    if len(text) <= _IN_A_SENTENCE:
        return text
    return f"{text[: 2 * _IN_A_SENTENCE // 3]} ... {text[-_IN_A_SENTENCE // 3 :]}"


def text_with_where(
    expression: Expression, variables: Sequence[str] = (), taken: Iterable[str] = (), style: str = "transpose"
) -> str:
    """The same, with names for what is long and occurs more than once: `s − ssᵀ,  where s = softmax(Ax + b)`."""
    manner = Manner(style, frozenset(taken))
    (short,), named = with_where([expression], taken)
    listed = ", ".join(f"{text_of_name(name)} = {text_of(inner, variables, manner)}" for name, inner in reversed(named))
    return text_of(short, variables, manner) + (f",  where {listed}" if listed else "")


def text_of_name(name: str) -> str:
    """A name as it is printed in a formula."""
    return written(name).text


def side_by_side(left: str, right: str) -> str:
    """Two factors, with a space between them where they would run together."""
    return TextPrinter().joined(left, right)


class TextPrinter(Printer):
    """Formulas in one line."""

    signs = ("+", "−")

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def joined(self, left: str, right: str) -> str:
        if left[-1] in _DIGITS and right[0] in _DIGITS:
            return f"{left}·{right}"
        word = _WORD_LAST.search(left) and (right[0].isalpha() or right[0] in "(√‖|")
        apart = word or _WORD_FIRST.match(right) or (_CLOSED.match(left) and _LETTER_FIRST.match(right))
        return f"{left} {right}" if apart else left + right

    def name(self, node: Name) -> str:
        return node.written.text

    def constant(self, node: Constant) -> str:
        return _CONSTANTS[node.kind]

    def fraction(self, value: Fraction) -> str:
        return VULGAR.get(value, str(value))

    def decimal(self, digits: str, exponent: int) -> str:
        power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
        return power if digits == "1" else f"{digits}·{power}"

    def call(self, node: Call) -> str:
        inner = self.known[node.parts[0]]
        fenced = isinstance(node.parts[0], Fenced) and node.parts[0].kind == "absolute"
        return f"{node.function}{inner}" if fenced else f"{node.function}({inner})"

    def fenced(self, node: Fenced) -> str:
        inner = self.known[node.parts[0]]
        return f"|{inner}|" if node.kind == "absolute" else f"‖{inner}‖{_NORMS[node.kind]}"

    def power(self, node: Power) -> str:
        exponent = self.known[node.parts[1]]
        return f"{self.within(node.parts[0], ATOM)}^{exponent if len(exponent) == 1 else f'{{{exponent}}}'}"

    def pseudoinverse(self, node: Pseudoinverse) -> str:
        return f"{self.within(node.parts[0], ATOM)}⁺"

    def directional(self, node: Directional) -> str:
        at, direction = (self.known[part] for part in node.parts)
        return f"D{node.function}({at})[{direction}]"

    def indicator(self, node: Indicator) -> str:
        left, right = (self.known[part] for part in node.parts)
        return f"𝟏[{left} {node.relation} {right}]"

    def inner(self, node: Inner) -> str:
        left, right = (self.known[part] for part in node.parts)
        return f"⟨{left}, {right}⟩"

    def root(self, node: Root) -> str:
        return f"√{self.within(node.parts[0], ATOM)}"

    def raised(self, node: Raised) -> str:
        base, exponent = self.within(node.parts[0], ATOM), node.exponent
        if node.entrywise:
            inner = VULGAR.get(exponent, str(exponent).replace("-", "−"))
            return f"{base}^∘{inner}" if "/" not in inner else f"{base}^∘{{{inner}}}"
        if exponent.denominator != 1:
            return f"{base}^{{{str(exponent).replace('-', '−')}}}"
        power = "" if exponent == 1 else str(exponent)
        if node.transposed:
            power = "-" if power == "-1" else power
        return base + power.translate(_SUPERSCRIPTS) + "ᵀ" * node.transposed

    def entrywise(self, node: Entrywise) -> str:
        pieces = [self._entry_factor(part) for part in node.parts]
        cut = len(pieces) - node.divisors
        return "".join([" ∘ ".join(pieces[:cut]), *(f" ⊘ {piece}" for piece in pieces[cut:])])

    def _entry_factor(self, part: Notation) -> str:
        return self.within(part, POWER if isinstance(part, Quotient) else PRODUCT)

    def quotient(self, node: Quotient) -> str:
        above, below = node.parts
        top = self.within(above, POWER if isinstance(above, Quotient) else PRODUCT)
        return f"{top}/{self.within(below, POWER)}"
