"""Moving what stands around a direction to the other side of an inner product.

A linear map is a formula in which the direction stands once in every term; each kind of node that may stand around it
has a known adjoint.
"""

from __future__ import annotations

from typing import Any

from wengert.calculus import algebra, invariants
from wengert.calculus.expression import (
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Product,
    Sum,
    Trace,
    Transpose,
    walk,
)
from wengert.errors import UnsupportedError

__all__ = ["Mover", "place_of"]


def place_of(chain: tuple[Expression, ...], direction: Expression) -> int:
    """Where the direction stands in a chain."""
    return next(place for place, link in enumerate(chain) if direction in set(walk(link)))


class Mover:
    """Finds the U of `⟨U, d⟩`, and collects the names of the rules that were used on the way."""

    def __init__(self, direction: Expression) -> None:
        self.direction = direction
        self.rules: dict[str, None] = {}

    def moved(self, u: Expression, v: Expression) -> Any:
        """The U of `⟨U, d⟩ = ⟨u, v⟩`, where v is linear in the direction d."""
        if v is self.direction:
            return u
        if isinstance(v, Sum):
            return algebra.add(*[self.moved(u, term) for term in v.parts if self._holds(term)])
        if isinstance(v, Transpose):
            self._use("transpose")
            return self.moved(algebra.transpose(u), v.parts[0])
        if isinstance(v, Diagonal):
            self._use("diagonal")
            return self.moved(invariants.diagonal_of(u), v.parts[0])
        if isinstance(v, DiagonalOf):
            self._use("diagonal of")
            return self.moved(algebra.diagonal(u), v.parts[0])
        if isinstance(v, Hadamard):
            return self._through_entries(u, v)
        if isinstance(v, Frechet) and not self._holds(v.parts[0]):
            polar = v.name == "polar"
            self._use("frechet of a gradient" if polar else "frechet")
            at = v.parts[0] if polar else algebra.transpose(v.parts[0])
            return self.moved(invariants.frechet(v.name, at, u), v.parts[1])
        if isinstance(v, Trace):
            self._use("trace")
            return self._through_trace(u, v.parts[0])
        if isinstance(v, Product):
            return self._through_chain(u, v) if v.is_scalar and v.chain else self._through_product(u, v)
        raise UnsupportedError(f"derivation: {type(v).__name__} is not linear, so it has no adjoint")

    def _holds(self, v: Expression) -> bool:
        return self.direction in set(walk(v))

    def _use(self, rule: str) -> None:
        self.rules[rule] = None

    def _through_entries(self, u: Expression, v: Hadamard) -> Any:
        ((inner, exponent),) = [(base, power) for base, power in v.factors if self._holds(base)]
        if exponent != 1:
            raise UnsupportedError("derivation: a power of a differential is not linear")
        rest = algebra.hadamard_of({base: power for base, power in v.factors if base is not inner})
        self._use("entries")
        return self.moved(algebra.hadamard(u, rest), inner)

    def _through_trace(self, u: Expression, m: Expression) -> Any:
        """tr(B L C) = ⟨BᵀCᵀ, L⟩."""
        if isinstance(m, Sum):
            return algebra.add(*[self._through_trace(u, term) for term in m.parts if self._holds(term)])
        coefficient, scalars, chain = algebra.split(m)
        if not any(self._holds(link) for link in chain):
            return self.moved(algebra.matmul(u, algebra.identity(m.rows)), m)
        place = place_of(chain, self.direction)
        around = [algebra.transpose(link) for link in (*reversed(chain[:place]), *reversed(chain[place + 1 :]))]
        front = [u, algebra.number(coefficient), *[algebra.power(base, e) for base, e in scalars.items()]]
        return self.moved(algebra.matmul(*front, *(around or [algebra.identity(m.rows)])), chain[place])

    def _through_product(self, u: Expression, v: Product) -> Any:
        """⟨u, c B L C⟩ = ⟨c Bᵀ u Cᵀ, L⟩; where a number moves, ⟨u, β M⟩ = ⟨u, M⟩ β."""
        moving = [base for base, _ in v.scalars if self._holds(base)]
        front = [algebra.number(v.coefficient), *(algebra.power(b, e) for b, e in v.scalars if b not in moving)]
        if not moving:
            return self._through_chain(algebra.matmul(*front, u), v)
        (base,) = moving
        if not v.chain:
            return self.moved(algebra.matmul(*front, u), base)
        self._use("scalar")
        rest = invariants.trace(algebra.matmul(algebra.transpose(u), *v.chain))
        return self.moved(algebra.matmul(*front, rest), base)

    def _through_chain(self, u: Expression, v: Product) -> Any:
        place = place_of(v.chain, self.direction)
        before, after = v.chain[:place], v.chain[place + 1 :]
        if before or after:
            self._use(self._named(u, before, after))
        left = [algebra.transpose(link) for link in reversed(before)]
        right = [algebra.transpose(link) for link in reversed(after)]
        return self.moved(algebra.matmul(*left, u, *right), v.chain[place])

    def _named(self, u: Expression, before: tuple[Expression, ...], after: tuple[Expression, ...]) -> str:
        if not after:
            return "form" if u.is_scalar and before[0].rows == 1 else "left factor"
        if after[-1].cols == 1:
            return "outer form" if u.is_scalar else "outer"
        return "both factors" if before else "right factor"
