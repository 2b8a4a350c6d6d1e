"""Eigenvalues and eigenvectors of Hermitian matrices, as functions of the Hermitian part.

Eigenvalues have a derivative of first order everywhere, with equal shares among repeated ones. Eigenvectors
have one where their eigenvalue is simple; elsewhere, and at order two of repeated eigenvalues, the rules
refuse, and what does not depend on the choice of vectors is found as a limit (see `parting`). The phase of a
complex eigenvector is LAPACK's, which makes its first entry real (its last one with UPLO='U').
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import real
from wengert.primitives.linalg.basis import lazy_basis
from wengert.primitives.linalg.cholesky import positive
from wengert.primitives.linalg.matrices import adjoint, check_hermitian, conjugate, hermitian_part, squares
from wengert.primitives.linalg.parting import parted_on, path_taken, phases
from wengert.primitives.linalg.phase import phase_checked, phase_rate, rate_at_will, signs_of
from wengert.primitives.linalg.spectrum import distinct, inverse_gaps, share
from wengert.primitives.linalg.witness import declare_witness
from wengert.primitives.reductions import sum_along
from wengert.tracing import implements, type_of

__all__ = ["eigenbasis", "eigenvalues", "eigenvectors", "eigh_factor"]

_KATO = "Kato, Perturbation Theory for Linear Operators, II; Giles (2008), 3.1"

eigh_factor = Primitive(
    "eigh_factor",
    signature="(n,n)->(n),(n,n)",
    params=("triangle",),
    outputs=2,
    differentiable=False,
    notation="eigh({0})",
    domain="A Hermitian; a witness, constant",
    cite="LAPACK heevd",
)
eigenvalues = Primitive(
    "eigenvalues",
    signature="(n,n),(n),(n,n)->(n)",
    notation="eigvalsh({0})",
    domain="A Hermitian; repeated eigenvalues take equal shares at order one, and have no derivative of order two",
    cite=f"dw_i = v_i^H dA v_i; {_KATO}",
)
eigenvectors = Primitive(
    "eigenvectors",
    signature="(n,n),(n),(n,n)->(n,n)",
    params=("columns", "row", "turned"),
    notation="eigenvectors({0})",
    domain="A Hermitian, the eigenvalues of `columns` simple",
    cite=f"dV = V (F o V^H dA V), F_ij = 1 / (w_j - w_i); {_KATO}",
)
eigenbasis = Primitive(
    "eigenbasis",
    signature="(n,n),(n),(n,n)->(n,n)",
    notation="eigenvectors({0})",
    domain="A Hermitian with distinct eigenvalues",
    cite=eigenvectors.cite,
)


@eigh_factor.evaluate
def _factor_value(xp: Any, a: Any, *, triangle: str) -> Any:
    return tuple(xp.linalg.eigh(check_hermitian(a, "eigh or eigvalsh"), triangle))


def _real_dtype(a: Any) -> np.dtype[Any]:
    return np.zeros((), a.dtype).real.dtype


eigh_factor.dtype(lambda a, *, triangle: (_real_dtype(a), a.dtype))
eigh_factor.flops(lambda a, *, triangle: 9 * a.size * a.shape[-1])
eigenvalues.evaluate(lambda xp, a, w, v: w)
eigenvalues.dtype(lambda a, w, v: _real_dtype(a))
eigenvectors.evaluate(lambda xp, a, w, v, *, columns, row, turned: v)
eigenbasis.evaluate(lambda xp, a, w, v: v)


@eigenvalues.differential
def _d_eigenvalues(out: Any, a: Any, w: Any, v: Any) -> Any:
    basis = eigenbasis(a, w, v)
    rank = len(a.shape)

    def linear(da: Any) -> Any:
        # the diagonal of V^H dA V without its other entries
        diagonal = sum_along(conjugate(basis) * (da @ basis), axis=(rank - 2,), keepdims=False)
        return share(real(diagonal) if a.dtype.kind == "c" else diagonal, w, positive=False)

    return linear, None, None


def _rotation(a: Any, w: Any, v: Any, basis: Any) -> Any:
    """The map dA -> dV in which each vector stays orthogonal to itself."""
    gaps = inverse_gaps(eigenvalues(a, w, v), squared=False)
    return lambda da: basis @ (gaps * (adjoint(basis) @ hermitian_part(da) @ basis))


@eigenvectors.differential
def _d_eigenvectors(out: Any, a: Any, w: Any, v: Any, *, columns: Any, row: int, turned: int | None) -> Any:
    # all vectors enter, whichever are used: at order two every eigenvalue must be simple
    basis = eigenvectors(a, w, v, columns=None, row=row, turned=turned)
    rotate = _rotation(a, w, v, basis)

    def linear(da: Any) -> Any:
        moved = rotate(da)
        if turned is not None:
            # along a path phases turn at will, for nothing must depend on them
            moved = moved + basis * (1j * rate_at_will(moved, turned))
        elif a.dtype.kind == "c":
            moved = moved - basis * (1j * phase_rate(moved, basis, row))
            moved = phase_checked(moved, basis, row=row, columns=columns, seen="tangent")
        return distinct(moved, w, columns=columns, positive=False, what="eigenvectors")

    return linear, None, None


@eigenbasis.differential
def _d_eigenbasis(out: Any, a: Any, w: Any, v: Any) -> Any:
    rotate = _rotation(a, w, v, out)
    what = "second: eigenvalues or eigenvectors"
    return lambda da: distinct(rotate(da), w, columns=None, positive=False, what=what), None, None


def _samples(primitive: Primitive, params: dict[str, Any], *dtypes: Any) -> None:
    def sample(shape: tuple[int, ...], dtype: Any) -> Any:
        def draw(rng: np.random.Generator) -> Any:
            a = positive(*shape, dtype=dtype)(rng)
            return (a, *np.linalg.eigh(a)), params

        return draw

    primitive.samples(sample((2, 3, 3), np.float64), *(sample((3, 3), dtype) for dtype in dtypes))


_samples(eigenvalues, {}, np.float64, np.float32, np.complex128)
_samples(eigenvectors, {"columns": None, "row": 0, "turned": None}, np.float64, np.float32, np.complex128)
_samples(eigenvectors, {"columns": (0, 2), "row": 0, "turned": None}, np.float64)
_samples(eigenbasis, {}, np.float64, np.float32)
eigh_factor.samples(lambda r: ((positive(3, 3)(r),), {"triangle": "L"}))
for _primitive in (eigenvalues, eigenvectors, eigenbasis):
    declare_witness(_primitive, eigh_factor, (1, 2), triangle="L")

_EighResult: Any = type(np.linalg.eigh(np.eye(1)))


def _factored(a: Any, uplo: str, name: str) -> tuple[Any, ...]:
    uplo = uplo.upper()
    if uplo not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    a = squares(a, name)
    a = parted_on(path_taken(), a, "hermitian")
    return a, *eigh_factor(a, triangle=uplo)


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """`np.linalg.eigh`, as a function of the Hermitian part of `a`."""
    start = a
    a, w, v = _factored(a, UPLO, "eigh")
    turned, row = None, 0 if UPLO.upper() == "L" else -1
    path = path_taken()
    if path is not None and type_of(a).dtype.kind == "c":
        turned = path.seed
        v = v * phases(type_of(a).shape[-1], type_of(a).dtype, path.seed)
    elif path is not None:
        # the sign of a vector that is simple stays as it is at the start
        v = v * signs_of(v, eigh_factor(squares(start, "eigh"), triangle=UPLO.upper())[1])

    def vectors(source: Any, columns: Any) -> Any:
        return eigenvectors(source, w, v, columns=columns, row=row, turned=turned)

    return _EighResult(eigenvalues(a, w, v), lazy_basis(a, v, vectors, axis=-1))


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """`np.linalg.eigvalsh`, as a function of the Hermitian part of `a`."""
    return eigenvalues(*_factored(a, UPLO, "eigvalsh"))
