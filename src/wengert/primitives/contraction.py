"""Products that sum: the matrix product and Einstein summation."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from wengert.errors import ShapeError
from wengert.graph import ArrayType, Operand, Primitive
from wengert.graph.signature import broadcast_shapes
from wengert.primitives.arithmetic import moving_as, select
from wengert.primitives.shaping import broadcast_to, expand, reshape, swap_last

__all__ = ["einsum", "matmul"]

Shape = tuple[int, ...]

matmul = Primitive("matmul", ufunc=np.matmul, infix="@", linear="separately", notation="{0} @ {1}",
                   shapes="(...,n,k), (...,k,m) -> (...,n,m); a vector stands for a row on the left, for a column "
                   "on the right, and drops out of the result", domain="everywhere",
                   cite="d(X Y) = dX Y + X dY; Petersen & Pedersen, Matrix Cookbook (2012), eq. 37")  # fmt: skip
matmul.dtype(lambda x, y: np.result_type(x.dtype, y.dtype))
matmul.flops(lambda x, y: 2 * x.size * (y.shape[-1] if y.ndim > 1 else 1))
matmul.samples(
    lambda r: ((r.normal(size=3), r.normal(size=3)), {}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=3)), {}),
    lambda r: ((r.normal(size=3), r.normal(size=(3, 2))), {}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=(3, 4))), {}),
    lambda r: ((r.normal(size=(2, 2, 3)), r.normal(size=(3, 2))), {}),
    lambda r: ((r.normal(size=(2, 1, 2, 3)), r.normal(size=(3, 3, 2))), {}),
    lambda r: ((r.normal(size=(2, 2, 3)), r.normal(size=3)), {}),
    lambda r: ((r.normal(size=3), r.normal(size=(2, 3, 2))), {}),
    lambda r: ((r.normal(size=(2, 3)).astype(np.float32), r.normal(size=(3, 2)).astype(np.float32)), {}),
)


# Products of more numbers than this are worth an output in the right place.
_LARGE = 1 << 15
_CACHE_LINE = 64


@matmul.prepare
def _matmul_value(xp: Any) -> Any:
    def product(x: Any, y: Any) -> Any:
        if len(x.shape) + len(y.shape) == 3 and max(x.size, y.size) > _LARGE and x.dtype == y.dtype:
            # BLAS gives each thread a part of the result where the rows of the matrix are what is summed
            matrix = x.T if x.ndim == 2 else y
            if matrix.flags.c_contiguous and matrix.dtype.kind == "f":
                return np.matmul(x, y, out=_split_on_cache_lines(matrix.shape[1], matrix.dtype))
        return x @ y

    return product


def _split_on_cache_lines(count: int, dtype: np.dtype[Any]) -> Any:
    """An uninitialised vector whose halves share no cache line.

    Two threads that write next to each other into one line slow each other down, up to three times.
    """
    spare = _CACHE_LINE // dtype.itemsize
    room = np.empty(count + spare, dtype)
    middle = count // 2 * dtype.itemsize if count > _CACHE_LINE else 0
    start = -(room.ctypes.data + middle) % _CACHE_LINE // dtype.itemsize
    return room[start : start + count]


@matmul.shape
def _matmul_shape(x: ArrayType, y: ArrayType) -> Shape:
    if not x.ndim or not y.ndim:
        raise ShapeError(
            f"matmul: both operands need at least one axis, received shapes {x.shape} and {y.shape}; use * for scalars"
        )
    inner = y.shape[-2] if y.ndim > 1 else y.shape[0]
    if x.shape[-1] != inner:
        raise ShapeError(f"matmul: shapes {x.shape} and {y.shape} do not fit: {x.shape[-1]} columns meet {inner} rows")
    loop = broadcast_shapes([x.shape[:-2], y.shape[:-2]], "matmul")
    return loop + x.shape[-2:-1] + (y.shape[-1:] if y.ndim > 1 else ())


@matmul.transpose(0)
def _matmul_left(g: Any, x: ArrayType, y: Any) -> Any:
    if x.ndim == 1:
        if len(y.shape) == 1:
            return g * y
        return y @ g if len(y.shape) == 2 else (y @ expand(g, (len(g.shape),)))[..., 0]
    if len(y.shape) == 1:
        return expand(g, (len(g.shape),)) * y
    return g @ swap_last(y)


@matmul.transpose(1)
def _matmul_right(g: Any, x: Any, y: ArrayType) -> Any:
    if y.ndim == 1:
        if len(x.shape) == 1:
            return g * x
        return g @ x if len(x.shape) == 2 else (expand(g, (len(g.shape) - 1,)) @ x)[..., 0, :]
    if len(x.shape) == 1:
        return expand(x, (1,)) * expand(g, (len(g.shape) - 1,))
    return swap_last(x) @ g


@matmul.unit_columns(0)
def _rows_of_right(start: int, stop: int, x: Any, y: Any) -> Any:
    """Unit vectors times Y are the rows of Y."""
    return y[start:stop] if len(y.shape) == 2 and (x is None or len(x.shape) == 1) else None


@matmul.unit_columns(1)
def _columns_of_left(start: int, stop: int, x: Any, y: Any) -> Any:
    """X times unit vectors are the columns of X."""
    return swap_last(x)[start:stop] if len(x.shape) == 2 and (y is None or len(y.shape) == 1) else None


@matmul.scaled_rows(0)
def _weighted_gram_matrix(rows: Any, factor: Any, x: Any, y: Any) -> Any:
    """`(Yᵀ diag(factor)) Y` with nothing negative in factor, as a product of a matrix with its own transpose.

    It is half the work of a product of two matrices (BLAS has syrk for it), and comes out symmetric.
    """
    turned = rows.T
    same = turned.shape == y.shape and turned.strides == y.strides and turned.ctypes.data == y.ctypes.data
    if not same or y.dtype.kind != "f" or factor.dtype != y.dtype or not (factor >= 0).all():
        return None
    root = y * np.sqrt(factor)[:, None]
    return root.T @ root


scale_matmul = Primitive(
    "scale_matmul",
    params=("derivative",),
    linear="separately",
    notation="{0} @ {1}",
    shapes=matmul.shapes,
    domain="everywhere; `derivative` is the place of a derivative",
    cite="the chain rule: a derivative that is zero stays zero, whatever moves beside it",
)
scale_matmul.evaluate(lambda xp, x, y, *, derivative: x @ y)
scale_matmul.shape(lambda x, y, *, derivative: _matmul_shape(x, y))
scale_matmul.dtype(lambda x, y, *, derivative: np.result_type(x.dtype, y.dtype))
scale_matmul.flops(lambda x, y, *, derivative: 2 * x.size * (y.shape[-1] if y.ndim > 1 else 1))
scale_matmul.transpose(0)(lambda g, x, y, *, derivative: _matmul_left(g, x, y))
scale_matmul.transpose(1)(lambda g, x, y, *, derivative: _matmul_right(g, x, y))


@scale_matmul.batch
def _scale_matmul_batch(size: int, args: Any, batched: Any, *, derivative: int) -> Any:
    x, y = [operand if flag else expand(operand, (0,)) for operand, flag in zip(args, batched, strict=True)]
    return _aligned_matmul(x, y, len(x.shape) - 1, len(y.shape) - 1, partial(scale_matmul, derivative=derivative))


scale_matmul.samples(
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=(3, 2))), {"derivative": 0}),
    lambda r: ((r.normal(size=3), r.normal(size=(2, 3, 2))), {"derivative": 1}),
    lambda r: ((r.normal(size=(2, 2, 3)), r.normal(size=3)), {"derivative": 0}),
)


def _contract_with_zeros(contract: Any, x: Any, y: Any, inward: bool = False) -> Any:
    """A bilinear sum of the linear x with y, in which 0 times what is not finite is 0, but for NaN in x.

    Finite entries are summed as always; +inf, -inf and NaN are traced by products of indicators, and move as the sum
    does. With `inward`, y is a derivative further in: a zero of it says that what x holds is not used, NaN included.
    """
    out_of_sum = ~(abs(x) < np.inf) if inward else abs(x) == np.inf
    finite = contract(select(out_of_sum, 0.0, x), select(abs(y) < np.inf, y, 0.0))

    def reached(left: Any, right: Any) -> Any:
        return contract(left * 1.0, right * 1.0) > 0

    def moving(total: Any) -> Any:
        if not isinstance(x, Operand) and not isinstance(y, Operand):
            return total
        # without the products in which a zero meets what is not finite
        beside_x = contract(select(out_of_sum, x, 0.0), select(y != 0, y, 0.0))
        beside_y = contract(select(out_of_sum | (x == 0), 0.0, x), select(abs(y) < np.inf, 0.0, y))
        return moving_as(total, finite + beside_x + beside_y)

    endless_x, endless_y = abs(x) == np.inf, abs(y) == np.inf
    meeting = reached(endless_x, y != 0) | reached(x != 0, endless_y)
    lost = reached(x != 0, y != y)
    if inward:
        lost = lost | reached(x != x, y != 0)
    if "c" in (x.dtype.kind, y.dtype.kind):
        # an infinite complex number has no direction that its products could keep
        return moving(select(lost | meeting, np.nan, finite))

    def signed(same: bool) -> Any:
        up, down = (y > 0, y < 0) if same else (y < 0, y > 0)
        far_up, far_down = up & endless_y, down & endless_y
        reach = reached(x > 0, far_up) | reached(x < 0, far_down)
        return reach | reached(endless_x & (x > 0), up) | reached(endless_x & (x < 0), down)

    rises, falls = signed(True), signed(False)
    total = select(rises, np.inf, select(falls, -np.inf, finite))
    return moving(select(lost | (rises & falls), np.nan, total))


@matmul.annihilate(0)
def _zero_matmul(x: Any, y: Any) -> Any:
    return _contract_with_zeros(lambda a, b: scale_matmul(a, b, derivative=0), x, y)


@matmul.annihilate(1)
def _matmul_zero(x: Any, y: Any) -> Any:
    return _contract_with_zeros(lambda a, b: scale_matmul(b, a, derivative=1), y, x)


@scale_matmul.annihilate(0)
def _zero_scale_matmul(x: Any, y: Any, *, derivative: int) -> Any:
    return _contract_with_zeros(lambda a, b: scale_matmul(a, b, derivative=derivative), x, y, inward=derivative == 1)


@scale_matmul.annihilate(1)
def _scale_matmul_zero(x: Any, y: Any, *, derivative: int) -> Any:
    return _contract_with_zeros(lambda a, b: scale_matmul(b, a, derivative=derivative), y, x, inward=derivative == 0)


@matmul.batch
def _matmul_batch(size: int, args: Any, batched: Any) -> Any:
    x, y = args
    left, right = batched
    if left and right:
        if len(x.shape) == 2 and len(y.shape) == 2:
            return einsum(x, y, subscripts="ab,ab->a")
        return _aligned_matmul(x, y, len(x.shape) - 1, len(y.shape) - 1)
    if left:
        if len(x.shape) == 2 and len(y.shape) <= 2:
            return x @ y
        if len(y.shape) <= 2:
            # one large product instead of many small ones
            rows = reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))
            return reshape(rows @ y, shape=(*x.shape[:-1], *y.shape[1:]))
        return _aligned_matmul(x, expand(y, (0,)), len(x.shape) - 1, len(y.shape))
    if len(y.shape) == 2 and len(x.shape) <= 2:
        return y @ swap_last(x) if len(x.shape) == 2 else y @ x
    return _aligned_matmul(expand(x, (0,)), y, len(x.shape), len(y.shape) - 1)


def _aligned_matmul(x: Any, y: Any, x_rank: int, y_rank: int, product: Any = matmul) -> Any:
    """Both operands with a batch axis in front, and ranks of the single examples."""
    x = expand(x, (1,)) if x_rank == 1 else x
    y = expand(y, (2,)) if y_rank == 1 else y
    rank = max(len(x.shape), len(y.shape))
    x = expand(x, tuple(range(1, 1 + rank - len(x.shape))))
    y = expand(y, tuple(range(1, 1 + rank - len(y.shape))))
    out = product(x, y)
    if x_rank == 1:
        out = out[..., 0, :]
    return out[..., 0] if y_rank == 1 else out


einsum = Primitive("einsum", params=("subscripts",), linear="separately", notation="einsum({subscripts!r}, {args})",
                   shapes="as the subscripts say", domain="everywhere",
                   cite="the adjoint in one operand exchanges its subscripts with the result's")  # fmt: skip


@einsum.evaluate
def _einsum_value(xp: Any, *operands: Any, subscripts: str) -> Any:
    # the search for a contraction order costs more than it saves on small operands
    large = sum(np.size(operand) for operand in operands) > 4096
    return np.einsum(subscripts, *operands, optimize=large)


@einsum.shape
def _einsum_shape(*types: ArrayType, subscripts: str) -> Shape:
    left, right = subscripts.split("->")
    lengths: dict[str, int] = {}
    for letters, kind in zip(left.split(","), types, strict=True):
        if len(letters) != kind.ndim:
            raise ShapeError(f"einsum: {subscripts!r} gives {letters!r} to an operand of shape {kind.shape}")
        for letter, length in zip(letters, kind.shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                listed = " and ".join(str(t.shape) for t in types)
                raise ShapeError(f"einsum: {letter!r} of {subscripts!r} has two lengths in the shapes {listed}")
    return tuple(lengths[letter] for letter in right)


@einsum.transpose()
def _einsum_adjoint(argument: int, g: Any, *operands: Any, subscripts: str) -> Any:
    left, right = subscripts.split("->")
    parts = left.split(",")
    others = [(part, x) for i, (part, x) in enumerate(zip(parts, operands, strict=True)) if i != argument]
    reachable = set(right).union(*(part for part, _ in others))
    target = "".join(letter for letter in parts[argument] if letter in reachable)
    new = ",".join([right, *(part for part, _ in others)]) + "->" + target
    out = einsum(g, *(x for _, x in others), subscripts=new)
    # a letter that only this operand has is summed in the result, so its cotangent repeats along it
    lost = tuple(i for i, letter in enumerate(parts[argument]) if letter not in reachable)
    return broadcast_to(expand(out, lost), shape=operands[argument].shape) if lost else out


@einsum.batch
def _einsum_batch(size: int, args: Any, batched: Any, *, subscripts: str) -> Any:
    left, right = subscripts.split("->")
    fresh = next(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in subscripts)
    parts = [fresh * flag + part for part, flag in zip(left.split(","), batched, strict=True)]
    return einsum(*args, subscripts=f"{','.join(parts)}->{fresh}{right}")


def _einsum_annihilate(argument: int) -> None:
    def rule(*operands: Any, subscripts: str) -> Any:
        left, right = subscripts.split("->")
        parts = left.split(",")
        others = [part for i, part in enumerate(parts) if i != argument]
        rest = [x for i, x in enumerate(operands) if i != argument]
        if not rest:
            return einsum(*operands, subscripts=subscripts)
        # the product of all other operands, nothing summed yet
        letters = "".join(dict.fromkeys("".join(others)))
        product = einsum(*rest, subscripts=f"{','.join(others)}->{letters}")
        swapped = f"{parts[argument]},{letters}->{right}"
        return _contract_with_zeros(lambda a, b: einsum(a, b, subscripts=swapped), operands[argument], product)

    einsum.annihilate(argument)(rule)


for _argument in range(8):
    _einsum_annihilate(_argument)
einsum.samples(
    lambda r: ((r.normal(size=3), r.normal(size=(3, 2)), r.normal(size=2)), {"subscripts": "i,ij,j->"}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=(3, 4))), {"subscripts": "ij,jk->ki"}),
    lambda r: ((r.normal(size=(2, 3)),), {"subscripts": "ij->i"}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=(2, 3))), {"subscripts": "ij,ij->j"}),
    lambda r: ((r.normal(size=(2, 3)), r.normal(size=2)), {"subscripts": "ij,k->ik"}),
)
