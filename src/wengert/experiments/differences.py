"""The error of finite differences against their step: the V, beside the complex step and automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any, Final

import numpy as np

from wengert.api.forward import derivative
from wengert.experiments.result import Panel, Result, Series

__all__ = ["difference_error"]

_POINT: Final = 1.5
_DIGITS: Final = 60


def _function(x: Any) -> Any:
    return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)


def difference_error(progress: Callable[[Any], Any] = iter, quick: bool = False) -> Result:
    """The relative error of derivatives of eˣ / √(sin³x + cos³x) at 1.5, for steps from 0.1 down to 10⁻²⁰.

    The exact derivative comes from central differences in sixty decimal digits.

    Parameters
    ----------
    progress
        Wraps what is iterated over, as `tqdm.tqdm` does.
    quick
        Take fewer steps.

    Source: W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review
    40(1) (1998), whose function this is.

    >>> from wengert.experiments import difference_error
    >>> result = difference_error(quick=True)
    >>> [series.name for series in result.panels[0].series]
    ['forward difference', 'central difference', 'complex step', 'automatic differentiation']
    """
    exact = _exact()
    steps = [10.0**-power for power in np.linspace(1, 20, 20 if quick else 77)]
    methods: dict[str, Callable[[float], float]] = {
        "forward difference": lambda h: (_function(_POINT + h) - _function(_POINT)) / h,
        "central difference": lambda h: (_function(_POINT + h) - _function(_POINT - h)) / (2 * h),
        "complex step": lambda h: _function(complex(_POINT, h)).imag / h,
        "automatic differentiation": lambda h: derivative(_function)(_POINT),
    }
    errors: dict[str, list[float]] = {name: [] for name in methods}
    # where the difference is nothing but rounding, or no error is left, a tenth of the spacing of numbers stands
    least = np.finfo(float).eps / 10
    for step in progress(steps):
        with np.errstate(all="ignore"):
            for name, method in methods.items():
                errors[name].append(max(abs(float(method(step)) - exact) / exact, least))
    series = tuple(Series(name, tuple(steps), tuple(values)) for name, values in errors.items())
    best = {name: min(values) for name, values in errors.items()}
    return Result(
        "The error of a derivative against the step of its difference",
        f"Forward differences are right to {best['forward difference']:.0e} at best, central ones to "
        f"{best['central difference']:.0e}: a smaller step cancels digits. The complex step and automatic "
        f"differentiation have no difference to cancel.",
        (Panel("", "step h", "relative error", series),),
    )


def _exact() -> float:
    with localcontext() as context:
        context.prec = _DIGITS
        step = Decimal(10) ** (-_DIGITS // 3)
        above, below = (_in_decimals(Decimal(_POINT) + sign * step) for sign in (1, -1))
        return float((above - below) / (2 * step))


def _in_decimals(x: Decimal) -> Decimal:
    sine = cosine = Decimal(0)
    term = Decimal(1)
    for power in range(2 * _DIGITS):
        sign = -1 if power % 4 > 1 else 1
        if power % 2:
            sine += sign * term
        else:
            cosine += sign * term
        term = term * x / (power + 1)
    return x.exp() / (sine**3 + cosine**3).sqrt()
