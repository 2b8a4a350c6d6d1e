"""Rules for powers whose exponents are no plain numbers, which are exponentials: x^p is exp(p log x)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from wengert.calculus.algebra import (
    ONE,
    add,
    apply,
    hadamard,
    hadamard_of,
    matmul,
    number,
    ones,
    power,
    product,
    split,
)
from wengert.calculus.expression import Apply, Expression, Hadamard, Number, Product, rule

__all__ = ["logarithms_in"]

Powers = dict[Expression, Fraction]


@rule(Hadamard)
def _powers_by_entries(node: Hadamard) -> Any:
    return _merged(dict(node.factors), lambda base, exponent: hadamard_of({base: exponent}), hadamard)


@rule(Product)
def _powers_of_numbers(node: Product) -> Any:
    found = _merged(dict(node.scalars), power, matmul)
    return None if found is None else matmul(number(node.coefficient), found, *node.chain)


def _merged(powers: Powers, raised: Callable[..., Any], times: Callable[..., Any]) -> Any:
    """Factors with x^c x^k as x^(c + k), where c is no plain number and k is; None where there are none."""
    for base, exponent in powers.items():
        if not (isinstance(base, Apply) and base.name == "exp" and exponent == 1):
            continue
        for logarithm, front in logarithms_in(base.operand).items():
            for inside, sign in _bases(logarithm):
                own = powers.get(inside)
                if own is not None and (sign is None or own.denominator == 1):
                    step = number(own) if front.is_scalar else matmul(number(own), ones(front.rows))
                    raised_to = add(front, step)
                    whole = matmul(raised_to, logarithm) if front.is_scalar else hadamard(raised_to, logarithm)
                    rest = [
                        raised(other, e) for other, e in powers.items() if other is not base and other is not inside
                    ]
                    odd = [sign] if sign is not None and own % 2 else []
                    return times(*rest, *odd, apply("exp", whole))
    return None


def _bases(logarithm: Apply) -> Iterator[tuple[Expression, Any]]:
    """Of log u: u; of log|u|: |u|, and u, whose odd powers have a sign besides."""
    u = logarithm.operand
    if logarithm.name == "log":
        yield u, None
    else:
        yield apply("absolute", u), None
        yield u, apply("sign", u)


def logarithms_in(x: Expression) -> Mapping[Apply, Any]:
    """The logarithms that are factors of an exponent, each with what else is there, unless that is a plain number."""
    coefficient, scalars, chain = split(x)
    found: dict[Apply, Any] = {}
    for base, exponent in scalars.items():
        if isinstance(base, Apply) and base.name in ("log", "logabs") and exponent == 1 and not chain:
            found[base] = product(coefficient, {other: e for other, e in scalars.items() if other is not base}, ())
    front = product(coefficient, scalars, ())
    if len(chain) == 1 and x.cols == 1:
        factors = dict(chain[0].factors) if isinstance(chain[0], Hadamard) else {chain[0]: ONE}
        for base, exponent in factors.items():
            if isinstance(base, Apply) and base.name in ("log", "logabs") and exponent == 1:
                others = {other: e for other, e in factors.items() if other is not base}
                found[base] = matmul(front, hadamard_of(others)) if others else front
    return {base: front for base, front in found.items() if not isinstance(front, Number)}
