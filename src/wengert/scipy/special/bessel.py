"""Bessel functions, their relatives, and their spherical kinds. In their order they have no rule here."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.elementwise import absolute, sign
from wengert.scipy.special.declare import SPECIAL, as_complex, declare, implement, integer_step, library, number
from wengert.scipy.special.gamma import rgamma
from wengert.scipy.special.hypergeometric import hyp1f1
from wengert.tracing import as_operand

__all__: list[str] = []

_ORDER: Final = "its order"
_ANY: Final = ((-3.0, 3.0),)
_RIGHT: Final = ((0.5, 4.0),)
_ORDERED: Final = (range(4), (0.5, 4.0))
ROOT_PI: Final = float(np.sqrt(np.pi))


def _lower(v: Any) -> Any:
    return integer_step(v, -1)


def _upper(v: Any) -> Any:
    return integer_step(v, 1)


jv: Primitive = declare(
    "jv",
    library.jv,
    _ORDER,
    lambda y, v, z: 0.5 * (jv(_lower(v), z) - jv(_upper(v), z)),
    ranges=_ORDERED,
    domain="z > 0; every z for whole orders",
    cite="DLMF 10.6.1",
    holomorphic=True,
)
j0: Primitive = declare("j0", library.j0, lambda y, x: -j1(x), ranges=_ANY, domain="everywhere", cite="DLMF 10.6.3")
j1: Primitive = declare(
    "j1", library.j1, lambda y, x: 0.5 * (j0(x) - jv(2, x)), ranges=_ANY, domain="everywhere", cite="DLMF 10.6.1"
)
yv: Primitive = declare(
    "yv",
    library.yv,
    _ORDER,
    lambda y, v, z: 0.5 * (yv(_lower(v), z) - yv(_upper(v), z)),
    ranges=_ORDERED,
    domain="z > 0",
    cite="DLMF 10.6.1",
    holomorphic=True,
)
yn: Primitive = declare(
    "yn",
    library.yn,
    _ORDER,
    lambda y, n, x: 0.5 * (yn(_lower(n), x) - yn(_upper(n), x)),
    ranges=_ORDERED,
    domain="x > 0",
    cite="DLMF 10.6.1",
)
y0: Primitive = declare("y0", library.y0, lambda y, x: -y1(x), ranges=_RIGHT, domain="x > 0", cite="DLMF 10.6.3")
y1: Primitive = declare(
    "y1", library.y1, lambda y, x: 0.5 * (y0(x) - yn(2, x)), ranges=_RIGHT, domain="x > 0", cite="DLMF 10.6.1"
)
iv: Primitive = declare(
    "iv",
    library.iv,
    _ORDER,
    lambda y, v, z: 0.5 * (iv(_lower(v), z) + iv(_upper(v), z)),
    ranges=_ORDERED,
    domain="z > 0; every z for whole orders",
    cite="DLMF 10.29.1",
    holomorphic=True,
)
i0: Primitive = declare("i0", library.i0, lambda y, x: i1(x), ranges=_ANY, domain="everywhere", cite="DLMF 10.29.3")
i1: Primitive = declare(
    "i1", library.i1, lambda y, x: 0.5 * (i0(x) + iv(2, x)), ranges=_ANY, domain="everywhere", cite="DLMF 10.29.1"
)
kv: Primitive = declare(
    "kv",
    library.kv,
    _ORDER,
    lambda y, v, z: -0.5 * (kv(_lower(v), z) + kv(_upper(v), z)),
    ranges=_ORDERED,
    domain="z > 0",
    cite="DLMF 10.29.1",
    holomorphic=True,
)
kn: Primitive = declare(
    "kn",
    library.kn,
    _ORDER,
    lambda y, n, x: -0.5 * (kn(absolute(_lower(n)), x) + kn(_upper(n), x)),
    ranges=_ORDERED,
    domain="x > 0",
    cite="DLMF 10.29.1, 10.27.3",
)
k0: Primitive = declare("k0", library.k0, lambda y, x: -k1(x), ranges=_RIGHT, domain="x > 0", cite="DLMF 10.29.3")
k1: Primitive = declare(
    "k1", library.k1, lambda y, x: -0.5 * (k0(x) + kn(2, x)), ranges=_RIGHT, domain="x > 0", cite="DLMF 10.29.1"
)


def hankel(name: str, scale: Callable[[Any], Any] | None = None) -> Primitive:
    """A Hankel function, complex for real numbers too; `scale` gives what a factor adds to the derivative."""
    function = getattr(library, name)

    def rate(y: Any, v: Any, z: Any) -> Any:
        step = 0.5 * (primitive(_lower(v), z) - primitive(_upper(v), z))
        return step if scale is None else step + scale(y)

    primitive = declare(
        name,
        lambda v, z: function(v, z),
        _ORDER,
        rate,
        ranges=_ORDERED,
        domain="z != 0",
        cite="DLMF 10.6.1",
        holomorphic=True,
        complex_samples=True,
    )

    @implement(name)
    def of_order(v: Any, z: Any) -> Any:
        return primitive(as_operand(v), as_complex(z))

    return primitive


hankel1 = hankel("hankel1")
hankel2 = hankel("hankel2")

# Scaled functions of real numbers. Their neighbours nearly cancel at large arguments, confluent
# hypergeometric functions do not: DLMF 10.39.5.
i0e: Primitive = declare(
    "i0e",
    library.i0e,
    lambda y, x: -sign(x) * hyp1f1(1.5, 2.0, -2 * absolute(x)),
    ranges=((0.3, 4.0),),
    domain="x != 0, where the slope is taken as 0",
    cite="DLMF 10.39.5, 13.3.15",
)
i1e: Primitive = declare(
    "i1e",
    library.i1e,
    lambda y, x: 0.5 * (hyp1f1(1.5, 3.0, -2 * absolute(x)) - absolute(x) * hyp1f1(2.5, 4.0, -2 * absolute(x))),
    ranges=((0.3, 4.0),),
    domain="everywhere",
    cite="DLMF 10.39.5, 13.3.15",
)
k0e: Primitive = declare(
    "k0e",
    library.k0e,
    lambda y, x: y - k1e(x),
    ranges=_RIGHT,
    domain="x > 0; the digits of x are lost where x is large",
    cite="DLMF 10.29.3",
)
k1e: Primitive = declare(
    "k1e",
    library.k1e,
    lambda y, x: y - 0.5 * (k0e(x) + kve(2, x)),
    ranges=_RIGHT,
    domain="x > 0; the digits of x are lost where x is large",
    cite="DLMF 10.29.1",
)
ive: Primitive = declare(
    "ive",
    library.ive,
    _ORDER,
    lambda y, v, x: 0.5 * (ive(_lower(v), x) + ive(_upper(v), x)) - sign(x) * y,
    ranges=_ORDERED,
    domain="x real, not 0; the digits of x are lost where x is large",
    cite="DLMF 10.29.1",
)
kve: Primitive = declare(
    "kve",
    library.kve,
    _ORDER,
    lambda y, v, z: y - 0.5 * (kve(_lower(v), z) + kve(_upper(v), z)),
    ranges=_ORDERED,
    domain="z > 0; the digits of z are lost where z is large",
    cite="DLMF 10.29.1",
    holomorphic=True,
)
# for real numbers the scale of these two is one
jve: Primitive = declare(
    "jve",
    library.jve,
    _ORDER,
    lambda y, v, x: 0.5 * (jve(_lower(v), x) - jve(_upper(v), x)),
    ranges=_ORDERED,
    domain="x real, > 0",
    cite="DLMF 10.6.1",
)
yve: Primitive = declare(
    "yve",
    library.yve,
    _ORDER,
    lambda y, v, x: 0.5 * (yve(_lower(v), x) - yve(_upper(v), x)),
    ranges=_ORDERED,
    domain="x real, > 0",
    cite="DLMF 10.6.1",
)


def _struve_term(v: Any, x: Any) -> Any:
    return (0.5 * x) ** v * rgamma(v + 1.5) / ROOT_PI


struve: Primitive = declare(
    "struve",
    library.struve,
    _ORDER,
    lambda y, v, x: 0.5 * (struve(_lower(v), x) - struve(_upper(v), x) + _struve_term(v, x)),
    ranges=_ORDERED,
    domain="x > 0",
    cite="DLMF 11.4.24",
)
modstruve: Primitive = declare(
    "modstruve",
    library.modstruve,
    _ORDER,
    lambda y, v, x: 0.5 * (modstruve(_lower(v), x) + modstruve(_upper(v), x) + _struve_term(v, x)),
    ranges=_ORDERED,
    domain="x > 0",
    cite="DLMF 11.4.28",
)


def _spherical(name: str, down: float, up: float, cite: str, holomorphic: bool = True) -> Any:
    """f_n' = (down n f_(n-1) + up (n+1) f_(n+1)) / (2n + 1)."""
    function = getattr(library, name)

    def rate(y: Any, n: Any, z: Any) -> Any:
        # the neighbour below the first has the factor zero
        below = primitive(integer_step(np.maximum(n, integer_step(n * 0, 1)), -1), z)
        order = number(n, z)
        above = primitive(integer_step(n, 1), z)
        return (down * order * below + up * (order + 1) * above) / (2 * order + 1)

    primitive = declare(
        name,
        lambda n, z: function(np.asarray(n, np.int64), z),
        _ORDER,
        rate,
        ranges=(range(3), (0.5, 4.0)),
        domain="z != 0, or z = 0 for the kinds that are finite there",
        cite=cite,
        holomorphic=holomorphic,
    )

    @implement(name)
    def of_order(n: Any, z: Any, derivative: bool = False) -> Any:
        # orders are whole numbers, and constant
        n, z = np.asarray(n), as_operand(z)
        return rate(None, n, z) if derivative else primitive(n, z)

    return primitive


spherical_jn = _spherical("spherical_jn", 1.0, -1.0, "DLMF 10.51.2")
spherical_yn = _spherical("spherical_yn", 1.0, -1.0, "DLMF 10.51.2")
spherical_in = _spherical("spherical_in", 1.0, 1.0, "DLMF 10.51.5")
spherical_kn = _spherical("spherical_kn", -1.0, -1.0, "DLMF 10.51.5")


def _derivative(name: str, function: Any, signs: tuple[float, float]) -> None:
    """Derivatives of order n in the argument: DLMF 10.6.7 and 10.29.5."""

    @implement(name)
    def of_order(v: Any, z: Any, n: int = 1) -> Any:
        total: Any = 0.0
        for k in range(n + 1):
            weight = comb(n, k) * signs[0] ** (n - k) * signs[1] ** k / 2.0**n
            total = total + weight * function(v - n + 2 * k, as_operand(z))
        return total


_derivative("jvp", jv, (1.0, -1.0))
_derivative("yvp", yv, (1.0, -1.0))
_derivative("ivp", iv, (1.0, 1.0))
_derivative("kvp", kv, (-1.0, -1.0))
_derivative("h1vp", SPECIAL["hankel1"], (1.0, -1.0))
_derivative("h2vp", SPECIAL["hankel2"], (1.0, -1.0))
__all__ += ["hankel", "i0", "j0", "k0", "modstruve", "spherical_in", "spherical_jn", "struve", "y0"]
