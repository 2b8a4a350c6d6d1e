"""What the values of both modes share: parents, arguments, the value, and the two methods that a student writes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from wengert.errors import ArgumentError, RuleError, UnsupportedError

__all__ = ["Value", "plain"]


class Value:
    """A number or an array that was computed from others; itself, without more, a variable.

    A subclass is an operation: `func` computes its value from those of its arguments, and `grads` its partial
    derivatives with respect to each of them. `multiply(x, y)` applies the operation `multiply` to two values.

    Attributes
    ----------
    parents
        What the operation was applied to, values and plain numbers, in order.
    args
        The numbers and arrays of the parents.
    value
        The number or array that came out.
    """

    # the operations of the operators, by their names in Python; the modes fill them in
    operators: ClassVar[dict[str, type[Value]]] = {}
    __array_ufunc__ = None

    def __init__(self, *parents: Any) -> None:
        if not parents:
            raise TypeError(f"{type(self).__name__} expects a value to begin with, or values to be computed from")
        self.parents: list[Any] = list(parents)
        self.args: list[Any] = [parent.value if isinstance(parent, Value) else parent for parent in parents]
        self.value: Any = self.forward_pass()

    def forward_pass(self) -> Any:
        """Compute the value from the arguments."""
        return plain(self.func(*self.args))

    def func(self, *args: Any) -> Any:
        """The value of the operation, from plain numbers or arrays. A variable has the value that it is given."""
        return args[0]

    def grads(self, *args: Any) -> Any:
        """The partial derivatives of `func` at these numbers: a tuple with one entry per argument."""
        return (1,)

    def vjp(self, grad: Any, *args: Any) -> Any:
        """The products of `grad`, in the shape of the value, with the Jacobians of all arguments, in their shapes.

        An operation on arrays that does not work entry by entry overrides it, as `(grad @ b.T, a.T @ grad)` for a
        matrix product. Otherwise the partial derivatives are those of the entries.
        """
        parts = self._partials(*args)
        return tuple(_like(grad * part, arg) for part, arg in zip(parts, args, strict=True))

    def _products(self, grad: Any) -> tuple[Any, ...]:
        """What `vjp` returns, if it is what it should be."""
        parts = self.vjp(grad, *self.args)
        name = type(self).__name__
        if not isinstance(parts, (tuple, list)) or len(parts) != len(self.args):
            raise RuleError(f"{name}.vjp returns a tuple with one product per argument, received {parts!r}")
        for place, (part, arg) in enumerate(zip(parts, self.args, strict=True)):
            if np.shape(part) != np.shape(arg):
                raise RuleError(
                    f"{name}.vjp returned shape {np.shape(part)} for argument {place + 1}, which has shape "
                    f"{np.shape(arg)}; the derivative of one number has the shape of what it is taken by"
                )
        return tuple(parts)

    def _partials(self, *args: Any) -> tuple[Any, ...]:
        """What `grads` returns, if it is what it should be."""
        parts = self.grads(*args)
        name = type(self).__name__
        if not isinstance(parts, (tuple, list)):
            raise RuleError(
                f"{name}.grads returns a tuple with one partial derivative per argument, received "
                f"{type(parts).__name__}; for one argument write (derivative,), with the comma"
            )
        if len(parts) != len(args):
            raise RuleError(f"{name}.grads returned {len(parts)} partial derivatives for {len(args)} arguments")
        return tuple(parts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def __float__(self) -> float:
        raise UnsupportedError(
            f"{type(self).__name__}: float(x) would forget where x came from, and so would functions of math and "
            f"numpy; use those of wengert.teaching, or write an operation"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__float__()


def plain(value: Any) -> Any:
    """A number of NumPy's as one of Python's, which prints as one."""
    return value.item() if type(value) is np.float64 else value


def _like(product: Any, arg: Any) -> Any:
    """A product in the shape of its argument: summed over the axes along which the argument was repeated."""
    shape = np.shape(arg)
    if np.shape(product) == shape:
        return product
    product = np.asarray(product)
    product = product.sum(axis=tuple(range(product.ndim - len(shape))))
    repeated = tuple(axis for axis, length in enumerate(shape) if length == 1 and product.shape[axis] != 1)
    return np.broadcast_to(product.sum(axis=repeated, keepdims=True), shape)


def _operator(name: str, swapped: bool = False) -> Any:
    def apply(self: Value, *others: Any) -> Any:
        if any(isinstance(other, Value) and other.operators is not self.operators for other in others):
            raise ArgumentError(f"{name}: an AutogradValue meets a ForwardValue; use one mode for a computation")
        operation = self.operators.get(name)
        operands = (*others, self) if swapped else (self, *others)
        return NotImplemented if operation is None else operation(*operands)

    return apply


for _name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
    setattr(Value, f"__{_name}__", _operator(_name))
    setattr(Value, f"__r{_name}__", _operator(_name, swapped=True))
setattr(Value, "__neg__", _operator("neg"))  # noqa: B010
