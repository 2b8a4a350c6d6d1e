"""Names in the place of what they stand for, also where that is a part of a sum or of a chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from wengert.calculus import algebra
from wengert.calculus.expression import Expression, Product, Sum, Symbol
from wengert.calculus.rewriting import rewritten

__all__ = ["Names"]


class Names:
    """What stands for what, also turned and negated: a sum for a part of a longer one, a chain for a part of one."""

    def __init__(self) -> None:
        self._whole: dict[Expression, Expression] = {}
        self._sums: list[tuple[Counter[Expression], Expression]] = []
        self._chains: list[tuple[tuple[Expression, ...], Expression]] = []

    def __bool__(self) -> bool:
        return bool(self._whole)

    def add(self, symbol: Symbol, stands_for: Expression) -> None:
        """Let a symbol stand for an expression from here on."""
        sides = [(stands_for, symbol)]
        if not symbol.is_scalar:
            sides.append((algebra.transpose(stands_for), algebra.transpose(symbol)))
        for known, name in reversed(sides):
            for whole, short in ((_negated(known), algebra.negative(name)), (known, name)):
                self._whole[whole] = short
                if isinstance(whole, Sum):
                    self._sums.append((Counter(whole.parts), short))
            if isinstance(known, Product) and known.coefficient == 1 and not known.scalars and not known.is_scalar:
                self._chains.append((known.chain, name))

    def short(self, expression: Expression) -> Any:
        """An expression in the names."""
        return rewritten(expression, self._step) if self._whole else expression

    def _step(self, node: Expression) -> Any:
        found = self._whole.get(node)
        if found is not None:
            return found
        if isinstance(node, Sum):
            return self._short_sum(node)
        if isinstance(node, Product) and node.chain:
            return self._short_chain(node)
        return node

    def _short_sum(self, node: Sum) -> Any:
        """X + Az + b with r for Az + b."""
        terms, names = Counter(node.parts), []
        for parts, name in self._sums:
            if name.shape == node.shape and parts <= terms:
                terms -= parts
                names.append(name)
        return algebra.add(*names, *terms.elements()) if names else node

    def _short_chain(self, node: Product) -> Any:
        """AᵀAx with z for Ax."""
        links: Sequence[Expression] = node.chain
        for chain, name in self._chains:
            links = _exchanged(links, chain, name)
        if len(links) == len(node.chain):
            return node
        powers = [algebra.power(base, exponent) for base, exponent in node.scalars]
        return algebra.matmul(algebra.number(node.coefficient), *powers, *links)


def _negated(x: Expression) -> Any:
    """Minus an expression, that of a sum term by term."""
    return algebra.add(*[algebra.negative(term) for term in x.parts]) if isinstance(x, Sum) else algebra.negative(x)


def _exchanged(links: Sequence[Expression], chain: Sequence[Expression], name: Expression) -> list[Expression]:
    """The links, with a name wherever the chain stands among them."""
    found: list[Expression] = []
    place, count = 0, len(chain)
    while place < len(links):
        if tuple(links[place : place + count]) == tuple(chain):
            found.append(name)
            place += count
        else:
            found.append(links[place])
            place += 1
    return found
