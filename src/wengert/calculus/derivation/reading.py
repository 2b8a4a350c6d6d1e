"""The lines of a derivation from a differential that is no number to M dx, from which M is read off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.beautify import length
from wengert.calculus.derivation.chains import Chain, as_product, beside
from wengert.calculus.derivation.lines import Definition, Equation, Line, Piece, Rule
from wengert.calculus.derivation.pieces import neat, pieces_of, spread
from wengert.calculus.derivation.rules import rules_of
from wengert.calculus.derivation.setting import Setting
from wengert.calculus.expression import DiagonalOf, Expression, Product, Symbol, Trace, walk
from wengert.calculus.linear import coefficient
from wengert.calculus.properties import has
from wengert.calculus.rewriting import substituted
from wengert.errors import UnsupportedError

__all__ = ["operator_chain"]

# A line that is made of more symbols than this is too long to be read, however it is written.
_FAR_TOO_LONG: Final = 450
# A differential of more terms than this is shorter with its brackets.
_MOST_TERMS: Final = 6


def operator_chain(
    setting: Setting, expression: Expression, result: Expression, kind: str, level: str
) -> tuple[tuple[Line, ...], Expression, tuple[Equation, ...], int]:
    """The lines from the differential of an expression in names to the result, and the result as it is read off.

    The result is a matrix, or where `kind` is `differential` or `operator` what becomes of the direction; in this the
    differentials of names may stand, which are given with it. The last number says how many lines at the end are not
    written since they are too long to be read.
    """
    reader = _Reader(setting, expression, kind, level)
    lines, found, where = reader.lines(result)
    return lines, found, where, reader.left_out


class _Reader:
    def __init__(self, setting: Setting, expression: Expression, kind: str, level: str) -> None:
        self.setting, self.expression, self.level = setting, expression, level
        self.is_matrix = kind not in ("differential", "operator")
        self.chain = Chain(setting, expression, level)
        self.directions = tuple(setting.directions.values())
        self.left_out = 0

    def lines(self, result: Expression) -> tuple[tuple[Line, ...], Expression, tuple[Equation, ...]]:
        whole = self.setting.differential(self.expression)
        rules = list(rules_of(self.setting, self.expression))
        whole, more = self._settled(whole)
        rules += more
        while names := self.chain.pending(walk(whole)):
            self._add(whole, rules)
            found, rules = self._put_in(whole, names)
            if not self.is_matrix and self.level != "full" and self._is_worse(found, whole, names):
                return tuple(self.chain.lines), neat(whole), self._where(whole)
            whole, more = self._settled(found)
            rules += more
            if self.is_matrix and self.level != "full" and length(whole) > _FAR_TOO_LONG:
                self.left_out = self._lines_to_come(whole)
                return tuple(self.chain.lines), result, ()
        ways = self._readings(whole)
        if ways and (self.level == "full" or not self.chain.lines):
            self._add(whole, rules)
            rules = []
        shortest = self._shortest(whole, result)
        pieces = self._pieces(self.times_direction(shortest))
        self.chain.add(pieces, [*rules, *ways] or ["collect"])
        return tuple(self.chain.lines), shortest, ()

    def _lines_to_come(self, whole: Expression) -> int:
        """How many lines there would be from this formula on: one for each time that differentials are put in."""
        held, count = set(self.directions).intersection(walk(whole)), 1
        while names := self.chain.pending(held):
            inside = [self.chain.differential_of(name)[0] for name in names]
            held -= {name.direction for name in names}
            held |= {part for each in inside for part in walk(each) if part in self.directions}
            count += not all(isinstance(each, Symbol) for each in inside)
        return count

    def _is_worse(self, found: Expression, whole: Expression, names: list[Definition]) -> bool:
        """Whether a formula is longer than the one before and the differentials that were put in, side by side."""
        inside = sum(length(self.chain.differential_of(name)[0]) + 2 for name in names)
        return length(neat(found)) > length(neat(whole)) + inside

    def _where(self, whole: Expression) -> tuple[Equation, ...]:
        """The differentials of names that are left, each before those that it is made of."""
        held, equations = set(walk(whole)), []
        for name in reversed(self.setting.definitions):
            if name.direction in held:
                inside, equation = self.chain.differential_of(name)
                held.update(walk(inside))
                equations.append(equation)
        return tuple(equations)

    def times_direction(self, result: Expression) -> Any:
        return beside(result, self.setting.direction) if self.is_matrix else result

    def _pieces(self, whole: Expression) -> tuple[Piece, ...]:
        return pieces_of(whole, self.directions, self.setting.constants)

    def _add(self, whole: Expression, rules: Iterable[Rule]) -> None:
        """A line before the last one: with inner products where there are some, else as matrices times directions."""
        if self._readings(whole):
            terms = spread(whole, self.directions, _MOST_TERMS)
            self.chain.add(terms or self._pieces(neat(whole)), rules)
        else:
            self.chain.add(self._pieces(as_product(self.setting, whole)), rules)

    def _put_in(self, whole: Expression, names: list[Definition]) -> tuple[Any, list[Rule]]:
        """A formula in which dz is what it is."""
        known = {name.direction: self.chain.differential_of(name) for name in names}
        exchange: dict[Expression, Expression] = {direction: inside for direction, (inside, _) in known.items()}
        found = self.setting.short(substituted(whole, exchange))
        return found, [equation for _, equation in known.values()]

    def _settled(self, whole: Expression) -> tuple[Any, list[Rule]]:
        """The same with dz = dx put in, which is not worth a line."""
        rules: list[Rule] = []
        while self.level != "full" and (names := self.chain.pending(walk(whole))):
            inside = [self.chain.differential_of(name)[0] for name in names]
            if not all(isinstance(each, Symbol) for each in inside):
                break
            whole, more = self._put_in(whole, names)
            rules += more
        return whole, rules

    def _readings(self, whole: Expression) -> list[Rule]:
        """The rules by which directions come to stand behind a matrix."""
        if whole.cols != 1 or whole.is_scalar:
            return []
        found: dict[Rule, None] = {}
        moved: set[Expression] = set()
        for node in walk(whole):
            if node in self.directions or any(part in moved for part in node.parts):
                moved.add(node)
                number = isinstance(node, Trace) or (isinstance(node, Product) and node.is_scalar and bool(node.chain))
                if number and node is not whole:
                    found["rank one"] = None
                if isinstance(node, DiagonalOf):
                    found["diagonal of product"] = None
        return list(found)

    def _shortest(self, whole: Expression, result: Expression) -> Any:
        """The result as it was given, or as it is read off here: what is plainly symmetric, then what is shortest."""
        direction = self.setting.direction
        if not self.is_matrix or direction.is_scalar or set(self.directions).intersection(walk(whole)) != {direction}:
            return result
        terms = spread(whole, self.directions, _MOST_TERMS)
        try:
            ways = [result, neat(coefficient(whole, direction))]
            ways.append(_by_columns([coefficient(term, direction) for term in terms]) if terms else result)
        except UnsupportedError:
            return result
        return min(ways, key=lambda way: (not has(way, "symmetric"), length(way)))


def _by_columns(terms: Iterable[Expression]) -> Any:
    """A sum of matrices, those of rank one together that have the same column: wuᵀ + wvᵀ = w(u + v)ᵀ."""
    rows: dict[Expression, list[Expression]] = {}
    others: list[Expression] = []
    for term in terms:
        number, scalars, chain = algebra.split(term)
        cut = next((place for place, link in enumerate(chain) if link.cols == 1), None)
        if cut is None or term.is_scalar:
            others.append(term)
            continue
        column = algebra.matmul(algebra.product(number, scalars, ()), *chain[: cut + 1])
        rows.setdefault(column, []).append(algebra.matmul(*chain[cut + 1 :]))
    return algebra.add(*others, *[algebra.matmul(column, neat(algebra.add(*row))) for column, row in rows.items()])
