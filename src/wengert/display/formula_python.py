"""NumPy code of formulas: one function for several results, which share what they have in common."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any, Final

from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression, Inverse, Product, Sum, Symbol, walk
from wengert.display.factoring import with_factors
from wengert.display.forms import upright, with_squares
from wengert.display.planning import Planner
from wengert.display.statements import RESERVED, Writer
from wengert.display.steps import Step
from wengert.errors import ArgumentError

__all__ = ["Parameters", "compiled", "formed", "parameters_of", "python_of", "source_of"]

_NOTHING: Final[Mapping[Symbol, Expression]] = {}


def python_of(
    results: Mapping[str, Expression],
    arguments: Sequence[str | Expression],
    one_axis: Collection[str] = (),
    *,
    name: str = "formula",
    known: Mapping[Symbol, Expression] = _NOTHING,
) -> str:
    """The source of a function that computes formulas with NumPy, and SciPy where that is better.

    Parameters
    ----------
    results
        Expressions by the names under which the code has them; with several, the function returns a tuple.
    arguments
        The names of the arguments in their order, or their symbols, whose shapes are then known even where they do not
        occur in the formulas.
    one_axis
        Which of them are vectors of one axis; the other columns have two.
    name
        Of the function.
    known
        Symbols of the formulas that are no arguments, each with what it stands for: computed once, where it is needed.

    Returns
    -------
    Source that imports what it needs. Numbers come out as numbers, columns as arrays of one axis, all else with two.

    Raises
    ------
    UnsupportedError
        A node has no code, or a name or a length of the formulas comes from no argument.

    >>> from wengert.calculus import algebra
    >>> from wengert.calculus.dimension import Dim
    >>> n = Dim("n")
    >>> A, x, b = algebra.symbol("A", n, n), algebra.symbol("x", n, 1), algebra.symbol("b", n, 1)
    >>> gradient = algebra.add(algebra.matmul(algebra.add(A, algebra.transpose(A)), x), b)
    >>> print(python_of({"gradient": gradient}, ["x", "A", "b"], ["x", "b"]))
    def formula(x, A, b):
        return A @ x + A.T @ x + b
    <BLANKLINE>
    """
    given = parameters_of(results.values(), arguments, one_axis)
    # (Cx)ᵀ(Cx) loses no digits where xᵀCx does
    results = {name: with_squares(upright(expression)) for name, expression in results.items()}
    stand = {symbol: with_squares(upright(value)) for symbol, value in known.items()}
    planner = Planner(given.names, given.lengths, formed([*results.values(), *stand.values()]))
    for symbol, value in stand.items():
        planner.known[symbol] = planner.plan(value)
    roots = [_result(planner, expression) for expression in results.values()]
    taken = set(given.names.values())
    labels = [f"{key}_" if key in taken else _safe(key) for key in results]
    steps = with_factors(planner.steps, [*roots, *(planner.known[symbol] for symbol in stand)])
    roots, inner = steps[: len(roots)], steps[len(roots) :]
    called = {step: "gradient" if "∇" in symbol.name else "value" for symbol, step in zip(stand, inner, strict=True)}
    writer = Writer(roots, labels, taken, called)
    return source_of(name, given, writer.lines())


def source_of(name: str, parameters: Parameters, lines: Iterable[str]) -> str:
    """The source of a function with this body, and the imports that it needs."""
    listed = [*parameters.opening, *lines]
    used = "\n".join(listed)
    modules = [module for module in ("linalg", "special") if re.search(rf"(?<!\.)\b{module}\.", used)]
    imports = ["import numpy as np"] if re.search(r"\bnp\.", used) else []
    imports += [f"from scipy import {', '.join(modules)}"] if modules else []
    body = "\n".join(f"    {line}" for line in listed)
    head = f"def {name}({', '.join(parameters.names.values())}):"
    return "\n".join([*imports, *["", ""][: 2 * len(imports)], head, body, ""])


def compiled(source: str) -> Callable[..., Any]:
    """The function of a source that `python_of` has written."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<formula>", "exec"), scope)
    (function,) = (value for value in scope.values() if isinstance(value, FunctionType))
    return function


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function: how their names are written, and the symbols that they are."""

    names: Mapping[str, str]
    symbols: Mapping[str, Expression]
    one_axis: Collection[str]

    @property
    def opening(self) -> list[str]:
        """Lines that take columns and rows of two axes as arrays of one."""
        return [
            f"{self.names[key]} = {self.names[key]}[{'0' if x.rows == 1 else ':, 0'}]"
            for key, x in self.symbols.items()
            if key in self.names and key not in self.one_axis and (x.rows == 1) != (x.cols == 1)
        ]

    @cached_property
    def lengths(self) -> dict[Dim, tuple[str, int]]:
        """Where each length can be read off: a parameter and its axis."""
        found: dict[Dim, tuple[str, int]] = {}
        for key, written in self.names.items():
            symbol = self.symbols.get(key)
            if symbol is not None:
                for axis, length in enumerate(length for length in symbol.shape if length != 1):
                    if isinstance(length, Dim):
                        found.setdefault(length, (written, axis))
        return found


def parameters_of(
    expressions: Iterable[Expression], arguments: Sequence[str | Expression], one_axis: Collection[str]
) -> Parameters:
    """The parameters of a function that computes expressions, from names or symbols."""
    names = {_argument(given): _safe(_argument(given)) for given in arguments}
    given = [argument for argument in arguments if isinstance(argument, Symbol)]
    found = [node for expression in expressions for node in walk(expression) if isinstance(node, Symbol)]
    return Parameters(names, {node.name: node for node in (*found, *given)}, one_axis)


def formed(expressions: Iterable[Expression]) -> set[Expression]:
    """Sums that are results, up to a factor, or are inverted: they are there to multiply with."""
    found: set[Expression] = set()
    for expression in expressions:
        found.add(expression)
        if isinstance(expression, Product) and len(expression.chain) == 1:
            found.add(expression.chain[0])
        found.update(node.parts[0] for node in walk(expression) if isinstance(node, Inverse))
    return {node for node in found if isinstance(node, Sum)}


def _argument(given: str | Expression) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, Symbol):
        return given.name
    raise ArgumentError(f"python_of: an argument is a name or a symbol, but {type(given).__name__} was given")


def _safe(name: str) -> str:
    """A name that Python takes, and that no module of the code has."""
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def _result(planner: Planner, expression: Expression) -> Step:
    step = planner.plan(expression)
    if step.kind == "number":
        return planner.steps.number(float(step.data[0]))
    if expression.rows == 1 and expression.cols != 1:
        return planner.steps.make("index", (step,), ("None, :",), 2)
    # an argument, or a view of one, is not given out
    inner = step.parts[0] if step.kind == "transpose" else step
    return planner.steps.make("copy", (step,), (), step.axes) if inner.kind == "name" and step.axes else step
