"""The phase of complex vectors: a decomposition leaves it open, LAPACK fixes it by keeping one entry real."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import imag, real, select
from wengert.primitives.linalg.parting import OpenChoiceError, mixture
from wengert.primitives.reductions import sum_along

__all__ = ["phase_checked", "phase_rate", "rate_at_will", "signs_of"]

_SMALL = 1e3


def _place(row: int) -> Any:
    return (Ellipsis, slice(row, row + 1 or None), slice(None))


def phase_rate(moved: Any, basis: Any, row: int) -> Any:
    """How fast the entry that LAPACK keeps real would turn in each column; zero where that entry vanishes."""
    entry = real(basis[_place(row)])
    small = abs(entry) < _SMALL * float(np.finfo(basis.dtype).eps)
    return select(small, 0.0, imag(moved[_place(row)]) / select(small, 1.0, entry))


def rate_at_will(moved: Any, seed: int) -> Any:
    """Some rate, per column, at which phases turn."""
    rank = len(moved.shape)
    weights = mixture(moved.shape[-2], moved.shape[-1], moved.dtype, seed)
    return imag(sum_along(weights * moved, axis=(rank - 2,), keepdims=True))


def signs_of(vectors: Any, others: Any) -> Any:
    """Plus or minus one per column: which sign brings real vectors nearest to others."""
    rank = len(vectors.shape)
    return select(
        sum_along(vectors * others, axis=(rank - 2,), keepdims=True) < 0, vectors.dtype.type(-1), vectors.dtype.type(1)
    )


phase_checked = Primitive(
    "phase_checked",
    signature="(m,n),(m,n)->(m,n)",
    params=("row", "columns", "seen"),
    linear="separately",
    notation="{0}",
    domain="refused where the phase that a complex vector has in LAPACK matters and is open",
    cite="the identity; LAPACK hetrd and gebrd leave the first entry of each vector real",
)


@phase_checked.evaluate
def _phase_checked_value(xp: Any, x: Any, basis: Any, *, row: int, columns: Any, seen: str) -> Any:
    eps = np.finfo(basis.dtype).eps
    x, basis = np.broadcast_arrays(x, basis)
    entry = basis[_place(row)][..., 0, :]
    open_phase = (abs(entry.real) < _SMALL * eps) | (abs(entry.imag) > _SMALL * eps)
    if columns is not None:
        open_phase = open_phase & np.isin(np.arange(entry.shape[-1]), columns)
    if not open_phase.any():
        return x
    # a loss that no phase changes has a cotangent without a part along i v, and then any phase will do
    turning = x[_place(row)][..., 0, :].imag if seen == "tangent" else (x * basis).sum(axis=-2).imag
    size = np.sqrt((abs(x) ** 2).sum(axis=-2))
    if seen == "always" or (open_phase & (abs(turning) > _SMALL * eps * size)).any():
        raise OpenChoiceError(
            f"a complex vector of this decomposition has no derivative: LAPACK fixes its phase by entry "
            f"{row}, which is zero. Make the loss independent of the phase of each vector, as v @ v.conj() "
            f"is, and take its gradient rather than a forward derivative, or move away from the point"
        )
    return x


_OTHER_SIDE = {"tangent": "cotangent", "cotangent": "tangent", "always": "always"}
phase_checked.differential(
    lambda out, x, basis, *, row, columns, seen: (
        lambda dx: phase_checked(dx, basis, row=row, columns=columns, seen=seen),
        None,
    )
)
phase_checked.transpose(0)(
    lambda g, x, basis, *, row, columns, seen: phase_checked(g, basis, row=row, columns=columns, seen=_OTHER_SIDE[seen])
)
phase_checked.dtype(lambda x, basis, *, row, columns, seen: x.dtype)


def _sample(rng: np.random.Generator) -> Any:
    v = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    v *= abs(v[0]) / v[0]
    return (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)), v), {
        "row": 0,
        "columns": (),
        "seen": "tangent",
    }


phase_checked.samples(_sample)
