"""Formulas in MathML, which browsers draw without any other software."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from itertools import pairwise
from typing import Final

from wengert.calculus.expression import Expression
from wengert.display.naming import Written, written
from wengert.display.notation import (
    ATOM,
    ENTRYWISE,
    POWER,
    PRODUCT,
    Added,
    Call,
    Constant,
    Directional,
    Entrywise,
    Fenced,
    Indicator,
    Inner,
    Juxtaposed,
    Manner,
    Name,
    Negative,
    Notation,
    Numeral,
    Power,
    Pseudoinverse,
    Quotient,
    Raised,
    Root,
)
from wengert.display.printing import Printer
from wengert.display.where import with_where
from wengert.display.writing import notation_of

__all__ = ["MathmlPrinter", "mathml_of", "mathml_with_where", "operator", "row", "written_in_mathml"]

_PLAIN: Final = Manner()
_TIMES: Final = "<mo>&#x2062;</mo>"
_SPACE: Final = '<mspace width="0.17em"/>'
_WORD: Final = re.compile(r"<mi>\w{2,}</mi>")
_APPLIED: Final = "<mo>&#x2061;</mo>"
_CONSTANTS: Final = {"identity": "I", "Identity": "Id", "ones": "𝟏", "zero": "0"}
_TALL: Final = re.compile("<mfrac|<mtable|<munder")
_SIDES: Final = "border:solid;border-width:0 .07em;border-radius:.5em;padding:0 .3em;margin:0 .1em"
_BEGINS_WITH_DIGIT: Final = re.compile(r"(<mrow>|<msup>)*<mn>[0-9]")
_ENDS_IN_DIGIT: Final = re.compile(r"^<mn>.*[0-9]</mn>$|^<mfrac><mn>")
_NORMS: Final = {"frobenius": "F", "spectral": "2", "nuclear": "∗"}


def mathml_of(expression: Expression, variables: Iterable[str] = (), manner: Manner = _PLAIN) -> str:
    """An expression as a `math` element; see `wengert.display.formula.text_of`.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> n = Dim("n")
    >>> A, x = algebra.symbol("A", n, n), algebra.symbol("x", n, 1)
    >>> print(mathml_of(algebra.matmul(A, x)))
    <math><mrow><mi>A</mi><mo>&#x2062;</mo><mi>x</mi></mrow></math>
    """
    return f"<math>{MathmlPrinter().printed(notation_of(expression, variables, manner))}</math>"


def mathml_with_where(
    expression: Expression, variables: Sequence[str] = (), taken: Iterable[str] = (), style: str = "transpose"
) -> str:
    """The same, set apart from the text, with names for what is long and occurs more than once."""
    manner = Manner(style, frozenset(taken))
    (short,), named = with_where([expression], taken)
    printed = [
        MathmlPrinter().printed(notation_of(each, variables, manner)) for each in (short, *(x for _, x in named))
    ]
    listed = [
        row(written_in_mathml(written(name)), operator("="), inner)
        for (name, _), inner in zip(named, printed[1:], strict=True)
    ]
    where = "<mtext>,\u2003where </mtext>" + "<mtext>,\u2002</mtext>".join(reversed(listed)) if listed else ""
    return f'<math display="block">{row(printed[0], where)}</math>'


def row(*pieces: str) -> str:
    """Pieces as one element."""
    return f"<mrow>{''.join(pieces)}</mrow>"


def operator(sign: str) -> str:
    """A sign between pieces, or a fence around them."""
    return f"<mo>{escape(sign)}</mo>"


def written_in_mathml(name: Written) -> str:
    """A name: a letter is italic, a word upright."""
    stem = f"<mi>{escape(name.stem)}</mi>"
    if name.subscript:
        kind = "mn" if name.subscript.isdigit() else "mi"
        stem = f"<msub>{stem}<{kind}>{escape(name.subscript)}</{kind}></msub>"
    before = "d" * name.differential + "∇" * name.gradient
    return row(f'<mi mathvariant="normal">{before}</mi>', stem) if before else stem


class MathmlPrinter(Printer):
    """Formulas as elements; every piece is one element."""

    signs = ("+", "−")

    def level(self, node: Notation) -> int:
        # a bar holds a fraction together, and so does the line of a root
        if isinstance(node, (Quotient, Root)):
            return POWER
        if isinstance(node, Numeral) and isinstance(node.value, Fraction) and node.value.denominator != 1:
            return POWER
        return super().level(node)

    def bracketed(self, text: str) -> str:
        if not _TALL.search(text):
            return row(operator("("), text, operator(")"))
        # signs grow only where there is a font for mathematics; the sides of a box do everywhere
        left, right = (f'<mo style="font-size:0">{sign}</mo>' for sign in "()")
        return f'<mrow style="{_SIDES}">{left}{text}{right}</mrow>'

    def added(self, node: Added) -> str:
        pieces: list[str] = []
        for subtracted, term in zip(node.subtracted, node.parts, strict=True):
            if pieces or subtracted:
                pieces.append(operator(self.signs[subtracted]))
            pieces.append(self.within(term, ENTRYWISE))
        return row(*pieces)

    def negative(self, node: Negative) -> str:
        return row(operator(self.signs[1]), self.within(node.parts[0], ENTRYWISE))

    def juxtaposed(self, node: Juxtaposed) -> str:
        pieces = [self.within(part, POWER) for part in node.parts]
        whole = pieces[0]
        for left, right in pairwise(pieces):
            digits = _ENDS_IN_DIGIT.search(left) and _BEGINS_WITH_DIGIT.match(right)
            # words would run together with what stands beside them
            apart = _SPACE if _WORD.search(left) or _WORD.search(right) else ""
            whole += (operator("·") if digits else _TIMES + apart) + right
        return row(whole)

    def name(self, node: Name) -> str:
        return written_in_mathml(node.written)

    def constant(self, node: Constant) -> str:
        return f"<mn>{_CONSTANTS[node.kind]}</mn>"

    def numeral(self, node: Numeral) -> str:
        found = super().numeral(node)
        return found if found.startswith("<") else f"<mn>{found}</mn>"

    def fraction(self, value: Fraction) -> str:
        return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"

    def decimal(self, digits: str, exponent: int) -> str:
        power = f"<msup><mn>10</mn><mn>{exponent}</mn></msup>".replace("-", "−")
        return power if digits == "1" else row(f"<mn>{digits}</mn>", operator("·"), power)

    def call(self, node: Call) -> str:
        function = f"<mi>{escape(node.function)}</mi>"
        inner = self.known[node.parts[0]]
        fenced = isinstance(node.parts[0], Fenced) and node.parts[0].kind == "absolute"
        return row(function, _APPLIED, inner if fenced else self.bracketed(inner))

    def fenced(self, node: Fenced) -> str:
        fence = "|" if node.kind == "absolute" else "‖"
        found = row(operator(fence), self.known[node.parts[0]], operator(fence))
        below = _NORMS.get(node.kind)
        return f"<msub>{found}<mi>{below}</mi></msub>" if below else found

    def power(self, node: Power) -> str:
        return f"<msup>{self.within(node.parts[0], ATOM)}{self.known[node.parts[1]]}</msup>"

    def pseudoinverse(self, node: Pseudoinverse) -> str:
        return f"<msup>{self.within(node.parts[0], ATOM)}{operator('+')}</msup>"

    def directional(self, node: Directional) -> str:
        at, direction = (self.known[part] for part in node.parts)
        name = f"<mi>D{escape(node.function)}</mi>"
        return row(name, self.bracketed(at), operator("["), direction, operator("]"))

    def indicator(self, node: Indicator) -> str:
        left, right = (self.known[part] for part in node.parts)
        inner = row(left, operator(node.relation), right)
        return row("<mn>𝟏</mn>", operator("["), inner, operator("]"))

    def inner(self, node: Inner) -> str:
        left, right = (self.known[part] for part in node.parts)
        return row(operator("⟨"), left, operator(","), right, operator("⟩"))

    def root(self, node: Root) -> str:
        return f"<msqrt>{self.known[node.parts[0]]}</msqrt>"

    def raised(self, node: Raised) -> str:
        pieces = [operator("∘")] if node.entrywise else []
        if node.exponent != 1:
            text = str(node.exponent).replace("-", "−")
            pieces.append(operator("−") if node.transposed and text == "−1" else f"<mn>{text}</mn>")
        if node.transposed:
            pieces.append("<mo>⊤</mo>")
        return f"<msup>{self.within(node.parts[0], ATOM)}{row(*pieces)}</msup>"

    def entrywise(self, node: Entrywise) -> str:
        pieces = [self.within(part, PRODUCT) for part in node.parts]
        cut = len(pieces) - node.divisors
        whole = pieces[0]
        for place, piece in enumerate(pieces[1:], start=1):
            whole += operator("⊙" if place < cut else "⊘") + piece
        return row(whole)

    def quotient(self, node: Quotient) -> str:
        return f"<mfrac>{self.known[node.parts[0]]}{self.known[node.parts[1]]}</mfrac>"
