"""Operations without a loop of their own that others express: what NumPy and SciPy compute by several passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wengert.compiler.entrywise import element
from wengert.compiler.plan import kind_of
from wengert.graph import REGISTRY, Equation, Literal, Var, array_type

if TYPE_CHECKING:
    from wengert.compiler.planner import Planner

__all__ = ["EXPRESSED"]

# Entries of a mask that is kept as a constant.
_MASK: Final = 1 << 16


class _Terms:
    """Makes and places the equations that stand for another one."""

    def __init__(self, planner: Planner, equation: Equation) -> None:
        self.planner = planner
        self.equation = equation

    def __call__(self, name: str, *operands: Any, params: tuple[Any, ...] = (), result: Var | None = None) -> Var:
        """The result of an operation; numbers and arrays are constants."""
        atoms = tuple([x if isinstance(x, (Var, Literal)) else _constant(x) for x in operands])
        primitive = REGISTRY[name]
        if result is None:
            given = tuple([atom.type for atom in atoms])
            result = Var(primitive.infer(given, params)[0])
        self.planner.place(Equation(primitive, atoms, params, (result,), self.equation.source))
        return result


def _constant(value: Any) -> Literal:
    if isinstance(value, float):
        return Literal(value, array_type((), np.dtype(float), weak=True))
    return Literal(value, array_type(value.shape, value.dtype))


def _is_real(equation: Equation) -> bool:
    """Whether all operands are numbers that loops compute with, and the result is a floating one."""
    kinds = [*[kind_of(atom) for atom in equation.inputs], *[variable.type for variable in equation.outputs]]
    return kinds[-1].kind == "f" and all([element(kind.dtype) is not None and kind.size for kind in kinds])


def _log_of_sum(planner: Planner, equation: Equation) -> bool:
    """The largest term is taken out, and the others added to how often it stands there, as in SciPy."""
    if not _is_real(equation):
        return False
    (x,), (axis, *_), (result,) = equation.inputs, equation.params, equation.outputs
    terms = _Terms(planner, equation)
    top = terms("max", x, params=(axis, True))
    infinite = terms("equal", terms("absolute", top), np.inf)
    largest = terms("equal", x, top)
    others = terms("subtract", terms("select", largest, -np.inf, x), terms("select", infinite, 0.0, top))
    rest = terms("sum", terms("exp", others), params=(axis, True))
    count = terms("sum", terms("convert", largest, params=(result.type.dtype,)), params=(axis, True))
    more = terms("add", terms("log1p", terms("divide", rest, count)), terms("log", count))
    terms("add", more, top, result=result)
    return True


def _norm(planner: Planner, equation: Equation) -> bool:
    """The root of the sum of squares."""
    (axis, keepdims, *_), (result,) = equation.params, equation.outputs
    if not _is_real(equation) or not axis:
        return False
    terms = _Terms(planner, equation)
    squares = terms("square", *equation.inputs)
    terms("sqrt", terms("sum", squares, params=(axis, keepdims)), result=result)
    return True


def _triangle(planner: Planner, equation: Equation) -> bool:
    """A choice between the entries and zeros, by a mask."""
    (x,), (lower, diagonal, *_), (result,) = equation.inputs, equation.params, equation.outputs
    shape = result.type.shape[-2:]
    if not _is_real(equation) or shape[0] * shape[1] > _MASK:
        return False
    terms = _Terms(planner, equation)
    inside = (np.tril if lower else np.triu)(np.ones(shape, np.bool_))
    if diagonal != 1:
        factors = np.ones(shape, result.type.dtype)
        np.fill_diagonal(factors, diagonal)
        x = terms("multiply", x, factors)
    terms("select", inside, x, np.zeros((), result.type.dtype), result=result)
    return True


EXPRESSED: Final[dict[str, Any]] = {"logsumexp": _log_of_sum, "norm": _norm, "triangle": _triangle}
