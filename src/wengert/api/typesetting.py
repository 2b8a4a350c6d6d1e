"""Operations of a program and their local derivatives as they are written, with the program's own names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from wengert.api.local_derivatives import (
    COTANGENT,
    RESULT,
    Local,
    direction,
    local_derivatives,
    operand,
)
from wengert.calculus import algebra
from wengert.calculus.expression import Apply, Expression, Ones, Product, Sum, Symbol, Transpose
from wengert.calculus.rewriting import substituted
from wengert.display.naming import Written, written
from wengert.display.notation import Entrywise, Name, Notation
from wengert.display.stepping.notation import Code, Value, exchanged, shown_number
from wengert.display.text import shown_operation
from wengert.display.writing import notation_of
from wengert.graph import ArrayType, Equation, Literal, Var

__all__ = ["Typesetter"]

# what these compute is a formula as it stands; of the others the call says more
_ARITHMETIC: Final = frozenset({
    "add", "subtract", "multiply", "scale", "divide", "negative", "power_constant", "power", "square", "sqrt",
    "reciprocal", "matmul", "scale_matmul", "transpose", "inv", "inverse_of_regular", "pinv", "solve", "det", "norm",
    "positive", "copy", "convert", "number",
})  # fmt: skip
_REDUCTIONS: Final = frozenset({"sum", "max", "min", "prod", "norm", "logsumexp"})
_AXES: Final = re.compile(r", (axis=)?(\(.*?\)|\d+|None)\)$")
# the direction stands last, and this is sorted last
_MOVING: Final = "z"


class Typesetter:
    """Writes operations with the names of values and of constants."""

    def __init__(self, names: Mapping[Var, str], constants: Mapping[int, str], scalar: bool) -> None:
        self.names, self.constants, self.scalar = names, constants, scalar

    def value(self, variable: Var) -> Value:
        """The name of a value."""
        return Value((), self.names[variable], variable.type.shape)

    def operation(self, equation: Equation) -> Notation:
        """What an equation computes."""
        local = local_derivatives(equation)
        found = local.value if len(equation.outputs) == 1 else None
        told = _is_function(found) or (equation.primitive.name in _ARITHMETIC and _holds(found, local.places))
        if found is not None and told:
            return self.formula(found, equation, equation.outputs[0])
        text = shown_operation(equation, self.names)
        if equation.primitive.name in _REDUCTIONS and not equation.outputs[0].type.shape:
            text = _AXES.sub(")", text)
        return Code((), text)

    def formula(
        self, expression: Expression, equation: Equation, result: Var, moving: Mapping[str, Notation] | None = None
    ) -> Notation:
        """An expression in the symbols of an operation, in the names of the program."""
        table: dict[Written, Notation] = {
            written(operand(place)): self._atom(atom)
            for place, atom in enumerate(equation.inputs)
            if isinstance(atom.type, ArrayType)
        }
        table[written(RESULT)] = self.value(result)
        table.update({written(name): notation for name, notation in (moving or {}).items()})
        tree = notation_of(expression)
        return exchanged(tree, lambda node: table.get(node.written) if isinstance(node, Name) else None)

    def _atom(self, atom: Var | Literal) -> Notation:
        if isinstance(atom, Var):
            return self.value(atom)
        name = self.constants.get(id(atom.value))
        return Value((), name, np.shape(atom.value)) if name else shown_number(atom.value)

    def with_factor(self, local: Local, equation: Equation, result: Var, moving: Notation) -> Notation:
        """A factor times what moves, entry by entry."""
        factor = _without_ones(local.expression)
        symbol = algebra.symbol(_MOVING, *local.expression.shape)
        if factor.is_scalar:
            return self.formula(algebra.matmul(factor, symbol), equation, result, {_MOVING: moving})
        if _holds_sum(factor):
            return Entrywise((self.formula(factor, equation, result), moving))
        return self.formula(algebra.hadamard(factor, symbol), equation, result, {_MOVING: moving})

    def pushed(self, local: Local, equation: Equation, result: Var, place: int, change: Notation) -> Notation:
        """The change of a result, linear in the change of an operand."""
        old = next((node for node in _symbols(local.expression) if node.name == direction(place)), None)
        if old is None:
            return self.formula(local.expression, equation, result)
        last = substituted(local.expression, {old: algebra.symbol(_MOVING, *old.shape)})
        return self.formula(last, equation, result, {_MOVING: change})

    def pulled(self, local: Local, equation: Equation, result: Var, adjoint: Notation) -> Notation:
        """What the adjoint of the result gives to an operand."""
        return self.formula(local.expression, equation, result, {COTANGENT: adjoint})


def _holds(value: Expression | None, places: Sequence[int]) -> bool:
    """Whether all operands stand in a value: 0x is 0 on paper, and not for an x that is infinite."""
    return value is not None and {operand(place) for place in places} <= {each.name for each in _symbols(value)}


def _is_function(value: Expression | None) -> bool:
    """Whether a value is a named function of an operand."""
    return isinstance(value, Apply) and isinstance(value.operand, Symbol) and value.name not in _REDUCTIONS


def _symbols(expression: Expression) -> Iterator[Symbol]:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.parts)
        if isinstance(node, Symbol):
            yield node


def _without_ones(factor: Expression) -> Expression:
    """A number where a factor is one for all entries: 2 for 2𝟏𝟏ᵀ."""
    if _are_ones(factor):
        return algebra.number(1)  # type: ignore[no-any-return]
    if isinstance(factor, Product) and factor.chain and all(map(_are_ones, factor.chain)) and not factor.is_scalar:
        return algebra.product(factor.coefficient, dict(factor.scalars), ())  # type: ignore[no-any-return]
    return factor


def _are_ones(link: Expression) -> bool:
    return isinstance(link, Ones) or (isinstance(link, Transpose) and isinstance(link.parts[0], Ones))


def _holds_sum(factor: Expression) -> bool:
    return isinstance(factor, Sum) or (isinstance(factor, Product) and any(isinstance(x, Sum) for x in factor.chain))
