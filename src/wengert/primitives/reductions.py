"""Operations that reduce along axes, or run along one: sum, max, prod, cumulative sum, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive
from wengert.primitives.arithmetic import convert, select
from wengert.primitives.shaping import broadcast_to, concatenate, expand

__all__ = ["argsort", "cumsum", "max_along", "min_along", "normal_axes", "prod", "sum_along"]

Axes = tuple[int, ...]


def normal_axes(axis: Any, ndim: int) -> Axes:
    """NumPy's axis argument as sorted axes counted from the left; raises NumPy's AxisError."""
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [int(np.lib.array_utils.normalize_axis_index(int(a), ndim)) for a in listed]
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    return tuple(sorted(axes))


def reduced_shape(x: ArrayType, axis: Axes, keepdims: bool) -> tuple[int, ...]:
    """The shape that is left when these axes are reduced."""
    if keepdims:
        return tuple(1 if i in axis else n for i, n in enumerate(x.shape))
    return tuple(n for i, n in enumerate(x.shape) if i not in axis)


def restored(x: Any, axis: Axes, keepdims: bool) -> Any:
    """A reduced array with its axes back, of length one."""
    return x if keepdims else expand(x, axis)


def _batch_axes(primitive: Primitive) -> None:
    def rule(size: int, args: Any, batched: Any, *, axis: Axes, keepdims: bool) -> Any:
        return primitive(args[0], axis=tuple(a + 1 for a in axis), keepdims=keepdims)

    primitive.batch(rule)


def _reduction(name: str, ufunc: Any, **slots: Any) -> Primitive:
    primitive = Primitive(name, params=("axis", "keepdims"), notation=f"{name}({{0}}, axis={{axis}})",
                          shapes="(...) -> the same without the axes `axis`", **slots)  # fmt: skip
    primitive.prepare(lambda xp, *, axis, keepdims: lambda x: ufunc.reduce(x, axis, None, None, keepdims))
    primitive.shape(reduced_shape)
    primitive.dtype(lambda x, *, axis, keepdims: np.dtype(np.bool_) if ufunc in _LOGICAL else x.dtype)
    _batch_axes(primitive)
    primitive.samples(
        lambda r: ((r.normal(size=3),), {"axis": (0,), "keepdims": False}),
        lambda r: ((r.normal(size=(2, 3)),), {"axis": (0, 1), "keepdims": False}),
        lambda r: ((r.normal(size=(2, 3, 2)),), {"axis": (0, 2), "keepdims": True}),
        lambda r: ((r.normal(size=(2, 3)).astype(np.float32),), {"axis": (1,), "keepdims": False}),
    )
    return primitive


_LOGICAL = (np.logical_and, np.logical_or)

sum_along = _reduction("sum", np.add, linear="jointly", domain="everywhere",
                       cite="linear; its adjoint repeats along the axes")  # fmt: skip
sum_along.dtype(lambda x, *, axis, keepdims: np.add.reduce(np.zeros(1, x.dtype)).dtype)
sum_along.differential(lambda out, x, *, axis, keepdims: (lambda dx: sum_along(dx, axis=axis, keepdims=keepdims),))


@sum_along.transpose(0)
def _sum_adjoint(g: Any, x: ArrayType, *, axis: Axes, keepdims: bool) -> Any:
    leading = axis == tuple(range(len(axis)))
    return broadcast_to(g if leading else restored(g, axis, keepdims), shape=x.shape)


def _d_extreme(primitive: Primitive) -> None:
    def rule(out: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
        winners = x == restored(out, axis, keepdims)
        ties = convert(sum_along(winners, axis=axis, keepdims=keepdims), dtype=x.dtype)

        def linear(dx: Any) -> Any:
            return sum_along(select(winners, dx, 0.0), axis=axis, keepdims=keepdims) / ties

        return (linear,)

    primitive.differential(rule)


max_along = _reduction("max", np.maximum, domain="everywhere; equal shares where the maximum is attained twice",
                       cite="Clarke, Optimization and Nonsmooth Analysis, 2.3.12")  # fmt: skip
min_along = _reduction("min", np.minimum, domain="everywhere; equal shares where the minimum is attained twice",
                       cite="Clarke, Optimization and Nonsmooth Analysis, 2.3.12")  # fmt: skip
_d_extreme(max_along)
_d_extreme(min_along)

all_along = _reduction("all", np.logical_and, differentiable=False, domain="everywhere; constant",
                       cite="locally constant")  # fmt: skip
any_along = _reduction("any", np.logical_or, differentiable=False, domain="everywhere; constant",
                       cite="locally constant")  # fmt: skip

prod = _reduction("prod", np.multiply, domain="everywhere, zeros included",
                  cite="d prod x = sum over i of dx_i times the product of the others")  # fmt: skip


@prod.differential
def _d_prod(out: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    others = _product_of_others(x, axis)
    return (lambda dx: sum_along(dx * others, axis=axis, keepdims=keepdims),)


def _product_of_others(x: Any, axis: Axes) -> Any:
    """For each entry the product of the other ones along the axes: halves times halves, no division."""
    axes = [a for a in axis if x.shape[a] > 1]
    if not axes:
        return np.ones(x.shape, x.dtype)
    first, half = axes[0], x.shape[axes[0]] // 2
    left = x[(slice(None),) * first + (slice(half),)]
    right = x[(slice(None),) * first + (slice(half, None),)]
    parts = (
        _product_of_others(left, axis) * prod(right, axis=axis, keepdims=True),
        _product_of_others(right, axis) * prod(left, axis=axis, keepdims=True),
    )
    return concatenate(*parts, axis=first)


cumsum = Primitive("cumsum", params=("axis",), linear="jointly", notation="cumsum({0}, {axis})",
                   shapes="(...) -> the same", domain="everywhere",
                   cite="linear; its adjoint is the cumulative sum from the other end")  # fmt: skip
cumsum.evaluate(lambda xp, x, *, axis: xp.cumsum(x, axis))
cumsum.shape(lambda x, *, axis: x.shape)
cumsum.differential(lambda out, x, *, axis: (lambda dx: cumsum(dx, axis=axis),))
cumsum.batch(lambda size, args, batched, *, axis: cumsum(args[0], axis=axis + 1))
cumsum.samples(
    lambda r: ((r.normal(size=4),), {"axis": 0}),
    lambda r: ((r.normal(size=(2, 3)),), {"axis": 1}),
)


@cumsum.transpose(0)
def _cumsum_adjoint(g: Any, x: ArrayType, *, axis: int) -> Any:
    back = (slice(None),) * axis + (slice(None, None, -1),)
    return cumsum(g[back], axis=axis)[back]


def _positions(name: str, ufunc_like: Any) -> Primitive:
    """Declare argmax, argmin or argsort: integers, so constant for differentiation."""
    primitive = Primitive(name, params=("axis",), differentiable=False, notation=f"{name}({{0}}, {{axis}})",
                          shapes="(...) -> integers", domain="everywhere; constant",
                          cite="locally constant")  # fmt: skip
    primitive.evaluate(lambda xp, x, *, axis: ufunc_like(x, axis))
    primitive.dtype(lambda x, *, axis: np.dtype(np.intp))
    primitive.batch(lambda size, args, batched, *, axis: primitive(args[0], axis=axis + 1))
    primitive.samples(
        lambda r: ((r.normal(size=4),), {"axis": 0}),
        lambda r: ((r.normal(size=(2, 3)),), {"axis": 1}),
    )
    return primitive


argmax = _positions("argmax", np.argmax)
argmin = _positions("argmin", np.argmin)
# a stable order makes the derivative of a sort the same in every mode, ties included
argsort = _positions("argsort", lambda x, axis: np.argsort(x, axis, kind="stable"))
argsort.shape(lambda x, *, axis: x.shape)
for _primitive in (argmax, argmin):
    _primitive.shape(lambda x, *, axis: reduced_shape(x, (axis,), False))

__all__ += ["all_along", "any_along", "argmax", "argmin", "reduced_shape", "restored"]
