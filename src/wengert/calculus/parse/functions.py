"""The functions of both languages: how they are called, what they take, and what NumPy computes for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np

__all__ = ["CONSTANTS", "CREATORS", "FUNCTIONS", "METHODS", "ONLY_NUMPY", "PATHS", "Function"]


@dataclass(frozen=True, slots=True)
class Function:
    """One function: the family tells the sorts and lengths of its operands and of its result."""

    name: str
    family: str
    evaluate: Callable[..., Any]
    operands: int = 1
    options: tuple[str, ...] = ()


def _softmax(z: Any) -> Any:
    powers = np.exp(z)
    return powers / np.sum(powers)


def _softmax_rows(z: Any) -> Any:
    powers = np.exp(z)
    return powers / np.sum(powers, axis=1, keepdims=True)


def _log_softmax_rows(z: Any) -> Any:
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def _exponential(x: Any) -> Any:
    # the module with the rules of SciPy's linear algebra imports SciPy, and waits until it is needed
    return import_module("wengert.scipy.linalg").expm(x)


def _elementwise(*names: str) -> dict[str, Function]:
    return {name: Function(name, "elementwise", getattr(np, name)) for name in names}


_OWN_NAMES: Final[dict[str, Function]] = {
    **_elementwise("sin", "cos", "tan", "exp", "log", "tanh", "abs", "sign", "sqrt"),
    **_elementwise("sinh", "cosh", "arcsin", "arccos", "arctan", "log1p", "expm1", "log2", "log10", "square"),
    **_elementwise("reciprocal", "negative"),
    "relu": Function("relu", "elementwise", lambda x: np.maximum(x, 0.0)),
    "sigmoid": Function("sigmoid", "elementwise", lambda x: 1.0 / (1.0 + np.exp(-x))),
    "softplus": Function("softplus", "elementwise", lambda x: np.log(1.0 + np.exp(x))),
    "softmax": Function("softmax", "vector map", _softmax),
    "logsumexp": Function("logsumexp", "vector to number", lambda x: np.log(np.sum(np.exp(x)))),
    "softmax_rows": Function("softmax_rows", "matrix map", _softmax_rows),
    "log_softmax_rows": Function("log_softmax_rows", "matrix map", _log_softmax_rows),
    "sum": Function("sum", "reduction", np.sum, options=("axis", "keepdims")),
    "mean": Function("mean", "reduction", np.mean, options=("axis", "keepdims")),
    "prod": Function("prod", "reduction", np.prod, options=("axis", "keepdims")),
    "norm": Function("norm", "reduction", np.linalg.norm, options=("ord", "axis", "keepdims")),
    "norm1": Function("norm1", "reduction", lambda x: np.sum(np.abs(x))),
    "norm2": Function("norm2", "reduction", np.linalg.norm),
    "trace": Function("trace", "square to number", np.trace),
    "det": Function("det", "square to number", np.linalg.det),
    "logdet": Function("logdet", "square to number", lambda x: np.linalg.slogdet(x)[1]),
    "signdet": Function("signdet", "square to number", lambda x: np.linalg.slogdet(x)[0]),
    "slogdet": Function("slogdet", "pair", np.linalg.slogdet),
    "inv": Function("inv", "square map", np.linalg.inv),
    "pinv": Function("pinv", "transposition", np.linalg.pinv),
    "matrix_power": Function("matrix_power", "square map", np.linalg.matrix_power, options=("n",)),
    "expm": Function("expm", "square map", _exponential),
    "eigvals": Function("eigvals", "square to vector", np.linalg.eigvals),
    "eigvalsh": Function("eigvalsh", "square to vector", np.linalg.eigvalsh),
    "solve": Function("solve", "solution", np.linalg.solve, 2),
    "diag": Function("diag", "diagonal", np.diag),
    "diagonal": Function("diagonal", "diagonal", np.diag),
    "transpose": Function("transpose", "transposition", np.transpose),
    "outer": Function("outer", "outer product", np.outer, 2),
    "kron": Function("kron", "kronecker", np.kron, 2),
    "dot": Function("dot", "dot product", np.dot, 2),
    "inner": Function("inner", "inner product", np.inner, 2),
    "vdot": Function("vdot", "inner product", np.vdot, 2),
    "matmul": Function("@", "matrix product", np.matmul, 2),
    "multiply": Function("times", "product", np.multiply, 2),
    "add": Function("+", "sum", np.add, 2),
    "subtract": Function("-", "sum", np.subtract, 2),
    "divide": Function("over", "quotient", np.divide, 2),
    "power": Function("power", "entry power", np.power, 2),
    "maximum": Function("maximum", "sum", np.maximum, 2),
    "minimum": Function("minimum", "sum", np.minimum, 2),
    "logaddexp": Function("logaddexp", "sum", np.logaddexp, 2),
    "real": Function("real", "elementwise", np.real),
    "len": Function("len", "length", lambda x: x),
    "size": Function("size", "count", np.size),
}
_ALIASES: Final = {"tr": "trace", "sigma": "sigmoid", "logistic": "sigmoid", "expit": "sigmoid",
                   "absolute": "abs", "true_divide": "divide",
                   "matpow": "matrix_power"}  # fmt: skip

FUNCTIONS: Final = {**_OWN_NAMES, **{alias: _OWN_NAMES[name] for alias, name in _ALIASES.items()}}
"""Functions by their bare names, as after `from numpy import *` and `from numpy.linalg import *`."""

CREATORS: Final = {"eye": 1, "ones": 2, "zeros": 2, "vector": 1, "matrix": 1}
"""Functions that make an array of lengths, and the most lengths that they take."""

ONLY_NUMPY: Final = frozenset(
    {"len", "size", "real", "matpow", "dot", "inner",
     "vdot", "matmul", "slogdet", "signdet", "transpose", "matrix_power", "multiply",
     "add", "subtract", "divide", "true_divide", "power", "negative", "square", "reciprocal", "absolute"}
)  # fmt: skip
"""Functions that MATLAB's language has not, or has with another meaning."""

CONSTANTS: Final = {"pi": float(np.pi)}

METHODS: Final = ("sum", "mean", "prod", "dot", "trace", "transpose", "diagonal")

_LINALG: Final = ("norm", "det", "inv", "pinv", "slogdet", "solve", "matrix_power", "eigvals", "eigvalsh")

_BARE_ONLY: Final = ("relu", "sigmoid", "softplus", "softmax", "softmax_rows", "log_softmax_rows",
                     "expm", "matpow", "logsumexp", "norm1", "norm2", "logdet", "signdet",
                     "len", "tr", "sigma", "logistic", "expit")  # fmt: skip

_NUMPY: Final[dict[str, str]] = {
    **{name: name for name in FUNCTIONS if name not in (*_BARE_ONLY, *_LINALG)},
    **{f"linalg.{name}": name for name in _LINALG},
    **{name: name for name in ("eye", "ones", "zeros")},
    "identity": "eye",
}

PATHS: Final[dict[str, str]] = {
    **{f"{module}.{path}": name for module in ("np", "numpy") for path, name in _NUMPY.items()},
    **{f"scipy.linalg.{name}": name for name in ("expm", "det", "inv", "solve", "eigvalsh")},
    **{f"scipy.special.{name}": name for name in ("expit", "logsumexp", "softmax")},
}
"""From the whole name of a function to the function that it is."""
