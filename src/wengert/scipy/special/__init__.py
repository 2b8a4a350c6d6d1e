"""`scipy.special` for traced values.

A universal function has one differential, written with others of its kind, so that derivatives of every order and in
both modes follow. Orders, degrees and parameters in which a function has no rule here are refused by name.

>>> import numpy as np
>>> import wengert as wg
>>> import wengert.scipy.special as special
>>> wg.grad(lambda x: np.sum(special.gammaln(x)))(np.array([1.0, 2.0]))
array([-0.57721566,  0.42278434])
>>> wg.grad(special.logsumexp)(np.array([0.0, 0.0, -np.inf]))
array([0.5, 0.5, 0. ])
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from wengert.scipy.mirror import fall_through, traced
from wengert.scipy.special import (
    bessel,
    derived,
    error,
    gamma,
    hypergeometric,
    incomplete_beta,
    incomplete_gamma,
    integrals,
    logistic,
    orthogonal,
    quantiles,
    sums,
    zeta,
)
from wengert.scipy.special.declare import SPECIAL, library

_families = (
    bessel,
    derived,
    error,
    gamma,
    hypergeometric,
    incomplete_beta,
    incomplete_gamma,
    integrals,
    logistic,
    orthogonal,
    quantiles,
    sums,
    zeta,
)
_beyond = fall_through("scipy.special")

# one function under two names
for _name, _other in (("digamma", "psi"), ("jn", "jv")):
    SPECIAL[_name] = SPECIAL[_other]


def _offered(name: str) -> Any:
    """SciPy's function on plain values, ours on traced ones."""
    ours, theirs = SPECIAL[name], getattr(library, name)
    if isinstance(theirs, np.ufunc):
        # a universal function finds ours by itself
        return theirs

    @functools.wraps(theirs)
    def either(*args: Any, **options: Any) -> Any:
        return (ours if traced(*args, *options.values()) else theirs)(*args, **options)

    return either


# submodules are attributes too, so that functions of their names must be set over them
globals().update({name: _offered(name) for name in SPECIAL if hasattr(library, name)})
__all__ = sorted(name for name in SPECIAL if hasattr(library, name))


def __getattr__(name: str) -> Any:
    return _beyond(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(library)})
