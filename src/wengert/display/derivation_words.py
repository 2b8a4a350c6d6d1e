"""The pieces of a derivation in one line of Unicode."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from wengert.calculus import algebra
from wengert.calculus.derivation import Account
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Apply, Determinant, Expression, Product, Sum, Symbol, Trace, walk
from wengert.calculus.instances import told
from wengert.display.derivation_style import Style, is_one
from wengert.display.formula import side_by_side, text_of
from wengert.display.notation import VULGAR, over_a_bar

__all__ = ["Text", "lengths_of", "present", "worded"]

_RAISED: Final = dict(zip("abcdefghijklmnoprstuvwxyz0123456789", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))


class Text(Style):
    """In one line of Unicode."""

    place = 0
    minus = "−"
    comma = ",  "
    times = "∘"
    gap = " "
    mark = "✓"

    def formula(self, expression: Expression) -> str:
        return text_of(expression, self.variables, self.manner_of(expression))

    def named(self, name: str) -> str:
        return self.names[name].text

    def inner(self, left: str, right: str) -> str:
        return f"⟨{left}, {right}⟩"

    def scaled(self, front: Expression, body: str) -> str:
        number, above, below = _quotient(front)
        text = body if is_one(above) else side_by_side(self._factor(above), body)
        text = text if is_one(number) else side_by_side(self.formula(number), text)
        if is_one(below):
            return text
        # one over it says how it stands below a bar
        inverse = self.formula(algebra.power(below, -1))
        return text + (inverse[1:] if inverse.startswith("1/") else f"/{self._factor(below)}")

    def _factor(self, expression: Expression) -> str:
        text = self.formula(expression)
        _, scalars, _ = algebra.split(expression)
        form = any(isinstance(base, Product) and power == 1 for base, power in scalars.items())
        return f"({text})" if isinstance(expression, Sum) or (form and "‖" not in text) else text

    def changed(self, of: Expression) -> str:
        text = self.formula(of)
        if isinstance(of, Symbol):
            return f"d{text}"
        called = isinstance(of, (Apply, Determinant, Trace)) and text[0].isalpha()
        return f"d {text}" if called else f"d{text}" if text.startswith("‖") else f"d({text})"

    @property
    def spaces(self) -> str:
        """Where the variable and the constants live."""
        return ", ".join(
            f"{self.named(symbol.name)} ∈ {_space(symbol.shape)}{_properties(symbol)}"
            for symbol in present(self.account)
        )

    @property
    def introduction(self) -> list[str]:
        """The names, and the function in them."""
        if not self.account.definitions:
            return []
        short = self.restated()
        names = "Let  " + ",  ".join(self.defined())
        return [f"{names};  {self.letter} = {short}" if short else names]

    @property
    def check(self) -> str:
        """What was checked."""
        where = " and at ".join(self.sizes()) if any(self.sizes()) else "two points"
        error = self.error(self.account.error)
        return f"{self.mark} every line evaluated in a random direction, at {where}: largest relative error {error}"

    def worded(self, text: str) -> str:
        return text

    def error(self, size: float) -> str:
        return f"{size:.0e}" if size else "0"


def _quotient(front: Expression) -> tuple[Expression, Expression, Expression]:
    """The number in front, what stands above a bar, and what stands below it."""
    number, scalars, _ = algebra.split(front)
    below = {base: -power for base, power in scalars.items() if power < 0}
    above = {base: power for base, power in scalars.items() if power > 0}
    divisor = Fraction(1)
    if below or number not in VULGAR:
        number, bar = over_a_bar(number)
        divisor = Fraction(bar)
    return algebra.number(number), algebra.product(algebra.ONE, above, ()), algebra.product(divisor, below, ())


def present(account: Account) -> list[Symbol]:
    """The variable, then the constants of the function."""
    nodes = set(walk(account.statement))
    rest = [symbol for symbol in account.symbols.values() if symbol in nodes and symbol is not account.variable]
    return [account.variable, *rest]


def lengths_of(shape: Iterable[Length]) -> list[str]:
    """The lengths of the axes that an array has."""
    wide = [str(length) for length in shape]
    return [] if wide == ["1", "1"] else wide[:1] if wide[1] == "1" else wide


def _space(shape: tuple[Length, Length]) -> str:
    lengths = lengths_of(shape)
    if not lengths:
        return "ℝ"
    letters = [letter for length in lengths for letter in length]
    if all(letter in _RAISED for letter in letters):
        return "ℝ" + "ˣ".join("".join(_RAISED[letter] for letter in length) for length in lengths)
    return f"ℝ^({'×'.join(lengths)})" if len(lengths) > 1 else f"ℝ^{lengths[0]}"


def _properties(symbol: Symbol) -> str:
    return "".join(f" {worded(name, symbol)}" for name in told(symbol.properties))


def worded(name: str, symbol: Symbol) -> str:
    """A property as it follows the space of a symbol."""
    if symbol.is_scalar:
        return name.removesuffix(" entries")
    return f"with {name}" if name.endswith((" entries", " rows")) else name
