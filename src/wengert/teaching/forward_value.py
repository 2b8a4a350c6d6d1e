"""Forward mode: values carry their derivatives with respect to all variables before them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from wengert.errors import UnsupportedError
from wengert.teaching.value import Value, plain

__all__ = ["ForwardValue"]


class ForwardValue(Value):
    """A number whose derivatives are computed along with it; a subclass is an operation.

    Attributes
    ----------
    forward_grads
        The derivative of this value with respect to each variable that it depends on, by the variable object.
    parents, args, value
        See `wengert.teaching.value.Value`.

    Raises
    ------
    UnsupportedError
        An array: forward mode needs one pass for each of its entries. Use numbers, or `wengert.jvp`.

    Source: Griewank and Walther, Evaluating Derivatives (2008), section 3.1.

    >>> from wengert.teaching import ForwardValue, log
    >>> w1 = ForwardValue(2.0)
    >>> w2 = ForwardValue(3.0)
    >>> L = w2 * log(w1)
    >>> L.forward_grads[w1], round(L.forward_grads[w2], 4)
    (1.5, 0.6931)
    """

    operators: ClassVar[dict[str, type[Value]]] = {}

    def forward_pass(self) -> Any:
        """Compute the value, and its derivatives by the chain rule: those of the parents, times the partial ones."""
        value = super().forward_pass()
        if np.ndim(value) or any(np.ndim(arg) for arg in self.args):
            raise UnsupportedError(
                "ForwardValue: expected a number, received an array; forward mode needs one pass for each entry: use "
                "one ForwardValue per entry, or wengert.jvp"
            )
        self.forward_grads: dict[ForwardValue, Any] = {}
        if type(self) is ForwardValue:
            self.forward_grads[self] = 1
            return value
        for parent, part in zip(self.parents, self._partials(*self.args), strict=True):
            if isinstance(parent, ForwardValue):
                for variable, grad in parent.forward_grads.items():
                    self.forward_grads[variable] = plain(self.forward_grads.get(variable, 0) + part * grad)
        return value
