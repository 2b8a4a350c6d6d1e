"""One formula: to read as text or LaTeX, and to run as NumPy code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from wengert.api.linear_map import LinearMap
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.display.formula import text_with_where
from wengert.display.formula_latex import latex_with_where
from wengert.display.formula_python import compiled, python_of
from wengert.errors import ArgumentError, CheckError

__all__ = ["Formula"]

_AGREEMENT: Final = 1e-7


@dataclass(frozen=True)
class Formula:
    """A closed form: an expression to print, and to evaluate.

    Attributes
    ----------
    expression
        What it is.
    what
        The word for it: gradient, Hessian and so on.
    arguments
        The names that the compiled function takes, in their order: the function's own, then directions.
    held
        The other arrays of the formula, with the data that the compiled function has in their place.
    """

    expression: Expression
    what: str
    arguments: tuple[str, ...]
    held: Mapping[str, Any] = field(repr=False)
    _symbols: Mapping[str, Expression] = field(repr=False)
    _variables: tuple[str, ...] = field(repr=False)
    _axes: Mapping[str, int] = field(repr=False)
    _example: tuple[Mapping[str, Any], Mapping[Dim, int]] = field(repr=False)
    _directions: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return text_with_where(self.expression, self._variables, self._symbols)

    __repr__ = __str__

    def latex(self) -> str:
        """The formula in LaTeX, without the dollars around it."""
        return latex_with_where(self.expression, self._variables, self._symbols)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def linear_map(self) -> LinearMap:
        """A differential, or the Hessian by a matrix, as a linear map of its direction.

        It has the Kronecker form on vec(dX), the index form, the dense array, the adjoint and an operator of SciPy that
        solves.

        Raises
        ------
        ArgumentError
            The formula is no linear map of one direction.

        >>> import numpy as np
        >>> import wengert as wg
        >>> V = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
        >>> form = wg.derive(lambda U: np.sum((U @ V.T) ** 2), np.ones((4, 2)))
        >>> second = form.hessian.linear_map()
        >>> print(second.vec())
        2(I ⊗ VᵀV),  vec by rows, as numpy.ravel does
        >>> operator = second.operator({"U": np.ones((4, 2))})
        >>> operator.shape, operator.method
        ((8, 8), 'an LU factorisation of 2 × 2')
        """
        if len(self._directions) != 1:
            held = f"is linear in {', '.join(self._directions)}" if self._directions else "has no direction"
            raise ArgumentError(
                f"derive: a linear map is of one direction, and the {self.what} {held}; take linear_map of the "
                f"differential in one variable, or of the Hessian by a matrix"
            )
        (direction,) = self._directions
        return LinearMap(self.expression, self._symbols[direction], self._variables, self._symbols, self.held)

    def python(self, name: str = "") -> str:
        """The source of a function that computes the formula with NumPy, and SciPy where that is better.

        Its parameters are `arguments`, then the names of `held`. It runs without Wengert.
        """
        names = [*self.arguments, *self.held]
        one_axis = [word for word in names if self._axes.get(word) == 1]
        given = [self._symbols[word] for word in names]
        result = re.sub(r"\W+", "_", self.what.lower())
        return python_of({result: self.expression}, given, one_axis, name=name or result)

    def compile(self) -> Callable[..., Any]:
        """The formula as a fast NumPy function of `arguments`, with the data of `held` in it; nothing is traced.

        Raises
        ------
        CheckError
            The code and the formula disagree at random arrays.
        """
        plain = compiled(self.python())
        values, sizes = self._example
        shaped = self._shaped
        with np.errstate(all="ignore"):
            found = shaped(plain(*[values[name] for name in (*self.arguments, *self.held)]))
            expected = evaluate(self.expression, values, sizes)
        error = np.max(np.abs(np.reshape(found, np.shape(expected)) - expected), initial=0.0)
        if not error <= _AGREEMENT * max(float(np.max(np.abs(expected), initial=0.0)), 1e-300):
            raise CheckError(f"derive: the code of the {self.what} differs from the formula {self} by {error:.1e}")
        held, count = tuple(self.held.values()), len(self.arguments)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        signature = inspect.Signature([inspect.Parameter(name, kind) for name in self.arguments])
        what, listed = self.what, ", ".join(self.arguments)

        def formula(*args: Any, **named: Any) -> Any:
            if named or len(args) != count:
                try:
                    args = signature.bind(*args, **named).args
                except TypeError as error:
                    raise ArgumentError(f"the {what} is a function of {listed}: {error}") from None
            return shaped(plain(*args, *held))

        formula.__signature__ = signature  # type: ignore[attr-defined]
        formula.__name__ = formula.__qualname__ = re.sub(r"\W+", "_", what.lower())
        formula.__doc__ = f"{self.what}({listed}) = {self}"
        return formula

    def _shaped(self, found: Any) -> Any:
        """With the axes that NumPy's derivative has, where the code gives a number or an array of one axis."""
        axes = self._axes[""]
        if np.ndim(found) == axes:
            return found
        if axes == 2:
            return np.reshape(found, (1, -1) if self.expression.rows == 1 else (-1, 1))
        return np.reshape(found, -1 if axes else ())
