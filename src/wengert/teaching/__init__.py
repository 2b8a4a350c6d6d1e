"""Automatic differentiation as it is built in a first course: every operation a class, written by the student.

Subclasses of `AutogradValue` are operations in reverse mode, subclasses of `ForwardValue` the same in forward mode. A
subclass says how the value is computed, `func`, and what the partial derivatives are, `grads`:

>>> from wengert.teaching import AutogradValue, check
>>> class square(AutogradValue):
...     def func(self, a):
...         return a**2
...     def grads(self, a):
...         return (2 * a,)
>>> x = AutogradValue(3)
>>> y = square(x)
>>> y.backward()
>>> x.grad
6
>>> print(check(square))
square: all partial derivatives are right (1 argument, 8 inputs)
"""

from wengert.teaching.autograd_value import AutogradValue
from wengert.teaching.checking import Verdict, check
from wengert.teaching.forward_value import ForwardValue
from wengert.teaching.functions import cos, exp, log, maximum, relu, sigmoid, sin, sqrt, tanh

__all__ = [
    "AutogradValue",
    "ForwardValue",
    "Verdict",
    "check",
    "cos",
    "exp",
    "log",
    "maximum",
    "relu",
    "sigmoid",
    "sin",
    "sqrt",
    "tanh",
]
