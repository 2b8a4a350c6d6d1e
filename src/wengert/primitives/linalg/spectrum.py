"""What eigenvalues and singular values share: which of them coincide, and where vectors have a derivative.

A vector that belongs to a repeated value is arbitrary within a subspace, and has no derivative. Whether a
loss depends on that choice cannot be seen from its cotangent: that of V log(w) V^T vanishes at the identity,
where its derivative does not. So the rules refuse by structure, never by whether some number happens to be
zero, and leave it to the transforms to look for a limit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import Primitive
from wengert.primitives.arithmetic import select
from wengert.primitives.linalg.parting import OpenChoiceError, groups, nearness, note, vanishing
from wengert.primitives.shaping import expand

__all__ = ["distinct", "inverse_gaps", "share", "tied_pairs"]

Columns = tuple[int, ...] | None


tied_pairs = Primitive(
    "tied_pairs",
    signature="(n)->(n,n)",
    differentiable=False,
    notation="tied({0})",
    domain="everywhere; constant",
    cite="locally constant",
)


@tied_pairs.evaluate
def _tied_pairs_value(xp: Any, w: Any) -> Any:
    number = groups(w)
    return number[..., :, None] == number[..., None, :]


tied_pairs.dtype(lambda w: np.dtype(np.bool_))
tied_pairs.samples(lambda r: ((np.sort(r.normal(size=3)),), {}), lambda r: ((np.sort(r.normal(size=(2, 3))),), {}))

share = Primitive(
    "share",
    signature="(n),(n)->(n)",
    params=("positive",),
    linear="separately",
    notation="share({0})",
    domain="everywhere; constant in the second operand",
    cite="the subgradient of smallest norm; Lewis (1999), Nonsmooth analysis of eigenvalues",
)


@share.evaluate
def _share_value(xp: Any, x: Any, w: Any, *, positive: bool) -> Any:
    number = groups(w)
    gone = vanishing(w) if positive else np.zeros(w.shape, bool)
    if not gone.any() and (number[..., -1:] == w.shape[-1] - 1).all():
        return np.broadcast_to(x, np.broadcast_shapes(x.shape, w.shape))
    same = (number[..., :, None] == number[..., None, :]).astype(x.dtype)
    same /= same.sum(axis=-1, keepdims=True)
    if positive:
        same[np.broadcast_to(gone[..., None], same.shape)] = 0
    return (same @ x[..., None])[..., 0]


share.dtype(lambda x, w, *, positive: x.dtype)
share.differential(lambda out, x, w, *, positive: (lambda dx: share(dx, w, positive=positive), None))
# the averages form a symmetric matrix, of whose blocks that of the value zero is zero
share.transpose(0)(lambda g, x, w, *, positive: share(g, w, positive=positive))
share.samples(
    lambda r: ((r.normal(size=3), np.sort(r.normal(size=3))), {"positive": False}),
    lambda r: ((r.normal(size=(2, 3)), np.sort(r.uniform(1, 2, size=3))[::-1].copy()), {"positive": True}),
)

distinct = Primitive(
    "distinct",
    signature="(p,q),(n)->(p,q)",
    params=("columns", "positive", "what"),
    linear="separately",
    notation="{0}",
    domain="refused where a value used is repeated or zero",
    cite="the identity; Kato, Perturbation Theory for Linear Operators, II.5",
)


@distinct.evaluate
def _distinct_value(xp: Any, x: Any, w: Any, *, columns: Columns, positive: bool, what: str) -> Any:
    used = slice(None) if columns is None else list(columns)
    near = nearness(w.shape[-1], w.dtype)
    for bound in (near, 0.0) if near else (0.0,):
        number = groups(w, bound)
        tied = (number[..., :, None] == number[..., None, :]).sum(axis=-1) > 1
        gone = vanishing(w, bound) if positive else np.zeros(w.shape, bool)
        wrong = (tied | gone)[..., used]
        if not wrong.any():
            break
    else:
        values = w[..., used][wrong]
        fault = "repeated" if tied[..., used].any() else "zero"
        raise OpenChoiceError(_account(what, fault, values))
    if bound != near:
        error = OpenChoiceError("values of a decomposition are close to one another, or to zero")
        error.near = True
        raise error
    note(x)
    return _repeated(x, w.shape[:-1])


def _repeated(x: Any, loop: tuple[int, ...]) -> Any:
    """Matrices repeated for a stack that only another operand has."""
    shape = np.broadcast_shapes(x.shape[:-2], loop)
    return x if x.shape[:-2] == shape else np.broadcast_to(x, (*shape, *x.shape[-2:]))


def _account(what: str, fault: str, values: Any) -> str:
    kind, call, only = (
        ("singular", "np.linalg.svd", "np.linalg.svdvals")
        if "singular" in what
        else ("eigen", "np.linalg.eigh", "np.linalg.eigvalsh")
    )
    name = f"{kind} value" if kind == "singular" else "eigenvalue"
    listed = ", ".join(f"{value:.6g}" for value in values[:3])
    if "second" in what:
        return (
            f"the derivative of order two or more of {what.removeprefix('second: ')} is not determined by "
            f"{call} where one is {fault} (here {listed}); express the function without the decomposition, "
            f"or move away from the point"
        )
    return (
        f"{what} belonging to a {fault} {name} (here {listed}) have no derivative: any basis of their "
        f"subspace would do. If the loss needs only some vectors, take them right from the result, as in "
        f"V[:, 0]; if it needs only the values, call {only}; if it is a function of the matrix, express it "
        f"without the decomposition"
    )


distinct.dtype(lambda x, w, *, columns, positive, what: x.dtype)
distinct.differential(
    lambda out, x, w, *, columns, positive, what: (
        lambda dx: distinct(dx, w, columns=columns, positive=positive, what=what),
        None,
    )
)
distinct.transpose(0)(
    lambda g, x, w, *, columns, positive, what: distinct(g, w, columns=columns, positive=positive, what=what)
)
distinct.samples(
    lambda r: (
        (r.normal(size=(2, 2)), np.array([1.0, 2.0, 2.0])),
        {"columns": (0,), "positive": True, "what": "eigenvectors"},
    ),
    lambda r: (
        (r.normal(size=(2, 3, 2)), np.array([-1.0, 2.0, 3.0])),
        {"columns": None, "positive": False, "what": "eigenvectors"},
    ),
)


def inverse_gaps(w: Any, squared: bool) -> Any:
    """1 / (w_j - w_i), or of the squares, at place (i, j); zero for pairs that coincide."""
    rank = len(w.shape)
    right, left = expand(w, (rank - 1,)), expand(w, (rank,))
    tied = tied_pairs(w)
    gap = right - left
    # the product keeps the digits that a difference of squares would lose
    gap = gap * (right + left) if squared else gap
    return select(tied, 0.0, 1.0 / select(tied, 1.0, gap))
