"""The columns that complete an orthonormal basis: full SVD and complete QR.

They span the complement of the columns of A, and any basis of it would do. Where it is one real vector, its sign
aside nothing is open. Elsewhere a loss must not depend on the basis, which only a limit along paths can tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.linalg.matrices import adjoint
from wengert.primitives.linalg.parting import OpenChoiceError, mixture, note, path_taken, turn
from wengert.primitives.linalg.pseudoinverse import pseudoinverse_of
from wengert.primitives.linalg.witness import declare_witness
from wengert.tracing import type_of

__all__ = ["complement", "completing"]

complement = Primitive(
    "complement",
    signature="(m,n),(m,r)->(m,r)",
    params=("turned",),
    notation="complement({0})",
    domain="A of full column rank",
    cite="Z^H A = 0 gives dZ = -(A^+)^H dA^H Z where Z^H dZ = 0; Golub & Pereyra (1973), eq. 4.2",
)
complement.evaluate(lambda xp, a, z, *, turned: z)
complement.dtype(lambda a, z, *, turned: z.dtype)


@complement.differential
def _d_complement(out: Any, a: Any, z: Any, *, turned: int | None) -> Any:
    inverse = adjoint(pseudoinverse_of(a, 1e-15, call=None))

    def linear(da: Any) -> Any:
        moved = determined(-(inverse @ (adjoint(da) @ out)), a, taken=turned is not None)
        if turned is None:
            return moved
        # along a path the columns turn at will, for nothing must depend on which they are
        mixed = mixture(z.shape[-1], z.shape[-2], z.dtype, turned) @ moved
        return moved + out @ (mixed - adjoint(mixed))

    return linear, None


complement_factor = Primitive(
    "complement_factor",
    differentiable=False,
    notation="complement({0})",
    shapes="(...,m,n) -> (...,m,m-n) with m >= n",
    domain="everywhere; a witness, constant",
    cite="LAPACK orgqr",
)
complement_factor.evaluate(lambda xp, a: xp.linalg.qr(a, mode="complete")[0][..., a.shape[-1] :])
complement_factor.shape(lambda a: (*a.shape[:-1], a.shape[-2] - a.shape[-1]))
complement_factor.dtype(lambda a: a.dtype)
complement_factor.batch(lambda size, args, batched: complement_factor(args[0]))
complement_factor.flops(lambda a: 4 * a.shape[-2] * a.size)
declare_witness(complement, complement_factor, (1,))

determined = Primitive(
    "determined",
    signature="(m,r),(m,n)->(m,r)",
    params=("taken",),
    linear="separately",
    notation="{0}",
    domain="refused where a basis of the complement can be turned",
    cite="the identity; Golub & Van Loan, Matrix Computations (2013), 5.2",
)


@determined.evaluate
def _determined_value(xp: Any, z: Any, a: Any, *, taken: bool) -> Any:
    note(z)
    if not taken and (z.shape[-1] > 1 or z.dtype.kind == "c"):
        kind = "vector, up to a phase," if z.shape[-1] == 1 else f"{z.shape[-1]} vectors"
        raise OpenChoiceError(
            f"the {kind} that complete the basis of a {a.shape[-2]} by {a.shape[-1]} matrix have no derivative: any "
            f"basis of the complement would do. Use full_matrices=False in np.linalg.svd, mode='reduced' in "
            f"np.linalg.qr, or a loss that does not depend on the basis, such as one of Z @ Z.T"
        )
    shape = np.broadcast_shapes(z.shape[:-2], a.shape[:-2])
    return z if z.shape[:-2] == shape else np.broadcast_to(z, (*shape, *z.shape[-2:]))


determined.differential(lambda out, z, a, *, taken: (lambda dz: determined(dz, a, taken=taken), None))
determined.transpose(0)(lambda g, z, a, *, taken: determined(g, a, taken=taken))
determined.dtype(lambda z, a, *, taken: z.dtype)


def completing(a: Any, z: Any) -> Any:
    """The plain completing columns `z` of the basis of `a`, with their derivative."""
    path = path_taken()
    if path is None:
        return complement(a, z, turned=None)
    kind = type_of(z)
    return complement(a, z @ turn(kind.shape[-1], kind.dtype, path.seed), turned=path.seed)


def _sample(*shape: int) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        a = rng.normal(size=shape) + 2 * np.eye(shape[-2], shape[-1])
        return (a, np.linalg.qr(a, mode="complete")[0][..., shape[-1] :]), {"turned": None}

    return draw


complement.samples(_sample(4, 3), _sample(2, 2, 1), _sample(3, 2))
complement_factor.samples(lambda r: ((r.normal(size=(4, 2)),), {}), lambda r: ((r.normal(size=(2, 3, 2)),), {}))
determined.samples(lambda r: ((r.normal(size=(3, 1)), r.normal(size=(3, 2))), {"taken": False}))
