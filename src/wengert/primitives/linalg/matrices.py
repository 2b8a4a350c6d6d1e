"""How operands enter the functions of linear algebra, and the operations on matrices that all of them use."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wengert.errors import UnsupportedError
from wengert.graph import Primitive, locate
from wengert.primitives.access import cast
from wengert.primitives.arithmetic import conj
from wengert.primitives.reductions import sum_along
from wengert.primitives.shaping import expand, swap_last
from wengert.tracing import as_operand, type_of

__all__ = [
    "adjoint",
    "as_scale",
    "check_hermitian",
    "conjugate",
    "hermitian_part",
    "inexact",
    "matrices",
    "over_matrices",
    "refuse",
    "squares",
    "triangle",
]

_SUPPORTED: Final = "fdFD"


def inexact(*operands: Any) -> tuple[Any, ...]:
    """The operands as arrays of one dtype that LAPACK knows: integers become float64, as in NumPy."""
    arrays = [as_operand(operand) for operand in operands]
    types = [type_of(array) for array in arrays]
    dtype = np.result_type(*(np.float64 if kind.dtype.kind in "iub" else kind.dtype for kind in types))
    if dtype.char not in _SUPPORTED:
        raise TypeError(f"array type {dtype} is unsupported in linalg")
    return tuple(cast(array, dtype) for array in arrays)


def matrices(operand: Any, name: str) -> Any:
    """A matrix or a stack of them, of a dtype that LAPACK knows."""
    (a,) = inexact(operand)
    if len(type_of(a).shape) < 2:
        raise np.linalg.LinAlgError(
            f"np.linalg.{name} needs a matrix, or a stack of matrices: an array with at least two axes; "
            f"received shape {type_of(a).shape}"
        )
    return a


def squares(operand: Any, name: str) -> Any:
    """A square matrix or a stack of them, of a dtype that LAPACK knows."""
    a = matrices(operand, name)
    rows, columns = type_of(a).shape[-2:]
    if rows != columns:
        raise np.linalg.LinAlgError(
            f"np.linalg.{name} needs square matrices: the last two axes must have equal lengths; received "
            f"shape {type_of(a).shape}"
        )
    return a


def refuse(call: str, reason: str) -> UnsupportedError:
    """The error for a call that NumPy would take; the reason ends in one thing to do."""
    place = locate(3)
    return UnsupportedError(f"{call}{f' at {place}' if place else ''} has no differentiation rule: {reason}")


def conjugate(a: Any) -> Any:
    """The complex conjugate, which for real numbers is no operation."""
    return conj(a) if a.dtype.kind == "c" else a


def adjoint(a: Any) -> Any:
    """The conjugate transpose."""
    return swap_last(conjugate(a))


def as_scale(x: Any) -> Any:
    """One number per matrix, with axes for its rows and columns."""
    return expand(x, (len(x.shape), len(x.shape) + 1))


def over_matrices(a: Any) -> Any:
    """The sum of the entries of each matrix."""
    rank = len(a.shape)
    return sum_along(a, axis=(rank - 2, rank - 1), keepdims=False)


def hermitian_part(a: Any) -> Any:
    """(A + A^H) / 2, for use in rules."""
    return 0.5 * (a + adjoint(a))


def check_hermitian(a: Any, name: str) -> Any:
    """The Hermitian part of a plain matrix that must be Hermitian up to rounding.

    LAPACK reads one triangle only. The derivative is that of the function of the Hermitian part, so what the
    other triangle holds must not contradict the value.
    """
    mirrored = a.conj().swapaxes(-1, -2)
    gap = abs(a - mirrored)
    # a quarter of the digits: rounding in how the matrix was computed passes, a triangle alone does not
    bound = np.finfo(a.dtype).eps ** 0.25 * abs(a).max(axis=(-2, -1), keepdims=True, initial=0.0)
    if (gap > bound).any():
        raise refuse(
            f"np.linalg.{name} of a matrix that is not {'Hermitian' if a.dtype.kind == 'c' else 'symmetric'}",
            f"NumPy reads one triangle of it (the other differs by up to {gap.max():.3g}), and the "
            f"derivative is that of the function of the symmetric part. Pass (a + a.T) / 2, or for one "
            f"triangle alone np.tril(a) + np.tril(a, -1).T, with .conj() on the transpose if complex.",
        )
    return (a + mirrored) / 2


triangle = Primitive(
    "triangle",
    signature="(m,n)->(m,n)",
    params=("lower", "diagonal"),
    linear="jointly",
    notation="triangle({0}, lower={lower}, diagonal={diagonal})",
    domain="everywhere",
    cite="a mask times the entries; with half the diagonal it is phi of Murray, arXiv:1602.07527, eq. 10",
)


@triangle.evaluate
def _triangle_value(xp: Any, x: Any, *, lower: bool, diagonal: float) -> Any:
    out = (xp.tril if lower else xp.triu)(x)
    if diagonal != 1:
        places = np.arange(min(x.shape[-2:]))
        out[..., places, places] *= out.dtype.type(diagonal)
    return out


triangle.differential(lambda out, x, *, lower, diagonal: (lambda dx: triangle(dx, lower=lower, diagonal=diagonal),))
triangle.transpose(0)(lambda g, x, *, lower, diagonal: triangle(g, lower=lower, diagonal=diagonal))
triangle.samples(
    lambda r: ((r.normal(size=(3, 3)),), {"lower": True, "diagonal": 0.5}),
    lambda r: ((r.normal(size=(2, 4, 3)).astype(np.float32),), {"lower": False, "diagonal": 0.0}),
    lambda r: ((r.normal(size=(2, 3)) + 1j * r.normal(size=(2, 3)),), {"lower": True, "diagonal": 1.0}),
)
