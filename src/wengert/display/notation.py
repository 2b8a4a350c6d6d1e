"""How a formula is written: the pieces of a notation that text and LaTeX share.

An expression says what is computed. Its notation says how a reader wants to see it; `wengert.display.writing` goes from
the one to the other, and the printers from there to characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from wengert.calculus.expression import Coefficient
from wengert.display.naming import Written
from wengert.errors import ArgumentError

__all__ = [
    "ATOM", "ENTRYWISE", "POWER", "PRODUCT", "STYLES", "SUM", "VULGAR", "Added", "Call", "Constant", "Directional",
    "Entrywise", "Fenced", "Indicator", "Inner", "Juxtaposed", "Manner", "Name", "Negative", "Notation", "Numeral",
    "Power", "Pseudoinverse", "Quotient", "Raised", "Root", "entry_by_entry", "fraction_of", "over_a_bar",
    "side_by_side", "signed",
]  # fmt: skip

SUM, ENTRYWISE, PRODUCT, POWER, ATOM = range(5)
# the fractions that have a character of their own
VULGAR: Final = {Fraction(*map(int, pair.split("/"))): character for pair, character in (
    ("1/2", "½"), ("1/3", "⅓"), ("2/3", "⅔"), ("1/4", "¼"), ("3/4", "¾"), ("1/6", "⅙"), ("1/8", "⅛"),
)}  # fmt: skip

# longer integers are written as decimals
_LARGEST_IN_FRACTION: Final = 1024
_LARGEST_INTEGER: Final = 10**15

STYLES: Final = ("transpose", "inner")


@dataclass(frozen=True)
class Manner:
    """How formulas that are read together are written.

    Attributes
    ----------
    style
        `"transpose"` for xᵀAy and tr(AᵀB), `"inner"` for ⟨x, Ay⟩ and ⟨A, B⟩.
    names
        The names in all of them; different ones look different.
    directions
        Names whose forms and traces are inner products in both styles.
    norms
        Whether vᵀv is ‖v‖² without exception.

    Raises
    ------
    ArgumentError
        There is no such style.
    """

    style: str = "transpose"
    names: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    norms: bool = False

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ArgumentError(f"derive: style is {' or '.join(map(repr, STYLES))}, received {self.style!r}")


@dataclass(frozen=True, eq=False)
class Notation:
    """A piece of a formula, made of other pieces."""

    parts: tuple[Notation, ...] = ()


@dataclass(frozen=True, eq=False)
class Name(Notation):
    """A symbol."""

    written: Written = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Numeral(Notation):
    """A number that is not negative."""

    value: Coefficient = Fraction(0)


@dataclass(frozen=True, eq=False)
class Constant(Notation):
    """`identity`, `Identity` where I is the name of something else, `ones` or `zero`."""

    kind: str = ""


@dataclass(frozen=True, eq=False)
class Call(Notation):
    """A named function of its one part."""

    function: str = ""


@dataclass(frozen=True, eq=False)
class Fenced(Notation):
    """A `norm`, the `frobenius`, `spectral` or `nuclear` norm of a matrix, or an `absolute` value."""

    kind: str = "norm"


@dataclass(frozen=True, eq=False)
class Indicator(Notation):
    """One where the relation holds between its two parts, `<`, `>` or `=`, else zero."""

    relation: str = ">"


@dataclass(frozen=True, eq=False)
class Root(Notation):
    """A square root."""


@dataclass(frozen=True, eq=False)
class Raised(Notation):
    """A power, a transpose, or both; `entrywise` where the power is one of the entries of a matrix."""

    exponent: Fraction = Fraction(1)
    transposed: bool = False
    entrywise: bool = False


@dataclass(frozen=True, eq=False)
class Power(Notation):
    """The first part to the power of the second."""


@dataclass(frozen=True, eq=False)
class Pseudoinverse(Notation):
    """The inverse of Moore and Penrose."""


@dataclass(frozen=True, eq=False)
class Directional(Notation):
    """The derivative of a function at the first part in the direction of the second."""

    function: str = ""


@dataclass(frozen=True, eq=False)
class Juxtaposed(Notation):
    """Factors side by side."""


@dataclass(frozen=True, eq=False)
class Inner(Notation):
    """The inner product of two parts."""


@dataclass(frozen=True, eq=False)
class Entrywise(Notation):
    """Factors multiplied entry by entry, those from `divisors` on divided by."""

    divisors: int = 0


@dataclass(frozen=True, eq=False)
class Quotient(Notation):
    """The first part over the second, which is a number unless it is `entrywise`."""

    entrywise: bool = False


@dataclass(frozen=True, eq=False)
class Negative(Notation):
    """Minus its part."""


@dataclass(frozen=True, eq=False)
class Added(Notation):
    """Terms, each as it is or subtracted."""

    subtracted: tuple[bool, ...] = ()


def signed(negative: bool, piece: Notation) -> Notation:
    """A piece, or minus it."""
    return Negative((piece,)) if negative else piece


def over_a_bar(value: Coefficient) -> tuple[Coefficient, int]:
    """What of a number stands above a bar and what below: decimal fractions are written as decimals, 0.1 and 0.1/3.

    Fractions of 2, 4, 8 and so on stay what they are, and so do the others as long as their integers are short.
    """
    if not isinstance(value, Fraction) or value.denominator == 1:
        return (value if isinstance(value, float) or abs(value) < _LARGEST_INTEGER else float(value)), 1
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    short = max(value.denominator, abs(value.numerator)) <= _LARGEST_IN_FRACTION
    if short and (rest != 1 or value.denominator & (value.denominator - 1) == 0):
        return Fraction(value.numerator), value.denominator
    decimal = float(value * rest) if rest <= _LARGEST_IN_FRACTION else float(value)
    return Fraction(decimal) if decimal.is_integer() else decimal, rest if rest <= _LARGEST_IN_FRACTION else 1


def fraction_of(value: Coefficient) -> Notation:
    """A number that is not negative, with a bar where it has no character of its own."""
    if value in VULGAR:
        return Numeral((), value)
    above, below = over_a_bar(value)
    return Numeral((), above) if below == 1 else Quotient((Numeral((), above), Numeral((), Fraction(below))))


def side_by_side(factors: Sequence[Notation]) -> Notation:
    """Factors of a product."""
    return factors[0] if len(factors) == 1 else Juxtaposed(tuple(factors))


def entry_by_entry(factors: Sequence[Notation]) -> Notation:
    """Factors of a product by entries."""
    return factors[0] if len(factors) == 1 else Entrywise(tuple(factors))
