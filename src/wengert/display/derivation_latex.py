"""The pieces of a derivation in LaTeX, in what MathJax knows of it."""

from __future__ import annotations

from wengert.calculus.dimension import Length
from wengert.calculus.expression import Apply, Determinant, Expression, Sum, Symbol, Trace
from wengert.display.derivation_words import Style, is_one, lengths_of, present, said_of, worded
from wengert.display.formula_latex import latex_of
from wengert.display.naming import written

__all__ = ["Latex"]


class Latex(Style):
    """For MathJax."""

    place = 1
    minus = "-"
    comma = r",\quad "
    times = r"\odot"

    def formula(self, expression: Expression) -> str:
        return latex_of(expression, self.variables)

    def named(self, name: str) -> str:
        return written(name).latex

    def inner(self, left: str, right: str) -> str:
        large = r"\frac" in left + right
        opening, closing = (r"\left\langle ", r"\right\rangle") if large else (r"\langle ", r"\rangle")
        return f"{opening}{left},\\, {right}{closing}"

    def scaled(self, front: Expression, body: str) -> str:
        if is_one(front):
            return body
        text = self.formula(front)
        return rf"({text})\,{body}" if isinstance(front, Sum) else rf"{text}\,{body}"

    def changed(self, of: Expression) -> str:
        text = self.formula(of)
        if isinstance(of, Symbol):
            return rf"\mathrm{{d}}{text}"
        called = isinstance(of, (Apply, Determinant, Trace)) or text.startswith(r"\lVert")
        return rf"\mathrm{{d}}\,{text}" if called else rf"\mathrm{{d}}({text})"

    @property
    def spaces(self) -> str:
        """Where the variable and the constants live."""
        return r",\ ".join(
            rf"{self.named(symbol.name)} \in {_latex_space(symbol.shape)}{_latex_properties(symbol)}"
            for symbol in present(self.account)
        )

    @property
    def introduction(self) -> list[str]:
        """The names, and the function in them."""
        if not self.account.definitions:
            return []
        short = self.restated()
        names = r"\text{Let } " + r",\quad ".join(self.defined())
        return [rf"{names};\quad {self.letter} = {short}" if short else names]

    @property
    def check(self) -> str:
        """What was checked."""
        where = r"\text{ and at }".join(self.sizes()) if any(self.sizes()) else r"\text{two points}"
        digits, _, exponent = f"{self.account.error:.0e}".partition("e")
        error = rf"{digits} \cdot 10^{{{int(exponent)}}}" if self.account.error else "0"
        return (
            rf"\checkmark\ \text{{every line evaluated in a random direction, at }} {where}"
            rf"\text{{: largest relative error }} {error}"
        )


def _latex_space(shape: tuple[Length, Length]) -> str:
    lengths = lengths_of(shape)
    inner = r" \times ".join(lengths)
    return rf"\mathbb{{R}}^{{{inner}}}" if lengths else r"\mathbb{R}"


def _latex_properties(symbol: Symbol) -> str:
    return "".join(rf"\text{{ {worded(name, symbol)}}}" for name in said_of(symbol))
