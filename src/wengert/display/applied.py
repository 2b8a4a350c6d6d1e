"""How functions of an expression are written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from wengert.calculus.algebra import matmul, number, product, split
from wengert.calculus.expression import Apply, Expression, Number, Ones, Sum
from wengert.display.forms import is_row_of_ones
from wengert.display.naming import FENCES, PAIRS, Written
from wengert.display.notation import (
    Call,
    Constant,
    Fenced,
    Indicator,
    Juxtaposed,
    Name,
    Negative,
    Notation,
    Power,
    Pseudoinverse,
    Raised,
)
from wengert.display.powers import power_in
from wengert.display.relations import indicator

__all__ = ["applied"]


def applied(writer: Any, x: Apply) -> Notation:
    """A named function of something that the writer has written."""
    inner: Notation = writer.known[x.operand]
    if x.name == "exp":
        if isinstance(x.operand, Number) and x.operand.value == 1 and not writer.has_e:
            return Name(written=Written("e"))
        power = _power(writer, x.operand)
        if power is not None:
            return power
    if x.name == "step":
        return _indicator(writer, x.operand)
    if x.name == "argmax":
        return Indicator((inner, Call((inner,), "max")), "=")
    if x.name == "argmax_rows":
        row_of_ones = Raised((Constant((), "ones"),), transposed=True)
        return Indicator((inner, Juxtaposed((Call((inner,), "max_rows"), row_of_ones))), "=")
    if x.name == "logabs":
        return Call((Fenced((inner,), "absolute"),), "log")
    if x.name == "absolute" and 1 in x.shape:
        return Fenced((inner,), "absolute")
    if x.name in FENCES:
        return Fenced((inner,), FENCES[x.name])
    if x.name == "pinv":
        return Pseudoinverse((inner,))
    if x.name in PAIRS:
        left, right = (Call((inner,), vector) for vector in PAIRS[x.name])
        return Juxtaposed((left, Raised((right,), transposed=True)))
    return Call((inner,), writer.functions.get(x.name, x.name))


def _indicator(writer: Any, x: Expression) -> Notation:
    """One where an expression is positive."""
    ordered = (
        writer.degrees.in_order(x, lambda term: isinstance(writer.term(term), Negative)) if isinstance(x, Sum) else [x]
    )
    levels = {term: level for term in ordered if (level := _level(term)) is not None}
    for level in levels.values():
        writer.learn(level)
    terms = [_signed(writer.term(term)) for term in ordered if term not in levels]
    return indicator(terms, [_signed(writer.known[level]) for level in levels.values()])


def _level(term: Expression) -> Any:
    """The number that all entries of a vector or of a matrix are equal to; None where they differ."""
    coefficient, scalars, chain = split(term)
    alike = chain and all(isinstance(link, Ones) or is_row_of_ones(link) for link in chain)
    return product(coefficient, scalars, ()) if alike else None


def _signed(term: Notation) -> tuple[Notation, bool]:
    return (term.parts[0], True) if isinstance(term, Negative) else (term, False)


def _power(writer: Any, x: Expression) -> Notation | None:
    """exp(a log b) as a power of b."""
    found = power_in(x)
    if found is None:
        return None
    logarithm, exponent = found
    norm, doubled = writer.as_norm(logarithm.operand, Fraction(1, 2)), matmul(number(2), exponent)
    if norm is not None and logarithm.name == "log" and doubled.length < exponent.length:
        # half a number as exponent of a square is that number as exponent of the norm
        writer.learn(doubled)
        return Power((norm, writer.known[doubled]))
    writer.learn(exponent)
    base = writer.known[logarithm.operand]
    return Power((Fenced((base,), "absolute") if logarithm.name == "logabs" else base, writer.known[exponent]))
