"""Sums of nothing but subtracted terms give their minus to what they stand in, so that names are of positive terms."""

from __future__ import annotations

from typing import Any

from wengert.calculus import algebra
from wengert.calculus.expression import Diagonal, Expression, Hadamard, Product, Sum, Transpose
from wengert.calculus.rewriting import rewritten
from wengert.display.forms import is_negative

__all__ = ["with_signs_in_front"]


def with_signs_in_front(expression: Expression) -> Any:
    """An expression in which (−A − B)x is −(A + B)x.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> from wengert.display.formula import text_of
    >>> u, v = (algebra.symbol(name, Dim("n"), 1) for name in "uv")
    >>> with_signs_in_front(algebra.diagonal(algebra.negative(algebra.add(u, v)))).coefficient
    Fraction(-1, 1)
    """
    return rewritten(expression, _in_front)


def _in_front(node: Expression) -> Any:
    if isinstance(node, Product):
        links = list(map(_turned_round, node.chain))
        count = sum(link is not None for link in links)
        if count:
            powers = [algebra.power(base, exponent) for base, exponent in node.scalars]
            chain = [old if new is None else new for old, new in zip(node.chain, links, strict=True)]
            return algebra.matmul(algebra.number(node.coefficient * (-1) ** count), *powers, *chain)
    if isinstance(node, Hadamard):
        for base, exponent in node.factors:
            inner = _turned_round(base)
            if inner is not None and exponent.denominator == 1:
                factors = [algebra.hadamard_of({inner if b is base else b: e}) for b, e in node.factors]
                return algebra.matmul(algebra.number((-1) ** abs(exponent.numerator)), algebra.hadamard(*factors))
    if isinstance(node, Diagonal):
        inner = _turned_round(node.parts[0])
        return node if inner is None else algebra.negative(algebra.diagonal(inner))
    return node


def _turned_round(x: Expression) -> Any:
    """Minus a sum of subtracted terms; None for anything else."""
    if isinstance(x, Transpose):
        inner = _turned_round(x.parts[0])
        return None if inner is None else algebra.transpose(inner)
    if isinstance(x, Sum) and not x.kept and all(map(is_negative, x.parts)):
        return algebra.add(*map(algebra.negative, x.parts))
    return None
