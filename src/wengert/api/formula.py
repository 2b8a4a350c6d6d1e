"""One formula: to read as text or LaTeX, and to run as NumPy code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np

from wengert.api.holding import check_held
from wengert.api.linear_map import LinearMap
from wengert.api.misuse import NoArray, misfit
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.magnitude import NEGLIGIBLE, magnitude
from wengert.calculus.reuse import InNames
from wengert.display.formula import text_with_where
from wengert.display.formula_latex import latex_with_where
from wengert.display.formula_mathml import mathml_with_where
from wengert.display.formula_python import compiled, python_of
from wengert.errors import ArgumentError, CheckError

__all__ = ["Formula", "compiled_all", "python_of_all"]

_AGREEMENT: Final = 1e-7


@dataclass(frozen=True)
class Formula(NoArray):
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
    _named: Callable[[Expression], InNames] = field(default=InNames, repr=False)

    @property
    def in_names(self) -> InNames:
        """The formula as it is written: the value of the function, and ∇f, may stand in it by name."""
        return self._named(self.expression)

    _remedy = (
        "its compile() gives the function, with the captured arrays in it, and python() its source: "
        "form.gradient.compile()(x0)"
    )
    _elsewhere: ClassVar[Mapping[str, str]] = {
        "derivation": "the derivation is that of the form: form.derivation()",
        "evaluate": "write compile(), which gives the function, and call that",
        "eval": "write compile(), which gives the function, and call that",
        "subs": "write compile(), which gives the function, and call that with other arrays",
        "code": "write python()",
        "shape": "write compile() for the function that gives the array",
        "T": "write compile() for the function that gives the array",
    }

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def text(self, style: str = "transpose") -> str:
        """The formula in one line of Unicode.

        Parameters
        ----------
        style
            `"transpose"` for xᵀAy and tr(AᵀB), `"inner"` for ⟨x, Ay⟩ and ⟨A, B⟩.

        >>> import numpy as np
        >>> import wengert as wg
        >>> form = wg.derive(lambda x, A: np.log(x @ A @ x), np.ones(2), np.eye(2))
        >>> print(form.gradient.text(style="inner"))
        (A + Aᵀ)x/⟨x, Ax⟩
        """
        return text_with_where(self.in_names.expression, self._variables, self._symbols, style)

    def latex(self, style: str = "transpose") -> str:
        """The formula in LaTeX, without the dollars around it; `style` as in `text`."""
        return latex_with_where(self.in_names.expression, self._variables, self._symbols, style)

    def mathml(self, style: str = "transpose") -> str:
        """The formula as a `math` element, which browsers draw without any other software; `style` as in `text`."""
        return mathml_with_where(self.in_names.expression, self._variables, self._symbols, style)

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
        return python_of_all({self._word: self}, name or self._word)

    def compile(self) -> Callable[..., Any]:
        """The formula as a fast NumPy function of `arguments`, with the data of `held` in it; nothing is traced.

        Raises
        ------
        CheckError
            The code and the formula disagree at random arrays.
        ArgumentError
            An array that the function holds has not what was assumed of it.
        """
        found = compiled_all({self._word: self}, self._word)
        found.__doc__ = f"{self.what}({', '.join(self.arguments)}) = {self}"
        return found

    @property
    def _word(self) -> str:
        """The word for it as a name."""
        return re.sub(r"\W+", "_", self.what.lower())

    def _shaped(self, found: Any) -> Any:
        """With the axes that NumPy's derivative has, where the code gives a number or an array of one axis."""
        axes = self._axes[""]
        if np.ndim(found) == axes:
            return found
        if axes == 2:
            return np.reshape(found, (1, -1) if self.expression.rows == 1 else (-1, 1))
        return np.reshape(found, -1 if axes else ())

    def _check(self, found: Any) -> None:
        """Compare what the code gives at the example with the formula's value there."""
        values, sizes = self._example
        with np.errstate(all="ignore"):
            expected = evaluate(self.expression, values, sizes)
        error = np.max(np.abs(np.reshape(found, np.shape(expected)) - expected), initial=0.0)
        if not error <= _AGREEMENT * max(float(np.max(np.abs(expected), initial=0.0)), 1e-300):
            # what is zero comes out as the rounding errors of what it is computed from
            if error <= NEGLIGIBLE * magnitude(lambda arrays: evaluate(self.expression, arrays, sizes), values):
                return
            raise CheckError(f"derive: the code of the {self.what} differs from the formula {self} by {error:.1e}")


def _arguments(formulas: Mapping[str, Formula]) -> tuple[str, ...]:
    """The parameters of a function of several formulas: those of the function, then the directions."""
    directions = dict.fromkeys(name for one in formulas.values() for name in one._directions)
    own = dict.fromkeys(name for one in formulas.values() for name in one.arguments if name not in directions)
    return (*own, *directions)


def python_of_all(formulas: Mapping[str, Formula], name: str) -> str:
    """The source of one function that computes formulas of one function, which share what they have in common.

    Parameters
    ----------
    formulas
        By the names of the results. Several are returned as a tuple.
    name
        Of the function.
    """
    first = next(iter(formulas.values()))
    names = [*_arguments(formulas), *first.held]
    one_axis = [word for word in names if first._axes.get(word) == 1]
    written = [one.in_names for one in formulas.values()]
    expressions = {result: one.expression for result, one in zip(formulas, written, strict=True)}
    known = dict(pair for one in written for pair in one.names)
    return python_of(expressions, [first._symbols[word] for word in names], one_axis, name=name, known=known)


def compiled_all(formulas: Mapping[str, Formula], name: str) -> Callable[..., Any]:
    """That function, with the arrays that the formulas hold.

    Raises
    ------
    CheckError
        The code and a formula disagree at random arrays.
    """
    for one in formulas.values():
        check_held(one.held, one._symbols, one.what)
    plain = compiled(python_of_all(formulas, name))
    arguments, (first, *others) = _arguments(formulas), formulas.values()
    held = tuple(first.held.values())
    signature = inspect.Signature(
        [inspect.Parameter(word, inspect.Parameter.POSITIONAL_OR_KEYWORD) for word in arguments]
    )

    def together(*args: Any) -> Any:
        found = plain(*args, *held)
        if not others:
            return first._shaped(found)
        return tuple([one._shaped(part) for one, part in zip(formulas.values(), found, strict=True)])

    def formula(*args: Any, **named: Any) -> Any:
        if named or len(args) != len(arguments):
            try:
                args = signature.bind(*args, **named).args
            except TypeError as error:
                raise ArgumentError(f"the {first.what} is a function of {', '.join(arguments)}: {error}") from None
        try:
            return together(*args)
        except Exception as error:
            reason = misfit(
                first.what, dict(zip(arguments, args, strict=True)), first.held, first._symbols, first._axes
            )
            if not reason:
                raise
            raise ArgumentError(reason) from error

    values, _ = first._example
    with np.errstate(all="ignore"):
        found = plain(*[values[word] for word in (*arguments, *first.held)])
    for one, part in zip(formulas.values(), found if others else [found], strict=True):
        one._check(one._shaped(part))
    formula.__signature__ = signature  # type: ignore[attr-defined]
    formula.__name__ = formula.__qualname__ = name
    formula.__doc__ = f"{', '.join(one.what for one in formulas.values())}, as functions of {', '.join(arguments)}."
    return formula
