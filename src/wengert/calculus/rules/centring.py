"""Rules for what is antisymmetric or centred, whose forms and sums vanish: xᵀMx = 0, and 1ᵀCx = 0 for C = I − 11ᵀ/n."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from wengert.calculus.algebra import (
    add,
    identity,
    matmul,
    number,
    ones,
    power,
    product,
    size,
    split,
    subtract,
    transpose,
    zero,
)
from wengert.calculus.dimension import Dim
from wengert.calculus.expression import (
    DiagonalOf,
    Expression,
    Identity,
    Ones,
    Product,
    Sum,
    Trace,
    Transpose,
    Zero,
    neighbours,
    rule,
)
from wengert.calculus.properties import centred_axis, has, is_binary, is_pseudoinverse

__all__: list[str] = []

# sums of more terms are not searched for means of one another
_MOST_TERMS: Final = 16


@rule(Product)
def _of_zeros(node: Product) -> Any:
    """A product in which two neighbours are zero together."""
    return zero(node.rows, node.cols) if any(isinstance(link, Zero) for link in node.chain) else None


@rule(Product)
def _form(node: Product) -> Any:
    """xᵀMx = 0 where M is antisymmetric, and yᵀy = 1 where y is one-hot."""
    if not node.is_scalar or not node.chain:
        return None
    first, last = node.chain[0], node.chain[-1]
    if len(node.chain) == 2 and is_binary(last) and has(last, "one-hot") and first is transpose(last):
        return number(1)
    return number(0) if has(node, "antisymmetric") else None


@rule(Trace, DiagonalOf)
def _diagonal(node: Trace | DiagonalOf) -> Any:
    """The diagonal of an antisymmetric matrix is zero."""
    return zero(node.rows, node.cols) if has(node.parts[0], "antisymmetric") else None


@neighbours
def _centred_ones(left: Expression, right: Expression) -> Any:
    """C1 = 0, and 1ᵀC = 0."""
    row = isinstance(left, Transpose) and isinstance(left.parts[0], Ones)
    # C is symmetric
    other = left if isinstance(right, Ones) else right if row else None
    return None if other is None or centred_axis(other) is None else zero(left.rows, right.cols)


@neighbours
def _complement(left: Expression, right: Expression) -> Any:
    """P(I − P) = 0 where P is idempotent."""
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Sum) and has(one, "idempotent") and subtract(identity(one.rows), one) is other:
            return zero(left.rows, right.cols)
    return None


@rule(Product)
def _projection(node: Product) -> Any:
    """XᵀX⁺ᵀ = X⁺X, which is symmetric, and X⁺ᵀXᵀ = XX⁺."""
    chain = node.chain
    for place, (left, right) in enumerate(pairwise(chain)):
        if isinstance(left, Transpose) and isinstance(right, Transpose):
            links = right.parts[0], left.parts[0]
            if is_pseudoinverse(*links) or is_pseudoinverse(*links[::-1]):
                return product(node.coefficient, dict(node.scalars), (*chain[:place], *links, *chain[place + 2 :]))
    return None


@rule(Sum)
def _centred(node: Sum) -> Any:
    """X − 11ᵀX/n = CX: every row less the mean of the rows, and in the same way X − X11ᵀ/n = XC."""
    if len(node.parts) > _MOST_TERMS or centred_axis(node) is not None:
        return None
    found = _collected(node.parts)
    if found is None and node.cols != 1 and any(_ends_in_ones(term) for term in node.parts):
        found = _collected([transpose(term) for term in node.parts])
        return None if found is None else transpose(found)
    return found


def _ends_in_ones(term: Expression) -> bool:
    last = term.chain[-1] if isinstance(term, Product) and term.chain else term
    return isinstance(last, Transpose) and isinstance(last.parts[0], Ones)


def _collected(terms: Sequence[Any]) -> Any:
    """Terms of which some are means of others, with C in front of those; None where there are none."""
    length = terms[0].rows
    means = [term for term in terms if isinstance(term, Product) and term.chain and isinstance(term.chain[0], Ones)]
    if not means or not isinstance(length, Dim):
        return None
    share = matmul(number(-1), power(size(length), -1), ones(length), transpose(ones(length)))
    waiting = _pieces(means)
    inside = []
    for term in terms:
        if term in means or any(isinstance(link, Identity) for link in split(term)[2]):
            continue
        expected = _pieces([matmul(share, term)])
        if expected and all(waiting.get(key) == piece for key, piece in expected.items()):
            waiting = {key: piece for key, piece in waiting.items() if key not in expected}
            inside.append(term)
    if not inside:
        return None
    centre = add(identity(length), share)
    rest = [term for term in terms if term not in means and term not in inside]
    left = [product(coefficient, dict(scalars), chain) for (scalars, chain), coefficient in waiting.items()]
    return add(*rest, *left, *[matmul(centre, term) for term in inside])


def _pieces(terms: Sequence[Any]) -> dict[Any, Any]:
    """Coefficients by what they stand before, where a sum of numbers among the factors is written out."""
    found: dict[Any, Any] = {}
    for term in terms:
        coefficient, scalars, chain = split(term)
        inner = next((base for base, exponent in scalars.items() if isinstance(base, Sum) and exponent == 1), None)
        if inner is None:
            key = frozenset(scalars.items()), chain
            found[key] = found.get(key, 0) + coefficient
            continue
        rest = product(coefficient, {base: e for base, e in scalars.items() if base is not inner}, chain)
        for key, value in _pieces([matmul(part, rest) for part in inner.parts]).items():
            found[key] = found.get(key, 0) + value
    return {key: value for key, value in found.items() if value and key[1]}
