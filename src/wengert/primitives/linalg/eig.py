"""Eigenvalues and eigenvectors of general matrices.

Both have derivatives where the eigenvalues are simple. LAPACK gives each vector the length one and, where it is
complex, the phase in which its largest entry is real; the derivative follows that convention. Functions that treat
coinciding eigenvalues alike, such as the sum of their squares, are smooth beyond: see `parting`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import imag, real, select
from wengert.primitives.linalg.basis import lazy_basis
from wengert.primitives.linalg.matrices import conjugate, squares
from wengert.primitives.linalg.parting import OpenChoiceError, meeting, note, parted_on, path_taken, phases
from wengert.primitives.linalg.phase import rate_at_will
from wengert.primitives.linalg.solve import inverse
from wengert.primitives.linalg.witness import declare_witness
from wengert.primitives.reductions import sum_along
from wengert.primitives.shaping import expand, swap_last
from wengert.tracing import implements, outermost, type_of

__all__ = ["eig", "eig_factor", "eigvals", "general_eigenvalues", "general_eigenvectors"]

_CITE = "Magnus (1985), On differentiating eigenvalues and eigenvectors, theorem 2; Giles (2008), 3.1"
_ARGUMENTS = "(n,n),(n),(n,n)"

eig_factor = Primitive(
    "eig_factor",
    signature="(n,n)->(n),(n,n)",
    outputs=2,
    differentiable=False,
    notation="eig({0})",
    domain="everywhere; a witness, constant",
    cite="LAPACK geev",
)
general_eigenvalues = Primitive(
    "eigvals",
    signature=f"{_ARGUMENTS}->(n)",
    params=("narrow",),
    notation="eigvals({0})",
    domain="simple eigenvalues",
    cite=f"dw_i = (V^-1 dA V)_ii; {_CITE}",
)
general_eigenvectors = Primitive(
    "general_eigenvectors",
    signature=f"{_ARGUMENTS}->(n,n)",
    params=("narrow", "phase", "turned"),
    notation="eigenvectors({0})",
    domain="simple eigenvalues; the largest entry of a complex vector attained once",
    cite=f"V^-1 dV = F o V^-1 dA V with F_ij = 1 / (w_j - w_i), kept at length one; {_CITE}",
)
largest = Primitive(
    "largest_entries",
    signature="(n,n)->(n,n)",
    differentiable=False,
    notation="largest({0})",
    domain="everywhere; constant",
    cite="locally constant",
)
simple = Primitive(
    "simple",
    signature="(p,q),(n),(n,n)->(p,q)",
    params=("phase",),
    linear="separately",
    notation="{0}",
    domain="refused where eigenvalues coincide, or the phase of a vector is open",
    cite="the identity; Kato (1995), Perturbation Theory for Linear Operators, II.5",
)


@eig_factor.evaluate
def _factor_value(xp: Any, a: Any) -> Any:
    w, v = xp.linalg.eig(a)
    wide = np.result_type(a.dtype, np.complex64)
    return w.astype(wide), v.astype(wide)


def _complex(a: Any) -> np.dtype[Any]:
    return np.result_type(a.dtype, np.complex64)


def _narrowed(x: Any, narrow: bool) -> Any:
    return x.real if narrow else x


eig_factor.dtype(lambda a: (_complex(a), _complex(a)))
eig_factor.flops(lambda a: 25 * a.size * a.shape[-1])
general_eigenvalues.evaluate(lambda xp, a, w, v, *, narrow: _narrowed(w, narrow))
general_eigenvalues.dtype(lambda a, w, v, *, narrow: np.zeros((), w.dtype).real.dtype if narrow else w.dtype)
general_eigenvectors.evaluate(lambda xp, a, w, v, *, narrow, phase, turned: _narrowed(v, narrow))
general_eigenvectors.dtype(
    lambda a, w, v, *, narrow, phase, turned: np.zeros((), v.dtype).real.dtype if narrow else v.dtype
)


@largest.evaluate
def _largest_value(xp: Any, v: Any) -> Any:
    places = abs(v).argmax(axis=-2)
    return np.arange(v.shape[-2])[:, None] == places[..., None, :]


largest.dtype(lambda v: np.dtype(np.bool_))
largest.samples(lambda r: ((r.normal(size=(3, 3)) + 1j * r.normal(size=(3, 3)),), {}))


@simple.evaluate
def _simple_value(xp: Any, x: Any, w: Any, v: Any, *, phase: str) -> Any:
    wrong = meeting(w)
    if wrong.any():
        listed = ", ".join(f"{value:.6g}" for value in w[wrong][:3])
        raise OpenChoiceError(
            f"eigenvalues of a general matrix that coincide (here {listed}), and vectors that belong to them, have no "
            f"derivative. If the matrix is symmetric, call np.linalg.eigh; if the loss is a function of the matrix, "
            f"express it without the decomposition"
        )
    if phase != "open" and v.size:
        size = abs(v)
        attained = (size >= (1 - 1e3 * np.finfo(v.dtype).eps) * size.max(axis=-2, keepdims=True)).sum(axis=-2)
        turned = (abs(v.imag) > 1e3 * np.finfo(v.dtype).eps).any(axis=-2)
        # the vectors of a real matrix that are real stay so
        if ((attained > 1) & (turned | (phase == "any"))).any():
            raise OpenChoiceError(
                "a complex eigenvector has no derivative here: LAPACK makes its largest entry real, and two entries "
                "are equally large. Make the loss independent of the phase of each vector, as abs(v) is, or move away "
                "from the point"
            )
    note(x)
    shape = np.broadcast_shapes(x.shape[:-2], w.shape[:-1], v.shape[:-2])
    return x if x.shape[:-2] == shape else np.broadcast_to(x, (*shape, *x.shape[-2:]))


def _all_real(w: Any) -> bool:
    return bool((w.imag == 0).all())


simple.dtype(lambda x, w, v, *, phase: x.dtype)
simple.differential(lambda out, x, w, v, *, phase: (lambda dx: simple(dx, w, v, phase=phase), None, None))
simple.transpose(0)(lambda g, x, w, v, *, phase: simple(g, w, v, phase=phase))


def _simple_sample(rng: np.random.Generator) -> Any:
    w, v = np.linalg.eig(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    return (rng.normal(size=(3, 3)), w, v), {"phase": "any"}


simple.samples(_simple_sample)


def _gaps(w: Any) -> Any:
    rank, count = len(w.shape), w.shape[-1]
    gap = expand(w, (rank - 1,)) - expand(w, (rank,))
    diagonal = np.eye(count, dtype=bool)
    return select(diagonal, 0.0, 1.0 / select(diagonal, 1.0, gap))


@general_eigenvalues.differential
def _d_eigenvalues(out: Any, a: Any, w: Any, v: Any, *, narrow: bool) -> Any:
    basis = general_eigenvectors(a, w, v, narrow=False, phase=None, turned=None)
    left = simple(inverse(basis), w, v, phase="open")
    rank = len(a.shape)

    def linear(da: Any) -> Any:
        # the diagonal of V^-1 dA V without its other entries
        diagonal = sum_along(left * swap_last(da @ basis), axis=(rank - 1,), keepdims=False)
        return real(diagonal) if narrow else diagonal

    return linear, None, None


@general_eigenvectors.differential
def _d_eigenvectors(out: Any, a: Any, w: Any, v: Any, *, narrow: bool, phase: bool | None, turned: int | None) -> Any:
    # `phase` None leaves the length open too, for products with V^-1, which see neither
    basis = general_eigenvectors(a, w, v, narrow=False, phase=phase, turned=turned)
    values = general_eigenvalues(a, w, v, narrow=False)
    gaps, left = _gaps(values), inverse(basis)
    rank = len(a.shape)
    chosen = largest(v) if phase else None
    fixed = "open" if not phase else "any" if a.dtype.kind == "c" else "turned"

    def along(x: Any) -> Any:
        return sum_along(x, axis=(rank - 2,), keepdims=True)

    def linear(da: Any) -> Any:
        moved = simple(basis @ (gaps * (left @ da @ basis)), w, v, phase=fixed)
        if phase is not None:
            moved = moved - basis * real(along(conjugate(basis) * moved))
        if turned is not None:
            moved = moved + basis * (1j * rate_at_will(moved, turned))
        elif phase:
            entry = along(select(chosen, basis, 0.0))
            turning = imag(along(select(chosen, moved, 0.0))) / real(entry)
            moved = moved - basis * (1j * turning)
        return real(moved) if narrow else moved

    return linear, None, None


def _spread(*shape: int, kind: Any = np.float64) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = rng.normal(size=shape) + np.diag(3.0 * np.arange(shape[-1]))
        if np.dtype(kind).kind == "c":
            a = a + 1j * rng.normal(size=shape)
        return np.asarray(a, kind)

    return draw


def _turning(rng: np.random.Generator) -> Any:
    """A real matrix with complex eigenvalues."""
    return rng.normal(size=(3, 3)) / 4 + np.array([[1.0, -3.0, 0], [3.0, 1.2, 0.4], [0, 0, 5.0]])


def _sample(matrix: Any, params: dict[str, Any]) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = matrix(rng)
        return (a, *eig_factor(a)), params

    return draw


for _matrix, _narrow in (
    (_spread(3, 3), True), (_turning, False), (_spread(2, 2, 2), True), (_spread(3, 3, kind=np.complex128), False),
    (_spread(3, 3, kind=np.float32), True),
):  # fmt: skip
    general_eigenvalues.samples(_sample(_matrix, {"narrow": _narrow}))
    general_eigenvectors.samples(_sample(_matrix, {"narrow": _narrow, "phase": True, "turned": None}))
eig_factor.samples(lambda r: ((_turning(r),), {}), lambda r: ((_spread(2, 3, 3)(r),), {}))
for _primitive in (general_eigenvalues, general_eigenvectors):
    declare_witness(_primitive, eig_factor, (1, 2))

_EigResult: Any = type(np.linalg.eig(np.eye(1)))


def _factored(a: Any, name: str) -> tuple[Any, Any, Any, bool]:
    a = squares(a, name)
    if not np.isfinite(outermost(a)).all():
        raise np.linalg.LinAlgError("Array must not contain infs or NaNs")
    a = parted_on(path_taken(), a, "general")
    w, v = eig_factor(a)
    return a, w, v, type_of(a).dtype.kind != "c" and _all_real(outermost(w))


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    """`np.linalg.eig`, with vectors of length one whose largest entry is real."""
    a, w, v, narrow = _factored(a, "eig")
    turned, path = None, path_taken()
    if path is not None and not narrow:
        turned = path.seed
        v = v * phases(type_of(v).shape[-1], type_of(v).dtype, path.seed)

    def vectors(source: Any, columns: Any) -> Any:
        return general_eigenvectors(source, w, v, narrow=narrow, phase=turned is None, turned=turned)

    value = v.real if narrow else v
    return _EigResult(general_eigenvalues(a, w, v, narrow=narrow), lazy_basis(a, value, vectors, axis=-1))


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """`np.linalg.eigvals`."""
    a, w, v, narrow = _factored(a, "eigvals")
    return general_eigenvalues(a, w, v, narrow=narrow)
