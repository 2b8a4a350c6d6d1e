"""Pseudoinverses, differentiated with the rank held constant.

Where the rank is not full the pseudoinverse is not continuous: a direction that raises the rank makes it jump. What
is differentiated is its restriction to the matrices of the same rank, whose formula holds at full rank as well, and
which is right at every order for a program that keeps the rank. Whether it does is a matter of the whole program: a
cotangent cannot tell. So the transform runs twice more, each time with another answer to directions that leave the
rank, and the two results agree if nothing leaves it (see `parting`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import Operand, Primitive, locate
from wengert.primitives.arithmetic import constant, select
from wengert.primitives.linalg.matrices import (
    adjoint,
    as_scale,
    check_hermitian,
    hermitian_part,
    matrices,
    over_matrices,
    squares,
)
from wengert.primitives.linalg.parting import OpenChoiceError, path_taken, turn
from wengert.primitives.shaping import swap_last
from wengert.tracing import implements, outermost, primal, type_of

__all__ = ["call_at_deficient_rank", "cutoff_of", "pinv", "pseudoinverse", "pseudoinverse_of"]

pseudoinverse = Primitive(
    "pinv",
    signature="(m,n),()->(n,m)",
    params=("hermitian", "call", "turned"),
    notation="{0}⁺",
    domain="everywhere along matrices of the same rank, refused in directions that leave them; the cutoff is constant",
    cite="Golub & Pereyra (1973), The differentiation of pseudo-inverses and nonlinear least squares problems whose "
    "variables separate, eq. 4.12",
)


leaving = Primitive(
    "leaving",
    signature="(m,n)->(n,m)",
    params=("call", "turned"),
    linear="jointly",
    notation="leaving({0})",
    domain="the value zero; refused elsewhere",
    cite="the tangent space of the matrices of one rank: (I - A A+) dA (I - A+ A) = 0; Golub & Pereyra (1973), 4",
)


@pseudoinverse.evaluate
def _pseudoinverse_value(xp: Any, a: Any, cutoff: Any, *, hermitian: bool, call: Any, turned: Any) -> Any:
    if hermitian:
        a = check_hermitian(a, "pinv")
    finite = np.isfinite(a).all(axis=(-2, -1))
    if not finite.all():
        # LAPACK finds no singular values there, and the others of a stack are not to suffer
        a = np.where(finite[..., None, None], a, 0)
    loop = np.broadcast_shapes(a.shape[:-2], np.shape(cutoff))
    found = np.linalg.pinv(np.broadcast_to(a, (*loop, *a.shape[-2:])), cutoff, hermitian=hermitian)
    return found if finite.all() else np.where(finite[..., None, None], found, a.dtype.type(np.nan))


@pseudoinverse.differential
def _d_pseudoinverse(p: Any, a: Any, cutoff: Any, *, hermitian: bool, call: str | None, turned: int | None) -> Any:
    def linear(da: Any) -> Any:
        if hermitian:
            da = hermitian_part(da)
        inner = p @ da
        moved = -(inner @ p)
        across = adjoint(da)
        # what lies outside the column and the row space; at full rank one or both vanish
        left = p @ adjoint(p) @ across
        right = across @ adjoint(p) @ p
        moved = moved + (left - left @ a @ p) + (right - p @ (a @ right))
        if call is None:
            return moved
        outside = da - a @ inner
        # of the size of the other summands, and constant
        size = abs(constant(p))
        square = over_matrices(size * size)
        stray = leaving(outside - outside @ p @ a, call=call, turned=turned)
        return moved + as_scale(select(square == 0, 1.0, square)) * stray

    return linear, None


pseudoinverse.dtype(lambda a, cutoff, **params: a.dtype)
pseudoinverse.flops(lambda a, cutoff, **params: 20 * a.size * min(a.shape[-2:]))


@leaving.evaluate
def _leaving_value(xp: Any, x: Any, *, call: str, turned: int | None) -> Any:
    *loop, rows, columns = x.shape
    if not x.any():
        return np.zeros((*loop, columns, rows), x.dtype)
    if turned is None:
        error = OpenChoiceError(
            f"{call} of a matrix of deficient rank jumps where the rank changes, and has a derivative only along "
            f"matrices of the same rank. Write the matrix so that it keeps its rank, as in left @ right with thin "
            f"factors"
        )
        error.still, error.tried = True, "The function was asked for a direction in which the rank changes"
        raise error
    # nothing but zero becomes zero
    return turn(columns, x.dtype, turned) @ swap_last(x) @ turn(rows, x.dtype, turned)


leaving.differential(lambda out, x, *, call, turned: (lambda dx: leaving(dx, call=call, turned=turned),))
# the matrices on both sides change places, as the numbers of rows and columns do
leaving.transpose(0)(lambda g, x, *, call, turned: leaving(g, call=call, turned=turned))
leaving.samples(
    lambda r: ((r.normal(size=(3, 2)),), {"call": "a test", "turned": 1}),
    lambda r: ((r.normal(size=(2, 2, 2)),), {"call": "a test", "turned": 1}),
    lambda r: ((r.normal(size=(2, 3)) + 1j * r.normal(size=(2, 3)),), {"call": "a test", "turned": 2}),
)


def _low_rank(*shape: int, rank: int, dtype: Any = np.float64) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        left, right = rng.normal(size=(*shape[:-1], rank)), rng.normal(size=(*shape[:-2], rank, shape[-1]))
        if np.dtype(dtype).kind == "c":
            left = left + 1j * rng.normal(size=left.shape)
        a = left @ right + (np.eye(shape[-2], shape[-1]) if rank == min(shape[-2:]) else 0)
        cutoff = np.zeros((), dtype).real.dtype.type(1e-5)
        return (np.asarray(a, dtype), cutoff), {"hermitian": False, "call": None, "turned": None}

    return draw


pseudoinverse.samples(
    _low_rank(3, 3, rank=3),
    _low_rank(4, 2, rank=2),
    _low_rank(2, 2, 3, rank=2),
    _low_rank(3, 2, rank=2, dtype=np.float32),
    _low_rank(2, 3, rank=2, dtype=np.complex128),
)


def call_at_deficient_rank(a: Any, cutoff: Any, name: str) -> str | None:
    """The call and its place in the program, where a matrix that is differentiated is not of full rank; else None.

    Raises UndefinedDerivativeError where the cutoff drops a value although it is not zero: it belongs to the matrix
    and not to what is inverted.
    """
    if not isinstance(a, Operand):
        return None
    plain = outermost(a)
    values = np.linalg.svd(plain, compute_uv=False)
    largest = values.max(axis=-1, keepdims=True, initial=0)
    dropped = values <= np.asarray(cutoff)[..., None] * largest
    if not dropped.any():
        return None
    values, largest, dropped = map(primal, (values, largest, dropped))
    place = locate(3)
    call = f"{name} at {place}" if place else name
    rounding = 100 * max(plain.shape[-2:]) * np.finfo(values.dtype).eps
    if (dropped & (values > rounding * largest)).any():
        raise UndefinedDerivativeError(
            f"{call} drops a singular value of {values[dropped].max():.3g} that is not zero, and has no rule there: "
            f"it is the derivative of a truncated matrix. Lower the cutoff, or truncate with np.linalg.svd"
        )
    return call


def pseudoinverse_of(a: Any, cutoff: Any, call: str | None, hermitian: bool = False) -> Any:
    """The pseudoinverse at this place of a path; `call` is None where the matrix is of full rank."""
    path = path_taken() if call else None
    return pseudoinverse(a, cutoff, hermitian=hermitian, call=call, turned=path and path.seed)


def cutoff_of(rcond: Any, default: float) -> Any:
    """The cutoff as a plain number or array: which values count as zero is no smooth choice."""
    return default if rcond is None else primal(rcond)


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """`np.linalg.pinv`, with the rank held constant."""
    if rtol is not np._NoValue and rtol is not None:
        if rcond is not None:
            raise ValueError("`rtol` and `rcond` can't be both set.")
        rcond = rtol
    a = squares(a, "pinv") if hermitian else matrices(a, "pinv")
    kind = type_of(a)
    # NumPy takes its default from the length if rtol=None is written out, and 1e-15 otherwise
    default = max(kind.shape[-2:]) * float(np.finfo(kind.dtype).eps) if rtol is None else 1e-15
    if not np.isfinite(outermost(a)).all():
        raise np.linalg.LinAlgError("SVD did not converge")
    cutoff = cutoff_of(rcond, default)
    call = call_at_deficient_rank(a, cutoff, "np.linalg.pinv")
    return pseudoinverse_of(a, cutoff, call, hermitian=bool(hermitian))
