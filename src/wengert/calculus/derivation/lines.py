"""What a derivation is made of: lines, each an equation with its rule, names, and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wengert.calculus.expression import Expression, Symbol

__all__ = ["Account", "Definition", "Equation", "Inner", "Line", "Part", "Piece", "Result", "Rule"]


@dataclass(frozen=True)
class Inner:
    """`front ⟨left, right⟩`: the sum of the products of corresponding entries, times a number."""

    front: Expression
    left: Expression
    right: Expression


Piece = Expression | Inner
"""One term of the right-hand side of a line."""


@dataclass(frozen=True)
class Equation:
    """`d(of)` is the sum of the pieces."""

    of: Expression
    pieces: tuple[Piece, ...]


Rule = str | Equation
"""Why a line holds: the key of a rule that has a name, or the differential that was put in."""


@dataclass(frozen=True)
class Line:
    """The differential of the target is the sum of the pieces."""

    pieces: tuple[Piece, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Definition:
    """A name for an intermediate value, with the symbol of its differential."""

    symbol: Symbol
    direction: Symbol
    #: in the names that were given before
    expression: Expression
    #: without any names
    full: Expression


@dataclass(frozen=True)
class Result:
    """What is read off the last line: a `gradient`, `jacobian`, `derivative`, `hessian`, or an operator."""

    kind: str
    expression: Expression
    remarks: tuple[str, ...] = ()
    #: the differentials of names that stand in it
    where: tuple[Equation, ...] = ()


@dataclass(frozen=True)
class Part:
    """The lines from the differential of the function (`f`) or of its first derivative to a result."""

    target: str
    lines: tuple[Line, ...]
    result: Result
    #: how many lines before the result are left out because they are too long to be read
    left_out: int = 0


@dataclass(frozen=True)
class Account:
    """A whole derivation as data."""

    level: str
    variable: Symbol
    symbols: Mapping[str, Symbol]
    statement: Expression
    #: the same with inner products
    inner: tuple[Piece, ...]
    #: the same in the names
    named: Expression
    definitions: tuple[Definition, ...]
    parts: tuple[Part, ...]
    #: the value of the function and its gradient, where they are names in the results
    known: tuple[Definition, ...] = ()
    #: why there is no second derivative; empty where there is one, or where none is looked for
    missing: str = ""
    #: letters that stand for any part in the rules
    fresh: tuple[str, ...] = ()
    #: the largest relative error of a line, and the sizes at which all lines were evaluated
    error: float = 0.0
    sizes: tuple[Mapping[str, int], ...] = field(default=())
    #: the results, and how far they are from the traced derivative of the function and, where these tell, differences
    agreement: tuple[tuple[str, float, float | None], ...] = ()
