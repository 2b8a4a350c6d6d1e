"""Functions of Hermitian matrices, f(A) = V f(w) V^H, whose derivatives of all orders go by divided differences.

The derivative of order k of f(A) in directions E_1, ..., E_k is, in the eigenbasis, the sum over all orders of the
directions of f[w_i, w_a, ..., w_j] E_ia ... E_bj (Daleckii and Krein, 1951; Higham, Functions of Matrices, 2008,
theorem 3.11 and problem 3.9). Divided differences are smooth where eigenvalues meet, and so is every derivative.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import Primitive
from wengert.primitives.linalg.cholesky import positive
from wengert.primitives.linalg.eigh import eigh_factor
from wengert.primitives.linalg.matrices import hermitian_part, squares
from wengert.primitives.linalg.witness import declare_witness
from wengert.primitives.shaping import reshape, swap_last

__all__ = ["EXP", "LOG", "SQRT", "SpectralFunction", "divided_differences", "power_function", "spectral_function"]

_TERMS: Final = 24
# Up to this share of the radius of convergence points count as close, and 24 terms of the series give all digits.
_CLOSE: Final = 0.2


@dataclass(frozen=True)
class SpectralFunction:
    """A function of one real variable: its value, its Taylor coefficients, and how far its series reaches.

    `taylor(c, count)` returns f(c), f'(c), f''(c) / 2, ... along a last axis; `radius(c)` is the distance from c to
    the nearest point where f is not analytic, or for an entire function the size on which it varies.
    """

    name: str
    value: Callable[[Any], Any]
    taylor: Callable[[Any, int], Any]
    radius: Callable[[Any], Any]
    domain: Callable[[Any], Any] = np.isfinite

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpectralFunction) and other.name == self.name


def _exp_taylor(c: Any, count: int) -> Any:
    factorials = np.array([math.factorial(k) for k in range(count)], float)
    return np.exp(c)[..., None] / factorials


def _log_taylor(c: Any, count: int) -> Any:
    k = np.arange(1, count)
    rest = (-1.0) ** (k + 1) / (k * np.asarray(c)[..., None] ** k)
    return np.concatenate([np.log(c)[..., None], rest], axis=-1)


def _power_taylor(p: float) -> Callable[[Any, int], Any]:
    def taylor(c: Any, count: int) -> Any:
        binomials = np.cumprod([1.0, *[(p - k) / (k + 1) for k in range(count - 1)]])
        c = np.asarray(c)[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = c ** (p - np.arange(count))
        return np.where(binomials == 0, 0.0, binomials * powers)

    return taylor


EXP: Final = SpectralFunction("exp", np.exp, _exp_taylor, np.ones_like)
LOG: Final = SpectralFunction("log", np.log, _log_taylor, np.abs, lambda w: w > 0)


def power_function(p: float) -> SpectralFunction:
    """The power p: of any real matrix for whole p >= 0, of regular ones for whole p < 0, of positive ones otherwise."""
    p = float(p)
    if p == int(p) and p >= 0:
        return SpectralFunction(f"power {p}", lambda x: x**p, _power_taylor(p), np.ones_like)
    whole = p == int(p)
    inside: Callable[[Any], Any] = (lambda w: w != 0) if whole else (lambda w: w > 0)
    return SpectralFunction(f"power {p}", lambda x: x**p, _power_taylor(p), np.abs, inside)


SQRT: Final = power_function(0.5)


def divided_differences(function: SpectralFunction, points: Any) -> Any:
    """f[x_0, ..., x_k] over the last axis of `points`, accurate whether points are close, equal or far apart.

    Close points go by the Taylor series about their middle, in complete homogeneous polynomials; others by the
    recursion over the two that are farthest apart. Source: McCurdy, Ng and Parlett, Accurate computation of divided
    differences of the exponential function, Mathematics of Computation 43 (1984), sections 3 and 6.

    >>> divided_differences(EXP, np.array([0.0, 0.0, 0.0])).item()
    0.5
    """
    points = np.sort(np.asarray(points, float), axis=-1)
    shape, count = points.shape[:-1], points.shape[-1]
    flat = points.reshape(-1, count)
    if count == 1:
        return function.value(points[..., 0])
    out = np.empty(len(flat))
    middle = (flat[:, 0] + flat[:, -1]) / 2
    spread = flat[:, -1] - flat[:, 0]
    with np.errstate(invalid="ignore"):
        close = spread / 2 <= _CLOSE * function.radius(middle)
    far = ~close
    if close.any():
        out[close] = _by_series(function, flat[close], middle[close])
    if far.any():
        upper = divided_differences(function, flat[far, 1:])
        lower = divided_differences(function, flat[far, :-1])
        out[far] = (upper - lower) / spread[far]
    return out.reshape(shape)


def _by_series(function: SpectralFunction, points: Any, middle: Any) -> Any:
    count = points.shape[-1]
    coefficients = function.taylor(middle, count - 1 + _TERMS)[:, count - 1 :]
    # complete homogeneous symmetric polynomials of the deviations, one variable after the other
    homogeneous = np.zeros((len(points), _TERMS))
    homogeneous[:, 0] = 1.0
    for deviation in (points - middle[:, None]).T:
        for degree in range(1, _TERMS):
            homogeneous[:, degree] += deviation * homogeneous[:, degree - 1]
    with np.errstate(invalid="ignore"):
        return np.where(homogeneous == 0, 0.0, coefficients * homogeneous).sum(axis=-1)


def _grid(function: SpectralFunction, w: Any, order: int) -> Any:
    """f[w_a, w_b, ...] for all combinations of order + 1 eigenvalues."""
    n = w.shape[-1]
    if not n:
        return np.zeros((*w.shape[:-1], *[0] * (order + 1)))
    # symmetric in its points: computed once for each choice
    chosen = np.array(list(itertools.combinations_with_replacement(range(n), order + 1)))
    found = divided_differences(function, w[..., chosen])
    where = np.zeros((n,) * (order + 1), np.intp)
    for permuted in itertools.permutations(range(order + 1)):
        where[tuple(chosen[:, permuted].T)] = np.arange(len(chosen))
    return found[..., where]


def _value(function: SpectralFunction, a: Any, w: Any, v: Any, directions: tuple[Any, ...]) -> Any:
    inside = function.domain(w)
    if directions and not inside.all():
        raise UndefinedDerivativeError(
            f"{function.name} of a matrix has no derivative where an eigenvalue lies outside the domain of the "
            f"function or on its edge (here {w[~inside][0]:.6g}); move away from the point, for instance by a small "
            f"multiple of the identity"
        )
    dtype = np.result_type(a, *directions)
    adjoint = v.conj().swapaxes(-1, -2)
    if not directions:
        return ((v * function.value(w)[..., None, :]) @ adjoint).astype(dtype)
    order = len(directions)
    grid = _grid(function, w.astype(float), order)
    inner = [adjoint @ e @ v for e in directions]
    letters = "abcdefghijklm"[: order + 1]
    factors = ",".join(f"...{letters[i]}{letters[i + 1]}" for i in range(order))
    spelled = f"...{letters},{factors}->...{letters[0]}{letters[-1]}"
    total = sum(
        np.einsum(spelled, grid, *[inner[i] for i in permuted]) for permuted in itertools.permutations(range(order))
    )
    return (v @ total @ adjoint).astype(dtype)


spectral = Primitive(
    "spectral_function",
    signature="(n,n),(n),(n,n)->(n,n)",
    params=("function",),
    notation="f({0})",
    domain="A Hermitian, its eigenvalues in the domain of f",
    cite="Higham, Functions of Matrices (2008), theorem 3.11",
)
spectral_derivative = Primitive(
    "spectral_derivative",
    params=("function",),
    notation="D f({args})",
    shapes="(...,n,n), (...,n), (...,n,n), then k directions (...,n,n) -> (...,n,n)",
    domain="A Hermitian, its eigenvalues in the domain of f",
    cite="Higham, Functions of Matrices (2008), theorem 3.11 and problem 3.9",
)
spectral.evaluate(lambda xp, a, w, v, *, function: _value(function, a, w, v, ()))
spectral.dtype(lambda a, w, v, *, function: a.dtype)
spectral.flops(lambda a, w, v, *, function: 4 * a.size * a.shape[-1])
spectral_derivative.evaluate(lambda xp, a, w, v, *e, function: _value(function, a, w, v, e))
spectral_derivative.dtype(lambda a, w, v, *e, function: np.result_type(a.dtype, *[x.dtype for x in e]))
spectral_derivative.flops(lambda a, w, v, *e, function: a.size * a.shape[-1] ** len(e))


@spectral_derivative.shape
def _derivative_shape(a: Any, w: Any, v: Any, *e: Any, function: SpectralFunction) -> Any:
    loops = [a.shape[:-2], w.shape[:-1], v.shape[:-2], *[x.shape[:-2] for x in e]]
    return (*np.broadcast_shapes(*loops), *a.shape[-2:])


@spectral_derivative.batch
def _derivative_batch(size: int, args: Any, batched: Any, *, function: SpectralFunction) -> Any:
    cores = [1 if place == 1 else 2 for place in range(len(args))]
    ranks = [len(x.shape) - core - flag for x, core, flag in zip(args, cores, batched, strict=True)]
    aligned = []
    for x, flag, rank in zip(args, batched, ranks, strict=True):
        ones = (1,) * (max(ranks) - rank)
        aligned.append(reshape(x, shape=(x.shape[0], *ones, *x.shape[1:])) if flag and ones else x)
    return spectral_derivative(*aligned, function=function)


@spectral.differential
def _d_spectral(out: Any, a: Any, w: Any, v: Any, *, function: SpectralFunction) -> Any:
    return lambda da: spectral_derivative(a, w, v, hermitian_part(da), function=function), None, None


@spectral_derivative.differential
def _d_derivative(out: Any, a: Any, w: Any, v: Any, *e: Any, function: SpectralFunction) -> Any:
    def in_direction(place: int) -> Any:
        return lambda de: spectral_derivative(a, w, v, *e[:place], de, *e[place + 1 :], function=function)

    def in_matrix(da: Any) -> Any:
        return spectral_derivative(a, w, v, *e, hermitian_part(da), function=function)

    return (in_matrix, None, None, *map(in_direction, range(len(e))))


def _adjoint(place: int) -> Callable[..., Any]:
    def rule(g: Any, a: Any, w: Any, v: Any, *e: Any, function: SpectralFunction) -> Any:
        # the trace of G times the derivative is symmetric in G and all directions
        others = (*e[: place - 3], swap_last(g), *e[place - 2 :])
        return swap_last(spectral_derivative(a, w, v, *others, function=function))

    return rule


for _place in range(3, 12):
    spectral_derivative.transpose(_place)(_adjoint(_place))


def _sample(order: int, size: int, dtype: Any = np.float64, stack: tuple[int, ...] = ()) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = positive(*stack, size, size, dtype=dtype)(rng)
        e = [positive(size, size, dtype=dtype)(rng) / 2 for _ in range(order)]
        return (a, *np.linalg.eigh(a), *e), {"function": LOG}

    return draw


for _primitive in (spectral, spectral_derivative):
    declare_witness(_primitive, eigh_factor, (1, 2), triangle="L")
spectral.samples(_sample(0, 3), _sample(0, 2, stack=(2,)), _sample(0, 3, np.complex128), _sample(0, 3, np.float32))
spectral_derivative.samples(_sample(1, 3), _sample(2, 2), _sample(1, 2, stack=(2,)), _sample(1, 2, np.complex128))


def spectral_function(a: Any, function: SpectralFunction) -> Any:
    """f(A) = V f(w) V^H of a Hermitian matrix, or a stack of them; its derivatives are accurate at all orders.

    Eigenvalues may coincide. The gradient is that of the function of the Hermitian part.

    Parameters
    ----------
    a
        Shape (..., n, n), real symmetric or complex Hermitian.
    function
        `EXP`, `LOG`, `SQRT`, `power_function(p)`, or another `SpectralFunction`.

    Raises
    ------
    UndefinedDerivativeError
        An eigenvalue lies outside the domain of the function, or on its edge.

    Source: Higham, Functions of Matrices (2008), theorem 3.11.

    >>> import wengert as wg
    >>> wg.grad(lambda a: spectral_function(a, EXP)[0, 0])(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 0.]])
    """
    a = squares(a, "spectral_function")
    return spectral(a, *eigh_factor(a, triangle="L"), function=function)
