"""Rules for functions in pieces: steps, signs, absolute values, and what is cut off below zero.

They hold almost everywhere: what happens at the edge of a piece is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.algebra import (
    ONE,
    add,
    apply,
    hadamard_of,
    is_one,
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
from wengert.calculus.properties import is_nonnegative

__all__: list[str] = []

Powers = dict[Expression, Fraction]
_ZERO: Final = Fraction(0)
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
        return "nonnegative entries" in node.properties and "positive entries" not in node.properties
    if isinstance(node, Number):
        return node.value == 0
    return isinstance(node, (Zero, Identity, Diagonal)) or (isinstance(node, Apply) and node.name in _VANISHING)


def _filled(value: int, x: Expression) -> Any:
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
    if coefficient == 0:
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
        return _filled(1, x)
    return _filled(0, x) if name in ("step", "relu") and is_nonnegative(negative(x)) else None


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


@rule(Hadamard)
def _by_entries(node: Hadamard) -> Any:
    found = _products(dict(node.factors))
    if found is None:
        return None
    if any(isinstance(base, Number) for base in found):
        return zero(node.rows, node.cols)
    return hadamard_of(found) if found else _filled(1, node)


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
    if base.name in ("step", "argmax", "argmax_rows") and exponent > 1:
        return {base: 1 - exponent}
    if base.name == "sign" and whole and exponent != 1:
        return {base: exponent % 2 - exponent}
    if base.name == "absolute" and whole and exponent % 2 == 0:
        return {base: -exponent, **{inner: e * exponent for inner, e in _factors(base.operand).items()}}
    return None


def _met(base: Apply, exponent: Fraction, powers: Powers) -> Powers | None:
    """A piece beside what it is a piece of."""
    inner = _factors(base.operand)
    if base.name == "step":
        cut, opposite = apply("relu", base.operand), apply("step", _opposite(base.operand))
        if cut in powers and powers[cut] > 0:
            return {base: -exponent}
        if powers.get(opposite, _ZERO) > 0:
            return {number(0): ONE}
        if _holds(powers, inner):
            return {base: -exponent, **{one: -e for one, e in inner.items()}, cut: ONE}
    if base.name == "sign":
        size = apply("absolute", base.operand)
        if powers.get(size, _ZERO) >= 1:
            return {base: -exponent, size: -ONE, **inner}
        if _holds(powers, inner):
            return {base: -exponent, **{one: -e for one, e in inner.items()}, size: ONE}
    if base.name == "absolute" and exponent <= -1 and _holds(powers, inner):
        return {base: ONE, **{one: -e for one, e in inner.items()}, apply("sign", base.operand): ONE}
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
    return all(powers.get(one, _ZERO) >= e and powers[one].denominator == 1 and e > 0 for one, e in inner.items())


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
def _both_sides(node: Sum) -> Any:
    """1[u > 0] ∘ r + 1[−u > 0] ∘ r = r."""
    seen: dict[tuple[Expression, Expression], Expression] = {}
    for term in node.parts:
        for step, rest in _with_steps(term):
            opposite = apply("step", _opposite(step.parts[0]))
            match = seen.get((opposite, rest))
            if match is not None:
                return add(*[other for other in node.parts if other not in (term, match)], rest)
            seen[step, rest] = term
    return None


def _with_steps(term: Expression) -> list[tuple[Expression, Any]]:
    """The steps that are factors of a term, each with what is left without it."""
    coefficient, scalars, chain = split(term)
    found: list[tuple[Expression, Any]] = []
    for base, exponent in scalars.items():
        if _is("step", base) and exponent == 1:
            rest = {other: e for other, e in scalars.items() if other is not base}
            found.append((base, product(coefficient, rest, chain)))
    if len(chain) == 1:
        inner = dict(chain[0].factors) if isinstance(chain[0], Hadamard) else {chain[0]: ONE}
        for base, exponent in inner.items():
            if _is("step", base) and exponent == 1:
                rest = {other: e for other, e in inner.items() if other is not base}
                body = hadamard_of(rest) if rest else _filled(1, base)
                found.append((base, matmul(product(coefficient, scalars, ()), body)))
    return found
