"""`scipy.integrate` for traced samples: the trapezoidal rule and Simpson's.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.integrate as integrate
>>> wg.grad(lambda y: integrate.simpson(y, dx=0.3))(np.ones(3))
array([0.1, 0.4, 0.1])
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.integrate

from wengert.scipy.along import apply_along, length_along
from wengert.scipy.mirror import fall_through, refusal, serves, settled, traced
from wengert.tracing import as_operand, type_of

__all__ = ["cumulative_simpson", "cumulative_trapezoid", "romb", "simpson", "trapezoid"]

_plain: Final[Any] = scipy.integrate
_beyond = fall_through("scipy.integrate")


def _panels(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The areas between neighbours; differentiable in the abscissas too."""
    y = np.moveaxis(as_operand(y), axis, -1)
    if x is not None:
        x = as_operand(x)
        x = x if len(type_of(x).shape) == 1 else np.moveaxis(x, axis, -1)
        dx = x[..., 1:] - x[..., :-1]
    return dx * 0.5 * (y[..., 1:] + y[..., :-1])


@serves(_plain.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The trapezoidal rule, in the ordinates and the abscissas."""
    return np.sum(_panels(y, x, dx, axis), axis=-1)


@serves(_plain.cumulative_trapezoid)
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The running integral by the trapezoidal rule."""
    total = np.cumsum(_panels(y, x, dx, axis), axis=-1)
    if initial is not None:
        total = np.concatenate([0.0 * total[..., :1], total], axis=-1)
    return np.moveaxis(total, -1, axis)


def _constant_abscissas(name: str, x: Any, dx: Any) -> tuple[Any, Any]:
    x, dx = settled(x), settled(dx)
    if traced(x, dx):
        raise refusal(f"scipy.integrate.{name}", "in the abscissas; use trapezoid, or give them as plain numbers")
    return x, dx


@serves(_plain.simpson)
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Simpson's rule, in the ordinates: the weights are SciPy's."""
    x, dx = _constant_abscissas("simpson", x, dx)
    if x is not None and np.ndim(x) > 1:
        raise refusal("scipy.integrate.simpson with abscissas of several axes", "for traced values")
    return apply_along(_plain.simpson(np.eye(length_along(y, axis)), x=x, dx=dx, axis=0), y, axis)


@serves(_plain.cumulative_simpson)
def cumulative_simpson(y: Any, *, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The running integral by Simpson's rule."""
    x, dx = _constant_abscissas("cumulative_simpson", x, dx)
    if initial is not None and np.any(np.asarray(initial) != 0):
        raise refusal("scipy.integrate.cumulative_simpson with an initial value that is not 0", "for traced values")
    matrix = _plain.cumulative_simpson(np.eye(length_along(y, axis)), x=x, dx=dx, axis=0, initial=initial)
    return apply_along(matrix, y, axis)


@serves(_plain.romb)
def romb(y: Any, dx: Any = 1.0, axis: int = -1, show: bool = False) -> Any:
    """Romberg's rule for 2^k + 1 samples, in the ordinates and their distance."""
    weights = _plain.romb(np.eye(length_along(y, axis)), axis=0)
    return dx * apply_along(weights, y, axis)


def __getattr__(name: str) -> Any:
    return _beyond(name)
