"""Rules for functions in pieces: steps, signs, absolute values, and what is cut off below zero.

They hold almost everywhere: what happens at the edge of a piece is left out.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import (
    ONE,
    add,
    apply,
    hadamard,
    hadamard_of,
    is_one,
    is_zero,
    matmul,
    negative,
    number,
    ones,
    product,
    split,
    transpose,
    zero,
)
from wengert.calculus.expression import (
    Apply,
    Diagonal,
    Expression,
    Hadamard,
    Identity,
    Number,
    Product,
    Sum,
    Symbol,
    Zero,
    rule,
    walk,
)
from wengert.calculus.properties import is_binary, is_nonnegative, uniform

__all__ = ["filled", "pieces_in"]

Powers = dict[Expression, Fraction]
_ZERO: Final = Fraction(0)
# longer sums are not searched for what completes one of their terms
_MOST_TERMS: Final = 16
# of which the one of −u is the other side
_HALVES: Final = frozenset({"relu", "softplus", "step"})
_PIECES: Final = frozenset({"absolute", "relu", "sign", "step"})
# those that are zero in whole regions
_VANISHING: Final = frozenset({"argmax", "argmax_rows", "relu", "step"})


def _is(name: str, x: Expression) -> bool:
    return isinstance(x, Apply) and x.name == name


def _is_positive(x: Expression) -> bool:
    """Whether every entry is above zero almost everywhere."""
    return is_nonnegative(x) and not any(_may_vanish(node) for node in walk(x))


def _may_vanish(node: Expression) -> bool:
    if isinstance(node, Symbol):
        return is_nonnegative(node) and "positive entries" not in node.properties
    if isinstance(node, Number):
        return node.value == 0
    return isinstance(node, (Zero, Identity, Diagonal)) or (isinstance(node, Apply) and node.name in _VANISHING)


def filled(value: int, x: Expression) -> Any:
    """An array of one number, of the shape of an expression."""
    if value == 0:
        return zero(x.rows, x.cols)
    return matmul(number(value), ones(x.rows), transpose(ones(x.cols)))


@rule(Apply)
def _of_a_multiple(node: Apply) -> Any:
    """Positive factors leave a step and a sign as they are, and come out of absolute values and of what is cut off."""
    if node.name not in _PIECES:
        return None
    x = node.operand
    coefficient, scalars, chain = split(x)
    if coefficient == 0 or isinstance(x, Zero):
        return zero(x.rows, x.cols)
    taken = {base: e for base, e in scalars.items() if base is not x and _is_positive(product(ONE, {base: e}, ()))}
    rest = product(ONE, {base: e for base, e in scalars.items() if base not in taken}, chain)
    if node.name in ("step", "relu"):
        body, sign = _opposite(rest) if coefficient < 0 else rest, 1
    else:
        # u stands for −u as well
        body, sign = rest, -1 if coefficient < 0 and node.name == "sign" else 1
    found = _known(node.name, body)
    if found is None:
        if body is x:
            return _of_a_piece(node)
        found = apply(node.name, body)
    size = -coefficient if coefficient < 0 else coefficient
    front = product(size, taken, ()) if node.name in ("absolute", "relu") else number(1)
    return matmul(number(sign), front, found)


def _known(name: str, x: Expression) -> Any:
    """A piece of what has one sign."""
    if name in ("absolute", "relu"):
        if is_nonnegative(x):
            return x
    elif _is_positive(x):
        return filled(1, x)
    return filled(0, x) if name in ("step", "relu") and is_nonnegative(negative(x)) else None


def _opposite(x: Expression) -> Any:
    """The negative, with the terms of a sum by themselves."""
    return add(*[negative(term) for term in x.parts]) if isinstance(x, Sum) else negative(x)


def _of_a_piece(node: Apply) -> Any:
    """A step of what is cut off, and so on: 1[relu(u) > 0] = 1[u > 0]."""
    x = node.operand
    if not isinstance(x, Apply):
        return None
    if node.name in ("step", "sign") and x.name in ("relu", "step"):
        return apply("step", x.operand)
    return apply("sign", x.operand) if node.name == "sign" and x.name == "sign" else None


@rule(Apply)
def _of_what_is_cut_off(node: Apply) -> Any:
    """relu(relu(u) − c) = relu(u − c), and relu(c − relu(u)) = c − relu(u) + relu(u − c), for c > 0; so for steps."""
    if node.name not in ("relu", "step") or not isinstance(node.operand, Sum) or len(node.operand.parts) != 2:
        return None
    for one, other in (node.operand.parts, node.operand.parts[::-1]):
        c = uniform(one)
        for cut, k, rest in pieces_in(other, ("relu",)) if c else ():
            if uniform(rest) == 1 and c * k < 0 and cut.shape == node.shape:
                through = add(matmul(number(k), cut.operand), one)
                if k > 0 or node.name == "step":
                    return apply(node.name, through)
                return add(node.operand, apply("relu", negative(through)))
    return None


@rule(Sum)
def _completed(node: Sum) -> Any:
    """In a sum u + relu(−u) = relu(u), where less is left of what varies."""
    for term in node.parts if len(node.parts) <= _MOST_TERMS else ():
        for cut, k, rest in pieces_in(term, ("relu",)):
            if uniform(rest) == 1 and cut.shape == node.shape:
                others = [part for part in node.parts if part is not term]
                left = add(*others, matmul(number(k), cut.operand))
                if _varying(left) < sum(map(_varying, others)):
                    return add(left, matmul(number(k), apply("relu", _opposite(cut.operand))))
    return None


def _varying(x: Expression) -> int:
    """How many terms are no plain numbers."""
    if is_zero(x):
        return 0
    return sum(uniform(term) is None for term in (x.parts if isinstance(x, Sum) else (x,)))


@rule(Hadamard)
def _by_entries(node: Hadamard) -> Any:
    found = _products(dict(node.factors))
    if found is None:
        return None
    if any(isinstance(base, Number) for base in found):
        return zero(node.rows, node.cols)
    return hadamard_of(found) if found else filled(1, node)


@rule(Product)
def _of_scalars(node: Product) -> Any:
    found = _products(dict(node.scalars))
    if found is None:
        return None
    if any(isinstance(base, Number) and base.value == 0 for base in found):
        return zero(node.rows, node.cols)
    return matmul(product(node.coefficient, found, ()), *node.chain)


def _products(powers: Powers) -> Powers | None:
    """Products in which pieces meet one another, or what they are pieces of; a zero among them where there is one."""
    for base, exponent in powers.items():
        if is_binary(base) and exponent > 0 and exponent != 1:
            return _changed(powers, {base: 1 - exponent})
        if not isinstance(base, Apply) or base.name not in _PIECES | _VANISHING:
            continue
        found = _own_power(base, exponent)
        if found is None:
            found = _met(base, exponent, powers)
        if found is not None:
            return _changed(powers, found)
    return None


def _own_power(base: Apply, exponent: Fraction) -> Powers | None:
    whole = exponent.denominator == 1
    if base.name == "sign" and whole and exponent != 1:
        return {base: exponent % 2 - exponent}
    if base.name == "absolute" and whole and exponent % 2 == 0:
        return {base: -exponent, **{inner: e * exponent for inner, e in _factors(base.operand).items()}}
    return None


def _met(base: Apply, exponent: Fraction, powers: Powers) -> Powers | None:
    """A piece beside what it is a piece of."""
    inner = _factors(base.operand)
    gone: Powers = {base: -exponent}
    without = {one: -e for one, e in inner.items()}
    if base.name == "step":
        cut, opposite = apply("relu", base.operand), apply("step", _opposite(base.operand))
        if cut in powers and powers[cut] > 0:
            return gone
        if powers.get(opposite, _ZERO) > 0:
            return {number(0): ONE}
        if _holds(powers, inner):
            return _changed(_changed(gone, without), {cut: ONE})
    if base.name == "sign":
        size = apply("absolute", base.operand)
        if powers.get(size, _ZERO) >= 1:
            return _changed(_changed(gone, {size: -ONE}), inner)
        if _holds(powers, inner):
            return _changed(_changed(gone, without), {size: ONE})
    if base.name == "absolute" and exponent <= -1 and _holds(powers, inner):
        return _changed({**without, base: ONE}, {apply("sign", base.operand): ONE})
    return None


def _factors(x: Expression) -> Powers:
    """An expression as a product of powers, by entries or of scalars."""
    if isinstance(x, Hadamard):
        return dict(x.factors)
    if isinstance(x, Product) and not x.chain and x.coefficient == 1:
        return dict(x.scalars)
    return {x: ONE}


def _holds(powers: Powers, inner: Powers) -> bool:
    """Whether a product holds another one as a factor, in whole powers."""
    return all(e > 0 and powers.get(one, _ZERO) >= e and powers[one].denominator == 1 for one, e in inner.items())


def _changed(powers: Powers, changes: Mapping[Expression, Fraction]) -> Powers:
    found = dict(powers)
    for base, change in changes.items():
        found[base] = found.get(base, _ZERO) + change
    return {base: exponent for base, exponent in found.items() if exponent}


@rule(Sum)
def _complement_of_step(node: Sum) -> Any:
    """1 − 1[u > 0] = 1[−u > 0]."""
    if len(node.parts) != 2 or not any(map(is_one, node.parts)):
        return None
    (other,) = [term for term in node.parts if not is_one(term)]
    body = negative(other)
    return apply("step", _opposite(body.operand)) if _is("step", body) else None


@rule(Sum)
def _stable_softplus(node: Sum) -> Any:
    """relu(u) + softplus(−|u|) = softplus(u), which is how it is computed where exp(u) would be too large."""
    for term in node.parts if len(node.parts) <= _MOST_TERMS else ():
        body = split(term)[2] or tuple(split(term)[1])
        coefficient = split(term)[0]
        size = negative(body[0].parts[0]) if len(body) == 1 and _is("softplus", body[0]) else None
        if size is not None and _is("absolute", size):
            for u in (size.operand, _opposite(size.operand)):
                cut = matmul(number(coefficient), apply("relu", u))
                if cut in node.parts:
                    rest = [part for part in node.parts if part is not term and part is not cut]
                    return add(*rest, matmul(number(coefficient), apply("softplus", u)))
    return None


@rule(Sum)
def _both_sides(node: Sum) -> Any:
    """Two halves together: 1[u > 0] + 1[−u > 0] = 1, relu(u) − relu(−u) = u, and the same times anything."""
    seen: dict[tuple[Expression, Expression], tuple[Any, Expression]] = {}
    for term in node.parts:
        for piece, coefficient, rest in pieces_in(term, _HALVES):
            opposite = apply(piece.name, _opposite(piece.operand))
            other, match = seen.get((opposite, rest), (None, term))
            whole = None if other is None else _united(piece, coefficient, other)
            if whole is not None:
                kept = [part for part in node.parts if part is not term and part is not match]
                return add(*kept, *[_times(rest, part) for part in whole])
            seen[piece, rest] = coefficient, term
    return None


def _united(piece: Apply, k: Any, other: Any) -> Sequence[Any] | None:
    """The terms of k times a piece and another number times the one of the opposite, where they are fewer or better."""
    u = piece.operand
    if k == -other:
        return [matmul(number(k), apply("sign", u) if piece.name == "step" else u)]
    if piece.name == "softplus":
        return None
    if k == other:
        return [matmul(number(k), apply("absolute", u) if piece.name == "relu" else filled(1, piece))]
    if split(u)[0] < 0:
        u, k, other = _opposite(u), other, k
    if piece.name == "step":
        return [matmul(number(k - other), apply("step", u)), matmul(number(other), filled(1, piece))]
    return [matmul(number(k + other), apply("relu", u)), matmul(number(-other), u)]


def _times(rest: Any, whole: Any) -> Any:
    return matmul(rest, whole) if rest.is_scalar or whole.is_scalar else hadamard(rest, whole)


def pieces_in(term: Expression, names: Container[str]) -> list[tuple[Apply, Any, Any]]:
    """The functions of these names among the factors of a term: each with the coefficient and what else is there."""
    coefficient, scalars, chain = split(term)
    found: list[tuple[Apply, Any, Any]] = []
    for base, exponent in scalars.items():
        if isinstance(base, Apply) and base.name in names and exponent == 1:
            others = {other: e for other, e in scalars.items() if other is not base}
            found.append((base, coefficient, product(ONE, others, chain)))
    if len(chain) == 1:
        inner = dict(chain[0].factors) if isinstance(chain[0], Hadamard) else {chain[0]: ONE}
        for base, exponent in inner.items():
            if isinstance(base, Apply) and base.name in names and exponent == 1:
                others = {other: e for other, e in inner.items() if other is not base}
                body = hadamard_of(others) if others else filled(1, base)
                found.append((base, coefficient, matmul(product(ONE, scalars, ()), body)))
    return found
