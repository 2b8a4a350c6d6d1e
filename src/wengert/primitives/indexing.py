"""Reading, writing and adding at an index; the index is an opaque operand, so one rule serves all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.graph import ArrayType, Primitive
from wengert.primitives.shaping import broadcast_to, expand, reshape
from wengert.tracing.index import SLOT, Index, parse_index

__all__ = ["put_add", "replace", "take"]

Shape = tuple[int, ...]


def _result_shape(shape: Shape, index: Index, arrays: tuple[ArrayType, ...], leading: int) -> Shape:
    # NumPy itself says what an index gives, on an array without memory
    skeleton = np.broadcast_to(np.int8(0), shape)
    stand_ins = tuple(np.zeros(a.shape, np.intp) if isinstance(a, ArrayType) else a for a in arrays)
    if 0 in shape and any(a.size for a in stand_ins):
        skeleton = np.broadcast_to(np.int8(0), tuple(max(n, 1) for n in shape))
    return skeleton[index.fill(stand_ins, leading)].shape  # type: ignore[no-any-return]


take = Primitive("take", params=("leading",), linear="separately", value_shaped=True, notation="{0}[{1}]",
                 shapes="(...) -> what NumPy's x[index] gives", domain="everywhere; constant in the index",
                 cite="a selection of the entries; its adjoint adds at the same places")  # fmt: skip


@take.prepare
def _take_value(xp: Any, *, leading: int) -> Any:
    if not leading:
        return lambda x, index, *arrays: x[index.fill(arrays, 0) if arrays else index.key]
    return lambda x, index, *arrays: x[index.fill(arrays, leading)]


take.shape(lambda x, index, *arrays, leading: _result_shape(x.shape, index, arrays, leading))
take.dtype(lambda x, index, *arrays, leading: x.dtype)
take.transpose(0)(
    lambda g, x, index, *arrays, leading: put_add(g, index, *arrays, shape=x.shape, leading=leading)
)

put_add = Primitive("put_add", params=("shape", "leading"), linear="separately", value_shaped=True,
                    notation="put_add({0}, [{1}], {shape})",
                    shapes="what x[index] gives -> shape: zeros, with the values added at the index",
                    domain="everywhere; constant in the index", cite="the adjoint of x -> x[index]")  # fmt: skip


@put_add.prepare
def _put_add_value(xp: Any, *, shape: Shape, leading: int) -> Any:
    def put(g: Any, index: Index, *arrays: Any) -> Any:
        out = xp.zeros(shape, g.dtype)
        place = index.fill(arrays, leading)
        if arrays:
            np.add.at(out, place, g)
        else:
            out[place] = g
        return out

    return put


put_add.shape(lambda g, index, *arrays, shape, leading: shape)
put_add.dtype(lambda g, index, *arrays, shape, leading: g.dtype)
put_add.transpose(0)(lambda g, x, index, *arrays, shape, leading: take(g, index, *arrays, leading=leading))

replace = Primitive("replace", params=("leading",), linear="jointly", value_shaped=True,
                    notation="{0} with [{2}] = {1}", shapes="(...), what x[index] gives -> (...)",
                    domain="everywhere; constant in the index; the index names no entry twice",
                    cite="a selection between the entries of two arrays")  # fmt: skip


@replace.evaluate
def _replace_value(xp: Any, x: Any, v: Any, index: Index, *arrays: Any, leading: int) -> Any:
    out = xp.array(x)
    out[index.fill(arrays, leading)] = v
    return out


replace.shape(lambda x, v, index, *arrays, leading: x.shape)
replace.dtype(lambda x, v, index, *arrays, leading: x.dtype)


@replace.differential
def _d_replace(out: Any, x: Any, v: Any, index: Index, *arrays: Any, leading: int) -> Any:
    constant = (None,) * (1 + len(arrays))
    return (
        lambda dx: replace(dx, 0.0, index, *arrays, leading=leading),
        lambda dv: put_add(
            broadcast_to(dv, shape=take(out, index, *arrays, leading=leading).shape), index, *arrays,
            shape=out.shape, leading=leading,
        ),
        *constant,
    )  # fmt: skip


replace.transpose(0)(lambda g, x, v, index, *arrays, leading: replace(g, 0.0, index, *arrays, leading=leading))
replace.transpose(1)(lambda g, x, v, index, *arrays, leading: take(g, index, *arrays, leading=leading))


def _open_mesh(shape: Shape, index: Index, arrays: Any, flags: Any) -> tuple[Any, ...]:
    """One integer array per axis that together select what the index selects from an array of this shape.

    Batched arrays keep their batch axis in front. NumPy puts the axes of the integer arrays where the first of
    them stands if they stand side by side, and in front of all others otherwise.
    """
    consumed = sum(item is not None and item is not Ellipsis for item in index.items)
    whole = [slice(None)] * (len(shape) - consumed)
    at = index.items.index(Ellipsis) if Ellipsis in index.items else len(index.items)
    items = [*index.items[:at], *whole, *index.items[at + 1 :]]
    advanced = [i for i, item in enumerate(items) if item is SLOT or isinstance(item, (int, np.integer))]
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    rank = max(len(a.shape) - flag for a, flag in zip(arrays, flags, strict=True))
    front = sum(item is None or isinstance(item, slice) for item in items[: advanced[0]]) if together else 0
    free = [i for i, item in enumerate(items) if item is None or isinstance(item, slice)]
    total = rank + len(free)
    places = [place for place in range(total) if not front <= place < front + rank]
    supply = iter(zip(arrays, flags, strict=True))
    mesh: list[Any] = []
    axes = iter(shape)
    for position, item in enumerate(items):
        if item is None:
            continue
        length = next(axes)
        if isinstance(item, slice):
            place = places[free.index(position)]
            mesh.append(np.arange(length)[item].reshape((-1,) + (1,) * (total - place - 1)))
            continue
        array, flag = next(supply) if item is SLOT else (np.asarray(item), False)
        missing = rank - (len(array.shape) - flag)
        tail = total - front - rank
        if flag:
            shape_now = array.shape
            array = reshape(array, shape=(shape_now[0], *(1,) * (front + missing), *shape_now[1:], *(1,) * tail))
        else:
            array = reshape(array, shape=(*array.shape, *(1,) * tail))
        mesh.append(array)
    return tuple(mesh)


def _batched_arrays(size: int, shape: Shape, index: Index, arrays: Any, flags: Any) -> tuple[Index, tuple[Any, ...]]:
    """An index into arrays with a batch axis, where the integer arrays differ from example to example."""
    mesh = _open_mesh(shape, index, arrays, flags)
    rank = max(len(array.shape) for array in mesh) - 1
    counter = np.arange(size).reshape((size,) + (1,) * rank)
    return Index((SLOT,) * (1 + len(mesh)), 1 + len(mesh)), (counter, *mesh)


@take.batch
def _take_batch(size: int, args: Any, batched: Any, *, leading: int) -> Any:
    x, index, *arrays = args
    if not any(batched[2:]):
        return take(x, index, *arrays, leading=leading + 1)
    x = x if batched[0] else broadcast_to(x, shape=(size, *x.shape))
    index, arrays = _batched_arrays(size, x.shape[1:], index, arrays, batched[2:])
    return take(x, index, *arrays, leading=leading)


@put_add.batch
def _put_add_batch(size: int, args: Any, batched: Any, *, shape: Shape, leading: int) -> Any:
    g, index, *arrays = args
    if not any(batched[2:]):
        return put_add(g, index, *arrays, shape=(size, *shape), leading=leading + 1)
    g = g if batched[0] else broadcast_to(g, shape=(size, *g.shape))
    index, arrays = _batched_arrays(size, shape, index, arrays, batched[2:])
    return put_add(g, index, *arrays, shape=(size, *shape), leading=leading)


@replace.batch
def _replace_batch(size: int, args: Any, batched: Any, *, leading: int) -> Any:
    x, v, index, *arrays = args
    x = x if batched[0] else broadcast_to(x, shape=(size, *x.shape))
    if any(batched[3:]):
        index, arrays = _batched_arrays(size, x.shape[1:], index, arrays, batched[3:])
        return replace(x, v, index, *arrays, leading=leading)
    if batched[1]:
        target = len(take(x, index, *arrays, leading=leading + 1).shape)
        v = expand(v, tuple(range(1, 1 + target - len(v.shape)))) if len(v.shape) < target else v
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


put_add.samples(*(_adjoint_sample(sample) for sample in take.sample_list))
# the last index names an entry twice, which `replace` does not allow
replace.samples(*(_replace_sample(sample) for sample in take.sample_list[:-1]))
