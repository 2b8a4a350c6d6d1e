"""Rules for indicators of regions: products and differences of steps, and what is known where a step is one.

They hold almost everywhere: what happens at the edge of a region is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import (
    ONE,
    add,
    apply,
    hadamard,
    hadamard_of,
    matmul,
    negative,
    number,
    power,
    product,
    split,
    subtract,
    zero,
)
from wengert.calculus.expression import Apply, Expression, Hadamard, Product, Sum, rule
from wengert.calculus.properties import is_nonnegative
from wengert.calculus.rules.pieces import filled, pieces_in

__all__: list[str] = []

_PIECES: Final = frozenset({"absolute", "relu", "sign", "step"})
# longer ones are no regions that a reader sees
_MOST_SYMBOLS: Final = 60
_DEEPEST: Final = 4
_MOST_STEPS: Final = 4


def _is_step(x: Expression) -> bool:
    return isinstance(x, Apply) and x.name == "step" and x.length <= _MOST_SYMBOLS


def _is_cut(x: Expression) -> bool:
    return isinstance(x, Apply) and x.name == "relu" and x.length <= _MOST_SYMBOLS


@rule(Hadamard)
def _region_by_entries(node: Hadamard) -> Any:
    found = _in_region(node.factors)
    if found is None:
        return None
    parts = [hadamard_of({base: exponent}) for base, exponent in found]
    return hadamard(*parts)


@rule(Product)
def _region_of_numbers(node: Product) -> Any:
    found = _in_region(node.scalars)
    if found is None:
        return None
    powers = [power(base, exponent) for base, exponent in found]
    return matmul(number(node.coefficient), *powers, *node.chain)


Factors = Sequence[tuple[Expression, Fraction]]


def _in_region(factors: Factors) -> Factors | None:
    """Factors among which two steps are one, or in which what a step says has been used; None if there is nothing."""
    steps = [base for base, exponent in factors if _is_step(base) and exponent > 0]
    if not steps or len(steps) > _MOST_STEPS:
        return None
    for place, one in enumerate(steps):
        for other in steps[place + 1 :]:
            both = _both(one, other)
            if both is not None:
                return [*(pair for pair in factors if pair[0] is not one and pair[0] is not other), (both, ONE)]
    cuts = [base.parts[0] for base, exponent in factors if _is_cut(base) and exponent > 0]
    idle = [step for step in steps if any(_is_larger(step.parts[0], cut) for cut in cuts)]
    if idle:
        return [pair for pair in factors if pair[0] not in idle]
    facts = [fact for step in steps for fact in _facts(step.parts[0])]
    found = [(base if base in steps else _known_there(base, facts, _DEEPEST), exponent) for base, exponent in factors]
    return found if any(new is not old for (new, _), (old, _) in zip(found, factors, strict=True)) else None


def _both(one: Expression, other: Expression) -> Any:
    """1[u > 0] 1[w > 0] as one step: the one inside the other, or 1[c > |s|] of u = c + s and w = c − s."""
    u, w = one.parts[0], other.parts[0]
    if is_nonnegative(subtract(u, w)):
        return other
    if is_nonnegative(subtract(w, u)):
        return one
    total = add(u, w)
    if is_nonnegative(negative(total)):
        return zero(one.rows, one.cols)
    middle = matmul(number(Fraction(1, 2)), total)
    side = subtract(u, middle)
    if is_nonnegative(middle) and side.length < min(u.length, w.length):
        return apply("step", subtract(middle, apply("absolute", side)))
    return None


def _facts(u: Expression) -> Iterator[Expression]:
    """What is positive where u is: for c − |s| also c + s and c − s."""
    yield u
    for term in u.parts if isinstance(u, Sum) else ():
        size = negative(term)
        if isinstance(size, Apply) and size.name == "absolute":
            rest = subtract(u, term)
            yield add(rest, size.operand)
            yield subtract(rest, size.operand)


def _known_there(x: Expression, facts: Sequence[Expression], depth: int) -> Any:
    """An expression, or every entry, where all these are positive."""
    if depth == 0 or x.length > _MOST_SYMBOLS:
        return x
    if isinstance(x, Apply) and x.name in _PIECES:
        return _piece_there(x, facts)
    inner: Any = x
    if isinstance(x, Sum):
        terms = [_known_there(term, facts, depth - 1) for term in x.parts]
        inner = add(*terms) if any(new is not old for new, old in zip(terms, x.parts, strict=True)) else x
    elif isinstance(x, Hadamard):
        factors = [(_known_there(base, facts, depth - 1), exponent) for base, exponent in x.factors]
        if any(new is not old for (new, _), (old, _) in zip(factors, x.factors, strict=True)):
            inner = hadamard(*[hadamard_of({base: exponent}) for base, exponent in factors])
    elif isinstance(x, Product):
        inner = _product_there(x, facts, depth)
    return inner


def _product_there(x: Product, facts: Sequence[Expression], depth: int) -> Any:
    coefficient, scalars, chain = split(x)
    if len(chain) == 1 and 1 in x.shape:
        body = _known_there(chain[0], facts, depth - 1)
        return x if body is chain[0] else matmul(product(coefficient, scalars, ()), body)
    if chain or x in scalars:
        return x
    powers = {base: _known_there(base, facts, depth - 1) for base in scalars}
    if all(new is old for old, new in powers.items()):
        return x
    return matmul(number(coefficient), *[power(powers[base], exponent) for base, exponent in scalars.items()])


def _piece_there(x: Apply, facts: Sequence[Expression]) -> Any:
    if any(fact.shape == x.shape and is_nonnegative(subtract(x.operand, fact)) for fact in facts):
        return x.operand if x.name in ("absolute", "relu") else filled(1, x)
    opposite = negative(x.operand)
    if any(fact.shape == x.shape and is_nonnegative(subtract(opposite, fact)) for fact in facts):
        return {"absolute": opposite, "sign": filled(-1, x)}.get(x.name, zero(x.rows, x.cols))
    return x


@rule(Hadamard)
def _beside_what_vanishes(node: Hadamard) -> Any:
    """1[u > 0] ∘ (r − relu(w)) = 1[u > 0] ∘ r − relu(w) where w < u; relu(−w) is written as relu(w) − w."""
    steps = [base for base, exponent in node.factors if _is_step(base) and exponent > 0]
    for base, exponent in node.factors if steps and node.length <= _MOST_SYMBOLS else ():
        for term in base.parts if isinstance(base, Sum) and exponent == 1 else ():
            for cut, k, body in pieces_in(term, ("relu",)):
                left = [part for part in base.parts if part is not term]
                if any(_is_larger(step.parts[0], negative(cut.operand)) for step in steps):
                    left.append(_beside(k, body, cut.operand))
                    term = _beside(k, body, apply("relu", negative(cut.operand)))
                elif not any(_is_larger(step.parts[0], cut.operand) for step in steps):
                    continue
                rest = hadamard_of({other: e for other, e in node.factors if other is not base})
                return add(hadamard(rest, add(*left)), hadamard(rest, term))
    return None


def _is_larger(u: Expression, w: Expression) -> bool:
    return u.shape == w.shape and is_nonnegative(subtract(u, w))


@rule(Sum)
def _cut_off_and_its_step(node: Sum) -> Any:
    """relu(u) + c 1[u > 0] = (u + c) ∘ 1[u > 0] where u + c is shorter than u."""
    cuts = {piece.operand: (term, k, rest) for term in node.parts for piece, k, rest in pieces_in(term, ("relu",))}
    if not cuts:
        return None
    for term in node.parts:
        for step, coefficient, rest in pieces_in(term, ("step",)):
            cut, k, body = cuts.get(step.operand, (term, ONE, rest))
            if cut is not term:
                inside = add(_beside(k, body, step.operand), matmul(number(coefficient), rest))
                if inside.length < step.operand.length:
                    return add(*[part for part in node.parts if part is not term and part is not cut],
                               _beside(ONE, inside, step))  # fmt: skip
    return None


def _beside(coefficient: Any, rest: Expression, piece: Expression) -> Any:
    front = matmul(number(coefficient), rest)
    return matmul(front, piece) if front.is_scalar or piece.is_scalar else hadamard(front, piece)


@rule(Sum)
def _difference_of_steps(node: Sum) -> Any:
    """1[u > 0] − 1[w > 0] = 1[u > 0] 1[−w > 0] where w < u, also times anything."""
    seen: dict[Expression, list[tuple[Apply, Any, Expression]]] = {}
    for term in node.parts:
        for step, coefficient, rest in pieces_in(term, ("step",)):
            for other, its_coefficient, match in seen.get(rest, ()):
                if coefficient != -its_coefficient or match is term:
                    continue
                for high, low, front in ((step, other, coefficient), (other, step, its_coefficient)):
                    if _is_larger(high.parts[0], low.parts[0]):
                        between = [high, apply("step", negative(low.parts[0]))]
                        whole = matmul(*between) if high.is_scalar else hadamard(*between)
                        return add(*[part for part in node.parts if part is not term and part is not match],
                                   _beside(front, rest, whole))  # fmt: skip
            seen.setdefault(rest, []).append((step, coefficient, term))
    return None
