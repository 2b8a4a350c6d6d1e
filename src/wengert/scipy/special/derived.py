"""Kelvin functions, scaled Airy and Hankel functions, parabolic cylinder functions, and integrals of such functions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.elementwise import exp, sqrt
from wengert.scipy.special.bessel import hankel, i0, j0, k0, modstruve, struve, y0
from wengert.scipy.special.declare import as_complex, declare, floating, implement, integer_step, library
from wengert.scipy.special.error import erfc, faddeeva

__all__: list[str] = []

_ORDER: Final = "its order"
_RIGHT: Final = ((0.5, 3.0),)
ROOT_PI: Final = float(np.sqrt(np.pi))
# exp(i pi / 4)
EIGHTH_TURN: Final = complex(np.exp(0.25j * np.pi))


# Kelvin functions: w = ber + i bei and w = ker + i kei both satisfy w'' = i w - w' / x.


def _kelvin(name: str, rate: Any, cite: str = "DLMF 10.61.1, 10.61.3") -> Primitive:
    return declare(name, getattr(library, name), rate, ranges=_RIGHT, domain="x > 0", cite=cite)


ber: Primitive = _kelvin("ber", lambda y, x: berp(x))
bei: Primitive = _kelvin("bei", lambda y, x: beip(x))
ker: Primitive = _kelvin("ker", lambda y, x: kerp(x))
kei: Primitive = _kelvin("kei", lambda y, x: keip(x))
berp: Primitive = _kelvin("berp", lambda y, x: -bei(x) - y / x)
beip: Primitive = _kelvin("beip", lambda y, x: ber(x) - y / x)
kerp: Primitive = _kelvin("kerp", lambda y, x: -kei(x) - y / x)
keip: Primitive = _kelvin("keip", lambda y, x: ker(x) - y / x)


@implement("kelvin")
def kelvin(x: Any) -> tuple[Any, ...]:
    """Both Kelvin functions and their derivatives as complex numbers, in SciPy's order."""
    x = floating(x)
    return tuple(
        real(x) + 1j * imaginary(x) for real, imaginary in ((ber, bei), (ker, kei), (berp, beip), (kerp, keip))
    )


# exp(2/3 z^(3/2)) times Ai and Ai', its inverse times Bi and Bi'.
airye: Primitive = declare(
    "airye",
    library.airye,
    lambda y, z: (
        y[1] + sqrt(z) * y[0],
        z * y[0] + sqrt(z) * y[1],
        y[3] - sqrt(z) * y[2],
        z * y[2] - sqrt(z) * y[3],
    ),
    ranges=_RIGHT,
    domain="z > 0",
    cite="DLMF 9.2.1",
    outputs=4,
)
hankel1e = hankel("hankel1e", lambda y: -1j * y)
hankel2e = hankel("hankel2e", lambda y: 1j * y)

# Parabolic cylinder functions, with their derivatives as second results.


def _parabolic(name: str, growth: Any, cite: str) -> Primitive:
    return declare(
        name,
        getattr(library, name),
        _ORDER,
        lambda y, v, x: (y[1], growth(v, x) * y[0]),
        ranges=(range(3), (0.4, 2.0)),
        domain="everywhere in x",
        cite=cite,
        outputs=2,
        # in single precision SciPy's V is NaN
        draws=3,
    )


pbdv: Primitive = _parabolic("pbdv", lambda v, x: 0.25 * (x * x) - v - 0.5, "DLMF 12.2.4")
pbvv: Primitive = _parabolic("pbvv", lambda v, x: 0.25 * (x * x) - v - 0.5, "DLMF 12.2.2, 12.2.4")
pbwa: Primitive = _parabolic("pbwa", lambda a, x: a - 0.25 * (x * x), "DLMF 12.14.1")

# Integrals of Bessel and Struve functions of order zero.


def _integral(name: str, *integrands: Any, cite: str) -> Primitive:
    several = len(integrands) > 1
    return declare(
        name,
        getattr(library, name),
        lambda y, x: tuple(f(x) for f in integrands) if several else integrands[0](x),
        ranges=_RIGHT,
        domain="x > 0",
        cite=cite,
        outputs=len(integrands),
    )


itj0y0 = _integral("itj0y0", j0, y0, cite="DLMF 10.22.1")
iti0k0 = _integral("iti0k0", i0, k0, cite="DLMF 10.43.1")
it2j0y0 = _integral("it2j0y0", lambda x: (1 - j0(x)) / x, lambda x: -y0(x) / x, cite="DLMF 10.22.39")
it2i0k0 = _integral("it2i0k0", lambda x: (i0(x) - 1) / x, lambda x: -k0(x) / x, cite="DLMF 10.43.2")
itstruve0 = _integral("itstruve0", lambda x: struve(0, x), cite="DLMF 11.7.5")
it2struve0 = _integral("it2struve0", lambda x: -struve(0, x) / x, cite="DLMF 11.7.5")
itmodstruve0 = _integral("itmodstruve0", lambda x: modstruve(0, x), cite="DLMF 11.7.5")
besselpoly: Primitive = declare(
    "besselpoly",
    library.besselpoly,
    lambda y, a, power, v: (
        besselpoly(a, integer_step(power, 1), integer_step(v, -1))
        - besselpoly(a, integer_step(power, 1), integer_step(v, 1))
    ),
    "the power",
    _ORDER,
    ranges=((0.4, 1.5), range(2), range(3, 6)),
    domain="everywhere in a",
    cite="DLMF 10.6.1; the integral of x^power J_v(2 a x) over 0 < x < 1",
)
wright_bessel: Primitive = declare(
    "wright_bessel",
    library.wright_bessel,
    "this parameter",
    "this parameter",
    lambda y, a, b, x: wright_bessel(a, a + b, x),
    ranges=(range(1, 3), range(1, 3), (0.3, 2.0)),
    domain="a, b, x >= 0",
    cite="DLMF 10.46.1",
)
log_wright_bessel: Primitive = declare(
    "log_wright_bessel",
    library.log_wright_bessel,
    "this parameter",
    "this parameter",
    lambda y, a, b, x: exp(log_wright_bessel(a, a + b, x) - y),
    ranges=(range(1, 3), range(1, 3), (0.3, 2.0)),
    domain="a, b >= 0, x > 0",
    cite="DLMF 10.46.1",
)


def _modified_fresnel(name: str, turn: complex) -> None:
    @implement(name)
    def both(x: Any) -> tuple[Any, Any]:
        """The integral of e^(+-i t^2) from x on, and the same scaled: error functions on a diagonal; DLMF 7.5.10."""
        z = as_complex(x)
        return ROOT_PI / 2 * turn * erfc(turn.conjugate() * z), 0.5 * faddeeva(1j * turn.conjugate() * z)


_modified_fresnel("modfresnelp", EIGHTH_TURN)
_modified_fresnel("modfresnelm", EIGHTH_TURN.conjugate())


@implement("voigt_profile")
def voigt_profile(x: Any, sigma: Any, gamma: Any) -> Any:
    """A normal density folded with a Cauchy density, for sigma > 0; DLMF 7.19.1."""
    x, sigma, gamma = floating(x), floating(sigma), floating(gamma)
    width = float(np.sqrt(2.0)) * sigma
    return np.real(faddeeva((x + 1j * gamma) / width)) / (ROOT_PI * width)
