"""Pseudoinverses, differentiated with the rank held constant.

Where the rank is not full the pseudoinverse is not continuous: a direction that raises the rank makes it jump. What
is differentiated is its restriction to the matrices of the same rank, whose formula holds at full rank as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import Operand, Primitive, locate
from wengert.primitives.linalg.matrices import adjoint, check_hermitian, hermitian_part, matrices, squares
from wengert.tracing import implements, primal, type_of

__all__ = ["cutoff_of", "pinv", "pseudoinverse", "require_constant_rank"]

pseudoinverse = Primitive(
    "pinv",
    signature="(m,n),()->(n,m)",
    params=("hermitian",),
    notation="{0}⁺",
    domain="everywhere, with the rank held constant; the cutoff is constant",
    cite="Golub & Pereyra (1973), The differentiation of pseudo-inverses and nonlinear least squares problems whose "
    "variables separate, eq. 4.12",
)


@pseudoinverse.evaluate
def _pseudoinverse_value(xp: Any, a: Any, cutoff: Any, *, hermitian: bool) -> Any:
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
def _d_pseudoinverse(p: Any, a: Any, cutoff: Any, *, hermitian: bool) -> Any:
    def linear(da: Any) -> Any:
        if hermitian:
            da = hermitian_part(da)
        moved = -(p @ da @ p)
        across = adjoint(da)
        # what lies outside the column and the row space; at full rank one or both vanish
        left = p @ adjoint(p) @ across
        right = across @ adjoint(p) @ p
        return moved + (left - left @ a @ p) + (right - p @ (a @ right))

    return linear, None


pseudoinverse.dtype(lambda a, cutoff, *, hermitian: a.dtype)
pseudoinverse.flops(lambda a, cutoff, *, hermitian: 20 * a.size * min(a.shape[-2:]))


def _low_rank(*shape: int, rank: int, dtype: Any = np.float64) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        left, right = rng.normal(size=(*shape[:-1], rank)), rng.normal(size=(*shape[:-2], rank, shape[-1]))
        if np.dtype(dtype).kind == "c":
            left = left + 1j * rng.normal(size=left.shape)
        a = left @ right + (np.eye(shape[-2], shape[-1]) if rank == min(shape[-2:]) else 0)
        return (np.asarray(a, dtype), np.zeros((), dtype).real.dtype.type(1e-5)), {"hermitian": False}

    return draw


pseudoinverse.samples(
    _low_rank(3, 3, rank=3),
    _low_rank(4, 2, rank=2),
    _low_rank(2, 2, 3, rank=2),
    _low_rank(3, 2, rank=2, dtype=np.float32),
    _low_rank(2, 3, rank=2, dtype=np.complex128),
)


def require_constant_rank(a: Any, cutoff: Any, name: str) -> None:
    """Raise where the formula is not the derivative.

    A value that the cutoff drops although it is not zero belongs to the matrix and not to what is inverted. At a
    deficient rank the formula is that of a restriction, and a second derivative would depend on the order of the modes.
    """
    if not isinstance(a, Operand):
        return
    plain = primal(a)
    values = np.linalg.svd(plain, compute_uv=False)
    largest = values.max(axis=-1, keepdims=True, initial=0)
    dropped = values <= np.asarray(cutoff)[..., None] * largest
    place = locate(3)
    where = f" at {place}" if place else ""
    rounding = 100 * max(plain.shape[-2:]) * np.finfo(values.dtype).eps
    if (dropped & (values > rounding * largest)).any():
        raise UndefinedDerivativeError(
            f"{name}{where} drops a singular value of {values[dropped].max():.3g} that is not zero, and has no rule "
            f"there: it is the derivative of a truncated matrix. Lower the cutoff, or truncate with np.linalg.svd"
        )
    if dropped.any() and _differentiated_twice(a):
        raise UndefinedDerivativeError(
            f"{name}{where} has no second derivative at a matrix of deficient rank: it jumps where the rank rises, and "
            f"only the first derivative with the rank held constant has a meaning"
        )


def _differentiated_twice(a: Any) -> bool:
    levels = 0
    while isinstance(a, Operand):
        levels += bool(a.recording.differentiates)
        a = a.value
    return levels > 1


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
    if not np.isfinite(primal(a)).all():
        raise np.linalg.LinAlgError("SVD did not converge")
    cutoff = cutoff_of(rcond, default)
    require_constant_rank(a, cutoff, "np.linalg.pinv")
    return pseudoinverse(a, cutoff, hermitian=bool(hermitian))
