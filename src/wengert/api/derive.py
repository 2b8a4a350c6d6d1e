"""derive: the closed form of a derivative, in matrix notation."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.api.forward import derivative, jvp
from wengert.api.matrices import hessian, jacobian
from wengert.api.reverse import grad
from wengert.calculus import algebra
from wengert.calculus.beautify import beautify
from wengert.calculus.capture import captured, with_values
from wengert.calculus.derive import derived, lifted
from wengert.calculus.dimension import Dim
from wengert.calculus.evaluation import evaluate
from wengert.calculus.expression import Expression
from wengert.calculus.instances import SQUARE, draw, with_implied
from wengert.calculus.linear import coefficient
from wengert.calculus.properties import has
from wengert.calculus.sizing import PRIMES, Sizes, unified
from wengert.display.formula import text_of
from wengert.errors import ArgumentError, CheckError, UnsupportedError

__all__ = ["ClosedForm", "Formula", "Instance", "derive"]

Function = Callable[..., Any]
Assumptions = Mapping[str, str | Sequence[str]]
_DIMENSIONS: Final = ("n", "m", "k", "p", "q", "r", "s", "t", "u", "v", "w", "l")
# Errors of a formula beside the numbers of the same derivative: both round, in different orders.
_AGREEMENT: Final = 1e-8
_ATTEMPTS: Final = 40


@dataclass(frozen=True)
class Formula:
    """One closed form: an expression to print, and to evaluate."""

    expression: Expression
    names: tuple[str, ...]

    def __str__(self) -> str:
        return text_of(self.expression)

    __repr__ = __str__


@dataclass(frozen=True)
class Instance:
    """Numbers for all arrays of a program, at distinct prime sizes."""

    values: dict[str, Any]
    sizes: dict[Dim, int]


class ClosedForm:
    """The derivatives of a function as formulas, each made when it is first asked for."""

    def __init__(self, function: Function, data: dict[str, Any], variable: str, arguments: tuple[str, ...],
                 assumptions: Mapping[str, frozenset[str]]) -> None:  # fmt: skip
        self.function, self.data, self.variable, self.arguments = function, data, variable, arguments
        self.assumptions = assumptions
        square = [name for name, properties in assumptions.items() if properties & SQUARE]
        sizes = unified(self._run, data, lambda name, shape: self._drawn(name, shape, 0), square)
        self.symbols = self._symbols(sizes)
        self.instances = self._found_instances(sizes)
        self.expression = self._lifted()

    def _run(self, values: Mapping[str, Any]) -> Any:
        held = {name: value for name, value in values.items() if name not in self.arguments}
        return with_values(self.function, held)(*[values[name] for name in self.arguments])

    def _drawn(self, name: str, shape: tuple[int, ...], seed: int) -> Any:
        random = np.random.default_rng([seed, *name.encode()])
        properties = self.assumptions.get(name, frozenset())
        if properties & SQUARE and len(set(shape)) > 1:
            # a square array shows its lengths one by one while they are looked for
            properties = frozenset()
        return draw(shape, properties, random)

    def _symbols(self, sizes: Sizes) -> dict[str, Expression]:
        classes = sizes.classes()
        own = [axis for axis in classes if axis[0] == self.variable]
        ordered = [*own, *(axis for axis in classes if axis not in own)]
        taken = set(self.data)
        names = [name for name in _DIMENSIONS if name not in taken]
        self.dims = {axis: Dim(name) for axis, name in zip(ordered, names, strict=False)}
        self._axes = sizes
        found = {}
        for name, value in self.data.items():
            lengths = [
                self.dims[sizes.root((name, axis))] if sizes.lengths[(name, axis)] != 1 else 1
                for axis in range(np.ndim(value))
            ]
            rows, cols = [*lengths, 1, 1][:2]
            found[name] = algebra.symbol(name, rows, cols, self.assumptions.get(name, ()))
        return found

    def _found_instances(self, sizes: Sizes) -> list[Instance]:
        """Two instances at which the function is well behaved: a matrix that it inverts may have to be wide enough."""
        found = []
        primes = PRIMES[: len(self.dims) + 1]
        for seed, order in enumerate(itertools.islice(itertools.permutations(primes), _ATTEMPTS)):
            one = self._instance(sizes, order, seed)
            if self._is_sound(one):
                found.append(one)
            if len(found) == 2:
                return found
        raise UnsupportedError(
            "derive: no random arrays were found at which the function and its differential are finite and stable; say "
            "with assume what its arguments have to be (positive entries, positive definite, ...)"
        )

    def _is_sound(self, one: Instance) -> bool:
        """Whether rounding of the arguments changes the differential by little."""
        found = []
        for change in (0.0, 1e-11):
            values = {name: value * (1 + change) for name, value in one.values.items()}
            point = values.pop(self.variable)
            try:
                with np.errstate(all="ignore"):
                    _, pushed = jvp(
                        lambda x, values=values: self._run({**values, self.variable: x}), (point,),
                        (self._direction_at(point),),
                    )  # fmt: skip
            except np.linalg.LinAlgError:
                return False
            found.append(np.asarray(pushed))
        size = np.max(np.abs(found[0]), initial=0.0)
        return bool(np.isfinite(size) and np.max(np.abs(found[1] - found[0]), initial=0.0) <= 1e-7 * size)

    def _instance(self, sizes: Sizes, primes: Sequence[int], seed: int) -> Instance:
        lengths = sizes.primes(primes)
        values = {name: self._drawn(name, sizes.shape(name, lengths), seed) for name in self.data}
        return Instance(values, {dim: lengths[axis] for axis, dim in self.dims.items()})

    def _lifted(self) -> Expression:
        """The function itself; what depends on accidental sizes would differ between two instances."""
        found = [
            lifted(self._run, self.symbols, one.values, {size: dim for dim, size in one.sizes.items()})
            for one in self.instances
        ]
        if found[0] is not found[1]:
            raise CheckError(
                f"derive: the function is {text_of(found[0])} at one size and {text_of(found[1])} at another; write "
                f"numbers of entries as x.shape[0] or len(x)"
            )
        return found[0]  # type: ignore[no-any-return]

    @property
    def function_formula(self) -> Formula:
        """The function itself."""
        return self._formula(self.expression)

    @functools.cached_property
    def gradient(self) -> Formula:
        """The gradient of a function with one number as result."""
        if not self.expression.is_scalar:
            raise ArgumentError("derive: the function returns an array, which has a jacobian, not a gradient")

        def transform(program: Function) -> Function:
            return lambda values: grad(lambda x: program({**values, self.variable: x}).reshape(()))(
                values[self.variable]
            )

        one = self.instances[0]
        found = derived(self.expression, transform, self.symbols, one.values, one.sizes)
        if has(self.symbols[self.variable], "symmetric"):
            # the gradient of a function on symmetric matrices lies among them
            found = beautify(algebra.matmul(algebra.number(0.5), algebra.add(found, algebra.transpose(found))))
            self._agree(found, lambda f: lambda x: _symmetric(grad(f)(x)), "gradient")
        else:
            self._agree(found, grad, "gradient")
        return self._formula(found)

    @functools.cached_property
    def hessian(self) -> Formula:
        """The matrix of second derivatives, for a vector."""
        if self.symbols[self.variable].cols != 1:
            raise ArgumentError("derive: the second derivative by a matrix is an operator, not a matrix")
        return self._formula(self._matrix(self.gradient.expression, hessian, "Hessian"))

    @functools.cached_property
    def jacobian(self) -> Formula:
        """The matrix of derivatives of a vector by a vector."""
        return self._formula(self._matrix(self.expression, jacobian, "Jacobian"))

    @functools.cached_property
    def differential(self) -> Formula:
        """The change of the function in the direction `d` + the variable's name: linear in it."""
        pushed = self._pushed(self.expression)
        self._agree(pushed, lambda f: lambda x: jvp(f, (x,), (self._direction_at(x),))[1], "differential")
        return self._formula(pushed)

    @functools.cached_property
    def derivative(self) -> Formula:
        """The derivative by a number."""
        if not self.symbols[self.variable].is_scalar:
            raise ArgumentError(f"derive: {self.variable} is an array, by which there is a gradient or a Jacobian")
        return self._formula(self._by_number(self.expression, derivative))

    def _by_number(self, expression: Expression, numbers: Function) -> Any:
        one = self.instances[0]

        def transform(program: Function) -> Function:
            return lambda values: jvp(
                lambda t: program({**values, self.variable: t}), (values[self.variable],), (1.0,)
            )[1]

        found = derived(expression, transform, self.symbols, one.values, one.sizes)
        self._agree(found, numbers, "derivative")
        return found

    @property
    def direction(self) -> Expression:
        """The symbol of the direction."""
        variable = self.symbols[self.variable]
        return algebra.symbol(f"d{self.variable}", variable.rows, variable.cols)  # type: ignore[no-any-return]

    def _direction_at(self, point: Any) -> Any:
        return self._drawn(f"d{self.variable}", np.shape(point), 0)

    def values_at(self, one: Instance) -> dict[str, Any]:
        """All arrays of an instance, that of the direction included."""
        return {**one.values, f"d{self.variable}": self._direction_at(one.values[self.variable])}

    def _pushed(self, expression: Expression) -> Any:
        """The differential of a formula."""
        one, direction = self.instances[0], self.direction
        name = f"d{self.variable}"

        def transform(program: Function) -> Function:
            return lambda values: jvp(
                lambda x: program({**values, self.variable: x}), (values[self.variable],), (values[name],)
            )[1]

        symbols = {**self.symbols, name: direction}
        return derived(expression, transform, symbols, self.values_at(one), one.sizes)

    def _matrix(self, expression: Expression, numbers: Function, what: str) -> Any:
        """The matrix that the differential of a column by a column multiplies dx with."""
        found = beautify(coefficient(self._pushed(expression), self.direction))
        self._agree(found, numbers, what)
        return found

    def _agree(self, expression: Expression, numbers: Function, what: str) -> None:
        """Compare a formula with the numbers of the same derivative of the function as it was written."""
        for one in self.instances:
            formula = evaluate(expression, self.values_at(one), one.sizes)
            held = dict(one.values)
            point = held.pop(self.variable)
            direct = numbers(lambda x, held=held: self._run({**held, self.variable: x}))(point)
            error = np.max(np.abs(formula - np.reshape(direct, np.shape(formula))), initial=0.0)
            if not error <= _AGREEMENT * np.max(np.abs(direct), initial=1e-300):
                raise CheckError(
                    f"derive: the formula {text_of(expression)} for the {what} differs from the derivative by "
                    f"{error:.1e}, and is not given"
                )

    def _formula(self, expression: Expression) -> Formula:
        return Formula(expression, tuple(self.symbols))


def _symmetric(x: Any) -> Any:
    return 0.5 * (x + x.T)


def derive(f: Function, *args: Any, assume: Assumptions | None = None) -> ClosedForm:
    """The closed form of a function's derivatives by its first argument, in matrix notation.

    Parameters
    ----------
    f
        Uses whole arrays of at most two axes. Arrays and floats that it takes from its closure or from globals appear
        under their names.
    args
        Numbers of the right shapes; only their shapes matter.
    assume
        From names to properties: `"symmetric"`, `"positive definite"` and so on, one or several.

    Returns
    -------
    A form with `gradient`, `jacobian`, `hessian`, each checked against the derivative of f itself at two random
    instances of other sizes before it is given.

    Raises
    ------
    UnsupportedError
        An operation of f has no closed form here.
    CheckError
        The formula and the numbers disagree.

    >>> import numpy as np
    >>> from wengert.api.derive import derive
    >>> A, b = np.ones((5, 5)), np.ones(5)
    >>> form = derive(lambda x: 0.5 * x @ A @ x + b @ x + 3.0, np.ones(5))
    >>> form.gradient, form.hessian
    (½(A + Aᵀ)x + b, ½(A + Aᵀ))
    """
    names = tuple(inspect.signature(f).parameters)[: len(args)]
    data = {**dict(zip(names, args, strict=True)), **captured(f)}
    listed = {name: (given,) if isinstance(given, str) else given for name, given in (assume or {}).items()}
    unknown = sorted(listed.keys() - data.keys())
    if unknown:
        raise ArgumentError(f"derive: assume names {', '.join(unknown)}, but the arrays are {', '.join(data)}")
    assumptions = {name: with_implied(given, name) for name, given in listed.items()}
    return ClosedForm(f, data, names[0], names, assumptions)
