"""Rules for functions of a matrix as a whole: norms, eigenvalues, triangular factors, power series, pseudoinverses."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import apply, diagonal, inverse, matmul, number, power, product, size, split, transpose
from wengert.calculus.expression import (
    Apply,
    Coefficient,
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Inverse,
    Ones,
    Product,
    Trace,
    Transpose,
    neighbours,
    rule,
)
from wengert.calculus.invariants import determinant, trace
from wengert.calculus.properties import has, is_nonnegative
from wengert.calculus.whole import NUMBERS, OF_ROWS, of_entries

__all__: list[str] = []

_HALF: Final = Fraction(1, 2)
_NORMS: Final = frozenset({"nuclear_norm", "spectral_norm"})
_OF_ENTRIES: Final = {"expm": "exp", "logm": "log", "sinm": "sin", "cosm": "cos"}


@rule(Apply)
def _of_a_transpose(node: Apply) -> Any:
    """f(Xᵀ) = f(X)ᵀ, and the same number; of rows also for functions of every entry."""
    x = node.operand
    row = x.rows == 1 and x.cols != 1
    if node.name in OF_ROWS or not (row or (isinstance(x, Transpose) and not of_entries(node.name))):
        return None
    found = apply(node.name, transpose(x))
    return found if node.name in NUMBERS else transpose(found)


@rule(Apply)
def _of_a_uniform_array(node: Apply) -> Any:
    """A function of every entry of c11ᵀ is that of c; the largest entry of it is c."""
    coefficient, scalars, chain = split(node.operand)
    ends = [link.parts[0] if isinstance(link, Transpose) else link for link in chain]
    if not chain or not all(isinstance(link, Ones) for link in ends):
        return None
    front = product(coefficient, scalars, ())
    if of_entries(node.name):
        return matmul(apply(node.name, front), *chain)
    if node.name == "max":
        return front
    if node.name == "softmax":
        return matmul(*[power(size(link.rows), -1) for link in ends], *chain)
    return matmul(front, ends[0]) if node.name == "max_rows" and node.operand.rows != 1 else None


@rule(Apply)
def _norm(node: Apply) -> Any:
    """‖cX‖ = |c| ‖X‖, and ‖uvᵀ‖ = ‖u‖ ‖v‖ of spectral and nuclear norms."""
    if node.name not in _NORMS:
        return None
    coefficient, scalars, chain = split(node.operand)
    sizes = [apply("absolute", power(base, exponent)) for base, exponent in scalars.items()]
    cut = next((place for place, link in enumerate(chain) if link.cols == 1), None)
    if cut is not None:
        columns = [product(Fraction(1), {}, chain[: cut + 1]), transpose(product(Fraction(1), {}, chain[cut + 1 :]))]
        lengths = [_length(column) for column in columns if not column.is_scalar]
        return matmul(number(_size(coefficient)), *sizes, *lengths)
    if node.operand.rows == 1:
        return _length(transpose(node.operand))
    if coefficient == 1 and not sizes:
        return None
    return matmul(number(_size(coefficient)), *sizes, apply(node.name, product(Fraction(1), {}, chain)))


def _size(value: Coefficient) -> Coefficient:
    return -value if value < 0 else value


def _length(column: Expression) -> Any:
    return power(trace(matmul(transpose(column), column)), _HALF)


@rule(Apply)
def _extreme_eigenvalue(node: Apply) -> Any:
    """λmax(cX) = c λmax(X) for c > 0, and c λmin(X) for c < 0; λmax(uuᵀ) = ‖u‖²."""
    if node.name not in ("largest_eigenvalue", "smallest_eigenvalue"):
        return None
    coefficient, _, chain = split(node.operand)
    if coefficient < 0:
        other = "smallest_eigenvalue" if node.name.startswith("largest") else "largest_eigenvalue"
        return matmul(number(-1), apply(other, matmul(number(-1), node.operand)))
    if coefficient != 1:
        return matmul(number(coefficient), apply(node.name, matmul(number(1 / coefficient), node.operand)))
    if len(chain) == 2 and chain[0].cols == 1 and node.name == "largest_eigenvalue" and transpose(chain[0]) is chain[1]:
        return trace(node.operand)
    return None


@rule(Apply)
def _of_a_diagonal(node: Apply) -> Any:
    """exp(diag v) = diag(exp v), for a function of matrices."""
    if node.name in _OF_ENTRIES and isinstance(node.operand, Diagonal):
        return diagonal(apply(_OF_ENTRIES[node.name], node.operand.parts[0]))
    return None


@rule(Apply)
def _pseudoinverse(node: Apply) -> Any:
    """X⁺ of a regular matrix, of a column, and of a multiple."""
    if node.name != "pinv":
        return None
    x = node.operand
    if has(x, "invertible"):
        return inverse(x)
    if isinstance(x, Apply) and x.name == "pinv":
        return x.operand
    if 1 in x.shape:
        turned = transpose(x)
        square = trace(matmul(turned, x))
        return matmul(power(square, -1), turned)
    coefficient, scalars, chain = split(x)
    if coefficient == 1 and not scalars:
        return None
    return matmul(power(product(coefficient, scalars, ()), -1), apply("pinv", product(Fraction(1), {}, chain)))


@rule(Apply)
def _logarithm_of_size(node: Apply) -> Any:
    """log|a| where a is not negative."""
    if node.name == "logabs" and is_nonnegative(node.operand):
        return apply("log", node.operand)
    return None


@rule(Trace)
def _trace_of_logarithm(node: Trace) -> Any:
    """The trace: tr log X = log det X."""
    (x,) = node.parts
    return apply("log", determinant(x.operand)) if isinstance(x, Apply) and x.name == "logm" else None


# What is made of the triangular factor L of S = LLᵀ.


def _factored(x: Expression) -> Any:
    """The S of which an expression is the lower triangular factor."""
    return x.operand if isinstance(x, Apply) and x.name == "cholesky" else None


@neighbours
def _factor_and_its_transpose(left: Expression, right: Expression) -> Any:
    """LLᵀ = S, and L⁻ᵀL⁻¹ = S⁻¹."""
    if isinstance(left, Inverse) and isinstance(right, Inverse):
        left, right = right.parts[0], left.parts[0]
        s = _factored(left)
        return inverse(s) if s is not None and transpose(left) is right else None
    s = _factored(left)
    return s if s is not None and transpose(left) is right else None


@rule(Determinant)
def _determinant_of_exponential(node: Determinant) -> Any:
    """The determinant: det exp(X) = exp(tr X)."""
    (x,) = node.parts
    return apply("exp", trace(x.operand)) if isinstance(x, Apply) and x.name == "expm" else None


@rule(Determinant)
def _determinant_of_factor(node: Determinant) -> Any:
    """Of the factor: det L = √det S."""
    s = _factored(node.parts[0])
    return None if s is None else power(determinant(s), _HALF)


@rule(Apply)
def _product_of_diagonal(node: Apply) -> Any:
    """The product of the diagonal of L is √det S."""
    if node.name == "prod" and isinstance(node.operand, DiagonalOf):
        s = _factored(node.operand.parts[0])
        return None if s is None else power(determinant(s), _HALF)
    return None


@rule(Product)
def _sum_of_logarithms(node: Product) -> Any:
    """1ᵀ log(diag(L)) = ½ log det S."""
    if not (node.is_scalar and len(node.chain) == 2):
        return None
    first, last = node.chain
    for one, other in ((transpose(first), last), (last, transpose(first))):
        s = _in_logarithm(one, other)
        if s is not None:
            return matmul(number(_HALF), apply("log", determinant(s)))
    return None


def _in_logarithm(one: Expression, other: Expression) -> Any:
    if not (isinstance(one, Ones) and isinstance(other, Apply) and other.name == "log"):
        return None
    return _factored(other.operand.parts[0]) if isinstance(other.operand, DiagonalOf) else None
