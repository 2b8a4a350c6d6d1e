"""The operations that come with the course: each is written once, for both modes, as a student would write it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wengert.errors import ArgumentError
from wengert.teaching.autograd_value import AutogradValue
from wengert.teaching.forward_value import ForwardValue
from wengert.teaching.value import Value

__all__ = ["OPERATIONS", "cos", "exp", "log", "maximum", "relu", "sigmoid", "sin", "sqrt", "tanh"]

Partials = Callable[..., tuple[Any, ...]]

# name -> the function, and its partial derivatives
OPERATIONS: Final[dict[str, tuple[Callable[..., Any], Partials]]] = {
    "add": (lambda a, b: a + b, lambda a, b: (1, 1)),
    "sub": (lambda a, b: a - b, lambda a, b: (1, -1)),
    "mul": (lambda a, b: a * b, lambda a, b: (b, a)),
    "truediv": (lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2)),
    "pow": (lambda a, b: a**b, lambda a, b: (b * a ** (b - 1), _exponent_part(a, b))),
    "neg": (lambda a: -a, lambda a: (-1,)),
    "exp": (np.exp, lambda a: (np.exp(a),)),
    "log": (np.log, lambda a: (1 / a,)),
    "sqrt": (np.sqrt, lambda a: (1 / (2 * np.sqrt(a)),)),
    "sin": (np.sin, lambda a: (np.cos(a),)),
    "cos": (np.cos, lambda a: (-np.sin(a),)),
    "tanh": (np.tanh, lambda a: (1 - np.tanh(a) ** 2,)),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: (np.exp(-a) / (1 + np.exp(-a)) ** 2,)),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (1.0 * (np.asarray(a) > 0),)),
    # where both are equal, each gets half
    "maximum": (np.maximum, lambda a, b: (np.heaviside(a - b, 0.5), np.heaviside(b - a, 0.5))),
}


def _exponent_part(a: Any, b: Any) -> Any:
    """The derivative of a power with respect to its exponent; 0 where the base is 0, whose power stays 0."""
    if np.all(np.asarray(a) > 0):
        return a**b * np.log(a)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(a) == 0, 0.0, a**b * np.log(np.asarray(a, dtype=float)))


def _declared(mode: type[Value], name: str) -> type[Value]:
    """An operation of the course in one of the modes, as a subclass."""
    func, grads = OPERATIONS[name]
    methods = {
        "func": _method(func, grads),
        "grads": _method(grads, grads),
        "__doc__": f"The operation {name}.",
        "__module__": __name__,
    }
    return type(name, (mode,), methods)


def _method(function: Callable[..., Any], named: Partials) -> Callable[..., Any]:
    """A function as a method whose signature names the arguments."""

    def method(self: Value, *args: Any) -> Any:
        return function(*args)

    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__signature__ = inspect.Signature([self, *inspect.signature(named).parameters.values()])  # type: ignore[attr-defined]
    return method


class _MatrixProduct(AutogradValue):
    """The product of matrices and vectors, by its products with the Jacobians: they are never formed."""

    def func(self, a: Any, b: Any) -> Any:
        return a @ b

    def vjp(self, grad: Any, a: Any, b: Any) -> tuple[Any, Any]:
        if a.ndim == b.ndim == 1:
            return grad * b, grad * a
        if a.ndim == 1:
            return b @ grad, np.outer(a, grad)
        if b.ndim == 1:
            return np.outer(grad, b), a.T @ grad
        return grad @ b.T, a.T @ grad


class _Sum(AutogradValue):
    """The sum of all entries."""

    def func(self, a: Any) -> Any:
        return np.sum(a)

    def vjp(self, grad: Any, a: Any) -> tuple[Any]:
        return (np.broadcast_to(grad, np.shape(a)),)


_MatrixProduct.__name__, _Sum.__name__ = "matmul", "sum"
_MODES: Final = {mode: {name: _declared(mode, name) for name in OPERATIONS} for mode in (AutogradValue, ForwardValue)}
for _mode, _operations in _MODES.items():
    _mode.operators.update(_operations)
AutogradValue.operators["matmul"] = _MatrixProduct
AutogradValue.operators["sum"] = _Sum


def _function(name: str) -> Callable[..., Any]:
    func = OPERATIONS[name][0]

    def apply(*args: Any) -> Any:
        modes = {mode for arg in args for mode in _MODES if isinstance(arg, mode)}
        if len(modes) > 1:
            raise ArgumentError(f"{name}: an AutogradValue meets a ForwardValue; use one mode for a computation")
        return _MODES[modes.pop()][name](*args) if modes else func(*args)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"{name} of values of either mode, or of plain numbers."
    return apply


cos, exp, log, maximum, relu, sigmoid, sin, sqrt, tanh = map(
    _function, ("cos", "exp", "log", "maximum", "relu", "sigmoid", "sin", "sqrt", "tanh")
)
