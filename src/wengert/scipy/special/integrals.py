"""Functions that are integrals by definition, Airy functions, and elliptic functions in their argument."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import select
from wengert.primitives.elementwise import cos, cosh, exp, sin, sqrt
from wengert.scipy.special.bessel import spherical_in, spherical_jn
from wengert.scipy.special.declare import declare, guarded, integer_step, library

__all__: list[str] = []

_RIGHT: Final = ((0.4, 3.0),)
QUARTER_TURN: Final = float(np.pi / 2)

exp1: Primitive = declare(
    "exp1", library.exp1, lambda y, z: -exp(-z) / z, ranges=_RIGHT, domain="z > 0", cite="DLMF 6.2.1", holomorphic=True
)
expi: Primitive = declare(
    "expi", library.expi, lambda y, x: exp(x) / x, ranges=_RIGHT, domain="x != 0", cite="DLMF 6.2.5", holomorphic=True
)


def _d_expn(y: Any, n: Any, x: Any) -> Any:
    first = n == 0
    # E_0 = e^-x / x has no order below
    return select(first, -y * (1 + 1 / x), -expn(integer_step(select(first, integer_step(n * 0, 1), n), -1), x))


expn: Primitive = declare(
    "expn", library.expn, "its order", _d_expn, ranges=(range(4), (0.4, 3.0)), domain="x > 0", cite="DLMF 8.19.13"
)
sici: Primitive = declare(
    "sici",
    library.sici,
    lambda y, x: (spherical_jn(0, x), cos(x) / x),
    ranges=_RIGHT,
    domain="x > 0",
    cite="DLMF 6.2.9, 6.2.11",
    outputs=2,
)
shichi: Primitive = declare(
    "shichi",
    library.shichi,
    lambda y, x: (spherical_in(0, x), cosh(x) / x),
    ranges=_RIGHT,
    domain="x > 0",
    cite="DLMF 6.2.15, 6.2.16",
    outputs=2,
)
fresnel: Primitive = declare(
    "fresnel",
    library.fresnel,
    lambda y, x: (sin(QUARTER_TURN * x * x), cos(QUARTER_TURN * x * x)),
    ranges=((-1.5, 1.5),),
    domain="everywhere",
    cite="DLMF 7.2.7, 7.2.8",
    outputs=2,
    holomorphic=True,
)
airy: Primitive = declare(
    "airy",
    library.airy,
    lambda y, z: (y[1], z * y[0], y[3], z * y[2]),
    ranges=((-2.0, 2.0),),
    domain="everywhere",
    cite="DLMF 9.2.1",
    outputs=4,
    holomorphic=True,
)
# Incomplete elliptic integrals: all derivatives in m are integrals of one family.


def _elliptic_moment_value(phi: Any, m: Any, *, order: int, kind: int) -> Any:
    """Integral of sin^(2n) t (1 - m sin^2 t)^(-n + 1/2 - kind), from 0 to phi, up to a quarter turn either way.

    Gauss's rule on panels that shrink towards the end, where the integrand peaks if m is near 1.
    """
    phi, m = np.broadcast_arrays(np.asarray(phi, np.float64), np.asarray(m, np.float64))
    total = np.zeros(phi.shape)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    start = np.zeros(phi.shape)
    last = 39 if np.max(m, initial=0.0) > 0.9 else 5
    for panel in range(last + 1):
        end = phi * (1 - 0.5 ** (panel + 1)) if panel < last else phi
        half = 0.5 * (end - start)
        t = start[..., None] + half[..., None] * (1 + nodes)
        square = np.sin(t) ** 2
        root = np.cos(t) ** 2 + (1 - m[..., None]) * square
        values = square**order * root ** (0.5 - kind - order)
        total = total + half * (values @ weights)
        start = end
    return total


def _d_elliptic_moment(y: Any, phi: Any, m: Any, *, order: int, kind: int) -> Any:
    square = sin(phi) * sin(phi)
    return square**order * (1 - m * square) ** (0.5 - kind - order)


elliptic_moment: Primitive = declare(
    "elliptic_moment",
    _elliptic_moment_value,
    _d_elliptic_moment,
    lambda y, phi, m, *, order, kind: (order + kind - 0.5) * elliptic_moment(phi, m, order=order + 1, kind=kind),
    ranges=((-1.2, 1.2), (-0.8, 0.7)),
    domain="|phi| <= pi/2, m sin^2 phi < 1",
    cite="DLMF 19.2.4, 19.2.5",
    params=("order", "kind"),
    settings=({"order": 1, "kind": 0}, {"order": 1, "kind": 1}),
    register=False,
)


def _in_parameter(phi: Any, m: Any, kind: int) -> Any:
    turns = np.rint(phi / np.pi)
    whole = 2 * elliptic_moment(QUARTER_TURN + 0 * phi, guarded(turns != 0, m, 0.0), order=1, kind=kind)
    rest = elliptic_moment(phi - np.pi * turns, m, order=1, kind=kind)
    return (kind - 0.5) * (rest + turns * whole)


def _elliptic(name: str, kind: int, cite: str) -> Any:
    """F for kind 1, E for kind 0; beyond a quarter turn they repeat, which the rest of the angle shows."""

    def in_angle(y: Any, phi: Any, m: Any) -> Any:
        radicand = sqrt(1 - m * sin(phi) * sin(phi))
        return 1 / radicand if kind else radicand

    return declare(
        name,
        getattr(library, name),
        in_angle,
        lambda y, phi, m: _in_parameter(phi, m, kind),
        ranges=((-1.2, 1.2), (-0.8, 0.7)),
        domain="m sin^2 phi < 1",
        cite=cite,
    )


ellipkinc = _elliptic("ellipkinc", 1, "DLMF 19.2.4")
ellipeinc = _elliptic("ellipeinc", 0, "DLMF 19.2.5")


def _d_ellipj_in_parameter(y: Any, u: Any, m: Any) -> Any:
    """From u = F(phi, m): the angle moves by -dn F_m, and sn, cn, dn are functions of the angle."""
    sn, cn, dn, phi = y
    turn = -dn * _in_parameter(phi, m, 1)
    return cn * turn, -sn * turn, -(0.5 * sn * sn + m * sn * cn * turn) / dn, turn


ellipj: Primitive = declare(
    "ellipj",
    library.ellipj,
    lambda y, u, m: (y[1] * y[2], -y[0] * y[2], -m * y[0] * y[1], y[2]),
    _d_ellipj_in_parameter,
    ranges=((-1.5, 1.5), (0.1, 0.8)),
    domain="0 <= m < 1",
    cite="DLMF 22.13.1-3, 22.16.1, 22.20.1",
    outputs=4,
)
