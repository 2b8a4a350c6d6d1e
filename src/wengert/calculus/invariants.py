"""Traces, determinants and diagonals of square matrices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wengert.calculus.algebra import (
    ONE,
    add,
    apply,
    hadamard,
    identity,
    identity_and_rank_one,
    inverse,
    matmul,
    negative,
    number,
    ones,
    power,
    product,
    size,
    split,
    together,
    transpose,
    zero,
)
from wengert.calculus.expression import (
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Identity,
    Inverse,
    Sum,
    Trace,
    Transpose,
    Zero,
    make,
    normal,
)
from wengert.calculus.properties import has, is_nonnegative

__all__ = ["determinant", "diagonal_of", "frechet", "trace"]


def diagonal_of(m: Expression) -> Any:
    """The diagonal of a square matrix, as a column."""
    if m.is_scalar:
        return m
    if isinstance(m, Sum) and not m.kept:
        return add(*[diagonal_of(term) for term in m.parts])
    if isinstance(m, Zero):
        return zero(m.rows, 1)
    coefficient, scalars, chain = split(m)
    front = product(coefficient, scalars, ())
    body = product(ONE, {}, chain)
    if isinstance(body, Sum) and not body.kept:
        return matmul(front, diagonal_of(body))
    if isinstance(body, Identity):
        return matmul(front, ones(m.rows))
    if isinstance(body, Diagonal):
        return matmul(front, body.parts[0])
    cut = next((place for place, link in enumerate(chain) if link.cols == 1), None)
    if cut is not None:
        # diag(A u vᵀ B) = (A u) ∘ (Bᵀ v)
        return matmul(front, hadamard(matmul(*chain[: cut + 1]), transpose(matmul(*chain[cut + 1 :]))))
    places = [place for place, link in enumerate(chain) if len(chain) > 1 and has(link, "diagonal")]
    if places:
        # at an end it takes least with it
        place = min(places, key=lambda place: place not in (0, len(chain) - 1))
        # diag(A diag(x) B) = (A ∘ Bᵀ) x
        left, right = (_chained(part, m) for part in (chain[:place], chain[place + 1 :]))
        inside = diagonal_of(chain[place])
        if isinstance(left, Identity) or isinstance(right, Identity):
            return matmul(front, hadamard(inside, diagonal_of(matmul(left, right))))
        return matmul(front, hadamard(left, transpose(right)), inside)
    node = make(DiagonalOf, m.rows, 1, (), (min(body, transpose(body), key=lambda x: x.order),))
    return matmul(front, normal(node))


def frechet(name: str, x: Expression, e: Expression) -> Any:
    """The derivative of a function of matrices at X in the direction E: f'(X) E where E commutes with X."""
    coefficient, scalars, chain = split(e)
    front, body = product(coefficient, scalars, ()), product(ONE, {}, chain)
    if isinstance(body, Zero):
        return body
    _, _, own = split(x)
    if name == "polar":
        # a multiple of X has the same polar factor
        same = body is product(ONE, {}, own)
        return zero(x.rows, x.cols) if same else matmul(front, make(Frechet, x.rows, x.cols, (name,), (x, body)))
    if isinstance(body, Identity) or body is product(ONE, {}, own):
        return matmul(front, _rate(name, x), body)
    return matmul(front, make(Frechet, x.rows, x.cols, (name,), (x, body)))


def _rate(name: str, x: Expression) -> Any:
    """The derivative f'(X) of a function of matrices, as of numbers."""
    if name == "logm":
        return inverse(x)
    if name == "sqrtm":
        return matmul(number(Fraction(1, 2)), inverse(apply(name, x)))
    if name == "cosm":
        return negative(apply("sinm", x))
    return apply({"expm": "expm", "sinm": "cosm"}[name], x)


def _chained(links: Sequence[Expression], m: Expression) -> Any:
    return matmul(*links) if links else identity(m.rows)


def trace(m: Expression) -> Any:
    """The trace of a square matrix, turned so that it reads best."""
    if m.is_scalar:
        return m
    if isinstance(m, Sum) and not m.kept:
        return add(*[trace(term) for term in m.parts])
    if isinstance(m, Zero):
        return number(0)
    coefficient, scalars, chain = split(m)
    front = product(coefficient, scalars, ())
    if len(chain) == 1 and isinstance(chain[0], Sum) and not chain[0].kept:
        return matmul(front, trace(chain[0]))
    return matmul(front, _trace_of_chain(chain, m))


def _trace_of_chain(chain: Sequence[Expression], m: Expression) -> Any:
    if len(chain) == 1 and isinstance(chain[0], Identity):
        return size(m.rows)
    if len(chain) == 1 and isinstance(chain[0], Frechet) and chain[0].name != "polar":
        # tr L(X, E) = tr(f'(X) E)
        x, e = chain[0].parts
        return trace(matmul(_rate(chain[0].name, x), e))
    for place, link in enumerate(chain):
        if link.rows == 1:
            return matmul(*chain[place:], *chain[:place])
    for place, link in enumerate(chain):
        if isinstance(link, Diagonal):
            turned = _chained([*chain[place + 1 :], *chain[:place]], link)
            return matmul(transpose(diagonal_of(turned)), link.parts[0])
    mirrored = [transpose(link) for link in reversed(chain)]
    for links in (list(chain), mirrored) if len(chain) > 1 else ():
        for place, link in enumerate(links):
            merged = together(links[place - 1], link)
            if merged is not None:
                turn = [*links[place:], *links[:place]]
                return trace(matmul(merged, *turn[1:-1]))
    turns = _least_turn(chain), _least_turn(mirrored)
    best = min(turns, key=lambda turn: (sum(map(_is_turned, turn)), [link.order for link in turn]))
    return normal(make(Trace, 1, 1, (), (product(ONE, {}, best),)))


def _least_turn(chain: Sequence[Expression]) -> list[Expression]:
    """The rotation that is first in the order of its links, in one pass: K. S. Booth, Inf. Proc. Letters 10 (1980)."""
    keys = [link.order for link in chain]
    count, first, other, same = len(keys), 0, 1, 0
    while other < count and same < count:
        one, two = keys[(first + same) % count], keys[(other + same) % count]
        if one == two:
            same += 1
            continue
        # no rotation that begins within what was compared is the least
        if one > two:
            first = max(first + same + 1, other)
            other = first + 1
        else:
            other += same + 1
        same = 0
    return [*chain[first:], *chain[:first]]


def _is_turned(link: Expression) -> bool:
    return isinstance(link, Transpose) or (isinstance(link, Inverse) and isinstance(link.parts[0], Transpose))


def determinant(m: Expression) -> Any:
    """The determinant of a square matrix."""
    if m.is_scalar:
        return m
    if isinstance(m, Identity):
        return number(1)
    if isinstance(m, Transpose):
        return determinant(m.parts[0])
    if isinstance(m, Inverse):
        return power(determinant(m.parts[0]), Fraction(-1))
    coefficient, scalars, chain = split(m)
    if len(chain) > 1 and coefficient == 1 and not scalars and all(link.rows == link.cols for link in chain):
        return matmul(*[determinant(link) for link in chain])
    changed = identity_and_rank_one(m)
    if changed is not None and is_nonnegative(changed[0]):
        # det(cI + uvᵀ) = cⁿ⁻¹(c + vᵀu)
        scale, _, inner = changed
        others = add(size(m.rows), number(-1))
        return matmul(apply("exp", matmul(others, apply("log", scale))), add(scale, inner))
    return normal(make(Determinant, 1, 1, (), (m,)))
