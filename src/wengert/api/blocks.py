"""The derivatives of a lifted function as expressions, each with what it claims to be in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from wengert.api.agreement import Claim
from wengert.api.forward import jvp
from wengert.api.lifted_function import Instance, LiftedFunction, quiet
from wengert.api.matrices import jacobian
from wengert.api.reuse import Reuse
from wengert.api.reverse import grad
from wengert.calculus import algebra, invariants
from wengert.calculus.beautify import beautify
from wengert.calculus.derive import derived
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression, Symbol
from wengert.calculus.linear import coefficient
from wengert.calculus.reuse import InNames
from wengert.calculus.symmetric import symmetric, symmetric_part
from wengert.display.formula import abridged
from wengert.errors import UnsupportedError

__all__ = ["Blocks"]

_LONGEST: Final = 100
Function = Callable[..., Any]
Values = dict[str, Any]
_STILL: Final[Mapping[str, Symbol]] = {}


class Blocks:
    """First and second derivatives by the variables of a lifted function.

    Parameters
    ----------
    lifted
        The function.
    compare
        Raises where an expression is not what it claims to be.
    """

    def __init__(self, lifted: LiftedFunction, compare: Callable[[Expression, Claim], None]) -> None:
        self.lifted = lifted
        self.compare = compare
        self._gradients: dict[str, tuple[Expression, Claim]] = {}
        self._seconds: dict[Expression, str] = {}
        self.reuse = Reuse(lifted, self._along)
        #: blocks of the Hessian by vectors of which no matrix could be read off
        self.without_matrix: set[tuple[str, str]] = set()

    def direction(self, name: str) -> Any:
        """The symbol of the direction of a variable."""
        symbol = self.lifted.symbols[name]
        kept = self.lifted.properties[name] & {"symmetric", "diagonal"}
        return algebra.symbol(f"d{name}", symbol.rows, symbol.cols, kept)

    def value(self) -> Claim:
        """What the function itself is."""
        run = self.lifted.run
        return Claim("function", lambda one: run(one.values), lambda one: lambda t: run(one.values), None)

    def in_names(self, derivative: Expression) -> InNames:
        """A derivative with the value of the function, and the gradient, as names in it where that is shorter."""
        name = self._seconds.get(derivative)
        if name is None:
            return self.reuse.of(derivative)
        return self.reuse.of_second(derivative, self.gradient(name)[0], self.direction(name))

    def _derived(self, expression: Expression, transform: Function, moving: Mapping[str, Symbol] = _STILL) -> Any:
        one, value = self.lifted.instances[0], self.reuse.value
        values = self.lifted.values_at(one)
        symbols = {**self.lifted.symbols, **{direction.name: direction for direction in moving.values()}}
        if value.name in moving:
            step = moving[value.name].name
            symbols[value.name] = value
            values[value.name] = np.float64(np.reshape(evaluate(self.lifted.expression, values, one.sizes), ()))
            values[step] = self.lifted.direction_at(step, values[value.name])
        try:
            with quiet():
                return derived(expression, transform, symbols, {name: values[name] for name in symbols}, one.sizes)
        except UnsupportedError as error:
            text = abridged(expression, self.lifted.variables)
            what = f"of {text}" if len(text) <= _LONGEST else f"in {', '.join(self.lifted.variables)}"
            raise UnsupportedError(f"derive: the derivative {what} is no formula: {error}") from error

    def _moved(self, names: Sequence[str], of: Callable[[Instance], Function] | None = None) -> Callable[..., Function]:
        """The function along the line through an instance in the directions of variables."""

        def moved(one: Instance) -> Function:
            directions = [self.lifted.direction_at(name, one.values[name]) for name in names]
            function, point = self.lifted.restricted(one, names)
            inner = function if of is None else of(one)
            return lambda t: inner(*[x + t * dx for x, dx in zip(point, directions, strict=True)])

        return moved

    def gradient(self, name: str) -> tuple[Expression, Claim]:
        """The gradient in one variable."""
        if name not in self._gradients:
            self._gradients[name] = self._gradient(name)
        return self._gradients[name]

    def _gradient(self, name: str) -> tuple[Expression, Claim]:
        def transform(program: Function) -> Function:
            return lambda values: grad(lambda x: program({**values, name: x}).reshape(()))(values[name])

        found = self._among(name, self._derived(self.lifted.expression, transform))
        claim = Claim(
            "gradient",
            lambda one: self._numbers(name, one)(one.values[name]),
            self._moved([name]),
            lambda value, one: self._against_direction(name, value, one),
        )
        return found, claim

    def _against_direction(self, name: str, value: Any, one: Instance) -> Any:
        """The change of the function in a direction, from its gradient or from its derivatives by entries."""
        direction = np.reshape(self.lifted.direction_at(name, one.values[name]), np.shape(value))
        return np.sum((np.triu(value) if self.lifted.is_by_entries(name) else value) * direction)

    def _among(self, name: str, found: Any) -> Any:
        """The gradient of a function on symmetric matrices lies among them."""
        held = self.lifted.properties[name]
        if "diagonal" in held:
            return beautify(algebra.diagonal(invariants.diagonal_of(found)))
        if "symmetric" in held:
            if self.lifted.is_by_entries(name):
                both = algebra.add(found, algebra.transpose(found))
                return beautify(algebra.subtract(both, algebra.diagonal(invariants.diagonal_of(found))))
            return symmetric_part(found)
        return found

    def _numbers(self, name: str, one: Instance) -> Function:
        """The traced gradient in one variable, as a function of it."""

        def scalar(x: Any) -> Any:
            return np.reshape(self.lifted.run({**one.values, name: x}), ())

        return lambda x: self.lifted.gradient_of(name, grad(scalar)(x))

    def jacobian(self, name: str) -> tuple[Expression, Claim]:
        """The matrix of derivatives of a column by a column."""
        pushed = self._pushed(self.lifted.expression, [name])
        claim = Claim(
            "Jacobian",
            lambda one: self._at(jacobian, one, name),
            self._moved([name]),
            lambda value, one: value @ np.ravel(self.lifted.direction_at(name, one.values[name])),
        )
        return beautify(coefficient(pushed, self.direction(name))), claim

    def _at(self, transform: Function, one: Instance, name: str) -> Any:
        function, (point,) = self.lifted.restricted(one, [name])
        return transform(function)(point)

    def _pushed(self, expression: Expression, names: Sequence[str]) -> Any:
        """The differential of a formula in the directions of variables."""
        return self._along(expression, {name: self.direction(name) for name in names})

    def _along(self, expression: Expression, moving: Mapping[str, Symbol]) -> Any:
        """The differential of a formula whose symbols of these names move in these directions."""

        def transform(program: Function) -> Function:
            def pushed(values: Values) -> Any:
                return jvp(
                    lambda *points: program({**values, **dict(zip(moving, points, strict=True))}),
                    tuple([values[name] for name in moving]),
                    tuple([values[direction.name] for direction in moving.values()]),
                )[1]  # fmt: skip

            return pushed

        return self._derived(expression, transform, moving)

    def differential(self, names: Sequence[str]) -> tuple[Expression, Claim]:
        """The change of the function when variables change."""

        def numbers(one: Instance) -> Any:
            function, point = self.lifted.restricted(one, names)
            directions = [self.lifted.direction_at(name, one.values[name]) for name in names]
            return jvp(function, tuple(point), tuple(directions))[1]

        claim = Claim("differential", numbers, self._moved(names), lambda value, one: value)
        return self._pushed(self.lifted.expression, names), claim

    def _by_number(self, expression: Expression, name: str) -> Any:
        def transform(program: Function) -> Function:
            def pushed(values: Values) -> Any:
                return jvp(lambda t: program({**values, name: t}), (values[name],), (np.ones_like(values[name]),))[1]

            return pushed

        return self._derived(expression, transform)

    def derivative(self, name: str) -> tuple[Expression, Claim]:
        """The derivative by a number."""

        def numbers(one: Instance) -> Any:
            function, (point,) = self.lifted.restricted(one, [name])
            return jvp(function, (point,), (np.ones_like(point),))[1]

        claim = Claim("derivative", numbers, self._moved([name]), lambda value, one: value * self._step(name, one))
        return self._by_number(self.lifted.expression, name), claim

    def _step(self, name: str, one: Instance) -> float:
        return float(np.ravel(self.lifted.direction_at(name, one.values[name]))[0])

    def is_operator(self, one: str, other: str) -> bool:
        """Whether a block of the Hessian is no matrix."""
        symbols = self.lifted.symbols
        return (one, other) in self.without_matrix or any(symbols[name].cols != 1 for name in (one, other))

    def second(self, one: str, other: str, what: str) -> tuple[Expression, Claim, int]:
        """The derivative by `other` of the gradient in `one`, and the number of its axes."""
        gradient, claim = self.gradient(one)
        self.compare(gradient, claim)
        axes = {name: len(self.lifted.shapes[name]) for name in (one, other)}
        if self.is_operator(one, other):
            found, count = self._pushed(gradient, [other]), axes[one]
        elif self.lifted.symbols[other].is_scalar:
            found, count = self._by_number(gradient, other), axes[one] + axes[other]
        else:
            found, count = self._pushed(gradient, [other]), axes[one]
            try:
                matrix = coefficient(found, self.direction(other))
            except UnsupportedError:
                self.without_matrix.add((one, other))
            else:
                shorten = symmetric if one == other else beautify
                found, count = shorten(matrix), axes[one] + axes[other]
        if one == other:
            self._seconds[found] = one
        return found, self._second_claim(one, other, what), min(count, 2)

    def _second_claim(self, name: str, other: str, what: str) -> Claim:
        def traced(instance: Instance) -> Function:
            """The gradient in `name` as a function of `other`."""
            if name == other:
                return self._numbers(name, instance)
            return lambda y: self._numbers(name, Instance({**instance.values, other: y}, instance.sizes))(
                instance.values[name]
            )

        def numbers(instance: Instance) -> Any:
            point = instance.values[other]
            if not self.is_operator(name, other):
                return jacobian(traced(instance))(point)
            return jvp(traced(instance), (point,), (self.lifted.direction_at(other, point),))[1]

        def slope(value: Any, instance: Instance) -> Any:
            if self.is_operator(name, other):
                return value
            return value @ np.reshape(self.lifted.direction_at(other, instance.values[other]), -1)

        return Claim(what, numbers, self._moved([other], traced), slope)
