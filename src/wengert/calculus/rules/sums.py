"""Rules for sums of entries, which are products with vectors of ones."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from wengert.calculus.algebra import add, hadamard_of, matmul, number, ones, size, transpose
from wengert.calculus.expression import Diagonal, DiagonalOf, Expression, Hadamard, Ones, Product, Sum, Transpose, rule
from wengert.calculus.invariants import trace
from wengert.calculus.properties import has

__all__: list[str] = []


@rule(Product)
def _sum_of_a_vector(node: Product) -> Any:
    """1ᵀv where v is more than a name."""
    if not (node.is_scalar and len(node.chain) == 2):
        return None
    first, last = node.chain
    for one, other in ((transpose(first), last), (last, transpose(first))):
        if isinstance(one, Ones):
            return _summed(other)
    return None


def _summed(v: Expression) -> Any:
    if isinstance(v, Ones):
        return size(v.rows)
    if has(v, "one-hot"):
        return number(1)
    if isinstance(v, DiagonalOf):
        return trace(v.parts[0])
    if isinstance(v, Sum) and not v.kept:
        return add(*[matmul(transpose(ones(v.rows)), term) for term in v.parts])
    if isinstance(v, Hadamard):
        return _inner_product(v)
    return None


def _inner_product(v: Hadamard) -> Any:
    """1ᵀ(u ∘ w) = uᵀw."""
    (base, exponent), *rest = v.factors
    if not rest and not (exponent.denominator == 1 and exponent > 1):
        return None
    own = exponent if rest else Fraction(exponent // 2)
    others = dict(rest) if rest else {base: exponent - own}
    return matmul(transpose(hadamard_of({base: own})), hadamard_of(others))


@rule(Product)
def _sum_of_a_matrix(node: Product) -> Any:
    """1ᵀM1: the sum of the entries of a product by entries is a trace, tr(AᵀB)."""
    if not (node.is_scalar and len(node.chain) == 3):
        return None
    first, m, last = node.chain
    if not (isinstance(first, Transpose) and isinstance(first.parts[0], Ones) and isinstance(last, Ones)):
        return None
    if isinstance(m, Sum) and not m.kept:
        return add(*[matmul(first, term, last) for term in m.parts])
    if isinstance(m, Diagonal):
        return matmul(first, m.parts[0])
    if not isinstance(m, Hadamard):
        return None
    (base, exponent), *rest = m.factors
    if rest:
        return trace(matmul(transpose(hadamard_of({base: exponent})), hadamard_of(dict(rest))))
    return trace(matmul(transpose(base), base)) if exponent == 2 else None
