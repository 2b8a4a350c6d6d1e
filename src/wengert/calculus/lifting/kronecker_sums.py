"""Sums of Kronecker products, as A ⊗ I + I ⊗ B, on the way to something that is a formula again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from wengert.calculus import algebra, invariants
from wengert.calculus.lifting.kronecker import Kronecker, Vec
from wengert.calculus.lifting.lifted import LIFTS, Lifted, Parts, Pending, State, lifts, refused
from wengert.graph import Equation

__all__ = ["KroneckerSum"]


@dataclass(frozen=True)
class KroneckerSum(Pending):
    """A sum of products A ⊗ B."""

    terms: tuple[Kronecker, ...]
    what = "a sum of Kronecker products"


def _terms(part: Any) -> tuple[Kronecker, ...]:
    if isinstance(part, KroneckerSum):
        return part.terms
    return (part,) if isinstance(part, Kronecker) else ()


@lifts("add", "subtract", of=Kronecker)
def _add(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return _added(parts, equation)


@lifts("add", "subtract", of=KroneckerSum)
def _add_more(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return _added(parts, equation)


def _added(parts: Parts, equation: Equation) -> Any:
    """The terms of both, those with one factor alike together: A ⊗ B + A ⊗ C = A ⊗ (B + C)."""
    one, other = map(_terms, parts)
    if not one or not other:
        raise refused(equation, "of a Kronecker product and another array has no closed form here")
    if equation.primitive.name == "subtract":
        other = tuple([Kronecker(algebra.negative(term.left), term.right) for term in other])
    if len({(term.left.shape, term.right.shape) for term in (*one, *other)}) > 1:
        raise refused(equation, "of Kronecker products of factors of other shapes has no closed form here")
    return _whole([*one, *other])


def _whole(terms: list[Kronecker]) -> Any:
    found: list[Kronecker] = []
    for term in terms:
        like = next((each for each in found if each.left is term.left or each.right is term.right), None)
        if like is None:
            found.append(term)
            continue
        found.remove(like)
        if like.left is term.left:
            found.append(Kronecker(term.left, algebra.add(like.right, term.right)))
        else:
            found.append(Kronecker(algebra.add(like.left, term.left), term.right))
    return found[0] if len(found) == 1 else KroneckerSum(tuple(found))


@lifts("copy", "convert", of=KroneckerSum)
def _same(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    return parts[0]


@lifts("transpose", "take", "sum", "multiply", "scale", "divide", of=KroneckerSum)
def _term_by_term(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    rule = LIFTS[Kronecker, equation.primitive.name]
    place = next(place for place, part in enumerate(parts) if isinstance(part, KroneckerSum))
    made = [rule(state, [*parts[:place], term, *parts[place + 1 :]], operands, equation) for term in parts[place].terms]
    return _joined(made, state, equation)


def _joined(made: list[Any], state: State, equation: Equation) -> Any:
    """The sum of what the terms have become."""
    if isinstance(made[0], Vec):
        return Vec(algebra.add(*[one.matrix for one in made]))
    if isinstance(made[0], Lifted):
        return Lifted(algebra.add(*[one.expression for one in made]), state.result(equation))
    return _whole(made)


_PLAIN: Final = {kind: LIFTS[kind, "matmul"] for kind in (Kronecker, Vec)}


@lifts("matmul", of=KroneckerSum)
@lifts("matmul", of=Kronecker)
@lifts("matmul", of=Vec)
def _matmul(state: State, parts: Parts, operands: Parts, equation: Equation) -> Any:
    """Every term with every term."""
    if not any(isinstance(part, KroneckerSum) for part in parts):
        return _PLAIN[next(type(part) for part in parts if type(part) in _PLAIN)](state, parts, operands, equation)
    sides = [_terms(part) or (part,) for part in parts]
    made = [
        LIFTS[Kronecker, "matmul"](state, [one, other], operands, equation) for one in sides[0] for other in sides[1]
    ]
    return _joined(made, state, equation)


@lifts("norm", of=KroneckerSum)
def _norm(state: State, parts: Parts, operands: Parts, equation: Equation) -> Lifted:
    """⟨A ⊗ B, C ⊗ D⟩ = tr(AᵀC) tr(BᵀD)."""
    terms = parts[0].terms
    inner = [
        algebra.matmul(*[
            invariants.trace(algebra.matmul(algebra.transpose(x), y))
            for x, y in ((one.left, other.left), (one.right, other.right))
        ])
        for one in terms
        for other in terms
    ]  # fmt: skip
    return Lifted(algebra.power(algebra.add(*inner), Fraction(1, 2)), state.result(equation))
