"""The numbers behind a derivation: instances with a random direction, at which every line must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.derivation.lines import Definition, Inner, Piece
from wengert.calculus.derivation.names import Names
from wengert.calculus.derive import derived
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression, Symbol, make, walk
from wengert.calculus.magnitude import NEGLIGIBLE, magnitude
from wengert.calculus.properties import has
from wengert.errors import CheckError
from wengert.transforms.jvp import ForwardRecording

__all__ = ["Setting", "moves", "parts_of"]

# A line and its differential round in different orders.
_AGREEMENT: Final = 1e-8
# Differences of the fourth order, the larger steps for smooth functions, the smaller ones near kinks.
_STEPS: Final = (1e-4, 1e-6)
_ROUGH: Final = 1e-5
# What the value of a name keeps of the form of what it stands for.
_INHERITED: Final = ("symmetric", "invertible", "diagonal")

# by which all arrays are changed to tell rounding from a false line
_LAST_DIGITS: Final = 1e-11

Values = dict[str, Any]
Target = Callable[[Values, Mapping[Dim, int]], Any]


def moves(expression: Expression, moving: Iterable[Expression]) -> bool:
    """Whether one of these symbols stands in an expression."""
    return not set(walk(expression)).isdisjoint(moving)


class Setting:
    """Symbols, names and directions of one derivation, with numbers for all of them at each instance.

    Parameters
    ----------
    symbols
        The variable and the constants by name.
    variable
        The name of the variable.
    instances
        Pairs of numbers for the symbols, with `d` + the variable's name among them, and of sizes.
    """

    def __init__(
        self, symbols: Mapping[str, Symbol], variable: str, instances: Sequence[tuple[Values, Mapping[Dim, int]]]
    ) -> None:
        self.symbols = dict(symbols)
        self.variable = self.symbols[variable]
        diagonal, symmetric = (has(self.variable, kind) for kind in ("diagonal", "symmetric"))
        kept = ("diagonal", "symmetric") if diagonal else ("symmetric",) if symmetric else ()
        #: `diagonal` or `symmetric` where the variable moves among such matrices only
        self.kind = kept[0] if kept else ""
        self.direction: Symbol = algebra.symbol(f"d{variable}", self.variable.rows, self.variable.cols, kept)
        self.values = [dict(values) for values, _ in instances]
        self.sizes = [dict(sizes) for _, sizes in instances]
        for values in self.values:
            if kept:
                change = values[self.direction.name]
                values[self.direction.name] = np.diag(np.diag(change)) if diagonal else 0.5 * (change + change.T)
        self.constants = [symbol for symbol in self.symbols.values() if symbol is not self.variable]
        self.definitions: list[Definition] = []
        #: the value of the function and its gradient, where they have names
        self.known: tuple[Definition, ...] = ()
        self.directions: dict[Expression, Symbol] = {self.variable: self.direction}
        self._names = Names()
        self.error = 0.0
        self._fresh: dict[Expression, Symbol] = {}
        self._differentials: dict[Expression, list[Any]] = {}

    def name(self, letter: str, full: Expression) -> Definition:
        """Give a name to an intermediate value, which stands for it from here on."""
        short = self.short(full)
        symbol = self._symbol(letter, full)
        direction = self.directions[symbol]
        if not any(np.any(values[direction.name]) for values in self.values):
            # what jumps from one constant to another is a constant among differentials
            del self.directions[symbol]
        definition = Definition(symbol, direction, short, full)
        self.definitions.append(definition)
        self.check([short], full, f"{letter} = ...")
        for known in (full, short):
            self._names.add(symbol, known)
        return definition

    def know(self, value: Symbol, full: Expression, gradient: Expression) -> None:
        """Let the value of the function be a name, and its gradient where it is a number: df = ⟨∇f, dx⟩."""
        self._symbol(value.name, full)
        self.known = (Definition(value, self.directions[value], full, full),)
        if not value.is_scalar:
            return
        slope = algebra.symbol(f"∇{value.name}", *self.direction.shape, self.direction.properties)
        for values, sizes in zip(self.values, self.sizes, strict=True):
            values[slope.name] = _flat(evaluate(gradient, values, sizes), slope)
        self.symbols[slope.name] = slope
        still = algebra.symbol(f"d{slope.name}", *slope.shape)
        self.definitions.append(self.known[0])
        self.known = (*self.known, Definition(slope, still, gradient, gradient))

    def fresh(self, operand: Expression) -> Symbol:
        """A symbol for a part of a rule, with the numbers of that part, which stands for nothing else."""
        if operand not in self._fresh:
            letters = ("t", "s") if operand.is_scalar else ("u", "v", "w") if 1 in operand.shape else ("U", "V", "W")
            names = (*letters, *[f"{letters[0]}_{number}" for number in range(1, 1000)])
            letter = next(name for name in names if self.symbols.keys().isdisjoint((name, f"d{name}")))
            self._fresh[operand] = self._symbol(letter, operand)
        return self._fresh[operand]

    @property
    def fresh_names(self) -> tuple[str, ...]:
        """The letters that stand for parts of rules."""
        return tuple(symbol.name for symbol in self._fresh.values())

    def _symbol(self, letter: str, stands_for: Expression) -> Symbol:
        kept = [each for each in _INHERITED if not stands_for.is_scalar and has(stands_for, each)]
        symbol: Symbol = make(Symbol, *stands_for.shape, (letter, frozenset(kept)))
        symmetric = frozenset(["symmetric"]) & frozenset(kept)
        direction: Symbol = make(Symbol, *stands_for.shape, (f"d{letter}", symmetric))
        for values, sizes in zip(self.values, self.sizes, strict=True):
            tangent = self._pushed(stands_for, values, sizes)
            values[letter] = _flat(evaluate(stands_for, values, sizes), stands_for)
            values[direction.name] = _flat(tangent, stands_for)
        self.symbols[letter] = symbol
        self.directions[symbol] = direction
        return symbol

    def short(self, expression: Expression) -> Any:
        """An expression in the names that there are."""
        return self._names.short(expression)

    def differential(self, expression: Expression) -> Any:
        """The differential of an expression in names, linear in their directions, by the rules of the numbers."""
        used = {node.name: node for node in walk(expression) if isinstance(node, Symbol)}
        moving = {name: self.directions[symbol] for name, symbol in used.items() if symbol in self.directions}
        if not moving:
            return algebra.zero(*expression.shape)
        return self.short(self.pushed(expression, moving, self.values[0]))

    def pushed(self, expression: Expression, moving: Mapping[str, Symbol], values: Values) -> Any:
        """The differential of an expression whose symbols of these names move."""
        used = {node.name: node for node in walk(expression) if isinstance(node, Symbol)}
        symbols = {**used, **{direction.name: direction for direction in moving.values()}}

        def transform(program: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
            def differential(given: dict[str, Any]) -> Any:
                changes = {name: given[direction.name] for name, direction in moving.items()}
                return _tangent(program, given, changes)

            return differential

        given = {name: values[name] for name in symbols}
        return derived(expression, transform, symbols, given, self.sizes[0])

    def _pushed(self, expression: Expression, values: Values, sizes: Mapping[Dim, int]) -> Any:
        """The number that the differential of an expression is; the names in it have theirs."""
        used = {node.name: node for node in walk(expression) if isinstance(node, Symbol)}
        changes = {
            name: values[self.directions[symbol].name] for name, symbol in used.items() if symbol in self.directions
        }
        return _tangent(lambda given: evaluate(expression, given, sizes), values, changes)

    def difference(self, expression: Expression) -> None:
        """Hold the differential of an expression without names against differences of its values.

        Raises
        ------
        CheckError
            The rules of the numbers and differences disagree.
        """
        for values, sizes in zip(self.values, self.sizes, strict=True):
            target = self._pushed(expression, values, sizes)
            errors = [self._difference_error(expression, values, sizes, target, step) for step in _STEPS]
            if not min(errors) <= _ROUGH and not self._is_negligible(expression, values, sizes, target):
                raise CheckError(
                    f"derivation: the differential of the function is off from differences of its values by "
                    f"{min(errors):.1e} of its size, so the derivation is not given"
                )

    def _is_negligible(self, expression: Expression, values: Values, sizes: Mapping[Dim, int], target: Any) -> bool:
        """Whether a value and its differential are rounding errors, of which differences make anything."""
        used = {node.name: values[node.name] for node in walk(expression) if isinstance(node, Symbol)}
        value = evaluate(expression, values, sizes)
        largest = magnitude(lambda given: evaluate(expression, given, sizes), used) if used else 0.0
        return all(bool(np.max(np.abs(each), initial=0.0) <= NEGLIGIBLE * largest) for each in (value, target))

    def _difference_error(
        self, expression: Expression, values: Values, sizes: Mapping[Dim, int], target: Any, step: float
    ) -> float:
        name = self.variable.name

        def at(times: float) -> Any:
            moved = values[name] + times * step * values[self.direction.name]
            return np.asarray(evaluate(expression, {**values, name: moved}, sizes))

        with np.errstate(all="ignore"):
            ahead, behind = at(1), at(-1)
            found = (8 * (ahead - behind) - (at(2) - at(-2))) / (12 * step)
        size = max(np.max(np.abs(target), initial=0.0), np.max(np.abs(ahead), initial=0.0), 1e-300)
        error = np.max(np.abs(found - np.reshape(target, np.shape(found))), initial=0.0) / size
        return float(error) if np.isfinite(error) else np.inf

    def check(self, pieces: Sequence[Piece], expression: Expression, what: str) -> None:
        """Hold the sum of the pieces against the value of an expression.

        Raises
        ------
        CheckError
            They differ by more than rounding.
        """
        self._hold(pieces, lambda values, sizes: evaluate(expression, values, sizes), what)

    def check_differential(self, pieces: Sequence[Piece], expression: Expression, what: str) -> None:
        """Hold the sum of the pieces against the differential of an expression, as `check` does."""
        if expression not in self._differentials:
            self._differentials[expression] = [
                self._pushed(expression, *pair) for pair in zip(self.values, self.sizes, strict=True)
            ]
        known = self._differentials[expression]
        self._hold(pieces, lambda values, sizes: self._pushed(expression, values, sizes), what, known)

    def _hold(self, pieces: Sequence[Piece], target: Target, what: str, known: Sequence[Any] = ()) -> None:
        for place, (values, sizes) in enumerate(zip(self.values, self.sizes, strict=True)):
            wanted = known[place] if known else target(values, sizes)
            difference, size = _distance(pieces, wanted, values, sizes)
            # a comparison with what is not finite is false
            error = float(np.max(np.abs(difference), initial=0.0) / max(size, 1e-300))
            if error <= _AGREEMENT:
                self.error = max(self.error, error)
            elif not _is_noise(pieces, target, values, sizes, difference):
                raise CheckError(
                    f"derivation: the line {what} is false: in a random direction its sides differ by {error:.1e} of "
                    f"their size, so the derivation is not given"
                )


def _distance(pieces: Sequence[Piece], wanted: Any, values: Values, sizes: Mapping[Dim, int]) -> tuple[Any, float]:
    """The difference of the two sides of a line, and the size of its terms."""
    found = [np.asarray(_value(piece, values, sizes)) for piece in pieces]
    total = sum(found[1:], found[0]) if found else np.zeros(np.shape(wanted))
    size = max([float(np.max(np.abs(each), initial=0.0)) for each in (wanted, *found)])
    return total - np.reshape(wanted, np.shape(total)), size


def _is_noise(
    pieces: Sequence[Piece], target: Target, values: Values, sizes: Mapping[Dim, int], difference: Any
) -> bool:
    """Whether the sides differ by nothing but rounding: by little, beside numbers that cancel, and elsewhere otherwise.

    A false line is off by about as much when all arrays change in their last digits.
    """
    names = {node.name for piece in pieces for part in parts_of(piece) for node in walk(part)
             if isinstance(node, Symbol)}  # fmt: skip
    used = {name: values[name] for name in names}
    largest = magnitude(lambda given: [_value(piece, given, sizes) for piece in pieces], used) if used else 0.0
    largest = max(largest, float(np.max(np.abs(target(values, sizes)), initial=0.0)), 1.0)
    moved = {name: value * (1 + _LAST_DIGITS) for name, value in values.items()}
    other, _ = _distance(pieces, target(moved, sizes), moved, sizes)
    off = np.max(np.abs(difference), initial=0.0)
    return bool(off <= NEGLIGIBLE * largest and np.max(np.abs(other - difference), initial=0.0) > 1e-3 * off)


def parts_of(piece: Piece) -> tuple[Expression, ...]:
    """The expressions that a piece is made of."""
    return (piece.front, piece.left, piece.right) if isinstance(piece, Inner) else (piece,)


def _value(piece: Piece, values: Mapping[str, Any], sizes: Mapping[Dim, int]) -> Any:
    if isinstance(piece, Inner):
        front, left, right = (evaluate(part, values, sizes) for part in parts_of(piece))
        return front * np.sum(left * right)
    return evaluate(piece, values, sizes)


def _flat(value: Any, expression: Expression) -> Any:
    """A scalar as a number, a column with one axis."""
    if expression.is_scalar:
        return float(np.reshape(value, ()))
    return np.reshape(value, -1) if expression.cols == 1 else np.asarray(value)


def _tangent(program: Callable[[dict[str, Any]], Any], given: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
    """How a program of named arrays changes with some of them."""
    with ForwardRecording() as recording:
        traced = {
            name: recording.input(given[name], np.float64(change) if isinstance(change, float) else change)
            for name, change in changes.items()
        }
        result = program({**given, **traced})
        _, tangent = recording.parts(result)
    return tangent
