"""Functions of matrices, through Frechet derivatives of every order.

The k-th derivative in the directions E1, ..., Ek is a block of the function of a matrix 2^k times as large: Higham &
Relton, Higher order Frechet derivatives of matrix functions, SIAM J. Matrix Anal. Appl. 35 (2014), Theorem 3.1 and
Algorithm 3.6. The adjoint in a direction is the derivative at the transposed matrix: Higham, Functions of Matrices
(2008), section 3.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.linalg

from wengert.errors import UndefinedDerivativeError
from wengert.graph import Primitive
from wengert.primitives.arithmetic import real
from wengert.primitives.linalg.matrices import inexact, squares
from wengert.primitives.shaping import swap_last
from wengert.scipy.mirror import serves
from wengert.tracing import type_of

__all__ = [
    "coshm", "cosm", "expm", "expm_frechet", "fractional_matrix_power", "logm", "sinhm", "sinm", "sqrtm", "tanhm",
    "tanm",
]  # fmt: skip

_plain: Final[Any] = scipy.linalg
_FUNCTIONS: Final[dict[str, Any]] = {"expm": _plain.expm, "logm": _plain.logm, "sqrtm": _plain.sqrtm}

matrix_function = Primitive(
    "matrix_function", params=("kind",), notation="{kind}({args})",
    shapes="(...,n,n), and the same for each direction -> (...,n,n)",
    domain="expm: everywhere; logm and sqrtm: no eigenvalue that is zero or a negative real number",
    cite="Higham & Relton (2014), Theorem 3.1; Higham, Functions of Matrices (2008), section 3",
)  # fmt: skip


def _blocks(a: Any, directions: tuple[Any, ...]) -> Any:
    """X_k = [[X, I x E], [0, X]] with X = X_(k-1)."""
    x, n = a, a.shape[-1]
    for e in directions:
        size = x.shape[-1]
        larger = np.zeros((2 * size, 2 * size), x.dtype)
        larger[:size, :size] = larger[size:, size:] = x
        for start in range(0, size, n):
            larger[start : start + n, size + start : size + start + n] = e
        x = larger
    return x


def _one_value(kind: str, a: Any, directions: tuple[Any, ...]) -> Any:
    if not np.all(np.isfinite(a)):
        return np.full(a.shape, np.nan)
    if kind != "expm" and not np.all(np.linalg.svd(a, compute_uv=False) > 0):
        # singular: zero has a root, but neither a logarithm nor a derivative
        return np.zeros(a.shape) if kind == "sqrtm" and not directions and not np.any(a) else np.full(a.shape, np.nan)
    n = a.shape[-1]
    # every derivative is linear in its directions: a scale keeps them from spoiling the larger function
    scales = [max(float(np.max(np.abs(e), initial=0.0)), 0.0) for e in directions]
    if any(scale == 0 for scale in scales):
        return np.zeros(a.shape)
    size = max(float(np.max(np.abs(a), initial=0.0)), 1e-300)
    parts = tuple(e / scale * size for e, scale in zip(directions, scales, strict=True))
    with np.errstate(all="ignore"):
        found = _FUNCTIONS[kind](_blocks(a, parts))[:n, -n:] if directions else _FUNCTIONS[kind](a)
    if np.iscomplexobj(found) and not np.iscomplexobj(a):
        if np.any(np.abs(found.imag) > 1e-10 * np.max(np.abs(found), initial=1e-300)):
            raise UndefinedDerivativeError(
                f"scipy.linalg.{kind} of this real matrix is complex: it has a negative eigenvalue, where the function "
                f"has its cut. Pass the matrix as complex numbers (a + 0j)."
            )
        found = found.real
    factor = np.prod([scale / size for scale in scales]) if directions else 1.0
    return found * factor


@matrix_function.evaluate
def _matrix_function_value(xp: Any, a: Any, *directions: Any, kind: str) -> Any:
    dtype = np.result_type(a, *directions)
    shape = np.broadcast_shapes(a.shape, *(e.shape for e in directions))
    operands = [np.broadcast_to(x, shape).astype(np.result_type(dtype, np.float64)) for x in (a, *directions)]
    out = np.zeros(shape, dtype)
    for place in np.ndindex(shape[:-2]):
        first, *others = (x[place] for x in operands)
        out[place] = _one_value(kind, first, tuple(others))
    return out


@matrix_function.differential
def _d_matrix_function(out: Any, a: Any, *directions: Any, kind: str) -> Any:
    def in_direction(position: int) -> Any:
        def linear(de: Any) -> Any:
            return matrix_function(a, *directions[:position], de, *directions[position + 1 :], kind=kind)

        return linear

    in_matrix = lambda da: matrix_function(a, *directions, da, kind=kind)  # noqa: E731
    return in_matrix, *(in_direction(position) for position in range(len(directions)))


def _adjoint(argument: int) -> Any:
    def rule(g: Any, a: Any, *directions: Any, kind: str) -> Any:
        others = [swap_last(e) for place, e in enumerate(directions, start=1) if place != argument]
        return matrix_function(swap_last(a), *others, g, kind=kind)

    return rule


for _argument in range(1, 7):
    matrix_function.transpose(_argument)(_adjoint(_argument))
matrix_function.shape(lambda *types, kind: np.broadcast_shapes(*(t.shape for t in types)))
matrix_function.batch(lambda size, args, batched, *, kind: matrix_function(*args, kind=kind))
matrix_function.flops(lambda *types, kind: 20 * 8 ** (len(types) - 1) * types[0].size * types[0].shape[-1])


def _sample(kind: str, directions: int, dtype: Any = np.float64, stack: tuple[int, ...] = ()) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        def matrix() -> Any:
            x = rng.normal(size=(*stack, 3, 3))
            return x + 1j * rng.normal(size=x.shape) if np.dtype(dtype).kind == "c" else x

        a = 0.5 * matrix() + (0.0 if kind == "expm" else 4.0) * np.eye(3)
        return tuple(np.asarray(x, dtype) for x in (a, *(matrix() for _ in range(directions)))), {"kind": kind}

    return draw


matrix_function.samples(
    _sample("expm", 0), _sample("expm", 0, stack=(2,)), _sample("expm", 0, np.float32),
    _sample("expm", 1, np.complex128),
    _sample("logm", 0), _sample("sqrtm", 0),
)  # fmt: skip


def _apply(kind: str, a: Any) -> Any:
    return matrix_function(squares(a, kind), kind=kind)


@serves(_plain.expm)
def expm(A: Any) -> Any:
    """The matrix exponential of matrices (..., n, n), with Frechet derivatives of every order."""
    return _apply("expm", A)


@serves(_plain.logm)
def logm(A: Any, disp: Any = None) -> Any:
    """The principal matrix logarithm; a real matrix with negative eigenvalues must be given as complex."""
    if disp is not None and not disp:
        raise TypeError("logm() got an unexpected keyword argument 'disp'")
    return _apply("logm", A)


@serves(_plain.sqrtm)
def sqrtm(A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """The principal matrix square root; a real matrix with negative eigenvalues must be given as complex."""
    if disp is not None and not disp:
        raise TypeError("sqrtm() got an unexpected keyword argument 'disp'")
    return _apply("sqrtm", A)


@serves(_plain.expm_frechet)
def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    """The derivative of the exponential in a direction, by itself a function to differentiate."""
    A, E = inexact(squares(A, "expm_frechet"), E)
    derivative = matrix_function(A, E, kind="expm")
    return (expm(A), derivative) if compute_expm else derivative


@serves(_plain.fractional_matrix_power)
def fractional_matrix_power(A: Any, t: Any) -> Any:
    """exp(t log A), differentiable in the power too; a whole power needs no logarithm."""
    if isinstance(t, int) or (isinstance(t, float) and t.is_integer()):
        return np.linalg.matrix_power(A, int(t))
    return matrix_function(t * logm(A), kind="expm")


def _exponentials(A: Any, factor: complex) -> tuple[Any, Any]:
    A = squares(A, "expm")
    return expm(factor * A), expm(-factor * A)


def _is_real(A: Any) -> bool:
    return type_of(A).dtype.kind != "c"


@serves(_plain.cosm)
def cosm(A: Any) -> Any:
    """(exp(i A) + exp(-i A)) / 2; Higham (2008), section 12."""
    if _is_real(A):
        return real(expm(1j * squares(A, "cosm")))
    plus, minus = _exponentials(A, 1j)
    return 0.5 * (plus + minus)


@serves(_plain.sinm)
def sinm(A: Any) -> Any:
    """(exp(i A) - exp(-i A)) / 2i; Higham (2008), section 12."""
    if _is_real(A):
        return real(-1j * expm(1j * squares(A, "sinm")))
    plus, minus = _exponentials(A, 1j)
    return -0.5j * (plus - minus)


@serves(_plain.coshm)
def coshm(A: Any) -> Any:
    """(exp(A) + exp(-A)) / 2."""
    plus, minus = _exponentials(A, 1.0)
    return 0.5 * (plus + minus)


@serves(_plain.sinhm)
def sinhm(A: Any) -> Any:
    """(exp(A) - exp(-A)) / 2."""
    plus, minus = _exponentials(A, 1.0)
    return 0.5 * (plus - minus)


@serves(_plain.tanm)
def tanm(A: Any) -> Any:
    """cos(A)^-1 sin(A)."""
    return np.linalg.solve(cosm(A), sinm(A))


@serves(_plain.tanhm)
def tanhm(A: Any) -> Any:
    """cosh(A)^-1 sinh(A)."""
    return np.linalg.solve(coshm(A), sinhm(A))
