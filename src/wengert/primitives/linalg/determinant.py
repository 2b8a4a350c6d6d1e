"""Determinants, right at singular matrices too: they are polynomials in the entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import imag, real
from wengert.primitives.linalg import lapack
from wengert.primitives.linalg.matrices import as_scale, over_matrices, squares
from wengert.primitives.linalg.parting import OpenChoiceError, mixture, note, parted_on, path_or_refusal, path_taken
from wengert.primitives.linalg.solve import lu_factor, regular
from wengert.primitives.linalg.witness import declare_witness
from wengert.primitives.shaping import swap_last
from wengert.tracing import implements, type_of

__all__ = ["cofactor", "determinant", "inverse_of_regular", "log_determinant"]

# Up to this size the second derivative goes by minors, which is right at every matrix.
MINORS = 8
_SIGNATURE = "(n,n),(n,n),(n)"

log_determinant = Primitive(
    "slogdet",
    signature=f"{_SIGNATURE}->(),()",
    outputs=2,
    notation="log|det {0}|",
    domain="det A != 0",
    cite="d log|det A| = Re tr(A^-1 dA); Matrix Cookbook (2012), eq. 43",
)
determinant = Primitive(
    "det",
    signature=f"{_SIGNATURE}->()",
    notation="det {0}",
    domain="everywhere",
    cite="Jacobi: d det A = sum of the cofactors times dA; Matrix Cookbook (2012), eq. 41, 46",
)
cofactor = Primitive(
    "cofactor",
    signature=f"{_SIGNATURE}->(n,n)",
    notation="cof {0}",
    domain=f"everywhere; differentiable at singular matrices up to {MINORS} rows",
    cite="cof(A B) = cof(A) cof(B), so by A = U S V^H also where A is singular; "
    "d cof A = (tr(B^T dA) - B dA^T) cof A with B = A^-T",
)
inverse_of_regular = Primitive(
    "inverse_of_regular",
    signature=f"{_SIGNATURE}->(n,n)",
    params=("limit", "what"),
    notation="{0}⁻¹",
    domain="A regular; refused where A is singular",
    cite="d A^-1 = -A^-1 dA A^-1; Matrix Cookbook (2012), eq. 40",
)


@log_determinant.evaluate
def _log_determinant_value(xp: Any, a: Any, factors: Any, pivots: Any) -> Any:
    if lapack.is_small(factors) or not factors.size:
        return tuple(np.linalg.slogdet(factors))
    diagonal = np.diagonal(factors, axis1=-2, axis2=-1)
    size = abs(diagonal)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(size).sum(axis=-1)
        sign = np.where(size == 0, 0, diagonal / size).prod(axis=-1) * (1 - 2 * lapack.odd_swaps(pivots))
    return sign.astype(a.dtype)[()], logarithm[()]


log_determinant.dtype(lambda a, factors, pivots: (a.dtype, np.zeros((), a.dtype).real.dtype))
log_determinant.flops(lambda a, factors, pivots: a.shape[-1])


@log_determinant.differential
def _d_log_determinant(out: Any, a: Any, factors: Any, pivots: Any) -> Any:
    sign, _ = out
    inverse = inverse_of_regular(a, factors, pivots, limit=np.inf, what="np.linalg.slogdet")

    def in_matrix(da: Any) -> Any:
        trace = over_matrices(swap_last(inverse) * da)
        if a.dtype.kind != "c":
            return None, trace
        return sign * (1j * imag(trace)), real(trace)

    return in_matrix, None, None


@determinant.evaluate
def _determinant_value(xp: Any, a: Any, factors: Any, pivots: Any) -> Any:
    if lapack.is_small(factors) or not factors.size:
        return np.linalg.det(factors)
    product = np.diagonal(factors, axis1=-2, axis2=-1).prod(axis=-1)
    return (product * (1 - 2 * lapack.odd_swaps(pivots))).astype(a.dtype)[()]


determinant.dtype(lambda a, factors, pivots: a.dtype)
determinant.flops(lambda a, factors, pivots: a.shape[-1])


@determinant.differential
def _d_determinant(out: Any, a: Any, factors: Any, pivots: Any) -> Any:
    minors = cofactor(a, factors, pivots)
    return lambda da: over_matrices(minors * da), None, None


def _condition(a: Any, inverse: Any) -> Any:
    return abs(a).sum(axis=-2).max(axis=-1, initial=0) * abs(inverse).sum(axis=-2).max(axis=-1, initial=0)


@cofactor.evaluate
def _cofactor_value(xp: Any, a: Any, factors: Any, pivots: Any) -> Any:
    if not a.size:
        return np.zeros(a.shape, a.dtype)
    try:
        inverse = lapack.inverse(factors, pivots)
    except np.linalg.LinAlgError:
        return _cofactor_by_singular_values(a)
    with np.errstate(over="ignore", invalid="ignore"):
        if not (_condition(a, inverse) < np.finfo(a.dtype).eps ** -0.5).all():
            return _cofactor_by_singular_values(a)
    sign, logarithm = _log_determinant_value(xp, a, factors, pivots)
    note(inverse * np.exp(logarithm)[..., None, None])
    # the scale of the inverse joins the logarithm, so that neither factor leaves the range of numbers alone
    scale = abs(inverse).max(axis=(-2, -1))
    with np.errstate(over="ignore", under="ignore"):
        factor = np.asarray(sign * np.exp(logarithm + np.log(scale)), a.dtype)
    return factor[..., None, None] * (inverse / scale[..., None, None]).swapaxes(-1, -2)


def _cofactor_by_singular_values(a: Any) -> Any:
    finite = np.isfinite(a).all(axis=(-2, -1))
    if not finite.all():
        # the singular values of such a matrix do not exist, and its cofactors are not numbers
        out = np.full(a.shape, np.nan, a.dtype)
        out[finite] = _cofactor_by_singular_values(a[finite])
        return out
    u, s, vh = np.linalg.svd(a)
    ones = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    phase = np.asarray(np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    return (phase * ((u.conj() * (before * after)[..., None, :]) @ vh.conj())).astype(a.dtype)


cofactor.dtype(lambda a, factors, pivots: a.dtype)
cofactor.flops(lambda a, factors, pivots: 4 * a.size * a.shape[-1] // 3)


@cofactor.differential
def _d_cofactor(out: Any, a: Any, factors: Any, pivots: Any) -> Any:
    size = a.shape[-1]
    if size <= MINORS:
        return _by_minors(a), None, None
    # beyond that size the minors are too many; the error names what the user can do
    limit = float(np.finfo(a.dtype).eps ** -0.75)
    inverse = inverse_of_regular(a, factors, pivots, limit=limit, what="the gradient of np.linalg.det")
    b = swap_last(inverse)
    return lambda da: as_scale(over_matrices(b * da)) * out - b @ swap_last(da) @ out, None, None


def _by_minors(a: Any) -> Any:
    """The differential of the cofactors, each of which is a determinant with one row and one column less."""
    size = a.shape[-1]
    if size < 2:
        return lambda da: 0.0 * da
    others = np.array([[j for j in range(size) if j != i] for i in range(size)])
    rows, columns = others[:, None, :, None], others[None, :, None, :]
    signs = np.where((np.arange(size)[:, None] + np.arange(size)) % 2, -1.0, 1.0).astype(a.dtype)
    minors = a[..., rows, columns]
    of_minors = cofactor(minors, *lu_factor(minors))
    return lambda da: signs * over_matrices(of_minors * da[..., rows, columns])


@inverse_of_regular.evaluate
def _inverse_value(xp: Any, a: Any, factors: Any, pivots: Any, *, limit: float, what: str) -> Any:
    try:
        inverse = lapack.inverse(factors, pivots)
    except np.linalg.LinAlgError:
        inverse = None
    if inverse is None or (np.isfinite(limit) and (_condition(a, inverse) >= limit).any()):
        place = "a singular matrix" if np.isinf(limit) else f"a singular matrix of more than {MINORS} rows"
        error = OpenChoiceError(
            f"{what} has no derivative at {place}, received shape {a.shape}; move away from it, for instance "
            f"by a + 1e-8 * np.eye({a.shape[-1]})"
        )
        # a determinant is smooth everywhere, and what its rule does not reach is a limit; its logarithm is not
        if np.isinf(limit):
            return _inverses_at_will(factors, pivots, path_or_refusal(error))
        raise error
    return inverse


def _inverses_at_will(factors: Any, pivots: Any, seed: int) -> Any:
    """The inverses in a stack, and in place of those that do not exist numbers on which nothing must depend."""
    out = np.empty_like(factors)
    for place in np.ndindex(factors.shape[:-2]):
        try:
            out[place] = lapack.inverse(factors[place], pivots[place])
        except np.linalg.LinAlgError:
            out[place] = mixture(factors.shape[-1], factors.shape[-1], factors.dtype, seed)
    return out


inverse_of_regular.differential(lambda y, a, factors, pivots, *, limit, what: (lambda da: -(y @ da @ y), None, None))
inverse_of_regular.dtype(lambda a, factors, pivots, *, limit, what: a.dtype)
inverse_of_regular.flops(lambda a, factors, pivots, *, limit, what: 4 * a.size * a.shape[-1] // 3)


def _samples(primitive: Primitive, params: dict[str, Any], *shapes: tuple[int, ...]) -> None:
    def sample(shape: tuple[int, ...], dtype: Any) -> Any:
        def draw(rng: np.random.Generator) -> Any:
            a = regular(*shape, dtype=dtype)(rng) / shape[-1] ** 0.5
            a = a.astype(dtype)
            return (a, *lapack.lu(a)), params

        return draw

    declare_witness(primitive, lu_factor, (1, 2))
    primitive.samples(*(sample(shape, np.float64) for shape in shapes))
    primitive.samples(sample((3, 3), np.float32), sample((3, 3), np.complex128))


_samples(log_determinant, {}, (3, 3), (2, 3, 3), (34, 34))
_samples(determinant, {}, (3, 3), (2, 3, 3), (1, 1), (10, 10))
_samples(cofactor, {}, (3, 3), (2, 3, 3), (1, 1), (2, 2), (10, 10))
_samples(inverse_of_regular, {"limit": float("inf"), "what": "a test"}, (3, 3), (2, 3, 3), (34, 34))

_SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


@implements(np.linalg.det)
def det(a: Any) -> Any:
    """`np.linalg.det`, with the gradient by cofactors: right at singular matrices."""
    a = squares(a, "det")
    if type_of(a).shape[-1] > MINORS:
        a = parted_on(path_taken(), a, "singular")
    return determinant(a, *lu_factor(a))


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """`np.linalg.slogdet`; the sign of a real determinant is constant."""
    a = squares(a, "slogdet")
    return _SlogdetResult(*log_determinant(a, *lu_factor(a)))
