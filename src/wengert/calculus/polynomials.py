"""Polynomials in one number, multiplied out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.expression import Expression, Number, Product, Sum, Symbol, once

__all__ = ["is_multiplied_out", "multiplied_out", "with_powers_taken_in"]

_HIGHEST: Final = 100
Coefficients = dict[int, Fraction]


def multiplied_out(x: Sum | Product) -> Any:
    """A polynomial in one number as the sum of its powers: 1 + x(9x − 4) is 9x² − 4x + 1; None for anything else."""
    read = _read(x)
    if not read or read[0] is None:
        return None
    variable, coefficients = read
    assert variable is not None
    return algebra.add(*[algebra.product(c, {variable: Fraction(power)}, ()) for power, c in coefficients.items()])


def with_powers_taken_in(x: Sum | Product) -> Any:
    """A polynomial without powers of its variable in front of brackets: x(9x − 4) + 1 is 9x² − 4x + 1.

    Powers and products of brackets stay: 3(x − 1)² + 1.
    """
    return multiplied_out(x) if _is_simple(x) else None


def _is_simple(x: Expression) -> bool:
    if isinstance(x, Sum):
        return all(map(_is_simple, x.parts))
    _, scalars, chain = algebra.split(x)
    brackets = [(base, power) for base, power in scalars.items() if isinstance(base, Sum)]
    return not chain and len(brackets) < 2 and all(power == 1 and _is_simple(base) for base, power in brackets)


def is_multiplied_out(x: Sum) -> bool:
    """Whether it is a sum of powers of numbers that have names, with coefficients."""
    return x.is_scalar and all(_is_monomial(term) for term in x.parts)


def _is_monomial(term: Expression) -> bool:
    _, scalars, chain = algebra.split(term)
    return not chain and all(isinstance(base, Symbol) and power > 0 for base, power in scalars.items())


def _read(x: Expression) -> tuple[Expression | None, Coefficients] | tuple[()]:
    """The variable and its coefficients by power; nothing where it is no polynomial."""
    return once("polynomial", x, _found)  # type: ignore[no-any-return]


def _found(x: Expression) -> tuple[Expression | None, Coefficients] | tuple[()]:
    if isinstance(x, Number) and isinstance(x.value, Fraction):
        return None, {0: x.value}
    if isinstance(x, Symbol) and x.is_scalar:
        return x, {1: Fraction(1)}
    if isinstance(x, Sum) and x.is_scalar:
        return _joined([_read(part) for part in x.parts], _sum)
    if isinstance(x, Product) and not x.chain and isinstance(x.coefficient, Fraction):
        if not all(power.denominator == 1 and 0 < power <= _HIGHEST for _, power in x.scalars):
            return ()
        factors = [_read(base) for base, power in x.scalars for _ in range(int(power))]
        return _joined([(None, {0: x.coefficient}), *factors], _product)
    return ()


def _joined(parts: list[Any], join: Any) -> tuple[Expression | None, Coefficients] | tuple[()]:
    if not all(parts):
        return ()
    variables = {variable for variable, _ in parts if variable is not None}
    if len(variables) > 1:
        return ()
    whole: Coefficients = parts[0][1]
    for _, coefficients in parts[1:]:
        whole = join(whole, coefficients)
    return (next(iter(variables), None), whole) if max(whole, default=0) <= _HIGHEST else ()


def _sum(one: Coefficients, other: Coefficients) -> Coefficients:
    return {power: one.get(power, Fraction(0)) + other.get(power, Fraction(0)) for power in {**one, **other}}


def _product(one: Coefficients, other: Coefficients) -> Coefficients:
    found: Coefficients = {}
    for low, first in one.items():
        for high, second in other.items():
            found[low + high] = found.get(low + high, Fraction(0)) + first * second
    return found
