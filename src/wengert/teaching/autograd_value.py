"""Reverse mode: values remember their parents, and `backward` goes back along them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from wengert.errors import OutputError
from wengert.graph.walk import back_from
from wengert.teaching.value import Value, plain

__all__ = ["AutogradValue"]


class AutogradValue(Value):
    """A value whose derivatives are found in reverse mode; a subclass is an operation.

    Attributes
    ----------
    grad
        The derivative, with respect to this value, of what `backward` was last called on; 0 before that.
    parents, args, value
        See `wengert.teaching.value.Value`.

    Source: Griewank and Walther, Evaluating Derivatives (2008), section 3.2.

    >>> from wengert.teaching import AutogradValue, log
    >>> a = AutogradValue(5)
    >>> b = AutogradValue(2)
    >>> c = a + b
    >>> L = log(c)
    >>> L.backward()
    >>> round(a.grad, 4), round(c.grad, 4)
    (0.1429, 0.1429)
    """

    operators: ClassVar[dict[str, type[Value]]] = {}

    def __init__(self, *parents: Any) -> None:
        super().__init__(*parents)
        self.grad: Any = 0

    def backward(self) -> None:
        """Set `grad` to the derivative of this value, in all values that it was computed from.

        Raises
        ------
        OutputError
            The value is an array, which has no single derivative.
        RuleError
            An operation's `grads` or `vjp` does not return one derivative per argument, in its shape.
        """
        if np.ndim(self.value):
            raise OutputError(
                f"backward: the value has shape {np.shape(self.value)}, and derivatives are of one number; reduce it "
                f"first"
            )
        order = self._order()
        for value in order:
            value.grad = 0
        self.grad = 1
        for value in order:
            value.backward_pass()

    def backward_pass(self) -> None:
        """Add to each parent's derivative what it gets through this operation, by the chain rule."""
        if not any(isinstance(parent, AutogradValue) for parent in self.parents):
            return
        for parent, part in zip(self.parents, self._products(self.grad), strict=True):
            if isinstance(parent, AutogradValue):
                parent.grad = plain(parent.grad + part)

    def sum(self) -> Value:
        """The sum of all entries of an array."""
        return self.operators["sum"](self)

    def _order(self) -> list[AutogradValue]:
        return back_from(self, lambda value: [parent for parent in value.parents if isinstance(parent, AutogradValue)])
