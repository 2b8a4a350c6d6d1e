"""From a recorded program to matrix algebra: what each operation is on matrices of symbolic shape.

A program is recorded at sizes that are distinct primes, one for each symbolic length, so that every length in it says
which one it is. An array of one axis becomes a column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, TypeVar

import numpy as np

from wengert.calculus import algebra, invariants
from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression
from wengert.calculus.sizing import on_diagonal
from wengert.errors import UnsupportedError
from wengert.graph import Equation, Graph, Literal, Var, bind

__all__ = ["LIFTS", "Lifted", "lift"]

RuleT = TypeVar("RuleT", bound=Callable[..., Any])


@dataclass(frozen=True)
class Lifted:
    """An expression, and the lengths of the axes of the array that it stands for."""

    expression: Expression
    shape: tuple[Length, ...]


LIFTS: Final[dict[str, Callable[..., Lifted]]] = {}


def lifts(*names: str) -> Callable[[RuleT], RuleT]:
    """Declare what operations of these names are in matrix algebra."""

    def register(rule: RuleT) -> RuleT:
        LIFTS.update(dict.fromkeys(names, rule))
        return rule

    return register


class _Lift:
    """One graph on its way."""

    def __init__(self, lengths: Mapping[int, Length], sized: bool) -> None:
        self.lengths = lengths
        # whether lengths come as inputs, so that every number in the program is only a number
        self.sized = sized

    def length(self, number: int) -> Length:
        """The symbolic length that a number of entries is."""
        return self.lengths.get(number, number)

    def shape(self, numbers: Sequence[int]) -> tuple[Length, ...]:
        """The same for a shape."""
        return tuple(map(self.length, numbers))

    def constant(self, value: Any) -> Lifted:
        """A number or an array that stands in the program."""
        array = np.asarray(value)
        shape = self.shape(array.shape)
        if array.dtype.kind not in "fiub" or array.ndim > 2:
            raise UnsupportedError(f"a constant of dtype {array.dtype} and shape {array.shape} has no closed form")
        if array.size and np.all(array == array.flat[0]):
            front = self.scalar(array.flat[0].item())
            return Lifted(spread(front, shape), shape)
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            off, on = array[0, 1].item(), array[0, 0].item() - array[0, 1].item()
            if np.array_equal(array, on * np.eye(len(array)) + off):
                both = algebra.matmul(self.scalar(on), algebra.identity(shape[0])), spread(self.scalar(off), shape)
                return Lifted(algebra.add(*both), shape)
        raise UnsupportedError(f"an array of shape {array.shape} without a name has no closed form; give it a name")

    def scalar(self, value: float) -> Expression:
        """A number of the program, which may be a length."""
        if self.sized:
            return algebra.number(value)  # type: ignore[no-any-return]
        if float(value).is_integer() and int(value) in self.lengths:
            return algebra.size(self.lengths[int(value)])  # type: ignore[no-any-return]
        if value and (1 / value).is_integer() and int(1 / value) in self.lengths:
            return algebra.power(algebra.size(self.lengths[int(1 / value)]), -1)  # type: ignore[no-any-return]
        return algebra.number(value)  # type: ignore[no-any-return]


def lift(
    graph: Graph,
    inputs: Sequence[Expression],
    values: Sequence[Any],
    lengths: Mapping[int, Length],
    sized: bool = False,
) -> list[Lifted]:
    """The results of a graph as expressions of its inputs.

    Parameters
    ----------
    graph
        Recorded at sizes that are distinct primes.
    inputs
        What its inputs are called.
    values
        The numbers at which it was recorded; they decide which branch of a `where` is meant.
    lengths
        From the primes to symbolic lengths.
    sized
        Whether no number in the program is a length.
    """
    state = _Lift(lengths, sized)
    numbers: dict[Var, Any] = dict(zip(graph.inputs, values, strict=True))
    found: dict[Var, Lifted] = {
        variable: Lifted(expression, state.shape(variable.type.shape))
        for variable, expression in zip(graph.inputs, inputs, strict=True)
    }

    def read(atom: Var | Literal) -> Any:
        return numbers[atom] if isinstance(atom, Var) else atom.value

    for equation in graph.equations:
        operands = tuple([read(atom) for atom in equation.inputs])
        result = bind(equation.primitive, operands, equation.params)
        results = result if equation.primitive.outputs > 1 else (result,)
        numbers.update(zip(equation.outputs, results, strict=True))
        if results[0] is not None and np.asarray(results[0]).dtype.kind in "biu":
            continue
        parts = [_operand(state, atom, found, number) for atom, number in zip(equation.inputs, operands, strict=True)]
        lifted = _rule(equation)(state, parts, operands, equation)
        found.update(zip(equation.outputs, lifted if isinstance(lifted, tuple) else (lifted,), strict=False))
    return [found[atom] if isinstance(atom, Var) else state.constant(atom.value) for atom in graph.outputs]


def _operand(state: _Lift, atom: Var | Literal, found: Mapping[Var, Lifted], number: Any) -> Any:
    if isinstance(atom, Var):
        return found.get(atom)
    whole = isinstance(number, (np.ndarray, np.generic)) and number.dtype.kind in "iub" and number.ndim
    return state.constant(number) if isinstance(number, (np.ndarray, np.generic, int, float)) and not whole else None


def _rule(equation: Equation) -> Callable[..., Lifted]:
    found = LIFTS.get(equation.primitive.name)
    if found is None:
        place = f" at {equation.source}" if equation.source else ""
        raise UnsupportedError(
            f"{equation.primitive.name}{place} has no closed form in matrix algebra; wengert.grad gives its derivative "
            f"as numbers"
        )
    return found


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


def _common(state: _Lift, operands: Sequence[Any]) -> tuple[Length, ...]:
    return state.shape(np.broadcast_shapes(*[np.shape(operand) for operand in operands]))


@lifts("add", "subtract")
def _sum(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    shape = _common(state, operands)
    x, y = (spread(part.expression, shape, part.shape) for part in parts)
    return Lifted((algebra.add if equation.primitive.name == "add" else algebra.subtract)(x, y), shape)


@lifts("negative")
def _negative(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    return Lifted(algebra.negative(parts[0].expression), parts[0].shape)


@lifts("positive", "copy", "convert", "number", "scale_by_one")
def _same(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    return parts[0]


@lifts("multiply", "scale", "divide")
def _multiply(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    shape = _common(state, operands)
    x, y = parts
    if equation.primitive.name == "divide":
        y = Lifted(_powered(y.expression, Fraction(-1)), y.shape)
    return Lifted(_times(x, y, shape), shape)


def _times(x: Lifted, y: Lifted, shape: tuple[Length, ...]) -> Any:
    """The product entry by entry, with a vector that is spread over rows or columns as a diagonal matrix."""
    if x.expression.is_scalar or y.expression.is_scalar:
        small, large = (x, y) if x.expression.is_scalar else (y, x)
        return algebra.matmul(small.expression, spread(large.expression, shape, large.shape))
    for one, other in ((x, y), (y, x)):
        if len(shape) == 2 and one.shape != shape and other.shape == shape:
            if len(one.shape) == 1:
                return algebra.matmul(other.expression, algebra.diagonal(one.expression))
            if one.shape[0] == 1:
                return algebra.matmul(other.expression, algebra.diagonal(algebra.transpose(one.expression)))
            return algebra.matmul(algebra.diagonal(one.expression), other.expression)
    return algebra.hadamard(*[spread(part.expression, shape, part.shape) for part in (x, y)])


def _powered(x: Expression, exponent: Fraction) -> Any:
    return algebra.power(x, exponent) if x.is_scalar else algebra.hadamard_of({x: exponent})


@lifts("power_constant")
def _power(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    exponent = Fraction(equation.params[0]).limit_denominator(10**6)
    return Lifted(_powered(parts[0].expression, exponent), parts[0].shape)


@lifts("sqrt", "square", "reciprocal")
def _root(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    exponent = {"sqrt": Fraction(1, 2), "square": Fraction(2), "reciprocal": Fraction(-1)}[equation.primitive.name]
    return Lifted(_powered(parts[0].expression, exponent), parts[0].shape)


@lifts("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log1p", "expm1", "arctan", "absolute")
def _apply(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    return Lifted(algebra.apply(equation.primitive.name, parts[0].expression), parts[0].shape)


@lifts("matmul")
def _matmul(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    x, y = parts
    left, right = x.expression, y.expression
    shape = state.shape(equation.outputs[0].type.shape)
    if len(x.shape) == 1:
        product = algebra.matmul(algebra.transpose(left), right)
        return Lifted(product if len(y.shape) == 1 else algebra.transpose(product), shape)
    return Lifted(algebra.matmul(left, right), shape)


@lifts("transpose")
def _transpose(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    (part,) = parts
    if equation.params[0] == (1, 0):
        return Lifted(algebra.transpose(part.expression), part.shape[::-1])
    return part


@lifts("reshape")
def _reshape(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    (part,) = parts
    shape = state.shape(equation.outputs[0].type.shape)
    wide = [length for length in part.shape if length != 1]
    if wide != [length for length in shape if length != 1] or len(shape) > 2:
        place = f" at {equation.source}" if equation.source else ""
        raise UnsupportedError(f"reshape{place} of {part.shape} to {shape} has no closed form in matrix algebra")
    turned = (part.expression.rows == 1) != (len(shape) == 2 and shape[0] == 1 and shape[1] != 1)
    column = algebra.transpose(part.expression) if turned and len(wide) == 1 else part.expression
    return Lifted(column, shape)


@lifts("broadcast_to")
def _broadcast(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    shape = state.shape(equation.outputs[0].type.shape)
    return Lifted(spread(parts[0].expression, shape, parts[0].shape), shape)


@lifts("sum")
def _total(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    (part,) = parts
    axes, keepdims = equation.params
    shape = state.shape(equation.outputs[0].type.shape)
    x = part.expression
    if len(part.shape) == 1 or set(axes) == {0, 1}:
        x = algebra.matmul(algebra.transpose(algebra.ones(x.rows)), x, algebra.ones(x.cols))
    elif axes == (0,):
        x = algebra.matmul(algebra.transpose(x), algebra.ones(x.rows))
        x = algebra.transpose(x) if keepdims else x
    elif axes == (1,):
        x = algebra.matmul(x, algebra.ones(x.cols))
    return Lifted(x, shape)


@lifts("select")
def _select(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Lifted:
    condition = np.asarray(operands[0])
    shape = state.shape(equation.outputs[0].type.shape)
    if condition.all() or not condition.any():
        part = parts[1] if condition.all() else parts[2]
        return Lifted(spread(part.expression, shape, part.shape), shape)
    place = f" at {equation.source}" if equation.source else ""
    raise UnsupportedError(f"where{place} chooses differently for different entries, which has no closed form here")


@lifts("lu_factor", "eig_factor")
def _factors(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Any:
    # what uses a factorisation has the matrix as an operand too
    return (None,) * equation.primitive.outputs


@lifts("slogdet")
def _log_determinant(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Any:
    value = invariants.determinant(parts[0].expression)
    # the sign is constant wherever the determinant has a logarithm
    return Lifted(algebra.number(float(np.linalg.slogdet(operands[0])[0])), ()), Lifted(
        algebra.apply("logabs", value), ()
    )


@lifts("cofactor")
def _cofactor(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Lifted:
    x = parts[0].expression
    turned = algebra.transpose(algebra.inverse(x))
    return Lifted(algebra.matmul(invariants.determinant(x), turned), parts[0].shape)


@lifts("maximum")
def _maximum(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Lifted:
    shape = _common(state, operands)
    for one, other in ((parts[0], parts[1]), (parts[1], parts[0])):
        if algebra.is_zero(other.expression):
            return Lifted(algebra.apply("relu", one.expression), shape)
    place = f" at {equation.source}" if equation.source else ""
    raise UnsupportedError(f"maximum{place} of two expressions has no closed form here; that with 0 has")


@lifts("power")
def _general_power(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Lifted:
    shape = _common(state, operands)
    base, exponent = parts
    logarithm = algebra.apply("log", base.expression)
    product = _times(Lifted(logarithm, base.shape), exponent, shape)
    return Lifted(algebra.apply("exp", product), shape)


@lifts("take")
def _take(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Lifted:
    x = parts[0]
    if on_diagonal(operands[1], operands[2:]) and len(set(x.shape)) == 1:
        return Lifted(invariants.diagonal_of(x.expression), x.shape[:1])
    raise _entries(equation)


@lifts("put_add")
def _put_add(state: _Lift, parts: Sequence[Any], operands: Sequence[Any], equation: Equation) -> Lifted:
    shape = state.shape(equation.outputs[0].type.shape)
    if on_diagonal(operands[1], operands[2:]) and len(shape) == 2 and shape[0] == shape[1]:
        return Lifted(algebra.diagonal(parts[0].expression), shape)
    raise _entries(equation)


def _entries(equation: Equation) -> UnsupportedError:
    place = f" at {equation.source}" if equation.source else ""
    return UnsupportedError(
        f"single entries of an array{place} have no closed form in matrix algebra; write the function with whole arrays"
    )


@lifts("inv", "inverse_of_regular")
def _inverse(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    return Lifted(algebra.inverse(parts[0].expression), parts[0].shape)


@lifts("solve")
def _solve(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    left = algebra.inverse(parts[0].expression)
    left = algebra.transpose(left) if equation.params and equation.params[0] else left
    return Lifted(algebra.matmul(left, parts[-1].expression), parts[-1].shape)


@lifts("det")
def _determinant(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    return Lifted(invariants.determinant(parts[0].expression), ())


@lifts("norm")
def _norm(state: _Lift, parts: Sequence[Lifted], operands: Sequence[Any], equation: Equation) -> Lifted:
    x = parts[0].expression
    square = invariants.trace(algebra.matmul(algebra.transpose(x), x))
    return Lifted(algebra.power(square, Fraction(1, 2)), state.shape(equation.outputs[0].type.shape))
