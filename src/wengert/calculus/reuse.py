"""Writing a formula with the value of the function in it: `2(Ax − f x)/‖x‖²` for the Rayleigh quotient f."""

from __future__ import annotations

from typing import Any

from wengert.calculus import algebra
from wengert.calculus.beautify import beautify, length
from wengert.calculus.expression import Expression, Product, Symbol
from wengert.calculus.rewriting import rewritten

__all__ = ["reused"]


def reused(expression: Expression, name: Symbol, value: Expression) -> Any:
    """An expression in which a quotient or product has a name, where that makes it shorter; otherwise itself.

    The value may stand as a factor among others: in `a x / b²` it is found if it is `a / b`. A single function, such as
    det(X), tells more than a name.
    """
    if not value.is_scalar or len(algebra.split(value)[1]) < 2:
        return expression
    found = beautify(rewritten(expression, lambda node: _named(node, name, value)))
    return found if length(found) < length(expression) else expression


def _named(node: Expression, name: Symbol, value: Expression) -> Any:
    if node is value:
        return name
    if not isinstance(node, Product) or (node.is_scalar and node.chain):
        return node
    coefficient, wanted, _ = algebra.split(value)
    powers = dict(node.scalars)
    if not wanted or any(powers.get(base, 0) * exponent < exponent * exponent for base, exponent in wanted.items()):
        return node
    for base, exponent in wanted.items():
        powers[base] -= exponent
    powers = {base: exponent for base, exponent in powers.items() if exponent}
    rest = algebra.product(node.coefficient / coefficient, powers, node.chain)
    return algebra.matmul(name, rest)
