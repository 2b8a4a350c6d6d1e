"""Sums as a program makes them, in which the steps of a recurrence stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.calculus import algebra
from wengert.calculus.expression import Expression, Sum

__all__ = ["added"]


def added(*terms: Expression) -> Any:
    """The sum; S + A S is (I + A) S where S is a sum itself, so that x ← x + A x does not grow with every step."""
    ends = [(term, algebra.split(term)[2]) for term in terms]
    alone = {chain[0] for _, chain in ends if len(chain) == 1 and isinstance(chain[0], Sum)}
    shared = next((chain[-1] for _, chain in ends if len(chain) > 1 and chain[-1] in alone), None)
    if shared is None:
        return algebra.add(*terms)
    held = [term for term, chain in ends if chain and chain[-1] is shared]
    factor = algebra.add(*map(_without_last, held))
    return added(algebra.matmul(factor, shared), *(term for term in terms if term not in held))


def _without_last(term: Expression) -> Any:
    coefficient, scalars, chain = algebra.split(term)
    rest: Sequence[Expression] = chain[:-1] or (algebra.identity(chain[-1].rows),)
    return algebra.product(coefficient, scalars, rest)
