"""Sums, extrema and products over axes; norms."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import Expression
from wengert.calculus.lifting.arithmetic import powered
from wengert.calculus.lifting.lifted import Lifted, Parts, State, lifts, refused, shaped
from wengert.graph import Equation

__all__ = ["total"]


def total(x: Expression) -> Any:
    """The sum of all entries."""
    return algebra.matmul(algebra.transpose(algebra.ones(x.rows)), x, algebra.ones(x.cols))


def _whole(part: Any, axes: Sequence[int]) -> bool:
    """Whether axes that are reduced are all that are longer than one."""
    return all(length == 1 or axis in axes for axis, length in enumerate(part.shape))


@lifts("sum")
def _sum(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (part,) = parts
    axes, shape, x = equation.params[0], state.result(equation), part.expression
    if _whole(part, axes):
        x = total(x)
    elif axes == (0,):
        x = shaped(algebra.matmul(algebra.transpose(x), algebra.ones(x.rows)), shape)
    elif axes == (1,):
        x = shaped(algebra.matmul(x, algebra.ones(x.cols)), shape)
    return Lifted(x, shape)


@lifts("max", "min")
def _extremum(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (part,) = parts
    axes, shape = equation.params[0], state.result(equation)
    least = equation.primitive.name == "min"
    x = algebra.negative(part.expression) if least else part.expression
    if _whole(part, axes):
        x = algebra.apply("max", x) if not x.is_scalar else x
    elif len(axes) == 1:
        x = shaped(algebra.apply("max_rows", x if axes == (1,) else algebra.transpose(x)), shape)
    return Lifted(algebra.negative(x) if least else x, shape)


@lifts("prod")
def _product(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (part,) = parts
    if not _whole(part, equation.params[0]):
        raise refused(equation, "along one axis of a matrix has no closed form in matrix algebra")
    x = part.expression
    return Lifted(x if x.is_scalar else algebra.apply("prod", x), state.result(equation))


@lifts("norm")
def _norm(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (part,) = parts
    axes, shape, x = equation.params[0], state.result(equation), part.expression
    if _whole(part, axes):
        square = invariants.trace(algebra.matmul(algebra.transpose(x), x))
        return Lifted(algebra.power(square, Fraction(1, 2)), shape)
    rows = x if axes == (1,) else algebra.transpose(x)
    squares = algebra.matmul(powered(rows, Fraction(2)), algebra.ones(rows.cols))
    return Lifted(shaped(powered(squares, Fraction(1, 2)), shape), shape)


@lifts("logsumexp")
def _logsumexp(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (part,) = parts
    axes, shape = equation.params[0], state.result(equation)
    powers = algebra.apply("exp", part.expression)
    if _whole(part, axes):
        return Lifted(algebra.apply("log", total(powers)), shape)
    rows = powers if axes == (1,) else algebra.transpose(powers)
    return Lifted(shaped(algebra.apply("log", algebra.matmul(rows, algebra.ones(rows.cols))), shape), shape)
