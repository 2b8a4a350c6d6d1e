"""The formulas of a derivation in MathML; what is said beside them stays text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from wengert.calculus import algebra
from wengert.calculus.derivation import Account, Line, Part, Piece, Result
from wengert.calculus.expression import Expression, Sum
from wengert.display.derivation_style import Style, is_one
from wengert.display.formula_mathml import MathmlPrinter, operator, row, written_in_mathml
from wengert.display.writing import notation_of

__all__ = ["Mathml"]


class Mathml(Style):
    """Formulas are pieces without an element around them, so that they can be put side by side."""

    plus = operator("+")
    minus = operator("−")
    times = operator("⊙")
    gap = ""

    def __init__(
        self, account: Account, style: str = "transpose", letter: str | None = None, within: bool = False
    ) -> None:
        super().__init__(account, style, None, within)
        self.letter = letter or f"<mi>{escape(self.letter)}</mi>"

    def formula(self, expression: Expression) -> str:
        printed = MathmlPrinter().printed(notation_of(expression, self.variables, self.manner_of(expression)))
        # an element that begins the text is the one around all of it
        return printed.removeprefix("<mrow>").removesuffix("</mrow>") if printed.startswith("<mrow>") else printed

    def named(self, name: str) -> str:
        return written_in_mathml(self.names[name])

    def grouped(self, text: str) -> str:
        return MathmlPrinter().bracketed(row(text))

    def inner(self, left: str, right: str) -> str:
        return row(operator("⟨"), left, operator(","), right, operator("⟩"))

    def scaled(self, front: Expression, body: str) -> str:
        if is_one(front):
            return body
        text = self.formula(front)
        return (self.grouped(text) if isinstance(front, Sum) else text) + "<mo>&#x2062;</mo>" + body

    def total(self, pieces: Sequence[Piece]) -> str:
        return super().total(pieces) if pieces else "<mn>0</mn>"

    def worded(self, text: str) -> str:
        return f"<mtext>{escape(text)}</mtext>"

    def target(self, part: Part) -> str:
        differential = '<mi mathvariant="normal">d</mi>'
        if part.target == "f":
            return differential + self.letter
        if self.account.variable.is_scalar:
            return f"{differential}<msup>{row(self.letter)}<mo>′</mo></msup>"
        return differential + self.grouped(operator("∇") + self.letter)

    def rules(self, line: Line) -> str:
        return ""

    def remarks(self, result: Result) -> str:
        return ""

    def read_off(self, result: Result) -> str:
        name = self.account.variable.name
        f, x = row(self.letter), self.named(name)
        if result.kind == "jacobian":
            return f"<mfrac>{row(operator('∂'), f)}{row(operator('∂'), x)}</mfrac>"
        dx = operator("[") + self.formula(algebra.symbol(f"d{name}", 1, 1)) + operator("]")
        second = f"<msup>{operator('∇')}<mn>2</mn></msup>"
        marks = {
            "gradient": operator("∇") + f, "derivative": f"<msup>{f}<mo>′</mo></msup>", "hessian": second + f,
            "differential": f'<mi mathvariant="normal">D</mi>{f}', "operator": second + f,
            "second derivative": f"<msup>{f}<mo>″</mo></msup>",
        }  # fmt: skip
        return marks[result.kind] + self.grouped(x) + (dx if result.kind in ("differential", "operator") else "")

    @property
    def function(self) -> str:
        """f(x)."""
        return self.letter + self.grouped(self.named(self.account.variable.name))

    @property
    def statement(self) -> str:
        return super().statement.replace(" = ", operator("="))

    @property
    def introduction(self) -> list[str]:
        """The names, and the function in them."""
        lines = [text.replace(" = ", operator("=")) for text in self.defined()]
        short = self.restated()
        return [*lines, self.letter + operator("=") + short] if lines and short else lines
