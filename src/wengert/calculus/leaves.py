"""Expressions that have no parts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from wengert.calculus.dimension import Dim, Length
from wengert.calculus.expression import (
    Coefficient,
    Expression,
    Identity,
    NamedNumber,
    Number,
    Ones,
    Size,
    Symbol,
    Zero,
    make,
)

__all__ = ["constant", "identity", "is_one", "is_zero", "number", "ones", "size", "symbol", "zero"]

# a float that is written with more digits is the result of a computation
_SHORT: Final = 12


def symbol(name: str, rows: Length, cols: Length, properties: Iterable[str] = ()) -> Any:
    """A variable or a constant."""
    return make(Symbol, rows, cols, (name, frozenset(properties)))


def number(value: Coefficient | int) -> Any:
    """A coefficient: exact where it is an integer, a fraction, or a float that is a short decimal or binary number."""
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        value = Fraction(int(value))
    elif isinstance(value, float) and (value * 1024).is_integer():
        value = Fraction(value)
    elif isinstance(value, float) and math.isfinite(value):
        written = repr(float(value))
        value = Fraction(written) if len(written.strip("-")) <= _SHORT else value
    return make(Number, 1, 1, (value,))


def constant(name: str) -> Any:
    """A number that has a name everywhere, as π."""
    return make(NamedNumber, 1, 1, (name,))


def identity(length: Length) -> Any:
    """The identity matrix."""
    return number(1) if length == 1 else make(Identity, length, length)


def ones(length: Length) -> Any:
    """A column of ones."""
    return number(1) if length == 1 else make(Ones, length, 1)


def zero(rows: Length, cols: Length) -> Any:
    """A matrix of zeros."""
    return number(0) if rows == cols == 1 else make(Zero, rows, cols)


def size(length: Length) -> Any:
    """The length of an axis as a number."""
    return make(Size, 1, 1, (length,)) if isinstance(length, Dim) else number(length)


def is_zero(x: Expression) -> bool:
    """Whether it is zero by its form."""
    return isinstance(x, Zero) or (isinstance(x, Number) and x.value == 0)


def is_one(x: Expression) -> bool:
    """Whether it is 1, or a column of ones."""
    return isinstance(x, Ones) or (isinstance(x, Number) and x.value == 1)
