"""Numbers for expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from importlib import import_module
from typing import Any, Final

import numpy as np

from wengert.calculus.dimension import Dim, length_in
from wengert.calculus.expression import (
    Apply,
    Determinant,
    Diagonal,
    DiagonalOf,
    Expression,
    Frechet,
    Hadamard,
    Identity,
    Inverse,
    NamedNumber,
    Number,
    Ones,
    Product,
    Size,
    Sum,
    Symbol,
    Trace,
    Transpose,
    Zero,
    walk,
)
from wengert.calculus.operators import OPERATORS, frechet

__all__ = ["CONSTANTS", "FUNCTIONS", "evaluate"]


def _special(name: str) -> Callable[..., Any]:
    """A function of `scipy.special`, which takes a while to import, and few formulas need."""
    return lambda *operands: getattr(import_module("wengert.scipy.special"), name)(*operands)


def _softmax(z: Any) -> Any:
    powers = np.exp(z)
    return powers / np.sum(powers)


FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    **{name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log1p",
                                            "expm1", "arctan", "arcsin", "arccos", "arcsinh", "arctanh", "arccosh",
                                            "absolute", "sign")},
    **{name: _special(name) for name in ("erf", "erfc", "erfcx", "gammaln", "digamma", "ndtr", "log_ndtr")},
    "trigamma": lambda z: _special("polygamma")(1, z),
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": _softmax,
    "logsumexp": lambda z: np.log(np.sum(np.exp(z))),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "step": lambda z: (z > 0).astype(float),
    "logabs": lambda z: 0.5 * np.log(z * z),
    "softmax_rows": lambda z: np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True),
    "relu": lambda z: np.maximum(z, 0.0),
    "pinv": np.linalg.pinv,
    "cholesky": np.linalg.cholesky,
    **OPERATORS,
}  # fmt: skip


CONSTANTS: Final = {"π": math.pi}
"""The numbers that have names everywhere."""


def evaluate(expression: Expression, values: Mapping[str, Any], sizes: Mapping[Dim, int]) -> Any:
    """The matrix that an expression is, of two axes, where symbols have these values and lengths these sizes."""
    found: dict[Expression, Any] = {}
    for node in walk(expression):
        shape = length_in(node.rows, sizes), length_in(node.cols, sizes)
        parts = [found[part] for part in node.parts]
        value = _RULES[type(node)](node, parts, shape, values)
        if isinstance(node, Size):
            value = values.get(node.dim.name, float(sizes[node.dim]))
        elif isinstance(node, NamedNumber):
            value = values.get(node.key, CONSTANTS[node.name])
        if np.shape(value) != shape:
            value = np.reshape(value, shape)
        found[node] = value
    return found[expression]


def _product(node: Product, parts: list[Any], shape: tuple[int, int], values: Mapping[str, Any]) -> Any:
    count = len(node.scalars)
    front = float(node.coefficient)
    for (_, exponent), value in zip(node.scalars, parts[:count], strict=True):
        front = front * _raised(value, exponent)
    chain = parts[count:]
    if not chain:
        return front
    whole = chain[0]
    for part in chain[1:]:
        whole = whole @ part
    return front * whole if count or node.coefficient != 1 else whole


def _raised(value: Any, exponent: Fraction) -> Any:
    if exponent == 1:
        return value
    return value ** (int(exponent) if exponent.denominator == 1 and exponent > 0 else float(exponent))


def _total(parts: list[Any]) -> Any:
    """The sum, halves first: so few partial sums are long when they are lifted."""
    middle = len(parts) // 2
    return _total(parts[:middle]) + _total(parts[middle:]) if middle else parts[0]


def _hadamard(node: Hadamard, parts: list[Any], shape: tuple[int, int], values: Mapping[str, Any]) -> Any:
    whole: Any = 1.0
    for (_, exponent), value in zip(node.factors, parts, strict=True):
        whole = whole * _raised(value, exponent)
    return whole


_RULES: Final[dict[type, Callable[..., Any]]] = {
    Number: lambda node, parts, shape, values: float(node.value),
    Size: lambda node, parts, shape, values: 0.0,
    NamedNumber: lambda node, parts, shape, values: 0.0,
    Symbol: lambda node, parts, shape, values: values[node.name],
    Identity: lambda node, parts, shape, values: np.eye(shape[0]),
    Ones: lambda node, parts, shape, values: np.ones(shape),
    Zero: lambda node, parts, shape, values: np.zeros(shape),
    Sum: lambda node, parts, shape, values: _total(parts),
    Product: _product,
    Transpose: lambda node, parts, shape, values: parts[0].T,
    Inverse: lambda node, parts, shape, values: np.linalg.inv(parts[0]),
    Hadamard: _hadamard,
    Frechet: lambda node, parts, shape, values: frechet(*parts, kind=node.name),
    Apply: lambda node, parts, shape, values: FUNCTIONS[node.name](parts[0]),
    Diagonal: lambda node, parts, shape, values: np.diag(np.reshape(parts[0], -1)),
    DiagonalOf: lambda node, parts, shape, values: np.diag(parts[0]),
    Trace: lambda node, parts, shape, values: np.trace(parts[0]),
    Determinant: lambda node, parts, shape, values: np.linalg.det(parts[0]),
}
