"""The chain rule at one value of a program: in symbols, with formulas, in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.api.forward import jvp
from wengert.api.local_derivatives import COTANGENT, RESULT, Local, direction, local_derivatives, operand
from wengert.api.recorded_rules import pulled_code, pushed_code
from wengert.api.sweeps import Contribution, alone
from wengert.api.typesetting import Typesetter
from wengert.display.notation import Added, Call, Juxtaposed, Negative, Notation, Numeral, Raised
from wengert.display.stepping.notation import (
    Adjoint,
    Chain,
    Change,
    Code,
    Measured,
    Shaped,
    Slope,
    Value,
    exchanged,
    shape_text,
    shown_number,
    with_shapes,
)
from wengert.display.stepping.table import Derivative, Line, Term
from wengert.graph import Equation, Literal, Var

__all__ = ["ChainRule"]

# a formula agrees with the numbers of the sweep up to rounding, by the bytes of a number
_AGREEMENT: Final = {8: 1e-6, 4: 1e-3, 2: 3e-2}
# so many entries are written out in one line
_MOST_ENTRIES: Final = 12
_LARGEST: Final = 4
_NO_FORMULA: Final = "{slope} has no closed form here: its number comes from the rule of {name}"
_KINK: Final = (
    "the formula of {slope} does not hold at this point, a kink, the edge of the domain or a place where rounding "
    "counts: the number is that of Wengert's rule"
)


# factors of a product that are single numbers
_NUMBERS: Final = (Value, Numeral, Measured, Call)


@dataclass(frozen=True)
class _Piece:
    """One summand: with a symbol for the local derivative, with its formula, and its number."""

    symbols: tuple[Notation, ...]
    formula: Notation | None
    numbers: Notation | None
    term: Term
    note: str = ""


class ChainRule:
    """Writes derivatives of the values of one program in one mode.

    Parameters
    ----------
    typesetter
        Writes the operations.
    values
        Of all variables.
    derivatives
        Tangents or adjoints of those that have any.
    forward
        Whether they are tangents.
    other
        In fractions dz/dw, what is the same in all of them: the input in forward mode, the result in reverse mode.
        Empty where there are arrays, which are written as changes dz and adjoints z̄.

    Attributes
    ----------
    codes
        What has been written as operations, because matrix algebra has no word for it.
    """

    def __init__(
        self, typesetter: Typesetter, values: Mapping[Var, Any], derivatives: Mapping[Var, Any], forward: bool,
        other: str,
    ) -> None:  # fmt: skip
        self.typesetter, self.values, self.derivatives = typesetter, values, derivatives
        self.forward, self.other = forward, other
        self.codes: list[str] = []
        taken = set(typesetter.names.values())
        self.sign = "δ" if any(f"d{name}" in taken for name in taken) else "d"
        self._numbers: dict[tuple[Any, ...], Any] = {
            **{_key(typesetter.value(variable)): value for variable, value in values.items()},
            **{_key(self.name(variable)): value for variable, value in derivatives.items()},
        }

    def name(self, variable: Var) -> Notation:
        """How the derivative of a value is written, or by it."""
        name, shape = self.typesetter.names[variable], variable.type.shape
        if self.other:
            return Slope((), name, self.other) if self.forward else Slope((), self.other, name)
        return Change((), name, shape, self.sign) if self.forward else Adjoint((), name, shape)

    def line(self, notation: Notation) -> Line:
        """A piece of notation as a line."""
        return Line(notation, self.typesetter.scalar)

    def seed(self, variable: Var, value: Any, note: str = "") -> Derivative:
        """A derivative that is given, or zero."""
        shown = shown_number(value) if np.any(value) else shown_number(0.0)
        shapes = shape_text(variable.type.shape) if variable.type.shape else ""
        return Derivative(self.line(self.name(variable)), self.line(shown), value, note=note, shapes=shapes)

    def derivative(
        self, variable: Var, contributions: Sequence[Contribution], seed: Any = None, note: str = ""
    ) -> Derivative:
        """A derivative as the sum of what comes along the wires, and of a seed where there is one."""
        value = self.derivatives[variable]
        pieces = [self._piece(one) for one in contributions]
        before = [] if seed is None else [shown_number(seed)]
        symbols = _sum([*before, *_once(notation for piece in pieces for notation in piece.symbols)])
        formula = numbers = None
        if any(piece.formula is not None for piece in pieces):
            formula = _sum([*before, *[piece.formula or _sum(piece.symbols) for piece in pieces]])
        if all(piece.numbers is not None for piece in pieces):
            numbers = _sum([*before, *[piece.numbers for piece in pieces if piece.numbers is not None]])
        shaped = None if self.other or formula is None else _shaped(formula)
        notes = dict.fromkeys([note, *(piece.note for piece in pieces)])
        return Derivative(
            self.line(self.name(variable)),
            self.line(shown_number(value)),
            value,
            self.line(symbols),
            None if formula is None else self.line(formula),
            None if numbers is None else self.line(numbers),
            None if shaped is None else self.line(shaped),
            tuple([piece.term for piece in pieces]),
            "; ".join(filter(None, notes)),
            _shapes(shaped, variable.type.shape),
        )

    # one summand

    def _piece(self, one: Contribution) -> _Piece:
        equation, place = one.equation, one.place
        variable = equation.inputs[place]
        assert isinstance(variable, Var)
        results = [one.variable] if self.forward else [v for v in equation.outputs if v in self.derivatives]
        symbols = tuple([self._symbol(result, variable) for result in results])
        formula, note = self._formula(one, results[0], variable) if len(results) == 1 else (None, "")
        slope = str(self.line(Slope((), self._listed(results), self.typesetter.names[variable], partial=True)))
        if formula is None and not note:
            note = _NO_FORMULA
        numbers = None if formula is None else self._in_numbers(formula)
        if numbers is None and self.other and not isinstance(formula, Code):
            numbers = self._local_number(equation, place, variable, results[0])
        if not self.other:
            slope += f", of {_shape_in_words(results[0])} by {_shape_in_words(variable)},"
        said = note.format(slope=slope, name=equation.primitive.name)
        names = self.typesetter.names
        term = Term(self._listed(results), names[variable], None if formula is None else self.line(formula), one.value)
        return _Piece(symbols, formula, numbers, term, said)

    def _listed(self, results: Sequence[Var]) -> str:
        names = [self.typesetter.names[result] for result in results]
        return names[0] if len(names) == 1 else f"({', '.join(names)})"

    def _symbol(self, result: Var, variable: Var) -> Notation:
        """A local derivative by its name, times the derivative that comes along."""
        names = self.typesetter.names
        slope = Slope((), names[result], names[variable], partial=True)
        along = self.name(variable if self.forward else result)
        if self.other:
            return Chain((slope, along) if self.forward else (along, slope))
        turned = not self.forward and (result.type.shape or variable.type.shape)
        return Juxtaposed((Raised((slope,), transposed=True) if turned else slope, along))

    def _formula(self, one: Contribution, result: Var, variable: Var) -> tuple[Notation | None, str]:
        """The summand with a formula for its local derivative, or None, and what is to be said of it."""
        equation, place = one.equation, one.place
        local = self._local(equation, place, result)
        if local is not None:
            if self._agrees(local, one, result, variable):
                return self._written(local, equation, place, result, variable), ""
            return None, _KINK
        if self.other:
            return None, _NO_FORMULA
        return self._code(equation, place, result, variable)

    def _local(self, equation: Equation, place: int, result: Var) -> Local | None:
        found = local_derivatives(equation, equation.outputs.index(result))
        if found.is_factor(place):
            return found.factor(place)
        return found.pushed(place) if self.forward else found.pulled(place)

    def _written(self, local: Local, equation: Equation, place: int, result: Var, variable: Var) -> Notation:
        along = self.name(variable if self.forward else result)
        if self.other:
            factor = self.typesetter.formula(local.expression, equation, result)
            return Chain((factor, along) if self.forward else (along, factor))
        if local.factor:
            return self.typesetter.with_factor(local, equation, result, along)
        if self.forward:
            return self.typesetter.pushed(local, equation, result, place, along)
        return self.typesetter.pulled(local, equation, result, along)

    def _code(self, equation: Equation, place: int, result: Var, variable: Var) -> tuple[Notation | None, str]:
        """The operations that carry the derivative along, where they are few."""
        if len(equation.outputs) > 1:
            return None, _NO_FORMULA
        along = self.name(variable if self.forward else result)
        moving = self.derivatives[variable if self.forward else result], str(self.line(along))
        write = pushed_code if self.forward else pulled_code
        text = write(equation, place, self.values, self.typesetter.names, moving)
        if not text:
            return None, _NO_FORMULA
        if text == moving[1]:
            return along, ""
        self.codes.append(text)
        return Code((), text), ""

    def _agrees(self, local: Local, one: Contribution, result: Var, variable: Var) -> bool:
        """Whether a formula gives the number that the sweep has found."""
        equation, place = one.equation, one.place
        symbols = {operand(k): self._value(atom) for k, atom in enumerate(equation.inputs)}
        along = self.derivatives[variable if self.forward else result]
        symbols |= {RESULT: self.values[result], direction(place): along, COTANGENT: along}
        found = local.value(symbols)
        if found is None:
            # the formula was checked at other lengths when it was found
            return True
        with np.errstate(all="ignore"):
            if local.factor:
                found = np.reshape(found, np.shape(one.value)) * along
            tolerance = _AGREEMENT[min(np.asarray(one.value).dtype.itemsize, 8)]
            found = np.reshape(found, np.shape(one.value))
            sizes = np.abs(np.where(np.isfinite(one.value), one.value, 0.0)), np.abs(along)
            size = np.max(sizes[0], initial=0.0) + 1e-6 * np.max(sizes[1], initial=0.0, where=np.isfinite(sizes[1]))
            return bool(np.all((found == one.value) | (np.abs(found - one.value) <= tolerance * size)))

    def _value(self, atom: Var | Literal) -> Any:
        return self.values[atom] if isinstance(atom, Var) else atom.value

    # numbers

    def _in_numbers(self, formula: Notation) -> Notation | None:
        """A formula with numbers in the place of names; None where these are many."""
        entries = 0

        def found(node: Notation) -> Notation | None:
            nonlocal entries
            if isinstance(node, Code):
                entries += _MOST_ENTRIES + 1
            if not isinstance(node, (Value, Slope)):
                return None
            value = self._numbers.get(_key(node))
            if value is None or np.size(value) > _LARGEST or np.ndim(value) > 2:
                entries += _MOST_ENTRIES + 1
                return None
            entries += np.size(value)
            return shown_number(value)

        whole = exchanged(formula, found)
        return whole if entries <= _MOST_ENTRIES else None

    def _local_number(self, equation: Equation, place: int, variable: Var, result: Var) -> Notation | None:
        """The summand of a fraction whose local derivative has no formula, in numbers."""
        if len(equation.outputs) != 1 or "c" in (variable.type.kind, result.type.kind):
            return None
        one = variable.type.dtype.type(1)
        _, (slope,) = jvp(alone(equation, [place], self.values), (self.values[variable],), (one,))
        along = self.derivatives[variable if self.forward else result]
        pair = shown_number(slope), shown_number(along)
        return Chain(pair if self.forward else pair[::-1])


def _key(node: Notation) -> tuple[Any, ...]:
    return (Slope, node.of, node.by) if isinstance(node, Slope) else (type(node), getattr(node, "name", ""))


def _shape_in_words(variable: Var) -> str:
    return shape_text(variable.type.shape) if variable.type.shape else "a number"


def _once(notations: Iterable[Notation]) -> Iterator[Notation]:
    """Notations without those that are written like one before: of a product z·z, the slope stands once."""
    seen: set[str] = set()
    for notation in notations:
        text = str(Line(notation))
        if text not in seen:
            seen.add(text)
            yield notation


def _sum(terms: Sequence[Notation]) -> Notation:
    if len(terms) == 1:
        return terms[0]
    subtracted = tuple(isinstance(term, Negative) for term in terms)
    return Added(tuple(term.parts[0] if isinstance(term, Negative) else term for term in terms), subtracted)


def _shaped(formula: Notation) -> Notation | None:
    """A formula with shapes under its factors, where there is a product of arrays."""
    found = with_shapes(formula)
    return found if any(_factors(term) for term in _terms(found)) else None


def _terms(tree: Notation) -> tuple[Notation, ...]:
    if isinstance(tree, Added):
        return tuple([part for term in tree.parts for part in _terms(term)])
    return _terms(tree.parts[0]) if isinstance(tree, Negative) else (tree,)


def _factors(term: Notation) -> list[Shaped]:
    """The factors of a product of arrays with their shapes; none where one of them has no shape to tell."""
    parts = term.parts if isinstance(term, Juxtaposed) else ()
    factors = [part for part in parts if isinstance(part, Shaped)]
    others = [part for part in parts if not isinstance(part, (Shaped, *_NUMBERS))]
    return factors if len(factors) > 1 and not others else []


def _shapes(shaped: Notation | None, shape: tuple[int, ...]) -> str:
    """The shapes of the factors of products, as text; otherwise that of the derivative."""
    products = [_factors(term) for term in _terms(shaped)] if shaped is not None else []
    if products and all(products):
        return " + ".join("·".join(shape_text(factor.shape) for factor in factors) for factors in products)
    return shape_text(shape) if shape else ""
