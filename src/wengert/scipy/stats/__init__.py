"""`scipy.stats` for traced values: densities, probabilities, quantiles and moments of the common distributions.

They are differentiable in the variable and in every continuous parameter, `loc` and `scale` included, whether the
parameters are given with the call or fixed before.

>>> import wengert as wg
>>> import wengert.scipy.stats as stats
>>> wg.grad(lambda scale: stats.norm.logpdf(1.0, loc=0.0, scale=scale))(2.0)
-0.375
>>> wg.grad(lambda scale: stats.norm(loc=0.0, scale=scale).ppf(0.975))(2.0)
1.959963984540054
"""

from __future__ import annotations

from typing import Any

import scipy.stats

from wengert.scipy.mirror import fall_through
from wengert.scipy.stats.distribution import Continuous, Discrete
from wengert.scipy.stats.multivariate import Dirichlet, Multinomial, MultivariateNormal
from wengert.scipy.stats.standard import CONTINUOUS, DISCRETE

_plain: Any = scipy.stats
_beyond = fall_through("scipy.stats")
_OFFERED: dict[str, Any] = {
    **{name: Continuous(name, getattr(_plain, name), standard) for name, standard in CONTINUOUS.items()},
    **{name: Discrete(name, getattr(_plain, name), standard) for name, standard in DISCRETE.items()},
    "multivariate_normal": MultivariateNormal(),
    "dirichlet": Dirichlet(),
    "multinomial": Multinomial(),
}
globals().update(_OFFERED)
__all__ = sorted(_OFFERED)


def __getattr__(name: str) -> Any:
    return _beyond(name)
