"""Expression swell: how large a derivative gets when it is written out, beside the Wengert list of the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wengert.api.listing import trace
from wengert.api.reverse import grad
from wengert.experiments.result import Panel, Result, Series

__all__ = ["expression_swell"]


@dataclass(frozen=True, eq=False)
class _Expression:
    """A formula as a tree: a sum, a product, a number or x. Parts may be shared; written out, they are repeated."""

    operation: str
    parts: tuple[_Expression, ...] = ()

    def __add__(self, other: _Expression) -> _Expression:
        return _Expression("+", (self, other))

    def __mul__(self, other: _Expression) -> _Expression:
        return _Expression("*", (self, other))


def _derivative(expression: _Expression, known: dict[_Expression, _Expression]) -> _Expression:
    """By the rules for sums and products, as they stand in the textbook."""
    if expression not in known:
        if not expression.parts:
            found = _Expression("1" if expression.operation == "x" else "0")
        else:
            first, second = expression.parts
            d_first, d_second = (_derivative(part, known) for part in expression.parts)
            found = d_first + d_second if expression.operation == "+" else d_first * second + first * d_second
        known[expression] = found
    return known[expression]


def _length(expression: _Expression, known: dict[_Expression, int]) -> int:
    """How many symbols the formula has when it is written out."""
    if expression not in known:
        known[expression] = 1 + sum(_length(part, known) for part in expression.parts)
    return known[expression]


def expression_swell(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The length of the derivative of the iterated logistic map, x ← 4 x (1 − x): written out, and as a Wengert list.

    Parameters
    ----------
    progress
        Wraps what is iterated over, as `tqdm.tqdm` does.
    quick
        Stop after fewer iterations.

    Source: A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind, Automatic differentiation in machine
    learning: a survey, JMLR 18 (2018), table 1, whose example this is.

    >>> from wengert.experiments import expression_swell
    >>> result = expression_swell(quick=True)
    >>> [int(series.y[-1]) for series in result.panels[0].series]
    [249, 2375, 39]
    """
    depths = range(1, 6 if quick else 16)
    function, derivative, lists = [], [], []
    for depth in progress(depths):
        formula = _Expression("x")
        for _ in range(depth):
            formula = _Expression("4") * formula * (_Expression("1") + _Expression("-1") * formula)
        function.append(float(_length(formula, {})))
        derivative.append(float(_length(_derivative(formula, {}), {})))
        lists.append(float(len(trace(grad(_iterated(depth)), 0.3))))
    places = tuple(map(float, depths))
    names = ("function, written out", "derivative, written out", "gradient, as a Wengert list")
    series = tuple(Series(name, places, tuple(y)) for name, y in zip(names, (function, derivative, lists), strict=True))
    return Result(
        "Expression swell: the logistic map, iterated",
        f"After {depths[-1]} iterations the derivative has {derivative[-1]:.3g} symbols when it is written out, and "
        f"its Wengert list {lists[-1]:.0f} operations.",
        (Panel("", "iterations", "symbols or operations", series, logarithmic=(False, True)),),
    )


def _iterated(depth: int) -> Callable[[float], float]:
    def logistic_map(x: float) -> float:
        for _ in range(depth):
            x = 4 * x * (1 - x)
        return x

    return logistic_map
