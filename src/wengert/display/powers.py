"""Exponentials that are read as powers: exp(p log x) is x^p."""

from __future__ import annotations

from fractions import Fraction

from wengert.calculus import algebra
from wengert.calculus.expression import Apply, Expression, Hadamard

__all__ = ["power_in"]


def power_in(x: Expression) -> tuple[Apply, Expression] | None:
    """The logarithm in an exponent, of a number or of a column, and what it is multiplied by; None without one."""
    coefficient, scalars, chain = algebra.split(x)
    if len(chain) > 1 or x.cols != 1 or x in scalars:
        return None
    inner = dict.fromkeys(chain, Fraction(1))
    if chain and isinstance(chain[0], Hadamard):
        inner = dict(chain[0].factors)
    for base, exponent in (*inner.items(), *scalars.items()):
        if isinstance(base, Apply) and base.name in ("log", "logabs") and exponent == 1:
            fronts = {other: e for other, e in scalars.items() if other is not base}
            factors = {other: e for other, e in inner.items() if other is not base}
            rest = algebra.hadamard_of(factors) if factors else algebra.number(1)
            return base, algebra.matmul(algebra.product(coefficient, fronts, ()), rest)
    return None
