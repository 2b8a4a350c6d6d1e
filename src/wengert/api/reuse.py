"""The value of a function, and its gradient, as names in the formulas of its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from wengert.api.lifted_function import Instance, LiftedFunction, quiet
from wengert.calculus import algebra, invariants
from wengert.calculus.beautify import beautify, length
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Apply, Expression, Symbol, walk
from wengert.calculus.linear import coefficient
from wengert.calculus.properties import has
from wengert.calculus.reuse import InNames, leaves_over, opened, reused, solved, value_letter
from wengert.calculus.rewriting import substituted
from wengert.calculus.symmetric import symmetric
from wengert.display.where import shortest
from wengert.errors import UnsupportedError

__all__ = ["Reuse"]

_AGREEMENT: Final = 1e-9
# Longer formulas are no reading matter.
_LONGEST: Final = 600
Pushed = Callable[[Expression, Mapping[str, Symbol]], Any]


class Reuse:
    """Derivatives of a function with the value of it in them.

    Parameters
    ----------
    lifted
        The function.
    pushed
        The differential of a formula whose symbols of these names move in these directions.
    """

    def __init__(self, lifted: LiftedFunction, pushed: Pushed) -> None:
        self._lifted, self._pushed = lifted, pushed
        #: what the value is called
        self.value: Symbol = algebra.symbol(value_letter(lifted.symbols), *lifted.expression.shape)
        self._known: dict[Expression, InNames] = {}
        self._numbers: dict[Expression, list[Any]] = {}

    def of(self, derivative: Expression) -> InNames:
        """A first derivative with the value of the function in it, where that is shorter."""
        if derivative not in self._known:
            self._known[derivative] = self._best(derivative, [self._by_value(derivative, beautify)])
        return self._known[derivative]

    def of_second(self, derivative: Expression, gradient: Expression, direction: Symbol) -> InNames:
        """The derivative of a gradient with the value in it, and with the gradient where that has the value in it.

        The gradient is differentiated as it is written: the value moves by df = ⟨∇f, dx⟩.
        """
        if derivative not in self._known:
            ways = [self._by_value(derivative, beautify if _is_operator(derivative, direction) else symmetric)]
            told = self.of(gradient)
            if told.names and self._is_slope(direction):
                ways += self._by_gradient(derivative, told, direction)
            self._known[derivative] = self._best(derivative, ways)
        return self._known[derivative]

    def _is_slope(self, direction: Symbol) -> bool:
        """Whether df = ⟨∇f, dx⟩ is the whole change of the value, in the gradient that is given."""
        alone = len(self._lifted.variables) == 1 and not direction.is_scalar
        return alone and not self._lifted.is_by_entries(self._lifted.variables[0])

    def _by_value(self, derivative: Expression, shorten: Callable[[Expression], Any]) -> InNames | None:
        value = self._lifted.expression
        if value.cols != 1 or length(derivative) > _LONGEST:
            return None
        found = reused(derivative, self.value, value, shorten)
        if isinstance(value, Apply) and value.name == "logistic":
            other = algebra.apply("logistic", algebra.negative(value.operand))
            found = shorten(substituted(found, {other: _less_than_one(self.value)}))
        if found is derivative or leaves_over(found, value):
            return None
        return InNames(found, ((self.value, value),))

    def _by_gradient(self, derivative: Expression, told: InNames, direction: Symbol) -> list[InNames]:
        """The second derivative by way of the gradient in names, and with a term of the gradient expressed by it."""
        slope: Symbol = algebra.symbol(f"∇{self.value.name}", direction.rows, direction.cols, direction.properties)
        step: Symbol = algebra.symbol(f"d{self.value.name}", 1, 1)
        change = invariants.trace(algebra.matmul(algebra.transpose(slope), direction))
        names = (*told.names, (slope, told.expression))
        shorten = beautify if _is_operator(derivative, direction) else symmetric
        try:
            moved = self._pushed(told.expression, {direction.name.removeprefix("d"): direction, self.value.name: step})
            found = opened(substituted(moved, {step: change}), [direction])
            if shorten is symmetric:
                found = coefficient(found, direction)
        except UnsupportedError:
            return []
        ways = [reused(found, slope, told.expression, shorten), *map(shorten, solved(found, slope, told.expression))]
        return [InNames(way, names) for way in ways]

    def _best(self, plain: Expression, ways: list[InNames | None]) -> InNames:
        """The shortest way that has the same value, and is symmetric as it is written where the formula is."""
        kept = has(plain, "symmetric")
        sound = [way for way in ways if way is not None and (not kept or has(way.expression, "symmetric"))]
        found = shortest(plain, sound, self._lifted.symbols) if sound else InNames(plain)
        return found if not found.names or self._agrees(plain, found) else InNames(plain)

    def _agrees(self, plain: Expression, way: InNames) -> bool:
        """Whether a formula in names has the value of the formula."""
        for one in self._lifted.instances:
            values = self.values(way, one)
            with quiet():
                wanted, found = (evaluate(each, values, one.sizes) for each in (plain, way.expression))
            size = float(np.max(np.abs(wanted), initial=0.0))
            if not np.allclose(found, wanted, rtol=_AGREEMENT, atol=_AGREEMENT * size):
                return False
        return True

    def values(self, way: InNames, one: Instance) -> dict[str, Any]:
        """All arrays of an instance, with the numbers of the names."""
        values = self._lifted.values_at(one)
        for symbol, stands_for in way.names:
            values[symbol.name] = evaluate(stands_for, values, one.sizes)
        return values


def _less_than_one(value: Expression) -> Any:
    """The rest of a value to 1."""
    unit = algebra.number(1) if value.is_scalar else algebra.ones(value.rows)
    return algebra.subtract(unit, value)


def _is_operator(derivative: Expression, direction: Symbol) -> bool:
    """Whether a second derivative is no matrix, but what becomes of a direction."""
    return direction in set(walk(derivative))
