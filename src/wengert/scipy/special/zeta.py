"""The Hurwitz and Riemann zeta functions, in the exponent too."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.scipy.special.declare import declare, floating, implement, library
from wengert.scipy.special.gamma import BERNOULLI
from wengert.scipy.special.jets import Jet
from wengert.tracing import UFUNCS

__all__ = ["hurwitz"]

_STEPS: Final = 24


def _power(base: Any, s: Any, order: int) -> Jet:
    """base^-s as a series in s."""
    g = np.zeros((order + 1, 1, *s.shape))
    if order:
        g[1, 0] = -np.log(base)
    return Jet(g).exp_times(base**-s)


def _zeta_value(s: Any, q: Any, *, order: int) -> Any:
    """The derivative of this order in s, by the formula of Euler and Maclaurin: DLMF 25.11.5."""
    s, q = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(q, np.float64))
    if order == 0:
        return library.zeta(s, q)
    with np.errstate(all="ignore"):
        total = _power(q, s, order)
        for k in range(1, _STEPS):
            total = total + _power(q + k, s, order)
        z, exponent = q + _STEPS, Jet.variable(s, (order, 0), 0)
        last = _power(z, s, order)
        total = total + last.scaled(z) / (exponent + -1.0) + last.scaled(0.5)
        rising = exponent
        for j, number in enumerate(BERNOULLI, start=1):
            # (s)_(2j-1) / (2j)!
            total = total + (last * rising).scaled(number / float(library.gamma(2 * j + 1)) / z ** (2 * j - 1))
            rising = rising * (exponent + (2.0 * j - 1)) * (exponent + 2.0 * j)
        return np.where((q > 0) & (s > 1), total.derivative((order, 0)), np.nan)


hurwitz: Primitive = declare(
    "zeta",
    _zeta_value,
    lambda y, s, q, *, order: hurwitz(s, q, order=order + 1),
    lambda y, s, q, *, order: (
        -s * hurwitz(s + 1, q, order=order)
        if not order
        else -s * hurwitz(s + 1, q, order=order) - order * hurwitz(s + 1, q, order=order - 1)
    ),
    ranges=((1.5, 4.0), (0.5, 3.0)),
    domain="s > 1, q > 0",
    cite="DLMF 25.11.5, 25.11.17",
    params=("order",),
    settings=({"order": 0}, {"order": 1}),
    register=False,
)


@implement("zeta")
def zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    """The Riemann zeta function, with q that of Hurwitz."""
    if out is not None:
        raise TypeError("zeta() got an unexpected keyword argument 'out'")
    return hurwitz(floating(x), 1.0 if q is None else floating(q), order=0)


@implement("zetac")
def zetac(x: Any) -> Any:
    """The Riemann zeta function less one; its first term left out keeps the digits."""
    return hurwitz(floating(x), 2.0, order=0)


# what scipy.special.zeta calls
for _name in ("_riemann_zeta", "_zeta"):
    if hasattr(library._ufuncs, _name):
        UFUNCS[getattr(library._ufuncs, _name)] = zeta
