"""Formulas written with Python's operators, for the tables of these tests."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression

N, M, K = Dim("n"), Dim("m"), Dim("k")


@dataclass(frozen=True)
class Formula:
    """An expression with the operators of NumPy."""

    node: Expression

    def __add__(self, other: Any) -> Formula:
        return Formula(algebra.add(*[fitted(node, self.node, other) for node in (self, other)]))

    def __radd__(self, other: Any) -> Formula:
        return of(other) + self

    def __neg__(self) -> Formula:
        return Formula(algebra.negative(self.node))

    def __sub__(self, other: Any) -> Formula:
        return self + -of(other)

    def __rsub__(self, other: Any) -> Formula:
        return of(other) + -self

    def __matmul__(self, other: Formula) -> Formula:
        return Formula(algebra.matmul(self.node, other.node))

    def __mul__(self, other: Any) -> Formula:
        x, y = self.node, of(other).node
        product = algebra.matmul if x.is_scalar or y.is_scalar else algebra.hadamard
        return Formula(product(x, y))

    __rmul__ = __mul__

    def __pow__(self, exponent: Any) -> Formula:
        power = Fraction(exponent).limit_denominator(100)
        return Formula(
            algebra.power(self.node, power) if self.node.is_scalar else algebra.hadamard_of({self.node: power})
        )

    def __truediv__(self, other: Any) -> Formula:
        return self * of(other) ** -1

    def __rtruediv__(self, other: Any) -> Formula:
        return of(other) * self**-1

    @property
    def T(self) -> Formula:
        return Formula(algebra.transpose(self.node))


def of(value: Any) -> Formula:
    return value if isinstance(value, Formula) else Formula(algebra.number(value))


def fitted(term: Any, one: Expression, other: Any) -> Expression:
    """A term of a sum; a number beside a column is a column of it."""
    node = of(term).node
    shape = next((x.shape for x in (one, of(other).node) if not x.is_scalar), (1, 1))
    return algebra.matmul(node, algebra.ones(shape[0])) if node.is_scalar and shape[1] == 1 else node


def symbol(name: str, rows: Any = 1, cols: Any = 1, *properties: str) -> Formula:
    return Formula(algebra.symbol(name, rows, cols, properties))


def function(name: str) -> Any:
    return lambda x: Formula(algebra.apply(name, x.node))


def tr(x: Formula) -> Formula:
    return Formula(invariants.trace(x.node))


def det(x: Formula) -> Formula:
    return Formula(invariants.determinant(x.node))


def inv(x: Formula) -> Formula:
    return Formula(algebra.inverse(x.node))


def diag(x: Formula) -> Formula:
    made = algebra.diagonal if x.node.is_vector else invariants.diagonal_of
    return Formula(made(x.node))


def norm(x: Formula) -> Formula:
    return tr(x.T @ x) ** 0.5


def eye(length: Any) -> Formula:
    return Formula(algebra.identity(length))


def ones(length: Any) -> Formula:
    return Formula(algebra.ones(length))


def length(dim: Any) -> Formula:
    return Formula(algebra.size(dim))


exp, log, sin, cos, tanh, softmax, sigma, relu, step, logsumexp, softplus, softmax_rows, absolute, sign, logabs = map(
    function,
    ("exp", "log", "sin", "cos", "tanh", "softmax", "logistic", "relu", "step", "logsumexp", "softplus",
     "softmax_rows", "absolute", "sign", "logabs"),
)  # fmt: skip
