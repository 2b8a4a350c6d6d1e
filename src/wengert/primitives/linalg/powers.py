"""Products of several matrices, powers of one, and the condition number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from wengert.errors import ShapeError, UndefinedDerivativeError
from wengert.graph import Primitive
from wengert.primitives.access import cast
from wengert.primitives.linalg.matrices import inexact, matrices, squares
from wengert.primitives.linalg.norm import norm
from wengert.primitives.linalg.solve import inv
from wengert.primitives.linalg.svd import svdvals
from wengert.primitives.shaping import broadcast_to, reshape
from wengert.tracing import implements, outermost, type_of

__all__: list[str] = []


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    """`np.linalg.matrix_power`, by repeated squaring."""
    a = squares(a, "matrix_power")
    try:
        exponent = n.__index__()
    except AttributeError:
        raise TypeError("exponent must be an integer") from None
    if exponent == 0:
        kind = type_of(a)
        return broadcast_to(np.eye(kind.shape[-1], dtype=kind.dtype), shape=kind.shape)
    square, exponent = (inv(a), -exponent) if exponent < 0 else (a, exponent)
    result = None
    while True:
        exponent, odd = divmod(exponent, 2)
        if odd:
            result = square if result is None else result @ square
        if not exponent:
            return result
        square = square @ square


@lru_cache(maxsize=256)
def _best_split(lengths: tuple[int, ...], first: int, last: int) -> tuple[int, int]:
    """The cost of the cheapest order of the products first..last, and where it splits them."""
    if first == last:
        return 0, first
    return min(
        (
            _best_split(lengths, first, k)[0]
            + _best_split(lengths, k + 1, last)[0]
            + lengths[first] * lengths[k + 1] * lengths[last + 1],
            k,
        )
        for k in range(first, last)
    )


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """`np.linalg.multi_dot`: the product in the cheapest order; vectors may stand at both ends."""
    if out is not None:
        raise TypeError("multi_dot() got an unexpected keyword argument 'out'")
    factors = list(inexact(*arrays))
    if len(factors) < 2:
        raise ValueError("Expecting at least two arrays.")
    shapes = [type_of(factor).shape for factor in factors]
    left, right = len(shapes[0]) == 1, len(shapes[-1]) == 1
    if left:
        factors[0] = reshape(factors[0], shape=(1, *shapes[0]))
    if right:
        factors[-1] = reshape(factors[-1], shape=(*shapes[-1], 1))
    inner = [type_of(factor).shape for factor in factors]
    if any(len(shape) != 2 for shape in inner):
        raise np.linalg.LinAlgError(
            f"np.linalg.multi_dot needs two-dimensional arrays, vectors at the ends allowed; received shapes {shapes}"
        )
    if any(before[1] != after[0] for before, after in pairwise(inner)):
        raise ShapeError(f"np.linalg.multi_dot: shapes {shapes} do not fit together")
    lengths = (inner[0][0], *(shape[1] for shape in inner))

    def product(first: int, last: int) -> Any:
        if first == last:
            return factors[first]
        split = _best_split(lengths, first, last)[1]
        return product(first, split) @ product(split + 1, last)

    result = product(0, len(factors) - 1)
    # a product of no axes is a scalar
    return result[0, 0] if left and right else reshape(result, shape=shapes[0][:-1] + shapes[-1][1:])


matrix_rank = Primitive(
    "matrix_rank",
    signature="(m,n),()->()",
    params=("relative", "hermitian"),
    differentiable=False,
    notation="rank({0})",
    domain="everywhere; constant",
    cite="locally constant, save where it jumps",
)


@matrix_rank.evaluate
def _matrix_rank_value(xp: Any, a: Any, bound: Any, *, relative: bool, hermitian: bool) -> Any:
    named = {"rtol": bound} if relative else {"tol": bound}
    return np.asarray(np.linalg.matrix_rank(a, hermitian=hermitian, **named), np.int64)[()]


matrix_rank.dtype(lambda a, bound, *, relative, hermitian: np.dtype(np.int64))
matrix_rank.samples(
    lambda r: ((np.outer(r.normal(size=3), r.normal(size=2)), 1e-9), {"relative": True, "hermitian": False}),
    lambda r: ((r.normal(size=(2, 3, 3)), 1e-9), {"relative": False, "hermitian": False}),
)


@implements(np.linalg.matrix_rank)
def rank_of(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """`np.linalg.matrix_rank`, which counts as constant."""
    (a,) = inexact(A)
    kind = type_of(a)
    if len(kind.shape) < 2:
        return cast(np.any(a != 0), np.int64)
    if tol is not None and rtol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    if tol is not None:
        return matrix_rank(a, tol, relative=False, hermitian=hermitian)
    bound = max(kind.shape[-2:]) * float(np.finfo(kind.dtype).eps) if rtol is None else rtol
    return matrix_rank(a, bound, relative=True, hermitian=hermitian)


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """`np.linalg.cond`, for all orders."""
    if p in (None, 2, -2):
        a = matrices(x, "cond")
        s = svdvals(a)
        _require_regular(outermost(s)[..., -1], p)
        return s[..., 0] / s[..., -1] if p != -2 else s[..., -1] / s[..., 0]
    a = squares(x, "cond")
    _require_regular(np.linalg.det(outermost(a)), p)
    return norm(a, p, (-2, -1)) * norm(inv(a), p, (-2, -1))


def _require_regular(sign: Any, p: Any) -> None:
    if (sign == 0).any():
        raise UndefinedDerivativeError(
            f"np.linalg.cond(x, p={p}) of a singular matrix is infinite, or zero, and has no derivative there; move "
            f"away from it, for instance by x + 1e-8 * np.eye(len(x))"
        )
