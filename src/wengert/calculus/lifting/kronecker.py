"""Matrices laid out as vectors, and Kronecker products, on the way to something that is a formula again.

Rows come one after the other, as NumPy lays them out: (A ⊗ B) vec(X) = vec(A X Bᵀ).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression
from wengert.calculus.lifting.arithmetic import powered
from wengert.calculus.lifting.lifted import LIFTS, Lifted, Parts, Pending, State, lifts, refused
from wengert.calculus.lifting.reductions import total
from wengert.calculus.sizing import on_diagonal
from wengert.graph import Equation

__all__ = ["Kronecker", "Spaced", "Vec"]


@dataclass(frozen=True)
class Vec(Pending):
    """A matrix as one vector, row by row."""

    matrix: Expression
    what = "a matrix laid out as a vector"


@dataclass(frozen=True)
class Spaced(Pending):
    """A matrix whose axes are two of four."""

    matrix: Expression
    places: tuple[int, ...]
    what = "an array of four axes"


@dataclass(frozen=True)
class Both(Pending):
    """A ⊗ B before its axes are joined."""

    left: Expression
    right: Expression
    what = "an array of four axes"


@dataclass(frozen=True)
class Kronecker(Pending):
    """A ⊗ B."""

    left: Expression
    right: Expression
    what = "a Kronecker product"


def _number(part: Any) -> Expression | None:
    return part.expression if isinstance(part, Lifted) and part.expression.is_scalar else None


# Laid out as a vector, a matrix goes through what acts on every entry.

_BY_ENTRIES = ("add", "subtract", "multiply", "scale", "divide")


@lifts(*_BY_ENTRIES, of=Vec)
def _vec_by_entries(state: State, parts: Parts, operands: Parts, equation: Equation) -> Vec:
    shape = next((part.matrix.rows, part.matrix.cols) for part in parts if isinstance(part, Vec))
    inner = []
    for part in parts:
        if isinstance(part, Vec):
            inner.append(Lifted(part.matrix, (part.matrix.rows, part.matrix.cols)))
        else:
            number = _number(part)
            # a vector that is constant arrives as a number times a vector of ones
            number = _uniform(part) if number is None else number
            if number is None:
                raise refused(equation, "of a matrix laid out as a vector, and another one, has no closed form here")
            inner.append(Lifted(number, ()))
    if any(one.shape and one.shape != shape for one in inner):
        raise refused(equation, "of matrices of different shapes, laid out as vectors, has no closed form here")
    return Vec(LIFTS[None, equation.primitive.name](_Laid(shape), inner, operands, equation).expression)


def _uniform(part: Any) -> Expression | None:
    if not isinstance(part, Lifted):
        return None
    coefficient, scalars, chain = algebra.split(part.expression)
    return algebra.product(coefficient, scalars, ()) if len(chain) == 1 and algebra.is_one(chain[0]) else None


class _Laid(State):
    """A state in which everything has one shape."""

    def __init__(self, shape: Any) -> None:
        super().__init__({}, True)
        self.own = shape

    def shape(self, numbers: Any) -> Any:
        return self.own


@lifts("exp", "log", "sin", "cos", "tanh", "absolute", "square", "sqrt", "negative", "power_constant", "sign",
       "reciprocal", of=Vec)  # fmt: skip
def _vec_function(state: State, parts: Parts, operands: Parts, equation: Equation) -> Vec:
    x = parts[0].matrix
    inner = Lifted(x, (x.rows, x.cols))
    return Vec(LIFTS[None, equation.primitive.name](state, [inner], operands, equation).expression)


@lifts("copy", "convert", "positive", "transpose", of=Vec)
def _vec_same(state: State, parts: Parts, operands: Parts, equation: Equation) -> Vec:
    return parts[0]  # type: ignore[no-any-return]


@lifts("reshape", of=Vec)
def _vec_reshape(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    shape = state.result(equation)
    if shape == parts[0].matrix.shape:
        return Lifted(parts[0].matrix, shape)
    if operands[0].ndim == len(shape) == 1:
        return parts[0]
    raise refused(equation, "of a matrix laid out as a vector has no closed form in matrix algebra")


@lifts("sum", of=Vec)
def _vec_sum(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(total(parts[0].matrix), state.result(equation))


@lifts("norm", of=Vec)
def _vec_norm(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x = parts[0].matrix
    square = invariants.trace(algebra.matmul(algebra.transpose(x), x))
    return Lifted(algebra.power(square, Fraction(1, 2)), state.result(equation))


@lifts("matmul", "einsum", of=Vec)
def _vec_matmul(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    """⟨vec X, vec Y⟩ = tr(XᵀY)."""
    if any(isinstance(part, Kronecker) for part in parts) and equation.primitive.name == "matmul":
        return _kron_matmul(state, parts, operands, equation)
    single = equation.primitive.name == "matmul" or equation.params[0] in ("a,a->", "i,i->")
    if single and all(isinstance(part, Vec) for part in parts) and parts[0].matrix.shape == parts[1].matrix.shape:
        x, y = (part.matrix for part in parts)
        return Lifted(invariants.trace(algebra.matmul(algebra.transpose(x), y)), state.result(equation))
    raise refused(equation, "of matrices laid out as vectors has no closed form here")


# A Kronecker product is recorded as a product by entries of arrays of four axes.


@lifts("multiply", of=Spaced)
def _spaced_product(state: State, parts: Parts, operands: Parts, equation: Equation) -> Both:
    if all(isinstance(part, Spaced) for part in parts):
        places = {part.places: part.matrix for part in parts}
        if set(places) == {(0, 2), (1, 3)}:
            return Both(places[0, 2], places[1, 3])
    raise refused(equation, "of arrays of four axes has no closed form in matrix algebra")


@lifts("reshape", of=Both)
def _joined(state: State, parts: Parts, operands: Parts, equation: Equation) -> Kronecker:
    a, b, c, d = operands[0].shape
    if equation.outputs[0].type.shape != (a * b, c * d):
        raise refused(equation, "of an array of four axes has no closed form in matrix algebra")
    return Kronecker(parts[0].left, parts[0].right)


@lifts("transpose", of=Kronecker)
def _kron_transpose(state: State, parts: Parts, operands: Parts, equation: Equation) -> Kronecker:
    left, right = parts[0].left, parts[0].right
    if equation.params[0] == (1, 0):
        return Kronecker(algebra.transpose(left), algebra.transpose(right))
    return parts[0]  # type: ignore[no-any-return]


@lifts("copy", "convert", of=Kronecker)
def _kron_same(state: State, parts: Parts, operands: Parts, equation: Equation) -> Kronecker:
    return parts[0]  # type: ignore[no-any-return]


@lifts("take", of=Kronecker)
def _kron_diagonal(state: State, parts: Parts, operands: Parts, equation: Equation) -> Vec:
    """diag(A ⊗ B) = vec(diag(A) diag(B)ᵀ)."""
    left, right = parts[0].left, parts[0].right
    if not on_diagonal(operands[1], operands[2:]) or left.rows != left.cols or right.rows != right.cols:
        raise refused(equation, "reads parts of a Kronecker product, which has no closed form here")
    diagonals = [invariants.diagonal_of(left), algebra.transpose(invariants.diagonal_of(right))]
    return Vec(algebra.matmul(*diagonals))


@lifts("matmul", of=Kronecker)
def _kron_matmul(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    """(A ⊗ B)(C ⊗ D) = AC ⊗ BD, and (A ⊗ B) vec(X) = vec(A X Bᵀ)."""
    one, other = parts
    if isinstance(one, Kronecker) and _widths(one) == _heights(other):
        if isinstance(other, Kronecker):
            return Kronecker(algebra.matmul(one.left, other.left), algebra.matmul(one.right, other.right))
        return Vec(algebra.matmul(one.left, other.matrix, algebra.transpose(one.right)))
    if isinstance(one, Vec) and isinstance(other, Kronecker) and one.matrix.shape == _heights(other):
        return Vec(algebra.matmul(algebra.transpose(other.left), one.matrix, other.right))
    raise refused(equation, "of a Kronecker product with this operand has no closed form here")


def _widths(product: Kronecker) -> tuple[Length, Length]:
    return product.left.cols, product.right.cols


def _heights(part: Any) -> tuple[Length, Length] | None:
    """How many rows both factors have, or the matrix that is laid out as a vector has rows and columns."""
    if isinstance(part, Kronecker):
        return part.left.rows, part.right.rows
    return part.matrix.shape if isinstance(part, Vec) else None


@lifts("multiply", "scale", "divide", of=Kronecker)
def _kron_scaled(state: State, parts: Parts, operands: Parts, equation: Equation) -> Kronecker:
    one, other = parts
    if isinstance(other, Kronecker) and equation.primitive.name != "divide":
        one, other = other, one
    number = _number(other)
    if number is None or not isinstance(one, Kronecker):
        raise refused(equation, "of a Kronecker product by an array has no closed form here")
    factor = powered(number, Fraction(-1)) if equation.primitive.name == "divide" else number
    return Kronecker(algebra.matmul(factor, one.left), one.right)


@lifts("sum", of=Kronecker)
def _kron_sum(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    if len(equation.params[0]) != 2:
        raise refused(equation, "along one axis of a Kronecker product has no closed form here")
    return Lifted(algebra.matmul(total(parts[0].left), total(parts[0].right)), state.result(equation))


@lifts("norm", of=Kronecker)
def _kron_norm(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    squares = [invariants.trace(algebra.matmul(algebra.transpose(x), x)) for x in (parts[0].left, parts[0].right)]
    return Lifted(algebra.matmul(*[algebra.power(x, Fraction(1, 2)) for x in squares]), state.result(equation))


@lifts("lu_factor", of=Kronecker)
def _kron_factors(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return (None,) * equation.primitive.outputs


@lifts("inv", of=Kronecker)
def _kron_inverse(state: State, parts: Parts, operands: Parts, equation: Equation) -> Kronecker:
    left, right = parts[0].left, parts[0].right
    if left.rows != left.cols or right.rows != right.cols:
        raise refused(equation, "of a Kronecker product of matrices that are not square has no closed form")
    return Kronecker(algebra.inverse(left), algebra.inverse(right))


@lifts("det", of=Kronecker)
def _kron_determinant(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    """det(A ⊗ B) = det(A)ⁿ det(B)ᵐ for A of m rows and B of n."""
    left, right = parts[0].left, parts[0].right
    logs = [algebra.apply("log", invariants.determinant(x)) for x in (left, right)]
    powers = [
        algebra.apply("exp", algebra.matmul(algebra.size(other.rows), log))
        for other, log in zip((right, left), logs, strict=True)
    ]
    return Lifted(algebra.matmul(*powers), ())


@lifts("slogdet", of=Kronecker)
def _kron_log_determinant(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    """log|det(A ⊗ B)| = n log|det A| + m log|det B| for A of m rows and B of n."""
    left, right = parts[0].left, parts[0].right
    logs = [algebra.apply("logabs", invariants.determinant(x)) for x in (left, right)]
    sizes = [algebra.size(right.rows), algebra.size(left.rows)]
    whole = algebra.add(*[algebra.matmul(size, log) for size, log in zip(sizes, logs, strict=True)])
    return None, Lifted(whole, ())
