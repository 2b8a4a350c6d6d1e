"""Orthogonal polynomials in their variable; in degree and parameters they have no rule here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.primitives.arithmetic import select
from wengert.scipy.special.declare import declare, floating, implement, integer_step, library, number

__all__: list[str] = []


def _polynomial(
    name: str, count: int, derivative: Callable[..., Any], cite: str, parameters: tuple[range, ...] = ()
) -> Any:
    """`derivative(below, n, *parameters, x)` with the degree below; a constant has the derivative zero."""

    def rate(y: Any, n: Any, *rest: Any) -> Any:
        constant = n == 0
        below = integer_step(select(constant, integer_step(n * 0, 1), n), -1)
        return select(constant, 0.0, derivative(below, n, *rest))

    refused = ("the degree", *["this parameter"] * count)
    ranges: Any = (range(5), *(parameters or [range(1, 3)] * count), (-0.9, 0.9))
    return declare(
        name,
        getattr(library, name),
        *refused,
        rate,
        ranges=ranges,
        domain="everywhere in x, n >= 0",
        cite=cite,
        holomorphic=True,
    )


def _next(parameter: Any) -> Any:
    return integer_step(parameter, 1)


def _second_next(parameter: Any) -> Any:
    return integer_step(parameter, 2)


jacobi: Any = _polynomial(
    "eval_jacobi",
    2,
    lambda below, n, a, b, x: (
        0.5 * (number(n, x) + number(a, x) + number(b, x) + 1) * jacobi(below, _next(a), _next(b), x)
    ),
    "DLMF 18.9.15",
)
gegenbauer: Any = _polynomial(
    "eval_gegenbauer", 1, lambda below, n, a, x: 2.0 * number(a, x) * gegenbauer(below, _next(a), x), "DLMF 18.9.19"
)
legendre: Any = _polynomial("eval_legendre", 0, lambda below, n, x: gegenbauer(below, 1.5, x), "DLMF 18.7.9, 18.9.19")
chebyu: Any = _polynomial("eval_chebyu", 0, lambda below, n, x: 2.0 * gegenbauer(below, 2.0, x), "DLMF 18.7.4, 18.9.19")
chebyt: Any = _polynomial("eval_chebyt", 0, lambda below, n, x: number(n, x) * chebyu(below, x), "DLMF 18.9.21")
genlaguerre: Any = _polynomial(
    "eval_genlaguerre", 1, lambda below, n, a, x: -genlaguerre(below, _next(a), x), "DLMF 18.9.23"
)
laguerre: Any = _polynomial("eval_laguerre", 0, lambda below, n, x: -genlaguerre(below, 1.0, x), "DLMF 18.9.23")
hermite: Any = _polynomial(
    "eval_hermite", 0, lambda below, n, x: 2.0 * number(n, x) * hermite(below, x), "DLMF 18.9.25"
)
hermitenorm: Any = _polynomial(
    "eval_hermitenorm", 0, lambda below, n, x: number(n, x) * hermitenorm(below, x), "DLMF 18.9.27"
)

# The same polynomials in other variables.
chebyc: Any = _polynomial("eval_chebyc", 0, lambda below, n, x: number(n, x) * chebyu(below, 0.5 * x), "DLMF 18.9.21")
chebys: Any = _polynomial("eval_chebys", 0, lambda below, n, x: gegenbauer(below, 2.0, 0.5 * x), "DLMF 18.7.4, 18.9.19")
sh_legendre: Any = _polynomial(
    "eval_sh_legendre", 0, lambda below, n, x: 2.0 * gegenbauer(below, 1.5, 2 * x - 1), "DLMF 18.7.9, 18.9.19"
)
sh_chebyt: Any = _polynomial(
    "eval_sh_chebyt", 0, lambda below, n, x: 2.0 * number(n, x) * chebyu(below, 2 * x - 1), "DLMF 18.9.21"
)
sh_chebyu: Any = _polynomial(
    "eval_sh_chebyu", 0, lambda below, n, x: 4.0 * gegenbauer(below, 2.0, 2 * x - 1), "DLMF 18.7.4, 18.9.19"
)
sh_jacobi: Any = _polynomial(
    "eval_sh_jacobi",
    2,
    lambda below, n, p, q, x: number(n, x) * sh_jacobi(below, _second_next(p), _next(q), x),
    "DLMF 18.9.15; monic",
    parameters=(range(3, 5), range(1, 3)),
)


@implement("assoc_laguerre")
def assoc_laguerre(x: Any, n: Any, k: Any = 0.0) -> Any:
    """The generalised Laguerre polynomial, with its arguments in another order."""
    return genlaguerre(n, k, floating(x))


lpmv: Any = declare(
    "lpmv",
    library.lpmv,
    "its order",
    "its degree",
    lambda y, m, v, x: (
        ((number(v, x) + 1) * x * y + (number(m, x) - number(v, x) - 1) * lpmv(m, integer_step(v, 1), x)) / (1 - x * x)
    ),
    ranges=(range(2), range(2, 5), (-0.8, 0.8)),
    domain="|x| < 1",
    cite="DLMF 14.10.5",
)
