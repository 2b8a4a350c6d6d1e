"""Comparisons, which are arrays of zeros and ones, and what chooses by them.

What happens where two sides are equal is a set of measure zero, and left out: x > 0 and x >= 0 are one step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.expression import Apply, Expression, Symbol, walk
from wengert.calculus.lifting.lifted import Lifted, Parts, State, common, lifts, refused, spread
from wengert.calculus.properties import is_nonnegative
from wengert.graph import Equation

__all__: list[str] = []


@lifts("greater", "greater_equal", "less", "less_equal")
def _ordered(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    x, y = (spread(part.expression, shape, part.shape) for part in parts)
    difference = algebra.subtract(x, y) if equation.primitive.name.startswith("greater") else algebra.subtract(y, x)
    return Lifted(algebra.apply("step", difference), shape)


@lifts("heaviside")
def _heaviside(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    return Lifted(algebra.apply("step", spread(parts[0].expression, shape, parts[0].shape)), shape)


@lifts("equal", "not_equal")
def _alike(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    """Almost nowhere, for what varies; data may be equal to something on purpose."""
    shape = common(state, operands)
    never = algebra.matmul(algebra.number(0), spread(algebra.number(1), shape))
    always = spread(algebra.number(1), shape)
    if equation.primitive.name == "not_equal":
        never, always = always, never
    # all entries: the two sides are the same thing
    if np.all(np.equal(operands[0], operands[1])):
        return Lifted(always, shape)
    if any(_infinite(operand) for operand in operands) or state.sized or _is_guard(parts, operands):
        if np.any(np.equal(operands[0], operands[1])):
            raise refused(equation, "holds for some entries and not for others, which has no closed form here")
        return Lifted(never, shape)
    raise refused(equation, "may hold for some data and not for other, which has no closed form in matrix algebra")


def _infinite(operand: Any) -> bool:
    return bool(np.all(np.isinf(operand))) if np.asarray(operand).dtype.kind == "f" else False


def _is_guard(parts: Parts, operands: Parts) -> bool:
    """Whether something that is not negative is compared with zero, as functions do that must not divide by it."""
    for part, other in ((parts[0], operands[1]), (parts[1], operands[0])):
        if np.ndim(other) == 0 and other == 0 and isinstance(part, Lifted):
            x = part.expression
            flat = any(isinstance(node, Apply) and node.name in ("step", "relu", "argmax") for node in walk(x))
            return not isinstance(x, Symbol) and not flat and (x.is_scalar or is_nonnegative(x))
    return False


@lifts("isnan", "isinf")
def _unusual(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = state.result(equation)
    return Lifted(algebra.matmul(algebra.number(0), spread(algebra.number(1), shape)), shape)


@lifts("isfinite")
def _usual(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = state.result(equation)
    return Lifted(spread(algebra.number(1), shape), shape)


@lifts("bitwise_and", "logical_and")
def _both(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    return Lifted(_times(*[spread(part.expression, shape, part.shape) for part in parts]), shape)


@lifts("bitwise_or", "logical_or")
def _either(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    x, y = (_complement(spread(part.expression, shape, part.shape)) for part in parts)
    return Lifted(_complement(_times(x, y)), shape)


@lifts("invert", "logical_not")
def _not(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(_complement(parts[0].expression), parts[0].shape)


def _times(x: Expression, y: Expression) -> Any:
    return algebra.matmul(x, y) if x.is_scalar else algebra.hadamard(x, y)


def _complement(mask: Expression) -> Any:
    """1 − m; for a step, that of the opposite."""
    if isinstance(mask, Apply) and mask.name == "step":
        return algebra.apply("step", algebra.negative(mask.operand))
    return algebra.subtract(spread(algebra.number(1), () if mask.is_scalar else mask.shape), mask)


@lifts("select")
def _select(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    shape = state.result(equation)
    condition, chosen, other = parts
    # a mask that is no formula says why
    mask = condition.expression
    if algebra.is_zero(mask) or _is_all_ones(mask):
        part = other if algebra.is_zero(mask) else chosen
        return Lifted(spread(part.expression, shape, part.shape), shape)
    mask = spread(mask, shape, condition.shape)
    ways = [spread(part.expression, shape, part.shape) for part in (chosen, other)]
    return Lifted(algebra.add(_times(mask, ways[0]), _times(_complement(mask), ways[1])), shape)


def _is_all_ones(mask: Expression) -> bool:
    _, scalars, chain = algebra.split(mask)
    return mask is spread(algebra.number(1), () if mask.is_scalar else mask.shape) or (
        algebra.is_one(mask) and not scalars and len(chain) <= 1
    )
