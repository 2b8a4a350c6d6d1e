"""The logistic function, entropies, penalties, and small functions of one or two numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import REGISTRY, Primitive
from wengert.primitives.arithmetic import log, select
from wengert.primitives.elementwise import absolute, cos, log1p, sign, sin, sqrt
from wengert.scipy.special.declare import SPECIAL, declare, guarded, implement, library
from wengert.tracing import UFUNCS

__all__ = ["entr", "expit", "huber", "kl_div", "log_expit", "logit", "rel_entr", "softplus", "xlog1py", "xlogy"]

DEGREE: Final = float(np.pi / 180)
_LINE: Final = ((-3.0, 3.0),)

# e^-x / (1 + e^-x)^2 as a product, which keeps its digits on both sides
expit: Primitive = declare(
    "expit",
    library.expit,
    lambda y, x: expit(x) * expit(-x),
    ranges=_LINE,
    domain="everywhere",
    cite="d s(x) = s(x) s(-x) dx",
)
log_expit: Primitive = declare(
    "log_expit",
    library.log_expit,
    lambda y, x: expit(-x),
    ranges=_LINE,
    domain="everywhere",
    cite="d log s(x) = s(-x) dx",
)
logit: Primitive = declare(
    "logit", library.logit, lambda y, p: 1 / (p * (1 - p)), ranges=((0.2, 0.8),), domain="0 < p < 1", cite="DLMF 4.7.1"
)
softplus: Primitive = declare(
    "softplus",
    lambda x: np.logaddexp(x, np.zeros((), x.dtype)),
    lambda y, x: expit(x),
    ranges=_LINE,
    domain="everywhere",
    cite="d log(1 + e^x) = s(x) dx",
)


# x log y and its kind. At (0, 0) all derivatives are taken as 0, as for the power 0**0, which is its exponential.


def _away_from_origin(x: Any, y: Any) -> tuple[Any, Any]:
    origin = (x == 0) & (y == 0)
    return select(origin, 0.0, x), select(origin, 1.0, y)


def _xlogy_rates() -> tuple[Any, Any]:
    def in_first(out: Any, x: Any, y: Any) -> Any:
        return log(_away_from_origin(x, y)[1])

    def in_second(out: Any, x: Any, y: Any) -> Any:
        x, y = _away_from_origin(x, y)
        return x / y

    return in_first, in_second


_PAIR: Final = ((-1.0, 2.0), (0.3, 3.0))
xlogy: Primitive = declare(
    "xlogy", library.xlogy, *_xlogy_rates(), ranges=_PAIR, domain="y > 0; constant at (0, 0)", cite="DLMF 4.7.1"
)


def _away_from_edge(x: Any, y: Any) -> tuple[Any, Any]:
    edge = (x == 0) & (y == -1)
    return select(edge, 0.0, x), select(edge, 0.0, y)


def _xlog1py_in_second(out: Any, x: Any, y: Any) -> Any:
    x, y = _away_from_edge(x, y)
    return x / (1 + y)


xlog1py: Primitive = declare(
    "xlog1py",
    library.xlog1py,
    lambda out, x, y: log1p(_away_from_edge(x, y)[1]),
    _xlog1py_in_second,
    ranges=_PAIR,
    domain="y > -1; constant at (0, -1)",
    cite="DLMF 4.7.1",
)

# outside of their domain entropies are infinite, and constant
entr: Primitive = declare(
    "entr",
    library.entr,
    lambda out, x: select(x < 0, 0.0, -1 - log(guarded(x >= 0, x, 1.0))),
    ranges=((0.2, 3.0),),
    domain="x > 0; infinite slope at 0",
    cite="d(-x log x) = -(1 + log x) dx",
)


def _log_ratio(x: Any, y: Any) -> Any:
    """log(x / y), with the digits of the difference where both are near."""
    near = absolute(x - y) < 0.5 * y
    return select(near, log1p(guarded(near, (x - y) / y, 0.0)), log(guarded(~near, x / y, 1.0)))


def _inside(x: Any, y: Any) -> tuple[Any, Any, Any]:
    inside = (x >= 0) & (y > 0)
    return inside, guarded(inside, x, 1.0), guarded(inside, y, 1.0)


def _of_entropy(formula: Any) -> Any:
    def rate(out: Any, x: Any, y: Any) -> Any:
        inside, x, y = _inside(x, y)
        return select(inside, formula(x, y), 0.0)

    return rate


_BOTH: Final = ((0.3, 2.0), (0.3, 2.0))
rel_entr: Primitive = declare(
    "rel_entr",
    library.rel_entr,
    _of_entropy(lambda x, y: 1 + _log_ratio(x, y)),
    _of_entropy(lambda x, y: -x / y),
    ranges=_BOTH,
    domain="x, y > 0; infinite slope at x = 0",
    cite="d(x log(x/y)) = (1 + log(x/y)) dx - (x/y) dy",
)
kl_div: Primitive = declare(
    "kl_div",
    library.kl_div,
    _of_entropy(_log_ratio),
    _of_entropy(lambda x, y: (y - x) / y),
    ranges=_BOTH,
    domain="x, y > 0; infinite slope at x = 0",
    cite="d(x log(x/y) - x + y) = log(x/y) dx + (1 - x/y) dy",
)

huber: Primitive = declare(
    "huber",
    library.huber,
    lambda out, d, r: select(absolute(r) <= d, 0.0, absolute(r) - d),
    lambda out, d, r: select(absolute(r) <= d, r, d * sign(r)),
    ranges=((0.6, 1.5), (-3.0, 3.0)),
    domain="delta > 0",
    cite="Huber (1964), Robust estimation of a location parameter, eq. 2.2",
)


def _pseudo_huber_in_scale(out: Any, d: Any, r: Any) -> Any:
    u = (r / d) * (r / d)
    s = sqrt(1 + u)
    return d * (u * u) / (s * (1 + s) * (1 + s))


pseudo_huber: Primitive = declare(
    "pseudo_huber",
    library.pseudo_huber,
    _pseudo_huber_in_scale,
    lambda out, d, r: r / sqrt(1 + (r / d) * (r / d)),
    ranges=((0.6, 1.5), (-3.0, 3.0)),
    domain="delta > 0",
    cite="Charbonnier et al. (1997), Deterministic edge-preserving regularization, table I",
)

exp10: Primitive = declare(
    "exp10",
    library.exp10,
    lambda y, x: y * float(np.log(10.0)),
    ranges=((-1.5, 1.5),),
    domain="everywhere",
    cite="DLMF 4.7.8",
)
cosm1: Primitive = declare(
    "cosm1", library.cosm1, lambda y, x: -sin(x), ranges=((-1.5, 1.5),), domain="everywhere", cite="DLMF 4.20.2"
)
powm1: Primitive = declare(
    "powm1",
    library.powm1,
    lambda out, x, y: y * x ** (y - 1),
    lambda out, x, y: x**y * log(x),
    ranges=((0.5, 2.0), (-1.5, 1.5)),
    domain="x > 0",
    cite="DLMF 4.7.8",
)
sindg: Primitive = declare(
    "sindg",
    library.sindg,
    lambda y, x: DEGREE * cosdg(x),
    ranges=((-80.0, 80.0),),
    domain="everywhere",
    cite="DLMF 4.20.1",
)
cosdg: Primitive = declare(
    "cosdg",
    library.cosdg,
    lambda y, x: -DEGREE * sindg(x),
    ranges=((-80.0, 80.0),),
    domain="everywhere",
    cite="DLMF 4.20.2",
)
tandg: Primitive = declare(
    "tandg",
    library.tandg,
    lambda y, x: DEGREE * (1 + y * y),
    ranges=((-60.0, 60.0),),
    domain="x not 90 + 180 k",
    cite="DLMF 4.20.3",
)
cotdg: Primitive = declare(
    "cotdg",
    library.cotdg,
    lambda y, x: -DEGREE * (1 + y * y),
    ranges=((20.0, 160.0),),
    domain="x not 180 k",
    cite="DLMF 4.20.6",
)

# SciPy has universal functions of its own for what NumPy has too
for _name in ("cbrt", "exp2", "expm1", "log1p"):
    SPECIAL[_name] = UFUNCS[getattr(library, _name)] = REGISTRY[_name]
# the normalised sinc is NumPy's own
SPECIAL["sinc"] = np.sinc
SPECIAL["round"] = UFUNCS[library.round] = REGISTRY["rint"]


@implement("radian")
def radian(d: Any, m: Any, s: Any) -> Any:
    """Degrees, minutes and seconds of arc in radians."""
    return (d + (m + s / 60.0) / 60.0) * DEGREE


@implement("diric")
def diric(x: Any, n: int) -> Any:
    """The Dirichlet kernel, a mean of cosines: so it is smooth where its quotient is 0 / 0; DLMF 1.15.3."""
    if int(n) != n or n <= 0:
        raise ValueError("diric(x, n) of a traced x needs a positive whole number n")
    frequencies = [0.5 * (n - 1) - k for k in range(int(n))]
    return sum((cos(frequency * x) for frequency in frequencies[1:]), cos(frequencies[0] * x)) / n
