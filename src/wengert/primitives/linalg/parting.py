"""Leaving a point where values of a decomposition meet, along a path on which they part.

Where eigenvalues or singular values coincide, the vectors are arbitrary, and a loss that does not depend on the
choice is nevertheless smooth in the matrix. Its derivatives are then the limit of those along a path A + t E on
which the values are distinct; T. Kato, Perturbation Theory for Linear Operators (1995), II.6. E commutes with A in
the eigenbasis, so that vectors stay and values move linearly. It is the transforms that run a program along such a
path and take the limit; this file says where the path leads, and how decompositions are told to take it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

import numpy as np

from wengert.errors import UndefinedDerivativeError
from wengert.graph import Primitive
from wengert.tracing import GraphRecording, active_recordings

__all__ = [
    "OpenChoiceError",
    "Path",
    "along",
    "groups",
    "meeting",
    "mixture",
    "nearness",
    "note",
    "parted",
    "parted_on",
    "path_or_refusal",
    "path_taken",
    "phases",
    "tolerance",
    "turn",
    "unwatched",
    "vanishing",
]


class OpenChoiceError(UndefinedDerivativeError):
    """A derivative passes through vectors that the matrix leaves open; a limit may exist all the same.

    `near` says that nothing is open, but that values are so close that their difference has few digits; `still` that
    paths need not lead away from the point; `tried` is what to say where there is no limit.
    """

    near = False
    still = False
    tried = (
        "The limit along paths on which the values part was tried too: it depends on the path, so that this function "
        "depends on the choice"
    )


class Path(NamedTuple):
    """A path that leaves the point: which one of many, and how far along it."""

    seed: int
    step: float


_taken: ContextVar[Path | None] = ContextVar("wengert_path", default=None)
# Whether whoever runs the program wants to know of values that are merely close.
_watched: ContextVar[bool] = ContextVar("wengert_watched", default=True)
_sizes: ContextVar[list[float] | None] = ContextVar("wengert_sizes", default=None)
# From this relative difference on values count as apart at any order, for the way round them has its price.
_FAR: Final = 3e-3


def path_taken() -> Path | None:
    """The path that decompositions take at present, or None."""
    return _taken.get()


@contextmanager
def along(path: Path, sizes: list[float]) -> Iterator[None]:
    """Let decompositions take this path, and gather the sizes of numbers that are to cancel on it."""
    token, other = _taken.set(path), _sizes.set(sizes)
    try:
        yield
    finally:
        _taken.reset(token)
        _sizes.reset(other)


def path_or_refusal(error: OpenChoiceError) -> int:
    """The seed of the path taken; without one, raises the error for a point at which there is no derivative.

    On a path some numbers stand in for what does not exist. Only a result that does not use them is the same on two
    paths, as that of a branch that is not taken.
    """
    path = path_taken()
    if path is None:
        error.still, error.tried = True, "The function depends on it: no branch of the program leaves it out"
        raise error
    return path.seed


def note(x: Any) -> None:
    """Tell whoever follows a path how large the numbers are whose open parts cancel in the end."""
    sizes = _sizes.get()
    if sizes is not None and x.size:
        sizes.append(float(abs(x).max()))


def tolerance(count: int, dtype: Any) -> float:
    """Up to which relative difference values count as equal."""
    # rounding moves an eigenvalue by a few eps times the norm; a hundred keeps two digits of a difference
    return float(10 * max(count, 10) * np.finfo(dtype).eps)


@contextmanager
def unwatched() -> Iterator[None]:
    """Take derivatives through values that are close as they are, with the digits that their difference has."""
    token = _watched.set(False)
    try:
        yield
    finally:
        _watched.reset(token)


def nearness(count: int, dtype: Any) -> float:
    """Up to which relative difference values count as close: zero where that makes no difference."""
    outermost = active_recordings()[:1]
    if _taken.get() is not None or not _watched.get() or (outermost and isinstance(outermost[0], GraphRecording)):
        return 0.0
    return closeness(count, dtype)


def closeness(count: int, dtype: Any) -> float:
    """The relative difference whose power, one for each order of differentiation, leaves half of the digits."""
    order = max(len(active_recordings()), 1)
    # the more values, the closer some of them are, and the longer the way round them
    reach: float = min(float(np.finfo(dtype).eps) ** (0.5 / order), _FAR)
    return reach * min(1.0, 10 / max(count, 1))


def groups(w: Any, near: float = 0.0) -> Any:
    """A number per value of a sorted sequence, the same for values that are equal up to rounding, or close."""
    if not w.shape[-1]:
        return np.zeros(w.shape, np.intp)
    bound = max(tolerance(w.shape[-1], w.dtype), near) * abs(w).max(axis=-1, keepdims=True)
    steps = abs(np.diff(w, axis=-1)) > bound
    return np.concatenate([np.zeros((*w.shape[:-1], 1), np.intp), np.cumsum(steps, axis=-1)], axis=-1)


def vanishing(s: Any, near: float = 0.0) -> Any:
    """Which singular values are zero up to rounding, or close to it."""
    return s <= max(tolerance(s.shape[-1], s.dtype), near) * s.max(axis=-1, keepdims=True, initial=0)


def turn(count: int, dtype: Any, seed: int) -> Any:
    """A random orthogonal or unitary matrix."""
    rng = np.random.default_rng([seed, count])
    x = rng.normal(size=(count, count))
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=(count, count))
    return np.linalg.qr(x)[0].astype(dtype)


def phases(count: int, dtype: Any, seed: int) -> Any:
    """Random numbers of modulus one."""
    return np.exp(2j * np.pi * np.random.default_rng([seed, count, 1]).random(count)).astype(dtype)


def mixture(rows: int, columns: int, dtype: Any, seed: int) -> Any:
    """Random weights, by which a choice that is open is made to depend on where the matrix moves."""
    rng = np.random.default_rng([seed, rows, columns, 2])
    x = rng.normal(size=(rows, columns))
    return (x + 1j * rng.normal(size=(rows, columns)) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def _room(values: Any, mine: Any) -> float:
    """How far values may move before they meet another one, or zero."""
    size = abs(values).max()
    here = values[mine].mean()
    rest = np.delete(values, np.flatnonzero(mine))
    distances = [float(abs(rest - here).min())] if rest.size else []
    if abs(here) > 1e-6 * size:
        distances.append(float(abs(here)))
    return min(distances, default=float(size) or 1.0) or 1.0


def _leave_hermitian(a: Any, seed: int, near: float) -> Any:
    mean = (a + a.conj().T) / 2
    w, v = np.linalg.eigh(mean)
    out = np.zeros_like(a)
    number = groups(w, near)
    for group in np.unique(number):
        mine = number == group
        count = int(mine.sum())
        if count > 1:
            basis = v[:, mine] @ turn(count, a.dtype, seed)
            out += _room(w, mine) * ((basis * np.linspace(-1, 1, count)) @ basis.conj().T).astype(a.dtype)
    return out


def _leave_rectangular(a: Any, seed: int, near: float) -> Any:
    u, s, vh = np.linalg.svd(a)
    gone, number = vanishing(s, near), groups(s, near)
    out = _raise_rank(u, s, vh, gone, seed)
    for group in np.unique(number[~gone]):
        mine = (number == group) & ~gone
        count = int(mine.sum())
        if count > 1:
            rotation = turn(count, a.dtype, seed)
            left, right = u[:, : len(s)][:, mine] @ rotation, rotation.conj().T @ vh[: len(s)][mine]
            out += _room(s, mine) * ((left * np.linspace(-1, 1, count)) @ right).astype(a.dtype)
    return out


def _leave_singular(a: Any, seed: int, near: float) -> Any:
    u, s, vh = np.linalg.svd(a)
    return _raise_rank(u, s, vh, vanishing(s, float(np.finfo(a.dtype).eps) ** 0.5), seed)


def _raise_rank(u: Any, s: Any, vh: Any, gone: Any, seed: int) -> Any:
    """A direction that gives the singular values which are `gone` different sizes."""
    rank, dtype = int((~gone).sum()), u.dtype
    zeros = len(s) - rank
    out = np.zeros((len(u), len(vh)), dtype)
    if zeros:
        left = u[:, rank:] @ turn(len(u) - rank, dtype, seed)[:, :zeros]
        right = turn(len(vh) - rank, dtype, seed + 1)[:zeros] @ vh[rank:]
        size = float(s[rank - 1]) if rank else 1.0
        out += size * ((left * np.linspace(1.0, 0.5, zeros)) @ right).astype(dtype)
    return out


def meeting(w: Any) -> Any:
    """Which eigenvalues of a general matrix are too close to another one for vectors that can be relied on."""
    if not w.shape[-1]:
        return np.zeros(w.shape, bool)
    # a defective pair splits by the root of the rounding error
    bound = 10 * np.finfo(w.dtype).eps ** 0.5 * abs(w).max(axis=-1)
    distance = abs(w[..., :, None] - w[..., None, :])
    return ((distance <= bound[..., None, None]).sum(axis=-1) > 1) & (w.shape[-1] > 1)


def _leave_general(a: Any, seed: int, near: float) -> Any:
    w = np.linalg.eigvals(a)
    if not meeting(w).any():
        return np.zeros_like(a)
    # no direction commutes with a defective matrix: any that splits the values will do
    size = float(abs(w)[abs(w) > 1e-6 * abs(w).max()].min(initial=abs(w).max())) or 1.0
    basis = turn(len(a), a.dtype, seed)
    return size * ((basis * np.linspace(-1, 1, len(a))) @ basis.conj().T).astype(a.dtype)


_LEAVE: Final = {
    "hermitian": _leave_hermitian,
    "rectangular": _leave_rectangular,
    "singular": _leave_singular,
    "general": _leave_general,
}

parted = Primitive(
    "parted",
    signature="(m,n),()->(m,n)",
    params=("kind", "seed", "near"),
    notation="{0} + {1} E",
    domain="everywhere; E is constant, and zero where no values meet",
    cite="Kato (1995), Perturbation Theory for Linear Operators, II.6",
)


@parted.evaluate
def _parted_value(xp: Any, a: Any, step: Any, *, kind: str, seed: int, near: float) -> Any:
    loop = np.broadcast_shapes(a.shape[:-2], np.shape(step))
    out = np.array(np.broadcast_to(a, (*loop, *a.shape[-2:])))
    steps = np.broadcast_to(step, loop)
    for place in np.ndindex(loop):
        if out[place].size and np.isfinite(out[place]).all():
            out[place] += out.dtype.type(steps[place]) * _LEAVE[kind](out[place], seed, near)
    return out


parted.dtype(lambda a, step, *, kind, seed, near: a.dtype)
parted.differential(lambda out, a, step, *, kind, seed, near: (lambda da: da, None))


def _sample(kind: str, *shape: int) -> Any:
    return lambda r: ((r.normal(size=shape), 0.25), {"kind": kind, "seed": 1, "near": 0.0})


def parted_on(path: Path | None, a: Any, kind: str) -> Any:
    """The matrix as it is at this place of a path."""
    if path is None:
        return a
    near = closeness(min(a.shape[-2:]), a.dtype)
    return parted(a, path.step, kind=kind, seed=path.seed, near=near)


parted.samples(_sample("hermitian", 3, 3), _sample("rectangular", 2, 3, 2), _sample("general", 3, 3))
