"""Operations that move entries about without computing: reshape, transpose, broadcast, concatenate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.errors import ShapeError
from wengert.graph import ArrayType, Primitive, bind

__all__ = ["broadcast_to", "concatenate", "copy", "expand", "move_axis", "reshape", "swap_last", "transpose"]

Shape = tuple[int, ...]

reshape = Primitive("reshape", params=("shape",), linear="jointly", notation="{0}.reshape{shape}",
                    shapes="(...) -> shape, the same number of entries", domain="everywhere",
                    cite="a bijection of the entries")  # fmt: skip
reshape.prepare(lambda xp, *, shape: lambda x: xp.reshape(x, shape))
reshape.differential(lambda out, x, *, shape: (lambda dx: reshape(dx, shape=shape),))
reshape.transpose(0)(lambda g, x, *, shape: reshape(g, shape=x.shape))
reshape.batch(lambda size, args, batched, *, shape: reshape(args[0], shape=(size, *shape)))
reshape.samples(
    lambda r: ((r.normal(size=(2, 3)),), {"shape": (3, 2)}),
    lambda r: ((r.normal(size=(2, 3)),), {"shape": (6,)}),
    lambda r: ((r.normal(),), {"shape": (1, 1)}),
)


@reshape.shape
def _reshape_shape(x: ArrayType, *, shape: Shape) -> Shape:
    if int(np.prod(shape, dtype=np.int64)) != x.size:
        raise ShapeError(f"reshape: an array of shape {x.shape} has {x.size} entries and does not fill {shape}")
    return shape


transpose = Primitive("transpose", params=("axes",), linear="jointly", notation="{0}.transpose{axes}",
                      shapes="(...) -> the axes in another order", domain="everywhere",
                      cite="a bijection of the entries")  # fmt: skip
transpose.evaluate(lambda xp, x, *, axes: xp.transpose(x, axes))
transpose.shape(lambda x, *, axes: tuple(x.shape[axis] for axis in axes))
transpose.differential(lambda out, x, *, axes: (lambda dx: transpose(dx, axes=axes),))
transpose.transpose(0)(lambda g, x, *, axes: transpose(g, axes=tuple(int(a) for a in np.argsort(axes))))
transpose.batch(lambda size, args, batched, *, axes: transpose(args[0], axes=(0, *(a + 1 for a in axes))))
transpose.samples(
    lambda r: ((r.normal(size=(2, 3)),), {"axes": (1, 0)}),
    lambda r: ((r.normal(size=(2, 3, 4)),), {"axes": (2, 0, 1)}),
)

broadcast_to = Primitive("broadcast_to", params=("shape",), linear="jointly",
                         notation="broadcast_to({0}, {shape})", shapes="(...) -> shape, by NumPy's rules",
                         domain="everywhere", cite="its adjoint sums over the repeated axes")  # fmt: skip
broadcast_to.shape(lambda x, *, shape: shape)
broadcast_to.differential(lambda out, x, *, shape: (lambda dx: broadcast_to(dx, shape=shape),))
# the transform sums a cotangent down to the shape of its argument
broadcast_to.transpose(0)(lambda g, x, *, shape: g)
broadcast_to.samples(
    lambda r: ((r.normal(size=(1, 3)),), {"shape": (2, 3)}),
    lambda r: ((r.normal(size=3),), {"shape": (2, 3)}),
    lambda r: ((r.normal(),), {"shape": (3,)}),
)


@broadcast_to.prepare
def _broadcast_to_value(xp: Any, *, shape: Shape) -> Any:
    if math.prod(shape) > 4096:
        strides = (0,) * len(shape)

        def repeated(x: Any) -> Any:
            if isinstance(x, np.generic):
                # what NumPy's function gives, read-only as well, in a fifth of its time
                return np.ndarray(shape, x.dtype, x.tobytes(), 0, strides)
            return xp.broadcast_to(x, shape)

        return repeated

    # for small results a copy is several times faster than NumPy's view
    def copied(x: Any) -> Any:
        out = np.empty(shape, x.dtype if isinstance(x, (np.ndarray, np.generic)) else type(x))
        out[...] = x
        return out

    return copied


@broadcast_to.batch
def _broadcast_to_batch(size: int, args: Any, batched: Any, *, shape: Shape) -> Any:
    (x,) = args
    aligned = (size,) + (1,) * (len(shape) + 1 - len(x.shape)) + x.shape[1:]
    return broadcast_to(reshape(x, shape=aligned), shape=(size, *shape))


concatenate = Primitive("concatenate", params=("axis",), linear="jointly",
                        notation="concatenate([{args}], {axis})",
                        shapes="arrays that agree in all axes but one -> their lengths along it added",
                        domain="everywhere", cite="an injection of the entries")  # fmt: skip
concatenate.evaluate(lambda xp, *arrays, axis: xp.concatenate(arrays, axis))
concatenate.samples(
    lambda r: ((r.normal(size=2), r.normal(size=3)), {"axis": 0}),
    lambda r: ((r.normal(size=(2, 1)), r.normal(size=(2, 3)), r.normal(size=(2, 2))), {"axis": 1}),
)


@concatenate.shape
def _concatenate_shape(*types: ArrayType, axis: int) -> Shape:
    first = types[0].shape
    for other in types:
        if other.shape[:axis] + other.shape[axis + 1 :] != first[:axis] + first[axis + 1 :]:
            listed = ", ".join(str(t.shape) for t in types)
            raise ShapeError(f"concatenate: shapes {listed} differ in an axis other than {axis}")
    return (*first[:axis], sum(t.shape[axis] for t in types), *first[axis + 1 :])


@concatenate.differential
def _d_concatenate(out: Any, *arrays: Any, axis: int) -> Any:
    starts = np.cumsum([0, *(x.shape[axis] for x in arrays)])

    def place(position: int) -> Any:
        def linear(tangent: Any) -> Any:
            shape = list(out.shape)
            before, after = list(shape), list(shape)
            before[axis], after[axis] = int(starts[position]), int(shape[axis] - starts[position + 1])
            parts = [np.zeros(before, out.dtype), tangent, np.zeros(after, out.dtype)]
            kept = [part for part in parts if part.shape[axis]]
            return concatenate(*kept, axis=axis) if len(kept) > 1 else (kept or [tangent])[0]

        return linear

    return tuple(place(position) for position in range(len(arrays)))


@concatenate.transpose()
def _concatenate_adjoint(argument: int, g: Any, *arrays: Any, axis: int) -> Any:
    start = sum(x.shape[axis] for x in arrays[:argument])
    return g[(slice(None),) * axis + (slice(start, start + arrays[argument].shape[axis]),)]


@concatenate.batch
def _concatenate_batch(size: int, args: Any, batched: Any, *, axis: int) -> Any:
    full = [x if b else broadcast_to(x, shape=(size, *x.shape)) for x, b in zip(args, batched, strict=True)]
    return concatenate(*full, axis=axis + 1)


copy = Primitive("copy", elementwise=1, params=("order",), linear="jointly", notation="copy({0})",
                 domain="everywhere", cite="the identity, in memory of its own")  # fmt: skip
copy.evaluate(lambda xp, x, *, order: np.array(x, order=order) if isinstance(x, np.ndarray) else x)
copy.differential(lambda out, x, *, order: (lambda dx: dx,))
copy.transpose(0)(lambda g, x, *, order: g)
copy.samples(lambda r: ((r.normal(size=(2, 3)),), {"order": "K"}), lambda r: ((r.normal(size=3),), {"order": "C"}))


def expand(x: Any, axes: tuple[int, ...]) -> Any:
    """Insert axes of length one, which stand at these places of the result."""
    lengths = iter(x.shape)
    ndim = len(x.shape) + len(axes)
    return bind(reshape, (x,), (tuple(1 if i in axes else next(lengths) for i in range(ndim)),))


def move_axis(x: Any, source: int, target: int) -> Any:
    """Move one axis, both places counted from the left."""
    axes = [axis for axis in range(len(x.shape)) if axis != source]
    axes.insert(target, source)
    return transpose(x, axes=tuple(axes))


def swap_last(x: Any) -> Any:
    """The matrix transpose: the last two axes exchanged."""
    ndim = len(x.shape)
    return bind(transpose, (x,), ((*range(ndim - 2), ndim - 1, ndim - 2),))
