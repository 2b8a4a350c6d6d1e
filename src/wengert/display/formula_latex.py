"""Expressions of matrix algebra in LaTeX, in what MathJax knows of it."""

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

__all__ = ["LatexPrinter", "latex_of", "latex_with_where"]

_PLAIN: Final = Manner()
_CONSTANTS: Final = {"identity": "I", "Identity": r"\mathrm{Id}", "ones": r"\mathbf{1}", "zero": "0"}
_NORMS: Final = {"norm": "", "frobenius": "_F", "spectral": "_2", "nuclear": "_*"}
_SYMBOLS: Final = {"σ": r"\sigma", "λₘₐₓ": r"\lambda_{\max}", "λₘᵢₙ": r"\lambda_{\min}", "u₁": "u_1", "v₁": "v_1",
                   "qₘₐₓ": r"q_{\max}", "qₘᵢₙ": r"q_{\min}"}  # fmt: skip
_COMMANDS: Final = frozenset({
    "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "det", "max",
})  # fmt: skip
_COMMAND_LAST: Final = re.compile(r"\\[A-Za-z]+$")
# upright words stand a little apart from their neighbours; TeX does so by itself for the names of functions
_WORD_FIRST: Final = re.compile(r"\\mathrm\b")
_FUNCTION_FIRST: Final = re.compile(r"\\(operatorname|exp|log|sin|cos|tan|sinh|cosh|tanh|arc\w+|det|max)\b")
_WORD_LAST: Final = re.compile(r"^\\mathrm\{\w{2,}\}\S*$|^\\mathrm\{d\}|^\\nabla \S+$")
_CALL_LAST: Final = re.compile(r"^\\(?!left|mathrm|mathbf)[A-Za-z]+.*\)$")


def latex_of(expression: Expression, variables: Iterable[str] = (), manner: Manner = _PLAIN) -> str:
    r"""An expression in LaTeX, without the dollars around it; see `wengert.display.formula.text_of`.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> n = Dim("n")
    >>> A, x = algebra.symbol("A", n, n), algebra.symbol("x", n, 1)
    >>> print(latex_of(algebra.matmul(algebra.number(0.5), algebra.add(A, algebra.transpose(A)), x)))
    \tfrac{1}{2}(A + A^\top)x
    """
    return LatexPrinter().printed(notation_of(expression, variables, manner))


def latex_with_where(
    expression: Expression, variables: Sequence[str] = (), taken: Iterable[str] = (), style: str = "transpose"
) -> str:
    """The same, with names for what is long and occurs more than once."""
    manner = Manner(style, frozenset(taken))
    (short,), named = with_where([expression], taken)
    listed = r",\; ".join(
        f"{written(name).latex} = {latex_of(inner, variables, manner)}" for name, inner in reversed(named)
    )
    return latex_of(short, variables, manner) + (rf", \quad \text{{where }} {listed}" if listed else "")


class LatexPrinter(Printer):
    """Formulas for MathJax."""

    signs = ("+", "-")

    def level(self, node: Notation) -> int:
        # a bar holds a fraction together
        return POWER if isinstance(node, Quotient) and not self._is_apart(node) else super().level(node)

    def _is_apart(self, node: Quotient) -> bool:
        """Whether a fraction in the numerator would be small, so that the numerator stands behind the bar."""
        return not node.entrywise and r"\frac" in self.known[node.parts[0]]

    def bracketed(self, text: str) -> str:
        return _around("(", text, ")")

    def joined(self, left: str, right: str) -> str:
        if left[-1].isdigit() and right[0].isdigit():
            return rf"{left} \cdot {right}"
        if _FUNCTION_FIRST.match(right):
            # but MathJax not behind a fraction
            return rf"{left}\,{right}" if left.startswith((r"\tfrac", r"\frac")) else left + right
        called = _CALL_LAST.match(left) and (right[0] not in "(\\" or right.startswith((r"\frac", r"\mathbf")))
        if called or _WORD_FIRST.match(right) or _WORD_LAST.match(left):
            return rf"{left}\,{right}"
        return f"{left} {right}" if _COMMAND_LAST.search(left) and right[0].isalpha() else left + right

    def name(self, node: Name) -> str:
        return node.written.latex

    def constant(self, node: Constant) -> str:
        return _CONSTANTS[node.kind]

    def fraction(self, value: Fraction) -> str:
        return rf"\tfrac{{{value.numerator}}}{{{value.denominator}}}"

    def decimal(self, digits: str, exponent: int) -> str:
        power = f"10^{{{exponent}}}"
        return power if digits == "1" else rf"{digits} \cdot {power}"

    def call(self, node: Call) -> str:
        inner = self.known[node.parts[0]]
        command = _function(node.function)
        fenced = isinstance(node.parts[0], Fenced) and node.parts[0].kind == "absolute"
        return command + (inner if fenced else _around("(", inner, ")"))

    def fenced(self, node: Fenced) -> str:
        inner = self.known[node.parts[0]]
        if node.kind == "absolute":
            return _around(r"\lvert ", inner, r"\rvert")
        return _around(r"\lVert ", inner, r"\rVert") + _NORMS[node.kind]

    def power(self, node: Power) -> str:
        return f"{self.within(node.parts[0], ATOM)}^{{{self.known[node.parts[1]]}}}"

    def pseudoinverse(self, node: Pseudoinverse) -> str:
        return f"{self.within(node.parts[0], ATOM)}^+"

    def directional(self, node: Directional) -> str:
        at, direction = (self.known[part] for part in node.parts)
        return rf"\mathrm{{D}}{_function(node.function)}({at})[{direction}]"

    def indicator(self, node: Indicator) -> str:
        left, right = (self.known[part] for part in node.parts)
        return rf"\mathbf{{1}}[{left} {node.relation} {right}]"

    def inner(self, node: Inner) -> str:
        left, right = (self.known[part] for part in node.parts)
        return _around(r"\langle ", rf"{left},\, {right}", r"\rangle")

    def root(self, node: Root) -> str:
        return rf"\sqrt{{{self.known[node.parts[0]]}}}"

    def raised(self, node: Raised) -> str:
        base = self.within(node.parts[0], ATOM)
        power = "" if node.exponent == 1 else str(node.exponent)
        if node.entrywise:
            power = rf"\circ {power}"
        if node.transposed:
            power = power.removesuffix("1") + r"\top"
        return f"{base}^{power}" if len(power) == 1 or power == r"\top" else f"{base}^{{{power}}}"

    def entrywise(self, node: Entrywise) -> str:
        pieces = [self.within(part, PRODUCT) for part in node.parts]
        cut = len(pieces) - node.divisors
        return "".join([r" \odot ".join(pieces[:cut]), *(rf" \oslash {piece}" for piece in pieces[cut:])])

    def quotient(self, node: Quotient) -> str:
        above, below = node.parts
        if self._is_apart(node):
            number, factors = _without_number(above)
            front = "1" if number is None else self.known[number]
            behind = self.juxtaposed(Juxtaposed(tuple(factors)))
            return self.joined(rf"\frac{{{front}}}{{{self.known[below]}}}", behind)
        small = isinstance(above, Numeral) and isinstance(below, Numeral)
        return rf"\{'tfrac' if small else 'frac'}{{{self.known[above]}}}{{{self.known[below]}}}"


def _around(left: str, text: str, right: str) -> str:
    """Fences, which grow where there is a fraction between them."""
    if r"\frac" not in text:
        return f"{left}{text}{right}"
    return rf"\left{left}{text}\right{right}"


def _without_number(above: Notation) -> tuple[Numeral | None, Sequence[Notation]]:
    """The number in front of a product, and the other factors."""
    factors = above.parts if isinstance(above, Juxtaposed) else (above,)
    first = factors[0]
    return (first, factors[1:]) if isinstance(first, Numeral) and len(factors) > 1 else (None, factors)


def _function(name: str) -> str:
    """The name of a function, upright but for those that are letters."""
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if name in _COMMANDS:
        return f"\\{name}"
    stem = name.removesuffix("_rows").replace("_", r"\_")
    return rf"\operatorname{{{stem}}}" + r"_{\mathrm{rows}}" * name.endswith("_rows")
