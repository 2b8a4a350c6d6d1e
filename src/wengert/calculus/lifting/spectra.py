"""Eigenvalues and singular values, until they are summed, multiplied or compared; and numbers that are not real."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import Expression
from wengert.calculus.lifting.lifted import Lifted, Parts, Pending, State, lifts, refused
from wengert.calculus.properties import has
from wengert.graph import Equation
from wengert.tracing.index import Index

__all__ = ["Eigenvalues", "Imaginary", "SingularValues"]


@dataclass(frozen=True)
class Eigenvalues(Pending):
    """The eigenvalues of a square matrix: ascending where `ordered`, their real parts where `halved`."""

    matrix: Expression
    ordered: bool
    halved: bool = False
    what = "a vector of eigenvalues"


@dataclass(frozen=True)
class SingularValues(Pending):
    """The singular values of a matrix, to a power."""

    matrix: Expression
    power: int
    what = "a vector of singular values"


@lifts("eigvals")
def _eigenvalues(state: State, parts: Parts, operands: Parts, equation: Equation) -> Eigenvalues:
    return Eigenvalues(parts[0].expression, False)


@lifts("eigenvalues")
def _symmetric_eigenvalues(state: State, parts: Parts, operands: Parts, equation: Equation) -> Eigenvalues:
    x = parts[0].expression
    if not has(x, "symmetric"):
        raise refused(equation, "of a matrix that is not known to be symmetric has no closed form",
               "say with assume that it is symmetric")  # fmt: skip
    return Eigenvalues(x, True)


@lifts("singular_values")
def _singular_values(state: State, parts: Parts, operands: Parts, equation: Equation) -> SingularValues:
    return SingularValues(parts[0].expression, 1)


@lifts("convert", "copy", "positive", of=Eigenvalues)
def _same(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return parts[0]


@lifts("real", of=Eigenvalues)
def _real_parts(state: State, parts: Parts, operands: Parts, equation: Equation) -> Eigenvalues:
    # conjugate pairs: the sum is the same, products and powers are not
    return Eigenvalues(parts[0].matrix, parts[0].ordered, not parts[0].ordered)


@lifts("sum", of=Eigenvalues)
def _trace(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(invariants.trace(parts[0].matrix), state.result(equation))


@lifts("prod", of=Eigenvalues)
def _determinant(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    _refuse_real_parts(parts[0], equation)
    return Lifted(invariants.determinant(parts[0].matrix), state.result(equation))


def _refuse_real_parts(part: Eigenvalues, equation: Equation) -> None:
    if part.halved:
        raise refused(equation, "of real parts of eigenvalues has no closed form in matrix algebra")


@lifts("max", "min", of=Eigenvalues)
def _extremal(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return _end(state, parts[0], equation, largest=equation.primitive.name == "max")


@lifts("take", of=Eigenvalues)
def _at_end(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    index = operands[1]
    place = index.key if isinstance(index, Index) and len(operands) == 2 else None
    if place not in (0, -1, len(operands[0]) - 1) or isinstance(place, bool):
        raise refused(equation, "reads eigenvalues, of which only the largest and the smallest have a closed form")
    return _end(state, parts[0], equation, largest=place != 0)


def _end(state: State, part: Eigenvalues, equation: Equation, largest: bool) -> Lifted:
    if not part.ordered:
        raise refused(equation, "of eigenvalues that are not known to be real has no closed form here")
    name = "largest_eigenvalue" if largest else "smallest_eigenvalue"
    return Lifted(algebra.apply(name, part.matrix), state.result(equation))


@lifts("add", "subtract", "multiply", "scale", "divide", of=Eigenvalues)
def _shifted(state: State, parts: Parts, operands: Parts, equation: Equation) -> Eigenvalues:
    """λ(X) + c are the eigenvalues of X + cI, and c λ(X) those of cX."""
    name = equation.primitive.name
    place = next(place for place, part in enumerate(parts) if isinstance(part, Eigenvalues))
    x, other, halved = parts[place].matrix, parts[1 - place], parts[place].halved
    number = _uniform(other)
    if number is not None and name == "divide" and place == 1:
        _refuse_real_parts(parts[place], equation)
        return Eigenvalues(algebra.matmul(number, algebra.inverse(x)), False)
    if number is None:
        raise refused(equation, "of eigenvalues and another vector has no closed form here")
    unit = algebra.identity(x.rows)
    if name in ("add", "subtract"):
        sign = algebra.number(-1 if name == "subtract" else 1)
        terms = [x, algebra.matmul(sign, number, unit)] if place == 0 else [algebra.matmul(number, unit),
                                                                            algebra.matmul(sign, x)]  # fmt: skip
        return Eigenvalues(algebra.add(*terms), False, halved)
    factor = algebra.power(number, -1) if name == "divide" else number
    return Eigenvalues(algebra.matmul(factor, x), False, halved)


def _uniform(part: Any) -> Expression | None:
    """The number in every entry of a vector."""
    if not isinstance(part, Lifted):
        return None
    coefficient, scalars, chain = algebra.split(part.expression)
    if part.expression.is_scalar:
        return part.expression
    return algebra.product(coefficient, scalars, ()) if len(chain) == 1 and algebra.is_one(chain[0]) else None


@lifts("exp", "log", "sqrt", "sin", "cos", "square", "reciprocal", "power_constant", "negative", "log1p",
       of=Eigenvalues)  # fmt: skip
def _function(state: State, parts: Parts, operands: Parts, equation: Equation) -> Eigenvalues:
    """f(λ(X)) are the eigenvalues of f(X)."""
    x, name = parts[0].matrix, equation.primitive.name
    if name == "negative":
        return Eigenvalues(algebra.negative(x), False, parts[0].halved)
    _refuse_real_parts(parts[0], equation)
    if name == "log1p":
        x, name = algebra.add(algebra.identity(x.rows), x), "log"
    powers = {"square": 2, "reciprocal": -1, "power_constant": equation.params[0] if equation.params else 0}
    if name in powers:
        exponent = powers[name]
        if exponent in (0.5, -0.5):
            root = algebra.apply("sqrtm", x)
            return Eigenvalues(root if exponent > 0 else algebra.inverse(root), False)
        if int(exponent) != exponent or abs(exponent) > 8:
            raise refused(equation, f"of eigenvalues with the exponent {exponent} has no closed form here")
        base = algebra.inverse(x) if exponent < 0 else x
        return Eigenvalues(algebra.matmul(algebra.identity(x.rows), *[base] * abs(int(exponent))), False)
    return Eigenvalues(algebra.apply(f"{name}m", x), False)


@lifts("power_constant", "square", of=SingularValues)
def _powered(state: State, parts: Parts, operands: Parts, equation: Equation) -> SingularValues:
    exponent = 2 if equation.primitive.name == "square" else equation.params[0]
    if parts[0].power != 1 or exponent not in (2, 4):
        raise refused(equation, f"of singular values with the exponent {exponent} has no closed form here")
    return SingularValues(parts[0].matrix, int(exponent))


@lifts("sum", of=SingularValues)
def _nuclear(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x, power = parts[0].matrix, parts[0].power
    if power == 1:
        return Lifted(algebra.apply("nuclear_norm", x), state.result(equation))
    gram = [algebra.transpose(x), x] * (power // 2)
    return Lifted(invariants.trace(algebra.matmul(*gram)), state.result(equation))


@lifts("max", of=SingularValues)
def _spectral(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    norm = algebra.apply("spectral_norm", parts[0].matrix)
    return Lifted(algebra.power(norm, Fraction(parts[0].power)), state.result(equation))


@lifts("take", of=SingularValues)
def _first(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    if len(operands) == 2 and isinstance(operands[1], Index) and operands[1].key == 0:
        return _spectral(state, parts, operands, equation)
    raise refused(equation, "reads single singular values, of which only the largest has a closed form here")


@lifts("copy", "convert", of=SingularValues)
def _same_values(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return parts[0]


@dataclass(frozen=True)
class Imaginary(Pending):
    """A number or an array that is not real: its real and its imaginary part."""

    real: Expression
    imaginary: Expression
    what = "complex"


def _two(part: Any, number: Any) -> tuple[Any, Any]:
    if isinstance(part, Imaginary):
        return part.real, part.imaginary
    if isinstance(number, complex) and np.ndim(number) == 0:
        return algebra.number(number.real), algebra.number(number.imag)
    return part.expression, algebra.matmul(algebra.number(0), part.expression)


def _complex_product(state: State, parts: Parts, operands: Parts, equation: Equation) -> Imaginary:
    (a, b), (c, d) = (_two(part, number) for part, number in zip(parts, operands, strict=True))
    if not (a.is_scalar or c.is_scalar):
        raise refused(equation, "of complex arrays has no closed form in matrix algebra")
    real = algebra.subtract(algebra.matmul(a, c), algebra.matmul(b, d))
    return Imaginary(real, algebra.add(algebra.matmul(a, d), algebra.matmul(b, c)))


lifts("multiply", of=Imaginary)(_complex_product)


@lifts("matrix_function", of=Imaginary)
def _turned_exponential(state: State, parts: Parts, operands: Parts, equation: Equation) -> Imaginary:
    """exp(iX) = cos X + i sin X."""
    if equation.params != ("expm",) or len(parts) > 1 or not algebra.is_zero(parts[0].real):
        raise refused(equation, "of a complex matrix has no closed form here")
    return Imaginary(*(algebra.apply(name, parts[0].imaginary) for name in ("cosm", "sinm")))


@lifts("real", "imag", of=Imaginary)
def _part(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    found = parts[0].real if equation.primitive.name == "real" else parts[0].imaginary
    return Lifted(found, state.result(equation))
