"""Inverses, determinants, solutions of linear equations, triangular factors, functions of matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import Apply, Expression, Transpose
from wengert.calculus.lifting.lifted import Lifted, Missing, Parts, Pending, State, lifts, place, refused
from wengert.calculus.operators import OPERATORS
from wengert.calculus.properties import has
from wengert.graph import Equation

__all__: list[str] = []


@lifts("lu_factor", "eig_factor", "eigh_factor", "svd_factor")
def _factors(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    # what uses a factorisation has the matrix as an operand too
    reason = f"{equation.primitive.name}{place(equation)} gives factors that have no closed form in matrix algebra; "
    reason += "use wengert.grad, which gives its derivative as numbers"
    return tuple([Missing(reason, state.shape(output.type.shape), lazy=True) for output in equation.outputs])


@lifts("slogdet")
def _log_determinant(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    value = invariants.determinant(parts[0].expression)
    return Lifted(algebra.apply("sign", value), ()), Lifted(algebra.apply("logabs", value), ())


@lifts("det")
def _determinant(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(invariants.determinant(parts[0].expression), ())


@lifts("cofactor")
def _cofactor(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x = parts[0].expression
    turned = algebra.transpose(algebra.inverse(x))
    return Lifted(algebra.matmul(invariants.determinant(x), turned), parts[0].shape)


@lifts("inv", "inverse_of_regular")
def _inverse(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    return Lifted(algebra.inverse(parts[0].expression), parts[0].shape)


@lifts("pinv")
def _pseudoinverse(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x = parts[0].expression
    return Lifted(x if algebra.is_zero(x) else algebra.apply("pinv", x), parts[0].shape[::-1])


@lifts("solve")
def _solve(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    left = algebra.inverse(parts[0].expression)
    left = algebra.transpose(left) if equation.params and equation.params[0] else left
    return Lifted(algebra.matmul(left, parts[-1].expression), parts[-1].shape)


@lifts("cholesky")
def _cholesky(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x = parts[0].expression
    if not has(x, "symmetric"):
        raise refused(equation, "of a matrix that is not known to be symmetric has no closed form",
               "say with assume that it is positive definite")  # fmt: skip
    return Lifted(algebra.apply("cholesky", x), parts[0].shape)


@lifts("triangular_solve")
def _triangular_solve(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    lower, transposed = equation.params
    left = parts[0].expression
    if not _is_triangular(left, lower):
        side = "lower" if lower else "upper"
        raise refused(equation, f"uses one triangle of a matrix that is not known to be {side} triangular",
               f"say with assume that it is {side} triangular")  # fmt: skip
    left = algebra.inverse(algebra.transpose(left) if transposed else left)
    return Lifted(algebra.matmul(left, parts[1].expression), parts[1].shape)


def _is_triangular(x: Expression, lower: bool) -> bool:
    if isinstance(x, Transpose):
        return _is_triangular(x.parts[0], not lower)
    factor = isinstance(x, Apply) and x.name == "cholesky" and lower
    return factor or has(x, "lower triangular" if lower else "upper triangular") or has(x, "diagonal")


@dataclass(frozen=True)
class Half(Pending):
    """One triangle of a matrix with a multiple of its diagonal, until the other one is added to it."""

    matrix: Expression
    lower: bool
    diagonal: float
    what = "a triangle of a matrix"


@lifts("triangle")
def _triangle(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    lower, diagonal, *_ = equation.params
    x = parts[0].expression
    if diagonal == 1 and _is_triangular(x, lower):
        return parts[0]
    return Half(x, lower, diagonal)


@lifts("copy", "convert", of=Half)
def _same_half(state: State, parts: Parts, operands: Parts, equation: Equation) -> Half:
    return parts[0]  # type: ignore[no-any-return]


@lifts("transpose", of=Half)
def _transposed_half(state: State, parts: Parts, operands: Parts, equation: Equation) -> Half:
    half: Half = parts[0]
    turned = equation.params[0] == (1, 0)
    return Half(algebra.transpose(half.matrix), not half.lower, half.diagonal) if turned else half


@lifts("add", of=Half)
def _whole(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    one, other = parts
    halves = isinstance(one, Half) and isinstance(other, Half)
    if not (halves and one.lower != other.lower and one.diagonal + other.diagonal == 1):
        raise refused(equation, "of a triangle of a matrix and another array has no closed form here")
    if one.matrix is not other.matrix:
        raise refused(equation, "joins a triangle of a matrix with its transpose, and the matrix is not known to be "
               "symmetric", "say with assume that it is")  # fmt: skip
    return Lifted(one.matrix, state.result(equation))


@lifts("matrix_function")
def _matrix_function(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    (kind,) = equation.params
    if len(parts) == 1:
        return Lifted(algebra.apply(kind, parts[0].expression), parts[0].shape)
    if len(parts) == 2:
        return Lifted(invariants.frechet(kind, *[part.expression for part in parts]), parts[0].shape)
    raise refused(equation, "of second order has no closed form here")


@lifts("frechet")
def _frechet(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    x, e = (part.expression for part in parts)
    return Lifted(invariants.frechet(equation.params[0], x, e), parts[0].shape)


@lifts(*[f"whole_{name}" for name in OPERATORS])
def _named(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    """Those by which formulas are evaluated."""
    name = equation.primitive.name.removeprefix("whole_")
    return Lifted(algebra.apply(name, parts[0].expression), state.result(equation))
