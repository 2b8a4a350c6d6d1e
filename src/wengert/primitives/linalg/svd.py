"""Singular values and singular vectors.

Singular values have a derivative of first order everywhere: equal shares among repeated ones, zero for the
value zero (the subgradient of smallest norm). Singular vectors have one where their value is simple and not
zero; elsewhere, and at order two of repeated or zero values, the rules refuse, and what does not depend on the
choice of vectors is found as a limit (see `parting`). The phase of complex vectors
is LAPACK's, which makes the first entry real of v if the matrix is at least as tall as wide, of u otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Operand, Primitive
from wengert.primitives.arithmetic import constant, imag, real, select
from wengert.primitives.linalg.basis import lazy_basis
from wengert.primitives.linalg.completion import completing
from wengert.primitives.linalg.eigh import eigh
from wengert.primitives.linalg.matrices import adjoint, conjugate, matrices, squares
from wengert.primitives.linalg.parting import parted_on, path_taken, phases, tolerance
from wengert.primitives.linalg.phase import phase_checked, phase_rate, rate_at_will, signs_of
from wengert.primitives.linalg.spectrum import distinct, inverse_gaps, share
from wengert.primitives.linalg.witness import declare_witness
from wengert.primitives.reductions import sum_along
from wengert.primitives.shaping import concatenate, expand, swap_last
from wengert.tracing import implements, type_of

__all__ = ["left_vectors", "right_vectors", "singular_values", "svd_factor"]

_CITE = "Townsend (2016), Differentiating the SVD, eq. 15-17; Giles (2008), 3.2"
_ARGUMENTS = "(m,n),(m,k),(k),(k,n)"

svd_factor = Primitive(
    "svd_factor",
    params=("full",),
    outputs=3,
    differentiable=False,
    notation="svd({0})",
    shapes="(...,m,n) -> (...,m,k), (...,k), (...,k,n) with k = min(m,n); or with square factors",
    domain="everywhere; a witness, constant",
    cite="LAPACK gesdd",
)
singular_values = Primitive(
    "singular_values",
    signature=f"{_ARGUMENTS}->(k)",
    notation="svdvals({0})",
    domain="everywhere at order one; distinct and positive values at order two",
    cite=f"ds_i = Re u_i^H dA v_i; {_CITE}",
)
left_vectors = Primitive(
    "left_singular_vectors",
    signature=f"{_ARGUMENTS}->(m,k)",
    params=("columns", "what", "turned"),
    notation="svd({0}).U",
    domain="the singular values of `columns` simple and not zero",
    cite=_CITE,
)
right_vectors = Primitive(
    "right_singular_vectors",
    signature=f"{_ARGUMENTS}->(k,n)",
    params=("columns", "what", "turned"),
    notation="svd({0}).Vh",
    domain="the singular values of `columns` simple and not zero",
    cite=_CITE,
)
_VECTORS = "singular vectors"
_SECOND = "second: singular values or vectors"


@svd_factor.evaluate
def _factor_value(xp: Any, a: Any, *, full: bool) -> Any:
    return tuple(xp.linalg.svd(a, full_matrices=full))


@svd_factor.shape
def _factor_shape(a: Any, *, full: bool) -> Any:
    *loop, m, n = a.shape
    k = min(m, n)
    return (*loop, m, m if full else k), (*loop, k), (*loop, n if full else k, n)


def _real_dtype(a: Any) -> np.dtype[Any]:
    return np.zeros((), a.dtype).real.dtype


svd_factor.dtype(lambda a, *, full: (a.dtype, _real_dtype(a), a.dtype))
svd_factor.batch(lambda size, args, batched, *, full: svd_factor(args[0], full=full))
svd_factor.flops(lambda a, *, full: 20 * a.size * min(a.shape[-2:]))
singular_values.evaluate(lambda xp, a, u, s, vh: s)
singular_values.dtype(lambda a, u, s, vh: _real_dtype(a))
left_vectors.evaluate(lambda xp, a, u, s, vh, *, columns, what, turned: u)
left_vectors.dtype(lambda a, u, s, vh, *, columns, what, turned: a.dtype)
right_vectors.evaluate(lambda xp, a, u, s, vh, *, columns, what, turned: vh)
right_vectors.dtype(lambda a, u, s, vh, *, columns, what, turned: a.dtype)


@singular_values.differential
def _d_singular_values(out: Any, a: Any, u: Any, s: Any, vh: Any) -> Any:
    left = left_vectors(a, u, s, vh, columns=None, what=_SECOND, turned=None)
    right = adjoint(right_vectors(a, u, s, vh, columns=None, what=_SECOND, turned=None))
    rank = len(a.shape)

    def linear(da: Any) -> Any:
        # the diagonal of U^H dA V without its other entries
        diagonal = sum_along(conjugate(left) * (da @ right), axis=(rank - 2,), keepdims=False)
        return share(real(diagonal) if a.dtype.kind == "c" else diagonal, s, positive=True)

    return linear, None, None, None


def _motion(a: Any, u: Any, s: Any, vh: Any, what: str, turned: int | None) -> Any:
    """The map dA -> (dU, dV, U, V), before any phase is chosen but with the same choice on both sides."""
    m, n = a.shape[-2:]
    left = left_vectors(a, u, s, vh, columns=None, what=what, turned=turned)
    right = adjoint(right_vectors(a, u, s, vh, columns=None, what=what, turned=turned))
    values = singular_values(a, u, s, vh)
    rank = len(values.shape)
    across, down = expand(values, (rank - 1,)), expand(values, (rank,))
    gaps = inverse_gaps(values, squared=True)
    divisor = select(across == 0, 1.0, across)

    def linear(da: Any) -> Any:
        on_right, on_left = da @ right, adjoint(da) @ left
        inner = adjoint(left) @ on_right
        mirrored = adjoint(inner)
        du = left @ (gaps * (inner * across + down * mirrored))
        dv = right @ (gaps * (down * inner + mirrored * across))
        if a.dtype.kind == "c":
            turning = imag(sum_along(conjugate(left) * on_right, axis=(rank - 1,), keepdims=True))
            du = du + left * (1j * (turning / divisor))
        if m > n:
            du = du + (on_right - left @ inner) / divisor
        if n > m:
            dv = dv + (on_left - right @ mirrored) / divisor
        return du, dv, left, right

    return linear


def _d_vectors(a: Any, u: Any, s: Any, vh: Any, columns: Any, what: str, turned: int | None, side: int) -> Any:
    move = _motion(a, u, s, vh, what, turned)
    tall = a.shape[-2] >= a.shape[-1]

    def linear(da: Any) -> Any:
        *moved, left, right = move(da)
        basis = (left, right)
        out = moved[side]
        if turned is not None:
            # along a path phases turn at will, those of both sides together
            out = out + basis[side] * (1j * rate_at_will(moved[0], turned))
        elif a.dtype.kind == "c" and what == _VECTORS:
            fixed = 1 if tall else 0
            out = out - basis[side] * (1j * phase_rate(moved[fixed], basis[fixed], 0))
            if side == fixed:
                out = phase_checked(out, basis[fixed], row=0, columns=columns, seen="always")
        out = distinct(out, s, columns=columns, positive=True, what=what)
        return out if side == 0 else adjoint(out)

    return linear, None, None, None


@left_vectors.differential
def _d_left(out: Any, a: Any, u: Any, s: Any, vh: Any, *, columns: Any, what: str, turned: Any) -> Any:
    return _d_vectors(a, u, s, vh, columns, what, turned, 0)


@right_vectors.differential
def _d_right(out: Any, a: Any, u: Any, s: Any, vh: Any, *, columns: Any, what: str, turned: Any) -> Any:
    return _d_vectors(a, u, s, vh, columns, what, turned, 1)


def _sample(shape: tuple[int, ...], params: dict[str, Any], dtype: Any = np.float64) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = rng.normal(size=shape)
        if np.dtype(dtype).kind == "c":
            a = a + 1j * rng.normal(size=shape)
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        s = s + np.arange(s.shape[-1], 0, -1)
        a = np.asarray((u * s[..., None, :]) @ vh, dtype)
        return (a, *np.linalg.svd(a, full_matrices=False)), params

    return draw


def _declare(primitive: Primitive, params: dict[str, Any]) -> None:
    declare_witness(primitive, svd_factor, (1, 2, 3), full=False)
    primitive.samples(
        *(_sample(shape, params) for shape in ((3, 3), (4, 3), (3, 4), (2, 3, 2), (1, 3))),
        _sample((3, 2), params, np.float32),
        *(_sample(shape, params, np.complex128) for shape in ((3, 3), (4, 3), (3, 4))),
    )


_declare(singular_values, {})
for _primitive in (left_vectors, right_vectors):
    _declare(_primitive, {"columns": None, "what": _VECTORS, "turned": None})
svd_factor.samples(
    lambda r: ((r.normal(size=(3, 2)),), {"full": False}),
    lambda r: ((r.normal(size=(2, 3, 2)),), {"full": True}),
)

_SVDResult: Any = type(np.linalg.svd(np.eye(1)))


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """`np.linalg.svd`; what depends on how vectors complete a basis has no derivative."""
    a = squares(a, "svd") if hermitian else matrices(a, "svd")
    if hermitian:
        return _of_hermitian(a, compute_uv)
    path, start = path_taken(), a
    a = parted_on(path, a, "rectangular")
    m, n = type_of(a).shape[-2:]
    k = min(m, n)
    whole = bool(full_matrices and compute_uv and m != n)
    u_whole, s, vh_whole = svd_factor(a, full=whole)
    u, vh = (u_whole[..., :k], vh_whole[..., :k, :]) if whole else (u_whole, vh_whole)
    turned = None
    if path is not None and type_of(a).dtype.kind == "c":
        turned, factor = path.seed, phases(k, type_of(a).dtype, path.seed)
        u, vh = u * factor, factor.conj()[:, None] * vh
    elif path is not None:
        # the sign of vectors that are simple stays as it is at the start
        signs = signs_of(swap_last(vh), swap_last(svd_factor(start, full=False)[2]))
        u, vh = u * signs, swap_last(signs) * vh
    values = singular_values(a, u, s, vh)
    if not compute_uv:
        return values

    def left(source: Any, columns: Any) -> Any:
        first = left_vectors(source, u, s, vh, columns=_below(columns, k), what=_VECTORS, turned=turned)
        if not whole or m <= n or _inside(columns, k):
            return first
        return concatenate(first, completing(source, u_whole[..., k:]), axis=len(first.shape) - 1)

    def right(source: Any, columns: Any) -> Any:
        first = right_vectors(source, u, s, vh, columns=_below(columns, k), what=_VECTORS, turned=turned)
        if not whole or n <= m or _inside(columns, k):
            return first
        rest = completing(adjoint(source), adjoint(vh_whole[..., k:, :]))
        return concatenate(first, adjoint(rest), axis=len(first.shape) - 2)

    return _SVDResult(
        lazy_basis(a, _joined(u, u_whole, -1, k), left, axis=-1),
        values,
        lazy_basis(a, _joined(vh, vh_whole, -2, k), right, axis=-2),
    )


def _below(columns: Any, k: int) -> Any:
    return columns if columns is None else tuple(column for column in columns if column < k)


def _inside(columns: Any, k: int) -> bool:
    return columns is not None and all(column < k for column in columns)


def _joined(part: Any, whole: Any, axis: int, k: int) -> Any:
    """The vectors as the program sees them before it uses them: those turned along a path, and the others."""
    if part.shape[axis] == whole.shape[axis]:
        return part
    rest = whole[..., k:] if axis == -1 else whole[..., k:, :]
    return concatenate(part, rest, axis=len(part.shape) + axis)


def _of_hermitian(a: Any, compute_uv: bool) -> Any:
    """The sizes of the eigenvalues in descending order, their signs on the right-hand vectors, as in NumPy."""
    w, v = eigh(a)
    sizes = np.abs(w)
    # what rounding leaves of zero has a sign, which means nothing
    bound = tolerance(type_of(w).shape[-1], type_of(w).dtype) * np.max(sizes, axis=-1, keepdims=True, initial=0.0)
    sizes = np.where(sizes <= bound, constant(sizes), sizes)
    order = np.argsort(sizes, axis=-1)[..., ::-1]
    values = np.take_along_axis(sizes, order, axis=-1)
    if not compute_uv:
        return values
    # a sign of zero is plus
    signs = np.take_along_axis(np.where(w < 0, -1.0, 1.0), order, axis=-1)

    def right(vectors: Any) -> Any:
        return adjoint(np.take_along_axis(vectors, order[..., None, :], axis=-1) * signs[..., None, :])

    def left(vectors: Any) -> Any:
        return np.take_along_axis(vectors, order[..., None, :], axis=-1)

    plain = v.value if isinstance(v, Operand) else v
    return _SVDResult(
        lazy_basis(a, left(plain), lambda source, columns: left(v), axis=-1),
        values,
        lazy_basis(a, right(plain), lambda source, columns: right(v), axis=-2),
    )


@implements(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """`np.linalg.svdvals`."""
    a = parted_on(path_taken(), matrices(x, "svdvals"), "rectangular")
    return singular_values(a, *svd_factor(a, full=False))
