"""Reading, writing and adding at an index; the index is an opaque operand, so one rule serves all of them.

`leading` whole axes stand before the index. They come first in what is read and written, even where NumPy
puts the axes of separated integer arrays in front: a batch keeps its place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Operand, Primitive
from wengert.primitives.arithmetic import select
from wengert.primitives.open_mesh import batched_arrays, open_mesh
from wengert.primitives.shaping import broadcast_to
from wengert.tracing.index import SLOT, Index, parse_index

__all__ = ["last_writes", "put_add", "replace", "take"]

Shape = tuple[int, ...]


def _read(x: Any, index: Index, arrays: tuple[Any, ...], leading: int) -> Any:
    part = x[index.fill(arrays, leading)]
    moved = index.displaced(arrays)
    return np.moveaxis(part, range(moved, moved + leading), range(leading)) if moved else part


def _aligned(v: Any, whole: Any, index: Index, arrays: tuple[Any, ...], leading: int) -> Any:
    """What is to be written at an index of the array `whole`, its axes in NumPy's order."""
    moved = index.displaced(arrays) if leading else 0
    if not moved:
        return v
    part = whole[index.fill(arrays, leading)].shape
    ours = (*part[moved : moved + leading], *part[:moved], *part[moved + leading :])
    return np.moveaxis(np.broadcast_to(v, ours), range(leading), range(moved, moved + leading))


def _read_shape(shape: Shape, index: Index, arrays: tuple[ArrayType, ...], leading: int) -> Shape:
    # NumPy itself says what an index gives, on an array without memory
    stand_ins = tuple(np.broadcast_to(np.intp(0), array.shape) for array in arrays)
    return _read(np.broadcast_to(np.int8(0), shape), index, stand_ins, leading).shape  # type: ignore[no-any-return]


take = Primitive("take", params=("leading",), linear="separately", value_shaped=True, notation="{0}[{1}]",
                 shapes="(...) -> what NumPy's x[index] gives", domain="everywhere; constant in the index",
                 cite="a selection of the entries; its adjoint adds at the same places")  # fmt: skip


@take.prepare
def _take_value(xp: Any, *, leading: int) -> Any:
    if not leading:
        return lambda x, index, *arrays: x[index.fill(arrays, 0) if arrays else index.key]
    return lambda x, index, *arrays: _read(x, index, arrays, leading)


take.shape(lambda x, index, *arrays, leading: _read_shape(x.shape, index, arrays, leading))
take.dtype(lambda x, index, *arrays, leading: x.dtype)


@take.transpose(0)
def _take_adjoint(g: Any, x: ArrayType, index: Index, *arrays: Any, leading: int) -> Any:
    return put_add(g, index, *arrays, shape=x.shape, leading=leading)


@take.accumulate(0)
def _take_accumulate(*, leading: int) -> Any:
    def add_at(total: Any, g: Any, x: Any, index: Index, *arrays: Any) -> None:
        if not arrays and not leading:
            total[index.key] += g
            return
        place = index.fill(arrays, leading)
        v = _aligned(g, total, index, arrays, leading)
        if arrays:
            np.add.at(total, place, v)
        else:
            total[place] += v

    return add_at


put_add = Primitive("put_add", params=("shape", "leading"), linear="separately",
                    notation="put_add({0}, [{1}], {shape})",
                    shapes="what x[index] gives -> shape: zeros, with the values added at the index",
                    domain="everywhere; constant in the index",
                    cite="the adjoint of x -> x[index]")  # fmt: skip


@put_add.prepare
def _put_add_value(xp: Any, *, shape: Shape, leading: int) -> Any:
    def put(g: Any, index: Index, *arrays: Any) -> Any:
        out = xp.zeros(shape, g.dtype)
        place = index.fill(arrays, leading)
        v = _aligned(g, out, index, arrays, leading) if leading else g
        if arrays:
            np.add.at(out, place, v)
        else:
            out[place] = v
        return out

    return put


put_add.shape(lambda g, index, *arrays, shape, leading: shape)
put_add.dtype(lambda g, index, *arrays, shape, leading: g.dtype)
put_add.transpose(0)(lambda g, x, index, *arrays, shape, leading: take(g, index, *arrays, leading=leading))

last_writes = Primitive("last_writes", params=("shape", "leading"), differentiable=False,
                        notation="last_writes([{0}], {shape})",
                        shapes="an index into shape -> Booleans, in the shape of what stands at the index",
                        domain="everywhere; constant",
                        cite="NumPy: of repeated assignments to one entry the last one stays")  # fmt: skip


@last_writes.evaluate
def _last_writes_value(xp: Any, index: Index, *arrays: Any, shape: Shape, leading: int) -> Any:
    number = np.zeros(shape, np.intp)
    place = index.fill(arrays, leading)
    part = number[place]
    own = np.arange(part.size).reshape(part.shape)
    number[place] = own
    moved = index.displaced(arrays) if leading else 0
    return np.moveaxis(number[place] == own, range(moved, moved + leading), range(leading))


last_writes.shape(lambda index, *arrays, shape, leading: _read_shape(shape, index, arrays, leading))
last_writes.dtype(lambda index, *arrays, shape, leading: np.dtype(np.bool_))

replace = Primitive("replace", params=("leading",), linear="jointly",
                    notation="{0} with [{2}] = {1}",
                    shapes="(...), what x[index] gives, or a constant () -> (...)",
                    domain="everywhere; constant in the index; an entry named twice takes the last value",
                    cite="a selection between the entries of two arrays")  # fmt: skip


@replace.evaluate
def _replace_value(xp: Any, x: Any, v: Any, index: Index, *arrays: Any, leading: int) -> Any:
    out = xp.array(x)
    out[index.fill(arrays, leading)] = _aligned(v, out, index, arrays, leading)
    return out


replace.shape(lambda x, v, index, *arrays, leading: x.shape)
replace.dtype(lambda x, v, index, *arrays, leading: x.dtype)


@replace.differential
def _d_replace(out: Any, x: Any, v: Any, index: Index, *arrays: Any, leading: int) -> Any:
    nothing = np.broadcast_to(out.dtype.type(0), out.shape)
    return (
        lambda dx: replace(dx, 0.0, index, *arrays, leading=leading),
        lambda dv: replace(nothing, dv, index, *arrays, leading=leading),
        *(None,) * (1 + len(arrays)),
    )


replace.transpose(0)(lambda g, x, v, index, *arrays, leading: replace(g, 0.0, index, *arrays, leading=leading))


@replace.transpose(1)
def _replace_adjoint(g: Any, x: Any, v: Any, index: Index, *arrays: Any, leading: int) -> Any:
    part = take(g, index, *arrays, leading=leading)
    if not arrays:
        return part
    # a value that a later one of the same assignment has overwritten gets nothing
    return select(last_writes(index, *arrays, shape=x.shape, leading=leading), part, 0.0)


@take.batch
def _take_batch(size: int, args: Any, batched: Any, *, leading: int) -> Any:
    x, index, *arrays = args
    if not any(batched[2:]):
        return take(x, index, *arrays, leading=leading + 1)
    if batched[0]:
        index, mesh = batched_arrays(size, x.shape[1:], index, arrays, batched[2:], leading)
    else:
        mesh, _ = open_mesh(x.shape, index, arrays, batched[2:], leading)
        index = Index((SLOT,) * len(mesh), len(mesh))
    return take(x, index, *mesh, leading=0)


@put_add.batch
def _put_add_batch(size: int, args: Any, batched: Any, *, shape: Shape, leading: int) -> Any:
    g, index, *arrays = args
    if not any(batched[2:]):
        return put_add(g, index, *arrays, shape=(size, *shape), leading=leading + 1)
    g = g if batched[0] else broadcast_to(g, shape=(size, *g.shape))
    index, mesh = batched_arrays(size, shape, index, arrays, batched[2:], leading)
    return put_add(g, index, *mesh, shape=(size, *shape), leading=0)


@last_writes.batch
def _last_writes_batch(size: int, args: Any, batched: Any, *, shape: Shape, leading: int) -> Any:
    index, *arrays = args
    index, mesh = batched_arrays(size, shape, index, arrays, batched[1:], leading)
    return last_writes(index, *mesh, shape=(size, *shape), leading=0)


@replace.batch
def _replace_batch(size: int, args: Any, batched: Any, *, leading: int) -> Any:
    x, v, index, *arrays = args
    x = x if batched[0] else broadcast_to(x, shape=(size, *x.shape))
    if isinstance(v, Operand) and not batched[1]:
        v = broadcast_to(v, shape=(size, *v.type.shape))
    if any(batched[3:]):
        index, mesh = batched_arrays(size, x.shape[1:], index, arrays, batched[3:], leading)
        return replace(x, v, index, *mesh, leading=0)
    return replace(x, v, index, *arrays, leading=leading + 1)


def _examples(*indices: Any) -> list[Any]:
    def sample(index: Any) -> Any:
        def draw(rng: np.random.Generator) -> Any:
            fixed, arrays = parse_index(index, (3, 4))
            return (rng.normal(size=(3, 4)), fixed, *arrays), {"leading": 0}

        return draw

    return [sample(index) for index in indices]


_INDICES = (
    1, slice(1, None), (slice(None), -1), (0, 2), (Ellipsis, None, slice(None, None, -1)), [2, 0],
    (np.array([0, 2]), np.array([1, 1])), (slice(None), [3, 1]), np.array([[0, 1], [2, 1]]),
    ([0, 2], None, [1, 3]), (True, slice(None), [0, 3]),
)  # fmt: skip
take.samples(*_examples(*_INDICES))


def _adjoint_sample(sample: Any) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        (x, index, *arrays), _ = sample(rng)
        part = x[index.fill(tuple(arrays), 0)]
        return (np.asarray(rng.normal(size=part.shape))[()], index, *arrays), {"shape": (3, 4), "leading": 0}

    return draw


def _replace_sample(sample: Any) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        (x, index, *arrays), params = sample(rng)
        part = x[index.fill(tuple(arrays), 0)]
        return (x, np.asarray(rng.normal(size=part.shape))[()], index, *arrays), params

    return draw


def _last_writes_sample(sample: Any) -> Any:
    def draw(rng: np.random.Generator) -> Any:
        (_, index, *arrays), _ = sample(rng)
        return (index, *arrays), {"shape": (3, 4), "leading": 0}

    return draw


put_add.samples(*(_adjoint_sample(sample) for sample in take.sample_list))
replace.samples(*(_replace_sample(sample) for sample in take.sample_list))
last_writes.samples(*(_last_writes_sample(sample) for sample in take.sample_list))
