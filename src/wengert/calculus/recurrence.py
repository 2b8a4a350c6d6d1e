"""The steps of a program's recurrences, which stay apart in a formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.expression import Expression, Hadamard, Product, Sum, make

__all__ = ["added", "kept"]

# intermediate values of more symbols are named by a reader, and not written out
_LONG: Final = 60
# factors of which a power of a matrix consists before it is one part of other products
_MOST_ALIKE: Final = 128


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


def kept(x: Expression) -> Any:
    """An intermediate value that is used again: where it is long, one part of whatever it stands in.

    Otherwise the steps of x ← x + f(x) would be sums of ever more terms, and work on them all would be done at every
    step.
    """
    if x.kept or x.length <= _LONG:
        return x
    if isinstance(x, Product) and not (x.is_scalar and x.chain):
        front = algebra.product(algebra.ONE, dict(x.scalars), ())
        body = algebra.product(algebra.ONE, {}, x.chain)
        return algebra.matmul(algebra.number(x.coefficient), *map(_as_one_part, (front, body)))
    return _as_one_part(x)


def _as_one_part(x: Expression) -> Any:
    if not isinstance(x, (Sum, Hadamard, Product)) or x.kept or x.length <= _LONG:
        return x
    # A A A x is no longer than its different factors, up to a point
    alike = len(x.parts) <= _MOST_ALIKE and sum([part.length for part in {*x.parts}]) <= _LONG
    if isinstance(x, Product) and (alike or (x.is_scalar and x.chain)):
        return x
    return make(type(x), *x.shape, x.data, x.parts, kept=True)
