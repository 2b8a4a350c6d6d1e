"""Sums, products and functions, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression, NamedNumber, Size, walk
from wengert.calculus.lifting.lifted import Lifted, Parts, State, common, lifts, refused, spread
from wengert.calculus.properties import is_nonnegative
from wengert.calculus.recurrence import added
from wengert.graph import Equation

__all__ = ["powered", "times"]

_HALF: Final = Fraction(1, 2)


@lifts("add", "subtract")
def _sum(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    _flat(shape, equation)
    x, y = (spread(part.expression, shape, part.shape) for part in parts)
    return Lifted(added(x, y if equation.primitive.name == "add" else algebra.negative(y)), shape)


def _flat(shape: tuple[Length, ...], equation: Equation) -> None:
    if len(shape) > 2:
        raise refused(equation, f"of arrays of {len(shape)} axes has no closed form in matrix algebra")


@lifts("negative")
def _negative(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(algebra.negative(parts[0].expression), parts[0].shape)


@lifts("convert")
def _converted(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    before, after = (np.asarray(operands[0]).dtype.kind, equation.outputs[0].type.dtype.kind)
    if before == "f" and after in "iu":
        raise refused(equation, "to whole numbers drops fractions, which has no closed form in matrix algebra")
    return parts[0]


@lifts("positive", "copy", "number", "scale_by_one", "constant", "real", "conj")
def _same(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return parts[0]


@lifts("multiply", "scale", "divide")
def _multiply(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    _flat(shape, equation)
    x, y = parts
    if equation.primitive.name == "divide":
        y = Lifted(powered(y.expression, Fraction(-1)), y.shape)
    return Lifted(times(x, y, shape), shape)


def times(x: Any, y: Any, shape: tuple[Length, ...]) -> Any:
    """The product entry by entry, with a vector that is spread over rows or columns as a diagonal matrix."""
    if x.expression.is_scalar or y.expression.is_scalar:
        small, large = (x, y) if x.expression.is_scalar else (y, x)
        return algebra.matmul(small.expression, spread(large.expression, shape, large.shape))
    for one, other in ((x, y), (y, x)):
        if len(shape) == 2 and one.shape != shape and other.shape == shape:
            if len(one.shape) == 1:
                return algebra.matmul(other.expression, algebra.diagonal(one.expression))
            if one.shape[0] == 1:
                return algebra.matmul(other.expression, algebra.diagonal(algebra.transpose(one.expression)))
            return algebra.matmul(algebra.diagonal(one.expression), other.expression)
    return algebra.hadamard(*[spread(part.expression, shape, part.shape) for part in (x, y)])


def powered(x: Expression, exponent: Fraction) -> Any:
    """A power of a number, or of every entry."""
    return algebra.power(x, exponent) if x.is_scalar else algebra.hadamard_of({x: exponent})


@lifts("power_constant")
def _power(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    given = equation.params[0]
    number = state.scalar(given)
    if any(isinstance(node, (NamedNumber, Size)) for node in walk(number)):
        # a length or π in the exponent: x^(1/n)
        logarithm = algebra.apply("log", parts[0].expression)
        return Lifted(algebra.apply("exp", algebra.matmul(number, logarithm)), parts[0].shape)
    exponent = Fraction(given).limit_denominator(1000)
    if not math.isclose(float(exponent), given, rel_tol=1e-14):
        raise refused(equation, f"with the exponent {given}, which is no fraction, has no closed form here")
    return Lifted(powered(parts[0].expression, exponent), parts[0].shape)


_POWERS: Final = {"sqrt": _HALF, "square": Fraction(2), "reciprocal": Fraction(-1)}


@lifts(*_POWERS)
def _root(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(powered(parts[0].expression, _POWERS[equation.primitive.name]), parts[0].shape)


# our names for functions that are called otherwise
_NAMES: Final = {"expit": "logistic", "psi": "digamma", "loggamma": "gammaln"}


@lifts("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log1p", "expm1", "arctan", "arcsin", "arccos",
       "arcsinh", "arctanh", "arccosh", "absolute", "sign", "expit", "softplus", "erf", "erfc", "erfcx", "ndtr",
       "log_ndtr", "gammaln", "loggamma", "psi")  # fmt: skip
def _apply(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    name = equation.primitive.name
    return Lifted(algebra.apply(_NAMES.get(name, name), parts[0].expression), parts[0].shape)


@lifts("polygamma")
def _polygamma(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    if np.ndim(operands[0]) or operands[0] != 1:
        raise refused(equation, f"of order {operands[0]} has no closed form here")
    return Lifted(algebra.apply("trigamma", parts[1].expression), parts[1].shape)


@lifts("cbrt")
def _cube_root(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    """The real one: sign(x) |x|^(1/3) where x may be negative."""
    x, third = parts[0].expression, Fraction(1, 3)
    if is_nonnegative(x):
        return Lifted(powered(x, third), parts[0].shape)
    return Lifted(_by_entries(algebra.apply("sign", x), powered(algebra.apply("absolute", x), third)), parts[0].shape)


def _logarithm_of_ratio(x: Expression, y: Expression) -> Any:
    return _by_entries(x, algebra.subtract(algebra.apply("log", x), algebra.apply("log", y)))


def _by_entries(x: Expression, y: Expression) -> Any:
    return algebra.matmul(x, y) if x.is_scalar else algebra.hadamard(x, y)


def _one(x: Expression) -> Any:
    return spread(algebra.number(1), () if x.is_scalar else (x.rows, x.cols))


def _logarithm_of(base: int) -> Any:
    return algebra.apply("log", algebra.number(base))


def _log_sum(x: Expression, y: Expression) -> Any:
    """log(e^x + e^y) = x + softplus(y − x)."""
    if algebra.is_zero(y):
        return algebra.apply("softplus", x)
    return algebra.add(x, algebra.apply("softplus", algebra.subtract(y, x)))


_COMPOSED: Final[dict[str, Callable[..., Any]]] = {
    "log_expit": lambda x: algebra.negative(algebra.apply("softplus", algebra.negative(x))),
    "logaddexp": _log_sum,
    "xlogy": lambda x, y: _by_entries(x, algebra.apply("log", y)),
    "xlog1py": lambda x, y: _by_entries(x, algebra.apply("log1p", y)),
    "entr": lambda x: algebra.negative(_by_entries(x, algebra.apply("log", x))),
    "rel_entr": _logarithm_of_ratio,
    "kl_div": lambda x, y: algebra.add(_logarithm_of_ratio(x, y), algebra.negative(x), y),
    "hypot": lambda x, y: powered(algebra.add(powered(x, Fraction(2)), powered(y, Fraction(2))), _HALF),
    "logit": lambda x: _logarithm_of_odds(x),
    "log2": lambda x: algebra.matmul(algebra.power(_logarithm_of(2), -1), algebra.apply("log", x)),
    "log10": lambda x: algebra.matmul(algebra.power(_logarithm_of(10), -1), algebra.apply("log", x)),
    "exp2": lambda x: algebra.apply("exp", algebra.matmul(_logarithm_of(2), x)),
    "fmax": lambda x, y: _larger(x, y),
    "fmin": lambda x, y: algebra.negative(_larger(algebra.negative(x), algebra.negative(y))),
    "maximum": lambda x, y: _larger(x, y),
    "minimum": lambda x, y: algebra.negative(_larger(algebra.negative(x), algebra.negative(y))),
    "clip": lambda x, low, high: algebra.add(
        low, algebra.apply("relu", algebra.subtract(x, low)),
        algebra.negative(algebra.apply("relu", algebra.subtract(x, high))),
    ),
}  # fmt: skip


def _larger(x: Expression, y: Expression) -> Any:
    """max(x, y) = y + max(x − y, 0)."""
    x, y = (y, x) if algebra.is_zero(x) else (x, y)
    return algebra.add(y, algebra.apply("relu", algebra.subtract(x, y)))


def _logarithm_of_odds(x: Expression) -> Any:
    return algebra.subtract(algebra.apply("log", x), algebra.apply("log", algebra.subtract(_one(x), x)))


@lifts(*_COMPOSED)
def _composed(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    """Functions that are written with others."""
    shape = common(state, operands)
    _flat(shape, equation)
    if equation.primitive.name == "clip" and not np.all(np.asarray(operands[1]) <= np.asarray(operands[2])):
        raise refused(equation, "between bounds of which the lower one is above has no closed form here")
    spreads = [spread(part.expression, shape, part.shape) for part in parts]
    return Lifted(_COMPOSED[equation.primitive.name](*spreads), shape)


@lifts("power")
def _general_power(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    shape = common(state, operands)
    _flat(shape, equation)
    base, exponent = parts
    logarithm = algebra.apply("log", base.expression)
    product = times(Lifted(logarithm, base.shape), exponent, shape)
    return Lifted(algebra.apply("exp", product), shape)
