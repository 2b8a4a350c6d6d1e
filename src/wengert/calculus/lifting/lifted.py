"""What a value of a program is in matrix algebra, and the table of what its operations are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Final, TypeVar

import numpy as np

from wengert.calculus import algebra
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression, Number
from wengert.calculus.numerals import EXACT, ROUNDED, recognised
from wengert.errors import UnsupportedError
from wengert.graph import Equation

__all__ = [
    "LIFTS", "Lifted", "Missing", "Parts", "Pending", "State", "UnplacedError", "common", "lifts", "place", "refused",
    "shaped", "spread",
]  # fmt: skip

RuleT = TypeVar("RuleT", bound=Callable[..., Any])
Shape = tuple[Length, ...]
Parts = Sequence[Any]


@dataclass(frozen=True)
class Lifted:
    """An expression, and the lengths of the axes of the array that it stands for."""

    expression: Expression
    shape: Shape


@dataclass(frozen=True)
class Missing:
    """A value that is no expression; asking for one says why."""

    reason: str
    shape: Shape
    #: whether the reason says where in the program
    placed: bool = True
    #: whether what is made of it may never be asked for either
    lazy: bool = False

    @property
    def expression(self) -> Expression:
        """There is none."""
        raise (UnsupportedError if self.placed else UnplacedError)(self.reason)


class UnplacedError(UnsupportedError):
    """A value without an expression is asked for one; where that happens is not known to it."""


class Pending:
    """A value that has no expression by itself, but what is made of it next may have: eigenvalues and their sum."""

    #: in an error, what stays without a formula
    what: ClassVar[str]


LIFTS: Final[dict[tuple[type | None, str], Callable[..., Any]]] = {}
"""Rules by operation and by the kind of pending value among the operands. Called with the state, the operands as they
are lifted, their numbers, and the equation."""


def lifts(*names: str, of: type[Pending] | None = None) -> Callable[[RuleT], RuleT]:
    """Declare what operations of these names are in matrix algebra."""

    def register(rule: RuleT) -> RuleT:
        LIFTS.update({(of, name): rule for name in names})
        return rule

    return register


# numbers that programs make of lengths
_OF_LENGTHS: Final[tuple[tuple[Callable[[int], float], Callable[[Expression], Any]], ...]] = (
    (math.sqrt, lambda size: algebra.power(size, Fraction(1, 2))),
    (lambda size: 1 / math.sqrt(size), lambda size: algebra.power(size, Fraction(-1, 2))),
    (math.log, lambda size: algebra.apply("log", size)),
)

_ROOTS: Final = (Fraction(1, 2), Fraction(-1, 2), Fraction(1), Fraction(-1))


class State:
    """One graph on its way."""

    def __init__(self, lengths: Mapping[int, Length], sized: bool) -> None:
        self.lengths = lengths
        # whether lengths come as inputs, so that every number in the program is only a number
        self.sized = sized

    def length(self, number: int) -> Length:
        """The symbolic length that a number of entries is."""
        return self.lengths.get(number, number)

    def shape(self, numbers: Sequence[int]) -> Shape:
        """The same for a shape."""
        return tuple(map(self.length, numbers))

    def result(self, equation: Equation) -> Shape:
        """The shape of what an equation computes."""
        return self.shape(equation.outputs[0].type.shape)

    def constant(self, value: Any) -> Lifted | Missing:
        """A number or an array that stands in the program."""
        array = np.asarray(value)
        shape = self.shape(array.shape)
        if array.dtype.kind in "fiub" and array.ndim <= 2 and array.size and np.all(np.isfinite(array)):
            if np.all(array == array.flat[0]):
                return Lifted(spread(self.scalar(array.flat[0].item()), shape), shape)
            if array.ndim == 2 and array.shape[0] == array.shape[1]:
                off, on = float(array[0, 1]), float(array[0, 0]) - float(array[0, 1])
                if np.array_equal(array, on * np.eye(len(array)) + off):
                    both = algebra.matmul(self.scalar(on), algebra.identity(shape[0])), spread(self.scalar(off), shape)
                    return Lifted(algebra.add(*both), shape)
        kind = "truth values" if array.dtype.kind == "b" else "numbers"
        what = {0: f"the number {array}", 1: f"a vector of {kind}", 2: f"a matrix of {kind}"}.get(
            array.ndim, f"an array of {kind}"
        )
        if array.dtype.kind not in "fiub":
            what = f"a value of dtype {array.dtype}"
        return Missing(
            f"{what}{' that the program makes (as arange, triu and the like do)' if array.ndim else ''}, which has no "
            f"name in a formula; {'give it a name outside the function, or ' if array.ndim else ''}use wengert.grad, "
            f"which gives its derivative as numbers",
            shape,
            placed=False,
        )

    def scalar(self, value: float) -> Expression:
        """A number of the program, which may be a length."""
        if not self.sized and value and np.isfinite(value):
            if float(value).is_integer() and int(value) in self.lengths:
                return algebra.size(self.lengths[int(value)])  # type: ignore[no-any-return]
            if (1 / value).is_integer() and int(1 / value) in self.lengths:
                return algebra.power(algebra.size(self.lengths[int(1 / value)]), -1)  # type: ignore[no-any-return]
            if float(value).is_integer() and int(value) + 1 in self.lengths:
                # n - 1, as in the unbiased variance
                return algebra.subtract(  # type: ignore[no-any-return]
                    algebra.size(self.lengths[int(value) + 1]), algebra.number(1)
                )
            for size, length in self.lengths.items():
                for found, made in _OF_LENGTHS:
                    if found(size) == value:
                        return made(algebra.size(length))  # type: ignore[no-any-return]
            exact = Fraction(value).limit_denominator(10**6)
            if float(exact) == value:
                return self._multiple(exact)
        found = recognised(float(value), ROUNDED if self.sized else EXACT)
        if self.sized or not np.isfinite(value):
            return found  # type: ignore[no-any-return]
        if isinstance(found, Number):
            return self._times_root(value) if isinstance(found.value, float) else found
        coefficient, scalars, chain = algebra.split(found)
        return algebra.matmul(self._multiple(Fraction(coefficient)), algebra.product(algebra.ONE, scalars, chain))  # type: ignore[no-any-return]

    def _times_root(self, value: float) -> Expression:
        """A float in which the root of a length may be a factor: √(2n), 1/√(2πn)."""
        for size, length in self.lengths.items():
            for exponent in _ROOTS:
                front = recognised(float(value / size ** float(exponent)))
                if not (isinstance(front, Number) and isinstance(front.value, float)):
                    coefficient, scalars, chain = algebra.split(front)
                    rest = algebra.product(algebra.ONE, scalars, chain)
                    found: Expression = algebra.matmul(
                        self._multiple(Fraction(coefficient)), rest, algebra.power(algebra.size(length), exponent)
                    )
                    return found
        return algebra.number(value)  # type: ignore[no-any-return]

    def _multiple(self, value: Fraction) -> Expression:
        """A fraction in which lengths may be factors: 2n, 1/(mn)."""
        for size, length in self.lengths.items():
            for part, exponent in ((value.numerator, 1), (value.denominator, -1)):
                if size > 1 and part % size == 0:
                    rest = self._multiple(value / Fraction(size) ** exponent)
                    return algebra.matmul(rest, algebra.power(algebra.size(length), exponent))  # type: ignore[no-any-return]
        return recognised(float(value))  # type: ignore[no-any-return]


def spread(x: Expression, shape: Sequence[Length], own: Sequence[Length] = ()) -> Any:
    """An array of shape `own` broadcast to a shape of at most two axes."""
    if len(shape) == 0 or tuple(own) == tuple(shape):
        return x
    if len(shape) == 1:
        return algebra.matmul(x, algebra.ones(shape[0]))
    rows, cols = shape
    if len(own) < 2:
        # one axis is the last one
        row = algebra.transpose(x if own and own[-1] != 1 else algebra.matmul(x, algebra.ones(cols)))
        return algebra.matmul(algebra.ones(rows), row)
    if own[0] == 1 and rows != 1:
        x = algebra.matmul(algebra.ones(rows), x)
    if own[1] == 1 and cols != 1:
        x = algebra.matmul(x, algebra.transpose(algebra.ones(cols)))
    return x


def shaped(x: Expression, shape: Sequence[Length]) -> Any:
    """A row, a column or a number as it stands for an array of this shape."""
    lies = len(shape) == 2 and shape[0] == 1 and shape[1] != 1
    return algebra.transpose(x) if (x.rows == 1) != lies and not x.is_scalar else x


def common(state: State, operands: Sequence[Any]) -> Shape:
    """The shape to which operands are broadcast."""
    return state.shape(np.broadcast_shapes(*[np.shape(operand) for operand in operands]))


def place(equation: Equation) -> str:
    """Where in the user's program an operation stands."""
    return f" at {equation.source}" if equation.source else ""


def refused(equation: Equation, why: str = "", remedy: str = "") -> UnsupportedError:
    """The error that names an operation that is no formula, and offers what there is."""
    name = equation.primitive.name
    return UnsupportedError(
        f"{name}{place(equation)} {why or 'has no closed form in matrix algebra'}; "
        f"{remedy + ', or ' if remedy else ''}use wengert.grad, which gives its derivative as numbers"
    )
