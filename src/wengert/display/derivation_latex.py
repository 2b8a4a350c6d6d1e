"""The pieces of a derivation in LaTeX, in what MathJax knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from wengert.calculus.dimension import Length
from wengert.calculus.expression import Apply, Determinant, Expression, Sum, Symbol, Trace
from wengert.calculus.instances import told
from wengert.display.derivation_style import Style, is_one
from wengert.display.derivation_words import lengths_of, present, worded
from wengert.display.formula_latex import latex_of
from wengert.display.latex_lines import WIDEST, broken, visible_width

__all__ = ["Latex"]

# Beside a row there is its rule.
_ROW: Final = 76


class Latex(Style):
    """For MathJax."""

    place = 1
    minus = "-"
    comma = r",\quad "
    times = r"\odot"
    gap = r"\,"
    mark = r"\checkmark\ "

    def formula(self, expression: Expression) -> str:
        return latex_of(expression, self.variables, self.manner_of(expression))

    def named(self, name: str) -> str:
        return self.names[name].latex

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
        if text.startswith(r"\lVert"):
            return rf"\mathrm{{d}}\,{text}"
        if isinstance(of, (Apply, Determinant, Trace)):
            return rf"\mathrm{{d}}{text}"
        opening, closing = (r"\left(", r"\right)") if r"\frac" in text else ("(", ")")
        return rf"\mathrm{{d}}{opening}{text}{closing}"

    @property
    def spaces(self) -> str:
        """Where the variable and the constants live."""
        return r",\ ".join(
            rf"{self.named(symbol.name)} \in {_latex_space(symbol.shape)}{_latex_properties(symbol)}"
            for symbol in present(self.account)
        )

    def block(self, rows: Iterable[tuple[str, str, str]]) -> str:
        """An `aligned` block of the statement, the rows and the check; a row is a left side, a right side and a rule.

        The rows are aligned among themselves, so that what is wide above and below them moves no rule away.
        """
        statement = broken(f"{self.function} = {self.statement}")
        fits = visible_width(statement[-1]) + visible_width(self.spaces) <= WIDEST
        first = [rf"{statement[-1]} \qquad {self.spaces}"] if fits else [statement[-1], rf"\quad {self.spaces}"]
        above = [*statement[:-1], *first, *self.introduction]
        listed = [(left, broken(right, _ROW), rule) for left, right, rule in rows]
        widest = max((visible_width(line) for _, lines, _ in listed for line in lines), default=0)
        inner = _aligned([line for row in listed for line in self._beside(*row, WIDEST - widest)])
        return _aligned([f"& {line}" for line in (*above, inner, *self.closing)])

    def _beside(self, left: str, lines: Sequence[str], rule: str, room: int) -> list[str]:
        """A row with its rule beside the last of its lines, or each part of the rule on a line where room is short."""
        rules = rule.split(self.comma) if visible_width(rule) > room else [rule]
        rules[:-1] = [f"{each}," for each in rules[:-1]]
        formulas = [f"{left} &= {lines[0]}", *(rf"&\quad {line}" for line in lines[1:])]
        formulas += ["&"] * (len(rules) - len(formulas))
        rules = [""] * (len(formulas) - len(rules)) + rules
        return [f"{formula} && {each}".rstrip(" &") for formula, each in zip(formulas, rules, strict=True)]

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
        return (
            rf"{self.mark} \text{{every line evaluated in a random direction, at }} {where}"
            rf"\text{{: largest relative error }} {self.error(self.account.error)}"
        )

    def worded(self, text: str) -> str:
        escaped = text.replace("_", r"\_")
        return rf"\text{{{escaped}}}"

    def error(self, size: float) -> str:
        digits, _, exponent = f"{size:.0e}".partition("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}" if size else "0"


def _aligned(lines: Iterable[str]) -> str:
    inner = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}"


def _latex_space(shape: tuple[Length, Length]) -> str:
    lengths = lengths_of(shape)
    inner = r" \times ".join(lengths)
    return rf"\mathbb{{R}}^{{{inner}}}" if lengths else r"\mathbb{R}"


def _latex_properties(symbol: Symbol) -> str:
    return "".join(rf"\text{{ {worded(name, symbol)}}}" for name in told(symbol.properties))
